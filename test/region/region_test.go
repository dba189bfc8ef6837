package region

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/cfn"
	lambda "github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/mirrorwatch/mirrorwatch/test/eventpattern"
)

// open starts a region whose database nobody asks.
func open(t *testing.T) (*Region, aws.Config) {
	t.Helper()
	r, err := New(Options{Account: "123456789012", Name: "eu-central-1", Database: "http://127.0.0.1:1", Compute: http.NotFoundHandler()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	endpoint := r.URL()
	return r, aws.Config{Region: "eu-central-1", BaseEndpoint: &endpoint, Credentials: credentials.NewStaticCredentialsProvider("key", "secret", "")}
}

// double stands for a function: it notes what it is given, and answers as it is told.
type double struct {
	mu      sync.Mutex
	batches [][]string
	answer  func(bodies []string) ([]string, error) // ids that must come again
	came    chan struct{}
}

func (d *double) Name() string { return "double" }

func (d *double) Invoke(_ context.Context, event []byte) ([]byte, error) {
	var in struct {
		Records []struct {
			MessageID string `json:"messageId"`
			Body      string `json:"body"`
			DynamoDB  struct{ SequenceNumber string }
		}
	}
	if err := json.Unmarshal(event, &in); err != nil {
		return nil, err
	}
	var got []string
	ids := map[string]string{}
	for _, r := range in.Records {
		got = append(got, r.Body+r.DynamoDB.SequenceNumber)
		ids[r.Body+r.DynamoDB.SequenceNumber] = r.MessageID + r.DynamoDB.SequenceNumber
	}
	d.mu.Lock()
	d.batches = append(d.batches, got)
	d.mu.Unlock()
	defer func() {
		if d.came != nil {
			d.came <- struct{}{}
		}
	}()
	if d.answer == nil {
		return []byte("null"), nil
	}
	again, err := d.answer(got)
	if err != nil {
		return nil, err
	}
	var out lambda.SQSEventResponse
	for _, body := range again {
		out.BatchItemFailures = append(out.BatchItemFailures, lambda.SQSBatchItemFailure{ItemIdentifier: ids[body]})
	}
	return json.Marshal(out)
}

func (d *double) got() [][]string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.batches)
}

func wait(t *testing.T, came <-chan struct{}) {
	t.Helper()
	select {
	case <-came:
	case <-time.After(10 * time.Second):
		t.Fatal("nobody was invoked")
	}
}

// TestQueue gathers a batch, brings back what failed and nothing else, and buries what fails too often.
func TestQueue(t *testing.T) {
	r, _ := open(t)
	q := r.Queue(QueueOptions{Name: "q", Visibility: 50 * time.Millisecond, MaxReceive: 2})
	d := &double{came: make(chan struct{}, 10), answer: func(bodies []string) (again []string, _ error) {
		return slices.DeleteFunc(slices.Clone(bodies), func(b string) bool { return b != "bad" }), nil
	}}
	for _, body := range []string{"good", "bad", "fine"} {
		q.Send([]byte(body))
	}
	q.Wake(d, MappingOptions{Batch: 10, Window: 20 * time.Millisecond})
	wait(t, d.came)
	wait(t, d.came)
	for deadline := time.Now().Add(10 * time.Second); len(q.Dead()) == 0 && time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
	}
	if got := fmt.Sprint(d.got()); got != "[[good bad fine] [bad]]" {
		t.Errorf("batches %s", got)
	}
	if dead := q.Dead(); !slices.Equal(dead, []string{"bad"}) || q.Len() != 0 || !q.Dealt("goo") || q.Dealt("bad") {
		t.Errorf("dead letters %q, %d left", dead, q.Len())
	}
	if faults := strings.Join(r.Faults(), "\n"); strings.Count(faults, "comes again") != 2 || !strings.Contains(faults, "dead letter") {
		t.Errorf("faults %s", faults)
	}
}

// TestQueueKeepsWhatAFunctionLost: a function that fails has everything again, also where it wants what it never had.
func TestQueueKeepsWhatAFunctionLost(t *testing.T) {
	r, _ := open(t)
	q := r.Queue(QueueOptions{Name: "q", Visibility: time.Hour, MaxReceive: 2})
	for _, d := range []*double{
		{answer: func([]string) ([]string, error) { return nil, errors.New("on holiday") }},
		{answer: func([]string) ([]string, error) { return []string{"never there"}, nil }},
	} {
		q.Send([]byte("one"))
		before := len(r.Faults())
		q.hand(d, q.gather(t.Context(), 1, 0))
		if len(r.Faults()) != before+1 {
			t.Errorf("faults %q", r.Faults()[before:])
		}
	}
	if q.Len() != 2 {
		t.Errorf("%d messages are left of two", q.Len())
	}
}

// TestStreamBatches holds the retries against what Lambda documents: halves where the function fails, the rest from a record on where it
// reports one, and dead letters when the attempts are used up.
func TestStreamBatches(t *testing.T) {
	records := func(n int) (list []lambda.DynamoDBEventRecord) {
		for i := range n {
			list = append(list, lambda.DynamoDBEventRecord{Change: lambda.DynamoDBStreamRecord{SequenceNumber: fmt.Sprint(i)}})
		}
		return list
	}
	for _, c := range []struct {
		name     string
		attempts int
		answer   func([]string) ([]string, error)
		want     string
		dead     int
	}{
		{"all is well", 3, nil, "[[0 1 2 3]]", 0},
		{"the last comes once more", 3, func() func([]string) ([]string, error) {
			first := true
			return func([]string) (again []string, _ error) {
				if first {
					again, first = []string{"3"}, false
				}
				return again, nil
			}
		}(), "[[0 1 2 3] [3]]", 0},
		{"poison is halved out", 4, func(b []string) ([]string, error) {
			if slices.Contains(b, "2") {
				return nil, errors.New("poison")
			}
			return nil, nil
		}, "[[0 1 2 3] [0 1] [2 3] [2] [2] [3]]", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, _ := open(t)
			d := &double{answer: c.answer}
			(&poller{r, d, StreamOptions{}}).batch(records(4), c.attempts)
			if got := fmt.Sprint(d.got()); got != c.want {
				t.Errorf("batches %s, want %s", got, c.want)
			}
			if n := strings.Count(strings.Join(r.Faults(), "\n"), "dead letters"); n != c.dead {
				t.Errorf("%d dead letters: %q", n, r.Faults())
			}
		})
	}
}

