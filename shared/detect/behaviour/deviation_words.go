package behaviour

import (
	"fmt"
	"math"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/baseline"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// finding says what was seen and what is usual.
func (j *judged) finding(r *stretch, g grade, shared bool) detect.Finding {
	d, m := j.t.Device, device.Metrics()[j.metric]
	f := detect.Finding{
		Key: keyOf(d, m, r), Confidence: j.confidence(g), Start: j.hour, End: j.now, VNI: d.VNI, Techniques: j.techniques,
		Offenders:   []detect.Party{{Addr: d.Addr, Endpoint: detect.Client}},
		Description: j.sentence(r),
		Properties: map[string]any{
			"metric": m.Name, "unit": m.Unit, "seen": j.seen, "low": j.e.Low, "mid": j.e.Mid, "high": j.e.High, "limit": j.limit(),
			"basis": string(j.e.Basis), "hours_of_history": j.e.Hours, "ratio": j.ratio(), "hours": r.hours,
		},
	}
	if j.metric == device.BytesOutExternal {
		_, unusual := j.t.Sent()
		f.Properties["unusual_destinations"] = math.Round(unusual)
	}
	if j.family == serving {
		f.Offenders[0].Endpoint = detect.Server
	}
	switch {
	case r.below:
		f.Terms = append(f.Terms, events.Term{Name: "less_than_usual", Points: -20, Reason: "something is broken more often than stolen"})
	case shared:
		f.Terms = append(f.Terms, events.Term{Name: "site_event", Points: -25, Reason: "several devices of its group did the same within the hour"})
	case j.known && g == noted:
		f.Terms = append(f.Terms, events.Term{Name: "usual_destinations", Points: -15, Reason: "it went where the device sent on days before, or several devices send"})
	case g == noted:
		f.Terms = append(f.Terms, events.Term{Name: "one_reason", Points: -20, Reason: "one hour, and not far beyond the range"})
	case j.beyond > farBeyond:
		f.Terms = append(f.Terms, events.Term{Name: "far_beyond", Points: 10, Reason: fmt.Sprintf("%.0f times the limit", math.Exp(j.beyond))})
	}
	return f
}

// keyOf is of the device, the metric and the day on which it began.
func keyOf(d *device.Device, m device.Metric, r *stretch) string {
	return d.ID() + " " + m.Name + " " + r.began.Time().Format(time.DateOnly)
}

// confidence is less where the device's own past is short.
func (j *judged) confidence(g grade) float64 {
	c := [...]float64{0, 0.5, 0.65, 0.75}[g]
	if j.e.Basis == baseline.PeerGroup {
		c -= 0.2
	}
	return c
}

func (j *judged) limit() float64 {
	if j.beyond < 0 {
		return j.e.Least
	}
	return j.e.Most
}

// ratio is how many times as much as is expected was seen; what is not worth mention counts as so much.
func (j *judged) ratio() float64 {
	return math.Round(100*(j.seen+j.e.Floor)/(j.e.Mid+j.e.Floor)) / 100
}

func (j *judged) sentence(r *stretch) string {
	d, m := j.t.Device, device.Metrics()[j.metric]
	name := d.Hostname()
	if name == "" {
		name = d.Addr.String()
	}
	from, to := j.hour.Time(), j.now.Time()
	s := fmt.Sprintf("%s %s between %s and %s", name, fmt.Sprintf(j.did, amount(j.seen, m)), from.Format("15:04"), to.Format("15:04"))
	if r.hours > 1 {
		s += fmt.Sprintf(", the %s hour in a row", ordinal(r.hours))
	}
	return s + "; " + j.usual(m) + "."
}

// usual says what is expected, and by what.
func (j *judged) usual(m device.Metric) string {
	hour := j.hour.Time()
	low, high := j.e.Low, j.e.High
	what := "between " + amount(low, m) + " and " + amount(high, m)
	switch {
	case high < j.e.Floor/10 && j.e.Basis != baseline.PeerGroup:
		what = "hardly anything"
	case amount(low, m) == amount(high, m):
		what = "about " + amount(high, m)
	}
	switch j.e.Basis {
	case baseline.HourOfWeek:
		return fmt.Sprintf("on %ss at %d it %s %s", hour.Weekday(), hour.Hour(), j.does, what)
	case baseline.HourOfDay:
		return fmt.Sprintf("at %d o'clock it %s %s", hour.Hour(), j.does, what)
	case baseline.PeerGroup:
		return fmt.Sprintf("a device of its group (%s) %s %s in such an hour", j.t.Device.PeerGroup(), j.does, what)
	}
	return fmt.Sprintf("in the %s before it %s %s an hour", watched(j.e.Hours), past(j.e.Mid < j.e.Floor/10, j.does), what)
}

// past is for what never was: "in the nine days before it sends hardly anything" is no English.
func past(never bool, does string) string {
	if never {
		return "as a rule " + does
	}
	return does
}

func watched(hours int) string {
	if days := hours / 24; days > 1 {
		return fmt.Sprintf("%d days", days)
	}
	return fmt.Sprintf("%d hours", hours)
}

// amount writes a number of a metric with its unit, where that is not in the sentence.
func amount(x float64, m device.Metric) string {
	if m.Unit != "bytes" {
		return count(x)
	}
	switch {
	case x >= 1e9:
		return fmt.Sprintf("%.1f GB", x/1e9)
	case x >= 1e7:
		return fmt.Sprintf("%.0f MB", x/1e6)
	case x >= 1e5:
		return fmt.Sprintf("%.1f MB", x/1e6)
	}
	return fmt.Sprintf("%.0f kB", x/1e3)
}

func count(x float64) string { return fmt.Sprintf("%.0f", x) }

func ordinal(n int) string {
	switch {
	case n%100/10 == 1:
	case n%10 == 1:
		return fmt.Sprintf("%dst", n)
	case n%10 == 2:
		return fmt.Sprintf("%dnd", n)
	case n%10 == 3:
		return fmt.Sprintf("%drd", n)
	}
	return fmt.Sprintf("%dth", n)
}

// acceptance is the last word on a deviation that stayed.
func acceptance(h *habit, r *stretch, t *device.Turned) detect.Finding {
	d, m := t.Device, device.Metrics()[h.metric]
	name := d.Hostname()
	if name == "" {
		name = d.Addr.String()
	}
	return detect.Finding{
		Key: keyOf(d, m, r), Final: true, Start: r.began, End: r.last.Add(time.Hour), VNI: d.VNI, Confidence: 0.5,
		Offenders:   []detect.Party{{Addr: d.Addr, Endpoint: detect.Client}},
		Description: fmt.Sprintf("%s %s in an hour, as it has for days since %s: that is taken for usual from now on.", name, fmt.Sprintf(h.did, amount(r.most, m)), r.began.Time().Format("2 January")),
		Properties:  map[string]any{"metric": m.Name, "unit": m.Unit, "seen": r.most, "accepted": true},
		Terms:       []events.Term{{Name: "accepted", Points: -20, Reason: "it stayed for days"}},
	}
}
