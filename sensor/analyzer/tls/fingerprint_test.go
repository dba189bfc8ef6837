package tls

import (
	"encoding/binary"
	"testing"
)

// hello builds a ClientHello from lists; groups, formats, signatures and versions go into their extensions.
type hello struct {
	version  uint16
	suites   []uint16
	kinds    []uint16
	contents map[uint16][]byte
}

func (h hello) bytes() []byte {
	b := binary.BigEndian.AppendUint16(nil, h.version)
	b = append(b, make([]byte, 32+1)...)
	b = append(binary.BigEndian.AppendUint16(b, uint16(2*len(h.suites))), words(h.suites...)...)
	b = append(b, 1, 0)
	if h.kinds == nil {
		return b
	}
	var x []byte
	for _, k := range h.kinds {
		x = binary.BigEndian.AppendUint16(x, k)
		x = append(binary.BigEndian.AppendUint16(x, uint16(len(h.contents[k]))), h.contents[k]...)
	}
	return append(binary.BigEndian.AppendUint16(b, uint16(len(x))), x...)
}

func words(list ...uint16) (b []byte) {
	for _, v := range list {
		b = binary.BigEndian.AppendUint16(b, v)
	}
	return b
}

// long and short put a list behind a length of two bytes or of one.
func long(b []byte) []byte  { return append(binary.BigEndian.AppendUint16(nil, uint16(len(b))), b...) }
func short(b []byte) []byte { return append([]byte{byte(len(b))}, b...) }

// chrome is the example of FoxIO's JA4 document, with GREASE strewn in.
func chrome() hello {
	return hello{
		version: versionTLS12,
		suites: []uint16{0x3a3a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c, 0x009d,
			0x002f, 0x0035},
		kinds: []uint16{0x9a9a, 0x001b, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002d, 0x000d, 0x0005, 0x0023, 0x0012, 0x002b, 0xff01,
			0x000b, 0x000a, 0x0015},
		contents: map[uint16][]byte{
			extServerName:          long(append([]byte{0}, long([]byte("a.example"))...)),
			extALPN:                long(append(short([]byte("h2")), short([]byte("http/1.1"))...)),
			extSignatureAlgorithms: long(words(0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601)),
			extSupportedVersions:   short(words(0x6a6a, 0x0303, 0x0304)),
			extSupportedGroups:     long(words(0xdada, 29, 23, 24)),
			extECPointFormats:      short([]byte{0}),
		},
	}
}

// TestJA4 holds the published examples (FoxIO-LLC/ja4, technical_details/JA4.md).
func TestJA4(t *testing.T) {
	change := func(f func(*hello)) hello { h := chrome(); f(&h); return h }
	alpn := func(name string) hello {
		return change(func(h *hello) { h.contents[extALPN] = long(short([]byte(name))) })
	}
	const suites, rest = "8daaf6152771", "e5627efa2ab1"
	for _, tc := range []struct {
		name string
		h    hello
		want string
	}{
		{"the document's example", chrome(), "t13d1516h2_" + suites + "_" + rest},
		{"no signature algorithms", change(func(h *hello) {
			h.contents[extSignatureAlgorithms] = long(nil)
		}), "t13d1516h2_" + suites + "_6d807ffa2a79"},
		{"http/1.1 first", alpn("http/1.1"), "t13d1516h1_" + suites + "_" + rest},
		{"one character", alpn("x"), "t13d1516xx_" + suites + "_" + rest},
		{"AB", alpn("\xab"), "t13d1516ab_" + suites + "_" + rest},
		{"AB CD", alpn("\xab\xcd"), "t13d1516ad_" + suites + "_" + rest},
		{"30 AB", alpn("\x30\xab"), "t13d15163b_" + suites + "_" + rest},
		{"30 31 AB CD", alpn("\x30\x31\xab\xcd"), "t13d15163d_" + suites + "_" + rest},
		{"30 AB CD 31", alpn("\x30\xab\xcd\x31"), "t13d151601_" + suites + "_" + rest},
		{"empty protocol", alpn(""), "t13d151600_" + suites + "_" + rest},
		{"to an address", change(func(h *hello) { h.kinds = append(h.kinds[:2], h.kinds[3:]...) }), "t13i1515h2_" + suites + "_" + rest},
		{"no extensions, TLS 1.0", change(func(h *hello) { h.version, h.kinds = versionTLS10, nil }), "t10i150000_" + suites + "_000000000000"},
		{"nothing but GREASE", change(func(h *hello) { h.version, h.kinds, h.suites = versionSSL3, nil, []uint16{0x1a1a} }),
			"ts3i000000_000000000000_000000000000"},
	} {
		h, ok := parseClientHello(tc.h.bytes(), onTCP)
		if !ok {
			t.Fatalf("%s: not parsed", tc.name)
		}
		if _, got := clientFingerprints(&h); got != tc.want {
			t.Errorf("%s: have %s, want %s", tc.name, got, tc.want)
		}
	}
}

