package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/intel"
)

func writeList(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestIntelCheck(t *testing.T) {
	dir := t.TempDir()
	good := writeList(t, filepath.Join(dir, "good.txt"), "203.0.113.9\nbad.example.com\n")
	bad := writeList(t, filepath.Join(dir, "bad.csv"), "ip,confidence\n203.0.113.9,90\n0.0.0.0/0,90\n")
	if code, out, errs := do("intel", "check", good); code != exitDone || !strings.Contains(out, "good.txt (list): 2 indicators, 1 address, 1 domain") || errs != "" {
		t.Errorf("%d %q %q", code, out, errs)
	}
	code, out, errs := do("intel", "check", good, bad, filepath.Join(dir, "none.txt"))
	if code != exitInput || !strings.Contains(errs, `bad.csv:3: "0.0.0.0/0": it would match nearly everything`) || !strings.Contains(errs, "none.txt") || !strings.Contains(out, "bad.csv (csv): 1 indicators") {
		t.Errorf("%d %q %q", code, out, errs)
	}
	code, out, _ = do("intel", "check", "--json", dir)
	var reports []intel.Report
	if err := json.Unmarshal([]byte(out), &reports); err != nil || code != exitInput || len(reports) != 2 || reports[0].Bad != 1 || reports[1].ByKind["domain"] != 1 {
		t.Errorf("%d %v %s", code, err, out)
	}
}

func TestIntelLookup(t *testing.T) {
	list := writeList(t, filepath.Join(t.TempDir(), "feed.csv"), "indicator,type,confidence,valid_until,tags\n*.bad.example.com,domain,80,2027-01-01,botnet\n"+
		"0123456789abcdef0123456789abcdef,ja3,70,,\n203.0.113.0/24,cidr,60,,\n")
	for value, want := range map[string]string{
		"x.bad[.]example.com": "*.bad.example.com  feed    80                 2027-01-01  botnet", "0123456789ABCDEF0123456789abcdef": "ja3", "203.0.113.7": "203.0.113.0/24",
	} {
		if code, out, errs := do("intel", "lookup", value, "--intel", list); code != exitDone || !strings.Contains(out, want) {
			t.Errorf("%s: %d %q %q", value, code, out, errs)
		}
	}
	if code, out, _ := do("intel", "lookup", "198.51.100.1", "--intel", list); code != exitInput || !strings.Contains(out, "not listed") {
		t.Errorf("%d %q", code, out)
	}
	if code, out, _ := do("intel", "lookup", "x.bad.example.com", "--json", "--intel", list); code != exitDone || !strings.Contains(out, `"confidence": 80`) {
		t.Errorf("%d %q", code, out)
	}
	for _, args := range [][]string{{"intel", "lookup", "x.example.com"}, {"intel", "lookup", "nonsense", "--intel", list}, {"read", "--intel", list + ".gone", "x.pcap"}} {
		if code, _, errs := do(args...); code != exitUsage || errs == "" {
			t.Errorf("%v: %d %q", args, code, errs)
		}
	}
}

// A capture is held against lists: what is listed is told, and what another detector found is worth more for it.
func TestReadWithIntel(t *testing.T) {
	capture := "../../test/replay/beacon-tcp.pcap"
	detections := func(args ...string) map[string]events.Detection {
		_, out, errs := do(append([]string{"read", "--json"}, append(args, capture)...)...)
		found := map[string]events.Detection{}
		for line := range strings.Lines(out) {
			var d events.Detection
			if err := json.Unmarshal([]byte(line), &d); err != nil {
				t.Fatal(err, errs)
			}
			found[d.Type] = d
		}
		return found
	}
	before := detections()
	beacon, ok := before["c2.beacon"]
	if !ok {
		t.Fatalf("no beacon in %v", before)
	}
	var outside netip.Addr
	for _, p := range beacon.Participants {
		if p.External {
			outside = p.Address
		}
	}
	list := writeList(t, filepath.Join(t.TempDir(), "feed.txt"), outside.String()+"\n")
	after := detections("--intel", list)
	match, ok := after["intel.indicator_match"]
	if !ok || match.Properties["indicator"] != outside.String() || match.Properties["source"] != "feed" {
		t.Errorf("%+v", after)
	}
	if d := after["c2.beacon"]; d.Risk.Score != min(beacon.Risk.Score+10, 99) || !strings.Contains(fmt.Sprint(d.Risk.Terms), "threat_intelligence") {
		t.Errorf("risk %d without the list, with it %+v", beacon.Risk.Score, d.Risk)
	}
}

// heardLines gathers lines of any goroutine.
type heardLines struct {
	mu    sync.Mutex
	lines []string
}

func (s *heardLines) say(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, line)
}

