package analyzer

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

// story is a host that writes down what happens to a conversation.
type story struct{ told []string }

func (s *story) Emit(r events.Record)            { s.tell("emit %s", r.Kind()) }
func (s *story) Confirm(name string)             { s.tell("confirm %s", name) }
func (s *story) Weird(name, addl, source string) { s.tell("weird %s from %s", name, source) }
func (s *story) Rejected()                       { s.tell("rejected") }
func (s *story) Open() *Conversation {
	return NewConversation(events.Head{}, TCP, false, false, s, s.Emit)
}
func (s *story) tell(f string, args ...any) { s.told = append(s.told, fmt.Sprintf(f, args...)) }

// echo is an analyzer that takes whole lines and writes down what it is shown. "!" is not its own, "." is its end, and ">" hands over.
type echo struct {
	name string
	s    *story
}

func (e *echo) Feed(c stream.Chunk) (int, error) {
	end := bytes.IndexByte(c.Data, '\n') + 1
	if end == 0 {
		return 0, nil
	}
	line := string(c.Data[:end-1])
	e.s.tell("%s %s@%d %q", e.name, c.Dir, c.Offset, line)
	switch {
	case strings.HasPrefix(line, "!"):
		return 0, ErrNotMine
	case strings.HasPrefix(line, "."):
		return end, ErrDone
	case strings.HasPrefix(line, ">"):
		return end, ErrHandOver
	}
	rest := c
	rest.Data, rest.Offset = c.Data[end:], c.Offset+uint64(end)
	if len(rest.Data) == 0 {
		return end, nil
	}
	n, err := e.Feed(rest)
	return end + n, err
}

func (e *echo) Gap(d flow.Dir, n int) error { e.s.tell("%s gap %s %d", e.name, d, n); return nil }
func (e *echo) Close()                      { e.s.tell("%s close", e.name) }

// begins makes a Spec whose conversations begin, in either direction, with prefix.
func begins(s *story, name, prefix string, ports ...uint16) Spec {
	return Spec{
		Name: name, Over: TCP | UDP, Ports: ports,
		Probe: func(_ flow.Dir, head []byte, _ bool) Verdict {
			switch {
			case strings.HasPrefix(string(head), prefix):
				return Yes
			case strings.HasPrefix(prefix, string(head)):
				return Maybe
			}
			return No
		},
		New: func(c *Conversation) Analyzer { c.Confirm(""); return &echo{name, s} },
	}
}

type say struct {
	dir  flow.Dir
	data string
}

