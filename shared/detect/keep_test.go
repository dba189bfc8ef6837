package detect

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/bounded"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// counter is a detector with a long memory: it counts weird records by name, and tells the tenth and the hundredth.
type counter struct {
	counts  *bounded.Table[string, uint64]
	changes bounded.Changes[string]
}

func (c *counter) Observe(r events.Record, _ device.View) []Finding {
	w := r.(*events.Weird)
	n, _ := c.counts.Put(w.Name)
	*n++
	c.changes.Note(w.Name)
	if *n != 10 && *n != 100 {
		return nil
	}
	return []Finding{{Key: w.Name, Description: fmt.Sprintf("%d of %s.", *n, w.Name), Start: w.TS, End: w.TS}}
}
func (c *counter) Tick(events.Time, device.View) []Finding { return nil }
func (c *counter) Save(put func(key, value []byte))        { c.SaveSome(always(put)) }
func (c *counter) SaveSome(put func(key, value []byte) bool) bool {
	return c.changes.Take(func(name string) bool {
		n := c.counts.Peek(name)
		if n == nil {
			return put([]byte(name), nil)
		}
		return put([]byte(name), binary.AppendUvarint(nil, *n))
	})
}
func (c *counter) Load(key, value []byte) error {
	n, size := binary.Uvarint(value)
	if size <= 0 {
		return errors.New("no number")
	}
	have, _ := c.counts.Put(string(key))
	*have = n
	return nil
}

func counterSpec() Spec {
	s := echoSpec()
	s.Type, s.New = "recon.counter", func() Detector { return &counter{counts: bounded.New[string, uint64](100)} }
	return s
}

// folder keeps what a judge hands over, as a state does: what is put counts with the next commit.
type folder struct{ kept, minute map[string]string }

func newFolder() *folder { return &folder{map[string]string{}, map[string]string{}} }

func (f *folder) put(name string, key, value []byte) bool {
	f.minute[name+"/"+string(key)] = string(value)
	return true
}

func (f *folder) commit() { maps.Copy(f.kept, f.minute); clear(f.minute) }

func (f *folder) load(t *testing.T, j *Judge) {
	t.Helper()
	for k, v := range f.kept {
		name, key, _ := strings.Cut(k, "/")
		if v == "" {
			continue
		}
		if err := j.Load(name, []byte(key), []byte(v)); err != nil {
			t.Fatal(err)
		}
	}
}

// round saves in slices of one entry, and lets f happen after each.
func (f *folder) round(j *Judge, between func()) (slices int) {
	for {
		slices++
		if j.Save(func(name string, key, value []byte) bool { f.put(name, key, value); return false }) {
			f.commit()
			return slices
		}
		between()
	}
}

// Catches: a restart without a store that begins a thing anew, tells what was told, forgets what was counted, or shows what is old news.
func TestGoesOnFromWhatWasKept(t *testing.T) {
	f := newFolder()
	var told []events.Detection
	start := func() *Judge {
		j := NewJudge([]Spec{counterSpec(), echoSpec()}, device.New(device.Options{}), Options{Emit: func(d *events.Detection) { told = append(told, *d) }})
		f.load(t, j)
		return j
	}
	j := start()
	for n := range 15 {
		j.Observe(weird(time.Duration(n)*time.Second, "a", 1, fmt.Sprint("C", n)))
	}
	f.round(j, func() {})
	before := told[len(told)-1]
	told = nil
	j = start()
	if len(j.Detections()) != 0 {
		t.Error("what was told before is news")
	}
	for n := 10; n < 15; n++ { // the last of them come again
		j.Observe(weird(time.Duration(n)*time.Second, "a", 1, fmt.Sprint("C", n)))
	}
	if len(told) != 0 {
		t.Fatalf("told again: %+v", told)
	}
	for n := 15; n < 100; n++ {
		j.Observe(weird(time.Duration(n)*time.Second, "a", 1, fmt.Sprint("C", n)))
	}
	byType := map[string]events.Detection{}
	for _, d := range told {
		byType[d.Type] = d
	}
	if d := byType["recon.counter"]; d.Description != "100 of a." || len(d.Activity) != 2 {
		t.Errorf("the count was forgotten: %q, %d alerts", d.Description, len(d.Activity))
	}
	if d := byType["recon.echo"]; d.ID != before.ID || !d.Start.Equal(before.Start) || len(d.Activity) != maxActivity {
		t.Errorf("it began anew: %v from %v, was %v from %v, %d alerts", d.ID, d.Start, before.ID, before.Start, len(d.Activity))
	}
	if len(j.Detections()) != 2 {
		t.Errorf("%d detections have news", len(j.Detections()))
	}
}

