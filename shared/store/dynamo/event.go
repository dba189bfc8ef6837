package dynamo

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	lambda "github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// Events gives the events that a record of the table's stream tells: one where a detection was stored or triaged, an interface came into
// another state, or an event was published as such; none for anything else. It is the same event however often the record comes,
// and the same that another store's outbox would hold. An error is a record that will never be understood.
func Events(r lambda.DynamoDBEventRecord) ([]events.Event, error) {
	pk, err := stringOf(r.Change.Keys, attrPK)
	if err != nil {
		return nil, fmt.Errorf("read stream record %s: %w", r.EventID, err)
	}
	if r.EventName == string(lambda.DynamoDBOperationTypeRemove) || len(r.Change.NewImage) == 0 {
		return nil, nil
	}
	var list []events.Event
	switch kind, _, _ := strings.Cut(pk, "#"); kind {
	case "D":
		list, err = detectionEvents(r.Change)
	case "E":
		list, err = coverageEvents(r.Change)
	case "O":
		list, err = publishedEvents(r.Change)
	}
	if err != nil {
		return nil, fmt.Errorf("read stream record of %s: %w", pk, err)
	}
	return list, nil
}

func detectionEvents(c lambda.DynamoDBStreamRecord) ([]events.Event, error) {
	after := events.Detection{}
	if err := imageOf(c.NewImage, &after); err != nil {
		return nil, err
	}
	var before *events.Detection
	if len(c.OldImage) > 0 {
		before = &events.Detection{}
		if err := imageOf(c.OldImage, before); err != nil {
			return nil, err
		}
	}
	if before != nil && before.Revision == after.Revision {
		return nil, nil
	}
	by := ""
	if v, there := c.NewImage[attrBy]; there && v.DataType() == lambda.DataTypeString {
		by = v.String()
	}
	return []events.Event{store.DetectionEvent(before, after, by)}, nil
}

func coverageEvents(c lambda.DynamoDBStreamRecord) ([]events.Event, error) {
	after, before := events.Coverage{}, events.Coverage{}
	if err := imageOf(c.NewImage, &after); err != nil {
		return nil, err
	}
	if len(c.OldImage) > 0 {
		if err := imageOf(c.OldImage, &before); err != nil {
			return nil, err
		}
	}
	if before.Revision == after.Revision {
		return nil, nil
	}
	return []events.Event{store.CoverageEvent(after)}, nil
}

func publishedEvents(c lambda.DynamoDBStreamRecord) ([]events.Event, error) {
	if len(c.OldImage) > 0 {
		return nil, nil // published before
	}
	e := events.Event{}
	if err := imageOf(c.NewImage, &e); err != nil {
		return nil, err
	}
	return []events.Event{e}, nil
}

func stringOf(image map[string]lambda.DynamoDBAttributeValue, name string) (string, error) {
	v, there := image[name]
	if !there || v.DataType() != lambda.DataTypeString {
		return "", fmt.Errorf("no text %s", name)
	}
	return v.String(), nil
}

func imageOf(image map[string]lambda.DynamoDBAttributeValue, into any) error {
	v, there := image[attrBody]
	if !there || v.DataType() != lambda.DataTypeBinary {
		return fmt.Errorf("no binary %s", attrBody)
	}
	plain, err := expand(v.Binary())
	if err != nil {
		return err
	}
	if err := json.Unmarshal(plain, into); err != nil {
		return fmt.Errorf("decode item: %w", err)
	}
	return nil
}

// keptEvents is how long a published event stays in the table: as long as the stream remembers it.
const keptEvents = 24 * time.Hour

// publish stores an event that belongs to no stored thing: an item that is there for the stream alone. One with the same id was
// published already.
func (t *table) publish(ctx context.Context, e events.Event) error {
	if err := store.CheckID("id", e.ID); err != nil {
		return err
	}
	body, err := pack(e)
	if err != nil {
		return err
	}
	if len(body) > maxItem {
		return &store.Invalid{Field: "event", Value: e.ID, Allowed: fmt.Sprintf("at most %d bytes compressed", maxItem)}
	}
	it := at(key{"O#" + e.ID, "O"}, body)
	it[attrTTL] = seconds(t.now().Add(keptEvents))
	err = t.transact(ctx, EventPut, []types.TransactWriteItem{t.putting(it, absent())})
	if raced(err) {
		return nil
	}
	return err
}

// Publisher stores events that belong to no stored thing. They leave through the table's stream, as all others do.
type Publisher struct{ table *table }

// NewPublisher gives one. It asks nothing of DynamoDB yet.
func NewPublisher(o Options) (*Publisher, error) {
	t, err := open(o)
	if err != nil {
		return nil, err
	}
	return &Publisher{t}, nil
}

// Publish stores an event. One with the same id was published already.
func (p *Publisher) Publish(ctx context.Context, e events.Event) error {
	return p.table.publish(ctx, e)
}
