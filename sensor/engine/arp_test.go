package engine

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/sensor/packet"
)

// arpFrame is an ARP message from a link address, which speaks for an address, to another.
func arpFrame(op byte, mac byte, sender string, to byte, target string) []byte {
	s, d := netip.MustParseAddr(sender).As4(), netip.MustParseAddr(target).As4()
	from := []byte{2, 0, 0, 0, 0, mac}
	b := append([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, from...)
	b = append(b, 8, 6, 0, 1, 8, 0, 6, 4, 0, op)
	b = append(append(b, from...), s[:]...)
	return append(append(b, 2, 0, 0, 0, 0, to), d[:]...)
}

// Catches: a record a message, a reply that was asked for and counts as unasked, a window that never ends, and results that depend on
// the number of workers.
func TestARP(t *testing.T) {
	frames := [][]byte{
		arpFrame(1, 1, "10.0.0.1", 0, "10.0.0.2"), arpFrame(2, 2, "10.0.0.2", 1, "10.0.0.1"), // asked and answered
		arpFrame(1, 1, "10.0.0.1", 0, "10.0.0.3"), arpFrame(1, 1, "10.0.0.1", 0, "10.0.0.3"), // silence
		arpFrame(2, 9, "10.0.0.2", 1, "10.0.0.1"), arpFrame(2, 9, "10.0.0.2", 1, "10.0.0.1"), // nobody asked this one
		arpFrame(1, 4, "10.0.0.4", 0, "10.0.0.4"), // announces itself
		mirrored(7, arpFrame(1, 1, "10.0.0.1", 0, "10.0.0.2")),
		arpFrame(1, 1, "10.0.0.1", 0, "10.0.0.2"), // a window later
	}
	at := []int64{0, 1e9, 2e9, 3e9, 4e9, 6e9, 7e9, 8e9, 40e9}
	var first []string
	for _, workers := range []int{1, 2, 3, 8} {
		records, e := play(t, workers, &reel{frames: frames, at: at})
		var got []string
		for _, r := range records("arp") {
			got = append(got, fmt.Sprint(r["orig_l2_addr"], " ", r["id.orig_h"], " ", r["id.resp_h"], " ", r["requests"], r["replies"], r["unasked"], r["answered"], r["vni"]))
		}
		want := []string{
			"02:00:00:00:00:01 10.0.0.1 10.0.0.2 1 0 0 true <nil>", "02:00:00:00:00:02 10.0.0.2 10.0.0.1 0 1 0 false <nil>",
			"02:00:00:00:00:01 10.0.0.1 10.0.0.3 2 0 0 false <nil>", "02:00:00:00:00:09 10.0.0.2 10.0.0.1 0 2 2 false <nil>",
			"02:00:00:00:00:04 10.0.0.4 10.0.0.4 1 0 0 false <nil>", "02:00:00:00:00:01 10.0.0.1 10.0.0.2 1 0 0 false 7",
			"02:00:00:00:00:01 10.0.0.1 10.0.0.2 1 0 0 false <nil>",
		}
		if first == nil {
			first = got
			sorted := slices.Clone(got)
			slices.Sort(sorted)
			slices.Sort(want)
			if !slices.Equal(sorted, want) {
				t.Errorf("got\n%q, want\n%q", sorted, want)
			}
		}
		if !slices.Equal(got, first) {
			t.Errorf("%d workers: %q, one worker gave %q", workers, got, first)
		}
		if s := e.Stats(); s.ARPs != 0 || s.NotIP != uint64(len(frames)) {
			t.Errorf("%d workers: %+v", workers, s)
		}
	}
}

// Catches: a table that grows with the senders that somebody makes up, a loss that nobody counts, and an allocation a message.
func TestARPIsBounded(t *testing.T) {
	w := New(testConfig(1), &lines{}).workers[0]
	w.box = &outbox{}
	var p packet.Packet
	feed := func(i int) {
		f := arpFrame(1, byte(i), fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255), 0, "10.0.0.2")
		if err := p.Decode(f, packet.Meta{Time: int64(i), Length: len(f), Link: packet.LinkEthernet}); err != nil {
			t.Fatal(err)
		}
		w.arp(&p)
	}
	for i := range maxARP + 100 {
		feed(i)
	}
	if len(w.arps.talks) != maxARP || w.arps.overflow != 100 {
		t.Errorf("%d held, %d not counted", len(w.arps.talks), w.arps.overflow)
	}
	feed(5)
	if n := testing.AllocsPerRun(100, func() { w.arp(&p) }); n > 0 {
		t.Errorf("%v allocations a message", n)
	}
	w.endARP(arpWindow*2, false)
	if len(w.arps.talks) != 0 || len(w.arps.order) != 0 || len(w.box.late)+len(w.box.entries) != maxARP {
		t.Errorf("%d held, %d in order", len(w.arps.talks), len(w.arps.order))
	}
}
