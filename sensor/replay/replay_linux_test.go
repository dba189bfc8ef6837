package replay

import (
	"context"
	"io"
	"net"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/sensor/capture"
	"github.com/mirrorwatch/mirrorwatch/sensor/decap"
)

// present stands still, as far as the test is concerned.
func present() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

func load(t *testing.T, name string) *Scene {
	t.Helper()
	s, err := Load(filepath.Join("../../test/replay", name), 4711)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestLoadUnwraps(t *testing.T) {
	for name, vni := range map[string]uint32{"portscan-fin.pcap": 4711, "hostsweep-tcp.pcap": 4201} {
		s := load(t, name)
		if s.Packets() == 0 || s.packets[0].vni != vni || s.packets[0].at != 0 || s.Length <= 0 || s.Left != 0 {
			t.Errorf("%s: %d packets, VNI %d, length %v, left out %d", name, s.Packets(), s.packets[0].vni, s.Length, s.Left)
		}
	}
	if _, err := Load("none.pcap", 1); err == nil {
		t.Error("a file that is not there was loaded")
	}
}

func TestLay(t *testing.T) {
	scenes := []*Scene{{Length: time.Minute}, {Length: time.Hour}}
	start := Lay(scenes, 10*time.Minute, present())
	if want := present().Add(-71 * time.Minute); start != want || scenes[0].Start != want || scenes[1].Start != present().Add(-time.Hour) {
		t.Errorf("start %v, second %v", start, scenes[1].Start)
	}
}

func TestClockCarriesTime(t *testing.T) {
	c := NewClock(present(), present)
	b := []byte{8, 0, 0, 0, 0x12, 0x34, 0x56, 0, 1}
	for _, d := range []time.Duration{0, unit, time.Second, 3*time.Hour + 1234*unit, Span} {
		c.write(b, present().Add(d))
		if got := time.Unix(0, c.read(b)).Sub(present()); got != d {
			t.Errorf("%v came back as %v", d, got)
		}
		if _, vni, ok := decap.VXLAN(b); !ok || vni != 0x123456 {
			t.Errorf("the header is spoiled: VNI %x", vni)
		}
	}
	c.write(b, present().Add(-time.Hour))
	if c.read(b) != present().UnixNano() {
		t.Error("a time before the base is not the base")
	}
}

// TestPlay: every packet arrives with the time it was moved to, within minutes that pass in moments, over two steered sockets.
func TestPlay(t *testing.T) {
	scenes := []*Scene{load(t, "beacon-http.pcap"), load(t, "monitoring.pcap")}
	start := Lay(scenes, time.Hour, present())
	clock := NewClock(start, present)
	to := freePort(t)
	sources, err := capture.ListenVXLAN(to, 2)
	if err != nil {
		t.Fatal(err)
	}
	var times []int64
	var mu sync.Mutex
	var readers sync.WaitGroup
	for _, s := range sources {
		readers.Go(func() {
			b := capture.NewBatch()
			for src := clock.Source(s); src.Next(b) != io.EOF; {
				mu.Lock()
				for i := range b.Frames {
					times = append(times, b.Frames[i].Time)
				}
				mu.Unlock()
			}
		})
	}
	p := &Player{Clock: clock}
	if err := p.Play(context.Background(), to, scenes); err != nil {
		t.Fatal(err)
	}
	if got, want := clock.Now(), present(); got.Sub(want).Abs() > unit {
		t.Errorf("the clock stands at %v, want %v", got, want)
	}
	for _, s := range sources {
		s.Close()
	}
	readers.Wait()
	want := map[int64]int{}
	for _, s := range scenes {
		for _, f := range s.packets {
			at := start.Truncate(unit).Add(s.Start.Add(f.at).Sub(start.Truncate(unit)).Truncate(unit))
			want[at.UnixNano()]++
		}
	}
	for _, at := range times {
		want[at]--
	}
	for at, n := range want {
		if n != 0 {
			t.Fatalf("%d packets of %v did not arrive so", n, time.Unix(0, at))
		}
	}
}

func TestLostPacketsAreAnError(t *testing.T) {
	s := load(t, "portscan-fin.pcap")
	clock := NewClock(Lay([]*Scene{s}, 0, present()), present)
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if err := (&Player{Clock: clock}).Play(ctx, freePort(t), []*Scene{s}); err == nil {
		t.Error("nobody listened, and nothing was said")
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.LocalAddr().String()
}
