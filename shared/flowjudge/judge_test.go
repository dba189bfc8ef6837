package flowjudge

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/detect/all"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
	"github.com/mirrorwatch/mirrorwatch/shared/store/memory"
)

// check holds a detection to what all of flow logs say.
func check(t *testing.T, d *events.Detection) {
	t.Helper()
	of, ok := typeOf(d.Type)
	has := func(name string, points int) bool {
		return slices.ContainsFunc(d.Risk.Terms, func(t events.Term) bool { return t.Name == name && t.Points == points && t.Reason != "" })
	}
	if !ok || d.Sensor != events.FlowLog || d.Properties["source"] != events.FlowLog || !has("flow_logs_only", of.Points) || of.Points >= 0 || of.Trust >= 1 ||
		!strings.HasPrefix(d.Description, "Seen in VPC Flow Logs alone: ") || d.VNI != 0 || d.Confidence > of.Trust {
		t.Errorf("%+v", d)
	}
}

func judgeOf(t testing.TB, o Options) (*Judge, map[string]*events.Detection) {
	t.Helper()
	last := map[string]*events.Detection{}
	o.Emit = func(d *events.Detection) { last[d.ID] = d }
	j, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return j, last
}

// Catches: what a sensor saw judged a second time, and what was rejected, which no sensor saw, left out with it.
func TestMirrored(t *testing.T) {
	watched := netip.MustParseAddr(host(1))
	j, last := judgeOf(t, Options{Mirrored: func(iface string, a netip.Addr, at time.Time) bool {
		return iface == "eni-watched" || iface == "" && a == watched || at.IsZero()
	}})
	m := newMaker()
	for i := range 100 {
		at := time.Duration(i) * time.Second
		m.closed(at, "10.0.3.7", host(1), uint16(1+i)) // told by whoever is behind
		m.list[len(m.list)-1].Interface = "eni-watched"
		m.talk(at, time.Second, "10.0.3.7", m.client(), host(1), 80, 9000, 9000) // mirrored at the other end
		m.talk(at, time.Second, "10.0.3.7", m.client(), host(2), 80, 9000, 9000)
		m.talk(at, time.Second, host(3), m.client(), host(2), 80, 9000, 9000).Interface = "eni-watched"
	}
	for _, c := range m.list {
		j.Conn(c)
	}
	j.Close(t.Context())
	if s := j.Stats(); s.Mirrored != 200 || s.Judged != 200 || len(last) != 1 {
		t.Errorf("%+v, %d told", s, len(last))
	}
}

// Catches: a conversation counted twice because both ends, a gateway on the way, or two logs of one interface tell of it; and a try that was
// let out here and rejected there taken for one that got through.
func TestToldTwice(t *testing.T) {
	j, _ := judgeOf(t, Options{Gateway: func(iface string) bool { return iface == "eni-nat" }})
	m := newMaker()
	for i := range 50 {
		c := m.talk(time.Duration(i)*time.Minute, 59*time.Second, "10.0.2.21", 40_000, "203.0.113.99", 443, 90_000, 5000)
		for _, iface := range []string{"eni-0a", "eni-else", "eni-nat"} {
			again := *c
			again.Interface = iface
			m.list = append(m.list, &again)
		}
		tried := m.closed(time.Duration(i)*time.Minute, "10.0.3.7", host(i), 22)
		tried.Action, tried.Direction = "ACCEPT", egress
		stopped := *tried
		stopped.Action, stopped.Direction, stopped.Interface = reject, ingress, "eni-there"
		m.list = append(m.list, &stopped)
	}
	for _, c := range m.list {
		j.Conn(c)
	}
	if s := j.Stats(); s.Copies != 150 || s.Gateways != 50 || s.Judged != 100 {
		t.Errorf("%+v", s)
	}
	f := j.flows.Peek(five{netip.MustParseAddr("10.0.2.21"), netip.MustParseAddr("203.0.113.99"), 40_000, 443, 6})
	if f.so.OrigBytes != 50*90_000 || f.windows != 50 || f.so.Start != begin || j.conn.UID == "" {
		t.Errorf("%+v", f)
	}
	if c := j.tries.Peek(who{orig: netip.MustParseAddr("10.0.3.7")}); c.all != 50 || !c.blocked() {
		t.Errorf("%+v", c)
	}
}

