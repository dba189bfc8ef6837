package engine

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/sensor/capture"
	"github.com/mirrorwatch/mirrorwatch/sensor/packet"
)

// play runs frames through an engine and gives the records of one kind, decoded, in order.
func play(t *testing.T, workers int, sources ...*reel) (records func(kind string) []map[string]any, e *Engine) {
	t.Helper()
	out := &lines{}
	e = New(testConfig(workers), out)
	for _, s := range sources {
		if err := e.Read(s); err != nil {
			t.Fatal(err)
		}
	}
	e.Finish()
	return func(kind string) []map[string]any {
		var list []map[string]any
		for _, l := range out.all {
			if k, line, _ := strings.Cut(l, " "); k == kind {
				m := map[string]any{}
				if err := json.Unmarshal([]byte(line), &m); err != nil {
					t.Fatalf("%v in %s", err, line)
				}
				list = append(list, m)
			}
		}
		return list
	}, e
}

func names(list []map[string]any, field string) []string {
	var out []string
	for _, m := range list {
		out = append(out, fmt.Sprint(m[field]))
	}
	return out
}

func TestOneConversation(t *testing.T) {
	c, s := end{"10.0.0.1", 40000}, end{"203.0.113.5", 7}
	records, e := play(t, 1, &reel{frames: dialogue(c, s, "HELLO", "HI", "BYE")})
	if got, want := names(records("weird"), "name"), []string{"orig HELLO", "resp HI", "orig BYE", "close"}; !reflect.DeepEqual(got, want) {
		t.Errorf("analyzer saw %q, want %q", got, want)
	}
	conns := records("conn")
	if len(conns) != 1 {
		t.Fatalf("%d conversations", len(conns))
	}
	for k, want := range map[string]any{
		"id.orig_h": "10.0.0.1", "service": "shout", "conn_state": "SF", "orig_bytes": 8.0, "resp_bytes": 2.0,
		"local_orig": true, "local_resp": false,
	} {
		if got := conns[0][k]; got != want {
			t.Errorf("%s is %v, want %v", k, got, want)
		}
	}
	if conns[0]["uid"] != records("weird")[0]["uid"] {
		t.Error("the records of one conversation have two uids")
	}
	if s := e.Stats(); s.Flows != 1 || s.Records != 5 || s.Drops() != 0 {
		t.Errorf("stats %+v", s)
	}
}

// TestMirroredTwice: both ends of a conversation are mirrored, so every packet comes twice under two VNIs.
func TestMirroredTwice(t *testing.T) {
	c, s := end{"10.0.0.1", 40000}, end{"10.0.0.2", 7}
	var frames [][]byte
	for _, f := range dialogue(c, s, "HELLO", "HI") {
		frames = append(frames, mirrored(5, f), mirrored(6, f))
	}
	for _, workers := range []int{1, 2} {
		records, e := play(t, workers, &reel{frames: frames})
		conns := records("conn")
		if len(conns) != 1 || conns[0]["orig_pkts"] != 5.0 || conns[0]["vni"] != 5.0 {
			t.Errorf("%d workers: conversations %v", workers, conns)
			continue
		}
		if fmt.Sprint(conns[0]["duplicate_vnis"]) != "[6]" || conns[0]["duplicate_pkts"] != 8.0 || e.Stats().DuplicatePackets != 8 {
			t.Errorf("%d workers: the copies are not accounted for: %v, %+v", workers, conns[0], e.Stats())
		}
		if got := names(records("weird"), "name"); len(got) != 3 {
			t.Errorf("%d workers: the analyzer saw %q", workers, got)
		}
		if tunnels := records("tunnel"); len(tunnels) != 4 {
			t.Errorf("%d workers: %d tunnel records, want two opened and two closed", workers, len(tunnels))
		}
	}
}

// TestNestedToTheLimit: an envelope in an envelope is followed MaxDepth deep and no deeper.
func TestNestedToTheLimit(t *testing.T) {
	for depth := MaxDepth - 1; depth <= MaxDepth+1; depth++ {
		frame := udp(end{"10.0.0.1", 1}, end{"10.0.0.2", 2}, "HELLO")
		for i := range depth {
			frame = mirrored(uint32(100+i), frame)
		}
		records, e := play(t, 1, &reel{frames: [][]byte{frame}})
		inner := len(records("weird")) > 0
		if inner != (depth <= MaxDepth) || (e.Stats().TooDeep > 0) != (depth > MaxDepth) {
			t.Errorf("%d envelopes: followed %v, stats %+v", depth, inner, e.Stats())
		}
		if inner {
			c := records("conn")[0]
			if n := len(c["tunnel_parents"].([]any)); n != depth || c["vni"] != 100.0 {
				t.Errorf("%d envelopes: %d parents, VNI %v", depth, n, c["vni"])
			}
		}
	}
}

// TestFragmentsInAMirror: a datagram in two fragments, each mirrored by itself, the second first.
func TestFragmentsInAMirror(t *testing.T) {
	whole := udpOf(end{"10.0.0.1", 1111}, end{"10.0.0.2", 2222}, []byte(strings.Repeat("HELLO", 20)))
	a := ether(ipv4("10.0.0.1", "10.0.0.2", 17, 77, 0x2000, whole[:64]))
	b := ether(ipv4("10.0.0.1", "10.0.0.2", 17, 77, 8, whole[64:]))
	for _, workers := range []int{1, 3} {
		records, _ := play(t, workers, &reel{frames: [][]byte{mirrored(9, b), mirrored(9, a)}})
		if got := names(records("weird"), "name"); len(got) != 2 || got[0] != "orig "+strings.Repeat("HELLO", 20) {
			t.Errorf("%d workers: the analyzer saw %q", workers, got)
		}
		if c := records("conn"); len(c) != 1 || c[0]["vni"] != 9.0 {
			t.Errorf("%d workers: %v", workers, c)
		}
	}
}

