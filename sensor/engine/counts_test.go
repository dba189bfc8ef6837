package engine

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/capture"
	"github.com/mirrorwatch/mirrorwatch/sensor/packet"
)

// odds are frames that are hard to count once: cut ones, fragments, envelopes that every worker looks into, copies, and no IP at all.
func odds() *reel {
	r := &reel{size: 5}
	a, b := end{"10.0.0.1", 2152}, end{"10.0.0.2", 2152}
	whole := udpOf(end{"", 1111}, end{"", 2222}, []byte(strings.Repeat("HELLO", 40)))
	for i := range byte(12) {
		ip := fmt.Sprintf("10.0.3.%d", i)
		inner := gtp(a, b, udp(end{ip, 1000}, end{"10.0.4.4", 7}, "HELLO")[14:])
		deep := udp(end{ip, 1}, end{"10.0.0.9", 2}, "HELLO")
		for v := range uint32(MaxDepth + 1) {
			deep = mirrored(100+v, deep)
		}
		fragment := ether(ipv4(ip, "10.0.0.2", 17, 77, 0x2000, whole[:64]))
		again := ether(ipv4(ip, "10.0.0.2", 17, 77, 0x2000, append([]byte("other"), whole[5:64]...)))
		cut := tcp(end{ip, 5}, end{"10.0.0.7", 6}, packet.ACK, 1, 1, "HELLO")[:14+20+int(i)]
		arp := append([]byte{2, 0, 0, 0, 0, i, 2, 0, 0, 0, 0, 2, 8, 6}, make([]byte, 28)...)
		r.frames = append(r.frames, mirrored(4, inner), mirrored(5, inner), mirrored(6, inner), deep, fragment, again, cut, arp, arp[:9], mirrored(5, cut))
	}
	return r
}

// TestWorkersShowInNoCount catches counters that every worker adds to.
func TestWorkersShowInNoCount(t *testing.T) {
	var want, wantOpen Stats
	for workers := 1; workers <= 4; workers++ {
		e := New(testConfig(workers), &lines{})
		if err := e.Read(odds()); err != nil {
			t.Fatal(err)
		}
		open := e.Stats()
		e.Finish()
		got := e.Stats()
		if workers == 1 {
			want, wantOpen = got, open
			if want.Duplicates == 0 || want.Undecoded == 0 || want.NotIP == 0 || want.TooDeep == 0 || want.Weirds == 0 || wantOpen.Open == 0 || want.Open != 0 {
				t.Fatalf("the test reaches too little: %+v, then %+v", open, got)
			}
		}
		if got != want || open != wantOpen {
			t.Errorf("%d workers: got  %+v\nthen %+v\nwant %+v\nthen %+v", workers, open, got, wantOpen, want)
		}
	}
}

// TestNextCaptureIsAnother: the same capture read twice gives the same records twice. Catches what is left over from the first:
// fragments, reported oddities, and the time at which silent envelopes were last looked for.
func TestNextCaptureIsAnother(t *testing.T) {
	for _, workers := range []int{1, 3} {
		r := odds()
		last := mirrored(9, udp(end{"10.0.9.9", 1}, end{"10.0.9.8", 2}, "HELLO"))
		for range 40 { // the envelopes of odds fall silent, and are closed before the end
			r.frames = append(r.frames, last)
		}
		for i := range r.frames {
			at := int64(1000e9) + int64(i)*1e6
			if i >= len(r.frames)-40 {
				at += int64(i-len(r.frames)+41) * 20e9
			}
			r.at = append(r.at, at)
		}
		out := &lines{}
		e := New(testConfig(workers), out)
		var once []string
		for range 2 {
			out.all, r.next = nil, 0
			if err := e.Read(r); err != nil {
				t.Fatal(err)
			}
			e.Finish()
			e.now = 0 // as Read does before an earlier capture
			if once == nil {
				once = out.all
			}
		}
		if !reflect.DeepEqual(out.all, once) {
			for i := range min(len(once), len(out.all)) {
				if once[i] != out.all[i] {
					t.Fatalf("%d workers: record %d is, the second time,\n%s\nand was\n%s", workers, i, out.all[i], once[i])
				}
			}
			t.Errorf("%d workers: %d records, then %d", workers, len(once), len(out.all))
		}
	}
}

// keeper keeps records past the round, as a judge may.
type keeper struct{ conns []*events.Conn }

func (k *keeper) Record(r events.Record, _ []byte) {
	if c, ok := r.(*events.Conn); ok {
		k.conns = append(k.conns, c)
	}
}
func (k *keeper) Tick(events.Time) {}

