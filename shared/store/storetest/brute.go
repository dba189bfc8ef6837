package storetest

import (
	"cmp"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// Brute answers by looking at every detection with the definitions of shared/store. It is what every index is held against.
type Brute []events.Detection // in the order of storing

// Search gives the ids of all that match, in order.
func (b Brute) Search(f store.DetectionFilter, s store.Sort) []string {
	type placed struct {
		d  *events.Detection
		at int
	}
	var found []placed
	for i := range b {
		if f.Match(&b[i]) {
			found = append(found, placed{&b[i], i})
		}
	}
	slices.SortFunc(found, func(x, y placed) int {
		first := 0
		switch s {
		case store.ByStart, "":
			first = y.d.Start.Compare(x.d.Start)
		case store.ByUpdate:
			first = y.d.Update.Compare(x.d.Update)
		case store.ByScore:
			first = cmp.Or(cmp.Compare(y.d.Risk.Score, x.d.Risk.Score), y.d.Start.Compare(x.d.Start))
		case store.ByOldest:
			first = x.d.Start.Compare(y.d.Start)
		case store.ByCreated:
			first = cmp.Compare(x.at, y.at)
		}
		return cmp.Or(first, cmp.Compare(x.d.ID, y.d.ID))
	})
	ids := make([]string, 0, len(found))
	for _, p := range found {
		ids = append(ids, p.d.ID)
	}
	return ids
}

// Histogram counts by start and band.
func (b Brute) Histogram(f store.DetectionFilter, h store.HistogramQuery) store.Histogram {
	want := store.Histogram{Complete: true, Step: h.Step(), Buckets: make([]store.Bucket, h.Buckets)}
	for i := range want.Buckets {
		want.Buckets[i].Start = h.From.Add(time.Duration(i) * want.Step)
	}
	for i := range b {
		d := &b[i]
		if d.Start.Before(h.From) || !d.Start.Before(h.To) || !f.Match(d) {
			continue
		}
		bucket := &want.Buckets[d.Start.Sub(h.From)/want.Step]
		if bucket.Bands == nil {
			bucket.Bands = map[events.Band]int{}
		}
		bucket.Count++
		bucket.Bands[d.Risk.Band]++
	}
	return want
}

// Groups counts by a field.
func (b Brute) Groups(f store.DetectionFilter, q store.GroupQuery) store.Groups {
	members := map[string][]*events.Detection{}
	for i := range b {
		if f.Match(&b[i]) {
			for _, key := range q.By.Keys(&b[i]) {
				members[key] = append(members[key], &b[i])
			}
		}
	}
	limit := cmp.Or(q.Limit, store.MaxGroups)
	want := store.Groups{Total: len(members), Complete: len(members) <= limit, Items: []store.Group{}}
	for key, list := range members {
		want.Items = append(want.Items, groupOf(f, q, key, list))
	}
	slices.SortFunc(want.Items, func(x, y store.Group) int { return cmp.Or(cmp.Compare(y.Count, x.Count), cmp.Compare(x.Key, y.Key)) })
	want.Items = want.Items[:min(limit, len(want.Items))]
	return want
}

func groupOf(f store.DetectionFilter, q store.GroupQuery, key string, list []*events.Detection) store.Group {
	g := store.Group{Key: key, Count: len(list), MaxScore: list[0].Risk.Score}
	if q.Buckets > 0 {
		g.Bars = make([]int, q.Buckets)
	}
	offenders, victims := map[string]bool{}, map[string]bool{}
	var labelled time.Time
	for _, d := range list {
		if d.Status == events.StatusOpen {
			g.Open++
		}
		g.MaxScore = max(g.MaxScore, d.Risk.Score)
		if d.Update.After(g.Latest) {
			g.Latest = d.Update
		}
		if label := q.By.Label(d, key); label != "" && (g.Label == "" || d.Update.After(labelled) || d.Update.Equal(labelled) && label > g.Label) {
			g.Label, labelled = label, d.Update
		}
		if q.Buckets > 0 {
			g.Bars[d.Start.Sub(*f.From)/q.Step(&f)]++
		}
		for _, p := range d.Participants {
			switch {
			case p.Device == "":
			case p.Role == "offender":
				offenders[p.Device] = true
			case p.Role == "victim":
				victims[p.Device] = true
			}
		}
	}
	g.Label = cmp.Or(g.Label, key)
	g.Offenders, g.Victims = len(offenders), len(victims)
	return g
}

// Filter makes a random filter of which some of the detections are meant, more often than not.
func (b Brute) Filter(r *rand.Rand) store.DetectionFilter {
	f := b.plainFilter(r)
	f.Hidden = []store.Hidden{store.HiddenExclude, store.HiddenInclude, store.HiddenOnly}[r.IntN(3)]
	for range r.IntN(3) {
		f.Not = append(f.Not, b.plainFilter(r))
	}
	return f
}

// plainFilter takes one to three questions, with the answers of detections that there are.
func (b Brute) plainFilter(r *rand.Rand) store.DetectionFilter {
	var f store.DetectionFilter
	for range 1 + r.IntN(3) {
		d, e := &b[r.IntN(len(b))], &b[r.IntN(len(b))]
		questions := slices.Concat(timeQuestions, kindQuestions, placeQuestions)
		questions[r.IntN(len(questions))](&f, d, e, r)
	}
	return f
}

// question makes a filter ask for what d has, or d and e.
type question func(f *store.DetectionFilter, d, e *events.Detection, r *rand.Rand)

var timeQuestions = []question{
	func(f *store.DetectionFilter, d, _ *events.Detection, _ *rand.Rand) { f.From = &d.Start },
	func(f *store.DetectionFilter, d, _ *events.Detection, _ *rand.Rand) { f.To = &d.Start },
	func(f *store.DetectionFilter, d, e *events.Detection, _ *rand.Rand) {
		f.From, f.To = &d.Start, &e.Start
	},
	func(f *store.DetectionFilter, d, _ *events.Detection, _ *rand.Rand) { f.UpdatedFrom = &d.Update },
	func(f *store.DetectionFilter, d, _ *events.Detection, _ *rand.Rand) { f.UpdatedTo = &d.Update },
	func(f *store.DetectionFilter, d, _ *events.Detection, _ *rand.Rand) { f.ModifiedFrom = d.Modified },
	func(f *store.DetectionFilter, d, _ *events.Detection, _ *rand.Rand) {
		lasts := d.End == nil
		f.Ongoing = &lasts
	},
}

var kindQuestions = []question{
	func(f *store.DetectionFilter, d, e *events.Detection, _ *rand.Rand) {
		f.IDs = []string{d.ID, e.ID, "none"}
	},
	func(f *store.DetectionFilter, d, e *events.Detection, _ *rand.Rand) {
		f.Types = []string{d.Type, e.Type}
	},
	func(f *store.DetectionFilter, d, _ *events.Detection, _ *rand.Rand) {
		f.Categories = []string{d.Category}
	},
	func(f *store.DetectionFilter, d, e *events.Detection, _ *rand.Rand) {
		f.Tactics = slices.Concat(d.Tactics, e.Tactics)
	},
	func(f *store.DetectionFilter, d, _ *events.Detection, _ *rand.Rand) { f.Techniques = d.Techniques },
	func(f *store.DetectionFilter, _, _ *events.Detection, _ *rand.Rand) {
		f.Techniques = []string{"T1110", "T1021", "T104"}
	},
	func(f *store.DetectionFilter, d, e *events.Detection, _ *rand.Rand) {
		f.Bands = []events.Band{d.Risk.Band, e.Risk.Band}
	},
	func(f *store.DetectionFilter, d, _ *events.Detection, _ *rand.Rand) { f.MinScore = d.Risk.Score },
	func(f *store.DetectionFilter, d, _ *events.Detection, _ *rand.Rand) { f.MaxScore = d.Risk.Score },
	func(f *store.DetectionFilter, d, e *events.Detection, _ *rand.Rand) {
		f.Statuses = []events.Status{d.Status, e.Status}
	},
	func(f *store.DetectionFilter, d, _ *events.Detection, _ *rand.Rand) {
		f.Resolutions = []events.Resolution{d.Resolution}
	},
	func(f *store.DetectionFilter, d, e *events.Detection, _ *rand.Rand) {
		f.Assignees = []string{d.Assignee, e.Assignee}
	},
	func(f *store.DetectionFilter, d, e *events.Detection, _ *rand.Rand) {
		f.Sensors = []string{d.Sensor, e.Sensor}
	},
	func(f *store.DetectionFilter, d, e *events.Detection, _ *rand.Rand) { f.VNIs = []uint32{d.VNI, e.VNI} },
	func(f *store.DetectionFilter, d, _ *events.Detection, r *rand.Rand) { f.Text = slice(store.Text(d), r) },
}

// slice cuts a piece out of a text, now and then across a line end.
func slice(text string, r *rand.Rand) string {
	n := min(len(text), store.MinText+r.IntN(12))
	from := r.IntN(len(text) - n + 1)
	return text[from : from+n]
}

var placeQuestions = []question{
	func(f *store.DetectionFilter, d, e *events.Detection, r *rand.Rand) {
		f.Participant = participantFilter(d, e, r)
	},
	func(f *store.DetectionFilter, d, e *events.Detection, r *rand.Rand) {
		f.Offender = participantFilter(d, e, r)
	},
	func(f *store.DetectionFilter, d, e *events.Detection, r *rand.Rand) {
		f.Victim = participantFilter(d, e, r)
	},
	func(f *store.DetectionFilter, d, e *events.Detection, r *rand.Rand) {
		f.Participant = participantFilter(d, e, r)
	},
}

func participantFilter(d, e *events.Detection, r *rand.Rand) *store.ParticipantFilter {
	f := &store.ParticipantFilter{}
	if len(d.Participants) == 0 || len(e.Participants) == 0 {
		return f
	}
	p, q := &d.Participants[r.IntN(len(d.Participants))], &e.Participants[r.IntN(len(e.Participants))]
	for range 1 + r.IntN(2) {
		askParticipant(f, p, q, r)
	}
	return f
}

func askParticipant(f *store.ParticipantFilter, p, q *events.Participant, r *rand.Rand) {
	switch r.IntN(12) {
	case 0:
		f.Devices = []string{p.Device, q.Device}
	case 1:
		f.Addresses = []netip.Prefix{network(p.Address, r.IntN(33))}
	case 2:
		f.Hostnames = []string{p.Hostname}
	case 3:
		f.Hostnames = []string{"CORP.example.", "cdn2.example.net"}
	case 4:
		f.VPCs = []string{p.VPC, q.VPC}
	case 5:
		f.Accounts = []string{p.Account}
	case 6:
		f.Interfaces, f.Instances = []string{p.Interface, q.Interface}, []string{p.Instance, q.Instance}
	case 7:
		f.Users = []string{p.User}
	case 8:
		f.Tags = p.Tags
	case 9:
		f.Tags = map[string]string{"team": "*"}
	case 10:
		f.Ports = []uint16{p.Port, q.Port}
	case 11:
		f.External = &p.External
	}
}

func network(a netip.Addr, bits int) netip.Prefix {
	if !a.IsValid() {
		return netip.MustParsePrefix("0.0.0.0/0")
	}
	a = a.Unmap().WithZone("")
	n, err := a.Prefix(a.BitLen() - 32 + bits)
	if err != nil {
		return netip.PrefixFrom(a, a.BitLen())
	}
	return n
}
