package exfil

import (
	"net/netip"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// Catches: windows of a flow log counted as if each said what all came to, or not at all where many flows go on at once.
func TestWindowsAddUp(t *testing.T) {
	o := NewOutboundVolume(OutboundVolumeDefaults())
	model := device.New(device.Options{})
	sum := uint64(0)
	for i := range 40 * 10 { // forty flows of ten windows each
		c := &events.Conn{IPProto: device.TCP, Source: events.FlowLog, Interim: i >= 40, OrigBytes: 100_000, OrigIPBytes: 104_000, RespBytes: 500, RespIPBytes: 900, OrigPkts: 70, RespPkts: 9}
		c.TS, c.UID = events.Time(1_700_000_000e9).Add(time.Duration(i)*time.Second), string(rune('a'+i%40))
		c.OrigH, c.RespH, c.OrigP, c.RespP = netip.MustParseAddr("10.0.0.5"), netip.MustParseAddr("203.0.113.9"), uint16(40_000+i%40), 443
		o.Observe(c, model.Observe(c))
		sum += c.OrigBytes
	}
	_, p, _ := o.pairs.Oldest()
	if p.out != sum || p.conns != 40 || len(p.open) != 0 {
		t.Errorf("%d of %d bytes in %d conversations, %d open", p.out, sum, p.conns, len(p.open))
	}
}
