package correlate

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/correlate/ingest"
	"github.com/mirrorwatch/mirrorwatch/shared/archive"
	"github.com/mirrorwatch/mirrorwatch/shared/counters"
	"github.com/mirrorwatch/mirrorwatch/shared/inventory"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/memory"
)

// BenchmarkPass makes the context of a detection whose sources all have much to say: an inventory of every participant, 200 calls in the
// two hours around it, a conversation a minute of every participant for four hours, and four weeks of thirteen metrics of each. What is measured is our own
// time: the store is in memory, and CloudWatch answers at once.
func BenchmarkPass(b *testing.B) {
	for _, n := range []int{2, 16, 64} {
		b.Run(fmt.Sprintf("participants=%d", n), func(b *testing.B) {
			d, joiner, docs := crowd(b, n)
			b.ResetTimer()
			for b.Loop() {
				b.StopTimer()
				d.Update = d.Update.Add(time.Second) // another state, so that everything is asked again
				if _, err := docs.Detections.Put(b.Context(), d); err != nil {
					b.Fatal(err)
				}
				have, err := docs.Detections.Get(b.Context(), d.ID)
				if err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
				if err := joiner.Detection(b.Context(), have); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// crowd is a detection of many, and everything that is known of them.
func crowd(b *testing.B, n int) (events.Detection, *Correlator, *store.Store) {
	now := func() time.Time { return noon.Add(3 * time.Hour) }
	s := memory.New(memory.Options{Now: now, Schema: archive.Schema()})
	joiner, err := New(Options{Store: s, Metrics: plenty{}, Now: now, Account: "123456789012"})
	if err != nil {
		b.Fatal(err)
	}
	in, err := ingest.New(ingest.Options{Documents: s.Documents, Now: now})
	if err != nil {
		b.Fatal(err)
	}
	d := guessing()
	d.Start, d.Evidence.Start, d.Evidence.End, d.Update = noon, noon.Add(-3*time.Hour), noon.Add(time.Minute), noon.Add(time.Minute)
	d.Participants = d.Participants[:1]
	var held []events.Holding
	lines := []string{header}
	since := noon.AddDate(0, -1, 0)
	for i := range n - 1 {
		a := netip.AddrFrom4([4]byte{10, 20, byte(i / 250), byte(1 + i%250)})
		d.Participants = append(d.Participants, events.Participant{Role: "victim", Device: a.String(), Address: a, Port: 22})
		eni := fmt.Sprintf("eni-0%016x", i)
		held = append(held, events.Holding{
			Interface: eni, Account: "123456789012", Region: "eu-central-1", VPC: "vpc-1", Instance: fmt.Sprintf("i-0%016x", i), Name: fmt.Sprint("host-", i),
			Groups: []string{"sg-0a000000000000004"}, Addresses: []netip.Addr{a}, From: &since,
		})
		for m := range 240 {
			at := noon.Add(time.Duration(m-200) * time.Minute)
			lines = append(lines, fmt.Sprintf("2 123456789012 %s 203.0.113.99 %s 40000 22 6 4 240 %d %d ACCEPT OK\n", eni, a, at.Unix(), at.Unix()+30))
		}
	}
	var calls []string
	for i := range 200 {
		calls = append(calls, strings.ReplaceAll(opening(noon.Add(time.Duration(i-100)*30*time.Second)), "e-1", fmt.Sprint("e-", i)))
	}
	for _, err := range []error{
		func() error {
			_, err := inventory.Keep(b.Context(), s.Documents, inventory.Observation{At: since, Seen: held})
			return err
		}(),
		func() error {
			_, err := in.Flows(b.Context(), "flows", "1", strings.NewReader(strings.Join(lines, "")))
			return err
		}(),
		func() error {
			_, err := in.Trail(b.Context(), "trail", "1", strings.NewReader(`{"Records":[`+strings.Join(calls, ",")+`]}`))
			return err
		}(),
	} {
		if err != nil {
			b.Fatal(err)
		}
	}
	return d, joiner, s
}

// plenty is a CloudWatch that knows every metric of every machine.
type plenty struct{}

func (plenty) Ask(_ context.Context, q counters.Query) (counters.Answer, error) {
	var a counters.Answer
	for _, m := range q.Machines {
		for _, metric := range q.Metrics {
			s := counters.Series{Machine: m.ID, Metric: metric.Name}
			for at := q.From(); !at.After(q.Hour); at = at.Add(time.Hour) {
				s.Times, s.Values = append(s.Times, at), append(s.Values, 1e6+float64(at.Hour()))
			}
			a.Series = append(a.Series, s)
		}
	}
	return a, nil
}
