package access

import (
	"fmt"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// Worm finds the steps by which worms go from host to host.
var Worm = detect.Spec{
	Type:  "access.worm",
	Title: "Worm propagation",
	Text: "Looks for the steps of worms that spread by themselves: a question to SQL Server's resolution service for an instance name longer " +
		"than 32 bytes, as Slammer sends it; and a long request to Windows RPC (port 135) upon which, within five minutes, the sender connects to " +
		"a shell on port 4444 of the same host, or that host fetches a file from the sender by TFTP, as with Blaster. One host is enough; all " +
		"victims of a sender are told as one. What looks the same: nothing; each step alone, but for the first, is not told.",
	Category: "access", Tactics: []string{"TA0008"}, Techniques: []string{"T1210"},
	Risk:  detect.Base{Likelihood: events.Medium, Complexity: events.Low, Impact: events.High},
	Wants: []events.Kind{events.KindWeird, events.KindConn}, Version: 1,
	Background: "A worm breaks into a host by a hole in a service, has it fetch the worm's program, and starts it there; from then on that host " +
		"attacks others. Nobody has to do anything, so that a network is lost within minutes, and old worms still come from hosts " +
		"that nobody looks after.",
	Mitigation: []string{
		"Cut the sender off; if it is inside, it is infected.",
		"Look at each victim: one that begins to send the same is infected, too.",
		"Close the port between subnets that do not need it (UDP 1434, TCP 135).",
		"Patch the service, or switch it off where nobody needs it.",
	},
	New:    func() detect.Detector { return NewWorm(WormDefaults()) },
	Tuning: detect.Tuned(WormDefaults, NewWorm),
}

// WormTunables are what may be set.
type WormTunables struct {
	Request uint64        `tune:"bytes that the request to Windows RPC has at the least" min:"100" max:"1000000"`
	Window  time.Duration `tune:"within which the steps must follow each other" min:"1s" max:"24h"`
	Pairs   int           `tune:"pairs of hosts, and senders, watched" min:"100" max:"1000000"`
}

// WormDefaults are the tunables that the project stands for: Blaster's request is 1,700 bytes long.
func WormDefaults() WormTunables {
	return WormTunables{Request: 1000, Window: 5 * time.Minute, Pairs: 10_000}
}

// Worms counts a sender's victims; steps holds what was seen between two hosts.
type Worms struct {
	tune    WormTunables
	senders *detect.Cases
	steps   *detect.Cases
	detect.Memories
}

// NewWorm makes the detector.
func NewWorm(t WormTunables) *Worms {
	w := &Worms{
		tune: t, senders: detect.NewCases(detect.CasesOptions{Limit: t.Pairs, Letter: 's'}),
		steps: detect.NewCases(detect.CasesOptions{Limit: t.Pairs, Idle: t.Window, Letter: 't'}),
	}
	w.Memories = detect.Memories{w.senders.Memory, w.steps.Memory}
	return w
}

// How a worm spreads.
const (
	byInstance = "instance name"
	byRPC      = "RPC"
)

// The steps between two hosts, as flags.
const (
	stepRPC uint64 = 1 << iota
	stepShell
	stepFetch
)

// Ports of the steps.
const (
	portRPC   = 135
	portShell = 4444
	portTFTP  = 69
)

// Observe looks for steps.
func (w *Worms) Observe(r events.Record, _ device.View) []detect.Finding {
	switch r := r.(type) {
	case *events.Weird:
		if r.Name == events.WeirdLongInstance {
			return w.hit(detect.CaseKey{VNI: r.VNI, By: r.OrigH, What: byInstance}, &r.Head, detect.Party{Addr: r.RespH, Port: r.RespP, Endpoint: detect.Server})
		}
	case *events.Conn:
		if !r.Interim {
			return w.step(r)
		}
	}
	return nil
}

func (w *Worms) step(c *events.Conn) []detect.Finding {
	k, victim := detect.CaseKey{VNI: c.VNI, By: c.OrigH, To: c.RespH}, c.RespH
	step := uint64(0)
	switch {
	case c.IPProto == device.TCP && c.RespP == portRPC && c.OrigBytes >= w.tune.Request:
		step = stepRPC
	case c.IPProto == device.TCP && c.RespP == portShell && c.OrigBytes > 0:
		step = stepShell
	case c.IPProto == device.UDP && c.RespP == portTFTP && c.OrigBytes > 0:
		step = stepFetch
		k.By, k.To, victim = c.RespH, c.OrigH, c.OrigH
	default:
		return nil
	}
	one := w.steps.Within(k, &c.Head, w.tune.Window)
	one.Flags |= step
	if one.Flags&stepRPC == 0 || one.Flags&(stepShell|stepFetch) == 0 || !one.Reached(1, 1) {
		return nil
	}
	return w.hit(detect.CaseKey{VNI: c.VNI, By: k.By, What: byRPC}, &c.Head, detect.Party{Addr: victim, Port: portRPC, Endpoint: detect.Server})
}

// hit counts a victim of a sender.
func (w *Worms) hit(k detect.CaseKey, h *events.Head, victim detect.Party) []detect.Finding {
	one := w.senders.Note(k, h)
	one.Against(victim)
	if !one.Reached(one.Hosts.Count(), 1) {
		return nil
	}
	return []detect.Finding{w.report(k, one)}
}

// Tick has nothing to do.
func (w *Worms) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers of what was told up to date.
func (w *Worms) Close(device.View) []detect.Finding { return w.senders.LastWords(w.report) }

// Overflow is how many senders and pairs had to be forgotten for want of room.
func (w *Worms) Overflow() uint64 { return w.senders.Evicted() + w.steps.Evicted() }

func (w *Worms) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	whom := c.Victims[0].Addr.String()
	if c.Hosts.Count() > 1 {
		whom = c.Hosts.Text() + " hosts"
	}
	said := fmt.Sprintf("%s asked SQL Server's resolution service of %s for an instance name longer than there can be, as the Slammer worm does.", k.By, whom)
	if k.What == byRPC {
		said = fmt.Sprintf("%s sent a long request to Windows RPC of %s, and a shell or a fetched program followed, as with the Blaster worm.", k.By, whom)
	}
	f := c.Finding(k, 0.9, said)
	f.Properties = map[string]any{"victims": c.Hosts.Count(), "way": k.What}
	return f
}
