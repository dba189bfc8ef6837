package c2

import (
	"fmt"
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// LongConnection finds connections that stay open where others come and go.
var LongConnection = detect.Spec{
	Type:  "c2.long_connection",
	Title: "Unusually long connection",
	Text: "Looks for a TCP connection from inside to one host outside that has lasted at least 1 hour, of no protocol that is known or on a port where none is " +
		"usual, over which both sides sent at least 2 KiB, to a host that at most 2 local devices turn to. A remote control holds one connection and waits on it; browsers and mail close theirs. " +
		"What looks the same: a messenger or a vendor's telemetry on a port of its own, which more devices mostly share; therefore it is of low risk by itself.",
	Category: "c2", Tactics: []string{"TA0011"}, Techniques: []string{"T1571", "T1095"},
	Risk:  detect.Base{Likelihood: events.Low, Complexity: events.Low, Impact: events.Low},
	Wants: []events.Kind{events.KindConn}, Version: 1,
	Yields: []string{"c2.beacon", "c2.known_tool", "c2.reverse_shell", "c2.protocol_mismatch", "c2.external_remote_access", "c2.tor"},
	Background: "Whoever controls a host wants to reach it at any time, and it may not be reached from outside. So the implant keeps a connection open, for hours or days, on which " +
		"now and then an order comes. The connection itself is the trace: it outlives everything else that the host does.",
	Mitigation: []string{
		"Find the program that holds the connection, and ask who needs it.",
		"If nobody does, cut it and look at when it first came up.",
		"If it is wanted, add its address or name to what is known of the site.",
	},
	New:    func() detect.Detector { return NewLongConnection(LongConnectionDefaults()) },
	Tuning: detect.Tuned(LongConnectionDefaults, NewLongConnection),
}

// LongConnectionTunables are what may be set.
type LongConnectionTunables struct {
	Duration time.Duration `tune:"how long a connection is long" min:"1m" max:"720h"`
	Bytes    uint64        `tune:"least bytes of either side" min:"1" max:"1000000000"`
	Rare     int           `tune:"local devices that may turn to the host outside" min:"1" max:"8"`
	Usual    []uint16      `tune:"ports where long connections are usual"`
	Pairs    int           `tune:"pairs of hosts watched" min:"16" max:"100000"`
}

// LongConnectionDefaults are the tunables that the project stands for. The ports are of messengers, push services, shells, tunnels and brokers.
func LongConnectionDefaults() LongConnectionTunables {
	return LongConnectionTunables{
		Duration: time.Hour, Bytes: 2 << 10, Rare: 2, Pairs: 5_000,
		Usual: []uint16{22, 179, 443, 853, 993, 1194, 1723, 1883, 4222, 5222, 5223, 5228, 5269, 5671, 5672, 5938, 6667, 6697, 8883, 9092, 51820},
	}
}

// LongConnections remembers what was told.
type LongConnections struct {
	tune LongConnectionTunables
	*detect.Cases
}

// NewLongConnection makes the detector.
func NewLongConnection(t LongConnectionTunables) *LongConnections {
	return &LongConnections{tune: t, Cases: detect.NewCases(detect.CasesOptions{Limit: t.Pairs})}
}

// Observe looks at one connection, or at what there is of one that goes on.
func (l *LongConnections) Observe(rec events.Record, v device.View) []detect.Finding {
	r, ok := rec.(*events.Conn)
	if !ok || r.IPProto != device.TCP || !v.Orig.IsLocal() || !v.Resp.IsExternal() {
		return nil
	}
	whole := soFar(r)
	lasted := r.TS.Add(r.Duration.Duration()).Sub(whole.Start)
	if lasted < l.tune.Duration || whole.OrigBytes < l.tune.Bytes || whole.RespBytes < l.tune.Bytes || slices.Contains(l.tune.Usual, r.RespP) || !longAndOdd(r) {
		return nil
	}
	if devices, _ := v.RareHost(r.RespH); devices > l.tune.Rare || v.Known().Trusted(v.Resp.Hostname()) {
		return nil
	}
	k := detect.CaseKey{VNI: r.VNI, By: r.RespH, To: r.OrigH}
	if known := l.Peek(k); known != nil && slices.Contains(known.UIDs, r.UID) {
		known.Sum = max(known.Sum, uint64(lasted/time.Second))
		known.Last = max(known.Last, r.TS.Add(r.Duration.Duration()))
		return nil
	}
	c := l.Note(k, &r.Head)
	c.Start, c.Sum = min(c.Start, whole.Start), max(c.Sum, uint64(lasted/time.Second))
	c.Last = max(c.Last, r.TS.Add(r.Duration.Duration()))
	if !c.Reached(c.Count, 1) {
		return nil
	}
	return []detect.Finding{l.report(k, c)}
}

// longAndOdd: what is known may last, on its own port.
func longAndOdd(r *events.Conn) bool {
	switch r.Service {
	case "", "ssl", "http":
		return true
	}
	return false
}

// Tick has nothing to do: connections that go on are told about from time to time.
func (l *LongConnections) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the counts up to date.
func (l *LongConnections) Close(device.View) []detect.Finding { return l.LastWords(l.report) }

func (l *LongConnections) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	lasted := time.Duration(c.Sum) * time.Second
	f := c.Finding(k, 0.6, fmt.Sprintf("%s held %s to %s port %d open for up to %s.", k.To, tally(c.Count, "connection"), k.By, c.Head.RespP, lasted))
	f.Properties = map[string]any{"connections": c.Count, "duration_seconds": c.Sum, "port": c.Head.RespP}
	return f
}
