package console

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/archive"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/sqlite"
	"github.com/mirrorwatch/mirrorwatch/test/e2e"
	"github.com/mirrorwatch/mirrorwatch/test/furnish"
)

const (
	web      = "../../lambdas/console/web"
	captures = "../replay"
	said     = "../../build/console/tests.txt" // what the browser's tests said last, beside their screenshots
	most     = 30 * time.Minute                // for all of them, where go test has no end of its own: a few minutes on a machine that does nothing else
	parting  = time.Minute                     // before go test's own end the runner is stopped: what it said so far is told, which a test that is ended does not
	closing  = 25                              // lines of the runner's that end what it says
	crowd    = 10_000                          // detections of the second server
)

// TestConsole starts a server that has seen every capture, and has a browser make the journeys of an analyst through its console.
func TestConsole(t *testing.T) {
	if testing.Short() {
		t.Skip("a browser and a server: too long for -short")
	}
	browser := needed(t)
	build(t)
	t.Cleanup(e2e.Clean)
	h := &house{t: t, folder: t.TempDir()}
	h.fill()
	h.start("127.0.0.1:0")
	control := h.listen()
	end, ok := t.Deadline()
	if !ok {
		end = time.Now().Add(most)
	}
	ctx, cancel := context.WithDeadline(context.Background(), end.Add(-parting))
	defer cancel()
	only := strings.Fields(os.Getenv("MIRRORWATCH_ONLY")) // of the runner's: files, or "-t" and part of a name
	run := exec.CommandContext(ctx, "npx", append([]string{"vitest", "run", "--config", "vitest.e2e.config.ts"}, only...)...)
	run.Dir = web
	run.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	run.Cancel = func() error { return syscall.Kill(-run.Process.Pid, syscall.SIGKILL) } // the browser, too
	run.Env = append(os.Environ(), "MIRRORWATCH_URL="+h.server.URL, "MIRRORWATCH_NAME=admin", "MIRRORWATCH_PASSWORD="+h.password, "MIRRORWATCH_CONTROL="+control, "MIRRORWATCH_CHROMIUM="+browser, "NO_COLOR=1")
	var out bytes.Buffer
	run.Stdout, run.Stderr = &out, &out
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- run.Wait() }()
	h.report(h.serve(ended), out.String())
}

