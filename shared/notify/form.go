package notify

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/asff"
	"github.com/mirrorwatch/mirrorwatch/shared/bus"
	"github.com/mirrorwatch/mirrorwatch/shared/ocsf"
)

// The forms of an event: what store.Channel's Format may hold.
const (
	FormJSON = "json"
	FormOCSF = "ocsf"
	FormASFF = "asff"
)

// Formats lists every form there is; the empty one is json.
func Formats() []string { return []string{FormJSON, FormOCSF, FormASFF} }

// former writes events in the form that a channel wants.
type former struct{ version, account, region string }

// one gives the message as one JSON document: the event as it was published; for a digest the message with its events. In the other
// forms it is one finding, or a list of them.
func (f former) one(format string, m Message) ([]byte, error) {
	if format == FormOCSF || format == FormASFF {
		list, err := f.each(format, m)
		if err != nil {
			return nil, err
		}
		if m.Reason != ReasonDigest && len(list) == 1 {
			return list[0], nil
		}
		return append(append([]byte{'['}, bytes.Join(list, []byte{','})...), ']'), nil
	}
	if m.Reason == ReasonDigest || len(m.Events) != 1 {
		return json.Marshal(m)
	}
	return m.Events[0].AppendJSON(nil)
}

// each gives every event of a message as a document of its own.
func (f former) each(format string, m Message) ([][]byte, error) {
	list := make([][]byte, 0, len(m.Events))
	for i := range m.Events {
		b, err := f.event(format, &m.Events[i])
		if err != nil {
			return nil, fmt.Errorf("write event %s as %s: %w", m.Events[i].ID, format, err)
		}
		list = append(list, b)
	}
	return list, nil
}

func (f former) event(format string, e *events.Event) ([]byte, error) {
	d := e.Detail.Detection
	if format != FormOCSF && format != FormASFF {
		return e.AppendJSON(nil)
	}
	if d == nil {
		return nil, fmt.Errorf("%s has no such form", e.DetailType)
	}
	account, region := either(e.Account, f.account), either(e.Region, f.region)
	if format == FormOCSF {
		return json.Marshal(ocsf.New(d, ocsf.About{
			Event: e.ID, Type: e.DetailType, Time: e.Time, Sequence: e.Detail.Sequence, Version: f.version, Account: account, Region: region, URL: e.URL,
		}))
	}
	return json.Marshal(asff.New(d, asff.About{Time: e.Time, Account: account, Region: region, Version: f.version, URL: e.URL}))
}

func either(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// fitted gives the events of a message no larger than limit bytes of detail each: for carriers that take little.
func fitted(m Message, limit int) Message {
	list := make([]events.Event, 0, len(m.Events))
	for _, e := range m.Events {
		if small, err := bus.Fit(e, limit); err == nil {
			e = small
		}
		list = append(list, e)
	}
	m.Events = list
	return m
}
