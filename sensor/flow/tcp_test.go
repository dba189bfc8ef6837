package flow

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/sensor/packet"
)

// A packet of a table is written "A>B SYN 0": from client to server, flags, sequence number counted from the sender's initial one,
// then "ack N", "len N", "win N" and "at SECONDS".
func parse(t *testing.T, line string, at int64) *packet.Packet {
	t.Helper()
	p := &packet.Packet{
		Time: at, Kind: packet.KindTCP, Proto: packet.ProtoTCP, Version: 4, Window: 1000, WindowScale: -1,
		Src: addr(1), Dst: addr(2), SrcPort: 40000, DstPort: 9999, Seq: 1000,
	}
	isn := uint32(9000)
	f := strings.Fields(line)
	if f[0] == "B>A" {
		p.Src, p.Dst, p.SrcPort, p.DstPort = p.Dst, p.Src, p.DstPort, p.SrcPort
		p.Seq, isn = 9000, 1000
	}
	for _, name := range strings.Split(f[1], "+") {
		p.Flags |= map[string]uint8{"SYN": packet.SYN, "ACK": packet.ACK, "FIN": packet.FIN, "RST": packet.RST, "PSH": packet.PSH, "URG": packet.URG}[name]
	}
	var n uint32
	fmt.Sscan(f[2], &n)
	p.Seq += n
	for i := 3; i+1 < len(f); i += 2 {
		var v float64
		fmt.Sscan(f[i+1], &v)
		switch f[i] {
		case "ack":
			p.Ack = isn + uint32(v)
		case "len":
			p.PayloadLen = int(v)
		case "win":
			p.Window = uint16(v)
		case "port": // of the server
			if f[0] == "A>B" {
				p.DstPort = uint16(v)
			} else {
				p.SrcPort = uint16(v)
			}
		case "at":
			p.Time = int64(v * 1e9)
		default:
			t.Fatalf("bad packet %q", line)
		}
	}
	p.IPLen = 40 + p.PayloadLen
	return p
}

func addr(n byte) packet.Addr {
	return packet.Addr{10: 0xff, 11: 0xff, 12: 10, 15: n}
}

// summary is a flow as a table expects it: state, history, bytes and packets of each side.
func summary(c *Conversation) string {
	return fmt.Sprintf("%s %s %d/%d %d/%d", c.ConnState(), c.History(), c.Orig.Bytes(), c.Resp.Bytes(), c.Orig.Packets, c.Resp.Packets)
}

// run tracks packets a millisecond apart and gives the summaries in the order in which the conversations ended.
func run(t *testing.T, cfg Config, packets []string) []string {
	t.Helper()
	var got []string
	table := New(cfg, Hooks[struct{}]{Ended: func(f *Flow[struct{}], _ Reason) { got = append(got, summary(&f.Conversation)) }})
	now := int64(1e9)
	for _, line := range packets {
		p := parse(t, line, now)
		table.Track(p)
		now = p.Time + 1e6
	}
	table.Close()
	return got
}

var opened = []string{"A>B SYN 0", "B>A SYN+ACK 0 ack 1", "A>B ACK 1 ack 1"}

