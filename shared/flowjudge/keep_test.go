package flowjudge

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/memory"
)

// summary is what of a detection must not depend on a restart.
func summary(last map[string]*events.Detection) (list []string) {
	for id, d := range last {
		list = append(list, fmt.Sprint(id, " ", d.Risk.Score, " ", d.Start.Unix(), " ", d.Description))
	}
	slices.Sort(list)
	return list
}

// Catches: a function that was cold counting anew, telling twice, or losing what waited. Every scenario is run with a new judge for each object.
func TestColdStarts(t *testing.T) {
	for _, s := range scenarios() {
		if s.name == "fan_out" || s.name == "background_noise" {
			continue // a fan-out is a matter of minutes, and begins anew; noise is long, and the others are like it
		}
		t.Run(s.name, func(t *testing.T) {
			_, whole := told(t, &s, Options{})
			cold := coldRun(t, &s)
			if a, b := summary(whole), summary(cold); !slices.Equal(a, b) {
				t.Errorf("with cold starts:\n%s\nwithout:\n%s", strings.Join(b, "\n"), strings.Join(a, "\n"))
			}
		})
	}
}

// coldRun feeds a scenario in ten parts, each to a judge of its own that was loaded from the snapshot before.
func coldRun(t *testing.T, s *scenario) map[string]*events.Detection {
	t.Helper()
	last := map[string]*events.Detection{}
	snapshots := memory.New(memory.Options{Now: time.Now}).Snapshots
	list := s.file(t)
	end := func(c *events.Conn) events.Time { return c.TS.Add(c.Duration.Duration()) }
	slices.SortStableFunc(list, func(a, b *events.Conn) int { return int(max(min(end(a)-end(b), 1), -1)) })
	const parts = 10
	for i := range parts {
		j, err := New(Options{Emit: func(d *events.Detection) {
			if events.TimeOf(d.Evidence.End) >= begin.Add(s.from) {
				last[d.ID] = d
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		if l, err := j.Load(t.Context(), snapshots, "flows"); err != nil || l.LeftOut > 0 || i > 0 && l.Entries == 0 {
			t.Fatal(l, err)
		}
		for _, c := range list[i*len(list)/parts : (i+1)*len(list)/parts] {
			j.Conn(c)
		}
		j.End(fmt.Sprint("object-", i))
		if i == parts-1 {
			j.Close(t.Context())
			continue
		}
		j.Tick(t.Context())
		if err := j.Save(t.Context(), snapshots, "flows", begin.Time()); err != nil {
			t.Fatal(err)
		}
	}
	return last
}

// Catches: an object that is delivered twice and counted twice: after Save and before it was acknowledged, or before Save.
func TestRedelivery(t *testing.T) {
	snapshots := memory.New(memory.Options{Now: time.Now}).Snapshots
	list := attacks()[1].file(t)
	run := func(j *Judge, object string, list []*events.Conn) {
		if j.Begin(object, 0) {
			for _, c := range list {
				j.Conn(c)
			}
			j.End(object)
		}
		j.Tick(t.Context())
	}
	load := func(emit func(*events.Detection)) *Judge {
		j, err := New(Options{Emit: emit})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := j.Load(t.Context(), snapshots, "flows"); err != nil {
			t.Fatal(err)
		}
		return j
	}
	ids := map[string]int{}
	emit := func(d *events.Detection) { ids[d.ID]++ }
	first := load(emit)
	run(first, "a", list[:300])
	if err := first.Save(t.Context(), snapshots, "flows", begin.Time()); err != nil {
		t.Fatal(err)
	}
	run(load(emit), "b", list[300:]) // killed before Save
	last := load(emit)
	run(last, "a", list[:300]) // delivered again
	run(last, "b", list[300:])
	if got := last.tries.Peek(who{orig: list[0].OrigH}); got.all != uint64(len(list)) || len(ids) != 1 {
		t.Errorf("%d tries of %d are counted, and %d detections told", got.all, len(list), len(ids))
	}
}

// Catches: output that depends on the order of a map, in what is told or in the snapshot.
func TestSameInputSameOutput(t *testing.T) {
	run := func() (string, []byte) {
		var lines bytes.Buffer
		j, err := New(Options{Emit: func(d *events.Detection) {
			line, err := json.Marshal(d)
			if err != nil {
				t.Fatal(err)
			}
			lines.Write(line)
		}})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range scenarios() {
			for i, c := range s.file(t) {
				j.Conn(c)
				if i%500 == 0 {
					j.Tick(t.Context())
				}
			}
		}
		j.Tick(t.Context())
		var packed bytes.Buffer
		if err := j.pack(&packed); err != nil {
			t.Fatal(err)
		}
		return lines.String(), packed.Bytes()
	}
	a, x := run()
	b, y := run()
	if a != b || !bytes.Equal(x, y) || len(a) == 0 {
		t.Errorf("two runs differ: %v, snapshots of %d and %d bytes", a != b, len(x), len(y))
	}
}

type noSnapshots struct{ store.Snapshots }

func (noSnapshots) Save(context.Context, string, time.Time, io.Reader, int) error {
	return store.ErrUnavailable
}

// Catches: a snapshot that is broken taken for a whole one, one of another make that stops the judge, and a Save that failed and loses what changed.
func TestBrokenSnapshots(t *testing.T) {
	j, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range attacks()[1].file(t)[:100] {
		j.Conn(c)
	}
	j.End("a")
	if err := j.Save(t.Context(), noSnapshots{}, "flows", begin.Time()); !errors.Is(err, store.ErrUnavailable) {
		t.Error(err)
	}
	var packed bytes.Buffer
	if err := j.pack(&packed); err != nil {
		t.Fatal(err)
	}
	whole := packed.Bytes()
	for _, broken := range [][]byte{nil, []byte("text"), whole[:len(whole)/2], whole[:len(whole)-9]} {
		again, err := New(Options{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := again.unpack(broken); err == nil || again.Stats().Detect.Devices != 0 || again.objects.Len() != 0 || again.newest != 0 {
			t.Errorf("%d of %d bytes were taken", len(broken), len(whole))
		}
	}
	again, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	if l, err := again.unpack(whole); err != nil || l.LeftOut != 0 || l.Entries < 5 || !l.Through.Equal(j.newest.Time()) {
		t.Errorf("%+v %v", l, err)
	}
	if again.Begin("a", 0) || !again.Begin("b", 0) {
		t.Error("what was fed is not known")
	}
}

// Catches: a snapshot by somebody else that brings the judge down, or takes all memory.
func FuzzUnpack(f *testing.F) {
	j, err := New(Options{})
	if err != nil {
		f.Fatal(err)
	}
	for _, c := range attacks()[1].file(f)[:50] {
		j.Conn(c)
	}
	var packed bytes.Buffer
	if err := j.pack(&packed); err != nil {
		f.Fatal(err)
	}
	f.Add(packed.Bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		j, err := New(Options{Devices: 10})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := j.unpack(b); err == nil {
			j.Conn(&events.Conn{})
		}
	})
}
