package wire

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// maxMessage bounds what an answer says of a failure, since it may repeat what was asked.
const maxMessage = 1000

// fault is a refusal of what was asked (400).
func fault(code, format string, args ...any) *ec2api.Error {
	return &ec2api.Error{Code: code, Message: fmt.Sprintf(format, args...), Status: http.StatusBadRequest}
}

// refused is a refusal of who asked (403).
func refused(code, format string, args ...any) *ec2api.Error {
	return &ec2api.Error{Code: code, Message: fmt.Sprintf(format, args...), Status: http.StatusForbidden}
}

// dryRun says that a call would have been allowed.
func dryRun() error {
	return fault(ec2api.CodeDryRun, "Request would have succeeded, but DryRun flag is set.")
}

// asAWS makes any error one of AWS's. What is no answer of AWS is a fault of the imitation, and says so.
func asAWS(err error) ec2api.Error {
	var e *ec2api.Error
	out := ec2api.Error{Code: ec2api.CodeInternal, Message: "An internal error has occurred: " + err.Error()}
	if errors.As(err, &e) {
		out = *e
	}
	if out.Status == 0 || out.Code == ec2api.CodeDryRun {
		out.Status = statusOf(out.Code)
	}
	if len(out.Message) > maxMessage {
		out.Message = out.Message[:maxMessage]
	}
	return out
}

// statusOf is the HTTP status that EC2 gives a code.
func statusOf(code string) int {
	switch code {
	case ec2api.CodeDryRun:
		return http.StatusPreconditionFailed
	case ec2api.CodeUnauthorized, "AccessDenied", "AccessDeniedException":
		return http.StatusForbidden
	case "AuthFailure":
		return http.StatusUnauthorized
	case ec2api.CodeInternal, "InternalFailure", "ServerInternal":
		return http.StatusInternalServerError
	case ec2api.CodeRequestLimitExceeded, ec2api.CodeServiceUnavailable, "Unavailable":
		return http.StatusServiceUnavailable
	}
	return http.StatusBadRequest
}

// refuse answers with an error in the form of the service.
func refuse(w http.ResponseWriter, form service, c *call, err error) {
	e := asAWS(err)
	if form.validation != "" {
		switch e.Code { // only EC2 tells these apart
		case ec2api.CodeMissingParameter, ec2api.CodeInvalidParameterValue, "UnknownParameter", ec2api.CodeInvalidParameterConflict:
			e.Code = form.validation
		}
	}
	if form.wrapped {
		send(w, e.Status, group("ErrorResponse",
			group("Error", text("Type", blame(e.Status)), text("Code", e.Code), text("Message", e.Message)),
			text("RequestId", c.id)).in(form.namespace))
		return
	}
	send(w, e.Status, group("Response",
		group("Errors", group("Error", text("Code", e.Code), text("Message", e.Message))),
		text("RequestID", c.id)))
}

func blame(status int) string {
	if status >= 500 {
		return "Receiver"
	}
	return "Sender"
}
