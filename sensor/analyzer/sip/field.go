package sip

import (
	"bytes"
	"strconv"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/line"
)

// eachField walks the fields of a header. Folded lines (RFC 3261 section 7.3.1), which nobody sends any more, count as lines of their own.
func eachField(b []byte, visit func(name, value []byte)) {
	for len(b) > 0 {
		text, n, ok := line.Cut(b, maxHeader)
		if !ok {
			text, n = b, len(b)
		}
		b = b[n:]
		name, value, ok := bytes.Cut(text, []byte{':'})
		if ok {
			visit(bytes.TrimRight(name, " \t"), bytes.TrimSpace(value))
		}
	}
}

// is compares a field's name with its long form and its compact form (RFC 3261 section 7.3.3).
func is(name []byte, long, short string) bool {
	return line.Is(name, long) || short != "" && line.Is(name, short)
}

func requestField(q *events.SIP, name, value []byte) {
	switch {
	case is(name, "FROM", "F"):
		q.RequestFrom = kept(value)
	case is(name, "TO", "T"):
		q.RequestTo = kept(value)
	case is(name, "VIA", "V"):
		q.RequestPath = via(q.RequestPath, value)
	case is(name, "CALL-ID", "I"):
		q.CallID = kept(value)
	case is(name, "CSEQ", ""):
		q.Seq = kept(value)
	case is(name, "REPLY-TO", ""):
		q.ReplyTo = kept(value)
	case is(name, "SUBJECT", "S"):
		q.Subject = kept(value)
	case is(name, "USER-AGENT", ""):
		q.UserAgent = kept(value)
	case is(name, "CONTENT-LENGTH", "L"):
		q.RequestLen = number(value)
	case is(name, "CONTENT-TYPE", "C"):
		q.ContentType = kept(value)
	case is(name, "AUTHORIZATION", "") || is(name, "PROXY-AUTHORIZATION", ""):
		q.AuthUser = userOf(value)
	}
}

func responseField(q *events.SIP, name, value []byte) {
	switch {
	case is(name, "FROM", "F"):
		q.ResponseFrom = kept(value)
	case is(name, "TO", "T"):
		q.ResponseTo = kept(value)
	case is(name, "VIA", "V"):
		q.ResponsePath = via(q.ResponsePath, value)
	case is(name, "CALL-ID", "I") && q.CallID == "":
		q.CallID = kept(value)
	case is(name, "CSEQ", "") && q.Seq == "":
		q.Seq = kept(value)
	case is(name, "WARNING", ""):
		q.Warning = kept(value)
	case is(name, "CONTENT-LENGTH", "L"):
		q.ResponseLen = number(value)
	case is(name, "CONTENT-TYPE", "C"):
		q.ContentType = kept(value)
	}
}

// via adds a hop without its branch, as Zeek.
func via(list []string, value []byte) []string {
	if len(list) == maxPath {
		return list
	}
	hop, rest, _ := bytes.Cut(value, []byte(";branch="))
	if _, more, ok := bytes.Cut(rest, []byte{';'}); ok {
		hop = append(append(append([]byte(nil), hop...), ';'), more...)
	}
	return append(list, kept(hop))
}

func number(value []byte) uint64 {
	n, _ := strconv.ParseUint(string(value[:min(len(value), 10)]), 10, 32)
	return n
}

// userOf reads the name out of a digest (RFC 7616 section 3.4).
func userOf(value []byte) string {
	_, rest, ok := bytes.Cut(value, []byte(`username="`))
	if !ok {
		return ""
	}
	name, _, _ := bytes.Cut(rest, []byte{'"'})
	return kept(name[:min(len(name), 128)])
}

func contentLength(header []byte) (n uint64) {
	eachField(header, func(name, value []byte) {
		if is(name, "CONTENT-LENGTH", "L") {
			n = number(value)
		}
	})
	return n
}
