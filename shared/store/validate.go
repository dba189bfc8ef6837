package store

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// Limits of a filter. They keep one request from costing as much as a thousand.
const (
	MaxValues = 1000 // values of one list
	MaxText   = 256  // bytes of a text searched for
	MaxNot    = 16   // filters in Not
)

// Moments that an int64 of nanoseconds can hold with room to spare. Packets come from within; what does not is a broken clock.
var (
	minTime = time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC)
	maxTime = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)
)

// Validate says what makes no sense in a query; the cursor is the implementation's to judge.
func (q *DetectionQuery) Validate() error {
	if q.Sort != "" && !slices.Contains(Sorts(), q.Sort) {
		return &Invalid{"sort", string(q.Sort), oneOfNames(Sorts())}
	}
	if err := CheckLimit(q.Limit, MaxPage); err != nil {
		return err
	}
	return q.Filter.Validate()
}

// Validate says what makes no sense in a histogram.
func (h *HistogramQuery) Validate() error {
	if h.Buckets < 1 || h.Buckets > MaxBuckets {
		return &Invalid{"buckets", strconv.Itoa(h.Buckets), fmt.Sprintf("1 to %d", MaxBuckets)}
	}
	return checkSpan(h.From, h.To)
}

// Step is the length of each bucket.
func (h *HistogramQuery) Step() time.Duration { return step(h.From, h.To, h.Buckets) }

func step(from, to time.Time, buckets int) time.Duration {
	n := time.Duration(buckets)
	return (to.Sub(from) + n - 1) / n
}

// Validate says what makes no sense in a grouping of what the filter means.
func (g *GroupQuery) Validate(f *DetectionFilter) error {
	if !slices.Contains(GroupBys(), g.By) {
		return &Invalid{"by", string(g.By), oneOfNames(GroupBys())}
	}
	if err := CheckLimit(g.Limit, MaxGroups); err != nil {
		return err
	}
	if g.Buckets < 0 || g.Buckets > MaxBuckets {
		return &Invalid{"buckets", strconv.Itoa(g.Buckets), fmt.Sprintf("0 to %d", MaxBuckets)}
	}
	if g.Buckets > 0 {
		if f.From == nil || f.To == nil {
			return &Invalid{"buckets", strconv.Itoa(g.Buckets), "possible without the filter's from and to"}
		}
		if err := checkSpan(*f.From, *f.To); err != nil {
			return err
		}
	}
	return f.Validate()
}

// Step is the length of each bar, 0 where there are none; f must have been validated with g.
func (g *GroupQuery) Step(f *DetectionFilter) time.Duration {
	if g.Buckets == 0 {
		return 0
	}
	return step(*f.From, *f.To, g.Buckets)
}

// Validate says what makes no sense in a page of records but for its cursor.
func (q *RecordQuery) Validate() error {
	if err := CheckLimit(q.Limit, MaxPage); err != nil {
		return err
	}
	for _, k := range q.Kinds {
		if !slices.Contains(events.Kinds(), k) {
			return &Invalid{"kinds", string(k), oneOfNames(events.Kinds())}
		}
	}
	return checkSpan(q.From, q.To)
}

// Validate says what makes no sense in a counting of records.
func (t *TopQuery) Validate() error {
	if len(t.Fields) < 1 || len(t.Fields) > MaxTopFields {
		return &Invalid{"fields", strings.Join(t.Fields, ","), fmt.Sprintf("a list of 1 to %d fields", MaxTopFields)}
	}
	for _, f := range slices.Concat(t.Fields, t.Sum) {
		if f == "" || len(f) > 64 {
			return &Invalid{"fields", shorten(f), "the name of a field"}
		}
	}
	if len(t.Sum) > MaxTopFields {
		return &Invalid{"sum", strings.Join(t.Sum, ","), fmt.Sprintf("a list of at most %d fields", MaxTopFields)}
	}
	return CheckLimit(t.Limit, MaxGroups)
}

