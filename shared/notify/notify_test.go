package notify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/bus"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

var _ bus.Publisher = (*Service)(nil)

func TestWhoIsToldOfWhat(t *testing.T) {
	h := newHouse(t,
		store.NotificationRule{Name: "default"},
		store.NotificationRule{Name: "all", On: Reasons()},
		store.NotificationRule{Name: "closed", On: []string{OnClosed}},
		store.NotificationRule{Name: "high", On: []string{OnCreated}, Match: store.DetectionFilter{MinScore: 60}},
		store.NotificationRule{Name: "c2", Match: store.DetectionFilter{Categories: []string{"c2"}}},
		store.NotificationRule{Name: "hidden too", Match: store.DetectionFilter{Hidden: store.HiddenInclude}},
	)
	off := store.NotificationRule{Name: "off", Channel: store.Channel{Type: TypeWebhook}}
	h.put(t, off)
	hidden := detected("h", 1, events.DetectionCreated, 90)
	hidden.Detail.Detection.HiddenBy = "rule-1"
	sensor := events.Event{ID: "s", DetailType: events.SensorUnhealthy, Detail: events.Detail{Subject: "sensor-a", Health: &events.Health{Sensor: "sensor-a"}}}
	heard := events.Event{ID: "m", DetailType: events.MirrorHealth, Detail: events.Detail{Subject: "sensor/a/vni/1", Heard: &events.Heard{VNI: 1, Sensor: "a"}}}
	coverage := events.Event{ID: "c", DetailType: events.CoverageChanged, Detail: events.Detail{Subject: "eni-1", Coverage: &events.Coverage{Interface: "eni-1"}}}
	for _, c := range []struct {
		e    events.Event
		want []string
	}{
		{detected("a", 1, events.DetectionCreated, 40), []string{"default created 1", "all created 1", "hidden too created 1"}},
		{detected("b", 1, events.DetectionCreated, 70), []string{"default created 1", "all created 1", "high created 1", "hidden too created 1"}},
		{detected("a", 2, events.DetectionUpdated, 45), []string{"all updated 1"}},
		{detected("a", 3, events.DetectionUpdated, 62), []string{"default escalated 1", "all escalated 1", "hidden too escalated 1"}},
		{detected("a", 4, events.DetectionUpdated, 65), []string{"all updated 1"}},
		{detected("a", 3, events.DetectionUpdated, 62), nil},
		{detected("a", 5, events.DetectionClosed, 65), []string{"all closed 1", "closed closed 1"}},
		{hidden, nil},
		{sensor, []string{"all health 1"}},
		{coverage, []string{"all coverage 1"}},
		{heard, []string{"all mirror 1"}},
	} {
		h.handle(t, c.e)
		h.flush(t, time.Second)
		h.wants(t, c.want...)
	}
}

// TestEscalationWithoutMemory judges an update whose detection no rule asked about before by what its own activity says.
func TestEscalationWithoutMemory(t *testing.T) {
	for name, c := range map[string]struct {
		scores []int
		score  int
		want   []string
	}{
		"rose with the newest alert": {[]int{40, 70}, 70, []string{"r escalated 1"}},
		"was as high before":         {[]int{40, 70, 75}, 75, nil},
		"rose without an alert":      {[]int{40}, 61, []string{"r escalated 1"}},
		"fell":                       {[]int{70, 40}, 40, nil},
		"one alert":                  {[]int{90}, 90, nil},
	} {
		h := newHouse(t, store.NotificationRule{Name: "r"})
		e := detected("a", 9, events.DetectionUpdated, c.score)
		e.Detail.Detection.Activity = nil
		for _, s := range c.scores {
			e.Detail.Detection.Activity = append(e.Detail.Detection.Activity, events.Activity{Score: s})
		}
		h.handle(t, e)
		h.flush(t, time.Second)
		t.Log(name)
		h.wants(t, c.want...)
	}
}

func TestTheSameEventAgainIsNothing(t *testing.T) {
	h := newHouse(t, store.NotificationRule{Name: "r"})
	e := detected("a", 1, events.DetectionCreated, 40)
	for range 3 {
		h.handle(t, e)
	}
	h.flush(t, time.Second)
	h.wants(t, "r created 1")
	h.handle(t, e)
	h.restart()
	h.handle(t, e)
	h.flush(t, time.Hour)
	h.wants(t)
}

