// Package names knows whose an observation point was when. What comes in is VNIs with the moments at which they were heard, and the
// bindings that the mirror's control plane keeps in the store; what goes out is the binding that held then, and detections whose
// participants carry the interface, instance, VPC, account and tags of those bindings. VNIs and addresses are used again, so that a name
// without a moment is none. It never asks the store on the packet path, never holds more than its stated limits, and never names a
// participant by its address alone: the VNI decides in which VPC that address is.
package names

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/bounded"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// The limits. What is beyond them is counted, and found out when it is asked about the next time.
const (
	MaxVNIs     = 16_384  // whose bindings are known; the one asked about least recently leaves
	MaxAsked    = 16_384  // questions that wait
	maxBindings = 4       // of one VNI: the newest
	maxPlaces   = 64      // addresses of one binding that are looked for
	maxIndexed  = 131_072 // addresses in all
	maxSharers  = 4       // VNIs that had one address of a VPC, one after the other
)

const (
	// again is how long an answer that nobody holds a VNI is good for.
	again = 30 * time.Second
	// refreshEvery is how often the bindings in use are read anew: names and tags change, and VNIs are given back.
	refreshEvery = time.Minute
	// inUse is how long after it was asked about a VNI is still in use.
	inUse = 10 * time.Minute
	// oneByOne is up to how many VNIs are asked about one by one; for more, all bindings that last are read first, by the page.
	oneByOne = 300
)

// Mirror is what is asked of the store.
type Mirror interface {
	BoundAt(ctx context.Context, vni uint32, at time.Time) (events.Binding, error)
	Bound(ctx context.Context, q store.ListQuery) (store.BindingPage, error)
}

// Options set up a Book.
type Options struct {
	Mirror Mirror
	Now    func() time.Time // for how old an answer is; moments of packets come with the questions
	// Failed is told when the store begins not to answer, and with nil when it does again; may be nil.
	Failed func(error)
}

// Stats counts what a Book did.
type Stats struct {
	VNIs     int
	Asked    uint64 // questions to the store
	Failed   uint64 // of them without an answer
	Overflow uint64 // questions that had to be dropped, and VNIs that had to leave, for want of room
}

// Book is what is known of whose the VNIs are. Its methods may be called from any goroutine; Run asks the store.
type Book struct {
	o    Options
	wake chan struct{}
	news atomic.Uint64 // how often what is known of a binding changed

	mu      sync.Mutex
	vnis    *bounded.Table[uint32, entry]
	waiting []question
	places  map[place][]uint32 // where bindings had their addresses, to their VNIs; the newest last
	answers chan struct{}      // closed with the next answer
	stats   Stats
	ill     bool
}

type question struct {
	vni uint32
	at  time.Time
}

// entry is what is known of one VNI.
type entry struct {
	bindings []events.Binding // newest first
	used     time.Time        // when it was asked about last
	latest   time.Time        // the latest moment that it was asked about
	asks     bool             // a question waits
	tried    time.Time        // when the store was asked last
	missed   time.Time        // the moment for which it knew nobody
	failed   bool             // it did not answer
}

// New makes a Book that knows nothing yet.
func New(o Options) *Book {
	if o.Failed == nil {
		o.Failed = func(error) {}
	}
	return &Book{o: o, wake: make(chan struct{}, 1), vnis: bounded.New[uint32, entry](MaxVNIs), answers: make(chan struct{}), places: map[place][]uint32{}}
}

// Of gives who held a VNI at a moment, as far as is known now: nobody where the binding has no Interface. Known is false while that is
// being found out, or cannot be. It never waits.
func (b *Book) Of(vni uint32, at time.Time) (_ events.Binding, known bool) {
	if vni == 0 {
		return events.Binding{}, true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	bound, known, _ := b.of(vni, at)
	return bound, known
}

// of says too whether an answer is on its way.
func (b *Book) of(vni uint32, at time.Time) (_ events.Binding, known, coming bool) {
	e, _ := b.vnis.Put(vni)
	now := b.o.Now()
	if e.used = now; at.After(e.latest) {
		e.latest = at
	}
	if have := e.holder(at); have != nil {
		return *have, true, false
	}
	if now.Sub(e.tried) >= again || !e.failed && !e.misses(at, again) {
		b.ask(e, question{vni, at})
	}
	return events.Binding{}, !e.failed && e.misses(at, inUse), e.asks && !e.failed
}

func (e *entry) holder(at time.Time) *events.Binding {
	for i := range e.bindings {
		if store.Holds(&e.bindings[i], at) {
			return &e.bindings[i]
		}
	}
	return nil
}

// misses says that nobody held it at a moment not far from this.
func (e *entry) misses(at time.Time, far time.Duration) bool {
	return !e.missed.IsZero() && at.Sub(e.missed).Abs() < far
}

func (b *Book) ask(e *entry, q question) {
	if e.asks {
		return
	}
	if len(b.waiting) >= MaxAsked {
		b.stats.Overflow++
		return
	}
	e.asks = true
	b.waiting = append(b.waiting, q)
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// Await is Of for who may wait: until there is an answer, or ctx is done. It does not wait while the store does not answer.
func (b *Book) Await(ctx context.Context, vni uint32, at time.Time) (_ events.Binding, known bool) {
	if vni == 0 {
		return events.Binding{}, true
	}
	for {
		b.mu.Lock()
		bound, known, coming := b.of(vni, at)
		next := b.answers
		b.mu.Unlock()
		if bound.Interface != "" || known || !coming {
			return bound, known
		}
		select {
		case <-ctx.Done():
			return bound, known
		case <-next:
		}
	}
}

// Stats gives the counts so far.
func (b *Book) Stats() Stats {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.stats
	s.VNIs = b.vnis.Len()
	s.Overflow += b.vnis.Evicted()
	return s
}

// add puts a binding in its place, newest first, and says whether that tells anything new.
func (e *entry) add(bound events.Binding) (fresh bool) {
	for i := range e.bindings {
		have := &e.bindings[i]
		if have.From.Equal(bound.From) && have.Interface == bound.Interface {
			fresh = !same(have, &bound)
			*have = bound
			return fresh
		}
	}
	e.bindings = append(e.bindings, bound)
	for i := len(e.bindings) - 1; i > 0 && later(&e.bindings[i], &e.bindings[i-1]); i-- {
		e.bindings[i], e.bindings[i-1] = e.bindings[i-1], e.bindings[i]
	}
	if len(e.bindings) > maxBindings {
		e.bindings = e.bindings[:maxBindings]
	}
	return true
}

// same says whether two bindings of one interface say the same of it.
func same(a, b *events.Binding) bool {
	return a.VPC == b.VPC && a.Instance == b.Instance && a.Account == b.Account && a.Subnet == b.Subnet && a.Name == b.Name &&
		(a.To == nil) == (b.To == nil) && (a.To == nil || a.To.Equal(*b.To)) && slices.Equal(a.Addresses, b.Addresses) && maps.Equal(a.Tags, b.Tags)
}

func later(a, b *events.Binding) bool {
	return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.Interface, b.Interface)) > 0
}
