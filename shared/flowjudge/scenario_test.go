package flowjudge

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

var update = flag.Bool("update", false, "write testdata and documents anew")

// begin is when the scenarios begin: a Monday, 08:00 UTC.
const begin = events.Time(1_764_576_000e9)

// maker makes records as the reader of flow logs does from the default format: without TCP flags, window by window.
type maker struct {
	list   []*events.Conn
	random *rand.Rand
	iface  string
}

func newMaker() *maker { return &maker{random: rand.New(rand.NewPCG(7, 7)), iface: "eni-0a"} }

// one is a record of a conversation between two ports, both ways. Times are whole seconds, as in flow logs.
func (m *maker) one(at, lasted time.Duration, proto uint8, orig string, origPort uint16, resp string, respPort uint16) *events.Conn {
	c := &events.Conn{
		IPProto: proto, Proto: map[uint8]string{1: "icmp", 6: "tcp", 17: "udp"}[proto], Duration: events.Interval(lasted.Truncate(time.Second)),
		ConnState: "OTH", Source: events.FlowLog, Action: "ACCEPT", Interface: m.iface, Direction: "egress",
	}
	c.TS, c.UID = begin.Add(at.Truncate(time.Second)), fmt.Sprintf("V%06d", len(m.list))
	c.OrigH, c.RespH, c.OrigP, c.RespP = netip.MustParseAddr(orig), netip.MustParseAddr(resp), origPort, respPort
	c.LocalOrig, c.LocalResp = c.OrigH.IsPrivate(), c.RespH.IsPrivate()
	m.list = append(m.list, c)
	return c
}

func (m *maker) port() uint16 { return uint16(32768 + m.random.IntN(28000)) }

// client gives a client's port that comes in order, as most systems take them.
func (m *maker) client() uint16 { return uint16(32768 + len(m.list)*2%28000) }

// closed is a TCP try that was rejected.
func (m *maker) closed(at time.Duration, orig, resp string, port uint16) *events.Conn {
	c := m.one(at, 0, 6, orig, m.client(), resp, port)
	c.Action, c.ConnState, c.OrigPkts, c.OrigIPBytes, c.Direction = "REJECT", "S0", 1, 60, "ingress"
	return c
}

// talk is a TCP conversation, or a window of one, in which both sides said something.
func (m *maker) talk(at, lasted time.Duration, orig string, from uint16, resp string, port uint16, out, in uint64) *events.Conn {
	c := m.one(at, lasted, 6, orig, from, resp, port)
	c.OrigBytes, c.RespBytes, c.OrigPkts, c.RespPkts = out, in, 4+out/1400, 4+in/1400
	c.OrigIPBytes, c.RespIPBytes = out+c.OrigPkts*52, in+c.RespPkts*52
	c.ConnState = "S1"
	return c
}

// held is a connection that is told in pieces.
func (m *maker) held(at, lasts, piece time.Duration, orig, resp string, port uint16, out, in uint64) {
	from := m.client()
	for t := time.Duration(0); t < lasts; t += piece {
		m.talk(at+t, min(piece, lasts-t)-time.Second, orig, from, resp, port, out, in)
	}
}

// checked is a health check: a connection that is opened and closed, with nothing said.
func (m *maker) checked(at time.Duration, orig, resp string, port uint16) {
	c := m.one(at, 0, 6, orig, m.client(), resp, port)
	c.OrigPkts, c.OrigIPBytes, c.RespPkts, c.RespIPBytes = 4, 60+3*52, 3, 60+2*52
}

// site has a dozen hosts turn to a few servers outside each hour.
func (m *maker) site(hours int) {
	for i := range hours * 12 {
		m.talk(time.Duration(i/12)*time.Hour+time.Duration(m.random.IntN(3600))*time.Second, time.Second, host(i%12), m.client(), fmt.Sprintf("198.51.100.%d", 20+m.random.IntN(6)), 443, 3000, 9000)
	}
}

// scenario is records with a known answer.
type scenario struct {
	name string
	from time.Duration // what was found before is what it learned by
	make func(m *maker)
	want []string // type, offender and band
}