// CheckLimit says whether a page may have so many items; 0 is the default of whoever asks.
func CheckLimit(limit, most int) error {
	if limit < 0 || limit > most {
		return &Invalid{"limit", strconv.Itoa(limit), fmt.Sprintf("1 to %d", most)}
	}
	return nil
}

// CheckList says whether a page of all that there is can be asked for so: only documents have ids with prefixes.
func CheckList(q ListQuery) error {
	if q.Prefix != "" {
		return &Invalid{"prefix", shorten(q.Prefix), "empty: only documents are listed by a prefix"}
	}
	return CheckLimit(q.Limit, MaxPage)
}

// BadCursor is the answer to a cursor that was not given out for this query.
func BadCursor(cursor string) error {
	return &Invalid{"cursor", shorten(cursor), "one that the page before gave, for the same query"}
}

// CheckID says whether an id may be stored: 1 to MaxID bytes of printable ASCII.
func CheckID(field, id string) error {
	if id == "" || len(id) > MaxID || strings.ContainsFunc(id, func(r rune) bool { return r < 0x20 || r > 0x7e }) {
		return &Invalid{field, shorten(id), fmt.Sprintf("1 to %d printable ASCII characters", MaxID)}
	}
	return nil
}

// CheckWrites says what makes no sense in a Write of documents.
func CheckWrites(changes []Write) error { return checkWrites(changes, MaxWrites) }

func checkWrites(changes []Write, most int) error {
	if len(changes) < 1 || len(changes) > most {
		return &Invalid{"changes", strconv.Itoa(len(changes)), fmt.Sprintf("1 to %d", most)}
	}
	for i, w := range changes {
		if err := CheckID("kind", string(w.Kind)); err != nil {
			return err
		}
		if err := CheckID("id", w.ID); err != nil {
			return err
		}
		if len(w.Body) > MaxBody {
			return &Invalid{"body", strconv.Itoa(len(w.Body)) + " bytes", fmt.Sprintf("at most %d bytes", MaxBody)}
		}
		if w.Body != nil && !json.Valid(w.Body) {
			return &Invalid{"body", shorten(string(w.Body)), "JSON"}
		}
		if slices.ContainsFunc(changes[:i], func(o Write) bool { return o.Kind == w.Kind && o.ID == w.ID }) {
			return &Invalid{"id", w.ID, "named once: one Write changes a document once"}
		}
	}
	return nil
}

// checkText says whether a text that people give may be stored.
func checkText(field, s string, most int) error {
	if len(s) > most || !utf8.ValidString(s) {
		return &Invalid{field, shorten(s), fmt.Sprintf("a text (UTF-8) of at most %d bytes", most)}
	}
	return nil
}

func checkSpan(from, to time.Time) error {
	if err := checkTime("from", from); err != nil {
		return err
	}
	if err := checkTime("to", to); err != nil {
		return err
	}
	if !from.Before(to) {
		return &Invalid{"to", to.Format(time.RFC3339Nano), "after from (" + from.Format(time.RFC3339Nano) + ")"}
	}
	return nil
}

func checkTime(field string, t time.Time) error {
	if t.Before(minTime) || !t.Before(maxTime) {
		return &Invalid{field, t.Format(time.RFC3339Nano), "a time between the years 1900 and 2200"}
	}
	return nil
}

// Validate says what makes no sense in a filter.
func (f *DetectionFilter) Validate() error {
	if len(f.Not) > MaxNot {
		return &Invalid{"not", strconv.Itoa(len(f.Not)), fmt.Sprintf("at most %d filters", MaxNot)}
	}
	if err := f.validate(""); err != nil {
		return err
	}
	for i := range f.Not {
		if err := f.Not[i].validate("not."); err != nil {
			return err
		}
	}
	return nil
}

func (f *DetectionFilter) validate(at string) error {
	switch f.Hidden {
	case HiddenExclude, HiddenInclude, HiddenOnly:
	default:
		return &Invalid{at + "hidden", string(f.Hidden), `one of "", include, only`}
	}
	if f.Text != "" && (len(f.Text) < MinText || len(f.Text) > MaxText) {
		return &Invalid{at + "text", shorten(f.Text), fmt.Sprintf("%d to %d bytes", MinText, MaxText)}
	}
	for _, s := range []struct {
		name  string
		value int
	}{{"min_score", f.MinScore}, {"max_score", f.MaxScore}} {
		if s.value < 0 || s.value > 99 {
			return &Invalid{at + s.name, strconv.Itoa(s.value), "0 to 99"}
		}
	}
	return f.validateLists(at)
}

