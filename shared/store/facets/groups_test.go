package facets_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/facets"
)

// TestGroupsUnderWrites groups while detections, and devices with them, come and go: each answer must agree with itself.
func TestGroupsUnderWrites(t *testing.T) {
	x := facets.New(facets.Options{})
	r := rand.New(rand.NewPCG(8, 8))
	put := func(i int) string {
		d := odd(i, r)
		d.Participants = append(d.Participants, events.Participant{Role: "offender", Device: fmt.Sprint("new", i), Hostname: fmt.Sprint("host", i)})
		x.Put(facet(t, &d, i))
		return d.ID
	}
	ids := make([]string, 9000)
	for i := range ids {
		ids[i] = put(i)
	}
	stop := make(chan struct{})
	var writer sync.WaitGroup
	writer.Go(func() {
		for i := len(ids); ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			at := r.IntN(len(ids))
			x.Remove(ids[at])
			ids[at] = put(i)
		}
	})
	from, to := begin, begin.Add(1000*time.Minute)
	f := store.DetectionFilter{From: &from, To: &to, Hidden: store.HiddenInclude}
	for range 3 {
		for _, by := range store.GroupBys() {
			got, err := x.Groups(f, store.GroupQuery{By: by, Buckets: 7, Limit: 200})
			if err != nil || got.Total < len(got.Items) || len(got.Items) == 0 {
				t.Fatalf("by %s: %d groups of %d, %v", by, len(got.Items), got.Total, err)
			}
			for _, g := range got.Items {
				if err := agrees(by, &g); err != nil {
					t.Errorf("by %s: %v: %+v", by, err, g)
				}
			}
		}
	}
	close(stop)
	writer.Wait()
}

func agrees(by store.GroupBy, g *store.Group) error {
	bars := 0
	for _, n := range g.Bars {
		bars += n
	}
	switch {
	case bars != g.Count:
		return fmt.Errorf("%d in bars", bars)
	case g.Open > g.Count || g.Count == 0:
		return fmt.Errorf("%d open", g.Open)
	case g.Offenders > 4*g.Count || g.Victims > 4*g.Count:
		return fmt.Errorf("more devices than there were participants")
	case by == store.GroupOffender && g.Key != "" && g.Offenders == 0:
		return fmt.Errorf("no offender")
	}
	return nil
}
