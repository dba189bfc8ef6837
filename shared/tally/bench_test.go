package tally_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/tally"
)

// BenchmarkObject counts an object of 50,000 records of 150 hosts and writes it down, beside 11 objects of the same hours that were before.
func BenchmarkObject(b *testing.B) {
	r := rand.New(rand.NewPCG(3, 3))
	conns := make([]*events.Conn, 0, 50_000)
	for _, f := range crowd(r, cap(conns)) {
		conns = append(conns, f.conn())
	}
	docs := newStore()
	c := tally.NewCounter(tally.Options{})
	object := func(name string) {
		for _, conn := range conns {
			c.Add(conn)
		}
		b.StartTimer()
		if err := c.Keep(context.Background(), docs, name); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
	}
	for i := range 11 {
		object(fmt.Sprint("before ", i))
	}
	b.ResetTimer()
	for i := range b.N {
		object(fmt.Sprint("object ", i))
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/keep")
}

// BenchmarkAdd counts a record.
func BenchmarkAdd(b *testing.B) {
	r := rand.New(rand.NewPCG(3, 3))
	conns := make([]*events.Conn, 0, 50_000)
	for _, f := range crowd(r, cap(conns)) {
		conns = append(conns, f.conn())
	}
	c := tally.NewCounter(tally.Options{})
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		c.Add(conns[i%len(conns)])
	}
}