func host(i int) string    { return fmt.Sprintf("10.0.%d.%d", 10+i/200, 1+i%200) }
func visitor(i int) string { return fmt.Sprintf("198.18.%d.%d", i/250, 1+i%250) }

func scenarios() []scenario {
	return append(attacks(), twins()...)
}

func attacks() []scenario {
	const hour, minute, second = time.Hour, time.Minute, time.Second
	return []scenario{
		{"scan_from_outside", 0, func(m *maker) {
			for i := range 1000 {
				m.closed(time.Duration(i)*300*time.Millisecond, "203.0.113.50", host(1), uint16(1+i))
			}
		}, []string{"recon.port_scan 203.0.113.50 low"}},
		{"scan_from_inside", 0, func(m *maker) {
			for i := range 1000 {
				m.closed(time.Duration(i)*300*time.Millisecond, "10.0.3.7", host(1), uint16(1+i))
			}
		}, []string{"recon.port_scan 10.0.3.7 medium"}},
		{"slow_scan", 0, func(m *maker) {
			for i := range 60 {
				m.closed(time.Duration(i)*5*minute, "10.0.3.8", host(2), uint16(100+37*i))
			}
		}, []string{"recon.port_scan 10.0.3.8 medium"}},
		{"sweep", 0, func(m *maker) {
			for i := range 60 {
				if c := m.closed(time.Duration(i)*2*second, "10.0.3.9", host(i), 445); i%3 == 0 {
					c.Action, c.Direction = "ACCEPT", "egress" // let out, and nobody there
				}
			}
		}, []string{"recon.host_sweep 10.0.3.9 medium"}},
		{"protocols", 0, func(m *maker) {
			for i := range 40 {
				c := m.one(time.Duration(i)*second, 0, uint8(60+i), "10.0.3.7", 0, host(3), 0)
				c.OrigPkts, c.OrigIPBytes, c.Action = 1, 20, "REJECT"
			}
		}, []string{"recon.protocol_scan 10.0.3.7 medium"}},
		{"beacon", 0, func(m *maker) {
			for i := range 360 {
				at := time.Duration(i)*minute + time.Duration(m.random.IntN(4000))*time.Millisecond
				m.talk(at, second, "10.0.2.20", m.client(), "198.51.100.77", 8531, 310, 900)
			}
		}, []string{"c2.beacon 198.51.100.77 medium"}},
		{"beacon_to_a_new_server", 30 * hour, func(m *maker) {
			m.site(36)
			for i := range 180 {
				at := 32*hour + time.Duration(i)*minute + time.Duration(m.random.IntN(4000))*time.Millisecond
				m.talk(at, second, host(5), m.client(), "198.51.100.78", 443, 310, 900)
			}
		}, []string{"c2.beacon 198.51.100.78 medium"}},
		{"ssh_from_outside", 0, func(m *maker) {
			m.held(0, 12*minute, minute, "203.0.113.60", host(4), 22, 1800, 5200)
		}, []string{"c2.external_remote_access 203.0.113.60 medium"}},
		{"upload", 72 * hour, func(m *maker) {
			for day := range 3 { // it usually sends 100 MB a day
				for h := range 24 {
					m.talk(time.Duration(24*day+h)*hour, 5*second, "10.0.2.21", m.client(), "198.51.100.20", 443, 4_000_000, 90_000)
				}
			}
			m.held(73*hour, 100*minute, 10*minute, "10.0.2.21", "203.0.113.99", 443, 4_000_000_000, 60_000_000)
		}, []string{"exfil.outbound_volume 10.0.2.21 high"}},
		{"new_destination", 0, func(m *maker) {
			for i := range 26 {
				m.talk(time.Duration(i)*hour, second, "10.0.2.22", m.client(), "198.51.100.20", 443, 30_000, 90_000)
			}
			m.talk(27*hour, 20*second, "10.0.2.22", m.client(), "203.0.113.98", 443, 30_000_000, 200_000)
			m.talk(28*hour, second, "10.0.2.22", m.client(), "198.51.100.20", 443, 30_000, 90_000)
		}, []string{"exfil.new_destination 10.0.2.22 medium", "exfil.outbound_volume 10.0.2.22 low"}},
		{"pool", 0, func(m *maker) {
			m.held(0, 2*hour, 10*minute, "10.0.2.23", "203.0.113.97", 3333, 9_000, 14_000)
		}, []string{"impact.cryptomining 10.0.2.23 medium"}},
		{"long_connection", 0, func(m *maker) {
			m.held(0, 5*hour, 10*minute, "10.0.2.24", "203.0.113.96", 6001, 700, 900)
		}, []string{"c2.long_connection 203.0.113.96 low"}},
		{"fan_out", 0, func(m *maker) {
			for i := range 15 {
				m.talk(time.Duration(i)*30*second, 20*second, "10.0.3.10", m.client(), host(20+i), 22, 5000, 9000)
			}
		}, []string{"lateral.fan_out 10.0.3.10 medium"}},
	}
}

