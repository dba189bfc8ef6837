package ldap

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

func assertion(tag byte, attr, value string) string {
	return el(tag, el(tagOctets, attr), el(tagOctets, value))
}

// query is a search of a subtree.
func query(id byte, base, filter string, attrs ...string) string {
	list := ""
	for _, a := range attrs {
		list += el(tagOctets, a)
	}
	return msg(id, opSearchRequest, el(tagOctets, base), "\x0a\x01\x02\x0a\x01\x00\x02\x01\x00\x02\x01\x00\x01\x01\x00", filter, el(tagSequence, list))
}

func ended(id, op, code byte, diagnostic string) string {
	return msg(id, op, el(tagEnumerated, string([]byte{code})), el(tagOctets), el(tagOctets, diagnostic))
}

func framed(b string) string { return string(binary.BigEndian.AppendUint32(nil, uint32(len(b)))) + b }

const spnFilter = "(&(samAccountType=805306368)(servicePrincipalName=*)(!(userAccountControl:1.2.840.113556.1.4.803:=2)))"

var (
	find = query(1, "DC=x", el(filterAnd, assertion(filterEqual, "samAccountType", "805306368"), el(filterPresent, "servicePrincipalName"),
		el(filterNot, el(filterExtensible, el(0x81, "1.2.840.113556.1.4.803"), el(0x82, "userAccountControl"), el(0x83, "2")))), "cn", "servicePrincipalName")
	signed    = "\x05\x04\x00\xff\x00\x0c\x00\x0c" + "sequence" + "checksum....."[:12]
	signedEnd = "\x05\x04\x00\xff\x00\x0c\x00\x00" + "sequence"
)

// ntlmAnswer is an AUTHENTICATE message of EX\\al ([MS-NLMP] section 2.2.1.3).
var ntlmAnswer = func() string {
	field := func(n, at uint32) string {
		b := binary.LittleEndian.AppendUint16(nil, uint16(n))
		b = binary.LittleEndian.AppendUint16(b, uint16(n))
		return string(binary.LittleEndian.AppendUint32(b, at))
	}
	const head = 64
	return signatureNTLM + "\x03\x00\x00\x00" + field(0, head) + field(24, head+12) + field(4, head) + field(4, head+4) + field(4, head+8) + field(0, head+36) + "\x01\x00\x00\x00" +
		"E\x00X\x00a\x00l\x00W\x00S\x00" + strings.Repeat("r", 24)
}()

var ntlmChallenge = signatureNTLM + "\x02\x00\x00\x00" + strings.Repeat("\x00", 8) + "\x01\x00\x00\x00" + "challeng" + strings.Repeat("\x00", 16)

func line(r events.Record) string {
	switch r := r.(type) {
	case *events.LDAPSearch:
		return fmt.Sprintf("search %d %s %q %s %d/%d %s|%s|%v", r.MessageID, r.Scope, r.BaseObject, r.Filter, r.ResultCount, r.ResultBytes, r.Result, r.Diagnostic, r.Attributes)
	case *events.LDAP:
		return fmt.Sprintf("%s %d v%d %s|%s|%s|%s %d/%d", r.Opcode, r.MessageID, r.Version, r.Result, r.Diagnostic, r.Object, r.Argument, r.Messages, r.Bytes)
	case *events.NTLM:
		return fmt.Sprintf("ntlm %s %s %s %v", r.Username, r.DomainName, r.Carrier, r.Success != nil && *r.Success)
	case *events.Kerberos:
		return fmt.Sprintf("%s %s %s %v", r.RequestType, r.Service, r.Carrier, r.Success != nil && *r.Success)
	}
	return "?"
}

// ap is a ticket for ldap/dc in a token of GSS-API.
func ap() string {
	encrypted := el(tagSequence, el(tagContext0, el(tagInteger, "\x12")), el(tagContext2, el(tagOctets, "secret")))
	service := el(tagSequence, el(tagContext0, el(tagInteger, "\x02")), el(tagContext1, el(tagSequence, el(0x1b, "ldap"), el(0x1b, "dc"))))
	ticket := el(0x61, el(tagSequence, el(tagContext0, el(tagInteger, "\x05")), el(tagContext1, el(0x1b, "X.COM")), el(tagContext2, service), el(0xa3, encrypted)))
	return el(tagGSS, el(tagOID, oidKerberos), "\x01\x00", el(0x6e, el(tagSequence, el(tagContext0, el(tagInteger, "\x05")), el(tagContext1, el(tagInteger, "\x0e")),
		el(tagContext2, el(0x03, "\x00\x00\x00\x00\x00")), el(0xa3, ticket))))
}

