// Package magnitude says when a growing number is worth another word. What comes in is a count; what goes out is whether it has
// reached the next order of magnitude since the last word. It never forgets by itself and never reads a clock.
package magnitude

// Ladder climbs from a first threshold by a factor of ten a rung: 20, 200, 2000, ... The zero value has not been climbed.
type Ladder struct{ rung int }

// Climb says whether n has reached a rung of the ladder that begins at first and was not reached before. Several rungs at once
// count as one.
func (l *Ladder) Climb(n, first float64) bool {
	if first <= 0 {
		return false
	}
	rung := 0
	for at := first; n >= at && rung < maxRungs; at *= 10 {
		rung++
	}
	if rung <= l.rung {
		return false
	}
	l.rung = rung
	return true
}

// maxRungs ends the climb for numbers that never stop; no count of 64 bits has more decimal orders.
const maxRungs = 20

// At is a ladder of which so many rungs were reached.
func At(rung int) Ladder { return Ladder{min(max(rung, 0), maxRungs)} }

// Rung is how many rungs were reached so far.
func (l *Ladder) Rung() int { return l.rung }
