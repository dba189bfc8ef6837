package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	analyzers "github.com/mirrorwatch/mirrorwatch/sensor/analyzer/all"
	"github.com/mirrorwatch/mirrorwatch/sensor/capture"
	"github.com/mirrorwatch/mirrorwatch/sensor/engine"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/packet"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	detectors "github.com/mirrorwatch/mirrorwatch/shared/detect/all"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// moments are the records of a capture and how time passed between them.
type moments struct{ list []any }

func (m *moments) Record(r events.Record, _ []byte) { m.list = append(m.list, r) }
func (m *moments) Tick(now events.Time)             { m.list = append(m.list, now) }

// momentsOf reads a capture as the judge sees it.
func momentsOf(t *testing.T, path string) []any {
	t.Helper()
	src, err := capture.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	who, m := device.New(device.Options{}), &moments{}
	e := engine.New(engine.Config{
		Workers: 1, Analyzers: analyzers.Specs(), Flow: flow.Defaults(), Interim: true,
		Local: func(a packet.Addr) bool { return who.Classify(a.Netip()) == device.Local },
	}, m)
	if err := e.Read(src); err != nil {
		t.Fatal(err)
	}
	e.Finish()
	return m.list
}

// lives runs a judge on a capture and replaces it, every so many moments, by a new one that knows nothing but what the old one had saved.
type lives struct {
	t      *testing.T
	every  int
	kept   map[string][]byte
	stored map[string]events.Detection
	told   int
	judge  *detect.Judge
}

func (l *lives) begin() {
	l.judge = detect.NewJudge(detectors.Specs(), device.New(device.Options{}), detect.Options{
		Emit:   func(d *events.Detection) { l.told++; l.stored[d.ID] = *d },
		Recall: func(id string) (events.Detection, bool) { d, ok := l.stored[id]; return d, ok },
	})
	for k, v := range l.kept {
		part, key, _ := strings.Cut(k, "\xff")
		if err := l.judge.Load(part, []byte(key), v); err != nil {
			l.t.Fatal(err)
		}
	}
}

func (l *lives) end() {
	l.judge.SaveAll(func(part string, key, value []byte) bool {
		if id := part + "\xff" + string(key); value == nil {
			delete(l.kept, id)
		} else {
			l.kept[id] = append([]byte(nil), value...)
		}
		return true
	})
}

func (l *lives) run(list []any) {
	l.begin()
	last := events.Time(0)
	for n, m := range list {
		switch m := m.(type) {
		case events.Record:
			l.judge.Observe(m)
		case events.Time:
			last = max(last, m)
			l.judge.Tick(last)
		}
		if n%l.every == l.every-1 {
			l.end()
			l.begin()
		}
	}
	l.judge.Close(last)
}

// TestARestartChangesNothing: every capture gives the same detections, told as often, however often the judge is replaced by one that goes on
// from what was kept.
func TestARestartChangesNothing(t *testing.T) {
	captures, err := filepath.Glob("../../test/replay/*.pcap*")
	if err != nil || len(captures) < 10 {
		t.Fatal(captures, err)
	}
	if testing.Short() {
		captures = captures[:6]
	}
	for _, path := range captures {
		t.Run(filepath.Base(path), func(t *testing.T) {
			list := momentsOf(t, path)
			undisturbed := &lives{t: t, every: len(list) + 1, kept: map[string][]byte{}, stored: map[string]events.Detection{}}
			undisturbed.run(list)
			for _, every := range []int{len(list)/3 + 1, len(list)/20 + 1} {
				again := &lives{t: t, every: every, kept: map[string][]byte{}, stored: map[string]events.Detection{}}
				again.run(list)
				sameDetections(t, undisturbed.stored, again.stored)
				if again.told != undisturbed.told {
					t.Errorf("restarted every %d moments: told %d times instead of %d", every, again.told, undisturbed.told)
				}
			}
		})
	}
}

func sameDetections(t *testing.T, want, got map[string]events.Detection) {
	t.Helper()
	for id, d := range want {
		a, _ := json.MarshalIndent(d, "", " ")
		g, there := got[id]
		b, _ := json.MarshalIndent(g, "", " ")
		if !there || !reflect.DeepEqual(a, b) {
			t.Errorf("%s %s: want\n%s\ngot\n%s", d.Type, id, a, b)
		}
	}
	for id, d := range got {
		if _, known := want[id]; !known {
			t.Errorf("too much: %s %q", d.Type, d.Description)
		}
	}
}