func TestCrashesLoseNothing(t *testing.T) {
	ctx := context.Background()
	h := newHouse(t, store.NotificationRule{Name: "r"})
	h.handle(t, detected("a", 1, events.DetectionCreated, 40))
	h.restart() // taken, and never sent
	h.flush(t, time.Second)
	h.wants(t, "r created 1")

	// Stopped in the middle of sending: nobody knows whether it arrived, and it goes out again when the lease is over.
	h.handle(t, detected("b", 1, events.DetectionCreated, 40))
	dying, die := context.WithCancel(ctx)
	h.out.fail, h.out.each = []error{context.Canceled}, die
	if _, err := h.Flush(dying, h.clock.now()); !errors.Is(err, context.Canceled) {
		t.Errorf("flush ended with %v", err)
	}
	h.out.each = nil
	h.restart()
	h.flush(t, time.Second)
	h.wants(t)
	h.flush(t, DefaultLease)
	h.wants(t, "r created 1")

	// The store fails between sending and forgetting: twice is right, never is not.
	h.handle(t, detected("c", 1, events.DetectionCreated, 40))
	h.out.each = func() { h.docs.mu.Lock(); h.docs.fail = store.ErrUnavailable; h.docs.mu.Unlock() }
	if _, err := h.Flush(ctx, h.clock.now()); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("flush ended with %v", err)
	}
	h.out.each = nil
	h.restart()
	h.flush(t, DefaultLease+time.Second)
	h.wants(t, "r created 1", "r created 1")

	// Written down or not, but never half: Handle says so.
	h.docs.fail = store.ErrUnavailable
	if err := h.Handle(ctx, detected("d", 1, events.DetectionCreated, 40)); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("handle: %v", err)
	}
	h.handle(t, detected("d", 1, events.DetectionCreated, 40))
	h.flush(t, time.Second)
	h.wants(t, "r created 1")
	if left := h.docs.ids(store.KindDelivery, DuePrefix); len(left) != 0 {
		t.Errorf("left over: %v", left)
	}
}

// TestCrashBeforeTheBandIsRemembered shows that an escalation is told although the event came twice.
func TestCrashBeforeTheBandIsRemembered(t *testing.T) {
	h := newHouse(t, store.NotificationRule{Name: "r"})
	h.handle(t, detected("a", 1, events.DetectionCreated, 40))
	h.flush(t, time.Second)
	h.wants(t, "r created 1")
	up := detected("a", 2, events.DetectionUpdated, 70)
	h.docs.fail = store.ErrUnavailable // the delivery's write
	if err := h.Handle(context.Background(), up); err == nil {
		t.Fatal("no error")
	}
	h.restart()
	h.handle(t, up, up)
	h.flush(t, time.Second)
	h.wants(t, "r escalated 1")
}

func TestRetriesThenDeadLetterThenResend(t *testing.T) {
	ctx := context.Background()
	h := newHouse(t, store.NotificationRule{Name: "r"})
	h.handle(t, detected("a", 1, events.DetectionCreated, 40))
	down := errors.New("connection refused")
	h.out.fail = []error{down, down, down, down}
	for _, wait := range []time.Duration{0, 5 * time.Second, 10 * time.Second, 20 * time.Second} { // half of 10, 20, 40: without chance
		if wait > 0 {
			h.flush(t, wait-time.Millisecond*2)
		}
		before := len(h.out.fail)
		h.flush(t, 2*time.Millisecond)
		if len(h.out.fail) != before-1 {
			t.Fatalf("after %s: %d tries left, had %d", wait, len(h.out.fail), before)
		}
	}
	letters := h.docs.ids(store.KindDeadLetter, "")
	if len(letters) != 1 || len(h.docs.ids(store.KindDelivery, DuePrefix)) != 0 {
		t.Fatalf("letters %v", letters)
	}
	l, err := h.letters.Get(ctx, letters[0])
	if err != nil || l.Value.Attempts != 4 || l.Value.Rule != "r" || !strings.Contains(l.Value.Error, "connection refused") || l.Value.Event.ID != "a-1" {
		t.Errorf("letter %+v, %v", l, err)
	}
	if c := h.Counts(); c.Dead != 1 || c.Retries != 3 || c.Taken != 1 {
		t.Errorf("counts %+v", c)
	}
	if err := h.Resend(ctx, letters[0]); err != nil {
		t.Fatal(err)
	}
	h.flush(t, 0)
	h.wants(t, "r created 1")
	if err := h.Resend(ctx, letters[0]); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("again: %v", err)
	}
}

