package dns

import (
	"encoding/binary"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

// name encodes a host name.
func name(s string) string {
	var b strings.Builder
	for _, l := range strings.Split(s, ".") {
		if l != "" {
			b.WriteByte(byte(len(l)))
			b.WriteString(l)
		}
	}
	return b.String() + "\x00"
}

func u16(v ...uint16) string {
	var b []byte
	for _, x := range v {
		b = binary.BigEndian.AppendUint16(b, x)
	}
	return string(b)
}

// head is a header with the counts of questions and answers.
func head(id, flags, questions, answers uint16) string {
	return u16(id, flags, questions, answers, 0, 0)
}

func rr(owner string, rtype uint16, ttl uint16, data string) string {
	return owner + u16(rtype, 1, 0, ttl, uint16(len(data))) + data
}

const (
	query  = 0x0100
	answer = 0x8180
	owner  = "\xc0\x0c" // the question's name, by pointer
)

// sent is one message of a test, a second after the one before.
type sent struct {
	d    flow.Dir
	data string
}

// session runs an analyzer and keeps what came out.
type session struct {
	records []*events.DNS
	weirds  []string
	names   []string
	reader  analyzer.Analyzer
}

func start(over analyzer.Transport, port uint16) *session {
	s := &session{}
	s.reader = Spec.New(&analyzer.Conversation{
		Head: events.Head{RespP: port}, Transport: over,
		Emit:    func(r events.Record) { s.records = append(s.records, r.(*events.DNS)) },
		Confirm: func(n string) { s.names = append(s.names, n) },
		Weird:   func(n, _ string) { s.weirds = append(s.weirds, n) },
	})
	return s
}

func (s *session) datagrams(t *testing.T, msgs ...sent) *session {
	t.Helper()
	for i, m := range msgs {
		if _, err := s.reader.Feed(stream.Chunk{Dir: m.d, Time: int64(i+1) * 1e9, Data: []byte(m.data), Wire: len(m.data)}); err != nil {
			t.Fatalf("message %d: %v", i, err)
		}
	}
	s.reader.Close()
	return s
}

// lines gives the records' telling fields, one line each.
func (s *session) lines() (out []string) {
	for _, r := range s.records {
		l := []string{r.Query, r.QTypeName, r.RCodeName, strings.Join(r.Answers, ",")}
		if r.RTT != 0 {
			l = append(l, "rtt")
		}
		if r.Rejected {
			l = append(l, "rejected")
		}
		out = append(out, strings.Join(l, "|"))
	}
	return out
}

func TestTransactions(t *testing.T) {
	ask := head(7, query, 1, 0) + name("WWW.Example.com") + u16(1, 1)
	reply := head(7, answer, 1, 2) + name("www.example.com") + u16(1, 1) +
		rr(owner, 5, 300, "\x03cdn\xc0\x10") + rr("\x03cdn\xc0\x10", 1, 60, "\x5d\xb8\xd8\x22")
	nx := head(7, 0x8183, 1, 0) + name("www.example.com") + u16(1, 1)
	announce := head(0, 0x8400, 0, 1) + rr(name("printer.local"), 1, 120, "\x0a\x00\x00\x09")
	wpad := "\x20" + "FHFAEBEECACACACACACACACACACACAAA" + "\x00"
	tests := []struct {
		what string
		port uint16
		in   []sent
		want []string
	}{
		{"joined", 53, []sent{{flow.Orig, ask}, {flow.Resp, reply}}, []string{"www.example.com|A|NOERROR|cdn.example.com,93.184.216.34|rtt"}},
		{"question only", 53, []sent{{flow.Orig, ask}}, []string{"www.example.com|A||"}},
		{"answer only", 53, []sent{{flow.Resp, reply}}, []string{"www.example.com||NOERROR|cdn.example.com,93.184.216.34"}},
		{"answered twice", 53, []sent{{flow.Orig, ask}, {flow.Resp, nx}, {flow.Resp, nx}}, []string{"www.example.com|A|NXDOMAIN||rtt|rejected", "||NXDOMAIN||rejected"}},
		{"two questions, answered out of order", 53, []sent{
			{flow.Orig, ask}, {flow.Orig, head(8, query, 1, 0) + name("b.org") + u16(28, 1)},
			{flow.Resp, head(8, answer, 1, 0) + name("b.org") + u16(28, 1)}, {flow.Resp, reply},
		}, []string{"b.org|AAAA|NOERROR||rtt|rejected", "www.example.com|A|NOERROR|cdn.example.com,93.184.216.34|rtt"}},
		{"same id, other question: a forged answer is not joined", 53, []sent{
			{flow.Orig, ask}, {flow.Resp, head(7, answer, 1, 1) + name("evil.org") + u16(1, 1) + rr(owner, 1, 60, "\x01\x02\x03\x04")},
		}, []string{"evil.org||NOERROR|1.2.3.4", "www.example.com|A||"}},
		{"multicast announcement does not answer another's question", 5353, []sent{
			{flow.Orig, head(0, 0, 1, 0) + name("scanner.local") + u16(1, 0x8001)}, {flow.Orig, announce},
		}, []string{"printer.local||NOERROR|10.0.0.9", "scanner.local|A||"}},
		{"netbios", 137, []sent{{flow.Orig, head(9, 0x0110, 1, 0) + wpad + u16(32, 1)}}, []string{"WPAD|NB||"}},
		{"netbios status", 137, []sent{{flow.Orig, head(9, 0, 1, 0) + "\x20CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\x00" + u16(33, 1)}},
			[]string{"*|NBSTAT||"}},
		{"odd bytes", 53, []sent{{flow.Orig, head(9, query, 1, 0) + "\x04a\x00\\\xff\x03caf\x00" + u16(10, 1)}}, []string{`a\x00\\\xff.caf|NULL||`}},
		{"utf-8 stays", 5353, []sent{{flow.Orig, head(0, 0, 1, 0) + name("café.local") + u16(12, 1)}}, []string{"café.local|PTR||"}},
		{"unassigned type", 53, []sent{{flow.Orig, head(9, query, 1, 0) + name("a.b") + u16(999, 1)}}, []string{"a.b|query-999||"}},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			if got := start(analyzer.UDP, tt.port).datagrams(t, tt.in...).lines(); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

func TestAnswerTypes(t *testing.T) {
	tests := []struct {
		rtype uint16
		data  string
		want  string
	}{
		{1, "\x7f\x00\x00\x01", "127.0.0.1"},
		{1, "\x7f\x00\x00", ""},
		{28, "\x20\x01\x0d\xb8" + strings.Repeat("\x00", 11) + "\x01", "2001:db8::1"},
		{2, name("ns.a.org"), "ns.a.org"},
		{6, name("m.a.org") + name("root.a.org") + strings.Repeat("\x00", 20), "m.a.org"},
		{12, name("h.a.org"), "h.a.org"},
		{15, u16(10) + name("mx.a.org"), "mx.a.org"},
		{15, u16(0) + "\x00", ""},
		{16, "\x05hello\x02\x01z", `TXT 5 hello TXT 2 \x01z`},
		{16, "\x09short", ""},
		{99, "\x06v=spf1", "SPF 6 v=spf1"},
		{33, u16(1, 2, 443) + name("s.a.org"), "s.a.org"},
		{35, u16(1, 2) + "\x01S\x03SIP\x00" + name("r.a.org"), "NAPTR 1 2 S SIP r.a.org"},
		{43, u16(1) + "\x08\x02abcd", "DS 8 2"},
		{44, "\x01\x02\xab\xcd", "SSHFP: abcd"},
		{46, u16(5) + strings.Repeat("\x01", 16) + name("a.org") + "sig", "RRSIG 5 a.org"},
		{46, u16(5) + strings.Repeat("\x01", 16) + "\x00sig", "RRSIG 5 <Root>"},
		{47, name("z.a.org") + "\x00\x01\x40", "NSEC a.org z.a.org"},
		{48, "\x01\x01\x03\x0dkey", "DNSKEY 13"},
		{50, "x", "NSEC3"},
		{29, "\x00\x12\x16\x13", "LOC:  18 22 19"},
		{65534, "\x05\x30\x39\x00\x01", "BIND9 signing signal"},
		{52, "\x03\x01\x01x", "<unknown type=52>"},
		{65, u16(1) + "\x00", ""},
	}
	for _, tt := range tests {
		msg := head(1, answer, 1, 1) + name("a.org") + u16(tt.rtype, 1) + rr(owner, tt.rtype, 9, tt.data)
		r := start(analyzer.UDP, 53).datagrams(t, sent{flow.Resp, msg}).records[0]
		if got := strings.Join(r.Answers, ","); got != tt.want {
			t.Errorf("type %d %q: got %q, want %q", tt.rtype, tt.data, got, tt.want)
		}
		if len(r.TTLs) != len(r.Answers) {
			t.Errorf("type %d: %d TTLs for %d answers", tt.rtype, len(r.TTLs), len(r.Answers))
		}
	}
}

// An answer that came alone still says what was asked, though not where Zeek would have it.
func TestAnswerAloneKeepsItsQuestion(t *testing.T) {
	r := start(analyzer.UDP, 53).datagrams(t, sent{flow.Resp, head(7, 0x8183, 1, 0) + name("gone.example.com") + u16(16, 1)}).records[0]
	if r.Query != "" || r.QType != nil || r.Question != "gone.example.com" || r.QuestionType != "TXT" || *r.RCode != 3 || r.RTT != 0 {
		t.Errorf("got %+v", r)
	}
}

// A question whose checksum is wrong reached no server: it is not joined to an answer, and it is not lost either when none comes.
func TestCorruptQuestion(t *testing.T) {
	ask := head(7, query, 1, 0) + name("a.org") + u16(1, 1)
	reply := head(7, answer, 1, 1) + name("a.org") + u16(1, 1) + rr(owner, 1, 60, "\x01\x02\x03\x04")
	for _, tt := range []struct {
		name     string
		answered bool
		query    string
	}{{"answered", true, "a.org"}, {"not answered", false, "a.org"}} {
		s := start(analyzer.UDP, 53)
		r := s.reader
		r.Feed(stream.Chunk{Time: 1e9, Data: []byte(ask), Corrupt: true})
		if tt.answered {
			r.Feed(stream.Chunk{Dir: flow.Resp, Time: 2e9, Data: []byte(reply)})
		}
		r.Close()
		if len(s.records) != 1 {
			t.Fatalf("%s: %d records", tt.name, len(s.records))
		}
		got := s.records[0]
		if got.Query != tt.query || (got.QType == nil) != tt.answered || got.RTT != 0 || (len(got.Answers) == 1) != tt.answered {
			t.Errorf("%s: got %+v", tt.name, got)
		}
	}
}

func TestRecordFields(t *testing.T) {
	ask := head(7, 0x0110, 1, 0) + name("a.org") + u16(1, 1)
	reply := head(7, 0x8580, 1, 1) + name("a.org") + u16(1, 1) + rr(owner, 1, 60, "\x01\x02\x03\x04")
	r := start(analyzer.UDP, 53).datagrams(t, sent{flow.Orig, ask}, sent{flow.Resp, reply}).records[0]
	var got map[string]any
	if err := json.Unmarshal(r.AppendJSON(nil), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"ts": 1.0, "rtt": 1.0, "proto": "udp", "trans_id": 7.0, "qclass": 1.0, "qclass_name": "C_INTERNET", "qtype": 1.0,
		"rcode": 0.0, "AA": true, "TC": false, "RD": true, "RA": true, "Z": 1.0, "rejected": false, "opcode": 0.0, "opcode_name": "query",
		"query_bytes": float64(len(ask)), "answer_bytes": float64(len(reply))}
	for k, v := range want {
		if got[k] != v {
			t.Errorf("%s: got %v, want %v", k, got[k], v)
		}
	}
}

func TestUpdateAndNotify(t *testing.T) {
	for _, tt := range []struct {
		flags uint16
		port  uint16
		want  string
	}{{0x2400, 53, "notify"}, {0x2800, 53, "dynamic-update"}, {0x2910, 137, "netbios-registration"}, {0x3800, 53, "opcode-7"}} {
		s := start(analyzer.UDP, tt.port).datagrams(t, sent{flow.Orig, head(1, tt.flags, 1, 0) + name("a.org") + u16(6, 1)})
		if got := s.records[0].OpcodeName; got != tt.want {
			t.Errorf("%04x: got %q, want %q", tt.flags, got, tt.want)
		}
	}
}
