package engine

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/packet"
)

// pairing joins what was shouted first with what was shouted next, whichever conversations that was in; "close" is not its own. One that
// waits for longer than a second goes alone, and no more than two may wait.
type pairing struct {
	waiting  []*events.Weird
	whole    []events.Record
	overflow uint64
}

func (p *pairing) Take(r events.Record) ([]events.Record, bool) {
	w, ok := r.(*events.Weird)
	if !ok || !strings.Contains(w.Name, "PAIR") {
		return nil, false
	}
	p.whole = p.whole[:0]
	for i, other := range p.waiting {
		if strings.HasSuffix(other.Name, w.Name[len(w.Name)-1:]) {
			p.waiting = append(p.waiting[:i], p.waiting[i+1:]...)
			p.whole = append(p.whole, &events.Weird{Head: other.Head, Name: "both", Addl: other.Name + "+" + w.Name})
			return p.whole, true
		}
	}
	if p.waiting = append(p.waiting, w); len(p.waiting) > 2 {
		p.overflow++
		p.alone(1)
	}
	return p.whole, true
}

func (p *pairing) alone(n int) []events.Record {
	for _, w := range p.waiting[:n] {
		p.whole = append(p.whole, &events.Weird{Head: w.Head, Name: "alone", Addl: w.Name})
	}
	p.waiting = p.waiting[n:]
	return p.whole
}

func (p *pairing) Expire(now events.Time) []events.Record {
	p.whole = p.whole[:0]
	n := 0
	for n < len(p.waiting) && now > p.waiting[n].TS+1e9 {
		n++
	}
	return p.alone(n)
}

func (p *pairing) Close() []events.Record {
	p.whole = p.whole[:0]
	return p.alone(len(p.waiting))
}

func (p *pairing) Overflow() uint64 { return p.overflow }

// TestJoinedAcrossConversations: what several workers saw is joined as one worker's would be, in the same order, with its JSON.
func TestJoinedAcrossConversations(t *testing.T) {
	r := &reel{size: 3}
	say := func(at int64, from byte, text string) {
		r.frames = append(r.frames, udp(end{fmt.Sprintf("10.0.0.%d", from), uint16(from)}, end{"10.0.1.1", 7}, text))
		r.at = append(r.at, at*1e6)
	}
	say(0, 1, "PAIR a")
	say(1, 2, "PAIR b")
	say(2, 3, "OTHER")
	say(3, 4, "PAIR b")
	say(4, 5, "PAIR a")
	say(5, 6, "PAIR c") // its partner comes too late
	say(1100, 7, "OTHER")
	say(1101, 8, "OTHER")
	say(1102, 9, "OTHER")
	say(1103, 10, "PAIR c") // waits to the end
	say(1104, 11, "PAIR d")
	say(1105, 12, "PAIR e") // one too many
	want := []string{
		"orig OTHER", "both orig PAIR b+orig PAIR b", "both orig PAIR a+orig PAIR a", "orig OTHER", "orig OTHER",
		"orig OTHER", "alone orig PAIR c", "alone orig PAIR c", "alone orig PAIR d", "alone orig PAIR e",
	}
	for workers := 1; workers <= 3; workers++ {
		spec := shout()
		spec.Join = func() analyzer.Joiner { return &pairing{} }
		cfg := testConfig(workers)
		cfg.Analyzers = []analyzer.Spec{spec}
		out := &lines{}
		e := New(cfg, out)
		r.next = 0
		if err := e.Read(r); err != nil {
			t.Fatal(err)
		}
		e.Finish()
		var got []string
		for _, l := range out.all {
			var w struct{ Name, Addl string }
			kind, line, _ := strings.Cut(l, " ")
			if err := json.Unmarshal([]byte(line), &w); err != nil {
				t.Fatal(err)
			}
			if kind == "weird" && w.Name != "close" {
				got = append(got, strings.TrimSpace(w.Name+" "+w.Addl))
			}
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%d workers:\n got %q\nwant %q", workers, got, want)
		}
		if s := e.Stats(); s.Unjoined != 1 || s.Drops() != 1 || s.Records != uint64(len(out.all)) {
			t.Errorf("%d workers: %d records passed on, stats %+v", workers, len(out.all), s)
		}
	}
}

// TestJoinedRecordHasNoLineUnasked: without Config.Encode nothing is encoded.
func TestJoinedRecordHasNoLineUnasked(t *testing.T) {
	out := &lines{}
	j := junction{outlet: out, joiners: []analyzer.Joiner{&pairing{}}}
	j.record(&events.Weird{Name: "PAIR a"}, nil)
	j.turn(0, true)
	if want := []string{"weird "}; !reflect.DeepEqual(out.all, want) || j.records != 1 {
		t.Errorf("got %q, %d counted", out.all, j.records)
	}
}

// TestConversationsOfTheTestAreSpread guards what TestJoinedAcrossConversations rests on: its conversations are several workers'.
func TestConversationsOfTheTestAreSpread(t *testing.T) {
	seen := map[uint32]bool{}
	for i := range byte(12) {
		var p packet.Packet
		f := udp(end{fmt.Sprintf("10.0.0.%d", i+1), uint16(i + 1)}, end{"10.0.1.1", 7}, "x")
		if err := p.Decode(f, packet.Meta{Length: len(f), Link: packet.LinkEthernet}); err != nil {
			t.Fatal(err)
		}
		seen[p.Shard()%3] = true
	}
	if len(seen) != 3 {
		t.Errorf("workers that have a conversation: %v", seen)
	}
}
