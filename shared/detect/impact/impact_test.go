package impact

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

const floodStart = events.Time(1_700_000_000e9)

const floodVictim = "10.0.8.8"

// floodConn is a conversation of the tests here, a fraction of a second after the one before.
func floodConn(at time.Duration, orig, resp string, proto uint8, port uint16, state, history string) *events.Conn {
	c := &events.Conn{IPProto: proto, ConnState: state, History: history, OrigPkts: 1, OrigIPBytes: 40}
	c.TS, c.UID = floodStart.Add(at), fmt.Sprint("C", at, orig, port)
	c.OrigH, c.RespH, c.OrigP, c.RespP = netip.MustParseAddr(orig), netip.MustParseAddr(resp), 50123, port
	return c
}

// outsider is a made-up source.
func outsider(i int) string { return fmt.Sprintf("198.51.%d.%d", i/200, 1+i%200) }

func floodList[T any](n int, each func(i int) T) (list []events.Record) {
	for i := range n {
		list = append(list, any(each(i)).(events.Record))
	}
	return list
}

// floodJudge gives what a detector says while records come, and at the end.
func floodJudge(d detect.Detector, records []events.Record) (found, last []detect.Finding) {
	model := device.New(device.Options{})
	for _, r := range records {
		found = append(found, d.Observe(r, model.Observe(r))...)
		d.Tick(r.Common().TS, model.View())
	}
	return found, d.(detect.Closer).Close(model.View())
}

// floodCase is a table of records in and findings out.
type floodCase struct {
	name    string
	records []events.Record
	alerts  int
	said    string // of the last alert
}

func floodCases(t *testing.T, fresh func() detect.Detector, cases []floodCase) {
	t.Helper()
	for _, c := range cases {
		found, _ := floodJudge(fresh(), c.records)
		if len(found) != c.alerts {
			t.Errorf("%s: %d alerts, want %d: %+v", c.name, len(found), c.alerts, found)
			continue
		}
		if c.alerts == 0 {
			continue
		}
		f := found[len(found)-1]
		if f.Description != c.said || len(f.UIDs) == 0 || len(f.UIDs) > 16 || len(f.Offenders) == 0 || len(f.Offenders) > maxSources || len(f.Victims) == 0 {
			t.Errorf("%s: %q, %d offenders, %d victims\nwant %q", c.name, f.Description, len(f.Offenders), len(f.Victims), c.said)
		}
	}
}

func TestSYNFlood(t *testing.T) {
	half := func(n int, step time.Duration, source func(i int) string, port func(i int) uint16) []events.Record {
		return floodList(n, func(i int) *events.Conn {
			return floodConn(time.Duration(i)*step, source(i), floodVictim, device.TCP, port(i), "S0", "S")
		})
	}
	one, web := func(int) string { return "198.51.100.7" }, func(int) uint16 { return 80 }
	const ms = time.Millisecond
	served := floodList(300, func(i int) *events.Conn {
		c := floodConn(time.Duration(i)*10*ms, outsider(i), floodVictim, device.TCP, 80, "SF", "ShADadFf")
		c.OrigBytes = 100
		return c
	})
	rubbish := half(200, ms, one, web)
	for _, r := range rubbish {
		r.(*events.Conn).OrigBytes = 120
	}
	var busy []events.Record
	for i, r := range half(300, 10*ms, outsider, web) {
		busy = append(busy, r, served[i], served[(i+1)%300])
	}
	floodCases(t, func() detect.Detector { return NewSYNFlood(SYNFloodDefaults()) }, []floodCase{
		{"below", half(199, ms, outsider, web), 0, ""},
		{"at", half(200, ms, outsider, web), 1, "200 connections to port 80 of 10.0.8.8 were begun within 199ms and never completed, from about 198 different sources."},
		{"of one source", half(200, 10*ms, one, web), 1, "200 connections to port 80 of 10.0.8.8 were begun within 2s and never completed, from one source."},
		{"with rubbish in it", rubbish, 1, "200 connections to port 80 of 10.0.8.8 were begun within 199ms and never completed, from one source."},
		{"once", half(1900, ms, outsider, web), 1, "200 connections to port 80 of 10.0.8.8 were begun within 199ms and never completed, from about 198 different sources."},
		{"next order", half(2000, ms, one, web), 2, "2000 connections to port 80 of 10.0.8.8 were begun within 2s and never completed, from one source."},
		{"over ten ports", half(200, ms, one, func(i int) uint16 { return uint16(80 + i%10) }), 1, "200 connections to 10 ports of 10.0.8.8 were begun within 199ms and never completed, from one source."},
		// The innocent twins.
		{"a port scan", half(1000, ms, one, func(i int) uint16 { return uint16(1 + i) }), 0, ""},
		{"slow retries of a few clients", half(1000, 100*ms, func(i int) string { return outsider(i % 5) }, web), 0, ""},
		{"a load test", served, 0, ""},
		{"a busy server that turns a third away", busy, 0, ""},
	})
	found, last := floodJudge(NewSYNFlood(SYNFloodDefaults()), half(500, ms, one, web))
	if len(found) != 1 || len(last) != 1 || !last[0].Final || last[0].Properties["attempts"] != 500 || found[0].Victims[0].Addr.String() != floodVictim || found[0].Victims[0].Port != 80 {
		t.Errorf("%+v, at the end %+v", found, last)
	}
}

