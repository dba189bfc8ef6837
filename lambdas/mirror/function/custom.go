package function

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/smithy-go"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/resource"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// Function is the one handler of everything that wakes the function: events and the schedule, and CloudFormation.
type Function struct {
	events *mirror.Handler
	custom *resource.Handler // nil: nobody may have it remove everything
}

// errNotHere refuses what only the function for teardowns does: who may ask this one to look must not be able to have it remove every session.
var errNotHere = errors.New("handle event: this function takes nothing from CloudFormation; the one for teardowns does")

// Handle takes what Lambda gives.
func (f *Function) Handle(ctx context.Context, raw json.RawMessage) (any, error) {
	if resource.Is(raw) {
		if f.custom == nil {
			return nil, errNotHere
		}
		return nil, f.custom.Handle(ctx, raw)
	}
	return f.events.Handle(ctx, raw)
}

// again calls the function itself, and does not wait for it; nil where it has no name.
func (o *Options) again() func(context.Context, []byte) error {
	if o.Function == "" {
		return nil
	}
	client := lambda.NewFromConfig(o.Config, func(to *lambda.Options) {
		if o.Endpoint != "" {
			to.BaseEndpoint = &o.Endpoint
		}
	})
	return func(ctx context.Context, event []byte) error {
		_, err := client.Invoke(ctx, &lambda.InvokeInput{
			FunctionName: aws.String(o.Function), InvocationType: types.InvocationTypeEvent, Payload: event,
		})
		if err != nil {
			return fmt.Errorf("invoke function %s: %w", o.Function, err)
		}
		return nil
	}
}

// bound counts the VNIs that are bound. Without a table there are none.
func bound(s *store.Store) func(context.Context) (int, error) {
	return func(ctx context.Context) (n int, err error) {
		for q := (store.ListQuery{}); ; {
			page, err := s.Mirror.Bound(ctx, q)
			var told smithy.APIError
			switch {
			case errors.As(err, &told) && told.ErrorCode() == "ResourceNotFoundException":
				return 0, nil
			case err != nil:
				return n, fmt.Errorf("count VNIs that are bound: %w", err)
			}
			n += len(page.Items)
			if q.Cursor = page.Next; q.Cursor == "" {
				return n, nil
			}
		}
	}
}