// Catches: operations and answers that do not meet, what hides in signed wrappings, secrets that get into a record, and any
// difference that the cuts of the stream make.
func TestRecords(t *testing.T) {
	spn := "search 1 tree \"DC=x\" " + spnFilter + " 3/9039 success||[cn servicePrincipalName]"
	for _, tt := range []struct {
		what string
		in   []sent
		want []string
	}{
		{"search", []sent{{flow.Orig, find}, {flow.Resp, strings.Repeat(entry, 3) + done}}, []string{spn}},
		{"search, refused", []sent{{flow.Orig, query(7, "", el(filterPresent, "objectClass"))}, {flow.Resp, ended(7, opSearchDone, 32, "no\x00")}}, []string{
			`search 7 tree "" (objectClass=*) 0/0 no such object|no|[]`}},
		{"answer only", []sent{{flow.Resp, entry + done}}, []string{`search 1  ""  1/3013 success||[]`}},
		{"question only", []sent{{flow.Orig, find}}, []string{strings.Replace(spn, "3/9039 success", "0/0 ", 1)}},
		{"signed", []sent{{flow.Orig, bindKrb + framed(signed+find)}, {flow.Resp, bindOK + framed(signed+entry+entry+entry+done)}}, []string{
			"bind SASL 2 v3 success|||GSS-SPNEGO 0/0", spn}},
		{"signed, the checksum behind", []sent{{flow.Orig, bindKrb + framed(signedEnd+find+"checksum....")}, {flow.Resp, bindOK + framed(signedEnd+entry+entry+entry+done+"checksum....")}}, []string{
			"bind SASL 2 v3 success|||GSS-SPNEGO 0/0", spn}},
		{"signed with NTLM", []sent{{flow.Orig, bindNTLM + framed("\x01\x00\x00\x00checksum\x00\x00\x00\x00"+find)}, {flow.Resp, framed("\x01\x00\x00\x00checksum\x00\x00\x00\x00" + entry + entry + entry + done)}}, []string{
			spn, "bind SASL 2 v3 |||GSS-SPNEGO 0/0"}},
		{"sealed", []sent{{flow.Orig, bindKrb + wrap + wrap}, {flow.Resp, bindOK + wrap}}, []string{"bind SASL 2 v3 success|||GSS-SPNEGO 0/0", "sealed 0 v0 ||| 3/60"}},
		{"password", []sent{{flow.Orig, bindSimple}, {flow.Resp, ended(2, opBindResponse, 49, "")}}, []string{"bind simple 2 v3 invalid credentials||cn=admin|REDACTED 0/0"}},
		{"ticket", []sent{{flow.Orig, saslBind(2, "GSSAPI", ap())}, {flow.Resp, ended(2, opBindResponse, 0, "")}}, []string{"AP ldap/dc ldap true", "bind SASL 2 v3 success|||GSSAPI 0/0"}},
		{"NTLM", []sent{{flow.Orig, saslBind(2, "GSS-SPNEGO", spnego(signatureNTLM+"\x01\x00\x00\x00"+strings.Repeat("\x00", 24)))},
			{flow.Resp, msg(2, opBindResponse, el(tagEnumerated, "\x0e"), el(tagOctets), el(tagOctets), el(tagServerToken, ntlmChallenge))},
			{flow.Orig, saslBind(3, "GSS-SPNEGO", ntlmAnswer)}, {flow.Resp, ended(3, opBindResponse, 49, "")}},
			[]string{"bind SASL 2 v3 SASL bind in progress|||GSS-SPNEGO 0/0", "ntlm al EX ldap false", "bind SASL 3 v3 invalid credentials|||GSS-SPNEGO 0/0"}},
		{"NTLM without SASL", []sent{{flow.Orig, msg(2, opBindRequest, el(tagInteger, "\x03"), el(tagOctets, "NTLM"), el(tagSicilyAsk, signatureNTLM+"\x01\x00\x00\x00"+strings.Repeat("\x00", 24)))},
			{flow.Resp, msg(2, opBindResponse, el(tagEnumerated, "\x00"), el(tagOctets, ntlmChallenge), el(tagOctets))},
			{flow.Orig, msg(3, opBindRequest, el(tagInteger, "\x03"), el(tagOctets), el(tagSicilyTell, ntlmAnswer))}, {flow.Resp, ended(3, opBindResponse, 0, "")}},
			[]string{"bind SICILY_NEGOTIATE 2 v3 success||NTLM| 0/0", "ntlm al EX ldap true", "bind SICILY_RESPONSE 3 v3 success||| 0/0"}},
		{"unbind", []sent{{flow.Orig, "\x30\x05\x02\x01\x0d\x42\x00"}}, []string{"unbind 13 v0 ||| 0/0"}},
		{"delete", []sent{{flow.Orig, msg(4, opDeleteRequest, "cn=a")}, {flow.Resp, ended(4, opDeleteResponse, 50, "")}}, []string{"delete 4 v0 insufficient access rights||cn=a| 0/0"}},
		{"modify", []sent{{flow.Orig, msg(4, opModifyRequest, el(tagOctets, "cn=a"), "what is written")}, {flow.Resp, ended(4, opModifyResponse, 0, "")}}, []string{"modify 4 v0 success||cn=a| 0/0"}},
		{"TLS refused", []sent{{flow.Orig, tlsAsk}, {flow.Resp, tlsNo}}, []string{"extended 5 v0 unwilling to perform||1.3.6.1.4.1.1466.20037 (StartTLS)| 0/0"}},
	} {
		for _, step := range []int{1, 5, 1 << 20} {
			s := start(analyzer.TCP)
			_ = s.feed(t, step, tt.in...)
			s.reader.Close()
			var got []string
			for _, r := range s.records {
				got = append(got, line(r))
			}
			if !slices.Equal(got, tt.want) || len(s.weirds) > 0 {
				t.Errorf("%s, %d at a time: weird %q\n got %s\nwant %s", tt.what, step, s.weirds, strings.Join(got, "\n     "), strings.Join(tt.want, "\n     "))
			}
		}
	}
}

