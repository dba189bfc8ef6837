package functions

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	lambda "github.com/aws/aws-lambda-go/events"

	"github.com/mirrorwatch/mirrorwatch/events"
	analyzers "github.com/mirrorwatch/mirrorwatch/sensor/analyzer/all"
	"github.com/mirrorwatch/mirrorwatch/sensor/capture"
	"github.com/mirrorwatch/mirrorwatch/sensor/engine"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/packet"
	"github.com/mirrorwatch/mirrorwatch/sensor/ship/firehose"
	"github.com/mirrorwatch/mirrorwatch/shared/archive"
	"github.com/mirrorwatch/mirrorwatch/shared/deploy"
	"github.com/mirrorwatch/mirrorwatch/test/firehosefake"
)

// bucket is S3 as far as GetObject and PutObject go, with one bucket in it.
type bucket struct {
	*httptest.Server
	mu      sync.Mutex
	objects map[string][]byte // by key
	down    bool
}

func newBucket(t *testing.T, name string) *bucket {
	b := &bucket{objects: map[string][]byte{}}
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		key, ours := strings.CutPrefix(r.URL.Path, "/"+name+"/")
		b.mu.Lock()
		defer b.mu.Unlock()
		have, there := b.objects[key]
		switch {
		case err != nil || !ours || strings.Contains(r.Header.Get("Content-Encoding"), "chunked"):
			t.Errorf("%s %s: %v", r.Method, r.URL, err)
		case b.down:
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, `<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>`)
		case r.Method == http.MethodPut:
			b.objects[key] = body
			w.Header().Set("ETag", fmt.Sprintf(`"%032x"`, len(body)))
		case !there:
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, `<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>`)
		default:
			w.Header().Set("ETag", fmt.Sprintf(`"%032x"`, len(have)))
			w.Header().Set("Last-Modified", time.Now().UTC().Format(http.TimeFormat))
			w.Write(have) //nolint:errcheck // the function would see it
		}
	}))
	t.Cleanup(b.Close)
	return b
}

func (b *bucket) put(key string, body []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.objects[key] = body
}

func (b *bucket) all() map[string][]byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	return maps.Clone(b.objects)
}

// arrived is a batch of SQS with S3's own notifications, one a message.
func arrived(keys ...string) []byte {
	var batch lambda.SQSEvent
	for i, key := range keys {
		body := fmt.Sprintf(`{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","awsRegion":"eu-central-1","eventTime":"2026-11-23T12:30:00.000Z","eventName":"ObjectCreated:Put",`+
			`"s3":{"bucket":{"name":"mw-archive"},"object":{"key":%q,"size":100,"eTag":"x"}}}]}`, url.QueryEscape(key))
		batch.Records = append(batch.Records, lambda.SQSMessage{MessageId: fmt.Sprint("m", i), EventSource: "aws:sqs", Body: body})
	}
	b, _ := json.Marshal(batch)
	return b
}

// sink keeps the records of a capture, as the logs have them, and sends them on.
type sink struct {
	to   *firehose.Shipper
	kept map[string]time.Time // kind and line; their times
	n    int
}

func (s *sink) Record(r events.Record, line []byte) {
	switch c := r.(type) {
	case *events.Conn:
		if c.Interim {
			return
		}
	case *events.ICMP:
		if c.Interim {
			return
		}
	}
	s.kept[string(r.Kind())+" "+string(line)] = r.Common().TS.Time()
	s.n++
	s.to.Record(r.Kind(), r.Common().TS, line)
}

func (s *sink) Tick(now events.Time) { s.to.Tick(now) }

