package lateral

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// start is a midnight in UTC.
const start = events.Time(1_700_006_400e9)

const (
	admin  = "10.0.0.5"
	worker = "10.0.0.9"
	target = "10.0.1.1"
)

func host(i int) string { return fmt.Sprintf("10.0.%d.%d", 1+i/200, 1+i%200) }

// session is a conversation in which both sides said something.
func session(at time.Duration, orig, resp string, port uint16, service string) *events.Conn {
	c := &events.Conn{
		Proto: "tcp", IPProto: device.TCP, ConnState: "SF", History: "ShADadFf", Service: service, Duration: events.Interval(time.Second),
		OrigBytes: 3000, RespBytes: 5000, OrigPkts: 20, RespPkts: 20, OrigIPBytes: 4000, RespIPBytes: 6000,
	}
	c.TS, c.UID, c.OrigH, c.RespH, c.OrigP, c.RespP = start.Add(at), "C"+at.String()+resp, netip.MustParseAddr(orig), netip.MustParseAddr(resp), 50123, port
	return c
}

func login(at time.Duration, orig, resp string) *events.Conn {
	return session(at, orig, resp, 22, "ssh")
}

// vain is a conversation that nobody took.
func vain(at time.Duration, orig, resp string, port uint16) *events.Conn {
	c := session(at, orig, resp, port, "")
	c.ConnState, c.History, c.OrigBytes, c.RespBytes, c.RespPkts = "REJ", "Sr", 0, 0, 1
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
	j.Tick(last.Add(30 * time.Minute))
	return list
}

// Catches: a web server on port 22, SSH on another port that is overlooked, and doors that were only tried.
func TestAdministers(t *testing.T) {
	empty, quiet := login(0, admin, target), login(0, admin, target)
	empty.OrigBytes, quiet.RespBytes = 0, 0
	cases := []struct {
		name string
		c    *events.Conn
		want service
	}{
		{"ssh", login(0, admin, target), ssh},
		{"ssh elsewhere", session(0, admin, target, 2222, "ssh"), ssh},
		{"ssh by port", session(0, admin, target, 22, ""), ssh},
		{"web on 22", session(0, admin, target, 22, "http"), none},
		{"rdp", session(0, admin, target, 3389, "ssl"), rdp},
		{"winrm", session(0, admin, target, 5985, "http"), winrm},
		{"telnet", session(0, admin, target, 23, ""), telnet},
		{"vnc", session(0, admin, target, 5901, "rfb"), vnc},
		{"smb", session(0, admin, target, 445, "gssapi,smb"), smb},
		{"rpc", session(0, admin, target, 135, "dce_rpc"), rpc},
		{"web", session(0, admin, target, 443, "ssl"), none},
		{"only tried", vain(0, admin, target, 22), none},
		{"nothing asked", empty, none},
		{"nothing answered", quiet, none},
	}
	for _, c := range cases {
		if got := administers(c.c); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}
