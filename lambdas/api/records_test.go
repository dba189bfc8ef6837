package api

import (
	"context"
	"encoding/csv"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/api/gen"
)

func TestRecords(t *testing.T) {
	w := newWorld(t)
	w.conns("10.20.1.15 10.20.2.7 ssh 100 1000", "10.20.1.15 10.20.2.8 - 1 2", "10.20.1.16 10.20.2.7 http 10 20")
	l := decode[gen.RecordList](w.ask("viewer", "GET", "/v1/records?query=service+%3D+ssh+or+orig_bytes+%3D+1&count=true&"+lastHour(), nil).is(200))
	if len(l.Items) != 2 || l.Items[0].Kind != "conn" || *l.Total != 2 || !strings.Contains(string(l.Items[1].Record), `"service":"ssh"`) {
		t.Errorf("%+v", l)
	}
	body := map[string]any{"from": noon.Add(-2 * time.Hour), "to": noon, "query": "addr = 10.20.2.7", "order": "oldest", "limit": 1}
	page := decode[gen.RecordList](w.ask("viewer", "POST", "/v1/records/search", body).is(200))
	body["cursor"] = page.Next
	second := decode[gen.RecordList](w.ask("viewer", "POST", "/v1/records/search", body).is(200))
	if !strings.Contains(string(page.Items[0].Record), `"uid":"C0"`) || !strings.Contains(string(second.Items[0].Record), `"uid":"C2"`) {
		t.Errorf("%s, then %s", page.Items[0].Record, second.Items[0].Record)
	}
	h := decode[gen.Histogram](w.ask("viewer", "POST", "/v1/records/histogram", map[string]any{"from": noon.Add(-2 * time.Hour), "to": noon, "buckets": 2}).is(200))
	if len(h.Buckets) != 2 || h.Buckets[1].Count != 3 {
		t.Errorf("%+v", h)
	}
	top := decode[gen.RecordTop](w.ask("viewer", "POST", "/v1/records/top", map[string]any{"from": noon.Add(-2 * time.Hour), "to": noon, "fields": []string{"id.resp_h"}, "sum": []string{"orig_bytes"}}).is(200))
	if len(top.Items) != 2 || top.Items[0].Values[0] != "10.20.2.7" || top.Items[0].Count != 2 || top.Items[0].Sums[0] != 110 || top.Distinct != 2 {
		t.Errorf("%+v", top)
	}
	f := decode[gen.FieldList](w.ask("viewer", "GET", "/v1/records/fields", nil).is(200))
	kinds := 0
	for _, i := range f.Items {
		if i.Name == "id.orig_h" {
			kinds = len(i.Kinds)
		}
	}
	if kinds != len(events.Kinds()) {
		t.Errorf("id.orig_h is a field of %d kinds", kinds)
	}
}

func TestRecordQueriesThatMakeNoSense(t *testing.T) {
	w := newWorld(t)
	w.ask("viewer", "GET", "/v1/records?"+lastHour()+"&query=kind+%3D", nil).names("query", "the end", "")
	w.ask("viewer", "GET", "/v1/records?"+lastHour()+"&query=servce+%3D+ssh", nil).names("query", "servce", "did you mean service")
	w.ask("viewer", "GET", "/v1/records?"+lastHour()+"&query=id.orig_h+%3E+banana", nil).names("query", "banana", "")
	w.ask("viewer", "GET", "/v1/records?"+lastHour()+"&kind=gopher", nil).names("kinds", "gopher", "conn")
	w.ask("viewer", "GET", "/v1/records", nil).names("from", "", "given")
	w.ask("viewer", "GET", "/v1/records?from=2026-03-02T00:00:00Z&to=2026-03-01T00:00:00Z", nil).names("to", "", "after from")
	w.ask("viewer", "POST", "/v1/records/top", map[string]any{"from": noon.Add(-time.Hour), "to": noon, "fields": []string{"colour"}}).names("fields", "colour", "/v1/records/fields")
	w.ask("viewer", "POST", "/v1/records/top", map[string]any{"from": noon.Add(-time.Hour), "to": noon, "fields": []string{}}).names("fields", "a list of 0", "1 to 4")
}

