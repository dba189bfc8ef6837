package recon

import (
	"slices"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

const scannerHost, victimHost = "10.0.9.9", "10.0.8.8"

func TestPortScan(t *testing.T) {
	second := func(i int) time.Duration { return time.Duration(i) * time.Second }
	kind := func(n int, state, history string, flags uint8) []*events.Conn {
		return many(n, func(i int) *events.Conn {
			return probe(second(i), scannerHost, victimHost, device.TCP, uint16(1+i), state, history, flags)
		})
	}
	cases := []struct {
		name    string
		records []*events.Conn
		alerts  int
		kind    string // of the last alert
	}{
		{"below", kind(19, "REJ", "Sr", flagSYN), 0, ""},
		{"at", kind(20, "REJ", "Sr", flagSYN), 1, "syn"},
		{"once only", kind(150, "S0", "S", flagSYN), 1, "syn"},
		{"next order, as far as an estimate knows", kind(230, "S0", "S", flagSYN), 2, "syn"},
		{"connect", kind(20, "RSTO", "ShAR", flagSYN|flagACK|flagRST), 1, "connect"},
		{"connect, with banners", many(20, func(i int) *events.Conn {
			c := probe(second(i), scannerHost, victimHost, device.TCP, uint16(1+i), "RSTO", "ShAdR", flagSYN|flagACK|flagRST)
			c.OrigPkts, c.RespPkts, c.RespBytes = 3, 2, 40
			return c
		}), 1, "connect"},
		{"ack", kind(20, "RSTR", "Ar", flagACK), 1, "ack"},
		{"fin", kind(20, "RSTR", "Fr", flagFIN), 1, "fin"},
		{"xmas", kind(20, "RSTR", "Fr", flagFIN|flagPSH|flagURG), 1, "xmas"},
		{"null", kind(20, "RSTRH", "r", 0), 1, "null"},
		{"udp", many(20, func(i int) *events.Conn {
			return probe(second(i), scannerHost, victimHost, device.UDP, uint16(100+i), "S0", "D", 0)
		}), 1, "udp"},
		{"one an hour", many(20, func(i int) *events.Conn {
			return syn(time.Duration(i)*time.Hour, scannerHost, victimHost, uint16(1+i))
		}), 1, "syn"},
		{"two packets that no stack sends", kind(2, "RSTR", "Fr", flagFIN|flagURG|flagPSH), 0, ""},
		{"three packets that no stack sends", kind(3, "RSTR", "Fr", flagFIN|flagURG|flagPSH), 1, "xmas"},
		{"ephemeral ports in hundreds", many(150, func(i int) *events.Conn {
			return syn(second(i), scannerHost, victimHost, uint16(40000+i))
		}), 1, "syn"},
		// The innocent twins.
		{"one closed port, again and again", many(500, func(i int) *events.Conn { return syn(second(i), scannerHost, victimHost, 9) }), 0, ""},
		{"many ports that are used", many(500, func(i int) *events.Conn { return talk(second(i), scannerHost, victimHost, uint16(1+i)) }), 0, ""},
		{"passive FTP data that failed", many(100, func(i int) *events.Conn {
			return syn(second(i), scannerHost, victimHost, uint16(50000+i))
		}), 0, ""},
		{"listings over passive FTP", many(100, func(i int) *events.Conn {
			c := probe(second(i), scannerHost, victimHost, device.TCP, uint16(2000+i), "SF", "ShAdfFa", flagSYN|flagACK|flagFIN)
			c.OrigPkts, c.RespPkts, c.RespBytes = 4, 4, 300
			return c
		}), 0, ""},
		{"traceroute", many(90, func(i int) *events.Conn {
			return probe(second(i), scannerHost, victimHost, device.UDP, uint16(33434+i), "S0", "D", 0)
		}), 0, ""},
		{"late answers of a server", many(100, func(i int) *events.Conn {
			c := probe(second(i), scannerHost, victimHost, device.TCP, uint16(2000+i), "OTH", "FA", flagFIN|flagACK)
			c.OrigP = 443
			return c
		}), 0, ""},
		{"answers of a resolver", many(100, func(i int) *events.Conn {
			c := probe(second(i), scannerHost, victimHost, device.UDP, uint16(2000+i), "S0", "D", 0)
			c.OrigP = 53
			return c
		}), 0, ""},
		{"multicast", many(100, func(i int) *events.Conn {
			return probe(second(i), scannerHost, "239.1.1.1", device.UDP, uint16(2000+i), "S0", "D", 0)
		}), 0, ""},
		{"slower than can be kept", many(40, func(i int) *events.Conn {
			return syn(time.Duration(i)*7*time.Hour, scannerHost, victimHost, uint16(1+i))
		}), 0, ""},
	}
	for _, c := range cases {
		found := judge(NewPortScan(PortScanDefaults()), c.records)
		if len(found) != c.alerts {
			t.Errorf("%s: %d alerts, want %d", c.name, len(found), c.alerts)
			continue
		}
		if c.alerts == 0 {
			continue
		}
		f := found[len(found)-1]
		if f.Offenders[0].Addr.String() != scannerHost || f.Victims[0].Addr.String() != victimHost || len(f.UIDs) == 0 || len(f.UIDs) > maxUIDs {
			t.Errorf("%s: %+v", c.name, f)
		}
		if kinds := f.Properties["kinds"].([]string); !slices.Contains(kinds, c.kind) {
			t.Errorf("%s: kinds %v, want %s", c.name, kinds, c.kind)
		}
	}
}

// Catches: a detection for each victim of one scanner.
func TestPortScanOfSeveralHosts(t *testing.T) {
	var records []*events.Conn
	for _, victim := range []string{"10.0.8.1", "10.0.8.2", "10.0.8.3"} {
		records = append(records, many(20, func(i int) *events.Conn { return syn(0, scannerHost, victim, uint16(1+i)) })...)
	}
	found := judge(NewPortScan(PortScanDefaults()), records)
	if len(found) != 3 || found[0].Key != found[2].Key || len(found[2].Victims) != 3 {
		t.Fatalf("%d alerts: %+v", len(found), found)
	}
}

// Catches: state that grows with the number of pairs.
func TestPortScanMemoryIsBounded(t *testing.T) {
	tune := PortScanDefaults()
	tune.Pairs, tune.Offenders = 10, 10
	s := NewPortScan(tune)
	judge(s, many(1000, func(i int) *events.Conn { return syn(0, host(i), victimHost, 80) }))
	if s.pairs.Len() != 10 || s.pairs.Evicted() != 990 {
		t.Errorf("%d pairs, %d evicted", s.pairs.Len(), s.pairs.Evicted())
	}
}

// Catches: a scan whose number stays what it was at the last alert.
func TestScansAndSweepsEndWithTheirNumbers(t *testing.T) {
	ports := NewPortScan(PortScanDefaults())
	judge(ports, many(50, func(i int) *events.Conn { return syn(0, scannerHost, victimHost, uint16(1+i)) }))
	sweeps := NewHostSweep(HostSweepDefaults())
	judge(sweeps, many(50, func(i int) *events.Conn { return syn(0, scannerHost, host(i), 80) }))
	v := device.New(device.Options{}).View()
	if last := ports.Close(v); len(last) != 1 || !last[0].Final || last[0].Properties["ports"] != 50 {
		t.Errorf("scan: %+v", last)
	}
	if last := sweeps.Close(v); len(last) != 1 || !last[0].Final || last[0].Properties["silent"] != 50 {
		t.Errorf("sweep: %+v", last)
	}
	judge(ports, many(19, func(i int) *events.Conn { return syn(0, victimHost, scannerHost, uint16(1+i)) }))
	if last := ports.Close(v); len(last) != 1 {
		t.Errorf("a last word on what was never told: %+v", last)
	}
}
