package tls

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math"
	"math/big"
	"net"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// tlv encodes one element; seq and set wrap elements.
func tlv(tag byte, parts ...[]byte) []byte {
	body := slices.Concat(parts...)
	if len(body) < 0x80 {
		return append([]byte{tag, byte(len(body))}, body...)
	}
	return append([]byte{tag, 0x82, byte(len(body) >> 8), byte(len(body))}, body...)
}

func seq(parts ...[]byte) []byte { return tlv(tagSequence, parts...) }

// attribute is one relative name of one attribute.
func attribute(oid string, tag byte, value string) []byte {
	return tlv(tagSet, seq(tlv(tagOID, []byte(oid)), tlv(tag, []byte(value))))
}

// TestNames holds OpenSSL's RFC 2253 form (openssl x509 -nameopt RFC2253), which Zeek logs.
func TestNames(t *testing.T) {
	const utf8String, printable, bmp, teletex, unknownType = 12, 19, 30, 20, 3
	email := oidPKCS9 + "\x01"
	for _, tc := range []struct {
		name string
		der  [][]byte
		want string
	}{
		{"last first", [][]byte{attribute("\x55\x04\x06", printable, "US"), attribute("\x55\x04\x0a", printable, "Google Inc"),
			attribute(oidCommonName, utf8String, "mx.google.com")}, "CN=mx.google.com,O=Google Inc,C=US"},
		{"mail address", [][]byte{attribute(oidCommonName, utf8String, "CA"), attribute(email, 22, "support@cacert.org")},
			"emailAddress=support@cacert.org,CN=CA"},
		{"escapes", [][]byte{attribute("\x55\x04\x0a", utf8String, ` #a,b+c"d\e<f>g;h `)}, `O=\ #a\,b\+c\"d\\e\<f\>g\;h\ `},
		{"leading hash", [][]byte{attribute("\x55\x04\x0a", utf8String, "#1")}, `O=\#1`},
		{"beyond ASCII", [][]byte{attribute("\x55\x04\x0a", utf8String, "Mün\n")}, `O=M\C3\BCn\0A`},
		{"two bytes a character", [][]byte{attribute("\x55\x04\x0a", bmp, "\x00M\x00\xfc")}, `O=M\C3\BC`},
		{"one byte a character", [][]byte{attribute("\x55\x04\x0a", teletex, "M\xfc")}, `O=M\C3\BC`},
		{"half a character", [][]byte{attribute("\x55\x04\x0a", bmp, "\x00M\x00")}, "O=#1E03004D00"},
		{"no string", [][]byte{attribute("\x55\x04\x0a", unknownType, "\x00\x01")}, "O=#03020001"},
		{"unknown attribute", [][]byte{attribute("\x2a\x03\x04", utf8String, "x")}, "1.2.3.4=#0C0178"},
		{"two in one", [][]byte{tlv(tagSet, seq(tlv(tagOID, []byte(oidCommonName)), tlv(utf8String, []byte("a"))),
			seq(tlv(tagOID, []byte("\x55\x04\x0b")), tlv(utf8String, []byte("b"))))}, "CN=a+OU=b"},
		{"domain components", [][]byte{attribute(oidPilot+"\x19", 22, "com"), attribute(oidPilot+"\x19", 22, "corp")}, "DC=corp,DC=com"},
		{"extended validation", [][]byte{attribute(oidJurisdiction+"\x03", printable, "DE"), attribute("\x55\x04\x05", printable, "7")},
			"serialNumber=7,jurisdictionC=DE"},
		{"none", nil, ""},
		{"cut short", [][]byte{{tagSet, 9, 1}}, ""},
	} {
		if got := nameText(slices.Concat(tc.der...)); got != tc.want {
			t.Errorf("%s: have %s, want %s", tc.name, got, tc.want)
		}
	}
}

// TestNameLimits: neither many relative names nor a long one make a long text.
func TestNameLimits(t *testing.T) {
	many := slices.Repeat(attribute(oidCommonName, 12, "x"), 3*maxRelative)
	if n := strings.Count(nameText(many), "CN="); n != maxRelative {
		t.Errorf("%d relative names, want %d", n, maxRelative)
	}
	for _, tag := range []byte{12, 3} {
		long := slices.Repeat(attribute(oidCommonName, tag, strings.Repeat("x", 9000)), 3)
		if n := len(nameText(long)); n > maxNameText {
			t.Errorf("%d bytes of text", n)
		}
	}
}

func TestSerials(t *testing.T) {
	for in, want := range map[string]string{
		"\x0d\xf4\xf2": "0DF4F2", "\x00": "00", "": "00", "\x00\x8f\x01": "8F01", "\xff": "-01", "\x80": "-80", "\xff\x00": "-0100", "\x00\x00\x01": "01",
		strings.Repeat("\x11", 100): strings.Repeat("11", maxSerial),
	} {
		if got := serialText([]byte(in)); got != want {
			t.Errorf("%x: have %s, want %s", in, got, want)
		}
	}
}

