package kerberos

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

func el(tag byte, content ...string) string {
	b := strings.Join(content, "")
	if len(b) < 0x80 {
		return string([]byte{tag, byte(len(b))}) + b
	}
	return string([]byte{tag, 0x83, byte(len(b) >> 16), byte(len(b) >> 8), byte(len(b))}) + b
}

func num(field byte, n string) string { return el(0xa0|field, el(0x02, n)) }

func name(field byte, parts ...string) string {
	var list string
	for _, p := range parts {
		list += el(0x1b, p)
	}
	return el(0xa0|field, el(0x30, num(0, "\x02"), el(0xa1, el(0x30, list))))
}

func encrypted(etype string) string { return el(0x30, num(0, etype), el(0xa2, el(0x04, "secret"))) }

var realm = el(0x1b, "EXAMPLE.COM")

func ask(tag, kind byte, nonce, padata string, user string, service ...string) string {
	body := el(0xa0, el(0x03, "\x00\x40\x81\x00\x10"))
	if user != "" {
		body += name(1, user)
	}
	body += el(0xa2, realm) + name(3, service...) + el(0xa5, el(0x18, "20370913024805Z")) + num(7, nonce) + el(0xa8, el(0x30, el(0x02, "\x12"), el(0x02, "\x17")))
	if padata != "" {
		padata = el(0xa3, el(0x30, padata))
	}
	return el(tag, el(0x30, num(1, "\x05"), num(2, string([]byte{kind})), padata, el(0xa4, el(0x30, body))))
}

func reply(tag, kind byte, etype string, service ...string) string {
	ticket := el(0x61, el(0x30, num(0, "\x05"), el(0xa1, realm), name(2, service...), el(0xa3, encrypted(etype))))
	return el(tag, el(0x30, num(0, "\x05"), num(1, string([]byte{kind})), el(0xa3, realm), name(4, "alice"), el(0xa5, ticket), el(0xa6, encrypted("\x12"))))
}

var (
	asFirst  = ask(0x6a, 10, "\x01", "", "alice", "krbtgt", "EXAMPLE.COM")
	asSecond = ask(0x6a, 10, "\x02", el(0x30, num(1, "\x02"), el(0xa2, el(0x04, encrypted("\x17")))), "alice", "krbtgt", "EXAMPLE.COM")
	asRep    = reply(0x6b, 11, "\x12", "krbtgt", "EXAMPLE.COM")
	tgs      = ask(0x6c, 12, "\x03", "", "", "cifs", "host")
	tgsRep   = reply(0x6d, 13, "\x17", "cifs", "host")
	refused  = el(0x7e, el(0x30, num(0, "\x05"), num(1, "\x1e"), el(0xa4, el(0x18, "20260302030405Z")), num(5, "\x01"), num(6, "\x19"), el(0xa9, realm), name(10, "krbtgt", "EXAMPLE.COM")))
)

type said struct {
	d    flow.Dir
	data string
}

type session struct {
	lines   []string
	service []string
	weirds  []string
	reader  analyzer.Analyzer
	held    [2]string
	now     int64
}

func begin(over analyzer.Transport) *session {
	s := &session{}
	s.reader = Spec.New(&analyzer.Conversation{
		Transport: over,
		Emit: func(r events.Record) {
			k := r.(*events.Kerberos)
			result := "?"
			if k.Success != nil {
				result = fmt.Sprint(*k.Success)
			}
			s.lines = append(s.lines, strings.Join([]string{k.RequestType, k.Client, k.Service, result, k.ErrorMsg, k.Cipher, k.Preauth, k.PreauthCipher}, "|"))
		},
		Confirm: func(n string) { s.service = append(s.service, n) },
		Weird:   func(n, _ string) { s.weirds = append(s.weirds, n) },
	})
	return s
}

// feed gives what was said, step bytes at a time, and keeps what is left as the engine does. Over UDP each is a datagram.
func (s *session) feed(t testing.TB, step int, list ...said) error {
	t.Helper()
	for _, m := range list {
		for rest := m.data; rest != ""; {
			s.now += int64(time.Millisecond)
			cut := min(step, len(rest))
			b := s.held[m.d&1] + rest[:cut]
			rest = rest[cut:]
			n, err := s.reader.Feed(stream.Chunk{Dir: m.d, Time: s.now, Data: []byte(b)})
			if err != nil {
				return err
			}
			if s.held[m.d&1] = b[n:]; len(b[n:]) > analyzer.MaxHeld {
				t.Fatalf("leaves %d bytes", len(b[n:]))
			}
		}
	}
	return nil
}

