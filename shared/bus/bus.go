// Package bus hands on events. What comes in is the events of a store's outbox; what goes out is the same events, at least once each
// and in order for one subject, to whoever wants them. It never changes an event and never drops one that was not handed on.
package bus

import (
	"context"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// Publisher takes events. It returns nil when all of them are safe with whoever takes them; otherwise all come again. What it is given
// twice it may hand on twice.
type Publisher interface {
	Publish(ctx context.Context, list ...events.Event) error
}
