package trigger

import "container/list"

// mostSeen is how many events, and versions of resources, are remembered.
const mostSeen = 10_000

// Seen remembers which events were folded already and how new the newest of each resource was. It forgets what was longest not heard
// of when it is full and counts that: the cost is that an event which comes twice is looked at twice. It belongs to one goroutine.
type Seen struct {
	events, versions recent
}

// NewSeen remembers nothing yet.
func NewSeen() *Seen { return &Seen{events: newRecent(mostSeen), versions: newRecent(mostSeen)} }

// Forgotten is how many events and resources there was no room for.
func (s *Seen) Forgotten() uint64 { return s.events.forgotten + s.versions.forgotten }

// Forget takes events back whose keys could not be looked at: when AWS delivers them again, they are news.
func (s *Seen) Forget(events []Trigger) {
	for _, t := range events {
		s.events.remove(t.ID)
	}
}

// fresh says whether an event is news, and remembers it.
func (s *Seen) fresh(t Trigger) bool {
	if _, double := s.events.get(t.ID); double {
		return false
	}
	s.events.put(t.ID, 0)
	if t.Resource == "" {
		return true
	}
	if newest, known := s.versions.get(t.Resource); known && t.Version < newest {
		return false
	}
	s.versions.put(t.Resource, t.Version)
	return true
}

// Fold makes one list of keys of many events: each key once, in the order in which they came. An event that was seen before is dropped,
// and so is one that is older than the newest seen of its resource. A sweep takes the keys of its account and region in, and so does
// the sweep of everything; where more than 50 keys of an account and region remain, one sweep stands for them.
func Fold(events []Trigger, seen *Seen) []Key {
	var keys []Key
	have := map[Key]bool{}
	counts := map[Key]int{} // by the sweep that would stand for them
	for _, t := range events {
		if !seen.fresh(t) {
			continue
		}
		for _, k := range t.Keys {
			if have[k] {
				continue
			}
			have[k] = true
			keys = append(keys, k)
			if place := k.place(); k != place {
				counts[place]++
			}
		}
	}
	return swept(keys, have, counts)
}

// place is the sweep that a key belongs to.
func (k Key) place() Key { return Key{Account: k.Account, Region: k.Region, Kind: Sweep} }

// swept leaves of keys what no sweep takes in.
func swept(keys []Key, have map[Key]bool, counts map[Key]int) []Key {
	if have[everything] {
		return []Key{everything}
	}
	var left []Key
	done := map[Key]bool{}
	for _, k := range keys {
		if place := k.place(); have[place] || counts[place] > mostAlone {
			k = place
		}
		if !done[k] {
			done[k] = true
			left = append(left, k)
		}
	}
	return left
}

// recent holds a number of values and gives up the one that was longest not asked for.
type recent struct {
	most      int
	order     *list.List // of entry, newest first
	at        map[string]*list.Element
	forgotten uint64
}

type entry struct {
	key   string
	value int64
}

func newRecent(most int) recent {
	return recent{most: most, order: list.New(), at: map[string]*list.Element{}}
}

func (r *recent) get(key string) (int64, bool) {
	e, ok := r.at[key]
	if !ok {
		return 0, false
	}
	r.order.MoveToFront(e)
	return e.Value.(entry).value, true
}

func (r *recent) put(key string, value int64) {
	if e, ok := r.at[key]; ok {
		e.Value = entry{key, value}
		r.order.MoveToFront(e)
		return
	}
	if r.order.Len() == r.most {
		oldest := r.order.Back()
		r.remove(oldest.Value.(entry).key)
		r.forgotten++
	}
	r.at[key] = r.order.PushFront(entry{key, value})
}

func (r *recent) remove(key string) {
	if e, ok := r.at[key]; ok {
		r.order.Remove(e)
		delete(r.at, key)
	}
}
