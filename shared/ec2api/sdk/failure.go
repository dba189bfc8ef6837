package sdk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// CodeMalformedAnswer is the code of an answer that is not in AWS's form, such as a proxy's page, or lacks what it must have.
const CodeMalformedAnswer = "MalformedAnswer"

// mostMessage bounds what is kept of a message. AWS's longest, an encoded reason of a refusal, has some two thousand bytes.
const mostMessage = 4 << 10

// ask makes one call within a time of its own.
func ask[I, O, P any](ctx context.Context, within time.Duration, call func(context.Context, *I, ...func(*P)) (*O, error), in *I) (*O, error) {
	timed, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	out, err := call(timed, in)
	if err != nil {
		return nil, failure(ctx, err)
	}
	return out, nil
}

// failure makes an ec2api.Error of a client's error; of a context that has ended, an error of it. The name of the call is that of the
// outermost operation: where a role cannot be taken on, that is the call for which it was needed, and the message says AssumeRole.
func failure(ctx context.Context, err error) error {
	e := &ec2api.Error{Call: "call"}
	var op *smithy.OperationError
	if errors.As(err, &op) {
		e.Call = op.OperationName
	}
	if stopped := ctx.Err(); stopped != nil {
		return fmt.Errorf("%s: %w", e.Call, stopped)
	}
	var answer interface{ HTTPStatusCode() int }
	if errors.As(err, &answer) {
		e.Status = answer.HTTPStatusCode()
	}
	var api smithy.APIError
	switch {
	case errors.As(err, &api):
		e.Code, e.Message = api.ErrorCode(), api.ErrorMessage()
		if inner := innermost(op); inner != e.Call && op != nil {
			e.Message = inner + ": " + e.Message
		}
	case isBroken(err):
		e.Code, e.Message, e.Cause, e.Status = ec2api.CodeNoAnswer, reason(err), err, 0
	case e.Status != 0:
		e.Code, e.Message, e.Cause = CodeMalformedAnswer, reason(err), err
	default:
		e.Code, e.Message, e.Cause = ec2api.CodeNotAsked, reason(err), err
	}
	if e.Code == "" {
		e.Code = "UnknownError" // as the client says where an answer is empty
	}
	e.Message = e.Message[:min(len(e.Message), mostMessage)]
	return e
}

// isBroken says whether the connection failed: before the answer, within it, or because it took too long.
func isBroken(err error) bool {
	var unsent *smithyhttp.RequestSendError
	var network net.Error
	return errors.As(err, &unsent) || errors.As(err, &network) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, context.DeadlineExceeded)
}

// innermost names the operation that failed: another than the outer one where it needed credentials first.
func innermost(op *smithy.OperationError) string {
	name := ""
	for op != nil {
		name = op.OperationName
		var inner *smithy.OperationError
		if !errors.As(op.Err, &inner) {
			break
		}
		op = inner
	}
	return name
}

// reason is an error without the operation's name, which Error says already.
func reason(err error) string {
	var op *smithy.OperationError
	if errors.As(err, &op) && op.Err != nil {
		return op.Err.Error()
	}
	return err.Error()
}

func malformed(call, what string) error {
	return &ec2api.Error{Call: call, Code: CodeMalformedAnswer, Message: what, Status: 200}
}

// made gives what was created, unless AWS says that it was and not which: without its id nobody could ever find it.
func made[T any](call, id string, what T) (T, error) {
	if id == "" {
		var none T
		return none, malformed(call, "it has no id of what was made")
	}
	return what, nil
}
