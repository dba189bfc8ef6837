// Package ssrp looks at the questions that clients ask SQL Server's resolution service (MC-SQLR, UDP port 1434). What comes in is
// datagrams; what goes out is a weird where a question names an instance that is longer than any can be, which is how the service is
// broken into (CVE-2002-0649). It keeps nothing, and never confirms a service: Zeek knows none.
package ssrp

import (
	"bytes"
	"fmt"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

// Spec declares the analyzer.
var Spec = analyzer.Spec{
	Name:  "ssrp",
	Over:  analyzer.UDP,
	Ports: []uint16{1434},
	Probe: probe,
	New:   func(c *analyzer.Conversation) analyzer.Analyzer { return &reader{conv: c} },
}

// Messages, MC-SQLR section 2.2.
const (
	askInstance = 0x04 // a name follows, with a zero behind it
	answer      = 0x05 // two bytes of length, and so much text
	maxInstance = 32   // bytes of a name
)

// probe wants the port, a question for an instance, or an answer whose length is right.
func probe(_ flow.Dir, head []byte, hinted bool) analyzer.Verdict {
	if !hinted || len(head) < 2 {
		return analyzer.No
	}
	if head[0] == askInstance || head[0] == answer && len(head) >= 3 && int(head[1])|int(head[2])<<8 >= len(head)-3 {
		return analyzer.Yes
	}
	return analyzer.No
}

type reader struct{ conv *analyzer.Conversation }

// Feed takes one datagram.
func (r *reader) Feed(c stream.Chunk) (int, error) {
	if len(c.Data) < 2 || c.Data[0] != askInstance {
		return len(c.Data), nil
	}
	name := c.Data[1:]
	whole := max(c.Wire-1, len(name)) // the mirror may have cut it
	if end := bytes.IndexByte(name[:min(len(name), maxInstance+1)], 0); end < 0 && whole > maxInstance+1 {
		r.conv.Weird(events.WeirdLongInstance, fmt.Sprintf("%d bytes", whole))
	}
	return len(c.Data), nil
}

// Gap has no meaning for datagrams.
func (r *reader) Gap(flow.Dir, int) error { return nil }

// Close has nothing left to do.
func (r *reader) Close() {}
