package flowlog_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/flowlog"
)

// shape is the format of the lines below.
const shape = "interface-id srcaddr srcport dstaddr dstport protocol tcp-flags action flow-direction packets bytes start end"

func records(t testing.TB, format string, lines ...string) []flowlog.Record {
	t.Helper()
	list, s, err := all(t, strings.NewReader(strings.Join(lines, "\n")), flowlog.Options{Format: format})
	if err != nil || s.Bad != 0 {
		t.Fatal(err, s)
	}
	return list
}

// TestCommunityID holds the specification's own example against ours, from both ends.
func TestCommunityID(t *testing.T) {
	for _, line := range []string{
		"e 128.232.110.120 34855 66.35.250.204 80 6 2 ACCEPT egress 1 60 1 2",
		"e 66.35.250.204 80 128.232.110.120 34855 6 18 ACCEPT ingress 1 60 1 2",
	} {
		var c events.Conn
		if records(t, shape, line)[0].Conn(&c); c.CommunityID != "1:LQU9qZlK+B5F3KDmev6m5PMibrg=" || c.OrigP != 34855 {
			t.Errorf("%+v", c)
		}
	}
}

// TestWhoBegan: flags say it for sure, ports say it mostly, and else nothing does.
func TestWhoBegan(t *testing.T) {
	for _, c := range []struct {
		src, dst uint16
		proto    int
		flags    string
		side     flowlog.Side
		sure     bool
	}{
		{40000, 443, 6, "2", flowlog.Sender, true},
		{443, 40000, 6, "2", flowlog.Sender, true}, // whatever the ports
		{443, 40000, 6, "18", flowlog.Receiver, true},
		{443, 40000, 6, "19", flowlog.Receiver, true},
		{40000, 443, 6, "3", flowlog.Sender, true},
		{443, 40000, 6, "1", flowlog.Receiver, false},
		{40000, 443, 6, "-", flowlog.Sender, false},
		{5432, 2000, 6, "0", flowlog.Receiver, false},   // a known port beats a lower one
		{40000, 50001, 6, "0", flowlog.Receiver, false}, // the lower one
		{123, 123, 17, "0", flowlog.Neither, false},
		{53, 40000, 17, "2", flowlog.Receiver, false}, // UDP has no flags
		{0, 0, 1, "0", flowlog.Neither, false},
	} {
		r := records(t, shape, fmt.Sprintf("e 10.0.0.1 %d 10.0.0.2 %d %d %s ACCEPT ingress 1 60 1 2", c.src, c.dst, c.proto, c.flags))[0]
		if side, sure := r.Began(); side != c.side || sure != c.sure {
			t.Errorf("%+v: %v, %v", c, side, sure)
		}
	}
}

// TestNoFlagsLookCrafted: flow logs leave ACK out, and a conversation must not look like a scanner's for it.
func TestNoFlagsLookCrafted(t *testing.T) {
	for flags, want := range map[string]uint8{"2": 2, "3": 19, "0": 16, "1": 17, "4": 20, "-": 16} {
		var c events.Conn
		records(t, shape, "e 10.0.0.1 40000 10.0.0.2 443 6 "+flags+" ACCEPT ingress 1 60 1 2")[0].Conn(&c)
		if c.TCPFlags != want {
			t.Errorf("flags %s become %d, want %d", flags, c.TCPFlags, want)
		}
	}
}

