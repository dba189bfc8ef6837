package firehose

import (
	"strconv"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// lineExtra bounds what a line has beyond the record and its kind.
const lineExtra = len(`{"_path":"","_ns":-500,`) + len("\n")

// appendLine appends a record as a line that says of which log it is, as Zeek's JSON streaming does. A record's ts has microseconds; _ns is what
// its time has beyond them, in nanoseconds, so that the archive can order records as every other store does. It is left out where it is 0.
func appendLine(dst []byte, k events.Kind, at events.Time, line []byte) []byte {
	dst = append(dst, `{"_path":"`...)
	dst = append(dst, k...)
	if ns := beyond(at); ns != 0 {
		dst = append(dst, `","_ns":`...)
		dst = strconv.AppendInt(dst, ns, 10)
		dst = append(dst, ',')
	} else {
		dst = append(dst, `",`...)
	}
	dst = append(dst, line[1:]...)
	return append(dst, '\n')
}

// beyond is what rounding to the nearest microsecond, half away from zero, takes from a time: from -500 to 499 after the epoch.
func beyond(at events.Time) int64 {
	r := int64(at) % 1000
	switch {
	case r >= 500:
		return r - 1000
	case r <= -500:
		return r + 1000
	}
	return r
}