// Catches: a round that ends without what changed while it was under way being kept with the next, one that never ends while records
// come, and a detector that is kept as of another moment than the detections are.
func TestSlicesAreOneMoment(t *testing.T) {
	f := newFolder()
	specs := []Spec{counterSpec()}
	j := NewJudge(specs, device.New(device.Options{}), Options{})
	n := 0
	see := func() {
		n++
		j.Observe(weird(time.Duration(n)*time.Second, fmt.Sprint(n%41), 1, "C"))
	}
	for range 60 {
		see()
	}
	for round := range 20 {
		if slices := f.round(j, func() { see(); see(); see() }); slices < 5 || slices > 8*patience {
			t.Errorf("round %d had %d slices", round, slices)
		}
		again := NewJudge(specs, device.New(device.Options{}), Options{})
		f.load(t, again)
		c := again.runners[0].detector.(*counter)
		for name, count := range c.counts.All {
			d := again.live.Peek("recon.counter\x00" + name)
			if (*count >= 10) != (d != nil) {
				t.Fatalf("round %d: %s was seen %d times, and that it was told is %v", round, name, *count, d != nil)
			}
		}
	}
	f.round(j, func() {})
	again := NewJudge(specs, device.New(device.Options{}), Options{})
	f.load(t, again)
	for name, count := range j.runners[0].detector.(*counter).counts.All {
		if got := again.runners[0].detector.(*counter).counts.Peek(name); got == nil || *got != *count {
			t.Errorf("%s: %v kept, and it was seen %d times", name, got, *count)
		}
	}
}

// Catches: a store that knows more than what was kept being overruled by it; one that is asked for every record.
func TestTheStoreMayKnowMore(t *testing.T) {
	f, stored, asked := newFolder(), map[string]events.Detection{}, 0
	start := func() *Judge {
		j := NewJudge([]Spec{echoSpec()}, device.New(device.Options{}), Options{
			Emit:   func(d *events.Detection) { stored[d.ID] = *d },
			Recall: func(id string) (events.Detection, bool) { asked++; d, ok := stored[id]; return d, ok },
		})
		f.load(t, j)
		return j
	}
	j := start()
	j.Observe(weird(0, "a", 1, "C1"))
	f.round(j, func() {})
	j.Observe(weird(time.Minute, "a", 2, "C2")) // it is stored, and then the program is killed
	asked = 0
	j = start()
	j.Observe(weird(time.Minute, "a", 2, "C2"))
	for n := range 10 {
		j.Observe(weird(time.Duration(n+2)*time.Minute, "a", 3, fmt.Sprint("C", n+3)))
	}
	for _, d := range stored {
		if asked != 1 || len(stored) != 1 || len(d.Activity) != 12 || !reflect.DeepEqual(d.Evidence.UIDs[:3], []string{"C1", "C2", "C3"}) {
			t.Errorf("asked %d times, %d stored, %d alerts, uids %v", asked, len(stored), len(d.Activity), d.Evidence.UIDs)
		}
	}
}