func framed(m string) string {
	return string(binary.BigEndian.AppendUint32(nil, uint32(len(m)))) + m
}

const (
	lineRefused = "AS|alice/EXAMPLE.COM|krbtgt/EXAMPLE.COM|false|KDC_ERR_PREAUTH_REQUIRED|||"
	lineGiven   = "AS|alice/EXAMPLE.COM|krbtgt/EXAMPLE.COM|true||aes256-cts-hmac-sha1-96|timestamp|rc4-hmac"
	lineTicket  = "TGS|alice/EXAMPLE.COM|cifs/host|true||rc4-hmac||"
)

var talks = []struct {
	what string
	in   []said
	want []string
}{
	{"sign-in", []said{{0, asFirst}, {1, refused}, {0, asSecond}, {1, asRep}, {0, tgs}, {1, tgsRep}}, []string{lineRefused, lineGiven, lineTicket}},
	{"answer only", []said{{1, tgsRep}, {1, refused}}, []string{lineTicket, "||krbtgt/EXAMPLE.COM|false|KDC_ERR_PREAUTH_REQUIRED|||"}},
	{"question only", []said{{0, tgs}}, []string{"TGS||cifs/host|?||||"}},
	{"asked twice", []said{{0, asFirst}, {0, asFirst}, {1, refused}}, []string{lineRefused}},
	{"two at once", []said{{0, asSecond}, {0, tgs}, {1, tgsRep}, {1, asRep}}, []string{lineTicket, lineGiven}},
}

// Catches: a question and an answer that do not meet, and anything that depends on where the bytes were cut.
func TestTalks(t *testing.T) {
	for _, tt := range talks {
		for _, step := range []int{1, 7, 1 << 20} {
			s := begin(analyzer.TCP)
			for _, m := range tt.in {
				if err := s.feed(t, step, said{m.d, framed(m.data)}); err != nil {
					t.Fatalf("%s: %v", tt.what, err)
				}
			}
			s.check(t, fmt.Sprintf("%s, %d at a time", tt.what, step), "krb_tcp", tt.want)
		}
		s := begin(analyzer.UDP)
		if err := s.feed(t, 1<<20, tt.in...); err != nil {
			t.Fatalf("%s: %v", tt.what, err)
		}
		s.check(t, tt.what+", datagrams", "krb", tt.want)
	}
}

func (s *session) check(t *testing.T, what, service string, want []string) {
	t.Helper()
	s.reader.Close()
	if got := strings.Join(s.lines, "\n"); got != strings.Join(want, "\n") || strings.Join(s.service, ",") != service || len(s.weirds) > 0 {
		t.Errorf("%s: service %q, weird %q\n got %s\nwant %s", what, s.service, s.weirds, got, strings.Join(want, "\n"))
	}
}

// Catches: a gap after which the rest of a message is taken for the beginning of one, or the whole conversation is given up.
func TestGap(t *testing.T) {
	s := begin(analyzer.TCP)
	_ = s.feed(t, 1<<20, said{0, framed(asSecond)}, said{1, framed(asRep)[:50]})
	s.held[1] = ""
	if err := s.reader.Gap(flow.Resp, 60); err != nil {
		t.Fatal(err)
	}
	if err := s.feed(t, 1<<20, said{1, framed(asRep)[110:]}, said{0, framed(tgs)}, said{1, framed(tgsRep)}); err != nil {
		t.Fatal(err)
	}
	s.check(t, "gap", "krb_tcp", []string{lineTicket, strings.Replace(lineGiven, "true||aes256-cts-hmac-sha1-96", "?||", 1)})
}

// Catches: waiting for a message longer than what is held, and losing the place behind it.
func TestLongMessageIsPassedOver(t *testing.T) {
	long := ask(0x6c, 12, "\x03", el(0x30, num(1, "\x01"), el(0xa2, el(0x04, strings.Repeat("x", maxMessage)))), "", "cifs", "host")
	s := begin(analyzer.TCP)
	if err := s.feed(t, 1000, said{0, framed(long) + framed(tgs)}, said{1, framed(tgsRep)}); err != nil {
		t.Fatal(err)
	}
	s.check(t, "long", "krb_tcp", []string{lineTicket})
}

