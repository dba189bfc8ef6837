package athena_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/athena"
	"github.com/aws/aws-sdk-go-v2/service/athena/types"
	"github.com/aws/smithy-go"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/query"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	ours "github.com/mirrorwatch/mirrorwatch/shared/store/athena"
)

// fake is Athena's API with answers laid out beforehand.
type fake struct {
	mu       sync.Mutex
	calls    []string
	inputs   []*athena.StartQueryExecutionInput
	fail     map[string][]error // by call: what it gives before it works
	statuses []types.QueryExecution
	pages    [][][]string // each with its own rows; "NULL" is NULL
}

func (f *fake) call(name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, name)
	if errs := f.fail[name]; len(errs) > 0 {
		f.fail[name] = errs[1:]
		return errs[0]
	}
	return nil
}

func (f *fake) StartQueryExecution(_ context.Context, in *athena.StartQueryExecutionInput, _ ...func(*athena.Options)) (*athena.StartQueryExecutionOutput, error) {
	if err := f.call("start"); err != nil {
		return nil, err
	}
	f.inputs = append(f.inputs, in)
	return &athena.StartQueryExecutionOutput{QueryExecutionId: aws.String("q-1")}, nil
}

// GetQueryExecution gives one status after the other; the last stays.
func (f *fake) GetQueryExecution(ctx context.Context, in *athena.GetQueryExecutionInput, _ ...func(*athena.Options)) (*athena.GetQueryExecutionOutput, error) {
	if err := errors.Join(f.call("look"), ctx.Err()); err != nil {
		return nil, err
	}
	e := f.statuses[0]
	if len(f.statuses) > 1 {
		f.statuses = f.statuses[1:]
	}
	return &athena.GetQueryExecutionOutput{QueryExecution: &e}, nil
}

func (f *fake) GetQueryResults(_ context.Context, in *athena.GetQueryResultsInput, _ ...func(*athena.Options)) (*athena.GetQueryResultsOutput, error) {
	if err := f.call("read " + aws.ToString(in.QueryExecutionId)); err != nil {
		return nil, err
	}
	n := 0
	if in.NextToken != nil {
		if _, err := fmt.Sscanf(*in.NextToken, "page-%d", &n); err != nil {
			return nil, err
		}
	}
	out := &athena.GetQueryResultsOutput{ResultSet: &types.ResultSet{}}
	for _, row := range f.pages[n] {
		var data []types.Datum
		for _, v := range row {
			d := types.Datum{VarCharValue: aws.String(v)}
			if v == "NULL" {
				d.VarCharValue = nil
			}
			data = append(data, d)
		}
		out.ResultSet.Rows = append(out.ResultSet.Rows, types.Row{Data: data})
	}
	if n+1 < len(f.pages) {
		out.NextToken = aws.String(fmt.Sprintf("page-%d", n+1))
	}
	return out, nil
}

func (f *fake) StopQueryExecution(ctx context.Context, in *athena.StopQueryExecutionInput, _ ...func(*athena.Options)) (*athena.StopQueryExecutionOutput, error) {
	return &athena.StopQueryExecutionOutput{}, errors.Join(f.call("stop "+aws.ToString(in.QueryExecutionId)), ctx.Err())
}

func status(state types.QueryExecutionState, reason string, failed *types.AthenaError, scanned int64) types.QueryExecution {
	return types.QueryExecution{
		Status:     &types.QueryExecutionStatus{State: state, StateChangeReason: aws.String(reason), AthenaError: failed},
		Statistics: &types.QueryExecutionStatistics{DataScannedInBytes: aws.Int64(scanned)},
	}
}

var (
	queued  = status(types.QueryExecutionStateQueued, "", nil, 0)
	running = status(types.QueryExecutionStateRunning, "", nil, 5)
	done    = status(types.QueryExecutionStateSucceeded, "", nil, 9)
	busy    = &smithy.GenericAPIError{Code: "TooManyRequestsException", Message: "slow down"}
)

