package dynamo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// rows counts the items of a partition.
func (w *world) rows(t *testing.T, pk string) int {
	t.Helper()
	tab, err := open(w.o)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, err := range tab.all(context.Background(), DetectionsOf, span{pk: pk, consistent: true}) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	return n
}

// TestHintWithoutDetection is a crash between the hint and the detection: nobody sees it, and the next try finds all in order.
func TestHintWithoutDetection(t *testing.T) {
	w := newWorld(t)
	d := detection(1)
	w.client.fail = func(call string) error {
		if call == "PutItem" {
			return errors.New("the process died here")
		}
		return nil
	}
	if n, err := w.Detections.Put(context.Background(), d); err == nil || n != 0 {
		t.Fatalf("put: %d, %v", n, err)
	}
	w.client.fail = nil
	q := store.DetectionQuery{Filter: store.DetectionFilter{Participant: &store.ParticipantFilter{Devices: []string{"eni-1"}}}}
	if n := w.rows(t, deviceHints("eni-1")); n != 1 {
		t.Fatalf("%d hints: the crash came too early to test anything", n)
	}
	if p, err := w.Detections.Search(context.Background(), q); err != nil || len(p.Items) != 0 || !p.Complete {
		t.Errorf("half of a detection: %d items, %+v, %v", len(p.Items), p.Page, err)
	}
	put(t, w.Store, d)
	if p, err := w.Detections.Search(context.Background(), q); err != nil || len(p.Items) != 1 {
		t.Errorf("after the second try: %d items, %v", len(p.Items), err)
	}
}

// TestCorrectedStart moves a detection's start and takes a participant away: every search finds it once and at its place.
func TestCorrectedStart(t *testing.T) {
	w := newWorld(t)
	d := detection(5)
	d.Participants = append(d.Participants, events.Participant{Role: "victim", Address: netip.MustParseAddr("10.1.2.3")})
	put(t, w.Store, d)
	d.Start, d.Update = d.Start.Add(-49*time.Hour), d.Update.Add(time.Minute)
	d.Participants = d.Participants[:1]
	put(t, w.Store, d)
	search := func(f store.DetectionFilter) int {
		p, err := w.Detections.Search(context.Background(), store.DetectionQuery{Filter: f})
		if err != nil {
			t.Fatal(err)
		}
		return len(p.Items)
	}
	if n := search(store.DetectionFilter{Participant: &store.ParticipantFilter{Devices: []string{"eni-1"}}}); n != 1 {
		t.Errorf("by device: %d", n)
	}
	gone := &store.ParticipantFilter{Addresses: []netip.Prefix{netip.MustParsePrefix("10.1.2.3/32")}}
	if n := search(store.DetectionFilter{Participant: gone}); n != 0 {
		t.Errorf("by an address that takes no part any more: %d", n)
	}
	if n := search(store.DetectionFilter{}); n != 1 {
		t.Errorf("by day: %d", n)
	}
}

// TestPurgeTakesHints leaves nothing of a detection.
func TestPurgeTakesHints(t *testing.T) {
	w := newWorld(t)
	put(t, w.Store, detection(1), detection(2))
	n, err := w.Detections.Purge(context.Background(), noon.Add(time.Hour), 10)
	if err != nil || n != 2 {
		t.Fatalf("%d, %v", n, err)
	}
	if left := w.rows(t, deviceHints("eni-1")); left != 0 {
		t.Errorf("%d hints are left", left)
	}
}

// TestLargeList is more than one transaction takes, in bytes.
func TestLargeList(t *testing.T) {
	w := newWorld(t)
	var list []events.Detection
	for i := range 30 {
		d := detection(i)
		d.Properties = map[string]any{"noise": noise(i, 200<<10)}
		list = append(list, d)
	}
	n, err := w.Detections.Put(context.Background(), list...)
	if err != nil || n != len(list) {
		t.Fatalf("%d of %d, %v", n, len(list), err)
	}
	if got := w.client.count("TransactWriteItems"); got < 2 {
		t.Errorf("%d transactions for 5 MB", got)
	}
	if n, err := w.Detections.Put(context.Background(), list...); err != nil || n != 0 {
		t.Errorf("again: %d, %v", n, err)
	}
}

