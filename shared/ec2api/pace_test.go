package ec2api

import (
	"context"
	"errors"
	"math/rand/v2"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"
)

// script is an account whose every call is answered by one function. It implements the four interfaces.
type script struct {
	mu     sync.Mutex
	calls  []made
	answer func(call string, nth int) error // nil: every call succeeds
}

type made struct {
	call string
	args []any
	at   time.Time
}

func (s *script) do(call string, args ...any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, made{call, args, time.Now()})
	if s.answer == nil {
		return nil
	}
	return s.answer(call, len(s.calls))
}

func (s *script) account() Account { return Account{"111122223333", "eu-west-1", s, s, s, s} }

func fails(code string) error { return &Error{Call: "Any", Code: code, Status: 400} }

// paced gives a paced account on a bubble's clock, with waits of half the most.
func paced(s *script, o PaceOptions) Account {
	o.Now = time.Now
	if o.Random == nil {
		o.Random = func() float64 { return 0.5 }
	}
	return Pace(s.account(), o)
}

// methods calls visit for each method of the four interfaces, of an account.
func methods(a Account, visit func(name string, f reflect.Value)) {
	for _, part := range []reflect.Value{
		reflect.ValueOf(&a.EC2).Elem(), reflect.ValueOf(&a.LoadBalancing).Elem(),
		reflect.ValueOf(&a.AutoScaling).Elem(), reflect.ValueOf(&a.Sharing).Elem(),
	} {
		for i := range part.NumMethod() {
			visit(part.Type().Method(i).Name, part.Method(i))
		}
	}
}

// arguments makes some for a method, none of them empty. token is for inputs that have one.
func arguments(f reflect.Value, token string) []reflect.Value {
	in := []reflect.Value{reflect.ValueOf(context.Background())}
	for i := 1; i < f.Type().NumIn(); i++ {
		v := reflect.New(f.Type().In(i)).Elem()
		switch v.Kind() {
		case reflect.String:
			v.SetString("arg")
		case reflect.Slice:
			v.Set(reflect.ValueOf([]string{"a", "b"}))
		case reflect.Map:
			v.Set(reflect.ValueOf(map[string]string{"k": "v"}))
		case reflect.Struct:
			for _, name := range []string{"ID", "NextToken", "Description", "Name", "Filter", "ARN"} {
				if field := v.FieldByName(name); field.IsValid() && field.Kind() == reflect.String {
					field.SetString("some " + name)
				}
			}
			if field := v.FieldByName("ClientToken"); field.IsValid() {
				field.SetString(token)
			}
		}
		in = append(in, v)
	}
	return in
}

func outcome(out []reflect.Value) error {
	err, _ := out[len(out)-1].Interface().(error)
	return err
}

func isRead(name string) bool {
	return strings.HasPrefix(name, "Describe") || strings.HasPrefix(name, "Get")
}

// TestEveryCallIsPaced calls each method: it must reach the method of the same name with the same arguments, be told under its name, and
// take from the budget of reads or of writes.
func TestEveryCallIsPaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{}
		var told []string
		o := PaceOptions{Observe: func(call string, _ time.Duration, err error, tries int) {
			if told = append(told, call); err != nil || tries != 1 {
				t.Errorf("%s: told of try %d, %v", call, tries, err)
			}
		}}
		a := paced(s, o)
		p := a.EC2.(pacedEC2).p
		count := 0
		methods(a, func(name string, f reflect.Value) {
			time.Sleep(time.Minute) // both budgets are full again
			args := arguments(f, "token")
			if err := outcome(f.Call(args)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			last := s.calls[len(s.calls)-1]
			if count++; len(s.calls) != count || last.call != name || told[len(told)-1] != name {
				t.Fatalf("%s reached %s and was told as %s", name, last.call, told[len(told)-1])
			}
			for i, arg := range last.args {
				if !reflect.DeepEqual(arg, args[i+1].Interface()) {
					t.Errorf("%s: argument %d is %v, want %v", name, i, arg, args[i+1])
				}
			}
			reads, writes := p.reads.limiter.TokensAt(time.Now()), p.writes.limiter.TokensAt(time.Now())
			if isRead(name) != (reads == DefaultReads-1) || isRead(name) != (writes == DefaultWrites) {
				t.Errorf("%s left %v of %v reads and %v of %v writes", name, reads, DefaultReads, writes, DefaultWrites)
			}
		})
		if count != 39 {
			t.Errorf("%d calls seen, want 39: is an interface left out?", count)
		}
	})
}

