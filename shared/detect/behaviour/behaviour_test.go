package behaviour

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// start is a midnight in UTC, of a Wednesday.
const start = events.Time(1_700_006_400e9)

const (
	minute = time.Minute
	hour   = time.Hour
	day    = 24 * time.Hour
)

func host(i int) string { return fmt.Sprintf("10.0.%d.%d", 1+i/200, 1+i%200) }

// talk is a conversation in which both sides said something.
func talk(at time.Duration, orig, resp string, port uint16) *events.Conn {
	c := &events.Conn{
		Proto: "tcp", IPProto: device.TCP, ConnState: "SF", History: "ShADadFf", Duration: events.Interval(time.Second), TCPFlags: 27,
		OrigBytes: 300, RespBytes: 5000, OrigPkts: 8, RespPkts: 8, OrigIPBytes: 700, RespIPBytes: 6000,
	}
	c.TS, c.UID, c.OrigH, c.RespH, c.OrigP, c.RespP = start.Add(at), "C"+at.String()+resp, netip.MustParseAddr(orig), netip.MustParseAddr(resp), 50123, port
	return c
}

// vain is a conversation that nobody took.
func vain(at time.Duration, orig, resp string, port uint16) *events.Conn {
	c := talk(at, orig, resp, port)
	c.ConnState, c.History, c.OrigBytes, c.RespBytes, c.OrigPkts, c.RespPkts, c.TCPFlags = "REJ", "Sr", 0, 0, 1, 1, 2
	return c
}

func many(n int, each func(i int) *events.Conn) (list []*events.Conn) {
	for i := range n {
		list = append(list, each(i))
	}
	return list
}

func join(lists ...[]*events.Conn) (all []*events.Conn) {
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

// merge puts lists together in the order of time.
func merge(lists ...[]*events.Conn) []*events.Conn {
	all := join(lists...)
	slices.SortStableFunc(all, func(a, b *events.Conn) int { return int(a.TS - b.TS) })
	return all
}

// run shows records to a judge of the detectors, lets time pass between them and half an hour after, and gives the detections as they were
// told last.
func run(records []*events.Conn, specs ...detect.Spec) (list []*events.Detection) {
	j := detect.NewJudge(specs, device.New(device.Options{}), detect.Options{Emit: func(d *events.Detection) {
		for i := range list {
			if list[i].ID == d.ID {
				list[i] = d
				return
			}
		}
		list = append(list, d)
	}})
	var last events.Time
	for _, r := range records {
		last = max(last, ended(r))
		j.Tick(last.Add(-time.Millisecond))
		j.Observe(r)
	}
	j.Tick(last.Add(30 * minute))
	return list
}
