package cloudwatch

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/smithy-go/encoding/cbor"

	"github.com/mirrorwatch/mirrorwatch/shared/counters"
)

// canned answers every call with the same bytes: what is measured is our own work and the client's, not that of the far end.
type canned []byte

// Do is cloudwatch.HTTPClient.
func (c canned) Do(*http.Request) (*http.Response, error) {
	h := http.Header{"Smithy-Protocol": {"rpc-v2-cbor"}, "Content-Type": {"application/cbor"}}
	return &http.Response{StatusCode: http.StatusOK, Header: h, Body: io.NopCloser(bytes.NewReader(c)), ContentLength: int64(len(c))}, nil
}

// BenchmarkDetection is what the counters of one detection take of our own time: the query, the client's reading of the answer, and the
// comparison.
func BenchmarkDetection(b *testing.B) {
	for _, n := range []int{1, 2, 11, 16} {
		b.Run(fmt.Sprint(n, " machines"), func(b *testing.B) {
			f := &far{numbers: map[string]map[int64]float64{}}
			for _, m := range query(n).Machines {
				for _, metric := range counters.Metrics() {
					f.fill(m.ID, metric.Name, 100, 100)
				}
			}
			s, err := New(Options{Client: client("http://127.0.0.1", func(o *cloudwatch.Options) { o.HTTPClient = recorded(f, query(n)) })})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				q := query(n)
				a, err := s.Ask(b.Context(), q)
				if err != nil {
					b.Fatal(err)
				}
				if news, _, _ := counters.Compare(q, a); len(news) == 0 {
					b.Fatal("nothing is said")
				}
				b.ReportMetric(float64(q.Points()), "numbers")
			}
		})
	}
}

// recorded is what the imitation answers to a query.
func recorded(f *far, q counters.Query) canned {
	queries := cbor.List{}
	for i, m := range q.Machines {
		for j, metric := range q.Metrics {
			queries = append(queries, cbor.Map{"Id": cbor.String(fmt.Sprintf("m%d_%d", i, j)), "MetricStat": cbor.Map{
				"Period": cbor.Uint(3600), "Metric": cbor.Map{
					"Namespace": cbor.String("AWS/EC2"), "MetricName": cbor.String(metric.Name),
					"Dimensions": cbor.List{cbor.Map{"Name": cbor.String("InstanceId"), "Value": cbor.String(m.ID)}},
				},
			}})
		}
	}
	at := func(unix int64) cbor.Value { return &cbor.Tag{ID: 1, Value: cbor.Float64(float64(unix))} }
	return cbor.Encode(f.answer(cbor.Map{
		"MetricDataQueries": queries, "MaxDatapoints": cbor.Uint(counters.MostPoints), "StartTime": at(q.From().Unix()), "EndTime": at(q.To().Unix()),
	}))
}
