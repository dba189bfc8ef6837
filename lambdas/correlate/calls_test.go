package correlate

import (
	"context"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// The ports of a store, with what each call costs in AWS counted.
type (
	countedDocuments struct {
		store.Documents
		calls *int
	}
	countedDetections struct {
		store.Detections
		calls *int
	}
	countedDevices struct {
		store.Devices
		calls *int
	}
)

func (s countedDocuments) GetMany(ctx context.Context, keys ...store.DocumentKey) (map[store.DocumentKey]store.Document, error) {
	*s.calls++
	return s.Documents.GetMany(ctx, keys...)
}

func (s countedDetections) GetWith(ctx context.Context, id string, keys ...store.DocumentKey) (events.Detection, map[store.DocumentKey]store.Document, error) {
	*s.calls++
	return s.Detections.GetWith(ctx, id, keys...)
}

func (s countedDetections) Enrich(ctx context.Context, id string, e store.Enrichment, changes ...store.Write) (events.Detection, error) {
	*s.calls += enrichCalls
	return s.Detections.Enrich(ctx, id, e, changes...)
}

func (s countedDevices) Series(ctx context.Context, device, metric string, from, to time.Time) ([]events.Point, error) {
	*s.calls++
	return s.Devices.Series(ctx, device, metric, from, to)
}

// taker is one of many who take part.
func taker(i int) events.Participant {
	a := netip.AddrFrom4([4]byte{10, 20, 3, byte(1 + i)})
	if i == 0 {
		a = netip.MustParseAddr("10.20.2.22")
	}
	return events.Participant{Role: "victim", Device: a.String(), Address: a, Port: 22}
}

// TestFiveCalls: no pass asks AWS more than five times, the first or a later one, however many take part and however many stories they are of.
func TestFiveCalls(t *testing.T) {
	for _, n := range []int{1, 2, 16, 64} {
		h := build(t)
		h.known()
		h.flows("flows", flow(noon.Add(-50*time.Minute), "203.0.113.99", 22, "REJECT"))
		for i := range n { // each of them has a story of its own, and they meet in the last
			one := guessing()
			one.ID, one.Participants = fmt.Sprintf("%032x", i+1), append(one.Participants[:1:1], taker(i))
			one.Participants[0].Address = netip.AddrFrom4([4]byte{198, 51, 100, byte(i)})
			one.Participants[0].Device = one.Participants[0].Address.String()
			h.put(one)
		}
		h.told()
		all := guessing()
		all.Participants = nil
		for i := range n {
			p := taker(i)
			p.Role = "offender"
			all.Participants = append(all.Participants, p)
		}
		all.Start, all.Update = all.Start.Add(time.Minute), all.Update.Add(time.Minute)
		h.put(all)
		calls, asked := 0, h.metrics.calls
		counting := *h.store
		counting.Documents, counting.Detections = countedDocuments{h.store.Documents, &calls}, countedDetections{h.store.Detections, &calls}
		counting.Devices = countedDevices{h.store.Devices, &calls}
		h.joiner.o.Store = &counting
		h.ok(h.joiner.Detection(t.Context(), h.get()))
		if got := calls + h.metrics.calls - asked; got > mostCalls || got < 3 {
			t.Errorf("%d participants: %d calls in the first pass", n, got)
		}
		h.now = noon.Add(90 * time.Minute)
		for _, id := range h.tasks() {
			doc, err := h.store.Documents.Get(t.Context(), store.KindCorrelation, id)
			h.ok(err)
			calls, asked = 0, h.metrics.calls
			h.ok(h.joiner.again(t.Context(), doc))
			if got := calls + h.metrics.calls - asked; got > mostCalls {
				t.Errorf("%d participants: %d calls in a later pass", n, got)
			}
		}
	}
}
