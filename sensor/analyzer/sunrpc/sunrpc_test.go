package sunrpc

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/analyzertest"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

func u32(n ...int) (out string) {
	for _, one := range n {
		out += string(binary.BigEndian.AppendUint32(nil, uint32(one)))
	}
	return out
}

// opaque is a counted field, padded.
func opaque(s string) string { return u32(len(s)) + s + strings.Repeat("\x00", -len(s)&3) }

// asks is a call of a host that names itself "ws-15".
func asks(id, program, version, procedure int, args string) string {
	credential := u32(7) + opaque("ws-15") + u32(0, 0, 0)
	return u32(id, isCall, rpcVersion, program, version, procedure, authSys) + opaque(credential) + u32(0, 0) + args
}

func answers(id, status int, result string) string { return u32(id, isReply, 0, 0, 0, status) + result }

// piece marks the last piece of a message over TCP; part one that goes on.
func piece(s string) string { return u32(len(s)|lastPiece) + s }
func part(s string) string  { return u32(len(s)) + s }

func getaddr(id int) string {
	return asks(id, portmap, 4, 3, u32(nlm, 4)+opaque("tcp")+opaque("10.0.0.2.0.111")+opaque(""))
}

func line(r events.Record) string {
	one := r.(*events.SunRPC)
	return fmt.Sprintf("%s %d %s %s <%s> %d <%s> %d %v %d", one.Program, one.Version, one.Procedure, one.Machine, one.Args, one.LongestArg, one.Address, one.AddressLen, one.Answered, one.Status)
}

func lines(r *analyzertest.Result) string {
	var out []string
	for _, one := range r.Records {
		out = append(out, line(one))
	}
	return strings.Join(out, "\n")
}

var conversations = []struct {
	what string
	said []analyzertest.Said // over TCP, without marks
	want string
}{
	{"where is the lock manager", []analyzertest.Said{analyzertest.Client(getaddr(1)), analyzertest.Server(answers(1, 0, opaque("10.0.0.2.8.1")))}, "portmap 4 GETADDR ws-15 <nlm> 14 <10.0.0.2.8.1> 12 true 0"},
	{"an address that is none", []analyzertest.Said{analyzertest.Client(getaddr(1)), analyzertest.Server(answers(1, 0, opaque(strings.Repeat("A", 2000))))}, "portmap 4 GETADDR ws-15 <nlm> 14 <" + strings.Repeat("A", 256) + "> 2000 true 0"},
	{"the old way", []analyzertest.Said{analyzertest.Client(asks(1, portmap, 2, 3, u32(mount, 3, 6, 0))), analyzertest.Server(answers(1, 0, u32(20048)))}, "portmap 2 GETPORT ws-15 <mount> 0 <20048> 5 true 0"},
	{"a mount", []analyzertest.Said{analyzertest.Client(asks(1, mount, 3, 1, opaque("/export/home")))}, "mount 3 MNT ws-15 </export/home> 12 <> 0 false 0"},
	{"a lock", []analyzertest.Said{analyzertest.Client(asks(1, nlm, 4, 2, opaque("cook")+u32(1, 1)+opaque("ws-15.example")+opaque(strings.Repeat("f", 28))+opaque("owner")))}, "nlm 4 LOCK ws-15 <ws-15.example> 28 <> 0 false 0"},
	{"an unlock by a long name", []analyzertest.Said{analyzertest.Client(asks(1, nlm, 4, 4, opaque("cook")+opaque(strings.Repeat("N", 1500))))}, "nlm 4 UNLOCK ws-15 <" + strings.Repeat("N", 256) + "> 1500 <> 0 false 0"},
	{"a length beyond the message", []analyzertest.Said{analyzertest.Client(asks(1, mount, 3, 1, u32(1<<30)+"/x\x00\x00"))}, "mount 3 MNT ws-15 </x\x00\x00> 1073741824 <> 0 false 0"},
	{"refused", []analyzertest.Said{analyzertest.Client(asks(1, mount, 3, 1, opaque("/"))), analyzertest.Server(u32(1, isReply, 1, 1, 5))}, "mount 3 MNT ws-15 </> 1 <> 0 true 100"},
	{"a program without a name", []analyzertest.Said{analyzertest.Client(asks(1, 390113, 1, 7, "")), analyzertest.Server(answers(1, 1, ""))}, "unknown-390113 1 unknown-7 ws-15 <> 0 <> 0 true 1"},
	{"files are passed over", []analyzertest.Said{analyzertest.Client(asks(1, nfs, 3, 7, strings.Repeat("w", 9000))), analyzertest.Server(answers(1, 0, "")), analyzertest.Client(asks(2, mount, 3, 5, ""))}, "mount 3 EXPORT ws-15 <> 0 <> 0 false 0"},
	{"an answer without its call", []analyzertest.Said{analyzertest.Server(answers(9, 0, opaque("x")))}, ""},
}

