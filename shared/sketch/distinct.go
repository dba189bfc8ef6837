// Package sketch counts without keeping. What comes in is hashes; what goes out is how many different ones there were, exact while
// they are few and within a few percent after that. It never keeps what was hashed and never grows past a stated size.
package sketch

import (
	"math"
	"math/bits"
	"strconv"
)

// exact is how many different hashes are kept one by one: above every threshold that a detector compares with exactly, and few
// enough for a linear search.
const exact = 64

// The HyperLogLog that follows (Flajolet et al., 2007) has 2^precision registers of a byte: 1 KiB, standard error 3.3 %.
const (
	precision = 10
	registers = 1 << precision
	alpha     = 0.7213 / (1 + 1.079/registers)
)

// Distinct counts different hashes. The zero value has seen none. It takes at most about 1.6 KiB.
type Distinct struct {
	few  []uint64
	many *[registers]uint8
}

// Add counts a hash and says whether it is one that was not seen before; past the exact range, whether it moved the estimate.
// Hashes must be well mixed: see Mix and String.
func (d *Distinct) Add(h uint64) bool {
	if d.many != nil {
		return d.register(h)
	}
	for _, f := range d.few {
		if f == h {
			return false
		}
	}
	if len(d.few) < exact {
		d.few = append(d.few, h)
		return true
	}
	d.many = new([registers]uint8)
	for _, f := range d.few {
		d.register(f)
	}
	d.few = nil
	d.register(h)
	return true
}

func (d *Distinct) register(h uint64) bool {
	at := h >> (64 - precision)
	rank := uint8(bits.LeadingZeros64(h<<precision|1<<(precision-1)) + 1)
	if rank <= d.many[at] {
		return false
	}
	d.many[at] = rank
	return true
}

// Count is how many different hashes were added.
func (d *Distinct) Count() int {
	if d.many == nil {
		return len(d.few)
	}
	sum, empty := 0.0, 0
	for _, r := range d.many {
		sum += 1 / float64(uint64(1)<<r)
		if r == 0 {
			empty++
		}
	}
	estimate := alpha * registers * registers / sum
	if estimate <= 2.5*registers && empty > 0 {
		estimate = registers * math.Log(float64(registers)/float64(empty))
	}
	return max(int(math.Round(estimate)), exact+1)
}

// Text is the count for a person, who is told where it is an estimate.
func (d *Distinct) Text() string {
	if d.many != nil {
		return "about " + strconv.Itoa(d.Count())
	}
	return strconv.Itoa(len(d.few))
}

// Mix spreads a number over 64 bits (the finaliser of splitmix64).
func Mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// String hashes a text: FNV-1a, then mixed.
func String(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return Mix(h)
}