func TestPermanentFailuresAreNotRepeated(t *testing.T) {
	h := newHouse(t, store.NotificationRule{Name: "r"})
	h.handle(t, detected("a", 1, events.DetectionCreated, 40), detected("b", 1, events.DetectionCreated, 40))
	h.out.fail = []error{permanent(errors.New("answer 410 Gone"))}
	h.flush(t, time.Second)
	h.wants(t, "r created 1")
	if n := len(h.docs.ids(store.KindDeadLetter, "")); n != 1 {
		t.Errorf("%d dead letters", n)
	}
}

func TestOneFailureHoldsUpItsRuleOnly(t *testing.T) {
	h := newHouse(t, store.NotificationRule{Name: "r"}, store.NotificationRule{Name: "s", Match: store.DetectionFilter{IDs: []string{"z"}}})
	for i := range 30 {
		h.handle(t, detected(fmt.Sprint("a", i), 1, events.DetectionCreated, 40))
	}
	h.out.fail = []error{&failure{error: errors.New("answer 429"), after: time.Minute}}
	h.flush(t, time.Second)
	if got := len(h.out.sent()); got != 0 {
		t.Errorf("%d messages went to who asked for a pause", got)
	}
	h.handle(t, detected("z", 1, events.DetectionCreated, 40))
	h.flush(t, 59*time.Second)
	h.wants(t, "s created 1", "r created 1") // what came later does not wait for what failed
	h.flush(t, 2*time.Second)
	if got := len(h.out.sent()); got != 30 {
		t.Errorf("%d messages after the pause", got)
	}
}

// TestWaitAsLongAsTheLease meets the one moment at which a delivery is put off to where it is.
func TestWaitAsLongAsTheLease(t *testing.T) {
	h := newHouse(t, store.NotificationRule{Name: "r"})
	h.handle(t, detected("a", 1, events.DetectionCreated, 40))
	h.out.fail = []error{&failure{error: errors.New("answer 429"), after: DefaultLease}}
	h.flush(t, time.Second)
	h.wants(t)
	h.flush(t, DefaultLease)
	h.wants(t, "r created 1")
}

func TestRuleGoneOrOff(t *testing.T) {
	h := newHouse(t, store.NotificationRule{Name: "r"})
	h.handle(t, detected("a", 1, events.DetectionCreated, 40))
	h.put(t, store.NotificationRule{Name: "r"})
	h.flush(t, time.Second)
	h.wants(t)
	if c := h.Counts(); c.Dropped != 1 {
		t.Errorf("counts %+v", c)
	}
}

func TestDigest(t *testing.T) {
	h := newHouse(t, store.NotificationRule{Name: "r", Digest: "15m"})
	h.clock.pass(7 * time.Minute)
	for i := range 250 {
		h.handle(t, detected(fmt.Sprint("a", i), 1, events.DetectionCreated, 40))
	}
	h.flush(t, 7*time.Minute)
	h.wants(t)
	h.flush(t, time.Minute)
	if n := len(h.out.got[0].Events); n != MaxDigest {
		t.Errorf("the digest shows %d", n)
	}
	if s := h.out.got[0].Subject(); s != "250 events for r" {
		t.Errorf("subject %q", s)
	}
	h.wants(t, "r digest 250")
	h.flush(t, time.Hour)
	h.wants(t)
}

// TestDigestFailsWhole shows that a digest that fails comes again whole, and ends as letters of each event.
func TestDigestFailsWhole(t *testing.T) {
	h := newHouse(t, store.NotificationRule{Name: "r", Digest: "15m"})
	for i := range 25 {
		h.handle(t, detected(fmt.Sprint("a", i), 1, events.DetectionCreated, 40))
	}
	h.out.fail = []error{errors.New("down")}
	h.flush(t, 15*time.Minute)
	h.wants(t)
	h.flush(t, time.Minute)
	h.wants(t, "r digest 25")
	h.handle(t, detected("b", 1, events.DetectionCreated, 40), detected("c", 1, events.DetectionCreated, 40))
	h.out.fail = []error{permanent(errors.New("gone"))}
	h.flush(t, 15*time.Minute)
	if n := len(h.docs.ids(store.KindDeadLetter, "")); n != 2 {
		t.Errorf("%d letters", n)
	}
}

