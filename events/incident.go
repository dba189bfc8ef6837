package events

import "time"

// Incident is one story: detections that have to do with one another by who took part, when, and what usually follows what.
type Incident struct {
	ID          string           `json:"id"`              // made of its earliest detection's: the same members give the same id
	Title       string           `json:"title"`           // "SSRF on web-1, then use of its role from 198.51.100.7"
	Score       int              `json:"score"`           // 1 to 99
	Band        Band             `json:"band"`            //
	Reason      string           `json:"reason"`          // how the score came to be, one sentence
	Start       time.Time        `json:"start"`           //
	Update      time.Time        `json:"update"`          // the latest of its detections
	End         *time.Time       `json:"end,omitempty"`   // absent while one of them goes on
	Tactics     []string         `json:"tactics"`         // in the order in which they came
	Techniques  []string         `json:"techniques"`      //
	Offenders   []IncidentParty  `json:"offenders"`       // at most 32
	Victims     []IncidentParty  `json:"victims"`         // at most 32
	Members     []IncidentMember `json:"members"`         // by start, at most MaxMembers
	Left        int              `json:"left,omitempty"`  // members beyond that
	Links       []IncidentLink   `json:"links,omitempty"` // why they belong together
	Timeline    []IncidentEntry  `json:"timeline"`        // detections and calls of AWS APIs, oldest first
	Aliases     []string         `json:"aliases,omitempty"`
	Revision    int64            `json:"revision,omitempty"` // the store's own
	MergedInto  string           `json:"merged_into,omitempty"`
	Description string           `json:"description"` // the story in a few plain sentences
}

// IncidentSummary is what a list shows of an incident.
type IncidentSummary struct {
	ID          string          `json:"id"`
	Title       string          `json:"title"`
	Score       int             `json:"score"`
	Band        Band            `json:"band"`
	Reason      string          `json:"reason"`
	Start       time.Time       `json:"start"`
	Update      time.Time       `json:"update"`
	End         *time.Time      `json:"end,omitempty"`
	Tactics     []string        `json:"tactics"`
	Techniques  []string        `json:"techniques"`
	Offenders   []IncidentParty `json:"offenders"` // at most 32
	Victims     []IncidentParty `json:"victims"`   // at most 32
	Detections  int             `json:"detections"`
	Description string          `json:"description"`
	Revision    int64           `json:"revision,omitempty"` // the store's own
}

// MaxMembers is how many detections an incident names.
const MaxMembers = 200

// IncidentParty is who took part.
type IncidentParty struct {
	Device   string `json:"device,omitempty"`
	Address  string `json:"address,omitempty"`
	Name     string `json:"name,omitempty"`
	Instance string `json:"instance,omitempty"`
	External bool   `json:"external"`
	Count    int    `json:"count"` // detections
}

// IncidentMember is one detection of an incident, in short.
type IncidentMember struct {
	ID       string    `json:"id"`
	Type     string    `json:"type"`
	Title    string    `json:"title"`
	Category string    `json:"category"`
	Start    time.Time `json:"start"`
	Update   time.Time `json:"update"`
	Score    int       `json:"score"`
}

// IncidentLink says why two detections belong together.
type IncidentLink struct {
	From   string `json:"from"` // id of the earlier
	To     string `json:"to"`
	Kind   string `json:"kind"`   // same_offender, chain, same_session, ...
	Reason string `json:"reason"` // one clause
}

// IncidentEntry is one line of the timeline.
type IncidentEntry struct {
	Time      time.Time `json:"time"`
	Kind      string    `json:"kind"` // detection or call
	Ref       string    `json:"ref"`  // id of the detection, or the CloudTrail eventID
	Text      string    `json:"text"`
	Tactic    string    `json:"tactic,omitempty"`
	Technique string    `json:"technique,omitempty"`
}
