package dynamo

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// errRaced says that somebody else wrote first: read again and try again.
var errRaced = errors.New("written by somebody else first")

// Retries of what raced. Twelve attempts with up to 200 ms between them outlast any burst of writers of one item that a table takes.
const (
	attempts  = 12
	firstWait = 4 * time.Millisecond
	mostWait  = 200 * time.Millisecond
)

// answer turns an error of the SDK into one of the store's. The SDK has retried already what can be retried.
func answer(p Pattern, err error) error {
	var canceled *types.TransactionCanceledException
	var api smithy.APIError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%s: %w", p, err)
	case errors.As(err, &canceled):
		return fmt.Errorf("%s: %w", p, reasonOf(canceled))
	case errors.As(err, &api):
		return fmt.Errorf("%s: %w", p, codeOf(api.ErrorCode(), err))
	}
	// What has no code never came to an answer: no route, no name, a connection that broke.
	return fmt.Errorf("%s: %w: %v", p, store.ErrUnavailable, err)
}

// reasonOf looks for the worst of the reasons that a transaction was cancelled for.
func reasonOf(e *types.TransactionCanceledException) error {
	var result error
	for _, r := range e.CancellationReasons {
		switch code := aws.ToString(r.Code); code {
		case "", "None":
		case "ConditionalCheckFailed", "TransactionConflict", "DuplicateItem":
			result = errors.Join(result, errRaced)
		default:
			return codeOf(code, fmt.Errorf("%s: %s", code, aws.ToString(r.Message)))
		}
	}
	if result == nil {
		return e
	}
	return errRaced
}

func codeOf(code string, err error) error {
	unavailable := []string{
		"ProvisionedThroughputExceededException", "ProvisionedThroughputExceeded", "ThrottlingException", "ThrottlingError",
		"RequestLimitExceeded", "LimitExceededException", "InternalServerError", "ServiceUnavailable", "ServiceUnavailableException",
	}
	switch {
	case code == "ConditionalCheckFailedException", code == "TransactionConflictException", code == "TransactionInProgressException":
		return errRaced
	case slices.Contains(unavailable, code):
		return fmt.Errorf("%w: %v", store.ErrUnavailable, err)
	}
	return err
}

// again repeats what raced, with a pause that grows and that no two writers have alike.
func again(ctx context.Context, what string, try func() error) error {
	wait := firstWait
	for range attempts {
		err := try()
		if !errors.Is(err, errRaced) {
			return err
		}
		if err := pause(ctx, wait/2+rand.N(wait)); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		wait = min(2*wait, mostWait)
	}
	return fmt.Errorf("%s: %d writers came first: %w", what, attempts, store.ErrUnavailable)
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
