package signin

import (
	"context"
	"hash/maphash"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/mirrorwatch/mirrorwatch/shared/bounded"
)

// How many addresses, names that do not exist, and waiting log-ins are remembered.
const (
	maxAddresses = 8192
	maxGhosts    = 8192
	maxWaiting   = 64  // for a place to hash
	maxTurns     = 256 // for a turn of their name
)

// gate lets a few passwords be hashed at once: each takes megabytes, and a flood of log-ins must not take all there are.
type gate struct {
	slots chan struct{}
	queue chan struct{}
}

func newGate(n int) *gate {
	return &gate{slots: make(chan struct{}, n), queue: make(chan struct{}, n+maxWaiting)}
}

// enter waits for a place. Where too many wait already, it is ErrRateLimited at once.
func (g *gate) enter(ctx context.Context) (leave func(), err error) {
	select {
	case g.queue <- struct{}{}:
	default:
		return nil, &RetryError{Err: ErrRateLimited, After: time.Second}
	}
	select {
	case g.slots <- struct{}{}:
		return func() { <-g.slots; <-g.queue }, nil
	case <-ctx.Done():
		<-g.queue
		return nil, ctx.Err()
	}
}

// turns lets one attempt a name go on at a time, so that somebody who signs in twice at once is not counted as a guesser. Names that
// share a place wait for each other; nothing else comes of it.
type turns struct {
	seed    maphash.Seed
	places  [64]chan struct{}
	waiting atomic.Int64
}

func newTurns() *turns {
	t := &turns{seed: maphash.MakeSeed()}
	for i := range t.places {
		t.places[i] = make(chan struct{}, 1)
	}
	return t
}

// take waits for the turn of a name. Where too many wait already, it is ErrRateLimited at once.
func (t *turns) take(ctx context.Context, id string) (leave func(), err error) {
	defer t.waiting.Add(-1)
	if t.waiting.Add(1) > maxTurns {
		return nil, &RetryError{Err: ErrRateLimited, After: time.Second}
	}
	place := t.places[maphash.String(t.seed, id)%uint64(len(t.places))]
	select {
	case place <- struct{}{}:
		return func() { <-place }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// limiter is a token bucket an address. Where there are more addresses than it remembers, the one not seen longest is forgotten.
type limiter struct {
	mu    sync.Mutex
	table *bounded.Table[string, *rate.Limiter]
	every time.Duration
	burst int
}

func newLimiter(every time.Duration, burst int) *limiter {
	return &limiter{table: bounded.New[string, *rate.Limiter](maxAddresses), every: every, burst: burst}
}

// take gives 0 where the address may go on, and else how long it should wait.
func (l *limiter) take(address string, now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	b, fresh := l.table.Put(bucketOf(address))
	if fresh {
		*b = rate.NewLimiter(rate.Every(l.every), l.burst)
	}
	r := (*b).ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait > 0 {
		r.CancelAt(now)
	}
	return wait
}

// bucketOf is the address, or its /64 where it is of IPv6, for whoever has one address there has 2^64.
func bucketOf(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return "?"
	}
	if a = a.Unmap().WithZone(""); a.Is6() {
		p, _ := a.Prefix(64)
		return p.String()
	}
	return a.String()
}

// When failures lock, and for how long.
const (
	freeFailures = 5
	firstLock    = 30 * time.Second
	longestLock  = 15 * time.Minute
)

// lockFor is how long an account is locked after so many failures in a row: 30 s after the fifth, twice as long after each further
// one, at most 15 minutes.
func lockFor(failures int) time.Duration {
	over := failures - freeFailures
	switch {
	case over < 0:
		return 0
	case over >= 5:
		return longestLock
	}
	return min(firstLock<<over, longestLock)
}

// ghosts counts the failures of names that do not exist, just as those of users are counted: who sees a name locked learns nothing.
type ghosts struct {
	mu    sync.Mutex
	table *bounded.Table[string, ghost]
}

type ghost struct {
	failures int
	until    time.Time
}

func newGhosts() *ghosts { return &ghosts{table: bounded.New[string, ghost](maxGhosts)} }

// claim counts an attempt, or refuses it.
func (g *ghosts) claim(id string, now time.Time) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	v, _ := g.table.Put(id)
	if now.Before(v.until) {
		return &RetryError{Err: ErrLocked, After: v.until.Sub(now)}
	}
	v.failures++
	v.until = now.Add(lockFor(v.failures))
	return nil
}
