package access

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

// wireCase is a table of records in and findings out, of the detectors that look at what happens below the protocols.
type wireCase struct {
	name    string
	records []events.Record
	alerts  int
	said    string // part of the last alert's sentence
	by      string // its first offender
}

func wireCases(t *testing.T, fresh func() detect.Detector, cases []wireCase) {
	t.Helper()
	for _, c := range cases {
		found := judge(fresh(), c.records)
		if len(found) != c.alerts {
			t.Errorf("%s: %d alerts, want %d: %+v", c.name, len(found), c.alerts, found)
			continue
		}
		if c.alerts == 0 {
			continue
		}
		f := found[len(found)-1]
		if !strings.Contains(f.Description, c.said) || c.by != "" && f.Offenders[0].Addr.String() != c.by || len(f.UIDs) == 0 || len(f.Victims) == 0 || f.Key != found[0].Key {
			t.Errorf("%s: %q by %v to %v; want %q by %s", c.name, f.Description, f.Offenders, f.Victims, c.said, c.by)
		}
	}
}

func second(i int) time.Duration { return time.Duration(i) * time.Second }

func TestTCPInjection(t *testing.T) {
	conn := func(n int, change func(c *events.Conn)) []events.Record {
		return many(n, func(i int) events.Record {
			c := &events.Conn{Head: head(second(i), server, attacker, 80), IPProto: device.TCP, History: "ShADadFf", OrigPkts: 5, RespPkts: 5}
			change(c)
			return c
		})
	}
	rewritten := func(c *events.Conn) { c.RespRewritten = 2 }
	wireCases(t, func() detect.Detector { return NewTCPInjection(TCPInjectionDefaults()) }, []wireCase{
		{"rewritten", conn(1, rewritten), 1, "into a connection of 10.0.0.5 to 203.0.113.9: data was sent in the name of 203.0.113.9 that differs from what had been acknowledged (2 segments).", server},
		{"once", conn(9, rewritten), 1, "a connection", server},
		{"next order", conn(10, rewritten), 2, "into 10 connections", server},
		{"taken over in its first answer", conn(1, func(c *events.Conn) { c.AnsweredTwice = true }), 1, "203.0.113.9 accepted it twice, with different numbers.", server},
		{"a reset that nobody minds", conn(1, func(c *events.Conn) { c.ResetIgnored = "resp" }), 1, "a reset came in the name of 203.0.113.9, which went on sending.", server},
		{"from elsewhere", conn(1, func(c *events.Conn) { c.ResetIgnored, c.ResetFar = "orig", "both" }), 1, "in the name of 10.0.0.5, over another number of hops or from another network card, which went on", server},
		// The innocent twins.
		{"a firewall that resets", conn(50, func(c *events.Conn) { c.ResetFar = "resp" }), 0, "", ""},
		{"an orderly connection", conn(50, func(*events.Conn) {}), 0, "", ""},
		{"told before its end", conn(50, func(c *events.Conn) { c.Interim, c.RespRewritten = true, 1 }), 0, "", ""},
	})
}

func TestSIGRed(t *testing.T) {
	answer := func(n int, kind, proto string, size uint32) []events.Record {
		return many(n, func(i int) events.Record {
			return &events.DNS{Head: head(second(i), server, attacker, 53), Proto: proto, QTypeName: kind, Query: "9.evil.example", AnswerBytes: size}
		})
	}
	wireCases(t, func() detect.Detector { return NewSIGRed(SIGRedDefaults()) }, []wireCase{
		{"below", answer(1, "SIG", "tcp", 16<<10-1), 0, "", ""},
		{"at", answer(1, "SIG", "tcp", 65_500), 1, "203.0.113.9 answered a question of 10.0.0.5 for a SIG record over TCP with 65500 bytes (\"9.evil.example\")", attacker},
		{"once", answer(9, "SIG", "tcp", 65_500), 1, "65500", attacker},
		{"only the answer was seen", []events.Record{&events.DNS{Head: head(0, server, attacker, 53), Proto: "tcp", Question: "9.evil.example", QuestionType: "SIG", AnswerBytes: 65_000}}, 1, "65000", attacker},
		// The innocent twins.
		{"a zone transfer", answer(9, "AXFR", "tcp", 65_500), 0, "", ""},
		{"DNSSEC", answer(9, "RRSIG", "tcp", 20_000), 0, "", ""},
		{"an answer that does not fit in UDP", answer(9, "SIG", "udp", 512), 0, "", ""},
	})
}