func TestCertificateTimes(t *testing.T) {
	at := func(y, mo, d, h, mi, s int) events.Time {
		return events.TimeOf(time.Date(y, time.Month(mo), d, h, mi, s, 0, time.UTC))
	}
	for _, tc := range []struct {
		tag  byte
		text string
		want events.Time
	}{
		{tagUTCTime, "130909113235Z", at(2013, 9, 9, 11, 32, 35)},
		{tagUTCTime, "491231235959Z", at(2049, 12, 31, 23, 59, 59)},
		{tagUTCTime, "500101000000Z", at(1950, 1, 1, 0, 0, 0)},
		{tagUTCTime, "9901020304Z", at(1999, 1, 2, 3, 4, 0)},
		{tagGeneralTime, "20500101000000Z", at(2050, 1, 1, 0, 0, 0)},
		{tagGeneralTime, "99991231235959Z", math.MaxInt64},
		{tagGeneralTime, "00000101000000Z", 0},
		{tagUTCTime, "131309113235Z", 0},
		{tagUTCTime, "13x909113235Z", 0},
		{tagUTCTime, "xx0909113235Z", 0},
		{tagUTCTime, "1309091132", 0},
		{tagUTCTime, "", 0},
		{tagGeneralTime, "2050Z", 0},
		{tagOctetString, "130909113235Z", 0},
	} {
		if got := certificateTime(element{tag: tc.tag, body: []byte(tc.text)}); got != tc.want {
			t.Errorf("%q: have %v, want %v", tc.text, got, tc.want)
		}
	}
}

// TestHostNames holds OpenSSL's X509_check_host.
func TestHostNames(t *testing.T) {
	for _, tc := range []struct {
		dns, common []string
		host        string
		want        bool
	}{
		{[]string{"a.example.com"}, nil, "A.Example.Com", true},
		{[]string{"b.example.com"}, []string{"a.example.com"}, "a.example.com", false},
		{nil, []string{"a.example.com"}, "a.example.com", true},
		{[]string{"*.example.com"}, nil, "a.example.com", true},
		{[]string{"*.example.com"}, nil, "a.b.example.com", false},
		{[]string{"*.example.com"}, nil, "example.com", false},
		{[]string{"*.example.com"}, nil, ".example.com", false},
		{[]string{"*.com"}, nil, "example.com", false},
		{[]string{"w*.example.com"}, nil, "www.example.com", true},
		{[]string{"*w.example.com"}, nil, "www.example.com", true},
		{[]string{"w*w.example.com"}, nil, "www.example.com", false},
		{[]string{"a.*.example.com"}, nil, "a.b.example.com", false},
		{[]string{"*.*.example.com"}, nil, "a.b.example.com", false},
		{[]string{"xn--*.example.com"}, nil, "xn--a.example.com", false},
		{nil, nil, "a.example.com", false},
	} {
		if got := matchesHost(tc.dns, tc.common, tc.host); got != tc.want {
			t.Errorf("%v %v for %s: %v", tc.dns, tc.common, tc.host, got)
		}
	}
}

// TestAgainstStandardLibrary reads certificates that crypto/x509 made, with that as the oracle.
func TestAgainstStandardLibrary(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	_, edKey, _ := ed25519.GenerateKey(rand.Reader)
	uri, _ := url.Parse("spiffe://example.com/a")
	template := &x509.Certificate{
		SerialNumber: big.NewInt(255), Subject: pkix.Name{CommonName: "x", ExtraNames: []pkix.AttributeTypeAndValue{
			{Type: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1}, Value: "a@example.com"}}},
		NotBefore: time.Unix(1e9, 0), NotAfter: time.Unix(4e9, 0), BasicConstraintsValid: true, IsCA: true, MaxPathLen: 3,
		DNSNames: []string{"a.example", "*.b.example"}, EmailAddresses: []string{"b@example.com"}, URIs: []*url.URL{uri},
		IPAddresses: []net.IP{net.IPv4(192, 0, 2, 1), net.ParseIP("2001:db8::1")},
	}
	for _, tc := range []struct {
		key, public           any
		algorithm, sign, kind string
		bits                  uint32
		exponent              string
	}{
		{rsaKey, &rsaKey.PublicKey, "rsaEncryption", "sha256WithRSAEncryption", "rsa", 1024, "65537"},
		{edKey, edKey.Public(), "ED25519", "ED25519", "", 0, ""},
	} {
		der, err := x509.CreateCertificate(rand.Reader, template, template, tc.public, tc.key)
		if err != nil {
			t.Fatal(err)
		}
		var c certificate
		if !c.parse(der) {
			t.Fatal("not parsed")
		}
		x := c.record
		if x.KeyAlg != tc.algorithm || x.SigAlg != tc.sign || x.KeyType != tc.kind || x.KeyLength != tc.bits || x.Exponent != tc.exponent {
			t.Errorf("key: %s", x.AppendJSON(nil))
		}
		if x.Version != 3 || x.Serial != "FF" || x.Subject != "CN=x,emailAddress=a@example.com" && x.Subject != "emailAddress=a@example.com,CN=x" ||
			x.NotBefore != 1e18 || x.NotAfter != 4e18 || !*x.BasicCA || *x.BasicPathLen != 3 {
			t.Errorf("body: %s", x.AppendJSON(nil))
		}
		if !slices.Equal(x.SANDNS, template.DNSNames) || !slices.Equal(x.SANEmail, template.EmailAddresses) ||
			!slices.Equal(x.SANURI, []string{uri.String()}) || len(x.SANIP) != 2 || x.SANIP[0].String() != "192.0.2.1" || x.SANIP[1].String() != "2001:db8::1" {
			t.Errorf("names: %s", x.AppendJSON(nil))
		}
	}
}

