package smb

import "github.com/mirrorwatch/mirrorwatch/sensor/flow"

// The commands of SMB 1 that are looked at ([MS-CIFS] 2.2.2.1).
const (
	close1          = 0x04
	delete1         = 0x06
	rename1         = 0x07
	transaction1    = 0x25
	transactionMore = 0x26
	openAndX        = 0x2d
	readAndX        = 0x2e
	writeAndX       = 0x2f
	trans2          = 0x32
	trans2More      = 0x33
	treeDisconnect1 = 0x71
	negotiate1      = 0x72
	sessionSetup1   = 0x73
	logoff1         = 0x74
	treeConnect1    = 0x75
	ntTransact      = 0xa0
	ntTransactMore  = 0xa1
	ntCreateAndX    = 0xa2
	noAndX          = 0xff
)

// Flags of a header ([MS-CIFS] 2.2.3.1).
const (
	flagReply   = 0x80
	flagUnicode = 0x8000
)

// maxBlocks is how many commands may be chained in a message. Real clients chain two or three.
const maxBlocks = 6

const dialect1 = "NT LM 0.12"

// block is one command of a message of SMB 1.
type block struct {
	*message
	command byte
	words   le
	bytes   []byte // of its data, as far as they are looked at
	at      int    // where bytes begins, from the header
	unicode bool
}

// first takes a message of SMB 1.
func (r *reader) first(s *side, d flow.Dir, b []byte) (int, error) {
	if s.left < minHeader1+3 {
		return r.stray(s, b)
	}
	if len(b) < minHeader1 {
		return 0, nil
	}
	h := le(b)
	m := message{
		size: s.left, dir: d, side: s, command: uint16(b[4]), status: h.u32(5), response: b[9]&flagReply != 0,
		tree: uint32(h.u16(24)), session: uint64(h.u16(28)), id: uint64(h.u16(30)) | uint64(h.u16(26))<<16,
	}
	n := int(min(m.size, want1(b[4])))
	if len(b) < n {
		return 0, nil
	}
	m.b = b[:n]
	r.confirm()
	if m.command != negotiate1 {
		r.dialect = dialect1
	}
	s.left = 0
	r.blocks(&m, h.u16(10)&flagUnicode != 0)
	s.tail = m.size - uint64(n) - s.pad - s.data
	return n, nil
}

// want1 is how much of a message is looked at.
func want1(command byte) uint64 {
	switch command {
	case sessionSetup1, treeConnect1, ntCreateAndX, openAndX, delete1, rename1:
		return maxCommand
	}
	return maxData
}

// blocks walks along the commands that are chained in a message.
func (r *reader) blocks(m *message, unicode bool) {
	k := block{message: m, command: byte(m.command), unicode: unicode}
	at := minHeader1
	for range maxBlocks {
		if at >= len(m.b) {
			return
		}
		words := 2 * int(m.b[at])
		k.words = cut(m.b, at+1, words)
		k.at = at + 1 + words + 2
		k.bytes = m.b[min(k.at, len(m.b)):]
		k.bytes = k.bytes[:min(len(k.bytes), int(le(m.b).u16(k.at-2)))]
		if m.response {
			r.response1(&k)
		} else {
			r.request1(&k)
		}
		if !chains(k.command) || k.words.u8(0) == noAndX || len(k.words) < 4 {
			return
		}
		next := int(k.words.u16(2))
		if next <= at {
			return
		}
		k.command, at = k.words[0], next
	}
}

// chains says whether a command names the one behind it.
func chains(command byte) bool {
	switch command {
	case sessionSetup1, treeConnect1, ntCreateAndX, openAndX, readAndX, writeAndX, logoff1:
		return true
	}
	return false
}

// text reads a name at an offset of the block's bytes, and says where the next begins. Wide text stands at an even offset from the header.
func (k *block) text(at int, unicode bool) (name string, next int) {
	if !unicode {
		for next = min(at, len(k.bytes)); next < len(k.bytes) && k.bytes[next] != 0; next++ {
		}
		return narrow(k.bytes[min(at, next):next]), next + 1
	}
	at += (k.at + at) & 1
	for next = min(at, len(k.bytes)); next+1 < len(k.bytes) && (k.bytes[next] != 0 || k.bytes[next+1] != 0); next += 2 {
	}
	return wide(k.bytes[min(at, next):next]), next + 2
}

// fid is a file's id in SMB 1.
func fid(n uint16) (f fileID) {
	f[0], f[1] = byte(n), byte(n>>8)
	return f
}

func (r *reader) request1(k *block) {
	q := request{id: k.id, command: uint16(k.command), session: k.session, tree: k.tree}
	r.suspect(k)
	switch k.command {
	case sessionSetup1:
		q.plain = r.logOn1(k)
	case treeConnect1:
		q.name, _ = k.text(int(k.words.u16(6)), k.unicode)
	case treeDisconnect1:
		r.disconnect(0, k.tree)
		return
	case logoff1:
		r.endSession(k.session)
		return
	case ntCreateAndX:
		q.name, _ = k.text(0, k.unicode)
		q.name = trim(q.name)
		q.forget = k.words.u32(39)&deleteOnClose != 0
	case openAndX:
		q.name, _ = k.text(0, k.unicode)
		q.name = trim(q.name)
	case close1:
		q.file = fid(k.words.u16(0))
	case readAndX:
		q.file, q.top = fid(k.words.u16(4)), k.words.u32(6) == 0
	case writeAndX:
		r.write1(k)
		return
	case delete1, rename1:
		q.act = remove
		from, next := k.text(1, k.unicode) // behind the format of the buffer
		if q.name = from; k.command == rename1 {
			q.act = rename
			q.program, _ = k.text(next+1, k.unicode)
		}
	case transaction1:
		q.file = fid(k.words.u16(30))
		r.pipeRequest1(k, q.file)
	case trans2:
		if !setInfo1(k, &q) {
			return
		}
	default:
		return
	}
	r.wait(q)
}

func (r *reader) response1(k *block) {
	q, asked := r.answered(k.id, uint16(k.command))
	ok := k.status == 0
	r.implanted(k)
	switch k.command {
	case sessionSetup1:
		if q.plain != nil {
			r.plainVerdict(k.session, k.status, k.words.u16(4)&1 != 0, q.plain)
		} else {
			r.verdict(k.session, k.status, k.words.u16(4)&1 != 0, k.b)
		}
	case treeConnect1:
		if asked {
			r.treeConnected1(k, &q)
		}
	case ntCreateAndX:
		r.created1(k, &q, asked)
	case openAndX:
		if ok {
			h := &handle{id: fid(k.words.u16(4)), known: asked, name: q.name, size: uint64(k.words.u32(12))}
			r.openedIn(k, h, &q, asked, k.words[min(8, len(k.words)):min(12, len(k.words))])
		}
	case close1:
		if asked && ok {
			r.finished(q.file)
		}
	case readAndX:
		if ok || k.status == statusBufferOverflow {
			r.read1(k, &q, asked)
		}
	case transaction1:
		if asked && (ok || k.status == statusBufferOverflow) {
			r.pipeAnswer1(k, q.file)
		}
	case delete1, rename1:
		if asked && ok {
			r.changedByName(k, &q)
		}
	case trans2:
		if h := r.handle(q.file); asked && ok && h != nil {
			r.changed(&q, h)
		}
	}
}
