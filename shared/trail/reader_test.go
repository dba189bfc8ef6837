package trail

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/mirrorwatch/mirrorwatch/events"
)

var update = flag.Bool("update", false, "write the answers anew")

// readAll reads a file and gives its calls as JSON lines.
func readAll(t testing.TB, r io.Reader) (calls []events.CloudTrail, reader *Reader, err error) {
	t.Helper()
	reader, err = NewReader(r)
	if err != nil {
		return nil, nil, err
	}
	for {
		var c events.CloudTrail
		if err := reader.Next(&c); err != nil {
			if again := reader.Next(&c); !errors.Is(again, err) {
				t.Errorf("after %v Next gave %v", err, again)
			}
			return calls, reader, err
		}
		calls = append(calls, c)
	}
}

func lines(calls []events.CloudTrail) string {
	var b []byte
	for i := range calls {
		b = append(calls[i].AppendJSON(b), '\n')
	}
	return string(b)
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nexpected\n%s", path, got, want)
	}
}

func records(t testing.TB) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/records.json")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// elements are the records of the file, each as it stands.
func elements(t testing.TB) []json.RawMessage {
	t.Helper()
	var file struct{ Records []json.RawMessage }
	if err := json.Unmarshal(records(t), &file); err != nil {
		t.Fatal(err)
	}
	for i, r := range file.Records {
		var b bytes.Buffer
		if err := json.Compact(&b, r); err != nil {
			t.Fatal(err)
		}
		file.Records[i] = b.Bytes()
	}
	return file.Records
}

func packed(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	z.Write(b)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestCallsOfAFile(t *testing.T) {
	calls, r, err := readAll(t, bytes.NewReader(records(t)))
	if !errors.Is(err, io.EOF) || r.Skipped() != 0 {
		t.Fatalf("%v, %d records made no sense: %v", err, r.Skipped(), r.Problems())
	}
	golden(t, "calls.jsonl", lines(calls))
}

// TestEveryWrapping reads the same records in all the ways in which AWS and its command line hand them out.
func TestEveryWrapping(t *testing.T) {
	all := elements(t)
	want, _, _ := readAll(t, bytes.NewReader(records(t)))
	join := func(begin, between, end string, one func(b []byte) string) string {
		var parts []string
		for _, r := range all {
			parts = append(parts, one(r))
		}
		return begin + strings.Join(parts, between) + end
	}
	plain := func(b []byte) string { return string(b) }
	quoted := func(b []byte) string { q, _ := json.Marshal(string(b)); return string(q) }
	file := join(`{"Records":[`, ",", "]}", plain)
	for name, in := range map[string]string{
		"as S3 has it":            file,
		"packed":                  string(packed(t, []byte(file))),
		"two gzip members":        string(packed(t, []byte(file[:9000]))) + string(packed(t, []byte(file[9000:]))),
		"lines":                   join("", "\n", "\n", plain),
		"no end of the last line": join("", "\n", "", plain),
		"lines with returns":      join("", "\r\n\r\n", "\r\n", plain),
		"a list":                  join("[", ", ", "]\n", plain),
		"exported by Logs":        join("", "\n", "\n", func(b []byte) string { return "2026-03-02T10:00:00.000Z " + string(b) }),
		"events of EventBridge": join("", "\n", "\n", func(b []byte) string {
			return `{"version":"0","detail-type":"AWS API Call via CloudTrail","detail":` + string(b) + "}"
		}),
		"lookup-events":             join(`{"Events":[`, ",", `],"NextToken":"abc"}`, func(b []byte) string { return `{"EventId":"x","CloudTrailEvent":` + quoted(b) + "}" }),
		"lines of CloudTrail Lake":  join("", "\n", "", func(b []byte) string { return `{"eventJson":` + quoted(b) + "}" }),
		"messages of Logs":          join("", "\n", "", func(b []byte) string { return `{"id":"1","timestamp":1,"message":` + quoted(b) + "}" }),
		"two files one after other": join(`{"Records":[`, ",", "]}", plain)[:len(file)] + "\n" + `{"Records":[]}`,
	} {
		calls, r, err := readAll(t, strings.NewReader(in))
		if !errors.Is(err, io.EOF) || lines(calls) != lines(want) {
			t.Errorf("%s: %v, %d calls of %d, problems %v", name, err, len(calls), len(want), r.Problems())
		}
		slow, _, err := readAll(t, iotest.OneByteReader(strings.NewReader(in)))
		if !errors.Is(err, io.EOF) || lines(slow) != lines(want) {
			t.Errorf("%s, byte by byte: %v, %d calls", name, err, len(slow))
		}
	}
	for i, r := range all {
		var c events.CloudTrail
		for _, detail := range []string{string(r), `{"detail-type":"x","detail":` + string(r) + "}"} {
			if err := FromEvent([]byte(detail), &c); err != nil || lines([]events.CloudTrail{c}) != lines(want[i:i+1]) {
				t.Errorf("event %d: %v", i, err)
			}
		}
	}
}

// TestCutAnywhere cuts a file at every byte: what is whole is read, and the end is said to be missing.
func TestCutAnywhere(t *testing.T) {
	all := elements(t)[:3]
	file := `{"Records":[` + string(all[0]) + "," + string(all[1]) + "," + string(all[2]) + `]}`
	ends := []int{12 + len(all[0]), 13 + len(all[0]) + len(all[1]), 14 + len(all[0]) + len(all[1]) + len(all[2])}
	for n := 13; n < len(file)-1; n += 7 {
		calls, _, err := readAll(t, strings.NewReader(file[:n]))
		whole := 0
		for _, e := range ends {
			if n >= e {
				whole++
			}
		}
		if len(calls) != whole || !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("cut at %d: %d calls of %d, %v", n, len(calls), whole, err)
		}
	}
	z := packed(t, records(t))
	calls, _, err := readAll(t, bytes.NewReader(z[:len(z)-100]))
	if len(calls) == 0 || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("packed and cut: %d calls, %v", len(calls), err)
	}
}