func TestTCPSummaries(t *testing.T) {
	with := func(more ...string) []string { return append(append([]string{}, opened...), more...) }
	for _, tt := range []struct {
		name string
		in   []string
		want string
	}{
		{"SYN alone", []string{"A>B SYN 0"}, "S0 S 0/0 1/0"},
		{"SYN repeated", []string{"A>B SYN 0", "A>B SYN 0"}, "S0 S 0/0 2/0"},
		{"refused", []string{"A>B SYN 0", "B>A RST+ACK 0 ack 1"}, "REJ Sr 0/0 1/1"},
		{"half-open scan", []string{"A>B SYN 0", "B>A SYN+ACK 0 ack 1", "A>B RST 1"}, "RSTO ShR 0/0 2/1"},
		{"SYN, then reset by its sender", []string{"A>B SYN 0", "A>B RST 1"}, "RSTOS0 SR 0/0 2/0"},
		{"SYN, then FIN", []string{"A>B SYN 0", "A>B FIN 1"}, "SH SF 0/0 2/0"},
		{"SYN-ACK, then FIN", []string{"B>A SYN+ACK 0 ack 1 port 80", "B>A FIN+ACK 1 ack 1 port 80"}, "SHR ^hf 0/0 0/2"},
		{"SYN-ACK, then reset", []string{"B>A SYN+ACK 0 ack 1 port 80", "B>A RST 1 port 80"}, "RSTRH ^hr 0/0 0/2"},
		{"SYN-ACK alone from an unlikely port", []string{"B>A SYN+ACK 0 ack 1"}, "OTH H 0/0 1/0"},
		{"SYN missed", []string{"B>A SYN+ACK 0 ack 1 port 80", "A>B ACK 1 ack 1 port 80"}, "S1 ^hA 0/0 1/1"},
		{"SYN captured after its SYN-ACK", []string{"B>A SYN+ACK 0 ack 1", "A>B SYN 0", "A>B ACK 1 ack 1"}, "S1 Hs^A 0/0 2/1"},

		{"established", with(), "S1 ShA 0/0 2/1"},
		{"data both ways", with("A>B PSH+ACK 1 ack 1 len 10", "B>A ACK 1 ack 11", "B>A PSH+ACK 1 ack 11 len 30"), "S1 ShADad 10/30 3/3"},
		{"orderly end", with("A>B PSH+ACK 1 ack 1 len 10", "B>A ACK 1 ack 11 len 5", "A>B FIN+ACK 11 ack 6", "B>A FIN+ACK 6 ack 12", "A>B ACK 12 ack 7"), "SF ShADdFf 10/5 5/3"},
		{"closed by the originator only", with("A>B FIN+ACK 1 ack 1", "B>A ACK 1 ack 2"), "S2 ShAFa 0/0 3/2"},
		{"closed by the responder only", with("B>A FIN+ACK 1 ack 1", "A>B ACK 1 ack 2"), "S3 ShAf 0/0 3/2"},
		{"aborted by the originator", with("A>B PSH+ACK 1 ack 1 len 7", "A>B RST+ACK 8 ack 1"), "RSTO ShADR 7/0 4/1"},
		{"aborted by the responder", with("A>B PSH+ACK 1 ack 1 len 7", "B>A RST 1"), "RSTR ShADr 7/0 3/2"},
		{"reset after an orderly end", with("A>B FIN+ACK 1 ack 1", "B>A FIN+ACK 1 ack 2", "A>B RST 2"), "SF ShAFfR 0/0 4/2"},
		{"reset after one's own FIN", with("A>B FIN+ACK 1 ack 1", "A>B RST 2"), "RSTO ShAFR 0/0 4/1"},
		{"the same, answered by a FIN", with("A>B FIN+ACK 1 ack 1", "A>B RST 2", "B>A FIN+ACK 1 ack 2"), "SF ShAFRf 0/0 4/2"},
		{"FIN before data that was missed", with("A>B FIN+ACK 11 ack 1", "B>A ACK 1 ack 12", "B>A FIN+ACK 1 ack 12"), "SF ShAFaf 10/0 3/3"},
		{"reset alone", []string{"A>B RST 0"}, "OTH R 0/0 1/0"},
		{"resets both ways", []string{"A>B RST 0", "B>A RST 0"}, "REJ Rr 0/0 1/1"},
		{"reset after a SYN and an acknowledgement", []string{"A>B SYN 0", "A>B ACK 1 ack 1", "A>B RST 1"}, "OTH SAR 0/0 3/0"},
		{"SYN meets a half-open connection (RFC 9293 figure 9)", []string{"A>B SYN 0", "B>A ACK 500 ack 7000", "A>B RST 7000"}, "RSTOS0 SaR 0/0 2/1"},
		{"SYN captured after what followed it", []string{"A>B ACK 1 ack 1", "A>B SYN 0"}, "S0 AS 0/0 2/0"},
		{"FIN scan", []string{"A>B FIN 0"}, "SH F 0/0 1/0"},
		{"Xmas scan refused", []string{"A>B FIN+PSH+URG 0", "B>A RST+ACK 0 ack 1"}, "RSTR Fr 0/0 1/1"},
		{"null scan", []string{"A>B NONE 0"}, "OTH  0/0 1/0"},
		{"SYN and FIN at once", []string{"A>B SYN+FIN 0"}, "SH Q 0/0 1/0"},
		{"FIN and RST at once", with("A>B FIN+RST 1"), "RSTO ShAI 0/0 3/1"},

		{"from the middle", []string{"A>B PSH+ACK 100 ack 500 len 10", "B>A PSH+ACK 500 ack 110 len 20"}, "OTH Dd 10/20 1/1"},
		{"from the middle, answer first, known port", []string{"B>A ACK 500 ack 100 len 20 port 443", "A>B ACK 100 ack 520 port 443"}, "OTH ^dA 0/20 1/1"},
		{"from the middle, answer first, unknown port", []string{"B>A ACK 500 ack 100 len 20"}, "OTH D 20/0 1/0"},
		{"bytes the mirror missed are counted by their acknowledgement", with("B>A ACK 1 ack 5001"), "S1 ShAa 5000/0 2/2"},

		{"retransmission", with("A>B ACK 1 ack 1 len 10", "A>B ACK 1 ack 1 len 10", "A>B ACK 11 ack 1 len 5"), "S1 ShADT 15/0 5/1"},
		{"SYN with data counts as repeated", []string{"A>B SYN 0 len 5"}, "S0 ST 5/0 1/0"},
		{"zero windows", with("B>A ACK 1 ack 1 win 0", "B>A ACK 1 ack 1 win 0"), "S1 ShAaw 0/0 2/3"},
		{"window of a reset", with("B>A RST 1 win 0"), "RSTR ShAr 0/0 2/2"},
		{"reset with a wild number", with("A>B ACK 1 ack 1 len 10", "B>A RST 900000000"), "RSTR ShADr 10/0 3/2"},
		{"reset of a forgotten connection", []string{"A>B SYN 0", "A>B RST 500000"}, "RSTOS0 SR 499999/0 2/0"},
		{"two FINs at different places", with("A>B FIN+ACK 1 ack 1", "A>B FIN+ACK 1 ack 1", "A>B FIN+ACK 1 ack 1 len 4"), "S2 ShAFF 4/0 5/1"},
	} {
		if got := run(t, Defaults(), tt.in); len(got) != 1 || got[0] != tt.want {
			t.Errorf("%s\ngot  %q\nwant %q", tt.name, got, tt.want)
		}
	}
}