// Catches: changes whose attributes are read at the wrong place, and a value that gets into a record.
func TestWrittenAttributes(t *testing.T) {
	attr := func(name string) string {
		return el(tagSequence, el(tagOctets, name), el(0x31, el(tagOctets, "a secret value")))
	}
	modify := msg(4, opModifyRequest, el(tagOctets, "cn=a"), el(tagSequence, el(tagSequence, "\x0a\x01\x02", attr("msDS-KeyCredentialLink")), el(tagSequence, "\x0a\x01\x00", attr("member"))))
	add := msg(5, opAddRequest, el(tagOctets, "cn=b"), el(tagSequence, attr("objectClass"), attr("unicodePwd")))
	s := start(analyzer.TCP)
	_ = s.feed(t, 3, sent{flow.Orig, modify + add})
	s.reader.Close()
	var got []string
	for _, r := range s.records {
		got = append(got, strings.Join(r.(*events.LDAP).Attributes, " "))
		if strings.Contains(string(r.AppendJSON(nil)), "secret") {
			t.Error("a value is in the record")
		}
	}
	if want := []string{"msDS-KeyCredentialLink member", "objectClass unicodePwd"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestDatagramWithEntryAndEnd(t *testing.T) {
	s := start(analyzer.UDP)
	_, _ = s.reader.Feed(stream.Chunk{Dir: flow.Orig, Data: []byte(find)})
	_, _ = s.reader.Feed(stream.Chunk{Dir: flow.Resp, Data: []byte(entry + done)})
	if len(s.records) != 1 || !strings.Contains(line(s.records[0]), " 1/3013 success") {
		t.Errorf("got %d records", len(s.records))
	}
}

// Catches: filters read wrongly, and hostile ones: endless depth, kilobytes of value, what would break a line.
func TestFilters(t *testing.T) {
	deep := el(filterPresent, "x")
	for range 100 {
		deep = el(filterNot, deep)
	}
	for _, tt := range []struct{ in, want string }{
		{assertion(filterEqual, "cn", "a*b(c)\\\x00\n\xff"), `(cn=a\2ab\28c\29\5c\00\0a\ff)`},
		{assertion(filterGreater, "n", "1"), "(n>=1)"}, {assertion(filterLess, "n", "1"), "(n<=1)"}, {assertion(filterApprox, "n", "1"), "(n~=1)"},
		{el(filterSubstrings, el(tagOctets, "cn"), el(tagSequence, el(0x80, "a"), el(0x81, "b"), el(0x82, "c"))), "(cn=a*b*c)"},
		{el(filterSubstrings, el(tagOctets, "cn"), el(tagSequence, el(0x81, "svc"))), "(cn=*svc*)"},
		{el(filterSubstrings, el(tagOctets, "cn"), el(tagSequence, el(0x80, "svc"))), "(cn=svc*)"},
		{el(filterOr, el(filterPresent, "a"), el(filterPresent, "b")), "(|(a=*)(b=*))"},
		{el(filterExtensible, el(0x82, "ou"), el(0x83, "x"), el(0x84, "\xff")), "(ou:dn:=x)"},
		{"\xaa\x00", "(?)"},
	} {
		if got := filterText(tt.in[0], []byte(tt.in[2:])); got != tt.want {
			t.Errorf("got %s, want %s", got, tt.want)
		}
	}
	s := start(analyzer.TCP)
	if err := s.feed(t, 1<<20, sent{flow.Orig, query(1, strings.Repeat("b", 5000), deep, strings.Repeat("a", 900)) + query(2, "", assertion(filterEqual, "cn", strings.Repeat("v", 9000)))}); err != nil {
		t.Fatal(err)
	}
	s.reader.Close()
	for _, r := range s.records {
		if l := len(line(r)); l > 2000 {
			t.Errorf("%d bytes of record", l)
		}
	}
}

// Catches: operations without answers that are kept without bound.
func TestPendingIsBounded(t *testing.T) {
	s := start(analyzer.TCP)
	for i := range 100 {
		_ = s.feed(t, 1<<20, sent{flow.Orig, query(byte(i), "", el(filterPresent, "x"))})
	}
	if len(s.records) != 100-maxPending {
		t.Errorf("%d written", len(s.records))
	}
}