// TestBadRecordsAreNamed holds that a record which makes no sense is counted and named, and those around it are used.
func TestBadRecordsAreNamed(t *testing.T) {
	good := string(elements(t)[0])
	change := func(old, young string) string { return strings.Replace(good, old, young, 1) }
	for _, c := range []struct{ name, bad, field, value string }{
		{"no time", change(`"eventTime":"2026-03-02T10:00:00Z",`, ""), "eventTime", ""},
		{"a time that is none", change("2026-03-02T10:00:00Z", "yesterday"), "eventTime", "yesterday"},
		{"a time before there was a trail", change(`"eventTime":"2026-03-02T`, `"eventTime":"1970-03-02T`), "eventTime", "1970-03-02T10:00:00Z"},
		{"another version", change(`"eventVersion":"1.08"`, `"eventVersion":"2.0"`), "eventVersion", "2.0"},
		{"no name", change(`"eventName":"RunInstances"`, `"eventName":""`), "eventName", ""},
		{"a name with control characters", change("RunInstances", `Run\u001b[2J`), "eventName", "Run?[2J"},
		{"no service", change("ec2.amazonaws.com", "e c 2"), "eventSource", "e c 2"},
		{"no id", change(`"eventID":"00000001-1111-4222-8333-444455556666"`, `"eventID":"a b"`), "eventID", "a b"},
		{"a number", "17", "record", "17"},
		{"another thing", `{"a":[1,2,{"b":null}]}`, "eventTime", ""},
		{"no JSON", change(`"minCount":1`, `"minCount":01`), "record", ""},
		{"a comma too many", change(`"minCount":1`, `"minCount":1,,`), "record", ""},
		{"nested too deep", change(`"monitoring":{"enabled":false}`, `"monitoring":`+strings.Repeat("[", 100)+strings.Repeat("]", 100)), "record", ""},
		{"too many values", change(`"monitoring":{"enabled":false}`, `"monitoring":[`+strings.Repeat("1,", maxNodes)+`1]`), "record", ""},
	} {
		calls, r, err := readAll(t, strings.NewReader(`{"Records":[`+good+","+c.bad+","+good+`]}`))
		if len(calls) != 2 || !errors.Is(err, io.EOF) || r.Skipped() != 1 {
			t.Errorf("%s: %d calls, %d skipped, %v", c.name, len(calls), r.Skipped(), err)
			continue
		}
		p := r.Problems()[0]
		if p.Index != 1 || p.Field != c.field || c.value != "" && p.Value != c.value {
			t.Errorf("%s: %v", c.name, p)
		}
	}
}

func TestBadLinesAreNamed(t *testing.T) {
	good := string(elements(t)[0])
	calls, r, err := readAll(t, strings.NewReader("nonsense\n"+good+"\n{\"a\":tru}\n"+good+"\n\x00\xff\n"+good+"\n"))
	if len(calls) != 3 || r.Skipped() != 3 || !errors.Is(err, io.EOF) {
		t.Errorf("%d calls, %d skipped, %v: %v", len(calls), r.Skipped(), err, r.Problems())
	}
	if text := r.Problems()[0].Error(); text != `record 0: record "nonsense" is not a JSON object` {
		t.Errorf("the problem reads %s", text)
	}
}

