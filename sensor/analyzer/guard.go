package analyzer

import (
	"fmt"

	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

// Every analyzer is fuzzed, and none should fail on any input. Where one does all the same, one conversation is lost to it, which a weird
// record tells, and not the sensor: whoever finds such an input must not be able to blind it.

// failure is what an analyzer failed with. It is never one of the ways to leave, so that the conversation is taken from it as "not mine".
type failure struct{ reason any }

func (f failure) Error() string { return fmt.Sprint("analyzer failed: ", f.reason) }

// weirdFailed is the name of the oddity; addl is what the analyzer failed with.
const weirdFailed = "analyzer_failed"

// maxReason bounds it.
const maxReason = 128

// show is the active analyzer's Feed.
func (m *Mux) show(c stream.Chunk) (n int, err error) {
	defer m.failed(&err)
	return m.active.Feed(c)
}

func (m *Mux) gap(d flow.Dir, n int) (err error) {
	defer m.failed(&err)
	return m.active.Gap(d, n)
}

func (m *Mux) close() {
	var err error
	defer m.failed(&err)
	m.active.Close()
}

// failed must be deferred: it takes what an analyzer failed with, and tells it.
func (m *Mux) failed(err *error) {
	if reason := recover(); reason != nil {
		*err = failure{reason}
		text := fmt.Sprint(reason)
		m.conv.Weird(weirdFailed, text[:min(len(text), maxReason)])
	}
}
