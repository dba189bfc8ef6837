package msrpc

import (
	"strconv"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
)

// maxJobOpnum is the last operation of atsvc.
const maxJobOpnum = 3

// call is a request that waits for its answer.
type call struct {
	id     uint32
	dir    flow.Dir // of the request
	open   bool     // more fragments of the request are to come
	sent   events.Time
	face   *face
	record *events.DCERPC
	stub   []byte // of a request in fragments, the first maxStub bytes
	little bool
}

// request takes a fragment of a request.
func (a *Association) request(d flow.Dir, at events.Time, h *header, b []byte, t trailer) {
	context, opnum := h.order.Uint16(b[4:]), h.order.Uint16(b[6:])
	b = b[8:]
	if h.flags&flagObject != 0 {
		b = b[min(16, len(b)):]
	}
	i := a.find(d, h.call)
	if h.flags&flagFirst != 0 || i < 0 || !a.calls[i].open {
		if i >= 0 { // its number is used anew
			a.finish(i)
		}
		i = a.begin(d, at, h, a.lookup(context), opnum)
	}
	c := &a.calls[i]
	c.sent = at
	c.record.RequestLen += uint32(len(b))
	if t.sealed() {
		c.record.Sealed = true
	}
	if c.record.UUID == "" && c.face != nil && c.face.name == "atsvc" && (t.sealed() || opnum > maxJobOpnum) {
		c.guess(faces[taskUUID]) // two interfaces share the pipe; the newer one always encrypts
	}
	if c.record.AuthType == "" && len(t.token) > 0 {
		c.record.AuthType = a.provider(t)
	}
	if h.flags&(flagFirst|flagLast) == flagFirst|flagLast { // the usual case: nothing need be kept
		a.understand(c, b)
		c.open = false
		return
	}
	room := max(min(maxStub-len(c.stub), maxStubs-a.stubs), 0)
	b = b[:min(len(b), room)]
	c.stub = append(c.stub, b...)
	a.stubs += len(b)
	if h.flags&flagLast != 0 {
		a.complete(c)
	}
}

// begin makes room for a call and its record.
func (a *Association) begin(d flow.Dir, at events.Time, h *header, c context, opnum uint16) int {
	if len(a.calls) >= maxCalls {
		a.finish(0)
	}
	r := &events.DCERPC{NamedPipe: a.pipe, UUID: c.uuid, Opnum: opnum, AuthType: a.auth}
	r.TS = at
	switch {
	case c.face != nil:
		r.Endpoint, r.Operation = c.face.name, c.face.operation(opnum)
	case c.uuid != "":
		r.Endpoint, r.Operation = unknown(c.uuid), unknown(strconv.Itoa(int(opnum)))
	}
	a.calls = append(a.calls, call{id: h.call, dir: d, open: true, sent: at, face: c.face, record: r, little: h.little()})
	return len(a.calls) - 1
}

// complete reads a request that came in fragments, once no more of it comes.
func (a *Association) complete(c *call) {
	if c.open {
		a.understand(c, c.stub)
	}
	a.stubs -= len(c.stub)
	c.open, c.stub = false, nil
}

// understand fills what the record says of a request's stub.
func (a *Association) understand(c *call, stub []byte) {
	if c.record.Sealed {
		return
	}
	c.record.Args = c.texts(stub)
	if c.record.UUID == "" {
		c.infer()
	}
	if c.record.NullCreds = c.nullCredential(stub); c.record.NullCreds && c.face == nil {
		c.guess(faces[netlogonUUID])
	}
}

// guess puts another interface in the place of the one that the pipe's name stands for.
func (c *call) guess(f *face) {
	c.face = f
	c.record.Endpoint, c.record.Operation = f.name, f.operation(c.record.Opnum)
}

// provider names who vouches for a call whose binding was not seen.
func (a *Association) provider(t trailer) string {
	if a.auth != "" {
		return a.auth
	}
	return serviceName(t)
}

// response takes a fragment of an answer.
func (a *Association) response(d flow.Dir, at events.Time, h *header, b []byte, t trailer) {
	i := a.find(d.Other(), h.call)
	if i < 0 || h.flags&flagLast == 0 {
		return
	}
	if b = b[8:]; len(b) >= 4 && !t.sealed() {
		status := int64(h.order.Uint32(b[len(b)-4:]))
		a.calls[i].record.Status = &status
	}
	a.answered(i, at)
}

// fault takes an answer that says that the call failed.
func (a *Association) fault(d flow.Dir, at events.Time, h *header, b []byte) {
	if i := a.find(d.Other(), h.call); i >= 0 {
		a.calls[i].record.Fault = h.order.Uint32(b[8:])
		a.answered(i, at)
	}
}

func (a *Association) answered(i int, at events.Time) {
	c := &a.calls[i]
	c.record.RTT = events.Interval(max(at.Sub(c.sent), 0))
	a.finish(i)
}

// find gives the place of a call that waits, or -1.
func (a *Association) find(d flow.Dir, id uint32) int {
	for i := range a.calls {
		if a.calls[i].id == id && a.calls[i].dir == d {
			return i
		}
	}
	return -1
}

// finish emits a call's record and forgets the call.
func (a *Association) finish(i int) {
	a.complete(&a.calls[i])
	a.conv.Emit(a.calls[i].record)
	n := copy(a.calls[i:], a.calls[i+1:]) + i
	a.calls[n] = call{}
	a.calls = a.calls[:n]
}

// unknown names what the tables do not, as Zeek does.
func unknown(what string) string { return "unknown-" + what }