func TestBeginningsAndEnds(t *testing.T) {
	ended := append(append([]string{}, opened...), "A>B FIN+ACK 1 ack 1", "B>A FIN+ACK 1 ack 2", "A>B ACK 2 ack 2")
	for _, tt := range []struct {
		name string
		in   []string
		want []string
	}{
		{"SYN again within the attempt", []string{"A>B SYN 0 at 10", "A>B SYN 0 at 13"}, []string{"S0 S 0/0 2/0"}},
		{"SYN again after it", []string{"A>B SYN 0 at 10", "A>B SYN 0 at 13", "A>B SYN 0 at 17"}, []string{"S0 S 0/0 2/0", "S0 S 0/0 1/0"}},
		{"late packet within the delay", append(ended, "A>B ACK 2 ack 2 at 5"), []string{"SF ShAFf 0/0 5/2"}},
		{"late packet after it", append(ended, "A>B ACK 2 ack 2 at 7"), []string{"SF ShAFf 0/0 4/2", "OTH A 0/0 1/0"}},
		{"late packet where data before the end is still missing", append(append([]string{}, opened...), "A>B FIN+ACK 11 ack 1", "B>A FIN+ACK 1 ack 1", "A>B ACK 12 ack 2 at 7"), []string{"SF ShAFf 10/0 4/2"}},
		{"ports reused after the end", append(ended, "A>B SYN 70000", "B>A RST+ACK 0 ack 70001"), []string{"SF ShAFf 0/0 4/2", "REJ Sr 0/0 1/1"}},
		{"ports reused while open", append(append([]string{}, opened...), "A>B SYN 70000"), []string{"S1 ShA 0/0 2/1", "S0 S 0/0 1/0"}},
		{"same SYN while open", append(append([]string{}, opened...), "A>B SYN 0"), []string{"S1 ShA 0/0 3/1"}},
		{"silent for less than five minutes", append(append([]string{}, opened...), "A>B ACK 1 ack 1 at 300"), []string{"S1 ShA 0/0 3/1"}},
		{"silent for more", append(append([]string{}, opened...), "A>B ACK 1 ack 1 at 302"), []string{"S1 ShA 0/0 2/1", "OTH A 0/0 1/0"}},
	} {
		if got := run(t, Defaults(), tt.in); fmt.Sprint(got) != fmt.Sprint(tt.want) {
			t.Errorf("%s\ngot  %q\nwant %q", tt.name, got, tt.want)
		}
	}
}