func TestRateLimit(t *testing.T) {
	h := newHouse(t, store.NotificationRule{Name: "r", PerHour: 3})
	for i := range 10 {
		h.handle(t, detected(fmt.Sprint("a", i), 1, events.DetectionCreated, 40))
		h.flush(t, time.Minute)
	}
	h.wants(t, "r created 1", "r created 1", "r created 1")
	h.flush(t, 49*time.Minute)
	h.wants(t)
	h.flush(t, 2*time.Minute) // an hour after the first
	h.wants(t, "r digest 7")
	h.handle(t, detected("b0", 1, events.DetectionCreated, 40), detected("b1", 1, events.DetectionCreated, 40), detected("b2", 1, events.DetectionCreated, 40))
	h.flush(t, time.Second)
	if n := len(h.out.sent()); n > 2 {
		t.Errorf("%d more in the same hour: the digest has a place too", n)
	}
}

// TestNeverMoreThanTheRate lets events come as they like, and counts every window of an hour.
func TestNeverMoreThanTheRate(t *testing.T) {
	h := newHouse(t, store.NotificationRule{Name: "r", PerHour: 5})
	var at []time.Time
	h.out.each = func() { at = append(at, h.clock.at) }
	told, n := 0, 0
	for i := range 700 {
		if i%7 < 4 && i%300 < 200 {
			h.handle(t, detected(fmt.Sprint("a", i), 1, events.DetectionCreated, 40))
			n++
		}
		h.flush(t, 20*time.Second)
	}
	h.flush(t, 2*time.Hour)
	for _, m := range h.out.got {
		told += m.Count
	}
	if told != n {
		t.Errorf("told of %d events of %d", told, n)
	}
	for i := range at {
		if i >= 5 && at[i].Sub(at[i-5]) < time.Hour-20*time.Second {
			t.Fatalf("six messages within %s", at[i].Sub(at[i-5]))
		}
	}
}

func TestQuietHours(t *testing.T) {
	night := []store.QuietHours{{From: "22:00", To: "06:00", Zone: "Europe/Berlin", MinScore: 80}}
	h := newHouse(t, store.NotificationRule{Name: "r", Quiet: night})
	h.handle(t, detected("day", 1, events.DetectionCreated, 40))
	h.flush(t, 0)
	h.wants(t, "r created 1")
	h.clock.pass(9*time.Hour + 30*time.Minute) // 21:30 UTC is 22:30 there
	h.handle(t, detected("n1", 1, events.DetectionCreated, 40), detected("n2", 1, events.DetectionCreated, 79), detected("n3", 1, events.DetectionCreated, 80))
	h.flush(t, time.Second)
	h.wants(t, "r created 1")
	h.flush(t, 7*time.Hour+29*time.Minute-time.Second)
	h.wants(t)
	h.flush(t, time.Minute+time.Second)
	if h.out.got[0].Held != heldQuiet {
		t.Errorf("held for %q", h.out.got[0].Held)
	}
	h.wants(t, "r digest 2")
}

