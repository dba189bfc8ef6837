package archive

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	lambda "github.com/aws/aws-lambda-go/events"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// traffic makes frames of conversations, look-ups and requests as a busy site has them: half a million bytes of lines each.
func traffic(bytes int) (object []byte, lines, text int) {
	rnd := rand.New(rand.NewPCG(1, 2))
	var frame []string
	size := 0
	for text < bytes {
		var r events.Record
		client := netip.AddrFrom4([4]byte{10, 20, byte(rnd.IntN(4)), byte(rnd.IntN(250))})
		switch rnd.IntN(5) {
		case 0:
			r = &events.DNS{Query: fmt.Sprintf("host-%d.svc-%d.example.com", rnd.IntN(3000), rnd.IntN(40)), Answers: []string{fmt.Sprint("10.20.9.", rnd.IntN(250))}}
		case 1:
			r = &events.HTTP{Method: "GET", Host: fmt.Sprintf("svc-%d.example.com", rnd.IntN(40)), URI: fmt.Sprintf("/v1/items/%d?page=%d", rnd.Uint32(), rnd.IntN(9)), UserAgent: "curl/8.5.0"}
		default:
			r = &events.Conn{Proto: "tcp", Service: "ssl", ConnState: "SF", History: "ShADadFf"}
		}
		h := r.Common()
		h.OrigH, h.OrigP, h.RespH, h.RespP, h.VNI = client, uint16(20000+rnd.IntN(40000)), netip.AddrFrom4([4]byte{10, 20, 9, byte(rnd.IntN(250))}), 443, 101
		h.CommunityID = fmt.Sprintf("1:%x=", rnd.Uint64())
		line, _, _ := record(r, lines)
		line = strings.Replace(line, `"uid":"C`, fmt.Sprintf(`"uid":"C%x`, rnd.Uint64()), 1)
		frame, size, lines, text = append(frame, line), size+len(line)+1, lines+1, text+len(line)+1
		if size > 850_000 {
			object, frame, size = append(object, packed(frame...)...), nil, 0
		}
	}
	return append(object, packed(append(frame, "")...)...), lines, text
}

// discard is a bucket that keeps nothing but one object.
type discard struct {
	*memory
	files atomic.Int64
	bytes atomic.Int64
}

func (d *discard) Put(_ context.Context, _ string, body []byte) error {
	d.files.Add(1)
	d.bytes.Add(int64(len(body)))
	return nil
}

// BenchmarkArchive is an object of 256 MB of lines, and the most memory that it takes.
func BenchmarkArchive(b *testing.B) {
	object, lines, text := traffic(256 << 20)
	d := &discard{memory: &memory{objects: map[string][]byte{Incoming + "o": object}}}
	f, err := New(Options{Bucket: d, Name: "mw-archive", Now: time.Now, Metrics: io.Discard})
	if err != nil {
		b.Fatal(err)
	}
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	var most atomic.Uint64
	stop := make(chan struct{})
	go func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				most.Store(max(most.Load(), m.HeapInuse+m.StackInuse))
			}
		}
	}()
	batch := lambda.SQSEvent{Records: []lambda.SQSMessage{{MessageId: "m", Body: notification("mw-archive", Incoming+"o", "")}}}
	b.SetBytes(int64(text))
	for b.Loop() {
		if answer, err := f.Handle(b.Context(), batch); err != nil || len(answer.BatchItemFailures) > 0 {
			b.Fatal(err, answer)
		}
	}
	close(stop)
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(lines), "ns/record")
	b.ReportMetric(float64(most.Load()-before.HeapInuse)/(1<<20), "peak-MiB")
	b.ReportMetric(float64(len(object))/float64(lines), "frame-B/record")
	b.ReportMetric(float64(d.bytes.Load())/float64(b.N)/float64(lines), "parquet-B/record")
	b.ReportMetric(float64(d.files.Load())/float64(b.N), "files")
}
