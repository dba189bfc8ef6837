// Package dcerpc recognises remote procedure calls over TCP: the endpoint mapper on port 135, and the ports that it names. What comes
// in is ordered stream bytes; what goes out is the records of package msrpc. The ports are chosen when a host starts, so that a
// conversation is known by its fragments, from its beginning or from the middle. It never reads calls over HTTP or over datagrams.
package dcerpc

import (
	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/msrpc"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

// Spec declares the analyzer.
var Spec = analyzer.Spec{
	Name:  "dce_rpc",
	Over:  analyzer.TCP,
	Ports: []uint16{135},
	Probe: func(_ flow.Dir, head []byte, _ bool) analyzer.Verdict { return msrpc.Probe(head) },
	New:   open,
}

// reader is one conversation's analyzer.
type reader struct {
	conv      *analyzer.Conversation
	calls     *msrpc.Association
	confirmed bool
}

func open(c *analyzer.Conversation) analyzer.Analyzer {
	return &reader{conv: c, calls: msrpc.New(msrpc.Options{Conversation: c})}
}

// Feed takes the stream's next bytes. The association keeps of them what it needs.
func (r *reader) Feed(c stream.Chunk) (int, error) {
	r.calls.Feed(c.Dir, events.Time(c.Time), c.Data)
	if !r.confirmed && r.calls.Read() > 0 {
		r.confirmed = true
		r.conv.Confirm("")
	}
	if !r.confirmed && r.calls.Lost(c.Dir) {
		return 0, analyzer.ErrNotMine
	}
	return len(c.Data), nil
}

// Gap has the direction's next fragment found again.
func (r *reader) Gap(d flow.Dir, _ int) error {
	r.calls.Gap(d)
	return nil
}

// Close emits the calls that wait for their answers.
func (r *reader) Close() { r.calls.Close() }
