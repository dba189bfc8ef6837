package impact

import (
	"net/netip"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// Catches: a download, a short visit or a packet record taken for a miner by its port, and a miner told once a window.
func TestMinerByPort(t *testing.T) {
	cases := []struct {
		name    string
		source  string
		port    uint16
		lasted  time.Duration
		out, in uint64
		want    int
	}{
		{"a miner", events.FlowLog, 3333, 20 * time.Minute, 9_000, 20_000, 1},
		{"a short visit", events.FlowLog, 3333, 5 * time.Minute, 9_000, 20_000, 0},
		{"a download", events.FlowLog, 3333, 20 * time.Minute, 90_000, 90_000_000, 0},
		{"nothing said", events.FlowLog, 3333, 20 * time.Minute, 300, 300, 0},
		{"another port", events.FlowLog, 443, 20 * time.Minute, 9_000, 20_000, 0},
		{"packets, which say more", "", 3333, 20 * time.Minute, 9_000, 20_000, 0},
	}
	for _, one := range cases {
		d, model, found := NewCryptomining(CryptominingDefaults()), device.New(device.Options{}), 0
		c := &events.Conn{IPProto: device.TCP, ConnState: "S1", Source: one.source}
		c.TS, c.UID = events.Time(1_700_000_000e9), "V1"
		c.OrigH, c.RespH, c.OrigP, c.RespP = netip.MustParseAddr("10.0.0.5"), netip.MustParseAddr("203.0.113.9"), 40_000, one.port
		c.SoFar = events.SoFar{Start: c.TS.Add(-one.lasted), OrigBytes: one.out, RespBytes: one.in}
		for range 3 {
			c.TS = c.TS.Add(time.Minute)
			found += len(d.Observe(c, model.Observe(c)))
		}
		if found != one.want {
			t.Errorf("%s: %d", one.name, found)
		}
	}
}