// odd builds a certificate of parts that crypto/x509 would not make or read.
func odd(version, serial, key, extensions []byte) []byte {
	algorithm := seq(tlv(tagOID, []byte(oidMD5WithRSA)))
	name := seq(attribute(oidCommonName, 12, "odd"))
	validity := seq(tlv(tagUTCTime, []byte("250101000000Z")), tlv(tagUTCTime, []byte("260101000000Z")))
	body := seq(version, serial, algorithm, name, validity, name, key, extensions)
	return seq(body, algorithm, tlv(tagBitString, []byte{0}))
}

// TestOddCertificates: what is odd leaves its own fields empty and takes nothing else along.
func TestOddCertificates(t *testing.T) {
	plainKey := seq(seq(tlv(tagOID, []byte(oidMD5WithRSA))), tlv(tagBitString, []byte{0}, seq(tlv(tagInteger, []byte{0, 0xc0, 1}), tlv(tagInteger, []byte{3}))))
	negative := tlv(tagInteger, []byte{0xff})
	broken := tlv(tagConstructed|3, seq(
		seq(tlv(tagOID, []byte(oidSubjectAltName)), tlv(tagOctetString, []byte{tagSequence, 0x7f})),
		seq(tlv(tagInteger, []byte{1})),
		seq(tlv(tagOID, []byte(oidBasicConstraints)), tlv(tagBoolean, []byte{0xff}), tlv(tagOctetString, seq())),
	))
	for _, tc := range []struct {
		name  string
		der   []byte
		check func(*events.X509) bool
	}{
		{"negative serial, no version", odd(nil, negative, plainKey, nil), func(x *events.X509) bool { return x.Version == 1 && x.Serial == "-01" }},
		{"signature's name for the key", odd(nil, negative, plainKey, nil), func(x *events.X509) bool {
			return x.KeyAlg == "md5WithRSAEncryption" && x.KeyType == "rsa" && x.KeyLength == 16 && x.Exponent == "3"
		}},
		{"unknown key", odd(nil, negative, seq(seq(tlv(tagOID, []byte("\x2a\x03\x04"))), tlv(tagBitString, []byte{0})), nil),
			func(x *events.X509) bool { return x.KeyAlg == "1.2.3.4" && x.KeyType == "" }},
		{"empty key", odd(nil, negative, seq(), nil), func(x *events.X509) bool { return x.KeyType == "" && x.Subject == "CN=odd" }},
		{"broken extension", odd(nil, negative, plainKey, broken),
			func(x *events.X509) bool {
				return x.SANDNS == nil && x.BasicCA != nil && !*x.BasicCA && x.BasicPathLen == nil
			}},
		{"large exponent", odd(nil, negative, seq(seq(tlv(tagOID, []byte(oidRSA))), tlv(tagBitString, []byte{0},
			seq(tlv(tagInteger, []byte{0x0f}), tlv(tagInteger, []byte{1, 0, 0, 0, 0, 0, 0, 0, 0})))), nil),
			func(x *events.X509) bool { return x.Exponent == "18446744073709551616" && x.KeyLength == 4 }},
	} {
		var c certificate
		if !c.parse(tc.der) {
			t.Errorf("%s: not parsed", tc.name)
		} else if !tc.check(c.record) {
			t.Errorf("%s: %s", tc.name, c.record.AppendJSON(nil))
		}
	}
	for _, bad := range [][]byte{nil, {0x30}, {0x30, 0x80, 0, 0}, {0x30, 0x84, 0, 0, 0, 0}, seq(), seq(seq()), []byte("hello")} {
		if (&certificate{}).parse(bad) {
			t.Errorf("%x is no certificate", bad)
		}
	}
}

// TestManyNames reaches the limit of alternative names.
func TestManyNames(t *testing.T) {
	name := tlv(nameDNS, []byte("a.example"))
	var c certificate
	c.record = &events.X509{}
	c.alternativeNames(seq(slices.Repeat(name, maxNames+5)))
	if len(c.record.SANDNS) != maxNames {
		t.Errorf("%d names, want %d", len(c.record.SANDNS), maxNames)
	}
}

func TestObjectIdentifiers(t *testing.T) {
	for in, want := range map[string]string{
		"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b": "1.2.840.113549.1.1.11", "\x55\x04\x03": "2.5.4.3", "\x88\x37\x03": "2.999.3", "": "", "\x86": "",
	} {
		if got := string(appendOID(nil, []byte(in))); got != want {
			t.Errorf("%x: have %s, want %s", in, got, want)
		}
	}
}
