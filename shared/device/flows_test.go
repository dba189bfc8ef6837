package device

import (
	"net/netip"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// Catches: a window of a flow log taken for the whole of its flow so far, and an interface that logs what comes to it taken for one that is not there.
func TestFlowLogs(t *testing.T) {
	m := New(Options{})
	c := &events.Conn{IPProto: TCP, Source: events.FlowLog, OrigPkts: 2, OrigIPBytes: 1000}
	c.TS, c.UID = 1_700_000_000e9, "V1"
	c.OrigH, c.RespH, c.RespP = netip.MustParseAddr("10.0.0.5"), netip.MustParseAddr("10.0.0.6"), 443
	for i, direction := range []string{"egress", "egress", "ingress"} {
		c.Interim, c.Direction = i > 0, direction
		v := m.Observe(c)
		if m.moved.out != 1000 || m.first != (i == 0) || v.Resp.mute != (direction == "egress") {
			t.Errorf("window %d: %d bytes, first %v, mute %v", i, m.moved.out, m.first, v.Resp.mute)
		}
	}
	if m.reported.Len() != 0 {
		t.Errorf("%d flows are remembered as conversations that go on", m.reported.Len())
	}
}
