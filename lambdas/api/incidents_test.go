package api

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/api/gen"
	"github.com/mirrorwatch/mirrorwatch/shared/incident/incidenttest"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// chained makes incidents of what is stored, but for some, and gives that of each detection.
func (w *world) chained(but ...string) map[string]string {
	w.t.Helper()
	page, err := w.store.Detections.Search(context.Background(), store.DetectionQuery{Sort: store.ByOldest, Filter: store.DetectionFilter{Hidden: store.HiddenInclude}})
	if err != nil {
		w.t.Fatal(err)
	}
	var ids []string
	for _, d := range page.Items {
		if !slices.Contains(but, d.ID) {
			ids = append(ids, d.ID)
		}
	}
	in, err := incidenttest.Chain(context.Background(), w.store, w.now, ids...)
	if err != nil {
		w.t.Fatal(err)
	}
	return in
}

// apart is scene, and an incident of its own twenty hours later.
func apart(w *world) {
	scene(w)
	w.put(detection(22, func(d *events.Detection) {
		d.Risk.Score, d.Risk.Band, d.Title = 90, "critical", "Log4Shell"
		d.Participants = d.Participants[1:]
		d.Participants[0].Device, d.Participants[0].Hostname = "10.20.9.9", "build-1"
	}))
}

func TestIncidents(t *testing.T) {
	w := newWorld(t)
	apart(w)
	in := w.chained()
	one, other := in[detection(0).ID], in[detection(22).ID]
	if one == "" || other == "" || one == other || in[detection(2).ID] != one {
		t.Fatalf("%v", in)
	}
	for query, want := range map[string]string{
		"": "23 1", "sort=-start": "23 1", "sort=-score": "1 23", "limit=1": "23", "min_score=0": "23 1",
		"band=critical": "23 1", "band=low": "", "participant=10.20.1.15": "1", "participant=10.20.0.0/16": "23 1", "participant=host:build-1": "23",
		"participant=device:10.20.9.9": "23", "participant=i-0a1b2c3d": "1", "text=LOG4": "23", "text=198.51.100.7": "1",
		"from=" + url.QueryEscape("2026-03-02T00:00:00Z"): "23", "to=" + url.QueryEscape("2026-03-02T00:00:00Z"): "1",
	} {
		list := decode[gen.IncidentList](w.ask("viewer", "GET", "/v1/incidents?"+query, nil).is(200))
		var got []string
		for _, i := range list.Items {
			_, id, _ := strings.Cut(i.ID, "-")
			got = append(got, map[string]string{detection(0).ID: "1", detection(22).ID: "23"}[id])
		}
		if strings.Join(got, " ") != want || !list.Complete {
			t.Errorf("%s: %v, want %s", query, got, want)
		}
	}
	got := w.ask("viewer", "GET", "/v1/incidents/"+one, nil).is(200)
	full := decode[events.Incident](got)
	if len(full.Members) != 5 || len(full.Timeline) != 5 || len(full.Links) < 4 || full.Title == "" || full.Description == "" {
		t.Errorf("%+v", full)
	}
	w.ask("viewer", "GET", "/v1/incidents/"+one, nil, "If-None-Match", got.header.Get("ETag")).is(304)
	d := decode[events.Detection](w.ask("viewer", "GET", "/v1/detections/"+detection(4).ID, nil).is(200))
	if d.Context == nil || d.Context.Incident != one {
		t.Errorf("the detection names %+v", d.Context)
	}
}

// TestIncidentsThatMerged: who kept an old id finds what it became.
func TestIncidentsThatMerged(t *testing.T) {
	w := newWorld(t)
	apart(w)
	before := w.chained()
	w.put(detection(23, func(d *events.Detection) { // build-1 and a victim of before turn on somebody
		d.Category, d.Risk.Score, d.Risk.Band = "lateral", 70, "high"
		d.Participants[0].Device, d.Participants[0].Hostname = "10.20.9.9", "build-1"
		d.Participants[1].Role = "offender"
	}))
	after := w.chained()
	old, now := before[detection(22).ID], after[detection(23).ID]
	if old == now {
		t.Fatal("nothing was merged")
	}
	in := decode[events.Incident](w.ask("viewer", "GET", "/v1/incidents/"+old, nil).is(200))
	if in.ID != now || len(in.Members) != 7 || len(in.Aliases) != 1 || in.Aliases[0] != old || in.MergedInto != "" {
		t.Errorf("%s gives %s: %+v", old, in.ID, in.Aliases)
	}
	if list := decode[gen.IncidentList](w.ask("viewer", "GET", "/v1/incidents", nil).is(200)); len(list.Items) != 1 || list.Items[0].ID != now {
		t.Errorf("%+v", list.Items)
	}
}

func TestIncidentMistakes(t *testing.T) {
	w := newWorld(t)
	apart(w)
	w.chained()
	w.ask("viewer", "GET", "/v1/incidents/none", nil).is(404)
	w.ask("viewer", "GET", "/v1/incidents?participant=vpc-0a1b2c3d", nil).names("participant", "vpc-0a1b2c3d", "a host name")
	w.ask("viewer", "GET", "/v1/incidents?participant=10.0.0.0/99", nil).names("participant", "10.0.0.0/99", "CIDR")
	w.ask("viewer", "GET", "/v1/incidents?cursor=x", nil).names("cursor", "x", "the page before")
	w.ask("viewer", "GET", "/v1/incidents?sort=start", nil).names("sort", "start", "-score")
	next := decode[gen.IncidentList](w.ask("viewer", "GET", "/v1/incidents?limit=1", nil).is(200)).Next
	w.ask("viewer", "GET", "/v1/incidents?limit=1&min_score=50&cursor="+next, nil).names("cursor", next[:10], "the same query")
	w.ask("viewer", "GET", "/v1/incidents?limit=1&cursor="+next, nil).is(200)
}
