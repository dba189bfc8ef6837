// Package mirrorsim plays weeks of several AWS accounts to the mirror control plane, on a clock of its own: people start, stop, tag and
// break things, AWS throttles, fails, lags and loses events, loops die and run into each other. What comes in is a seed; what goes out
// is what happened, and the first thing that should never happen, with the log before it. The same seed gives the same week. It never
// sleeps, never reads the clock of the machine, and knows the rules of coverage by itself: nothing of package plan judges here.
package mirrorsim

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/memory"
	"github.com/mirrorwatch/mirrorwatch/test/ec2fake"
)

// Options say which week is played.
type Options struct {
	Seed       uint64
	Days       int           // 0: 7
	Interfaces int           // about how many there are; 0: 60 to 150, by the seed
	Every      time.Duration // between two things that people do, on average; 0: 4 minutes
	Log        int           // lines kept for the report of a failure; 0: 120
	Calm       bool          // AWS neither throttles nor fails, no event is lost, and no loop dies: to tell a rule from the weather
}

// Result is what happened.
type Result struct {
	Seed                                        uint64
	Days                                        int
	Actions, Sweeps, Batches, Events            int
	Lost, Doubled, Redelivered, Dead            int // events; Dead went to the dead-letter queue
	Calls, Throttled, Changes                   int // Changes are our calls that changed something
	Killed, Stalled, Nested                     int
	Made, Gone, Mended                          int // sessions, by us
	Quiets, Checked                             int // times that the world was held still, and interfaces that were judged then
	Interfaces, Sessions, MostSessions, Foreign int // at the end; the most that were ours at once
	LongestSweep                                time.Duration
	States                                      [12]int   // interfaces judged, by state as events.CoverageStates lists them
	Ended                                       time.Time // on the simulation's clock
	Failure                                     string    // "": none
	Log                                         []string
}

// Add sums the counts of another run up.
func (r *Result) Add(o *Result) {
	for _, n := range [][2]*int{
		{&r.Actions, &o.Actions}, {&r.Sweeps, &o.Sweeps}, {&r.Batches, &o.Batches}, {&r.Events, &o.Events}, {&r.Lost, &o.Lost},
		{&r.Doubled, &o.Doubled}, {&r.Redelivered, &o.Redelivered}, {&r.Dead, &o.Dead}, {&r.Calls, &o.Calls}, {&r.Throttled, &o.Throttled},
		{&r.Changes, &o.Changes}, {&r.Killed, &o.Killed}, {&r.Stalled, &o.Stalled}, {&r.Nested, &o.Nested}, {&r.Made, &o.Made},
		{&r.Gone, &o.Gone}, {&r.Mended, &o.Mended}, {&r.Quiets, &o.Quiets}, {&r.Checked, &o.Checked},
	} {
		*n[0] += *n[1]
	}
	for i := range r.States {
		r.States[i] += o.States[i]
	}
	r.MostSessions, r.LongestSweep = max(r.MostSessions, o.MostSessions), max(r.LongestSweep, o.LongestSweep)
}

const (
	region     = "eu-central-1"
	deployment = "main"
	tagOurs    = "mirrorwatch:deployment"
	sweepEvery = 5 * time.Minute
	batchEvery = 15 * time.Second
	lag        = 5 * time.Second
	quota      = 40 // in the worlds with a low quota
)

func accounts() []string { return []string{"777788889999", "111122223333", "444455556666"} }

const fleet = "777788889999"

// sim is one world on its way.
type sim struct {
	o     Options
	rng   *rand.Rand // of what happens
	clock clock
	cloud *ec2fake.Cloud
	store *store.Store

	town   town
	wish   wish
	policy policy.Policy
	edits  []edit // policies that held, newest last

	agenda  agenda // what happens by itself as time goes on
	mail    mail   // events on their way
	crew    [2]*process
	nesting int
	quiet   bool
	freed   int // sessions that went in the last sweep, and those that AWS refused then
	refused int // sessions that AWS refused because of the type of the instance: each had room that nobody else got in that pass
	lastAct time.Time
	touched map[string]time.Time // sessions of ours, when we made or changed them last
	theirs  map[string]time.Time // sessions of others, since when
	told    map[uint32]time.Time // VNIs, when sensors told of them last

	res Result
	log []string
}

type clock struct {
	mu  sync.Mutex // a lease looks at the clock from a goroutine of its own
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t.After(c.now) {
		c.now = t
	}
}

