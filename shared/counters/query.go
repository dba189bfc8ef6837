package counters

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// Limits of one call of GetMetricData (API reference: "as many as 500 different metrics in a single request, with a total of as many as
// 100,800 data points"), and of what is asked for. A second page would be a second call, so that a query is made to fit the first.
const (
	MostMachines = 16
	MostMetrics  = 500
	MostPoints   = 100_800
	Weeks        = 4
)

// Options say what a query is about.
type Options struct {
	Detection *events.Detection
	Who       []events.Identity // of its participants, as correlation found them
	Now       time.Time
	Account   string // the one that asks
	Region    string // where it asks; machines of other regions are not known there. Empty: that does not matter
	// CrossAccount says that the account which asks is a monitoring account (CloudWatch cross-account observability), and the others
	// are linked to it. Where they are not, CloudWatch refuses the whole call, so that without it they are left out.
	CrossAccount bool
	// Mirrored says which instances have a mirror session; nil: only the one is known that a detection of a mirror cannot be without,
	// the only machine in it.
	Mirrored func(instance string) bool
	Points   int // the most that an answer may hold; 0: MostPoints
}

// New makes the query for a detection: its machines, offenders first. It has no machines where no participant is known to be one.
func New(o Options) Query {
	q := Query{
		Metrics: Metrics(), Hour: o.Detection.Start.UTC().Truncate(time.Hour), Asked: o.Now, Weeks: Weeks, Category: o.Detection.Category,
	}
	q.find(o)
	if o.Points == 0 {
		o.Points = MostPoints
	}
	q.fit(o.Points)
	return q
}

// find puts the machines of the participants in the query, each once. One that is offender and victim counts as an offender.
func (q *Query) find(o Options) {
	all := machines(o)
	slices.SortStableFunc(all, func(a, b found) int { return rank(a.Role) - rank(b.Role) })
	if len(all) > MostMachines {
		q.leave("%d of %d machines are looked at, offenders first", MostMachines, len(all))
		all = all[:MostMachines]
	}
	for _, m := range all {
		switch {
		case o.Region != "" && m.region != "" && m.region != o.Region:
			q.leave("%s is in %s, and CloudWatch of %s was asked", m.ID, m.region, o.Region)
			continue
		case m.Account == o.Account || o.Account == "":
			m.Account = ""
		case m.Account != "" && !o.CrossAccount:
			q.leave("%s is of account %s, which this one may not look into", m.ID, m.Account)
			continue
		}
		m.Mirrored = o.Mirrored != nil && o.Mirrored(m.ID) || o.Mirrored == nil && o.Detection.VNI != 0 && len(all) == 1
		q.Machines = append(q.Machines, m.Machine)
	}
}

// fit leaves away what does not go into one answer: first the metrics that say again in packets what others say in bytes, then weeks
// of history, and machines last.
func (q *Query) fit(most int) {
	if q.Points() > most {
		q.Metrics = q.Metrics[:essential]
		q.leave("mirrored packets are not looked at, only mirrored bytes: %d machines and four weeks fill one answer of CloudWatch", len(q.Machines))
	}
	weeks := q.Weeks
	for q.Points() > most && q.Weeks > 1 {
		q.Weeks--
	}
	if q.Weeks < weeks {
		q.leave("%d of %d weeks are looked at: more do not go into one answer of CloudWatch", q.Weeks, weeks)
	}
	machines := len(q.Machines)
	for len(q.Machines) > 0 && (q.Points() > most || len(q.Machines)*len(q.Metrics) > MostMetrics) {
		q.Machines = q.Machines[:len(q.Machines)-1]
	}
	if len(q.Machines) < machines {
		q.leave("%d of %d machines are looked at: more do not go into one answer of CloudWatch", len(q.Machines), machines)
	}
}

func (q *Query) leave(format string, args ...any) {
	q.Left = append(q.Left, fmt.Sprintf(format, args...))
}

type found struct {
	Machine
	region string
}

// machines gives the instances among the participants, each once, in their order. What the sensors wrote holds before what the inventory
// says, for they saw whose the packets were.
func machines(o Options) []found {
	who := map[netip.Addr]*events.Identity{}
	for i := range o.Who {
		who[o.Who[i].Address] = &o.Who[i]
	}
	var all []found
	at := map[string]int{}
	for i := range o.Detection.Participants {
		m := machine(&o.Detection.Participants[i], who)
		if !isInstance(m.ID) {
			continue
		}
		if j, double := at[m.ID]; !double {
			at[m.ID] = len(all)
			all = append(all, m)
		} else if rank(m.Role) < rank(all[j].Role) {
			all[j].Role = m.Role
		}
	}
	return all
}

func machine(p *events.Participant, who map[netip.Addr]*events.Identity) found {
	m := found{Machine: Machine{ID: p.Instance, Name: p.Tags["Name"], Account: p.Account, Role: p.Role}}
	id := who[p.Address]
	if id == nil || m.ID != "" && id.Instance != "" && m.ID != id.Instance {
		return m
	}
	m.region = id.Region
	for _, f := range []struct {
		to   *string
		from string
	}{{&m.ID, id.Instance}, {&m.Name, id.Name}, {&m.Account, id.Account}} {
		if *f.to == "" {
			*f.to = f.from
		}
	}
	return m
}

func rank(role string) int {
	if role == "offender" {
		return 0
	}
	return 1
}

// isInstance holds an id against the form of EC2's: it becomes part of a call.
func isInstance(id string) bool {
	hex, is := strings.CutPrefix(id, "i-")
	return is && len(hex) >= 3 && len(hex) <= 32 && strings.Trim(hex, "0123456789abcdef") == ""
}
