package ntlmssp

import (
	"encoding/binary"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"
)

func u16(s string) string {
	var b []byte
	for _, c := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, c)
	}
	return string(b)
}

func le32(n uint32) string { return string(binary.LittleEndian.AppendUint32(nil, n)) }
func le16(n int) string    { return string(binary.LittleEndian.AppendUint16(nil, uint16(n))) }

// build puts fields behind a fixed part of that length; the fixed part is given with "#" for each field's place.
func build(fixed int, parts []string, fields ...string) string {
	var head, payload string
	at := fixed
	for _, p := range parts {
		if p != "#" {
			head += p
			continue
		}
		f := fields[0]
		fields = fields[1:]
		head += le16(len(f)) + le16(len(f)) + le32(uint32(at))
		payload += f
		at += len(f)
	}
	return head + payload
}

const version10 = "\x0a\x00\x63\x45\x00\x00\x00\x0f" // 10.0.17763

func challengeOf(names ...string) string {
	info := ""
	for i, n := range names {
		info += le16(i+1) + le16(len(u16(n))) + u16(n)
	}
	info += "\x07\x00\x08\x00" + strings.Repeat("t", 8) + "\x00\x00\x00\x00"
	return build(56, []string{Signature, le32(Challenge), "#", le32(FlagUnicode | FlagVersion), "saltsalt", strings.Repeat("\x00", 8), "#", version10}, u16("CORP"), info)
}

func answerOf(flags uint32, lm, nt, domain, user, host string) string {
	v := ""
	if flags&FlagVersion != 0 {
		v = version10
	}
	return build(64+len(v), []string{Signature, le32(Authenticate), "#", "#", "#", "#", "#", "#", le32(flags), v}, lm, nt, domain, user, host, "")
}

func TestFind(t *testing.T) {
	long := strings.Repeat("n", 24)
	cases := []struct {
		name, in string
		want     Message
		ok       bool
	}{
		{"negotiate", build(40, []string{Signature, le32(Negotiate), le32(FlagVersion), "#", "#", version10}, "CORP", "WS1"),
			Message{Type: Negotiate, Flags: FlagVersion, Domain: "CORP", Workstation: "WS1", Major: 10, Build: 17763}, true},
		{"a bare negotiate", Signature + le32(Negotiate) + le32(7), Message{Type: Negotiate, Flags: 7}, true},
		{"challenge inside something else", "\x60\x48\x06" + challengeOf("DC1", "CORP", "dc1.corp.test", "corp.test", "tree.test"),
			Message{Type: Challenge, Flags: FlagUnicode | FlagVersion, Target: "CORP", NBComputer: "DC1", NBDomain: "CORP",
				DNSComputer: "dc1.corp.test", DNSDomain: "corp.test", DNSTree: "tree.test", Major: 10, Build: 17763}, true},
		{"NTLMv2", answerOf(FlagUnicode|FlagVersion, long, long+"blob", u16("CORP"), u16("müller"), u16("WS1")),
			Message{Type: Authenticate, Flags: FlagUnicode | FlagVersion, Domain: "CORP", User: "müller", Workstation: "WS1", Response: 2, Major: 10, Build: 17763}, true},
		{"NTLMv1, in a code page", answerOf(0, long, long, "CORP", "b\xf6b", ""),
			Message{Type: Authenticate, Domain: "CORP", User: "b�b", Response: 1}, true},
		{"LM alone", answerOf(0, long, "", "", "bob", ""), Message{Type: Authenticate, User: "bob", Response: 1}, true},
		{"anonymous", answerOf(FlagUnicode|FlagAnonymous, "\x00", "", "", "", ""),
			Message{Type: Authenticate, Flags: FlagUnicode | FlagAnonymous, Anonymous: true}, true},
		{"an answer of before Windows 2000", build(52, []string{Signature, le32(Authenticate), "#", "#", "#", "#", "#"}, long, long, u16("D"), u16("u"), u16("W")),
			Message{Type: Authenticate, Flags: FlagUnicode, Domain: "D", User: "u", Workstation: "W", Response: 1}, true},
		{"a false start", "NTLMSSP\x00\x09\x00\x00\x00\x00\x00\x00\x00\x00" + Signature + le32(Negotiate) + le32(1), Message{Type: Negotiate, Flags: 1}, true},
		{"a name outside", answerOf(FlagUnicode, "", long+"blob", "", u16("bob"), u16("WS1"))[:100],
			Message{Type: Authenticate, Flags: FlagUnicode, User: "bob", Response: 2}, true},
		{"cut in its fixed part", challengeOf("DC1")[:31], Message{}, false},
		{"nothing", "NTLMSSP", Message{}, false},
	}
	for _, c := range cases {
		got, ok := Find([]byte(c.in))
		if ok != c.ok || ok && got != c.want {
			t.Errorf("%s: %v\n got %+v\nwant %+v", c.name, ok, got, c.want)
		}
	}
}

func TestTalk(t *testing.T) {
	var talk Talk
	if talk.Record("smb", nil, 0) != nil {
		t.Error("a record of nothing")
	}
	yes := true
	talk.Take([]byte(challengeOf("DC1", "CORP", "dc1.corp.test", "corp.test", "tree.test")))
	talk.Take([]byte(answerOf(FlagUnicode, "", strings.Repeat("n", 60), u16("CORP"), u16("bob"), u16("WS1"))))
	if got := talk.User(); got != "bob" || !talk.Answered() {
		t.Errorf("user %q", got)
	}
	r := talk.Record("smb", &yes, 0)
	if r.Username != "bob" || r.Hostname != "WS1" || r.DomainName != "CORP" || r.ServerNBComputer != "DC1" || r.ServerDNSComputer != "dc1.corp.test" ||
		r.ServerTree != "tree.test" || !*r.Success || r.Version != 2 || r.Carrier != "smb" || r.ClientVersion != "" || r.NegotiateFlags != FlagUnicode {
		t.Errorf("%+v", r)
	}
	if talk.Answered() || talk.Record("smb", nil, 0) != nil {
		t.Error("told twice")
	}
}

func TestTextIsBounded(t *testing.T) {
	long := strings.Repeat("界", 30000)
	m, _ := Find([]byte(answerOf(FlagUnicode, "", "", u16(long), u16("a\x00b"), u16("\x01\ufeff"))))
	if len(m.Domain) > MaxText || len(m.Domain) < MaxText-4 || m.User != "a" {
		t.Errorf("%d bytes, %q", len(m.Domain), m.User)
	}
}

func FuzzFind(f *testing.F) {
	f.Add([]byte(challengeOf("DC1", "CORP", "dc1.corp.test", "corp.test", "tree.test")))
	f.Add([]byte(answerOf(FlagUnicode|FlagVersion, "lm", strings.Repeat("n", 60), u16("CORP"), u16("bob"), u16("WS1"))))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, ok := Find(b)
		if !ok && m != (Message{}) {
			t.Errorf("not found, and yet %+v", m)
		}
		for _, s := range []string{m.User, m.Domain, m.Workstation, m.Target, m.NBComputer, m.DNSComputer, m.DNSTree, m.NBDomain, m.DNSDomain} {
			if len(s) > MaxText || !utf8.ValidString(s) {
				t.Errorf("%d bytes: %q", len(s), s)
			}
		}
	})
}

func BenchmarkFind(b *testing.B) {
	in := []byte("\xa1\x82\x02\x00" + answerOf(FlagUnicode|FlagVersion, "lm", strings.Repeat("n", 300), u16("CORP"), u16("bob"), u16("WS1")))
	b.ReportAllocs()
	for b.Loop() {
		Find(in)
	}
}
