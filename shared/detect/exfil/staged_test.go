package exfil

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// fetched is a conversation in which a host loads something down from another.
func fetched(at time.Duration, who, from string, bytes uint64) *events.Conn {
	return sent(at, who, from, 2000, bytes)
}

func TestStaged(t *testing.T) {
	const later = 8*day + 2*hour
	fileServer := func(i int) string { return fmt.Sprintf("10.0.5.%d", 1+i) }
	gather := func(from int, each uint64, at time.Duration) []*events.Conn {
		return many(from, func(i int) *events.Conn { return fetched(at+time.Duration(i)*10*minute, inside, fileServer(i), each) })
	}
	leave := func(n int, each uint64, at time.Duration) []*events.Conn {
		return many(n, func(i int) *events.Conn { return sent(at+time.Duration(i)*20*minute, inside, outside, each, 1000) })
	}
	usual := func(n int, each uint64, at time.Duration) []*events.Conn {
		return many(n, func(i int) *events.Conn {
			return sent(at+time.Duration(i)*20*minute, inside, "198.51.100.1", each, 1000)
		})
	}
	films := func(n int, at time.Duration) []*events.Conn {
		return many(n, func(i int) *events.Conn { return sent(at+time.Duration(i)*20*minute, inside, outside, 20e6, 1e9) })
	}
	last := func() []*events.Conn { // a minute has to be over to be watched
		return []*events.Conn{sent(later+20*hour, inside, "198.51.100.1", 2000, 2000)}
	}
	everyDay := func(n int) (list []*events.Conn) {
		for i := range n {
			at := time.Duration(i)*day + 2*hour
			list = append(list, many(4, func(k int) *events.Conn { return fetched(at+time.Duration(k)*10*minute, inside, fileServer(k), 40e6) })...)
			list = append(list, sent(at+2*hour, inside, outside, 120e6, 1000))
		}
		return list
	}
	cases := []struct {
		name    string
		records []*events.Conn
		alerts  int
		band    events.Band
	}{
		{"gathered below", join(past(1e5), gather(4, 11e6, later), leave(4, 10e6, later+3*hour), last()), 0, ""},
		{"left below", join(past(1e5), gather(4, 30e6, later), leave(4, 4e6, later+3*hour), last()), 0, ""},
		{"at", join(past(1e5), gather(4, 14e6, later), leave(4, 6e6, later+3*hour), last()), 1, "high"},
		{"once only", join(past(1e5), gather(5, 100e6, later), leave(10, 40e6, later+3*hour), last()), 1, "high"},
		{"of one source", join(past(1e5), gather(1, 100e6, later), leave(4, 20e6, later+3*hour), last()), 1, "medium"},
		// The innocent twins.
		{"only gathered", join(past(1e5), gather(5, 100e6, later), last()), 0, ""},
		{"only sent", join(past(1e5), leave(10, 40e6, later+3*hour), last()), 0, ""},
		{"sent before", join(past(1e5), leave(4, 20e6, later), gather(4, 30e6, later+3*hour), last()), 0, ""},
		{"ten times as much left", join(past(1e5), gather(4, 20e6, later), leave(1, 800e6, later+3*hour), last()), 0, ""},
		{"hardly any of it left", join(past(1e5), gather(4, 100e6, later), leave(4, 10e6, later+3*hour), last()), 0, ""},
		{"left for where it sends every day", join(past(1e5), gather(4, 30e6, later), usual(4, 20e6, later+3*hour), last()), 0, ""},
		{"downloads that are acknowledged", join(past(1e5), gather(4, 30e6, later), films(4, later+3*hour), last()), 0, ""},
		{"every day, as a back-up server", everyDay(9), 0, ""},
		{"a back-up server on a large day", join(everyDay(9), gather(8, 60e6, 9*day+2*hour), leave(1, 400e6, 9*day+6*hour)), 0, ""},
		{"in its first days", join(past(1e5)[:20], gather(4, 30e6, 30*hour), leave(4, 20e6, 33*hour), last()[:1]), 0, ""},
	}
	for _, c := range cases {
		alerts := 0
		for _, d := range run(device.New(device.Options{}), c.records, Staged) {
			alerts += len(d.Activity)
			if d.Risk.Band != c.band || d.Participants[0].Address.String() != inside || !strings.Contains(d.Description, "10.0.5.1") || !strings.Contains(d.Description, "MB") {
				t.Errorf("%s: %s (%d) %q", c.name, d.Risk.Band, d.Risk.Score, d.Description)
			}
		}
		if alerts != c.alerts {
			t.Errorf("%s: %d alerts, want %d", c.name, alerts, c.alerts)
		}
	}
}

// Catches: a partner's bytes counted again with each report, and lists that grow with the partners.
func TestPartners(t *testing.T) {
	var list []partner
	for i := range 20 {
		list = note(list, netipOf(i), fetched(time.Duration(i)*minute, inside, outside, 1e6), uint64(1e6*(i+1)))
	}
	long := fetched(hour, inside, outside, 0)
	long.UID = "long"
	for i := range 10 {
		list = note(list, netipOf(19), long, uint64(1e6*(i+1)))
	}
	if len(list) != maxPartners || list[0].addr != netipOf(19) || list[0].bytes != 30e6 {
		t.Errorf("%d partners, first %s with %d", len(list), list[0].addr, list[0].bytes)
	}
	if list = note(list, netipOf(0), fetched(48*hour, inside, outside, 1e6), 1e6); len(list) != 1 {
		t.Errorf("%d partners two days later", len(list))
	}
}

// Catches: a day that a restart forgets between the two halves of a theft, and what is usual, read back as nothing.
func TestStagedOutlivesARestart(t *testing.T) {
	s := NewStaged(StagedDefaults())
	h, _ := s.hosts.Put(7)
	*h = stage{hour: start - start%events.Time(hour), since: start.Add(-9 * day), mostIn: 5e6, mostOut: 2e9, toldOut: 3e6, alerted: true, seen: [2]sums{{1e6, 2e6}, {3e6, 4e6}}}
	for i := range 24 {
		h.in[i], h.out[i] = float32(i)*1e6, float32(i)*2e6
	}
	s.hosts.Note(7)
	again, n := NewStaged(StagedDefaults()), 0
	s.Save(func(key, value []byte) {
		n++
		if err := again.Load(key, value); err != nil {
			t.Fatal(err)
		}
	})
	got := again.hosts.Peek(7)
	if n != 1 || got == nil || *got != *h {
		t.Errorf("%d saved, %+v, want %+v", n, got, h)
	}
}

func TestStagedMemoryIsBounded(t *testing.T) {
	tune := StagedDefaults()
	tune.Hosts = 10
	s, model := NewStaged(tune), device.New(device.Options{})
	for i := range 300 {
		c := fetched(time.Duration(i)*minute, fmt.Sprintf("10.0.%d.%d", i/200, 1+i%200), "10.9.0.1", 20e6)
		s.Observe(c, model.Observe(c))
		model.Turn(c.TS, func(turned *device.Turned) { s.Watch(turned, model.View()) })
	}
	if s.hosts.Len() != 10 || s.sources.Len() != 10 || s.Overflow() < 500 {
		t.Errorf("%d hosts, %d with sources, %d forgotten", s.hosts.Len(), s.sources.Len(), s.Overflow())
	}
}

func netipOf(i int) netip.Addr { return netip.AddrFrom4([4]byte{10, 0, 7, byte(i)}) }
