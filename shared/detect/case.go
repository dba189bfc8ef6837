package detect

import (
	"net/netip"
	"strconv"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/magnitude"
	"github.com/mirrorwatch/mirrorwatch/shared/sketch"
)

// CaseKey says what goes on: who does it, to whom, and what, where these matter. A detector that tells one thing an offender, whoever the
// victims are, leaves To empty.
type CaseKey struct {
	VNI  uint32
	By   netip.Addr
	To   netip.Addr
	What string
}

// Text is the key of the findings of a case.
func (k CaseKey) Text() string {
	return strconv.FormatUint(uint64(k.VNI), 10) + "|" + addrText(k.By) + "|" + addrText(k.To) + "|" + k.What
}

func addrText(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}

// Case is what a detector remembers of one thing that goes on: how often, since when, against whom, and on which conversations it rests.
// It takes a few hundred bytes, and at most about 12 KiB.
type Case struct {
	Count       int         // acts so far
	Start, Last events.Time // of the first and the latest act
	Head        events.Head // of the latest act: which way the conversation went
	Victims     []Party     // different ones, the first 64; Hosts counts them all
	Hosts       sketch.Distinct
	Things      sketch.Distinct // different things: ports, names, accounts, as the detector says
	Names       []string        // the first of them, as text
	UIDs        []string        // the first conversations
	Flags       uint64          // the detector's own
	Sum         uint64          // the detector's own: bytes, rows
	Told        int             // Count when it was last told of; 0: never
	ladder      magnitude.Ladder
}

// Limits of one case.
const (
	maxCaseVictims = maxParticipants
	maxCaseNames   = 8
	maxCaseText    = 256
)

// Cases is a bounded table of cases that outlives a restart. A detector that embeds one is a Keeper and Limited by it.
type Cases struct {
	*Memory[CaseKey, Case]
	idle time.Duration
}

// CasesOptions set up Cases.
type CasesOptions struct {
	Limit  int           // cases watched; the one that rested longest leaves first
	Idle   time.Duration // a case that rests this long begins anew; 0: it never does
	Letter byte          // tells the tables of one detector apart; 0: 'c'
}

// NewCases makes an empty table.
func NewCases(o CasesOptions) *Cases {
	if o.Letter == 0 {
		o.Letter = 'c'
	}
	return &Cases{Memory: NewFilledMemory(o.Limit, o.Letter, 1, caseFields), idle: o.Idle}
}

// Note counts an act of a case, whose record has this head. The case is good until the next call. Records of one conversation may come
// late: the case spans from the earliest to the latest.
func (c *Cases) Note(k CaseKey, h *events.Head) *Case {
	one, _ := c.Put(k)
	c.Memory.Note(k)
	if one.Count > 0 && c.idle > 0 && h.TS.Sub(one.Last) > c.idle {
		*one = Case{}
	}
	if one.Count == 0 {
		one.Start, one.Last = h.TS, h.TS
	}
	one.Count++
	one.Start, one.Last, one.Head = min(one.Start, h.TS), max(one.Last, h.TS), *h
	if n := len(one.UIDs); n < maxUIDs && h.UID != "" && (n == 0 || one.UIDs[n-1] != h.UID) {
		one.UIDs = append(one.UIDs, h.UID)
	}
	return one
}

// Overflow is how many cases had to be forgotten for want of room (Limited).
func (c *Cases) Overflow() uint64 { return c.Evicted() }

// Against adds a victim and says whether it is a new one.
func (c *Case) Against(p Party) bool {
	if !c.Hosts.Add(hashAddr(p.Addr)) {
		return false
	}
	if len(c.Victims) < maxCaseVictims {
		c.Victims = append(c.Victims, p)
	}
	return true
}

func hashAddr(a netip.Addr) uint64 {
	b := a.As16()
	h := uint64(0)
	for i := 0; i < len(b); i += 4 {
		h = sketch.Mix(h ^ uint64(b[i])<<24 ^ uint64(b[i+1])<<16 ^ uint64(b[i+2])<<8 ^ uint64(b[i+3]))
	}
	return h
}

// Thing counts a different thing and says whether it is a new one. The first few are kept as text, cut at 256 bytes.
func (c *Case) Thing(name string) bool {
	if !c.Things.Add(sketch.String(name)) {
		return false
	}
	if len(c.Names) < maxCaseNames {
		c.Names = append(c.Names, name[:min(len(name), maxCaseText)])
	}
	return true
}

// Reached says whether n is at the threshold first, or at the next order of magnitude above it, for the first time; then the case is told of.
func (c *Case) Reached(n, first int) bool {
	if !c.ladder.Climb(float64(n), float64(first)) {
		return false
	}
	c.Told = c.Count
	return true
}

// Raised says whether the case was told of.
func (c *Case) Raised() bool { return c.Told > 0 }

// Finding is what the case amounts to, in one sentence: the offender is the key's By, or else the client; the victims are those that were
// added, or else the key's To, or else the server. The detector adds properties and terms.
func (c *Case) Finding(k CaseKey, confidence float64, description string) Finding {
	f := Finding{
		Key: k.Text(), Description: description, Confidence: confidence, Victims: c.Victims, UIDs: c.UIDs,
		Start: c.Start, End: c.Last, VNI: c.Head.VNI, Sensor: c.Head.Sensor,
	}
	by, to := k.By, k.To
	if !by.IsValid() {
		by = c.Head.OrigH
	}
	if !to.IsValid() {
		to = c.Head.RespH
		if to == by {
			to = c.Head.OrigH
		}
	}
	f.Offenders = []Party{c.party(by)}
	if len(f.Victims) == 0 {
		f.Victims = []Party{c.party(to)}
	}
	return f
}

// party says which end of the latest conversation an address was. A client's port says nothing, and is left out.
func (c *Case) party(a netip.Addr) Party {
	if a == c.Head.OrigH {
		return Party{Addr: a, Endpoint: Client}
	}
	return Party{Addr: a, Port: c.Head.RespP, Endpoint: Server}
}

// LastWords gives a final finding of each case that went on since it was told of (Closer).
func (c *Cases) LastWords(report func(k CaseKey, one *Case) Finding) []Finding {
	var found []Finding
	for k, one := range c.All {
		if !one.Raised() || one.Told == one.Count {
			continue
		}
		f := report(k, one)
		f.Final = true
		found = append(found, f)
	}
	return found
}

// Case is the key of a case, or of what a detector remembers beside its cases.
func (f *Form) Case(k *CaseKey) {
	Number(f, &k.VNI)
	f.Addr(&k.By)
	f.Addr(&k.To)
	f.Text(&k.What, maxCaseText)
}

func caseFields(key, value *Form, k *CaseKey, c *Case) {
	key.Case(k)
	for _, n := range []*int{&c.Count, &c.Told} {
		Number(value, n)
	}
	for _, n := range []*uint64{&c.Flags, &c.Sum} {
		Number(value, n)
	}
	for _, t := range []*events.Time{&c.Start, &c.Last} {
		Number(value, t)
	}
	value.Head(&c.Head)
	Many(value, &c.Victims, maxCaseVictims, (*Form).Party)
	value.Distinct(&c.Hosts)
	value.Distinct(&c.Things)
	Many(value, &c.Names, maxCaseNames, func(f *Form, s *string) { f.Text(s, maxCaseText) })
	value.UIDs(&c.UIDs)
	value.Ladder(&c.ladder)
}
