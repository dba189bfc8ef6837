// Package publish is the function behind the stream of the store's table. What comes in is batches of stream records; what goes out is
// the events that they tell, published in order, and the answer by which Lambda knows where to go on. It never passes over a record: one
// that was not published comes again, and one that nobody understands is left alone in a batch until it ends in the queue of dead letters.
package publish

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	lambda "github.com/aws/aws-lambda-go/events"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/bus"
	"github.com/mirrorwatch/mirrorwatch/shared/store/dynamo"
)

// Options set up a Function.
type Options struct {
	Publisher bus.Publisher
	Log       *slog.Logger // told why a batch was not published whole; nil: nobody is
}

// Function publishes what the stream tells.
type Function struct{ o Options }

// New makes a function.
func New(o Options) (*Function, error) {
	if o.Publisher == nil {
		return nil, errors.New("make function: no publisher")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Function{o}, nil
}

// together is how many events are published at once: as many as one call of EventBridge takes. What fails comes again from the first
// of them on.
const together = 10

// chunk is events that are published at once, and the record that the first of them came from.
type chunk struct {
	list []events.Event
	from int
}

// Handle publishes the records of a batch in order, up to the first that cannot be. From that one on Lambda gives the batch again, so
// that nothing of one detection overtakes something else of it.
//
// A record that nobody understands, in front of others, fails the whole call instead: Lambda then halves the batch
// (BisectBatchOnFunctionError) until the record is alone, and what comes behind it is published while it waits for its last attempt.
func (f *Function) Handle(ctx context.Context, batch lambda.DynamoDBEvent) (lambda.DynamoDBEventResponse, error) {
	chunks, stop, reason := read(batch.Records)
	for _, c := range chunks {
		if err := f.o.Publisher.Publish(ctx, c.list...); err != nil {
			return f.from(ctx, batch.Records, c.from, fmt.Errorf("publish: %w", err))
		}
	}
	switch {
	case reason == nil:
		return lambda.DynamoDBEventResponse{BatchItemFailures: []lambda.DynamoDBBatchItemFailure{}}, nil
	case stop == 0 && len(batch.Records) > 1:
		return lambda.DynamoDBEventResponse{}, fmt.Errorf("first of %d records: %w", len(batch.Records), reason)
	}
	return f.from(ctx, batch.Records, stop, reason)
}

// read gives the events of the records before the first that cannot be understood, and which that is.
func read(records []lambda.DynamoDBEventRecord) (chunks []chunk, stop int, reason error) {
	for i, r := range records {
		list, err := dynamo.Events(r)
		if err != nil {
			return chunks, i, err
		}
		for _, e := range list {
			if n := len(chunks); n == 0 || len(chunks[n-1].list) == together {
				chunks = append(chunks, chunk{from: i})
			}
			last := &chunks[len(chunks)-1]
			last.list = append(last.list, e)
		}
	}
	return chunks, len(records), nil
}

// from answers that the records from one on must come again.
func (f *Function) from(ctx context.Context, records []lambda.DynamoDBEventRecord, i int, reason error) (lambda.DynamoDBEventResponse, error) {
	at := records[i].Change.SequenceNumber
	f.o.Log.ErrorContext(ctx, "records come again", "from", i, "of", len(records), "sequence", at, "error", reason)
	if at == "" {
		return lambda.DynamoDBEventResponse{}, fmt.Errorf("record %d of %d has no sequence number: %w", i, len(records), reason)
	}
	return lambda.DynamoDBEventResponse{BatchItemFailures: []lambda.DynamoDBBatchItemFailure{{ItemIdentifier: at}}}, nil
}