// TestWhatIsRepeated holds for each call and kind of failure whether it is asked again.
func TestWhatIsRepeated(t *testing.T) {
	for _, c := range []struct {
		code           string
		read, tokenful int // calls made
		tokenless      int // of creates without a token
	}{
		{CodeRequestLimitExceeded, 2, 2, 2},
		{"ThrottlingException", 2, 2, 2},
		{CodeInternal, 2, 2, 1},
		{CodeNoAnswer, 2, 2, 1},
		{CodeUnauthorized, 1, 1, 1},
		{"AccessDenied", 1, 1, 1},
		{CodeNotAsked, 1, 1, 1},
		{CodeDryRun, 1, 1, 1},
		{CodeSessionLimit, 1, 1, 1},
		{CodeSessionNotFound, 1, 1, 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			for _, token := range []string{"", "token"} {
				s := &script{answer: func(call string, nth int) error {
					if nth == 1 {
						return fails(c.code)
					}
					return nil
				}}
				a := paced(s, PaceOptions{})
				methods(a, func(name string, f reflect.Value) {
					s.calls = nil
					err := outcome(f.Call(arguments(f, token)))
					want := c.read
					if !isRead(name) {
						want = c.tokenful
					}
					if name == "CreateListener" || name != "CreateTags" && strings.HasPrefix(name, "Create") && token == "" {
						want = c.tokenless
					}
					if len(s.calls) != want {
						t.Errorf("%s with token %q and %s: %d calls, want %d", name, token, c.code, len(s.calls), want)
					}
					if (err == nil) != (want == 2) || err != nil && CodeOf(err) != c.code {
						t.Errorf("%s with %s gives %v", name, c.code, err)
					}
				})
			}
		})
	}
}

func TestADryRunWithoutATokenIsRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{answer: func(_ string, nth int) error {
			if nth == 1 {
				return fails(CodeInternal)
			}
			return fails(CodeDryRun)
		}}
		_, err := paced(s, PaceOptions{}).EC2.CreateTrafficMirrorSession(t.Context(), CreateTrafficMirrorSession{DryRun: true})
		if !Is(err, CodeDryRun) || len(s.calls) != 2 {
			t.Errorf("%d calls, %v", len(s.calls), err)
		}
	})
}

// TestTheRateIsHeld has ten callers make 200 calls at 10 a second with a burst of 5.
func TestTheRateIsHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{}
		a := paced(s, PaceOptions{Reads: Rate{PerSecond: 10, Burst: 5}})
		start := time.Now()
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() {
				for range 20 {
					if _, err := a.EC2.DescribeVpcs(t.Context(), Query{}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		if took, want := time.Since(start), 19500*time.Millisecond; took < want || took > want+50*time.Millisecond {
			t.Errorf("200 calls took %v, want (200-5)/10 s = %v", took, want)
		}
		for i := 15; i < len(s.calls); i++ { // no second has more than the burst and ten
			if d := s.calls[i].at.Sub(s.calls[i-15].at); d < 990*time.Millisecond {
				t.Fatalf("16 calls within %v", d)
			}
		}
		began := time.Now()
		for range 4 {
			if err := a.EC2.CreateTags(t.Context(), nil, nil); err != nil {
				t.Error(err)
			}
		}
		if time.Since(began) != 0 {
			t.Errorf("writes waited for the budget of reads: %v", time.Since(began))
		}
	})
}

func TestThrottlingHalvesTheRateAndItComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		throttle := true
		s := &script{answer: func(string, int) error {
			if throttle {
				throttle = false
				return fails(CodeRequestLimitExceeded)
			}
			return nil
		}}
		a := paced(s, PaceOptions{Reads: Rate{PerSecond: 20, Burst: 20}})
		p := a.EC2.(pacedEC2).p
		read := func() {
			t.Helper()
			if _, err := a.EC2.DescribeVpcs(t.Context(), Query{}); err != nil {
				t.Fatal(err)
			}
		}
		read()
		if got := p.reads.limiter.Limit(); got != 10 {
			t.Fatalf("after a throttled call the rate is %v, want 10", got)
		}
		if d := s.calls[1].at.Sub(s.calls[0].at); d < firstBackoff/2 || d > 400*time.Millisecond {
			t.Errorf("it was asked again after %v", d)
		}
		if p.writes.limiter.Limit() != DefaultWrites {
			t.Error("writes went slower for a throttled read")
		}
		start := time.Now()
		for p.reads.limiter.Limit() < 20 {
			read()
		}
		if took := time.Since(start); took < 9*time.Second || took > 12*time.Second {
			t.Errorf("the rate was whole again after %v, want ten steps of a second", took)
		}
	})
}

// TestTheRateHasALeast: calls that are throttled without end still go on being made, rarely, and a burst that is throttled halves once.
func TestTheRateHasALeast(t *testing.T) {
	b := newBucket(Rate{PerSecond: 64, Burst: 1}, 1)
	now := time.Unix(1e9, 0)
	b.heard(now, fails("Throttling"))
	b.heard(now.Add(time.Millisecond), fails("Throttling"))
	if got := b.limiter.Limit(); got != 32 {
		t.Errorf("two at once made it %v, want 32", got)
	}
	for i := range 20 {
		b.heard(now.Add(time.Duration(i)*time.Minute), fails("Throttling"))
	}
	if got := b.limiter.Limit(); got != 1 {
		t.Errorf("the least is %v, want 1", got)
	}
	b.heard(now.Add(time.Hour), fails(CodeInternal))
	b.heard(now.Add(time.Hour), context.Canceled)
	if got := b.limiter.Limit(); got != 1 {
		t.Errorf("a failure of AWS's own gave it room: %v", got)
	}
}

func TestItGivesUp(t *testing.T) {
	t.Run("after six tries", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := &script{answer: func(string, int) error { return fails(CodeInternal) }}
			var tries []int
			a := paced(s, PaceOptions{Observe: func(_ string, _ time.Duration, _ error, n int) { tries = append(tries, n) }})
			start := time.Now()
			_, err := a.EC2.DescribeVpcs(t.Context(), Query{})
			if !Is(err, CodeInternal) || !strings.Contains(err.Error(), "tried 6 times") || len(s.calls) != 6 {
				t.Errorf("%d calls, %v", len(s.calls), err)
			}
			if took, want := time.Since(start), (250+500+1000+2000+4000)*time.Millisecond/2; took != want { // Random gives one half
				t.Errorf("waits of %v in all, want %v", took, want)
			}
			if !reflect.DeepEqual(tries, []int{1, 2, 3, 4, 5, 6}) {
				t.Errorf("told of tries %v", tries)
			}
		})
	})
	t.Run("after twenty seconds", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := &script{answer: func(string, int) error { time.Sleep(8 * time.Second); return fails(CodeNoAnswer) }}
			start := time.Now()
			_, err := paced(s, PaceOptions{}).EC2.DescribeVpcs(t.Context(), Query{})
			if !Is(err, CodeNoAnswer) || len(s.calls) != 3 || s.calls[2].at.Sub(start) > DefaultWithin {
				t.Errorf("%d calls, %v", len(s.calls), err)
			}
		})
	})
	t.Run("where the budget has no place in time", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := &script{answer: func(string, int) error { return fails(CodeRequestLimitExceeded) }}
			a := paced(s, PaceOptions{Reads: Rate{PerSecond: 0.1, Burst: 1}, Within: 15 * time.Second})
			start := time.Now()
			_, err := a.EC2.DescribeVpcs(t.Context(), Query{})
			if !Is(err, CodeRequestLimitExceeded) || len(s.calls) != 1 || time.Since(start) > time.Second {
				t.Errorf("%d calls in %v, %v", len(s.calls), time.Since(start), err)
			}
		})
	})
}