// Run plays one seed.
func Run(o Options) Result {
	if o.Days <= 0 {
		o.Days = 7
	}
	if o.Every <= 0 {
		o.Every = 4 * time.Minute
	}
	if o.Log <= 0 {
		o.Log = 120
	}
	s := &sim{o: o, rng: rand.New(rand.NewPCG(o.Seed, 7)), touched: map[string]time.Time{},
		theirs: map[string]time.Time{}, told: map[uint32]time.Time{}}
	// The deadline of a context is of the machine's clock, so that the simulation's is far ahead of it.
	s.clock.now = time.Date(2126, 11, 25, 0, 0, 0, 0, time.UTC)
	s.res.Seed, s.res.Days = o.Seed, o.Days
	s.cloud = ec2fake.New(ec2fake.Options{Now: s.clock.Now, Seed: o.Seed})
	s.store = memory.New(memory.Options{Now: s.clock.Now})
	s.cloud.Hooks(s.before, s.after)
	if err := s.found(); err != nil {
		s.fail("the world cannot be made: %v", err)
		return s.result()
	}
	s.play()
	return s.result()
}

func (s *sim) result() Result {
	st := s.cloud.State(region)
	s.res.Interfaces, s.res.Ended = len(st.Interfaces), s.clock.Now()
	for _, x := range st.Sessions {
		if ours(x.Tags) {
			s.res.Sessions++
		} else {
			s.res.Foreign++
		}
	}
	s.res.Log = s.log
	return s.res
}

func (s *sim) failed() bool { return s.res.Failure != "" }

// fail notes the first thing that should not happen; everything ends soon after it.
func (s *sim) fail(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	s.say("FAILED: %s", text)
	if s.res.Failure == "" {
		s.res.Failure = s.clock.Now().Format("Jan 2 15:04:05") + ": " + text
	}
}

func (s *sim) say(format string, args ...any) {
	if len(s.log) >= 2*s.o.Log {
		s.log = append([]string(nil), s.log[len(s.log)-s.o.Log:]...)
	}
	s.log = append(s.log, s.clock.Now().Format("02 15:04:05.0 ")+fmt.Sprintf(format, args...))
}

func (s *sim) chance(p float64) bool { return s.rng.Float64() < p }

func (s *sim) between(from, to time.Duration) time.Duration {
	return from + time.Duration(s.rng.Int64N(int64(to-from)+1))
}

func pick[T any](s *sim, list []T) (one T, ok bool) {
	if len(list) == 0 {
		return one, false
	}
	return list[s.rng.IntN(len(list))], true
}

// play goes from one thing that the loops do to the next until the time is over.
func (s *sim) play() {
	start := s.clock.Now()
	end := start.Add(time.Duration(s.o.Days) * 24 * time.Hour)
	sweep, batch := start, start
	still := start.Add(s.between(3*time.Hour, 9*time.Hour))
	s.agenda.add(start.Add(time.Minute), s.somebody)
	s.agenda.add(start.Add(time.Minute), s.sensors)
	s.agenda.add(start.Add(24*time.Hour), s.housekeeping)
	for !s.failed() && s.clock.Now().Before(end) {
		next := sweep
		if at, any := s.mail.next(); any && maxTime(at, batch).Before(next) {
			next = maxTime(at, batch)
		}
		s.advance(next.Sub(s.clock.Now()))
		switch now := s.clock.Now(); {
		case !now.Before(still):
			s.holdStill()
			sweep = s.clock.Now().Add(sweepEvery)
			still = s.clock.Now().Add(s.between(8*time.Hour, 20*time.Hour))
		case !now.Before(sweep):
			s.sweep(s.rng.IntN(len(s.crew)))
			sweep = now.Add(sweepEvery) // the schedule does not wait for a pass
		default:
			s.deliver(s.rng.IntN(len(s.crew)))
			batch = s.clock.Now().Add(batchEvery)
		}
	}
	if !s.failed() {
		s.holdStill()
	}
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// advance lets time pass, and with it whatever happens by itself.
func (s *sim) advance(d time.Duration) {
	end := s.clock.Now().Add(max(d, 0))
	for {
		at, do := s.agenda.take(end)
		if do == nil {
			break
		}
		s.clock.set(at)
		do()
	}
	s.clock.set(end)
}

// housekeeping is what keeps a long run small: what was published and what is old is forgotten, as in the product.
func (s *sim) housekeeping() {
	ctx, now := context.Background(), s.clock.Now()
	if _, err := s.store.Audit.Purge(ctx, now.Add(-time.Hour)); err != nil {
		s.fail("purge the audit log: %v", err)
	}
	if out, err := s.store.Outbox.Pending(ctx, 100_000); err == nil && len(out) > 0 {
		if err := s.store.Outbox.Done(ctx, out[len(out)-1].Sequence); err != nil {
			s.fail("empty the outbox: %v", err)
		}
	}
	s.agenda.add(now.Add(3*time.Hour), s.housekeeping)
}
