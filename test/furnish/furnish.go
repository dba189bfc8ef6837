// Package furnish fills a store with what no capture can hold, for tests of whole servers: what correlation with the rest of AWS knows of a
// detection, an incident, how a host behaved in the days before, interfaces that are watched and those that are not, ten thousand
// detections. What comes in is a store and a moment; the same of both give the same content. It is no part of the program.
package furnish

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/incident/incidenttest"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/storetest"
)

// EnrichedID is the id of the detection of which everything is known.
const EnrichedID = "0123456789abcdef0123456789abcdef"

// Enriched stores a detection with all that correlation may know of one, and the incident that it is part of.
func Enriched(ctx context.Context, s *store.Store, now time.Time) error {
	at := now.Add(-30 * time.Minute)
	d := events.Detection{
		ID: EnrichedID, Type: "access.ssrf_metadata", Title: "Request for instance metadata through a server", Category: "access",
		Description: "10.20.9.7 was made to ask 169.254.169.254 for a role's credentials 2 times.", Triage: events.Triage{Status: events.StatusOpen},
		Risk: events.Risk{Score: 75, Band: "high", Likelihood: events.Medium, Complexity: events.Medium, Impact: events.High, Terms: []events.Term{
			{Name: "likelihood", Points: 10, Reason: "medium for the type"}, {Name: "complexity", Points: 20, Reason: "medium for the attacker"},
			{Name: "impact", Points: 45, Reason: "high for the business"},
		}},
		Confidence: 0.9, Start: at, Update: at, End: &at, Techniques: []string{"T1552.005"}, Evidence: events.Evidence{UIDs: []string{"CSsrf1"}, Start: at, End: at},
		Participants: []events.Participant{{Role: "victim", Endpoint: "server", Device: "10.20.9.7", Address: netip.MustParseAddr("10.20.9.7"), Instance: "i-7"}},
		Activity:     []events.Activity{{Time: at, Description: "2 times", Score: 75}}, DetectorVersion: 1,
	}
	if _, err := s.Detections.Put(ctx, d); err != nil {
		return err
	}
	c := storetest.Context(7, at)
	c.Of = d.Update // the server's own correlation knows less, and leaves what is of this state
	if _, err := s.Detections.Enrich(ctx, d.ID, store.Enrichment{IfRevision: 1, Context: c}); err != nil {
		return err
	}
	_, err := incidenttest.Chain(ctx, s, now, d.ID)
	return err
}

// Sender is the device id of the host that sends much: no inventory names its interface, so it is told by the number under which its capture
// is played, which is its place in the list of the folder.
func Sender(folder string) (string, error) {
	list, err := os.ReadFile(filepath.Join(folder, "expect.tsv"))
	if err != nil {
		return "", fmt.Errorf("read list of captures: %w", err)
	}
	at := slices.IndexFunc(strings.Split(string(list), "\n"), func(line string) bool { return strings.HasPrefix(line, "outbound-volume.") })
	return fmt.Sprintf("vni-%d/10.20.2.50", 1000+at), nil // the first line is a heading, and the first capture is 1001
}

// Past is five quiet days of a host, a value each ten minutes.
func Past(device string, now time.Time) []events.Sample {
	var list []events.Sample
	now = now.Truncate(time.Hour)
	for at := now.Add(-5 * 24 * time.Hour); at.Before(now.Add(-26 * time.Hour)); at = at.Add(10 * time.Minute) {
		list = append(list, events.Sample{Device: device, Time: at, Metrics: map[string]float64{"bytes_out": 20_000 + float64(at.Hour()*100)}})
	}
	return list
}
