// Package trial has the real judge look at the weeks of a simulated site, and says what it found of what was not normal, how soon, and
// what it said besides. What comes in is a seed; what goes out is a report, for the judge and for simple thresholds on the same data.
// It never tells the judge anything that the people of a site would not.
package trial

import (
	"net/netip"
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/detect/all"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
	"github.com/mirrorwatch/mirrorwatch/test/judgesim"
)

// Options say what is tried.
type Options struct {
	Site     judgesim.Options
	Progress func(day int, records uint64) // called at the end of each day; may be nil
}

// Medium is the least score of a detection that counts: for finding something as for a false alarm.
const Medium = 30

// after is how long after its end a detection may still be about a deviation: what was counted by the hour is told when the hour is over.
const after = 2 * time.Hour

// Case is one deviation and what became of it.
type Case struct {
	*judgesim.Deviation
	FoundAt events.Time // first told at medium risk or above, by a type and metric that fit and with the right device; 0: never
	By      string      // the type, and the metric where there is one
	Score   int
	Said    string      // the sentence
	HeardAt events.Time // first told at any risk
	Late    bool        // found, but more than an hour after it became visible
}

// Found says whether it was found within the hour in which it became visible.
func (c *Case) Found() bool { return c.FoundAt != 0 && !c.Late }

// Alarm is one detection that reached medium risk.
type Alarm struct {
	ID, Type, Metric string
	At               events.Time
	Day              int // from 1
	Score            int // the highest
	True             bool
	Of               string // kind of the deviation
	Who, Said        string
}

// Report is what came of one seed.
type Report struct {
	Seed    uint64
	Days    int
	Records uint64
	Devices int
	Cases   []*Case // the deviations from the third day on
	First   []*Case // the attacks of the first day
	Alarms  []*Alarm
	Simple  []*Simple
	Changes []string
	Stats   detect.Stats
}

// trial is a run on its way.
type trial struct {
	site   *judgesim.Site
	judge  *detect.Judge
	now    events.Time
	tick   events.Time
	cases  []*Case
	alarms map[string]*Alarm
	order  []*Alarm
	simple *simples
}

// Run tries one seed.
func Run(o Options) *Report {
	t := &trial{site: judgesim.New(o.Site), alarms: map[string]*Alarm{}}
	for _, v := range t.site.Truth() {
		t.cases = append(t.cases, &Case{Deviation: v})
	}
	t.simple = newSimples(t.site)
	model := device.New(device.Options{Who: t.site.Owner, Learned: t.site.Learned})
	model.SetKnown(t.site.Known())
	t.judge = detect.NewJudge(all.Specs(), model, detect.Options{Emit: t.hear, Turned: t.simple.turned})
	day := 1
	t.site.Play(func(at events.Time, r events.Record) {
		t.now = at
		t.judge.Observe(r)
		if at >= t.tick {
			t.tick = at - at%events.Time(time.Second) + events.Time(time.Second)
			t.judge.Tick(at)
		}
		if d := t.site.Day(at); d > day && o.Progress != nil {
			o.Progress(day, t.site.Records())
			day = d
		}
	})
	t.now = t.site.End()
	t.judge.Close(t.now)
	return t.report(o)
}

func (t *trial) report(o Options) *Report {
	r := &Report{Seed: o.Site.Seed, Days: t.site.Days(), Records: t.site.Records(), Devices: t.site.Hosts(), Alarms: t.order, Changes: t.site.Changes(), Stats: t.judge.Stats()}
	for _, c := range t.cases {
		c.Late = c.FoundAt != 0 && c.Visible != 0 && c.FoundAt.Sub(c.Visible) > time.Hour
		if c.FirstDay {
			r.First = append(r.First, c)
		} else {
			r.Cases = append(r.Cases, c)
		}
	}
	r.Simple = t.simple.results(r.Cases)
	return r
}

// hear takes what the judge says.
func (t *trial) hear(d *events.Detection) {
	if d.End != nil {
		return // it only says that it is over
	}
	for _, c := range t.cases {
		if !c.finds(d, t.now) {
			continue
		}
		if c.HeardAt == 0 {
			c.HeardAt = t.now
		}
		if c.FoundAt == 0 && d.Risk.Score >= Medium {
			c.FoundAt, c.By, c.Score, c.Said = t.now, name(d), d.Risk.Score, d.Description
		}
	}
	if d.Risk.Score < Medium {
		return
	}
	a := t.alarms[d.ID]
	if a == nil {
		a = &Alarm{ID: d.ID, Type: d.Type, Metric: metric(d), At: t.now, Day: t.site.Day(t.now), Said: d.Description, Who: who(d)}
		t.alarms[d.ID] = a
		t.order = append(t.order, a)
	}
	a.Score = max(a.Score, d.Risk.Score)
	for _, c := range t.cases {
		if !a.True && c.during(t.now) && c.involves(d) {
			a.True, a.Of = true, c.Kind
		}
	}
}

// finds says whether a detection tells of this deviation: the right type, the right metric, the right device, at the right time.
func (c *Case) finds(d *events.Detection, now events.Time) bool {
	fits := slices.Contains(c.Types, d.Type) || d.Type == "behaviour.deviation" && slices.Contains(c.Metrics, metric(d))
	return fits && c.during(now) && c.device(d)
}

func (c *Case) during(now events.Time) bool { return now >= c.Begins && now <= c.Ends.Add(after) }

func (c *Case) device(d *events.Detection) bool {
	return slices.ContainsFunc(d.Participants, func(p events.Participant) bool { return p.Address == c.Address })
}

// involves is a weaker claim than finds: the device is among those that the detection names, or a host outside that only the deviation
// turned to, or a host inside while it is being robbed.
func (c *Case) involves(d *events.Detection) bool {
	return c.device(d) || slices.ContainsFunc(d.Participants, func(p events.Participant) bool {
		return slices.ContainsFunc(c.Others, func(a netip.Addr) bool { return a == p.Address && (p.External || c.Robs) })
	})
}

func metric(d *events.Detection) string {
	m, _ := d.Properties["metric"].(string)
	return m
}

func name(d *events.Detection) string {
	if m := metric(d); m != "" {
		return d.Type + " " + m
	}
	return d.Type
}

func who(d *events.Detection) string {
	if len(d.Participants) == 0 {
		return ""
	}
	p := d.Participants[0]
	for _, o := range d.Participants {
		if !o.External {
			p = o
			break
		}
	}
	if p.Hostname != "" {
		return p.Hostname
	}
	return p.Address.String()
}
