// Package athena answers questions about archived records: store.Records over Parquet files in S3. What comes in is a query; what goes
// out is pages, histograms and tops, from SQL that Athena runs. It never writes or deletes a record (Firehose and the bucket's lifecycle
// do), and never asks for more than a stated time and a stated number of bytes.
package athena

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/athena"

	"github.com/mirrorwatch/mirrorwatch/shared/archive"
	"github.com/mirrorwatch/mirrorwatch/shared/query"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// Client is what is asked of Athena; *athena.Client has it.
type Client interface {
	StartQueryExecution(ctx context.Context, in *athena.StartQueryExecutionInput, opts ...func(*athena.Options)) (*athena.StartQueryExecutionOutput, error)
	GetQueryExecution(ctx context.Context, in *athena.GetQueryExecutionInput, opts ...func(*athena.Options)) (*athena.GetQueryExecutionOutput, error)
	GetQueryResults(ctx context.Context, in *athena.GetQueryResultsInput, opts ...func(*athena.Options)) (*athena.GetQueryResultsOutput, error)
	StopQueryExecution(ctx context.Context, in *athena.StopQueryExecutionInput, opts ...func(*athena.Options)) (*athena.StopQueryExecutionOutput, error)
}

// Options says where the tables are, and what a question may cost.
type Options struct {
	Client    Client
	Database  string        // of the tables that archive.DDL makes
	WorkGroup string        // empty: primary
	Output    string        // s3://bucket/prefix/ for results; empty: the workgroup's own
	Timeout   time.Duration // of one statement; 0: DefaultTimeout
	MaxScan   int64         // bytes that one statement may read; 0: DefaultMaxScan
	Dialect   query.Dialect // zero: Trino
	Poll      time.Duration // the first wait between two looks, which doubles up to MaxPoll; 0: DefaultPoll
}

// What holds where Options says nothing. The time is short of the 30 seconds in which an HTTP API gives up.
const (
	DefaultTimeout = 25 * time.Second
	DefaultMaxScan = 100 << 30
	DefaultPoll    = 100 * time.Millisecond
	MaxPoll        = 2 * time.Second
)

// maxStatement is how long a statement Athena takes.
const maxStatement = 256 << 10

// Records implements store.Records.
type Records struct {
	o      Options
	engine query.Engine
}

var _ store.Records = (*Records)(nil)

// New checks the options. It calls nothing.
func New(o Options) (*Records, error) {
	switch {
	case o.Client == nil:
		return nil, errors.New("open athena: no client")
	case !regexp.MustCompile(`^[a-z0-9_]{1,128}$`).MatchString(o.Database):
		return nil, fmt.Errorf("open athena: database %q, want small letters, digits and _", o.Database)
	case o.Timeout < 0 || o.MaxScan < 0 || o.Poll < 0:
		return nil, errors.New("open athena: a limit is less than 0")
	}
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	if o.MaxScan == 0 {
		o.MaxScan = DefaultMaxScan
	}
	if o.Poll == 0 {
		o.Poll = DefaultPoll
	}
	if o.Dialect.Name == "" {
		o.Dialect = query.Trino()
	}
	table := func(kind string) string { return `"` + o.Database + `"."` + kind + `"` }
	return &Records{o: o, engine: query.Engine{Dialect: o.Dialect, Schema: archive.Schema(), Table: table}}, nil
}

// Append is not Athena's: records reach the bucket by way of Firehose.
func (r *Records) Append(context.Context, ...store.Row) error {
	return fmt.Errorf("append records: Firehose writes the archive that Athena reads: %w", errors.ErrUnsupported)
}

// Retain is not Athena's: the bucket's lifecycle deletes what is old.
func (r *Records) Retain(context.Context, time.Time, int64) (store.Retained, error) {
	return store.Retained{}, fmt.Errorf("retain records: the lifecycle of the archive's bucket deletes what is old: %w", errors.ErrUnsupported)
}

// Size is not Athena's: to count, it would have to look at every file. CloudWatch has the size of the bucket.
func (r *Records) Size(context.Context) (store.Retained, error) {
	return store.Retained{}, fmt.Errorf("measure records: CloudWatch (BucketSizeBytes) knows the size of the archive's bucket: %w", errors.ErrUnsupported)
}

// selection checks the query and says it in the words of the engine.
func (r *Records) selection(q store.RecordQuery) (query.Selection, error) {
	if err := q.Validate(); err != nil {
		return query.Selection{}, err
	}
	s := query.Selection{From: q.From, To: q.To, Where: q.Where}
	for _, k := range q.Kinds {
		s.Kinds = append(s.Kinds, string(k))
	}
	if _, err := query.Compile(q.Where, r.engine.Schema); err != nil {
		return s, fmt.Errorf("%w: %w", &store.Invalid{Field: "where", Value: q.Where.String(), Allowed: "a query of records"}, err)
	}
	return s, nil
}
