package exfil

import (
	"fmt"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
	"github.com/mirrorwatch/mirrorwatch/shared/magnitude"
)

// OutboundVolume finds a local host that sends much more to a host outside than it gets from there.
var OutboundVolume = detect.Spec{
	Type:  "exfil.outbound_volume",
	Title: "Unusual outbound volume",
	Text: "Adds up, for each local host and each host outside that it turned to, what went out and what came in. Data that is stolen goes " +
		"one way. What looks the same: a back-up or an upload that somebody wanted, which no packet can tell from theft, and which a " +
		"person has to know. What does not: a call, whose sides balance; a speed test, which loads down as well as up; a letter with an " +
		"attachment, which stays below the threshold; a local server's answers to those who ask it.",
	Category: "exfil", Tactics: []string{"TA0010"}, Techniques: []string{"T1048"},
	Risk:      detect.Base{Likelihood: events.Low, Complexity: events.Low, Impact: events.High},
	Wants:     []events.Kind{events.KindConn},
	GuardDuty: "Behavior:EC2/TrafficVolumeUnusual", Version: 2,
	Background: "Data that is stolen has to leave. Much more than a host usually sends to a place is the last chance to notice.",
	Mitigation: []string{
		"Find out what was sent: which process, which files, whose account.",
		"If nobody can say: block the destination and isolate the host.",
		"Let servers speak only with the destinations that they need, by VPC endpoints and egress rules.",
	},
	New:    func() detect.Detector { return NewOutboundVolume(OutboundVolumeDefaults()) },
	Tuning: detect.Tuned(OutboundVolumeDefaults, NewOutboundVolume),
}

// OutboundVolumeTunables are what may be set.
type OutboundVolumeTunables struct {
	Bytes uint64        `tune:"payload bytes out to one host that are worth a note; ten times as many make a detection of more than low risk" min:"10000" max:"1000000000000"`
	Ratio float64       `tune:"least times more than came in" min:"1" max:"1000"`
	Idle  time.Duration `tune:"a pair that rests this long begins anew" min:"1m" max:"168h"`
	Pairs int           `tune:"pairs watched" min:"100" max:"1000000"`
}

// OutboundVolumeDefaults are the tunables that the project stands for. Mail systems refuse letters above 25 to 50 MB, so that below
// ten times Bytes an upload may be a letter; a call or a browser's session sends out a fraction of what comes in.
func OutboundVolumeDefaults() OutboundVolumeTunables {
	return OutboundVolumeTunables{Bytes: 5e6, Ratio: 8, Idle: 6 * time.Hour, Pairs: 20_000}
}

// maxOpen is how many conversations that go on are told apart a pair; what more there are counts when it ends.
const maxOpen = 16

// Volumes adds up what goes out, a pair of hosts.
type Volumes struct {
	tune  OutboundVolumeTunables
	pairs *detect.Memory[uint64, volume]
	busy  busiest
	detect.Memories
}

type volume struct {
	out, in     uint64
	conns       int
	open        []counted // conversations that go on: what of them is in the sums already
	start, last events.Time
	ladder      magnitude.Ladder
	uids        []string
}

type counted struct {
	uid     string
	out, in uint64
}

// NewOutboundVolume makes the detector.
func NewOutboundVolume(t OutboundVolumeTunables) *Volumes {
	o := &Volumes{
		tune: t, pairs: detect.NewFilledMemory(t.Pairs, 'p', 1, volumeFields), busy: newBusiest(t.Pairs, float64(t.Bytes)),
	}
	o.Memories = detect.Memories{o.pairs, o.busy.Memory}
	return o
}

// minOut keeps pairs out of the table that never send anything worth adding up: a scan of the Internet, a resolver.
const minOut = 10_000

// Observe adds up one conversation, or how far one has come.
func (o *Volumes) Observe(r events.Record, v device.View) []detect.Finding {
	c, ok := r.(*events.Conn)
	if !ok || c.OrigBytes < minOut || !v.Orig.IsLocal() || !v.Resp.IsExternal() {
		return nil
	}
	at := c.TS + events.Time(c.Duration)
	key := uint64(v.Orig.Serial)<<32 | uint64(v.Resp.Serial)
	p, _ := o.pairs.Put(key)
	o.pairs.Note(key)
	if at.Sub(p.last) > o.tune.Idle {
		*p = volume{start: c.TS}
	}
	p.start, p.last = min(p.start, c.TS), max(p.last, at)
	p.add(c)
	if float64(p.out) < o.tune.Ratio*float64(p.in) || !p.ladder.Climb(float64(p.out), float64(o.tune.Bytes)) {
		return nil
	}
	if c.Source == events.FlowLog && o.usual(p, c, v) {
		return nil
	}
	f := p.report(c, v)
	f.Terms = append(f.Terms, o.habits(p, c, v)...)
	return []detect.Finding{f}
}

