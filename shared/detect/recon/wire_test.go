package recon

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

type wireCase struct {
	name    string
	records []events.Record
	alerts  int
	said    string // part of the last alert's sentence
}

func wireCases(t *testing.T, fresh func() detect.Detector, cases []wireCase) {
	t.Helper()
	for _, c := range cases {
		d, model := fresh(), device.New(device.Options{})
		var found []detect.Finding
		for _, r := range c.records {
			found = append(found, d.Observe(r, model.Observe(r))...)
		}
		if len(found) != c.alerts {
			t.Errorf("%s: %d alerts, want %d: %+v", c.name, len(found), c.alerts, found)
			continue
		}
		if c.alerts == 0 {
			continue
		}
		f := found[len(found)-1]
		if !strings.Contains(f.Description, c.said) || f.Offenders[0].Addr.String() != scannerHost || len(f.UIDs) == 0 || len(f.Victims) == 0 {
			t.Errorf("%s: %q by %v to %v; want %q", c.name, f.Description, f.Offenders, f.Victims, c.said)
		}
		found[0].Final = true // what is told at the end tells the same thing
		for _, last := range d.(detect.Closer).Close(model.View()) {
			if !last.Final || last.Key != f.Key {
				t.Errorf("%s: last words %+v", c.name, last)
			}
		}
	}
}

func asRecords(list []*events.Conn) (out []events.Record) {
	for _, c := range list {
		out = append(out, c)
	}
	return out
}

func TestProtocolScan(t *testing.T) {
	try := func(n int, step time.Duration, proto func(i int) uint8) []events.Record {
		return asRecords(many(n, func(i int) *events.Conn {
			return probe(time.Duration(i)*step, scannerHost, victimHost, proto(i), 0, "S0", "", 0)
		}))
	}
	each := func(i int) uint8 { return uint8(100 + i) }
	answered := try(30, time.Second, each)
	for _, r := range answered {
		r.(*events.Conn).RespPkts = 1
	}
	wireCases(t, func() detect.Detector { return NewProtocolScan(ProtocolScanDefaults()) }, []wireCase{
		{"below", try(9, time.Second, each), 0, ""},
		{"at", try(10, time.Second, each), 1, "tried 10 IP protocols other than TCP, UDP and ICMP on 10.0.8.8 within 9s."},
		{"once", try(60, time.Second, each), 1, "tried 10 IP protocols"},
		// The innocent twins.
		{"a tunnel", try(100, time.Second, func(int) uint8 { return 50 }), 0, ""},
		{"a router", try(100, time.Second, func(i int) uint8 { return []uint8{47, 50, 88, 89, 103}[i%5] }), 0, ""},
		{"what everybody speaks", try(100, time.Second, func(i int) uint8 { return []uint8{1, 6, 17, 58}[i%4] }), 0, ""},
		{"answered", answered, 0, ""},
	})
}

func TestOSFingerprint(t *testing.T) {
	null := probe(time.Second, scannerHost, victimHost, device.TCP, 135, "OTH", "", 0)
	mixed := probe(2*time.Second, scannerHost, victimHost, device.TCP, 135, "SH", "Q", flagSYN|flagFIN|flagPSH|flagURG)
	xmas := probe(3*time.Second, scannerHost, victimHost, device.TCP, 41296, "SH", "F", flagFIN|flagPSH|flagURG)
	icmp := func(kind uint16) *events.Conn {
		c := probe(4*time.Second, scannerHost, victimHost, device.ICMP, 0, "OTH", "", 0)
		c.OrigP = kind
		return c
	}
	late := probe(time.Hour, scannerHost, victimHost, device.TCP, 135, "SH", "F", flagFIN)
	wireCases(t, func() detect.Detector { return NewOSFingerprint(OSFingerprintDefaults()) }, []wireCase{
		{"below", asRecords([]*events.Conn{null, mixed, mixed, mixed}), 0, ""},
		{"at", asRecords([]*events.Conn{null, mixed, xmas}), 1, "each answers in its own way: SYN with FIN, no flags, FIN without ACK."},
		{"once", asRecords([]*events.Conn{null, mixed, xmas, null, mixed, xmas}), 1, "SYN with FIN"},
		{"by ICMP", asRecords([]*events.Conn{icmp(13), icmp(17), icmp(15)}), 1, "ICMP timestamp, ICMP netmask, ICMP information."},
		// The innocent twins.
		{"a FIN scan and one without flags", asRecords(append(many(100, func(int) *events.Conn { return xmas }), null, icmp(13))), 0, ""},
		{"a management system that asks for the time", asRecords(many(100, func(int) *events.Conn { return icmp(13) })), 0, ""},
		{"too far apart", asRecords([]*events.Conn{null, mixed, late}), 0, ""},
		{"connections that end", asRecords(many(100, func(i int) *events.Conn { return talk(time.Second, scannerHost, victimHost, 80) })), 0, ""},
	})
	if found := judge(NewPortScan(PortScanDefaults()), []*events.Conn{null, mixed, xmas, null, xmas}); len(found) != 0 {
		t.Errorf("told as a port scan, too: %+v", found)
	}
}

func dnsAsk(at time.Duration, kind, query string, code uint16, answers int) *events.DNS {
	q := &events.DNS{Proto: "tcp", QTypeName: kind, Query: query, RCode: &code, AnswerRecords: uint32(answers)}
	q.TS, q.UID, q.OrigP, q.RespP = start.Add(at), fmt.Sprint("C", at), 50123, 53
	q.OrigH, q.RespH = netip.MustParseAddr(scannerHost), netip.MustParseAddr(victimHost)
	return q
}

