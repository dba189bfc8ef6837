package ldap

import (
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/ber"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/krb5"
)

// maxPending is how many operations of a conversation wait for their answer; then the oldest is written without. Clients seldom
// have more than a handful.
const maxPending = 32

// pending is an operation that waits for its answer: a search, or another one.
type pending struct {
	id     int64
	search *events.LDAPSearch
	other  *events.LDAP
	ticket *events.Kerberos // that a bind shows
}

// read takes a message whose content is there, or one that is only counted, and says whether TLS follows.
func (r *reader) read(e envelope, body []byte) (handOver bool) {
	switch e.op {
	case opSearchRequest:
		r.wait(pending{id: e.id, search: r.search(e, body)})
	case opSearchEntry:
		if p := r.find(e, true); p != nil {
			p.search.ResultCount++
			p.search.ResultBytes += e.size
		}
	case opSearchDone:
		if p := r.find(e, true); p != nil {
			r.searched(p, parseResult(body))
		}
	case opBindRequest:
		r.bind(e, parseBind(body))
	case opUnbind, opAbandon:
		r.emit(pending{other: r.operation(e, nil)})
	case opModifyRequest, opAddRequest, opRenameRequest, opCompareRequest:
		object, rest, _ := ber.Take(body, ber.Octets)
		o := r.operation(e, object)
		if e.op == opModifyRequest || e.op == opAddRequest {
			o.Attributes = written(rest)
		}
		r.wait(pending{id: e.id, other: o})
	case opDeleteRequest:
		r.wait(pending{id: e.id, other: r.operation(e, body)})
	case opExtendedRequest:
		r.extended(e, body)
	case opBindResponse, opModifyResponse, opAddResponse, opDeleteResponse, opRenameResponse, opCompareResponse, opExtendedResponse:
		return r.answered(e, parseResult(body))
	}
	return false
}

func (r *reader) operation(e envelope, object []byte) *events.LDAP {
	o := &events.LDAP{MessageID: e.id, Opcode: opcodeName(e.op), Object: text(object)}
	o.TS = events.Time(r.now)
	return o
}

// search is RFC 4511 section 4.5.1.
func (r *reader) search(e envelope, b []byte) *events.LDAPSearch {
	s := &events.LDAPSearch{MessageID: e.id}
	s.TS = events.Time(r.now)
	if b == nil {
		return s
	}
	base, b, _ := ber.Take(b, ber.Octets)
	scope, b, _ := ber.TakeInt(b, ber.Enumerated)
	deref, b, ok := ber.TakeInt(b, ber.Enumerated)
	s.BaseObject = text(base)
	if !ok {
		return s
	}
	s.Scope, s.Deref = name([]string{"base", "single", "tree"}, scope), name([]string{"never", "searching", "finding", "always"}, deref)
	_, b, _ = ber.Take(b, ber.Integer) // size limit
	_, b, _ = ber.Take(b, ber.Integer) // time limit
	_, b, _ = ber.Take(b, ber.Boolean) // types only
	tag, content, b, ok := ber.Next(b)
	if !ok {
		return s
	}
	s.Filter = filterText(tag, content)
	list, _, _ := ber.Take(b, ber.Sequence)
	for len(s.Attributes) < maxAttributes {
		one, rest, ok := ber.Take(list, ber.Octets)
		if !ok {
			break
		}
		s.Attributes, list = append(s.Attributes, text(one[:min(len(one), maxAttribute)])), rest
	}
	return s
}

// written gives the names of the attributes that a modify (RFC 4511 section 4.6) or an add (section 4.7) writes; the former has the kind
// of change in front of each. What is written is not looked at.
func written(b []byte) (names []string) {
	list, _, _ := ber.Take(b, ber.Sequence)
	for len(names) < maxAttributes {
		one, rest, ok := ber.Take(list, ber.Sequence)
		if !ok {
			break
		}
		list = rest
		if _, change, ok := ber.Take(one, ber.Enumerated); ok {
			one, _, _ = ber.Take(change, ber.Sequence)
		}
		attr, _, _ := ber.Take(one, ber.Octets)
		names = append(names, text(attr[:min(len(attr), maxAttribute)]))
	}
	return names
}

