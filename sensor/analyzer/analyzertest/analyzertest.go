// Package analyzertest holds an analyzer to what every analyzer must keep. What comes in is a Spec and conversations with known words; what goes
// out is their records, once they are the same whole and a byte at a time, and a failed test where they are not. It is used by tests only.
package analyzertest

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

// Said is one piece of a conversation: bytes of a direction, or with Gap bytes that are missing.
type Said struct {
	Dir  flow.Dir
	Text string
	Gap  int
}

// Client says something.
func Client(text string) Said { return Said{Dir: flow.Orig, Text: text} }

// Server says something.
func Server(text string) Said { return Said{Dir: flow.Resp, Text: text} }

// Result is what came of a conversation.
type Result struct {
	Records  []events.Record
	Services []string
	Weirds   []string
	Rejected int
	HeldOver int // bytes that were held after the end: there must be none
}

// Began is the time of the first piece; each that follows is a millisecond later.
const Began = int64(1_700_000_000e9)

type host struct {
	head events.Head
	on   analyzer.Transport
	Result
}

func (h *host) Emit(r events.Record)    { h.Records = append(h.Records, r) }
func (h *host) Confirm(service string)  { h.Services = append(h.Services, service) }
func (h *host) Weird(name, _, _ string) { h.Weirds = append(h.Weirds, name) }
func (h *host) Rejected()               { h.Result.Rejected++ }
func (h *host) Open() *analyzer.Conversation {
	return analyzer.NewConversation(h.head, h.on, true, true, h, h.Emit)
}

// Head is that of every conversation played: 10.0.0.1:40000 turns to 10.0.0.2.
func Head(port uint16) events.Head {
	return events.Head{TS: events.Time(Began), UID: "C1", OrigH: netip.MustParseAddr("10.0.0.1"), OrigP: 40000, RespH: netip.MustParseAddr("10.0.0.2"), RespP: port}
}

// Play shows a TCP conversation on a port to the analyzers, at most size bytes at a time; size 0 is whole pieces.
func Play(specs []analyzer.Spec, port uint16, said []Said, size int) *Result {
	h := &host{head: Head(port), on: analyzer.TCP}
	deck := analyzer.NewDeck(specs, analyzer.DefaultBudget)
	var m analyzer.Mux
	m.Start(deck, analyzer.TCP, h.head.OrigP, port)
	var at [2]uint64
	for i, one := range said {
		if one.Gap > 0 {
			m.Gap(one.Dir, one.Gap)
			at[one.Dir] += uint64(one.Gap)
			continue
		}
		for text := one.Text; len(text) > 0; {
			n := len(text)
			if size > 0 {
				n = min(n, size)
			}
			c := stream.Chunk{Dir: one.Dir, Time: Began + int64(i)*1e6, Offset: at[one.Dir], Data: []byte(text[:n]), Wire: n}
			m.Stream(c, h)
			at[one.Dir] += uint64(n)
			text = text[n:]
		}
	}
	m.Close()
	h.HeldOver = deck.Budget().Used
	return &h.Result
}

// Datagrams shows a UDP conversation on a port to the analyzers, one datagram a piece.
func Datagrams(specs []analyzer.Spec, port uint16, said []Said) *Result {
	h := &host{head: Head(port), on: analyzer.UDP}
	var m analyzer.Mux
	m.Start(analyzer.NewDeck(specs, analyzer.DefaultBudget), analyzer.UDP, h.head.OrigP, port)
	for i, one := range said {
		m.Datagram(stream.Chunk{Dir: one.Dir, Time: Began + int64(i)*1e6, Offset: uint64(i), Data: []byte(one.Text), Wire: len(one.Text)}, h)
	}
	m.Close()
	return &h.Result
}