// TestHalfSnapshot is a crash in the middle of saving: the version before stays, and an hour later nothing of the half is left.
func TestHalfSnapshot(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	save := func(body string) error {
		return w.Snapshots.Save(ctx, "model", w.clock.Now(), strings.NewReader(body), 1)
	}
	if err := save("first"); err != nil {
		t.Fatal(err)
	}
	// What announces a version is a batch, then come its chunks. After the second of those nothing works.
	writes := 0
	w.client.fail = func(call string) error {
		if call == "BatchWriteItem" {
			writes++
		}
		if writes > 2 {
			return errors.New("the process died here")
		}
		return nil
	}
	w.clock.advance(time.Minute)
	if err := save(strings.Repeat("second", chunkSize/2)); err == nil {
		t.Fatal("saved, although the process died")
	}
	w.client.fail = nil
	if got := w.load(t, "model"); got != "first" {
		t.Errorf("after the crash there is %.20q", got)
	}
	low, high := beginning(announced)
	half := w.keys(t, span{pk: versionsOf("model"), low: low, high: high})
	if len(half) != 1 {
		t.Fatalf("announced: %v", half)
	}
	chunks := chunkKey("model", strings.TrimPrefix(half[0], announced), 0).pk
	if w.rows(t, chunks) == 0 {
		t.Fatal("no chunk was written: the crash came too early to test anything")
	}
	w.clock.advance(2 * time.Hour)
	if err := save("third"); err != nil {
		t.Fatal(err)
	}
	if n := w.rows(t, chunks); n != 0 {
		t.Errorf("%d chunks of the half are left", n)
	}
	if got := w.load(t, "model"); got != "third" {
		t.Errorf("then there is %.20q", got)
	}
}

func (w *world) keys(t *testing.T, s span) (sks []string) {
	t.Helper()
	tab, err := open(w.o)
	if err != nil {
		t.Fatal(err)
	}
	for it, err := range tab.all(context.Background(), SnapshotVersions, s) {
		if err != nil {
			t.Fatal(err)
		}
		sks = append(sks, textOf(it, attrSK))
	}
	return sks
}

func (w *world) load(t *testing.T, name string) string {
	t.Helper()
	r, _, err := w.Snapshots.Load(context.Background(), name)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var b bytes.Buffer
	if _, err := io.Copy(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestOutboxGoesOn is a reader of the stream that is started again: it goes on behind what was done, and gives what was not once more.
func TestOutboxGoesOn(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	for i := range 4 {
		put(t, w.Store, detection(i))
	}
	first, err := w.outbox(t).Pending(ctx, 2)
	if err != nil || len(first) != 2 {
		t.Fatalf("%d, %v", len(first), err)
	}
	reader := w.outbox(t)
	again, err := reader.Pending(ctx, 3)
	if err != nil || len(again) != 3 || !equal(first[0], again[0]) || !equal(first[1], again[1]) {
		t.Fatalf("nothing was done, and it came otherwise: %v, %v", again, err)
	}
	if err := reader.Done(ctx, again[1].Sequence); err != nil {
		t.Fatal(err)
	}
	rest, err := w.outbox(t).Pending(ctx, 10)
	if err != nil || len(rest) != 2 || !equal(rest[0], again[2]) {
		t.Errorf("after two were done: %v, %v", rest, err)
	}
}

func equal(a, b store.Outgoing) bool {
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return bytes.Equal(x, y)
}

// TestTimeToLive says which items DynamoDB may delete by itself, and when.
func TestTimeToLive(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	_, err := w.Documents.Write(ctx, []store.Write{
		{Kind: store.KindSession, ID: "short", Body: json.RawMessage(`{}`), Expires: noon.Add(90 * time.Second)},
		{Kind: store.KindSession, ID: "long", Body: json.RawMessage(`{}`)},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Devices.Observe(ctx, events.Sample{Device: "d", Time: noon, Metrics: map[string]float64{"bytes_in": 1}}); err != nil {
		t.Fatal(err)
	}
	v := events.Heard{VNI: 7, Sensor: "a", LastSeen: noon}
	if err := w.Mirror.Hear(ctx, v); err != nil {
		t.Fatal(err)
	}
	tab, err := open(w.o)
	if err != nil {
		t.Fatal(err)
	}
	for k, want := range map[key]int64{
		documentKey(store.KindSession, "short"):     noon.Unix() + 91,
		documentKey(store.KindSession, "long"):      0,
		heardKey(&v):                                noon.Add(store.HeardFor + time.Second).Unix(),
		{samplesOf("d", "2026-11-25"), stamp(noon)}: noon.Add(DefaultSampleDays * 24 * time.Hour).Unix(),
	} {
		it, err := tab.get(ctx, DocumentGet, k)
		if err != nil || it == nil || numberOf(it, TTLAttribute) != want {
			t.Errorf("%v: ttl %d, want %d, %v", k, numberOf(it, TTLAttribute), want, err)
		}
	}
}
