package api

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/lambdas/api/gen"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/tuning"
)

func visible(w *world) string {
	return ids(decode[gen.DetectionList](w.ask("viewer", "GET", "/v1/detections", nil)))
}

func TestTuningRulesHideWhatIsStoredAndShowItAgain(t *testing.T) {
	w := newWorld(t)
	scene(w)
	rule := map[string]any{"name": "scanner", "enabled": true, "match": map[string]any{"types": []string{"recon.port_scan"}, "offender": map[string]any{"addresses": []string{"10.20.1.15"}}}}

	p := decode[gen.Preview](w.ask("analyst", "POST", "/v1/tuning/preview", map[string]any{"match": rule["match"]}).is(200))
	if p.Total != 3 || len(p.Items) != 3 || len(p.ByType) != 1 || p.ByType[0].Count != 3 || !p.Complete {
		t.Errorf("%+v", p)
	}
	if visible(w) != "5 4 3 2 1" {
		t.Error("a preview hides")
	}
	w.ask("viewer", "POST", "/v1/tuning/rules", rule).is(403)
	g := w.ask("analyst", "POST", "/v1/tuning/rules", rule).is(201)
	made := decode[gen.TuningRuleItem](g)
	if made.Applied == nil || made.Applied.Hidden != 3 || !made.Applied.Complete || !made.Active || made.Rule.CreatedBy != "the-analyst" || visible(w) != "4 2" {
		t.Errorf("%+v, visible %s", made, visible(w))
	}
	path := g.header.Get("Location")
	if g.header.Get("ETag") != `"1"` || w.ask("viewer", "GET", path, nil, "If-None-Match", `"1"`).status != 304 {
		t.Errorf("%v", g.header)
	}
	hidden := decode[gen.DetectionList](w.ask("viewer", "GET", "/v1/detections?hidden=only", nil).is(200))
	if ids(hidden) != "5 3 1" || hidden.Items[0].HiddenBy != made.Id {
		t.Errorf("%+v", hidden)
	}

	// Narrowed: what it no longer means shows again.
	rule["match"].(map[string]any)["bands"] = []string{"critical"}
	w.ask("analyst", "PUT", path, rule).is(428)
	w.ask("analyst", "PUT", path, rule, "If-Match", `"7"`).is(412)
	changed := decode[gen.TuningRuleItem](w.ask("analyst", "PUT", path, rule, "If-Match", `"1"`).is(200))
	if changed.Applied.Shown != 2 || visible(w) != "5 4 2 1" || changed.Revision != 2 {
		t.Errorf("%+v, visible %s", changed.Applied, visible(w))
	}
	// Disabled, enabled again with an end, and past it.
	rule["enabled"] = false
	w.ask("analyst", "PUT", path, rule, "If-Match", `"2"`).is(200)
	if visible(w) != "5 4 3 2 1" {
		t.Errorf("disabled: visible %s", visible(w))
	}
	rule["enabled"], rule["expires"] = true, noon.Add(-time.Minute)
	w.ask("analyst", "PUT", path, rule, "If-Match", `"3"`).names("expires", "2026-03-02T11:59:00Z", "future")
	rule["expires"] = noon.Add(time.Hour)
	w.ask("analyst", "PUT", path, rule, "If-Match", `"3"`).is(200)
	if visible(w) != "5 4 2 1" {
		t.Errorf("enabled: visible %s", visible(w))
	}
	w.now = noon.Add(2 * time.Hour)
	r, err := tuning.Reapply(context.Background(), tuning.Options{Documents: w.store.Documents, Detections: w.store.Detections, Now: func() time.Time { return w.now }})
	if err != nil || r.Shown != 1 || visible(w) != "5 4 3 2 1" {
		t.Errorf("expired: %+v, %v, visible %s", r, err, visible(w))
	}
	if l := decode[gen.TuningRuleList](w.ask("viewer", "GET", "/v1/tuning/rules", nil).is(200)); len(l.Items) != 1 || l.Items[0].Active {
		t.Errorf("%+v", l)
	}
	w.now = noon
	w.ask("analyst", "PUT", path, rule, "If-Match", "*").is(200)
	w.ask("analyst", "DELETE", path, nil, "If-Match", `"9"`).is(412)
	gone := decode[gen.Applied](w.ask("analyst", "DELETE", path, nil, "If-Match", `"5"`).is(200))
	if gone.Shown != 1 || visible(w) != "5 4 3 2 1" {
		t.Errorf("%+v", gone)
	}
	w.ask("viewer", "GET", path, nil).is(404)
}

func TestTuningRulesThatMakeNoSense(t *testing.T) {
	w := newWorld(t)
	for name, rule := range map[string]map[string]any{
		"match":      {"name": "x", "enabled": true, "match": map[string]any{"hidden": "only"}},
		"name":       {"name": "", "enabled": true, "match": map[string]any{"types": []string{"a"}}},
		"match.text": {"name": "x", "enabled": true, "match": map[string]any{"text": "ab"}},
		"enabled":    {"name": "x", "match": map[string]any{"types": []string{"a"}}},
	} {
		w.ask("analyst", "POST", "/v1/tuning/rules", rule).names(name, "", "")
	}
}

