package inventory

import (
	"maps"
	"sync"
	"time"
)

// Bounds of a Memory.
const (
	MaxRemembered = 200_000          // interfaces, about 25 MB: of more the others are read from the store each time
	trusted       = 45 * time.Minute // others write, too: after that the store is asked again
)

// Memory keeps what was last written of each interface, for a program that observes again and again: an observation that says the same
// then costs no call at all. The zero value is ready; it is safe for several goroutines. A nil one knows nothing.
type Memory struct {
	mu     sync.Mutex
	places map[string]*shelf
	held   int
}

// shelf is what is known of one place.
type shelf struct {
	digests map[int]map[string]string // by shard; never changed, only replaced
	read    map[int]time.Time
	marked  time.Time
}

// recall gives the digests of a place that are fresh enough, by shard.
func (m *Memory) recall(place string, at time.Time) map[int]map[string]string {
	if m == nil {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.places[place]
	if s == nil {
		return nil
	}
	fresh := maps.Clone(s.digests)
	maps.DeleteFunc(fresh, func(shard int, _ map[string]string) bool {
		age := at.Sub(s.read[shard])
		return age < 0 || age >= trusted
	})
	return fresh
}

// learn keeps the digests of a shard as they are in the store.
func (m *Memory) learn(place string, shard int, digests map[string]string, at time.Time) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.shelf(place)
	m.held -= len(s.digests[shard])
	delete(s.digests, shard)
	delete(s.read, shard)
	if m.held+len(digests) > MaxRemembered {
		return
	}
	s.digests[shard], s.read[shard] = maps.Clone(digests), at
	m.held += len(digests)
}

// shelf gives the shelf of a place. There are at most as many as there are marks.
func (m *Memory) shelf(place string) *shelf {
	if m.places == nil || m.places[place] == nil && len(m.places) >= maxPlaces {
		m.places, m.held = map[string]*shelf{}, 0
	}
	s := m.places[place]
	if s == nil {
		s = &shelf{digests: map[int]map[string]string{}, read: map[int]time.Time{}}
		m.places[place] = s
	}
	return s
}

// markDue says whether it is time to note that a place was seen whole.
func (m *Memory) markDue(place string, at time.Time) bool {
	if m == nil {
		return true
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.places[place]
	return s == nil || at.Sub(s.marked) >= markEvery || at.Before(s.marked)
}

// marked notes when a place was last seen whole, as the store has it.
func (m *Memory) marked(place string, at time.Time) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.shelf(place).marked = at
}
