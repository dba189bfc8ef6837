package functions

import (
	"bytes"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
)

// units are those that CloudWatch knows.
var units = strings.Fields("Seconds Microseconds Milliseconds Bytes Kilobytes Megabytes Gigabytes Terabytes Bits Kilobits Megabits Gigabits " +
	"Terabits Percent Count Bytes/Second Kilobytes/Second Megabytes/Second Gigabytes/Second Terabytes/Second Bits/Second Kilobits/Second " +
	"Megabits/Second Gigabits/Second Terabits/Second Count/Second None")

// metricLine is one line in the Embedded Metric Format, as CloudWatch reads it: metrics by name.
type metricLine struct {
	dimensions map[string]string
	values     map[string]any
}

type metricsSaid []metricLine

// of gives the newest line with exactly these dimensions.
func (m metricsSaid) of(dimensions map[string]string) map[string]any {
	for _, l := range slices.Backward(m) {
		if maps.Equal(l.dimensions, dimensions) {
			return l.values
		}
	}
	return nil
}

// metricLines finds the lines of metrics among what a function wrote, and holds each against the format's specification.
func metricLines(t testing.TB, logs string) (list metricsSaid) {
	t.Helper()
	for line := range strings.SplitSeq(logs, "\n") {
		if strings.Contains(line, `"_aws"`) && strings.HasPrefix(line, "{") {
			list = append(list, metricLineOf(t, line))
		}
	}
	if len(list) == 0 {
		t.Fatalf("no metrics in the log:\n%s", logs)
	}
	return list
}

// metadata is the member _aws. Nothing else may stand in it.
type metadata struct {
	Timestamp         int64
	CloudWatchMetrics []struct {
		Namespace  string
		Dimensions [][]string
		Metrics    []struct{ Name, Unit string }
	}
}

func metricLineOf(t testing.TB, line string) metricLine {
	t.Helper()
	var all map[string]any
	var raw struct {
		AWS json.RawMessage `json:"_aws"`
	}
	var about metadata
	strict := func(b []byte) error {
		d := json.NewDecoder(bytes.NewReader(b))
		d.DisallowUnknownFields()
		return d.Decode(&about)
	}
	if err := json.Unmarshal([]byte(line), &all); err != nil {
		t.Fatalf("%v: %s", err, line)
	}
	if err := json.Unmarshal([]byte(line), &raw); err != nil {
		t.Fatalf("%v: %s", err, line)
	}
	if err := strict(raw.AWS); err != nil {
		t.Fatalf("_aws: %v: %s", err, line)
	}
	if len(line) > 256<<10 || about.Timestamp < 1_600_000_000_000 || len(about.CloudWatchMetrics) != 1 {
		t.Fatalf("%d bytes, time %d, %d directives: %s", len(line), about.Timestamp, len(about.CloudWatchMetrics), line)
	}
	d := about.CloudWatchMetrics[0]
	if d.Namespace != "Mirrorwatch/Mirror" || len(d.Dimensions) == 0 || len(d.Metrics) == 0 || len(d.Metrics) > 100 {
		t.Fatalf("namespace %q, %d sets of dimensions, %d metrics", d.Namespace, len(d.Dimensions), len(d.Metrics))
	}
	out := metricLine{dimensions: map[string]string{}, values: map[string]any{}}
	for _, set := range d.Dimensions {
		for _, name := range set {
			value, ok := all[name].(string)
			if !ok || value == "" || len(value) > 1024 || len(set) > 30 {
				t.Errorf("dimension %s is %v; a text at the top is wanted: %s", name, all[name], line)
			}
			out.dimensions[name] = value
		}
	}
	for _, m := range d.Metrics {
		value, ok := all[m.Name].(float64)
		if !ok || math.IsInf(value, 0) || !slices.Contains(units, m.Unit) {
			t.Errorf("metric %s in %q is %v; a number at the top is wanted: %s", m.Name, m.Unit, all[m.Name], line)
		}
		if _, double := out.values[m.Name]; double {
			t.Errorf("metric %s is named twice", m.Name)
		}
		out.values[m.Name] = value
	}
	return out
}
