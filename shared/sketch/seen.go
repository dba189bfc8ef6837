package sketch

// Seen remembers which hashes it saw, by the day. When it is full, those that were not seen for the longest leave, so that a host
// with a thousand partners knows the ones it speaks with. The zero value has seen none. It takes at most 4 KiB.
type Seen struct {
	slots slots
	used  int
}

const maxSeen = 1024

// Add notes a hash on a day (any count of days that grows) and says whether it is a stranger.
func (s *Seen) Add(h uint64, day int64) (fresh bool) {
	if s.slots == nil {
		s.slots = make(slots, firstSlots)
	}
	mark, stamp := short(h), dayStamp(day)
	at, there := s.slots.find(mark)
	if !there && s.slots.full(s.used) {
		s.makeRoom(stamp)
		at, _ = s.slots.find(mark)
	}
	s.slots[at] = mark | stamp
	if !there {
		s.used++
	}
	return !there
}

// Len is how many hashes are remembered.
func (s *Seen) Len() int { return s.used }

// dayStamp goes round after 63 days: what was not seen for that long looks younger than it is, and stays a little longer.
func dayStamp(day int64) uint32 { return 1 + uint32(uint64(day)%MaxStamp) }

func (s *Seen) makeRoom(today uint32) {
	if n := len(s.slots); n < maxSeen {
		s.slots, s.used = s.slots.rehash(2*n, all)
		return
	}
	age := func(mark uint32) uint32 { return (today + MaxStamp - mark&stampMask) % MaxStamp }
	var byAge [MaxStamp]int
	for _, mark := range s.slots {
		if mark != 0 {
			byAge[age(mark)]++
		}
	}
	kept, youngest := 0, uint32(0)
	for ; youngest < MaxStamp && kept+byAge[youngest] <= maxSeen/2; youngest++ {
		kept += byAge[youngest]
	}
	// The days up to youngest fit in half the table. Where not even today does, every second one must do.
	odd := false
	s.slots, s.used = s.slots.rehash(maxSeen, func(mark uint32) bool {
		odd = !odd
		return age(mark) < youngest || youngest == 0 && odd
	})
}