// The final ACK and what follows do not belong to the duration (Zeek reckons so), but what comes before does.
func TestDuration(t *testing.T) {
	var got time.Duration
	table := New(Defaults(), Hooks[struct{}]{Ended: func(f *Flow[struct{}], _ Reason) { got = time.Duration(f.Last - f.Start) }})
	for i, line := range append(append([]string{}, opened...), "A>B FIN+ACK 1 ack 1", "B>A FIN+ACK 1 ack 2", "A>B ACK 2 ack 2") {
		table.Track(parse(t, line, int64(i)*1e9))
	}
	table.Close()
	if got != 4*time.Second {
		t.Errorf("duration %v, want 4s", got)
	}
}

func TestRepeatedLettersAreLogarithmic(t *testing.T) {
	in := append(append([]string{}, opened...), "A>B ACK 1 ack 1 len 10")
	for range 100 {
		in = append(in, "A>B ACK 1 ack 1 len 10")
	}
	if got := run(t, Defaults(), in); got[0] != "S1 ShADTTT 10/0 103/1" {
		t.Errorf("got %q", got)
	}
}

func TestHistoryIsBounded(t *testing.T) {
	in := append([]string{}, opened...)
	for i := range 100 {
		in = append(in, fmt.Sprintf("B>A FIN+ACK %d ack 1", 1+i))
	}
	got := strings.Fields(run(t, Defaults(), in)[0])
	if len(got[1]) != maxHistory {
		t.Errorf("history %q has %d letters, limit %d", got[1], len(got[1]), maxHistory)
	}
}

func TestGap(t *testing.T) {
	for _, tt := range []struct {
		name string
		in   []string
		want string
	}{
		{"established", opened, "S1 ShAg 7"},
		{"closing in order", append(append([]string{}, opened...), "B>A FIN+ACK 10 ack 1"), "S3 ShAfg 7"},
		{"seen from the middle", []string{"A>B ACK 1 ack 1 len 1", "B>A ACK 8 ack 1 len 1"}, "OTH Dd 0"},
		{"after a reset", append(append([]string{}, opened...), "B>A RST 10"), "RSTR ShAr 0"},
	} {
		table := New(Defaults(), Hooks[struct{}]{})
		var f *Flow[struct{}]
		for i, line := range tt.in {
			f, _, _ = table.Track(parse(t, line, int64(i)))
		}
		f.Gap(Resp, 7)
		if got := fmt.Sprintf("%s %s %d", f.ConnState(), f.History(), f.MissedBytes); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

// More than 4 GiB wrap the sequence numbers.
func TestBytesBeyondTheSequenceSpace(t *testing.T) {
	table := New(Defaults(), Hooks[struct{}]{})
	for i, line := range opened {
		table.Track(parse(t, line, int64(i)))
	}
	const segment, count = 1 << 20, 5 << 10
	p := parse(t, "A>B ACK 1 ack 1 len 1048576", 10)
	var f *Flow[struct{}]
	for range count {
		f, _, _ = table.Track(p)
		p.Seq += segment
	}
	if got := f.Orig.Bytes(); got != segment*count {
		t.Errorf("%d bytes, want %d", got, uint64(segment*count))
	}
}