func TestQuietUntil(t *testing.T) {
	at := func(s string) time.Time {
		v, err := time.Parse("2006-01-02 15:04 -0700", s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	berlin := store.QuietHours{From: "22:00", To: "06:00", Zone: "Europe/Berlin"}
	weekend := store.QuietHours{Days: []string{"sat", "sun"}, From: "00:00", To: "00:00"}
	friday := store.QuietHours{Days: []string{"fri"}, From: "20:00", To: "08:00"}
	for _, c := range []struct {
		name      string
		quiet     []store.QuietHours
		at, until string
	}{
		{"outside", []store.QuietHours{berlin}, "2026-03-02 20:59 +0000", "2026-03-02 20:59 +0000"},
		{"its first minute", []store.QuietHours{berlin}, "2026-03-02 21:00 +0000", "2026-03-03 05:00 +0000"},
		{"after midnight", []store.QuietHours{berlin}, "2026-03-03 04:59 +0000", "2026-03-03 05:00 +0000"},
		{"its end is outside", []store.QuietHours{berlin}, "2026-03-03 05:00 +0000", "2026-03-03 05:00 +0000"},
		{"clock put forward within", []store.QuietHours{berlin}, "2026-03-28 22:00 +0000", "2026-03-29 04:00 +0000"},
		{"clock put back within", []store.QuietHours{berlin}, "2026-10-24 21:00 +0000", "2026-10-25 05:00 +0000"},
		{"whole days follow each other", []store.QuietHours{weekend}, "2026-03-07 10:00 +0000", "2026-03-09 00:00 +0000"},
		{"began on a day that counts", []store.QuietHours{friday}, "2026-03-07 07:00 +0000", "2026-03-07 08:00 +0000"},
		{"began on one that does not", []store.QuietHours{friday}, "2026-03-06 07:00 +0000", "2026-03-06 07:00 +0000"},
		{"one span after the other", []store.QuietHours{{From: "05:00", To: "07:00"}, berlin}, "2026-03-02 22:00 +0000", "2026-03-03 07:00 +0000"},
		{"never", []store.QuietHours{{From: "00:00", To: "00:00"}}, "2026-03-02 22:00 +0000", "2026-03-09 22:00 +0000"},
	} {
		if got, want := quietUntil(c.quiet, 0, at(c.at)), at(c.until); !got.Equal(want) {
			t.Errorf("%s: until %s, want %s", c.name, got.UTC(), want)
		}
	}
}

func TestManyAtOnce(t *testing.T) {
	h := newHouse(t, store.NotificationRule{Name: "r", PerHour: 1000}, store.NotificationRule{Name: "s", PerHour: 20})
	var all sync.WaitGroup
	for w := range 4 {
		all.Go(func() {
			for i := range 40 {
				if err := h.Handle(context.Background(), detected(fmt.Sprint("a", (i+w*10)%50), 1, events.DetectionCreated, 40)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 3 {
		all.Go(func() {
			for range 20 {
				if _, err := h.Flush(context.Background(), h.clock.now()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	h.flush(t, time.Second)
	h.flush(t, 2*time.Hour)
	told := map[string]int{}
	for _, m := range h.out.got {
		told[m.Rule] += m.Count
	}
	if told["r"] != 50 || told["s"] != 50 {
		t.Errorf("told %v, want 50 each, none doubled", told)
	}
}

func TestRun(t *testing.T) {
	h := newHouse(t, store.NotificationRule{Name: "r"})
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- h.Run(ctx) }()
	h.handle(t, detected("a", 1, events.DetectionCreated, 40))
	for deadline := time.Now().Add(10 * time.Second); len(h.out.sent()) == 0 && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("run: %v", err)
	}
	h.wants(t, "r created 1")
}

func TestTestMessage(t *testing.T) {
	h := newHouse(t)
	rule := store.NotificationRule{Name: "r", Channel: store.Channel{Type: TypeWebhook, URL: "https://example.com/a-secret-path", Secret: "hush-hush"}}
	if err := h.Test(context.Background(), rule); err != nil {
		t.Fatal(err)
	}
	if m := h.out.got[0]; m.Reason != ReasonTest || !strings.Contains(m.Events[0].Detail.Detection.Description, "test of the notification rule r") {
		t.Errorf("%+v", m)
	}
	h.wants(t, "r test 1")
	h.out.fail = []error{errors.New("post https://example.com/a-secret-path with hush-hush: refused")}
	err := h.Test(context.Background(), rule)
	if err == nil || strings.Contains(err.Error(), "a-secret-path") || strings.Contains(err.Error(), "hush") || !strings.Contains(err.Error(), "refused") {
		t.Errorf("error %v", err)
	}
	rule.Channel.Type = "carrier pigeon"
	var bad *store.Invalid
	if err := h.Test(context.Background(), rule); !errors.As(err, &bad) || bad.Field != "channel.type" {
		t.Errorf("error %v", err)
	}
	if got := h.docs.ids(store.KindDelivery, ""); !slices.Equal(got, nil) {
		t.Errorf("a test leaves %v", got)
	}
}