// TestBounds reaches every bound there is: none of them costs more than what it bounds.
func TestBounds(t *testing.T) {
	good := string(elements(t)[0])
	huge := strings.Replace(good, `"keyName":"ops"`, `"keyName":"`+strings.Repeat("o", maxRecord)+`"`, 1)
	calls, r, err := readAll(t, strings.NewReader(`{"Records":[`+good+","+huge+","+good+`]}`))
	if len(calls) != 2 || r.Skipped() != 1 || !errors.Is(err, io.EOF) {
		t.Errorf("a record of a megabyte: %d calls, %d skipped, %v", len(calls), r.Skipped(), err)
	}
	if len(r.buf) > mostWindow {
		t.Errorf("the window grew to %d bytes", len(r.buf))
	}
	_, r, _ = readAll(t, strings.NewReader(`{"Records":[`+strings.Repeat("1,", 1000)+"1]}"))
	if r.Skipped() != 1001 || len(r.Problems()) != maxProblems {
		t.Errorf("%d skipped, %d told", r.Skipped(), len(r.Problems()))
	}
	if err := FromEvent([]byte(huge), &events.CloudTrail{}); err == nil {
		t.Error("an event of a megabyte was read")
	}
}

func TestBombIsNotUnpacked(t *testing.T) {
	if testing.Short() {
		t.Skip("packs 100 MiB")
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	blank := bytes.Repeat([]byte{' '}, 1<<20)
	for range 100 {
		z.Write(blank)
	}
	z.Close()
	_, _, err := readAll(t, &b)
	if err == nil || errors.Is(err, io.EOF) || !strings.Contains(err.Error(), "no log") {
		t.Errorf("a hundred MiB of nothing: %v", err)
	}
}

func TestInsightsAreNoCalls(t *testing.T) {
	insight := `{"eventVersion":"1.08","eventTime":"2026-03-02T10:00:00Z","awsRegion":"eu-central-1","eventID":"7ca7c5a5-a0fd-4a37-8ed5-8e2b1c3c6f4e",` +
		`"eventType":"AwsCloudTrailInsight","recipientAccountId":"111122223333","insightDetails":{"state":"Start","eventSource":"ec2.amazonaws.com","eventName":"RunInstances"},"eventCategory":"Insight"}`
	calls, r, err := readAll(t, strings.NewReader(insight))
	if len(calls) != 0 || r.Skipped() != 0 || r.Passed() != 1 || !errors.Is(err, io.EOF) {
		t.Errorf("%d calls, %d skipped, %d passed, %v", len(calls), r.Skipped(), r.Passed(), err)
	}
}

// TestAFailingReader says why the file ended, and what was whole before.
func TestAFailingReader(t *testing.T) {
	broken := errors.New("the disk is gone")
	calls, _, err := readAll(t, io.MultiReader(bytes.NewReader(records(t)[:4000]), iotest.ErrReader(broken)))
	if len(calls) == 0 || !errors.Is(err, broken) {
		t.Errorf("%d calls, %v", len(calls), err)
	}
}

func FuzzReader(f *testing.F) {
	f.Add([]byte(`{"Records":[{"eventVersion":"1.08","eventTime":"2026-03-02T10:00:00Z","eventName":"A","eventSource":"b","eventID":"c"}]}`))
	f.Add([]byte("{\"eventName\":\"A\"}\n[{}]"))
	f.Add(packed(f, []byte(`{"Records":[]}`)))
	for _, r := range elements(f) {
		f.Add([]byte(r))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		calls, r, err := readAll(t, bytes.NewReader(in))
		if err == nil {
			t.Fatal("the file never ended")
		}
		if r == nil {
			return
		}
		for i := range calls {
			c := &calls[i]
			if line := c.AppendJSON(nil); !json.Valid(line) {
				t.Fatalf("not JSON: %s", line)
			}
			if c.Parameters != "" && !json.Valid([]byte(c.Parameters)) || len(c.Parameters) > maxParameters {
				t.Fatalf("parameters: %s", c.Parameters)
			}
		}
		// Byte by byte it is the same file.
		again, _, err2 := readAll(t, iotest.OneByteReader(bytes.NewReader(in)))
		if lines(calls) != lines(again) || fmt.Sprint(err) != fmt.Sprint(err2) {
			t.Fatalf("in one piece %d calls and %v, byte by byte %d and %v", len(calls), err, len(again), err2)
		}
	})
}
