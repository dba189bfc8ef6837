package mirrorsim

import (
	"container/heap"
	"time"
)

// due is something at a time; of two at the same time the one that was entered first comes first.
type due[T any] struct {
	at   time.Time
	turn int
	what T
}

type dues[T any] []due[T]

func (d dues[T]) Len() int      { return len(d) }
func (d dues[T]) Swap(i, j int) { d[i], d[j] = d[j], d[i] }
func (d dues[T]) Less(i, j int) bool {
	if !d[i].at.Equal(d[j].at) {
		return d[i].at.Before(d[j].at)
	}
	return d[i].turn < d[j].turn
}
func (d *dues[T]) Push(x any) { *d = append(*d, x.(due[T])) }
func (d *dues[T]) Pop() any {
	last := (*d)[len(*d)-1]
	*d = (*d)[:len(*d)-1]
	return last
}

// queue gives what is in it in the order of time.
type queue[T any] struct {
	list  dues[T]
	turns int
}

func (q *queue[T]) add(at time.Time, what T) {
	q.turns++
	heap.Push(&q.list, due[T]{at, q.turns, what})
}

// next is when the first is due.
func (q *queue[T]) next() (time.Time, bool) {
	if len(q.list) == 0 {
		return time.Time{}, false
	}
	return q.list[0].at, true
}

// pop takes the first that is due by then.
func (q *queue[T]) pop(by time.Time) (at time.Time, what T, ok bool) {
	if len(q.list) == 0 || q.list[0].at.After(by) {
		return at, what, false
	}
	d := heap.Pop(&q.list).(due[T])
	return d.at, d.what, true
}

type agenda struct{ queue[func()] }

func (a *agenda) take(by time.Time) (time.Time, func()) {
	at, do, ok := a.pop(by)
	if !ok {
		return at, nil
	}
	return at, do
}

// letter is an event in the queue.
type letter struct {
	body     string
	received int
}

type mail struct{ queue[letter] }
