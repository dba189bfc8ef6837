package exfil

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/bounded"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// Staged finds a local host that gathers data inside and then sends as much outside.
//
// Who speaks: exfil.outbound_volume and exfil.new_destination tell where data goes, this one whence it came; it has the sources for
// victims, and speaks only where both sides are far from usual.
var Staged = detect.Spec{
	Type:  "exfil.staged",
	Title: "Data gathered inside, then sent outside",
	Text: "Holds what a host took in from others inside during a day against what it sent outside since, and both against the most that is " +
		"usual of it in a day. Thieves gather before they leave: several sources, one host, one way out. What looks the same: a back-up " +
		"server, a proxy and a load balancer, which do so every day and are therefore quiet; a first back-up, which a person has to know. What " +
		"went where the host sent on days before, or where several devices send, does not count, nor what acknowledges a download. " +
		"It takes three days of history.",
	Category: "exfil", Tactics: []string{"TA0009", "TA0010"}, Techniques: []string{"T1074", "T1048"},
	Risk:  detect.Base{Likelihood: events.Low, Complexity: events.Medium, Impact: events.High},
	Wants: []events.Kind{events.KindConn}, Version: 2, Novelty: true,
	Background: "Before data leaves, it is gathered on one host: taken from databases and file servers, packed, and then sent out in one " +
		"piece. Both halves together are rarely innocent.",
	Mitigation: []string{
		"Find out which data was taken from the sources named, and by which account.",
		"Isolate the host that gathered it, and block the destination.",
		"Prepare to tell those whose data it is: the volume says how much may be gone.",
	},
	New:    func() detect.Detector { return NewStaged(StagedDefaults()) },
	Tuning: detect.Tuned(StagedDefaults, NewStaged),
}

// StagedTunables are what may be set.
type StagedTunables struct {
	In      uint64        `tune:"bytes taken in from inside within a day that may be loot" min:"100000" max:"1000000000000"`
	Out     uint64        `tune:"bytes sent outside since" min:"100000" max:"1000000000000"`
	Factor  float64       `tune:"least times more than the most that is usual in a day, either way" min:"1" max:"100"`
	Habit   float64       `tune:"times as many where what is usual is itself enough to be told" min:"1" max:"100"`
	Least   float64       `tune:"least part of what came in that went out: archives are packed" min:"0.01" max:"1"`
	Most    float64       `tune:"most times what came in that went out" min:"1" max:"100"`
	Sources int           `tune:"different sources that are no coincidence" min:"1" max:"8"`
	Learn   time.Duration `tune:"time a host is known before it is judged" min:"1h" max:"720h"`
	Hosts   int           `tune:"hosts watched" min:"100" max:"1000000"`
}

// StagedDefaults are the tunables that the project stands for.
func StagedDefaults() StagedTunables {
	return StagedTunables{In: 50e6, Out: 20e6, Factor: 3, Habit: 5, Least: 0.2, Most: 2, Sources: 3, Learn: 72 * time.Hour, Hosts: 50_000}
}

// minIn keeps hosts and sources out that never give anything worth gathering.
const minIn = 1e6

// Stages is what each host gathered and gave.
type Stages struct {
	tune    StagedTunables
	hosts   *detect.Memory[uint32, stage]
	sources *bounded.Table[uint32, sources]
}

// stage is a day of a host.
type stage struct {
	in, out         [24]float32 // by the hour: in from inside, out to outside
	hour            events.Time // the latest of them
	since           events.Time // it is known
	mostIn, mostOut float32     // usual of a day, fading
	seen            [2]sums     // most of the present day and of the one before, which are not usual yet
	alerted         bool        // within the day: it teaches nothing
	toldOut         float32
	addr            netip.Addr
	id              string
	vni             uint32
}

// sums are those of 24 hours.
type sums struct{ in, out float32 }

// NewStaged makes the detector.
func NewStaged(t StagedTunables) *Stages {
	return &Stages{
		tune: t, sources: bounded.New[uint32, sources](t.Hosts),
		hosts: detect.NewMemory(t.Hosts, detect.Code[uint32, stage]{Letter: 'h', Version: 1, Write: writeStage, Read: readStage}),
	}
}

