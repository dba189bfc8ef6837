package archive

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	lambda "github.com/aws/aws-lambda-go/events"
	"github.com/klauspost/compress/zstd"

	"github.com/mirrorwatch/mirrorwatch/events"
	files "github.com/mirrorwatch/mirrorwatch/shared/archive"
)

// begin is when the tests' first record was made: a bit before an hour is over.
var begin = time.Date(2026, 1, 31, 12, 59, 59, 123_456_789, time.UTC)

// memory is a bucket in memory.
type memory struct {
	mu      sync.Mutex
	objects map[string][]byte
	puts    int
	refuse  error // of every Put
	cut     error // within every body that is read
	block   bool  // Get waits for its context
}

func (m *memory) Get(ctx context.Context, key, version string) (Object, error) {
	if m.block {
		<-ctx.Done()
		return Object{}, ctx.Err()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	body, there := m.objects[key+version]
	if !there {
		return Object{}, fmt.Errorf("get %s: %w", key, ErrMissing)
	}
	var r io.Reader = bytes.NewReader(body)
	if m.cut != nil {
		r = io.MultiReader(bytes.NewReader(body[:len(body)/2]), broken{m.cut})
	}
	return Object{Body: io.NopCloser(r), ETag: fmt.Sprint(len(body)), Modified: begin.Add(time.Hour)}, nil
}

type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }

func (m *memory) Put(_ context.Context, key string, body []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.puts++
	if m.refuse != nil {
		return m.refuse
	}
	m.objects[key] = slices.Clone(body)
	return nil
}

// world is a function with its bucket, and what it said.
type world struct {
	*memory
	f       *Function
	log     bytes.Buffer
	metrics bytes.Buffer
}

func newWorld(t testing.TB, change func(*Options)) *world {
	t.Helper()
	w := &world{memory: &memory{objects: map[string][]byte{}}}
	o := Options{Bucket: w.memory, Name: "mw-archive", Now: func() time.Time { return begin }, Log: slog.New(slog.NewTextHandler(&w.log, nil)), Metrics: &w.metrics}
	if change != nil {
		change(&o)
	}
	f, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	w.f = f
	return w
}

// put lays an object below incoming/ and gives its key.
func (w *world) put(name string, parts ...[]byte) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.objects[Incoming+name] = bytes.Join(parts, nil)
	return Incoming + name
}

// handle announces objects, one a message, and gives which messages come again.
func (w *world) handle(t testing.TB, keys ...string) (again []string) {
	t.Helper()
	var list []string
	for _, key := range keys {
		list = append(list, notification("mw-archive", key, ""))
	}
	return w.messages(t, list...)
}

func (w *world) messages(t testing.TB, bodies ...string) (again []string) {
	t.Helper()
	var batch lambda.SQSEvent
	for i, b := range bodies {
		batch.Records = append(batch.Records, lambda.SQSMessage{MessageId: fmt.Sprint("m", i), Body: b})
	}
	answer, err := w.f.Handle(t.Context(), batch)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range answer.BatchItemFailures {
		again = append(again, f.ItemIdentifier)
	}
	return again
}

func notification(bucket, key, version string) string {
	return fmt.Sprintf(`{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","awsRegion":"eu-central-1","eventTime":"2026-01-31T13:00:00.000Z","eventName":"ObjectCreated:Put",`+
		`"s3":{"bucket":{"name":%q},"object":{"key":%q,"size":100,"eTag":"x","versionId":%q}}}]}`, bucket, url.QueryEscape(key), version)
}

// counted gives the metrics of the last batch.
func (w *world) counted(t testing.TB) (c counts) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(w.metrics.String()), "\n")
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// rows reads the whole archive, by the folders of its files.
func (w *world) rows(t testing.TB) map[string][]files.Row {
	t.Helper()
	all := map[string][]files.Row{}
	for _, key := range w.below(Records) {
		body := w.objects[key]
		kind, _, _ := strings.Cut(strings.TrimPrefix(key, Records+"kind="), "/")
		rows, err := files.Read(bytes.NewReader(body), int64(len(body)), events.Kind(kind))
		if err != nil {
			t.Fatalf("%s: %v", key, err)
		}
		folder := key[len(Records):strings.LastIndexByte(key, '/')]
		for _, r := range rows {
			if got := files.Partition(r.Kind, r.Time); got != folder {
				t.Errorf("%s lies in %s", r.Line, folder)
			}
		}
		all[folder] = append(all[folder], rows...)
	}
	return all
}

func (w *world) below(prefix string) (keys []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, key := range slices.Sorted(maps.Keys(w.objects)) {
		if strings.HasPrefix(key, prefix) {
			keys = append(keys, key)
		}
	}
	return keys
}

// rejected gives the lines of rejected/.
func (w *world) rejected(t testing.TB) (lines []string) {
	t.Helper()
	for _, key := range w.below(Rejected) {
		lines = append(lines, strings.Split(strings.TrimSuffix(unpacked(t, w.objects[key]), "\n"), "\n")...)
	}
	return lines
}

func unpacked(t testing.TB, object []byte) string {
	t.Helper()
	dec, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer dec.Close()
	text, err := dec.DecodeAll(object, nil)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// packed makes a frame of lines.
func packed(lines ...string) []byte {
	enc, _ := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	defer enc.Close()
	return enc.EncodeAll([]byte(strings.Join(lines, "\n")+"\n"), nil)
}

// record gives the line of the n-th record of a kind, and the record's own JSON.
func record(kind events.Record, n int) (line, own string, at time.Time) {
	h := kind.Common()
	at = begin.Add(time.Duration(n) * 333_333_337)
	h.TS, h.UID, h.Sensor = events.TimeOf(at), fmt.Sprintf("C%06d", n), "sensor-a"
	own = string(kind.AppendJSON(nil))
	ns := at.UnixNano() % 1000
	if ns >= 500 {
		ns -= 1000
	}
	return fmt.Sprintf(`{"_path":%q,"_ns":%d,%s`, kind.Kind(), ns, own[1:]), own, at
}

var errDown = errors.New("S3 is down")
