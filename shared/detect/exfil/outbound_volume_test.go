package exfil

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

const (
	start   = events.Time(1_700_000_000e9)
	inside  = "10.0.0.5"
	outside = "203.0.113.9"
)

func sent(at time.Duration, orig, resp string, out, in uint64) *events.Conn {
	c := &events.Conn{Proto: "tcp", IPProto: 6, ConnState: "SF", OrigBytes: out, RespBytes: in, OrigIPBytes: out + 1000, RespIPBytes: in + 1000}
	c.TS, c.UID, c.OrigH, c.RespH, c.RespP = start.Add(at), "C"+at.String(), netip.MustParseAddr(orig), netip.MustParseAddr(resp), 443
	return c
}

// growing is one conversation as interim records tell it, and its end.
func growing(steps int, each uint64) (list []*events.Conn) {
	for i := range steps {
		c := sent(0, inside, outside, each*uint64(i+1), 1000)
		c.UID, c.Interim, c.Duration = "long", i+1 < steps, events.Interval(time.Duration(i)*time.Minute)
		list = append(list, c)
	}
	return list
}

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

func TestOutboundVolume(t *testing.T) {
	minute := func(i int) time.Duration { return time.Duration(i) * time.Minute }
	forged := sent(0, inside, outside, 4e9, 0)
	forged.OrigIPBytes = 2000
	cases := []struct {
		name    string
		records []*events.Conn
		alerts  int
	}{
		{"below", []*events.Conn{sent(0, inside, outside, 4.9e6, 0.1e6)}, 0},
		{"at", []*events.Conn{sent(0, inside, outside, 5e6, 0.1e6)}, 1},
		{"in parts", many(5, func(i int) *events.Conn { return sent(minute(i), inside, outside, 1e6, 10e3) }), 1},
		{"once only", many(49, func(i int) *events.Conn { return sent(minute(i), inside, outside, 1e6, 10e3) }), 1},
		{"next order", many(50, func(i int) *events.Conn { return sent(minute(i), inside, outside, 1e6, 10e3) }), 2},
		{"one long conversation, below", growing(4, 1e6), 0},
		{"one long conversation, at", growing(5, 1e6), 1},
		// The innocent twins.
		{"a call", []*events.Conn{sent(0, inside, outside, 300e6, 280e6)}, 0},
		{"a speed test", []*events.Conn{sent(minute(1), inside, outside, 1e6, 400e6), sent(minute(2), inside, outside, 400e6, 1e6)}, 0},
		{"loading down", []*events.Conn{sent(0, inside, outside, 60e6, 4e9)}, 0},
		{"a server's answers", []*events.Conn{sent(0, outside, inside, 1e6, 4e9)}, 0},
		{"copying inside", []*events.Conn{sent(0, inside, "10.0.0.6", 4e9, 0)}, 0},
		{"a little a day", many(100, func(i int) *events.Conn { return sent(time.Duration(i)*24*time.Hour, inside, outside, 4e6, 0) }), 0},
		{"a forged sequence number", []*events.Conn{forged}, 0},
	}
	for _, c := range cases {
		found := judge(NewOutboundVolume(OutboundVolumeDefaults()), c.records)
		if len(found) != c.alerts {
			t.Errorf("%s: %d alerts, want %d", c.name, len(found), c.alerts)
			continue
		}
		if c.alerts > 0 && (found[0].Offenders[0].Addr.String() != inside || found[0].Properties["bytes_out"].(uint64) < 5e6) {
			t.Errorf("%s: %+v", c.name, found[0])
		}
	}
}

// Catches: a copy to the bucket that gets one each day, told as loud as one to a stranger.
func TestOutboundVolumeKnowsWhereItSends(t *testing.T) {
	daily := many(5, func(i int) *events.Conn { return sent(time.Duration(i)*24*time.Hour, inside, outside, 1e6, 1000) })
	for to, want := range map[string]bool{outside: true, "198.51.100.77": false} {
		for _, d := range run(device.New(device.Options{}), join(daily, []*events.Conn{sent(6*24*time.Hour, inside, to, 600e6, 1000)}), OutboundVolume) {
			if got := slices.ContainsFunc(d.Risk.Terms, func(x events.Term) bool { return x.Name == "usual_destination" }); got != want {
				t.Errorf("to %s: %+v", to, d.Risk.Terms)
			}
		}
	}
}

// Catches: bytes of interim records counted again, and lists that grow with the conversations.
func TestVolumesAddUpAndAreBounded(t *testing.T) {
	tune := OutboundVolumeDefaults()
	tune.Pairs = 10
	o := NewOutboundVolume(tune)
	judge(o, many(1000, func(i int) *events.Conn { return sent(0, inside, fmt.Sprintf("203.0.%d.%d", i/200, i%200), 1e5, 0) }))
	if o.pairs.Len() != 10 || o.pairs.Evicted() != 990 {
		t.Errorf("%d pairs, %d evicted", o.pairs.Len(), o.pairs.Evicted())
	}
	o = NewOutboundVolume(tune)
	list := growing(10, 1e6)
	for i := range 50 {
		c := sent(time.Minute, inside, outside, 20_000, 0)
		c.UID, c.Interim = fmt.Sprint(i), true
		list = append(list, c)
	}
	judge(o, list)
	for _, p := range o.pairs.All {
		if p.out != 10e6+maxOpen*20_000 || len(p.open) != maxOpen || len(p.uids) > 16 {
			t.Errorf("%d bytes, %d open, %d uids", p.out, len(p.open), len(p.uids))
		}
	}
}

// Catches: a letter with an attachment that cries as loud as a theft.
func TestRiskGrowsWithVolume(t *testing.T) {
	for _, c := range []struct {
		megabytes uint64
		band      events.Band
	}{{5, "low"}, {49, "low"}, {50, "medium"}, {500, "high"}} {
		j := detect.NewJudge([]detect.Spec{OutboundVolume}, device.New(device.Options{}), detect.Options{})
		j.Observe(sent(0, inside, outside, c.megabytes*1e6, 1000))
		j.Close(start)
		if list := j.Detections(); len(list) != 1 || list[0].Risk.Band != c.band {
			t.Errorf("%d MB: %+v", c.megabytes, list[0].Risk)
		}
	}
}

// Catches: an upload of every night that cries each night, and one that hides among them.
func TestHabitsSpeakForUploads(t *testing.T) {
	nights := many(4, func(i int) *events.Conn {
		return sent(time.Duration(i)*day, inside, fmt.Sprintf("203.0.113.%d", i), 90e6, 1000)
	})
	for _, c := range []struct {
		name string
		last *events.Conn
		want events.Band
	}{
		{"the same as ever, at a new address", sent(4*day, inside, "203.0.113.200", 90e6, 1000), "low"},
		{"four times as much", sent(4*day, inside, "203.0.113.200", 360e6, 1000), "medium"},
		{"from another host", sent(4*day, "10.0.0.77", "203.0.113.200", 90e6, 1000), "medium"},
	} {
		list := run(device.New(device.Options{}), append(append([]*events.Conn{}, nights...), c.last), OutboundVolume)
		if last := list[len(list)-1]; last.Risk.Band != c.want || !strings.Contains(last.Description, "203.0.113.200") {
			t.Errorf("%s: %+v", c.name, last.Risk)
		}
	}
}
