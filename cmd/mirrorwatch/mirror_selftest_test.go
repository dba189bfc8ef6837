package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/lambdas/api/signin"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/selftest"
	"github.com/mirrorwatch/mirrorwatch/sensor/capture"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// hurried is a clock that a test can put forward: conversations over UDP end when a minute has passed without a packet.
type hurried struct {
	ahead   atomic.Int64
	packets atomic.Int64
}

func (h *hurried) Now() time.Time { return time.Now().Add(time.Duration(h.ahead.Load())) }

// Source counts what comes, and gives it the clock's time.
func (h *hurried) Source(s capture.Source) capture.Source { return &counted{s, h} }

type counted struct {
	capture.Source
	h *hurried
}

func (c *counted) Next(b *capture.Batch) error {
	err := c.Source.Next(b)
	if err == nil {
		for i := range b.Frames {
			b.Frames[i].Time += c.h.ahead.Load()
		}
		c.h.packets.Add(int64(len(b.Frames)))
	}
	return err
}

// wholeServer is a whole server on loopback, its packets' address, and a file with a key of its API.
func wholeServer(t *testing.T, sensor string) (s *server, packets, keyFile string, clock *hurried) {
	t.Helper()
	packets, err := freeUDP()
	if err != nil {
		t.Fatal(err)
	}
	clock = &hurried{}
	s = newServer(serveOptions{
		options: options{workers: 2, sensor: sensor}, data: t.TempDir(), address: "127.0.0.1:0", listen: packets,
	}, slog.New(slog.DiscardHandler))
	s.clock, s.wrap = clock.Now, clock.Source
	if err := s.start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.stop(); err != nil {
			t.Error(err)
		}
	})
	key, _, err := s.signin.CreateKey(t.Context(), signin.KeyRequest{Name: "selftest", Role: store.RoleViewer, Owner: signin.FirstUser}, store.Actor{Name: "system"})
	if err != nil {
		t.Fatal(err)
	}
	keyFile = filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(keyFile, []byte(key+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return s, packets, keyFile, clock
}

// hurry puts the clock forward when n packets have come.
func (h *hurried) hurry(t *testing.T, n int64) {
	for range 1000 {
		if h.packets.Load() >= n {
			h.ahead.Store(int64(2 * time.Minute))
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d packets of %d came", h.packets.Load(), n)
}

// TestSelftestVia: conversations of every protocol, by way of a real server's sensor, store and API.
func TestSelftestVia(t *testing.T) {
	t.Setenv(envKey, "")
	s, packets, key, clock := wholeServer(t, "sensor-1")
	go clock.hurry(t, 4*10+4*2+4*6)
	code, out, stderr := do("mirror", "selftest", "--via", packets, "--server", s.url(), "--key-file", key, "--conversations", "12", "--vni", "4711", "--every", "200ms",
		"--timeout", "30s", "--json")
	if code != 0 {
		t.Fatalf("exit code %d: %s%s", code, out, stderr)
	}
	var list []selftest.Verdict
	if err := json.Unmarshal([]byte(out), &list); err != nil || len(list) != 12 {
		t.Fatalf("%v in %s", err, out)
	}
	for _, v := range list {
		sides := map[string][2]uint64{selftest.TCP: {6, 4}, selftest.UDP: {1, 1}, selftest.ICMP: {3, 3}}[v.Proto]
		if v.Result != selftest.Whole || len(v.Sensors) != 1 || v.Sensors[0] != "sensor-1" || v.VNIs[0] != 4711 || [2]uint64{v.FromClient, v.FromServer} != sides || v.Latency <= 0 {
			t.Errorf("seen: %+v", v)
		}
	}
	if found, err := s.askDetections(t.Context()); err != nil || len(found) > 0 {
		t.Errorf("a test of one's own is no attack, but raises %v (%v)", found, err)
	}
}

// TestSelftestFails: a sensor that nobody hears of, a key that is none, and a direction that never comes.
func TestSelftestFails(t *testing.T) {
	s, packets, key, clock := wholeServer(t, "sensor-1")
	nobody, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer nobody.Close()
	args := []string{"mirror", "selftest", "--server", s.url(), "--key-file", key, "--conversations", "3", "--every", "100ms", "--timeout", "300ms"}
	code, out, stderr := do(append(args, "--via", nobody.LocalAddr().String())...)
	wants(t, out, "missing", "no record of it", "0 of 3 conversations came whole.")
	if wants(t, stderr, "3 of 3 conversations did not come whole"); code != 1 {
		t.Errorf("exit code %d", code)
	}
	t.Setenv(envKey, "mw_not_a_key")
	code, _, stderr = do("mirror", "selftest", "--server", s.url(), "--via", packets, "--conversations", "1", "--timeout", "1h")
	if wants(t, stderr, "does not take the key"); code != 1 || strings.Contains(stderr, "mw_not") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	if list := oneSided(t, s, packets, key, clock); list[0].Result != selftest.OneDirection || list[0].FromServer == 0 || list[0].FromClient != 0 {
		t.Errorf("of the server's packets alone came %+v", list[0])
	}
}

// oneSided sends the server's packets of a conversation, and loses the client's on the way.
func oneSided(t *testing.T, s *server, packets, keyFile string, clock *hurried) []selftest.Verdict {
	t.Helper()
	list, err := selftest.New(1, []string{selftest.UDP}, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	gate, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer gate.Close()
	on, err := net.Dial("udp", packets)
	if err != nil {
		t.Fatal(err)
	}
	defer on.Close()
	before := clock.packets.Load()
	if err := selftest.Send(t.Context(), list, selftest.SendOptions{To: gate.LocalAddr().String(), VNI: 9, Sleep: ec2api.Sleep}); err != nil {
		t.Fatal(err)
	}
	client := list[0].Client.Addr().As4()
	b := make([]byte, 2000)
	for range 2 {
		n, _, err := gate.ReadFrom(b)
		if err != nil {
			t.Fatal(err)
		}
		if from := [4]byte(b[8+14+12:]); from != client {
			on.Write(b[:n])
		}
	}
	go clock.hurry(t, before+1)
	return seen(t, s, keyFile, list, 5*time.Second)
}

// seen watches conversations as selftest does.
func seen(t *testing.T, s *server, keyFile string, list []selftest.Conversation, within time.Duration) []selftest.Verdict {
	t.Helper()
	key, err := os.ReadFile(keyFile)
	if err != nil {
		t.Fatal(err)
	}
	api := &selftest.API{URL: s.url(), Key: strings.TrimSpace(string(key)), HTTP: http.DefaultClient}
	now := time.Now()
	verdicts, err := selftest.Watch(t.Context(), list, selftest.WatchOptions{
		Records: func(ctx context.Context, from, to time.Time) ([]selftest.Conn, error) {
			return api.Conns(ctx, list, from, to)
		},
		Began: now, Ended: now, Timeout: within, Every: 100 * time.Millisecond, Now: time.Now, Sleep: ec2api.Sleep,
	})
	if err != nil {
		t.Fatal(err)
	}
	return verdicts
}

// TestSelftestPeer: real conversations with the echo service of the command line; what they were is then sent as their mirror would.
func TestSelftestPeer(t *testing.T) {
	s, packets, keyFile, clock := wholeServer(t, "sensor-1")
	ctx, stop := context.WithCancel(t.Context())
	said, w := make(chan string, 1), &firstLineOf{}
	w.said = said
	ended := make(chan int, 1)
	go func() { ended <- run(ctx, []string{"mirror", "selftest", "--listen", "127.0.0.1:0"}, w, w) }()
	peer := strings.Fields(<-said)[2]
	list, err := selftest.New(4, []string{selftest.TCP, selftest.UDP}, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if list, err = selftest.Talk(t.Context(), list, selftest.TalkOptions{Peer: peer, Now: time.Now}); err != nil {
		t.Fatal(err)
	}
	go clock.hurry(t, 2*10+2*2)
	if err := selftest.Send(t.Context(), list, selftest.SendOptions{To: packets, VNI: 5, Sleep: ec2api.Sleep}); err != nil {
		t.Fatal(err)
	}
	for _, v := range seen(t, s, keyFile, list, 20*time.Second) {
		if v.Result != selftest.Whole || v.Server.String() != peer {
			t.Errorf("seen: %+v", v)
		}
	}
	t.Setenv(envKey, "any")
	if code, _, stderr := do("mirror", "selftest", "--peer", "127.0.0.1:1", "--server", s.url()); code != 1 || !strings.Contains(stderr, "talk with 127.0.0.1:1 over tcp") {
		t.Errorf("nobody answers: %d, %s", code, stderr)
	}
	if stop(); <-ended != 0 {
		t.Error("the echo service did not end well")
	}
}

// firstLineOf hands on the first line that is written.
type firstLineOf struct{ said chan<- string }

func (f *firstLineOf) Write(b []byte) (int, error) {
	select {
	case f.said <- string(b):
	default:
	}
	return len(b), nil
}
