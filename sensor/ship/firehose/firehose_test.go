package firehose_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/ship/firehose"
	"github.com/mirrorwatch/mirrorwatch/test/firehosefake"
)

const stream = "mirrorwatch-main-records"

// told is what a shipper says.
type told struct {
	mu    sync.Mutex
	lines []string
}

func (l *told) note(s string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, s)
}

func (l *told) failed(err error) { l.note(fmt.Sprint("failed: ", err)) }

func (l *told) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines, "\n")
}

// start makes a shipper that retries quickly.
func start(t *testing.T, far *firehosefake.Fake, dir string, most int64) (*firehose.Shipper, *told) {
	t.Helper()
	said := &told{}
	s, err := firehose.New(firehose.Options{
		Client: far.Client(), Stream: stream, Dir: dir, MaxSpool: most, Retry: time.Millisecond, Failed: said.failed, Note: said.note,
	})
	if err != nil {
		t.Fatal(err)
	}
	return s, said
}

// conn is the n-th of the records that the tests give; each is different.
func conn(n int) (events.Record, []byte) {
	r := &events.Conn{}
	r.TS, r.UID, r.Sensor = events.Time(1_769_860_800_000_000_000+int64(n)*1_000_037), fmt.Sprintf("C%08d", n), "sensor-a"
	return r, r.AppendJSON(nil)
}

// noise does not compress, so that few records make a frame.
func noise(n, size int) (events.Record, []byte) {
	from := rand.New(rand.NewPCG(uint64(n), 1))
	text := make([]byte, size)
	for i := range text {
		text[i] = byte('0' + from.IntN(75)) // letters, digits, and nothing that JSON escapes but the backslash
		if text[i] == '\\' || text[i] == '<' || text[i] == '>' || text[i] == '"' {
			text[i] = '.'
		}
	}
	r := &events.Weird{}
	r.TS, r.UID, r.Name = events.Time(1_769_860_800_000_000_000+int64(n)), fmt.Sprintf("W%08d", n), string(text)
	return r, r.AppendJSON(nil)
}

func give(s *firehose.Shipper, r events.Record, line []byte) {
	s.Record(r.Kind(), r.Common().TS, line)
	for i := range line {
		line[i] = 'x' // it was borrowed
	}
}

func closeIn(t *testing.T, s *firehose.Shipper, d time.Duration) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	return s.Close(ctx)
}

