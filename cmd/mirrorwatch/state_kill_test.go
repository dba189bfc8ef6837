package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/capture"
	"github.com/mirrorwatch/mirrorwatch/shared/archive"
	"github.com/mirrorwatch/mirrorwatch/shared/state"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/sqlite"
)

// victimEnv makes the test's own program a server that is there to be killed: "folder address".
const victimEnv = "MIRRORWATCH_TEST_VICTIM"

func TestMain(m *testing.M) {
	if args := os.Getenv(victimEnv); args != "" {
		folder, address, _ := strings.Cut(args, " ")
		if err := victim(folder, address); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// feedBase is when the feed begins; all of it is on one day.
var feedBase = time.Date(2027, 3, 1, 9, 0, 0, 0, time.UTC)

// timed gives frames the time that they carry in the reserved bits of their VXLAN header, in milliseconds since feedBase.
type timed struct {
	capture.Source
	latest, received *atomic.Int64
}

func (s timed) Next(b *capture.Batch) error {
	err := s.Source.Next(b)
	if err != nil {
		return err
	}
	for i := range b.Frames {
		f := &b.Frames[i]
		ms := int64(binary.BigEndian.Uint32(f.Data)&0xffffff)<<8 | int64(f.Data[7])
		f.Time = feedBase.UnixNano() + ms*1e6
		if f.Time > s.latest.Load() {
			s.latest.Store(f.Time)
		}
	}
	s.received.Add(int64(len(b.Frames)))
	return nil
}

// victim serves on a folder, in the time of its packets, and writes how many it has taken, until its standard input ends.
func victim(folder, address string) error {
	var latest, received atomic.Int64
	latest.Store(feedBase.UnixNano())
	o := serveOptions{data: folder, address: "127.0.0.1:0", listen: address}
	o.workers, o.sensor = 1, "victim"
	s := newServer(o, slog.New(slog.NewTextHandler(os.Stderr, nil)))
	s.clock = func() time.Time { return time.Unix(0, latest.Load()) }
	s.wrap = func(src capture.Source) capture.Source { return timed{src, &latest, &received} }
	if err := s.start(context.Background()); err != nil {
		return err
	}
	ended := make(chan struct{})
	go func() { io.Copy(io.Discard, os.Stdin); close(ended) }()
	tick := time.NewTicker(2 * time.Millisecond)
	for {
		select {
		case <-ended:
			return s.stop()
		case <-tick.C:
			fmt.Println(received.Load())
		}
	}
}

// feeder sends a feed to servers that it starts and kills.
type feeder struct {
	t       *testing.T
	folder  string
	address string
	conn    net.Conn
	cmd     *exec.Cmd
	stdin   io.Closer
	taken   atomic.Int64
	sent    int64
}

func (f *feeder) start() {
	f.t.Helper()
	f.address = freePort(f.t, "udp")
	f.cmd = exec.Command(os.Args[0])
	f.cmd.Env = append(os.Environ(), victimEnv+"="+f.folder+" "+f.address)
	f.cmd.Stderr = os.Stderr
	f.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	in, err := f.cmd.StdinPipe()
	if err != nil {
		f.t.Fatal(err)
	}
	out, err := f.cmd.StdoutPipe()
	if err != nil {
		f.t.Fatal(err)
	}
	if err := f.cmd.Start(); err != nil {
		f.t.Fatal(err)
	}
	f.stdin, f.sent = in, 0
	f.taken.Store(-1)
	go func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if n, err := strconv.ParseInt(lines.Text(), 10, 64); err == nil {
				f.taken.Store(n)
			}
		}
	}()
	f.await(0)
	if f.conn, err = net.Dial("udp", f.address); err != nil {
		f.t.Fatal(err)
	}
}

// await waits until so many packets are taken.
func (f *feeder) await(n int64) {
	f.t.Helper()
	for range 20_000 {
		if f.taken.Load() >= n {
			return
		}
		time.Sleep(time.Millisecond)
	}
	f.t.Fatalf("%d of %d packets were taken", f.taken.Load(), n)
}