func TestTCPReflection(t *testing.T) {
	answers := func(n int, history string, flipped bool) []events.Record {
		return floodList(n, func(i int) *events.Conn {
			at := time.Duration(i) * time.Millisecond
			if flipped {
				c := floodConn(at, floodVictim, outsider(i), device.TCP, 443, "OTH", history)
				c.OrigPkts, c.RespPkts = 0, 1
				return c
			}
			c := floodConn(at, outsider(i), floodVictim, device.TCP, 50000, "OTH", history)
			c.OrigP = 8999
			return c
		})
	}
	with := answers(100, "^hd", true)
	for _, r := range with {
		r.(*events.Conn).RespBytes = 100
	}
	slow := answers(100, "^h", true)
	for i, r := range slow {
		r.Common().TS = floodStart.Add(time.Duration(i) * 10 * time.Second)
	}
	floodCases(t, func() detect.Detector { return NewTCPReflection(TCPReflectionDefaults()) }, []floodCase{
		{"below", answers(49, "^h", true), 0, ""},
		{"at", answers(50, "^h", true), 1, "50 hosts accepted 50 connections within 49ms that 10.0.8.8 had not asked them for."},
		{"that the victim resets", answers(50, "^hR", true), 1, "50 hosts accepted 50 connections within 49ms that 10.0.8.8 had not asked them for."},
		{"from ports that nobody serves on", answers(50, "H", false), 1, "50 hosts accepted 50 connections within 49ms that 10.0.8.8 had not asked them for."},
		{"few that answer often", floodList(1000, func(i int) *events.Conn {
			return floodConn(time.Duration(i)*time.Millisecond, floodVictim, outsider(i%12), device.TCP, 443, "OTH", "^h")
		}), 1, "12 hosts accepted 1000 connections within 999ms that 10.0.8.8 had not asked them for."},
		{"once", answers(300, "^h", true), 1, "50 hosts accepted 50 connections within 49ms that 10.0.8.8 had not asked them for."},
		// The innocent twins.
		{"one direction of honest connections", with, 0, ""},
		{"connections that are older than the capture, now and then", slow, 0, ""},
		{"resets of such", answers(200, "^r", true), 0, ""},
		{"one server, again and again", floodList(500, func(i int) *events.Conn {
			return floodConn(time.Duration(i)*time.Millisecond, floodVictim, "198.51.100.7", device.TCP, 443, "OTH", "^h")
		}), 0, ""},
	})
}