func open(t *testing.T, f *fake) *ours.Records {
	t.Helper()
	r, err := ours.New(ours.Options{Client: f, Database: "mirrorwatch", WorkGroup: "wg", Output: "s3://out/", Poll: time.Millisecond, Timeout: 200 * time.Millisecond, MaxScan: 1000})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func lastHour() store.RecordQuery {
	return store.RecordQuery{From: begin, To: begin.Add(time.Hour), Kinds: []events.Kind{events.KindDNS}, Limit: 2}
}

func TestSearchReadsEveryPageOfResults(t *testing.T) {
	header := []string{"kind", "ts_nanos", "digest", "line"}
	f := &fake{statuses: []types.QueryExecution{queued, running, done}, pages: [][][]string{
		{header, {"dns", "30", "aa", `{"a":1}`}}, {{"dns", "20", "bb", `{"a":2}`}}, {{"dns", "20", "bb", `{"a":2}`}},
	}, fail: map[string][]error{"start": {busy, busy}, "look": {busy}, "read q-1": {busy}}}
	p, err := open(t, f).Search(context.Background(), lastHour())
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Items) != 2 || string(p.Items[1].Line) != `{"a":2}` || !p.Items[0].Time.Equal(time.Unix(0, 30)) || p.Next == "" || !p.Complete || p.Total != -1 {
		t.Errorf("got %+v", p)
	}
	want := []string{"start", "start", "start", "look", "look", "look", "look", "read q-1", "read q-1", "read q-1", "read q-1"}
	if !slices.Equal(f.calls, want) {
		t.Errorf("calls %v, want %v", f.calls, want)
	}
	in := f.inputs[0]
	if *in.WorkGroup != "wg" || *in.ResultConfiguration.OutputLocation != "s3://out/" || *in.QueryExecutionContext.Database != "mirrorwatch" ||
		!strings.Contains(*in.QueryString, `FROM "mirrorwatch"."dns"`) || strings.Contains(*in.QueryString, "conn") {
		t.Errorf("asked %+v %s", in, *in.QueryString)
	}
	// The next page begins with the two records of the last place, of which one was given.
	q := lastHour()
	q.Cursor = p.Next
	f.pages = [][][]string{{header, {"dns", "20", "bb", `{"a":2}`}, {"dns", "20", "bb", `{"a":2}`}}}
	p, err = open(t, f).Search(context.Background(), q)
	if err != nil || len(p.Items) != 1 || p.Next != "" {
		t.Errorf("the second page is %+v, %v", p, err)
	}
	if sql := *f.inputs[1].QueryString; !strings.Contains(sql, `"ts_nanos" < 20 OR ("ts_nanos" = 20 AND ("kind" > 'dns' OR ("kind" = 'dns' AND "digest" >= 'bb')))`) || !strings.HasSuffix(sql, "LIMIT 4") {
		t.Errorf("asked %s", sql)
	}
	q.Oldest = true
	if _, err := open(t, f).Search(context.Background(), q); !errors.Is(err, store.ErrInvalid) {
		t.Errorf("the cursor of another query: %v", err)
	}
}

func TestWhatGoesWrong(t *testing.T) {
	failed := func(reason string, e *types.AthenaError) types.QueryExecution {
		return status(types.QueryExecutionStateFailed, reason, e, 0)
	}
	for name, c := range map[string]struct {
		fake    *fake
		is      error  // nil: an answer that is not complete
		says    string // in the error or in Why
		stopped bool
	}{
		"syntax":      {&fake{statuses: []types.QueryExecution{running, failed("SYNTAX_ERROR: line 1", &types.AthenaError{ErrorCategory: aws.Int32(2)})}}, errAny, "SYNTAX_ERROR", true},
		"retryable":   {&fake{statuses: []types.QueryExecution{failed("internal", &types.AthenaError{Retryable: true})}}, store.ErrUnavailable, "internal", true},
		"system":      {&fake{statuses: []types.QueryExecution{failed("internal", &types.AthenaError{ErrorCategory: aws.Int32(1)})}}, store.ErrUnavailable, "internal", true},
		"by somebody": {&fake{statuses: []types.QueryExecution{status(types.QueryExecutionStateCancelled, "by the user", nil, 0)}}, store.ErrUnavailable, "cancelled", true},
		"workgroup":   {&fake{statuses: []types.QueryExecution{status(types.QueryExecutionStateCancelled, "Bytes scanned limit was exceeded", nil, 0)}}, nil, "Bytes scanned limit", true},
		"exhausted":   {&fake{statuses: []types.QueryExecution{failed("Query exhausted resources at this scale factor", nil)}}, nil, "exhausted", true},
		"our scan":    {&fake{statuses: []types.QueryExecution{running, status(types.QueryExecutionStateRunning, "", nil, 1001)}}, nil, "more than 1000 bytes", true},
		"our time":    {&fake{statuses: []types.QueryExecution{running}}, nil, "within 200ms", true},
		"throttled":   {&fake{fail: map[string][]error{"start": {busy, busy, busy, busy, busy}}}, store.ErrUnavailable, "slow down", false},
		"denied":      {&fake{fail: map[string][]error{"start": {&smithy.GenericAPIError{Code: "AccessDeniedException", Message: "no"}}}}, errAny, "AccessDenied", false},
		"no state":    {&fake{statuses: []types.QueryExecution{{}}}, errAny, "without a state", true},
		"bad row":     {&fake{statuses: []types.QueryExecution{done}, pages: [][][]string{{{"h"}, {"dns", "x", "a", "{}"}}}}, errAny, "ts_nanos", false},
		"short row":   {&fake{statuses: []types.QueryExecution{done}, pages: [][][]string{{{"h"}, {"dns"}}}}, errAny, "1 values, want 4", false},
		"null":        {&fake{statuses: []types.QueryExecution{done}, pages: [][][]string{{{"h"}, {"dns", "1", "NULL", "{}"}}}}, errAny, "NULL", false},
	} {
		f := c.fake
		p, err := open(t, f).Search(context.Background(), lastHour())
		switch {
		case c.is == nil && (err != nil || p.Complete || !strings.Contains(p.Why, c.says)):
			t.Errorf("%s: %+v, %v; want an answer that says %q", name, p, err, c.says)
		case c.is != nil && (err == nil || !strings.Contains(err.Error(), c.says) || c.is != errAny && !errors.Is(err, c.is)):
			t.Errorf("%s: %v, want %v with %q", name, err, c.is, c.says)
		case c.is == errAny && errors.Is(err, store.ErrUnavailable):
			t.Errorf("%s: %v sounds as if it were worth trying again", name, err)
		}
		if slices.Contains(f.calls, "stop q-1") != c.stopped {
			t.Errorf("%s: calls %v; stopped should be %v", name, f.calls, c.stopped)
		}
	}
}