func (f *feeder) kill() {
	f.cmd.Process.Kill()
	f.cmd.Wait()
	f.conn.Close()
}

func (f *feeder) stop() {
	f.t.Helper()
	f.stdin.Close()
	if err := f.cmd.Wait(); err != nil {
		f.t.Fatalf("stop: %v", err)
	}
	f.conn.Close()
}

// play sends the feed, and kills the server when so many packets were sent. A few may be on their way then, and are lost.
func (f *feeder) play(feed []fedPacket, kills []int) {
	f.start()
	minute := 0
	for n := range feed {
		p := &feed[n]
		if m := int(p.at / time.Minute); m != minute {
			minute = m
			f.await(f.sent)
			time.Sleep(120 * time.Millisecond) // so that minutes do not pass quicker than they are kept
		}
		if f.sent-f.taken.Load() > 32 {
			f.await(f.sent - 16)
		}
		f.conn.Write(p.datagram())
		f.sent++
		if slices.Contains(kills, n) {
			f.kill()
			f.start()
		}
	}
	f.await(f.sent)
	f.stop()
}

// fedPacket is one TCP segment without data.
type fedPacket struct {
	at           time.Duration
	from, to     [4]byte
	sport, dport uint16
	flags        byte
}

func (p *fedPacket) datagram() []byte {
	ms := uint32(p.at / time.Millisecond)
	b := []byte{8, byte(ms >> 24), byte(ms >> 16), byte(ms >> 8), 0, 0, 7, byte(ms)}
	b = append(b, 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0, 0, 40, 0, 0, 0x40, 0, 64, 6, 0, 0)
	b = append(append(b, p.from[:]...), p.to[:]...)
	b = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(b, p.sport), p.dport)
	return append(b, 0, 0, 0, 1, 0, 0, 0, byte(p.flags>>4), 0x50, p.flags, 0xff, 0xff, 0, 0, 0, 0)
}

const feedLength = 40 * time.Minute

// wholeFeed is a site with quiet traffic, and what is to be found in it: scans that go on for minutes, a sweep and a beacon all the time.
func wholeFeed() (list []fedPacket) {
	port := uint16(20_000)
	refused := func(at time.Duration, from, to [4]byte, dport uint16) {
		port++
		list = append(list, fedPacket{at, from, to, port, dport, 2}, fedPacket{at + time.Millisecond, to, from, dport, port, 0x14})
	}
	for scan := range 11 {
		for n := range 90 {
			at := time.Duration(scan)*3*time.Minute + time.Duration(n)*4*time.Second
			refused(at+time.Duration(scan)*37*time.Millisecond, [4]byte{10, 100, 0, byte(scan + 1)}, [4]byte{10, 20, 0, byte(scan + 1)}, uint16(n+1))
		}
	}
	for n := range int(feedLength / (20 * time.Second)) {
		refused(time.Duration(n)*20*time.Second+5*time.Millisecond, [4]byte{10, 100, 1, 1}, [4]byte{10, 21, byte(n / 200), byte(n%200 + 1)}, 22)
	}
	for n := range int(feedLength / (30 * time.Second)) {
		refused(time.Duration(n)*30*time.Second+11*time.Millisecond, [4]byte{10, 30, 0, 9}, [4]byte{198, 51, 100, 77}, 4444)
	}
	for n := range int(feedLength / time.Second) {
		refused(time.Duration(n)*time.Second+17*time.Millisecond, [4]byte{10, 40, 0, byte(n%50 + 1)}, [4]byte{10, 50, 0, byte(n%7 + 1)}, 443)
	}
	slices.SortStableFunc(list, func(a, b fedPacket) int { return int(a.at - b.at) })
	return list
}

// outcome is what a feed left in a folder.
type outcome struct {
	detections map[string]events.Detection
	devices    map[string]bool
	usual      map[string]bool
}

