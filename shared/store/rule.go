package store

import "time"

// TuningRule hides detections: those there are, and those to come. What is hidden is kept, and shows where it is asked for.
type TuningRule struct {
	Name        string          `json:"name"`
	Description string          `json:"description,omitempty"` // why: whoever reads it in a year was not there
	Enabled     bool            `json:"enabled"`
	Match       DetectionFilter `json:"match"` // its Hidden is ignored
	Expires     *time.Time      `json:"expires,omitempty"`
	CreatedBy   string          `json:"created_by,omitempty"`
}

// Active says whether the rule hides anything at a moment.
func (r *TuningRule) Active(now time.Time) bool {
	return r.Enabled && (r.Expires == nil || now.Before(*r.Expires))
}

// Parameter is a setting that detectors and the store heed, by name ("local_networks", "retention_days", ...).
type Parameter struct {
	Values []string `json:"values"`
}

// NotificationRule says what is sent where.
type NotificationRule struct {
	Name      string          `json:"name"`
	Enabled   bool            `json:"enabled"`
	On        []string        `json:"on"` // created, updated, escalated, closed, coverage, health; none: created and escalated
	Match     DetectionFilter `json:"match"`
	Channel   Channel         `json:"channel"`
	Quiet     []QuietHours    `json:"quiet,omitempty"`      // nothing is sent in these, and a digest at their end
	Digest    string          `json:"digest,omitempty"`     // "", or how long to gather: "15m", "24h"
	PerHour   int             `json:"per_hour,omitempty"`   // at most so many messages an hour, the rest in a digest; 0: DefaultPerHour
	CreatedBy string          `json:"created_by,omitempty"` //
}

// DefaultPerHour keeps a flood of detections from becoming a flood of messages.
const DefaultPerHour = 60

// QuietHours is a span of the day in which nobody wants to hear.
type QuietHours struct {
	Days     []string `json:"days,omitempty"` // mon ... sun; none: all
	From     string   `json:"from"`           // "22:00"
	To       string   `json:"to"`             // "06:00"; before From: of the next day
	Zone     string   `json:"zone,omitempty"` // IANA name; UTC where empty
	MinScore int      `json:"min_score"`      // from this score on the message goes out all the same; 0: never
}

// Channel is where messages go. Which members matter depends on Type.
type Channel struct {
	Type     string            `json:"type"`              // webhook, slack, pagerduty, sns, syslog, jsonl
	URL      string            `json:"url,omitempty"`     // webhook, slack, pagerduty (where not its own)
	Topic    string            `json:"topic,omitempty"`   // sns: ARN
	Address  string            `json:"address,omitempty"` // syslog: udp://host:514, tcp://host:601, tls://host:6514
	Path     string            `json:"path,omitempty"`    // jsonl: a file below the data folder
	Format   string            `json:"format,omitempty"`  // json (default), ocsf, asff; for webhook, syslog and jsonl
	Template string            `json:"template,omitempty"`
	Headers  map[string]string `json:"headers,omitempty"`
	Secret   string            `json:"secret,omitempty"`        // webhook: HMAC key; pagerduty: routing key. Written, never read back
	Private  bool              `json:"allow_private,omitempty"` // the address may be private
}

// View is a saved filter.
type View struct {
	Name   string          `json:"name"`
	Filter DetectionFilter `json:"filter"`
	Sort   Sort            `json:"sort,omitempty"`
	Group  GroupBy         `json:"group,omitempty"`
	Last   string          `json:"last,omitempty"` // the time up to now that it looks at, where it has one: 90m, 7d
	Owner  string          `json:"owner"`
	Shared bool            `json:"shared,omitempty"`
}
