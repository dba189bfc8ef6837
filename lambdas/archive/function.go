// Package archive is the function that makes the archive's files. What comes in is notifications of S3, by way of a queue, of objects that
// Firehose wrote: frames of zstd with JSON lines in them. What goes out is Parquet files, one a kind and hour and part, and, for lines that
// it cannot take, objects that hold them as they came. It never loses a line in silence, never writes one twice for a message that comes
// twice, and never reads another bucket than its own. Every object was written by machines that may be broken: all of it is bounded.
package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	lambda "github.com/aws/aws-lambda-go/events"
)

// Folders of the bucket.
const (
	Incoming = "incoming/" // what Firehose writes
	Records  = "records/"  // the archive
	Rejected = "rejected/" // lines that could not be taken
)

// answerTime is how much of its time the function keeps for its answer: one that runs out of it brings back what was done, too.
const answerTime = 5 * time.Second

// Options set up a Function.
type Options struct {
	Bucket  Bucket
	Name    string // of the bucket: notifications of others are left
	Now     func() time.Time
	Log     *slog.Logger // nil: nobody is told
	Metrics io.Writer    // takes lines in the Embedded Metric Format: in Lambda standard output; nil: none

	PartBytes  int // of lines in one file; 0: partBytes
	TotalBytes int // of lines in memory; 0: totalBytes
}

// Function makes files of objects.
type Function struct{ o Options }

// New makes a function.
func New(o Options) (*Function, error) {
	if o.Bucket == nil || o.Name == "" || o.Now == nil {
		return nil, errors.New("make function: no bucket, no name of it, or no clock")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.PartBytes == 0 {
		o.PartBytes = partBytes
	}
	if o.TotalBytes == 0 {
		o.TotalBytes = totalBytes
	}
	return &Function{o}, nil
}

// Handle deals with each message by itself, and answers which of them must come again.
func (f *Function) Handle(ctx context.Context, batch lambda.SQSEvent) (lambda.SQSEventResponse, error) {
	began := f.o.Now()
	work, cancel := inTime(ctx)
	defer cancel()
	answer := lambda.SQSEventResponse{BatchItemFailures: []lambda.SQSBatchItemFailure{}}
	var did counts
	for _, m := range batch.Records {
		if err := f.message(work, m.Body, &did); err != nil {
			f.o.Log.ErrorContext(ctx, "message comes again", "message", m.MessageId, "error", err)
			answer.BatchItemFailures = append(answer.BatchItemFailures, lambda.SQSBatchItemFailure{ItemIdentifier: m.MessageId})
		}
	}
	did.Failed, did.Seconds = len(answer.BatchItemFailures), f.o.Now().Sub(began).Seconds()
	if err := tell(f.o.Metrics, f.o.Now(), &did); err != nil {
		f.o.Log.ErrorContext(ctx, "cannot tell metrics", "error", err)
	}
	return answer, nil
}

// inTime gives a context that ends a little before the function's time.
func inTime(ctx context.Context) (context.Context, context.CancelFunc) {
	end, has := ctx.Deadline()
	if !has {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, end.Add(-answerTime))
}

func (f *Function) message(ctx context.Context, body string, did *counts) error {
	list, ignored, err := f.notices(body)
	for _, why := range ignored {
		f.o.Log.InfoContext(ctx, "nothing to archive", "why", why)
	}
	if err != nil {
		return err
	}
	for _, n := range list {
		if err := f.object(ctx, n, did); err != nil {
			return fmt.Errorf("archive %s: %w", n.key, err)
		}
	}
	return nil
}

// object makes files of one object. What is not there any more will not come back: it is told and left.
func (f *Function) object(ctx context.Context, n notice, did *counts) error {
	o, err := f.o.Bucket.Get(ctx, n.key, n.version)
	if errors.Is(err, ErrMissing) {
		f.o.Log.WarnContext(ctx, "object is gone", "object", n.key)
		did.Gone++
		return nil
	}
	if err != nil {
		return err
	}
	defer o.Body.Close()
	w := &sorter{o: &f.o, to: nameOf(n.key, o.ETag), until: o.Modified.Add(latest), partitions: map[place]*partition{}}
	err = w.read(ctx, o.Body)
	did.add(&w.report)
	if err != nil {
		return err
	}
	f.say(ctx, n.key, &w.report)
	return nil
}

// say tells what became of an object. Lines hold what people did: none of them stands in the log.
func (f *Function) say(ctx context.Context, key string, r *report) {
	if r.Torn > 0 {
		f.o.Log.WarnContext(ctx, "part of an object is torn", "object", key, "frames", r.Torn, "bytes", r.tornBytes, "first", r.firstTorn)
	}
	for why, n := range r.rejected {
		if n > 0 {
			f.o.Log.WarnContext(ctx, "lines are rejected", "object", key, "why", reason(why).String(), "lines", n, "kinds", r.unknown.names)
		}
	}
	f.o.Log.InfoContext(ctx, "object is archived", "object", key, "records", r.Records, "rejected", r.Rejected, "files", r.Files)
}
