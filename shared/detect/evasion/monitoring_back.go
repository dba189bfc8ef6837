package evasion

import (
	"cmp"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
)

// What is ended and what is made anew meet under the same principal, means and scope: an interface, a VPC, a trail. Events come in any
// order, so that either may be heard of first, and a careful deploy makes the new one before it ends the old.

// thing is what a call was about, and what is remembered of it.
type thing struct {
	id     string // tms-..., fl-..., the name of a trail; "" of a call that does not say what it watches
	means  string // what puts it back has the same
	scope  string // what it watches: eni-..., vpc-...; "" where that is not known
	detail string // what else must be the same for it to be put back: the target of a session
	name   string // for a person: "trail/main"
	maker  string // role or principal that made it; "" where that was not seen
}

// moment is when a principal ended, or made, things of one scope, and how many of them have no counterpart yet.
type moment struct {
	at  events.Time
	n   int
	row string // of what was ended
}

// unknownScope stands for all things of which it is not known what they watched.
const unknownScope = "?"

func meeting(c *events.CloudTrail, t *thing, scope string) string {
	return c.Account + "|" + detect.Principal(c) + "|" + t.means + "|" + scope
}

// scopeText tells scopes apart; a session to another target does not put back what was seen here.
func (t *thing) scopeText() string {
	if t.scope == "" {
		return unknownScope
	}
	return t.scope + "|" + t.detail
}

// expect looks whether something that was ended was made anew already, and else waits for it.
func (s *Stopped) expect(row string, calls *detect.Calls, c *events.CloudTrail, t *thing) {
	key := meeting(c, t, t.scopeText())
	if m := s.made.Peek(key); m != nil && m.n > 0 && near(m.at, c.TS, s) {
		m.n--
		s.made.Note(key)
		calls.Tally[t.certainty()]++
		s.used(c, t)
		return
	}
	m, _ := s.ends.Put(key)
	if !near(m.at, c.TS, s) {
		m.n = 0
	}
	m.at, m.row = max(m.at, c.TS), row
	m.n++
	s.ends.Note(key)
}

// used takes what was made for one scope from what may be for any.
func (s *Stopped) used(c *events.CloudTrail, t *thing) {
	key := meeting(c, t, unknownScope)
	if m := s.made.Peek(key); m != nil && m.n > 0 && t.scope != "" {
		m.n--
		s.made.Note(key)
	}
}

func (t *thing) certainty() int {
	if t.scope == "" {
		return perhaps
	}
	return back
}

func near(a, b events.Time, s *Stopped) bool {
	d := a.Sub(b)
	return d <= s.tune.PutBack && d >= -s.tune.PutBack
}

// putBack holds what was made against what the same principal ended, and tells where that brings all of it back.
func (s *Stopped) putBack(c *events.CloudTrail, things []thing) []detect.Finding {
	var found []detect.Finding
	for i := range things {
		t := &things[i]
		if f, ok := s.meet(c, t); ok {
			found = append(found, f...)
			continue
		}
		for _, scope := range t.announced() {
			key := meeting(c, t, scope)
			m, _ := s.made.Put(key)
			if !near(m.at, c.TS, s) {
				m.n = 0
			}
			m.at = max(m.at, c.TS)
			m.n++
			s.made.Note(key)
		}
	}
	return found
}

// announced is under which scopes something new is looked for by what is ended after it.
func (t *thing) announced() []string {
	if own := t.scopeText(); own != unknownScope {
		return []string{own, unknownScope}
	}
	return []string{unknownScope}
}

func (s *Stopped) meet(c *events.CloudTrail, t *thing) (found []detect.Finding, met bool) {
	for _, scope := range t.announced() {
		key := meeting(c, t, scope)
		m := s.ends.Peek(key)
		if m == nil || m.n == 0 || !near(m.at, c.TS, s) {
			continue
		}
		m.n--
		s.ends.Note(key)
		row := s.rows.Row(m.row)
		if row == nil {
			return nil, true
		}
		if scope == unknownScope {
			row.Tally[perhaps]++
		} else {
			row.Tally[back]++
		}
		return s.lower(m.row, row, c), true
	}
	return nil, false
}

// lower tells that all of what was told is back.
func (s *Stopped) lower(key string, row *detect.Calls, c *events.CloudTrail) []detect.Finding {
	if row.Count == 0 || row.Tally[back]+row.Tally[perhaps] < row.Tally[gone] {
		return nil
	}
	row.Flags |= lowered
	row.Last = max(row.Last, c.TS)
	f := s.report(key, row)
	f.Final = true
	return []detect.Finding{f}
}

// learn remembers what a thing watches: the call that ends it says only its id. What another principal made is learned, too.
func (s *Stopped) learn(c *events.CloudTrail, things []thing) {
	for _, t := range things {
		t.maker = makerOf(c)
		if t.id == "" || len(t.id) > maxText {
			continue
		}
		one, _ := s.known.Put(t.id)
		*one = t
		s.known.Note(t.id)
	}
}

// makerOf is who makes things: the role, whatever its session is called, or else the principal.
func makerOf(c *events.CloudTrail) string { return cmp.Or(c.Role, c.Principal) }

func (t *thing) party(c *events.CloudTrail) detect.Party {
	n := &detect.Named{Account: c.Account}
	switch {
	case hasPrefix(t.scope, "eni-"):
		n.Interface = t.scope
	case hasPrefix(t.scope, "vpc-"):
		n.VPC = t.scope
	default:
		n.Thing = t.name
	}
	return detect.Party{AWS: n}
}

// maxText bounds what is remembered of a thing, in bytes.
const maxText = 512

func thingFields(key, value *detect.Form, k *string, t *thing) {
	key.Text(k, maxText)
	for _, s := range []*string{&t.id, &t.means, &t.scope, &t.detail, &t.name, &t.maker} {
		value.Text(s, maxText)
	}
}

func momentFields(key, value *detect.Form, k *string, m *moment) {
	key.Text(k, 4*maxText)
	detect.Number(value, &m.at)
	detect.Number(value, &m.n)
	value.Text(&m.row, 2*maxText)
}
