package events

import (
	"encoding/json"
	"fmt"
	"time"
)

// LookWanted is the detail-type of what the API sends the mirror function where somebody wants to know what a pass would do now. It goes
// from one to the other and is on no bus, so it is none of DetailTypes.
const LookWanted = "Mirror Plan Wanted"

// Look asks for a look at everything that changes nothing, and for its plan to be kept. It has the shape of an EventBridge event, as
// everything has that wakes the mirror function.
type Look struct {
	ID   string
	Time time.Time // when it was asked for: a plan that was begun later answers it
	By   string    // who asked, for people
}

type lookEvent struct {
	Version    string     `json:"version"`
	ID         string     `json:"id"`
	DetailType string     `json:"detail-type"`
	Source     string     `json:"source"`
	Time       time.Time  `json:"time"`
	Detail     lookDetail `json:"detail"`
}

type lookDetail struct {
	By string `json:"by"`
}

// Event gives the look as the bytes that the function is called with.
func (l Look) Event() ([]byte, error) {
	b, err := json.Marshal(lookEvent{Version: "0", ID: l.ID, DetailType: LookWanted, Source: Source, Time: l.Time.UTC(), Detail: lookDetail{l.By}})
	if err != nil {
		return nil, fmt.Errorf("encode look: %w", err)
	}
	return b, nil
}
