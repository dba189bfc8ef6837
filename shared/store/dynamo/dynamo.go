// Package dynamo keeps a store in one table of DynamoDB. What comes in is the calls of the ports in shared/store; what goes out is
// reads by key or by Query and conditional or transactional writes of that table, and, from the table's stream, the events of what was
// stored (Events). docs/dynamodb.md lists every access pattern there is. It never scans, never makes a table, and keeps no records of
// traffic: those are Athena's.
package dynamo

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// Client is what is called of DynamoDB; *dynamodb.Client has it. There is no Scan in it.
type Client interface {
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	BatchGetItem(context.Context, *dynamodb.BatchGetItemInput, ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error)
	Query(context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error)
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
	UpdateItem(context.Context, *dynamodb.UpdateItemInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error)
	DeleteItem(context.Context, *dynamodb.DeleteItemInput, ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error)
	BatchWriteItem(context.Context, *dynamodb.BatchWriteItemInput, ...func(*dynamodb.Options)) (*dynamodb.BatchWriteItemOutput, error)
	TransactWriteItems(context.Context, *dynamodb.TransactWriteItemsInput, ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error)
}

// Options set up a store. Client, Table and Now must be there.
type Options struct {
	Client     Client
	Table      string
	Now        func() time.Time
	Budget     int           // items that one search, count or list reads at the most; 0: DefaultBudget
	Patience   time.Duration // how long it reads; 0: DefaultPatience. The API's function has 30 seconds for its whole answer
	SampleDays int           // days after which samples of devices go by themselves; 0: DefaultSampleDays
}

// The defaults. Twenty thousand facets are about 10 MB, 1,250 read units, and a second or two.
const (
	DefaultBudget     = 20_000
	DefaultPatience   = 8 * time.Second
	DefaultSampleDays = 35
)

// Open gives the store that is in a table. It asks nothing of DynamoDB: a table that is missing shows in the first call. Records and
// Outbox are nil: records are Athena's, and events leave through the table's stream.
func Open(o Options) (*store.Store, error) {
	t, err := open(o)
	if err != nil {
		return nil, err
	}
	return &store.Store{
		Detections: detections{t}, Devices: devices{t}, Documents: documents{t}, Audit: audit{t}, Mirror: mirror{t}, Snapshots: snapshots{t},
		Closer: nothing{},
	}, nil
}

// nothing is what there is to close: the client belongs to whoever made it.
type nothing struct{}

func (nothing) Close() error { return nil }

var _ io.Closer = nothing{}

// table is what every port works on.
type table struct {
	client   Client
	name     string
	now      func() time.Time
	ticks    *ticks
	seen     *seen
	readers  *readers
	budget   int
	patience time.Duration
	samples  time.Duration
}

func open(o Options) (*table, error) {
	switch {
	case o.Client == nil:
		return nil, errors.New("open DynamoDB store: no client")
	case o.Table == "":
		return nil, errors.New("open DynamoDB store: no table name")
	case o.Now == nil:
		return nil, errors.New("open DynamoDB store: no clock")
	}
	if o.Budget <= 0 {
		o.Budget = DefaultBudget
	}
	if o.Patience <= 0 {
		o.Patience = DefaultPatience
	}
	if o.SampleDays <= 0 {
		o.SampleDays = DefaultSampleDays
	}
	return &table{
		client: o.Client, name: o.Table, now: func() time.Time { return o.Now().UTC() }, ticks: newTicks(), seen: newSeen(), readers: &readers{},
		budget: o.Budget, patience: o.Patience, samples: time.Duration(o.SampleDays) * 24 * time.Hour,
	}, nil
}
