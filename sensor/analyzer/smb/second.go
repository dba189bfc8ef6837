package smb

import (
	"encoding/binary"

	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/msrpc"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
)

// The commands of SMB 2 that are looked at ([MS-SMB2] 2.2.1).
const (
	negotiate2      = 0x00
	sessionSetup2   = 0x01
	logoff2         = 0x02
	treeConnect2    = 0x03
	treeDisconnect2 = 0x04
	create2         = 0x05
	close2          = 0x06
	read2           = 0x08
	write2          = 0x09
	ioctl2          = 0x0b
	setInfo2        = 0x11
)

// Flags of a header.
const (
	flagResponse = 0x01
	flagAsync    = 0x02
	flagRelated  = 0x04
)

// The statuses that are no refusal ([MS-ERREF] 2.3.1).
const (
	statusPending        = 0x00000103
	statusBufferOverflow = 0x80000005 // there is more to read
	statusMoreProcessing = 0xc0000016
	statusAccessDenied   = 0xc0000022
)

// message is one command or answer, as far as it is looked at.
type message struct {
	b        []byte // header and what follows
	size     uint64 // of all of it
	dir      flow.Dir
	side     *side
	command  uint16
	status   uint32
	flags    uint32
	id       uint64
	tree     uint32
	session  uint64
	response bool
}

// chain is what a related command takes from the one before it in its frame.
type chain struct {
	session uint64
	tree    uint32
	create  uint64 // message id of the latest create
}

// le reads little-endian numbers; what lies outside is zero.
type le []byte

func (b le) u8(at int) byte {
	if at < 0 || at >= len(b) {
		return 0
	}
	return b[at]
}

func (b le) u16(at int) uint16 {
	if at < 0 || at+2 > len(b) {
		return 0
	}
	return binary.LittleEndian.Uint16(b[at:])
}

func (b le) u32(at int) uint32 {
	if at < 0 || at+4 > len(b) {
		return 0
	}
	return binary.LittleEndian.Uint32(b[at:])
}

func (b le) u64(at int) uint64 {
	if at < 0 || at+8 > len(b) {
		return 0
	}
	return binary.LittleEndian.Uint64(b[at:])
}

func (b le) file(at int) (f fileID) {
	copy(f[:], b[min(at, len(b)):])
	return f
}

// second takes a message of SMB 2 or 3.
func (r *reader) second(s *side, d flow.Dir, b []byte) (int, error) {
	if s.left < minHeader2 {
		return r.stray(s, b)
	}
	if len(b) < minHeader2 {
		return 0, nil
	}
	h := le(b)
	if h.u16(4) != minHeader2 {
		return r.stray(s, b)
	}
	m := message{
		size: s.left, dir: d, side: s, command: h.u16(12), status: h.u32(8), flags: h.u32(16), id: h.u64(24), tree: h.u32(36), session: h.u64(40),
	}
	m.response = m.flags&flagResponse != 0
	if next := uint64(h.u32(20)); next >= minHeader2 && next < s.left && next%8 == 0 {
		m.size = next
	}
	n := int(min(m.size, want2(&m)))
	if len(b) < n {
		return 0, nil
	}
	m.b = b[:n]
	r.confirm()
	r.relate(&m)
	s.left -= m.size
	s.inner = s.left > 0
	r.take2(&m)
	s.tail = m.size - uint64(n) - s.pad - s.data
	return n, nil
}

// want2 is how much of a message is looked at.
func want2(m *message) uint64 {
	switch m.command {
	case negotiate2, sessionSetup2, treeConnect2, create2, setInfo2:
		return maxCommand
	case close2, read2, write2, ioctl2, treeDisconnect2:
		return maxData
	}
	return minHeader2
}

// relate puts session and share of the command before into a related one, and remembers them for the next.
func (r *reader) relate(m *message) {
	c := &m.side.chain
	if m.flags&flagRelated != 0 {
		if m.session == 1<<64-1 {
			m.session = c.session
		}
		if m.tree == 1<<32-1 && m.flags&flagAsync == 0 {
			m.tree = c.tree
		}
	} else {
		*c = chain{}
	}
	c.session, c.tree = m.session, m.tree
	if m.command == create2 {
		c.create = m.id
	}
}