func (s *heardLines) has(part string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Contains(strings.Join(s.lines, "\n"), part)
}

// Lists are read anew when they change, a broken one keeps what it had, and one that is mended or gone takes hold.
func TestListsAreReadAnew(t *testing.T) {
	dir := t.TempDir()
	bundle := filepath.Join(dir, "a.json")
	stix := func(name string) string {
		return `{"type":"bundle","objects":[{"type":"indicator","pattern":"[domain-name:value = '` + name + `']"}]}`
	}
	writeList(t, bundle, stix("one.example.com"))
	other := writeList(t, filepath.Join(dir, "b.txt"), "two.example.com\n")
	var s heardLines
	l, err := newLists(&options{intel: []string{dir}, live: true}, s.say)
	if err != nil {
		t.Fatal(err)
	}
	has := func(name string) bool { _, ok := l.feed.Index().Domain(name); return ok }
	check := func(when string, one, two, three bool) {
		t.Helper()
		if has("one.example.com") != one || has("two.example.com") != two || has("three.example.com") != three {
			t.Errorf("%s: one %v, two %v, three %v", when, has("one.example.com"), has("two.example.com"), has("three.example.com"))
		}
	}
	check("at first", true, true, false)
	before := l.feed.Index()
	if l.turn(false); l.feed.Index() != before {
		t.Error("nothing changed, and the lists were read anew")
	}
	writeList(t, bundle, stix("three.example.com")[:40])
	writeList(t, other, "three.example.com\n")
	l.turn(false)
	check("one is broken, the other new", true, false, true)
	if !s.has("a.json:1: the bundle is cut short") || !s.has("a.json is broken: the 1 indicators that it had before stay in use") {
		t.Errorf("said %q", s.lines)
	}
	l.turn(true)
	check("still broken", true, false, true)
	writeList(t, bundle, stix("two.example.com")+"\n")
	l.turn(false)
	check("mended", false, true, true)
	if err := os.Remove(other); err != nil {
		t.Fatal(err)
	}
	l.turn(false)
	check("one is gone", false, true, false)
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(l)
	families, err := registry.Gather()
	if err != nil || len(families) != 6 || l.failures.Load() != 2 || l.reloads.Load() != 4 {
		t.Errorf("%d metrics, %v, %d failures, %d reloads", len(families), err, l.failures.Load(), l.reloads.Load())
	}
}

func TestListsAreReadAnewOnHangup(t *testing.T) {
	file := writeList(t, filepath.Join(t.TempDir(), "a.txt"), "one.example.com\n")
	l, err := newLists(&options{intel: []string{file}, live: true}, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	guard := make(chan os.Signal, 1) // before the lists listen, the signal would end the test
	signal.Notify(guard, syscall.SIGHUP)
	defer signal.Stop(guard)
	stop := l.follow(context.Background())
	defer stop() //nolint:errcheck // it gives none
	writeList(t, file, "one.example.com\ntwo.example.com\n")
	for range 200 { // the signal may come before the goroutine listens, and is then sent again
		if err := syscall.Kill(syscall.Getpid(), syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Millisecond)
		if l.feed.Index().Len() == 2 {
			return
		}
	}
	t.Error("SIGHUP did not read the list anew")
}