// Observe notes who gave a host much, and where it sent much.
func (s *Stages) Observe(r events.Record, v device.View) []detect.Finding {
	c, ok := r.(*events.Conn)
	if !ok {
		return nil
	}
	out, in := payload(c)
	if v.Orig.IsLocal() && v.Resp.IsLocal() {
		s.gave(v.Orig, c.RespH, c, in)
		s.gave(v.Resp, c.OrigH, c, out)
		return nil
	}
	if v.Orig.IsLocal() && v.Resp.IsExternal() {
		s.took(v.Orig, c.RespH, c, out)
	}
	return nil
}

func (s *Stages) gave(to *device.Device, from netip.Addr, c *events.Conn, bytes uint64) {
	if bytes >= minIn {
		kept, _ := s.sources.Put(to.Serial)
		kept.inside = note(kept.inside, from, c, bytes)
	}
}

func (s *Stages) took(from *device.Device, to netip.Addr, c *events.Conn, bytes uint64) {
	if bytes >= minIn {
		kept, _ := s.sources.Put(from.Serial)
		kept.outside = note(kept.outside, to, c, bytes)
	}
}

// Watch adds a minute to the day of a host, and judges it (detect.Watcher).
func (s *Stages) Watch(t *device.Turned, v device.View) []detect.Finding {
	in := t.SoFar[device.BytesIn] - t.SoFar[device.BytesInExternal]
	_, out := t.Sent()
	h := s.hosts.Get(t.Device.Serial)
	if h == nil {
		if in < minIn && out < minIn {
			return nil
		}
		h, _ = s.hosts.Put(t.Device.Serial)
		h.since, h.hour = t.Device.FirstSeen, t.At-t.At%events.Time(time.Hour)
	}
	h.addr, h.id, h.vni = t.Device.Addr, t.Device.ID(), t.Device.VNI
	if h.pass(t.At) {
		s.hosts.Note(t.Device.Serial)
	}
	slot := slotOf(t.At)
	if t.At < h.hour { // an hour that is closed late
		return nil
	}
	h.in[slot], h.out[slot] = max(float32(in), h.in[slot]), max(float32(out), h.out[slot])
	if t.At.Sub(h.since) < s.tune.Learn || v.Age(t.At) < s.tune.Learn {
		return nil
	}
	if f, ok := s.judge(h, t); ok {
		s.hosts.Note(t.Device.Serial)
		return []detect.Finding{f}
	}
	return nil
}

// judge looks whether as much left as came in before, and neither is usual.
func (s *Stages) judge(h *stage, t *device.Turned) (detect.Finding, bool) {
	day, from := h.before(t.At)
	in, out, factor := float64(day.in), float64(day.out), s.tune.Factor
	if usual := float64(h.mostOut) / max(float64(h.mostIn), 1); float64(h.mostIn) >= 10*float64(s.tune.In) && usual >= s.tune.Least && usual <= s.tune.Most {
		factor *= s.tune.Habit // it gathers and sends by habit: a back-up server has large days, too
	}
	if in < float64(s.tune.In) || out < float64(s.tune.Out) || in < factor*float64(h.mostIn) || out < factor*float64(h.mostOut) {
		return detect.Finding{}, false
	}
	if out < s.tune.Least*in || out > s.tune.Most*in || h.alerted && day.out < 10*h.toldOut {
		return detect.Finding{}, false
	}
	h.alerted, h.toldOut = true, day.out
	t.Taint(device.BytesIn)
	t.Taint(device.BytesOutExternal)
	f := h.report(day, s.sources.Peek(t.Device.Serial), s.tune.Sources)
	f.Start, f.End = from, t.At.Add(time.Minute)
	return f, true
}

