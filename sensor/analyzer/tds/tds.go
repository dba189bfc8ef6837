// Package tds reads the Tabular Data Stream of SQL Server (MS-TDS). What comes in is ordered stream bytes; what goes out is one events.TDS for
// each log-in and each thing asked, and one events.Login for each log-in. TLS that travels inside, as SQL Server does it, is recognised. It
// never keeps a password or a row, and holds no more than the beginning of a packet.
package tds

import (
	"encoding/binary"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

// Spec declares the analyzer.
var Spec = analyzer.Spec{
	Name:  "tds",
	Over:  analyzer.TCP,
	Ports: []uint16{1433, 1434, 14330},
	Probe: probe,
	New:   func(c *analyzer.Conversation) analyzer.Analyzer { return &reader{conv: c} },
}

const (
	headerLen  = 8       // type, status, length, process, number, window
	tlsLen     = 5       // type, version, length of a TLS record
	sessionLen = 16      // of MARS, in front of a packet
	maxKept    = 4096    // of a packet's beginning that is read
	maxText    = 512     // of a query that a record keeps
	maxName    = 128     // of a user, a database
	maxPacket  = 1 << 15 // MS-TDS 2.2.6.4
	doneLen    = 13      // of the token that ends a result, the longest form
)

// Types of packets (MS-TDS 2.2.3.1.1).
const (
	typeBatch       = 0x01
	typeRPC         = 0x03
	typeResult      = 0x04
	typeAttention   = 0x06
	typeBulk        = 0x07
	typeFederated   = 0x08
	typeTransaction = 0x0e
	typeLogin       = 0x10
	typeSSPI        = 0x11
	typePrelogin    = 0x12
	typeSession     = 0x53 // MARS (MC-SMP)

	endOfMessage = 0x01
)

type reader struct {
	conv      *analyzer.Conversation
	confirmed bool
	skip      [2]int
	within    [2]bool // a message whose end is still to come
	last      bool    // the server's packet under way ends its message
	greeting  bool    // the server's next message answers a prelogin
	tls       bool
	proving   bool // a log-in is under way
	version   string
	login     events.TDS
	mechanism string
	waits     *events.TDS
	tail      [doneLen]byte // of the server's message
	tailLen   int
}

// Feed reads packets.
func (r *reader) Feed(c stream.Chunk) (n int, err error) {
	for n < len(c.Data) {
		rest := c.Data[n:]
		if some := min(r.skip[c.Dir], len(rest)); some > 0 {
			r.passed(c.Dir, rest[:some])
			r.skip[c.Dir] -= some
			n += some
			r.ends(c.Dir)
			continue
		}
		used, err := r.next(c, rest)
		n += used
		if err != nil || used == 0 {
			return n, err
		}
	}
	return n, nil
}

// next reads the beginning of one packet; 0 bytes used says that more is needed.
func (r *reader) next(c stream.Chunk, b []byte) (n int, err error) {
	switch {
	case b[0] >= 0x14 && b[0] <= 0x17:
		return r.sealed(c, b)
	case len(b) < headerLen:
		return 0, nil
	case b[0] == typeSession:
		if len(b) < sessionLen {
			return 0, nil
		}
		return sessionLen, nil
	}
	size := int(binary.BigEndian.Uint16(b[2:])) - headerLen
	if size < 0 || size > maxPacket || !known(c.Dir, b[0]) {
		return 0, analyzer.ErrNotMine
	}
	keep := min(size, maxKept)
	if len(b) < headerLen+keep {
		return 0, nil
	}
	first, last := !r.within[c.Dir], b[1]&endOfMessage != 0
	r.within[c.Dir], r.skip[c.Dir] = !last, size-keep
	body := b[headerLen : headerLen+keep]
	if c.Dir == flow.Orig {
		r.client(b[0], body, first, events.Time(c.Time))
		return headerLen + keep, nil
	}
	r.last = last
	r.passed(c.Dir, body)
	r.server(b[0], body, size, first)
	r.ends(c.Dir)
	return headerLen + keep, nil
}

// known are the types of packets of either side.
func known(d flow.Dir, kind byte) bool {
	if d == flow.Resp {
		return kind == typeResult || kind == typePrelogin
	}
	switch kind {
	case typeBatch, typeRPC, typeAttention, typeBulk, typeFederated, typeTransaction, typeLogin, typeSSPI, typePrelogin:
		return true
	}
	return false
}

// sealed passes over a TLS record that stands where a packet should: the client's log-in. From the server it says that all is encrypted.
func (r *reader) sealed(c stream.Chunk, b []byte) (n int, err error) {
	if len(b) < tlsLen {
		return 0, nil
	}
	if !r.tls || b[1] != 3 {
		return 0, analyzer.ErrNotMine
	}
	if c.Dir == flow.Resp {
		r.proving = false
		return 0, analyzer.ErrDone
	}
	if !r.proving {
		r.login = events.TDS{Command: "login"}
		r.login.TS = events.Time(c.Time)
		r.proving, r.mechanism = true, ""
	}
	r.skip[c.Dir] = int(binary.BigEndian.Uint16(b[3:]))
	return tlsLen, nil
}

// passed keeps the last bytes of what the server says: they tell how it ended.
func (r *reader) passed(d flow.Dir, b []byte) {
	if d != flow.Resp {
		return
	}
	if len(b) >= doneLen {
		r.tailLen = copy(r.tail[:], b[len(b)-doneLen:])
		return
	}
	old := min(r.tailLen, doneLen-len(b))
	copy(r.tail[:], r.tail[r.tailLen-old:r.tailLen])
	r.tailLen = old + copy(r.tail[old:], b)
}

// ends looks whether a message of the server is whole now.
func (r *reader) ends(d flow.Dir) {
	if d != flow.Resp || !r.last || r.skip[d] > 0 {
		return
	}
	r.last, r.greeting = false, false
	if r.waits != nil && r.waits.ResultBytes > 0 {
		r.done()
		r.flush()
	}
	r.tailLen = 0
}

// Gap loses the place.
func (r *reader) Gap(flow.Dir, int) error { return analyzer.ErrDone }

// Close tells of what is under way.
func (r *reader) Close() {
	if r.proving && r.confirmed {
		r.proved(nil)
	}
	r.flush()
}

func (r *reader) flush() {
	if r.waits != nil {
		r.conv.Emit(r.waits)
		r.waits = nil
	}
}

func (r *reader) confirm() {
	if !r.confirmed {
		r.confirmed = true
		r.conv.Confirm("")
	}
}
