// Package behaviour holds the detectors that know how a device behaves as a rule, and say when it does not. What comes in is records of
// conversations and what the model knows of the devices; what goes out is findings that name the device, what is usual of it and what
// was seen. It never knows an attack by its marks: that is for the tactics.
package behaviour

import (
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// ended is when a conversation was last heard of.
func ended(c *events.Conn) events.Time { return c.TS + events.Time(c.Duration) }

// startOfHour is the beginning of the hour of a moment.
func startOfHour(t events.Time) events.Time { return t - t%events.Time(time.Hour) }

// maxUIDs is how many conversations a finding points at.
const maxUIDs = 16

// maxNamed is how many hosts a finding names.
const maxNamed = 32
