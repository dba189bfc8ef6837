package all

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// midnight is one in UTC.
const midnight = events.Time(1_700_006_400e9)

const suspect = "10.0.0.5"

func neighbour(i int) string { return fmt.Sprintf("10.0.%d.%d", 1+i/200, 1+i%200) }

// talk is a conversation in which both sides said something.
func talk(at time.Duration, orig, resp string, port uint16, out, in uint64) *events.Conn {
	c := &events.Conn{
		Proto: "tcp", IPProto: device.TCP, ConnState: "SF", History: "ShADadFf", Duration: events.Interval(time.Second), TCPFlags: 27,
		OrigBytes: out, RespBytes: in, OrigPkts: 8 + out/1000, RespPkts: 8 + in/1000, OrigIPBytes: out + out/20 + 400, RespIPBytes: in + in/20 + 400,
	}
	c.TS, c.UID, c.OrigH, c.RespH, c.OrigP, c.RespP = midnight.Add(at), "C"+at.String()+resp, netip.MustParseAddr(orig), netip.MustParseAddr(resp), 50123, port
	return c
}

// refused is a conversation that nobody took.
func refused(at time.Duration, orig, resp string, port uint16) *events.Conn {
	c := talk(at, orig, resp, port, 0, 0)
	c.ConnState, c.History, c.OrigPkts, c.RespPkts, c.TCPFlags = "REJ", "Sr", 1, 1, 2
	return c
}

// week is a site at which sixty hosts were there from the beginning, and each hour of eight days speak with the few they need.
func week() (list []*events.Conn) {
	for h := range 8 * 24 {
		for i := range 60 {
			list = append(list, talk(time.Duration(h)*time.Hour+time.Duration(i)*time.Second, neighbour(i), neighbour(i%3), 5432, 3000, 9000))
		}
		list = append(list, talk(time.Duration(h)*time.Hour+time.Minute, suspect, neighbour(h%3), 5432, 3000, 9000))
	}
	return list
}

// Catches: two alarms for one thing. What a type tells no other tells at medium risk or more: the rules stand above each Spec.
func TestOneThingIsToldOnce(t *testing.T) {
	const later = 8*24*time.Hour + 12*time.Hour
	each := func(n int, one func(i int) *events.Conn) (list []*events.Conn) {
		for i := range n {
			list = append(list, one(i))
		}
		return list
	}
	second := func(i int) time.Duration { return later + time.Duration(i)*time.Second }
	cases := []struct {
		name string
		list []*events.Conn
		want []string
	}{
		{"nothing", nil, nil},
		{"a port scan that takes banners", each(90, func(i int) *events.Conn {
			c := talk(second(i), suspect, neighbour(20+i/30), uint16(1+i%30), 0, 30)
			c.ConnState, c.OrigPkts, c.RespPkts, c.TCPFlags, c.History = "RSTO", 3, 2, 2|4|16, "ShADR"
			return c
		}), []string{"recon.port_scan"}},
		{"a sweep that finds a few", each(55, func(i int) *events.Conn {
			if i%5 == 0 {
				return talk(second(i), suspect, neighbour(i), 80, 300, 4000)
			}
			return refused(second(i), suspect, neighbour(i), 80)
		}), []string{"recon.host_sweep"}},
		{"new peers", each(20, func(i int) *events.Conn { return talk(second(60*i), suspect, neighbour(20+i), 8080, 300, 4000) }), []string{"behaviour.new_peers"}},
		{"a stolen account", each(7, func(i int) *events.Conn { return talk(second(300*i), suspect, neighbour(20+i), 22, 3000, 9000) }), []string{"lateral.new_admin_peer"}},
		{"a worm", each(30, func(i int) *events.Conn { return talk(second(3*i), suspect, neighbour(20+i), 22, 3000, 9000) }), []string{"lateral.fan_out"}},
		{"an upload", each(1, func(i int) *events.Conn { return talk(second(i), suspect, "203.0.113.9", 443, 20e6, 1e5) }), []string{"exfil.new_destination"}},
		{"a large upload", each(1, func(i int) *events.Conn { return talk(second(i), suspect, "203.0.113.9", 443, 90e6, 1e5) }), []string{"exfil.outbound_volume"}},
	}
	for _, c := range cases {
		model := device.New(device.Options{})
		told := map[string]bool{}
		j := detect.NewJudge(behavioural(), model, detect.Options{Emit: func(d *events.Detection) {
			told[d.Type] = told[d.Type] || d.Risk.Score >= 30
		}})
		var last events.Time
		for _, r := range append(week(), c.list...) {
			last = max(last, r.TS.Add(time.Duration(r.Duration)))
			j.Tick(last)
			j.Observe(r)
		}
		j.Tick(last.Add(30 * time.Minute))
		var loud []string
		for kind, medium := range told {
			if medium {
				loud = append(loud, kind)
			}
		}
		if slices.Sort(loud); !slices.Equal(loud, c.want) {
			t.Errorf("%s: %v, want %v", c.name, loud, c.want)
		}
	}
}

// behavioural leaves out the one detector that holds every number against what is usual: what the others name, it measures.
func behavioural() []detect.Spec {
	return slices.DeleteFunc(Specs(), func(s detect.Spec) bool { return s.Type == "behaviour.deviation" })
}