// crowd makes many conversations at once, with loss, in two VPCs that use the same addresses, some of them silent for long.
func crowd() *reel {
	rng := rand.New(rand.NewPCG(1, 2))
	var queues [][][]byte
	for i := range 120 {
		c := end{fmt.Sprintf("10.0.%d.%d", i%3, 1+i%40), uint16(30000 + i)}
		s := end{fmt.Sprintf("10.1.0.%d", 1+i%5), 80}
		talk := dialogue(c, s, "HELLO", "WORLD", "quiet", "MORE")
		if i%4 == 0 {
			talk = append(talk[:4], talk[5:]...) // a hole
		}
		if i%5 == 0 {
			talk = [][]byte{udp(c, s, "ASK"), udp(s, c, "TELL"), udp(c, s, "AGAIN")}
		}
		for j := range talk {
			if i%2 == 0 {
				talk[j] = mirrored(uint32(1+i%3), talk[j])
			}
		}
		queues = append(queues, talk)
	}
	r := &reel{size: 11}
	at := int64(0)
	for len(queues) > 0 {
		i := rng.IntN(len(queues))
		r.frames = append(r.frames, queues[i][0])
		at += int64(rng.IntN(2e9))
		r.at = append(r.at, at)
		if queues[i] = queues[i][1:]; len(queues[i]) == 0 {
			queues = append(queues[:i], queues[i+1:]...)
		}
	}
	return r
}

// TestWorkersShowInNoResult: the same input gives the same records in the same order, however many share the work.
func TestWorkersShowInNoResult(t *testing.T) {
	var want []string
	for workers := 1; workers <= 5; workers++ {
		out := &lines{}
		e := New(testConfig(workers), out)
		if err := e.Read(crowd()); err != nil {
			t.Fatal(err)
		}
		e.Finish()
		if workers == 1 {
			if want = out.all; len(want) < 300 {
				t.Fatalf("only %d records", len(want))
			}
			continue
		}
		if !reflect.DeepEqual(out.all, want) {
			for i := range want {
				if i >= len(out.all) || out.all[i] != want[i] {
					t.Fatalf("%d workers: record %d of %d differs:\n got %s\nwant %s", workers, i, len(want), out.all[min(i, len(out.all)-1)], want[i])
				}
			}
			t.Errorf("%d workers make %d records, one makes %d", workers, len(out.all), len(want))
		}
	}
}

// TestParts: a capture in two parts is one capture; one that begins earlier is another.
func TestParts(t *testing.T) {
	talk := dialogue(end{"10.0.0.1", 40000}, end{"10.0.0.2", 7}, "HELLO", "HI")
	records, _ := play(t, 2, &reel{frames: talk[:4]}, &reel{frames: talk[4:], start: 4e6})
	if c := records("conn"); len(c) != 1 || c[0]["conn_state"] != "SF" {
		t.Errorf("in two parts: %v", c)
	}
	records, _ = play(t, 2, &reel{frames: talk, start: 100e9}, &reel{frames: talk, start: 1e9})
	if c := records("conn"); len(c) != 2 || c[0]["conn_state"] != "SF" || c[1]["conn_state"] != "SF" {
		t.Errorf("an earlier one after a later one: %v", c)
	}
}

// TestLive: two sources that the kernel has divided, then the end.
func TestLive(t *testing.T) {
	out := &lines{}
	e := New(testConfig(2), out)
	a := &reel{frames: dialogue(end{"10.0.0.1", 1}, end{"10.0.0.2", 7}, "HELLO")}
	b := &reel{frames: dialogue(end{"10.0.0.3", 1}, end{"10.0.0.2", 7}, "HELLO")}
	if err := e.Live([]capture.Source{a, b}, func() int64 { return 1e9 }); err != nil {
		t.Fatal(err)
	}
	e.Finish()
	conns := 0
	for _, l := range out.all {
		if strings.HasPrefix(l, "conn ") {
			conns++
		}
	}
	if conns != 2 || e.Stats().Packets != uint64(len(a.frames)+len(b.frames)) {
		t.Errorf("%d conversations, stats %+v", conns, e.Stats())
	}
	if err := e.Live([]capture.Source{a}, nil); err == nil {
		t.Error("one source for two workers is accepted")
	}
}

// TestNoAllocationAPacket: the packets of a conversation that goes on cost no allocation, mirrored or not.
func TestNoAllocationAPacket(t *testing.T) {
	c, s := end{"10.0.0.1", 40000}, end{"10.0.0.2", 7}
	talk := dialogue(c, s, "quiet please", "yes")[:5]
	e := New(testConfig(1), &lines{})
	w := e.workers[0]
	r := e.newRound()
	at, seq := int64(0), uint32(1013)
	run := func(frames ...[]byte) {
		r.batch.Frames = r.batch.Frames[:0]
		for _, f := range frames {
			at += 1e3
			r.batch.Frames = append(r.batch.Frames, capture.Frame{Time: at, Data: f, Length: len(f), Link: packet.LinkEthernet})
		}
		r.now = at
		w.run(r)
	}
	for _, f := range talk {
		run(f, mirrored(7, f))
	}
	next := tcp(c, s, packet.ACK, seq, 9004, strings.Repeat("x", 1000))
	wrapped := mirrored(8, tcp(end{"10.0.0.9", 1}, s, packet.ACK, 1, 1, "on and on"))
	run(next, wrapped)
	if n := testing.AllocsPerRun(200, func() { run(next, wrapped) }); n != 0 {
		t.Errorf("%v allocations for two packets", n)
	}
}
