package behaviour

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/bounded"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
	"github.com/mirrorwatch/mirrorwatch/shared/sketch"
)

// peerNews is the new peers of a device within an hour.
type peerNews struct {
	list       []newPeer
	more       int         // that did not fit
	due        events.Time // when it is judged, or judged anew; 0: it does not wait
	over       bool        // the hour is, while it waits
	told       int
	vain       sketch.Distinct // services that gave nothing
	addr       netip.Addr
	id, sensor string
	vni        uint32
}

type newPeer struct {
	service uint64
	addr    netip.Addr
	port    uint16
	at      events.Time
	uid     string
	outside bool
}

// maxNews bounds the new peers that are kept one by one; more are counted.
const maxNews = 256

func (n *peerNews) add(c *events.Conn, v device.View, service uint64) {
	n.addr, n.id, n.vni, n.sensor = c.OrigH, v.Orig.ID(), c.VNI, c.Sensor
	if len(n.list) >= maxNews {
		n.more++
		return
	}
	n.list = append(n.list, newPeer{service, c.RespH, c.RespP, ended(c), c.UID, v.Resp.IsExternal()})
}

// learned is what an hour teaches: where there was an alert, no more than what led to it.
func (n *peerNews) learned(enough int) int {
	if count := len(n.list) + n.more; n.told == 0 || count < enough {
		return count
	}
	return enough
}

// own is the peers that not several others got to know as well, and how many of them are outside.
func (n *peerNews) own(arrivals *bounded.Table[uint64, arrival], shared int) (list []newPeer, outside int) {
	for _, p := range n.list {
		if a := arrivals.Peek(p.service); a != nil && a.n-1 >= shared {
			continue
		}
		if list = append(list, p); p.outside {
			outside++
		}
	}
	return list, outside
}

func (n *peerNews) report(own []newPeer, most float64, peers int) detect.Finding {
	f := detect.Finding{
		Key: n.id, Confidence: 0.75, Start: own[0].at, End: own[0].at, VNI: n.vni, Sensor: n.sensor,
		Offenders: []detect.Party{{Addr: n.addr, Endpoint: detect.Client}},
	}
	var names []string
	for _, p := range own {
		f.Start, f.End = min(f.Start, p.at), max(f.End, p.at)
		if len(f.UIDs) < maxUIDs {
			f.UIDs = append(f.UIDs, p.uid)
		}
		if len(f.Victims) < maxNamed {
			f.Victims = append(f.Victims, detect.Party{Addr: p.addr, Port: p.port, Endpoint: detect.Server})
		}
		if len(names) < 3 {
			names = append(names, netip.AddrPortFrom(p.addr, p.port).String())
		}
	}
	count := len(own) + n.more
	f.Description = fmt.Sprintf("%s used %d services for the first time within %s, such as %s; %s.",
		n.addr, count, detect.Lasted(f.End.Sub(f.Start)), strings.Join(names, ", "), usually(most))
	f.Properties = map[string]any{"new_services": count, "usual_most": int(most + 0.5), "seconds": f.End.Sub(f.Start).Seconds(), "examples": names}
	if count >= 3*peers {
		f.Terms = []events.Term{{Name: "many_at_once", Points: 10, Reason: fmt.Sprintf("%d within the hour", count)}}
	}
	return f
}

func usually(most float64) string {
	if most < 0.5 {
		return "usually it has none"
	}
	return fmt.Sprintf("usually it has at most %.0f in an hour", max(most, 1))
}
