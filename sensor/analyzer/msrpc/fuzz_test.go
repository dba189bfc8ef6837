package msrpc

import (
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
)

// FuzzAssociation wants no panic, the same records whatever the chunks, and bounded texts.
func FuzzAssociation(f *testing.F) {
	f.Add(le.binds(kindBind, ntlmSealed, samr, svcctl)+le.ask(2, 1, 12, le.text("evil"), plain), le.bindAck("samr", plain)+le.answer(2, "xxxx", plain), uint8(3))
	f.Add(be.binds(kindAlterContext, plain, netlogonUUID)+be.ask(2, 0, 26, be.u32(1)+be.text("DC")+be.text("DC$"), signature), be.faulty(2, 5), uint8(1))
	f.Add(le.binds(kindBind, plain, "000001a0-0000-0000-c000-000000000046")+le.ask(2, 0, 4, activation(2), plain), "", uint8(7))
	f.Add(le.binds(kindBind, plain, "9556dc99-828c-11cf-a37e-00aa003240c7")+le.ask(2, 0, 24, objectSignature+instanceOf+"\x01c\x00\x00\x00", plain), "", uint8(9))
	f.Add(le.askPart(flagFirst, 2, 0, 1, "abc", plain)+le.askPart(flagLast, 2, 0, 1, "def", plain), "\x05\x00\x02", uint8(2))
	f.Add(le.askPart(3, 2, 0, 1, "", token{service: 9, level: 5, token: "t"}), strings.Replace(le.answer(2, "", token{service: 9, level: 5, token: "t"}), "\x09\x05\x00", "\x09\x05\xff", 1), uint8(2))
	f.Fuzz(func(t *testing.T, orig, resp string, step uint8) {
		if len(orig)+len(resp) > 8192 {
			return
		}
		in := []sent{{flow.Orig, orig}, {flow.Resp, resp}}
		records, whole, lost := readOn("lsarpc", 1<<20, in...)
		if _, parts, lost2 := readOn("lsarpc", int(step)+1, in...); parts != whole && !lost && !lost2 {
			t.Fatalf("whole:\n%s\nin parts:\n%s", whole, parts)
		}
		for _, r := range records {
			if len(r.Args) > maxArgs || len(r.NamedPipe) > 4*maxPipe || len(r.Endpoint) > 64 || len(r.Operation) > 64 {
				t.Fatalf("too long: %+v", r)
			}
		}
		a := New(Options{Conversation: &analyzer.Conversation{Emit: func(events.Record) {}, Weird: func(string, string) {}}})
		a.Feed(flow.Orig, 1, []byte(orig))
		a.Gap(flow.Orig)
		a.Feed(flow.Orig, 2, []byte(resp))
		a.Close()
	})
}

// A call costs its record, its texts and its status.
func TestAllocations(t *testing.T) {
	a := New(Options{Conversation: &analyzer.Conversation{Emit: func(events.Record) {}}, Pipe: "svcctl"})
	a.Feed(flow.Orig, 1, []byte(le.binds(kindBind, plain, svcctl)))
	ask, answer := []byte(le.ask(2, 0, 16, le.text("service"), plain)), []byte(le.answer(2, "xxxx", plain))
	got := testing.AllocsPerRun(100, func() {
		a.Feed(flow.Orig, 1, ask)
		a.Feed(flow.Resp, 2, answer)
	})
	if got > 3 {
		t.Errorf("%v allocations a call, want 3 at the most", got)
	}
}

func BenchmarkCall(b *testing.B) {
	a := New(Options{Conversation: &analyzer.Conversation{Emit: func(events.Record) {}}, Pipe: "svcctl"})
	a.Feed(flow.Orig, 1, []byte(le.binds(kindBind, plain, svcctl)))
	ask, answer := []byte(le.ask(2, 0, 12, strings.Repeat("h", 200)+le.text("service"), plain)), []byte(le.answer(2, "xxxx", plain))
	b.SetBytes(int64(len(ask) + len(answer)))
	b.ReportAllocs()
	for b.Loop() {
		a.Feed(flow.Orig, 1, ask)
		a.Feed(flow.Resp, 2, answer)
	}
}
