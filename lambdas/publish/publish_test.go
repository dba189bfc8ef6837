package publish

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"slices"
	"testing"

	lambda "github.com/aws/aws-lambda-go/events"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// taken takes events, and refuses from some point on.
type taken struct {
	list   []events.Event
	refuse func(e events.Event) bool
}

func (p *taken) Publish(_ context.Context, list ...events.Event) error {
	if p.refuse != nil && slices.ContainsFunc(list, p.refuse) {
		return errors.New("the bus is down")
	}
	p.list = append(p.list, list...)
	return nil
}

// recorded is what Lambda hands to a function for a table's stream, as record_test.go recorded it.
func recorded(t *testing.T) lambda.DynamoDBEvent {
	t.Helper()
	b, err := os.ReadFile("testdata/stream.json")
	if err != nil {
		t.Fatal(err)
	}
	var e lambda.DynamoDBEvent
	if err := json.Unmarshal(b, &e); err != nil {
		t.Fatal(err)
	}
	return e
}

func handle(t *testing.T, p *taken, e lambda.DynamoDBEvent) (lambda.DynamoDBEventResponse, error) {
	t.Helper()
	f, err := New(Options{Publisher: p})
	if err != nil {
		t.Fatal(err)
	}
	return f.Handle(context.Background(), e)
}

// TestRecordedBatch publishes what happened, in order, and nothing for rows that are no event.
func TestRecordedBatch(t *testing.T) {
	p := &taken{}
	got, err := handle(t, p, recorded(t))
	if err != nil || len(got.BatchItemFailures) != 0 {
		t.Fatalf("%+v, %v", got, err)
	}
	var told [][3]any
	for _, e := range p.list {
		told = append(told, [3]any{e.DetailType, e.Detail.Subject, e.Detail.Actor})
	}
	id := "0123456789abcdef0123456789abcdef"
	want := [][3]any{
		{events.DetectionCreated, id, ""}, {events.DetectionUpdated, id, ""}, {events.DetectionUpdated, id, "ann"},
		{events.DetectionClosed, id, "ann"}, {events.CoverageChanged, "eni-1", ""}, {events.SensorUnhealthy, "sensor-a", ""},
	}
	if !reflect.DeepEqual(told, want) {
		t.Fatalf("published %v\nwant %v", told, want)
	}
	if c := p.list[1].Detail.Changed; !slices.Equal(c, []string{"description", "risk", "update"}) {
		t.Errorf("changed of the update: %v", c)
	}
	last := p.list[3].Detail.Detection
	if last.Status != events.StatusClosed || last.Resolution != events.ResolutionBenign || last.Revision != 4 || len(last.Notes) != 1 {
		t.Errorf("the detection as closed: %+v", last.Triage)
	}
	if b, err := json.Marshal(got); err != nil || string(b) != `{"batchItemFailures":[]}` {
		t.Errorf("answer %s, %v", b, err)
	}
}

// TestBusDown asks for the batch again from the first record that was not published, and a second call goes on from there.
func TestBusDown(t *testing.T) {
	e := recorded(t)
	p := &taken{refuse: func(e events.Event) bool { return e.DetailType == events.SensorUnhealthy }}
	e.Records = slices.Concat(e.Records, e.Records, e.Records) // more than one call of the bus
	got, err := handle(t, p, e)
	if err != nil || len(got.BatchItemFailures) != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	if first := firstEvent(e); got.BatchItemFailures[0].ItemIdentifier != first {
		t.Errorf("again from %s, want %s: the refused call began there", got.BatchItemFailures[0].ItemIdentifier, first)
	}
	if len(p.list) != 0 {
		t.Errorf("%d published behind one that was not", len(p.list))
	}
	p.refuse = nil
	if got, err = handle(t, p, e); err != nil || len(got.BatchItemFailures) != 0 || len(p.list) != 18 {
		t.Errorf("the second time: %+v, %v, %d published", got, err, len(p.list))
	}
}

func firstEvent(e lambda.DynamoDBEvent) string {
	for _, r := range e.Records {
		if pk := r.Change.Keys["pk"].String(); len(pk) > 2 && pk[:2] == "D#" {
			return r.Change.SequenceNumber
		}
	}
	return ""
}

// TestPoison publishes what is before a record that nobody understands, isolates it, and answers with it alone in the end.
func TestPoison(t *testing.T) {
	good := recorded(t).Records
	bad := lambda.DynamoDBEventRecord{EventID: "bad", EventName: "INSERT", Change: lambda.DynamoDBStreamRecord{
		SequenceNumber: "999", Keys: map[string]lambda.DynamoDBAttributeValue{"pk": lambda.NewStringAttribute("D#x")},
		NewImage: map[string]lambda.DynamoDBAttributeValue{"body": lambda.NewBinaryAttribute([]byte("not gzip"))},
	}}
	p := &taken{}
	got, err := handle(t, p, lambda.DynamoDBEvent{Records: append(slices.Clone(good), bad, good[0])})
	if err != nil || len(got.BatchItemFailures) != 1 || got.BatchItemFailures[0].ItemIdentifier != "999" || len(p.list) != 6 {
		t.Errorf("in the middle: %+v, %v, %d published", got, err, len(p.list))
	}
	p = &taken{}
	if _, err := handle(t, p, lambda.DynamoDBEvent{Records: append([]lambda.DynamoDBEventRecord{bad}, good...)}); err == nil || len(p.list) != 0 {
		t.Errorf("in front: no error, so that Lambda would not halve the batch (%d published)", len(p.list))
	}
	got, err = handle(t, p, lambda.DynamoDBEvent{Records: []lambda.DynamoDBEventRecord{bad}})
	if err != nil || len(got.BatchItemFailures) != 1 || got.BatchItemFailures[0].ItemIdentifier != "999" {
		t.Errorf("alone: %+v, %v", got, err)
	}
}

// TestForeignRows is another table's stream, wired by mistake: loud.
func TestForeignRows(t *testing.T) {
	e := lambda.DynamoDBEvent{Records: []lambda.DynamoDBEventRecord{{EventName: "INSERT", Change: lambda.DynamoDBStreamRecord{
		SequenceNumber: "1", Keys: map[string]lambda.DynamoDBAttributeValue{"id": lambda.NewStringAttribute("x")},
	}}}}
	if got, err := handle(t, &taken{}, e); err != nil || len(got.BatchItemFailures) != 1 {
		t.Errorf("%+v, %v", got, err)
	}
}
