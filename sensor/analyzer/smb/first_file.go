package smb

import "github.com/mirrorwatch/mirrorwatch/events"

// What is looked at inside of transactions ([MS-CIFS] 2.2.5 and 2.2.6, [MS-SMB] 2.2.2.3.5).
const (
	transactPipe  = 0x0026
	setFileInfo   = 0x0008
	sessionSetupT = 0x000e // never implemented by a server
	levelDelete   = 0x0102
	passThrough   = 1000 // and the level of SMB 2
	rawPipe       = 0x000c
	pipeResource  = 2
)

// logOn1 looks for the client's tokens, or for names and responses outside of any token as they were before Windows 2000.
func (r *reader) logOn1(k *block) *events.NTLM {
	if len(k.words) != 26 {
		r.logOn(k.session, k.b)
		return nil
	}
	narrow, wide := int(k.words.u16(14)), int(k.words.u16(16))
	user, next := k.text(narrow+wide, k.unicode)
	domain, _ := k.text(next, k.unicode)
	one := &events.NTLM{Username: user, DomainName: domain, Carrier: "smb", Anonymous: user == "" && narrow <= 1 && wide == 0}
	switch {
	case wide > 24:
		one.Version = 2
	case narrow == 24 || wide == 24:
		one.Version = 1
	}
	one.TS = r.now
	return one
}

// treeConnected1 reads what kind of share the server says that it is.
func (r *reader) treeConnected1(k *block, q *request) {
	service, next := k.text(0, false)
	system, _ := k.text(next, k.unicode)
	one := &events.SMBMapping{Path: q.name, Service: service, NativeFileSystem: system, Dialect: r.dialect, Username: r.user(k.session)}
	one.TS = q.at
	if k.status != 0 {
		one.Service, one.NativeFileSystem, one.Status = "", "", k.status
		r.conv.Emit(one)
		return
	}
	switch service {
	case "A:":
		one.ShareType = "DISK"
	case "IPC":
		one.ShareType = "PIPE"
	case "LPT1:":
		one.ShareType = "PRINT"
	}
	r.connect(tree{id: k.tree, path: q.name, pipes: service == "IPC"})
	r.conv.Emit(one)
}

// created1 takes the answer to a create.
func (r *reader) created1(k *block, q *request, asked bool) {
	if k.status != 0 {
		if asked && k.status == statusAccessDenied {
			r.refused(q, r.tree(0, k.tree), k.status)
		}
		return
	}
	if len(k.words) < 68 {
		return
	}
	h := &handle{id: fid(k.words.u16(5)), known: asked, name: q.name, size: k.words.u64(55), forget: q.forget, pipe: k.words.u16(63) == pipeResource}
	r.openedIn(k, h, q, asked, k.words[11:43])
}

func (r *reader) openedIn(k *block, h *handle, q *request, asked bool, times []byte) {
	t := r.tree(0, k.tree)
	h.path, h.user, h.pipe = t.path, r.user(k.session), h.pipe || t.pipes
	r.keep(h)
	if asked {
		r.opened(q, h, times)
	}
}

// trim takes the leading backslash off a name, as written: SMB 2 has none.
func trim(name string) string {
	if len(name) >= 2 && name[:2] == `\\` {
		return name[2:]
	}
	return name
}

// write1 counts what is written to a file; a pipe is handed it.
func (r *reader) write1(k *block) {
	at, n := uint64(k.words.u16(22)), uint64(k.words.u16(20))|uint64(k.words.u16(18))<<16
	if at < minHeader1 || at > k.size {
		return
	}
	n = min(n, k.size-at)
	first := cut(k.b, int(at), int(min(n, uint64(len(k.b))-min(at, uint64(len(k.b))))))
	h := r.guess(fid(k.words.u16(4)), 0, k.tree, first)
	if h.pipe {
		if k.words.u16(14)&rawPipe == rawPipe && n > 2 {
			at, n = at+2, n-2 // how long the pipe's message will be
		}
		r.stream(k.message, at, n, r.rpc(h))
		return
	}
	program := ""
	if k.words.u32(6) == 0 && k.words.u32(24) == 0 {
		program = programOf(first)
	}
	h.wrote(n, program)
}

// read1 counts what was read of a file; a pipe is handed it.
func (r *reader) read1(k *block, q *request, asked bool) {
	at, n := uint64(k.words.u16(12)), uint64(k.words.u16(10))|uint64(k.words.u16(14))<<16
	if at < minHeader1 || at > k.size || !asked {
		return
	}
	n = min(n, k.size-at)
	first := k.b[min(at, uint64(len(k.b))):]
	h := r.guess(q.file, 0, k.tree, first)
	if h.pipe {
		r.stream(k.message, at, n, r.rpc(h))
		return
	}
	program := ""
	if q.top {
		program = programOf(first)
	}
	h.got(n, program)
}

// pipeRequest1 hands a pipe what a transaction writes to it.
func (r *reader) pipeRequest1(k *block, file fileID) {
	if k.words.u8(26) == 2 && k.words.u16(28) == transactPipe {
		r.pipeData1(k, file, k.words.u16(24), k.words.u16(22))
	}
}

// pipeAnswer1 hands a pipe what a transaction reads of it.
func (r *reader) pipeAnswer1(k *block, file fileID) {
	if h := r.handle(file); h != nil && h.pipe {
		r.pipeData1(k, file, k.words.u16(14), k.words.u16(12))
	}
}

func (r *reader) pipeData1(k *block, file fileID, at, n uint16) {
	if at < minHeader1 || n == 0 {
		return
	}
	h := r.guess(file, 0, k.tree, nil)
	h.pipe = true
	r.stream(k.message, uint64(at), uint64(n), r.rpc(h))
}

// setInfo1 says whether a transaction changes a file in a way that is told of.
func setInfo1(k *block, q *request) bool {
	if k.words.u16(28) != setFileInfo {
		return false
	}
	param := le(cut(k.b, int(k.words.u16(20)), int(k.words.u16(18))))
	data := le(k.b[min(int(k.words.u16(24)), len(k.b)):])
	data = data[:min(len(data), int(k.words.u16(22)))]
	q.file = fid(param.u16(0))
	switch param.u16(2) {
	case levelDelete, passThrough + infoDelete:
		q.act = remove
		return data.u8(0)&1 != 0
	case passThrough + infoRename:
		q.act = rename
		q.name = wide(data[min(12, len(data)):][:min(len(data)-min(12, len(data)), int(min(data.u32(8), maxName)))])
		return true
	}
	return false
}

// changedByName tells of a file that was deleted or renamed without being opened.
func (r *reader) changedByName(k *block, q *request) {
	h := &handle{known: true, path: r.tree(0, k.tree).path, name: trim(q.name), user: r.user(k.session)}
	to := request{at: q.at, act: q.act, name: trim(q.program)}
	r.changed(&to, h)
}