func TestIPv6Exploit(t *testing.T) {
	weird := func(n int, name, orig, resp string, kind uint16) []events.Record {
		return many(n, func(i int) events.Record {
			w := &events.Weird{Head: head(second(i), orig, resp, 133), Name: name, Addl: "option 25 of 32 bytes"}
			w.OrigP = kind
			return w
		})
	}
	wireCases(t, func() detect.Detector { return NewIPv6Exploit(IPv6ExploitDefaults()) }, []wireCase{
		{"one", weird(1, events.WeirdAdvertOption, "fe80::9", "ff02::1", 134), 1, "fe80::9 sent ff02::1 a router advertisement with an option whose length cannot be (option 25 of 32 bytes).", "fe80::9"},
		{"in answer", weird(1, events.WeirdAdvertOption, "fe80::1", "fe80::9", 133), 1, "fe80::9 sent fe80::1", "fe80::9"},
		{"once", weird(9, events.WeirdAdvertOption, "fe80::9", "ff02::1", 134), 1, "fe80::9", "fe80::9"},
		{"another oddity", weird(9, "fragment_overlap", "fe80::9", "ff02::1", 134), 0, "", ""},
	})
}

func TestWorm(t *testing.T) {
	instance := func(n int) []events.Record {
		return many(n, func(i int) events.Record {
			return &events.Weird{Head: head(second(i), attacker, fmt.Sprintf("10.0.1.%d", 1+i), 1434), Name: events.WeirdLongInstance, Addl: "375 bytes", Source: "ssrp"}
		})
	}
	conn := func(at int, orig, resp string, proto uint8, port uint16, size uint64) events.Record {
		return &events.Conn{Head: head(second(at), orig, resp, port), IPProto: proto, OrigBytes: size, OrigPkts: 5, RespPkts: 5}
	}
	rpc, shell := conn(0, attacker, server, device.TCP, 135, 1704), conn(2, attacker, server, device.TCP, 4444, 60)
	fetch := conn(3, server, attacker, device.UDP, 69, 20)
	const blaster = "203.0.113.9 sent a long request to Windows RPC of 10.0.0.5, and a shell or a fetched program followed, as with the Blaster worm."
	wireCases(t, func() detect.Detector { return NewWorm(WormDefaults()) }, []wireCase{
		{"one datagram", instance(1), 1, "of 10.0.1.1 for an instance name longer than there can be", attacker},
		{"once", instance(9), 1, "of 10.0.1.1", attacker},
		{"next order", instance(10), 2, "of 10 hosts", attacker},
		{"request and shell", []events.Record{rpc, shell}, 1, blaster, attacker},
		{"the shell's record comes first", []events.Record{shell, rpc}, 1, blaster, attacker},
		{"request and fetched program", []events.Record{rpc, fetch}, 1, blaster, attacker},
		{"all steps are one thing", []events.Record{rpc, shell, fetch}, 1, blaster, attacker},
		// The innocent twins.
		{"a request alone", []events.Record{rpc}, 0, "", ""},
		{"TFTP alone", []events.Record{fetch, fetch}, 0, "", ""},
		{"a short request", []events.Record{conn(0, attacker, server, device.TCP, 135, 400), shell}, 0, "", ""},
		{"much later", []events.Record{rpc, conn(900, attacker, server, device.TCP, 4444, 60)}, 0, "", ""},
		{"nothing was said to the shell", []events.Record{rpc, conn(2, attacker, server, device.TCP, 4444, 0)}, 0, "", ""},
	})
}

