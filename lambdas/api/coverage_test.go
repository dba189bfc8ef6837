package api

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/api/gen"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

func TestCoverage(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	for i, state := range []events.CoverageState{"mirrored", "mirrored", "silent", "excluded", "mirrored"} {
		c := events.Coverage{Interface: "eni-" + strings.Repeat(string(rune('a'+i)), 8), VPC: "vpc-a", Account: "111122223333", State: state}
		if i == 4 {
			c.VPC = "vpc-b"
		}
		if i < 3 {
			c.Tags = map[string]string{"Env": []string{"prod", "prod", "test"}[i]}
		}
		if _, err := w.store.Mirror.PutCoverage(ctx, c); err != nil {
			t.Fatal(err)
		}
	}
	if l := decode[gen.CoverageList](w.ask("viewer", "GET", "/v1/coverage?state=silent&state=excluded", nil).is(200)); len(l.Items) != 2 {
		t.Errorf("%+v", l)
	}
	s := decode[gen.CoverageSummary](w.ask("viewer", "GET", "/v1/coverage/summary", nil).is(200))
	if s.Total.Interfaces != 5 || s.Total.Wanted != 4 || s.Total.Percent != 75 || len(s.Vpcs) != 2 || s.Vpcs[0].Key != "vpc-a" || s.Vpcs[0].Percent != 66.7 || s.Vpcs[0].States["silent"] != 1 || !s.Complete {
		t.Errorf("%+v", s)
	}
	if len(s.Tags) != 3 || s.Tags[0].Key != "env=test" || s.Tags[0].Percent != 0 || s.Tags[1].Key != "env=" || s.Tags[2].Key != "env=prod" || s.Tags[2].Mirrored != 2 {
		t.Errorf("%+v", s.Tags)
	}
	if err := w.store.Mirror.Bind(ctx, events.Binding{VNI: 1001, Interface: "eni-aaaaaaaa", From: noon.Add(-time.Hour)}); err != nil {
		t.Fatal(err)
	}
	if l := decode[gen.BindingList](w.ask("viewer", "GET", "/v1/coverage/bindings?vni=1001", nil).is(200)); len(l.Items) != 1 || l.Items[0].To != nil {
		t.Errorf("%+v", l)
	}
	if l := decode[gen.BindingList](w.ask("viewer", "GET", "/v1/coverage/bindings?interface=eni-aaaaaaaa", nil).is(200)); len(l.Items) != 1 {
		t.Errorf("%+v", l)
	}
	w.ask("viewer", "GET", "/v1/coverage/bindings?vni=1001&at=2026-03-02T11:30:00Z", nil).is(200)
	w.ask("viewer", "GET", "/v1/coverage/bindings?vni=1001&at=2026-03-02T10:30:00Z", nil).is(404)
	w.ask("viewer", "GET", "/v1/coverage/bindings", nil).names("vni", "0", "either vni or interface")
}

