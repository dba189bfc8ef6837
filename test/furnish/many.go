package furnish

import (
	"context"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"net/netip"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/store"

	detectors "github.com/mirrorwatch/mirrorwatch/shared/detect/all"
)

// batch is how many detections go into one transaction.
const batch = 500

// Many stores n detections of the three days before now: of every type of the catalogue, of a few hundred hosts, as a busy site has them.
func Many(ctx context.Context, s *store.Store, now time.Time, n int) error {
	specs := detectors.Specs()
	list := make([]events.Detection, 0, batch)
	for i := range n {
		list = append(list, one(specs, now, i, n))
		if len(list) < batch && i < n-1 {
			continue
		}
		if _, err := s.Detections.Put(ctx, list...); err != nil {
			return fmt.Errorf("store %d detections: %w", len(list), err)
		}
		list = list[:0]
	}
	return nil
}

// draw gives a number below n that depends on what it is for and on i alone.
func draw(what string, i, n int) int {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s %d", what, i)
	return int(h.Sum64() >> 11 % uint64(n))
}

func one(specs []detect.Spec, now time.Time, i, n int) events.Detection {
	spec := specs[draw("type", i, len(specs))]
	start := now.Add(-time.Duration(int64(72*time.Hour) / int64(n) * int64(n-i))).Add(-time.Duration(draw("minute", i, 300)) * time.Second)
	update := start.Add(time.Duration(draw("length", i, 3000)) * time.Second)
	if update.After(now) {
		update = now
	}
	offender, victim := netip.AddrFrom4([4]byte{10, 40, byte(draw("offender net", i, 4)), byte(1 + draw("offender", i, 120))}), netip.AddrFrom4([4]byte{10, 40, 10, byte(1 + draw("victim", i, 200))})
	outside := draw("outside", i, 4) == 0
	if outside {
		offender = netip.AddrFrom4([4]byte{203, 0, 113, byte(1 + draw("offender", i, 250))})
	}
	d := events.Detection{
		ID: id(i), Type: spec.Type, Title: spec.Title, Category: spec.Category, Tactics: spec.Tactics, Techniques: spec.Techniques, Confidence: 0.5 + float64(draw("sure", i, 50))/100,
		Description: fmt.Sprintf("%s did to %s in %d conversations within %s what the type describes.", offender, victim, 3+draw("times", i, 400), update.Sub(start).Round(time.Second)),
		Triage:      events.Triage{Status: events.StatusOpen}, Start: start, Update: update, Risk: riskOf(1 + draw("score", i, 99)), VNI: uint32(9001 + draw("vni", i, 19)), Sensor: "sensor-a",
		Participants: []events.Participant{
			{Role: "offender", Endpoint: "client", Device: offender.String(), Address: offender, External: outside, Hostname: named(outside, i)},
			{Role: "victim", Endpoint: "server", Device: victim.String(), Address: victim, Port: []uint16{22, 80, 443, 445, 3389}[draw("port", i, 5)], Hostname: fmt.Sprintf("shop-%d.example", draw("victim", i, 200)), VPC: shopVPC, Account: shopAccount},
		},
		Evidence: events.Evidence{Start: start, End: update}, Activity: []events.Activity{{Time: start, Description: "first seen", Score: 20}}, DetectorVersion: 1, GuardDutyEquivalent: spec.GuardDuty,
	}
	if draw("over", i, 3) > 0 {
		d.End = &update
	}
	return d
}

func named(outside bool, i int) string {
	if outside {
		return ""
	}
	return fmt.Sprintf("ws-%d.example", draw("offender", i, 120))
}

func id(i int) string {
	h := fnv.New128a()
	fmt.Fprintf(h, "detection %d", i)
	return hex.EncodeToString(h.Sum(nil))
}

// riskOf makes a score of the three terms that every risk has.
func riskOf(score int) events.Risk {
	return events.Risk{
		Score: score, Band: events.BandOf(score), Likelihood: events.Medium, Complexity: events.Low, Impact: events.Medium,
		Terms: []events.Term{{Name: "likelihood", Points: score / 3, Reason: "of the type"}, {Name: "complexity", Points: score / 3, Reason: "for the attacker"}, {Name: "impact", Points: score - 2*(score/3), Reason: "for the business"}},
	}
}
