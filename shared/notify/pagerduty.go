package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/bus"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// PagerDutyURL is where Events API v2 takes events, unless a rule says otherwise.
const PagerDutyURL = "https://events.pagerduty.com/v2/enqueue"

// summaryLimit is the longest summary that the API takes.
const summaryLimit = 1024

// pagerduty sends events to PagerDuty's Events API v2, or what takes the same: an incident is opened for a detection, and resolved
// when the detection is closed.
type pagerduty struct{ post *poster }

type incident struct {
	RoutingKey string           `json:"routing_key"`
	Action     string           `json:"event_action"` // trigger, acknowledge, resolve
	DedupKey   string           `json:"dedup_key"`
	Client     string           `json:"client"`
	Payload    *incidentPayload `json:"payload,omitempty"`
	Links      []incidentLink   `json:"links,omitempty"`
}

type incidentLink struct {
	Href string `json:"href"`
	Text string `json:"text"`
}

type incidentPayload struct {
	Summary   string         `json:"summary"`
	Source    string         `json:"source"`
	Severity  string         `json:"severity"`
	Timestamp time.Time      `json:"timestamp"`
	Component string         `json:"component,omitempty"`
	Group     string         `json:"group,omitempty"`
	Class     string         `json:"class,omitempty"`
	Details   *events.Detail `json:"custom_details,omitempty"`
}

// Send sends each event of the message; of a digest the last of each subject. The dedup key makes a repetition harmless.
func (p *pagerduty) Send(ctx context.Context, to store.Channel, m Message) error {
	last := map[string]int{}
	for i := range m.Events {
		last[m.Events[i].Detail.Subject] = i
	}
	for i := range m.Events {
		if last[m.Events[i].Detail.Subject] != i {
			continue
		}
		body, err := json.Marshal(incidentOf(to.Secret, &m.Events[i], m.Reason))
		if err != nil {
			return permanent(fmt.Errorf("encode incident: %w", err))
		}
		header := http.Header{"Content-Type": {"application/json"}}
		if err := p.post.send(ctx, either(to.URL, PagerDutyURL), to.Private, header, body); err != nil {
			return err
		}
	}
	return nil
}

func incidentOf(routingKey string, e *events.Event, reason string) incident {
	in := incident{RoutingKey: routingKey, Action: action(e), DedupKey: bus.Clip(e.Detail.Subject, 255), Client: "Mirrorwatch"}
	if in.Action != "trigger" {
		return in
	}
	in.Payload = &incidentPayload{
		Summary: line(subject(e, reason)+". "+sentence(e), summaryLimit), Source: "mirrorwatch", Severity: "warning", Timestamp: e.Time, Details: &e.Detail,
	}
	if e.URL != "" {
		in.Links = []incidentLink{{e.URL, "Open in Mirrorwatch"}}
	}
	if d := e.Detail.Detection; d != nil {
		in.Payload.Severity = severity(d.Risk.Band)
		if known := contextOf(d); known != "" {
			room := summaryLimit - len(known) - len(" AWS: ")
			in.Payload.Summary = line(in.Payload.Summary, room) + " AWS: " + known
		}
		in.Payload.Source = line(either(who(d, "victim"), either(who(d, "offender"), "mirrorwatch")), 255)
		in.Payload.Component, in.Payload.Group, in.Payload.Class = line(d.Sensor, 255), line(d.Category, 255), line(d.Type, 255)
	}
	return in
}

func action(e *events.Event) string {
	d := &e.Detail
	switch {
	case e.DetailType == events.DetectionClosed, d.Detection != nil && d.Detection.Status == events.StatusClosed,
		d.Health != nil && d.Health.Healthy, d.Coverage != nil && d.Coverage.State == events.CoverageMirrored,
		d.Heard != nil && len(d.Heard.Faults) == 0:
		return "resolve"
	case d.Detection != nil && (d.Detection.Status == events.StatusAcknowledged || d.Detection.Status == events.StatusInProgress):
		return "acknowledge"
	}
	return "trigger"
}

// severity is PagerDuty's word for a risk band.
func severity(b events.Band) string {
	switch b {
	case "critical":
		return "critical"
	case "high":
		return "error"
	case "medium":
		return "warning"
	}
	return "info"
}
