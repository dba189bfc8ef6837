package detect

import (
	"fmt"
	"net/netip"
	"reflect"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// echo turns each weird record into one finding: the key is its name, the count its victims.
type echo struct{ ticks, closes int }

func (e *echo) Observe(r events.Record, _ device.View) []Finding {
	w := r.(*events.Weird)
	f := Finding{
		Key: w.Name, Description: fmt.Sprintf("%s seen %d times.", w.Name, w.Count), Confidence: 0.9, Start: w.TS, End: w.TS,
		Offenders: []Party{{Addr: w.OrigH, Endpoint: Client}}, UIDs: []string{w.UID}, VNI: w.VNI,
	}
	for i := range w.Count {
		f.Victims = append(f.Victims, Party{Addr: netip.AddrFrom4([4]byte{10, 1, byte(i >> 8), byte(i)}), Port: 80, Endpoint: Server})
	}
	return []Finding{f}
}
func (e *echo) Tick(events.Time, device.View) []Finding { e.ticks++; return nil }
func (e *echo) Close(device.View) []Finding             { e.closes++; return nil }

func echoSpec() Spec {
	return Spec{
		Type: "recon.echo", Title: "Echo", Category: "recon", Tactics: []string{"TA0043"}, Techniques: []string{"T1046"}, Version: 3,
		Risk: Base{events.High, events.Low, events.Low}, Wants: []events.Kind{events.KindWeird}, New: func() Detector { return &echo{} },
	}
}

func weird(at time.Duration, name string, count int, uid string) *events.Weird {
	w := &events.Weird{Name: name, Count: uint64(count)}
	w.TS, w.UID = events.Time(1_700_000_000e9).Add(at), uid
	w.OrigH, w.RespH = netip.MustParseAddr("203.0.113.9"), netip.MustParseAddr("10.1.0.0")
	return w
}

// Catches: two detections for one thing, an id that moves with an update, an update that changes a copy given away before.
func TestSameKeyIsOneDetection(t *testing.T) {
	var told []*events.Detection
	j := NewJudge([]Spec{echoSpec()}, device.New(device.Options{}), Options{Emit: func(d *events.Detection) { told = append(told, d) }})
	j.Observe(weird(0, "a", 1, "C1"))
	j.Observe(weird(time.Minute, "a", 100, "C2"))
	j.Observe(weird(time.Minute, "b", 1, "C3"))
	j.Close(weird(time.Minute, "", 0, "").TS)
	list := j.Detections()
	if len(list) != 2 || len(told) != 3 || told[0].ID != told[1].ID || told[0].ID == told[2].ID || len(told[0].ID) != 32 {
		t.Fatalf("%d detections, %d told", len(list), len(told))
	}
	first, second := told[0], told[1]
	if len(first.Activity) != 1 || len(first.Participants) != 2 || len(first.Evidence.UIDs) != 1 {
		t.Errorf("the copy given away was changed: %+v", first)
	}
	if len(second.Activity) != 2 || len(second.Participants) != maxParticipants || !reflect.DeepEqual(second.Evidence.UIDs, []string{"C1", "C2"}) {
		t.Errorf("update: %d entries, %d participants, uids %v", len(second.Activity), len(second.Participants), second.Evidence.UIDs)
	}
	if second.Risk.Score <= first.Risk.Score || second.Update.Sub(second.Start) != time.Minute || second.End != nil {
		t.Errorf("scores %d and %d, update %v, end %v", first.Risk.Score, second.Risk.Score, second.Update, second.End)
	}
	p := second.Participants[0]
	if p.Role != Offender || !p.External || p.Endpoint != Client || second.Participants[1].External || second.DetectorVersion != 3 {
		t.Errorf("participants %+v", second.Participants[:2])
	}
	if s := j.Stats(); s.Records != 3 || s.Findings != 3 || s.Detections != 2 || s.Forgotten != 0 {
		t.Errorf("stats %+v", s)
	}
}

// Catches: a last word that counts as an alert, or that begins a detection by itself.
func TestFinalWord(t *testing.T) {
	j := NewJudge([]Spec{echoSpec()}, device.New(device.Options{}), Options{})
	j.Observe(weird(0, "a", 1, "C1"))
	run, v := j.runners[0], j.model.View()
	for _, key := range []string{"a", "unknown"} {
		j.take(run, []Finding{{Key: key, Description: "At the end.", Start: weird(0, "", 0, "").TS, Final: true}}, v)
	}
	list := j.Detections()
	if len(list) != 1 || list[0].Description != "At the end." || len(list[0].Activity) != 1 {
		t.Errorf("%+v", list)
	}
}

// Catches: ids that depend on the order of records that end together.
func TestIDsDoNotDependOnOrder(t *testing.T) {
	ids := func(records ...*events.Weird) (ids []string) {
		j := NewJudge([]Spec{echoSpec()}, device.New(device.Options{}), Options{})
		for _, r := range records {
			j.Observe(r)
		}
		for _, d := range j.Detections() {
			ids = append(ids, d.ID)
		}
		return ids
	}
	a, b, c := weird(0, "a", 1, "1"), weird(time.Second, "a", 1, "2"), weird(2*time.Second, "b", 1, "3")
	if x, y := ids(a, b, c), ids(c, b, a); len(x) != 2 || !reflect.DeepEqual(x, y) {
		t.Errorf("%v and %v", x, y)
	}
}

// Catches: a detection that never ends, ends twice, or swallows what happens days later.
func TestQuietDetectionsEnd(t *testing.T) {
	var told []*events.Detection
	j := NewJudge([]Spec{echoSpec()}, device.New(device.Options{}), Options{Emit: func(d *events.Detection) { told = append(told, d) }})
	start := weird(0, "a", 1, "C1")
	j.Observe(start)
	j.Tick(start.TS.Add(quietAfter))
	j.Tick(start.TS.Add(quietAfter + time.Second))
	j.Tick(start.TS.Add(2 * quietAfter))
	if len(told) != 2 || told[0].End != nil || told[1].End == nil || !told[1].End.Equal(start.TS.Time()) {
		t.Fatalf("told %d times", len(told))
	}
	j.Observe(weird(3*time.Hour, "a", 1, "C2"))
	if told[2].End != nil || told[2].ID != told[0].ID {
		t.Error("what goes on within a day is the same thing, open again")
	}
	j.Observe(weird(72*time.Hour, "a", 1, "C3"))
	if told[3].ID == told[0].ID || len(told[3].Activity) != 1 {
		t.Error("what happens days later is another thing")
	}
}

func TestMemoryIsBounded(t *testing.T) {
	j := NewJudge([]Spec{echoSpec()}, device.New(device.Options{}), Options{Max: 5})
	for i := range 20 {
		j.Observe(weird(time.Duration(i), fmt.Sprint(i), 1, "C"))
	}
	for i := range 100 {
		j.Observe(weird(time.Duration(i), "19", 1, fmt.Sprint(i)))
	}
	list := j.Detections()
	if len(list) != 5 || j.Stats().Forgotten != 15 {
		t.Errorf("%d kept, %d forgotten", len(list), j.Stats().Forgotten)
	}
	if d := list[0]; len(d.Activity) != maxActivity || len(d.Evidence.UIDs) != maxUIDs {
		t.Errorf("%d entries, %d uids", len(d.Activity), len(d.Evidence.UIDs))
	}
}

func TestTickAndCloseReachDetectors(t *testing.T) {
	e := &echo{}
	s := echoSpec()
	s.New = func() Detector { return e }
	j := NewJudge([]Spec{s}, device.New(device.Options{}), Options{})
	j.Tick(1)
	j.Tick(2)
	j.Close(3)
	if e.ticks != 3 || e.closes != 1 {
		t.Errorf("%d ticks, %d closes", e.ticks, e.closes)
	}
}

// Catches: a restart that begins a thing anew with fewer numbers, and one that tells the same packets twice.
func TestGoesOnAfterARestart(t *testing.T) {
	stored := map[string]events.Detection{}
	var told int
	start := func() *Judge {
		return NewJudge([]Spec{echoSpec()}, device.New(device.Options{}), Options{
			Emit:   func(d *events.Detection) { told++; stored[d.ID] = *d },
			Recall: func(id string) (events.Detection, bool) { d, ok := stored[id]; return d, ok },
		})
	}
	start().Observe(weird(0, "a", 1, "C1"))
	again := start()
	again.Observe(weird(0, "a", 1, "C1"))
	if told != 1 {
		t.Errorf("the same packets were told %d times", told)
	}
	again.Observe(weird(time.Minute, "a", 20, "C2"))
	list := again.Detections()
	if told != 2 || len(stored) != 1 || len(list) != 1 {
		t.Fatalf("told %d, stored %d, remembered %d", told, len(stored), len(list))
	}
	d := list[0]
	if len(d.Activity) != 2 || !reflect.DeepEqual(d.Evidence.UIDs, []string{"C1", "C2"}) || d.Update.Sub(d.Start) != time.Minute || d.DetectorVersion != 3 {
		t.Errorf("what was known before is lost: %+v", d)
	}
}
