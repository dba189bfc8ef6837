package smb

import (
	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/msrpc"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/ntlmssp"
)

// session is what is known of a user's session.
type session struct {
	id     uint64
	talk   ntlmssp.Talk
	asked  events.Time // when the client answered the challenge
	user   string      // once the log-in worked
	sealed bool        // was told of as encrypted
}

// tree is a share that is connected.
type tree struct {
	session uint64
	id      uint32
	path    string
	pipes   bool
}

// fileID names an open file: 16 bytes in SMB 2, two in SMB 1.
type fileID [16]byte

// related says that the file is that of the create before, in the same frame ([MS-SMB2] 3.2.4.1.4).
func (f *fileID) related() bool {
	for _, c := range f {
		if c != 0xff {
			return false
		}
	}
	return true
}

// handle is an open file or pipe.
type handle struct {
	id      fileID
	known   bool // its opening was seen
	pipe    bool
	path    string // of its share
	name    string
	user    string
	size    uint64
	written uint64
	read    uint64
	program string
	forget  bool // it is deleted when it is closed
	rpc     *msrpc.Association
}

// request waits for its answer.
type request struct {
	id      uint64 // message id; in SMB 1 multiplex and process id
	command uint16
	session uint64
	tree    uint32
	at      events.Time
	file    fileID
	after   uint64 // the create whose file is meant, where file is related
	act     act
	name    string
	forget  bool
	top     bool   // it reads from the file's beginning
	bytes   uint64 // written by a related write
	program string
	plain   *events.NTLM // a log-in without a token
}

// act is what a request means to do to a file, beyond what its command says.
type act uint8

const (
	nothing act = iota
	remove
	rename
)

// created is a file that a create gave, for the related commands behind it.
type created struct {
	id   uint64 // of the create's message
	file fileID
}

func (r *reader) session(id uint64) *session {
	for i := range r.sessions {
		if r.sessions[i].id == id {
			return &r.sessions[i]
		}
	}
	if len(r.sessions) >= maxSessions {
		r.unanswered(&r.sessions[0])
		r.sessions = append(r.sessions[:0], r.sessions[1:]...)
	}
	r.sessions = append(r.sessions, session{id: id})
	return &r.sessions[len(r.sessions)-1]
}

// user is who a session belongs to, where its log-in was seen.
func (r *reader) user(id uint64) string {
	for i := range r.sessions {
		if r.sessions[i].id == id {
			return r.sessions[i].user
		}
	}
	return ""
}

// endSession forgets a session that was logged off.
func (r *reader) endSession(id uint64) {
	for i := range r.sessions {
		if r.sessions[i].id == id {
			r.unanswered(&r.sessions[i])
			r.sessions = append(r.sessions[:i], r.sessions[i+1:]...)
			return
		}
	}
}

func (r *reader) connect(t tree) {
	r.disconnect(t.session, t.id)
	if len(r.trees) >= maxTrees {
		r.trees = append(r.trees[:0], r.trees[1:]...)
	}
	r.trees = append(r.trees, t)
}

func (r *reader) disconnect(session uint64, id uint32) {
	for i, t := range r.trees {
		if t.session == session && t.id == id {
			r.trees = append(r.trees[:i], r.trees[i+1:]...)
			return
		}
	}
}

// tree gives a connected share; of one whose connecting was not seen nothing is known.
func (r *reader) tree(session uint64, id uint32) (t tree) {
	for _, t := range r.trees {
		if t.session == session && t.id == id {
			return t
		}
	}
	return tree{session: session, id: id}
}

func (r *reader) handle(id fileID) *handle {
	for i := len(r.handles) - 1; i >= 0; i-- {
		if r.handles[i].id == id {
			return r.handles[i]
		}
	}
	return nil
}

func (r *reader) keep(h *handle) {
	r.finished(h.id) // its close was missed
	if len(r.handles) >= maxHandles {
		r.closed(r.handles[0])
		r.handles = append(r.handles[:0], r.handles[1:]...)
	}
	r.handles = append(r.handles, h)
}

// drop forgets a handle and gives it.
func (r *reader) drop(id fileID) *handle {
	for i, h := range r.handles {
		if h.id == id {
			r.handles = append(r.handles[:i], r.handles[i+1:]...)
			return h
		}
	}
	return nil
}

// guess gives the handle of a file whose opening was not seen, from the share and the first bytes that go through it.
func (r *reader) guess(id fileID, session uint64, share uint32, first []byte) *handle {
	if h := r.handle(id); h != nil {
		return h
	}
	t := r.tree(session, share)
	h := &handle{id: id, path: t.path, user: r.user(session), pipe: t.pipes || t.path == "" && isCall(first)}
	r.keep(h)
	return h
}

func (r *reader) wait(q request) {
	if len(r.waiting) >= maxWaiting {
		r.unansweredPlain(&r.waiting[0])
		r.waiting = append(r.waiting[:0], r.waiting[1:]...)
	}
	q.at = r.now
	r.waiting = append(r.waiting, q)
}

// answered gives the request of an answer, which waits no longer.
func (r *reader) answered(id uint64, command uint16) (q request, ok bool) {
	for i := range r.waiting {
		if r.waiting[i].id == id && r.waiting[i].command == command {
			q = r.waiting[i]
			r.waiting = append(r.waiting[:i], r.waiting[i+1:]...)
			return q, true
		}
	}
	return request{at: r.now}, false
}

// noteCreated remembers what file a create gave.
func (r *reader) noteCreated(id uint64, f fileID) {
	r.created[r.creates%len(r.created)] = created{id, f}
	r.creates++
}

// of gives the file that a request meant.
func (r *reader) of(q *request) fileID {
	if q.file.related() {
		for _, c := range r.created {
			if c.id == q.after {
				return c.file
			}
		}
	}
	return q.file
}
