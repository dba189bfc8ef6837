package events

import (
	"slices"
	"time"
)

// Triage is what people, and rules on their behalf, have said of a detection. Detectors never write it, and an update by a detector
// never touches it.
type Triage struct {
	Status     Status     `json:"status"`
	Resolution Resolution `json:"resolution,omitempty"` // only where Status is closed
	Assignee   string     `json:"assignee,omitempty"`   // a user's name
	Notes      []Note     `json:"notes,omitempty"`      // oldest first
	HiddenBy   string     `json:"hidden_by,omitempty"`  // id of the tuning rule that hides it from lists; it is never deleted

	// The store's own, absent in a detection that was never stored.
	Revision int64      `json:"revision,omitempty"` // 1 when stored first, one more for each change: the ETag, and the order of its events
	Created  *time.Time `json:"created,omitempty"`  // when it was stored first
	Modified *time.Time `json:"modified,omitempty"` // when it was stored last, by a detector or a person
}

// Status says where a detection stands in triage.
type Status string

// The states of triage, in the order in which a detection usually passes them.
const (
	StatusOpen         Status = "open"
	StatusAcknowledged Status = "acknowledged"
	StatusInProgress   Status = "in_progress"
	StatusClosed       Status = "closed"
)

// Statuses lists every status there is, in order.
func Statuses() []Status {
	return []Status{StatusOpen, StatusAcknowledged, StatusInProgress, StatusClosed}
}

// Valid says whether s is a status.
func (s Status) Valid() bool { return slices.Contains(Statuses(), s) }

// Resolution says what a closed detection turned out to be.
type Resolution string

// The resolutions. Benign is a detection that is right about what happened, which was allowed.
const (
	ResolutionNone          Resolution = ""
	ResolutionTruePositive  Resolution = "true_positive"
	ResolutionBenign        Resolution = "benign_true_positive"
	ResolutionFalsePositive Resolution = "false_positive"
	ResolutionUndetermined  Resolution = "undetermined"
)

// Resolutions lists every resolution that a closed detection may have.
func Resolutions() []Resolution {
	return []Resolution{ResolutionNone, ResolutionTruePositive, ResolutionBenign, ResolutionFalsePositive, ResolutionUndetermined}
}

// Valid says whether r is a resolution.
func (r Resolution) Valid() bool { return slices.Contains(Resolutions(), r) }

// MaxNote is the most bytes that one note may have, and MaxNotes how many a detection keeps.
const (
	MaxNote  = 8 << 10
	MaxNotes = 200
)

// Note is what somebody wrote of a detection.
type Note struct {
	Time   time.Time `json:"time"`
	Author string    `json:"author"` // a user's name, or "key:" and an API key's id
	Text   string    `json:"text"`
}