// Catches: a folder that another process has, or that cannot be made, being told as anything but a line that names it.
func TestStateMistakes(t *testing.T) {
	dir := t.TempDir()
	p, err := newPipeline(options{workers: 1, state: dir}, nil)
	if err != nil {
		t.Fatal(err)
	}
	capture := "../../test/replay/portscan-slow.pcap"
	if code, _, errs := do("read", "--state", dir, capture); code != 1 || !strings.Contains(errs, dir+": lock is locked: another process uses it") {
		t.Errorf("in use: %d %s", code, errs)
	}
	if err := p.settle(true); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := do("read", "--state", "/proc/nowhere", capture); code != 1 || !strings.Contains(errs, "/proc/nowhere") {
		t.Errorf("no such folder: %d %s", code, errs)
	}
}

// TestReadGoesOn: a capture in two readings is one, and the same capture twice is told once.
func TestReadGoesOn(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "state")
	capture := "../../test/replay/portscan-slow.pcap"
	code, out, errs := do("read", "--json", "--state", dir, capture)
	if code != 0 || strings.Count(out, "\n") != 1 {
		t.Fatalf("%d %s %s", code, out, errs)
	}
	code, out, errs = do("read", "--json", "--state", dir, capture)
	if code != 0 || out != "" || !strings.Contains(errs, "goes on from what was learned until") {
		t.Errorf("the same again: %d %q %s", code, out, errs)
	}
}

// TestCarriesADevice: what is usual of a device on one sensor is so on another, which knew nothing of it, or something else.
func TestCarriesADevice(t *testing.T) {
	const id, minutes = "10.0.0.9", 5 * 60
	learn := func(dir string, bytes uint64) {
		p, err := newPipeline(options{workers: 1, state: dir}, nil)
		if err != nil {
			t.Fatal(err)
		}
		at := events.Time(1_800_000_000e9)
		for n := range minutes {
			c := &events.Conn{IPProto: 6, ConnState: "SF", OrigBytes: bytes, OrigIPBytes: bytes, RespPkts: 3}
			c.TS, c.UID = at.Add(time.Duration(n)*time.Minute), fmt.Sprint(dir, n)
			c.OrigH, c.RespH, c.RespP = netip.MustParseAddr(id), netip.MustParseAddr("10.0.0.1"), 443
			p.Record(c, nil)
			p.Tick(c.TS)
		}
		if err := errors.Join(p.close(), p.settle(true)); err != nil {
			t.Fatal(err)
		}
	}
	known := func(dir string) (entries int) {
		l, err := look(stateOptions{dir: dir}, nil)
		if err != nil || len(l.LeftOut) > 0 {
			t.Fatal(err, l.LeftOut)
		}
		for _, p := range l.Parts {
			if p.Name == detect.UsualPart {
				entries = p.Entries
			}
		}
		return entries
	}
	from, empty, other := t.TempDir(), t.TempDir(), t.TempDir()
	learn(from, 5e6)
	learn(other, 5e7)
	file := filepath.Join(t.TempDir(), "d.state")
	if code, _, errs := do("state", "export", id, "--state", from, "--out", file); code != 0 || !strings.Contains(errs, "what is usual of "+id+", learned until 2027-01-15") {
		t.Fatalf("export: %d %s", code, errs)
	}
	for _, dir := range []string{empty, other} {
		before := known(dir)
		if code, _, errs := do("state", "import", file, "--state", dir); code != 0 || !strings.Contains(errs, "1 of 1 entries taken into") {
			t.Errorf("import: %d %s", code, errs)
		}
		if known(dir) < max(before, 1) {
			t.Errorf("%d entries, before %d", known(dir), before)
		}
		again := filepath.Join(t.TempDir(), "again.state")
		if code, _, errs := do("state", "export", id, "--state", dir, "--out", again); code != 0 {
			t.Errorf("export again: %s", errs)
		}
		a, _ := os.ReadFile(file)
		b, _ := os.ReadFile(again)
		if same := bytes.Equal(a, b); same != (dir == empty) {
			t.Errorf("the same went out as came in: %v", same)
		}
	}
	for want, args := range map[string][]string{
		"nothing is kept of such a device": {"state", "export", "10.9.9.9", "--state", from},
		"no such file":                     {"state", "import", file + "x", "--state", from},
		"takes one device, but got 0":      {"state", "export", "--state", from},
	} {
		if code, _, errs := do(args...); code == 0 || !strings.Contains(errs, want) {
			t.Errorf("%v: %d %s", args, code, errs)
		}
	}
	if code, out, _ := do("state", "check", "--state", other, "--json"); code != 0 || !strings.Contains(out, `"left_out": []`) {
		t.Errorf("check: %d %s", code, out)
	}
}
