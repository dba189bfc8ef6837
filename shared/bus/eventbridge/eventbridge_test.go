package eventbridge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// bridge is EventBridge as its reference describes it: it holds calls against the limits, and refuses entries as it is told.
type bridge struct {
	t      *testing.T
	refuse map[string]int // detail's subject: so many times
	fail   error
	calls  int
	got    []events.Detail
	buses  []string
}

func (b *bridge) PutEvents(_ context.Context, in *eventbridge.PutEventsInput, _ ...func(*eventbridge.Options)) (*eventbridge.PutEventsOutput, error) {
	b.calls++
	if b.fail != nil {
		return nil, b.fail
	}
	size := 0
	out := &eventbridge.PutEventsOutput{}
	for i := range in.Entries {
		e := &in.Entries[i]
		size += Size(e)
		var d events.Detail
		if err := json.Unmarshal([]byte(*e.Detail), &d); err != nil || *e.Source != "mirrorwatch" || *e.DetailType == "" || e.Time == nil {
			b.t.Errorf("entry %+v: %v", e, err)
		}
		b.buses = append(b.buses, aws.ToString(e.EventBusName))
		if b.refuse[d.Subject] > 0 {
			b.refuse[d.Subject]--
			out.FailedEntryCount++
			out.Entries = append(out.Entries, types.PutEventsResultEntry{ErrorCode: aws.String("ThrottlingException"), ErrorMessage: aws.String("slow down")})
			continue
		}
		b.got = append(b.got, d)
		out.Entries = append(out.Entries, types.PutEventsResultEntry{EventId: aws.String("e")})
	}
	if len(in.Entries) > 10 || len(in.Entries) == 0 || size >= 1_000_001 {
		b.t.Errorf("a call with %d entries of %d bytes", len(in.Entries), size)
	}
	return out, nil
}

func publisher(b *bridge, waits *[]time.Duration) *Publisher {
	return New(Options{Client: b, Bus: "security", Attempts: 3, Jitter: func() float64 { return 0 }, Sleep: func(_ context.Context, d time.Duration) error {
		*waits = append(*waits, d)
		return nil
	}})
}

func detection(subject string, seq int64, text int) events.Event {
	return events.Event{
		ID: fmt.Sprint(subject, seq), DetailType: events.DetectionCreated, Time: time.Unix(1772420645, 0).UTC(), Resources: []string{subject},
		Detail: events.Detail{Version: 1, Subject: subject, Sequence: seq, Detection: &events.Detection{ID: subject, Description: strings.Repeat("x", text)}},
	}
}

func order(got []events.Detail) (s []string) {
	for _, d := range got {
		s = append(s, fmt.Sprint(d.Subject, d.Sequence))
	}
	return s
}

func TestCallsKeepTheLimits(t *testing.T) {
	var waits []time.Duration
	b := &bridge{t: t}
	var list []events.Event
	for i := range 25 {
		list = append(list, detection(fmt.Sprint("d", i), 1, 10))
	}
	for i := range 5 {
		list = append(list, detection(fmt.Sprint("large", i), 1, 400_000))
	}
	if err := publisher(b, &waits).Publish(context.Background(), list...); err != nil {
		t.Fatal(err)
	}
	if len(b.got) != 30 || b.calls != 5 { // 10, 10, 5 and two large, two large, one large
		t.Errorf("%d events in %d calls", len(b.got), b.calls)
	}
	if b.buses[0] != "security" {
		t.Errorf("bus %q", b.buses[0])
	}
}

func TestOneSubjectStaysInOrder(t *testing.T) {
	var waits []time.Duration
	b := &bridge{t: t, refuse: map[string]int{"a": 2}}
	err := publisher(b, &waits).Publish(context.Background(), detection("a", 1, 1), detection("b", 1, 1), detection("a", 2, 1), detection("c", 1, 1))
	if want := []string{"b1", "a1", "a2", "c1"}; err != nil || !slices.Equal(order(b.got), want) {
		t.Errorf("on the bus %v, %v; want %v", order(b.got), err, want)
	}
	if want := []time.Duration{50e6, 100e6}; !slices.Equal(waits, want) {
		t.Errorf("waits %v, want %v", waits, want)
	}
}

func TestRefusedToTheEnd(t *testing.T) {
	var waits []time.Duration
	b := &bridge{t: t, refuse: map[string]int{"a": 9}}
	err := publisher(b, &waits).Publish(context.Background(), detection("a", 1, 1), detection("a", 2, 1))
	if err == nil || !strings.Contains(err.Error(), "ThrottlingException: slow down") || len(b.got) != 0 {
		t.Errorf("%v with %v on the bus; what follows a refused event must wait for it", err, order(b.got))
	}
	b.fail = errors.New("no route")
	if err := publisher(b, &waits).Publish(context.Background(), detection("a", 1, 1)); !errors.Is(err, b.fail) {
		t.Errorf("call failed with %v", err)
	}
}

func TestTooLargeIsCutNotLost(t *testing.T) {
	var waits []time.Duration
	b := &bridge{t: t}
	e := detection("a", 1, 10)
	e.Detail.Detection.Properties = map[string]any{"payload": strings.Repeat("p", 2_000_000), "port": 22}
	if err := publisher(b, &waits).Publish(context.Background(), e, detection("b", 1, 1)); err != nil {
		t.Fatal(err)
	}
	d := b.got[0]
	if !d.Truncated || d.Detection.Properties["payload"] != nil || d.Detection.Properties["port"] == nil || b.got[1].Truncated {
		t.Errorf("truncated %v with %d properties, want only the longest gone", d.Truncated, len(d.Detection.Properties))
	}
}
