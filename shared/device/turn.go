package device

import "github.com/mirrorwatch/mirrorwatch/events"

// Turned is what one local device did in a minute, or in an hour that is over. It is borrowed: good during the call that gives it.
type Turned struct {
	Device *Device
	At     events.Time          // when the minute, or the hour, began
	Hour   bool                 // an hour is over
	Counts *[NumMetrics]float64 // of the minute; of the whole hour where Hour
	SoFar  *[NumMetrics]float64 // of the hour until now, this minute included; the same as Counts where Hour
}
