// Package notify tells people and their tools what happened. What comes in is events and the notification rules that people made;
// what goes out is messages: webhooks, Slack, PagerDuty, SNS, syslog, JSON lines. A message that a rule asks for is written down
// before its event counts as taken, is sent at least once, and ends with the dead letters where it cannot be sent. It never sends what
// a tuning rule hides, never connects to a private address that nobody allowed, and never writes a secret anywhere.
package notify

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// What a Service does where its options say nothing.
const (
	DefaultAttempts = 10
	DefaultMinDelay = 10 * time.Second
	DefaultMaxDelay = time.Hour
	DefaultLease    = 2 * time.Minute
	DefaultIdle     = 30 * time.Second
)

// Limits. What is beyond is refused, or counted and said in the message.
const (
	MaxRules    = 1000                // rules that are heeded; the API refuses more
	MaxDigest   = 100                 // events that a digest shows one by one; it says how many there are
	MaxMessage  = 240 << 10           // bytes of one event in a delivery, and of one message
	rememberFor = 7 * 24 * time.Hour  // how long an event that came again is known
	letterFor   = 90 * 24 * time.Hour // how long a dead letter is kept
)

// Options says what a service works with.
type Options struct {
	Documents store.Documents
	Channels  map[string]Channel // by the Type of store.Channel; Channels() makes them
	Now       func() time.Time
	Address   string // http:// or https:// at which people reach the console, for links in messages; empty: there are none

	Attempts           int           // tries before a message is a dead letter; 0: DefaultAttempts
	MinDelay, MaxDelay time.Duration // bounds of the wait between tries, which doubles; 0: the defaults
	Lease              time.Duration // how long one sender has a message to itself: longer than the slowest channel; 0: DefaultLease
	Idle               time.Duration // Run looks at least so often; 0: DefaultIdle
	Jitter             func() float64
	Failed             func(rule string, err error) // told of each failure, for the log; may be nil
}

// Service is a bus.Publisher that turns events into messages, and sends them.
type Service struct {
	Options
	rules      store.Collection[store.NotificationRule]
	deliveries store.Collection[Delivery]
	letters    store.Collection[DeadLetter]
	states     store.Collection[state]
	bands      store.Collection[band]
	wake       chan struct{}

	mu     sync.Mutex
	counts Counts
}

// Counts is what a service has done since it began.
type Counts struct {
	Taken    uint64 // deliveries written down
	Messages uint64 // messages sent
	Events   uint64 // events in them
	Retries  uint64 // tries that failed, with another to come
	Dead     uint64 // deliveries that became dead letters
	Dropped  uint64 // deliveries whose rule is gone or switched off
}

// New makes a service.
func New(o Options) *Service {
	defaults(&o.Attempts, DefaultAttempts)
	defaults(&o.MinDelay, DefaultMinDelay)
	defaults(&o.MaxDelay, DefaultMaxDelay)
	defaults(&o.Lease, DefaultLease)
	defaults(&o.Idle, DefaultIdle)
	if o.Jitter == nil {
		o.Jitter = rand.Float64
	}
	o.Channels = maps.Clone(o.Channels)
	return &Service{
		Options:    o,
		rules:      store.Collection[store.NotificationRule]{Kind: store.KindNotificationRule, Documents: o.Documents},
		deliveries: store.Collection[Delivery]{Kind: store.KindDelivery, Documents: o.Documents},
		letters:    store.Collection[DeadLetter]{Kind: store.KindDeadLetter, Documents: o.Documents},
		states:     store.Collection[state]{Kind: store.KindDelivery, Documents: o.Documents},
		bands:      store.Collection[band]{Kind: store.KindDelivery, Documents: o.Documents},
		wake:       make(chan struct{}, 1),
	}
}

func defaults[T comparable](v *T, otherwise T) {
	var zero T
	if *v == zero {
		*v = otherwise
	}
}

// Counts says what was done, for metrics.
func (s *Service) Counts() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counts
}

func (s *Service) count(change func(*Counts)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.counts)
}

// Run sends what is due until ctx ends, and gives nil then. What fails is tried again by itself; what the store answers is told to
// Failed.
func (s *Service) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		next, err := s.Flush(ctx, s.Now())
		if err != nil && ctx.Err() == nil && s.Failed != nil {
			s.Failed("", err)
		}
		wait := s.Idle
		if !next.IsZero() {
			wait = min(wait, max(0, next.Sub(s.Now())))
		}
		timer := time.NewTimer(max(wait, 10*time.Millisecond))
		select {
		case <-ctx.Done():
		case <-s.wake:
		case <-timer.C:
		}
		timer.Stop()
	}
	return nil
}

func (s *Service) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Test sends a message that says it is a test through a rule's channel, at once, once.
func (s *Service) Test(ctx context.Context, rule store.NotificationRule) error {
	if err := Check(rule); err != nil {
		return err
	}
	m := testMessage(rule, s.Now())
	links(s.Address).put(&m)
	return s.send(ctx, rule.Channel, m)
}

// send gives a message to the channel and keeps secrets out of what it answers.
func (s *Service) send(ctx context.Context, c store.Channel, m Message) error {
	channel := s.Channels[c.Type]
	if channel == nil {
		return permanent(fmt.Errorf("channel %s is not to be had here", c.Type))
	}
	if err := channel.Send(ctx, c, m); err != nil {
		return fmt.Errorf("send to %s: %w", c.Type, withoutSecrets(err, c))
	}
	return nil
}

// failure is an error of a channel that says what to do about it.
type failure struct {
	error
	permanent bool          // trying again is no use
	after     time.Duration // the far end asked for this wait
}

func (f *failure) Unwrap() error { return f.error }

func permanent(err error) error { return &failure{error: err, permanent: true} }

func isPermanent(err error) bool {
	var f *failure
	return errors.As(err, &f) && f.permanent
}

func askedWait(err error) time.Duration {
	var f *failure
	if errors.As(err, &f) {
		return f.after
	}
	return 0
}
