package flowlog_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"syscall"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/flowlog"
)

const v5Header = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status vpc-id subnet-id instance-id tcp-flags type pkt-srcaddr pkt-dstaddr region az-id flow-direction traffic-path"

// sample makes lines as a VPC with 200 instances has them: both directions of each conversation, one in ten rejected, with all that
// version 5 has.
func sample(n int) []byte {
	out := []byte(v5Header + "\n")
	seed := uint32(1)
	draw := func(most uint32) uint32 {
		seed = seed*1664525 + 1013904223
		return seed >> 8 % most
	}
	for i := 0; i < n; i += 2 {
		host, peer, port := draw(200), draw(5000), 32768+draw(28000)
		service := []uint32{443, 80, 22, 5432, 8080}[draw(5)]
		start := 1764140400 + i/400
		packets := 1 + draw(200)
		action, flags, back := "ACCEPT", 3, 19
		if draw(10) == 0 {
			action, flags, back = "REJECT", 2, 0
		}
		line := func(src, dst string, sp, dp uint32, flags int, direction, path string) {
			out = fmt.Appendf(out, "5 123456789010 eni-0a1b2c3d4e5f%05d %s %s %d %d 6 %d %d %d %d %s OK vpc-0abc subnet-0def%d i-0123456789ab%05d %d IPv4 %s %s eu-central-1 euc1-az%d %s %s\n",
				host, src, dst, sp, dp, packets, packets*uint32(60+draw(1000)), start, start+59, action, host%3, host, flags, src, dst, host%3+1, direction, path)
		}
		own, other := fmt.Sprintf("10.0.%d.%d", host/100, host%100+4), fmt.Sprintf("198.%d.%d.%d", 18+peer%2, peer/250, peer%250)
		line(other, own, port, service, flags, "ingress", "-")
		if i+1 < n {
			line(own, other, service, port, back, "egress", "8")
		}
	}
	return out
}

const benchRecords = 200_000

// bench reads a file again and again, with the conversation of each record, and says how many records a second that is.
func bench(b *testing.B, file []byte, each func(r *flowlog.Record), end func()) {
	batch := make([]flowlog.Record, 256)
	b.ReportAllocs()
	b.ResetTimer()
	before := spentCPU(b)
	for range b.N {
		r, err := flowlog.NewReader(bytes.NewReader(file), flowlog.Options{})
		if err != nil {
			b.Fatal(err)
		}
		total := 0
		for {
			n, err := r.Next(batch)
			for i := range batch[:n] {
				each(&batch[i])
			}
			if total += n; errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				b.Fatal(err)
			}
		}
		if end(); total != benchRecords {
			b.Fatal(total, r.Stats())
		}
	}
	b.ReportMetric(float64(b.N)*benchRecords/b.Elapsed().Seconds(), "records/s")
	b.ReportMetric(float64(b.N)*benchRecords/(spentCPU(b)-before).Seconds(), "records/cpu-s") // what a core of its own would give
}

// spentCPU is how long this process has had a core, collection of garbage included: on a busy machine it is less than the time that passed.
func spentCPU(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func BenchmarkText(b *testing.B) {
	var c events.Conn
	file := zip(b, sample(benchRecords))
	b.Run("records", func(b *testing.B) { bench(b, file, func(*flowlog.Record) {}, func() {}) })
	b.Run("conns", func(b *testing.B) { bench(b, file, func(r *flowlog.Record) { r.Conn(&c) }, func() {}) })
}

func BenchmarkParquet(b *testing.B) {
	var c events.Conn
	text := sample(benchRecords)
	for _, f := range []form{{name: "snappy", codec: &parquet.Snappy, version: 1, encode: dictionaries}, {name: "gzip", codec: &parquet.Gzip, version: 1}} {
		file := parquetOf(b, text, f)
		b.Run(f.name+"/records", func(b *testing.B) { bench(b, file, func(*flowlog.Record) {}, func() {}) })
		b.Run(f.name+"/conns", func(b *testing.B) { bench(b, file, func(r *flowlog.Record) { r.Conn(&c) }, func() {}) })
	}
}

func BenchmarkPaired(b *testing.B) {
	file := zip(b, sample(benchRecords))
	n := 0
	p := flowlog.NewPairer(flowlog.PairOptions{}, func(*events.Conn) { n++ })
	bench(b, file, p.Add, p.Flush)
	if n == 0 || p.Waiting() != 0 {
		b.Fatal(n, p.Waiting())
	}
}
