package smb

import (
	"encoding/binary"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/msrpc"
)

// What is told of files, in Zeek's words.
const (
	fileOpen   = "SMB::FILE_OPEN"
	fileRead   = "SMB::FILE_READ"
	fileWrite  = "SMB::FILE_WRITE"
	fileDelete = "SMB::FILE_DELETE"
	fileRename = "SMB::FILE_RENAME"
	pipeOpen   = "SMB::PIPE_OPEN"
)

// shareRoot stands for the share itself.
const shareRoot = "<share_root>"

// rpc gives what reads a pipe.
func (r *reader) rpc(h *handle) *msrpc.Association {
	if h.rpc == nil {
		pipe := ""
		if h.name != "" {
			pipe = `\pipe\` + h.name
		}
		h.rpc = msrpc.New(msrpc.Options{Conversation: r.conv, Pipe: pipe, Token: r.tokenOnPipe(h)})
	}
	return h.rpc
}

// wrote counts what was written through a handle.
func (h *handle) wrote(n uint64, program string) {
	h.written += n
	if program != "" {
		h.program = program
	}
}

// got counts what was read through a handle. What is written to it says more of what it is.
func (h *handle) got(n uint64, program string) {
	h.read += n
	if h.program == "" {
		h.program = program
	}
}

func (r *reader) emit(at events.Time, action string, h *handle) *events.SMBFiles {
	one := &events.SMBFiles{Action: action, Path: h.path, Name: h.name, Size: h.size, Dialect: r.dialect, Username: h.user}
	one.TS = at
	if h.known && h.name == "" {
		one.Name = shareRoot
	}
	return one
}

// opened tells of a file that was opened. Explorers open the same files over and over; while times and size
// are the same, once is enough.
func (r *reader) opened(q *request, h *handle, times le) {
	if h.pipe {
		r.conv.Emit(r.emit(q.at, pipeOpen, h))
		return
	}
	if r.seen.add(h, times) {
		r.conv.Emit(r.emit(q.at, fileOpen, h))
	}
}

// refused tells of a file that the user may not open.
func (r *reader) refused(q *request, t tree, status uint32) {
	h := &handle{known: true, path: t.path, name: q.name, user: r.user(t.session), pipe: t.pipes}
	action := fileOpen
	if h.pipe {
		action = pipeOpen
	}
	one := r.emit(q.at, action, h)
	one.Status = status
	r.conv.Emit(one)
}

// changed tells of what was done to a file as a whole.
func (r *reader) changed(q *request, h *handle) {
	if h == nil {
		h = &handle{user: r.user(q.session), path: r.tree(q.session, q.tree).path}
	}
	if h.pipe {
		return
	}
	switch q.act {
	case remove:
		h.forget = false
		r.conv.Emit(r.emit(q.at, fileDelete, h))
	case rename:
		one := r.emit(q.at, fileRename, h)
		one.PrevName, one.Name = one.Name, q.name
		h.name, h.known = q.name, true
		r.conv.Emit(one)
	}
}

// finished closes a file.
func (r *reader) finished(id fileID) {
	if h := r.drop(id); h != nil {
		r.closed(h)
	}
}

// closed tells of what went through a handle, and ends a pipe.
func (r *reader) closed(h *handle) {
	if h.rpc != nil {
		h.rpc.Close()
		for d := range r.sides {
			if r.sides[d].pipe == h.rpc {
				r.sides[d].pad, r.sides[d].data, r.sides[d].tail = 0, 0, r.sides[d].pad+r.sides[d].data+r.sides[d].tail
				r.sides[d].pipe = nil
			}
		}
	}
	if h.pipe {
		return
	}
	if h.written+h.read > 0 {
		action := fileRead
		if h.written > 0 {
			action = fileWrite
		}
		one := r.emit(r.now, action, h)
		one.Bytes, one.Read, one.Program = h.written+h.read, h.read, h.program
		one.Size = max(h.size, h.written)
		r.conv.Emit(one)
	}
	if h.forget {
		r.conv.Emit(r.emit(r.now, fileDelete, h))
	}
}

// opened remembers the files that were told of lately, by a hash of what is told.
type opened struct {
	hashes [64]uint64
	n      int
}

// add says whether a file is a new one.
func (o *opened) add(f *handle, times []byte) bool {
	h := uint64(14695981039346656037) // FNV-1a
	for _, s := range [...]string{f.path, "\x00", f.name, "\x00"} {
		for i := range len(s) {
			h = (h ^ uint64(s[i])) * 1099511628211
		}
	}
	for _, c := range times {
		h = (h ^ uint64(c)) * 1099511628211
	}
	h = (h ^ f.size) * 1099511628211
	for _, have := range o.hashes {
		if have == h {
			return false
		}
	}
	o.hashes[o.n%len(o.hashes)] = h
	o.n++
	return true
}

// isCall says that b begins as a fragment of a remote procedure call ([C706] 12.6.3).
func isCall(b []byte) bool {
	const least = 16
	return len(b) >= least && b[0] == 5 && b[1] <= 1 && b[2] <= 19 && b[4]&0xee == 0 && binary.LittleEndian.Uint16(b[8:]) >= least
}

// marks are the beginnings of files that run, or that are made to carry what runs.
var marks = [...]struct{ begin, program string }{
	{"MZ", "pe"},
	{"\x7fELF", "elf"},
	{"#!", "script"},
	{"@echo", "script"},
	{"@ECHO", "script"},
	{"PK\x03\x04", "zip"},
	{"Rar!\x1a", "rar"},
	{"7z\xbc\xaf\x27\x1c", "7z"},
	{"MSCF\x00\x00\x00\x00", "cab"},
	{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"}, // installers and old Office documents
	{"L\x00\x00\x00\x01\x14\x02\x00", "lnk"},
}

// programOf says what a file that begins with b is, or nothing.
func programOf(b []byte) string {
	for _, m := range marks {
		if len(b) >= len(m.begin) && string(b[:len(m.begin)]) == m.begin {
			return m.program
		}
	}
	return ""
}
