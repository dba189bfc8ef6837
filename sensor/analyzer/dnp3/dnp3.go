// Package dnp3 reads DNP3 (IEEE 1815), by which control stations speak with outstations, over TCP and UDP. What comes in is ordered stream bytes or
// datagrams; what goes out is one events.DNP3 for each request and its response. It never reads objects, and holds no more than a frame.
package dnp3

import (
	"encoding/binary"
	"strconv"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

// Spec declares the analyzer.
var Spec = analyzer.Spec{
	Name:  "dnp3",
	Over:  analyzer.TCP | analyzer.UDP,
	Ports: []uint16{20000},
	Probe: probe,
	New:   func(c *analyzer.Conversation) analyzer.Analyzer { return &reader{conv: c} },
}

// A link frame: two start bytes, length, control, destination, source, check; then blocks of at most 16 bytes with a check of two each.
const (
	linkLen  = 10
	blockLen = 16
	checkLen = 2
	minCount = 5 // of the length field: control and addresses
)

type reader struct {
	conv      *analyzer.Conversation
	confirmed bool
	waits     *events.DNP3
}

// probe wants the start bytes, a length that can be, and a right check.
func probe(_ flow.Dir, head []byte, _ bool) analyzer.Verdict {
	for i, c := range [...]byte{0x05, 0x64} {
		if i < len(head) && head[i] != c {
			return analyzer.No
		}
	}
	switch {
	case len(head) < linkLen:
		return analyzer.Maybe
	case head[2] < minCount || check(head[:8]) != binary.LittleEndian.Uint16(head[8:]):
		return analyzer.No
	}
	return analyzer.Yes
}

// check is the CRC of DNP3 (IEEE 1815 annex E): polynomial 0x3D65 reversed, inverted at the end.
func check(b []byte) uint16 {
	crc := uint16(0)
	for _, c := range b {
		crc ^= uint16(c)
		for range 8 {
			if crc&1 != 0 {
				crc = crc>>1 ^ 0xa6bc
			} else {
				crc >>= 1
			}
		}
	}
	return ^crc
}

// Feed reads frames.
func (r *reader) Feed(c stream.Chunk) (n int, err error) {
	for len(c.Data)-n >= linkLen {
		b := c.Data[n:]
		if b[0] != 0x05 || b[1] != 0x64 || b[2] < minCount {
			return n, analyzer.ErrNotMine
		}
		user := int(b[2]) - minCount
		size := linkLen + user + (user+blockLen-1)/blockLen*checkLen
		if len(b) < size {
			return n, nil
		}
		r.frame(c, b[linkLen:size], user)
		n += size
	}
	return n, nil
}

// frame reads the transport byte and the application's header, which stand in the first block of a message's first frame.
func (r *reader) frame(c stream.Chunk, b []byte, user int) {
	const first = 0x40
	if user < 3 || len(b) < 3 || b[0]&first == 0 {
		return
	}
	if !r.confirmed {
		r.confirmed = true
		r.conv.Confirm("")
	}
	if code := b[2]; code < 128 {
		r.request(code, events.Time(c.Time))
	} else if user >= 5 && len(b) >= 5 {
		r.response(code, uint64(binary.BigEndian.Uint16(b[3:])), events.Time(c.Time))
	}
}

func (r *reader) request(code byte, at events.Time) {
	if r.waits == nil {
		r.waits = &events.DNP3{}
	}
	r.waits.TS, r.waits.FCRequest = at, name(code)
}

func (r *reader) response(code byte, iin uint64, at events.Time) {
	d := r.waits
	if d == nil {
		d = &events.DNP3{}
		d.TS = at
	}
	d.FCReply, d.IIN = name(code), &iin
	r.waits = nil
	r.conv.Emit(d)
}

// Gap loses the place.
func (r *reader) Gap(flow.Dir, int) error { return analyzer.ErrDone }

// Close tells of a request without a response; a confirmation (0) wants none.
func (r *reader) Close() {
	if r.waits != nil && r.waits.FCRequest != names[0] {
		r.conv.Emit(r.waits)
	}
	r.waits = nil
}

// names of the function codes, as Zeek has them.
var names = [...]string{
	"CONFIRM", "READ", "WRITE", "SELECT", "OPERATE", "DIRECT_OPERATE", "DIRECT_OPERATE_NR", "IMMED_FREEZE", "IMMED_FREEZE_NR", "FREEZE_CLEAR",
	"FREEZE_CLEAR_NR", "FREEZE_AT_TIME", "FREEZE_AT_TIME_NR", "COLD_RESTART", "WARM_RESTART", "INITIALIZE_DATA", "INITIALIZE_APPL", "START_APPL",
	"STOP_APPL", "SAVE_CONFIG", "ENABLE_UNSOLICITED", "DISABLE_UNSOLICITED", "ASSIGN_CLASS", "DELAY_MEASURE", "RECORD_CURRENT_TIME", "OPEN_FILE",
	"CLOSE_FILE", "DELETE_FILE", "GET_FILE_INFO", "AUTHENTICATE_FILE", "ABORT_FILE", "ACTIVATE_CONFIG", "AUTHENTICATE_REQ", "AUTHENTICATE_ERR",
}

func name(code byte) string {
	switch {
	case int(code) < len(names):
		return names[code]
	case code == 129:
		return "RESPONSE"
	case code == 130:
		return "UNSOLICITED_RESPONSE"
	case code == 131:
		return "AUTHENTICATE_RESP"
	}
	return "unknown-" + strconv.Itoa(int(code))
}
