package store

import (
	"errors"
	"fmt"
)

// What a store may answer instead of what was asked. They come wrapped; ask with errors.Is.
var (
	ErrNotFound    = errors.New("not found")
	ErrConflict    = errors.New("changed meanwhile")         // the revision is not the expected one, or the name is taken
	ErrInvalid     = errors.New("invalid")                   // always wrapped in an Invalid, which names the field
	ErrFull        = errors.New("no space left")             // nothing can be written; what is there can be read
	ErrUnavailable = errors.New("store unavailable")         // throttled or out of reach: try again
	ErrTooNew      = errors.New("made by a newer version")   // opening: the file is left untouched
	ErrCorrupt     = errors.New("database is damaged")       // opening: the file is left untouched
	ErrInUse       = errors.New("in use by another process") // opening
)

// Invalid says which field of a request makes no sense, what was given, and what is allowed.
type Invalid struct {
	Field   string // as in JSON: "status", "participant.address", "cursor"
	Value   string
	Allowed string // for a person: "one of open, acknowledged, in_progress, closed"
}

// Error says it in one line.
func (e *Invalid) Error() string {
	return fmt.Sprintf("%s %q is not %s", e.Field, e.Value, e.Allowed)
}

// Is makes every Invalid an ErrInvalid.
func (e *Invalid) Is(target error) bool { return target == ErrInvalid }
