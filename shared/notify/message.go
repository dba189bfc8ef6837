package notify

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/bus"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// Channel is one way out. Send returns nil when the far end has the message.
type Channel interface {
	Send(ctx context.Context, to store.Channel, m Message) error
}

// Message is what a channel sends: one event, or a digest of several.
type Message struct {
	ID     string         `json:"id"`     // the same for the same message, tried however often
	Rule   string         `json:"rule"`   // its name
	Reason string         `json:"reason"` // why the rule is told: created, escalated, ..., digest, test
	Time   time.Time      `json:"time"`   // of this attempt
	Count  int            `json:"count"`  // events that it speaks for
	Held   string         `json:"held,omitempty"`
	Events []events.Event `json:"events"` // at most MaxDigest of them
}

// The reasons beside those of a rule.
const (
	ReasonDigest = "digest"
	ReasonTest   = "test"
)

func message(rule store.Item[store.NotificationRule], batch []waiting, now time.Time) Message {
	first := batch[0].Value
	m := Message{ID: key(first.Event.ID, first.Rule), Rule: rule.Value.Name, Reason: first.Reason, Time: now, Count: len(batch)}
	if first.Held != "" {
		m.Reason, m.Held = ReasonDigest, first.Held
		m.ID = key(m.ID, "digest")
	}
	size := 0
	for _, w := range batch[:min(len(batch), MaxDigest)] {
		e, err := bus.Fit(w.Value.Event, max(MaxMessage/len(batch), 16<<10))
		if err != nil {
			continue // it is counted all the same
		}
		if b, err := e.AppendJSON(nil); err != nil || size+len(b) > MaxMessage && len(m.Events) > 0 {
			break
		} else {
			size += len(b)
		}
		m.Events = append(m.Events, e)
	}
	return m
}

// testMessage is what Test sends.
func testMessage(rule store.NotificationRule, now time.Time) Message {
	d := &events.Detection{
		ID: key("test", rule.Name, now.String()), Type: "test.notification", Title: "Test of a notification rule", Category: "test",
		Description: "This is a test of the notification rule " + bus.Clip(rule.Name, 100) + "; nothing has happened.",
		Risk:        events.Risk{Score: 1, Band: events.BandOf(1), Likelihood: events.Low, Complexity: events.Low, Impact: events.Low},
		Triage:      events.Triage{Status: events.StatusOpen}, Start: now, Update: now, Participants: []events.Participant{},
		Evidence: events.Evidence{Start: now, End: now},
	}
	e := events.Event{
		ID: d.ID, DetailType: events.DetectionCreated, Source: events.Source, Time: now,
		Detail: events.Detail{Version: events.DetailVersion, Subject: d.ID, Sequence: 1, Detection: d},
	}
	return Message{ID: d.ID, Rule: rule.Name, Reason: ReasonTest, Time: now, Count: 1, Events: []events.Event{e}}
}

// Subject is the message in a few words, for one line: without line breaks and control characters, whatever the event holds.
func (m *Message) Subject() string {
	if m.Reason == ReasonDigest || len(m.Events) != 1 {
		return line(fmt.Sprintf("%d events for %s", m.Count, m.Rule), 100)
	}
	return line(subject(&m.Events[0], m.Reason), 100)
}

func subject(e *events.Event, reason string) string {
	switch d := &e.Detail; {
	case d.Detection != nil:
		return fmt.Sprintf("[%s %d] %s: %s", d.Detection.Risk.Band, d.Detection.Risk.Score, d.Detection.Title, reason)
	case d.Coverage != nil:
		return fmt.Sprintf("Interface %s is %s", d.Coverage.Interface, d.Coverage.State)
	case d.Health != nil && d.Health.Healthy:
		return fmt.Sprintf("Sensor %s is healthy again", d.Health.Sensor)
	case d.Health != nil:
		return fmt.Sprintf("Sensor %s is unhealthy", d.Health.Sensor)
	case d.Heard != nil:
		return heardSubject(d.Heard)
	}
	return string(e.DetailType)
}

// sentence is what an event says, for a person.
func sentence(e *events.Event) string {
	switch d := &e.Detail; {
	case d.Detection != nil:
		return d.Detection.Description
	case d.Coverage != nil:
		return strings.TrimSpace(fmt.Sprintf("It was %s. %s %s", orUnknown(string(d.Coverage.Was)), d.Coverage.Reason, d.Coverage.Fix))
	case d.Health != nil:
		return d.Health.Reason
	case d.Heard != nil:
		return d.Heard.Reason
	}
	return ""
}

// heardSubject names the observation point by what people know it by.
func heardSubject(h *events.Heard) string {
	point := fmt.Sprintf("VNI %d", h.VNI)
	if h.Interface != "" {
		point = strings.TrimSpace(h.Interface + " " + h.Name)
	}
	if len(h.Faults) == 0 {
		return fmt.Sprintf("Mirror of %s is well at %s", point, h.Sensor)
	}
	return fmt.Sprintf("Mirror of %s at %s: %s", point, h.Sensor, joined(h.Faults))
}

func joined(faults []events.HeardFault) string {
	words := make([]string, len(faults))
	for i, f := range faults {
		words[i] = string(f)
	}
	return strings.Join(words, ", ")
}

func orUnknown(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}

// line makes one line of at most limit bytes of anything, without what turns the direction of writing.
func line(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.In(r, unicode.Bidi_Control, unicode.Zl, unicode.Zp) || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, " "))
	return bus.Clip(strings.TrimSpace(s), limit)
}

// who names those who took part in a role, a few of them.
func who(d *events.Detection, role string) string {
	var names []string
	more := 0
	for i := range d.Participants {
		p := &d.Participants[i]
		switch {
		case p.Role != role:
		case len(names) == 5:
			more++
		case p.Hostname != "" && p.Address.IsValid():
			names = append(names, line(p.Hostname, 80)+" ("+p.Address.String()+")")
		default:
			names = append(names, line(p.Label(), 160))
		}
	}
	if more > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	}
	return strings.Join(names, ", ")
}
