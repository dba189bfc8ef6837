package store

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// DetectionEvent is the event of a stored change: before is nil where the detection is new. The id is made of the detection's and its
// revision, so that it is the same however often the event is made.
func DetectionEvent(before *events.Detection, after events.Detection, actor string) events.Event {
	e := events.Event{
		ID: after.ID + "-" + strconv.FormatInt(after.Revision, 10), DetailType: events.DetectionUpdated, Source: events.Source,
		Resources: []string{after.ID},
		Detail: events.Detail{
			Version: events.DetailVersion, Subject: after.ID, Sequence: after.Revision, Actor: actor, Detection: &after,
		},
	}
	if after.Modified != nil {
		e.Time = *after.Modified
	}
	if before == nil {
		e.DetailType = events.DetectionCreated
		return e
	}
	e.Detail.Changed = Differing(before, &after)
	if after.Status == events.StatusClosed && before.Status != events.StatusClosed {
		e.DetailType = events.DetectionClosed
	}
	return e
}

// CoverageEvent is the event of an interface that came into another state.
func CoverageEvent(c events.Coverage) events.Event {
	return events.Event{
		ID: c.Interface + "-" + strconv.FormatInt(c.Revision, 10), DetailType: events.CoverageChanged, Source: events.Source,
		Time: c.Changed, Resources: []string{c.Interface},
		Detail: events.Detail{Version: events.DetailVersion, Subject: c.Interface, Sequence: c.Revision, Coverage: &c},
	}
}

// TriageEntry is the audit entry of a change of triage. Before and After hold only what differs, and of the notes only the new one: a
// detection may have a megabyte of them.
func TriageEntry(before, after *events.Detection, by Actor) (AuditEntry, error) {
	have, want := before.Triage, after.Triage
	was, is := map[string]any{}, map[string]any{}
	for _, m := range []struct{ name, was, is string }{
		{"status", string(have.Status), string(want.Status)}, {"resolution", string(have.Resolution), string(want.Resolution)},
		{"assignee", have.Assignee, want.Assignee}, {"hidden_by", have.HiddenBy, want.HiddenBy},
	} {
		if m.was != m.is {
			was[m.name], is[m.name] = m.was, m.is
		}
	}
	if len(want.Notes) > len(have.Notes) {
		is["note"] = want.Notes[len(want.Notes)-1].Text
	}
	return entry("detection.update", after.ID, by, was, is)
}

// OverridesEntry is the audit entry of what somebody said of a device.
func OverridesEntry(before, after *events.Device, by Actor) (AuditEntry, error) {
	return entry("device.update", after.ID, by, before.Overrides, after.Overrides)
}

func entry(action, target string, by Actor, before, after any) (AuditEntry, error) {
	e := AuditEntry{Actor: by.Name, Address: by.Address, Action: action, Target: target}
	var err error
	if e.Before, err = json.Marshal(before); err != nil {
		return e, fmt.Errorf("encode audit entry: %w", err)
	}
	if e.After, err = json.Marshal(after); err != nil {
		return e, fmt.Errorf("encode audit entry: %w", err)
	}
	return e, nil
}

// AuditID makes the id of an entry: ids grow with time, and with n within the same moment.
func AuditID(at time.Time, n uint32) string { return fmt.Sprintf("%016x%08x", at.UnixNano(), n) }
