package ec2api

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// What Pace does where its options say nothing. AWS's documented bucket for reads is refilled with 20 a second, and the customer's own
// tools drink from it too.
const (
	DefaultReads  = 15.0
	DefaultWrites = 4.0
	DefaultTries  = 6
	DefaultWithin = 20 * time.Second
)

// How a try waits for the next, and how a rate gives way and comes back.
const (
	firstBackoff = 250 * time.Millisecond // doubled a try; what is waited is a random part of it
	mostBackoff  = 5 * time.Second
	restep       = time.Second // a rate is halved once in it: calls that are on their way together are throttled together, for one reason
	leastPart    = 1.0 / 64    // of the full rate is always left, or nothing would ever find out that AWS has room again
	regain       = 1.0 / 20    // of the full rate comes back a step
)

// Rate is a budget of calls.
type Rate struct {
	PerSecond float64 // 0: the default
	Burst     int     // calls that may go at once after a rest; 0: a second's worth
}

// PaceOptions say how fast calls are made, and how stubbornly.
type PaceOptions struct {
	Reads, Writes Rate
	Tries         int           // of one call at the most; 0: DefaultTries
	Within        time.Duration // from the first try of a call to the start of its last; 0: DefaultWithin
	Now           func() time.Time
	Sleep         func(ctx context.Context, d time.Duration) error // nil: Sleep
	Random        func() float64                                   // in [0, 1), safe for several callers; nil: math/rand's
	// Observe is told of each real call when it has ended: which, how long it took, what came of it, and the how manyth try it was.
	// It may be called from several goroutines at once. Counts.Observe is one.
	Observe func(call string, took time.Duration, err error, tries int)
}

// Pace gives the same account with every call held to a budget, one for reads and one for writes. What AWS throttles or fails at for
// its own reasons is asked again, after a random and growing wait; what it refuses never is. A create without a ClientToken is asked
// again only when it was throttled: of any other failure nobody knows whether it was done. When AWS throttles, the budget is halved,
// and comes back by and by. What Account leaves nil stays nil. It panics where Now is nil: that is a mistake in the program.
func Pace(a Account, o PaceOptions) Account {
	p := newPacer(o)
	if a.EC2 != nil {
		a.EC2 = pacedEC2{a.EC2, p}
	}
	if a.LoadBalancing != nil {
		a.LoadBalancing = pacedLoadBalancing{a.LoadBalancing, p}
	}
	if a.AutoScaling != nil {
		a.AutoScaling = pacedAutoScaling{a.AutoScaling, p}
	}
	if a.Sharing != nil {
		a.Sharing = pacedSharing{a.Sharing, p}
	}
	return a
}

// Sleep waits, or ends with the context's error.
func Sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

type pacer struct {
	PaceOptions
	reads, writes *bucket
}

func newPacer(o PaceOptions) *pacer {
	if o.Now == nil {
		panic("ec2api.Pace: PaceOptions.Now is nil")
	}
	if o.Tries <= 0 {
		o.Tries = DefaultTries
	}
	if o.Within <= 0 {
		o.Within = DefaultWithin
	}
	if o.Sleep == nil {
		o.Sleep = Sleep
	}
	if o.Random == nil {
		o.Random = rand.Float64
	}
	if o.Observe == nil {
		o.Observe = func(string, time.Duration, error, int) {}
	}
	return &pacer{o, newBucket(o.Reads, DefaultReads), newBucket(o.Writes, DefaultWrites)}
}

// call is one call: which budget it is of, and whether it is unsafe to ask twice.
type call struct {
	name   string
	bucket *bucket
	once   bool
}

