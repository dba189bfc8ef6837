package c2

import (
	"net/netip"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

const (
	start   = events.Time(1_700_000_000e9)
	client  = "10.0.0.5"
	outside = "203.0.113.9"
)

func head(at time.Duration, orig, resp string, port uint16) events.Head {
	return events.Head{
		TS: start.Add(at), UID: "C" + at.String(), OrigH: netip.MustParseAddr(orig), RespH: netip.MustParseAddr(resp),
		OrigP: uint16(40000 + at/time.Second%20000), RespP: port,
	}
}

// judge runs a detector on records, to the end, and gives what it found.
func judge(d detect.Detector, records []events.Record) (found []detect.Finding) {
	model := device.New(device.Options{})
	for _, r := range records {
		found = append(found, d.Observe(r, model.Observe(r))...)
	}
	if c, ok := d.(detect.Closer); ok {
		for _, f := range c.Close(model.View()) {
			if !f.Final {
				found = append(found, f)
			}
		}
	}
	return found
}

func many(n int, each func(i int) events.Record) (list []events.Record) {
	for i := range n {
		list = append(list, each(i))
	}
	return list
}