// lines unpacks what was taken.
func lines(t *testing.T, taken [][]byte) (list []string) {
	t.Helper()
	dec, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer dec.Close()
	for _, frame := range taken {
		text, err := dec.DecodeAll(frame, nil)
		if err != nil || len(text) > firehose.FrameBytes {
			t.Fatalf("frame of %d bytes: %v", len(text), err)
		}
		list = append(list, strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")...)
	}
	return list
}

// uids gives whose records came, and holds the form of each line.
func uids(t *testing.T, taken [][]byte) (list []string) {
	t.Helper()
	for _, line := range lines(t, taken) {
		var head struct {
			Path string `json:"_path"`
			UID  string `json:"uid"`
		}
		if err := json.Unmarshal([]byte(line), &head); err != nil || head.Path != "conn" && head.Path != "weird" {
			t.Fatalf("%v: %.100s", err, line)
		}
		list = append(list, head.UID)
	}
	return list
}

func await(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("not within 20 s: %s", what)
}

// TestLines holds the form of lines, to the byte.
func TestLines(t *testing.T) {
	far := firehosefake.Start(t, stream)
	s, said := start(t, far, "", 0)
	for _, ns := range []int64{1_769_860_800_000_000_000, 1_769_860_800_000_000_499, 1_769_860_800_000_000_500, 1_769_860_800_123_456_999, -1_700, -1_200} {
		s.Record("dns", events.Time(ns), fmt.Appendf(nil, `{"ts":%d}`, ns))
	}
	s.Record("dns", 0, []byte(`[]`))
	s.Record("dns", 0, nil)
	s.Record("dns", 0, bytes.Repeat([]byte("{"), firehose.FrameBytes))
	if err := closeIn(t, s, 10*time.Second); err == nil || !strings.HasSuffix(err.Error(), ": 3 were lost") {
		t.Errorf("%v", err)
	}
	want := `{"_path":"dns","ts":1769860800000000000}
{"_path":"dns","_ns":499,"ts":1769860800000000499}
{"_path":"dns","_ns":-500,"ts":1769860800000000500}
{"_path":"dns","_ns":-1,"ts":1769860800123456999}
{"_path":"dns","_ns":300,"ts":-1700}
{"_path":"dns","_ns":-200,"ts":-1200}`
	if got := strings.Join(lines(t, far.Taken()), "\n"); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	if n := strings.Count(said.String(), "lost"); n != 1 {
		t.Errorf("told %d times of losses: %s", n, said)
	}
}

// TestCuts has frames end by their size and by packet time, and batches within Firehose's limits.
func TestCuts(t *testing.T) {
	far := firehosefake.Start(t, stream)
	s, _ := start(t, far, t.TempDir(), 0)
	begin := events.Time(1_769_860_800_000_000_000)
	s.Tick(begin)
	r, line := conn(0)
	give(s, r, line)
	s.Tick(begin.Add(9 * time.Second))
	if st := s.Stats(); st.Sent != 0 {
		t.Errorf("sent before its time: %+v", st)
	}
	s.Tick(begin.Add(10 * time.Second))
	await(t, "a frame of one record is sent by packet time", func() bool { return s.Stats().Sent == 1 })
	for n := range 24 {
		r, line := noise(n, 300_000)
		give(s, r, line)
	}
	if err := closeIn(t, s, 20*time.Second); err != nil {
		t.Error(err)
	}
	_, faults := far.Requests()
	if got := uids(t, far.Taken()); len(got) != 25 || len(faults) > 0 || len(far.Taken()) != 1+12 {
		t.Errorf("%d records in %d frames, %v", len(got), len(far.Taken()), faults)
	}
	if st := s.Stats(); st.Sent != 25 || st.Frames != 13 || st.Lost+uint64(st.Waiting+st.Spooled+st.SpoolBytes) != 0 || st.Retries != 0 {
		t.Errorf("%+v", st)
	}
}

// TestPartialFailure sends again what was refused, and nothing else.
func TestPartialFailure(t *testing.T) {
	far := firehosefake.Start(t, stream)
	far.Refuse(func(request, entry int) bool { return request < 4 && entry%2 == 1 || request == 1 })
	s, said := start(t, far, t.TempDir(), 0)
	for n := range 30 {
		r, line := noise(n, 500_000)
		give(s, r, line)
		await(t, "packing keeps up", func() bool { return s.Stats().Waiting < 12 })
	}
	if err := closeIn(t, s, 20*time.Second); err != nil {
		t.Error(err)
	}
	got := uids(t, far.Taken())
	slices.Sort(got)
	if len(got) != 30 || len(slices.Compact(got)) != 30 {
		t.Errorf("%d records", len(got))
	}
	if st := s.Stats(); st.Retries == 0 || st.Sent != 30 || st.Lost != 0 {
		t.Errorf("%+v", st)
	}
	if text := said.String(); !strings.Contains(text, "ServiceUnavailableException: Slow down.") || !strings.HasSuffix(text, "failed: <nil>") {
		t.Errorf("told %q", text)
	}
}

// TestDownAndKilled has the far end down: frames go to disk, the process ends without a word, one file is torn and one half written; the
// next process names them, sends the rest first, and what comes new after it.
func TestDownAndKilled(t *testing.T) {
	far, dir := firehosefake.Start(t, stream), t.TempDir()
	far.Down("ServiceUnavailableException")
	s, said := start(t, far, dir, 0)
	for n := range 8 {
		r, line := noise(n, 500_000)
		give(s, r, line)
	}
	r, line := noise(8, 500_000)
	give(s, r, line) // ends the eighth frame, and is lost with the process: it is in no frame yet
	await(t, "eight frames on disk", func() bool { st := s.Stats(); return st.Spooled == 8 && st.Waiting == 0 })
	if text := s.Trouble(); !strings.Contains(text, "put to "+stream) || !strings.Contains(text, "8 wait") || !strings.Contains(said.String(), "failed: put to") {
		t.Errorf("trouble %q\n%s", text, said)
	}
	after := t.TempDir() // as the disk would be after a kill just now
	names, _ := filepath.Glob(filepath.Join(dir, "*.zst"))
	if len(names) != 8 {
		t.Fatalf("%d files", len(names))
	}
	for i, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(after, filepath.Base(name))
		switch i {
		case 2:
			data = data[:len(data)/2]
		case 3:
			data[len(data)/2] ^= 1
		case 4:
			to = filepath.Join(after, ".writing-"+filepath.Base(name))
		case 5:
			data = nil
		}
		if err := os.WriteFile(to, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	os.WriteFile(filepath.Join(after, "README"), []byte("not ours"), 0o600) //nolint:errcheck // looked at below
	closeIn(t, s, time.Millisecond)                                         //nolint:errcheck // another process's by now
	far = firehosefake.Start(t, stream)                                     // up, and what the first process had on the wire when it ended is not taken here
	next, said := start(t, far, after, 0)
	if _, err := firehose.New(firehose.Options{Client: far.Client(), Stream: stream, Dir: after}); err == nil || !strings.Contains(err.Error(), "used by another process") {
		t.Errorf("two of one spool: %v", err)
	}
	r, line = conn(9)
	give(next, r, line)
	if err := closeIn(t, next, 20*time.Second); err == nil || !strings.HasSuffix(err.Error(), ": 4 were lost") {
		t.Errorf("%v", err)
	}
	if got, want := fmt.Sprint(uids(t, far.Taken())), "[W00000000 W00000001 W00000006 W00000007 C00000009]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if !strings.Contains(said.String(), filepath.Base(names[4])+" was not written whole") {
		t.Errorf("told %s", said)
	}
	if left, _ := filepath.Glob(filepath.Join(after, "*")); len(left) != 2 {
		t.Errorf("left %v", left)
	}
}

// TestSpoolIsFull loses the oldest, counts each, and says so once.
func TestSpoolIsFull(t *testing.T) {
	far, dir := firehosefake.Start(t, stream), t.TempDir()
	far.Down("ServiceUnavailableException")
	const most = 1_600_000 // three of the frames
	s, said := start(t, far, dir, most)
	for n := range 20 {
		r, line := noise(n, 500_000)
		give(s, r, line)
		await(t, "the frames before it are on disk", func() bool { st := s.Stats(); return st.Waiting == 0 && st.Spooled+int64(st.Lost) == int64(n) })
		if st := s.Stats(); st.SpoolBytes > most+500_000 { // one may be on its way
			t.Fatalf("%+v", st)
		}
	}
	if err := closeIn(t, s, 0); err == nil || !strings.Contains(err.Error(), "were lost") {
		t.Errorf("%v", err)
	}
	st := s.Stats()
	if st.Lost+uint64(st.Spooled) != 20 || st.Lost < 15 || st.Spooled < 3 || strings.Count(said.String(), "records are lost") != 1 {
		t.Errorf("%+v\n%s", st, said)
	}
	far.Down("")
	next, _ := start(t, far, dir, most)
	if err := closeIn(t, next, 20*time.Second); err != nil {
		t.Error(err)
	}
	got := uids(t, far.Taken())
	if want := fmt.Sprintf("W%08d", 19); len(got) != int(st.Spooled) || got[len(got)-1] != want {
		t.Errorf("%v, want %d up to %s", got, st.Spooled, want)
	}
}

// TestNoSpool keeps what fits into memory, and counts the rest.
func TestNoSpool(t *testing.T) {
	far := firehosefake.Start(t, stream)
	far.Down("ServiceUnavailableException")
	s, said := start(t, far, "", 0)
	for n := range 40 {
		r, line := noise(n, 500_000)
		give(s, r, line)
		await(t, "it is packed", func() bool { st := s.Stats(); return st.Waiting+int64(st.Lost) >= int64(n) })
	}
	await(t, "something is lost", func() bool { return s.Stats().Lost > 0 })
	if !strings.Contains(said.String(), "there is no spool") {
		t.Errorf("told %s", said)
	}
	far.Down("")
	if err := closeIn(t, s, 20*time.Second); err == nil {
		t.Error("nobody was told of what was lost")
	}
	lost := s.Stats().Lost
	if got := len(far.Taken()); got+int(lost) != 40 || lost < 10 {
		t.Errorf("%d taken, %d lost", got, lost)
	}
}

// TestClosedInTime leaves in the spool what cannot be sent, at once when time is up.
func TestClosedInTime(t *testing.T) {
	far, dir := firehosefake.Start(t, stream), t.TempDir()
	far.Down("ResourceNotFoundException")
	s, said := start(t, far, dir, 0)
	for n := range 100 {
		r, line := conn(n)
		give(s, r, line)
	}
	began := time.Now()
	if err := closeIn(t, s, 50*time.Millisecond); err != nil || time.Since(began) > 10*time.Second {
		t.Errorf("%v after %v", err, time.Since(began))
	}
	if !strings.Contains(said.String(), "100 records wait in "+dir) {
		t.Errorf("told %s", said)
	}
	far.Down("")
	next, _ := start(t, far, dir, 0)
	err := closeIn(t, next, 20*time.Second)
	got := uids(t, far.Taken()) // what was on its way when time was up may have arrived after all, and comes again
	slices.Sort(got)
	if got = slices.Compact(got); err != nil || len(got) != 100 {
		t.Errorf("%v: %d records", err, len(got))
	}
}

// TestNotWritable says at the start that the folder is none.
func TestNotWritable(t *testing.T) {
	far, file := firehosefake.Start(t, stream), filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := firehose.New(firehose.Options{Client: far.Client(), Stream: stream, Dir: file}); err == nil || !strings.Contains(err.Error(), "make spool") {
		t.Errorf("%v", err)
	}
}

// BenchmarkRecord is what the pipeline's goroutine pays for a record. The same line again and again packs better than any traffic.
func BenchmarkRecord(b *testing.B) {
	far := firehosefake.Start(b, stream)
	s, err := firehose.New(firehose.Options{Client: far.Client(), Stream: stream})
	if err != nil {
		b.Fatal(err)
	}
	r, line := conn(1)
	line = append(line[:len(line)-1], `,"proto":"tcp","service":"http","duration":1.500000,"orig_bytes":512,"resp_bytes":90210,"conn_state":"SF","local_orig":true,"history":"ShADadFf"}`...)
	b.SetBytes(int64(len(line)))
	b.ReportAllocs()
	for n := range b.N {
		if n%4096 == 0 && s.Stats().Waiting > 4*4096 { // packing is slower, and is the other goroutine's
			b.StopTimer()
			await(b, "it is packed", func() bool { return s.Stats().Waiting < 4096 })
			b.StartTimer()
		}
		s.Record(r.Kind(), r.Common().TS, line)
	}
	b.StopTimer()
	if err := s.Close(context.Background()); err != nil {
		b.Error(err)
	}
	b.ReportMetric(float64(s.Stats().SentBytes)/float64(b.N), "packed-B/op")
}
