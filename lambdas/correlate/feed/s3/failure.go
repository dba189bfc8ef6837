package s3

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

	"github.com/mirrorwatch/mirrorwatch/lambdas/correlate/feed"
)

// failure says what a client's error means. Whoever asked may have given up meanwhile: that is no fault of S3.
func failure(ctx context.Context, o feed.Object, err error) error {
	if stopped := ctx.Err(); stopped != nil {
		return fmt.Errorf("open %s: %w", o.ID(), stopped)
	}
	e := &feed.OpenError{Object: o.ID(), Obstacle: feed.Broken, Message: reason(err), Cause: err}
	status := 0
	var answered interface{ HTTPStatusCode() int }
	if errors.As(err, &answered) {
		status = answered.HTTPStatusCode()
	}
	var api smithy.APIError
	if errors.As(err, &api) {
		e.Code, e.Message = api.ErrorCode(), api.ErrorMessage()
		e.Obstacle = obstacle(e.Code, e.Message, status)
	} else if isBroken(err) {
		e.Obstacle = feed.Unreachable
	} else if status == 0 {
		e.Obstacle = unasked(err)
	}
	return e
}

// obstacle tells apart what S3 says, by its code where that says enough, else by the status.
func obstacle(code, message string, status int) feed.Obstacle {
	_, throttled := retry.DefaultThrottleErrorCodes[code]
	switch {
	case throttled || status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests:
		return feed.Throttled
	case strings.HasPrefix(code, "KMS.") || isSealed(message) && (status == http.StatusForbidden || status == http.StatusBadRequest):
		return feed.Sealed
	case code == "InvalidObjectState":
		return feed.Archived
	case status == http.StatusForbidden || status == http.StatusUnauthorized || code == "ExpiredToken":
		return feed.Denied
	case status == http.StatusNotFound || status == http.StatusMethodNotAllowed || status == http.StatusPreconditionFailed: // 405: it was deleted, and the version asked for is the mark of that
		return feed.Missing
	case code == "RequestTimeout":
		return feed.Unreachable
	case status >= 300 && status < 500:
		return feed.Refused
	}
	return feed.Broken
}

// isSealed says whether a message is about the key of an object: S3 has no code of its own for it.
func isSealed(message string) bool {
	return strings.Contains(message, "kms:Decrypt") || strings.Contains(message, "stored using a form of Server Side Encryption")
}

// isBroken says whether the connection failed: before the answer, within it, or because it took too long.
func isBroken(err error) bool {
	var unsent *smithyhttp.RequestSendError
	var network net.Error
	return errors.As(err, &unsent) || errors.As(err, &network) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, context.DeadlineExceeded)
}

// unasked says what keeps a call from being made at all: there are no credentials, or its parameters make no call.
func unasked(err error) feed.Obstacle {
	if strings.Contains(err.Error(), "credentials") {
		return feed.Denied
	}
	return feed.Refused
}

// reason is an error without the name of the operation.
func reason(err error) string {
	var op *smithy.OperationError
	if errors.As(err, &op) && op.Err != nil {
		return op.Err.Error()
	}
	return err.Error()
}
