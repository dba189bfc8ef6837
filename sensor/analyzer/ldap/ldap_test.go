package ldap

import (
	"errors"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/ber"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

// Tags and names that the messages below are made of.
const (
	tagSequence, tagInteger, tagOctets, tagOID, tagEnumerated = ber.Sequence, ber.Integer, ber.Octets, ber.OID, ber.Enumerated
	tagContext0, tagContext1, tagContext2, tagGSS             = 0xa0, 0xa1, 0xa2, 0x60

	oidSPNEGO     = "\x2b\x06\x01\x05\x05\x02"
	oidKerberos   = "\x2a\x86\x48\x86\xf7\x12\x01\x02\x02"
	oidMSKerberos = "\x2a\x86\x48\x82\xf7\x12\x01\x02\x02"
	signatureNTLM = "NTLMSSP\x00"
)

// el encodes an element, its length in the short form or in three bytes.
func el(tag byte, content ...string) string {
	b := strings.Join(content, "")
	if len(b) < 0x80 {
		return string([]byte{tag, byte(len(b))}) + b
	}
	return string([]byte{tag, 0x83, byte(len(b) >> 16), byte(len(b) >> 8), byte(len(b))}) + b
}

func msg(id byte, op byte, content ...string) string {
	return el(tagSequence, el(tagInteger, string([]byte{id})), el(op, content...))
}

func saslBind(id byte, mech, token string) string {
	return msg(id, opBindRequest, el(tagInteger, "\x03"), el(tagOctets), el(tagSASL, el(tagOctets, mech), el(tagOctets, token)))
}

func spnego(mechToken string) string {
	types := el(tagContext0, el(tagSequence, el(tagOID, oidMSKerberos)))
	return el(tagGSS, el(tagOID, oidSPNEGO), el(tagContext0, el(tagSequence, types, el(tagContext2, el(tagOctets, mechToken)))))
}

var (
	apReq      = el(tagGSS, el(tagOID, oidKerberos), "\x01\x00", el(0x6e, strings.Repeat("t", 300)))
	search     = msg(1, 0x63, strings.Repeat("s", 200))
	entry      = msg(1, 0x64, strings.Repeat("e", 3000))
	done       = msg(1, 0x65, "\x0a\x01\x00\x04\x00\x04\x00")
	bindKrb    = saslBind(2, "GSS-SPNEGO", spnego(apReq))
	bindOK     = msg(2, opBindResponse, "\x0a\x01\x00\x04\x00\x04\x00", el(tagServerToken, el(tagContext1, el(tagSequence, el(tagContext0, "\x0a\x01\x00"), el(tagContext1, el(tagOID, oidMSKerberos)), el(tagContext2, el(tagOctets, el(0x6f, "rep")))))))
	bindNTLM   = saslBind(2, "GSS-SPNEGO", spnego(signatureNTLM+"\x01\x00\x00\x00"))
	bindRaw    = saslBind(2, "GSSAPI", apReq)
	bindSimple = msg(2, opBindRequest, el(tagInteger, "\x03"), el(tagOctets, "cn=admin"), el(0x80, "secret"))
	wrap       = "\x00\x00\x00\x14\x05\x04\x07\xff" + strings.Repeat("\x30", 16)
	tlsAsk     = msg(5, opExtendedRequest, el(tagName, "1.3.6.1.4.1.1466.20037"))
	tlsYes     = msg(5, opExtendedResponse, "\x0a\x01\x00\x04\x00\x04\x00")
	tlsNo      = msg(5, opExtendedResponse, "\x0a\x01\x35\x04\x00\x04\x00")
)

type sent struct {
	d    flow.Dir
	data string
}

type session struct {
	service []string
	records []events.Record
	weirds  []string
	reader  analyzer.Analyzer
	held    [2]string
}

func start(over analyzer.Transport) *session {
	s := &session{}
	s.reader = Spec.New(&analyzer.Conversation{
		Transport: over,
		Emit:      func(r events.Record) { s.records = append(s.records, r) },
		Confirm:   func(n string) { s.service = append(s.service, n) },
		Weird:     func(n, _ string) { s.weirds = append(s.weirds, n) },
	})
	return s
}

// feed gives stream bytes, step at a time, and keeps what is left as the engine does.
func (s *session) feed(t testing.TB, step int, msgs ...sent) error {
	t.Helper()
	for i, m := range msgs {
		for rest := m.data; rest != ""; {
			cut := min(step, len(rest))
			b := s.held[m.d&1] + rest[:cut]
			rest = rest[cut:]
			n, err := s.reader.Feed(stream.Chunk{Dir: m.d, Data: []byte(b)})
			if n < 0 || n > len(b) {
				t.Fatalf("message %d: consumed %d of %d", i, n, len(b))
			}
			if err != nil {
				return err
			}
			if s.held[m.d&1] = b[n:]; len(b[n:]) > analyzer.MaxHeld {
				t.Fatalf("message %d: leaves %d bytes", i, len(b[n:]))
			}
		}
	}
	return nil
}

func TestServices(t *testing.T) {
	huge := msg(2, opBindRequest, strings.Repeat("x", analyzer.MaxHeld))
	tests := []struct {
		what string
		in   []sent
		want string
		err  error
	}{
		{"search, then a Kerberos bind", []sent{{flow.Orig, search}, {flow.Resp, entry + done}, {flow.Orig, bindKrb}, {flow.Resp, bindOK}}, "ldap_tcp,krb,gssapi", nil},
		{"Kerberos bind first", []sent{{flow.Orig, bindKrb}, {flow.Resp, bindOK}}, "krb,gssapi,ldap_tcp", nil},
		{"only the server's side", []sent{{flow.Resp, bindOK}}, "krb,gssapi,ldap_tcp", nil},
		{"NTLM", []sent{{flow.Orig, bindNTLM}}, "ntlm,gssapi,ldap_tcp", nil},
		{"NTLM without SPNEGO", []sent{{flow.Orig, saslBind(2, "GSS-SPNEGO", signatureNTLM)}}, "ntlm,ldap_tcp", nil},
		{"Kerberos without SPNEGO", []sent{{flow.Orig, bindRaw}}, "krb,gssapi,ldap_tcp", nil},
		{"password", []sent{{flow.Orig, bindSimple}}, "ldap_tcp", nil},
		{"Kerberos bytes in a password prove nothing", []sent{{flow.Orig, msg(2, opBindRequest, el(tagInteger, "\x03"), el(tagOctets), el(0x80, apReq))}}, "ldap_tcp", nil},
		{"wrapped after the bind", []sent{{flow.Orig, bindKrb + wrap + wrap}, {flow.Resp, bindOK + wrap}}, "krb,gssapi,ldap_tcp", nil},
		{"plain again after wrapped", []sent{{flow.Orig, bindKrb + wrap + search}}, "krb,gssapi,ldap_tcp", nil},
		{"wrapped from the middle: no proof yet", []sent{{flow.Orig, wrap + wrap}}, "", nil},
		{"wrapped from the middle, then plain, then wrapped", []sent{{flow.Orig, wrap + search + wrap}}, "ldap_tcp", nil},
		{"from the middle, an answer", []sent{{flow.Resp, entry + entry + done}}, "ldap_tcp", nil},
		{"bind too long to wait for", []sent{{flow.Orig, huge + search}}, "ldap_tcp", nil},
		{"TLS granted", []sent{{flow.Orig, tlsAsk}, {flow.Resp, tlsYes}}, "ldap_tcp", analyzer.ErrHandOver},
		{"TLS refused", []sent{{flow.Orig, tlsAsk}, {flow.Resp, tlsNo}, {flow.Orig, search}}, "ldap_tcp", nil},
		{"another extended answer", []sent{{flow.Resp, tlsYes}}, "ldap_tcp", nil},
		{"not LDAP", []sent{{flow.Orig, "GET / HTTP/1.1\r\n\r\n"}}, "", analyzer.ErrNotMine},
	}
	for _, tt := range tests {
		for _, step := range []int{1, 5, 1 << 20} {
			if step == 1 && len(tt.in[0].data) > maxHeldMessage {
				continue // slow, and no other path than five at a time
			}
			s := start(analyzer.TCP)
			if err := s.feed(t, step, tt.in...); !errors.Is(err, tt.err) {
				t.Errorf("%s, %d at a time: got %v, want %v", tt.what, step, err, tt.err)
			}
			if got := strings.Join(s.service, ","); got != tt.want || len(s.weirds) > 0 {
				t.Errorf("%s, %d at a time: got %q, want %q; weird %q", tt.what, step, got, tt.want, s.weirds)
			}
		}
	}
}

// What follows the granting of TLS is not consumed: it is another protocol's.
func TestHandOverStopsAtTheMessage(t *testing.T) {
	s := start(analyzer.TCP)
	if err := s.feed(t, 1<<20, sent{flow.Orig, tlsAsk}); err != nil {
		t.Fatal(err)
	}
	n, err := s.reader.Feed(stream.Chunk{Dir: flow.Resp, Data: []byte(tlsYes + "\x16\x03\x03")})
	if n != len(tlsYes) || !errors.Is(err, analyzer.ErrHandOver) {
		t.Errorf("consumed %d of %d, %v", n, len(tlsYes), err)
	}
}

func TestDatagrams(t *testing.T) {
	s := start(analyzer.UDP)
	for _, d := range []string{search, "junk", done} {
		if _, err := s.reader.Feed(stream.Chunk{Data: []byte(d)}); err != nil {
			t.Fatalf("%q: %v", d, err)
		}
	}
	if got := strings.Join(s.service, ","); got != "ldap_udp" || len(s.weirds) != 1 {
		t.Errorf("got %q, weird %q", got, s.weirds)
	}
	if _, err := start(analyzer.UDP).reader.Feed(stream.Chunk{Data: []byte("junk")}); !errors.Is(err, analyzer.ErrNotMine) {
		t.Errorf("junk first: %v", err)
	}
}

// After a gap nothing is confirmed from the middle of a message, and a message that begins a segment is found.
func TestGap(t *testing.T) {
	s := start(analyzer.TCP)
	gap := func(n int) {
		if err := s.reader.Gap(flow.Orig, n); err != nil {
			t.Fatal(err)
		}
	}
	_ = s.feed(t, 1<<20, sent{flow.Orig, search + entry[:100]})
	gap(len(entry) - 150) // within the entry that is passed over
	_ = s.feed(t, 1<<20, sent{flow.Orig, entry[len(entry)-50:] + search})
	gap(10)
	_ = s.feed(t, 1<<20, sent{flow.Orig, bindKrb[10:]})
	if got := strings.Join(s.service, ","); got != "ldap_tcp" || len(s.weirds) > 0 {
		t.Fatalf("out of half a bind: %q, weird %q", got, s.weirds)
	}
	_ = s.feed(t, 1<<20, sent{flow.Orig, bindKrb})
	if got := strings.Join(s.service, ","); got != "ldap_tcp,krb,gssapi" {
		t.Errorf("after the gap: %q", got)
	}
}

func TestProbe(t *testing.T) {
	for _, tt := range []struct {
		what, head       string
		hinted, stranger analyzer.Verdict
	}{
		{"search", search, analyzer.Yes, analyzer.Yes},
		{"bind", bindKrb, analyzer.Yes, analyzer.Yes},
		{"answer", entry[:300], analyzer.Yes, analyzer.Yes},
		{"unbind", "\x30\x05\x02\x01\x0d\x42\x00", analyzer.Yes, analyzer.Yes},
		{"two bytes", search[:2], analyzer.Maybe, analyzer.Maybe},
		{"wrapped", wrap, analyzer.Yes, analyzer.No},
		{"half a wrapping", wrap[:5], analyzer.Maybe, analyzer.No},
		{"other zeros", "\x00\x00\x00\x54\xffSMB", analyzer.No, analyzer.No},
		{"SNMP", "0\x26\x02\x01\x01\x04\x06public\xa0\x19\x02\x04\x1d\x5a\x1c\x3d", analyzer.No, analyzer.No},
		{"operation not assigned", msg(1, 0x7f, "x"), analyzer.No, analyzer.No},
		{"operation longer than its message", "\x30\x05\x02\x01\x01\x63\x09", analyzer.No, analyzer.No},
		{"negative id", "\x30\x05\x02\x01\x80\x42\x00", analyzer.No, analyzer.No},
		{"indefinite length", "\x30\x80\x02\x01\x01\x42\x00", analyzer.No, analyzer.No},
		{"HTTP", "GET / HTTP/1.1\r\n", analyzer.No, analyzer.No},
	} {
		for hinted, want := range map[bool]analyzer.Verdict{true: tt.hinted, false: tt.stranger} {
			if got := Spec.Probe(flow.Orig, []byte(tt.head), hinted); got != want {
				t.Errorf("%s, hinted %v: got %d, want %d", tt.what, hinted, got, want)
			}
		}
	}
}

// maxAllocs is what a search may cost: the record, its base, filter, attributes and result.
const maxAllocs = 10

func searching() func() {
	r := Spec.New(&analyzer.Conversation{Transport: analyzer.TCP, Emit: func(events.Record) {}, Confirm: func(string) {}, Weird: func(string, string) {}})
	ask, answer := stream.Chunk{Dir: flow.Orig, Data: []byte(find)}, stream.Chunk{Dir: flow.Resp, Data: []byte(strings.Repeat(entry, 3) + done)}
	return func() {
		_, _ = r.Feed(ask)
		_, _ = r.Feed(answer)
	}
}

func TestAllocations(t *testing.T) {
	one := searching()
	one()
	if got := testing.AllocsPerRun(100, one); got > maxAllocs {
		t.Errorf("%v allocations a search, at most %d", got, maxAllocs)
	}
}

func BenchmarkSearch(b *testing.B) {
	one := searching()
	b.SetBytes(int64(len(find) + 3*len(entry) + len(done)))
	b.ReportAllocs()
	for b.Loop() {
		one()
	}
}

// FuzzReader wants no panic, and the same services whatever the chunks.
func FuzzReader(f *testing.F) {
	for _, m := range []string{search, entry, bindKrb, bindOK, bindNTLM, wrap, tlsAsk + tlsYes} {
		f.Add([]byte(m), uint8(3))
	}
	f.Fuzz(func(t *testing.T, data []byte, step uint8) {
		if len(data) > 4096 {
			return
		}
		Spec.Probe(flow.Orig, data[:min(len(data), analyzer.MaxProbe)], step&1 == 0)
		whole, parts := start(analyzer.TCP), start(analyzer.TCP)
		err := whole.feed(t, len(data)+1, sent{flow.Orig, string(data)})
		if err2 := parts.feed(t, int(step)+1, sent{flow.Orig, string(data)}); len(whole.weirds)+len(parts.weirds) > 0 || err2 != err {
			if !errors.Is(err, err2) {
				t.Fatalf("whole: %v, in parts: %v", err, err2)
			}
			return // after something malformed the next start depends on the chunks
		}
		if a, b := strings.Join(whole.service, ","), strings.Join(parts.service, ","); a != b {
			t.Fatalf("whole: %q, in parts: %q", a, b)
		}
		_ = start(analyzer.UDP).feed(t, len(data)+1, sent{flow.Orig, string(data)})
	})
}