// report keeps what the runner said, and gives its end; all of it where it failed.
func (h *house) report(err error, out string) {
	h.t.Helper()
	if werr := errors.Join(os.MkdirAll(filepath.Dir(said), 0o755), os.WriteFile(said, []byte(out), 0o644)); werr != nil {
		h.t.Error(werr)
	}
	if err != nil {
		h.t.Errorf("%s\nthe browser's tests: %v\nthe server's log: %s", out, err, h.server.Log)
		return
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	h.t.Logf("%s", strings.Join(lines[max(0, len(lines)-closing):], "\n"))
}

// house is the server that the browser looks at, and what may happen to it.
type house struct {
	t        *testing.T
	folder   string
	password string // of admin, of the setup
	server   *e2e.Server
	crowded  *e2e.Server // with ten thousand detections; nil until it is asked for
	asked    chan request
}

// fill plays the captures to a server of the folder, and adds what no capture can hold.
func (h *house) fill() {
	h.t.Helper()
	scenes := h.scenes()
	h.open(h.folder, func(ctx context.Context, s *store.Store, now time.Time) error {
		sender, err := furnish.Sender(scenes)
		if err != nil {
			return err
		}
		return errors.Join(
			s.Devices.Observe(ctx, furnish.Past(sender, now)...), furnish.Interfaces(ctx, s, now), furnish.Planned(ctx, s, now), furnish.Enriched(ctx, s, now), furnish.Hostile(ctx, s, now),
		)
	})
	e2e.Run(h.t, "demo", scenes, "--once", "--data", h.folder, "--http", "127.0.0.1:0", "--sensor-name", "lab", "--workers", "2")
	h.open(h.folder, furnish.Watched)
	h.password = strings.TrimSpace(e2e.Run(h.t, "users", "reset", "admin", "--data", h.folder))
}

// scenes is a folder of the captures of the demo with the hostile one behind them.
func (h *house) scenes() string {
	h.t.Helper()
	dir := h.t.TempDir()
	list, err := os.ReadFile(filepath.Join(captures, "expect.tsv"))
	if err != nil {
		h.t.Fatal(err)
	}
	list = append(list, "hostile-names.pcap.gz\tattack\taccess.smb_brute_force\t10.20.1.99\t10.20.12.45\n"...)
	if err := os.WriteFile(filepath.Join(dir, "expect.tsv"), list, 0o600); err != nil {
		h.t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(captures, "*.pcap*"))
	if err != nil || len(files) < 50 {
		h.t.Fatalf("%d captures: %v", len(files), err)
	}
	for _, path := range files {
		whole, err := filepath.Abs(path)
		if err == nil {
			err = os.Symlink(whole, filepath.Join(dir, filepath.Base(path)))
		}
		if err != nil {
			h.t.Fatal(err)
		}
	}
	return dir
}

func (h *house) open(folder string, fill func(context.Context, *store.Store, time.Time) error) {
	h.t.Helper()
	ctx := context.Background()
	s, err := sqlite.Open(ctx, sqlite.Options{Folder: folder, Now: time.Now, Schema: archive.Schema()})
	if err != nil {
		h.t.Fatal(err)
	}
	if err := errors.Join(fill(ctx, s, time.Now().UTC()), s.Close()); err != nil {
		h.t.Fatal(err)
	}
}

// start starts the server at an address.
func (h *house) start(address string) {
	h.t.Helper()
	h.server = h.serveFolder(h.folder, address)
}

func (h *house) serveFolder(folder, address string) *e2e.Server {
	h.t.Helper()
	return e2e.Start(h.t, "serve", "--data", folder, "--http", address, "--listen", freeUDP(h.t), "--side", "", "--workers", "1", "--sensor-name", "lab")
}

func freeUDP(t *testing.T) string {
	t.Helper()
	l, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.LocalAddr().String()
}

// needed gives the browser, where all that the tests need is installed.
func needed(t *testing.T) string {
	t.Helper()
	browser := os.Getenv("MIRRORWATCH_CHROMIUM")
	if browser == "" {
		browser = "/usr/bin/chromium"
	}
	node, noNode := exec.Command(filepath.Join(web, "node.sh")).Output()
	_, noBrowser := os.Stat(browser)
	_, noModules := os.Stat(filepath.Join(web, "node_modules", "playwright-core"))
	switch {
	case noNode != nil:
		missing(t, "there is no Node that Vite runs on: apt-get install nodejs npm, and see what lambdas/console/web/node.sh says")
	case noBrowser != nil:
		missing(t, "there is no browser at "+browser+": apt-get install chromium fonts-liberation, or set MIRRORWATCH_CHROMIUM")
	case noModules != nil:
		missing(t, "the console's packages are not installed: run lambdas/console/web/setup.sh")
	}
	t.Setenv("PATH", strings.TrimSpace(string(node))+string(os.PathListSeparator)+os.Getenv("PATH"))
	return browser
}

func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("MIRRORWATCH_REQUIRE_ALL") != "" {
		t.Fatal(what)
	}
	t.Skip("SKIPPED, NO BROWSER LOOKS AT THE CONSOLE: " + what)
}

// build makes the console in the program that of the sources.
func build(t *testing.T) {
	t.Helper()
	if out, err := exec.Command(filepath.Join(web, "build.sh")).CombinedOutput(); err != nil {
		t.Fatalf("build console: %v\n%s", err, out)
	}
}

// TestSources looks at every source that program and console are made of, so that go test does not take an outcome of before they changed for
// one of now: it knows the files that a test looks at, and not what a compiler read.
func TestSources(t *testing.T) {
	n := map[string]int{}
	for _, dir := range []string{"cmd", "events", "lambdas", "sensor", "shared", "test/replay"} {
		err := filepath.WalkDir(filepath.Join("..", "..", dir), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || d.Type()&fs.ModeSymlink != 0 || filepath.Base(filepath.Dir(path)) == "dist" {
				return err
			}
			switch ext := filepath.Ext(path); ext {
			case ".go", ".ts", ".tsx", ".css", ".mjs", ".json", ".html", ".svg", ".sh", ".yaml", ".tsv", ".gz", ".pcap":
				_, err = os.Stat(path)
				n[ext]++
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	if n[".go"] < 100 || n[".tsx"] < 10 || n[".pcap"] < 10 {
		t.Errorf("%v sources", n)
	}
}