func TestUDPAmplification(t *testing.T) {
	answers := func(n int, port uint16, size uint64, from func(i int) string) []events.Record {
		return floodList(n, func(i int) *events.Conn {
			c := floodConn(time.Duration(i)*time.Millisecond, floodVictim, from(i), device.UDP, port, "SHR", "^d")
			c.OrigPkts, c.RespPkts, c.RespIPBytes = 0, 1, size
			return c
		})
	}
	odd := floodList(50, func(i int) *events.Conn {
		c := floodConn(time.Duration(i)*time.Millisecond, outsider(i), floodVictim, device.UDP, 50000, "S0", "D")
		c.OrigP, c.OrigIPBytes = 11211, 1400
		return c
	})
	used := func(n int, size uint64, asker string) []events.Record {
		return floodList(n, func(i int) *events.Conn {
			c := floodConn(time.Duration(i)*time.Millisecond, asker, "10.0.8.9", device.UDP, 123, "SF", "Dd")
			c.OrigBytes, c.OrigIPBytes, c.RespPkts, c.RespBytes, c.RespIPBytes = 8, 36, 10, size-280, size
			return c
		})
	}
	neighbour := func(i int) string { return fmt.Sprintf("10.0.9.%d", 1+i) }
	floodCases(t, func() detect.Detector { return NewUDPAmplification(UDPAmplificationDefaults()) }, []floodCase{
		{"below", answers(49, 161, 100, outsider), 0, ""},
		{"at", answers(50, 161, 100, outsider), 1, "50 hosts sent 5000 bytes of answers from UDP port 161 to 10.0.8.8 within 49ms, which had not asked them."},
		{"once", answers(400, 161, 100, outsider), 1, "50 hosts sent 5000 bytes of answers from UDP port 161 to 10.0.8.8 within 49ms, which had not asked them."},
		{"from a port that looks like a client's", odd, 1, "50 hosts sent 70000 bytes of answers from UDP port 11211 to 10.0.8.8 within 49ms, which had not asked them."},
		{"few, and much", answers(4, 123, 300_000, outsider), 1, "4 hosts sent 1200000 bytes of answers from UDP port 123 to 10.0.8.8 within 3ms, which had not asked them."},
		{"one's own server is used", used(25, 40_000, "203.0.113.5"), 1, "one server answered 203.0.113.5 with 1000000 bytes from UDP port 123 within 24ms, to questions of 900 bytes: somebody probably asks under its address."},
		// The innocent twins.
		{"televisions that answer a call to all", answers(100, 1900, 300, neighbour), 0, ""},
		{"a mirror that shows one direction of a resolver", answers(600, 53, 450, outsider), 0, ""},
		{"DNS, a few of them large", answers(40, 53, 3000, outsider), 0, ""},
		{"a client of its own time server", used(25, 3_000, "10.0.8.7"), 0, ""},
		{"answers to clients, a few", used(24, 40_000, "203.0.113.5"), 0, ""},
		{"another port", answers(100, 443, 1200, outsider), 0, ""},
	})
	if found, _ := floodJudge(NewUDPAmplification(UDPAmplificationDefaults()), answers(60, 53, 3000, outsider)); len(found) != 1 {
		t.Errorf("DNS: %d alerts", len(found))
	}
}

func TestFragmentAttack(t *testing.T) {
	odd := func(n int, name, addl string, same bool) []events.Record {
		return floodList(n, func(i int) *events.Weird {
			w := &events.Weird{Name: name, Addl: addl, Source: "ip"}
			w.TS, w.UID = floodStart.Add(time.Duration(i)*time.Second), fmt.Sprint("C", i)
			if same {
				w.UID = "C0"
			}
			w.OrigH, w.RespH = netip.MustParseAddr("198.51.100.7"), netip.MustParseAddr(floodVictim)
			return w
		})
	}
	const how = "in fragments that lie across each other's edges, as no host cuts them."
	floodCases(t, func() detect.Detector { return NewFragmentAttack(FragmentAttackDefaults()) }, []floodCase{
		{"at", odd(1, "fragment_overlap", events.TornFragment, false), 1, "198.51.100.7 sent 10.0.8.8 a datagram " + how},
		{"once", odd(9, "fragment_inconsistency", events.TornFragment, false), 1, "198.51.100.7 sent 10.0.8.8 a datagram " + how},
		{"one datagram that is odd in several ways", odd(20, "fragment_overlap", events.TornFragment, true), 1, "198.51.100.7 sent 10.0.8.8 a datagram " + how},
		{"too long", odd(1, events.WeirdLargeFragment, "", false), 1, "198.51.100.7 sent 10.0.8.8 a datagram in fragments that make it longer than a datagram may be."},
		// The innocent twins.
		{"sent twice", odd(100, "fragment_overlap", "", false), 0, ""},
		{"numbers used again", odd(100, "fragment_inconsistency", "", false), 0, ""},
		{"a tunnel that cuts small", odd(100, "excessively_small_fragment", "", false), 0, ""},
	})
	if _, last := floodJudge(NewFragmentAttack(FragmentAttackDefaults()), odd(5, "fragment_overlap", events.TornFragment, false)); len(last) != 1 ||
		last[0].Description != "198.51.100.7 sent 10.0.8.8 5 datagrams, each "+how {
		t.Errorf("%+v", last)
	}
}

