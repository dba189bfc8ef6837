package feed

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

// known is what is written down of a sample beforehand: what is in it, and what Lambda is told.
type known struct {
	Error         string      `json:"error"` // of the document
	Kind          Kind        `json:"kind"`
	Parts         []knownPart `json:"parts"`
	Answer        any         `json:"answer"`  // where all that can be read was; a text is an error
	Failing       []string    `json:"failing"` // ids of parts that fail later
	AnswerFailing any         `json:"answer_failing"`
}

type knownPart struct {
	ID      string        `json:"id"`
	Error   string        `json:"error"`
	Stream  string        `json:"stream"` // its partition key
	Objects []knownObject `json:"objects"`
	Logs    []knownLogs   `json:"logs"`
	Calls   []string      `json:"calls"` // their names
	Ignored []string      `json:"ignored"`
}

type knownObject struct {
	ID, Key, Region, Of string
	Content             Content
	Size                int64
	Time                time.Time
}

type knownLogs struct {
	Account, Group, Stream string
	Lines                  []string
}

func reader(t testing.TB) *Reader {
	t.Helper()
	r, err := New(Options{Flows: []string{"amzn-s3-demo-bucket/firehose/flows/"}, Trails: []string{"amzn-s3-demo-bucket/calls/"}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestSamples reads a sample of everything that AWS hands in, in the form that its documentation shows, and holds it against what was
// written down.
func TestSamples(t *testing.T) {
	wants, err := filepath.Glob("testdata/*.want.json")
	if err != nil || len(wants) < 30 {
		t.Fatalf("%d samples: %v", len(wants), err)
	}
	kinds := map[Kind]bool{}
	for _, path := range wants {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".want.json"), func(t *testing.T) {
			raw, want := sample(t, path)
			in, err := reader(t).Decode(raw)
			if fmt.Sprint(err) != cmpOr(want.Error, "<nil>") {
				t.Fatalf("%v\nwant %s", err, want.Error)
			}
			if want.Error != "" {
				return
			}
			kinds[in.Kind] = true
			compare(t, in, want)
		})
	}
	for _, k := range []Kind{Stream, Notification, Topic, Queue, Bus, Subscription, Shard, Delivery, Tick} {
		if !kinds[k] {
			t.Errorf("no sample is a %s", k)
		}
	}
}

func cmpOr(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

func sample(t *testing.T, path string) ([]byte, known) {
	t.Helper()
	raw, err := os.ReadFile(strings.TrimSuffix(path, ".want.json") + ".json")
	if err != nil {
		t.Fatal(err)
	}
	told, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var want known
	d := json.NewDecoder(bytes.NewReader(told))
	d.DisallowUnknownFields()
	if err := d.Decode(&want); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return raw, want
}

func compare(t *testing.T, in Input, want known) {
	t.Helper()
	if in.Kind != want.Kind || len(in.Parts) != len(want.Parts) {
		t.Fatalf("%s of %d parts, want %s of %d", in.Kind, len(in.Parts), want.Kind, len(want.Parts))
	}
	for i, p := range in.Parts {
		if got := told(t, p); !reflect.DeepEqual(got, want.Parts[i]) {
			t.Errorf("part %d\n got %+v\nwant %+v", i, got, want.Parts[i])
		}
	}
	if got := answer(t, &in, nil); !reflect.DeepEqual(got, want.Answer) {
		t.Errorf("answer %v\nwant %v", got, want.Answer)
	}
	if len(want.Failing) > 0 {
		if got := answer(t, &in, want.Failing); !reflect.DeepEqual(got, want.AnswerFailing) {
			t.Errorf("answer with failures %v\nwant %v", got, want.AnswerFailing)
		}
	}
}

// told is a part as it is written down.
func told(t *testing.T, p Part) knownPart {
	t.Helper()
	k := knownPart{ID: p.ID, Ignored: p.Ignored}
	if p.Err != nil {
		k.Error = p.Err.Error()
	}
	if p.Stream != nil {
		k.Stream = p.Stream.Change.Keys["pk"].String()
	}
	for _, o := range p.Objects {
		k.Objects = append(k.Objects, knownObject{o.ID(), o.Key, o.Region, o.Account + " " + o.LogRegion, o.Content, o.Size, o.Time})
	}
	for _, l := range p.Logs {
		lines := knownLogs{Account: l.Account, Group: l.Group, Stream: l.Stream}
		for _, line := range l.Lines {
			lines.Lines = append(lines.Lines, line.Time.Format(time.RFC3339Nano)+" "+line.Text)
		}
		k.Logs = append(k.Logs, lines)
	}
	for _, c := range p.Calls {
		var call struct{ EventName string }
		if err := json.Unmarshal(c, &call); err != nil {
			t.Error(err)
		}
		k.Calls = append(k.Calls, call.EventName)
	}
	return k
}

// answer is what Lambda is told, as JSON has it; an error is its text.
func answer(t *testing.T, in *Input, failing []string) any {
	t.Helper()
	failed := map[string]error{}
	for _, id := range failing {
		failed[id] = errors.New("it failed")
	}
	a, err := in.Answer(failed)
	if err != nil {
		return err.Error()
	}
	raw, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	var plain any
	if err := json.Unmarshal(raw, &plain); err != nil {
		t.Fatal(err)
	}
	return plain
}

func pack(plain string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write([]byte(plain)) //nolint:errcheck // to memory
	z.Close()
	return base64.StdEncoding.EncodeToString(b.Bytes())
}

// TestLimits reaches each.
func TestLimits(t *testing.T) {
	r := reader(t)
	if _, err := r.Decode(make([]byte, MostBytes+1)); err == nil || err.Error() != "read input: 16777217 bytes, at most 16777216" {
		t.Error(err)
	}
	if _, err := r.Decode([]byte(`{"Records":[` + strings.Repeat("{},", MostParts) + `{}]}`)); err == nil || err.Error() != "read input: 10001 records, at most 10000" {
		t.Error(err)
	}
	keys := strings.Repeat(`"`+"111122223333_CloudTrail_x_y.json.gz"+`",`, MostObjects)
	body, err := json.Marshal(`{"s3Bucket":"b","s3ObjectKey":[` + keys + `"111122223333_CloudTrail_x_y.json.gz"]}`)
	if err != nil {
		t.Fatal(err)
	}
	in, err := r.Decode([]byte(`{"Records":[{"messageId":"m","eventSource":"aws:sqs","body":` + string(body) + `}]}`))
	if err != nil || in.Parts[0].Err == nil || in.Parts[0].Err.Error() != "read objects: more than 1000 in one message" || in.Parts[0].Objects != nil {
		t.Errorf("%+v, %v", in, err)
	}
}

// TestBombs packs far more than a document may hold into one that Lambda would take: the part says so,
// and the parts before it are whole.
func TestBombs(t *testing.T) {
	bomb := pack(strings.Repeat(strings.Repeat("x", 1<<20), MostUnpacked>>20) + "x")
	lines := pack(strings.Repeat("a\n", MostLines+1))
	for name, c := range map[string]struct{ data, why string }{
		"bytes": {bomb, "more than 134217728 bytes are packed in the document"}, "lines": {lines, "more than 1000000 lines are packed in the document"},
	} {
		doc := `{"deliveryStreamArn":"a","records":[{"recordId":"good","data":"` + pack("line") + `"},{"recordId":"bomb","data":"` + c.data + `"}]}`
		in, err := reader(t).Decode([]byte(doc))
		if err != nil || len(doc) > 6<<20 {
			t.Fatalf("%s: %v, %d bytes", name, err, len(doc))
		}
		if good := in.Parts[0]; good.Err != nil || len(good.Logs) != 1 || good.Logs[0].Lines[0].Text != "line" {
			t.Errorf("%s: %+v", name, good)
		}
		if bad := in.Parts[1]; bad.Err == nil || bad.Err.Error() != c.why || bad.Logs != nil {
			t.Errorf("%s: %v, %d logs", name, bad.Err, len(bad.Logs))
		}
	}
}

// TestIgnoredIsAFew keeps a message about a thousand strangers from becoming a thousand sentences.
func TestIgnoredIsAFew(t *testing.T) {
	body, err := json.Marshal(`{"s3Bucket":"b","s3ObjectKey":[` + strings.Repeat(`"x",`, 999) + `"` + strings.Repeat("long", 200) + `"]}`)
	if err != nil {
		t.Fatal(err)
	}
	in, err := reader(t).Decode([]byte(`{"Records":[{"messageId":"m","eventSource":"aws:sqs","body":` + string(body) + `}]}`))
	if err != nil || in.Parts[0].Err != nil || len(in.Parts[0].Ignored) != 8 {
		t.Errorf("%+v, %v", in, err)
	}
}

func TestPrefixesThatAreNone(t *testing.T) {
	for _, p := range []string{"bucket", "/prefix", ""} {
		if _, err := New(Options{Trails: []string{p}}); err == nil {
			t.Errorf("%q was taken", p)
		}
	}
}

// FuzzDecode takes anything: it must not fall, must keep its limits, must give each part an answer, and must say the same twice.
func FuzzDecode(f *testing.F) {
	samples, err := filepath.Glob("testdata/*.json")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range samples {
		raw, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	r := reader(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		in, err := r.Decode(raw)
		again, errAgain := r.Decode(raw)
		if fmt.Sprint(err) != fmt.Sprint(errAgain) || !reflect.DeepEqual(in.Kind, again.Kind) || len(in.Parts) != len(again.Parts) {
			t.Fatalf("%v and %v", err, errAgain)
		}
		if err != nil {
			oneLine(t, err)
			return
		}
		for _, p := range in.Parts {
			if p.Err != nil && (p.Objects != nil || p.Logs != nil || p.Calls != nil || p.Stream != nil) {
				t.Errorf("a part that failed holds something: %+v", p)
			}
			if p.Err != nil {
				oneLine(t, p.Err)
			}
			for _, o := range p.Objects {
				if o.Bucket == "" || o.Key == "" || o.Content == "" || len(o.Key) > 1024 {
					t.Errorf("%+v", o)
				}
			}
		}
		a, err := in.Answer(nil)
		if err != nil {
			return
		}
		if out, err := json.Marshal(a); err != nil || in.Kind == Delivery && len(in.Parts) != len(in.echo) {
			t.Errorf("%s, %v", out, err)
		}
	})
}

func oneLine(t *testing.T, err error) {
	t.Helper()
	if text := err.Error(); strings.ContainsAny(text, "\n\r\x00") || len(text) > 1000 {
		t.Errorf("%d bytes: %q", len(text), text)
	}
}
