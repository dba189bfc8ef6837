package api

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/api/gen"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

func ids(l gen.DetectionList) string {
	var out []string
	for _, d := range l.Items {
		out = append(out, strings.TrimLeft(d.ID, "0"))
	}
	return strings.Join(out, " ")
}

// scene is five detections that differ in all that can be searched for. Their ids end in 1 to 5.
func scene(w *world) {
	w.put(
		detection(0),
		detection(1, func(d *events.Detection) {
			d.Title = "SSH brute force"
			d.Type, d.Category, d.Techniques, d.Tactics = "access.ssh_brute_force", "access", []string{"T1110.001"}, []string{"TA0006"}
			d.Risk.Score, d.Risk.Band = 72, "high"
			d.Participants[0] = events.Participant{Role: "offender", Endpoint: "client", Address: netip.MustParseAddr("198.51.100.7"), External: true, Device: "198.51.100.7"}
			d.Participants[1].Tags, d.Participants[1].VPC, d.Participants[1].Account = map[string]string{"env": "prod"}, "vpc-0a1b2c3d", "111122223333"
			d.Participants[1].Interface, d.Participants[1].Instance = "eni-0a1b2c3d", "i-0a1b2c3d"
		}),
		detection(2, func(d *events.Detection) {
			d.Risk.Score, d.Risk.Band, d.Sensor, d.VNI = 85, "critical", "sensor-b", 1002
		}),
		detection(3, func(d *events.Detection) {
			d.End = ptr(d.Update)
			d.Participants[0], d.Participants[1] = d.Participants[1], d.Participants[0]
			d.Participants[0].Role, d.Participants[1].Role = "offender", "victim"
		}),
		detection(4, func(d *events.Detection) { d.Participants[1].Hostname = "db.example.com" }),
	)
}

func TestFlatFilters(t *testing.T) {
	w := newWorld(t)
	scene(w)
	w.ask("analyst", "PATCH", "/v1/detections/"+detection(4).ID, map[string]any{"revision": 1, "status": "closed", "resolution": "benign_true_positive", "assignee": "the-analyst"}).is(200)
	for query, want := range map[string]string{
		"":                                 "5 4 3 2 1",
		"sort=start":                       "1 2 3 4 5",
		"sort=-score":                      "3 2 5 4 1",
		"band=high&band=critical":          "3 2",
		"min_score=60&max_score=80":        "2",
		"type=access.ssh_brute_force":      "2",
		"category=recon&sensor=sensor-b":   "3",
		"technique=T1110":                  "2",
		"tactic=TA0006":                    "2",
		"participant=10.20.2.7":            "5 4 3 2 1",
		"offender=10.20.0.0/16":            "5 4 3 1",
		"offender=10.20.2.7":               "4",
		"victim=10.20.1.15":                "4",
		"victim=db.example.com":            "5",
		"victim=example.com":               "5",
		"participant=i-0a1b2c3d":           "2",
		"participant=eni-0a1b2c3d":         "2",
		"participant=vpc-0a1b2c3d":         "2",
		"participant=111122223333":         "2",
		"participant=device:198.51.100.7":  "2",
		"offender=10.20.1.15&tag=env=prod": "",
		"tag=env=prod":                     "2",
		"tag=env=*&vpc=vpc-0a1b2c3d":       "2",
		"account=111122223333":             "2",
		"status=open&offender=web-1":       "3 1",
		"status=closed":                    "5",
		"resolution=benign_true_positive":  "5",
		"assignee=me":                      "5",
		"assignee=":                        "4 3 2 1",
		"vni=1002":                         "3",
		"text=101+PORTS":                   "2",
		"ongoing=false":                    "4",
		"from=2026-03-01T14:00:00Z&to=2026-03-01T15:00:00Z": "3",
		`filter={"bands":["critical"]}`:                     "3",
		"hidden=only":                                       "",
	} {
		got := decode[gen.DetectionList](w.ask("analyst", "GET", "/v1/detections?"+strings.NewReplacer(`"`, "%22", " ", "%20", "{", "%7B", "}", "%7D").Replace(query), nil).is(200))
		if ids(got) != want || !got.Complete {
			t.Errorf("%s: %q, want %q (complete %v)", query, ids(got), want, got.Complete)
		}
	}
}

