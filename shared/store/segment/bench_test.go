package segment

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/shared/query"
)

// busy makes rows such as a conn log has.
func busy(n int) []Row {
	r := rand.New(rand.NewPCG(1, 1))
	list := make([]Row, n)
	for i := range list {
		ts := 1772420645e9 + int64(i)*1e8
		list[i] = Row{TS: ts, Seq: int64(i), Line: fmt.Appendf(nil, `{"ts":%d.%06d,"uid":"C%011d","id.orig_h":"10.20.%d.%d","id.orig_p":%d,"id.resp_h":"192.0.%d.%d",`+
			`"id.resp_p":%d,"community_id":"1:%027d=","bytes":%d,"duration":%d.%06d,"flag":true,"host":"h%d.example"}`, ts/1e9, ts%1e9/1e3, r.Uint64()%1e11, r.IntN(16),
			r.IntN(256), 32768+r.IntN(28000), r.IntN(20), r.IntN(256), []int{443, 53, 80}[r.IntN(3)], r.Uint64(), r.IntN(1<<20), r.IntN(90), r.IntN(1e6), r.IntN(5000))}
	}
	return list
}

func BenchmarkEncode(b *testing.B) {
	e := NewEncoder(newCodec(b))
	list := busy(16384)
	for b.Loop() {
		if _, err := e.Encode(list); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/16384, "ns/row")
}

func BenchmarkMatch(b *testing.B) {
	s := sealed(b, newCodec(b), busy(16384))
	for _, text := range []string{"id.orig_h = 10.20.3.7", "addr = 10.20.3.0/24", "bytes > 1000", "id.resp_p = 443", `host ~ "h77."`, `uid ~ "12345"`} {
		b.Run(text, func(b *testing.B) {
			m := NewMatching(plan(b, text))
			for b.Loop() {
				if _, err := m.Match(s, 0, s.Rows); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/16384, "ns/row")
		})
	}
}

func BenchmarkGroup(b *testing.B) {
	s := sealed(b, newCodec(b), busy(16384))
	for _, names := range [][]string{{"id.resp_h"}, {"id.orig_h", "id.resp_p"}, {"id.orig_p"}} {
		b.Run(fmt.Sprint(names), func(b *testing.B) {
			var keys []Key
			for _, n := range names {
				keys = append(keys, Key{query.Field{Name: n}})
			}
			g := NewGrouping(len(keys), 1, 1<<20)
			for b.Loop() {
				if err := g.Add(s, "t", keys, []string{"bytes"}, full(s.Rows)); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/16384, "ns/row")
		})
	}
}
