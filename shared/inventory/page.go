package inventory

import (
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// page is the body of a document.
type page struct {
	Versions   []events.Holding `json:"versions,omitempty"`   // by From
	Interfaces []string         `json:"interfaces,omitempty"` // of an instance, those that it has
	Crowded    bool             `json:"crowded,omitempty"`    // more hold it at once than anybody could tell apart; nothing else is kept
}

// manner is how a kind of document is kept.
type manner struct {
	alone    bool // one holds it at a time: another's beginning is its end
	instance bool // all versions are of one instance, whatever its first interface is
	exact    bool // since when an interface is attached is since when it holds this, so that whoever held it before had lost it by then
	forever  bool // what is over stays, however long ago it was: it comes from a file about then
	most     int  // versions
	atOnce   int  // holders, of more it is crowded; 0: any number
}

func mannerOf(id string) manner {
	switch {
	case hasPrefix(id, ofAnyVPC):
		return manner{exact: true, most: MaxVersions, atOnce: MaxHolders}
	case hasPrefix(id, ofGateways):
		return manner{most: MaxGateways}
	}
	return manner{alone: true, instance: hasPrefix(id, ofInstance), exact: hasPrefix(id, ofAddress) || hasPrefix(id, ofInterface), most: MaxVersions}
}

func hasPrefix(id, prefix string) bool { return len(id) > len(prefix) && id[:len(prefix)] == prefix }

func (m manner) holder(h *events.Holding) string {
	if m.instance {
		return h.Instance
	}
	return holderOf(h)
}

// again is how soon a holder that was taken for gone may be seen again as if nothing had been: AWS's answers lag, and sometimes lack.
const again = time.Hour

// lasting gives the version of a holder that lasts, or nil.
func (p *page) lasting(m manner, holder string) *events.Holding {
	for i := len(p.Versions) - 1; i >= 0; i-- {
		if v := &p.Versions[i]; v.To == nil && m.holder(v) == holder {
			return v
		}
	}
	return nil
}

// last gives the newest version of a holder, or nil.
func (p *page) last(m manner, holder string) *events.Holding {
	for i := len(p.Versions) - 1; i >= 0; i-- {
		if m.holder(&p.Versions[i]) == holder {
			return &p.Versions[i]
		}
	}
	return nil
}

// put notes that h holds since from, as was seen at a time. It says whether that is news. What is known of later stays.
func (p *page) put(m manner, h events.Holding, from, at time.Time) bool {
	if p.Crowded || p.newerThan(at) {
		return false
	}
	holder := m.holder(&h)
	last := p.last(m, holder)
	switch {
	case last == nil:
	case last.To == nil && same(last, &h):
		return false
	case last.To == nil && from.Before(at) && last.Instance == h.Instance:
		from = at // the same holder in another state: since when is not known, but that it was not so when it was seen before
	case last.To != nil && same(last, &h) && at.Sub(*last.To) < again && !from.After(*last.To) && (!m.alone || last == &p.Versions[len(p.Versions)-1]):
		last.To = nil
		return true
	}
	from = p.close(m, &h, holder, from, at)
	if h.From, h.To = &from, nil; from.IsZero() {
		h.From = nil
	}
	p.Versions = append(p.Versions, h)
	p.order()
	p.trim(m, at)
	return true
}

func (p *page) order() {
	slices.SortStableFunc(p.Versions, func(a, b events.Holding) int { return begin(&a).Compare(begin(&b)) })
}

// newerThan says whether something here was seen to begin or end after a time.
func (p *page) newerThan(at time.Time) bool {
	for i := range p.Versions {
		if v := &p.Versions[i]; begin(v).After(at) || v.To != nil && v.To.After(at) {
			return true
		}
	}
	return false
}

func begin(h *events.Holding) time.Time {
	if h.From == nil {
		return time.Time{}
	}
	return *h.From
}

// close ends what the new version takes the place of, and gives when it begins: not before what was there ended, or began.
func (p *page) close(m manner, h *events.Holding, holder string, from, at time.Time) time.Time {
	ends := func(v *events.Holding) bool {
		return m.alone || m.holder(v) == holder || v.VPC != "" && v.VPC == h.VPC && m.atOnce > 0
	}
	for i := range p.Versions {
		v := &p.Versions[i]
		if !ends(v) {
			continue
		}
		if v.To != nil && v.To.After(from) {
			if m.exact && m.holder(v) != holder && begin(v).Before(from) {
				to := from
				v.To = &to // its end was noticed late
				continue
			}
			from = *v.To
		}
		if v.To == nil && !begin(v).Before(from) {
			from = at
		}
	}
	p.Versions = slices.DeleteFunc(p.Versions, func(v events.Holding) bool { return ends(&v) && v.To == nil && !begin(&v).Before(from) })
	for i := range p.Versions {
		if v := &p.Versions[i]; ends(v) && v.To == nil {
			to := from
			v.To = &to
		}
	}
	return from
}

// end notes that a holder is seen no more. It says whether that is news.
func (p *page) end(m manner, holder string, at time.Time) bool {
	v := p.lasting(m, holder)
	if v == nil || !begin(v).Before(at) {
		return false
	}
	v.To = &at
	p.trim(m, at)
	return true
}

// trim keeps the page within its bounds: first what nobody remembers any more goes, then two versions of one holder become one, then
// the oldest goes, of those that ended before those that last.
func (p *page) trim(m manner, at time.Time) {
	p.Versions = slices.DeleteFunc(p.Versions, func(v events.Holding) bool { return !m.forever && v.To != nil && at.Sub(*v.To) > Remember })
	if m.atOnce > 0 && p.holders(m) > m.atOnce {
		p.Versions, p.Crowded = nil, true
		return
	}
	for len(p.Versions) > m.most && p.merge(m) {
	}
	for len(p.Versions) > m.most {
		i := max(0, slices.IndexFunc(p.Versions, func(v events.Holding) bool { return v.To != nil }))
		p.Versions = slices.Delete(p.Versions, i, i+1)
	}
}

// holders counts those that hold at once.
func (p *page) holders(m manner) (n int) {
	for i := range p.Versions {
		if p.Versions[i].To == nil {
			n++
		}
	}
	return n
}

// merge makes the oldest two versions that differ in no more than tags and groups one: who it was is then still known of all the time.
func (p *page) merge(m manner) bool {
	for i := range p.Versions {
		v := &p.Versions[i]
		for j := i + 1; j < len(p.Versions); j++ {
			next := &p.Versions[j]
			if v.To != nil && next.From != nil && next.From.Equal(*v.To) && m.holder(v) == m.holder(next) && alike(v, next) {
				next.From = v.From
				p.Versions = slices.Delete(p.Versions, i, i+1)
				return true
			}
		}
	}
	return false
}

// expires is when the document goes: some time after its last holder was seen.
func (p *page) expires(at time.Time) time.Time {
	if p.Crowded {
		return at.Add(Remember)
	}
	var last time.Time
	for i := range p.Versions {
		if p.Versions[i].To == nil {
			return at.Add(Remember)
		}
		if to := *p.Versions[i].To; to.After(last) {
			last = to
		}
	}
	return last.Add(Remember)
}

// at gives the versions that held at a time.
func (p *page) at(when time.Time) []*events.Holding {
	var list []*events.Holding
	for i := range p.Versions {
		v := &p.Versions[i]
		if begin(v).After(when) || v.To != nil && !when.Before(*v.To) {
			continue
		}
		list = append(list, v)
	}
	return list
}

// during gives the versions that held at any time in [from, to]; nil is no bound.
func (p *page) during(from, to *time.Time) []*events.Holding {
	var list []*events.Holding
	for i := range p.Versions {
		v := &p.Versions[i]
		if to != nil && begin(v).After(*to) || from != nil && v.To != nil && v.To.Before(*from) {
			continue
		}
		list = append(list, v)
	}
	return list
}