// Catches: hosts of two VPCs with the same address taken for one, and devices that are not called what the inventory calls them.
func TestSameAddressInTwoVPCs(t *testing.T) {
	j, last := judgeOf(t, Options{
		VPC: func(iface string) string { return "vpc-" + strings.TrimPrefix(iface, "eni-") },
		Owner: func(vpc string, a netip.Addr, _ events.Time) device.Owner {
			if vpc == "vpc-b" && a == netip.MustParseAddr("10.0.3.7") {
				return device.Owner{Interface: "eni-offender", VPC: vpc}
			}
			return device.Owner{}
		},
	})
	m := newMaker()
	for i := range 30 { // neither alone makes a scan
		c := m.closed(time.Duration(i)*time.Second, "10.0.3.7", host(1), uint16(1+i))
		if c.Interface = "eni-a"; i%2 == 0 {
			c.Interface = "eni-b"
		}
	}
	for _, c := range m.list {
		j.Conn(c)
	}
	if j.Tick(t.Context()); len(last) != 0 {
		t.Fatalf("%d told", len(last))
	}
	for i := range 30 {
		c := m.closed(time.Minute+time.Duration(i)*time.Second, "10.0.3.7", host(1), uint16(100+i))
		c.Interface = "eni-b"
		j.Conn(c)
	}
	j.Close(t.Context())
	if len(last) != 1 {
		t.Fatalf("%d told", len(last))
	}
	for _, d := range last {
		check(t, d)
		if d.Participants[0].Device != "eni-offender" || d.Participants[1].Device != "vpc-b/"+host(1) {
			t.Errorf("%+v", d.Participants)
		}
	}
}

// Catches: a record of the future that carries time away, one of the past judged with those of now, and one that is empty.
func TestUntimely(t *testing.T) {
	j, _ := judgeOf(t, Options{})
	m := newMaker()
	good := m.talk(0, time.Second, host(1), 40_000, host(2), 443, 900, 900)
	future := m.talk(90*time.Minute, 0, host(1), 40_001, host(2), 443, 900, 900)
	past := m.talk(-25*time.Hour, 0, host(1), 40_002, host(2), 443, 900, 900)
	empty := m.one(0, 0, 6, host(1), 40_003, host(2), 443)
	if !j.Begin("a", begin) {
		t.Fatal("nothing was fed")
	}
	for _, c := range []*events.Conn{good, future, past, empty, {}} {
		j.Conn(c)
	}
	j.End("a")
	if s := j.Stats(); s.Future != 1 || s.Stale != 2 || s.Empty != 1 || s.Judged != 1 || j.newest != begin.Add(time.Second) {
		t.Errorf("%+v", s)
	}
}

// calls is a detector of calls, which tells of each.
type calls struct{ seen int }

func (d *calls) Observe(r events.Record, _ device.View) []detect.Finding {
	c, ok := r.(*events.CloudTrail)
	if !ok {
		return nil
	}
	d.seen++
	return []detect.Finding{{Key: c.Name, Description: c.Name, Confidence: 0.9, Start: c.TS, End: c.TS, Offenders: []detect.Party{{Addr: c.OrigH}}}}
}

func (*calls) Tick(events.Time, device.View) []detect.Finding { return nil }

