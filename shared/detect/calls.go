package detect

import (
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/magnitude"
	"github.com/mirrorwatch/mirrorwatch/shared/sketch"
)

// Calls is what a detector remembers of one thing that goes on in calls of AWS APIs: how often, since when, by whom, about what, and on
// which records of CloudTrail it rests. It takes a few hundred bytes, and at most about 48 KiB.
type Calls struct {
	Count, Refused int         // calls that were carried out, and that were not
	Start, Last    events.Time // of the first and the latest
	Callers        []Party     // different ones, the first 16
	About          []Party     // different ones, the first 64; Things counts them all
	Things         sketch.Distinct
	Names          []string // of the calls, the first 20
	Services       []string // of the APIs, the first 20
	UIDs           []string // the first events
	Flags          uint64   // the detector's own
	Tally          [3]int   // the detector's own
	Told           int      // calls when it was last told of; 0: never
	ladder         magnitude.Ladder
}

// Limits of calls.
const (
	maxCallers   = 16
	MaxCallNames = 20
	maxCallKey   = 1024
)

// CallsTable is a bounded table of Calls that outlives a restart, and the events that were looked at: CloudTrail hands the same event over
// more than once. A detector that embeds one is a Keeper and Limited by it.
type CallsTable struct {
	Memories
	calls *Memory[string, Calls]
	heard *Memory[uint64, heard]
	idle  time.Duration
}

type heard struct{ at events.Time }

// heardEach is how many events are remembered for each row of the table. They are few: only those that a detector wants to look at.
const heardEach = 4

// NewCallsTable makes an empty table of at most limit rows. One that rests for idle begins anew. Its memories have the letters c and h.
func NewCallsTable(limit int, idle time.Duration) *CallsTable {
	t := &CallsTable{idle: idle, calls: NewFilledMemory(limit, 'c', 1, callsFields), heard: NewFilledMemory(heardEach*limit, 'h', 1, heardFields)}
	t.Memories = Memories{t.calls, t.heard}
	return t
}

// Heard says whether an event was looked at before, and takes note of it.
func (t *CallsTable) Heard(c *events.CloudTrail) bool {
	if c.UID == "" {
		return false
	}
	k := sketch.String(c.UID)
	one, fresh := t.heard.Put(k)
	if !fresh {
		return true
	}
	one.at = c.TS
	t.heard.Note(k)
	return false
}

// Note counts a call. The row is good until the next Note. Events come late and in any order: a row spans from the earliest to the latest.
func (t *CallsTable) Note(key string, c *events.CloudTrail) *Calls {
	key = key[:min(len(key), maxCallKey)]
	one, _ := t.calls.Put(key)
	t.calls.Note(key)
	total := one.Count + one.Refused
	if total > 0 && t.idle > 0 && c.TS.Sub(one.Last) > t.idle {
		*one, total = Calls{}, 0
	}
	if total == 0 {
		one.Start, one.Last = c.TS, c.TS
	}
	if c.ErrorCode == "" {
		one.Count++
	} else {
		one.Refused++
	}
	one.Start, one.Last = min(one.Start, c.TS), max(one.Last, c.TS)
	if len(one.UIDs) < maxUIDs && c.UID != "" {
		one.UIDs = append(one.UIDs, c.UID)
	}
	one.Names, one.Services = with(one.Names, c.Name), with(one.Services, c.Service)
	if by := Caller(c); len(one.Callers) < maxCallers && !slices.ContainsFunc(one.Callers, by.like) {
		one.Callers = append(one.Callers, by)
	}
	return one
}

// Peek gives a row, nil where there is none; it is not to be changed.
func (t *CallsTable) Peek(key string) *Calls { return t.calls.Peek(key[:min(len(key), maxCallKey)]) }

// Row gives a row, nil where there is none, and notes that it will be changed.
func (t *CallsTable) Row(key string) *Calls {
	key = key[:min(len(key), maxCallKey)]
	one := t.calls.Peek(key)
	if one != nil {
		t.calls.Note(key)
	}
	return one
}

// Overflow is how many rows had to be forgotten for want of room (Limited).
func (t *CallsTable) Overflow() uint64 { return t.calls.Evicted() }

func with(list []string, name string) []string {
	if name == "" || len(list) >= MaxCallNames || slices.Contains(list, name) {
		return list
	}
	return append(list, name[:min(len(name), maxCallText)])
}

// maxCallText bounds a name that a row keeps, in bytes.
const maxCallText = 256

// like says whether two parties are one and the same.
func (p *Party) like(o Party) bool { return p.Addr == o.Addr && p.named() == o.named() }

// Add takes note of what a call was about, and says whether that is new.
func (c *Calls) Add(p Party) bool {
	n := p.named()
	h := sketch.String(n.Thing + "\x00" + n.Interface + "\x00" + n.Instance + "\x00" + n.VPC)
	if p.Addr.IsValid() {
		h ^= hashAddr(p.Addr)
	}
	if !c.Things.Add(h) {
		return false
	}
	if len(c.About) < maxParticipants {
		c.About = append(c.About, p)
	}
	return true
}

// Total is all calls, carried out or not.
func (c *Calls) Total() int { return c.Count + c.Refused }

// Reached says whether n is at the threshold first, or at the next order of magnitude above it, for the first time; then it is told of.
func (c *Calls) Reached(n, first int) bool {
	if !c.ladder.Climb(float64(n), float64(first)) {
		return false
	}
	c.Told = c.Total()
	return true
}

// Finding is what the calls amount to, in one sentence. The detector adds properties and terms.
func (c *Calls) Finding(key string, confidence float64, description string) Finding {
	c.Told = c.Total()
	return Finding{
		Key: key, Description: description, Confidence: confidence, Offenders: slices.Clone(c.Callers), Victims: slices.Clone(c.About),
		UIDs: slices.Clone(c.UIDs), Start: c.Start, End: c.Last,
	}
}

// LastWords gives a final finding of each row that went on since it was told of (Closer).
func (t *CallsTable) LastWords(report func(key string, c *Calls) Finding) []Finding {
	var found []Finding
	for key, c := range t.calls.All {
		if c.Told == 0 || c.Told == c.Total() {
			continue
		}
		f := report(key, c)
		f.Final = true
		t.calls.Note(key)
		found = append(found, f)
	}
	return found
}

// Whole is a party with what AWS calls it.
func (f *Form) Whole(p *Party) {
	f.Party(p)
	n := p.named()
	for _, s := range []*string{&n.User, &n.Thing, &n.Interface, &n.Instance, &n.VPC, &n.Account} {
		f.Text(s, maxCallKey)
	}
	if f.reading && n != (Named{}) {
		p.AWS = &n
	}
}

func heardFields(key, value *Form, k *uint64, h *heard) {
	Number(key, k)
	Number(value, &h.at)
}

func callsFields(key, value *Form, k *string, c *Calls) {
	key.Text(k, maxCallKey)
	for _, n := range []*int{&c.Count, &c.Refused, &c.Told} {
		Number(value, n)
	}
	for i := range c.Tally {
		Number(value, &c.Tally[i])
	}
	Number(value, &c.Flags)
	for _, t := range []*events.Time{&c.Start, &c.Last} {
		Number(value, t)
	}
	Many(value, &c.Callers, maxCallers, (*Form).Whole)
	Many(value, &c.About, maxParticipants, (*Form).Whole)
	value.Distinct(&c.Things)
	for _, list := range []*[]string{&c.Names, &c.Services} {
		Many(value, list, MaxCallNames, func(f *Form, s *string) { f.Text(s, maxCallText) })
	}
	value.UIDs(&c.UIDs)
	value.Ladder(&c.ladder)
}
