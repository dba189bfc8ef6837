package access

import (
	"net/netip"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// Catches: a host that never failed at a log-in, and tries one host after another slowly, told only at the tenth; and a new host told at
// the fifth, which may be a person who looks for the right one; an administrator who mistypes now and then on a busy day.
func TestSprayOfWhoHardlyEverFails(t *testing.T) {
	for _, c := range []struct{ hours, wins, want int }{{0, 0, 0}, {40, 0, 1}, {40, 1, 1}, {40, 4, 0}} {
		hours, want := c.hours, c.want
		j := detect.NewJudge([]detect.Spec{SSHBruteForce}, device.New(device.Options{}), detect.Options{})
		at := events.TimeOf(time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC))
		for range hours * 6 {
			c := &events.Conn{Proto: "tcp", IPProto: device.TCP, ConnState: "SF", OrigBytes: 500, RespBytes: 5000, OrigPkts: 9, RespPkts: 9}
			c.TS, c.OrigH, c.RespH, c.OrigP, c.RespP = at, netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2"), 40000, 443
			j.Observe(c)
			at = at.Add(10 * time.Minute)
			j.Tick(at)
		}
		no, yes := false, true
		for i := range 5 {
			r := &events.SSH{AuthSuccess: &no, AuthAttempts: 2}
			r.TS, r.OrigH, r.RespH, r.OrigP, r.RespP = at, netip.MustParseAddr("10.0.0.1"), netip.AddrFrom4([4]byte{10, 0, 1, byte(i)}), 40000, 22
			j.Observe(r)
			if i < c.wins {
				again := *r
				again.TS, again.AuthSuccess = at.Add(time.Minute), &yes
				j.Observe(&again)
			}
			at = at.Add(9 * time.Minute)
			j.Tick(at)
		}
		if n := len(j.Detections()); n != want {
			t.Errorf("%+v: %d detections", c, n)
		}
	}
}
