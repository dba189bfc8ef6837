package trail

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// log is a file of so many bytes, unpacked, with the records of testdata over and over, each with an id of its own.
func log(b *testing.B, size int) []byte {
	b.Helper()
	all := elements(b)
	var out bytes.Buffer
	z, _ := gzip.NewWriterLevel(&out, gzip.BestSpeed)
	n, _ := io.WriteString(z, `{"Records":[`)
	for i := 0; n < size; i++ {
		r := all[i%len(all)]
		id := bytes.Index(r, []byte(`"eventID":"`)) + len(`"eventID":"`)
		m, err := fmt.Fprintf(z, "%s%08x%s,", r[:id], i, r[id+8:])
		if err != nil {
			b.Fatal(err)
		}
		n += m
	}
	z.Write(all[0])
	io.WriteString(z, "]}")
	if err := z.Close(); err != nil {
		b.Fatal(err)
	}
	return out.Bytes()
}

// BenchmarkFile reads a log of 50 MB, packed.
func BenchmarkFile(b *testing.B) {
	const size = 50_000_000
	file := log(b, size)
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		r, err := NewReader(bytes.NewReader(file))
		if err != nil {
			b.Fatal(err)
		}
		calls := 0
		for c := (events.CloudTrail{}); err == nil; {
			if err = r.Next(&c); err == nil {
				calls++
			}
		}
		if !errors.Is(err, io.EOF) || calls < 30_000 {
			b.Fatalf("%d calls, %v", calls, err)
		}
	}
}

// BenchmarkFileAsMaps reads the same log as encoding/json would have it, without any meaning: what the own scanner is measured against.
func BenchmarkFileAsMaps(b *testing.B) {
	const size = 50_000_000
	file := log(b, size)
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		z, err := gzip.NewReader(bytes.NewReader(file))
		if err != nil {
			b.Fatal(err)
		}
		d := json.NewDecoder(z)
		for range 3 {
			if _, err := d.Token(); err != nil {
				b.Fatal(err)
			}
		}
		for d.More() {
			var record map[string]any
			if err := d.Decode(&record); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// BenchmarkDetection reads the documents of two busy hours, all of them full, and ranks what is in them.
func BenchmarkDetection(b *testing.B) {
	s := emptyStore()
	calls := crowd(20_000)
	for i := range calls {
		calls[i].Parameters = `{"groupId":"sg-0aaaaaaaaaaaaaaa2","ipPermissions":{"items":[{"fromPort":22,"ipProtocol":"tcp","ipRanges":{"items":[{"cidrIp":"192.0.2.0/24"}]},"toPort":22}]}}`
		calls[i].Agent = "aws-cli/2.17.0 md/awscrt#0.20.11 ua/2.0 os/linux#6.1.0 lang/python#3.11.8"
		calls[i].Resources = []string{"sg-0aaaaaaaaaaaaaaa2", "vpc-0aaaaaaaaaaaaaaa3"}
	}
	if _, err := Keep(b.Context(), s.Documents, calls); err != nil {
		b.Fatal(err)
	}
	d, who := bruteForce()
	docs, err := s.Documents.GetMany(b.Context(), Keys(d)...)
	if err != nil {
		b.Fatal(err)
	}
	size := 0
	for _, d := range docs {
		size += len(d.Body)
	}
	b.ReportAllocs()
	for b.Loop() {
		x, err := Read(docs)
		if err != nil {
			b.Fatal(err)
		}
		if calls, _ := x.Rank(d, who); len(calls) == 0 {
			b.Fatal("nothing is shown")
		}
		b.ReportMetric(float64(x.Len()), "calls")
	}
	b.ReportMetric(float64(size)/1e6, "MB")
}
