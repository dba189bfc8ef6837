package feed

import (
	"encoding/json"
	"fmt"

	lambda "github.com/aws/aws-lambda-go/events"
)

// label is what every record says of itself, however it comes. Names are told apart by the decoder whatever their case.
type label struct {
	Source    string `json:"eventSource"`
	EventID   string `json:"eventID"`
	MessageID string `json:"messageId"`
	DynamoDB  struct {
		Sequence string `json:"SequenceNumber"`
	} `json:"dynamodb"`
	Kinesis struct {
		Sequence string `json:"sequenceNumber"`
	} `json:"kinesis"`
	SNS struct {
		MessageID string `json:"MessageId"`
	} `json:"Sns"`
}

// records reads a batch. Lambda never mixes sources, so that the first record tells what it is; one of another cannot be read.
func (r *Reader) records(list []json.RawMessage, u *unpacking) (Input, error) {
	source := ""
	for _, raw := range list {
		var l label
		if json.Unmarshal(raw, &l) == nil && l.Source != "" {
			source = l.Source
			break
		}
	}
	kind, known := map[string]Kind{
		"aws:dynamodb": Stream, "aws:s3": Notification, "aws:sns": Topic, "aws:sqs": Queue, "aws:kinesis": Shard,
	}[source]
	if !known {
		return Input{}, &Unknown{fmt.Sprintf("a batch of %q", clip(source))}
	}
	in := Input{Kind: kind, Parts: make([]Part, len(list))}
	for i, raw := range list {
		in.Parts[i] = r.record(kind, source, raw, u)
		if in.Parts[i].ID == "" && (kind == Notification || kind == Topic) {
			in.Parts[i].ID = fmt.Sprintf("record %d", i) // AWS takes no report of these, so that any name will do
		}
	}
	return in, nil
}

// record reads one of a batch. Its id is read even where the rest makes no sense: else it could not be reported.
func (r *Reader) record(kind Kind, source string, raw json.RawMessage, u *unpacking) Part {
	var l label
	err := json.Unmarshal(raw, &l)
	p := Part{ID: l.id(kind)}
	p.fill(func(p *Part) error {
		switch {
		case err != nil:
			return fmt.Errorf("read record: %w", clipped(err))
		case l.Source != source:
			return fmt.Errorf("read record: it is of %q in a batch of %q", clip(l.Source), source)
		}
		return r.content(p, kind, raw, u)
	})
	return p
}

func (l *label) id(kind Kind) string {
	switch kind {
	case Stream:
		return l.DynamoDB.Sequence
	case Shard:
		return l.Kinesis.Sequence
	case Queue:
		return l.MessageID
	case Topic:
		return clip(l.SNS.MessageID)
	}
	return clip(l.EventID)
}

// content reads what a record holds, by the kind of its batch.
func (r *Reader) content(p *Part, kind Kind, raw json.RawMessage, u *unpacking) error {
	switch kind {
	case Stream:
		return stream(p, raw)
	case Notification:
		return r.notified(p, raw)
	case Topic:
		var rec lambda.SNSEventRecord
		if err := json.Unmarshal(raw, &rec); err != nil {
			return fmt.Errorf("read record of SNS: %w", clipped(err))
		}
		return r.message(p, rec.SNS.Message, 0)
	case Queue:
		var rec lambda.SQSMessage
		if err := json.Unmarshal(raw, &rec); err != nil {
			return fmt.Errorf("read message of SQS: %w", clipped(err))
		}
		return r.message(p, rec.Body, 0)
	}
	var rec lambda.KinesisEventRecord
	if err := json.Unmarshal(raw, &rec); err != nil {
		return fmt.Errorf("read record of Kinesis: %w", clipped(err))
	}
	return r.packed(p, rec.Kinesis.Data, u)
}

// stream reads a record of a DynamoDB stream, as the store's own reader takes it.
func stream(p *Part, raw json.RawMessage) error {
	var rec lambda.DynamoDBEventRecord
	if err := json.Unmarshal(raw, &rec); err != nil {
		return fmt.Errorf("read record of the table's stream: %w", clipped(err))
	}
	p.Stream = &rec
	return nil
}