func TestARPSpoof(t *testing.T) {
	const evil, gate, host = "02:00:00:00:00:99", "02:00:00:00:00:01", "02:00:00:00:00:02"
	said := func(at int, mac, orig, resp string, requests, unasked uint64) events.Record {
		a := &events.ARP{Head: head(second(at), orig, resp, 0), OrigL2: mac, Requests: requests, Replies: unasked, Unasked: unasked}
		a.UID = fmt.Sprint("A", at, mac, orig, resp)
		return a
	}
	truth := []events.Record{
		said(0, gate, "10.0.0.1", "10.0.0.2", 1, 0), said(1, host, "10.0.0.2", "10.0.0.1", 1, 0), said(2, evil, "10.0.0.66", "10.0.0.1", 1, 0),
	}
	with := func(more ...events.Record) []events.Record { return append(truth[:3:3], more...) }
	const told = "The network card 02:00:00:00:00:99 sent 5 ARP replies that nobody asked for, saying that 10.0.0.1 is there, which is also claimed by 02:00:00:00:00:01."
	wireCases(t, func() detect.Detector { return NewARPSpoof(ARPSpoofDefaults()) }, []wireCase{
		{"below", with(said(3, evil, "10.0.0.1", "10.0.0.2", 0, 4)), 0, "", ""},
		{"at", with(said(3, evil, "10.0.0.1", "10.0.0.2", 0, 4), said(40, evil, "10.0.0.1", "10.0.0.2", 0, 1)), 1, told, "10.0.0.66"},
		{"once", with(said(3, evil, "10.0.0.1", "10.0.0.2", 0, 5), said(33, evil, "10.0.0.1", "10.0.0.2", 0, 15), said(63, evil, "10.0.0.1", "10.0.0.2", 0, 15)), 1, told, "10.0.0.66"},
		{"by requests, between two hosts", []events.Record{
			said(0, evil, "10.0.0.1", "10.0.0.2", 1, 0), said(0, host, "10.0.0.2", "10.0.0.1", 0, 0), said(1, evil, "10.0.0.2", "10.0.0.1", 1, 0), said(1, gate, "10.0.0.1", "10.0.0.2", 0, 0),
		}, 1, "The network card 02:00:00:00:00:99 spoke in ARP as if 10.0.0.1 was there, which is also claimed by 02:00:00:00:00:01.", ""},
		{"both ways are one thing", with(said(3, evil, "10.0.0.1", "10.0.0.2", 0, 5), said(3, evil, "10.0.0.2", "10.0.0.1", 0, 5)), 2, "saying that 10.0.0.2 is there", "10.0.0.66"},
		{"the truth was never seen", []events.Record{said(3, evil, "10.0.0.1", "10.0.0.2", 0, 15), said(3, evil, "10.0.0.2", "10.0.0.1", 0, 15)}, 1, "15 ARP replies that nobody asked for, saying that 10.0.0.2 is there.", "10.0.0.2"},
		// The innocent twins.
		{"a failover", with(said(3, evil, "10.0.0.1", "10.0.0.1", 0, 50), said(9, evil, "10.0.0.1", "10.0.0.2", 2, 0)), 0, "", ""},
		{"a router whose requests are not seen", []events.Record{said(3, gate, "10.0.0.1", "10.0.0.2", 0, 50), said(3, gate, "10.0.0.1", "10.0.0.3", 0, 50)}, 0, "", ""},
		{"two addresses move in a failover", []events.Record{
			said(0, gate, "10.0.0.1", "10.0.0.9", 1, 0), said(0, gate, "10.0.0.2", "10.0.0.9", 1, 0), said(5, evil, "10.0.0.1", "10.0.0.9", 1, 0), said(5, evil, "10.0.0.2", "10.0.0.9", 1, 0),
		}, 0, "", ""},
		{"a laptop that gets two addresses of others, one after the other", []events.Record{
			said(0, gate, "10.0.0.1", "10.0.0.9", 1, 0), said(0, host, "10.0.0.2", "10.0.0.9", 1, 0), said(900, evil, "10.0.0.1", "10.0.0.9", 1, 0), said(1500, evil, "10.0.0.2", "10.0.0.9", 1, 0),
		}, 0, "", ""},
		{"a router that answers for others when asked", many(20, func(i int) events.Record { return said(i, gate, fmt.Sprintf("10.0.5.%d", i), "10.0.0.2", 0, 0) }), 0, "", ""},
		{"a laptop that gets the address of one that left", with(said(9000, evil, "10.0.0.2", "10.0.0.1", 3, 0), said(9001, evil, "10.0.0.2", "10.0.0.1", 0, 2)), 0, "", ""},
	})
}

