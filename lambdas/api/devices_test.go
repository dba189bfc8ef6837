package api

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/api/gen"
	"github.com/mirrorwatch/mirrorwatch/shared/store/storetest"
)

func TestDevices(t *testing.T) {
	w := newWorld(t)
	w.devices()
	w.put(detection(0), detection(3, func(d *events.Detection) { d.Participants[0].Role, d.Participants[1].Role = "victim", "offender" }))
	l := decode[gen.DeviceList](w.ask("viewer", "GET", "/v1/devices?address=10.20.2.0/24&limit=3", nil).is(200))
	if len(l.Items) != 3 || l.Next == "" || !l.Complete {
		t.Errorf("%+v", l)
	}
	w.ask("viewer", "GET", "/v1/devices?address=10.20.2", nil).names("address", "10.20.2", "CIDR")
	if l := decode[gen.DeviceList](w.ask("viewer", "GET", "/v1/devices?external=true", nil).is(200)); len(l.Items) != 0 {
		t.Errorf("%+v", l)
	}
	path := "/v1/devices/10.20.1.15"
	g := w.ask("viewer", "GET", path, nil).is(200)
	tag := g.header.Get("ETag")
	w.ask("viewer", "PATCH", path, map[string]any{"name": "web"}, "If-Match", tag).is(403)
	w.ask("analyst", "PATCH", path, map[string]any{"name": "web"}).is(428)
	g = w.ask("analyst", "PATCH", path, map[string]any{"name": "web", "high_value": true}, "If-Match", tag).is(200)
	if d := decode[events.Device](g); d.Overrides.Name != "web" || !d.Overrides.HighValue {
		t.Errorf("%+v", d)
	}
	w.ask("analyst", "PATCH", path, map[string]any{"name": "other"}, "If-Match", tag).is(412)
	d := decode[events.Device](w.ask("analyst", "PATCH", path, map[string]any{"high_value": false}, "If-Match", g.header.Get("ETag")).is(200))
	if d.Overrides.Name != "web" || d.Overrides.HighValue {
		t.Errorf("what was not sent is gone: %+v", d.Overrides)
	}
	if l := decode[gen.DetectionList](w.ask("viewer", "GET", path+"/detections?as=offender", nil).is(200)); ids(l) != "1" {
		t.Errorf("offender of %s", ids(l))
	}
	if l := decode[gen.DetectionList](w.ask("viewer", "GET", path+"/detections", nil).is(200)); ids(l) != "4 1" {
		t.Errorf("takes part in %s", ids(l))
	}
	w.ask("viewer", "GET", "/v1/devices/10.9.9.9", nil).is(404)
	w.ask("viewer", "GET", "/v1/devices/10.9.9.9/detections", nil).is(404)
}

// Catches: an id with a slash that no route takes, whether the client's %2F comes through or was decoded on the way, and what the model
// learned that is not served.
func TestDevicesByScope(t *testing.T) {
	w := newWorld(t)
	d := storetest.Device(1, noon)
	d.ID, d.Role, d.HighValue = "vpc-1/fd00::1", "db_server", true
	if err := w.store.Devices.Put(context.Background(), d); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"vpc-1%2Ffd00::1", "vpc-1/fd00::1", "vpc-1/fd00%3A%3A1"} {
		got := decode[events.Device](w.ask("viewer", "GET", "/v1/devices/"+id, nil).is(200))
		if got.ID != d.ID || len(got.TopPeers) != 1 || got.TopPeers[0].BytesOut != 1<<40 || len(got.Software) != 1 || len(got.Roles) == 0 || len(got.Groups) != 2 {
			t.Errorf("%s: %+v", id, got)
		}
		w.ask("viewer", "GET", "/v1/devices/"+id+"/detections", nil).is(200)
		w.ask("viewer", "GET", "/v1/devices/"+id+"/nothing", nil).is(404)
	}
	w.ask("viewer", "GET", "/v1/devices/eni-1/fd00::1", nil).is(404)
	for _, q := range []string{"role=db_server", "high_value=true"} {
		if l := decode[gen.DeviceList](w.ask("viewer", "GET", "/v1/devices?"+q, nil).is(200)); len(l.Items) != 1 {
			t.Errorf("%s: %d devices", q, len(l.Items))
		}
	}
}

// history stores minutes of a device: a quiet hour at noon each day, and a loud one today.
func (w *world) history(id string, days int, quiet, today float64) {
	w.t.Helper()
	var samples []events.Sample
	for day := 1; day <= days; day++ {
		for m := range 30 {
			at := noon.Add(-time.Duration(day)*24*time.Hour + time.Duration(m)*2*time.Minute)
			samples = append(samples, events.Sample{Device: id, Time: at, Metrics: map[string]float64{"bytes_out": quiet + float64(m%3), "peers": 4}})
		}
	}
	for m := range 30 {
		samples = append(samples, events.Sample{Device: id, Time: noon.Add(time.Duration(m) * 2 * time.Minute), Metrics: map[string]float64{"bytes_out": today, "peers": 4}})
	}
	if err := w.store.Devices.Observe(context.Background(), samples...); err != nil {
		w.t.Fatal(err)
	}
}