func TestWholeFilterAndPages(t *testing.T) {
	w := newWorld(t)
	scene(w)
	body := map[string]any{
		"filter": map[string]any{"participant": map[string]any{"addresses": []string{"10.20.2.7"}}, "not": []any{map[string]any{"bands": []string{"critical"}}}},
		"limit":  2, "count": true,
	}
	var seen []string
	for {
		page := decode[gen.DetectionList](w.ask("viewer", "POST", "/v1/detections/search", body).is(200))
		seen = append(seen, ids(page))
		if page.Total == nil || *page.Total != 4 {
			t.Errorf("total %v", page.Total)
		}
		if page.Next == "" {
			break
		}
		body["cursor"] = page.Next
	}
	if got := strings.Join(seen, "|"); got != "5 4|2 1" {
		t.Errorf("pages %q", got)
	}
}

func TestBadInputNamesFieldValueAndWhatIsAllowed(t *testing.T) {
	w := newWorld(t)
	scene(w)
	w.ask("viewer", "GET", "/v1/detections?min_score=500", nil).names("min_score", "500", "from 0 to 99")
	w.ask("viewer", "GET", "/v1/detections?min_score=a", nil).names("min_score", "a", "from 0 to 99")
	w.ask("viewer", "GET", "/v1/detections?band=severe", nil).names("band", "severe", "one of low, medium, high, critical")
	w.ask("viewer", "GET", "/v1/detections?bnad=high", nil).names("bnad", "high", "one of the parameters")
	w.ask("viewer", "GET", "/v1/detections?from=yesterday", nil).names("from", "yesterday", "RFC 3339")
	w.ask("viewer", "GET", "/v1/detections?limit=5000", nil).names("limit", "5000", "1 to 1000")
	w.ask("viewer", "GET", "/v1/detections?text=ab", nil).names("text", "ab", "3 to 200")
	w.ask("viewer", "GET", "/v1/detections?cursor=nonsense", nil).names("cursor", "nonsense", "the page before")
	w.ask("viewer", "GET", "/v1/detections?participant=10.20.2.7&participant=web-1", nil).names("participant", "web-1", "address")
	w.ask("viewer", "GET", "/v1/detections?participant=10.20.2.700", nil).names("participant", "10.20.2.700", "CIDR")
	w.ask("viewer", "GET", "/v1/detections?filter=%7B%22band%22%3A1%7D", nil).names("filter", "band", "JSON")
	w.ask("viewer", "GET", "/v1/detections?filter=%7B%7D&band=low", nil).names("band", "low", "beside filter")
	w.ask("viewer", "POST", "/v1/detections/search", map[string]any{"limit": 0}).names("limit", "0", "from 1 to 1000")
	w.ask("viewer", "POST", "/v1/detections/search", map[string]any{"filter": map[string]any{"bands": []string{"severe"}}}).names("filter.bands.0", "severe", "low, medium")
	w.ask("viewer", "POST", "/v1/detections/search", map[string]any{"filtre": 1}).names("filtre", "", "a member: there are count, cursor, filter")
	w.ask("viewer", "POST", "/v1/detections/search", map[string]any{"filter": map[string]any{"victim": map[string]any{"addresses": []string{"10.1"}}}}).names("addresses", "10.1", "CIDR")
	w.ask("viewer", "POST", "/v1/detections/histogram", map[string]any{"from": noon, "to": noon.Add(-time.Hour), "buckets": 2}).names("to", "", "after from")
	w.ask("viewer", "POST", "/v1/detections/histogram", map[string]any{"from": noon}).names("to", "", "given")
	w.ask("viewer", "POST", "/v1/detections/groups", map[string]any{"by": "colour"}).names("by", "colour", "type, category")
	w.ask("viewer", "POST", "/v1/detections/search", `{"limit":`).names("body", "", "JSON")
	w.ask("viewer", "POST", "/v1/detections/search", nil).names("body", "", "JSON")
	if g := w.ask("viewer", "POST", "/v1/detections/search", "{}", "Content-Type", "text/plain"); g.status != http.StatusUnsupportedMediaType {
		t.Errorf("text/plain: %d %s", g.status, g.body)
	}
	if g := w.ask("viewer", "POST", "/v1/detections/search", `{"cursor":"`+strings.Repeat("x", MaxBody)+`"}`); g.status != http.StatusRequestEntityTooLarge {
		t.Errorf("a large body: %d %s", g.status, g.body)
	}
}

