package sketch

// Stamped counts different hashes twice over: all since it was cleared, and those that were added under the latest stamp: the
// different peers of an hour, and of its present minute. Exact up to 192; past that it keeps one in two, in four, ... of all hashes
// (adaptive sampling: Flajolet, 1990) and is off by some 8 %. The zero value has seen none. It takes at most 1 KiB.
type Stamped struct {
	slots  slots
	used   int
	latest int   // of these, the ones under stamp
	stamp  uint8 // the latest
	level  uint8 // one in 2^level is kept
}

const maxStamped = 256

// Add counts a hash under a stamp of 1 to MaxStamp. Hashes must be well mixed: see Mix and String.
func (s *Stamped) Add(h uint64, stamp uint8) {
	if stamp != s.stamp {
		s.stamp, s.latest = stamp, 0
	}
	mark := short(h)
	if !s.sampled(mark) {
		return
	}
	if s.slots == nil {
		s.slots = make(slots, firstSlots)
	}
	at, there := s.slots.find(mark)
	switch {
	case there && uint8(s.slots[at]&stampMask) == stamp:
		return
	case !there && s.slots.full(s.used):
		s.grow()
		s.Add(h, stamp)
		return
	case !there:
		s.used++
	}
	s.slots[at] = mark | uint32(stamp)
	s.latest++
}

func (s *Stamped) sampled(mark uint32) bool { return mark>>stampBits&(1<<s.level-1) == 0 }

func (s *Stamped) grow() {
	if n := len(s.slots); n < maxStamped {
		s.slots, s.used = s.slots.rehash(2*n, all)
		return
	}
	s.level++
	s.slots, s.used = s.slots.rehash(maxStamped, s.sampled)
	s.latest = 0
	for _, mark := range s.slots {
		if mark != 0 && uint8(mark&stampMask) == s.stamp {
			s.latest++
		}
	}
}

// Count is how many different hashes were added since Clear.
func (s *Stamped) Count() int { return s.used << s.level }

// Latest is how many of them were added under the latest stamp.
func (s *Stamped) Latest() int { return s.latest << s.level }

// Clear forgets all, and keeps the room.
func (s *Stamped) Clear() {
	clear(s.slots)
	*s = Stamped{slots: s.slots}
}
