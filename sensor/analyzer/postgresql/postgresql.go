// Package postgresql reads PostgreSQL's protocol, version 3 (PostgreSQL's documentation, "Frontend/Backend Protocol"). What comes in is ordered
// stream bytes; what goes out is one events.PostgreSQL for each log-in and each thing asked, one events.Login for each log-in, and the turn
// to TLS. It never keeps a password or a row, and holds no more than the beginning of a message.
package postgresql

import (
	"bytes"
	"encoding/binary"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/sqltext"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

// Spec declares the analyzer.
var Spec = analyzer.Spec{
	Name:  "postgresql",
	Over:  analyzer.TCP,
	Ports: []uint16{5432, 5433, 6432},
	Probe: probe,
	New:   func(c *analyzer.Conversation) analyzer.Analyzer { return &reader{conv: c} },
}

const (
	headerLen  = 5       // a byte of type, four of length
	maxKept    = 1024    // of a message's beginning that is read
	maxText    = 512     // of a query that a record keeps
	maxName    = 128     // of a user, a database
	maxStartup = 10_000  // as the server has it
	maxMessage = 1 << 30 // as the server has it

	version3   = 3 << 16
	askCancel  = 1234<<16 | 5678
	askTLS     = 1234<<16 | 5679
	askGSS     = 1234<<16 | 5680
	startupLen = 8
)

// phase is where the conversation stands.
type phase uint8

const (
	unknown phase = iota // nothing was read yet
	asked                // the client asked for encryption, one byte answers
	proving              // between startup and the end of the authentication
	ready                // messages, also of a conversation that was begun before the capture
)

type reader struct {
	conv      *analyzer.Conversation
	phase     phase
	confirmed bool
	skip      [2]int
	mechanism string
	clear     bool
	login     events.PostgreSQL // the startup's
	proved    bool              // the log-in is told when the server is ready, with its version
	waits     *events.PostgreSQL
	statement string // of the latest Parse
}

// Feed reads messages.
func (r *reader) Feed(c stream.Chunk) (n int, err error) {
	for n < len(c.Data) {
		rest := c.Data[n:]
		if some := min(r.skip[c.Dir], len(rest)); some > 0 {
			r.skip[c.Dir] -= some
			n += some
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

// next reads one message; 0 bytes used says that more is needed.
func (r *reader) next(c stream.Chunk, b []byte) (n int, err error) {
	if r.phase == asked && c.Dir == flow.Resp {
		return r.agreed(b[0])
	}
	if c.Dir == flow.Orig && r.phase <= asked && b[0] == 0 {
		return r.opening(b, events.Time(c.Time))
	}
	if len(b) < headerLen {
		return 0, nil
	}
	size := int(binary.BigEndian.Uint32(b[1:])) - 4
	if size < 0 || size > maxMessage || !known(c.Dir, b[0]) {
		return 0, analyzer.ErrNotMine
	}
	keep := min(size, maxKept)
	if len(b) < headerLen+keep {
		return 0, nil
	}
	if r.phase != proving {
		r.phase = ready
	}
	r.skip[c.Dir] = size - keep
	body := b[headerLen : headerLen+keep]
	if c.Dir == flow.Orig {
		r.client(b[0], body, events.Time(c.Time))
	} else {
		r.server(b[0], body, size)
	}
	return headerLen + keep, nil
}

// known are the types of messages of either side.
func known(d flow.Dir, kind byte) bool {
	if d == flow.Orig {
		return bytes.IndexByte([]byte("QPBECDSHFXpdcf"), kind) >= 0
	}
	return bytes.IndexByte([]byte("RKSZTDCEIN123AtnsGHWdcVv"), kind) >= 0
}

// opening reads what has no type: the startup, or a wish for encryption.
func (r *reader) opening(b []byte, at events.Time) (n int, err error) {
	if len(b) < startupLen {
		return 0, nil
	}
	size, code := int(binary.BigEndian.Uint32(b)), binary.BigEndian.Uint32(b[4:])
	if size < startupLen || size > maxStartup {
		return 0, analyzer.ErrNotMine
	}
	if len(b) < size {
		return 0, nil
	}
	switch {
	case code == askTLS || code == askGSS:
		r.phase = asked
		r.confirm()
	case code == askCancel:
		r.confirm()
		return size, analyzer.ErrDone
	case code>>16 == version3>>16:
		r.startup(b[startupLen:size], at)
	default:
		return 0, analyzer.ErrNotMine
	}
	return size, nil
}

// agreed reads the server's answer to a wish for encryption.
func (r *reader) agreed(answer byte) (n int, err error) {
	switch answer {
	case 'S':
		return 1, analyzer.ErrHandOver
	case 'G':
		return 1, analyzer.ErrDone
	case 'N':
		r.phase = unknown
		return 1, nil
	}
	return 0, analyzer.ErrDone // a server of old that took it for an error
}

// startup reads pairs of names and values.
func (r *reader) startup(b []byte, at events.Time) {
	r.phase, r.mechanism, r.clear, r.proved = proving, "trust", false, false
	r.login = events.PostgreSQL{Frontend: "startup"}
	r.login.TS = at
	for len(b) > 1 {
		name, rest, ok := bytes.Cut(b, []byte{0})
		value, rest, also := bytes.Cut(rest, []byte{0})
		if !ok || !also {
			break
		}
		switch string(name) {
		case "user":
			r.login.User = kept(value, maxName)
		case "database":
			r.login.Database = kept(value, maxName)
		case "application_name":
			r.login.ApplicationName = kept(value, maxName)
		}
		b = rest
	}
}

// client reads a message of the client. What is asked counts as one thing up to the moment when the server is ready again.
func (r *reader) client(kind byte, b []byte, at events.Time) {
	switch kind {
	case 'Q':
		r.flush()
		r.begin("simple_query", kept(sqltext.Discreet(untilZero(b)), maxText), at)
	case 'P': // the statement's name, and its text
		_, query, _ := bytes.Cut(b, []byte{0})
		r.statement = kept(sqltext.Discreet(untilZero(query)), maxText)
	case 'E':
		if r.waits == nil {
			r.begin("execute", r.statement, at)
		}
	case 'X':
		r.flush()
	}
}

func (r *reader) begin(frontend, arg string, at events.Time) {
	r.waits = &events.PostgreSQL{
		User: r.login.User, Database: r.login.Database, ApplicationName: r.login.ApplicationName, Frontend: frontend, FrontendArg: arg,
	}
	r.waits.TS = at
}

// Gap loses the place.
func (r *reader) Gap(flow.Dir, int) error { return analyzer.ErrDone }

// Close tells of what is under way.
func (r *reader) Close() {
	if r.phase == proving {
		r.ended(r.login.Success)
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

func untilZero(b []byte) []byte {
	b, _, _ = bytes.Cut(b, []byte{0})
	return b
}

func kept(b []byte, most int) string { return analyzer.Text(b[:min(len(b), most)]) }
