package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/lambdas/console"
	"github.com/mirrorwatch/mirrorwatch/sensor/replay"
	"github.com/mirrorwatch/mirrorwatch/shared/deploy"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/sqlite"
)

// TestDemo plays every capture to a server and asks its API: every attack is found or part of what was found before, every type speaks,
// and no honest capture raises anything.
func TestDemo(t *testing.T) {
	code, out, stderr := do("demo", "--once", "--http", "127.0.0.1:0", replayFolder)
	if code != 0 {
		t.Fatalf("code %d: %s", code, stderr)
	}
	sum := regexp.MustCompile(`(\d+) types of detection; (\d+) of (\d+) honest captures silent`).FindStringSubmatch(out)
	if strings.Contains(out, "NOT FOUND") || sum == nil || len(sum[1]) < 2 || sum[2] != sum[3] {
		t.Errorf("the demo shows:\n%s", out)
	}
	if !regexp.MustCompile(`(?m)^portscan-syn\.pcap +attack +found: recon\.port_scan$`).MatchString(out) {
		t.Errorf("no line of the first capture in:\n%s", out)
	}
}

func TestDemoOfNothing(t *testing.T) {
	if code, _, stderr := do("demo", "--once", t.TempDir()); code != 1 || !strings.Contains(stderr, "no captures") {
		t.Errorf("code %d, %q", code, stderr)
	}
}

// TestServeRefuses: each mistake gets one line that names it, and the right exit code.
func TestServeRefuses(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	broken := t.TempDir()
	if err := os.WriteFile(filepath.Join(broken, sqlite.MainFile), []byte("this is no database, and nobody should write to it"), 0o600); err != nil {
		t.Fatal(err)
	}
	inUse := t.TempDir()
	held, err := sqlite.Open(context.Background(), sqlite.Options{Folder: inUse, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	for name, c := range map[string]struct {
		args []string
		code int
		line string
	}{
		"an argument":      {[]string{"now"}, 2, `"now"`},
		"half of TLS":      {[]string{"--tls-cert", "cert.pem"}, 2, "--tls-cert and --tls-key"},
		"no workers":       {[]string{"--workers", "0"}, 2, "--workers 0"},
		"bad proxy":        {[]string{"--trust-proxy", "10.0.0.0/40", "--data", t.TempDir()}, 2, "--trust-proxy"},
		"port in use":      {[]string{"--http", taken.Addr().String(), "--data", t.TempDir()}, 1, taken.Addr().String()},
		"damaged":          {[]string{"--data", broken}, 1, "damaged"},
		"folder in use":    {[]string{"--data", inUse}, 1, "in use"},
		"no certificate":   {[]string{"--tls-cert", "none.pem", "--tls-key", "none.key", "--data", t.TempDir()}, 1, "none.pem"},
		"no such address":  {[]string{"--listen", "198.51.100.1:4789", "--data", t.TempDir()}, 1, "198.51.100.1"},
		"unwritable place": {[]string{"--data", "/proc/mirrorwatch"}, 1, "/proc/mirrorwatch"},
	} {
		t.Run(name, func(t *testing.T) {
			args := append([]string{"serve", "--http", "127.0.0.1:0", "--listen", "127.0.0.1:0", "--side", ""}, c.args...)
			code, _, stderr := do(args...)
			if code != c.code || !strings.Contains(stderr, c.line) || strings.Count("\n"+stderr, "\nmirrorwatch: ") != 1 {
				t.Errorf("code %d, want %d with one line of %q:\n%s", code, c.code, c.line, stderr)
			}
		})
	}
	if b, _ := os.ReadFile(filepath.Join(broken, sqlite.MainFile)); !strings.HasPrefix(string(b), "this is no database") {
		t.Error("a damaged file was written to")
	}
}

// TestServeUntilInterrupted: a server greets once with a password, ends when it is told to, and a second start on the folder shows none.
func TestServeUntilInterrupted(t *testing.T) {
	folder := t.TempDir()
	first := serveBriefly(t, folder)
	if !strings.Contains(first, "API and console: http://127.0.0.1:") || !strings.Contains(first, "password") {
		t.Errorf("first start: %s", first)
	}
	if second := serveBriefly(t, folder); strings.Contains(second, "password") {
		t.Errorf("second start: %s", second)
	}
	code, out, stderr := do("users", "list", "--data", folder)
	if code != 0 || !strings.Contains(out, "admin  admin  true") || !strings.Contains(out, "must change") {
		t.Errorf("users: code %d, %s%s", code, out, stderr)
	}
	if code, out, stderr = do("users", "reset", "admin", "--data", folder); code != 0 || len(strings.TrimSpace(out)) < 25 {
		t.Errorf("reset: code %d, %q, %s", code, out, stderr)
	}
	if code, _, stderr = do("users", "reset", "nobody", "--data", folder); code != 1 || !strings.Contains(stderr, "nobody") {
		t.Errorf("reset of nobody: code %d, %s", code, stderr)
	}
}

// TestServerHasTheConsole under a policy that lets nothing else in: the page, or how to build it; and the API beside it in any case.
func TestServerHasTheConsole(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	s := newServer(serveOptions{options: options{workers: 1}, data: t.TempDir(), address: "127.0.0.1:0", listen: "127.0.0.1:0"}, slog.New(slog.DiscardHandler))
	if err := s.start(ctx); err != nil {
		t.Fatal(err)
	}
	defer func() {
		stop()
		if err := s.stop(); err != nil {
			t.Error(err)
		}
	}()
	var out bytes.Buffer
	s.greet(&out)
	status, said := 200, false
	if !console.Built() {
		status, said = 503, true
	}
	if got := strings.Contains(out.String(), "make console"); got != said {
		t.Errorf("said how to build it: %v, want %v: %s", got, said, &out)
	}
	for path, want := range map[string]int{"/": status, "/detections": status, "/v1/health": 200, "/v1/detections": 401} {
		answer, err := http.Get(s.url() + path)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		policy := answer.Header.Get("Content-Security-Policy")
		if answer.StatusCode != want || strings.HasPrefix(path, "/v1/") == (policy == deploy.ContentPolicy) {
			t.Errorf("%s: %d under %q", path, answer.StatusCode, policy)
		}
	}
}

func serveBriefly(t *testing.T, folder string) string {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	out, log := &shown{stop: stop}, &shown{}
	if code := run(ctx, []string{"serve", "--http", "127.0.0.1:0", "--listen", "127.0.0.1:0", "--side", "", "--data", folder}, out, log); code != 0 {
		t.Errorf("code %d: %s", code, log.text.String())
	}
	return out.text.String()
}

// shown keeps what a server prints, and stops it when it is up.
type shown struct {
	mu   sync.Mutex
	text bytes.Buffer
	stop func()
}

func (s *shown) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stop != nil && bytes.Contains(b, []byte("Interrupt")) {
		s.stop()
	}
	return s.text.Write(b)
}

// TestServeTLS: with a certificate the API answers over TLS 1.2 or better, and tells browsers to stay with it.
func TestServeTLS(t *testing.T) {
	cert, key := selfSigned(t)
	ctx, stop := context.WithCancel(context.Background())
	s := newServer(serveOptions{
		options: options{workers: 1}, data: t.TempDir(), address: "127.0.0.1:0", listen: "127.0.0.1:0", cert: cert, key: key,
	}, slog.New(slog.DiscardHandler))
	if err := s.start(ctx); err != nil {
		t.Fatal(err)
	}
	defer func() {
		stop()
		if err := s.stop(); err != nil {
			t.Error(err)
		}
	}()
	pool := x509.NewCertPool()
	b, err := os.ReadFile(cert)
	if err != nil || !pool.AppendCertsFromPEM(b) {
		t.Fatal("no certificate", err)
	}
	c := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
	answer, err := c.Get(s.url() + "/v1/health")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK || answer.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("%s, headers %v", answer.Status, answer.Header)
	}
	old := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MaxVersion: tls.VersionTLS11}}}
	if _, err := old.Get(s.url() + "/v1/health"); err == nil {
		t.Error("TLS 1.1 was taken")
	}
}

