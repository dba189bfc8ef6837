package ec2api

import (
	"maps"
	"sync"
	"time"
)

// Count is how one call went, over all the times it was made.
type Count struct {
	Calls     int           // that were made, repeats included
	Repeats   int           // of those, second and later tries
	Throttled int           // AWS asked to go slower
	Failed    int           // ended with another error
	Took      time.Duration // in all
	Slowest   time.Duration
}

// Counts counts calls by name: its Observe is made for PaceOptions. The zero value is ready, and it is safe for several goroutines. It
// holds as many names as there are calls in this package, some forty.
type Counts struct {
	mu     sync.Mutex
	byCall map[string]Count
}

// Observe counts a call.
func (c *Counts) Observe(call string, took time.Duration, err error, tries int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byCall == nil {
		c.byCall = map[string]Count{}
	}
	n := c.byCall[call]
	n.add(took, err, tries)
	c.byCall[call] = n
}

func (n *Count) add(took time.Duration, err error, tries int) {
	n.Calls++
	n.Took += took
	n.Slowest = max(n.Slowest, took)
	if tries > 1 {
		n.Repeats++
	}
	switch {
	case IsThrottle(err):
		n.Throttled++
	case err != nil:
		n.Failed++
	}
}

// ByCall gives the counts so far, by the name of the call.
func (c *Counts) ByCall() map[string]Count {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.byCall)
}

// Total gives the counts of all calls together.
func (c *Counts) Total() Count {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all Count
	for _, n := range c.byCall {
		all.Calls += n.Calls
		all.Repeats += n.Repeats
		all.Throttled += n.Throttled
		all.Failed += n.Failed
		all.Took += n.Took
		all.Slowest = max(all.Slowest, n.Slowest)
	}
	return all
}