// before sums the day up: of what came in only that which came in before the half of what went out did. From is when it began.
func (h *stage) before(at events.Time) (day sums, from events.Time) {
	for _, o := range h.out {
		day.out += o
	}
	sent, hour := float32(0), at-at%events.Time(time.Hour)
	for i := 23; i >= 0 && sent < day.out/2; i-- {
		then := hour.Add(-time.Duration(i) * time.Hour)
		day.in += h.in[slotOf(then)]
		sent += h.out[slotOf(then)]
		if from == 0 && day.in > minIn {
			from = then
		}
	}
	return day, from
}

// pass lets the hours go by, and says whether the day is worth keeping.
func (h *stage) pass(at events.Time) bool {
	this := at - at%events.Time(time.Hour)
	if this <= h.hour {
		return false
	}
	h.learn(this)
	for i := range min(int(this.Sub(h.hour)/time.Hour), 24) {
		slot := slotOf(this.Add(-time.Duration(i) * time.Hour))
		h.in[slot], h.out[slot] = 0, 0
	}
	h.hour = this
	return true
}

// learn takes note of the past 24 hours, unless they were told of. They are usual from the day after the next on: a thief needs some
// hours for each half. What is usual fades by half in a week.
func (h *stage) learn(now events.Time) {
	var day sums
	for i := range h.in {
		day.in, day.out = day.in+h.in[i], day.out+h.out[i]
	}
	if h.alerted = h.alerted && day.out > h.toldOut/2; !h.alerted {
		h.seen[0].in, h.seen[0].out = max(h.seen[0].in, day.in), max(h.seen[0].out, day.out)
	}
	const long = events.Time(24 * time.Hour)
	for range min(int(now/long-h.hour/long), 30) {
		h.mostIn, h.mostOut = max(h.mostIn*fadesADay, h.seen[1].in), max(h.mostOut*fadesADay, h.seen[1].out)
		h.seen = [2]sums{{}, h.seen[0]}
	}
}

const fadesADay = 0.9

func slotOf(at events.Time) int { return int(int64(at)/int64(time.Hour)) % 24 }

func (h *stage) report(day sums, kept *sources, enough int) detect.Finding {
	f := detect.Finding{
		Key: h.id, Confidence: 0.7, VNI: h.vni, Offenders: []detect.Party{{Addr: h.addr, Endpoint: detect.Client}},
		Properties: map[string]any{
			"bytes_in_inside": uint64(day.in), "bytes_out_outside": uint64(day.out), "usual_in_a_day": uint64(h.mostIn), "usual_out_a_day": uint64(h.mostOut),
		},
	}
	from, to := "others inside", "others outside"
	if kept != nil {
		f.UIDs = kept.uids()
		from, to = named(kept.inside, from), named(kept.outside, to)
		for _, p := range kept.inside {
			f.Victims = append(f.Victims, detect.Party{Addr: p.addr, Port: p.port, Endpoint: detect.Server})
		}
		for _, p := range kept.outside {
			f.Offenders = append(f.Offenders, detect.Party{Addr: p.addr, Port: p.port, Endpoint: detect.Server})
		}
	}
	if kept == nil || len(kept.inside) < enough {
		f.Terms = []events.Term{{Name: "few_sources", Points: -15, Reason: "one host's data that is moved on"}}
	}
	f.Description = fmt.Sprintf("%s took in %s from %s and then sent %s to %s; usually it takes in at most %s in a day, and sends %s.",
		h.addr, megabytes(uint64(day.in)), from, megabytes(uint64(day.out)), to, megabytes(uint64(h.mostIn)), megabytes(uint64(h.mostOut)))
	return f
}

// named lists the largest partners.
func named(list []partner, none string) string {
	if len(list) == 0 {
		return none
	}
	var names []string
	for _, p := range list[:min(len(list), 3)] {
		names = append(names, p.addr.String())
	}
	text := strings.Join(names, ", ")
	if more := len(list) - len(names); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// Tick has nothing to do: minutes are watched.
func (s *Stages) Tick(events.Time, device.View) []detect.Finding { return nil }

// Overflow is how many hosts had to be forgotten for want of room.
func (s *Stages) Overflow() uint64 { return s.hosts.Evicted() + s.sources.Evicted() }