// selfSigned writes a certificate for the loopback address, and its key.
func selfSigned(t *testing.T) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, block := range map[string]*pem.Block{"cert.pem": {Type: "CERTIFICATE", Bytes: der}, "key.pem": {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
}

// TestServeTellsWhatItHears: on a laptop, where nobody names the mirrors, the server tells their coverage itself, what it heard of each, and
// hands on an event for each that is new.
func TestServeTellsWhatItHears(t *testing.T) {
	scene, err := replay.Load(filepath.Join(replayFolder, "ssh-brute-two-vnis.pcap.gz"), 1)
	if err != nil {
		t.Fatal(err)
	}
	scenes := []*replay.Scene{scene}
	clock := replay.NewClock(replay.Lay(scenes, 0, time.Now().Add(-20*time.Minute)).Add(-time.Second), time.Now)
	o := serveOptions{options: options{workers: 2, sensor: "s1"}, data: t.TempDir(), address: "127.0.0.1:0", listen: freePort(t, "udp")}
	s := newServer(o, slog.New(slog.DiscardHandler))
	s.clock, s.wrap = clock.Now, clock.Source
	ctx := context.Background()
	if err := s.start(ctx); err != nil {
		t.Fatal(err)
	}
	player := &replay.Player{Clock: clock}
	if err := player.Play(ctx, o.listen, scenes); err != nil {
		t.Fatal(err)
	}
	states := func() (out []string) {
		page, err := s.store.Mirror.Coverage(ctx, store.CoverageQuery{})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range page.Items {
			out = append(out, c.Interface+" "+string(c.State))
		}
		return out
	}
	comesTrue(t, "coverage", func() bool { return slices.Equal(states(), []string{"vni-101 mirrored", "vni-102 mirrored"}) })
	if err := player.Done(ctx); err != nil { // twenty minutes pass in silence
		t.Fatal(err)
	}
	comesTrue(t, "silence", func() bool { return slices.Equal(states(), []string{"vni-101 silent", "vni-102 silent"}) })
	comesTrue(t, "events", func() bool { return s.relay.Counts().Published >= 2+2+2+2 }) // coverage made and changed, first heard and silent
	if err := s.stop(); err != nil {
		t.Error(err)
	}
	again, err := sqlite.Open(ctx, sqlite.Options{Folder: o.data, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	heard, err := again.Mirror.Heard(ctx, store.ListQuery{})
	if err != nil || len(heard.Items) != 2 || heard.Items[0].Packets != 384 || heard.Items[1].Packets != 384 || heard.Items[1].Sensor != "s1" {
		t.Errorf("%v: heard %+v", err, heard.Items)
	}
}

func comesTrue(t *testing.T, what string, f func() bool) {
	t.Helper()
	for range 500 {
		if f() {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("%s: not within ten seconds", what)
}