func TestHistogramAndGroups(t *testing.T) {
	w := newWorld(t)
	scene(w)
	h := decode[gen.Histogram](w.ask("viewer", "POST", "/v1/detections/histogram", map[string]any{"from": noon.Add(-24 * time.Hour), "to": noon, "buckets": 24}).is(200))
	if len(h.Buckets) != 24 || h.StepSeconds != 3600 || h.Buckets[1].Count != 1 || h.Buckets[1].Bands["high"] != 1 || h.Buckets[6].Count != 0 || !h.Complete {
		t.Errorf("%+v", h)
	}
	g := decode[gen.GroupList](w.ask("viewer", "POST", "/v1/detections/groups", map[string]any{"by": "type", "limit": 1}).is(200))
	if g.Total != 2 || g.Complete || g.Why == "" || len(g.Items) != 1 || g.Items[0].Key != "recon.port_scan" || g.Items[0].Count != 4 || g.Items[0].MaxScore != 85 {
		t.Errorf("%+v", g)
	}
	f := map[string]any{"from": noon.Add(-24 * time.Hour), "to": noon}
	g = decode[gen.GroupList](w.ask("viewer", "POST", "/v1/detections/groups", map[string]any{"by": "offender", "filter": f, "buckets": 24}).is(200))
	if len(g.Items) != 3 || len(g.Items[0].Bars) != 24 {
		t.Errorf("%+v", g)
	}
}

func TestTriageWithETags(t *testing.T) {
	w := newWorld(t)
	w.put(detection(0))
	path := "/v1/detections/" + detection(0).ID
	one := w.ask("viewer", "GET", path, nil).is(200)
	if one.header.Get("ETag") != `"1"` {
		t.Errorf("ETag %q", one.header.Get("ETag"))
	}
	if g := w.ask("viewer", "GET", path, nil, "If-None-Match", `"1"`); g.status != 304 || len(g.body) != 0 {
		t.Errorf("304: %d %q", g.status, g.body)
	}
	w.ask("viewer", "GET", path, nil, "If-None-Match", `"0"`).is(200)
	w.ask("viewer", "PATCH", path, map[string]any{"status": "closed"}, "If-Match", `"1"`).is(403)
	w.ask("analyst", "PATCH", path, map[string]any{"status": "acknowledged"}).is(428)
	w.ask("analyst", "PATCH", path, map[string]any{"status": "done"}, "If-Match", `"1"`).names("status", "done", "open, acknowledged, in_progress, closed")
	w.ask("analyst", "PATCH", path, map[string]any{}, "If-Match", `"1"`).names("body", "{}", "at least one of")
	w.ask("analyst", "PATCH", path, map[string]any{"status": "acknowledged"}, "If-Match", `1`).names("If-Match", "1", "")
	d := decode[events.Detection](w.ask("analyst", "PATCH", path, map[string]any{"status": "acknowledged", "assignee": "mona"}, "If-Match", `"1"`).is(200))
	if d.Status != "acknowledged" || d.Assignee != "mona" || d.Revision != 2 {
		t.Errorf("%+v", d.Triage)
	}
	w.ask("analyst", "PATCH", path, map[string]any{"status": "closed"}, "If-Match", `"1"`).is(412)
	w.ask("analyst", "PATCH", path, map[string]any{"status": "closed", "revision": 1}).is(412)
	w.ask("analyst", "PATCH", path, map[string]any{"status": "closed", "revision": 3}, "If-Match", `"2"`).names("revision", "3", "If-Match")
	w.ask("analyst", "PATCH", path, map[string]any{"status": "in_progress", "resolution": "false_positive", "revision": 2}).names("resolution", "false_positive", "close")
	w.ask("analyst", "PATCH", path, map[string]any{"status": "closed", "resolution": "false_positive", "note": "ours", "revision": 2}).is(200)
	d = decode[events.Detection](w.ask("analyst", "POST", path+"/notes", map[string]any{"text": "a second"}).is(200))
	if len(d.Notes) != 2 || d.Notes[1].Author != "the-analyst" {
		t.Errorf("%+v", d.Notes)
	}
	w.ask("analyst", "PATCH", path, map[string]any{"status": "open"}, "If-Match", "*").is(200)
	w.ask("analyst", "PATCH", "/v1/detections/none", map[string]any{"status": "open"}, "If-Match", "*").is(404)
	h := decode[gen.AuditList](w.ask("viewer", "GET", path+"/history", nil).is(200))
	if len(h.Items) != 4 || h.Items[0].Actor != "the-analyst" || h.Items[0].Address != "" || h.Items[0].Action != "detection.update" {
		t.Errorf("%+v", h.Items)
	}
	w.ask("viewer", "GET", "/v1/detections/none/history", nil).is(404)
}