func TestStream(t *testing.T) {
	for _, tt := range conversations {
		var said []analyzertest.Said
		for _, s := range tt.said {
			s.Text = piece(s.Text)
			said = append(said, s)
		}
		if got := lines(analyzertest.Same(t, []analyzer.Spec{Spec}, 111, said)); got != tt.want {
			t.Errorf("%s:\n got %q\nwant %q", tt.what, got, tt.want)
		}
	}
}

func TestDatagrams(t *testing.T) {
	for _, tt := range conversations {
		if got := lines(analyzertest.Datagrams([]analyzer.Spec{Spec}, 111, tt.said)); got != tt.want {
			t.Errorf("%s:\n got %q\nwant %q", tt.what, got, tt.want)
		}
	}
}

// A message in several pieces is read from its first.
func TestPieces(t *testing.T) {
	long := asks(1, mount, 3, 1, opaque("/export"))
	said := []analyzertest.Said{analyzertest.Client(part(long) + part("and more") + piece("and the end") + piece(asks(2, mount, 3, 5, "")))}
	want := "mount 3 MNT ws-15 </export> 7 <> 0 false 0\nmount 3 EXPORT ws-15 <> 0 <> 0 false 0"
	if got := lines(analyzertest.Same(t, []analyzer.Spec{Spec}, 111, said)); got != want {
		t.Errorf("got %q", got)
	}
}

func TestGap(t *testing.T) {
	write := piece(asks(1, nfs, 3, 7, strings.Repeat("w", 9000)))
	said := []analyzertest.Said{
		analyzertest.Client(write[:1000]), {Dir: flow.Orig, Gap: 7000}, analyzertest.Client(write[8000:] + piece(asks(2, mount, 3, 5, ""))),
		{Dir: flow.Orig, Gap: 50}, analyzertest.Client("torn"), analyzertest.Client(piece(asks(3, mount, 3, 0, ""))),
	}
	if got, want := lines(analyzertest.Play([]analyzer.Spec{Spec}, 2049, said, 0)), "mount 3 EXPORT ws-15 <> 0 <> 0 false 0\nmount 3 NULL ws-15 <> 0 <> 0 false 0"; got != want {
		t.Errorf("got %q", got)
	}
}

func TestProbe(t *testing.T) {
	for _, tt := range []struct {
		what, head       string
		hinted, stranger analyzer.Verdict
	}{
		{"call over TCP", piece(getaddr(1)), analyzer.Yes, analyzer.Yes},
		{"call over UDP", getaddr(1), analyzer.Yes, analyzer.Yes},
		{"answer", answers(1, 0, ""), analyzer.Yes, analyzer.No},
		{"its beginning", piece(getaddr(1))[:20], analyzer.Maybe, analyzer.Maybe},
		{"three bytes", "abc", analyzer.Maybe, analyzer.Maybe},
		{"HTTP", "GET / HTTP/1.1\r\nHost: example.com\r\n\r\n", analyzer.No, analyzer.No},
		{"SMB", "\x00\x00\x00\x54\xfeSMB\x40\x00" + strings.Repeat("\x00", 60), analyzer.No, analyzer.No},
		{"zeros", strings.Repeat("\x00", 80), analyzer.No, analyzer.No},
		{"a program out of range", u32(1, 0, 2, 7, 1, 1, 0, 0, 0, 0), analyzer.No, analyzer.No},
	} {
		for hinted, want := range map[bool]analyzer.Verdict{true: tt.hinted, false: tt.stranger} {
			if got := probe(flow.Orig, []byte(tt.head), hinted); got != want {
				t.Errorf("%s, hinted %v: got %d, want %d", tt.what, hinted, got, want)
			}
		}
	}
}

