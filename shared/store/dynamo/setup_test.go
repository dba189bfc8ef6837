package dynamo

import (
	"context"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	"github.com/aws/smithy-go"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	local "github.com/mirrorwatch/mirrorwatch/test/dynamodb"
)

// One DynamoDB Local serves the whole test binary; every test has a table of its own.
var (
	start  = sync.OnceValues(local.Start)
	begun  atomic.Bool
	tables atomic.Int32
)

func TestMain(m *testing.M) {
	code := m.Run()
	if begun.Load() {
		if l, err := start(); err == nil {
			l.Close()
		}
	}
	os.Exit(code)
}

// clock stands still unless it is told to go.
type clock struct{ now atomic.Int64 }

func (c *clock) Now() time.Time { return time.Unix(0, c.now.Load()).UTC() }

func (c *clock) advance(d time.Duration) { c.now.Add(int64(d)) }

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func newClock() *clock {
	c := &clock{}
	c.now.Store(noon.UnixNano())
	return c
}

// world is a table, what is in it, and how it is reached.
type world struct {
	*store.Store
	client *recording
	clock  *clock
	arn    string
	o      Options
	config aws.Config
}

func config(l *local.Local) aws.Config {
	return aws.Config{
		Region: "eu-central-1", BaseEndpoint: &l.Endpoint,
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
	}
}

func newWorld(t testing.TB) *world {
	t.Helper()
	begun.Store(true)
	l, err := start()
	local.Need(t, err)
	w := &world{config: config(l), clock: newClock()}
	client := dynamodb.NewFromConfig(w.config)
	name := fmt.Sprintf("mirrorwatch-%d", tables.Add(1))
	out, err := client.CreateTable(context.Background(), Schema(name))
	if err != nil {
		t.Fatalf("create table: %v", err)
	}
	w.arn = aws.ToString(out.TableDescription.LatestStreamArn)
	w.client = &recording{Client: client, counts: map[string]int{}}
	w.o = Options{Client: w.client, Table: name, Now: w.clock.Now}
	w.open(t)
	t.Cleanup(func() {
		// Tables are in memory: a test binary with many of them would need it all.
		client.DeleteTable(context.Background(), &dynamodb.DeleteTableInput{TableName: &name}) //nolint:errcheck // the process ends anyway
	})
	return w
}

func (w *world) open(t testing.TB) {
	t.Helper()
	s, err := Open(w.o)
	if err != nil {
		t.Fatal(err)
	}
	w.Store = s
}

func (w *world) outbox(t testing.TB) *StreamOutbox {
	t.Helper()
	s, err := OpenStream(StreamOptions{
		Store: w.o, Client: dynamodbstreams.NewFromConfig(w.config), ARN: w.arn, Reader: "test", Poll: 20 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// recording counts what is called.
type recording struct {
	Client
	mu     sync.Mutex
	counts map[string]int
	fail   func(call string) error // nil: nothing fails
}

func (r *recording) called(name string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counts[name]++
	if r.fail != nil {
		return r.fail(name)
	}
	return nil
}

func (r *recording) GetItem(ctx context.Context, in *dynamodb.GetItemInput, o ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	if err := r.called("GetItem"); err != nil {
		return nil, err
	}
	return r.Client.GetItem(ctx, in, o...)
}

func (r *recording) BatchGetItem(ctx context.Context, in *dynamodb.BatchGetItemInput, o ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error) {
	if err := r.called("BatchGetItem"); err != nil {
		return nil, err
	}
	return r.Client.BatchGetItem(ctx, in, o...)
}

func (r *recording) Query(ctx context.Context, in *dynamodb.QueryInput, o ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	if err := r.called("Query " + aws.ToString(in.IndexName)); err != nil {
		return nil, err
	}
	return r.Client.Query(ctx, in, o...)
}

func (r *recording) PutItem(ctx context.Context, in *dynamodb.PutItemInput, o ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	if err := r.called("PutItem"); err != nil {
		return nil, err
	}
	return r.Client.PutItem(ctx, in, o...)
}

func (r *recording) TransactWriteItems(ctx context.Context, in *dynamodb.TransactWriteItemsInput, o ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error) {
	if err := r.called("TransactWriteItems"); err != nil {
		return nil, err
	}
	return r.Client.TransactWriteItems(ctx, in, o...)
}

func (r *recording) BatchWriteItem(ctx context.Context, in *dynamodb.BatchWriteItemInput, o ...func(*dynamodb.Options)) (*dynamodb.BatchWriteItemOutput, error) {
	if err := r.called("BatchWriteItem"); err != nil {
		return nil, err
	}
	return r.Client.BatchWriteItem(ctx, in, o...)
}

func (r *recording) reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(r.counts)
}

func (r *recording) count(name string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.counts[name]
}

func detection(i int) events.Detection {
	start := noon.Add(-time.Duration(i) * time.Minute)
	return events.Detection{
		ID: fmt.Sprintf("%032x", i), Type: "recon.port_scan", Title: "Port scan", Category: "recon", Description: "10.0.0.1 scanned 20 ports",
		Risk: events.Risk{Score: 1 + i%99, Band: events.BandOf(1 + i%99)}, Triage: events.Triage{Status: events.StatusOpen},
		Start: start, Update: start.Add(time.Minute),
		Participants: []events.Participant{{Role: "offender", Device: "eni-1"}},
	}
}

func put(t testing.TB, s *store.Store, list ...events.Detection) {
	t.Helper()
	if _, err := s.Detections.Put(context.Background(), list...); err != nil {
		t.Fatal(err)
	}
}

// throttled is what the SDK gives when its own retries were in vain.
type throttled struct{}

func (throttled) Error() string                 { return "rate exceeded" }
func (throttled) ErrorCode() string             { return "ProvisionedThroughputExceededException" }
func (throttled) ErrorMessage() string          { return "rate exceeded" }
func (throttled) ErrorFault() smithy.ErrorFault { return smithy.FaultClient }