// usual says that a host sends as much in its busiest hours, and that its site has known the destination for more than a day. Where only flow
// logs tell of it, such a back-up is no news: there is nothing else to see in it.
func (o *Volumes) usual(p *volume, c *events.Conn, v device.View) bool {
	if o.busy.of(v.Orig.Serial) < float64(p.out)/2 {
		return false
	}
	devices, first := v.RareHost(c.RespH)
	return devices > 0 && c.TS.Sub(first) > 24*time.Hour
}

// habits say what speaks for an upload that somebody wanted.
func (o *Volumes) habits(p *volume, c *events.Conn, v device.View) (list []events.Term) {
	if most := o.busy.of(v.Orig.Serial); most >= float64(p.out)/2 {
		list = append(list, events.Term{Name: "usual_uploader", Points: -20, Reason: fmt.Sprintf("in its busiest hours it sends %s outside", megabytes(uint64(most)))})
	}
	if v.Orig.SendsTo(v.Resp) {
		list = append(list, events.Term{Name: "usual_destination", Points: -15, Reason: "it sent there on several days before"})
	}
	if devices, first := v.RareDomain(v.Hostname(c.RespH)); devices > 0 && c.TS.Sub(first) > 24*time.Hour {
		list = append(list, events.Term{Name: "known_destination", Points: -15, Reason: "the site has known its domain for more than a day"})
	}
	return list
}

// Watch learns how much a host sends outside (detect.Watcher).
func (o *Volumes) Watch(t *device.Turned, _ device.View) []detect.Finding {
	o.busy.watch(t)
	return nil
}

// Tick has nothing to do: interim records tell of long conversations.
func (o *Volumes) Tick(events.Time, device.View) []detect.Finding { return nil }

// Overflow is how many pairs had to be forgotten for want of room.
func (o *Volumes) Overflow() uint64 { return o.pairs.Evicted() + o.busy.Evicted() }

// add counts what of a conversation was not counted before.
func (p *volume) add(c *events.Conn) {
	out, in := payload(c)
	if c.Source == events.FlowLog {
		p.window(c, out, in)
		return
	}
	for i := range p.open {
		was := &p.open[i]
		if was.uid != c.UID {
			continue
		}
		p.out, p.in = p.out+out-min(was.out, out), p.in+in-min(was.in, in)
		was.out, was.in = out, in
		if !c.Interim {
			p.open = append(p.open[:i], p.open[i+1:]...)
		}
		return
	}
	if c.Interim && len(p.open) >= maxOpen {
		return
	}
	p.out, p.in = p.out+out, p.in+in
	p.conns++
	if len(p.uids) < 16 {
		p.uids = append(p.uids, c.UID)
	}
	if c.Interim {
		p.open = append(p.open, counted{c.UID, out, in})
	}
}

// window counts a window of a flow log, which tells of nothing but itself.
func (p *volume) window(c *events.Conn, out, in uint64) {
	p.out, p.in = p.out+out, p.in+in
	if c.Interim {
		return
	}
	p.conns++
	if len(p.uids) < 16 {
		p.uids = append(p.uids, c.UID)
	}
}

// payload is what both sides sent. TCP's count comes from sequence numbers, which a forged packet can move at will: it is held to
// what the packets could have carried.
func payload(c *events.Conn) (out, in uint64) {
	if c.IPProto != device.TCP {
		return c.OrigBytes, c.RespBytes
	}
	return min(c.OrigBytes, c.OrigIPBytes+c.MissedBytes), min(c.RespBytes, c.RespIPBytes+c.MissedBytes)
}

func (p *volume) report(c *events.Conn, v device.View) detect.Finding {
	f := detect.Finding{
		Key: c.OrigH.String() + " " + c.RespH.String(), Confidence: 0.6, Start: p.start, End: p.last, UIDs: p.uids, VNI: c.VNI, Sensor: c.Sensor,
		// Who sends and who takes; whose data it was is not on the wire.
		Offenders: []detect.Party{{Addr: c.OrigH, Endpoint: detect.Client}, {Addr: c.RespH, Port: c.RespP, Endpoint: detect.Server}},
		Description: fmt.Sprintf("%s sent %s to %s within %s and received %s from there.",
			c.OrigH, megabytes(p.out), c.RespH, detect.Lasted(p.last.Sub(p.start)), megabytes(p.in)),
		Properties: map[string]any{
			"bytes_out": p.out, "bytes_in": p.in, "connections": p.conns, "destination": c.RespH.String(), "port": c.RespP, "service": c.Service,
			"destination_name": v.Hostname(c.RespH),
		},
	}
	if v.Hostname(c.RespH) == "" && c.Source != events.FlowLog { // flow logs have no names
		f.Terms = append(f.Terms, events.Term{Name: "nameless_destination", Points: 5, Reason: "nobody asked DNS for it"})
	}
	switch rung := p.ladder.Rung(); {
	case rung <= 1:
		f.Terms = append(f.Terms, events.Term{Name: "small_volume", Points: -35, Reason: "a letter with an attachment may have as much"})
	case rung > 2:
		f.Terms = append(f.Terms, events.Term{Name: "volume", Points: 15 * (rung - 2), Reason: "orders of magnitude above what is common"})
	}
	return f
}

func megabytes(n uint64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }
