package detect

import (
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// Within is Note for what counts only while much of it comes at once: a case that began longer than a window ago and was not told of
// begins anew. One that was told of goes on as long as it does not rest.
func (c *Cases) Within(k CaseKey, h *events.Head, window time.Duration) *Case {
	if one := c.Peek(k); one != nil && !one.Raised() && h.TS.Sub(one.Start) > window {
		*one = Case{}
	}
	return c.Note(k, h)
}

// Lasted says to a person how long something took, to the second: of what took no longer than one, the detector's numbers tell more.
func Lasted(d time.Duration) string {
	if d = d.Round(time.Second); d <= time.Second {
		return "one second"
	}
	return d.String()
}