func (r *reader) take2(m *message) {
	if !m.response {
		r.request2(m)
		return
	}
	if m.status != statusPending || m.flags&flagAsync == 0 {
		r.response2(m)
	}
}

func (r *reader) request2(m *message) {
	q := request{id: m.id, command: m.command, session: m.session, tree: m.tree, after: m.side.chain.create}
	body := le(m.b[minHeader2:])
	switch m.command {
	case sessionSetup2:
		r.logOn(m.session, m.b)
	case logoff2:
		r.endSession(m.session)
		return
	case treeConnect2:
		q.name = wide(cut(m.b, int(body.u16(4)), int(body.u16(6))))
	case treeDisconnect2:
		r.disconnect(m.session, m.tree)
		return
	case create2:
		q.name = wide(cut(m.b, int(body.u16(44)), int(body.u16(46))))
		q.forget = body.u32(40)&deleteOnClose != 0
	case close2:
		q.file = body.file(8)
	case read2:
		q.file, q.top = body.file(16), body.u64(8) == 0
	case write2:
		r.write2(m, body, &q)
		if !q.file.related() {
			return
		}
	case ioctl2:
		r.ioctl2(m, body, body.u32(24), body.u32(28))
		return
	case setInfo2:
		if !setInfo(m, body, &q) {
			return
		}
	default:
		return
	}
	r.wait(q)
}

func (r *reader) response2(m *message) {
	q, asked := r.answered(m.id, m.command)
	if asked && m.flags&flagAsync != 0 {
		m.tree = q.tree
	}
	ok := m.status == 0
	body := le(m.b[minHeader2:])
	switch m.command {
	case negotiate2:
		if ok {
			r.dialect = dialect2(body.u16(4))
		}
	case sessionSetup2:
		r.verdict(m.session, m.status, body.u16(2)&1 != 0, m.b)
	case treeConnect2:
		if asked {
			r.treeConnected(m, &q, shareTypes[body.u8(2)&3], body.u8(2) == sharePipe)
		}
	case create2:
		r.created2(m, body, &q, asked)
	case close2:
		if asked && ok {
			r.finished(r.of(&q))
		}
	case read2:
		if ok || m.status == statusBufferOverflow {
			r.read2(m, body, &q)
		}
	case write2:
		if h := r.handle(r.of(&q)); ok && asked && h != nil {
			h.wrote(q.bytes, q.program)
		}
	case ioctl2:
		if ok || m.status == statusBufferOverflow {
			r.ioctl2(m, body, body.u32(32), body.u32(36))
		}
	case setInfo2:
		if asked && ok {
			r.changed(&q, r.handle(r.of(&q)))
		}
	}
}

// dialect2 names a revision ([MS-SMB2] 2.2.4).
func dialect2(n uint16) string {
	switch n {
	case 0x0202:
		return "2.0.2"
	case 0x0210:
		return "2.1"
	case 0x02ff:
		return "2.x"
	case 0x0300:
		return "3.0"
	case 0x0302:
		return "3.0.2"
	case 0x0311:
		return "3.1.1"
	}
	return ""
}

// stream hands a pipe the n bytes that begin at an offset of the message: those that are here now, the rest as it comes.
func (r *reader) stream(m *message, at, n uint64, to *msrpc.Association) {
	if at > m.size || to == nil {
		return
	}
	n = min(n, m.size-at)
	seen := uint64(len(m.b))
	if at >= seen {
		m.side.pad, m.side.data = at-seen, n
	} else {
		here := min(n, seen-at)
		r.toPipe(to, m.dir, m.b[at:][:here])
		m.side.data = n - here
	}
	m.side.pipe = to
}

func (r *reader) toPipe(a *msrpc.Association, d flow.Dir, b []byte) {
	a.Feed(d, r.now, b)
	if a.Read() > 0 {
		r.carries(serviceRPC, "dce_rpc")
	}
}
