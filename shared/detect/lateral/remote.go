package lateral

import (
	"fmt"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// What the detectors of remote procedure calls share. An intruder who works on another host by them does several things one after the
// other, each of which an administrator does, too: what is told is one case a pair of hosts, which names all that was done and weighs
// more with each kind of it. Who did the same on earlier days is an administrator, or a program that administers.

// remoteStep is a kind of thing done to another host; each detector has its own. The first four are counted, of the others it is known
// that they were done.
type remoteStep uint8

const (
	countedSteps = 4
	mostSteps    = 32
	mostCounted  = 1<<16 - 1 // of one step; beyond that it is "at least"
)

// Flags of a case beside its steps.
const (
	usualHere      uint64 = 1 << (mostSteps + iota) // the client did so to this host on earlier days
	usualElsewhere                                  // to others, not to this one
)

// A program that monitors does so all day.
const (
	steadyFor   = 6 * time.Hour
	steadyCalls = 100
)

// habitDays are on how many earlier days something must have been done to be a habit.
const habitDays = 2

// remoteCases are the cases of one detector, and who does such things by habit.
type remoteCases struct {
	*detect.Cases
	habits *detect.Memory[remoteHabit, remoteDays]
}

// remoteHabit is a client, the host on which it works, 0 for any, and what it does there: looking makes no habit of acting.
type remoteHabit struct {
	client, server uint32
	looks          bool
}

// remoteDays are those on which it did.
type remoteDays struct {
	days  uint32 // of the last 32, the latest one in the lowest bit
	today int64  // since 1970
}

func newRemoteCases(limit int, idle time.Duration) *remoteCases {
	return &remoteCases{
		Cases: detect.NewCases(detect.CasesOptions{Limit: limit, Idle: idle}),
		habits: detect.NewFilledMemory(2*limit, 'h', 1, func(key, value *detect.Form, k *remoteHabit, d *remoteDays) {
			detect.Number(key, &k.client)
			detect.Number(key, &k.server)
			key.Bool(&k.looks)
			detect.Number(value, &d.days)
			detect.Number(value, &d.today)
		}),
	}
}

// remoteCase is a case that was just added to.
type remoteCase struct {
	key detect.CaseKey
	*detect.Case
	fresh  bool // it is the first step of its kind in the case
	victim bool // it is the first step against this host, of a case that may have many
}

// onPair adds a step of a record's client to the case of the pair. The case is good until the next call.
func (t *remoteCases) onPair(h *events.Head, s remoteStep) remoteCase {
	return t.add(detect.CaseKey{VNI: h.VNI, By: h.OrigH, To: h.RespH}, h, s)
}

// onAny adds a step of a record's client to the one case that it has, whichever hosts it turns to. The case is good until the next call.
func (t *remoteCases) onAny(h *events.Head, s remoteStep) remoteCase {
	c := t.add(detect.CaseKey{VNI: h.VNI, By: h.OrigH}, h, s)
	c.victim = c.Against(detect.Party{Addr: h.RespH, Port: h.RespP, Endpoint: detect.Server})
	return c
}

func (t *remoteCases) add(k detect.CaseKey, h *events.Head, s remoteStep) remoteCase {
	one := remoteCase{key: k, Case: t.Note(k, h)}
	one.fresh = !did(one.Case, s)
	one.Flags |= 1 << s
	if s < countedSteps && timesDid(one.Case, s) < mostCounted {
		one.Sum += 1 << (16 * s)
	}
	return one
}

// habit is how usual it is that a client works on a host: 0, or one of the two flags of a case.
func (t *remoteCases) habit(v device.View, at events.Time, looks bool) uint64 {
	here := t.turnDay(remoteHabit{v.Orig.Serial, v.Resp.Serial, looks}, at)
	anywhere := t.turnDay(remoteHabit{v.Orig.Serial, 0, looks}, at)
	switch {
	case here >= habitDays:
		return usualHere
	case anywhere >= habitDays:
		return usualElsewhere
	}
	return 0
}

// turnDay notes the present day, and says on how many earlier ones it was done.
func (t *remoteCases) turnDay(k remoteHabit, at events.Time) int {
	d, fresh := t.habits.Put(k)
	if day := dayOf(at); fresh || day > d.today {
		d.days, d.today = d.days<<min(day-d.today, 32)|1, day
		t.habits.Note(k)
	}
	return onesOf(d.days &^ 1)
}

// tells says whether there is something to tell, and whether it only brings the numbers up to date: a step of a new kind and ten times as
// many as before are an alert, another victim is not.
func (c *remoteCase) tells() (tell, final bool) {
	first := !c.Raised()
	climbed := c.Reached(c.Count, 1)
	if tell = first || climbed || c.fresh || c.victim; tell {
		c.Told = c.Count
	}
	return tell, tell && !first && !climbed && !c.fresh
}

// mark sets a step that is known of a call beside what it does.
func (c *remoteCase) mark(s remoteStep, yes bool) {
	if yes {
		c.fresh = c.fresh || !did(c.Case, s)
		c.Flags |= 1 << s
	}
}

// findings gives what there is to tell of the case, by the detector's report.
func (c *remoteCase) findings(report func(k detect.CaseKey, c *detect.Case) detect.Finding) []detect.Finding {
	tell, final := c.tells()
	if !tell {
		return nil
	}
	f := report(c.key, c.Case)
	f.Final = final
	return []detect.Finding{f}
}

// did says whether a step was done in a case.
func did(c *detect.Case, s remoteStep) bool { return c.Flags>>s&1 == 1 }

// timesDid says how often a counted step was done.
func timesDid(c *detect.Case, s remoteStep) int { return int(c.Sum >> (16 * s) & mostCounted) }

// habitTerms say how usual what was done is.
func habitTerms(c *detect.Case) []events.Term {
	switch {
	case c.Flags&usualHere != 0:
		return []events.Term{{Name: "usual_here", Points: -25, Reason: "it did so to this host on earlier days"}}
	case c.Flags&usualElsewhere != 0:
		return []events.Term{{Name: "administrator", Points: -20, Reason: "it did so to other hosts on earlier days"}}
	case c.Last.Sub(c.Start) >= steadyFor && c.Count >= steadyCalls:
		return []events.Term{{Name: "steady", Points: -15, Reason: fmt.Sprintf("it does so for %s", c.Last.Sub(c.Start).Round(time.Hour))}}
	}
	return nil
}

// remoteProperties are the typed form of what was done: each step that was, by name, and the first names that were met.
func remoteProperties(c *detect.Case, names []string) map[string]any {
	p := map[string]any{}
	if len(c.Names) > 0 {
		p["names"] = c.Names
	}
	for s, name := range names {
		switch s := remoteStep(s); {
		case name == "" || !did(c, s):
		case s < countedSteps:
			p[name] = timesDid(c, s)
		default:
			p[name] = true
		}
	}
	return p
}

// Save hands over the cases and habits that changed (Keeper).
func (t *remoteCases) Save(put func(key, value []byte)) { t.memories().Save(put) }

// SaveSome is Save in slices (Sliced).
func (t *remoteCases) SaveSome(put func(key, value []byte) bool) bool {
	return t.memories().SaveSome(put)
}

// Load takes back a case or a habit (Keeper).
func (t *remoteCases) Load(key, value []byte) error { return t.memories().Load(key, value) }

func (t *remoteCases) memories() detect.Memories { return detect.Memories{t.Cases.Memory, t.habits} }

// Overflow is how many cases and habits had to be forgotten for want of room (Limited).
func (t *remoteCases) Overflow() uint64 { return t.Evicted() + t.habits.Evicted() }

// openedName is what was opened or asked for last, by its name.
type openedName struct {
	at   events.Time
	name string
}

// openedFor is how long after something was opened a call is taken to be about it: handles are not followed.
const openedFor = 10 * time.Second

// quoted names a few texts of hostile origin: escaped, and cut.
func quoted(list []string, most, length int) string {
	var b strings.Builder
	for i, s := range list[:min(len(list), most)] {
		if i > 0 {
			b.WriteString(", ")
		}
		if len(s) > length {
			s = s[:length]
		}
		fmt.Fprintf(&b, "%q", s)
	}
	return b.String()
}

// counted is "1 service" or "3 services".
func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprint(n, " ", what, "s")
}

// listed joins clauses as a person would: "a, b and c".
func listed(list []string) string {
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	return strings.Join(list[:len(list)-1], ", ") + " and " + list[len(list)-1]
}

// holds says whether a text holds another, which is in lower case; letters of ASCII are compared without their case.
func holds(text, lower string) bool {
	for i := 0; i+len(lower) <= len(text); i++ {
		if sameLetters(text[i:i+len(lower)], lower) {
			return true
		}
	}
	return false
}

func sameLetters(text, lower string) bool {
	for i := range len(lower) {
		b := text[i]
		if 'A' <= b && b <= 'Z' {
			b += 'a' - 'A'
		}
		if b != lower[i] {
			return false
		}
	}
	return true
}

func holdsAny(text string, lower []string) bool {
	for _, s := range lower {
		if holds(text, s) {
			return true
		}
	}
	return false
}
