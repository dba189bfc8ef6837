package dhcp

import (
	"fmt"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// said is one message as its conversation passes it on.
type said struct {
	at   float64 // seconds
	uid  string  // D: from the client to everybody; L: between two addresses
	data string
}

// at makes the message of another network or client.
func (s said) from(mac byte) said {
	b := []byte(s.data)
	b[28+5] = mac
	s.data = string(b)
	return s
}

func (s said) id(xid byte) said {
	b := []byte(s.data)
	b[7] = xid
	s.data = string(b)
	return s
}

// partOf reads a message as an analyzer would in conversation uid of network vni.
func partOf(t *testing.T, s said, vni uint32) *part {
	t.Helper()
	m, ok := parse([]byte(s.data))
	if !ok {
		t.Fatal("not DHCP")
	}
	source := netip.MustParseAddr("10.0.0.1")
	if m.fromClient {
		source = netip.MustParseAddr("0.0.0.0")
		if strings.HasPrefix(s.uid, "L") {
			source = netip.MustParseAddr("10.0.0.50")
		}
	}
	p := newPart(&m, source, int64(s.at*1e9))
	p.UID, p.VNI = s.uid, vni
	return p
}

// brief writes a record down: when, how long, uids, types, client, server, address asked for and given, names.
func brief(r events.Record) string {
	d := r.(*events.DHCP)
	addr := func(a netip.Addr) string {
		if !a.IsValid() {
			return "-"
		}
		return a.String()
	}
	return fmt.Sprintf("%v+%v %s/%s %s client %s server %s asked %s given %s %s|%s", d.TS.Sub(0), time.Duration(d.Duration), d.UID,
		strings.Join(d.UIDs, ","), strings.Join(d.MsgTypes, " "), addr(d.ClientAddr), addr(d.ServerAddr), addr(d.RequestedAddr),
		addr(d.AssignedAddr), d.HostName, d.ServerMessage)
}

var (
	dis = said{0, "D", discover}
	off = said{0.1, "L", offer}
	req = said{0.2, "D", request}
	ak  = said{0.3, "L", ack}
)

func later(s said, by float64) said { s.at += by; return s }

const lease = "0s+300ms D/D,L DISCOVER OFFER REQUEST ACK client 10.0.0.50 server 10.0.0.1 asked 10.0.0.50 given 10.0.0.50 laptop|"

// Catches: rows torn apart or run together, fields of one transaction in another's row, and an order that depends on arrival.
func TestJoiner(t *testing.T) {
	release := said{0, "L", bootp(1, 7, "") + opt(53, "\x07") + "\xff"}
	decline := said{0, "D", bootp(1, 7, "") + opt(53, "\x04") + opt(50, lent) + "\xff"}
	informed := said{0.1, "L", bootp(2, 9, "") + opt(53, "\x05") + "\xff"}
	for _, tt := range []struct {
		what string
		in   []said
		want []string
	}{
		{"a first lease, in two conversations", []said{dis, off, req, ak}, []string{lease}},
		{"as several listeners bring it", []said{ak, off, req, dis}, []string{lease}},
		{"two clients with one id, interleaved", []said{dis, later(dis, 0.01).from(9), off, later(off, 0.01).from(9), req, ak}, []string{
			lease,
			"10ms+100ms D/D,L DISCOVER OFFER client - server 10.0.0.1 asked 10.0.0.50 given 10.0.0.50 laptop|",
		}},
		{"two ids of one client, interleaved", []said{dis, later(dis, 0.01).id(8), off, req, later(off, 0.15).id(8), ak}, []string{
			lease,
			"10ms+240ms D/D,L DISCOVER OFFER client - server 10.0.0.1 asked 10.0.0.50 given 10.0.0.50 laptop|",
		}},
		{"refused", []said{req, {0.3, "L", nak}}, []string{
			"200ms+100ms D/D,L REQUEST NAK client - server 10.0.0.1 asked - given - |address in use\\x01",
		}},
		{"renewed, in one conversation", []said{{0, "L", request}, {1, "L", ack}}, []string{
			"0s+1s L/L REQUEST ACK client 10.0.0.50 server 10.0.0.1 asked - given 10.0.0.50 |",
		}},
		{"informed", []said{{0, "L", inform}, informed}, []string{
			"0s+100ms L/L INFORM ACK client 10.0.0.50 server 10.0.0.1 asked - given - |",
		}},
		{"a second server's answer is a straggler", []said{dis, off, req, ak, {2.3, "M", ack}}, []string{
			strings.Replace(strings.Replace(strings.Replace(lease, "300ms", "2.3s", 1), "D,L", "D,L,M", 1), "ACK", "ACK ACK", 1),
		}},
		{"the same id later is a renewal", []said{dis, off, req, ak, {2.4, "L", request}, {2.5, "L", ack}}, []string{
			lease, "2.4s+100ms L/L REQUEST ACK client 10.0.0.50 server 10.0.0.1 asked - given 10.0.0.50 |",
		}},
		{"released with the same id", []said{dis, off, req, ak, later(release, 9)}, []string{
			lease, "9s+0s L/L RELEASE client 10.0.0.50 server - asked - given - |",
		}},
		{"declined, then begun again", []said{decline, later(dis, 2.1)}, []string{
			"0s+0s D/D DECLINE client - server - asked 10.0.0.50 given - |", "2.1s+0s D/D DISCOVER client - server - asked 10.0.0.50 given - laptop|",
		}},
		{"no answer within the time", []said{dis, later(dis, 30), later(dis, 30.1)}, []string{
			"0s+30s D/D DISCOVER DISCOVER client - server - asked 10.0.0.50 given - laptop|",
			"30.1s+0s D/D DISCOVER client - server - asked 10.0.0.50 given - laptop|",
		}},
	} {
		j := newJoiner()
		var got []string
		note := func(whole []events.Record) {
			for _, r := range whole {
				got = append(got, brief(r))
			}
		}
		for _, s := range tt.in {
			whole, mine := j.Take(partOf(t, s, 0))
			if !mine {
				t.Fatal("a message of DHCP is not taken")
			}
			note(whole)
		}
		note(j.Close())
		if !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s:\n got %s\nwant %s", tt.what, strings.Join(got, "\n     "), strings.Join(tt.want, "\n     "))
		}
		if j.held != 0 || len(j.open) != 0 || len(j.byKey) != 0 {
			t.Errorf("%s: %d messages, %d transactions, %d keys are left", tt.what, j.held, len(j.open), len(j.byKey))
		}
	}
}