// TestJA3 holds the examples in salesforce/ja3's README.
func TestJA3(t *testing.T) {
	for _, tc := range []struct {
		name string
		h    hello
		want string
	}{
		{"769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0", hello{
			version: 769, suites: []uint16{47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4}, kinds: []uint16{0, 10, 11},
			contents: map[uint16][]byte{10: long(words(23, 24, 25)), 11: short([]byte{0})},
		}, "ada70206e40642a3e4461f35503241d5"},
		{"769,4-5-10-9-100-98-3-6-19-18-99,,,", hello{version: 769, suites: []uint16{4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99}},
			"de350869b8c85de67a350c8d186f11e6"},
	} {
		h, ok := parseClientHello(tc.h.bytes(), onTCP)
		if !ok {
			t.Fatalf("%s: not parsed", tc.name)
		}
		if got, _ := clientFingerprints(&h); got != tc.want {
			t.Errorf("%s: have %s, want %s", tc.name, got, tc.want)
		}
	}
}

// TestServerFingerprints holds salesforce/ja3's example of JA3S and FoxIO's of JA4S.
func TestServerFingerprints(t *testing.T) {
	build := func(suite uint16, kinds ...uint16) *serverHello {
		h := &serverHello{version: versionTLS12, suite: suite}
		for _, k := range kinds {
			h.extensions = append(h.extensions, words(k, 0)...)
		}
		return h
	}
	ja3s := build(47, 65281, 0, 11, 35, 5, 16)
	ja3s.version = 769
	if got, _ := serverFingerprints(ja3s, 769, onTCP); got != "836ce314215654b5b1f85f97c73e506f" {
		t.Errorf("JA3S %s", got)
	}
	if _, got := serverFingerprints(build(0xc030, 0x0005, 0x0017, 0xff01, 0x0000), versionTLS12, onTCP); got != "t120400_c030_4e8089b08790" {
		t.Errorf("JA4S %s", got)
	}
	if _, got := serverFingerprints(build(0xc030), versionTLS13, onTCP); got != "t130000_c030_000000000000" {
		t.Errorf("JA4S without extensions %s", got)
	}
}

// TestTooLongToFingerprint: a hello beyond the limit has no fingerprint, rather than that of its beginning.
func TestTooLongToFingerprint(t *testing.T) {
	for _, tc := range []struct {
		n    int
		some bool
	}{{maxListed, true}, {maxListed + 1, false}} {
		h := chrome()
		h.suites = make([]uint16, tc.n)
		parsed, ok := parseClientHello(h.bytes(), onTCP)
		ja3, ja4 := clientFingerprints(&parsed)
		if !ok || (ja3 != "") != tc.some || (ja4 != "") != tc.some {
			t.Errorf("%d suites: JA3 %q, JA4 %q", tc.n, ja3, ja4)
		}
	}
}