// TestFloor: payload is never more than there was; headers alone are none.
func TestFloor(t *testing.T) {
	for _, c := range []struct {
		line string
		want uint64
	}{
		{"e 10.0.0.1 40000 10.0.0.2 443 6 2 REJECT ingress 1 60 1 2", 0},      // a SYN of Linux
		{"e 10.0.0.1 40000 10.0.0.2 443 6 2 REJECT ingress 7 420 1 2", 0},     // all its tries
		{"e 10.0.0.1 40000 10.0.0.2 443 6 - REJECT ingress 1 60 1 2", 0},      // a format without flags
		{"e 10.0.0.1 40000 10.0.0.2 443 6 0 ACCEPT ingress 2 3000 1 2", 2896}, // two full segments
		{"e 10.0.0.1 40000 10.0.0.2 443 6 0 ACCEPT ingress 9 360 1 2", 0},     // acknowledgements without timestamps
		{"e 10.0.0.1 40000 10.0.0.2 53 17 0 ACCEPT ingress 1 100 1 2", 72},
		{"e 2001:db8::1 40000 2001:db8::2 53 17 0 ACCEPT ingress 1 100 1 2", 52},
		{"e 10.0.0.1 40000 10.0.0.2 53 17 0 ACCEPT ingress 9223372036854775807 100 1 2", 0},
	} {
		var conn events.Conn
		if records(t, shape, c.line)[0].Conn(&conn); conn.OrigBytes != c.want {
			t.Errorf("%s: %d bytes, want %d", c.line, conn.OrigBytes, c.want)
		}
	}
}

