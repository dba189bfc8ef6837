package archive

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	lambda "github.com/aws/aws-lambda-go/events"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// TestArchive: records of every kind, in two hours and several frames, lie in the archive as they were, to the byte and the nanosecond. What
// comes twice gives the same files.
func TestArchive(t *testing.T) {
	w := newWorld(t, nil)
	want, times := map[string]string{}, map[string]time.Time{}
	var frames [][]byte
	for i, r := range events.Blank() {
		var lines []string
		for n := range 3 {
			line, own, at := record(r, 3*i+n)
			lines = append(lines, line)
			want[own], times[own] = string(r.Kind()), at
		}
		frames = append(frames, packed(lines...))
	}
	key := w.put("2026/01/31/13/mirrorwatch main+records-1", frames...)
	if again := w.handle(t, key); len(again) > 0 {
		t.Fatalf("%v come again\n%s", again, w.log.String())
	}
	got := map[string]string{}
	for _, rows := range w.rows(t) {
		for _, r := range rows {
			got[string(r.Line)] = string(r.Kind)
			if at := times[string(r.Line)]; !at.Equal(r.Time) {
				t.Errorf("%s of %v, want %v", r.Line, r.Time, at)
			}
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("%d records, want %d", len(got), len(want))
	}
	if c := w.counted(t); c.Objects != 1 || c.Records != len(want) || c.Rejected+c.Torn+c.Failed+c.Gone != 0 || c.Files != len(w.below(Records)) || c.BytesIn != int64(len(bytes.Join(frames, nil))) {
		t.Errorf("metrics %+v", c)
	}
	before := maps.Clone(w.objects)
	if again := w.handle(t, key); len(again) > 0 || !reflect.DeepEqual(before, w.objects) {
		t.Errorf("the same object gave other files: %v", again)
	}
	for _, name := range w.below(Records) {
		if !strings.Contains(name, "/mirrorwatch_main_records-1-") || !strings.HasSuffix(name, "-0000.parquet") {
			t.Errorf("name %s", name)
		}
	}
}

// TestParts bounds what is held: with little room the same records lie in many files.
func TestParts(t *testing.T) {
	if testing.Short() {
		t.Skip("compresses much, in one goroutine")
	}
	for _, bound := range []struct{ part, total, least int }{{4000, 1 << 20, 30}, {1 << 20, 4000, 30}, {1 << 20, 1 << 20, 3}} {
		w := newWorld(t, func(o *Options) { o.PartBytes, o.TotalBytes = bound.part, bound.total })
		var lines []string
		for n := range 600 {
			r := []events.Record{&events.Conn{}, &events.DNS{}, &events.Conn{}}[n%3]
			line, _, _ := record(r, n)
			lines = append(lines, line)
		}
		w.handle(t, w.put("o", packed(lines...)))
		n := 0
		for _, rows := range w.rows(t) {
			n += len(rows)
		}
		if many := len(w.below(Records)); n != 600 || many < bound.least || bound.least == 3 && many > 4 {
			t.Errorf("%+v: %d records in %d files", bound, n, many)
		}
		first := maps.Clone(w.objects)
		w.handle(t, Incoming+"o")
		if !reflect.DeepEqual(first, w.objects) {
			t.Errorf("%+v: read again it gave other files", bound)
		}
	}
}

// TestRejected has each kind of line that cannot be taken in an object of its own, as it came, and the rest in the archive.
func TestRejected(t *testing.T) {
	w := newWorld(t, nil)
	good, _, _ := record(&events.Conn{}, 1)
	bad := []struct {
		line string
		why  reason
	}{
		{`{"_path":"telepathy","_ns":1,"ts":1769860800.000001,"uid":"C1"}`, unknownKind},
		{`{"_path":"","ts":1769860800.000001}`, unknownKind},
		{`not JSON at all`, noLine},
		{`{"_path":"conn","ts":1769860800.000001`, noLine},
		{`{"_path":"conn","ts":1769860800.000001}}`, noLine},
		{`{"ts":1769860800.000001,"_path":"conn"}`, noLine},
		{`{"_path":"conn","uid":"C1","ts":1769860800.000001}`, noLine},
		{"{\"_path\":\"conn\",\"ts\":1769860800.000001,\"uid\":\"\xff\"}", noLine},
		{`{"_path":"conn","ts":"yesterday"}`, noTime},
		{`{"_path":"conn","ts":1.769e9}`, noTime},
		{`{"_path":"conn","ts":-1.5}`, noTime},
		{`{"_path":"conn","_ns":5000,"ts":1769860800.000001}`, noTime},
		{`{"_path":"conn","_ns":"1","ts":1769860800.000001}`, noTime},
		{`{"_path":"conn","ts":99999999999999999999}`, noTime},
		{`{"_path":"conn","ts":1577836799.999999}`, outOfTime},
		{fmt.Sprintf(`{"_path":"conn","ts":%d}`, begin.Add(26*time.Hour).Unix()), outOfTime},
		{`{"_path":"conn","ts":1769860800.000001,"uid":"` + strings.Repeat("x", 1<<20) + `"}`, tooLong},
	}
	lines, want, by := []string{good}, []string{}, [reasons]int{}
	for _, b := range bad {
		if _, _, why := parseLine([]byte(b.line), kinds()); why != b.why && b.why != outOfTime {
			t.Errorf("%.80s: %v, want %v", b.line, why, b.why)
		}
		lines, want = append(lines, b.line, ""), append(want, b.line)
		by[b.why]++
	}
	if again := w.handle(t, w.put("o", packed(append(lines, good)...))); len(again) > 0 {
		t.Errorf("%v come again", again)
	}
	if got := w.rejected(t); !slices.Equal(got, want) {
		t.Errorf("%d lines rejected, want %d", len(got), len(want))
	}
	if c := w.counted(t); c.Rejected != len(bad) || c.Records != 2 || c.Torn != 0 {
		t.Errorf("%+v", c)
	}
	for why, n := range by {
		if n > 0 && !strings.Contains(w.log.String(), fmt.Sprintf("why=%q object=", reason(why))) && !strings.Contains(w.log.String(), fmt.Sprintf("lines=%d", n)) {
			t.Errorf("nobody was told of %v\n%s", reason(why), w.log.String())
		}
	}
	if !strings.Contains(w.log.String(), "telepathy") || strings.Contains(w.log.String(), "not JSON") {
		t.Errorf("log %s", w.log.String())
	}
	again := w.put("again", w.objects[w.below(Rejected)[0]]) // as somebody would after an update
	if w.handle(t, again); w.counted(t).Rejected+w.counted(t).Torn < len(bad) {
		t.Errorf("%+v", w.counted(t))
	}
}

// TestManyPlaces bounds how many files an object can make.
func TestManyPlaces(t *testing.T) {
	if testing.Short() {
		t.Skip("compresses much, in one goroutine")
	}
	w := newWorld(t, nil)
	var lines []string
	for n := range maxPartitions + 7 {
		lines = append(lines, fmt.Sprintf(`{"_path":"dns","ts":%d.000000}`, begin.Add(-time.Duration(n)*time.Hour).Unix()))
	}
	w.handle(t, w.put("o", packed(lines...)))
	if c := w.counted(t); c.Records != maxPartitions || c.Rejected != 7 || c.Files != maxPartitions+1 {
		t.Errorf("%+v", c)
	}
}

// TestTorn: what lies around a torn frame is used, and so is what is whole before the tear.
func TestTorn(t *testing.T) {
	if testing.Short() {
		t.Skip("compresses much, in one goroutine")
	}
	var list []string
	rnd := rand.New(rand.NewPCG(1, 2))
	for n := range 4000 {
		line, own, _ := record(&events.DNS{}, n)
		list = append(list, line[:len(line)-len(own)+1]+own[1:len(own)-1]+fmt.Sprintf(`,"query":"%x.example"}`, rnd.Uint64())) // does not pack to nothing
	}
	a, b, c := packed(list[:10]...), packed(list[10:3990]...), packed(list[3990:]...)
	if len(b) < 50_000 {
		t.Fatalf("the frame has %d bytes: one block", len(b))
	}
	flipped := slices.Clone(b)
	flipped[len(b)-100] ^= 0xff
	summed := slices.Clone(b)
	summed[len(b)-1] ^= 0xff
	for name, of := range map[string]struct {
		parts       [][]byte
		least, most int
		torn        int
	}{
		"whole":           {[][]byte{a, b, c}, 4000, 4000, 0},
		"end cut":         {[][]byte{a, c, b[:len(b)-9]}, 100, 3999, 1},
		"middle cut":      {[][]byte{a, b[:len(b)*2/3], c}, 100, 3999, 1},
		"begins within":   {[][]byte{a[5:], b, c}, 3990, 3990, 1},
		"bits flipped":    {[][]byte{a, flipped, c}, 20, 3999, 1},
		"checksum":        {[][]byte{a, summed, c}, 20, 20, 1},
		"between":         {[][]byte{a, []byte("gibberish"), b, []byte{0}, c}, 4000, 4000, 2},
		"long gibberish":  {[][]byte{a, bytes.Repeat([]byte("gibberish"), 400_000), b, c}, 4000, 4000, 1},
		"nothing at all":  {[][]byte{[]byte("gibberish")}, 0, 0, 1},
		"a magic alone":   {[][]byte{a, magic, b, magic, magic, c, magic}, 4000, 4000, 4},
		"no kind":         {[][]byte{a, append(slices.Clone(magic), 0, 0, 7, 0, 0), b, c}, 4000, 4000, 1},
		"empty":           {nil, 0, 0, 0},
		"frame too long":  {[][]byte{a, append(slices.Clone(magic), bytes.Repeat([]byte{0, 0, 0}, 1<<20)...), b, c}, 4000, 4000, 1},
		"bomb":            {[][]byte{a, packed(strings.Repeat("a", 64<<20)), b, c}, 4000, 4000, 1},
		"lying near tail": {[][]byte{b, append(slices.Clone(magic), 0, 0x50, 0, 0, 8), a, c}, 4000, 4000, 1},
	} {
		w := newWorld(t, nil)
		if again := w.handle(t, w.put("o", of.parts...)); len(again) > 0 {
			t.Errorf("%s: comes again", name)
		}
		got := w.counted(t)
		if got.Records < of.least || got.Records > of.most || got.Torn != of.torn || got.Rejected > 1 || got.BytesIn != int64(len(bytes.Join(of.parts, nil))) {
			t.Errorf("%s: %+v, want %d to %d records, %d torn\n%s", name, got, of.least, of.most, of.torn, w.log.String())
		}
		if of.torn > 0 != strings.Contains(w.log.String(), "is torn") {
			t.Errorf("%s: %s", name, w.log.String())
		}
	}
}

// TestTornWithoutEnd leaves the rest of an object that is nothing but torn frames.
func TestTornWithoutEnd(t *testing.T) {
	w := newWorld(t, nil)
	good, _, _ := record(&events.Conn{}, 1)
	w.handle(t, w.put("o", packed(good), bytes.Repeat(append(slices.Clone(magic), 0, 0, 7, 0, 0), 2*maxTorn), packed(good)))
	if c := w.counted(t); c.Records != 1 || c.Torn != maxTorn+1 {
		t.Errorf("%+v", c)
	}
}

// TestItemByItem: only what failed comes again.
func TestItemByItem(t *testing.T) {
	w := newWorld(t, nil)
	good, _, _ := record(&events.Conn{}, 1)
	key := w.put("a b+c/ü", packed(good))
	w.objects[Incoming+"versioned"+"v2"] = packed(good)
	again := w.messages(t,
		notification("mw-archive", key, ""),
		`{"Service":"Amazon S3","Event":"s3:TestEvent","Time":"2026-01-31T12:00:00.000Z","Bucket":"mw-archive","RequestId":"r","HostId":"h"}`,
		`not JSON`,
		`{"hello":"world"}`,
		`{"version":"0","detail-type":"Object Created","source":"aws.s3","detail":{"bucket":{"name":"mw-archive"},"object":{"key":"incoming/versioned","version-id":"v2"}}}`,
		`{"version":"0","detail-type":"Object Deleted","source":"aws.s3","detail":{"bucket":{"name":"mw-archive"},"object":{"key":"incoming/x"}}}`,
		`{"version":"0","detail-type":"Object Created","source":"aws.s3","detail":7}`,
		notification("somebody-elses", key, ""),
		notification("mw-archive", "records/kind=conn/x.parquet", ""),
		notification("mw-archive", Incoming+"gone", ""),
		strings.Replace(notification("mw-archive", key, ""), "ObjectCreated:Put", "ObjectRemoved:Delete", 1),
	)
	if fmt.Sprint(again) != "[m2 m3 m6]" {
		t.Errorf("%v come again\n%s", again, w.log.String())
	}
	if c := w.counted(t); c.Records != 2 || c.Objects != 2 || c.Gone != 1 || c.Failed != 3 {
		t.Errorf("%+v", c)
	}
	w.refuse = errDown
	if again := w.handle(t, key); len(again) != 1 || !strings.Contains(w.log.String(), "S3 is down") {
		t.Errorf("%v", again)
	}
	w.refuse, w.cut = nil, errDown
	if again := w.handle(t, key); len(again) != 1 || w.counted(t).Torn != 0 {
		t.Errorf("a body that breaks off is no tear: %v %+v", again, w.counted(t))
	}
}

// TestTimeEnds answers before Lambda ends it: what was done stays done.
func TestTimeEnds(t *testing.T) {
	w := newWorld(t, nil)
	w.block = true
	ctx, cancel := context.WithTimeout(t.Context(), answerTime+50*time.Millisecond)
	defer cancel()
	batch := lambda.SQSEvent{Records: []lambda.SQSMessage{{MessageId: "m", Body: notification("mw-archive", Incoming+"x", "")}}}
	answer, err := w.f.Handle(ctx, batch)
	if err != nil || ctx.Err() != nil || len(answer.BatchItemFailures) != 1 {
		t.Errorf("%+v, %v, %v", answer, err, ctx.Err())
	}
}