// replayed runs captures through the engine and a shipper, as a sensor does, with a Firehose that is down at the beginning and refuses some later.
func replayed(t *testing.T, far *firehosefake.Fake, names ...string) *sink {
	t.Helper()
	far.Down("ServiceUnavailableException")
	to, err := firehose.New(firehose.Options{Client: far.Client(), Stream: "mw-records", Dir: t.TempDir(), Retry: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	s := &sink{to: to, kept: map[string]time.Time{}}
	e := engine.New(engine.Config{
		Workers: 1, Analyzers: analyzers.Specs(), Flow: flow.Defaults(), Local: func(a packet.Addr) bool { return a.Netip().IsPrivate() },
		Sensor: "sensor-a", Encode: true, Interim: true,
	}, s)
	for i, name := range names {
		src, err := capture.OpenFile(filepath.Join("..", "replay", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Read(src); err != nil {
			t.Fatal(err)
		}
		src.Close()
		if i == 0 {
			far.Down("")
			far.Refuse(func(request, entry int) bool { return (request+entry)%3 == 0 })
		}
	}
	e.Finish()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := to.Close(ctx); err != nil {
		t.Fatal(err)
	}
	if st := to.Stats(); st.Sent != uint64(s.n) || st.Retries == 0 || s.n != len(s.kept) {
		t.Fatalf("%+v of %d records, %d different", st, s.n, len(s.kept))
	}
	return s
}

// TestRecordsReachTheArchive goes the whole way: captures, a sensor's records, Firehose, the function in its bootstrap, Parquet files. In them is every
// record that the logs have, to the byte and the nanosecond, once; and once still when S3 tells of the object again.
func TestRecordsReachTheArchive(t *testing.T) {
	far := firehosefake.Start(t, "mw-records")
	sent := replayed(t, far, "smb-ransom.pcap.gz", "browsing.pcapng", "monitoring.pcap", "weak-tls.pcap", "database-brute.pcap", "dns-tunnel-direct.pcap")
	s3 := newBucket(t, "mw-archive")
	h := host(t, "archive", s3.URL, deploy.Archiver{Archive: "mw-archive"}.Env())
	const key = "incoming/2026/11/26/10/mirrorwatch-main-records-1-2026-11-26-10-05-07-0a1b2c3d+e"
	object := far.Object()
	s3.put(key, object)
	for range 2 {
		out, err := h.Invoke(t.Context(), arrived(key))
		if err != nil || !strings.Contains(string(out), `"batchItemFailures":[]`) {
			t.Fatalf("%s, %v\n%s", out, err, h.Logs())
		}
		got := map[string]time.Time{}
		n, size, kinds := 0, 0, map[string]int{}
		for key, body := range s3.all() {
			folder, is := strings.CutPrefix(key, "records/kind=")
			if strings.HasPrefix(key, "rejected/") {
				t.Fatalf("%s\n%s", key, h.Logs())
			}
			if !is {
				continue
			}
			kind, _, _ := strings.Cut(folder, "/")
			rows, err := archive.Read(bytes.NewReader(body), int64(len(body)), events.Kind(kind))
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range rows {
				got[kind+" "+string(r.Line)] = r.Time
			}
			n, size, kinds[kind] = n+len(rows), size+len(body), kinds[kind]+len(rows)
		}
		if n != sent.n || !maps.EqualFunc(got, sent.kept, time.Time.Equal) {
			t.Errorf("%d records in the archive, %d different; %d were sent\n%s", n, len(got), sent.n, h.Logs())
		}
		if len(kinds) < 8 {
			t.Errorf("only %v", kinds)
		}
		t.Run("duckdb", func(t *testing.T) {
			if rows := duckRows(t, s3.all()); !maps.EqualFunc(rows, sent.kept, time.Time.Equal) {
				t.Errorf("DuckDB reads %d records; %d were sent", len(rows), sent.n)
			}
		})
		t.Logf("%d records of %d kinds: %d bytes of Firehose, %d of Parquet", n, len(kinds), len(object), size)
	}
}

// duckRows has DuckDB, which reads Parquet by itself, read the archive's files: kind and line, and their times.
func duckRows(t *testing.T, objects map[string][]byte) map[string]time.Time {
	t.Helper()
	cache := filepath.Join(cmp.Or(os.Getenv("XDG_CACHE_HOME"), filepath.Join(os.Getenv("HOME"), ".cache")), "mirrorwatch", "duckdb")
	_, errNode := exec.LookPath("node")
	_, errDuck := os.Stat(filepath.Join(cache, "node_modules", "@duckdb", "node-api"))
	if errNode != nil || errDuck != nil {
		const how = "DuckDB is not installed: install node 20 or newer, then run test/duckdb/setup.sh (make setup does)"
		if os.Getenv("MIRRORWATCH_REQUIRE_ALL") == "1" {
			t.Fatal(how)
		}
		t.Skip(how)
	}
	dir := t.TempDir()
	for key, body := range objects {
		to := filepath.Join(dir, filepath.FromSlash(key))
		if err := errors.Join(os.MkdirAll(filepath.Dir(to), 0o700), os.WriteFile(to, body, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	sql, _ := json.Marshal(`SELECT kind || ' ' || line, ts_nanos, date || hour = strftime("time", '%Y-%m-%d%H') FROM read_parquet('` + dir +
		`/records/*/*/*/*.parquet', hive_partitioning = true, hive_types_autocast = false, union_by_name = true)`)
	cmd := exec.Command("node", filepath.Join("..", "duckdb", "query.mjs"), cache)
	cmd.Stdin, cmd.Stderr = bytes.NewReader(append(sql, '\n')), os.Stderr
	out, err := cmd.Output()
	var a struct {
		Rows  [][]string
		Error string
	}
	if err := errors.Join(err, json.Unmarshal(out, &a)); err != nil || a.Error != "" {
		t.Fatalf("%v: %s", err, a.Error)
	}
	rows := map[string]time.Time{}
	for _, r := range a.Rows {
		ns, err := strconv.ParseInt(r[1], 10, 64)
		if err != nil || r[2] != "true" {
			t.Fatalf("%v: %s", err, r)
		}
		rows[r[0]] = time.Unix(0, ns)
	}
	return rows
}

// TestArchiveFunction drives the bootstrap with what is not well: each message is answered by itself, and what was said can be read.
func TestArchiveFunction(t *testing.T) {
	far := firehosefake.Start(t, "mw-records")
	to, err := firehose.New(firehose.Options{Client: far.Client(), Stream: "mw-records"})
	if err != nil {
		t.Fatal(err)
	}
	at := time.Now().Truncate(time.Hour).UnixNano()
	for n := range 10 {
		r := &events.DNS{}
		r.TS, r.UID = events.Time(at+int64(n)), fmt.Sprint("C", n)
		to.Record(r.Kind(), r.TS, r.AppendJSON(nil))
	}
	to.Record("telepathy", events.Time(at), []byte(`{"ts":1.5}`))
	if err := to.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	s3 := newBucket(t, "mw-archive")
	h := host(t, "archive", s3.URL, deploy.Archiver{Archive: "mw-archive"}.Env())
	invoke := func(payload []byte) string {
		t.Helper()
		out, err := h.Invoke(t.Context(), payload)
		if err != nil {
			t.Fatalf("%v\n%s", err, h.Logs())
		}
		return string(out)
	}
	s3.put("incoming/mixed", append(append([]byte("gibberish"), far.Object()...), far.Object()[:20]...))
	out := invoke(arrived("incoming/mixed", "incoming/gone", "records/ours"))
	if !strings.Contains(out, `"batchItemFailures":[]`) {
		t.Errorf("%s\n%s", out, h.Logs())
	}
	keys := slices.Sorted(maps.Keys(s3.all()))
	if len(keys) != 3 || !strings.HasPrefix(keys[1], "records/kind=dns/date=") || !strings.HasPrefix(keys[2], "rejected/mixed-") {
		t.Errorf("%v\n%s", keys, h.Logs())
	}
	for _, want := range []string{
		`"Objects":1`, `"Gone":1`, `"Records":10`, `"Rejected":1`, `"Torn":2`, `"Function":"archive"`, `"Namespace":"Mirrorwatch"`, "telepathy", "object is gone", "part of an object is torn",
	} {
		if !strings.Contains(h.Logs(), want) {
			t.Errorf("the log lacks %s:\n%s", want, h.Logs())
		}
	}
	s3.down = true
	if out := invoke(arrived("incoming/mixed", "incoming/mixed")); !strings.Contains(out, `{"itemIdentifier":"m0"},{"itemIdentifier":"m1"}`) {
		t.Errorf("%s", out)
	}
	lost := host(t, "archive", s3.URL, nil)
	if _, err := lost.Invoke(t.Context(), arrived("incoming/mixed")); err == nil || !strings.Contains(lost.Logs(), deploy.Archive+" is missing") {
		t.Errorf("%v\n%s", err, lost.Logs())
	}
}

// TestArchivePage has every metric and every line of the function's log on the page that people run it by, and its limits as they are.
func TestArchivePage(t *testing.T) {
	_, part, found := strings.Cut(string(event(t, page)), "\n# Running the archive\n")
	part, _, _ = strings.Cut(part, "\n# ")
	if !found {
		t.Fatal("the page has no part about the archive")
	}
	sources, _ := filepath.Glob("../../lambdas/archive/*.go")
	said := regexp.MustCompile(`(?:Info|Warn|Error)Context\(ctx, "([^"]+)"`)
	counted := regexp.MustCompile("`json:\"([A-Z][A-Za-z]+)\"`")
	n := 0
	for _, file := range sources {
		for _, pattern := range []*regexp.Regexp{said, counted} {
			for _, m := range pattern.FindAllStringSubmatch(string(event(t, file)), -1) {
				if m[1] == "cannot tell metrics" || pattern == counted && (filepath.Base(file) != "metrics.go" || m[1] == "Function") {
					continue
				}
				if n++; !strings.Contains(part, "`"+m[1]+"`") {
					t.Errorf("%s: the page lacks `%s`", file, m[1])
				}
			}
		}
	}
	if n < 16 || !strings.Contains(part, deploy.Archive) {
		t.Errorf("%d lines and metrics", n)
	}
}
