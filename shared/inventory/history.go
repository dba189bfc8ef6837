package inventory

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// MaxKeys is how many documents are asked for about one detection, in one round.
const MaxKeys = 40

// Keys are the documents to be read for a detection: of each of its participants, offenders first, what tells who it was; then, as far
// as there is room, what tells more. History.More names what only these tell of.
func Keys(d *events.Detection) []store.DocumentKey {
	who := participants(d)
	w := &wanted{list: []store.DocumentKey{key(ofMarks)}}
	for rank := range 4 {
		for _, p := range who {
			if at := keysFor(p); rank < len(at) {
				w.add(at[rank])
			}
		}
	}
	return w.list
}

// participants are those that are looked up, offenders first.
func participants(d *events.Detection) []*events.Participant {
	list := make([]*events.Participant, 0, len(d.Participants))
	for _, offends := range []bool{true, false} {
		for i := range d.Participants {
			if (d.Participants[i].Role == "offender") == offends {
				list = append(list, &d.Participants[i])
			}
		}
	}
	return list[:min(len(list), events.MaxIdentities)]
}

// keysFor are the documents that may tell who a participant was, what tells most first.
func keysFor(p *events.Participant) []store.DocumentKey {
	var keys []store.DocumentKey
	if p.Interface != "" {
		keys = append(keys, key(ofInterface, p.Interface))
	}
	if a := plain(p.Address); a.IsValid() {
		if p.VPC != "" {
			keys = append(keys, key(ofAddress, p.VPC, "/", a.String()))
		}
		if a.Is4() && outside(a) {
			keys = append(keys, key(ofPublic, a.String()))
		}
		if p.VPC == "" {
			keys = append(keys, key(ofAnyVPC, a.String()))
		}
	}
	if p.Instance != "" {
		keys = append(keys, key(ofInstance, p.Instance))
	}
	if p.VPC != "" {
		keys = append(keys, key(ofGateways, p.VPC))
	}
	return keys
}

// wanted is a list of keys, each once, with a bound.
type wanted struct{ list []store.DocumentKey }

func (w *wanted) add(k store.DocumentKey) {
	if len(w.list) < MaxKeys && storable(k) && !slices.Contains(w.list, k) {
		w.list = append(w.list, k)
	}
}

// History is what some documents say. Maps and lists in what it gives are shared with it: nobody may write to them.
type History struct {
	pages   map[string]page
	places  map[string]time.Time
	through time.Time
}

// Read makes a history of documents; those of other kinds are ignored. What cannot be read is named in the error, and the rest is used.
func Read(docs map[store.DocumentKey]store.Document) (*History, error) {
	h := &History{pages: map[string]page{}, places: map[string]time.Time{}}
	return h, h.Add(docs)
}

// Add adds documents of a later round.
func (h *History) Add(docs map[store.DocumentKey]store.Document) error {
	var errs []error
	for k, d := range docs {
		if k.Kind != store.KindHolding || hasPrefix(k.ID, ofMarks+"/") {
			continue
		}
		if err := h.add(k.ID, d); err != nil {
			errs = append(errs, err)
		}
	}
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(errs...)
}

func (h *History) add(id string, d store.Document) error {
	if id == ofMarks {
		m, err := readMarks(d)
		for place, at := range m.Places {
			h.places[place] = at
			h.newer(at)
		}
		return err
	}
	p, err := read(d)
	if err != nil {
		return err
	}
	h.pages[id] = p
	h.newer(d.Modified)
	return nil
}

func (h *History) newer(t time.Time) {
	if t.After(h.through) {
		h.through = t
	}
}

// Through is when the newest observation was made that is known of; zero: nothing is known.
func (h *History) Through() time.Time { return h.through }

// ThroughOf is when an account and region was last seen whole; zero: never, as far as is known.
func (h *History) ThroughOf(account, region string) time.Time { return h.places[account+"/"+region] }

// Of says who a participant was at a time: by its interface, else by its address in its VPC, else by its address where one only held it
// then, else by its public address, else by its instance. False: nobody knows, or several could be meant.
func (h *History) Of(p *events.Participant, at time.Time) (events.Holding, bool) {
	a := plain(p.Address)
	try := []string{ofInterface + p.Interface}
	if p.VPC != "" {
		try = append(try, ofAddress+p.VPC+"/"+a.String())
	}
	for _, id := range append(try, ofAnyVPC+a.String(), ofPublic+a.String(), ofInstance+p.Instance) {
		if v := h.one(id, at, p); v != nil {
			return *v, true
		}
	}
	return events.Holding{}, false
}

// one gives the only version of a document that held at a time and is no other than the participant, or nil.
func (h *History) one(id string, at time.Time, p *events.Participant) *events.Holding {
	held, known := h.pages[id]
	if !known || held.Crowded {
		return nil
	}
	var found *events.Holding
	for _, v := range held.at(at) {
		if other(p.Interface, v.Interface) || other(p.VPC, v.VPC) || other(p.Account, v.Account) || !hasPrefix(id, ofInterface) && other(p.Instance, v.Instance) {
			continue
		}
		if found != nil {
			return nil
		}
		found = v
	}
	return found
}

// other says whether two names are of different things; one that is not known may be any.
func other(a, b string) bool { return a != "" && b != "" && a != b }

// Instance gives an instance at a time, with the addresses of all of its interfaces.
func (h *History) Instance(id string, at time.Time) (events.Holding, bool) {
	if v := h.one(ofInstance+id, at, &events.Participant{}); v != nil {
		return *v, true
	}
	return events.Holding{}, false
}

// More are the documents of a second round: the instances of those who were found, and the NAT gateways of their VPCs.
func (h *History) More(d *events.Detection) []store.DocumentKey {
	w := &wanted{}
	for _, p := range participants(d) {
		v, ok := h.Of(p, d.Start)
		if !ok {
			continue
		}
		for _, k := range []store.DocumentKey{key(ofInstance, v.Instance), key(ofGateways, v.VPC)} {
			if _, read := h.pages[k.ID]; !read && hasPrefix(k.ID, ofInstance) || !read && hasPrefix(k.ID, ofGateways) {
				w.add(k)
			}
		}
	}
	return w.list
}

// Outside gives the addresses under which a holding may have been seen from outside its VPC: its public ones and its IPv6 ones, those of
// its instance and, of the NAT gateways of its VPC, those that there were meanwhile; the latter two where their documents were read. They
// are sorted.
func (h *History) Outside(of events.Holding) []netip.Addr {
	list := slices.Clone(of.PublicAddresses)
	list = append(list, of.Addresses...)
	for _, id := range []string{ofInstance + of.Instance, ofGateways + of.VPC} {
		if !hasPrefix(id, ofInstance) && !hasPrefix(id, ofGateways) {
			continue
		}
		held := h.pages[id]
		for _, v := range held.during(of.From, of.To) {
			list = append(append(list, v.PublicAddresses...), v.Addresses...)
		}
	}
	list = slices.DeleteFunc(list, func(a netip.Addr) bool { return !outside(a) })
	slices.SortFunc(list, netip.Addr.Compare)
	return slices.Compact(list)
}