// Same plays a TCP conversation whole, in sevens and a byte at a time, fails where that makes a difference, and gives the result.
func Same(t testing.TB, specs []analyzer.Spec, port uint16, said []Said) *Result {
	t.Helper()
	want := Play(specs, port, said, 0)
	for _, size := range []int{1, 7} {
		got := Play(specs, port, said, size)
		if a, b := Text(got), Text(want); a != b {
			t.Errorf("%d bytes at a time:\n got %s\nwant %s", size, a, b)
		}
	}
	if want.HeldOver != 0 {
		t.Errorf("%d bytes are held after the end", want.HeldOver)
	}
	return want
}

// Text is a result, a record a line.
func Text(r *Result) string {
	var b strings.Builder
	for _, one := range r.Records {
		fmt.Fprintf(&b, "%s %s\n", one.Kind(), one.AppendJSON(nil))
	}
	fmt.Fprintf(&b, "services %v weirds %v rejected %d", r.Services, r.Weirds, r.Rejected)
	return strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(b.String())
}

// Holes plays a TCP conversation with a hole in the place of each of its pieces in turn, and with each piece cut in the middle by one. Nothing is asked of
// the result but that there is one, with no more than a few records beyond those of the whole.
func Holes(t testing.TB, specs []analyzer.Spec, port uint16, said []Said) {
	t.Helper()
	whole := len(Play(specs, port, said, 0).Records)
	for i, one := range said {
		for _, keep := range []int{0, len(one.Text) / 2} {
			cut := append([]Said{}, said[:i]...)
			if keep > 0 {
				cut = append(cut, Said{Dir: one.Dir, Text: one.Text[:keep]})
			}
			cut = append(append(cut, Said{Dir: one.Dir, Gap: len(one.Text) - keep}), said[i+1:]...)
			r := Play(specs, port, cut, 0)
			if len(r.Records) > whole+3 || r.HeldOver != 0 {
				t.Errorf("piece %d missing from byte %d: %d records, %d without the hole; %d bytes held", i, keep, len(r.Records), whole, r.HeldOver)
			}
		}
	}
}

// Fuzz feeds an analyzer any bytes in both directions, straight, as if its probe had said Yes. The first byte of the input says how long the pieces
// are and which side begins.
func Fuzz(f *testing.F, spec analyzer.Spec, seeds ...string) {
	for _, s := range seeds {
		f.Add([]byte("\x11" + s))
		f.Add([]byte("\x80" + s))
	}
	on := analyzer.TCP
	if spec.Over&on == 0 {
		on = analyzer.UDP
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) == 0 {
			return
		}
		h := &host{head: Head(1), on: on}
		feed(spec, h, on, b[1:], int(b[0]&0x7f)+1, flow.Dir(b[0]>>7))
		for _, r := range h.Records {
			if line := r.AppendJSON(nil); len(line) > 64<<10 {
				t.Fatalf("a record of %d bytes", len(line))
			}
		}
	})
}

// feed plays turns of n bytes each.
func feed(spec analyzer.Spec, h *host, on analyzer.Transport, b []byte, n int, d flow.Dir) {
	spec.Probe(d, b[:min(len(b), analyzer.MaxProbe)], true)
	a := spec.New(h.Open())
	defer a.Close()
	var held [2][]byte
	for i := 0; len(b) > 0; i++ {
		n := min(n, len(b))
		held[d] = append(held[d], b[:n]...)
		b = b[n:]
		if i%11 == 10 {
			held[d] = nil
			if a.Gap(d, 3) != nil {
				return
			}
		}
		used, err := a.Feed(stream.Chunk{Dir: d, Time: Began + int64(i), Data: held[d], Wire: len(held[d])})
		if err != nil {
			return
		}
		if used < 0 || used > len(held[d]) {
			panic(fmt.Sprintf("used %d of %d bytes", used, len(held[d])))
		}
		if held[d] = held[d][used:]; on != analyzer.TCP {
			held[d] = nil
		}
		if len(held[d]) > analyzer.MaxHeld {
			return
		}
		if i%3 != 0 {
			d = d.Other()
		}
	}
}
