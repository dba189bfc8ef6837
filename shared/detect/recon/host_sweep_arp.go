package recon

import (
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// arpQuestion stands for ARP where the other sweeps have an IP protocol: 255 is no protocol (IANA).
const arpQuestion = 255

// arpWindow is within which a sweep by ARP must come. A router asks for one silent host or the other all day long.
const arpWindow = time.Minute

// arp counts the addresses that one host asked its link for in vain. One that announces itself, or looks whether its own is free, asks
// for nobody.
func (h *HostSweeper) arp(a *events.ARP, v device.View) []detect.Finding {
	if a.Requests == 0 || a.OrigH == a.RespH || v.Orig.Class == device.Group {
		return nil
	}
	q := question{offender: v.Orig.Serial, proto: arpQuestion}
	if a.Answered {
		if s := h.sweeps.Peek(q); s != nil {
			s.answered.Add(hash(a.RespH))
			h.sweeps.Note(q)
		}
		return nil
	}
	s, _ := h.sweeps.Put(q)
	h.sweeps.Note(q)
	if s.told == 0 && a.TS.Sub(s.start) > arpWindow || a.TS.Sub(s.last) > h.tune.Idle {
		*s = sweep{start: a.TS, last: a.TS}
	}
	s.head, s.proto = a.Head, "arp"
	if !s.add(&a.Head, a.TS.Add(time.Duration(a.Duration)), v) || !h.climbs(s, q) {
		return nil
	}
	s.told = s.silent.Count()
	return []detect.Finding{s.report(q)}
}
