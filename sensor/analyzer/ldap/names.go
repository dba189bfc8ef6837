package ldap

import (
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
)

// resultName is a result's name as Zeek writes it (RFC 4511 section 4.1.9, and the registry of LDAP parameters).
func resultName(code int64) string {
	if code >= 0 && code < int64(len(resultNames)) && resultNames[code] != "" {
		return resultNames[code]
	}
	return "unknown"
}

const saslGoesOn = 14 // the bind takes another step

var resultNames = [...]string{
	0: "success", 1: "operations error", 2: "protocol error", 3: "time limit exceeded", 4: "size limit exceeded", 5: "compare false",
	6: "compare true", 7: "auth method not supported", 8: "stronger auth required", 9: "partial results", 10: "referral", 11: "admin limit exceeded",
	12: "unavailable critical extension", 13: "confidentiality required", saslGoesOn: "SASL bind in progress", 16: "no such attribute",
	17: "undefined attribute type", 18: "inappropriate matching", 19: "constraint violation", 20: "attribute or value exists",
	21: "invalid attribute syntax", 32: "no such object", 33: "alias problem", 34: "invalid DN syntax", 36: "alias dereferencing problem",
	48: "inappropriate authentication", 49: "invalid credentials", 50: "insufficient access rights", 51: "busy", 52: "unavailable",
	53: "unwilling to perform", 54: "loop detect", 60: "sort control missing", 61: "offset range error", 64: "naming violation",
	65: "object class violation", 66: "not allowed on non-leaf", 67: "not allowed on RDN", 68: "entry already exists",
	69: "object class mods prohibited", 70: "results too large", 71: "affects multiple DSAs", 76: "control error", 80: "other",
	118: "canceled", 119: "no such operation", 120: "too late", 121: "cannot cancel", 122: "assertion failed", 123: "authorization denied",
}

// opcodeName is what an operation and its answer are called in the log.
func opcodeName(op byte) string {
	switch op {
	case opBindRequest, opBindResponse:
		return "bind"
	case opUnbind:
		return "unbind"
	case opModifyRequest, opModifyResponse, opRenameRequest, opRenameResponse:
		return "modify"
	case opAddRequest, opAddResponse:
		return "add"
	case opDeleteRequest, opDeleteResponse:
		return "delete"
	case opCompareRequest, opCompareResponse:
		return "compare"
	case opAbandon:
		return "abandon"
	case opExtendedRequest, opExtendedResponse:
		return "extended"
	}
	return "unknown"
}

// extendedName is what an extended operation is called (RFC 4511 section 4.14.1, RFC 4532, RFC 3062).
func extendedName(oid []byte) string {
	switch string(oid) {
	case startTLS:
		return "StartTLS"
	case "1.3.6.1.4.1.4203.1.11.3":
		return "whoami"
	case "1.3.6.1.4.1.4203.1.11.1":
		return "password modify"
	}
	return "unknown"
}

// name gives the n-th of a list of names that begins with zero.
func name(list []string, n int64) string {
	if n >= 0 && n < int64(len(list)) {
		return list[n]
	}
	return "unknown"
}

// Limits of a record's texts and lists.
const (
	maxText       = 256 // bytes of a distinguished name or a message
	maxAttributes = 32
	maxAttribute  = 64 // bytes of one's name
)

func text(b []byte) string { return analyzer.Text(b[:min(len(b), maxText)]) }