func TestExportOfRecords(t *testing.T) {
	w := newWorld(t)
	w.conns("10.20.1.15 10.20.2.7 ssh 100 1000", "10.20.1.15 10.20.2.8 - 1 2")
	lines := strings.Split(strings.TrimSpace(string(w.ask("viewer", "GET", "/v1/records/export?format=jsonl&"+lastHour(), nil).is(200).body)), "\n")
	if len(lines) != 2 || !strings.Contains(lines[0], `"uid":"C0"`) {
		t.Errorf("%q", lines)
	}
	rows, err := csv.NewReader(strings.NewReader(string(w.ask("viewer", "GET", "/v1/records/export?format=csv&fields=id.resp_h&fields=service&"+lastHour(), nil).is(200).body))).ReadAll()
	if err != nil || len(rows) != 3 || strings.Join(rows[1], " ") != "conn 10.20.2.7 ssh" || strings.Join(rows[2], " ") != "conn 10.20.2.8 " {
		t.Errorf("%v %q", err, rows)
	}
	w.ask("viewer", "GET", "/v1/records/export?format=csv&fields=colour&"+lastHour(), nil).names("fields", "colour", "name of a field")
}

func TestWithoutRecordsTheAPISaysSo(t *testing.T) {
	w := newWorld(t, func(o *Options) {
		bare := *o.Store
		bare.Records = nil
		o.Store = &bare
	})
	w.put(detection(0))
	w.devices()
	for _, path := range []string{"/v1/records?" + lastHour(), "/v1/records/export?format=csv&" + lastHour(), "/v1/activity-map?address=10.0.0.0/8&" + lastHour(),
		"/v1/detections/" + detection(0).ID + "/records", "/v1/detections/" + detection(0).ID + "/activity-map", "/v1/devices/10.20.1.15/peers?" + lastHour()} {
		if p := decode[gen.Problem](w.ask("viewer", "GET", path, nil).is(404)); p.Type != "/problems/not-kept" {
			t.Errorf("%s: %+v", path, p)
		}
	}
	if s := decode[gen.Status](w.ask("viewer", "GET", "/v1/status", nil).is(200)); s.Records != nil {
		t.Errorf("%+v", s)
	}
}

func TestMapOfADetection(t *testing.T) {
	w := newWorld(t)
	w.devices()
	w.put(detection(23, func(d *events.Detection) {
		d.Participants = append(d.Participants, events.Participant{Role: "victim", Endpoint: "server", Address: d.Participants[1].Address.Next()})
	}))
	w.conns("10.20.1.15 10.20.2.7 ssh 100 1000", "203.0.113.9 10.20.1.15 http 5 6", "10.20.1.15 203.0.113.10 - 7 8", "10.20.1.15 203.0.113.11 - 7 8", "10.20.9.9 10.20.9.8 - 1 1")
	path := "/v1/detections/" + detection(23).ID + "/activity-map"
	m := decode[gen.ActivityMap](w.ask("viewer", "GET", path, nil).is(200))
	columns := map[gen.MapNodeColumn]int{}
	for _, n := range m.Nodes {
		columns[n.Column]++
	}
	if columns["source"] != 1 || columns["offender"] != 1 || columns["target"] != 4 || !m.Complete {
		t.Errorf("%+v", m)
	}
	hot := map[string]gen.MapEdge{}
	for _, e := range m.Edges {
		if e.Hot {
			hot[e.To] = e
		}
	}
	if e := hot["target:10.20.2.7"]; len(hot) != 2 || e.From != "offender:10.20.1.15" || e.Connections != 1 || e.BytesReceived != 1000 || e.Services[0] != "ssh" {
		t.Errorf("%+v", hot)
	}
	if e := hot["target:10.20.2.8"]; e.Connections != 0 {
		t.Errorf("a victim without a conversation that has ended: %+v", e)
	}
	short := decode[gen.ActivityMap](w.ask("viewer", "GET", path+"?limit=2", nil).is(200))
	if short.Complete || short.Omitted.Nodes != 2 || short.Omitted.Connections != 2 || !strings.Contains(short.Why, "2 more") {
		t.Errorf("%+v", short.Omitted)
	}
}

