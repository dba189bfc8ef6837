// Package syslog reads syslog messages (RFC 3164, RFC 5424) over UDP. What comes in is datagrams; what goes out is one events.Syslog each. It never
// reads what a message says, and keeps nothing.
package syslog

import (
	"strconv"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

// Spec declares the analyzer.
var Spec = analyzer.Spec{
	Name:  "syslog",
	Over:  analyzer.UDP,
	Ports: []uint16{514},
	Probe: probe,
	New:   func(c *analyzer.Conversation) analyzer.Analyzer { return &reader{conv: c} },
}

const (
	maxMessage  = 512 // of a message that a record keeps
	unspecified = "UNSPECIFIED"
)

// facilities and severities by their number, RFC 5424 section 6.2.1, as Zeek names them.
var (
	facilities = [...]string{
		"KERN", "USER", "MAIL", "DAEMON", "AUTH", "SYSLOG", "LPR", "NEWS", "UUCP", "CRON", "AUTHPRIV", "FTP", "NTP", "AUDIT", "ALERT", "CLOCK",
		"LOCAL0", "LOCAL1", "LOCAL2", "LOCAL3", "LOCAL4", "LOCAL5", "LOCAL6", "LOCAL7",
	}
	severities = [...]string{"EMERG", "ALERT", "CRIT", "ERR", "WARNING", "NOTICE", "INFO", "DEBUG"}
)

type reader struct {
	conv      *analyzer.Conversation
	confirmed bool
}

// probe takes what is text on syslog's own port; RFC 3164 section 4.3.3 allows any, also without a priority. Elsewhere nothing is certain.
func probe(_ flow.Dir, head []byte, hinted bool) analyzer.Verdict {
	if !hinted || len(head) == 0 {
		return analyzer.No
	}
	for _, c := range head[:min(len(head), 16)] {
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' || c == 0x7f {
			return analyzer.No
		}
	}
	return analyzer.Yes
}

// Feed takes a datagram.
func (r *reader) Feed(c stream.Chunk) (n int, err error) {
	if !r.confirmed {
		r.confirmed = true
		r.conv.Confirm("")
	}
	facility, severity, rest := priority(c.Data)
	s := &events.Syslog{Proto: "udp", Facility: facility, Severity: severity, Message: analyzer.Text(rest[:min(len(rest), maxMessage)])}
	s.TS = events.Time(c.Time)
	r.conv.Emit(s)
	return len(c.Data), nil
}

// priority reads <NNN>, RFC 5424 section 6.2.1.
func priority(b []byte) (facility, severity string, rest []byte) {
	end := 1
	for end < len(b) && end < 5 && b[end] >= '0' && b[end] <= '9' {
		end++
	}
	if len(b) < 3 || b[0] != '<' || end == 1 || end >= len(b) || b[end] != '>' {
		return unspecified, unspecified, b
	}
	n, _ := strconv.Atoi(string(b[1:end]))
	if n>>3 >= len(facilities) {
		return unspecified, unspecified, b
	}
	return facilities[n>>3], severities[n&7], b[end+1:]
}

// Gap is of streams only.
func (r *reader) Gap(flow.Dir, int) error { return nil }

// Close has nothing to tell.
func (r *reader) Close() {}