func twins() []scenario {
	const hour, minute, second = time.Hour, time.Minute, time.Second
	return []scenario{
		{"health_checks", 0, func(m *maker) {
			for i := range 40 * 25 {
				m.checked(time.Duration(i/25)*30*second, "10.0.9.5", host(i%25), 8080)
			}
		}, nil},
		{"background_noise", 0, func(m *maker) {
			ports := []uint16{22, 23, 80, 443, 445, 1433, 3389, 5900, 6379, 8080, 8443}
			for i := range 3000 { // 300 visitors, each with a few tries of a few hosts and ports
				m.closed(time.Duration(i)*10*second, visitor(i%300), host(m.random.IntN(100)), ports[m.random.IntN(len(ports))])
			}
			for i := range 90 { // and one who goes through all of them
				m.closed(time.Duration(i)*30*second, "198.18.9.9", host(i), 23)
			}
		}, nil},
		{"ntp", 0, func(m *maker) {
			for i := range 1200 {
				c := m.one(time.Duration(i)*3*second, 0, 17, host(i%20), 123, fmt.Sprintf("203.0.113.%d", 120+i%4), 123)
				c.OrigPkts, c.OrigIPBytes, c.OrigBytes, c.RespPkts, c.RespIPBytes, c.RespBytes = 1, 76, 48, 1, 76, 48
			}
		}, nil},
		{"usual_backup", 3 * 24 * hour, func(m *maker) {
			for night := range 5 {
				m.held(time.Duration(24*night)*hour, 100*minute, 10*minute, "10.0.2.30", "203.0.113.200", 443, 4_000_000_000, 50_000_000)
			}
		}, nil},
		{"answers_first", 0, func(m *maker) {
			for i := range 200 { // a server's answers, of which the reader saw nothing else
				m.talk(time.Duration(i)*20*second, 10*second, host(6), 443, visitor(i), m.port(), 9_000_000, 0).RespPkts = 0
				m.talk(time.Duration(i)*20*second, 10*second, host(7), 7000, visitor(i), m.port(), 9_000_000, 0).RespPkts = 0
			}
		}, nil},
		{"late_answers", 0, func(m *maker) {
			for i := range 400 { // the security group had forgotten the question
				c := m.closed(time.Duration(i)*20*second, "203.0.113.9", host(8), uint16(32768+i*17))
				c.OrigP, c.OrigIPBytes = 443, 40
			}
		}, nil},
		{"poller", 0, func(m *maker) {
			for i := range 360 {
				m.talk(time.Duration(i)*minute, second, "10.0.2.40", m.client(), "198.51.100.10", 443, 900, 1500)
				m.talk(time.Duration(i)*minute, second, "10.0.2.41", m.client(), host(9), 9100, 200, 40_000)
			}
		}, nil},
		{"old_poller", 0, func(m *maker) {
			m.site(36)
			for i := range 36 * 30 {
				m.talk(time.Duration(i)*2*minute, second, host(5), m.client(), "198.51.100.12", 443, 900, 1500)
			}
		}, nil},
		{"password_guesses", 0, func(m *maker) {
			for i := range 200 {
				m.talk(time.Duration(i)*20*second, 15*second, "203.0.113.61", m.client(), host(4), 22, 2500, 3000)
			}
		}, nil},
		{"download_on_a_pool_port", 0, func(m *maker) {
			m.held(0, hour, 10*minute, "10.0.2.42", "198.51.100.11", 3333, 400_000, 90_000_000)
		}, nil},
		{"udp_out_of_order", 0, func(m *maker) {
			for i := range 500 { // metrics to one collector, and a resolver outside
				c := m.one(time.Duration(i)*10*second, 0, 17, host(i%40), m.port(), "203.0.113.53", 53)
				c.OrigPkts, c.OrigIPBytes, c.OrigBytes, c.RespPkts, c.RespIPBytes, c.RespBytes = 1, 70, 42, 1, 150, 122
				c = m.one(time.Duration(i)*10*second, 0, 17, host(i%40), 50_000, "10.0.9.9", 8125)
				c.OrigPkts, c.OrigIPBytes, c.OrigBytes = 3, 600, 516
			}
		}, nil},
	}
}

