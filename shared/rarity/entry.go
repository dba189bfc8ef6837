package rarity

import (
	"math/bits"

	"github.com/mirrorwatch/mirrorwatch/shared/sketch"
)

// exact is how many devices an entry counts one by one: above every number that a detector compares with exactly.
const exact = 8

// entry is one thing, in one line of the processor's cache (64 bytes).
type entry struct {
	hash        uint64
	who         [exact]uint32 // the devices one by one; past them, 64 registers of four bits
	count       float32       // of the registers
	first, last uint32        // seconds since 1970
	prev, next  uint32        // in the ring
	few         uint8         // how many of who are devices; past exact, who holds registers
	flags       uint8
}

// The flags of an entry.
const (
	changed  = 1 << iota // since it was saved, and so in the list of what is to be saved
	returned             // was known before, and forgotten
	shared               // in the ring of what several devices use
)

// stored are the flags that outlive a restart.
const stored = returned

const sketched = exact + 1

// add counts a device and says whether it is a new one, as far as can be told.
func (e *entry) add(device uint32) bool {
	if e.few == sketched {
		return e.register(device)
	}
	for _, w := range e.who[:e.few] {
		if w == device {
			return false
		}
	}
	if e.few < exact {
		e.who[e.few] = device
		e.few++
		return true
	}
	known := e.who
	e.who, e.few = [exact]uint32{}, sketched
	for _, w := range known {
		e.register(w)
	}
	e.count = exact
	e.register(device)
	// Its register may be taken, but it is surely the next one.
	e.count = max(e.count, exact+1)
	return true
}

// register adds to a HyperLogLog of 64 registers (Flajolet et al., 2007), counted as it grows rather than by its state (Ting, 2014;
// Cohen, 2014): each change stands for as many devices as it takes for one on average. That is unbiased, never falls, and errs by 10 %.
func (e *entry) register(device uint32) bool {
	h := sketch.Mix(uint64(device))
	at, shift := h>>3&7, h&7*4
	rank := uint32(min(bits.TrailingZeros64(h>>6|1<<14)+1, 15))
	if e.who[at]>>shift&15 >= rank {
		return false
	}
	e.count += 1 / e.chance()
	e.who[at] = e.who[at]&^(15<<shift) | rank<<shift
	return true
}

// chance is how likely the next new device is to change a register.
func (e *entry) chance() float32 {
	sum := 0
	for _, word := range e.who {
		for range 8 {
			if rank := word & 15; rank < 15 {
				sum += 1 << (14 - rank)
			}
			word >>= 4
		}
	}
	return float32(max(sum, 1)) / (64 << 14)
}

// devices is how many different ones there were.
func (e *entry) devices() int {
	if e.few == sketched {
		return int(e.count + 0.5)
	}
	return int(e.few)
}

func (e *entry) seen() Seen {
	return Seen{
		Returned: e.flags&returned != 0, Devices: e.devices(), FirstSeen: int64(e.first) * 1e9, LastSeen: int64(e.last) * 1e9,
	}
}
