package main

import (
	"net/netip"
	"runtime/debug"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// Catches: a limit that does not grow, one that grows by hosts outside, and one that goes against what somebody set by the environment.
func TestRoomForDevices(t *testing.T) {
	before := debug.SetMemoryLimit(-1)
	defer debug.SetMemoryLimit(before)
	meet := func(from, to [4]byte, n int) *device.Model {
		m := device.New(device.Options{})
		for i := range n {
			c := &events.Conn{Proto: "tcp", IPProto: device.TCP, ConnState: "SF", OrigPkts: 3, RespPkts: 3, OrigBytes: 100, RespBytes: 100}
			from[2], from[3], to[2], to[3] = byte(i>>8), byte(i), byte(i>>8), byte(i)
			c.TS, c.OrigH, c.RespH, c.RespP = events.Time(i+1), netip.AddrFrom4(from), netip.AddrFrom4(to), 443
			m.Observe(c)
		}
		return m
	}
	for _, c := range []struct {
		name  string
		l     limiter
		model *device.Model
		grows bool
	}{
		{"local", limiter{}, meet([4]byte{10, 0}, [4]byte{10, 1}, learnedStep), true},
		{"few", limiter{}, meet([4]byte{10, 0}, [4]byte{10, 1}, 10), false},
		{"outside", limiter{}, meet([4]byte{10, 0, 0, 1}, [4]byte{203, 0}, learnedStep/2), false},
		{"set by the environment", limiter{fixed: true}, meet([4]byte{10, 0}, [4]byte{10, 1}, learnedStep), false},
	} {
		debug.SetMemoryLimit(memoryLimit)
		c.l.fit(c.model)
		if grew := debug.SetMemoryLimit(-1) > memoryLimit; grew != c.grows {
			t.Errorf("%s: %d local devices, grew %v", c.name, c.model.Local(), grew)
		}
	}
}
