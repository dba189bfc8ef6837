package recon

import (
	"fmt"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

func TestHostSweep(t *testing.T) {
	second := func(i int) time.Duration { return time.Duration(i) * time.Second }
	silent := func(n int, proto uint8, port uint16, to func(i int) string) []*events.Conn {
		return many(n, func(i int) *events.Conn { return probe(second(i), scannerHost, to(i), proto, port, "S0", "S", flagSYN) })
	}
	inOrder := func(i int) string { return fmt.Sprintf("203.0.%d.%d", 113+i/256, i%256) }
	apart := func(i int) string { return fmt.Sprintf("%d.%d.7.9", 50+i%100, i/100) }
	answer := func(list []*events.Conn, every int) []*events.Conn {
		for i, c := range list {
			if i%every == 0 {
				c.ConnState, c.RespPkts, c.OrigBytes, c.RespBytes, c.History = "SF", 4, 100, 100, "ShADadFf"
			}
		}
		return list
	}
	cases := []struct {
		name    string
		records []*events.Conn
		alerts  int
	}{
		{"below", silent(19, device.TCP, 80, host), 0},
		{"at", silent(20, device.TCP, 80, host), 1},
		{"once only", silent(150, device.TCP, 80, host), 1},
		{"next order, as far as an estimate knows", silent(230, device.TCP, 80, host), 2},
		{"refused", many(20, func(i int) *events.Conn { return syn(second(i), scannerHost, host(i), 22) }), 1},
		{"icmp", silent(20, device.ICMP, 0, host), 1},
		{"udp inside", silent(20, device.UDP, 161, host), 1},
		{"udp outside, in order", silent(20, device.UDP, 6893, inOrder), 1},
		{"tcp outside, in order", silent(20, device.TCP, 23, inOrder), 1},
		{"tcp outside, at random", silent(100, device.TCP, 445, apart), 1},
		{"half of them answer", answer(silent(40, device.TCP, 80, host), 2), 1},
		{"one a minute, three times the same", many(60, func(i int) *events.Conn {
			return probe(time.Duration(i)*time.Minute, scannerHost, host(i%20), device.TCP, 80, "S0", "S", flagSYN)
		}), 1},
		// The innocent twins.
		{"monitoring of hosts that answer", many(500, func(i int) *events.Conn { return talk(second(i), scannerHost, host(i%200), 443) }), 0},
		{"pings that are answered", answer(silent(500, device.ICMP, 0, host), 1), 0},
		{"monitoring with a few hosts down", answer(silent(200, device.TCP, 80, func(i int) string { return host(i % 100) }), 1), 0},
		{"a browser with dead servers", silent(40, device.TCP, 443, apart), 0},
		{"a peer-to-peer program", silent(400, device.UDP, 6881, apart), 0},
		{"a peer-to-peer program over TCP", silent(400, device.TCP, 6881, apart), 0},
		{"a resolver", silent(400, device.UDP, 53, apart), 0},
		{"stale name servers", silent(60, device.UDP, 53, host), 0},
		{"NetBIOS beside SMB", silent(400, device.TCP, 139, apart), 0},
		{"connections kept in reserve", many(100, func(i int) *events.Conn {
			return probe(second(i), scannerHost, host(i), device.TCP, 445, "RSTO", "ShAR", flagSYN|flagACK|flagRST)
		}), 0},
		{"multicast", silent(100, device.UDP, 5353, func(i int) string { return fmt.Sprintf("224.0.0.%d", i+1) }), 0},
		{"broadcast of printers", silent(100, device.UDP, 3289, func(i int) string { return fmt.Sprintf("192.168.%d.255", i) }), 0},
		{"one port each", many(100, func(i int) *events.Conn { return syn(second(i), scannerHost, host(i), uint16(1000+i)) }), 0},
	}
	for _, c := range cases {
		found := judge(NewHostSweep(HostSweepDefaults()), c.records)
		if len(found) != c.alerts {
			t.Errorf("%s: %d alerts, want %d", c.name, len(found), c.alerts)
			continue
		}
		if c.alerts > 0 && (found[0].Offenders[0].Addr.String() != scannerHost || len(found[0].Victims) < 20 || found[0].Key != found[len(found)-1].Key) {
			t.Errorf("%s: %+v", c.name, found[0])
		}
	}
}

func TestHostSweepMemoryIsBounded(t *testing.T) {
	tune := HostSweepDefaults()
	tune.Sweeps = 10
	h := NewHostSweep(tune)
	judge(h, many(1000, func(i int) *events.Conn { return syn(0, host(i), victimHost, 80) }))
	if h.sweeps.Len() != 10 || h.sweeps.Evicted() != 990 {
		t.Errorf("%d sweeps, %d evicted", h.sweeps.Len(), h.sweeps.Evicted())
	}
}

func BenchmarkOrdinaryConn(b *testing.B) {
	model, scan, sweep := device.New(device.Options{}), NewPortScan(PortScanDefaults()), NewHostSweep(HostSweepDefaults())
	list := many(500, func(i int) *events.Conn { return talk(0, host(i), victimHost, 443) })
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		c := list[i%len(list)]
		v := model.Observe(c)
		scan.Observe(c, v)
		sweep.Observe(c, v)
	}
}
