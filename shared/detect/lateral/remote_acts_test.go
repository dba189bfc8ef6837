package lateral

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// remoteTold shows records to a detector and gives hosts and points of what it finds.
func remoteTold(d detect.Detector, list ...events.Record) (got []string) {
	model := device.New(device.Options{})
	for _, r := range list {
		for _, f := range d.Observe(r, model.Observe(r)) {
			got = append(got, fmt.Sprintf("%s %v %d", f.Offenders[0].Addr, f.Properties["hosts"], kerbPoints(f)))
		}
	}
	return got
}

func remoteAsk(at time.Duration, orig, resp, uri, agent string, status uint16) *events.HTTP {
	r := &events.HTTP{Method: "POST", URI: uri, UserAgent: agent, RequestLen: 1964, StatusCode: status}
	r.Head = session(at, orig, resp, 5985, "http").Head
	return r
}

func remoteShell(n int, at time.Duration, orig, resp, agent string) (list []events.Record) {
	for i := range n {
		list = append(list, remoteAsk(at+time.Duration(i)*time.Second, orig, resp, "/wsman?PSVersion=5.1", agent, 200))
	}
	return list
}

const winrmClient = "Microsoft WinRM Client"

func TestWinRMExec(t *testing.T) {
	var fleet []events.Record
	for i := range 8 {
		fleet = append(fleet, remoteShell(5, time.Duration(i)*time.Minute, admin, host(i), winrmClient)...)
	}
	hidden := session(0, worker, target, 5986, "ssl")
	hidden.OrigBytes, hidden.RespBytes = 20_000, 9_000
	short := session(0, worker, target, 5986, "ssl")
	repeat := func(r func() *events.HTTP) (list []events.Record) {
		for range 20 {
			list = append(list, r())
		}
		return list
	}
	for _, tt := range []struct {
		what string
		in   []events.Record
		want []string
	}{
		{"below", remoteShell(3, 0, worker, target, winrmClient), nil},
		{"at", remoteShell(4, 0, worker, target, winrmClient), []string{worker + " 1 0"}},
		{"once", slices.Concat(remoteShell(50, 0, worker, target, winrmClient), remoteShell(50, 48*time.Hour, worker, target, winrmClient)), []string{worker + " 1 0"}},
		{"two servers are one act", slices.Concat(remoteShell(5, 0, worker, target, winrmClient), remoteShell(5, time.Minute, worker, host(7), winrmClient)), []string{worker + " 1 0", worker + " 2 0"}},
		{"a tool", remoteShell(5, 0, worker, target, "Ruby WinRM Client (2.8.3)"), []string{worker + " 1 10"}},
		{"a host that administers by habit", fleet, []string{admin + " 1 0", admin + " 2 0", admin + " 3 0", admin + " 4 0", admin + " 5 0"}},
		{"events forwarded", repeat(func() *events.HTTP {
			return remoteAsk(0, worker, target, "/wsman/SubscriptionManager/WEC", winrmClient, 200)
		}), nil},
		{"refused", repeat(func() *events.HTTP { return remoteAsk(0, worker, target, "/wsman", winrmClient, 401) }), nil},
		{"another service", repeat(func() *events.HTTP { return remoteAsk(0, worker, target, "/api/wsman", "curl/8", 200) }), nil},
		{"in TLS", []events.Record{hidden, hidden}, []string{worker + " 1 0"}},
		{"a few words in TLS", []events.Record{short}, nil},
	} {
		if got := remoteTold(WinRMExec.New(), tt.in...); !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.what, got, tt.want)
		}
	}
}

func TestRDPExec(t *testing.T) {
	desk := func(at, lasts time.Duration, orig, resp string, port uint16) *events.Conn {
		c := session(at, orig, resp, port, "rdp,ssl")
		c.OrigBytes, c.RespBytes, c.Duration = 9_000, 300_000, events.Interval(lasts)
		return c
	}
	failed := desk(0, time.Second, worker, target, 3389)
	failed.OrigBytes, failed.RespBytes = 2_500, 3_000
	restricted := &events.RDP{Cookie: "bob", Result: "encrypted", RestrictedAdmin: true}
	restricted.Head = desk(0, 0, worker, target, 3389).Head
	var fleet []events.Record
	for i := range 8 {
		fleet = append(fleet, desk(time.Duration(i)*time.Minute, time.Second, admin, host(i), 3389))
	}
	minute := time.Minute
	for _, tt := range []struct {
		what string
		in   []events.Record
		want []string
	}{
		{"below: a log-in that failed", []events.Record{failed}, nil},
		{"at", []events.Record{desk(0, minute, worker, target, 3389)}, []string{worker + " 1 0"}},
		{"once", []events.Record{desk(0, minute, worker, target, 3389), desk(48*time.Hour, minute, worker, target, 3389)}, []string{worker + " 1 0"}},
		{"a hop", []events.Record{desk(0, minute, admin, worker, 3389), desk(2*minute, minute, worker, target, 3389)}, []string{admin + " 1 0", worker + " 1 25"}},
		{"a hop that ends before the first does", []events.Record{desk(2*minute, minute, worker, target, 3389), desk(0, 9*minute, admin, worker, 3389)}, []string{worker + " 1 0", worker + " 1 25", admin + " 1 0"}},
		{"much later", []events.Record{desk(0, minute, admin, worker, 3389), desk(3*time.Hour, minute, worker, target, 3389)}, []string{admin + " 1 0", worker + " 1 0"}},
		{"back to where one came from", []events.Record{desk(0, minute, admin, worker, 3389), desk(2*minute, minute, worker, admin, 3389)}, []string{admin + " 1 0", worker + " 1 0"}},
		{"with a hash", []events.Record{restricted, desk(0, minute, worker, target, 3389)}, []string{worker + " 1 20"}},
		{"another port", []events.Record{desk(0, minute, worker, target, 4489)}, []string{worker + " 1 15"}},
		{"a host that administers by habit", fleet, []string{admin + " 1 0", admin + " 2 0", admin + " 3 0", admin + " 4 0", admin + " 5 0"}},
		{"from outside, which others tell", []events.Record{desk(0, minute, "203.0.113.9", target, 3389)}, nil},
	} {
		if got := remoteTold(RDPExec.New(), tt.in...); !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.what, got, tt.want)
		}
	}
}

// Catches: a table that a restart empties, so that what is usual is told again.
func TestRemoteActsOutliveARestart(t *testing.T) {
	before := NewWinRMExec(WinRMExecDefaults())
	remoteTold(before, remoteShell(5, 0, worker, target, winrmClient)...)
	after := NewWinRMExec(WinRMExecDefaults())
	before.Save(func(key, value []byte) {
		if err := after.Load(key, value); err != nil {
			t.Fatal(err)
		}
	})
	if got := remoteTold(after, remoteShell(9, time.Hour, worker, target, winrmClient)...); got != nil {
		t.Errorf("told again: %q", got)
	}
}
