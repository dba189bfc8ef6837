package ec2api

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Error is what AWS answered instead of a result. Code is AWS's own (or CodeNoAnswer, CodeNotAsked) and is what callers judge by;
// Message is for people.
type Error struct {
	Call    string // "CreateTrafficMirrorSession"
	Code    string
	Message string
	Status  int   // of HTTP; 0 where there was no answer
	Cause   error // what went wrong on the way; nil where AWS has answered
}

func (e *Error) Error() string { return fmt.Sprintf("%s: %s: %s", e.Call, e.Code, e.Message) }

// Unwrap gives the cause, so that errors.Is and errors.As find it.
func (e *Error) Unwrap() error { return e.Cause }

// The codes that are ours: AWS has said nothing.
const (
	CodeNoAnswer = "NoAnswer" // the connection failed or the time was up. What was asked may have been done
	CodeNotAsked = "NotAsked" // the request never left: no credentials, a required field is missing. Asking again changes nothing
)

// The codes that the callers tell apart.
const (
	CodeSessionLimit             = "TrafficMirrorSessionLimitExceeded"
	CodeSessionsPerInterface     = "TrafficMirrorSessionsPerInterfaceLimitExceeded"
	CodeSourcesPerTarget         = "TrafficMirrorSourcesPerTargetLimitExceeded"
	CodeFilterInUse              = "TrafficMirrorFilterInUse"
	CodeTargetInUse              = "TrafficMirrorTargetInUseException"
	CodeFilterRuleExists         = "TrafficMirrorFilterRuleAlreadyExists"
	CodeFilterRuleLimit          = "TrafficMirrorFilterRuleLimitExceeded"
	CodeFilterLimit              = "TrafficMirrorFilterLimitExceeded"
	CodeTargetLimit              = "TrafficMirrorTargetLimitExceeded"
	CodeInterfaceNotSupported    = "NetworkInterfaceNotSupported" // the instance type cannot be mirrored, or it is not attached yet
	CodeSessionNotFound          = "InvalidTrafficMirrorSessionId.NotFound"
	CodeTargetNotFound           = "InvalidTrafficMirrorTargetId.NotFound"
	CodeFilterNotFound           = "InvalidTrafficMirrorFilterId.NotFound"
	CodeFilterRuleNotFound       = "InvalidTrafficMirrorFilterRuleId.NotFound"
	CodeInterfaceNotFound        = "InvalidNetworkInterfaceID.NotFound"
	CodeInstanceNotFound         = "InvalidInstanceID.NotFound"
	CodeInvalidParameterValue    = "InvalidParameterValue"
	CodeIdempotentParameter      = "IdempotentParameterMismatch"
	CodeDryRun                   = "DryRunOperation" // it would have been allowed
	CodeUnauthorized             = "UnauthorizedOperation"
	CodeRequestLimitExceeded     = "RequestLimitExceeded"
	CodeListenerExists           = "DuplicateListener"
	CodeShareInvitationNotFound  = "ResourceShareInvitationArnNotFoundException"
	CodeOperationNotPermitted    = "OperationNotPermitted"
	CodeDependencyViolation      = "DependencyViolation"
	CodeMalformed                = "MalformedQueryString"
	CodeMissingParameter         = "MissingParameter"
	CodeInternal                 = "InternalError"
	CodeServiceUnavailable       = "ServiceUnavailable"
	CodeInvalidAction            = "InvalidAction"
	CodeInvalidPaginationToken   = "InvalidPaginationToken"
	CodeInvalidParameterConflict = "InvalidParameterCombination"
)

// CodeOf gives AWS's code of an error, or "".
func CodeOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// Is says whether an error has one of the codes.
func Is(err error, codes ...string) bool { return slices.Contains(codes, CodeOf(err)) }

// IsNotFound says whether what was named is not there: gone, or not visible yet.
func IsNotFound(err error) bool { return strings.HasSuffix(CodeOf(err), "NotFound") }

// IsThrottle says whether AWS asks to go slower.
func IsThrottle(err error) bool {
	code := CodeOf(err)
	return strings.HasPrefix(code, "Throttling") || Is(err, CodeRequestLimitExceeded, "EC2ThrottledException", "BandwidthLimitExceeded", "SlowDown", "TooManyRequestsException")
}

// IsTransient says whether the same call may succeed in a moment: throttling, faults of AWS's own, and
// a connection that failed.
func IsTransient(err error) bool {
	var e *Error
	if !errors.As(err, &e) {
		return false
	}
	return IsThrottle(err) || Is(err, CodeInternal, "InternalFailure", "ServerInternal", CodeServiceUnavailable, "Unavailable", "RequestTimeout", CodeNoAnswer) || e.Status >= 500
}

// IsDenied says whether the caller may not do this, however often it asks.
func IsDenied(err error) bool {
	return Is(err, CodeUnauthorized, "AuthFailure", "OptInRequired", "AccessDenied", "AccessDeniedException")
}