var errAny = errors.New("any error")

func TestACallerWhoLeavesStopsTheQuery(t *testing.T) {
	f := &fake{statuses: []types.QueryExecution{running}}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if _, err := open(t, f).Histogram(ctx, lastHour(), 5); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v, want that of the context", err)
	}
	if f.calls[len(f.calls)-1] != "stop q-1" {
		t.Errorf("calls %v", f.calls)
	}
}

func TestWhatMakesNoSenseIsNotAsked(t *testing.T) {
	f := &fake{}
	r := open(t, f)
	ctx := context.Background()
	where := func(text string) store.RecordQuery {
		q := lastHour()
		q.Where, _ = query.Parse(text)
		return q
	}
	var errs []error
	add := func(_ any, err error) { errs = append(errs, err) }
	add(r.Search(ctx, where(`orig_h = 10.0.0.1`)))
	add(r.Search(ctx, store.RecordQuery{}))
	add(r.Search(ctx, store.RecordQuery{From: begin, To: begin.Add(1), Cursor: "x"}))
	add(r.Search(ctx, store.RecordQuery{From: begin, To: begin.Add(1), Kinds: []events.Kind{"gopher"}}))
	add(r.Histogram(ctx, lastHour(), 0))
	add(r.Top(ctx, lastHour(), store.TopQuery{}))
	add(r.Top(ctx, lastHour(), store.TopQuery{Fields: []string{"quory"}}))
	add(r.Top(ctx, lastHour(), store.TopQuery{Fields: []string{"query"}, Sum: []string{"query"}}))
	all := store.RecordQuery{From: begin, To: begin.Add(1)}
	all.Where, _ = query.Parse("any in (" + strings.TrimSuffix(strings.Repeat("x,", query.MaxTests), ",") + ")")
	add(r.Search(ctx, all))
	for i, err := range errs {
		if !errors.Is(err, store.ErrInvalid) || strings.Contains(err.Error(), "\n") {
			t.Errorf("request %d: %v", i, err)
		}
	}
	if !strings.Contains(errs[0].Error(), "did you mean id.orig_h") {
		t.Errorf("%v does not name the field", errs[0])
	}
	p, err := r.Search(ctx, where(`kind = conn`))
	if err != nil || !p.Complete || len(p.Items) != 0 {
		t.Errorf("what cannot match: %+v, %v", p, err)
	}
	if len(f.calls) != 0 {
		t.Errorf("Athena was asked: %v", f.calls)
	}
	if err := r.Append(ctx); !errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), "Firehose") {
		t.Errorf("append: %v", err)
	}
	_, errRetain := r.Retain(ctx, begin, 0)
	_, errSize := r.Size(ctx)
	if !errors.Is(errRetain, errors.ErrUnsupported) || !errors.Is(errSize, errors.ErrUnsupported) {
		t.Errorf("retain: %v, size: %v", errRetain, errSize)
	}
	for _, o := range []ours.Options{{}, {Client: f}, {Client: f, Database: `a"b`}, {Client: f, Database: "a", Timeout: -1}} {
		if _, err := ours.New(o); err == nil {
			t.Errorf("%+v is taken", o)
		}
	}
}
