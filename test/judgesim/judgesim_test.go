package judgesim

import (
	"fmt"
	"hash/fnv"
	"net/netip"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// played is a whole run: what it was, in short.
type played struct {
	sum     uint64
	records int
	kinds   map[events.Kind]int
	back    int // records that came before an earlier one
	truth   []*Deviation
	site    *Site
}

func play(o Options) played {
	p := played{kinds: map[events.Kind]int{}, site: New(o)}
	h := fnv.New64a()
	var line []byte
	var last events.Time
	p.site.Play(func(at events.Time, r events.Record) {
		if at < last {
			p.back++
		}
		last = at
		p.records++
		p.kinds[r.Kind()]++
		line = r.AppendJSON(line[:0])
		h.Write(line)
	})
	p.sum, p.truth = h.Sum64(), p.site.Truth()
	return p
}

// short is a site that a test has time for.
func short(seed uint64) Options { return Options{Seed: seed, Days: 5, Devices: 40, Deviations: 4} }

// Catches: a throw of the dice that depends on the order of a map, or on what was thrown before.
func TestSameSeedSameWeeks(t *testing.T) {
	o := short(3)
	if testing.Short() {
		o.Days = 4
	}
	a, b := play(o), play(o)
	if a.sum != b.sum || a.records != b.records {
		t.Errorf("%d records %x, and then %d records %x", a.records, a.sum, b.records, b.sum)
	}
	if o.Seed++; play(o).sum == a.sum {
		t.Error("another seed gave the same weeks")
	}
	if a.back > 0 {
		t.Errorf("%d records came before an earlier one", a.back)
	}
}

// Catches: a deviation that changes what the rest of the site does, so that it could be told by that.
func TestDeviationsChangeNothingElse(t *testing.T) {
	o := short(4)
	with := New(o)
	culprits := map[netip.Addr]bool{}
	for _, v := range with.Truth() {
		culprits[v.Address] = true
	}
	o.Calm = true
	rest := func(s *Site) (sum uint64, n int) {
		h := fnv.New64a()
		s.Play(func(_ events.Time, r events.Record) {
			head := r.Common()
			if c, ok := r.(*events.Conn); ok && !culprits[head.OrigH] && !culprits[head.RespH] {
				fmt.Fprintln(h, head.TS, head.OrigH, head.RespH, head.RespP, c.OrigBytes, c.RespBytes)
				n++
			}
		})
		return h.Sum64(), n
	}
	a, n := rest(with)
	b, m := rest(New(o))
	if a != b || n != m || n < 10_000 {
		t.Errorf("the rest of the site had %d conversations with deviations, and %d without", n, m)
	}
}

// Catches: a truth that never comes, two deviations on one device, one that begins too early or is about a device that is not there.
func TestTruth(t *testing.T) {
	seeds := []uint64{1, 2, 3}
	if testing.Short() {
		seeds = seeds[:1]
	}
	for _, seed := range seeds {
		p := play(short(seed))
		devices, later := map[string]bool{}, 0
		for _, v := range p.truth {
			if devices[v.Device] {
				t.Errorf("seed %d: two deviations on %s", seed, v.Host)
			}
			devices[v.Device] = true
			if v.Visible < v.Begins || v.Visible > v.Ends.Add(10*time.Minute) {
				t.Errorf("seed %d: %s begins %s, ends %s and is visible %s", seed, v, v.Begins.Time(), v.Ends.Time(), v.Visible.Time())
			}
			if !v.FirstDay {
				later++
				if p.site.Day(v.Begins) < 3 {
					t.Errorf("seed %d: %s begins on day %d", seed, v, p.site.Day(v.Begins))
				}
			}
			if got := p.site.Owner(v.host.vni, v.Address, v.Begins); got.Interface != v.Device {
				t.Errorf("seed %d: %s belongs to %s by the inventory", seed, v, got.Interface)
			}
		}
		if later != 4 || len(p.truth) != 6 {
			t.Errorf("seed %d: %d deviations, %d of them from the third day on", seed, len(p.truth), later)
		}
		for _, k := range []events.Kind{events.KindConn, events.KindDNS, events.KindHTTP, events.KindSSL, events.KindSSH} {
			if p.kinds[k] == 0 {
				t.Errorf("seed %d: no %s records", seed, k)
			}
		}
	}
}

// Catches: a choice that leaves out one of the five that are always to be there, or fewer than twelve, on any seed; and a plan in which
// nothing begins on the first weekend.
func TestTwelveAreChosen(t *testing.T) {
	for seed := range uint64(40) {
		s := New(Options{Seed: seed})
		have := map[string]bool{}
		weekend, late := 0, 0
		for _, v := range s.Truth() {
			have[v.Kind] = true
			day := s.Day(v.Begins) - 1
			if s.cal.off(day) && day < 8 {
				weekend++
			}
			if day > 20 {
				late++
			}
		}
		for _, k := range kinds()[:5] {
			if !have[k.name] {
				t.Errorf("seed %d: no %s", seed, k.name)
			}
		}
		if len(s.Truth()) != 14 || weekend == 0 || late == 0 {
			t.Errorf("seed %d: %d deviations and attacks of the first day, %d on the first weekend, %d late", seed, len(s.Truth()), weekend, late)
		}
	}
}

// Catches: a day without a rhythm. Nights, weekends and holidays are quieter, and the weeks grow.
func TestRhythm(t *testing.T) {
	o := Options{Seed: 6, Days: 14, Devices: 40, Calm: true}
	if testing.Short() {
		t.Skip("two weeks are played")
	}
	s := New(o)
	var people, customers [2][2]float64 // by day off, by night: conversations
	var hours [2][2]float64
	for i := range o.Days * 24 {
		h := s.cal.hour(i, newDice().throw(1))
		hours[index(h.off)][index(h.of < 6)]++
	}
	s.Play(func(at events.Time, r events.Record) {
		c, ok := r.(*events.Conn)
		if !ok || c.Interim {
			return
		}
		day := s.Day(at) - 1
		off, night := index(s.cal.off(min(day, o.Days-1))), index(at.Time().Hour() < 6)
		switch {
		case c.RespP == 443 && !c.LocalOrig:
			customers[off][night]++
		case c.OrigH.As4()[2] >= 64:
			people[off][night]++
		}
	})
	rate := func(n [2][2]float64, off, night int) float64 { return n[off][night] / max(hours[off][night], 1) }
	if rate(people, 0, 0) < 4*rate(people, 1, 0) || rate(people, 0, 0) < 4*rate(people, 0, 1) {
		t.Errorf("people: %v in %v hours", people, hours)
	}
	if rate(customers, 0, 0) < 2*rate(customers, 0, 1) || rate(customers, 1, 0) == 0 {
		t.Errorf("customers: %v in %v hours", customers, hours)
	}
}

func index(b bool) int {
	if b {
		return 1
	}
	return 0
}