// Catches: questions without answers that are kept without bound.
func TestPendingIsBounded(t *testing.T) {
	s := begin(analyzer.UDP)
	for i := range 100 {
		_ = s.feed(t, 1<<20, said{0, ask(0x6c, 12, string([]byte{1, byte(i)}), "", "", "cifs", fmt.Sprint("host", i))})
	}
	if len(s.lines) != 100-maxPending || !strings.Contains(s.lines[0], "host0") {
		t.Errorf("%d rows", len(s.lines))
	}
}

func TestProbe(t *testing.T) {
	for _, tt := range []struct {
		what, head string
		want       analyzer.Verdict
	}{
		{"stream", framed(asFirst), analyzer.Yes}, {"datagram", asFirst, analyzer.Yes}, {"answer", framed(tgsRep)[:40], analyzer.Yes}, {"error", refused, analyzer.Yes},
		{"length only", framed(asFirst)[:4], analyzer.Maybe}, {"one byte", framed(asFirst)[:1], analyzer.Maybe}, {"tag", asFirst[:1], analyzer.Maybe},
		{"wrong length", "\x00\x00\x00\x05" + asFirst, analyzer.No}, {"LDAP", "\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\x00\x80\x00", analyzer.No},
		{"HTTP", "GET / HTTP/1.1\r\n", analyzer.No}, {"DNS", "\x12\x34\x01\x00\x00\x01", analyzer.No}, {"sealed LDAP", "\x00\x00\x00\x14\x05\x04\x07\xff", analyzer.No},
		{"SMB", "\x00\x00\x00\x54\xffSMB\x72", analyzer.No}, {"letters", "nothing of the kind", analyzer.No}, {"zeros", strings.Repeat("\x00", 40), analyzer.No},
	} {
		if got := Spec.Probe(0, []byte(tt.head), true); got != tt.want {
			t.Errorf("%s: got %d, want %d", tt.what, got, tt.want)
		}
	}
	s := begin(analyzer.TCP)
	if err := s.feed(t, 1<<20, said{0, "GET / HTTP/1.1\r\n"}); !errors.Is(err, analyzer.ErrNotMine) {
		t.Errorf("HTTP: %v", err)
	}
}

func FuzzFeed(f *testing.F) {
	f.Add([]byte(framed(asFirst)+framed(tgs)), []byte(framed(refused)+framed(tgsRep)), uint16(9))
	f.Add([]byte(framed(asSecond)), []byte(framed(asRep)), uint16(1))
	f.Fuzz(func(t *testing.T, a, b []byte, step uint16) {
		for _, over := range []analyzer.Transport{analyzer.TCP, analyzer.UDP} {
			s := begin(over)
			_ = s.feed(t, int(step)+1, said{0, string(a)}, said{1, string(b)})
			_ = s.reader.Gap(flow.Orig, 5)
			_ = s.feed(t, int(step)+1, said{0, string(a)})
			s.reader.Close()
		}
	})
}

// maxAllocs is what a question and its answer may cost: the record, its texts, flags and lists.
const maxAllocs = 14

func transaction() func() {
	r := Spec.New(&analyzer.Conversation{Transport: analyzer.TCP, Emit: func(events.Record) {}, Confirm: func(string) {}, Weird: func(string, string) {}})
	q, a := []byte(framed(asSecond)), []byte(framed(asRep))
	return func() {
		_, _ = r.Feed(stream.Chunk{Dir: flow.Orig, Data: q})
		_, _ = r.Feed(stream.Chunk{Dir: flow.Resp, Data: a})
	}
}

func TestAllocations(t *testing.T) {
	if n := testing.AllocsPerRun(100, transaction()); n > maxAllocs {
		t.Errorf("%v allocations a transaction, at most %d", n, maxAllocs)
	}
}

func BenchmarkTransaction(b *testing.B) {
	one := transaction()
	b.ReportAllocs()
	b.SetBytes(int64(len(asSecond) + len(asRep)))
	for b.Loop() {
		one()
	}
}