func TestStreams(t *testing.T) {
	for name, c := range map[string]struct {
		says []say
		want []string
	}{
		"chosen by content": {
			[]say{{flow.Orig, "B one\n"}, {flow.Resp, "ok\n"}},
			[]string{"confirm b", `b orig@0 "B one"`, `b resp@0 "ok"`, "b close"},
		},
		"bytes that come in pieces are shown once whole": {
			[]say{{flow.Orig, "A"}, {flow.Orig, " x"}, {flow.Orig, "y\nz"}, {flow.Orig, "\n"}},
			[]string{"confirm a", `a orig@0 "A xy"`, `a orig@5 "z"`, "a close"},
		},
		"who spoke first is shown first": {
			[]say{{flow.Resp, "wait\n"}, {flow.Orig, "A hi\n"}},
			nil, // the responder's bytes are of nobody, so nobody is left
		},
		"nobody": {[]say{{flow.Orig, "zzz\n"}, {flow.Orig, "A late\n"}}, nil},
		"taken off": {
			[]say{{flow.Orig, "A x\n!\nmore\n"}, {flow.Orig, "even more\n"}},
			[]string{"confirm a", `a orig@0 "A x"`, `a orig@4 "!"`, "a close", "rejected"},
		},
		"done": {
			[]say{{flow.Orig, "A x\n.\nmore\n"}, {flow.Resp, "more\n"}},
			[]string{"confirm a", `a orig@0 "A x"`, `a orig@4 "."`, "a close"},
		},
		"hands over, and the rest is probed anew in both directions": {
			[]say{{flow.Orig, "A x\n>\nB y\n"}, {flow.Resp, "fine\n"}},
			[]string{"confirm a", `a orig@0 "A x"`, `a orig@4 ">"`, "a close", "confirm b", `b orig@6 "B y"`, `b resp@0 "fine"`, "b close"},
		},
		"held bytes of the other direction go over too": {
			[]say{{flow.Orig, "A x\n"}, {flow.Orig, "B"}, {flow.Resp, ">\n"}, {flow.Orig, " y\n"}},
			[]string{"confirm a", `a orig@0 "A x"`, `a resp@0 ">"`, "a close", "confirm b", `b orig@4 "B y"`, "b close"},
		},
		"hands over without end": {
			[]say{{flow.Orig, strings.Repeat("A\n>\n", 20)}},
			[]string{
				"confirm a", `a orig@0 "A"`, `a orig@2 ">"`, "a close", "confirm a", `a orig@4 "A"`, `a orig@6 ">"`, "a close",
				"confirm a", `a orig@8 "A"`, `a orig@10 ">"`, "a close", "confirm a", `a orig@12 "A"`, `a orig@14 ">"`, "a close",
				"confirm a", `a orig@16 "A"`, `a orig@18 ">"`, "a close",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := &story{}
			deck := NewDeck([]Spec{begins(s, "a", "A"), begins(s, "b", "B")}, DefaultBudget)
			var m Mux
			m.Start(deck, TCP, 1, 2)
			var at [2]uint64
			for _, say := range c.says {
				m.Stream(stream.Chunk{Dir: say.dir, Offset: at[say.dir], Data: []byte(say.data)}, s)
				at[say.dir] += uint64(len(say.data))
			}
			m.Close()
			if !reflect.DeepEqual(s.told, c.want) {
				t.Errorf("got  %q\nwant %q", s.told, c.want)
			}
			if used := deck.Budget().Used; used != 0 {
				t.Errorf("%d bytes are still held after the end", used)
			}
		})
	}
}

// TestHintGoesFirst: two analyzers would take the bytes; the one whose port it is does.
func TestHintGoesFirst(t *testing.T) {
	s := &story{}
	deck := NewDeck([]Spec{begins(s, "a", "A"), begins(s, "b", "A", 80)}, DefaultBudget)
	var m Mux
	m.Start(deck, TCP, 40000, 80)
	m.Stream(stream.Chunk{Data: []byte("A\n")}, s)
	if s.told[0] != "confirm b" {
		t.Errorf("got %q", s.told)
	}
}

func TestGapTakesWhatWasHeld(t *testing.T) {
	s := &story{}
	deck := NewDeck([]Spec{begins(s, "a", "A")}, DefaultBudget)
	var m Mux
	m.Start(deck, TCP, 1, 2)
	m.Stream(stream.Chunk{Data: []byte("A\nhalf a li")}, s)
	m.Gap(flow.Orig, 10)
	m.Stream(stream.Chunk{Offset: 21, Data: []byte("whole\n")}, s)
	want := []string{"confirm a", `a orig@0 "A"`, "a gap orig 10", `a orig@21 "whole"`}
	if !reflect.DeepEqual(s.told, want) {
		t.Errorf("got  %q\nwant %q", s.told, want)
	}
}

// TestLimits: a peer that never ends its line cannot make us hold more than MaxHeld, and all together not more than the budget.
func TestLimits(t *testing.T) {
	s := &story{}
	deck := NewDeck([]Spec{begins(s, "a", "A")}, MaxHeld+MaxHeld/2)
	muxes := make([]Mux, 2)
	piece := bytes.Repeat([]byte("x"), 1024)
	for i := range muxes {
		muxes[i].Start(deck, TCP, 1, 2)
		muxes[i].Stream(stream.Chunk{Data: []byte("A")}, s)
	}
	for range MaxHeld / 1024 * 3 / 4 {
		for i := range muxes {
			muxes[i].Stream(stream.Chunk{Data: piece}, s)
		}
	}
	if b := deck.Budget(); b.Overflow != 1 || b.Used > b.Limit {
		t.Errorf("the budget of all did not hold: %+v", b)
	}
	for range 100 {
		muxes[0].Stream(stream.Chunk{Data: piece}, s)
		muxes[1].Stream(stream.Chunk{Data: piece}, s)
	}
	if b := deck.Budget(); b.Overflow != 2 || b.Used != 0 {
		t.Errorf("the limit of one did not hold: %+v", b)
	}
}

