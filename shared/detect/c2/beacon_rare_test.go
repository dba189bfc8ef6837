package c2

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

const day = 24 * time.Hour

// crowd is a site of many devices that were there before: each turned to one well-known name, once.
func crowd(n int, at time.Duration, sni string) (list []events.Record) {
	for i := range n {
		c := named(conns([]time.Duration{at + time.Duration(i)*time.Second}, outside, 443, nil), sni, 3)
		for _, r := range c {
			r.Common().OrigH = head(0, fmt.Sprintf("10.0.7.%d", i+1), outside, 443).OrigH
		}
		list = append(list, c...)
	}
	return list
}

// cobalt gives moments of a sleep of a minute that is cut by up to 30 %, from the third day on; each pause after so many beats lasts eight hours.
func cobalt(n, pauseAfter int) (list []time.Duration) {
	random := rand.New(rand.NewPCG(8, 8))
	at := 2*day + time.Hour
	for i := range n {
		if pauseAfter > 0 && i > 0 && i%pauseAfter == 0 {
			at += 8 * time.Hour
		}
		list = append(list, at)
		at += time.Duration(float64(time.Minute) * (1 - 0.3*random.Float64()))
	}
	return list
}

func to(moments []time.Duration, host, sni string) []events.Record {
	return named(conns(moments, host, 443, nil), sni, 3)
}

func term(f detect.Finding, name string) int {
	for _, t := range f.Terms {
		if t.Name == name {
			return t.Points
		}
	}
	return 0
}

// Catches: a beacon behind a proper certificate that jitter and sleep hide, and alarms about what many devices, or old programs, poll.
func TestBeaconToARareServer(t *testing.T) {
	base := crowd(60, 0, "www.example")
	site := func(more ...[]events.Record) []events.Record {
		return append(slices.Clone(base), slices.Concat(more...)...)
	}
	const evil, other = "198.51.100.7", "198.51.100.99"
	cases := []struct {
		name    string
		records []events.Record
		alerts  int
		term    string // that there must be
	}{
		{"below", site(to(cobalt(13, 0), evil, "sync.evil.test")), 0, ""},
		{"a minute, 30 %, by day, asleep eight hours", site(to(cobalt(100, 40), evil, "sync.evil.test")), 1, "rare_server"},
		{"next order", site(to(cobalt(150, 40), evil, "sync.evil.test")), 2, "rare_server"},
		{"a name that anybody may rent", site(crowd(30, time.Hour, "shop.azurewebsites.net"), to(cobalt(60, 0), evil, "x1.azurewebsites.net")), 1, "rare_server"},
		{"known since the first day", site(to([]time.Duration{time.Hour}, evil, "sync.evil.test"), to(cobalt(60, 0), evil, "sync.evil.test")), 1, "known_server"},
		{"a name of its own below a domain that many use", site(crowd(30, time.Hour, "a.vendor.test"), to(cobalt(60, 0), evil, "d1.vendor.test")), 0, ""},
		{"a name that many use", site(crowd(4, 2*day, "sync.vendor.test"), to(cobalt(60, 0), evil, "sync.vendor.test")), 0, ""},
		{"people", site(to(shift(people(200), 2*day), other, "news.test")), 0, ""},
	}
	for _, c := range cases {
		found := judge(NewBeacon(BeaconDefaults()), c.records)
		if len(found) != c.alerts {
			t.Errorf("%s: %d alerts, want %d: %+v", c.name, len(found), c.alerts, found)
			continue
		}
		if c.alerts == 0 {
			continue
		}
		f := found[0]
		if term(f, c.term) == 0 || !strings.Contains(f.Description, "local devices") || f.Properties["devices_of_server"] != 1 {
			t.Errorf("%s: %s %+v", c.name, f.Description, f.Terms)
		}
		if c.term == "known_server" && term(f, c.term) > -30 {
			t.Errorf("%s: what was always there is no alarm: %+v", c.name, f.Terms)
		}
	}
}