// TestBusAndTopic by way of AWS's own clients: what a rule takes is delivered, what makes no sense fails alone, what is published is kept.
func TestBusAndTopic(t *testing.T) {
	r, conf := open(t)
	p, err := eventpattern.Parse([]byte(`{"source": ["ours"], "detail": {"n": [1]}}`))
	if err != nil {
		t.Fatal(err)
	}
	came := make(chan []byte, 10)
	r.Rule("own", p, func(event []byte) { came <- event })
	at := time.Date(2026, 11, 26, 10, 0, 0, 500e6, time.UTC)
	entry := func(bus, source, detail string) types.PutEventsRequestEntry {
		return types.PutEventsRequestEntry{EventBusName: &bus, Source: &source, DetailType: aws.String("Thing"), Detail: &detail, Time: &at, Resources: []string{"arn:x"}}
	}
	out, err := eventbridge.NewFromConfig(conf).PutEvents(t.Context(), &eventbridge.PutEventsInput{Entries: []types.PutEventsRequestEntry{
		entry("own", "ours", `{"n":1}`), entry("own", "ours", `{"n":2}`), entry("own", "theirs", `{"n":1}`), entry("other", "ours", `{"n":1}`), entry("own", "ours", `no`),
	}})
	if err != nil || out.FailedEntryCount != 1 || out.Entries[4].ErrorCode == nil || out.Entries[0].EventId == nil {
		t.Fatalf("%+v, %v", out, err)
	}
	var got lambda.EventBridgeEvent
	select {
	case raw := <-came:
		if err := json.Unmarshal(raw, &got); err != nil {
			t.Fatal(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the rule delivered nothing")
	}
	if got.ID != *out.Entries[0].EventId || got.AccountID != "123456789012" || got.DetailType != "Thing" || !got.Time.Equal(at.Truncate(time.Second)) || string(got.Detail) != `{"n":1}` {
		t.Errorf("delivered %+v", got)
	}
	topic := r.ARN("sns", "alerts")
	if _, err := sns.NewFromConfig(conf).Publish(t.Context(), &sns.PublishInput{TopicArn: &topic, Message: aws.String("hear"), Subject: aws.String("all")}); err != nil {
		t.Fatal(err)
	}
	if list := r.Published(topic); len(list) != 1 || list[0].Message != "hear" || list[0].Subject != "all" {
		t.Errorf("published %+v", list)
	}
	r.Close()
	select {
	case raw := <-came:
		t.Errorf("delivered as well: %s", raw)
	default:
	}
}

// TestBucketTellsAQueue by way of AWS's own client: what is put below the prefix is told once, and what is not there is missed as in S3.
func TestBucketTellsAQueue(t *testing.T) {
	r, conf := open(t)
	q := r.Queue(QueueOptions{Name: "q", Visibility: time.Hour, MaxReceive: 2})
	b := r.Bucket("archive", "incoming/", q)
	client := s3.NewFromConfig(conf, func(to *s3.Options) { to.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired })
	for _, key := range []string{"incoming/a=1 b", "records/c"} {
		if _, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("archive"), Key: &key, Body: strings.NewReader("text of " + key)}); err != nil {
			t.Fatal(err)
		}
	}
	d := &double{}
	q.hand(d, q.gather(t.Context(), 10, 0))
	if got := fmt.Sprint(d.got()); strings.Count(got, "eventName") != 1 || !strings.Contains(got, `"key":"incoming%2Fa%3D1+b"`) {
		t.Errorf("told %s", got)
	}
	got, err := client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("archive"), Key: aws.String("records/c")})
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(got.Body); err != nil || string(text) != "text of records/c" || len(b.Objects()) != 2 {
		t.Errorf("%q, %v", text, err)
	}
	var missing *s3types.NoSuchKey
	if _, err := client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("archive"), Key: aws.String("gone")}); !errors.As(err, &missing) {
		t.Errorf("%v", err)
	}
}

// TestCustomResource has the answer to one request, and refuses a second.
func TestCustomResource(t *testing.T) {
	r, _ := open(t)
	answer := make(chan cfn.Response, 1)
	r.answers["id-1"] = answer
	put := func(id string) int {
		q, err := http.NewRequestWithContext(t.Context(), http.MethodPut, r.URL()+answerPath+id, strings.NewReader(`{"Status":"SUCCESS","RequestId":"id-1"}`))
		if err != nil {
			t.Fatal(err)
		}
		a, err := http.DefaultClient.Do(q)
		if err != nil {
			t.Fatal(err)
		}
		a.Body.Close()
		return a.StatusCode
	}
	if code := put("id-1"); code != http.StatusOK || (<-answer).Status != cfn.StatusSuccess {
		t.Errorf("status %d", code)
	}
	if code := put("id-1"); code != http.StatusForbidden || len(r.Faults()) != 1 {
		t.Errorf("a second answer: status %d, faults %q", code, r.Faults())
	}
}
