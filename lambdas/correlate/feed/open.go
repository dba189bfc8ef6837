package feed

import (
	"context"
	"fmt"
	"io"
)

// Opener opens objects, so that they are read as they come. The size is UnknownSize where nobody knows it. An error is an *OpenError where
// it is known what it means. Whoever opens closes.
type Opener interface {
	Open(ctx context.Context, o Object) (body io.ReadCloser, size int64, err error)
}

// Obstacle says why an object could not be opened.
type Obstacle string

// What may be in the way.
const (
	Missing     Obstacle = "missing"     // it is not there, or not any more, or not as it was
	Denied      Obstacle = "denied"      // AWS refused; of a bucket that may not be listed, what is missing looks like this, too
	Sealed      Obstacle = "sealed"      // it is encrypted, and the key may not be used
	Archived    Obstacle = "archived"    // it would have to be restored first
	Large       Obstacle = "large"       // it is larger than is read
	Throttled   Obstacle = "throttled"   // AWS has no capacity just now
	Unreachable Obstacle = "unreachable" // nobody answered, or not in time
	Broken      Obstacle = "broken"      // AWS failed, or what it said makes no sense
	Refused     Obstacle = "refused"     // AWS does not understand what was asked
)

// OpenError is why an object could not be opened.
type OpenError struct {
	Object   string // its ID
	Obstacle Obstacle
	Code     string // AWS's own, where it gave one
	Message  string
	Cause    error
}

// Error says it in one line.
func (e *OpenError) Error() string {
	text := fmt.Sprintf("open %s: %s", clip(e.Object), e.Obstacle)
	for _, more := range []string{e.Code, e.Message} {
		if more != "" {
			text += ": " + clip(more)
		}
	}
	return text
}

// Unwrap gives what was said first.
func (e *OpenError) Unwrap() error { return e.Cause }

// Again says whether the same may be tried again with hope. What is denied or sealed may be allowed later, but not by itself.
func (e *OpenError) Again() bool {
	return e.Obstacle == Throttled || e.Obstacle == Unreachable || e.Obstacle == Broken
}
