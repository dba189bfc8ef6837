package recon

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

const start = events.Time(1_700_000_000e9)

// probe is a conversation as the flow table records it.
func probe(at time.Duration, orig, resp string, proto uint8, port uint16, state, history string, flags uint8) *events.Conn {
	c := &events.Conn{ConnState: state, History: history, TCPFlags: flags, IPProto: proto, OrigPkts: 1}
	c.TS, c.UID, c.OrigH, c.RespH, c.OrigP, c.RespP = start.Add(at), fmt.Sprint("C", at), netip.MustParseAddr(orig), netip.MustParseAddr(resp), 50123, port
	switch proto {
	case device.TCP:
		c.Proto = "tcp"
	case device.UDP:
		c.Proto = "udp"
	case device.ICMP:
		c.Proto, c.OrigP = "icmp", echo
	}
	if state != "S0" {
		c.RespPkts = 1
	}
	return c
}

func syn(at time.Duration, orig, resp string, port uint16) *events.Conn {
	return probe(at, orig, resp, device.TCP, port, "REJ", "Sr", flagSYN)
}

// talk is a conversation that carried something.
func talk(at time.Duration, orig, resp string, port uint16) *events.Conn {
	c := probe(at, orig, resp, device.TCP, port, "SF", "ShADadFf", flagSYN|flagACK|flagPSH|flagFIN)
	c.OrigBytes, c.RespBytes, c.OrigPkts, c.RespPkts = 400, 4000, 6, 5
	return c
}

func host(i int) string { return fmt.Sprintf("10.0.%d.%d", i/200, 1+i%200) }

// judge runs a detector on records and gives what it found.
func judge(d detect.Detector, records []*events.Conn) (found []detect.Finding) {
	model := device.New(device.Options{})
	for _, r := range records {
		found = append(found, d.Observe(r, model.Observe(r))...)
	}
	return found
}

func many(n int, each func(i int) *events.Conn) (list []*events.Conn) {
	for i := range n {
		list = append(list, each(i))
	}
	return list
}