// TestRecordsOwnWhatTheySay: a record is not changed by the conversation that gets the place of its own in the table.
func TestRecordsOwnWhatTheySay(t *testing.T) {
	k := &keeper{}
	e := New(testConfig(1), k)
	for i := range uint32(3) {
		var frames [][]byte
		for _, f := range dialogue(end{"10.0.0.1", 40000}, end{"10.0.0.2", 7}, "HELLO") {
			frames = append(frames, mirrored(10*i+5, f), mirrored(10*i+6, f))
		}
		if err := e.Read(&reel{frames: frames, start: int64(i) * 10000e9}); err != nil {
			t.Fatal(err)
		}
		e.Finish()
	}
	for i, c := range k.conns {
		if want := []uint32{uint32(10*i + 6)}; !reflect.DeepEqual(c.DuplicateVNIs, want) {
			t.Errorf("conversation %d: other observation points %v, want %v", i, c.DuplicateVNIs, want)
		}
	}
	if len(k.conns) != 3 {
		t.Errorf("%d conversations", len(k.conns))
	}
}

// tail is a source that passes over two packets behind its last frame.
type tail struct {
	*reel
	skipped uint64
}

func (s *tail) Next(b *capture.Batch) error {
	err := s.reel.Next(b)
	if err != nil {
		s.skipped = 2
	}
	return err
}

func (s *tail) Stats() capture.Stats {
	c := s.reel.Stats()
	c.Skipped = s.skipped
	return c
}

// TestSkippedAtTheEndIsCounted: a source's last word counts too.
func TestSkippedAtTheEndIsCounted(t *testing.T) {
	for workers := 1; workers <= 2; workers++ {
		e := New(testConfig(workers), &lines{})
		s := &tail{reel: &reel{frames: [][]byte{udp(end{"10.0.0.1", 1}, end{"10.0.0.2", 2}, "x")}}}
		if err := e.Read(s); err != nil {
			t.Fatal(err)
		}
		if got := e.Stats(); got.Skipped != 2 || got.Packets != 1 {
			t.Errorf("%d workers: %+v", workers, got)
		}
	}
}

// socket is a live source: it fails at once, or waits until it is closed.
type socket struct {
	reel
	err    error
	closed chan struct{}
}

func (s *socket) Next(b *capture.Batch) error {
	b.Frames = b.Frames[:0]
	if s.err != nil {
		return s.err
	}
	<-s.closed
	return io.EOF
}

func (s *socket) Close() error {
	if s.err == nil {
		close(s.closed)
	}
	return nil
}

// TestLiveEndsWhenOneFails: the share of a source that failed would be lost in silence if the others went on.
func TestLiveEndsWhenOneFails(t *testing.T) {
	broken := errors.New("broken")
	e := New(testConfig(2), &lines{})
	err := e.Live([]capture.Source{&socket{closed: make(chan struct{})}, &socket{err: broken}}, func() int64 { return 1 })
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if n, limit := e.Waiting(); n != 0 || limit != queuedRounds {
		t.Errorf("%d of %d rounds wait after the end", n, limit)
	}
}

// TestHolesGivenUpAreCounted reaches the limit of bytes that wait for a missing one, by way of the engine's own counts; a segment out
// of any window is no such thing.
func TestHolesGivenUpAreCounted(t *testing.T) {
	c, s := end{"10.0.0.1", 40000}, end{"10.0.0.2", 7}
	frames := dialogue(c, s, "HELLO", "HI")[:5]
	frames = append(frames, tcp(c, s, packet.ACK, 0x90000000, 9003, "far away"))
	e := New(testConfig(1), &lines{})
	if err := e.Read(&reel{frames: frames}); err != nil {
		t.Fatal(err)
	}
	if n := e.Stats().Segments; n != 0 {
		t.Errorf("a segment out of any window is counted as %d given up", n)
	}
	for i := range uint32(1200) {
		frames = append(frames, tcp(c, s, packet.ACK, 2000+1000*i, 9003, strings.Repeat("x", 1000)))
	}
	e = New(testConfig(1), &lines{})
	if err := e.Read(&reel{frames: frames}); err != nil {
		t.Fatal(err)
	}
	if got := e.Stats(); got.Segments == 0 || got.Drops() != got.Segments || !strings.Contains(got.DropReasons(), "holes") {
		t.Errorf("the limit was reached, and counted as %+v: %s", got, got.DropReasons())
	}
}