// Calls that nobody answers leave at the limit; a call that is sent again is one.
func TestLimits(t *testing.T) {
	var said []analyzertest.Said
	for i := range maxCalls + 5 {
		said = append(said, analyzertest.Client(getaddr(i)), analyzertest.Client(getaddr(i)))
	}
	r := open(&analyzer.Conversation{Transport: analyzer.UDP, Emit: func(events.Record) {}, Confirm: func(string) {}}).(*reader)
	for _, s := range said {
		_, _ = r.Feed(stream.Chunk{Data: []byte(s.Text)})
	}
	if len(r.calls) != maxCalls {
		t.Errorf("%d calls wait", len(r.calls))
	}
	if got := analyzertest.Datagrams([]analyzer.Spec{Spec}, 111, said); len(got.Records) != maxCalls+5 {
		t.Errorf("%d records", len(got.Records))
	}
}

func FuzzReader(f *testing.F) {
	for _, tt := range conversations {
		f.Add(piece(tt.said[0].Text), uint8(3))
	}
	f.Fuzz(func(t *testing.T, data string, step uint8) {
		if len(data) > 16<<10 {
			return
		}
		said := []analyzertest.Said{analyzertest.Client(data)}
		whole := analyzertest.Play([]analyzer.Spec{Spec}, 111, said, 0)
		parts := analyzertest.Play([]analyzer.Spec{Spec}, 111, said, int(step)+1)
		if len(whole.Weirds)+len(parts.Weirds) == 0 && lines(whole) != lines(parts) {
			t.Fatalf("whole %q, in parts %q", lines(whole), lines(parts))
		}
		for _, r := range analyzertest.Datagrams([]analyzer.Spec{Spec}, 111, said).Records {
			if one := r.(*events.SunRPC); len(one.Args) > maxText || len(one.Address) > maxText || len(one.Machine) > maxMachine {
				t.Fatalf("too long: %+v", one)
			}
		}
	})
}

// A call costs its record and its texts; one of NFS nothing.
func TestAllocations(t *testing.T) {
	r := open(&analyzer.Conversation{Transport: analyzer.UDP, Emit: func(events.Record) {}, Confirm: func(string) {}})
	for _, tt := range []struct {
		ask, answer string
		most        float64
	}{
		{getaddr(1), answers(1, 0, opaque("10.0.0.2.8.1")), 4},
		{asks(2, nfs, 3, 6, strings.Repeat("r", 100)), answers(2, 0, strings.Repeat("d", 1000)), 0},
	} {
		ask, answer := stream.Chunk{Data: []byte(tt.ask)}, stream.Chunk{Dir: flow.Resp, Data: []byte(tt.answer)}
		got := testing.AllocsPerRun(100, func() {
			_, _ = r.Feed(ask)
			_, _ = r.Feed(answer)
		})
		if got > tt.most {
			t.Errorf("%v allocations, want %v at the most", got, tt.most)
		}
	}
}

func BenchmarkWrite(b *testing.B) {
	r := open(&analyzer.Conversation{Transport: analyzer.TCP, Emit: func(events.Record) {}, Confirm: func(string) {}})
	ask, answer := []byte(piece(asks(1, nfs, 3, 7, strings.Repeat("w", 8192)))), []byte(piece(answers(1, 0, strings.Repeat("d", 100))))
	b.SetBytes(int64(len(ask) + len(answer)))
	b.ReportAllocs()
	for b.Loop() {
		_, _ = r.Feed(stream.Chunk{Data: ask})
		_, _ = r.Feed(stream.Chunk{Dir: flow.Resp, Data: answer})
	}
}
