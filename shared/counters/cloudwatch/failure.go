package cloudwatch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/mirrorwatch/mirrorwatch/shared/counters"
)

// mostMessage bounds what is kept of what somebody else said.
const mostMessage = 300

// failure says what a client's error means. Whoever asked may have given up meanwhile: that is no fault of CloudWatch.
func failure(ctx context.Context, err error) error {
	if stopped := ctx.Err(); stopped != nil {
		return fmt.Errorf("get metric data: %w", stopped)
	}
	e := &counters.Error{Why: counters.Broken, Message: reason(err), Cause: err}
	status := 0
	var answered interface{ HTTPStatusCode() int }
	if errors.As(err, &answered) {
		status = answered.HTTPStatusCode()
	}
	var api smithy.APIError
	if errors.As(err, &api) {
		e.Code, e.Message = api.ErrorCode(), clip(api.ErrorMessage())
	}
	switch {
	case throttling(e.Code) || status == http.StatusTooManyRequests:
		e.Why = counters.Throttled
	case refusing(e.Code) || status == http.StatusForbidden || status == http.StatusUnauthorized || unsigned(err):
		e.Why = counters.Denied
	case isBroken(err):
		e.Why, e.Code = counters.Unreachable, ""
	case status >= 400 && status < 500:
		e.Why = counters.Refused
	}
	if e.Message == e.Code || e.Message == "UnknownError" {
		e.Message = ""
	}
	return e
}

func throttling(code string) bool {
	_, is := retry.DefaultThrottleErrorCodes[code]
	return is
}

// refusing are codes by which AWS says that the caller may not, whatever the status.
func refusing(code string) bool {
	switch strings.TrimSuffix(code, "Exception") {
	case "AccessDenied", "UnauthorizedOperation", "NotAuthorized", "AuthFailure", "OptInRequired", "ExpiredToken", "InvalidClientTokenId", "UnrecognizedClient",
		"InvalidAccessKeyId", "SignatureDoesNotMatch", "MissingAuthenticationToken", "IncompleteSignature":
		return true
	}
	return false
}

// unsigned says whether the call could not be signed: no credentials were found. Nobody was asked then.
func unsigned(err error) bool {
	var api smithy.APIError
	var sent *smithyhttp.RequestSendError
	return !errors.As(err, &api) && !errors.As(err, &sent) && strings.Contains(err.Error(), "credentials")
}

// isBroken says whether the connection failed: before the answer, within it, or because it took too long.
func isBroken(err error) bool {
	var unsent *smithyhttp.RequestSendError
	var network net.Error
	return errors.As(err, &unsent) || errors.As(err, &network) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, context.DeadlineExceeded)
}

// reason is an error without the name of the operation, which counters.Error says already.
func reason(err error) string {
	var op *smithy.OperationError
	if errors.As(err, &op) && op.Err != nil {
		return clip(op.Err.Error())
	}
	return clip(err.Error())
}

// clip bounds a text, and holds it to one line.
func clip(text string) string {
	text = strings.Join(strings.Fields(strings.ToValidUTF8(text, "?")), " ")
	if len(text) > mostMessage {
		return strings.ToValidUTF8(text[:mostMessage], "") + "..."
	}
	return text
}
