package behaviour

import (
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// rounds leads over all devices again and again: once for each five minutes that are over, to count, and once more to judge. A Tick
// goes a part of the way.
type rounds struct {
	order   []uint32 // devices; those that were forgotten drop out of it
	round   int64    // that is judged next, numbered since 1970; 0: none yet
	judging bool     // the walk that counts is through
	next    int      // of order
	kept    int      // of order, in this walk
	last    events.Time
}

const (
	// roundMinutes is how often everybody is looked at. An hour has a whole number of rounds.
	roundMinutes = 5
	// perTick is how many devices are looked at in one go at least, and ticks how many Ticks both walks of a round take at most, which are
	// seconds: 50,000 devices come to 417 a Tick.
	perTick = 256
	ticks   = 240
)

func (r *rounds) join(id uint32) { r.order = append(r.order, id) }

// number tells the walks apart; it is never 0.
func (r *rounds) number() int64 {
	if r.judging {
		return 2*r.round + 1
	}
	return 2 * r.round
}

// begin is the first minute of the round, since 1970, and end the one after its last.
func (r *rounds) begin() int64 { return r.round * roundMinutes }

func (r *rounds) end() int64 { return (r.round + 1) * roundMinutes }

// hour is the hour that the round is of, since 1970.
func (r *rounds) hour() int64 { return r.begin() / 60 }

// closes says that the hour ends with the round.
func (r *rounds) closes() bool { return r.end()%60 == 0 }

// jumps says that the walk has to begin, because nothing was judged so far, or not for an hour. It begins with the hour after: of the
// present one the beginning was missed.
func (r *rounds) jumps(now events.Time) bool {
	over := minuteOf(now) / roundMinutes
	if r.round != 0 && over-r.round <= 60/roundMinutes {
		return false
	}
	r.round = (hourOf(now) + 1) * 60 / roundMinutes
	r.next, r.kept, r.judging = 0, 0, false
	return true
}

// walk goes on with the rounds that are over. Look is called for each device, and says whether it is still known; done when a round is over.
func (r *rounds) walk(now events.Time, look func(id uint32) bool, done func()) {
	over := minuteOf(now) / roundMinutes // rounds before this one
	// Where time jumps, as in a file with a gap, the work is done at once.
	seconds := int(min(max(now.Sub(r.last)/time.Second, 1), roundMinutes*time.Minute/time.Second))
	r.last = max(r.last, now)
	for left := seconds * max(perTick, 2*len(r.order)/ticks); r.round < over && left > 0; left-- {
		if r.next < len(r.order) {
			id := r.order[r.next]
			r.next++
			if look(id) {
				r.order[r.kept] = id
				r.kept++
			}
			continue
		}
		r.order = r.order[:r.kept]
		r.next, r.kept = 0, 0
		if r.judging = !r.judging; !r.judging {
			r.round++
			done()
		}
	}
}

func minuteOf(t events.Time) int64 { return int64(t) / int64(time.Minute) }
