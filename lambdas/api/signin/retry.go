package signin

import (
	"fmt"
	"time"
)

// RetryError is ErrLocked or ErrRateLimited with the time after which it is worth to try again. Find it with errors.As.
type RetryError struct {
	Err   error
	After time.Duration
}

// Error says when to come back.
func (e *RetryError) Error() string {
	return fmt.Sprintf("%v; try again in %s", e.Err, e.After.Round(time.Second))
}

// Unwrap gives ErrLocked or ErrRateLimited.
func (e *RetryError) Unwrap() error { return e.Err }
