package main

import (
	"os"
	"runtime/debug"

	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// deviceRoom is what a local device may take with its habits, rounded up from what was measured at fifty thousand of them
// (docs/decisions/0015-the-judge.md); and learnedStep how many more there must be before the limit is set anew: that stops the world.
const (
	deviceRoom  = 16 << 10
	learnedStep = 1000
)

// limiter raises the collector's limit with what is learned. The limit is made for conversations; a site of many thousand devices would
// otherwise fill it by what must be kept, and the collector would run all the time.
type limiter struct {
	fixed bool // somebody set the limit by the environment
	given int  // for how many devices there is room
}

func newLimiter() limiter { return limiter{fixed: os.Getenv("GOMEMLIMIT") != ""} }

// fit makes room for the devices there are.
func (l *limiter) fit(model *device.Model) {
	if known := model.Local(); !l.fixed && known >= l.given+learnedStep {
		l.given = known
		debug.SetMemoryLimit(memoryLimit + int64(known)*deviceRoom)
	}
}
