package analyzer

import (
	"math/bits"
)

// MaxSpecs is how many analyzers a Deck may hold: their set is one machine word.
const MaxSpecs = 64

// set is a set of analyzers, by their place in the Deck.
type set uint64

// Deck is the ordered list of analyzers that one worker offers to its conversations, ready for quick asking.
// It is read-only once made, but for its budget, and belongs to one worker.
type Deck struct {
	specs  []Spec
	over   [ICMP + 1]set  // by transport
	ports  map[uint16]set // who names this port as its own
	budget Budget
	spare  [][]byte // buffers of what was held, for the next that holds
}

// Budget bounds what all conversations of one worker may hold unconsumed, so that many slow conversations cannot
// use more memory than a few.
type Budget struct {
	Limit    int    // bytes
	Used     int    // bytes held now
	Overflow uint64 // analyzers taken off because the limit was reached
}

// DefaultBudget is 32 MiB a worker: five hundred conversations that each hold all they may.
const DefaultBudget = 32 << 20

// NewDeck makes a Deck of the analyzers in the order given; the first that says Yes takes the conversation.
// What stands beyond MaxSpecs is left out.
func NewDeck(specs []Spec, limit int) *Deck {
	d := &Deck{specs: specs[:min(len(specs), MaxSpecs)], ports: map[uint16]set{}, budget: Budget{Limit: limit}}
	for i, s := range d.specs {
		for _, t := range []Transport{TCP, UDP, ICMP} {
			if s.Over&t != 0 {
				d.over[t] |= 1 << i
			}
		}
		for _, p := range s.Ports {
			d.ports[p] |= 1 << i
		}
	}
	return d
}

// Budget tells what the Deck's conversations hold.
func (k *Deck) Budget() Budget { return k.budget }

// hinted is the set of analyzers that name one of the two ports.
func (k *Deck) hinted(a, b uint16) set { return k.ports[a] | k.ports[b] }

// each calls f for the members of s in order, until f says stop.
func (s set) each(f func(i int) (stop bool)) {
	for ; s != 0; s &= s - 1 {
		if f(bits.TrailingZeros64(uint64(s))) {
			return
		}
	}
}

// Buffers that are kept for use again: small ones, which nearly all are, and not many.
const (
	maxSpare       = 256
	maxSpareLength = 16 << 10
)

// room gives an empty buffer.
func (k *Deck) room() []byte {
	n := len(k.spare)
	if n == 0 {
		return nil
	}
	b := k.spare[n-1]
	k.spare = k.spare[:n-1]
	return b
}

// recycle takes back a buffer that nobody reads any longer.
func (k *Deck) recycle(b []byte) {
	if cap(b) > 0 && cap(b) <= maxSpareLength && len(k.spare) < maxSpare {
		k.spare = append(k.spare, b[:0])
	}
}
