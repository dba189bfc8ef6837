package flowjudge

import (
	"encoding/hex"
	"hash/fnv"
	"net/netip"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/bounded"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// A flow that lasts is told window by window, and from each interface that it passes. Here its windows are put together, so that a connection
// of six hours is one contact and not 360, and only one interface's are counted.

// maxFlows is how many flows are remembered; one that is forgotten begins anew with its next window.
const maxFlows = 65_536

// How long a flow may rest between two windows. Flow logs show nothing of a connection that waits, and a UDP socket that is used again after
// minutes asks anew.
const (
	restTCP = 15 * time.Minute
	restUDP = 3 * time.Minute
)

// five names a flow.
type five struct {
	orig, resp         netip.Addr
	origPort, respPort uint16
	proto              uint8
}

// flow is what is known of one.
type flow struct {
	so        events.SoFar
	end       events.Time
	last      events.Time // when its latest window began
	lastBytes uint64      // of that, both ways
	uid       string      // of the first window: it names the flow
	iface     string      // that its windows are taken from
	windows   uint32
	rejected  bool
	vain      bool // it was counted as a try
}

// seen is what a window is to its flow.
type seen uint8

const (
	begins seen = iota
	goesOn
	copied // another interface, or another log, has told it
)

// windows remembers flows.
type windows struct{ *bounded.Table[five, flow] }

func newWindows() windows { return windows{bounded.New[five, flow](maxFlows)} }

// follow makes a window part of its flow, and writes into it what the flow came to. Opened says that a SYN of the originator was seen.
func (w windows) follow(c *events.Conn, opened bool) (is seen, f *flow) {
	f, fresh := w.Put(five{c.OrigH, c.RespH, c.OrigP, c.RespP, c.IPProto})
	end, bytes := c.TS+events.Time(c.Duration), c.OrigIPBytes+c.RespIPBytes
	if !fresh && f.near(c, end) {
		if f.told(c, end, bytes) {
			return copied, f
		}
		if !opened || c.ConnState == "S0" || c.TS <= f.end {
			f.extend(c, end, bytes)
			c.UID, c.Interim, c.SoFar = f.uid, true, f.so
			return goesOn, f
		}
	}
	if c.UID == "" {
		c.UID = nameOf(c)
	}
	*f = flow{
		so: events.SoFar{Start: c.TS, OrigBytes: c.OrigBytes, RespBytes: c.RespBytes}, end: end, last: c.TS, lastBytes: bytes,
		uid: c.UID, iface: c.Interface, windows: 1, rejected: c.Action == reject,
	}
	c.Interim, c.SoFar = false, f.so
	return begins, f
}

// near says whether a window is close enough to what is known of a flow to be of it.
func (f *flow) near(c *events.Conn, end events.Time) bool {
	rest := restTCP
	if c.IPProto != device.TCP {
		rest = restUDP
	}
	return c.TS.Sub(f.end) <= rest && f.so.Start.Sub(end) <= rest
}

// told says that what a window tells was counted: by another interface that the same packets passed, or by another log of the same interface.
func (f *flow) told(c *events.Conn, end events.Time, bytes uint64) bool {
	if c.Interface != f.iface {
		return c.TS < f.end || c.TS == f.last
	}
	return c.TS == f.last && end == f.end && bytes == f.lastBytes
}

func (f *flow) extend(c *events.Conn, end events.Time, bytes uint64) {
	f.so.Start, f.end = min(f.so.Start, c.TS), max(f.end, end)
	f.so.OrigBytes, f.so.RespBytes = f.so.OrigBytes+c.OrigBytes, f.so.RespBytes+c.RespBytes
	f.last, f.lastBytes = c.TS, bytes
	f.windows++
}

// nameOf makes a uid for a flow whose reader gave it none.
func nameOf(c *events.Conn) string {
	h := fnv.New64a()
	text, err := c.Head.TS.MarshalJSON()
	if err == nil {
		h.Write(text) //nolint:errcheck // a hash takes everything
	}
	for _, a := range [...]netip.AddrPort{netip.AddrPortFrom(c.OrigH, c.OrigP), netip.AddrPortFrom(c.RespH, c.RespP)} {
		h.Write(a.AppendTo(text[:0])) //nolint:errcheck // as above
	}
	return "F" + hex.EncodeToString(h.Sum(nil))
}

// goesOnAfter: a flow that takes so much of its first window most likely has another.
const goesOnAfter = 30 * time.Second

// memory gives the flows that last as something that can be written down: what was over at once needs no memory.
func (w windows) memory() *detect.Memory[five, flow] {
	m := flowMemory()
	for k, f := range w.All {
		if f.windows > 1 || f.end.Sub(f.so.Start) >= goesOnAfter {
			kept, _ := m.Put(k)
			*kept = *f
			m.Note(k)
		}
	}
	return m
}

func (w windows) load(key, value []byte) error {
	m := flowMemory()
	if err := m.Load(key, value); err != nil {
		return err
	}
	for k, f := range m.All {
		kept, _ := w.Put(k)
		*kept = *f
	}
	return nil
}

// maxText bounds what is kept of a uid or the name of an interface.
const maxText = 64

func flowMemory() *detect.Memory[five, flow] {
	return detect.NewFilledMemory(maxFlows, 'w', 1, func(key, value *detect.Form, k *five, f *flow) {
		key.Addr(&k.orig)
		key.Addr(&k.resp)
		for _, p := range []*uint16{&k.origPort, &k.respPort} {
			detect.Number(key, p)
		}
		detect.Number(key, &k.proto)
		for _, t := range []*events.Time{&f.so.Start, &f.end, &f.last} {
			detect.Number(value, t)
		}
		for _, n := range []*uint64{&f.so.OrigBytes, &f.so.RespBytes, &f.lastBytes} {
			detect.Number(value, n)
		}
		value.Text(&f.uid, maxText)
		value.Text(&f.iface, maxText)
		detect.Number(value, &f.windows)
		value.Bool(&f.rejected)
		value.Bool(&f.vain)
	})
}
