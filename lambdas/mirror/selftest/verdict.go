package selftest

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Conn is what is read of a conversation's record.
type Conn struct {
	Proto    string     `json:"proto"`
	Orig     netip.Addr `json:"id.orig_h"`
	OrigPort uint16     `json:"id.orig_p"`
	Resp     netip.Addr `json:"id.resp_h"`
	RespPort uint16     `json:"id.resp_p"`
	OrigPkts uint64     `json:"orig_pkts"`
	RespPkts uint64     `json:"resp_pkts"`
	Sensor   string     `json:"sensor"`
	VNI      uint32     `json:"vni"`
	UID      string     `json:"uid"`
	Interim  bool       `json:"interim"`
}

// Result is how a conversation was seen.
type Result string

// The results.
const (
	Whole        Result = "whole"         // both directions, by one sensor
	Missing      Result = "missing"       // no record
	OneDirection Result = "one_direction" // packets of one side only
	Split        Result = "split"         // its packets came to several sensors
)

// Verdict is what the records say of a conversation.
type Verdict struct {
	Conversation
	Result     Result        `json:"result"`
	Sensors    []string      `json:"sensors,omitempty"` // that saw any of it
	VNIs       []uint32      `json:"vnis,omitempty"`    // under which it was seen
	FromClient uint64        `json:"from_client"`       // packets, as records count them
	FromServer uint64        `json:"from_server"`
	Latency    time.Duration `json:"latency_ns,omitempty"` // from the last packet to the record; 0 where there is none
	Reason     string        `json:"reason"`
}

// point is where a conversation was seen: an observation point, and the sensor that heard it.
type point struct {
	vni    uint32
	sensor string
}

type packets struct{ client, server uint64 }

// Judge says what records tell of a conversation. At one observation point one sensor must have seen both directions; that the point at
// the other end shows less is no fault. Interim records are of what goes on still, and count until the last one is there.
func Judge(c Conversation, records []Conn) Verdict {
	v := Verdict{Conversation: c, Result: Missing, Reason: "no record of it"}
	seen := gather(&c, records)
	var sensors, several []string
	whole := false
	byVNI := map[uint32][]string{}
	for p, n := range seen {
		v.FromClient, v.FromServer = v.FromClient+n.client, v.FromServer+n.server
		sensors, byVNI[p.vni] = append(sensors, p.sensor), append(byVNI[p.vni], p.sensor)
		whole = whole || n.client > 0 && n.server > 0
	}
	for vni, list := range byVNI {
		v.VNIs = append(v.VNIs, vni)
		if len(list) > 1 {
			several = append(several, list...)
		}
	}
	slices.Sort(v.VNIs)
	v.Sensors = distinct(sensors)
	switch {
	case len(seen) == 0:
	case len(several) > 0:
		v.Result, v.Reason = Split, "its packets came to several sensors: "+strings.Join(distinct(several), ", ")
	case whole:
		v.Result, v.Reason = Whole, fmt.Sprintf("%d packets of the client, %d of the server", v.FromClient, v.FromServer)
	case v.FromServer == 0:
		v.Result, v.Reason = OneDirection, "no packet of the server: is egress or ingress left out of the filter, or did they go to a sensor that does not report?"
	case v.FromClient == 0:
		v.Result, v.Reason = OneDirection, "no packet of the client: is egress or ingress left out of the filter, or did they go to a sensor that does not report?"
	default:
		v.Result, v.Reason = OneDirection, "each observation point shows one side only: one filter leaves out ingress, the other egress"
	}
	return v
}

func distinct(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}

// gather counts the packets of a conversation where it was seen. A sensor that saw the server's packets alone takes the server for the
// originator, so that either way round is the same conversation. Of one uid the latest record says all.
func gather(c *Conversation, records []Conn) map[point]packets {
	type key struct {
		point
		uid string
	}
	latest := map[key]packets{}
	for i := range records {
		r := &records[i]
		client, server, fits := c.sides(r)
		if !fits {
			continue
		}
		k := key{point{r.VNI, r.Sensor}, r.UID}
		had := latest[k]
		latest[k] = packets{max(had.client, client), max(had.server, server)}
	}
	seen := map[point]packets{}
	for k, n := range latest {
		sum := seen[k.point]
		seen[k.point] = packets{sum.client + n.client, sum.server + n.server}
	}
	return seen
}

// sides says how many packets a record has of each side, if it is of this conversation.
func (c *Conversation) sides(r *Conn) (client, server uint64, fits bool) {
	if r.Proto != c.Proto {
		return 0, 0, false
	}
	from, to := netip.AddrPortFrom(r.Orig.Unmap(), r.OrigPort), netip.AddrPortFrom(r.Resp.Unmap(), r.RespPort)
	same := func(a, b netip.AddrPort) bool { return a == b || c.Proto == ICMP && a.Addr() == b.Addr() }
	switch {
	case same(from, c.Client) && same(to, c.Server):
		return r.OrigPkts, r.RespPkts, true
	case same(from, c.Server) && same(to, c.Client):
		return r.RespPkts, r.OrigPkts, true
	}
	return 0, 0, false
}

// Failed counts what did not come whole.
func Failed(list []Verdict) (n int) {
	for i := range list {
		if list[i].Result != Whole {
			n++
		}
	}
	return n
}
