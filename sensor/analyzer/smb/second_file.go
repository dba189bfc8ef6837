package smb

const (
	deleteOnClose = 0x00001000 // of a create's options ([MS-SMB2] 2.2.13)
	sharePipe     = 2
	normalFile    = 0x80 // of a file's attributes

	fixedWrite  = minHeader2 + 48
	fixedRead   = minHeader2 + 16
	fixedIoctl  = minHeader2 + 48
	pipeTalk    = 0x0011c017 // FSCTL_PIPE_TRANSCEIVE ([MS-FSCC] 2.3)
	infoOfFile  = 1
	infoRename  = 10
	infoDelete  = 13
	infoDelete2 = 64 // with flags
	maxName     = 2 * maxText
)

// shareTypes are as Zeek writes them ([MS-SMB2] 2.2.10).
var shareTypes = [4]string{"", "DISK", "PIPE", "PRINT"}

// created2 takes the answer to a create: what was opened, or why it was not.
func (r *reader) created2(m *message, body le, q *request, asked bool) {
	if m.status != 0 {
		if asked && m.status == statusAccessDenied {
			r.refused(q, r.tree(m.session, m.tree), m.status)
		}
		return
	}
	if len(body) < 88-8 {
		return
	}
	t := r.tree(m.session, m.tree)
	h := &handle{
		id: body.file(64), known: asked, pipe: t.pipes, path: t.path, name: q.name, user: r.user(m.session),
		size: body.u64(48), forget: q.forget,
	}
	born := body.u64(8) | body.u64(24)
	h.pipe = h.pipe || t.path == "" && born == 0 && body.u32(56) == normalFile && h.name != ""
	r.keep(h)
	r.noteCreated(m.id, h.id)
	if asked {
		r.opened(q, h, body[8:40])
	}
}

// write2 counts what is written to a file; a pipe is handed it.
func (r *reader) write2(m *message, body le, q *request) {
	at, n := uint64(body.u16(2)), uint64(body.u32(4))
	q.file = body.file(16)
	if at < fixedWrite || at > m.size || n > m.size-at {
		n = 0
	}
	first := cut(m.b, int(at), int(min(n, uint64(len(m.b))-min(at, uint64(len(m.b))))))
	program := ""
	if body.u64(8) == 0 {
		program = programOf(first)
	}
	if q.file.related() {
		q.bytes, q.program = n, program
		return
	}
	h := r.guess(q.file, m.session, m.tree, first)
	if h.pipe {
		r.stream(m, at, n, r.rpc(h))
		return
	}
	h.wrote(n, program)
}

// read2 counts what was read of a file; a pipe is handed it.
func (r *reader) read2(m *message, body le, q *request) {
	at, n := uint64(body.u8(2)), uint64(body.u32(4))
	if at < fixedRead || at > m.size {
		return
	}
	n = min(n, m.size-at)
	first := m.b[min(at, uint64(len(m.b))):]
	var h *handle
	switch {
	case q.command == read2:
		h = r.guess(r.of(q), m.session, m.tree, first)
	case isCall(first):
		h = r.guess(fileID{}, m.session, m.tree, first) // whose request was not seen
	default:
		return
	}
	if h.pipe {
		r.stream(m, at, n, r.rpc(h))
		return
	}
	program := ""
	if q.top {
		program = programOf(first)
	}
	h.got(n, program)
}

// ioctl2 hands a pipe what was written to it and read from it at one go.
func (r *reader) ioctl2(m *message, body le, at, n uint32) {
	id := body.file(8)
	if body.u32(4) != pipeTalk || uint64(at) < fixedIoctl || n == 0 || id.related() && m.response {
		return
	}
	if id.related() {
		return // a pipe is not opened and asked in one frame
	}
	h := r.guess(id, m.session, m.tree, nil)
	h.pipe = true
	r.stream(m, uint64(at), uint64(n), r.rpc(h))
}

// setInfo says whether a change of a file's information is one that is told of ([MS-SMB2] 2.2.39).
func setInfo(m *message, body le, q *request) bool {
	if body.u8(2) != infoOfFile {
		return false
	}
	q.file = body.file(16)
	data := le(cut(m.b, int(body.u16(8)), int(min(body.u32(4), maxName+20))))
	switch body.u8(3) {
	case infoDelete, infoDelete2:
		q.act = remove
		return data.u8(0)&1 != 0
	case infoRename:
		q.act = rename
		q.name = wide(cut(data, 20, int(min(data.u32(16), maxName))))
		return true
	}
	return false
}
