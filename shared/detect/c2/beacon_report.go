package c2

import (
	"fmt"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/rhythm"
)

// whom names the server for a person.
func (p *ends) whom() string {
	if p.name != "" {
		return p.name
	}
	return p.server.String()
}

func (s *series) report(t *tempo, marks []events.Term) detect.Finding {
	p := &s.peer
	f := detect.Finding{
		Key: fmt.Sprintf("%s %s %d", p.client, p.whom(), p.port), Confidence: min(0.95, 0.3+0.65*t.score), Terms: marks,
		Start: s.started, End: s.last, UIDs: s.uids, VNI: s.vni, Sensor: s.sensor,
		// The server leads and the client is led.
		Offenders: []detect.Party{{Addr: p.server, Port: p.port, Endpoint: detect.Server}},
		Victims:   []detect.Party{{Addr: p.client, Endpoint: detect.Client}},
		Properties: map[string]any{
			"contacts": s.count, "size_sameness": round2(t.same), "score": round2(t.score), "port": p.port,
			"service": strings.TrimSpace(p.service), "name": p.name, "user_agent": p.agent, "ja3": p.fact.ja3, "failed": s.failed,
			"paths": s.paths.Count(),
		},
	}
	every, jitter := t.beat.Median, t.beat.Jitter
	if t.pulse.Score > 0 {
		every, jitter = t.pulse.Base, t.pulse.Jitter
		addPulse(f.Properties, &t.pulse)
	} else {
		f.Properties["skew"], f.Properties["regularity"] = round2(t.beat.Skew), round2(t.beat.Regular)
	}
	f.Properties["interval_seconds"], f.Properties["jitter"] = round2(every.Seconds()), round2(jitter)
	f.Description = fmt.Sprintf("%s turned to %s port %d %d times within %s, every %s with a jitter of %.0f %%", p.client, p.whom(), p.port, s.count,
		detect.Lasted(s.last.Sub(s.started)), every.Round(100*time.Millisecond), 100*jitter)
	f.Description += slept(&t.pulse) + "."
	if s.count < fewContacts {
		f.Confidence -= 0.2
		f.Terms = append(f.Terms, events.Term{Name: "few_contacts", Points: -10, Reason: "so few may keep time by chance"})
	}
	if s.insideLocal {
		f.Terms = append(f.Terms, events.Term{Name: "inside", Points: -55, Reason: "both ends are in the local networks, where programs poll one another"})
	}
	return f
}

// slept tells of the sleeps, if there were any.
func slept(p *rhythm.Pulse) string {
	if p.Score == 0 || p.Sleeps == 0 {
		return ""
	}
	return fmt.Sprintf(", with %d pauses of %s in all", p.Sleeps, p.Asleep.Round(time.Second))
}

// addPulse explains a beat that was found among jitter, gaps and other contacts.
func addPulse(to map[string]any, p *rhythm.Pulse) {
	to["beat"], to["beat_by_chance"] = round2(p.Score), round2(p.Chance)
	to["beats_seen"], to["beats_expected"] = p.Seen, p.Expected()
	to["interval_low_seconds"], to["interval_top_seconds"] = round2(p.Low.Seconds()), round2(p.Top.Seconds())
	if p.Sleeps > 0 {
		to["sleeps"], to["asleep_seconds"] = p.Sleeps, round2(p.Asleep.Seconds())
	}
	if p.Second > 0 {
		to["second_interval_seconds"] = round2(p.Second.Seconds())
	}
}

var _ detect.Closer = (*Beacons)(nil)
var _ detect.Sliced = (*Beacons)(nil)
