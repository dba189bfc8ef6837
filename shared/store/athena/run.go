package athena

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/athena"
	"github.com/aws/aws-sdk-go-v2/service/athena/types"
	"github.com/aws/smithy-go"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// answer is what a statement gave. why is set where Athena gave up early; there are no rows then.
type answer struct {
	rows [][]*string
	why  string
}

// errTimeout tells our own limit from the caller's.
var errTimeout = errors.New("out of time")

// run carries out a statement; an empty one has no rows.
func (r *Records) run(ctx context.Context, sql string) (answer, error) {
	if err := ctx.Err(); err != nil {
		return answer{}, err
	}
	if sql == "" {
		return answer{}, nil
	}
	if len(sql) > maxStatement {
		return answer{}, &store.Invalid{Field: "where", Value: strconv.Itoa(len(sql)) + " bytes of SQL", Allowed: fmt.Sprintf("short enough for Athena: at most %d", maxStatement)}
	}
	within, cancel := context.WithTimeoutCause(ctx, r.o.Timeout, errTimeout)
	defer cancel()
	a, err := r.runWithin(within, sql)
	if err != nil && ctx.Err() == nil && errors.Is(context.Cause(within), errTimeout) {
		return answer{why: fmt.Sprintf("Athena did not answer within %v; ask for a shorter time or fewer kinds", r.o.Timeout)}, nil
	}
	return a, err
}

func (r *Records) runWithin(ctx context.Context, sql string) (answer, error) {
	in := &athena.StartQueryExecutionInput{
		QueryString:           aws.String(sql),
		QueryExecutionContext: &types.QueryExecutionContext{Database: aws.String(r.o.Database)},
	}
	if r.o.WorkGroup != "" {
		in.WorkGroup = aws.String(r.o.WorkGroup)
	}
	if r.o.Output != "" {
		in.ResultConfiguration = &types.ResultConfiguration{OutputLocation: aws.String(r.o.Output)}
	}
	out, err := call(ctx, r, in, r.o.Client.StartQueryExecution)
	if err != nil {
		return answer{}, fmt.Errorf("start query: %w", err)
	}
	id := aws.ToString(out.QueryExecutionId)
	why, err := r.wait(ctx, id)
	if err != nil || why != "" {
		r.stop(ctx, id)
		return answer{why: why}, err
	}
	rows, err := r.results(ctx, id)
	return answer{rows: rows}, err
}

// wait looks until the statement has ended. why says that it was given up.
func (r *Records) wait(ctx context.Context, id string) (why string, err error) {
	for pause := r.o.Poll; ; pause = min(2*pause, MaxPoll) {
		out, err := call(ctx, r, &athena.GetQueryExecutionInput{QueryExecutionId: &id}, r.o.Client.GetQueryExecution)
		if err != nil {
			return "", fmt.Errorf("look at query %s: %w", id, err)
		}
		if out.QueryExecution == nil || out.QueryExecution.Status == nil {
			return "", fmt.Errorf("look at query %s: an answer without a state", id)
		}
		switch status := out.QueryExecution.Status; status.State {
		case types.QueryExecutionStateSucceeded:
			return "", nil
		case types.QueryExecutionStateFailed, types.QueryExecutionStateCancelled:
			return ended(id, status)
		}
		if s := out.QueryExecution.Statistics; s != nil && aws.ToInt64(s.DataScannedInBytes) > r.o.MaxScan {
			return fmt.Sprintf("Athena had read more than %d bytes; ask for a shorter time or fewer kinds", r.o.MaxScan), nil
		}
		if err := sleep(ctx, pause); err != nil {
			return "", fmt.Errorf("wait for query %s: %w", id, err)
		}
	}
}

// ended says what it means that a statement did not succeed: a limit was reached, it may be tried again, or it is broken.
func ended(id string, status *types.QueryExecutionStatus) (why string, err error) {
	reason := aws.ToString(status.StateChangeReason)
	for _, limit := range []string{"Bytes scanned limit was exceeded", "Query exhausted resources", "Query timeout"} {
		if strings.Contains(reason, limit) {
			return "Athena gave up: " + limit + "; ask for a shorter time or fewer kinds", nil
		}
	}
	failed := status.AthenaError
	if status.State == types.QueryExecutionStateCancelled || failed != nil && (failed.Retryable || aws.ToInt32(failed.ErrorCategory) == 1) {
		return "", fmt.Errorf("query %s %s: %s: %w", id, strings.ToLower(string(status.State)), reason, store.ErrUnavailable)
	}
	return "", fmt.Errorf("query %s failed: %s", id, reason)
}

// results reads every page. The first row of the first page is the names of the columns.
func (r *Records) results(ctx context.Context, id string) ([][]*string, error) {
	var rows [][]*string
	in := &athena.GetQueryResultsInput{QueryExecutionId: &id}
	for first := true; ; first = false {
		out, err := call(ctx, r, in, r.o.Client.GetQueryResults)
		if err != nil {
			return nil, fmt.Errorf("read results of query %s: %w", id, err)
		}
		if out.ResultSet == nil {
			return nil, fmt.Errorf("read results of query %s: an answer without rows", id)
		}
		page := out.ResultSet.Rows
		if first && len(page) > 0 {
			page = page[1:]
		}
		for _, row := range page {
			var values []*string
			for _, v := range row.Data {
				values = append(values, v.VarCharValue)
			}
			rows = append(rows, values)
		}
		if in.NextToken = out.NextToken; aws.ToString(in.NextToken) == "" {
			return rows, nil
		}
	}
}

// stop ends a statement that nobody waits for any more, so that it costs nothing further. It does so even where the caller is gone.
func (r *Records) stop(ctx context.Context, id string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	// A statement that has ended by itself cannot be stopped, and one that goes on ends at the workgroup's limit.
	_, _ = r.o.Client.StopQueryExecution(ctx, &athena.StopQueryExecutionInput{QueryExecutionId: &id})
}

// attempts is how often a call that was throttled is made.
const attempts = 5

// call makes one call, again after a pause where Athena asks for patience.
func call[In, Out any](ctx context.Context, r *Records, in In, do func(context.Context, In, ...func(*athena.Options)) (Out, error)) (Out, error) {
	pause := r.o.Poll
	for i := 1; ; i++ {
		out, err := do(ctx, in)
		if err == nil || !throttled(err) {
			return out, err
		}
		if i == attempts {
			return out, fmt.Errorf("%w: %w", store.ErrUnavailable, err)
		}
		if err := sleep(ctx, pause); err != nil {
			return out, err
		}
		pause = min(2*pause, MaxPoll)
	}
}

func throttled(err error) bool {
	var coded smithy.APIError
	if !errors.As(err, &coded) {
		return false
	}
	switch coded.ErrorCode() {
	case "TooManyRequestsException", "ThrottlingException", "Throttling", "InternalServerException", "ServiceUnavailable":
		return true
	}
	return false
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