func TestBulk(t *testing.T) {
	w := newWorld(t)
	scene(w)
	change := map[string]any{"status": "closed", "resolution": "benign_true_positive"}
	r := decode[gen.BulkResult](w.ask("analyst", "POST", "/v1/detections/bulk", map[string]any{"ids": []string{detection(0).ID, "none", detection(0).ID}, "change": change}).is(200))
	if r.Changed != 1 || r.Complete || len(r.Items) != 2 || r.Items[0].Result != "changed" || r.Items[0].Revision != 2 || r.Items[1].Result != "not_found" {
		t.Errorf("%+v", r)
	}
	f := map[string]any{"types": []string{"recon.port_scan"}, "statuses": []string{"open"}}
	w.ask("analyst", "POST", "/v1/detections/bulk", map[string]any{"filter": f, "change": change}).names("expected", "", "given")
	w.ask("analyst", "POST", "/v1/detections/bulk", map[string]any{"filter": f, "expected": 2, "change": change}).is(409)
	w.ask("analyst", "POST", "/v1/detections/bulk", map[string]any{"change": change}).names("ids", "0", "either ids or a filter")
	w.ask("analyst", "POST", "/v1/detections/bulk", map[string]any{"ids": []string{"a"}, "change": map[string]any{"status": "open", "revision": 1}}).names("change.revision", "1", "its own")
	r = decode[gen.BulkResult](w.ask("analyst", "POST", "/v1/detections/bulk", map[string]any{
		"filter": f, "expected": 3, "change": change,
		"rule": map[string]any{"name": "scanner", "enabled": true, "match": map[string]any{"types": []string{"recon.port_scan"}}},
	}).is(200))
	if r.Changed != 3 || !r.Complete || r.Rule == nil || r.Rule.Applied.Hidden != 4 || r.Rule.Rule.CreatedBy != "the-analyst" {
		t.Errorf("%+v %+v", r, r.Rule)
	}
	if left := decode[gen.DetectionList](w.ask("viewer", "GET", "/v1/detections", nil)); ids(left) != "2" {
		t.Errorf("left %s", ids(left))
	}
	// A rule that makes no sense changes nothing.
	w.ask("analyst", "POST", "/v1/detections/bulk", map[string]any{"ids": []string{detection(1).ID}, "change": change, "rule": map[string]any{"name": "all", "enabled": true, "match": map[string]any{}}}).names("match", "{}", "at least one member")
	if d := decode[events.Detection](w.ask("viewer", "GET", "/v1/detections/"+detection(1).ID, nil)); d.Status != "open" {
		t.Errorf("closed by a request that was refused")
	}
}

func TestRelated(t *testing.T) {
	w := newWorld(t)
	scene(w)
	l := decode[gen.RelatedList](w.ask("viewer", "GET", "/v1/detections/"+detection(2).ID+"/related", nil).is(200))
	why := map[string]string{}
	for _, r := range l.Items {
		var kinds []string
		for _, reason := range r.Reasons {
			kinds = append(kinds, string(reason.Kind))
		}
		why[strings.TrimLeft(r.Detection.ID, "0")] = strings.Join(kinds, " ")
	}
	want := map[string]string{
		"1": "same_offender same_victim same_technique", "5": "same_offender same_victim same_technique", "2": "same_victim",
		"4": "chain other_side", // its victim became the offender there; its offender is a victim there
	}
	for id, kinds := range want {
		if why[id] != kinds {
			t.Errorf("%s: %q, want %q", id, why[id], kinds)
		}
	}
	if len(l.Items) != 4 || !l.Complete || l.Items[0].Score < l.Items[3].Score {
		t.Errorf("%+v", l)
	}
	short := decode[gen.RelatedList](w.ask("viewer", "GET", "/v1/detections/"+detection(2).ID+"/related?limit=1", nil).is(200))
	if len(short.Items) != 1 || short.Complete || short.Why == "" {
		t.Errorf("%+v", short)
	}
}

func TestExportOfDetections(t *testing.T) {
	w := newWorld(t)
	scene(w)
	w.put(detection(5, func(d *events.Detection) {
		d.Description, d.Participants[0].Hostname = `=HYPERLINK("http://evil.example")`, "\t@SUM(1)"
	}))
	for n := 6; n < 600; n++ {
		w.put(detection(n))
	}
	g := w.ask("viewer", "GET", "/v1/detections/export?format=csv", nil).is(200)
	if !strings.HasPrefix(g.header.Get("Content-Type"), "text/csv") || !strings.Contains(g.header.Get("Content-Disposition"), "detections.csv") {
		t.Errorf("%v", g.header)
	}
	rows, err := csv.NewReader(strings.NewReader(string(g.body))).ReadAll()
	if err != nil || len(rows) != 601 || rows[0][0] != "id" {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, row := range rows {
		for _, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
				t.Errorf("a cell that a spreadsheet takes for a formula: %q", cell)
			}
		}
	}
	if rows[6][4] != `'=HYPERLINK("http://evil.example")` {
		t.Errorf("%q", rows[6][4])
	}
	lines := strings.Split(strings.TrimSpace(string(w.ask("viewer", "GET", "/v1/detections/export?format=jsonl&band=critical", nil).is(200).body)), "\n")
	var d events.Detection
	if err := json.Unmarshal([]byte(lines[0]), &d); err != nil || len(lines) != 1 || d.Risk.Score != 85 {
		t.Errorf("%v %v", err, lines)
	}
	w.ask("viewer", "GET", "/v1/detections/export?format=xml", nil).names("format", "xml", "csv, jsonl")
	w.ask("viewer", "GET", "/v1/detections/export", nil).names("format", "", "given")
	if a := w.audited(); len(a) != 2 || a[0] != "detection.export" {
		t.Errorf("%v", a)
	}
}

