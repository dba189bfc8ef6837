package furnish

import (
	"context"
	"net/netip"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/incident/incidenttest"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// HostileID is the id of the detection whose every text hurts.
const HostileID = "badc0ffee0ddf00dbadc0ffee0ddf00d"

// Texts that reach a store by other ways than packets, where no sensor has written the bytes of it down: tags, names of roles and users.
const (
	markup   = `<img src=x onerror="window.__mirrorwatchRan='store'"><script>window.__mirrorwatchRan='store'</script>`
	controls = "nul\x00esc\x1b[31mred\x1b[0m\r\nsecond line\ttab"
	turned   = "invoice\u202efdp.exe\u2066\u2067mirrored\u2069 pay\u200bpal"
	piled    = "Z\u0351\u036b\u0343\u036a\u0302\u0328\u0334\u0353a\u0349\u0355\u0348l\u0316\u0321go ﷽﷽﷽ مرحبا"
)

// Hostile stores a detection with text that hurts wherever a detection has text, raw: a sensor would have written it down as \xNN.
func Hostile(ctx context.Context, s *store.Store, now time.Time) error {
	long := strings.Repeat("Wm", 2000)
	at := now.Add(-20 * time.Minute)
	d := events.Detection{
		ID: HostileID, Type: "c2.known_tool", Title: markup, Category: "c2", Description: markup + " " + controls + " " + turned + " " + long,
		Triage: events.Triage{Status: events.StatusOpen, Assignee: ""}, Confidence: 0.7, Start: at, Update: at,
		Risk: events.Risk{Score: 66, Band: "high", Likelihood: events.Medium, Complexity: events.Medium, Impact: events.Medium, Terms: []events.Term{
			{Name: "likelihood", Points: 16, Reason: markup}, {Name: turned, Points: 20, Reason: controls}, {Name: "impact", Points: 30, Reason: long},
		}},
		Techniques: []string{"T1071.001"}, Tactics: []string{"TA0011"}, Evidence: events.Evidence{Start: at, End: at},
		Properties: map[string]any{"tool": markup, "command": controls, "path": turned, "blob": long, "list": []any{markup, piled}, markup: piled},
		Participants: []events.Participant{
			{Role: "offender", Endpoint: "client", Device: "10.20.9.8", Address: netip.MustParseAddr("10.20.9.8"), Hostname: markup, User: turned, Instance: controls, VPC: piled, Account: long[:200], Tags: map[string]string{markup: controls, turned: long[:256]}},
			{Role: "victim", Endpoint: "server", Device: "203.0.113.8", Address: netip.MustParseAddr("203.0.113.8"), Hostname: turned + controls, User: long[:300], External: true},
		},
		Activity: []events.Activity{{Time: at, Description: markup + turned, Score: 66}}, DetectorVersion: 1, Sensor: markup,
	}
	if _, err := s.Detections.Put(ctx, d); err != nil {
		return err
	}
	if _, err := s.Detections.Enrich(ctx, d.ID, store.Enrichment{IfRevision: 1, Context: hostileContext(at, long)}); err != nil {
		return err
	}
	_, err := incidenttest.Chain(ctx, s, now, d.ID)
	return err
}

func hostileContext(at time.Time, long string) events.Context {
	return events.Context{
		Of: at, Made: at, Complete: true,
		Sources: []events.SourceState{{Source: events.SourceInventory, Status: events.SourceComplete}, {Source: events.SourceCloudTrail, Status: events.SourceFailed, Why: markup + controls}},
		Who: []events.Identity{{Address: netip.MustParseAddr("10.20.9.8"), ASName: turned, Holding: events.Holding{
			Interface: "eni-0bad", Account: "111122223333", Region: "eu-central-1", VPC: "vpc-1", Name: markup, Tags: map[string]string{turned: markup, "Name": long[:200]},
			Groups: []string{markup}, Role: controls, Profile: long[:500], Description: piled,
		}}},
		Calls: []events.ContextCall{{
			Time: at.Add(-time.Minute), Event: "e1", Name: markup, Service: turned, Principal: controls + markup, Address: "192.0.2.1", Error: markup,
			Resources: []string{markup, long[:1000]}, Summary: turned + markup, Relevance: 80, Reason: piled + markup,
		}},
		Flows:    &events.FlowSummary{From: at.Add(-time.Hour), To: at, Sentence: markup + turned},
		Counters: []events.CounterNews{{Instance: markup, Metric: turned, Value: 10, Usual: 1, High: 2, Unit: "Bytes", Unusual: true, Sentence: markup + controls}},
		Feed:     &events.FeedIntegrity{Skipped: 0.1, Sentence: markup + turned},
	}
}