// Catches: a call that two sources tell counted twice, one taken for what flow logs show, and questions to the sensors about it.
func TestCalls(t *testing.T) {
	d := &calls{}
	have := append(all.Specs(), detect.Spec{
		Type: "evasion.test", Wants: []events.Kind{events.KindCloudTrail}, Risk: detect.Base{Likelihood: events.High, Complexity: events.Low, Impact: events.Medium},
		New: func() detect.Detector { return d },
	})
	j, last := judgeOf(t, Options{Specs: have, Known: func(context.Context, *events.Detection) (bool, error) { return true, nil }})
	c := &events.CloudTrail{Name: "DeleteFlowLogs"}
	c.TS, c.UID, c.OrigH = begin, "1d3a", netip.MustParseAddr("203.0.113.5")
	for range 3 {
		j.Call(c)
	}
	j.Tick(t.Context())
	if s := j.Stats(); d.seen != 1 || s.Again != 2 || s.Asked != 0 || len(last) != 1 {
		t.Errorf("seen %d times, %+v", d.seen, s)
	}
	for _, d := range last {
		if d.Sensor != callsSensor || d.Confidence != 0.9 || len(d.Properties) != 0 {
			t.Errorf("%+v", d)
		}
	}
}

// Catches: a detector that Types names and nobody has, which would go unnoticed.
func TestMissingDetector(t *testing.T) {
	if _, err := New(Options{Specs: all.Specs()[:3]}); err == nil || !strings.Contains(err.Error(), "exfil.outbound_volume") {
		t.Error(err)
	}
}

// Catches: tables that grow with the world outside.
func TestBounds(t *testing.T) {
	j, _ := judgeOf(t, Options{Devices: 100})
	m := newMaker()
	for i := range maxFlows + 1000 {
		c := m.closed(time.Duration(i)*10*time.Millisecond, "198.18.0.1", host(i%50), uint16(i%500))
		c.OrigH = netip.AddrFrom4([4]byte{198, 18, byte(i >> 8), byte(i)})
		if j.Conn(c); i%1000 == 0 {
			j.End(c.UID)
			m.list = m.list[:0]
		}
	}
	var packed bytes.Buffer
	if err := j.pack(&packed); err != nil {
		t.Fatal(err)
	}
	s := j.Stats()
	if j.flows.Len() > maxFlows || j.flows.Evicted() == 0 || j.tries.Len() > maxTries || s.Detect.Devices > 400 || j.shelf.devices.Len() > shelved*100 || packed.Len() > 4<<20 {
		t.Errorf("%d flows, %d tries, %d devices, %d shelved, %d bytes", j.flows.Len(), j.tries.Len(), s.Detect.Devices, j.shelf.devices.Len(), packed.Len())
	}
}

// Catches: a real detector of calls that is not run, and one that forgets over a cold start what it told.
func TestMonitoringStopped(t *testing.T) {
	snapshots := memory.New(memory.Options{Now: time.Now}).Snapshots
	c := &events.CloudTrail{
		Name: "DeleteFlowLogs", Service: "ec2.amazonaws.com", Account: "123456789012", From: "203.0.113.5", PrincipalType: "IAMUser",
		Principal: "arn:aws:iam::123456789012:user/ada", EventType: "AwsApiCall", Parameters: `{"DeleteFlowLogsRequest":{"FlowLogId":{"content":"fl-0123456789abcdef0","tag":1}}}`,
	}
	c.OrigH = netip.MustParseAddr("203.0.113.5")
	ids := map[string]int{}
	for i := range 3 {
		j, last := judgeOf(t, Options{})
		if l, err := j.Load(t.Context(), snapshots, "flows"); err != nil || l.LeftOut > 0 {
			t.Fatal(l, err)
		}
		c.TS, c.UID = begin.Add(time.Duration(i/2)*time.Minute), fmt.Sprint("event-", i/2) // the first comes twice
		j.Call(c)
		j.Tick(t.Context())
		if err := j.Save(t.Context(), snapshots, "flows", begin.Time().Add(time.Duration(i)*time.Second)); err != nil {
			t.Fatal(err)
		}
		for id, d := range last {
			if ids[id]++; d.Type != "evasion.monitoring_stopped" || d.Sensor != callsSensor || d.Participants[0].User == "" {
				t.Errorf("%+v", d)
			}
		}
	}
	if len(ids) != 1 {
		t.Errorf("%v", ids)
	}
}
