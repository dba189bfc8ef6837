package feed

import (
	"encoding/json"
	"errors"
	"fmt"

	lambda "github.com/aws/aws-lambda-go/events"
)

// deliveryRecord is a record of Firehose as it came. Its data is handed back letter by letter.
type deliveryRecord struct {
	ID   string          `json:"recordId"`
	Data json.RawMessage `json:"data"`
}

// Delivered answers Firehose. It is written here because the type of aws-lambda-go also writes empty metadata, which Firehose would have
// to read as the name of no table.
type Delivered struct {
	Records []DeliveredRecord `json:"records"`
}

// DeliveredRecord hands one record back unchanged.
type DeliveredRecord struct {
	RecordID string          `json:"recordId"`
	Result   string          `json:"result"` // Ok
	Data     json.RawMessage `json:"data"`
}

// delivery reads a batch of Firehose.
func (r *Reader) delivery(list []json.RawMessage, u *unpacking) Input {
	in := Input{Kind: Delivery}
	for _, raw := range list {
		var rec deliveryRecord
		err := json.Unmarshal(raw, &rec)
		p := Part{ID: rec.ID}
		p.fill(func(p *Part) error {
			if err != nil {
				return fmt.Errorf("read record of Firehose: %w", clipped(err))
			}
			var data []byte
			if err := json.Unmarshal(rec.Data, &data); err != nil {
				return fmt.Errorf("read record of Firehose: data: %w", clipped(err))
			}
			return r.packed(p, data, u)
		})
		in.Parts, in.echo = append(in.Parts, p), append(in.echo, rec)
	}
	return in
}

// Answer makes what the function gives back to Lambda, of the parts that failed, by id. A part that could not be read has failed by
// itself. What it gives back depends on the kind:
//
//   - Stream, Shard: the lowest sequence number that failed; from there on the batch comes again, so that order is kept. Where nobody can
//     read the first record and there are others behind it, it is an error: Lambda then halves the batch until that record is alone and
//     ends in the queue of dead letters (as lambdas/publish does).
//   - Queue: the ids of the messages that failed; only these come again.
//   - Delivery: every record, Ok and unchanged, whatever became of our reading it: the delivery is not ours to stop.
//   - all others: nothing, or an error, after which Lambda hands in the whole document again.
func (in *Input) Answer(failed map[string]error) (any, error) {
	bad := in.failed(failed)
	switch in.Kind {
	case Delivery:
		return in.delivered(), nil
	case Queue:
		return in.again(bad)
	case Stream, Shard:
		return in.from(bad)
	}
	if len(bad) == 0 {
		return nil, nil
	}
	return nil, fmt.Errorf("%d of %d parts failed, the first: %w", len(bad), len(in.Parts), in.why(bad[0], failed))
}

// failed lists the parts that failed, in their order.
func (in *Input) failed(failed map[string]error) []int {
	var bad []int
	for i := range in.Parts {
		if in.why(i, failed) != nil {
			bad = append(bad, i)
		}
	}
	return bad
}

func (in *Input) why(i int, failed map[string]error) error {
	if in.Parts[i].Err != nil {
		return in.Parts[i].Err
	}
	return failed[in.Parts[i].ID]
}

func (in *Input) delivered() Delivered {
	out := Delivered{Records: make([]DeliveredRecord, len(in.echo))}
	for i, r := range in.echo {
		if r.Data == nil {
			r.Data = json.RawMessage(`""`)
		}
		out.Records[i] = DeliveredRecord{r.ID, lambda.KinesisFirehoseTransformedStateOk, r.Data}
	}
	return out
}

// again answers a queue.
func (in *Input) again(bad []int) (any, error) {
	out := lambda.SQSEventResponse{BatchItemFailures: []lambda.SQSBatchItemFailure{}}
	for _, i := range bad {
		if in.Parts[i].ID == "" {
			return nil, fmt.Errorf("message %d of %d has no id and failed: %w", i, len(in.Parts), in.Parts[i].Err)
		}
		out.BatchItemFailures = append(out.BatchItemFailures, lambda.SQSBatchItemFailure{ItemIdentifier: in.Parts[i].ID})
	}
	return out, nil
}

// from answers a stream.
func (in *Input) from(bad []int) (any, error) {
	sequence := ""
	if len(bad) > 0 {
		first := &in.Parts[bad[0]]
		switch {
		case first.Err != nil && bad[0] == 0 && len(in.Parts) > 1:
			return nil, fmt.Errorf("first of %d records: %w", len(in.Parts), first.Err)
		case first.ID == "":
			return nil, errors.Join(fmt.Errorf("record %d of %d has no sequence number", bad[0], len(in.Parts)), first.Err)
		}
		sequence = first.ID
	}
	if in.Kind == Shard {
		out := lambda.KinesisEventResponse{BatchItemFailures: []lambda.KinesisBatchItemFailure{}}
		if sequence != "" {
			out.BatchItemFailures = append(out.BatchItemFailures, lambda.KinesisBatchItemFailure{ItemIdentifier: sequence})
		}
		return out, nil
	}
	out := lambda.DynamoDBEventResponse{BatchItemFailures: []lambda.DynamoDBBatchItemFailure{}}
	if sequence != "" {
		out.BatchItemFailures = append(out.BatchItemFailures, lambda.DynamoDBBatchItemFailure{ItemIdentifier: sequence})
	}
	return out, nil
}