func TestLLMNRPoisoning(t *testing.T) {
	answer := func(at int, by, asker, name string, port uint16, self bool) events.Record {
		q := &events.DNS{Head: head(second(at), asker, by, port), Query: name, Responder: netip.MustParseAddr(by), NamesSelf: self}
		if port == 137 {
			q.OrigP = 137
		}
		return q
	}
	list := func(n int, port uint16, self bool, name func(i int) string) []events.Record {
		return many(n, func(i int) events.Record {
			return answer(i, "10.0.0.66", fmt.Sprintf("10.0.0.%d", 1+i%5), name(i), port, self)
		})
	}
	names := func(i int) string { return fmt.Sprintf("srv%d", i) }
	same := func(int) string { return "files" }
	wireCases(t, func() detect.Detector { return NewLLMNRPoisoning(LLMNRPoisoningDefaults()) }, []wireCase{
		{"below", list(3, 5355, true, names), 0, "", ""},
		{"at", list(4, 5355, true, names), 1, "10.0.0.66 answered all who asked by LLMNR and NetBIOS for 4 different names that it was its own (\"srv0\", \"srv1\" and so on).", "10.0.0.66"},
		{"NetBIOS and LLMNR together", append(list(3, 137, true, names), answer(9, "10.0.0.66", "10.0.0.3", "printer", 5355, true)), 1, "4 different names", "10.0.0.66"},
		{"once", list(29, 5355, true, names), 1, "4 different names", "10.0.0.66"},
		{"wpad alone", list(1, 5355, true, func(int) string { return "wpad" }), 1, "for the name \"wpad\"", "10.0.0.66"},
		{"multicast DNS", list(8, 5353, true, func(i int) string { return fmt.Sprintf("h%d.local", i) }), 1, "by multicast DNS for 8 different names", "10.0.0.66"},
		// The innocent twins.
		{"a host that says its name", list(500, 5355, true, same), 0, "", ""},
		{"IPv4 and IPv6, bare and with a domain", list(9, 5355, true, func(i int) string { return []string{"files", "files.local"}[i%2] }), 0, "", ""},
		{"a domain controller", list(99, 137, true, func(i int) string { return []string{"dc01", "corp", "__msbrowse__"}[i%3] }), 0, "", ""},
		{"a WINS server", list(99, 137, false, names), 0, "", ""},
		{"a few names by multicast DNS", list(7, 5353, true, names), 0, "", ""},
	})
}

// Catches: a detector whose last word is missing, and one that cannot be kept.
func TestWireDetectorsEndWithTheirNumbers(t *testing.T) {
	w := NewWorm(WormDefaults())
	judge(w, many(5, func(i int) events.Record {
		return &events.Weird{Head: head(second(i), attacker, fmt.Sprintf("10.0.1.%d", 1+i), 1434), Name: events.WeirdLongInstance}
	}))
	last := w.Close(device.New(device.Options{}).View())
	if len(last) != 1 || !last[0].Final || last[0].Properties["victims"] != 5 {
		t.Errorf("%+v", last)
	}
	again := NewWorm(WormDefaults())
	w.Save(func(key, value []byte) {
		if err := again.Load(key, value); err != nil {
			t.Error(err)
		}
	})
	if again.senders.Len() != 1 {
		t.Errorf("%d senders kept", again.senders.Len())
	}
}