// Catches: a beacon that is found only long after it could be seen.
func TestBeaconIsFoundSoon(t *testing.T) {
	model, d := device.New(device.Options{}), NewBeacon(BeaconDefaults())
	for _, r := range crowd(60, 0, "www.example") {
		d.Observe(r, model.Observe(r))
	}
	contacts := 0
	for _, r := range to(cobalt(60, 40), "198.51.100.7", "sync.evil.test") {
		if _, ok := r.(*events.Conn); ok {
			contacts++
		}
		if found := d.Observe(r, model.Observe(r)); len(found) > 0 {
			t.Logf("after %d contacts: %s", contacts, found[0].Description)
			if contacts > 30 {
				t.Errorf("only after %d contacts", contacts)
			}
			return
		}
	}
	t.Error("never found")
}

// Catches: people said that a domain is theirs, and are told of it all the same.
func TestBeaconToATrustedDomain(t *testing.T) {
	model, d := device.New(device.Options{}), NewBeacon(BeaconDefaults())
	model.SetKnown(device.Known{TrustedDomains: []string{"evil.test"}})
	for _, r := range to(cobalt(60, 0), "198.51.100.7", "sync.evil.test") {
		if found := d.Observe(r, model.Observe(r)); len(found) > 0 {
			t.Fatalf("%+v", found)
		}
	}
}

func shift(list []time.Duration, by time.Duration) []time.Duration {
	for i := range list {
		list[i] += by
	}
	return list
}

// Catches: a restart that loses a series, tells a detection twice, or judges otherwise than without it.
func TestBeaconOverARestart(t *testing.T) {
	records := slices.Concat(crowd(60, 0, "www.example"), to(cobalt(150, 40), "198.51.100.7", "sync.evil.test"), pages(requests(shift(clock(40, time.Minute, 0.1), 3*day), "198.51.100.8", "", "x")))
	want := judge(NewBeacon(BeaconDefaults()), records)
	var found []detect.Finding
	model, d, disk := device.New(device.Options{}), NewBeacon(BeaconDefaults()), map[string][]byte{}
	for i, r := range records {
		if i%29 == 0 {
			d.Save(func(key, value []byte) {
				if value == nil {
					delete(disk, string(key))
					return
				}
				disk[string(key)] = bytes.Clone(value)
			})
			next := NewBeacon(BeaconDefaults())
			next.facts = d.facts // told anew by each handshake
			for _, k := range slices.Sorted(maps.Keys(disk)) {
				if err := next.Load([]byte(k), disk[k]); err != nil {
					t.Fatal(err)
				}
			}
			d = next
		}
		found = append(found, d.Observe(r, model.Observe(r))...)
	}
	if len(found) != len(want) || len(want) < 3 {
		t.Fatalf("%d findings, without a restart %d", len(found), len(want))
	}
	for i := range want {
		if found[i].Description != want[i].Description || found[i].Confidence != want[i].Confidence {
			t.Errorf("%s\nwithout a restart: %s", found[i].Description, want[i].Description)
		}
	}
	for k, v := range disk {
		for i := range v {
			if err := NewBeacon(BeaconDefaults()).Load([]byte(k), v[:i]); err == nil {
				t.Fatalf("a value cut to %d of %d bytes was taken", i, len(v))
			}
		}
		if err := NewBeacon(BeaconDefaults()).Load([]byte(k[1:]), v); err == nil {
			t.Error("a cut key was taken")
		}
	}
	d.tune.Series = 1
	small := NewBeacon(d.tune)
	for k, v := range disk {
		if err := small.Load([]byte(k), v); err != nil {
			t.Fatal(err)
		}
	}
	gone := 0
	small.Save(func(_, value []byte) {
		if value == nil {
			gone++
		}
	})
	if gone != len(disk)-2 || gone == 0 { // one series stays, and what handshakes told of one server
		t.Errorf("%d of %d series are told to be gone where there is room for one", gone, len(disk))
	}
}

func BenchmarkBeaconSeries(b *testing.B) {
	records := to(cobalt(1000, 400), "198.51.100.7", "sync.evil.test")
	model := device.New(device.Options{})
	views := make([]device.View, len(records))
	for i, r := range records {
		views[i] = model.Observe(r)
	}
	b.ReportAllocs()
	for b.Loop() {
		d := NewBeacon(BeaconDefaults())
		for i, r := range records {
			d.Observe(r, views[i])
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(records)), "ns/record")
}