func TestPacketsAreARightOfTheirOwn(t *testing.T) {
	w := newWorld(t)
	w.put(detection(0))
	path := "/v1/detections/" + detection(0).ID + "/packets"
	w.ask("admin", "GET", path, nil).is(403)
	w.ask("admin", "GET", path+"?check=true", nil).is(403)
	w.ask("viewer+packets", "GET", path+"?check=true", nil).is(404)
	if a := w.audited(); len(a) != 0 {
		t.Errorf("who only asked whether there are any has read none: %v", a)
	}
	p := decode[gen.Problem](w.ask("viewer+packets", "GET", path, nil).is(404))
	if p.Type != "/problems/not-kept" || p.Detail == "" {
		t.Errorf("%+v", p)
	}
	if a := w.audited(); len(a) != 1 || a[0] != "packets.read" {
		t.Errorf("%v", a)
	}
}

func TestRecordsOfADetection(t *testing.T) {
	w := newWorld(t)
	w.put(detection(23, func(d *events.Detection) { d.Evidence.UIDs = []string{"C0", "C2"} }))
	w.conns("10.20.1.15 10.20.2.7 ssh 1 1", "10.20.1.15 10.20.2.8 ssh 1 1", "10.20.1.15 10.20.2.9 - 1 1", "10.20.2.7 10.20.1.15 - 1 1")
	path := "/v1/detections/" + detection(23).ID + "/records"
	l := decode[gen.RecordList](w.ask("viewer", "GET", path, nil).is(200))
	if len(l.Items) != 2 || !strings.Contains(string(l.Items[0].Record), `"uid":"C2"`) {
		t.Errorf("%+v", l)
	}
	l = decode[gen.RecordList](w.ask("viewer", "GET", path+"?scope=participants", nil).is(200))
	if len(l.Items) != 2 || !strings.Contains(string(l.Items[0].Record), `"uid":"C3"`) {
		t.Errorf("%+v", l)
	}
}

func TestStoreFilterIsAskedAsItStands(t *testing.T) {
	// Every member of the store's filter can be given: what is set comes back from a saved view as it was.
	f := store.DetectionFilter{
		From: ptr(noon), To: ptr(noon.Add(time.Hour)), UpdatedFrom: ptr(noon), UpdatedTo: ptr(noon), ModifiedFrom: ptr(noon), Ongoing: ptr(true),
		IDs: []string{"a"}, Types: []string{"a"}, Categories: []string{"a"}, Tactics: []string{"TA0001"}, Techniques: []string{"T1110"}, Bands: []events.Band{"low"},
		MinScore: 1, MaxScore: 2, Statuses: []events.Status{"open"}, Resolutions: []events.Resolution{"undetermined"}, Assignees: []string{""}, Sensors: []string{"a"},
		VNIs: []uint32{1}, Text: "abc", Hidden: store.HiddenInclude,
		Participant: &store.ParticipantFilter{
			Devices: []string{"a"}, Addresses: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, Hostnames: []string{"a"}, VPCs: []string{"a"}, Accounts: []string{"a"},
			Interfaces: []string{"a"}, Instances: []string{"a"}, Users: []string{"a"}, Tags: map[string]string{"a": "*"}, Ports: []uint16{22}, External: ptr(false),
		},
		Offender: &store.ParticipantFilter{Devices: []string{"a"}}, Victim: &store.ParticipantFilter{Devices: []string{"b"}}, Not: []store.DetectionFilter{{Types: []string{"b"}}},
	}
	w := newWorld(t)
	made := decode[gen.ViewItem](w.ask("viewer", "POST", "/v1/views", map[string]any{"name": "everything", "filter": f}).is(201))
	want, _ := json.Marshal(f)
	got, _ := json.Marshal(made.View.Filter)
	if string(got) != string(want) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	w.ask("viewer", "GET", "/v1/detections?filter="+url.QueryEscape(string(want)), nil).is(200)
}