// TestJoined gives what a Pairer makes of the records of one conversation.
func TestJoined(t *testing.T) {
	for _, c := range []struct {
		name  string
		lines []string
		want  string // originator, state, action, packets both ways, interface and direction
	}{
		{"both ways", []string{"e1 10.0.0.1 40000 10.0.0.2 443 6 3 ACCEPT egress 5 500 100 150", "e1 10.0.0.2 443 10.0.0.1 40000 6 19 ACCEPT ingress 4 4000 101 151"},
			"10.0.0.1 SF ACCEPT 5/4 e1 egress"},
		{"the answer first", []string{"e1 10.0.0.2 443 10.0.0.1 40000 6 18 ACCEPT ingress 4 4000 101 151", "e1 10.0.0.1 40000 10.0.0.2 443 6 2 ACCEPT egress 5 500 100 150"},
			"10.0.0.1 S1 ACCEPT 5/4 e1 egress"},
		{"both ends log it, and it is counted once", []string{
			"e1 10.0.0.1 40000 10.0.0.2 443 6 3 ACCEPT egress 5 500 100 150", "e1 10.0.0.2 443 10.0.0.1 40000 6 19 ACCEPT ingress 4 4000 100 150",
			"e2 10.0.0.1 40000 10.0.0.2 443 6 3 ACCEPT ingress 5 500 110 160", "e2 10.0.0.2 443 10.0.0.1 40000 6 19 ACCEPT egress 6 4400 110 160"},
			"10.0.0.1 SF ACCEPT 5/6 e2 ingress"},
		{"let out here, rejected there", []string{"e1 10.0.0.1 40000 10.0.0.2 22 6 2 ACCEPT egress 3 180 100 150", "e2 10.0.0.1 40000 10.0.0.2 22 6 2 REJECT ingress 3 180 100 150"},
			"10.0.0.1 S0 REJECT 3/0 e1 egress"},
		{"the answer rejected", []string{"e1 10.0.0.1 40000 10.0.0.2 22 6 2 ACCEPT ingress 3 180 100 150", "e1 10.0.0.2 22 10.0.0.1 40000 6 18 REJECT egress 3 180 100 150"},
			"10.0.0.1 S0 REJECT 3/3 e1 ingress"},
		{"nobody answers", []string{"e1 10.0.0.1 40000 10.0.0.2 22 6 2 ACCEPT ingress 3 180 100 150"}, "10.0.0.1 S0 ACCEPT 3/0 e1 ingress"},
		{"refused by the host", []string{"e1 10.0.0.1 40000 10.0.0.2 22 6 2 ACCEPT ingress 1 60 100 100", "e1 10.0.0.2 22 10.0.0.1 40000 6 4 ACCEPT egress 1 40 100 100"},
			"10.0.0.1 REJ ACCEPT 1/1 e1 ingress"},
		{"reset by the originator", []string{"e1 10.0.0.1 40000 10.0.0.2 22 6 6 ACCEPT ingress 3 160 100 100", "e1 10.0.0.2 22 10.0.0.1 40000 6 18 ACCEPT egress 1 60 100 100"},
			"10.0.0.1 RSTO ACCEPT 3/1 e1 ingress"},
		{"the end was not seen by one", []string{"e1 10.0.0.1 40000 10.0.0.2 22 6 3 ACCEPT ingress 3 160 100 100", "e1 10.0.0.2 22 10.0.0.1 40000 6 18 ACCEPT egress 1 60 100 100"},
			"10.0.0.1 S2 ACCEPT 3/1 e1 ingress"},
		{"only an answer", []string{"e1 10.0.0.2 22 10.0.0.1 40000 6 19 ACCEPT egress 1 60 100 100"}, "10.0.0.1 SHR ACCEPT 0/1 e1 egress"},
		{"begun before", []string{"e1 10.0.0.1 40000 10.0.0.2 22 6 0 ACCEPT ingress 30 1600 100 160", "e1 10.0.0.2 22 10.0.0.1 40000 6 0 ACCEPT egress 31 6000 100 160"},
			"10.0.0.1 OTH ACCEPT 30/31 e1 ingress"},
		{"no flags in the format", []string{"e1 10.0.0.1 40000 10.0.0.2 22 6 - ACCEPT - 30 3000 100 160", "e1 10.0.0.2 22 10.0.0.1 40000 6 - ACCEPT - 31 6000 100 160"},
			"10.0.0.1 S1 ACCEPT 30/31 e1 "},
		{"no flags, no answer", []string{"e1 10.0.0.1 40000 10.0.0.2 22 6 - ACCEPT - 3 180 100 160"}, "10.0.0.1 S0 ACCEPT 3/0 e1 "},
		{"udp", []string{"e1 10.0.0.1 40000 10.0.0.2 53 17 0 ACCEPT egress 1 70 100 100", "e1 10.0.0.2 53 10.0.0.1 40000 17 0 ACCEPT ingress 1 200 100 100"},
			"10.0.0.1 SF ACCEPT 1/1 e1 egress"},
		{"equal ports: who was first", []string{"e1 10.0.0.2 123 10.0.0.1 123 17 0 ACCEPT egress 1 76 90 90", "e1 10.0.0.1 123 10.0.0.2 123 17 0 ACCEPT ingress 1 76 91 91"},
			"10.0.0.2 SF ACCEPT 1/1 e1 egress"},
		{"windows in a row", []string{"e1 10.0.0.1 40000 10.0.0.2 22 6 2 ACCEPT ingress 3 160 100 160", "e1 10.0.0.1 40000 10.0.0.2 22 6 1 ACCEPT ingress 4 160 161 200", "e1 10.0.0.2 22 10.0.0.1 40000 6 19 ACCEPT egress 1 60 100 200"},
			"10.0.0.1 SF ACCEPT 7/1 e1 ingress"},
		{"no action in the format", []string{"e1 10.0.0.1 40000 10.0.0.2 22 6 2 - ingress 3 160 100 160"}, "10.0.0.1 S0  3/0 e1 ingress"},
	} {
		var got []string
		p := flowlog.NewPairer(flowlog.PairOptions{}, func(c *events.Conn) {
			got = append(got, fmt.Sprintf("%s %s %s %d/%d %s %s", c.OrigH, c.ConnState, c.Action, c.OrigPkts, c.RespPkts, c.Interface, c.Direction))
		})
		for _, r := range records(t, shape, c.lines...) {
			p.Add(&r)
		}
		p.Flush()
		if len(got) != 1 || got[0] != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// TestApart: what only looks like one conversation is given as several.
func TestApart(t *testing.T) {
	const first = "e1 10.0.0.1 40000 10.0.0.2 22 6 3 ACCEPT ingress 3 160 1000 1010"
	for _, c := range []struct {
		name, second string
		want         int
	}{
		{"the port used again", "e1 10.0.0.1 40000 10.0.0.2 22 6 2 ACCEPT ingress 3 160 1030 1040", 2},
		{"long after", "e1 10.0.0.1 40000 10.0.0.2 22 6 0 ACCEPT ingress 3 160 1100 1110", 2},
		{"long before", "e1 10.0.0.1 40000 10.0.0.2 22 6 0 ACCEPT ingress 3 160 800 810", 2},
		{"another port", "e1 10.0.0.1 40001 10.0.0.2 22 6 0 ACCEPT ingress 3 160 1000 1010", 2},
		{"a window later", "e1 10.0.0.1 40000 10.0.0.2 22 6 1 ACCEPT ingress 3 160 1011 1020", 1},
		{"a part of a long one", "e1 10.0.0.1 40000 10.0.0.2 22 6 0 ACCEPT ingress 3 160 1011 1700", 2},
	} {
		n := 0
		p := flowlog.NewPairer(flowlog.PairOptions{}, func(*events.Conn) { n++ })
		for _, r := range records(t, shape, first, c.second) {
			p.Add(&r)
		}
		if p.Flush(); n != c.want {
			t.Errorf("%s: %d conversations, want %d", c.name, n, c.want)
		}
	}
}

// TestWaiting: conversations are given when nothing more is expected, and before that only where too many wait.
func TestWaiting(t *testing.T) {
	var got []uint16
	p := flowlog.NewPairer(flowlog.PairOptions{Limit: 3, Wait: 30 * time.Second}, func(c *events.Conn) { got = append(got, c.OrigP) })
	add := func(port, at int) {
		p.Add(&records(t, shape, fmt.Sprintf("e1 10.0.0.1 %d 10.0.0.2 22 6 2 ACCEPT ingress 1 60 %d %d", port, at, at))[0])
	}
	for i, at := range []int{100, 101, 102} {
		add(40000+i, at)
	}
	if len(got) != 0 || p.Waiting() != 3 {
		t.Fatal(got, p.Waiting())
	}
	add(40003, 103)
	if fmt.Sprint(got) != "[40000]" || p.Evicted() != 1 {
		t.Error("the one that waited longest goes first:", got, p.Evicted())
	}
	add(40004, 132)
	if fmt.Sprint(got) != "[40000 40001 40002]" || p.Evicted() != 1 {
		t.Error("those of which nothing came for 30 seconds go:", got)
	}
	add(40005, 50) // a file that came late waits as long as the others
	if p.Waiting() != 3 {
		t.Error("it does not wait:", got)
	}
	if p.Flush(); len(got) != 6 || p.Waiting() != 0 {
		t.Error("all are given in the end:", got)
	}
}

// TestSameAgain: the same records give the same conversations, whichever directions come first; uids of singles and pairs differ.
func TestSameAgain(t *testing.T) {
	list := records(t, v5Header, strings.Split(strings.TrimSpace(string(sample(400))), "\n")[1:]...)
	want := joined(list)
	if again := joined(list); again != want {
		t.Error("a second time it is something else")
	}
	sorted := func(s string) string {
		lines := strings.Split(s, "\n")
		seen := map[string]bool{}
		for _, l := range lines {
			seen[l] = true
		}
		return fmt.Sprint(seen)
	}
	r := rand.New(rand.NewPCG(1, 2))
	r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	if mixed := joined(list); sorted(mixed) != sorted(want) {
		t.Errorf("in another order it is something else:\n%s\n%s", sorted(mixed), sorted(want))
	}
	seen := map[string]bool{}
	for i := range list {
		var c events.Conn
		if list[i].Conn(&c); seen[c.UID] {
			t.Errorf("uid %s twice", c.UID)
		}
		seen[c.UID] = true
	}
}
