package main

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/capture"
	"github.com/mirrorwatch/mirrorwatch/sensor/ship"
	"github.com/mirrorwatch/mirrorwatch/shared/archive"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	memstore "github.com/mirrorwatch/mirrorwatch/shared/store/memory"
)

// pointCount is what a reader that knows nothing but VXLAN counts of one observation point.
type pointCount struct {
	packets, bytes uint64
	first, last    int64
}

// countPoints reads a capture by the simplest means: Ethernet, IPv4 without options, UDP 4789, VXLAN.
func countPoints(t *testing.T, path string) map[uint32]pointCount {
	t.Helper()
	src, err := capture.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	all := map[uint32]pointCount{}
	for b := capture.NewBatch(); ; {
		if err := src.Next(b); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		for _, f := range b.Frames {
			if d := f.Data; len(d) > 50 && d[12] == 8 && d[13] == 0 && d[14] == 0x45 && d[23] == 17 && d[36] == 0x12 && d[37] == 0xb5 {
				s, known := all[uint32(d[46])<<16|uint32(d[47])<<8|uint32(d[48])]
				if !known {
					s.first = f.Time
				}
				s.first, s.last = min(s.first, f.Time), max(s.last, f.Time)
				s.packets++
				s.bytes += uint64(int(d[38])<<8|int(d[39])) - 16
				all[uint32(d[46])<<16|uint32(d[47])<<8|uint32(d[48])] = s
			}
		}
	}
}

// heardIn runs a capture through a pipeline with a store, and gives what was heard as it is stored.
func heardIn(t *testing.T, path string, workers int) (map[uint32]events.Heard, *pipeline) {
	t.Helper()
	recorded := func() time.Time { return time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC) }
	s := memstore.New(memstore.Options{Now: recorded, Schema: archive.Schema()})
	kept := ship.NewStore(ship.StoreOptions{Store: s})
	p, err := newPipeline(options{workers: workers, sensor: "s", memory: newMemory(kept, func(*events.Device) {})}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(p.readFile(path), func() error { p.engine.Finish(); return p.close() }(), kept.Close(context.Background())); err != nil {
		t.Fatal(err)
	}
	page, err := s.Mirror.Heard(context.Background(), store.ListQuery{})
	if err != nil {
		t.Fatal(err)
	}
	all := map[uint32]events.Heard{}
	for _, h := range page.Items {
		all[h.VNI] = h
	}
	return all, p
}

// TestPointsOfCaptures holds what is heard in every capture of the project against a count by other means, for one worker and for three.
// Some were recorded as a mirror would have sent them.
func TestPointsOfCaptures(t *testing.T) {
	points := 0
	for _, path := range replayCaptures(t) {
		want := countPoints(t, path)
		one, p := heardIn(t, path, 1)
		three, q := heardIn(t, path, 3)
		points += len(want)
		for vni, w := range want {
			h := one[vni]
			if got := (pointCount{h.Packets, h.Bytes, h.Since.UnixNano(), h.LastSeen.UnixNano()}); got != w {
				t.Errorf("%s, VNI %d: heard %+v, want %+v", filepath.Base(path), vni, got, w)
			}
		}
		if len(one) > len(want) || !reflect.DeepEqual(one, three) || p.engine.Stats().Counts != q.engine.Stats().Counts {
			t.Errorf("%s: one worker hears %+v, three hear %+v", filepath.Base(path), one, three)
		}
		var all events.Heard
		for _, h := range one {
			all.Duplicates += h.Duplicates
			all.Gaps += h.Gaps
		}
		if s := p.engine.Stats(); all.Duplicates != s.DuplicatePackets || all.Gaps > s.Gaps {
			t.Errorf("%s: %d duplicates of %d, %d gaps of %d", filepath.Base(path), all.Duplicates, s.DuplicatePackets, all.Gaps, s.Gaps)
		}
	}
	if points < 5 {
		t.Errorf("only %d observation points in all captures", points)
	}
	two, _ := heardIn(t, filepath.Join(replayFolder, "ssh-brute-two-vnis.pcap.gz"), 2)
	if len(two) != 2 {
		t.Errorf("ssh-brute-two-vnis: heard %+v", two)
	}
}