func TestZoneTransfer(t *testing.T) {
	const given = "10.0.9.9 asked 10.0.8.8 for the zone \"example.com\" as a whole, and was given 40 records."
	full, refused := dnsAsk(0, "AXFR", "example.com", 0, 40), dnsAsk(0, "AXFR", "example.com", 5, 0)
	more := dnsAsk(time.Second, "", "", 0, 500) // what follows the first message stands alone
	second := probe(0, victimHost, scannerHost, device.UDP, 53, "SF", "Dd", 0)
	second.OrigBytes, second.RespBytes, second.OrigPkts, second.RespPkts, second.Service = 40, 90, 1, 1, "dns"
	wireCases(t, func() detect.Detector { return NewZoneTransfer(ZoneTransferDefaults()) }, []wireCase{
		{"given", []events.Record{full, more}, 1, given},
		{"once", []events.Record{full, full, full}, 1, given},
		{"refused", []events.Record{refused}, 1, "and was not given it."},
		{"refused, and then given", []events.Record{refused, full}, 2, given},
		{"what is new, answered with all", []events.Record{dnsAsk(0, "IXFR", "example.com", 0, 40)}, 1, given},
		// The innocent twins.
		{"nothing is new", []events.Record{dnsAsk(0, "IXFR", "example.com", 0, 1)}, 0, ""},
		{"a second name server", []events.Record{second, full, full}, 0, ""},
		{"a look-up", []events.Record{dnsAsk(0, "TXT", "example.com", 0, 40)}, 0, ""},
	})
}

func TestDNSSweep(t *testing.T) {
	names := func(n int, step time.Duration, kind string, name func(i int) string) (list []events.Record) {
		for i := range n {
			list = append(list, dnsAsk(time.Duration(i)*step, kind, name(i), 3, 0))
		}
		return list
	}
	row := func(i int) string { return fmt.Sprintf("%d.7.0.10.in-addr.arpa", i%256) }
	v6 := func(i int) string {
		return fmt.Sprintf("%x.%x.%s1.0.d.f.ip6.arpa", i&15, i>>4&15, strings.Repeat("0.", 26))
	}
	wireCases(t, func() detect.Detector { return NewDNSSweep(DNSSweepDefaults()) }, []wireCase{
		{"below", names(90, time.Second, "PTR", row), 0, ""},
		{"at", names(110, time.Second, "PTR", row), 1, "asked DNS for the names of about 100 addresses of the network \"10.0.7.0/24\" within 1m36s."},
		{"once", names(256, time.Second, "PTR", row), 1, "about 100 addresses"},
		{"IPv6", names(150, time.Second, "PTR", v6), 1, "addresses of the network \"fd01::/120\""},
		// The innocent twins.
		{"a log server", names(1000, time.Second, "PTR", func(i int) string { return fmt.Sprintf("%d.%d.0.10.in-addr.arpa", i%7, i%200) }), 0, ""},
		{"a mail server", names(1000, time.Second, "PTR", func(i int) string { return fmt.Sprintf("%d.113.0.203.in-addr.arpa", i%256) }), 0, ""},
		{"slow", names(256, time.Minute, "PTR", row), 0, ""},
		{"addresses of names", names(256, time.Second, "A", row), 0, ""},
		{"names that are no addresses", names(256, time.Second, "PTR", func(i int) string { return fmt.Sprintf("lb._dns-sd._udp.%d.0.10.in-addr.arpa", i) }), 0, ""},
	})
}

func TestReverse(t *testing.T) {
	for name, want := range map[string]string{
		"5.7.0.10.in-addr.arpa": "10.0.7.5", "256.7.0.10.in-addr.arpa": "", "7.0.10.in-addr.arpa": "", "1.5.7.0.10.in-addr.arpa": "",
		"x.7.0.10.in-addr.arpa": "", "in-addr.arpa": "", "": "", "5.ip6.arpa": "",
		"1." + strings.Repeat("0.", 27) + "1.0.d.f.ip6.arpa": "fd01::1", strings.Repeat("g.", 31) + "g.ip6.arpa": "",
	} {
		got := ""
		if a, _, ok := reverse(name); ok {
			got = a.String()
		}
		if got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

func TestHostSweepByARP(t *testing.T) {
	asks := func(n int, step time.Duration, answered bool) (list []events.Record) {
		for i := range n {
			a := &events.ARP{OrigL2: "02:00:00:00:00:01", Requests: 2, Answered: answered}
			a.TS, a.UID = start.Add(time.Duration(i)*step), fmt.Sprint("A", i)
			a.OrigH, a.RespH = netip.MustParseAddr(scannerHost), netip.MustParseAddr(host(i))
			list = append(list, a)
		}
		return list
	}
	const step = 10 * time.Millisecond
	wireCases(t, func() detect.Detector { return NewHostSweep(HostSweepDefaults()) }, []wireCase{
		{"below", asks(90, step, false), 0, ""},
		{"at", asks(110, step, false), 1, "10.0.9.9 asked for hosts by ARP within one second: about 100 did not respond and 0 did."},
		{"once", asks(256, step, false), 1, "by ARP"},
		{"some answer", append(asks(50, step, true), asks(256, step, false)...), 1, "by ARP"},
		// The innocent twins.
		{"a router that looks for one host or the other", asks(500, time.Second, false), 0, ""},
		{"a server and its clients", asks(500, step, true), 0, ""},
	})
}