func TestDHCPStarvation(t *testing.T) {
	discovers := func(n int, step time.Duration, kind string, mac func(i int) string) []events.Record {
		return floodList(n, func(i int) *events.DHCP {
			d := &events.DHCP{MAC: mac(i), MsgTypes: []string{kind, "OFFER"}, ServerAddr: netip.MustParseAddr("10.0.0.1")}
			d.TS, d.UID = floodStart.Add(time.Duration(i)*step), "C0"
			d.OrigH, d.RespH = netip.IPv4Unspecified(), netip.MustParseAddr("255.255.255.255")
			return d
		})
	}
	card := func(n int, step time.Duration, l2 func(i int) string) []events.Record {
		return floodList(n, func(i int) *events.Conn {
			c := floodConn(time.Duration(i)*step, fmt.Sprintf("10.0.%d.%d", 1+i/200, 1+i%200), "10.0.0.1", device.UDP, 67, "SF", "Dd")
			c.Service, c.OrigP, c.OrigL2, c.RespPkts = "dhcp", 68, l2(i), 1
			return c
		})
	}
	mac := func(i int) string { return fmt.Sprintf("02:00:00:00:%02x:%02x", i>>8, i&255) }
	same := func(int) string { return "02:00:00:00:00:01" }
	const step = 100 * time.Millisecond
	floodCases(t, func() detect.Detector { return NewDHCPStarvation(DHCPStarvationDefaults()) }, []floodCase{
		{"below", discovers(90, step, "DISCOVER", mac), 0, ""},
		{"at", discovers(100, step, "DISCOVER", mac), 1, "about 100 clients with link addresses of their own asked for an address within 10s, on one link."},
		{"once", discovers(600, step, "DISCOVER", mac), 1, "about 100 clients with link addresses of their own asked for an address within 10s, on one link."},
		{"one card, many addresses", card(110, step, same), 1, "One network card (02:00:00:00:00:01) spoke DHCP under about 100 addresses within 10s."},
		// The innocent twins.
		{"one client that never gets an address", discovers(500, step, "DISCOVER", same), 0, ""},
		{"ten thousand clients that renew", discovers(500, step, "REQUEST", mac), 0, ""},
		{"the day begins", discovers(500, time.Second, "DISCOVER", mac), 0, ""},
		{"a router in front of many", card(500, time.Second, same), 0, ""},
		{"as many cards as addresses", card(200, step, mac), 0, ""},
	})
	found, _ := floodJudge(NewDHCPStarvation(DHCPStarvationDefaults()), discovers(100, step, "DISCOVER", mac))
	if len(found) != 1 || found[0].Victims[0].Addr.String() != "10.0.0.1" {
		t.Errorf("%+v", found)
	}
}

func TestARPStorm(t *testing.T) {
	asks := func(n int, step time.Duration, requests uint64, answered bool, target func(i int) string) []events.Record {
		return floodList(n, func(i int) *events.ARP {
			a := &events.ARP{OrigL2: "02:00:00:00:00:01", Requests: requests, Answered: answered}
			a.TS, a.UID = floodStart.Add(time.Duration(i)*step), fmt.Sprint("A", i)
			a.OrigH, a.RespH = netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr(target(i))
			return a
		})
	}
	each := func(i int) string { return fmt.Sprintf("10.0.%d.%d", 1+i/200, 1+i%200) }
	one := func(int) string { return "10.0.0.9" }
	const step = 100 * time.Millisecond
	floodCases(t, func() detect.Detector { return NewARPStorm(ARPStormDefaults()) }, []floodCase{
		{"below", asks(9, step, 44, false, each), 0, ""},
		{"at", asks(10, step, 40, false, each), 1, "10.0.0.1 (02:00:00:00:00:01) sent 400 ARP requests for 10 different addresses within 900ms, and nobody answered."},
		{"one address", asks(2, step, 200, false, one), 1, "10.0.0.1 (02:00:00:00:00:01) sent 400 ARP requests for one address within 100ms, and nobody answered."},
		{"once", asks(90, step, 40, false, each), 1, "10.0.0.1 (02:00:00:00:00:01) sent 400 ARP requests for 10 different addresses within 900ms, and nobody answered."},
		// The innocent twins.
		{"who maps the link", asks(500, step, 2, false, each), 0, ""},
		{"a gateway that is gone", asks(100, 30*time.Second, 30, false, one), 0, ""},
		{"a server with many clients", asks(1000, step, 1, true, each), 0, ""},
		{"a router that looks for a few", asks(400, 2*time.Second, 3, false, each), 0, ""},
	})
}