// Catches: a detection that is closed twice because the program began anew, and one that is never closed for that.
func TestEndsOnceOverARestart(t *testing.T) {
	f, stored, ends := newFolder(), map[string]events.Detection{}, 0
	start := func() *Judge {
		j := NewJudge([]Spec{echoSpec()}, device.New(device.Options{}), Options{
			Emit: func(d *events.Detection) {
				if stored[d.ID] = *d; d.End != nil {
					ends++
				}
			},
			Recall: func(id string) (events.Detection, bool) { d, ok := stored[id]; return d, ok },
		})
		f.load(t, j)
		return j
	}
	at := weird(0, "", 0, "").TS
	j := start()
	for n := range 3 * maxAsked {
		j.Observe(weird(0, fmt.Sprint(n), 1, "C"))
	}
	f.round(j, func() {})
	j.Tick(at.Add(2 * quietAfter)) // all end, and then the program is killed
	ended := ends
	for _, name := range []string{"1", "2"} { // but two whose end was not stored any more
		d := j.live.Peek("recon.echo\x00" + name).Detection
		d.End = nil
		stored[d.ID] = d
	}
	j = start()
	for n := range 10 {
		j.Tick(at.Add(2*quietAfter + time.Duration(n)*time.Minute))
	}
	if ended != 3*maxAsked || ends != ended+2 {
		t.Errorf("%d ended, and %d after the restart; want %d and 2", ended, ends-ended, 3*maxAsked)
	}
}

// Catches: what correlation added to a stored detection being told as the detector's own after a restart, counted twice in its risk, or
// kept among the judge's state.
func TestContextStaysTheStores(t *testing.T) {
	f, stored, told := newFolder(), map[string]events.Detection{}, []events.Detection{}
	start := func() *Judge {
		j := NewJudge([]Spec{echoSpec()}, device.New(device.Options{}), Options{
			Emit:   func(d *events.Detection) { told = append(told, *d) },
			Recall: func(id string) (events.Detection, bool) { d, ok := stored[id]; return d, ok },
		})
		f.load(t, j)
		return j
	}
	j := start()
	for _, name := range []string{"goes on", "ends"} {
		j.Observe(weird(0, name, 1, "C1"))
	}
	f.round(j, func() {})
	own := told[0].Risk
	for _, d := range told {
		d.Context = &events.Context{Incident: "i", Adjustments: []events.Term{{Name: "context_stolen_credentials", Points: 20}}}
		d.Risk = d.Risk.Adjusted(d.Context.Adjustments)
		d.Update = d.Update.Add(time.Second) // the store knows more
		stored[d.ID] = d
	}
	told = nil
	j = start()
	j.Observe(weird(time.Minute, "goes on", 1, "C2"))
	j.Tick(weird(0, "", 0, "").TS.Add(2 * quietAfter))
	if len(told) != 3 || told[1].End == nil || told[2].End == nil {
		t.Fatalf("told %d times: %+v", len(told), told)
	}
	for _, d := range told {
		if d.Context != nil || !reflect.DeepEqual(d.Risk, own) {
			t.Errorf("%s is told with risk %+v, not %+v, and context %v", d.Description, d.Risk, own, d.Context)
		}
	}
	f.round(j, func() {})
	again := start()
	for name, d := range again.live.All {
		if d.Context != nil || !reflect.DeepEqual(d.Risk, own) {
			t.Errorf("%s is kept with risk %+v and context %v", name, d.Risk, d.Context)
		}
	}
}

func TestWhatCannotBeLoadedIsSaid(t *testing.T) {
	j := NewJudge([]Spec{counterSpec()}, device.New(device.Options{}), Options{})
	for name, c := range map[string]struct{ part, key, value, want string }{
		"nobody's":       {"detector:gone", "k", "v", "load detector:gone: nobody here keeps that"},
		"a broken value": {"detector:recon.counter", "k", "\x80", "load detector:recon.counter: no number"},
		"no JSON":        {"live", "a\x00b", "{", "load live: read detection: unexpected end"},
		"another type":   {"live", "a\x00b", `{"type":"c"}`, `its type is "c", and it stands under "a"`},
		"no id":          {"live", "a\x00b", `{"type":"a","id":"7"}`, `its id "7" is not of 32 digits`},
	} {
		if err := j.Load(c.part, []byte(c.key), []byte(c.value)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	var names []string
	for _, p := range j.Parts() {
		names = append(names, fmt.Sprintf("%s/%d", p.Name, p.Version))
	}
	if names[0] != "detector:recon.counter/3" || names[1] != "live/1" {
		t.Errorf("parts %v", names)
	}
}
