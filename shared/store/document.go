package store

import (
	"context"
	"encoding/json"
	"time"
)

// Kind is a kind of document.
type Kind string

// The kinds of documents there are. Collection gives each its Go type.
const (
	KindTuningRule       Kind = "tuning_rule"
	KindParameter        Kind = "parameter"
	KindNotificationRule Kind = "notification_rule"
	KindDelivery         Kind = "delivery"    // a notification on its way
	KindDeadLetter       Kind = "dead_letter" // one that could not be delivered
	KindUser             Kind = "user"
	KindAPIKey           Kind = "api_key"
	KindSession          Kind = "session"
	KindView             Kind = "view"           // a saved filter
	KindMirrorLease      Kind = "mirror_lease"   // who acts on an account and region now
	KindMirrorVerdict    Kind = "mirror_verdict" // what was learned of an instance family
	KindMirrorUsage      Kind = "mirror_usage"   // sessions of ours by account and region, for the budget
	KindCoverageTrend    Kind = "coverage_trend" // how much was watched, by the hour
	KindHolding          Kind = "holding"        // who held an address or an interface when
	KindTrail            Kind = "trail"          // calls of AWS APIs, by the quarter of an hour
	KindFlows            Kind = "flows"          // what flow logs say of an interface, by the hour
	KindIncident         Kind = "incident"       // detections that belong together
	KindIncidentParty    Kind = "incident_party" // the latest detections of a device
	KindObject           Kind = "object"         // files of AWS that were read
	KindCorrelation      Kind = "correlation"    // a detection whose context is to be made again, and when
	KindSensor           Kind = "sensor"         // what a sensor says of itself
	KindIntel            Kind = "intel"          // the lists of indicators that a sensor read
	KindMirrorPlan       Kind = "mirror_plan"    // what the mirror loop last meant to do, and what came of it
	KindMirrorAsk        Kind = "mirror_ask"     // somebody waits for a look of the mirror loop
)

// Document is one of the small things that people make: a rule, a user, a key.
type Document struct {
	Kind     Kind
	ID       string // unique within the kind: 1 to MaxID bytes of printable ASCII
	Revision int64  // 1 when made, one more for each change
	Created  time.Time
	Modified time.Time
	Expires  time.Time // zero: never. After it the document is not found, and goes at the store's leisure
	Body     json.RawMessage
}

// MaxID and MaxBody bound a document; DynamoDB takes 400 KB an item.
const (
	MaxID   = 256
	MaxBody = 256 << 10
)

// Documents keeps documents.
type Documents interface {
	// Get gives one, or ErrNotFound.
	Get(ctx context.Context, k Kind, id string) (Document, error)
	// GetMany gives those of at most MaxGet that are there, in no order; what is missing or has expired is left out. A key may be named twice.
	GetMany(ctx context.Context, keys ...DocumentKey) (map[DocumentKey]Document, error)
	// List gives a page in the order of ids (bytes).
	List(ctx context.Context, k Kind, q ListQuery) (DocumentPage, error)
	// Write makes all of the changes, and the audit entry where there is one, or none: at most MaxWrites. It gives the documents as
	// they are then, in order; of a deleted one only kind and id.
	Write(ctx context.Context, changes []Write, entry *AuditEntry) ([]Document, error)
}

// MaxWrites is how many documents one Write may change.
const MaxWrites = 20

// Write is one change of a document.
type Write struct {
	Kind    Kind
	ID      string
	Body    json.RawMessage // nil deletes
	Expires time.Time
	If      Condition
}

// Condition is what must be true of the stored document for a change to be made; otherwise ErrConflict, or ErrNotFound where a
// revision is expected of what is not there. A positive number is the revision that it must have.
type Condition int64

// The other conditions.
const (
	Always Condition = 0  // whatever there is
	New    Condition = -1 // nothing is there
	Exists Condition = -2 // something is there
)

// ListQuery asks for a page of documents.
type ListQuery struct {
	Prefix string // of the id
	Limit  int    // 1 to MaxPage; 0: MaxPage
	Cursor string
}

// DocumentPage is a page of documents.
type DocumentPage struct {
	Page
	Items []Document
}

// Actor is who makes a change.
type Actor struct {
	Name    string // a user's name; "key:" and an API key's id; "rule:" and a rule's; "system"
	Address string // where the request came from; empty for rules and the system
}

// AuditEntry is one line of the audit log. ID and Time are the store's to set: ids grow with time.
type AuditEntry struct {
	ID      string          `json:"id"`
	Time    time.Time       `json:"time"`
	Actor   string          `json:"actor"`
	Address string          `json:"address,omitempty"`
	Action  string          `json:"action"` // "detection.update", "user.create", "session.create", ...
	Target  string          `json:"target"` // the id of what was changed
	Before  json.RawMessage `json:"before,omitempty"`
	After   json.RawMessage `json:"after,omitempty"`
	Outcome string          `json:"outcome,omitempty"` // "" is success; else why it was refused
}

// Audit keeps who changed what. Nothing can change or delete an entry but Purge.
type Audit interface {
	// Log writes an entry that belongs to no change of the store's: a log-in, a refusal.
	Log(ctx context.Context, e AuditEntry) error
	// Entries gives a page, newest first.
	Entries(ctx context.Context, q AuditQuery) (AuditPage, error)
	// Purge deletes entries before a time.
	Purge(ctx context.Context, before time.Time) (deleted int, err error)
}

// AuditQuery asks for a page of the audit log.
type AuditQuery struct {
	From, To time.Time // zero: no bound
	Actor    string
	Action   string // or the part before its dot: "user"
	Target   string
	Limit    int
	Cursor   string
}

// AuditPage is a page of the audit log.
type AuditPage struct {
	Page
	Items []AuditEntry
}