func TestActivityMap(t *testing.T) {
	w := newWorld(t)
	w.devices()
	w.conns("10.20.1.15 10.20.2.7 ssh 100 1000", "10.20.1.15 10.20.2.7 - 1 1", "10.20.2.7 203.0.113.9 ssl 5 6", "10.20.2.8 203.0.113.10 ssl 5 6", "192.168.1.1 192.168.1.2 - 1 1")
	get := func(q string) gen.ActivityMap {
		return decode[gen.ActivityMap](w.ask("viewer", "GET", "/v1/activity-map?"+q+"&"+lastHour(), nil).is(200))
	}
	m := get("address=10.20.0.0/16")
	if len(m.Nodes) != 5 || len(m.Edges) != 3 || !m.Complete || m.Edges[0].Connections != 2 || m.Edges[0].BytesSent != 101 {
		t.Errorf("%+v", m)
	}
	m = get("address=10.20.0.0/16&group=subnet")
	byID := map[string]gen.MapNode{}
	for _, n := range m.Nodes {
		byID[n.Id] = n
	}
	if len(m.Nodes) != 3 || byID["subnet:10.20.2.0/24"].Addresses != 2 || byID["external"].Addresses != 2 {
		t.Errorf("%+v", m.Nodes)
	}
	if m := get("vpc=vpc-0a1b2c3d&group=vpc"); len(m.Nodes) != 2 || m.Nodes[0].Label != "vpc-0a1b2c3d" {
		t.Errorf("%+v", m.Nodes)
	}
	db, err := w.store.Devices.Get(context.Background(), "10.20.2.7")
	if err != nil {
		t.Fatal(err)
	}
	db.Role = "db_server"
	if err := w.store.Devices.Put(context.Background(), db); err != nil {
		t.Fatal(err)
	}
	if m := get("address=10.20.0.0/16&group=role"); len(m.Nodes) != 3 || !slices.ContainsFunc(m.Nodes, func(n gen.MapNode) bool { return n.Id == "role:db_server" }) {
		t.Errorf("of whom people say nothing, what its conduct shows: %+v", m.Nodes)
	}
	if m := get("vpc=vpc-nobody"); len(m.Nodes) != 0 || m.Why == "" {
		t.Errorf("%+v", m)
	}
	if m := get("device=10.20.1.15"); len(m.Nodes) != 2 {
		t.Errorf("%+v", m.Nodes)
	}
	if m := get("vni=1001&exclude=203.0.113.0/24"); len(m.Nodes) != 4 {
		t.Errorf("%+v", m.Nodes)
	}
	m = get("vni=1001&limit=2")
	if m.Complete || len(m.Nodes) != 2 || m.Omitted.Nodes != 5 || m.Omitted.Connections != 3 || m.Why != "showing 2 of 7 nodes" {
		t.Errorf("%+v", m)
	}
	w.ask("viewer", "GET", "/v1/activity-map?"+lastHour(), nil).names("address", "", "exactly one")
	w.ask("viewer", "GET", "/v1/activity-map?vni=1&vpc=b&"+lastHour(), nil).names("address", "", "exactly one")
	w.ask("viewer", "GET", "/v1/activity-map?vni=1&group=tag&"+lastHour(), nil).names("tag", "", "given")
	w.ask("viewer", "GET", "/v1/activity-map?device=nobody&"+lastHour(), nil).is(404)
}

func TestCellsAreInert(t *testing.T) {
	for _, s := range []string{"=1", "+1", "-1", "@x", "\tx", "\rx", " =1", "\u00a0=1", "＝1", "|x", "\n=x"} {
		if got := inert(s); got[0] != '\'' {
			t.Errorf("%q is left as %q", s, got)
		}
	}
	for _, s := range []string{"", "a=1", "10.20.1.15", "C0", "ä"} {
		if got := inert(s); got != s {
			t.Errorf("%q is made %q", s, got)
		}
	}
}