func (r *reader) bind(e envelope, c bindChoice) {
	r.sasl = r.sasl || c.sasl || c.sicily != 0
	r.token(c.token)
	o := r.operation(e, c.name)
	o.Version = c.version
	switch {
	case c.simple:
		o.Opcode = "bind simple"
		if c.password {
			o.Argument = "REDACTED"
		}
	case c.sicily == tagSicilyAsk:
		o.Opcode = "bind SICILY_NEGOTIATE"
	case c.sicily == tagSicilyTell:
		o.Opcode = "bind SICILY_RESPONSE"
	case c.sasl:
		o.Opcode, o.Argument = "bind SASL", text(c.mechanism)
	}
	p := pending{id: e.id, other: o}
	if p.ticket = krb5.Shown(c.token, "ldap"); p.ticket != nil {
		p.ticket.TS = o.TS
	}
	r.wait(p)
}

func (r *reader) extended(e envelope, body []byte) {
	oid, _, _ := ber.Take(body, tagName)
	if string(oid) == startTLS {
		r.startTLS = e.id
	}
	o := r.operation(e, oid)
	if len(oid) > 0 {
		o.Object += " (" + extendedName(oid) + ")"
	}
	r.wait(pending{id: e.id, other: o})
}

// wait keeps an operation until it is answered. One with the id of another takes its place, which nobody will answer now.
func (r *reader) wait(p pending) {
	for i := range r.pending {
		if r.pending[i].id == p.id {
			r.emit(r.pending[i])
			r.pending[i] = p
			return
		}
	}
	if len(r.pending) == maxPending {
		r.emit(r.pending[0])
		r.drop(0)
	}
	r.pending = append(r.pending, p)
}

func (r *reader) drop(i int) {
	last := len(r.pending) - 1
	copy(r.pending[i:], r.pending[i+1:])
	r.pending[last] = pending{}
	r.pending = r.pending[:last]
}

// find gives what an answer belongs to; where the question was not seen, an empty one.
func (r *reader) find(e envelope, search bool) *pending {
	for i := range r.pending {
		if r.pending[i].id == e.id && (r.pending[i].search != nil) == search {
			return &r.pending[i]
		}
	}
	p := pending{id: e.id}
	if search {
		p.search = r.search(e, nil)
	} else {
		p.other = r.operation(e, nil)
	}
	r.wait(p)
	return r.find(e, search)
}

func (r *reader) searched(p *pending, a result) {
	if a.ok {
		p.search.Result = resultName(a.code)
	}
	p.search.Diagnostic = diagnostic(a.diagnostic)
	p.search.RTT = events.Interval(r.now) - events.Interval(p.search.TS)
	r.finish(p)
}

// answered writes an operation with its answer, and says whether TLS follows.
func (r *reader) answered(e envelope, a result) (handOver bool) {
	p := r.find(e, false)
	if e.op == opBindResponse {
		r.bound(p, a)
	}
	if a.ok {
		p.other.Result = resultName(a.code)
	}
	p.other.Diagnostic = diagnostic(a.diagnostic)
	p.other.RTT = events.Interval(r.now) - events.Interval(p.other.TS)
	r.finish(p)
	return e.op == opExtendedResponse && r.startTLS == e.id && a.ok && a.code == 0
}

// bound says whether a log-in worked, where it is decided.
func (r *reader) bound(p *pending, a result) {
	r.token(a.token)
	r.token(a.matched)
	if !a.ok || a.code == saslGoesOn {
		return
	}
	worked := a.code == 0
	if p.ticket != nil {
		p.ticket.Success = &worked
	}
	if one := r.ntlm.Record("ldap", &worked, 0); one != nil {
		one.TS = p.other.TS
		r.conv.Emit(one)
	}
}

// diagnostic is what a server says of a failure; C's end of text is no part of it.
func diagnostic(b []byte) string {
	return text([]byte(strings.TrimRight(string(b[:min(len(b), maxText)]), "\x00")))
}

func (r *reader) finish(p *pending) {
	r.emit(*p)
	for i := range r.pending {
		if &r.pending[i] == p {
			r.drop(i)
			return
		}
	}
}

// emit writes an operation. A record without a time gets the present one.
func (r *reader) emit(p pending) {
	r.confirm(serviceLDAP, r.service)
	if p.ticket != nil {
		r.conv.Emit(p.ticket)
	}
	if p.search != nil {
		r.conv.Emit(p.search)
		return
	}
	r.conv.Emit(p.other)
}