// file gives the records of a scenario as they stand in testdata, and holds them against the maker.
func (s *scenario) file(t testing.TB) []*events.Conn {
	t.Helper()
	m := newMaker()
	s.make(m)
	var want []byte
	for _, c := range m.list {
		want = append(c.AppendJSON(want), '\n')
	}
	path := filepath.Join("testdata", s.name+".jsonl")
	if *update {
		if err := os.WriteFile(path, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, want) {
		t.Fatalf("%s is not what the test makes; run with -update", path)
	}
	var list []*events.Conn
	for line := range bytes.Lines(have) {
		c := &events.Conn{}
		if err := json.Unmarshal(line, c); err != nil {
			t.Fatal(err)
		}
		if c.IPProto == 6 {
			c.TCPFlags = flagACK // the reader's word where a log has no flags
		}
		list = append(list, c)
	}
	return list
}

// feed shows records object by object, five minutes each, in the order of their windows' ends.
func feed(t testing.TB, j *Judge, list []*events.Conn) {
	t.Helper()
	end := func(c *events.Conn) events.Time { return c.TS.Add(c.Duration.Duration()) }
	slices.SortStableFunc(list, func(a, b *events.Conn) int { return int(max(min(end(a)-end(b), 1), -1)) })
	const object = events.Time(5 * time.Minute)
	for at := 0; at < len(list); {
		slot := end(list[at]) / object
		name := fmt.Sprint("object-", int64(slot))
		if !j.Begin(name, (slot+1)*object) {
			t.Fatalf("%s was fed already", name)
		}
		for ; at < len(list) && end(list[at])/object == slot; at++ {
			j.Conn(list[at])
		}
		j.End(name)
		j.Tick(t.Context())
	}
	j.Close(t.Context())
}

// told runs a scenario and gives what was told in the end: type, first offender and band of each detection.
func told(t *testing.T, s *scenario, o Options) (list []string, last map[string]*events.Detection) {
	t.Helper()
	last = map[string]*events.Detection{}
	o.Emit = func(d *events.Detection) {
		if events.TimeOf(d.Evidence.End) >= begin.Add(s.from) {
			last[d.ID] = d
		}
	}
	j, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	feed(t, j, s.file(t))
	for _, d := range last {
		list = append(list, fmt.Sprint(d.Type, " ", d.Participants[0].Address, " ", d.Risk.Band))
	}
	slices.Sort(list)
	return list, last
}

// Catches: an attack that flow logs show and nobody is told of, an alarm for its innocent twin, and one that does not say how it was seen.
func TestScenarios(t *testing.T) {
	for _, s := range scenarios() {
		t.Run(s.name, func(t *testing.T) {
			have, last := told(t, &s, Options{})
			if !slices.Equal(have, s.want) {
				t.Errorf("told of %q, want %q", have, s.want)
			}
			for _, d := range last {
				check(t, d)
				if t.Failed() || testing.Verbose() {
					t.Logf("%d %s: %s %+v", d.Risk.Score, d.Type, d.Description, d.Risk.Terms)
				}
			}
		})
	}
}