// TestObservationPoints pages through what two sensors heard, faults and all.
func TestObservationPoints(t *testing.T) {
	w := newWorld(t)
	heard := func(vni uint32, sensor string, faults ...events.HeardFault) events.Heard {
		return events.Heard{VNI: vni, Sensor: sensor, Since: noon.Add(-time.Hour), LastSeen: noon, Packets: 9, Bytes: 900, Gaps: 1, Faults: faults}
	}
	if err := w.store.Mirror.Hear(context.Background(), heard(1002, "b", events.HeardGaps), heard(1001, "b"), heard(1001, "a", events.HeardSilent)); err != nil {
		t.Fatal(err)
	}
	var rows []string
	for next := ""; ; {
		l := decode[gen.ObservationPointList](w.ask("viewer", "GET", "/v1/coverage/points?limit=2&cursor="+next, nil).is(200))
		for _, h := range l.Items {
			rows = append(rows, fmt.Sprintf("%d %s %d %d %v", h.VNI, h.Sensor, h.Packets, h.Gaps, h.Faults))
		}
		if next = l.Next; next == "" {
			break
		}
	}
	if got, want := strings.Join(rows, " "), "1001 a 9 1 [silent] 1001 b 9 1 [] 1002 b 9 1 [gaps]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestTagsOfCoverage lets people say which tags count.
func TestTagsOfCoverage(t *testing.T) {
	w := newWorld(t)
	put := func(values ...string) *got {
		return w.ask("admin", "PUT", "/v1/parameters/coverage_tags", map[string]any{"values": append([]string{}, values...)}, "If-Match", "*")
	}
	if p := decode[gen.Parameter](put("app", "App", "tier").is(200)); strings.Join(p.Values, " ") != "app tier" {
		t.Errorf("%q", p.Values)
	}
	c := events.Coverage{Interface: "eni-a", State: "mirrored", Tags: map[string]string{"app": "shop", "env": "prod"}}
	if _, err := w.store.Mirror.PutCoverage(context.Background(), c); err != nil {
		t.Fatal(err)
	}
	tags := func() []store.CoverageShare {
		return decode[gen.CoverageSummary](w.ask("viewer", "GET", "/v1/coverage/summary", nil).is(200)).Tags
	}
	if s := tags(); len(s) != 1 || s[0].Key != "app=shop" {
		t.Errorf("%+v", s)
	}
	put().is(200)
	if s := tags(); len(s) != 0 {
		t.Errorf("%+v", s)
	}
	var many []string
	for i := range store.MaxCoverageTags + 1 {
		many = append(many, fmt.Sprint("k", i))
	}
	put(many...).names("values", "11 values", "at most 10")
	put(strings.Repeat("k", 129)).names("values", "kkk", "1 to 128")
}

// TestSummaryTellsWhatItLeavesOut has more VPCs than are told apart.
func TestSummaryTellsWhatItLeavesOut(t *testing.T) {
	w := newWorld(t)
	var list []events.Coverage
	for i := range store.MaxShares + 7 {
		list = append(list, events.Coverage{Interface: fmt.Sprint("eni-", i), VPC: fmt.Sprint("vpc-", i), State: "mirrored"})
	}
	if _, err := w.store.Mirror.PutCoverage(context.Background(), list...); err != nil {
		t.Fatal(err)
	}
	s := decode[gen.CoverageSummary](w.ask("viewer", "GET", "/v1/coverage/summary", nil).is(200))
	if s.Complete || !strings.HasPrefix(s.Why, "7 VPCs, 0 accounts") || len(s.Vpcs) != store.MaxShares || s.Rest.VPCs != (store.CoverageRest{Shares: 7, Interfaces: 7}) || s.Total.Interfaces != len(list) {
		t.Errorf("complete %v, %q, %d VPCs, rest %+v", s.Complete, s.Why, len(s.Vpcs), s.Rest)
	}
}

// counted stores what was counted at a moment: one interface of vpc-a, mirrored or not.
func (w *world) counted(at time.Time, state events.CoverageState, more ...events.Coverage) {
	w.t.Helper()
	list := append(more, events.Coverage{Interface: "eni-a", VPC: "vpc-a", Account: "111122223333", Tags: map[string]string{"env": "prod"}, State: state})
	if err := store.PutCoverageTrend(context.Background(), w.store.Documents, store.ShareCoverage(list, at, []string{"env"})); err != nil {
		w.t.Fatal(err)
	}
}

// watched stores two interfaces of which one is watched since an hour ago, and what was counted of them.
func (w *world) watched() {
	w.t.Helper()
	other := events.Coverage{Interface: "eni-b", VPC: "vpc-a", Account: "111122223333", State: "silent"}
	w.counted(w.now.Add(-110*time.Minute), "silent", other)
	w.counted(w.now.Add(-50*time.Minute), "mirrored", other)
	one := events.Coverage{Interface: "eni-a", VPC: "vpc-a", Account: "111122223333", Tags: map[string]string{"env": "prod"}, State: "mirrored"}
	if _, err := w.store.Mirror.PutCoverage(context.Background(), one, other); err != nil {
		w.t.Fatal(err)
	}
	h := events.Heard{VNI: 1001, Sensor: "sensor-a", Since: w.now.Add(-time.Hour), LastSeen: w.now, Packets: 12_000, Gaps: 300, Faults: []events.HeardFault{events.HeardGaps}}
	if err := w.store.Mirror.Hear(context.Background(), h); err != nil {
		w.t.Fatal(err)
	}
}

// trend gives "<month>-<day>T<hour>:<minute> <percent>" of each point, and the whole answer.
func (w *world) trend(from, to time.Time, more string) (string, gen.CoverageHistory) {
	w.t.Helper()
	q := "/v1/coverage/trend?from=" + from.UTC().Format(time.RFC3339) + "&to=" + to.UTC().Format(time.RFC3339) + more
	h := decode[gen.CoverageHistory](w.ask("viewer", "GET", q, nil).is(200))
	var points []string
	for _, p := range h.Items {
		points = append(points, fmt.Sprint(p.At.Format("01-02T15:04"), " ", p.Share.Percent))
	}
	return strings.Join(points, ", "), h
}

func TestCoverageTrendByTheHour(t *testing.T) {
	w := newWorld(t)
	if got, h := w.trend(noon.Add(-24*time.Hour), noon, ""); got != "" || !h.Complete {
		t.Errorf("of nothing: %s", got)
	}
	for i, state := range []events.CoverageState{"silent", "mirrored", "mirrored", "silent"} {
		w.counted(noon.Add(time.Duration(12*i-36)*time.Hour+20*time.Minute), state)
	}
	w.counted(noon.Add(30*time.Minute), "mirrored") // in place of the one before: the same hour
	for _, c := range []struct {
		from, to time.Duration
		want     string
	}{
		{-31 * 24 * time.Hour, 0, "03-01T00:20 0, 03-01T12:20 100, 03-02T00:20 100"},
		{-36 * time.Hour, time.Hour, "03-01T00:20 0, 03-01T12:20 100, 03-02T00:20 100, 03-02T12:30 100"},
		{-24*time.Hour + 20*time.Minute, -12*time.Hour + 20*time.Minute, "03-01T12:20 100"},
		{-24*time.Hour + 21*time.Minute, -12*time.Hour + 20*time.Minute, ""},
		{-36 * time.Hour, 20 * 24 * time.Hour, "03-01T00:20 0, 03-01T12:20 100, 03-02T00:20 100, 03-02T12:30 100"},
		{time.Hour, 2 * time.Hour, ""},
	} {
		if got, h := w.trend(noon.Add(c.from), noon.Add(c.to), ""); got != c.want || h.Step != "hour" || !h.Complete {
			t.Errorf("%v to %v: %s by the %s\nnot %s", c.from, c.to, got, h.Step, c.want)
		}
	}
}

// TestCoverageTrendOfAFullMonth is the most that comes by the hour.
func TestCoverageTrendOfAFullMonth(t *testing.T) {
	w := newWorld(t)
	for h := range 32 * 24 {
		w.counted(noon.Add(-time.Duration(h)*time.Hour), "mirrored")
	}
	if _, h := w.trend(noon.Add(-31*24*time.Hour), noon, ""); len(h.Items) != 31*24 || h.Step != "hour" {
		t.Errorf("%d points by the %s", len(h.Items), h.Step)
	}
	if got, h := w.trend(noon.Add(-31*24*time.Hour-time.Second), noon, ""); len(h.Items) != 32 || h.Step != "day" ||
		!strings.HasPrefix(got, "01-30T23:00 100, 01-31T23:00 100, ") || !strings.HasSuffix(got, "03-01T23:00 100, 03-02T11:00 100") {
		t.Errorf("%d points by the %s: %s", len(h.Items), h.Step, got)
	}
}

// TestCoverageTrendByTheDay has days whose last count is at any hour, days with none, and bounds within a day.
func TestCoverageTrendByTheDay(t *testing.T) {
	w := newWorld(t)
	day := func(n, hour int) time.Time { return time.Date(2025, 6, 1+n, hour, 10, 0, 0, time.UTC) }
	var want []string
	for n, hours := range [][]int{{0}, {3, 9}, {1, 10}, {5, 19}, {2, 20}, {22, 23}, {23}, nil, {4, 11, 23}} {
		for _, h := range hours {
			w.counted(day(n, h), "silent")
		}
		if n > 0 && n < 8 && hours != nil {
			want = append(want, day(n, hours[len(hours)-1]).Format("01-02T15:04")+" 0")
		}
	}
	want = append(want, day(8, 11).Format("01-02T15:04")+" 0")
	w.now = day(9, 0)
	if _, h := w.trend(day(0, 1), day(8, 23), ""); h.Step != "hour" {
		t.Errorf("nine days by the %s", h.Step)
	}
	// A year that ends within the last of those days.
	got, h := w.trend(day(8, 23).Add(-store.CoverageTrendFor), day(8, 22), "")
	if first := day(0, 0).Format("01-02T15:04") + " 0, "; got != first+strings.Join(want, ", ") || h.Step != "day" {
		t.Errorf("%s by the %s\nnot %s", got, h.Step, first+strings.Join(want, ", "))
	}
	if got, _ = w.trend(day(0, 1), day(40, 0), ""); got != strings.Replace(strings.Join(want, ", "), "06-09T11:10", "06-09T23:10", 1) {
		t.Errorf("from within the first day: %s", got)
	}
}

func TestCoverageTrendOfAShare(t *testing.T) {
	w := newWorld(t)
	at := noon.Add(-time.Hour)
	w.counted(at, "mirrored", events.Coverage{Interface: "eni-b", VPC: "vpc-b", Account: "444455556666", State: "silent"})
	for more, want := range map[string]string{
		"":                      "03-02T11:00 50",
		"&vpc=vpc-a":            "03-02T11:00 100",
		"&vpc=vpc-c":            "",
		"&account=444455556666": "03-02T11:00 0",
		"&tag=env%3Dprod":       "03-02T11:00 100",
		"&tag=env%3D":           "03-02T11:00 0",
		"&tag=env%3Dtest":       "",
	} {
		if got, h := w.trend(at, noon, more); got != want || !h.Complete {
			t.Errorf("%s: %q, not %q; complete %v", more, got, want, h.Complete)
		}
	}
	var many []events.Coverage
	for i := range store.MaxShares {
		vpc := fmt.Sprint("vpc-", i)
		many = append(many, events.Coverage{VPC: vpc, State: "silent"}, events.Coverage{VPC: vpc, State: "silent"})
	}
	w.counted(noon, "mirrored", many...)
	if got, h := w.trend(at, noon.Add(time.Hour), "&vpc=vpc-a"); got != "03-02T11:00 100" || h.Complete || !strings.Contains(h.Why, "vpc-a was not among the largest of 1 counts") {
		t.Errorf("%s, complete %v: %q", got, h.Complete, h.Why)
	}
}

func TestCoverageTrendsThatMakeNoSense(t *testing.T) {
	w := newWorld(t)
	ask := func(query string) *got { return w.ask("viewer", "GET", "/v1/coverage/trend?"+query, nil) }
	ask("from=2026-03-01T00:00:00Z").names("to", "", "given")
	ask("from=2026-03-01T00:00:00Z&to=2026-03-01T00:00:00Z").names("to", "2026-03-01T00:00:00Z", "after from")
	ask("from=2025-01-01T00:00:00Z&to=2026-03-01T00:00:00Z").names("to", "2026-03-01T00:00:00Z", "at most 400 days")
	ask("from=yesterday&to=2026-03-01T00:00:00Z").names("from", "yesterday", "RFC 3339")
	ask("from=2026-02-01T00:00:00Z&to=2026-03-01T00:00:00Z&vpc=vpc-a&account=1").names("vpc", "vpc-a", "at most one of vpc, account and tag")
}
