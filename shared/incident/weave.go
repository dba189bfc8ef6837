package incident

import (
	"cmp"
	"slices"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// work is what a pass weaves anew: the incidents that it touches, and what their members and links become.
type work struct {
	touched []*knot
	members map[string]*member
	links   map[madeLink]bool
	room    int // documents of incidents that may be written
	torn    bool
}

// piece is what hangs together in the end.
type piece struct {
	id string
	weave
	torn bool
}

// gather takes the detection's own incident, and those at the ends of links that change as far as they were read and there is room.
func (p *pass) gather(own *knot, calls []events.ContextCall) *work {
	w := &work{members: map[string]*member{}, links: map[madeLink]bool{}, room: MaxChanges - len(p.ledgers)}
	w.touch(own)
	for _, l := range p.ledgers {
		for _, id := range l.Wants {
			if k := p.knots[id]; k != nil && k.Torn {
				w.touch(k)
			}
		}
	}
	if p.self.Out {
		delete(w.members, p.d.ID)
	} else {
		m := memberOf(p.d, calls)
		m.Written = p.knots[ID(p.d.Start, p.d.ID)] != nil
		w.members[p.d.ID] = &m
	}
	sizes := newUnion(w)
	for _, l := range p.ledgers {
		make, undo := l.differing()
		for _, k := range undo {
			if p.reach(w, k) {
				delete(w.links, madeLink{k, l.key})
				l.strike(k)
			}
		}
		for _, k := range make {
			if p.reach(w, k) && sizes.join(w, k) {
				w.links[madeLink{k, l.key}] = true
				l.note(k)
			}
		}
	}
	return w
}

// touch takes an incident in.
func (w *work) touch(k *knot) {
	if k == nil || slices.Contains(w.touched, k) {
		return
	}
	w.touched = append(w.touched, k)
	for i := range k.Members {
		m := k.Members[i]
		w.members[m.ID] = &m
	}
	for _, l := range k.Links {
		w.links[l] = true
	}
}

// reach takes in the incidents at both ends of a link. A link whose end is nowhere, or out of reach in this pass, is left as it is.
func (p *pass) reach(w *work, k link) bool {
	var both []*knot
	for _, id := range []string{k.From, k.To} {
		if w.members[id] != nil || id == p.d.ID {
			continue
		}
		found, ready := p.sought(id)
		if !ready {
			return false
		}
		if found != nil {
			both = append(both, found)
		}
	}
	fresh := 0
	for _, found := range both {
		if !slices.Contains(w.touched, found) {
			fresh++
		}
	}
	if len(w.touched)+fresh > w.room/2 {
		w.torn = true
		return false
	}
	for _, found := range both {
		w.touch(found)
	}
	return true
}

// union counts how many detections hang together while links are made, so that no incident outgrows its document.
type union struct {
	up   map[string]string
	size map[string]int
}

func newUnion(w *work) *union {
	return &union{up: map[string]string{}, size: map[string]int{}}
}

// join says whether a link may be made: both ends are there, and what hangs together by it is not too much. It reckons by whole incidents,
// each of which counts as many as it has.
func (u *union) join(w *work, k link) bool {
	if w.members[k.From] == nil || w.members[k.To] == nil {
		return false
	}
	a, b := u.root(w, k.From), u.root(w, k.To)
	if a == b {
		return true
	}
	if u.size[a]+u.size[b] > maxWoven {
		return false
	}
	u.up[b], u.size[a] = a, u.size[a]+u.size[b]
	return true
}

// root names what a detection hangs together with: its incident, or itself where it has none.
func (u *union) root(w *work, id string) string {
	at, n := id, 1
	for _, k := range w.touched {
		if k.has(id) {
			at, n = k.id, len(k.Members)
			break
		}
	}
	for u.up[at] != "" {
		at = u.up[at]
	}
	if u.size[at] == 0 {
		u.size[at] = n
	}
	return at
}

// pieces finds what hangs together, names it, and puts together again what cannot be written in this pass. Ready is false where a document
// must be read first.
func (w *work) pieces(p *pass) (list []piece, ready bool) {
	list = w.split()
	if len(list) == 0 {
		return nil, true
	}
	for i := range list {
		first := &list[i].Members[0]
		list[i].id = ID(first.Start, first.ID)
	}
	if !p.writable(&list[0]) {
		p.want(list[0].id)
		return nil, false
	}
	writes := len(w.touched) // each of them, as an alias at least
	kept := list[:1]
	if !w.touches(list[0].id) {
		writes++
	}
	var rest []piece
	for _, one := range list[1:] {
		free := w.touches(one.id)
		switch {
		case !p.writable(&one):
			p.want(one.id)
			rest = append(rest, one)
		case !free && writes >= w.room:
			rest = append(rest, one)
		default:
			if kept = append(kept, one); !free {
				writes++
			}
		}
	}
	for _, one := range rest {
		kept[0].Members = append(kept[0].Members, one.Members...)
		kept[0].Links = append(kept[0].Links, one.Links...)
		kept[0].torn, w.torn = true, true
	}
	for i := range kept {
		kept[i].tidy()
	}
	return kept, true
}

// writable says whether it is known what stands in the document of a piece: it was read, or there never was one.
func (p *pass) writable(one *piece) bool {
	_, asked := p.knots[one.id]
	return asked || !one.Members[0].Written
}

func (w *work) touches(id string) bool {
	return slices.ContainsFunc(w.touched, func(k *knot) bool { return k.id == id })
}

// split finds what hangs together, the earliest first.
func (w *work) split() []piece {
	all := make([]*member, 0, len(w.members))
	for _, m := range w.members {
		all = append(all, m)
	}
	slices.SortFunc(all, byMemberStart)
	beside := map[string][]string{}
	for k := range w.links {
		if w.members[k.From] == nil || w.members[k.To] == nil {
			delete(w.links, k)
			continue
		}
		beside[k.From] = append(beside[k.From], k.To)
		beside[k.To] = append(beside[k.To], k.From)
	}
	in := map[string]int{}
	var list []piece
	for _, m := range all {
		if _, done := in[m.ID]; done {
			continue
		}
		in[m.ID] = len(list)
		for next := []string{m.ID}; len(next) > 0; next = next[1:] {
			for _, o := range beside[next[0]] {
				if _, done := in[o]; !done {
					in[o] = len(list)
					next = append(next, o)
				}
			}
		}
		list = append(list, piece{})
	}
	for _, m := range all {
		list[in[m.ID]].Members = append(list[in[m.ID]].Members, *m)
	}
	for k := range w.links {
		list[in[k.From]].Links = append(list[in[k.From]].Links, k)
	}
	return list
}

// tidy puts a piece in order. Its first detection is known from now on to have a document.
func (o *piece) tidy() {
	slices.SortFunc(o.Members, func(a, b member) int { return byMemberStart(&a, &b) })
	slices.SortFunc(o.Links, func(a, b madeLink) int { return cmp.Or(compareLinks(a.link, b.link), cmp.Compare(a.Key, b.Key)) })
	o.Members[0].Written = true
}