func TestACancelledContextEndsAtOnce(t *testing.T) {
	for name, c := range map[string]struct {
		before, after time.Duration // the context ends then
		answer        func(string, int) error
		reads         Rate
		calls         int
	}{
		"before the call":        {0, 0, nil, Rate{}, 0},
		"waiting for the budget": {5 * time.Second, 5 * time.Second, nil, Rate{PerSecond: 0.01, Burst: 1}, 1},
		"waiting to ask again": {100 * time.Millisecond, 100 * time.Millisecond, func(string, int) error { return fails(CodeInternal) },
			Rate{}, 1},
		"in the call": {time.Second, 2 * time.Second, func(string, int) error { time.Sleep(2 * time.Second); return fails(CodeInternal) },
			Rate{}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &script{answer: c.answer}
				a := paced(s, PaceOptions{Reads: c.reads})
				ctx, cancel := context.WithTimeout(t.Context(), c.before)
				defer cancel()
				start := time.Now()
				var err error
				for err == nil {
					_, err = a.EC2.DescribeVpcs(ctx, Query{})
				}
				if !errors.Is(err, context.DeadlineExceeded) || len(s.calls) != c.calls || time.Since(start) != c.after {
					t.Errorf("%d calls in %v, want %d in %v; %v", len(s.calls), time.Since(start), c.calls, c.after, err)
				}
				if c.answer != nil && !Is(err, CodeInternal) {
					t.Errorf("the last answer is lost: %v", err)
				}
			})
		})
	}
}

// TestAPlaceGivenUpIsFree: who leaves the queue does not take a place with them.
func TestAPlaceGivenUpIsFree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{}
		a := paced(s, PaceOptions{Reads: Rate{PerSecond: 0.1, Burst: 1}})
		_, _ = a.EC2.DescribeVpcs(t.Context(), Query{})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := a.EC2.DescribeVpcs(ctx, Query{}); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		_, _ = a.EC2.DescribeVpcs(t.Context(), Query{})
		if d := s.calls[1].at.Sub(s.calls[0].at); d != 10*time.Second {
			t.Errorf("the next call waited %v, want 10s", d)
		}
	})
}

func TestPaceLeavesOutWhatIsNotThere(t *testing.T) {
	a := Pace(Account{ID: "1", Region: "r", EC2: &script{}}, PaceOptions{Now: time.Now})
	if a.ID != "1" || a.Region != "r" || a.LoadBalancing != nil || a.AutoScaling != nil || a.Sharing != nil {
		t.Errorf("%+v", a)
	}
	defer func() {
		if recover() == nil {
			t.Error("Pace without Now does not panic")
		}
	}()
	Pace(Account{}, PaceOptions{})
}

// TestPaceFindsTheRoom has eight callers share an account where AWS gives 10 calls a second, and they were told 40: every call succeeds
// within its tries, and few are in vain.
func TestPaceFindsTheRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		room := rate.NewLimiter(10, 20)
		s := &script{answer: func(string, int) error {
			if room.Allow() {
				return nil
			}
			return fails(CodeRequestLimitExceeded)
		}}
		var counts Counts
		random := rand.New(rand.NewPCG(1, 2))
		var one sync.Mutex
		a := paced(s, PaceOptions{Reads: Rate{PerSecond: 40}, Observe: counts.Observe, Random: func() float64 {
			one.Lock()
			defer one.Unlock()
			return random.Float64()
		}})
		start := time.Now()
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				for range 250 {
					if _, err := a.EC2.DescribeVpcs(t.Context(), Query{}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		took, n := time.Since(start), counts.Total()
		t.Logf("2000 calls at 10 a second took %v, %d of %d throttled", took, n.Throttled, n.Calls)
		if n.Calls-n.Throttled != 2000 || n.Throttled > 200 || took > 300*time.Second {
			t.Errorf("%d calls, of which %d were throttled, in %v; want at most 200 in vain and 300s", n.Calls, n.Throttled, took)
		}
	})
}
