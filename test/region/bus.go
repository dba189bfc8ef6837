package region

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/mirrorwatch/mirrorwatch/test/eventpattern"
)

// DefaultBus is the bus on which AWS's own services tell what happens.
const DefaultBus = "default"

// mostEntry is what EventBridge takes of one event, bytes.
const mostEntry = 1 << 20

// rule hands events of a bus that a pattern takes to a target.
type rule struct {
	bus     string
	pattern eventpattern.Pattern
	target  func(event []byte)
}

// Rule makes a rule. Target is called by a goroutine of its own for each event, as EventBridge promises no order; it may call the region.
func (r *Region) Rule(bus string, pattern eventpattern.Pattern, target func(event []byte)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rules = append(r.rules, rule{bus, pattern, target})
}

// Tell puts an event on a bus, whole as EventBridge would deliver it.
func (r *Region) Tell(bus string, event []byte) {
	r.mu.Lock()
	rules := r.rules[:len(r.rules):len(r.rules)]
	r.mu.Unlock()
	for _, one := range rules {
		if one.bus == bus && one.pattern.Takes(event) {
			r.spawn(func() { one.target(event) })
		}
	}
}

// Event makes the envelope of an event of this region and account.
func (r *Region) Event(source, kind string, at time.Time, detail any) ([]byte, error) {
	return json.Marshal(map[string]any{
		"version": "0", "id": newID(), "detail-type": kind, "source": source, "account": r.o.Account, "region": r.o.Name,
		"time": at.UTC().Format(time.RFC3339), "resources": []string{}, "detail": detail,
	})
}

// entry is one of PutEvents. Its time is in seconds.
type entry struct {
	EventBusName, Source, DetailType, Detail string
	Resources                                []string
	Time                                     float64
}

// putEvents is EventBridge's call: each entry succeeds or fails alone.
func (r *Region) putEvents(w http.ResponseWriter, in *http.Request) {
	b, ok := body(w, in)
	if !ok {
		return
	}
	var put struct{ Entries []entry }
	if err := json.Unmarshal(b, &put); err != nil || len(put.Entries) == 0 || len(put.Entries) > 10 {
		r.fault("PutEvents: %d entries, %v", len(put.Entries), err)
		reply(w, http.StatusBadRequest, map[string]string{"__type": "ValidationException", "message": "1 to 10 entries are allowed"})
		return
	}
	failed, results := 0, make([]map[string]string, len(put.Entries))
	for i, e := range put.Entries {
		id, err := r.put(e)
		results[i] = map[string]string{"EventId": id}
		if err != nil {
			failed++
			results[i] = map[string]string{"ErrorCode": "MalformedDetail", "ErrorMessage": err.Error()}
			r.fault("PutEvents: %v", err)
		}
	}
	reply(w, http.StatusOK, map[string]any{"FailedEntryCount": failed, "Entries": results})
}

func (r *Region) put(e entry) (id string, err error) {
	var detail map[string]any
	switch {
	case e.Source == "" || e.DetailType == "":
		return "", fmt.Errorf("an entry has source %q and detail-type %q", e.Source, e.DetailType)
	case len(e.Detail) > mostEntry:
		return "", fmt.Errorf("an entry has %d bytes", len(e.Detail))
	case json.Unmarshal([]byte(e.Detail), &detail) != nil:
		return "", fmt.Errorf("detail is no JSON object: %.100q", e.Detail)
	}
	at := time.Now()
	if e.Time > 0 {
		at = time.UnixMilli(int64(e.Time * 1000))
	}
	event := map[string]any{
		"version": "0", "id": newID(), "detail-type": e.DetailType, "source": e.Source, "account": r.o.Account, "region": r.o.Name,
		"time": at.UTC().Format(time.RFC3339), "resources": append([]string{}, e.Resources...), "detail": json.RawMessage(e.Detail),
	}
	whole, err := json.Marshal(event)
	if err != nil {
		return "", err
	}
	bus := e.EventBusName
	if bus == "" {
		bus = DefaultBus
	}
	r.Tell(bus, whole)
	return event["id"].(string), nil
}

// newID makes an id as AWS gives them to events and messages.
func newID() string {
	var b [16]byte
	rand.Read(b[:]) //nolint:errcheck // it never fails
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