func (f *DetectionFilter) validateLists(at string) error {
	lists := []struct {
		name string
		n    int
	}{
		{"ids", len(f.IDs)}, {"types", len(f.Types)}, {"categories", len(f.Categories)}, {"tactics", len(f.Tactics)},
		{"techniques", len(f.Techniques)}, {"assignees", len(f.Assignees)}, {"sensors", len(f.Sensors)}, {"vnis", len(f.VNIs)},
	}
	for _, l := range lists {
		if l.n > MaxValues {
			return &Invalid{at + l.name, strconv.Itoa(l.n) + " values", fmt.Sprintf("at most %d", MaxValues)}
		}
	}
	if err := allOf(at+"bands", f.Bands, bands()); err != nil {
		return err
	}
	if err := allOf(at+"statuses", f.Statuses, events.Statuses()); err != nil {
		return err
	}
	if err := allOf(at+"resolutions", f.Resolutions, events.Resolutions()); err != nil {
		return err
	}
	for _, p := range []struct {
		name string
		f    *ParticipantFilter
	}{{"participant.", f.Participant}, {"offender.", f.Offender}, {"victim.", f.Victim}} {
		if err := p.f.validate(at + p.name); err != nil {
			return err
		}
	}
	return nil
}

func bands() []events.Band {
	return []events.Band{events.BandOf(1), events.BandOf(30), events.BandOf(60), events.BandOf(80)}
}

func (p *ParticipantFilter) validate(at string) error {
	if p == nil {
		return nil
	}
	lists := []struct {
		name string
		n    int
	}{
		{"devices", len(p.Devices)}, {"addresses", len(p.Addresses)}, {"hostnames", len(p.Hostnames)}, {"vpcs", len(p.VPCs)},
		{"accounts", len(p.Accounts)}, {"interfaces", len(p.Interfaces)}, {"instances", len(p.Instances)}, {"users", len(p.Users)},
		{"tags", len(p.Tags)}, {"ports", len(p.Ports)},
	}
	for _, l := range lists {
		if l.n > MaxValues {
			return &Invalid{at + l.name, strconv.Itoa(l.n) + " values", fmt.Sprintf("at most %d", MaxValues)}
		}
	}
	for _, a := range p.Addresses {
		if !a.IsValid() {
			return &Invalid{at + "addresses", a.String(), "an address or a network in CIDR form"}
		}
	}
	return nil
}

// Network reads an address or a network in CIDR form as filters hold it. IPv4 in IPv6 is IPv4.
func Network(s string) (netip.Prefix, bool) {
	if p, err := netip.ParsePrefix(s); err == nil {
		return p.Masked(), true
	}
	a, err := netip.ParseAddr(s)
	if err != nil || a.Zone() != "" {
		return netip.Prefix{}, false
	}
	a = a.Unmap()
	return netip.PrefixFrom(a, a.BitLen()), true
}

func allOf[T ~string](field string, have, known []T) error {
	if len(have) > MaxValues {
		return &Invalid{field, strconv.Itoa(len(have)) + " values", fmt.Sprintf("at most %d", MaxValues)}
	}
	for _, v := range have {
		if !slices.Contains(known, v) {
			return &Invalid{field, string(v), oneOfNames(known)}
		}
	}
	return nil
}

func oneOfNames[T ~string](known []T) string {
	var names []string
	for _, k := range known {
		if k != "" {
			names = append(names, string(k))
		}
	}
	return "one of " + strings.Join(names, ", ")
}

// shorten keeps a hostile value from filling an error message.
func shorten(s string) string {
	if len(s) <= 64 {
		return s
	}
	return strings.ToValidUTF8(s[:64], "") + "..."
}