// tell makes a call until it succeeds, is refused, or has been tried enough.
func tell[T any](ctx context.Context, p *pacer, c call, do func() (T, error)) (T, error) {
	var none T
	var last error
	var began time.Time
	for try := 1; ; try++ {
		if enough, err := p.admit(ctx, c, began); enough || err != nil {
			return none, given(c, try-1, last, err)
		}
		start := p.Now()
		if try == 1 {
			began = start
		}
		out, err := do()
		end := p.Now()
		p.Observe(c.name, end.Sub(start), err, try)
		c.bucket.heard(end, err)
		if err == nil {
			return out, nil
		}
		wait := p.backoff(try)
		if stop := ctx.Err(); stop != nil {
			return none, given(c, try, err, stop)
		}
		if !p.again(c, try, err) || end.Add(wait).Sub(began) > p.Within {
			return none, given(c, try, err, nil)
		}
		if stop := p.Sleep(ctx, wait); stop != nil {
			return none, given(c, try, err, stop)
		}
		last = err
	}
}

// admit waits for a place in the budget. Of a repeat, began set, it says when the time for repeats would be over before there is one.
func (p *pacer) admit(ctx context.Context, c call, began time.Time) (enough bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	now := p.Now()
	place := c.bucket.limiter.ReserveN(now, 1)
	wait := place.DelayFrom(now)
	if wait == 0 {
		return false, nil
	}
	if !began.IsZero() && now.Add(wait).Sub(began) > p.Within {
		place.CancelAt(now)
		return true, nil
	}
	if err := p.Sleep(ctx, wait); err != nil {
		place.CancelAt(p.Now())
		return false, err
	}
	return false, nil
}

// again says whether a failed call is asked once more.
func (p *pacer) again(c call, try int, err error) bool {
	return try < p.Tries && IsTransient(err) && (!c.once || IsThrottle(err))
}

// backoff is a random part of a time that doubles, so that those who were throttled together do not come back together.
func (p *pacer) backoff(try int) time.Duration {
	most := min(mostBackoff, firstBackoff<<min(try-1, 10))
	return time.Duration(p.Random() * float64(most))
}

// given is the error that the caller gets: what AWS answered last, and what ended the tries where that was something else.
func given(c call, tries int, last, stop error) error {
	switch {
	case stop != nil && last != nil && !errors.Is(last, stop):
		return fmt.Errorf("%s: %w (tried %d times; the last answer: %w)", c.name, stop, tries, last)
	case stop != nil:
		return fmt.Errorf("%s: %w", c.name, stop)
	case tries > 1:
		return fmt.Errorf("%w (tried %d times)", last, tries)
	}
	return last
}

// bucket is a budget that gives way: additive increase, multiplicative decrease.
type bucket struct {
	limiter *rate.Limiter
	full    rate.Limit

	mu      sync.Mutex
	lowered time.Time // when the rate was halved
	risen   time.Time // when some of it came back, or a call was throttled
}

func newBucket(r Rate, standard float64) *bucket {
	if !(r.PerSecond > 0) || math.IsInf(r.PerSecond, 0) {
		r.PerSecond = standard
	}
	if r.Burst <= 0 {
		r.Burst = max(1, int(min(r.PerSecond, 1000)))
	}
	return &bucket{limiter: rate.NewLimiter(rate.Limit(r.PerSecond), r.Burst), full: rate.Limit(r.PerSecond)}
}

// heard adapts the rate to how a call ended. Of no answer, and of faults of AWS's own, it learns nothing. A second without throttling brings
// some of the rate back; whoever let the first success decide would climb while every other call is refused.
func (b *bucket) heard(now time.Time, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if IsThrottle(err) {
		if now.Sub(b.lowered) >= restep {
			b.lower(now)
		}
		b.risen = now
		return
	}
	served := err == nil || CodeOf(err) != "" && !IsTransient(err) && !Is(err, CodeNotAsked)
	if limit := b.limiter.Limit(); served && limit < b.full && now.Sub(b.risen) >= restep {
		b.limiter.SetLimitAt(now, min(b.full, limit+b.full*regain))
		b.risen = now
	}
}

func (b *bucket) lower(now time.Time) {
	b.limiter.SetLimitAt(now, max(b.limiter.Limit()/2, b.full*leastPart))
	if saved := int(b.limiter.TokensAt(now)); saved > 0 {
		b.limiter.AllowN(now, saved) // AWS has no room, so what was saved up is worth nothing
	}
	b.lowered = now
}
