package main

import (
	"context"
	"math/rand/v2"
	"net/netip"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// question is one thing to ask of a span. It is about some detection of the span, so that there is something to find.
type question struct {
	name string
	ask  func(ctx context.Context, s *store.Store, d *events.Detection, f store.DetectionFilter, r *rand.Rand) error
}

// questions are every field of a filter, every order, every grouping and the histogram.
func questions() []question {
	var list []question
	for name, fill := range filters() {
		list = append(list, question{"search " + name, searching(fill, store.DetectionQuery{})})
	}
	sortByName(list)
	for _, sort := range store.Sorts() {
		list = append(list, question{"order " + string(sort), searching(func(*store.DetectionFilter, *events.Detection, *rand.Rand) {}, store.DetectionQuery{Sort: sort})})
	}
	list = append(list, question{"count all", searching(func(*store.DetectionFilter, *events.Detection, *rand.Rand) {}, store.DetectionQuery{Count: true})})
	for _, by := range store.GroupBys() {
		list = append(list, question{"group by " + string(by), func(ctx context.Context, s *store.Store, _ *events.Detection, f store.DetectionFilter, _ *rand.Rand) error {
			_, err := s.Detections.Groups(ctx, f, store.GroupQuery{By: by, Limit: 100, Buckets: 24})
			return err
		}})
	}
	return append(list, question{"histogram", func(ctx context.Context, s *store.Store, _ *events.Detection, f store.DetectionFilter, _ *rand.Rand) error {
		_, err := s.Detections.Histogram(ctx, f, store.HistogramQuery{From: *f.From, To: *f.To, Buckets: 90})
		return err
	}})
}

type filling func(f *store.DetectionFilter, d *events.Detection, r *rand.Rand)

func searching(fill filling, q store.DetectionQuery) func(context.Context, *store.Store, *events.Detection, store.DetectionFilter, *rand.Rand) error {
	return func(ctx context.Context, s *store.Store, d *events.Detection, f store.DetectionFilter, r *rand.Rand) error {
		fill(&f, d, r)
		q.Filter = f
		_, err := s.Detections.Search(ctx, q)
		return err
	}
}

func filters() map[string]filling {
	list := map[string]filling{
		"all": func(*store.DetectionFilter, *events.Detection, *rand.Rand) {},
		"updated": func(f *store.DetectionFilter, d *events.Detection, _ *rand.Rand) {
			to := d.Update.Add(time.Minute)
			f.UpdatedFrom, f.UpdatedTo = &d.Update, &to
		},
		"modified": func(f *store.DetectionFilter, _ *events.Detection, _ *rand.Rand) {
			from := time.Now().Add(-time.Minute)
			f.ModifiedFrom = &from
		},
		"ongoing":  func(f *store.DetectionFilter, _ *events.Detection, _ *rand.Rand) { yes := true; f.Ongoing = &yes },
		"id":       func(f *store.DetectionFilter, d *events.Detection, _ *rand.Rand) { f.IDs = []string{d.ID} },
		"type":     func(f *store.DetectionFilter, d *events.Detection, _ *rand.Rand) { f.Types = []string{d.Type} },
		"category": func(f *store.DetectionFilter, d *events.Detection, _ *rand.Rand) { f.Categories = []string{d.Category} },
		"tactic":   func(f *store.DetectionFilter, d *events.Detection, _ *rand.Rand) { f.Tactics = d.Tactics },
		"technique": func(f *store.DetectionFilter, d *events.Detection, _ *rand.Rand) {
			f.Techniques = []string{d.Techniques[0][:5]}
		},
		"band": func(f *store.DetectionFilter, d *events.Detection, _ *rand.Rand) {
			f.Bands = []events.Band{d.Risk.Band}
		},
		"min score": func(f *store.DetectionFilter, d *events.Detection, _ *rand.Rand) { f.MinScore = d.Risk.Score },
		"max score": func(f *store.DetectionFilter, d *events.Detection, _ *rand.Rand) { f.MaxScore = d.Risk.Score },
		"status": func(f *store.DetectionFilter, _ *events.Detection, r *rand.Rand) {
			f.Statuses = events.Statuses()[r.IntN(4):]
		},
		"resolution": func(f *store.DetectionFilter, _ *events.Detection, r *rand.Rand) {
			f.Resolutions = events.Resolutions()[1+r.IntN(4):]
		},
		"assignee": func(f *store.DetectionFilter, _ *events.Detection, r *rand.Rand) { f.Assignees = []string{analyst(r)} },
		"sensor":   func(f *store.DetectionFilter, d *events.Detection, _ *rand.Rand) { f.Sensors = []string{d.Sensor} },
		"vni":      func(f *store.DetectionFilter, d *events.Detection, _ *rand.Rand) { f.VNIs = []uint32{d.VNI} },
		"text": func(f *store.DetectionFilter, d *events.Detection, _ *rand.Rand) {
			f.Text = d.Description[len(d.Description)/2:]
		},
		"text, short": func(f *store.DetectionFilter, _ *events.Detection, r *rand.Rand) {
			f.Text = string(rune('1'+r.IntN(9))) + "7 p"
		},
		"text, none": func(f *store.DetectionFilter, _ *events.Detection, _ *rand.Rand) { f.Text = "nobody ever wrote this" },
		"hidden":     func(f *store.DetectionFilter, _ *events.Detection, _ *rand.Rand) { f.Hidden = store.HiddenOnly },
		"not": func(f *store.DetectionFilter, d *events.Detection, _ *rand.Rand) {
			f.Not = []store.DetectionFilter{{Types: []string{d.Type}}, {Bands: []events.Band{"low"}}}
		},
	}
	for name, fill := range participants() {
		list["participant "+name] = func(f *store.DetectionFilter, d *events.Detection, r *rand.Rand) {
			f.Participant = &store.ParticipantFilter{}
			fill(f.Participant, someone(d, name, r))
		}
	}
	list["offender and victim"] = func(f *store.DetectionFilter, d *events.Detection, _ *rand.Rand) {
		f.Offender = &store.ParticipantFilter{VPCs: []string{d.Participants[0].VPC}}
		f.Victim = &store.ParticipantFilter{Devices: []string{d.Participants[1].Device}}
	}
	return list
}

// someone picks a participant, one that is named where a name is asked for.
func someone(d *events.Detection, name string, r *rand.Rand) *events.Participant {
	for i := range d.Participants {
		if strings.HasPrefix(name, "host") && d.Participants[i].Hostname != "" {
			return &d.Participants[i]
		}
	}
	return &d.Participants[r.IntN(len(d.Participants))]
}

func participants() map[string]func(*store.ParticipantFilter, *events.Participant) {
	return map[string]func(*store.ParticipantFilter, *events.Participant){
		"device": func(f *store.ParticipantFilter, p *events.Participant) { f.Devices = []string{p.Device} },
		"address": func(f *store.ParticipantFilter, p *events.Participant) {
			f.Addresses = []netip.Prefix{network(p.Address, 128)}
		},
		"cidr": func(f *store.ParticipantFilter, p *events.Participant) {
			f.Addresses = []netip.Prefix{network(p.Address, 24)}
		},
		"hostname": func(f *store.ParticipantFilter, p *events.Participant) { f.Hostnames = []string{p.Hostname} },
		"host below": func(f *store.ParticipantFilter, p *events.Participant) {
			_, domain, _ := strings.Cut(p.Hostname, ".")
			f.Hostnames = []string{domain}
		},
		"vpc":       func(f *store.ParticipantFilter, p *events.Participant) { f.VPCs = []string{p.VPC} },
		"account":   func(f *store.ParticipantFilter, p *events.Participant) { f.Accounts = []string{p.Account} },
		"interface": func(f *store.ParticipantFilter, p *events.Participant) { f.Interfaces = []string{p.Interface} },
		"instance":  func(f *store.ParticipantFilter, p *events.Participant) { f.Instances = []string{p.Instance} },
		"user":      func(f *store.ParticipantFilter, p *events.Participant) { f.Users = []string{p.User} },
		"tag": func(f *store.ParticipantFilter, _ *events.Participant) {
			f.Tags = map[string]string{"env": "prod", "team": "*"}
		},
		"port":     func(f *store.ParticipantFilter, p *events.Participant) { f.Ports = []uint16{p.Port} },
		"external": func(f *store.ParticipantFilter, p *events.Participant) { f.External = &p.External },
	}
}

func network(a netip.Addr, bits int) netip.Prefix {
	p, err := a.Prefix(min(bits, a.BitLen()))
	if err != nil {
		return netip.PrefixFrom(a, a.BitLen())
	}
	return p
}