func outcomeOf(t *testing.T, folder string) outcome {
	t.Helper()
	s, err := sqlite.Open(t.Context(), sqlite.Options{Folder: folder, Now: time.Now, Schema: archive.Schema()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	o := outcome{map[string]events.Detection{}, map[string]bool{}, map[string]bool{}}
	page, err := s.Detections.Search(t.Context(), store.DetectionQuery{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range page.Items {
		if _, twice := o.detections[d.ID]; twice {
			t.Errorf("%s is there twice", d.ID)
		}
		o.detections[d.ID] = d
	}
	r, err := state.Read(state.Options{Dir: filepath.Join(folder, learnedName)}, func(e state.Entry) error {
		switch e.Part.Name {
		case "device":
			o.devices[string(e.Key)] = true
		case "usual":
			o.usual[string(e.Key)] = true
		}
		return nil
	})
	if err != nil || len(r.LeftOut) > 0 {
		t.Errorf("state: %v %q", err, r.LeftOut)
	}
	return o
}

// killsEach is how often a server is killed in one feed.
const killsEach = 8

// TestKilledWhileItLearns kills a server, by SIGKILL, at seeded moments of a feed of forty minutes, and starts it again on what it has kept.
// In the end there is every detection of a run that nobody disturbed, under the same id, once; and the same devices. What a kill costs
// is a minute of evidence: the numbers in a detection may be smaller, and never smaller than that.
func TestKilledWhileItLearns(t *testing.T) {
	if testing.Short() {
		t.Skip("starts whole servers, which the race detector does not see")
	}
	all := wholeFeed()
	quiet := &feeder{t: t, folder: filepath.Join(t.TempDir(), "quiet")}
	quiet.play(all, nil)
	want := outcomeOf(t, quiet.folder)
	if len(want.detections) < 13 || len(want.devices) < 70 || len(want.usual) < 50 {
		t.Fatalf("undisturbed: %d detections, %d devices, %d habits", len(want.detections), len(want.devices), len(want.usual))
	}
	seeds := 2
	if n, err := strconv.Atoi(os.Getenv("MIRRORWATCH_CRASH_ROUNDS")); err == nil {
		seeds = n
	}
	for seed := range seeds {
		rng := rand.New(rand.NewPCG(uint64(seed), 11))
		var kills []int
		for range killsEach {
			kills = append(kills, rng.IntN(len(all)))
		}
		killed := &feeder{t: t, folder: filepath.Join(t.TempDir(), "killed")}
		killed.play(all, kills)
		got := outcomeOf(t, killed.folder)
		compareOutcomes(t, fmt.Sprint("seed ", seed), want, got)
	}
}

func compareOutcomes(t *testing.T, what string, want, got outcome) {
	t.Helper()
	for id, d := range want.detections {
		g, there := got.detections[id]
		switch {
		case !there:
			t.Errorf("%s: %s %q is missing", what, d.Type, d.Description)
		case len(g.Activity) > len(d.Activity):
			t.Errorf("%s: %s was told %d times instead of %d: %+v", what, d.Type, len(g.Activity), len(d.Activity), g.Activity)
		}
	}
	for id, d := range got.detections {
		if _, known := want.detections[id]; !known {
			t.Errorf("%s: too much: %s %q", what, d.Type, d.Description)
		}
	}
	// A host that was asked once, within a lost minute, is not known.
	missing := missingOf(t, what, want.devices, got.devices)
	missingOf(t, what, want.usual, got.usual)
	if most := killsEach * 12; missing > most {
		t.Errorf("%s: %d devices are not known, at most %d may be", what, missing, most)
	}
}

// missingOf counts what is not there of those who were seen once, and wants everything else.
func missingOf(t *testing.T, what string, want, got map[string]bool) (missing int) {
	t.Helper()
	for key := range got {
		if !want[key] {
			t.Errorf("%s: too much is known: %q", what, key)
		}
	}
	for key := range want {
		switch {
		case got[key]:
		case strings.Contains(key, "/10.21."):
			missing++
		default:
			t.Errorf("%s: not known: %q", what, key)
		}
	}
	return missing
}
