package analyzer

import (
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

// brittle fails where it is told to.
type brittle struct{ at string }

func (b brittle) fail(at string) {
	if b.at == at {
		panic("no such byte")
	}
}
func (b brittle) Feed(c stream.Chunk) (int, error) { b.fail("feed"); return len(c.Data), nil }
func (b brittle) Gap(flow.Dir, int) error          { b.fail("gap"); return nil }
func (b brittle) Close()                           { b.fail("close") }

// heard is a host that notes oddities.
type heard struct {
	weirds   []string
	rejected int
}

func (h *heard) Emit(events.Record) {}
func (h *heard) Confirm(string)     {}
func (h *heard) Weird(name, addl, source string) {
	h.weirds = append(h.weirds, strings.Join([]string{name, addl, source}, " "))
}
func (h *heard) Rejected() { h.rejected++ }
func (h *heard) Open() *Conversation {
	return NewConversation(events.Head{}, TCP, true, true, h, h.Emit)
}

// Catches: an analyzer's mistake that ends the sensor, a conversation that goes on after it, bytes that stay held.
func TestAFailureCostsOneConversation(t *testing.T) {
	for _, at := range []string{"feed", "gap", "close"} {
		spec := Spec{Name: "brittle", Over: TCP, Probe: func(flow.Dir, []byte, bool) Verdict { return Yes }, New: func(*Conversation) Analyzer { return brittle{at} }}
		deck, h := NewDeck([]Spec{spec}, DefaultBudget), &heard{}
		var m Mux
		m.Start(deck, TCP, 1, 2)
		m.Stream(stream.Chunk{Data: []byte("a")}, h)
		m.Gap(flow.Orig, 3)
		m.Stream(stream.Chunk{Data: []byte("b")}, h)
		m.Close()
		if len(h.weirds) != 1 || h.weirds[0] != "analyzer_failed no such byte brittle" || deck.Budget().Used != 0 {
			t.Errorf("%s: %q, %d bytes held", at, h.weirds, deck.Budget().Used)
		}
	}
}