func TestParameters(t *testing.T) {
	w := newWorld(t)
	l := decode[gen.ParameterList](w.ask("viewer", "GET", "/v1/parameters", nil).is(200))
	if len(l.Items) != len(store.ParameterSpecs()) || l.Items[0].Set || l.Items[0].Values[0] != "10.0.0.0/8" {
		t.Errorf("%+v", l)
	}
	// The contract's enumeration and the list are the same.
	for i, v := range w.table.spec.Components.Schemas["ParameterKey"].Value.Enum {
		if string(l.Items[i].Name) != v {
			t.Errorf("%s is not %s", l.Items[i].Name, v)
		}
	}
	path := "/v1/parameters/retention_days_records"
	g := w.ask("viewer", "GET", path, nil).is(200)
	if g.header.Get("ETag") != `"0"` {
		t.Errorf("%v", g.header)
	}
	w.ask("analyst", "PUT", path, map[string]any{"values": []string{"7"}}, "If-Match", `"0"`).is(403)
	w.ask("admin", "PUT", path, map[string]any{"values": []string{"0"}}, "If-Match", `"0"`).names("values", "0", "from 1 to 3650")
	w.ask("admin", "PUT", path, map[string]any{"values": []string{"7", "8"}}, "If-Match", `"0"`).names("values", "2 values", "one whole number")
	w.ask("admin", "PUT", path, map[string]any{"values": []string{"7"}}).is(428)
	one := decode[gen.Parameter](w.ask("admin", "PUT", path, map[string]any{"values": []string{"07"}}, "If-Match", `"0"`).is(200))
	if !one.Set || one.Values[0] != "7" || one.Revision != 1 || strings.Join(w.changed, " ") != "retention_days_records" {
		t.Errorf("%+v %v", one, w.changed)
	}
	w.ask("admin", "PUT", path, map[string]any{"values": []string{"8"}}, "If-Match", `"0"`).is(412)
	w.ask("admin", "PUT", path, map[string]any{"values": []string{"8"}, "revision": 1}).is(200)
	w.ask("admin", "PUT", path, map[string]any{"values": []string{"9"}}, "If-Match", "*").is(200)
	w.ask("admin", "PUT", "/v1/parameters/retention_bytes_records", map[string]any{"values": []string{"0"}}, "If-Match", "*").is(200)
	net := decode[gen.Parameter](w.ask("admin", "PUT", "/v1/parameters/local_networks", map[string]any{"values": []string{"10.1.2.3/8", "192.0.2.1"}}, "If-Match", "*").is(200))
	if strings.Join(net.Values, " ") != "10.0.0.0/8 192.0.2.1/32" {
		t.Errorf("%v", net.Values)
	}
	w.ask("admin", "PUT", "/v1/parameters/local_networks", map[string]any{"values": []string{"ten"}}, "If-Match", "*").names("values", "ten", "CIDR")
	w.ask("admin", "GET", "/v1/parameters/colour", nil).names("name", "colour", "local_networks")
}

func TestViews(t *testing.T) {
	w := newWorld(t)
	v := map[string]any{"name": "mine", "filter": map[string]any{"bands": []string{"critical"}}, "sort": "-score", "group": "type", "last": "7d"}
	g := w.ask("viewer", "POST", "/v1/views", v).is(201)
	path := g.header.Get("Location")
	if i := decode[gen.ViewItem](g); i.View.Owner != "the-viewer" || i.View.Sort != "-score" || i.View.Last != "7d" {
		t.Errorf("%+v", i)
	}
	// Another viewer neither sees nor touches it until it is shared.
	w.ask("analyst", "GET", path, nil).is(404)
	w.ask("analyst", "PUT", path, v, "If-Match", `"1"`).is(404)
	v["shared"] = true
	w.ask("viewer", "PUT", path, v, "If-Match", `"1"`).is(200)
	w.ask("analyst", "GET", path, nil).is(200)
	w.ask("analyst", "PUT", path, v, "If-Match", `"2"`).is(403)
	w.ask("analyst", "DELETE", path, nil, "If-Match", `"2"`).is(403)
	if l := decode[gen.ViewList](w.ask("analyst", "GET", "/v1/views", nil).is(200)); len(l.Items) != 1 {
		t.Errorf("%+v", l)
	}
	w.ask("viewer", "POST", "/v1/views", map[string]any{"name": "x", "filter": map[string]any{}, "sort": "sideways"}).names("sort", "sideways", "-start")
	w.ask("viewer", "POST", "/v1/views", map[string]any{"name": "x", "filter": map[string]any{}, "last": "0d"}).names("last", "0d", "[mhd]")
	w.ask("viewer", "DELETE", path, nil).is(428)
	w.ask("viewer", "DELETE", path, nil, "If-Match", `"1"`).is(412)
	w.ask("admin", "DELETE", path, nil, "If-Match", `"2"`).is(204)
	w.ask("viewer", "GET", path, nil).is(404)
}
