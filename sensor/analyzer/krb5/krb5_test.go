package krb5

import (
	"strings"
	"testing"
	"time"
)

// el encodes an element, its length in the short form or in two bytes.
func el(tag byte, content ...string) string {
	b := strings.Join(content, "")
	if len(b) < 0x80 {
		return string([]byte{tag, byte(len(b))}) + b
	}
	return string([]byte{tag, 0x82, byte(len(b) >> 8), byte(len(b))}) + b
}

func num(field byte, n string) string { return el(0xa0|field, el(0x02, n)) }

func name(field byte, kind string, parts ...string) string {
	var list string
	for _, p := range parts {
		list += el(0x1b, p)
	}
	return el(0xa0|field, el(0x30, num(0, kind), el(0xa1, el(0x30, list))))
}

func realm(field byte) string { return el(0xa0|field, el(0x1b, "EXAMPLE.COM")) }

func encrypted(etype string) string { return el(0x30, num(0, etype), el(0xa2, el(0x04, "secret"))) }

func ticket(etype string, service ...string) string {
	return el(0x61, el(0x30, num(0, "\x05"), realm(1), name(2, "\x02", service...), el(0xa3, encrypted(etype))))
}

var (
	body = el(0xa4, el(0x30, el(0xa0, el(0x03, "\x00\x40\x81\x00\x10")), name(1, "\x01", "alice"), realm(2), name(3, "\x02", "krbtgt", "EXAMPLE.COM"),
		el(0xa5, el(0x18, "20370913024805Z")), num(7, "\x12\x34"), el(0xa8, el(0x30, el(0x02, "\x12"), el(0x02, "\x17"), el(0x02, "\xff\x79")))))
	stamp   = el(0x30, num(1, "\x02"), el(0xa2, el(0x04, encrypted("\x17"))))
	shown   = el(0x30, num(1, "\x01"), el(0xa2, el(0x04, apReq("\x12", "krbtgt", "EXAMPLE.COM"))))
	asReq   = el(0x6a, el(0x30, num(1, "\x05"), num(2, "\x0a"), el(0xa3, el(0x30, stamp)), body))
	tgsReq  = el(0x6c, el(0x30, num(1, "\x05"), num(2, "\x0c"), el(0xa3, el(0x30, shown)), body))
	tgsRep  = el(0x6d, el(0x30, num(0, "\x05"), num(1, "\x0d"), realm(3), name(4, "\x01", "alice"), el(0xa5, ticket("\x17", "cifs", "host")), el(0xa6, encrypted("\x12"))))
	krbFail = el(0x7e, el(0x30, num(0, "\x05"), num(1, "\x1e"), el(0xa4, el(0x18, "20260302030405Z")), num(5, "\x01"), num(6, "\x18"), realm(9), name(10, "\x02", "krbtgt", "EXAMPLE.COM"),
		el(0xab, el(0x1b, "sorry\x00"))))
)

func apReq(etype string, service ...string) string {
	return el(0x6e, el(0x30, num(0, "\x05"), num(1, "\x0e"), el(0xa2, el(0x03, "\x00\x00\x00\x00\x00")), el(0xa3, ticket(etype, service...)), el(0xa4, encrypted("\x12"))))
}

func TestRequests(t *testing.T) {
	m, ok := Parse([]byte(asReq))
	if !ok || m.Kind != ASRequest || Principal(m.Client, m.ServiceRealm) != "alice/EXAMPLE.COM" || NameText(m.Service) != "krbtgt/EXAMPLE.COM" {
		t.Fatalf("got %v %+v", ok, m)
	}
	if m.Preauth != Timestamp || m.PreauthEtype != 23 || m.Options != 0x40810010 || m.Nonce != 0x1234 || m.NumEtypes != 3 || m.Etypes[2] != -135 {
		t.Errorf("got %+v", m)
	}
	if got := time.Unix(0, m.Till).UTC().Format(time.DateTime); got != "2037-09-13 02:48:05" {
		t.Errorf("till %s", got)
	}
	if m, ok = Parse([]byte(tgsReq)); !ok || m.TGTEtype != 18 || m.Preauth != NoPreauth || m.TGTForeign {
		t.Errorf("got %v %+v", ok, m)
	}
	trust := el(0x30, num(1, "\x01"), el(0xa2, el(0x04, apReq("\x17", "krbtgt", "OTHER.NET"))))
	if m, ok = Parse([]byte(el(0x6c, el(0x30, num(1, "\x05"), num(2, "\x0c"), el(0xa3, el(0x30, trust)), body)))); !ok || !m.TGTForeign {
		t.Errorf("a ticket across realms: got %v %+v", ok, m)
	}
}