// TestLongChunk: what is held and a chunk of segmentation offload together pass the limit, but the analyzer takes it as it comes.
func TestLongChunk(t *testing.T) {
	s := &story{}
	deck := NewDeck([]Spec{begins(s, "a", "A")}, DefaultBudget)
	var m Mux
	m.Start(deck, TCP, 1, 2)
	m.Stream(stream.Chunk{Data: []byte("A\n" + strings.Repeat("x", 20000))}, s)
	m.Stream(stream.Chunk{Offset: 20002, Data: []byte(strings.Repeat("y\n", 30000))}, s)
	if n := len(s.told); !m.Reading() || n != 2+30000 || s.told[n-1] != `a orig@80000 "y"` {
		t.Errorf("reading %v, %d lines told, the last %q", m.Reading(), n, s.told[n-1])
	}
}

// TestHandOverWithoutRoom: where all that may be held is held, what follows a hand-over cannot be kept; the analyzer is taken off, once.
func TestHandOverWithoutRoom(t *testing.T) {
	s := &story{}
	deck := NewDeck([]Spec{begins(s, "a", "A")}, 4)
	var m Mux
	m.Start(deck, TCP, 1, 2)
	m.Stream(stream.Chunk{Data: []byte("A\n>\nmore than four")}, s)
	m.Close()
	want := []string{"confirm a", `a orig@0 "A"`, `a orig@2 ">"`, "a close", "rejected"}
	if b := deck.Budget(); !reflect.DeepEqual(s.told, want) || m.Wants() || b.Used != 0 || b.Overflow != 1 {
		t.Errorf("got %q, wants %v, %+v", s.told, m.Wants(), b)
	}
}

func TestDatagrams(t *testing.T) {
	s := &story{}
	deck := NewDeck([]Spec{begins(s, "a", "A")}, DefaultBudget)
	var m Mux
	m.Start(deck, UDP, 1, 2)
	m.Datagram(stream.Chunk{Data: []byte("?")}, s)
	if m.Wants() {
		t.Error("a datagram of nobody's is still of interest")
	}
	m.Start(deck, UDP, 1, 2)
	m.Datagram(stream.Chunk{Data: []byte("A\n")}, s)
	m.Datagram(stream.Chunk{Data: []byte("then\n"), Dir: flow.Resp, Offset: 0}, s)
	m.Close()
	want := []string{"confirm a", `a orig@0 "A"`, `a resp@0 "then"`, "a close"}
	if !reflect.DeepEqual(s.told, want) {
		t.Errorf("got  %q\nwant %q", s.told, want)
	}
}

// FuzzMux: whatever is said in whatever pieces, each byte is shown at most once in order, and nothing is held after the end.
func FuzzMux(f *testing.F) {
	f.Add([]byte("A x\n>\nB y\n"), uint16(0x1234))
	f.Fuzz(func(t *testing.T, data []byte, cuts uint16) {
		s := &story{}
		deck := NewDeck([]Spec{begins(s, "a", "A"), begins(s, "b", "B")}, DefaultBudget)
		var m Mux
		m.Start(deck, TCP, 1, 2)
		var at [2]uint64
		for i := 0; len(data) > 0; i++ {
			d := flow.Dir(cuts >> (i % 16) & 1)
			n := min(1+int(cuts>>(i%13)&7), len(data))
			m.Stream(stream.Chunk{Dir: d, Offset: at[d], Data: data[:n]}, s)
			at[d] += uint64(n)
			data = data[n:]
		}
		m.Close()
		if used := deck.Budget().Used; used != 0 {
			t.Fatalf("%d bytes held after the end", used)
		}
	})
}