func series(id string, more string) string {
	return "/v1/devices/" + id + "/series?from=" + url.QueryEscape(noon.Format(time.RFC3339)) + "&to=" + url.QueryEscape(noon.Add(time.Hour).Format(time.RFC3339)) + more
}

func TestSeriesHeldAgainstTheOwnPast(t *testing.T) {
	w := newWorld(t)
	w.now = noon.Add(2 * time.Hour)
	w.devices()
	w.history("10.20.1.15", 10, 100, 5000)
	w.history("10.20.2.7", 10, 100, 101)
	w.history("10.20.2.8", 2, 100, 100)

	m := decode[gen.MetricComparison](w.ask("viewer", "GET", series("10.20.1.15", "&metric=bytes_out&step=600"), nil).is(200))
	if m.StepSeconds != 600 || m.Unit != "bytes" || len(m.Points) != 6 || m.Points[0].Value != 25000 || len(m.OwnPast.Band) != 6 {
		t.Fatalf("%+v", m)
	}
	if b := m.OwnPast.Band[0]; b.Low < 500 || b.High > 510 || b.Median < 500 || m.OwnPast.State != "ready" {
		t.Errorf("band %+v", b)
	}
	if m.OwnPast.Left == nil || !m.OwnPast.Left.Equal(noon) {
		t.Errorf("left %v", m.OwnPast.Left)
	}
	if m := decode[gen.MetricComparison](w.ask("viewer", "GET", series("10.20.2.7", "&metric=bytes_out&step=600"), nil).is(200)); m.OwnPast.Left != nil {
		t.Errorf("as always, and left its range at %v: %+v", m.OwnPast.Left, m)
	}
	m = decode[gen.MetricComparison](w.ask("viewer", "GET", series("10.20.2.8", "&metric=bytes_out"), nil).is(200))
	if m.OwnPast.State != "warming_up" || !strings.Contains(m.OwnPast.Why, "2 of the 14") || len(m.OwnPast.Band) != 0 {
		t.Errorf("%+v", m.OwnPast)
	}
	// Different peers of two minutes may be the same: they do not add up.
	if m := decode[gen.MetricComparison](w.ask("viewer", "GET", series("10.20.1.15", "&metric=peers&step=600&expect=none"), nil).is(200)); m.Points[0].Value != 4 || m.OwnPast != nil {
		t.Errorf("%+v", m)
	}
	w.ask("viewer", "GET", series("10.20.1.15", "&metric=peers&step=90"), nil).names("step", "90", "minutes")
	w.ask("viewer", "GET", "/v1/devices/10.20.1.15/series?metric=x&from=2026-01-01T00:00:00Z&to=2026-03-02T00:00:00Z", nil).names("to", "", "31 days")
	l := decode[gen.MetricList](w.ask("viewer", "GET", strings.Replace(series("10.20.1.15", ""), "series", "metrics", 1), nil).is(200))
	if len(l.Items) != 2 || l.Items[0].Title != "Bytes sent" {
		t.Errorf("%+v", l)
	}
}

// Catches: what the sensor foretold that is not shown, that is shown for steps it says nothing of, or without what it rests on.
func TestSeriesHeldAgainstWhatWasForetold(t *testing.T) {
	w := newWorld(t)
	w.now = noon.Add(2 * time.Hour)
	w.devices()
	w.history("10.20.1.15", 10, 100, 5000)
	foretold := events.Range{Low: 3000, Mid: 4000, High: 9000, Basis: "hour of the week"}
	for h := range 2 {
		e := events.Expectation{Device: "10.20.1.15", Time: noon.Add(time.Duration(h) * time.Hour), Metrics: map[string]events.Range{"bytes_out": foretold, "peers": foretold}}
		if err := w.store.Devices.PutExpectations(context.Background(), e); err != nil {
			t.Fatal(err)
		}
	}
	ask := func(more string) *gen.Expectation {
		return decode[gen.MetricComparison](w.ask("viewer", "GET", series("10.20.1.15", more), nil).is(200)).OwnPast
	}
	e := ask("&metric=bytes_out&step=3600")
	if len(e.Band) != 1 || e.Band[0].Low != 3000 || e.Band[0].Median != 4000 || e.Band[0].High != 9000 || e.Basis != "learned by the sensor: hour of the week" || e.Left == nil {
		t.Errorf("%+v", e)
	}
	if e := ask("&metric=bytes_out&step=600"); strings.Contains(e.Basis, "sensor") || len(e.Band) != 6 {
		t.Errorf("steps of ten minutes: %+v", e)
	}
	if e := ask("&metric=peers&step=3600"); strings.Contains(e.Basis, "sensor") {
		t.Errorf("what is distinct in an hour is held against what is distinct in minutes: %+v", e)
	}
	// The hour before has no word of the sensor.
	w.history("10.20.2.7", 10, 100, 101)
	if err := w.store.Devices.PutExpectations(context.Background(), events.Expectation{Device: "10.20.2.7", Time: noon, Metrics: map[string]events.Range{"bytes_out": foretold}}); err != nil {
		t.Fatal(err)
	}
	two := strings.Replace(series("10.20.2.7", "&metric=bytes_out&step=3600"), url.QueryEscape(noon.Format(time.RFC3339)), url.QueryEscape(noon.Add(-time.Hour).Format(time.RFC3339)), 1)
	e = decode[gen.MetricComparison](w.ask("viewer", "GET", two, nil).is(200)).OwnPast
	if len(e.Band) != 2 || e.Band[0].High == 9000 || e.Band[1].High != 9000 || !strings.Contains(e.Basis, "; before that 10 days") {
		t.Errorf("half foretold: %+v", e)
	}
}

