package replay

import (
	"encoding/binary"
	"sync/atomic"
	"time"

	"github.com/mirrorwatch/mirrorwatch/sensor/capture"
)

// unit is how finely a packet's time is told, and Span how far from the clock's base it can be.
const (
	unit = 10 * time.Microsecond
	Span = unit * (1<<32 - 1)
)

// Clock is the time that a player and the sensor it plays to agree on. A datagram carries its packet's time in the 32 bits of the VXLAN
// header that RFC 7348 section 5 reserves, in units of 10 µs since the base: loopback delivers the packets of an hour within
// seconds, and the moment of their arrival says nothing.
type Clock struct {
	base     time.Time
	now      func() time.Time
	position atomic.Int64 // how far the player has come, nanoseconds since the epoch; 0 when it is done
	received atomic.Int64 // datagrams that the sensor's sources gave
}

// NewClock makes a clock that stands at base. When the player is done it shows now.
func NewClock(base time.Time, now func() time.Time) *Clock {
	c := &Clock{base: base.Truncate(unit), now: now}
	c.position.Store(c.base.UnixNano())
	return c
}

// Now gives the time that the sensor should take for the present.
func (c *Clock) Now() time.Time {
	if at := c.position.Load(); at != 0 {
		return time.Unix(0, at).UTC()
	}
	return c.now()
}

// Source gives the frames of a VXLAN source the times that they carry.
func (c *Clock) Source(s capture.Source) capture.Source { return &moved{s, c} }

type moved struct {
	capture.Source
	clock *Clock
}

// Next fills b as the source does, and moves its frames. Frames that come when the player is done keep their own time.
func (m *moved) Next(b *capture.Batch) error {
	err := m.Source.Next(b)
	if err != nil || m.clock.position.Load() == 0 {
		return err
	}
	for i := range b.Frames {
		f := &b.Frames[i]
		if f.Link == capture.LinkVXLAN && len(f.Data) >= header {
			f.Time = m.clock.read(f.Data)
		}
	}
	m.clock.received.Add(int64(len(b.Frames)))
	return nil
}

// write puts a moment into the reserved bits of a VXLAN header.
func (c *Clock) write(b []byte, at time.Time) {
	n := uint32(min(max(at.Sub(c.base), 0), Span) / unit)
	b[1], b[2], b[3], b[7] = byte(n>>24), byte(n>>16), byte(n>>8), byte(n)
}

// read gives the moment in the reserved bits, in nanoseconds since the epoch.
func (c *Clock) read(b []byte) int64 {
	n := binary.BigEndian.Uint32(b)<<8 | uint32(b[7])
	return c.base.Add(time.Duration(n) * unit).UnixNano()
}