// Catches: an attacker in one network who speaks into a transaction of another.
func TestJoinerKeepsNetworksApart(t *testing.T) {
	j := newJoiner()
	j.Take(partOf(t, dis, 5))
	j.Take(partOf(t, ak, 6))
	if whole := j.Close(); len(whole) != 2 {
		t.Errorf("%d records of two networks", len(whole))
	}
}

// Catches: a row that waits for ever, one that is cut off early, and one that comes twice.
func TestJoinerExpires(t *testing.T) {
	j := newJoiner()
	for _, s := range []said{dis, off, req, ak, later(dis, 0.1).from(9)} {
		j.Take(partOf(t, s, 0))
	}
	second := time.Second
	for _, tt := range []struct {
		now  time.Duration
		want int
	}{{second, 0}, {2300 * time.Millisecond, 0}, {2301 * time.Millisecond, 1}, {30100 * time.Millisecond, 0}, {30101 * time.Millisecond, 1}, {99 * second, 0}} {
		if got := len(j.Expire(events.Time(tt.now))); got != tt.want {
			t.Errorf("at %v: %d records, want %d", tt.now, got, tt.want)
		}
	}
	if _, mine := j.Take(&events.DHCP{}); mine || len(j.Close()) != 0 {
		t.Error("what is joined already is taken again")
	}
}

// Catches: memory without bound under address starvation, and messages that a limit loses.
func TestJoinerLimits(t *testing.T) {
	j, got := newJoiner(), 0
	for i := range maxHeld + 100 {
		p := partOf(t, dis, 0)
		p.xid = uint32(i)
		whole, _ := j.Take(p)
		got += len(whole)
	}
	if got != 100 || j.Overflow() != 100 || j.held != maxHeld {
		t.Errorf("%d passed on, %d counted, %d held", got, j.Overflow(), j.held)
	}
	if n := len(j.Close()); n != maxHeld || j.held != 0 {
		t.Errorf("%d at the end, %d still held", n, j.held)
	}
	var types []string
	for range 3*maxMessages + 1 {
		whole, _ := j.Take(partOf(t, dis, 0))
		for _, r := range whole {
			types = append(types, r.(*events.DHCP).MsgTypes...)
		}
	}
	last := j.Close()[0].(*events.DHCP)
	if len(types) != 3*maxMessages || len(last.MsgTypes) != 1 || j.Overflow() != 100 {
		t.Errorf("%d messages in full records, %d in the last, overflow %d", len(types), len(last.MsgTypes), j.Overflow())
	}
}

// Catches: the oldest transaction, thrown out for want of room, that takes one more message and is never passed on.
func TestJoinerOldestGrowsAtTheLimit(t *testing.T) {
	j := newJoiner()
	for i := range maxHeld {
		p := partOf(t, dis, 0)
		p.xid = uint32(i)
		j.Take(p)
	}
	p := partOf(t, req, 0)
	p.xid = 0
	whole, _ := j.Take(p)
	if len(whole) != 1 || j.held != maxHeld || len(j.Close()) != maxHeld || len(j.byKey) != 0 {
		t.Errorf("%d passed on, %d held, %d keys left", len(whole), j.held, len(j.byKey))
	}
}

// FuzzJoiner wants every message in exactly one record, whatever ids, addresses and times they have.
func FuzzJoiner(f *testing.F) {
	f.Add([]byte("\x00\x01\x05\x01\x00\x02\x02\x01\x05"))
	f.Fuzz(func(t *testing.T, data []byte) {
		j, in, out, now := newJoiner(), 0, 0, int64(0)
		count := func(whole []events.Record) {
			for _, r := range whole {
				out += len(r.(*events.DHCP).MsgTypes)
			}
		}
		for ; len(data) >= 3; data = data[3:] {
			now += int64(data[1]) * 1e8
			m := message{kind: data[2]%8 + 1, xid: uint32(data[0] & 3), fromClient: data[2]&1 != 0, mac: [6]byte{5: data[0] >> 6}}
			whole, _ := j.Take(newPart(&m, netip.Addr{}, now))
			in++
			count(whole)
			if data[2]&0x40 != 0 {
				count(j.Expire(events.Time(now)))
			}
		}
		count(j.Close())
		if in != out || j.held != 0 {
			t.Fatalf("%d messages in, %d out, %d held", in, out, j.held)
		}
	})
}
