package impact

import (
	"fmt"
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// How a miner looks where nothing is known but ports and counts: a connection to a pool's port that is held, on which now and then work comes
// and a share goes. A download or a game on such a port is too fast, and a request too short.
const (
	minerHolds = 10 * time.Minute
	minerLeast = 1 << 10 // bytes either way until then
	minerMost  = 4 << 10 // bytes a second either way
)

// flow judges a flow of a flow log by its port and its pace.
func (d *Miners) flow(r *events.Conn, v device.View) []detect.Finding {
	if r.IPProto != device.TCP || r.SoFar.Start == 0 || !v.Orig.IsLocal() || !v.Resp.IsExternal() || !slices.Contains(d.tune.Ports, r.RespP) {
		return nil
	}
	lasted := r.TS.Add(r.Duration.Duration()).Sub(r.SoFar.Start)
	out, in := r.SoFar.OrigBytes, r.SoFar.RespBytes
	if lasted < minerHolds || min(out, in) < minerLeast || float64(max(out, in)) > minerMost*lasted.Seconds() {
		return nil
	}
	k := detect.CaseKey{VNI: r.VNI, By: r.OrigH}
	if known := d.Peek(k); known != nil && slices.Contains(known.UIDs, r.UID) {
		known.Last = max(known.Last, r.TS.Add(r.Duration.Duration()))
		return nil
	}
	c := d.Note(k, &r.Head)
	c.Flags |= minerByPort
	c.Start, c.Last = min(c.Start, r.SoFar.Start), max(c.Last, r.TS.Add(r.Duration.Duration()))
	c.Against(detect.Party{Addr: r.RespH, Port: r.RespP, Endpoint: detect.Server})
	if !c.Reached(c.Count, 1) {
		return nil
	}
	return []detect.Finding{d.report(k, c)}
}

// minerFlow is what flows amount to. Other programs use the same ports: it is a suspicion, and said as one.
func minerFlow(k detect.CaseKey, c *detect.Case) detect.Finding {
	f := c.Finding(k, 0.5, fmt.Sprintf("%s held a connection to %s for %s, with little traffic both ways, as a miner does; only the port says that it is a pool.",
		k.By, minerAt(c), c.Last.Sub(c.Start).Round(time.Second)))
	f.Properties = map[string]any{"pools": c.Hosts.Count(), "connections": c.Count, "port": c.Head.RespP}
	f.Terms = []events.Term{{Name: "port_only", Points: -10, Reason: "other programs use the ports of pools, too"}}
	return f
}
