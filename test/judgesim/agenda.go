package judgesim

import (
	"container/heap"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// item is a record that is due, or a conversation of which the next report is.
type item struct {
	at     events.Time
	turn   uint64 // items of one moment come in the order in which they were made
	record events.Record
	open   *open
	by     *Deviation // whose doing it is; nil: normal
}

// agenda holds what is due, soonest first. It never holds more than the hour that was planned and the conversations that are open.
type agenda []item

func (a agenda) Len() int { return len(a) }
func (a agenda) Less(i, j int) bool {
	return a[i].at < a[j].at || a[i].at == a[j].at && a[i].turn < a[j].turn
}
func (a agenda) Swap(i, j int) { a[i], a[j] = a[j], a[i] }
func (a *agenda) Push(x any)   { *a = append(*a, x.(item)) }
func (a *agenda) Pop() any {
	last := (*a)[len(*a)-1]
	(*a)[len(*a)-1] = item{}
	*a = (*a)[:len(*a)-1]
	return last
}

func (s *Site) due(i item) {
	s.turn++
	i.turn = s.turn
	heap.Push(&s.agenda, i)
}

// deliver gives out what is due before a moment, in the order of time.
func (s *Site) deliver(until events.Time, each func(events.Time, events.Record)) {
	for len(s.agenda) > 0 && s.agenda[0].at < until {
		next := heap.Pop(&s.agenda).(item)
		if next.open != nil {
			next.record = s.report(next.open, next.at)
		}
		s.watch(next)
		s.records++
		each(next.at, next.record)
	}
}
