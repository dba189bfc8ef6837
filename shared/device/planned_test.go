package device

import (
	"net/netip"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// Catches: a pattern that means more than it says, and one that is never met.
func TestNamedBy(t *testing.T) {
	const session, role = "arn:aws:sts::123456789012:assumed-role/deploy/ada", "arn:aws:iam::123456789012:role/deploy"
	for _, c := range []struct {
		pattern string
		arns    []string
		want    bool
	}{
		{role, []string{session, role}, true},
		{"role/deploy", []string{session, role}, true},
		{"assumed-role/deploy/*", []string{session}, true},
		{"assumed-role/dep*/a*a", []string{session}, true},
		{"*:role/deploy", []string{role}, true},
		{"arn:aws:iam::*:role/dep*", []string{role}, true},
		{"*", []string{session}, true},
		{"*", []string{""}, false},
		{"", []string{session}, false},
		{"role/deploy", []string{session}, false},
		{"role/dep", []string{role}, false},
		{"deploy", []string{role}, false},
		{"arn:aws:iam::*:role/deploy", []string{"arn:aws:iam::123456789012:role/deploy-all"}, false},
		{"user/*", []string{role}, false},
		{"a*b*c", []string{"a1c2b3c"}, true},
		{"a*b*c", []string{"a1c2b3"}, false},
		{"root", []string{"arn:aws:iam::123456789012:root"}, true},
	} {
		if got := NamedBy([]string{"nothing", c.pattern}, c.arns...); got != c.want {
			t.Errorf("%q of %v: %v", c.pattern, c.arns, got)
		}
	}
}

// Catches: a change that excuses what comes after it, or what somebody else does.
func TestPlanned(t *testing.T) {
	at := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	k := Known{Changes: []PlannedChange{{From: at, To: at.Add(time.Hour), Principal: "user/ada", Reason: "new flow logs"}}}
	const ada, bob = "arn:aws:iam::123456789012:user/ada", "arn:aws:iam::123456789012:user/bob"
	for _, c := range []struct {
		at   time.Time
		who  string
		want bool
	}{{at, ada, true}, {at.Add(time.Hour - 1), ada, true}, {at.Add(-1), ada, false}, {at.Add(time.Hour), ada, false}, {at, bob, false}} {
		if reason, ok := k.Planned(c.at, c.who); ok != c.want || ok && reason != "new flow logs" {
			t.Errorf("%v %s: %v %q", c.at, c.who, ok, reason)
		}
	}
}

// Catches: a call of an API that makes a device, counts as its traffic, moves the clock of the wire, or leaves the news of the record before.
func TestCallsTeachNothing(t *testing.T) {
	m := New(Options{})
	conn := &events.Conn{Proto: "tcp", IPProto: TCP, ConnState: "SF", OrigBytes: 10, RespBytes: 10, OrigPkts: 3, RespPkts: 3}
	conn.TS, conn.UID, conn.OrigH, conn.RespH, conn.RespP = 1e18, "C1", netip.MustParseAddr("10.0.0.5"), netip.MustParseAddr("198.51.100.7"), 443
	m.Observe(conn)
	before, _ := m.Devices()
	seen := *m.View().Device(conn.RespH)
	call := func(from string) View {
		c := &events.CloudTrail{Name: "GetCallerIdentity"}
		c.TS = conn.TS.Add(100 * time.Hour)
		c.OrigH, _ = netip.ParseAddr(from)
		return m.Observe(c)
	}
	if v := call("198.51.100.7"); v.Orig == nil || v.Orig.Addr != conn.RespH || v.Resp != nil || v.Fresh != 0 {
		t.Errorf("who is known from packets: %+v", v)
	}
	for _, from := range []string{"", "192.0.2.1", "10.0.0.99"} {
		if v := call(from); v.Orig != nil || v.Resp != nil {
			t.Errorf("%s: %+v", from, v)
		}
	}
	if now, _ := m.Devices(); now != before {
		t.Errorf("%d devices, before the calls %d", now, before)
	}
	after := m.View().Device(conn.RespH)
	if after.LastSeen != seen.LastSeen || after.conversations != seen.conversations || m.now != conn.TS || m.began != conn.TS || m.rare.has != 0 {
		t.Errorf("last seen %v, was %v; now %v", after.LastSeen, seen.LastSeen, m.now)
	}
}
