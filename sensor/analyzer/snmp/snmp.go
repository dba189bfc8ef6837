// Package snmp reads SNMP, versions 1, 2c and 3, over UDP (RFC 1157, 3416, 3412). What comes in is datagrams; what goes out is one events.SNMP for
// each conversation. It never keeps a community that not everybody knows, and holds nothing but counts.
package snmp

import (
	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/ber"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

// Spec declares the analyzer.
var Spec = analyzer.Spec{
	Name:  "snmp",
	Over:  analyzer.UDP,
	Ports: []uint16{161, 162},
	Probe: probe,
	New:   func(c *analyzer.Conversation) analyzer.Analyzer { return &reader{conv: c} },
}

// Kinds of PDUs (RFC 3416 section 3; RFC 1157 for the old trap).
const (
	get      = 0xa0
	getNext  = 0xa1
	response = 0xa2
	set      = 0xa3
	oldTrap  = 0xa4
	getBulk  = 0xa5
	inform   = 0xa6
	trap     = 0xa7
	report   = 0xa8
)

const (
	version1 = 0
	version2 = 1
	version3 = 3

	// maxVariables bounds how many of a message are counted; a datagram has room for more only if they say nothing.
	maxVariables = 4096
	maxText      = 256
)

// message is what is read of one datagram.
type message struct {
	version   int64
	community []byte
	kind      byte   // 0 where it is encrypted
	pdu       []byte // its content
}

type reader struct {
	conv        *analyzer.Conversation
	began, last events.Time
	record      events.SNMP
	asked       byte // what the latest message asked for
}

// Feed takes a datagram.
func (r *reader) Feed(c stream.Chunk) (n int, err error) {
	m, ok := parse(c.Data)
	if !ok {
		return len(c.Data), nil
	}
	if r.last = events.Time(c.Time); r.record.Version == "" {
		r.began, r.record.Version = r.last, versionName(m.version)
		r.conv.Confirm("")
	}
	known := wellKnown(m.community)
	if r.record.Community == "" && known != "" {
		r.record.Community = known
	}
	r.count(m, known != "")
	return len(c.Data), nil
}

// count adds a message up.
func (r *reader) count(m message, known bool) {
	if m.kind == 0 {
		return
	}
	status, variables := opened(m)
	n := r.variables(variables, m.kind == response)
	switch m.kind {
	case get, getNext:
		r.record.GetRequests += n
	case getBulk:
		r.record.GetBulkRequests += n
	case set:
		r.record.SetRequests += n
	case response:
		r.record.GetResponses += n
		if known && n > 0 && status == 0 && r.asked != inform {
			r.record.DefaultAnswers++
			if r.asked == set {
				r.record.DefaultWrites++
			}
		}
	}
	r.asked = m.kind
}

// opened reads the error that a PDU reports, and cuts out its variables. The old trap has other fields and is not looked into.
func opened(m message) (status int64, variables []byte) {
	if m.kind == oldTrap {
		return 0, nil
	}
	_, b, ok := ber.TakeInt(m.pdu, ber.Integer)
	if !ok {
		return 0, nil
	}
	status, b, _ = ber.TakeInt(b, ber.Integer)
	_, b, _ = ber.TakeInt(b, ber.Integer)
	variables, _, _ = ber.Take(b, ber.Sequence)
	return status, variables
}

// sysDescr is 1.3.6.1.2.1.1.1.0: what an agent says of itself.
const sysDescr = "\x2b\x06\x01\x02\x01\x01\x01\x00"

// variables counts them, and keeps an agent's description.
func (r *reader) variables(b []byte, answered bool) (n uint64) {
	for n < maxVariables {
		one, rest, ok := ber.Take(b, ber.Sequence)
		if !ok {
			return n
		}
		n, b = n+1, rest
		if !answered || r.record.DisplayString != "" {
			continue
		}
		if id, value, ok := ber.Take(one, ber.OID); ok && string(id) == sysDescr {
			text, _, _ := ber.Take(value, ber.Octets)
			r.record.DisplayString = analyzer.Text(text[:min(len(text), maxText)])
		}
	}
	return n
}

// Gap is of streams only.
func (r *reader) Gap(flow.Dir, int) error { return nil }

// Close tells of the conversation.
func (r *reader) Close() {
	if r.record.Version == "" {
		return
	}
	m := r.record
	m.TS, m.Duration = r.began, events.Interval(r.last-r.began)
	r.conv.Emit(&m)
}

// probe wants a whole message: version, community or the header of version 3, and a kind of PDU that there is.
func probe(_ flow.Dir, head []byte, hinted bool) analyzer.Verdict {
	if whole, state := ber.ReadHead(head); hinted && state == ber.Whole && whole.End() > uint64(len(head)) {
		return begun(head[whole.Len:])
	}
	if _, ok := parse(head); ok {
		return analyzer.Yes
	}
	return analyzer.No
}

// begun judges a datagram that is longer than what a probe is shown.
func begun(b []byte) analyzer.Verdict {
	version, b, ok := ber.TakeInt(b, ber.Integer)
	if !ok || versionName(version) == "" || len(b) == 0 {
		return analyzer.No
	}
	if version == version3 {
		if b[0] == ber.Sequence {
			return analyzer.Yes
		}
		return analyzer.No
	}
	if _, b, ok = ber.Take(b, ber.Octets); ok && len(b) > 0 && b[0] >= get && b[0] <= report {
		return analyzer.Yes
	}
	return analyzer.No
}

func versionName(v int64) string {
	switch v {
	case version1:
		return "1"
	case version2:
		return "2c"
	case version3:
		return "3"
	}
	return ""
}

// parse reads a datagram down to its PDU.
func parse(b []byte) (m message, ok bool) {
	b, _, ok = ber.Take(b, ber.Sequence)
	if !ok {
		return m, false
	}
	m.version, b, ok = ber.TakeInt(b, ber.Integer)
	switch {
	case !ok || versionName(m.version) == "":
		return m, false
	case m.version == version3:
		return parse3(m, b)
	}
	if m.community, b, ok = ber.Take(b, ber.Octets); !ok {
		return m, false
	}
	m.kind, m.pdu, _, ok = ber.Next(b)
	return m, ok && m.kind >= get && m.kind <= report
}

// parse3 reads what version 3 has in the community's place: header, security parameters, and a scoped PDU that may be encrypted.
func parse3(m message, b []byte) (_ message, ok bool) {
	header, b, ok := ber.Take(b, ber.Sequence)
	if !ok {
		return m, false
	}
	if _, _, ok = ber.TakeInt(header, ber.Integer); !ok {
		return m, false
	}
	if _, b, ok = ber.Take(b, ber.Octets); !ok {
		return m, false
	}
	if _, _, sealed := ber.Take(b, ber.Octets); sealed {
		return m, true
	}
	scoped, _, ok := ber.Take(b, ber.Sequence)
	if !ok {
		return m, false
	}
	_, scoped, _ = ber.Take(scoped, ber.Octets)
	_, scoped, _ = ber.Take(scoped, ber.Octets)
	m.kind, m.pdu, _, ok = ber.Next(scoped)
	return m, ok && m.kind >= get && m.kind <= report
}

// wellKnown gives a community's name where it is one that devices come with, and that every scanner tries first.
func wellKnown(community []byte) string {
	for _, name := range [...]string{
		"public", "private", "community", "cisco", "manager", "admin", "default", "snmp", "snmpd", "write", "read", "monitor", "security", "secret", "system",
		"test", "guest", "tivoli", "openview", "ILMI", "cable-docsis", "0392a0", "rmon", "rmon_admin", "hp_admin", "internal", "all private", "mngt", "PUBLIC", "Public", "PRIVATE", "Private",
	} {
		if string(community) == name {
			return name
		}
	}
	return ""
}
