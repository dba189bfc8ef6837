package exfil

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

const (
	minute = time.Minute
	hour   = time.Hour
	day    = 24 * time.Hour
)

// run shows records to a judge of the detectors, lets time pass between them and half an hour after, and gives the detections as they were
// told last.
func run(model *device.Model, records []*events.Conn, specs ...detect.Spec) (list []*events.Detection) {
	j := detect.NewJudge(specs, model, detect.Options{Emit: func(d *events.Detection) {
		for i := range list {
			if list[i].ID == d.ID {
				list[i] = d
				return
			}
		}
		list = append(list, d)
	}})
	var last events.Time
	for _, r := range records {
		last = max(last, r.TS+events.Time(r.Duration))
		j.Tick(last.Add(-time.Millisecond))
		j.Observe(r)
	}
	j.Tick(last.Add(30 * minute))
	return list
}

// past is a host that exchanges so much with the same place each hour, for a week.
func past(each uint64) []*events.Conn {
	return many(7*24, func(i int) *events.Conn { return sent(time.Duration(i)*hour, inside, "198.51.100.1", each, each) })
}

func join(lists ...[]*events.Conn) (all []*events.Conn) {
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

func TestNewDestination(t *testing.T) {
	const later = 8 * day
	up := func(n int, each uint64, every time.Duration) []*events.Conn {
		return many(n, func(i int) *events.Conn { return sent(later+time.Duration(i)*every, inside, outside, each, each/50) })
	}
	shift := func(list []*events.Conn, by time.Duration) []*events.Conn {
		for _, c := range list {
			c.TS = c.TS.Add(by)
		}
		return list
	}
	named := func(name string) func(*device.Model) {
		return func(m *device.Model) {
			m.Observe(lookup(later-minute, inside, name, outside))
		}
	}
	popular := func(m *device.Model) {
		for i := range 6 {
			m.Observe(lookup(time.Duration(i)*minute, fmt.Sprintf("10.0.0.%d", 100+i), "cdn.example.com", "198.51.100.77"))
		}
		named("eu.example.com")(m)
	}
	browser := func(m *device.Model) {
		for i := range 24 {
			page := &events.HTTP{UserAgent: "Mozilla/5.0 (X11; Linux x86_64)"}
			c := sent(time.Duration(i)*minute, inside, fmt.Sprintf("198.51.100.%d", 2+i%6), 900, 900)
			page.Head = c.Head
			m.Observe(page)
			m.Observe(c)
		}
	}
	cases := []struct {
		name    string
		before  func(*device.Model)
		records []*events.Conn
		alerts  int
		band    events.Band
	}{
		{"below", nil, join(past(1e5), up(1, 9.9e6, 0)), 0, ""},
		{"at", nil, join(past(1e5), up(1, 10e6, 0)), 1, "medium"},
		{"in parts", nil, join(past(1e5), up(10, 1e6, hour)), 1, "medium"},
		{"once only", nil, join(past(1e5), up(30, 1e6, hour/2)), 1, "medium"},
		{"one long conversation", nil, join(past(1e5), shift(growing(12, 1e6), later)), 1, "medium"},
		{"more and more", nil, join(past(1e5), up(110, 1e6, 6*minute)), 2, "high"},
		{"with a name", named("upload.example.org"), join(past(1e5), up(1, 20e6, 0)), 1, "medium"},
		{"from a person's machine", browser, join(past(1e5), up(1, 20e6, 0)), 1, "low"},
		{"on the first day", nil, join(past(1e5)[:3], shift(up(1, 20e6, 0), -later+5*hour)), 1, "low"},
		// The innocent twins.
		{"so much that outbound_volume tells", nil, join(past(1e5), up(1, 60e6, 0)), 0, ""},
		{"known for a week", nil, join(past(1e5), many(1, func(int) *events.Conn { return sent(day, inside, outside, 2000, 2000) }), up(1, 20e6, 0)), 0, ""},
		{"others use it as well", nil, join(past(1e5), many(3, func(i int) *events.Conn { return sent(later-hour, fmt.Sprintf("10.0.0.%d", 50+i), outside, 2000, 2000) }), up(1, 20e6, 0)), 0, ""},
		{"others use it since", nil, join(past(1e5), up(1, 20e6, 0), many(3, func(i int) *events.Conn {
			return sent(later+minute, fmt.Sprintf("10.0.0.%d", 50+i), outside, 2000, 2000)
		})), 0, ""},
		{"of a domain that many know", popular, join(past(1e5), up(1, 20e6, 0)), 0, ""},
		{"a busy uploader", nil, join(past(100e6), up(1, 20e6, 0)), 0, ""},
		{"loading down", nil, join(past(1e5), many(1, func(int) *events.Conn { return sent(later, inside, outside, 20e6, 200e6) })), 0, ""},
		{"a server's answers", nil, join(past(1e5), many(1, func(int) *events.Conn { return sent(later, outside, inside, 1e6, 20e6) })), 0, ""},
		{"inside", nil, join(past(1e5), many(1, func(int) *events.Conn { return sent(later, inside, "10.0.0.6", 20e6, 1000) })), 0, ""},
		{"a little a day", nil, join(past(1e5), up(20, 4e6, 26*hour)), 0, ""},
		{"a little all the time", nil, join(past(200e3), many(1, func(int) *events.Conn { return sent(later, inside, "198.51.100.1", 20e6, 1000) })), 0, ""},
	}
	for _, c := range cases {
		model := device.New(device.Options{})
		if c.before != nil {
			c.before(model)
		}
		alerts := 0
		for _, d := range run(model, c.records, NewDestination) {
			alerts += len(d.Activity)
			if d.Risk.Band != c.band || d.Participants[0].Address.String() != inside || !strings.Contains(d.Description, outside) {
				t.Errorf("%s: %s (%d) %q", c.name, d.Risk.Band, d.Risk.Score, d.Description)
			}
		}
		if alerts != c.alerts {
			t.Errorf("%s: %d alerts, want %d", c.name, alerts, c.alerts)
		}
	}
}

func lookup(at time.Duration, who, name, answer string) *events.DNS {
	code, kind := uint16(0), uint16(1)
	r := &events.DNS{Query: name, RCode: &code, QType: &kind, Answers: []string{answer}}
	r.TS, r.UID, r.OrigH, r.RespH, r.RespP = start.Add(at), "D", netip.MustParseAddr(who), netip.MustParseAddr("10.0.0.2"), 53
	return r
}

// Catches: two alarms of medium risk for one transfer, and none.
func TestOutboundVolumeOrNewDestination(t *testing.T) {
	for _, c := range []struct {
		bytes uint64
		want  string
	}{{20e6, "exfil.new_destination"}, {49e6, "exfil.new_destination"}, {50e6, "exfil.outbound_volume"}, {800e6, "exfil.outbound_volume"}} {
		var loud []string
		for _, d := range run(device.New(device.Options{}), join(past(1e5), many(1, func(int) *events.Conn { return sent(8*day, inside, outside, c.bytes, 1000) })), NewDestination, OutboundVolume) {
			if d.Risk.Score >= 30 {
				loud = append(loud, d.Type)
			}
		}
		if len(loud) != 1 || loud[0] != c.want {
			t.Errorf("%d MB: %v, want %s", c.bytes/1e6, loud, c.want)
		}
	}
}

// Catches: a slow transfer that begins anew with each restart, is counted twice by it, or is told twice.
func TestNewDestinationOutlivesARestart(t *testing.T) {
	model, stored := device.New(device.Options{}), map[string][]byte{}
	for _, c := range past(1e5) {
		model.Observe(c)
	}
	d, told := NewNewDestination(NewDestinationDefaults()), 0
	list := growing(30, 1e6)
	for _, c := range list {
		c.TS = c.TS.Add(8 * day)
		d.Observe(c, model.Observe(c))
		for _, f := range d.Tick(c.TS.Add(time.Duration(c.Duration)), model.View()) {
			told++
			if out := f.Properties["bytes_out"].(uint64); out < 10e6 || out > 20e6 {
				t.Errorf("told at %d bytes", out)
			}
		}
		d.Save(func(key, value []byte) { stored[string(key)] = append([]byte(nil), value...) })
		d = NewNewDestination(NewDestinationDefaults())
		for k, v := range stored {
			if err := d.Load([]byte(k), v); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, p := range d.pairs.All {
		if p.out != 30e6 || p.conns != 1 || told != 1 {
			t.Errorf("%d bytes, %d conversations, told %d times", p.out, p.conns, told)
		}
	}
}

// Catches: tables that grow with the world.
func TestNewDestinationMemoryIsBounded(t *testing.T) {
	tune := NewDestinationDefaults()
	tune.Pairs = 10
	d, model := NewNewDestination(tune), device.New(device.Options{})
	for i := range 1000 {
		c := sent(0, inside, fmt.Sprintf("203.0.%d.%d", i/200, i%200), 1e5, 0)
		d.Observe(c, model.Observe(c))
	}
	if d.pairs.Len() != 10 || d.Overflow() != 990 {
		t.Errorf("%d pairs, %d forgotten", d.pairs.Len(), d.Overflow())
	}
}
