// Package ntp reads the Network Time Protocol, versions 1 to 4 (RFC 5905, RFC 1305, RFC 1119), and its control and private messages
// (modes 6 and 7) by their header. What comes in is datagrams; what goes out is one events.NTP a message. It never checks a
// message's authenticity, never reads extension fields beyond counting them, and corrects no clock.
package ntp

import (
	"encoding/binary"
	"net/netip"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

// Spec declares the analyzer.
var Spec = analyzer.Spec{
	Name:  "ntp",
	Over:  analyzer.UDP,
	Ports: []uint16{123},
	Probe: probe,
	New:   open,
}

// Modes (RFC 5905 section 7.3).
const (
	modeClient  = 3
	modeServer  = 4
	modeControl = 6
	modePrivate = 7
)

const (
	packetLen  = 48 // RFC 5905 section 7.3, without extension fields and MAC
	controlLen = 12 // RFC 9327 section 2
	privateLen = 8  // ntpd's ntp_request.h
	maxStratum = 16 // RFC 5905 section 7.3; the rest is reserved
	maxPoll    = 17 // RFC 5905 section 7.3, MAXPOLL
)

// reader is one conversation's analyzer.
type reader struct {
	conv      *analyzer.Conversation
	confirmed bool
}

func open(c *analyzer.Conversation) analyzer.Analyzer { return &reader{conv: c} }

func version(b []byte) uint8 { return b[0] >> 3 & 7 }
func mode(b []byte) uint8    { return b[0] & 7 }

// probe believes the header on port 123. Elsewhere only version 3 and 4's plain exchange counts, with sane fields: one byte of
// version and mode is too little to go by.
func probe(_ flow.Dir, head []byte, hinted bool) analyzer.Verdict {
	switch {
	case !fits(head, len(head)):
		return analyzer.No
	case hinted:
		return analyzer.Yes
	case len(head) != packetLen || version(head) < 3 || head[1] > maxStratum || head[2] > maxPoll:
		return analyzer.No
	}
	transmit := binary.BigEndian.Uint64(head[40:])
	if transmit == 0 || head[0]>>6 == 3 && mode(head) == modeServer {
		return analyzer.No
	}
	precise := int8(head[3]) <= 0
	if m := mode(head); (m == modeClient || m == modeServer && head[1] > 0) && precise {
		return analyzer.Yes
	}
	return analyzer.No
}

// fits says that the version exists and that the wire bytes are enough for the mode; b is what was captured of them.
func fits(b []byte, wire int) bool {
	if len(b) == 0 || version(b) == 0 || version(b) > 4 {
		return false
	}
	switch m := mode(b); {
	case m == 0:
		return version(b) == 1 && wire >= packetLen // RFC 1059 had no modes
	case m == modeControl:
		return wire >= controlLen
	case m == modePrivate:
		return wire >= privateLen
	}
	return wire >= packetLen && (len(b) < 2 || b[1] <= maxStratum)
}

// Feed takes one datagram.
func (r *reader) Feed(c stream.Chunk) (int, error) {
	if !fits(c.Data, max(c.Wire, len(c.Data))) {
		if !r.confirmed {
			return 0, analyzer.ErrNotMine
		}
		r.conv.Weird("ntp_malformed", "")
		return len(c.Data), nil
	}
	if !r.confirmed {
		r.confirmed = true
		r.conv.Confirm("")
	}
	rec := &events.NTP{Version: version(c.Data), Mode: mode(c.Data)}
	rec.TS = events.Time(c.Time)
	if rec.Mode < modeControl {
		fill(rec, c.Data)
	}
	r.conv.Emit(rec)
	return len(c.Data), nil
}

// fill reads a time message. Of one that the capture cut, the fields beyond the cut are zero, as unset ones are on the wire.
func fill(rec *events.NTP, b []byte) {
	var p [packetLen]byte
	copy(p[:], b)
	be := binary.BigEndian
	rec.Stratum = p[1]
	rec.Poll = power(int8(p[2]))
	rec.Precision = power(int8(p[3]))
	rec.RootDelay = short(int64(int32(be.Uint32(p[4:])))) // signed in RFC 1305
	rec.RootDisp = short(int64(be.Uint32(p[8:])))
	rec.RefID = refID(rec.Stratum, [4]byte(p[12:16]))
	rec.RefTime = timestamp(be.Uint64(p[16:]))
	rec.OrgTime = timestamp(be.Uint64(p[24:]))
	rec.RecTime = timestamp(be.Uint64(p[32:]))
	rec.XmtTime = timestamp(be.Uint64(p[40:]))
	if len(b) > packetLen && rec.Version == 4 {
		rec.NumExts = extensions(b[packetLen:])
	}
}

// power is 2^n seconds, held to what an Interval can say: 2^33 s are 272 years, 2^-30 s a nanosecond.
func power(n int8) events.Interval {
	const second = 1e9
	switch {
	case n >= 0:
		return second << min(n, 33)
	default:
		return second >> min(-int(n), 30)
	}
}

// short turns NTP's short format (16.16 seconds) into nanoseconds.
func short(v int64) events.Interval { return events.Interval(v * 1e9 >> 16) }

// timestamp turns NTP's 32.32 seconds since 1900 into ours. Zero is "unknown" and stays zero; a second count whose top bit is
// clear is of the era that begins in 2036 (RFC 4330 section 3).
func timestamp(v uint64) events.Time {
	if v == 0 {
		return 0
	}
	const toUnix = 2208988800 // seconds from 1900 to 1970
	seconds, fraction := int64(v>>32), v&0xffffffff
	if seconds < 1<<31 {
		seconds += 1 << 32
	}
	return events.Time((seconds-toUnix)*1e9 + int64(fraction*1e9>>32))
}

// refID is a kiss code or a clock's name for strata 0 and 1, and the server's IPv4 address above (of an IPv6 server, four bytes of
// a hash in that form).
func refID(stratum uint8, id [4]byte) string {
	if id == ([4]byte{}) && stratum < 2 {
		return ""
	}
	if stratum >= 2 {
		return netip.AddrFrom4(id).String()
	}
	const hexDigits = "0123456789abcdef"
	var s strings.Builder
	for _, c := range strings.TrimRight(string(id[:]), "\x00") {
		if c >= ' ' && c < 0x7f {
			s.WriteRune(c)
		}
	}
	if s.Len() == 0 {
		for _, c := range id {
			s.WriteString(`\x`)
			s.WriteByte(hexDigits[c>>4])
			s.WriteByte(hexDigits[c&15])
		}
	}
	return s.String()
}

// extensions counts the extension fields (RFC 7822): at least 16 bytes each, the last of 28 where no MAC follows; what is shorter is
// the MAC.
func extensions(b []byte) (n uint8) {
	const minField, maxMAC = 16, 24
	for len(b) > maxMAC && n < 255 {
		size := int(binary.BigEndian.Uint16(b[2:]))
		if size < minField || size%4 != 0 || size > len(b) {
			return n
		}
		n++
		b = b[size:]
	}
	return n
}

// Gap has no meaning for datagrams.
func (r *reader) Gap(flow.Dir, int) error { return nil }

// Close has nothing left to say.
func (r *reader) Close() {}
