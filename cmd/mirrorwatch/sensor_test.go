package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/sensor/capture"
)

// freePort gives a port of the loopback address that nobody uses just now.
func freePort(t *testing.T, network string) string {
	t.Helper()
	if network == "udp" {
		c, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		return c.LocalAddr().String()
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// synOf is a mirrored SYN from 10.0.0.9 to a port of 10.0.0.1.
func synOf(port uint16) []byte {
	b := []byte{8, 0, 0, 0, 0, 0x03, 0xe9, 0} // VXLAN, VNI 1001
	b = append(b, 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0)
	b = append(b, 0x45, 0, 0, 40, 0, 0, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 9, 10, 0, 0, 1)
	b = binary.BigEndian.AppendUint16(b, 40000)
	b = binary.BigEndian.AppendUint16(b, port)
	return append(b, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 0xff, 0xff, 0, 0, 0, 0)
}

// get waits until the side port answers.
func get(t *testing.T, url string) (int, string) {
	t.Helper()
	var err error
	for range 100 {
		var r *http.Response
		if r, err = http.Get(url); err == nil {
			defer r.Body.Close()
			b, _ := io.ReadAll(r.Body)
			return r.StatusCode, string(b)
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatal(err)
	return 0, ""
}

// TestSensor runs the whole sensor on loopback: a mirrored port scan comes in over VXLAN, is counted on the side port, and is raised
// when the sensor is told to stop.
func TestSensor(t *testing.T) {
	listen, side, logs := freePort(t, "udp"), freePort(t, "tcp"), t.TempDir()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	var out, errs bytes.Buffer
	done := make(chan int)
	go func() {
		done <- run(ctx, []string{"sensor", "--listen", listen, "--side", side, "--logs", logs, "--workers", "2"}, &out, &errs)
	}()
	if code, body := get(t, "http://"+side+"/healthz"); code != 200 {
		t.Errorf("/healthz: %d %s", code, body)
	}
	c, err := net.Dial("udp", listen)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for port := range uint16(60) {
		if _, err := c.Write(synOf(port + 1)); err != nil {
			t.Fatal(err)
		}
	}
	waitFor(t, "http://"+side+"/metrics", "mirrorwatch_packets_total 60")
	stop()
	if code := <-done; code != 0 {
		t.Errorf("exit code %d: %s", code, errs.String())
	}
	if !strings.Contains(errs.String(), "60 packets, ") || !strings.Contains(errs.String(), "0 drops") {
		t.Errorf("closing line: %q", errs.String())
	}
	if n := strings.Count(out.String(), `"type":"recon.port_scan"`); n == 0 {
		t.Errorf("the scan was not raised: %q", out.String())
	}
	conns, err := os.ReadFile(filepath.Join(logs, "conn.log"))
	if err != nil || bytes.Count(conns, []byte{'\n'}) != 60 || !bytes.Contains(conns, []byte(`"vni":1001`)) {
		t.Errorf("conn.log: %v, %d lines", err, bytes.Count(conns, []byte{'\n'}))
	}
}

func waitFor(t *testing.T, url, want string) {
	t.Helper()
	var body string
	for range 250 {
		if _, body = get(t, url); strings.Contains(body, want) {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("%s never shows %q:\n%s", url, want, body)
}

// TestSensorMistakes: each gets one line and the right exit code.
func TestSensorMistakes(t *testing.T) {
	taken, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	side, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer side.Close()
	free := freePort(t, "udp")
	for name, c := range map[string]struct {
		args []string
		code int
		line string
	}{
		"nothing to listen to": {[]string{"sensor"}, 2, "needs either"},
		"both":                 {[]string{"sensor", "--listen", free, "--interface", "lo"}, 2, "needs either"},
		"an argument":          {[]string{"sensor", "--listen", free, "extra"}, 2, `"extra"`},
		"port in use":          {[]string{"sensor", "--listen", taken.LocalAddr().String(), "--side", ""}, 1, taken.LocalAddr().String() + ": "},
		"side port in use":     {[]string{"sensor", "--listen", free, "--side", side.Addr().String()}, 1, side.Addr().String()},
		"no such interface":    {[]string{"sensor", "--interface", "nope0", "--side", ""}, 1, "nope0: "},
		"not an address":       {[]string{"sensor", "--listen", "not an address", "--side", ""}, 1, "not an address"},
	} {
		t.Run(name, func(t *testing.T) {
			code, _, stderr := do(c.args...)
			if code != c.code || !strings.Contains(stderr, c.line) || strings.Count(stderr, "mirrorwatch: ") != 1 {
				t.Errorf("code %d, want %d; want one line with %q, got %q", code, c.code, c.line, stderr)
			}
		})
	}
}

// TestHealth: /healthz fails while packets are dropped, and comes back.
func TestHealth(t *testing.T) {
	p, err := newPipeline(options{workers: 1}, nil)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Unix(0, 0)
	h := &health{p: p, now: func() time.Time { return now }}
	if why := h.check(); why != "" {
		t.Errorf("a sensor that does nothing is unhealthy: %s", why)
	}
	path := filepath.Join(t.TempDir(), "deep.pcap")
	os.WriteFile(path, deepPcap(), 0o600)
	if err := p.readFile(path); err != nil {
		t.Fatal(err)
	}
	if why := h.check(); !strings.Contains(why, "too many envelopes") {
		t.Errorf("a drop is not told: %q", why)
	}
	now = now.Add(unhealthyFor + time.Second)
	if why := h.check(); why != "" {
		t.Errorf("an old drop still counts: %s", why)
	}
}

// deepPcap is a capture of one packet in more IP-in-IP envelopes than are followed, which counts as a drop.
func deepPcap() []byte {
	inner := []byte{0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0, 1, 0, 2, 0, 8, 0, 0}
	for range 7 {
		outer := append([]byte{}, inner[:20]...)
		outer[9] = 4
		binary.BigEndian.PutUint16(outer[2:], uint16(len(inner)+20))
		inner = append(outer, inner...)
	}
	b := pcapOf(101, 0)
	le := binary.LittleEndian
	b = le.AppendUint32(le.AppendUint32(b, 1), 0)
	b = le.AppendUint32(le.AppendUint32(b, uint32(len(inner))), uint32(len(inner)))
	return append(b, inner...)
}

// granted is a source whose socket was given so much room.
type granted struct {
	capture.Source
	bytes int64
}

func (g granted) Stats() capture.Stats { return capture.Stats{ReceiveBuffer: g.bytes} }

func TestSmallBufferIsTold(t *testing.T) {
	for bytes, lines := range map[int64]int{0: 0, 212992: 1, 32 << 20: 0} {
		var out strings.Builder
		warnOfBuffer(&out, []capture.Source{granted{bytes: bytes}, granted{bytes: bytes}})
		if strings.Count(out.String(), "\n") != lines {
			t.Errorf("a buffer of %d bytes: %q", bytes, out.String())
		}
	}
}

func TestMetricsHaveHelp(t *testing.T) {
	for _, m := range metrics() {
		if m.help == "" || !m.gauge && !strings.HasSuffix(m.name, "_total") {
			t.Errorf("metric %s: a counter ends in _total and every metric says what it is", fmt.Sprint(m.name))
		}
	}
}
