package region

import (
	"context"
	"crypto/md5" //nolint:gosec // SQS's own sum of a body, which nobody relies on
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	lambda "github.com/aws/aws-lambda-go/events"
)

// QueueOptions say how a queue of SQS is set up.
type QueueOptions struct {
	Name       string
	Visibility time.Duration // how long a message that was received is out of sight
	MaxReceive int           // received more often it is a dead letter
}

// Queue is a standard queue of SQS.
type Queue struct {
	r *Region
	o QueueOptions

	mu       sync.Mutex
	messages []*message
	dead     []string
	dealt    []string      // bodies of those that were dealt with, the newest mostDealt
	changed  chan struct{} // closed when a message comes
}

// mostDealt is how many messages that were dealt with are remembered.
const mostDealt = 1000

type message struct {
	id, body  string
	sent      time.Time
	visible   time.Time
	received  int
	firstSeen time.Time
}

// Queue makes a queue.
func (r *Region) Queue(o QueueOptions) *Queue {
	return &Queue{r: r, o: o, changed: make(chan struct{})}
}

// Send puts a message in; as the target of a rule it takes the event as the body.
func (q *Queue) Send(body []byte) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	q.messages = append(q.messages, &message{id: newID(), body: string(body), sent: now, visible: now})
	close(q.changed)
	q.changed = make(chan struct{})
}

// Dead gives the bodies of the dead letters.
func (q *Queue) Dead() []string {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.Clone(q.dead)
}

// Len is how many messages there are, seen or not; those that are being dealt with are among them.
func (q *Queue) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.messages)
}

// receive takes up to n messages that can be seen, and says when to look again, or that somebody must send first.
func (q *Queue) receive(n int) (list []*message, again <-chan struct{}, after time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	after = time.Hour
	q.messages = slices.DeleteFunc(q.messages, func(m *message) bool {
		if wait := m.visible.Sub(now); wait > 0 {
			after = min(after, wait)
			return false
		}
		if m.received >= q.o.MaxReceive {
			q.dead = append(q.dead, m.body)
			q.r.fault("queue %s: dead letter after %d times: %.300s", q.o.Name, m.received, m.body)
			return true
		}
		if len(list) < n {
			m.received++
			m.visible = now.Add(q.o.Visibility)
			if m.firstSeen.IsZero() {
				m.firstSeen = now
			}
			list = append(list, m)
		}
		return false
	})
	return list, q.changed, after
}

// delete removes messages that were dealt with.
func (q *Queue) delete(list []*message) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.messages = slices.DeleteFunc(q.messages, func(m *message) bool { return slices.Contains(list, m) })
	for _, m := range list {
		q.dealt = append(q.dealt, m.body)
	}
	q.dealt = q.dealt[max(0, len(q.dealt)-mostDealt):]
}

// Dealt says whether a message was dealt with whose body has a text in it.
func (q *Queue) Dealt(text string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.ContainsFunc(q.dealt, func(body string) bool { return strings.Contains(body, text) })
}

// gather waits for a message, and then for more: until there are n, or the window is over.
func (q *Queue) gather(ctx context.Context, n int, window time.Duration) []*message {
	var batch []*message
	var over <-chan time.Time
	for {
		list, again, after := q.receive(n - len(batch))
		if batch = append(batch, list...); len(batch) == n || len(batch) > 0 && window == 0 {
			return batch
		}
		if len(batch) > 0 && over == nil {
			t := time.NewTimer(window)
			defer t.Stop()
			over = t.C
		}
		next := time.NewTimer(after)
		select {
		case <-ctx.Done():
			next.Stop()
			return nil
		case <-over:
			next.Stop()
			return batch
		case <-again:
		case <-next.C:
		}
		next.Stop()
	}
}

// MappingOptions say how a queue or a stream wakes a function.
type MappingOptions struct {
	Batch       int           // records at the most
	Window      time.Duration // how long more are waited for after the first
	Concurrency int           // of a queue: invocations at once; 0: one
}

// Invoked is what is woken: a *Function.
type Invoked interface {
	Name() string
	Invoke(ctx context.Context, event []byte) (answer []byte, err error)
}

// Wake has a queue invoke a function, which reports the messages that must come again (ReportBatchItemFailures), until it is told to stop.
func (q *Queue) Wake(f Invoked, o MappingOptions) (stop func()) {
	turns := make(chan struct{}, max(1, o.Concurrency))
	ctx, cancel := context.WithCancel(q.r.ctx)
	q.r.spawn(func() {
		defer cancel()
		for ctx.Err() == nil {
			batch := q.gather(ctx, o.Batch, o.Window)
			if len(batch) == 0 {
				return
			}
			turns <- struct{}{}
			q.r.spawn(func() {
				defer func() { <-turns }()
				q.hand(f, batch)
			})
		}
	})
	return cancel
}

// hand invokes the function, and deletes what it does not want again.
func (q *Queue) hand(f Invoked, batch []*message) {
	event, err := json.Marshal(q.event(batch))
	if err != nil {
		q.r.fault("queue %s: %v", q.o.Name, err)
		return
	}
	out, err := f.Invoke(q.r.ctx, event)
	if err != nil {
		q.r.fault("queue %s: %d messages come again: %v", q.o.Name, len(batch), err)
		return
	}
	again, err := failuresIn(out)
	if err != nil {
		q.r.fault("queue %s: %s answers %.200s: %v", q.o.Name, f.Name(), out, err)
		return
	}
	done := slices.DeleteFunc(slices.Clone(batch), func(m *message) bool { return slices.Contains(again, m.id) })
	if len(done)+len(again) != len(batch) {
		q.r.fault("queue %s: %s wants messages again that it was not given: %v", q.o.Name, f.Name(), again)
		return // AWS takes such an answer for a failure of the whole batch
	}
	for _, id := range again {
		q.r.fault("queue %s: message %s comes again", q.o.Name, id)
	}
	q.delete(done)
}

// failuresIn reads the ids that a function wants again. An empty answer wants none.
func failuresIn(answer []byte) (ids []string, err error) {
	var said struct {
		Failures []struct {
			ID string `json:"itemIdentifier"`
		} `json:"batchItemFailures"`
	}
	if err := json.Unmarshal(answer, &said); err != nil {
		return nil, err
	}
	for _, f := range said.Failures {
		ids = append(ids, f.ID)
	}
	return ids, nil
}

// event is what Lambda is given of a batch.
func (q *Queue) event(batch []*message) lambda.SQSEvent {
	var e lambda.SQSEvent
	for _, m := range batch {
		sum := md5.Sum([]byte(m.body)) //nolint:gosec // as above
		e.Records = append(e.Records, lambda.SQSMessage{
			MessageId: m.id, ReceiptHandle: "receipt-" + m.id, Body: m.body, Md5OfBody: hex.EncodeToString(sum[:]),
			EventSource: "aws:sqs", EventSourceARN: q.r.ARN("sqs", q.o.Name), AWSRegion: q.r.o.Name,
			Attributes: map[string]string{
				"ApproximateReceiveCount": strconv.Itoa(m.received), "SentTimestamp": strconv.FormatInt(m.sent.UnixMilli(), 10),
				"ApproximateFirstReceiveTimestamp": strconv.FormatInt(m.firstSeen.UnixMilli(), 10), "SenderId": "AIDAEVENTBRIDGE",
			},
		})
	}
	return e
}