func TestAnswers(t *testing.T) {
	m, ok := Parse([]byte(tgsRep))
	if !ok || m.Kind != TGSReply || m.TicketEtype != 23 || m.ReplyEtype != 18 || NameText(m.Service) != "cifs/host" || Principal(m.Client, m.ClientRealm) != "alice/EXAMPLE.COM" {
		t.Fatalf("got %v %+v", ok, m)
	}
	if m, ok = Parse([]byte(krbFail)); !ok || m.Code != 24 || m.ErrorText() != "sorry" || NameText(m.Service) != "krbtgt/EXAMPLE.COM" {
		t.Errorf("got %v %+v", ok, m)
	}
	info := el(0x30, num(1, "\x13"), el(0xa2, el(0x04, el(0x30, el(0x30, num(0, "\x12")), el(0x30, num(0, "\x17"))))))
	want := el(0x7e, el(0x30, num(0, "\x05"), num(1, "\x1e"), num(5, "\x01"), num(6, "\x19"), realm(9), name(10, "\x02", "krbtgt", "EXAMPLE.COM"),
		el(0xac, el(0x04, el(0x30, el(0x30, num(1, "\x02"), el(0xa2, el(0x04))), info)))))
	if m, ok = Parse([]byte(want)); !ok || m.NumEtypes != 2 || m.Etypes[0] != 18 || m.Etypes[1] != 23 {
		t.Errorf("keys of an account: got %v %+v", ok, m)
	}
	for code, want := range map[uint32]string{25: "KDC_ERR_PREAUTH_REQUIRED", 30: "unknown-30", 1 << 30: "unknown-1073741824"} {
		if got := ErrorName(code); got != want {
			t.Errorf("%d: %s", code, got)
		}
	}
}

// Catches: a message that says in its type what it is not, another version, and one cut short, all taken for good.
func TestNoMessages(t *testing.T) {
	for what, b := range map[string]string{
		"another type":  strings.Replace(asReq, num(2, "\x0a"), num(2, "\x0c"), 1),
		"version 4":     strings.Replace(asReq, num(1, "\x05"), num(1, "\x04"), 1),
		"cut short":     asReq[:len(asReq)-1],
		"no body":       el(0x6a, el(0x30, num(1, "\x05"), num(2, "\x0a"))),
		"no ticket":     el(0x6d, el(0x30, num(0, "\x05"), num(1, "\x0d"), realm(3))),
		"another tag":   el(0x69, asReq),
		"ticket itself": ticket("\x17", "a"),
		"nothing":       "",
	} {
		if m, ok := Parse([]byte(b)); ok {
			t.Errorf("%s: %+v", what, m)
		}
	}
}

// Catches: ten kilobytes of name in a record, control characters in a log, and a name of endless parts.
func TestHostileNames(t *testing.T) {
	parts := strings.Repeat(el(0x1b, strings.Repeat("a\n", 600)), 20)
	if got := NameText(Name{parts: []byte(parts)}); len(got) > 4*maxText || strings.Contains(got, "\n") {
		t.Errorf("%d bytes: %q", len(got), got)
	}
	if got := Principal(Name{}, []byte(strings.Repeat("R", 5000))); len(got) != maxText+1 {
		t.Errorf("%d bytes", len(got))
	}
	if readTime([]byte("99999999999999Z")) != 0 || readTime([]byte("2037091302480Z")) != 0 || readTime([]byte("2037x913024805Z")) != 0 {
		t.Error("a time that is none")
	}
}

func TestTokens(t *testing.T) {
	gss := el(0x60, el(0x06, oidKerberos), "\x01\x00", apReq("\x17", "cifs", "host"))
	types := el(0xa0, el(0x30, el(0x06, oidMSKerberos)))
	negotiate := el(0x60, el(0x06, oidSPNEGO), el(0xa0, el(0x30, types, el(0xa2, el(0x04, gss)))))
	for what, tt := range map[string]struct {
		token string
		want  string
	}{
		"bare": {apReq("\x17", "cifs", "host"), "cifs/host rc4-hmac"}, "in GSS-API": {gss, "cifs/host rc4-hmac"}, "negotiated": {negotiate, "cifs/host rc4-hmac"},
		"answered": {el(0xa1, el(0x30, el(0xa0, "\x0a\x01\x01"), el(0xa2, el(0x04, gss)))), "cifs/host rc4-hmac"},
		"NTLM":     {el(0x60, el(0x06, oidSPNEGO), el(0xa0, el(0x30, types, el(0xa2, el(0x04, signatureNTLM))))), ""},
		"another":  {el(0x60, el(0x06, "\x2a\x03"), "\x01\x00", apReq("\x17", "a")), ""}, "nothing": {"", ""},
	} {
		got := ""
		if r := Shown([]byte(tt.token), "smb"); r != nil {
			got = r.Service + " " + r.Cipher
			if r.RequestType != "AP" || r.Client != "/EXAMPLE.COM" || r.Carrier != "smb" {
				t.Errorf("%s: %+v", what, r)
			}
		}
		if got != tt.want {
			t.Errorf("%s: got %q, want %q", what, got, tt.want)
		}
	}
	if r := FindShown([]byte("in front"+gss+"behind"), "smb"); r == nil || r.Service != "cifs/host" {
		t.Errorf("within other bytes: %+v", r)
	}
	if r := FindShown([]byte(apMarks), "smb"); r != nil {
		t.Errorf("marks alone: %+v", r)
	}
	if tok := ReadToken([]byte(signatureNTLM + "\x01")); !tok.NTLM || tok.GSS() {
		t.Errorf("got %+v", tok)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{asReq, tgsReq, tgsRep, krbFail, apReq("\x17", "a")} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, _ := Parse(b)
		if n := len(NameText(m.Client)) + len(NameText(m.Service)) + len(m.ErrorText()); n > 12*maxText {
			t.Fatalf("%d bytes of text", n)
		}
		Shown(b, "ldap")
	})
}

func TestParseAllocatesNothing(t *testing.T) {
	b := []byte(tgsReq)
	if n := testing.AllocsPerRun(100, func() { Parse(b) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
