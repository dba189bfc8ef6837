package selftest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// skew is how far the clocks of this host and of a sensor may be apart.
const skew = 5 * time.Minute

// WatchOptions say how records are waited for.
type WatchOptions struct {
	Records func(ctx context.Context, from, to time.Time) ([]Conn, error)
	Began   time.Time // of the conversations
	Ended   time.Time
	Timeout time.Duration // after Ended
	Every   time.Duration // between looks
	Now     func() time.Time
	Sleep   func(ctx context.Context, d time.Duration) error
	Tell    func(found, all int) // told after each look; nil: nobody is
}

// Watch looks at records until every conversation is seen whole or is past hope, or the time is up. When all were seen whole it looks a
// last time, for a sensor that saw a part may tell of it later. An error is of the API, and comes with the verdicts so far.
func Watch(ctx context.Context, list []Conversation, o WatchOptions) ([]Verdict, error) {
	verdicts := make([]Verdict, len(list))
	for i := range list {
		verdicts[i] = Judge(list[i], nil)
	}
	until := o.Ended.Add(o.Timeout)
	var last error
	for enough := false; ; {
		records, err := o.Records(ctx, o.Began.Add(-skew), o.Now().Add(skew))
		switch {
		case errors.Is(err, ErrRefused), ctx.Err() != nil:
			return verdicts, errors.Join(err, ctx.Err())
		case err == nil:
			o.judge(list, verdicts, records)
		}
		last = err
		settled := !slices.ContainsFunc(verdicts, func(v Verdict) bool { return v.Result != Whole && v.Result != Split })
		if o.Tell != nil {
			o.Tell(len(verdicts)-Failed(verdicts), len(verdicts))
		}
		if settled && (enough || Failed(verdicts) > 0) || !settled && !o.Now().Before(until) {
			break
		}
		enough = settled
		if err := o.Sleep(ctx, o.Every); err != nil {
			return verdicts, err
		}
	}
	if last != nil {
		return verdicts, fmt.Errorf("the last look failed: %w", last)
	}
	return verdicts, nil
}

// judge brings the verdicts up to date, and notes when a conversation was seen whole first.
func (o *WatchOptions) judge(list []Conversation, verdicts []Verdict, records []Conn) {
	for i := range list {
		v := Judge(list[i], records)
		v.Latency = verdicts[i].Latency
		if v.Result == Whole && v.Latency == 0 {
			v.Latency = max(o.Now().Sub(o.Ended), time.Millisecond)
		}
		verdicts[i] = v
	}
}