func TestSeriesHeldAgainstPeers(t *testing.T) {
	w := newWorld(t)
	w.now = noon.Add(2 * time.Hour)
	w.devices()
	for i, id := range []string{"10.20.2.7", "10.20.2.8", "10.20.2.9"} {
		w.history(id, 1, 100, 100+float64(i))
	}
	w.history("10.20.1.15", 1, 100, 9000)
	m := decode[gen.MetricComparison](w.ask("viewer", "GET", series("10.20.1.15", "&metric=bytes_out&step=600&expect=peer_group"), nil).is(200))
	if m.PeerGroup == nil || m.PeerGroup.State != "ready" || m.PeerGroup.Basis != "3 devices that offer ssh" || m.PeerGroup.Band[0].Median != 505 || m.PeerGroup.Left == nil {
		t.Errorf("%+v", m.PeerGroup)
	}
	// Of a role of its own it has no peers.
	w.ask("analyst", "PATCH", "/v1/devices/10.20.1.15", map[string]any{"role": "oracle"}, "If-Match", "*").is(200)
	m = decode[gen.MetricComparison](w.ask("viewer", "GET", series("10.20.1.15", "&metric=bytes_out&step=600&expect=peer_group"), nil).is(200))
	if m.PeerGroup.State != "warming_up" || !strings.Contains(m.PeerGroup.Why, "of the role oracle") {
		t.Errorf("%+v", m.PeerGroup)
	}
}

func TestComparisonOfADetection(t *testing.T) {
	w := newWorld(t)
	w.now = noon.Add(2 * time.Hour)
	w.devices()
	w.history("10.20.1.15", 10, 100, 5000)
	w.put(detection(24), detection(25, func(d *events.Detection) { d.Participants[0].Device, d.Participants[1].Device = "", "" }))
	path := "/v1/detections/" + detection(24).ID + "/comparison"
	c := decode[gen.Comparison](w.ask("viewer", "GET", path, nil).is(200))
	if c.Device != "10.20.1.15" || len(c.Metrics) != 2 || c.Metrics[0].Metric != "bytes_out" || c.Metrics[0].OwnPast.Left == nil || c.Metrics[0].PeerGroup == nil {
		t.Errorf("%+v", c)
	}
	if c := decode[gen.Comparison](w.ask("viewer", "GET", path+"?device=10.20.2.7&metric=bytes_in", nil).is(200)); len(c.Metrics) != 1 || c.Metrics[0].OwnPast.State != "warming_up" {
		t.Errorf("%+v", c)
	}
	w.ask("viewer", "GET", path+"?device=10.20.2.9", nil).names("device", "10.20.2.9", "takes part")
	w.ask("viewer", "GET", "/v1/detections/"+detection(25).ID+"/comparison", nil).is(404)
}

func TestPeers(t *testing.T) {
	w := newWorld(t)
	w.devices()
	w.conns("10.20.1.15 10.20.2.7 ssh 100 1000", "10.20.1.15 10.20.2.7 - 1 2", "10.20.2.7 10.20.1.15 http 10 20", "203.0.113.9 10.20.1.15 - 5 6")
	l := decode[gen.PeerList](w.ask("viewer", "GET", "/v1/devices/10.20.1.15/peers?"+lastHour(), nil).is(200))
	if l.Total != 2 || !l.Complete || len(l.Items) != 2 {
		t.Fatalf("%+v", l)
	}
	if p := l.Items[0]; p.Address != "10.20.2.7" || p.Device != "10.20.2.7" || p.Hostname != "host-1" || p.Asked != 2 || p.Answered != 1 || p.BytesSent != 121 || p.BytesReceived != 1012 || len(p.Services) != 2 {
		t.Errorf("%+v", p)
	}
	short := decode[gen.PeerList](w.ask("viewer", "GET", "/v1/devices/10.20.1.15/peers?limit=1&"+lastHour(), nil).is(200))
	if short.Complete || short.Why != "the first 1 of 2 peers" || short.Total != 2 {
		t.Errorf("%+v", short)
	}
}

func TestQuantiles(t *testing.T) {
	values := []float64{5, 1, 3, 2, 4}
	q := quantilesOf(values)
	if fmt.Sprint(*q) != "[1.2 3 4.8]" {
		t.Errorf("%v", *q)
	}
	if quantile(nil, 0.5) != 0 {
		t.Error("of nothing")
	}
}
