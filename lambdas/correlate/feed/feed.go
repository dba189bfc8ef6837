// Package feed reads what AWS hands to the function of correlation. What comes in is one JSON document of Lambda's; what goes out is its
// kind and its parts: records of the table's stream, objects that hold flow logs or trails, lines of logs, API calls, or only the time.
// Each part has the id by which it is reported back alone where it failed, and Answer makes that report. It never opens an object, and
// never lets one part that nobody can read hide the others.
package feed

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	lambda "github.com/aws/aws-lambda-go/events"
)

// Kind says by which way something came, and with that how failed parts are reported back.
type Kind string

// The kinds.
const (
	Stream       Kind = "stream"       // a batch of a DynamoDB stream
	Notification Kind = "notification" // of S3, straight to the function
	Topic        Kind = "topic"        // messages of SNS
	Queue        Kind = "queue"        // a batch of SQS
	Bus          Kind = "bus"          // one event of EventBridge
	Subscription Kind = "subscription" // lines of CloudWatch Logs
	Shard        Kind = "shard"        // a batch of a Kinesis stream
	Delivery     Kind = "delivery"     // a batch of Firehose, to be handed back
	Tick         Kind = "tick"         // the time has come
)

// Limits. Lambda's own are 6 MB a document and 10,000 records a batch; what is packed in those may be much more.
const (
	MostBytes    = 16 << 20  // of a document
	MostParts    = 10_000    // of a document
	MostObjects  = 1_000     // of a part
	MostUnpacked = 128 << 20 // of a document, bytes
	MostLines    = 1_000_000 // of a document
)

// Input is a document that was understood.
type Input struct {
	Kind  Kind
	Parts []Part

	echo []deliveryRecord // of Firehose, as it came
}

// Part is what succeeds or fails as one.
type Part struct {
	ID      string // a sequence number, a message's or record's id; where AWS takes no report, what names the part in a log
	Err     error  // why it cannot be read; the rest of it is empty then
	Stream  *lambda.DynamoDBEventRecord
	Objects []Object
	Logs    []Logs
	Calls   []json.RawMessage // records of CloudTrail, as they stand in its files
	Ignored []string          // what else was in it, which is nothing to read, and why; a few
}

// Logs are lines of one log stream, or of no known one.
type Logs struct {
	Account string // whose the log group is; empty: not known
	Group   string // the log group's name
	Stream  string // the log stream's name: of flow logs, "eni-...-all"
	Lines   []Line
}

// Line is one line of a log, without its end.
type Line struct {
	ID   string // CloudWatch Logs' own; may be empty
	Time time.Time
	Text string
}

// Options set up a Reader.
type Options struct {
	// Flows and Trails are prefixes of objects that hold flow logs or trails under names of somebody's own, as Firehose writes them:
	// "bucket/prefix". Objects that are named as AWS names them are known without.
	Flows, Trails []string
}

// Reader reads documents.
type Reader struct{ o Options }

// New makes a reader.
func New(o Options) (*Reader, error) {
	for _, p := range append(append([]string(nil), o.Flows...), o.Trails...) {
		if bucket, _, ok := strings.Cut(p, "/"); !ok || bucket == "" {
			return nil, fmt.Errorf("read prefixes of objects: %q is not bucket/prefix", p)
		}
	}
	return &Reader{o}, nil
}

// Unknown is a document that is none of what this function is for.
type Unknown struct{ What string }

// Error names it.
func (u *Unknown) Error() string { return "read input: " + u.What + " is nothing that is read here" }

// shape is what tells documents apart.
type shape struct {
	Records    []json.RawMessage `json:"Records"` // Firehose writes it small, which is the same to the decoder
	Logs       *awslogs          `json:"awslogs"`
	Delivery   string            `json:"deliveryStreamArn"`
	Invocation string            `json:"invocationId"`
	DetailType *string           `json:"detail-type"`
	Event      string            `json:"Event"`
}

type awslogs struct {
	Data []byte `json:"data"`
}

// Decode reads a document. Parts that cannot be read say so themselves; an error is a document that is none, or *Unknown.
func (r *Reader) Decode(raw []byte) (Input, error) {
	if len(raw) > MostBytes {
		return Input{}, fmt.Errorf("read input: %d bytes, at most %d", len(raw), MostBytes)
	}
	var s shape
	if err := json.Unmarshal(raw, &s); err != nil {
		return Input{}, fmt.Errorf("read input: %w", clipped(err))
	}
	if len(s.Records) > MostParts {
		return Input{}, fmt.Errorf("read input: %d records, at most %d", len(s.Records), MostParts)
	}
	u := &unpacking{bytes: MostUnpacked, lines: MostLines}
	switch {
	case s.Delivery != "" || s.Invocation != "":
		return r.delivery(s.Records, u), nil
	case s.Logs != nil:
		return r.one(Subscription, "awslogs", func(p *Part) error { return r.packed(p, s.Logs.Data, u) }), nil
	case s.DetailType != nil:
		return r.bus(raw)
	case s.Event == testEvent:
		return r.one(Notification, testEvent, func(p *Part) error { p.ignore(whyTest); return nil }), nil
	case len(s.Records) > 0:
		return r.records(s.Records, u)
	case s.Records != nil:
		return Input{}, &Unknown{"a batch without records"}
	}
	return Input{}, &Unknown{"a document with " + keys(raw)}
}

// one makes an input of a single part.
func (r *Reader) one(k Kind, id string, fill func(*Part) error) Input {
	p := Part{ID: id}
	p.fill(fill)
	return Input{Kind: k, Parts: []Part{p}}
}

// fill has a part read. What was read of a part that fails in the end is not kept: it will come again whole.
func (p *Part) fill(read func(*Part) error) {
	if err := read(p); err != nil {
		*p = Part{ID: p.ID, Err: err}
	}
}

// mostIgnored is how much is said of what was not read.
const mostIgnored = 8

func (p *Part) ignore(why string) {
	if len(p.Ignored) < mostIgnored {
		p.Ignored = append(p.Ignored, why)
	}
}

// bus reads an event of EventBridge that came by itself.
func (r *Reader) bus(raw []byte) (Input, error) {
	var e lambda.CloudWatchEvent
	if err := json.Unmarshal(raw, &e); err != nil {
		return Input{}, fmt.Errorf("read event of EventBridge: %w", clipped(err))
	}
	if isTick(e) {
		return Input{Kind: Tick, Parts: []Part{{ID: clip(e.ID)}}}, nil
	}
	p := Part{ID: clip(e.ID)}
	var unknown *Unknown
	err := r.event(&p, e)
	if errors.As(err, &unknown) {
		return Input{}, err
	}
	p.fill(func(*Part) error { return err })
	return Input{Kind: Bus, Parts: []Part{p}}, nil
}

// isTick says whether a schedule has come due: a rule of EventBridge, or EventBridge Scheduler.
func isTick(e lambda.CloudWatchEvent) bool {
	return e.DetailType == "Scheduled Event" && (e.Source == "aws.events" || e.Source == "aws.scheduler")
}

// keys names the members of a document that nobody knows.
func keys(raw []byte) string {
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) != nil || len(members) == 0 {
		return "no members"
	}
	return "members " + some(members)
}
