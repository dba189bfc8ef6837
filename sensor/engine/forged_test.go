package engine

import (
	"fmt"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/sensor/packet"
)

// Catches: a forged answer that leaves no trace in the conversation, and a damaged copy that passes for one.
func TestForgedAnswer(t *testing.T) {
	const ack = packet.ACK
	c, s := end{"10.0.0.1", 40000}, end{"203.0.113.5", 7}
	open := dialogue(c, s, "HELLO")[:4] // the handshake, and five bytes of the client's
	answer := func(text string) []byte { return tcp(s, c, ack, 9001, 1006, text) }
	heard := func(n uint32) []byte { return tcp(c, s, ack, 1006, 9001+n, "") }
	for _, tt := range []struct {
		name   string
		frames [][]byte
		want   any
	}{
		{"forged, and then the true one", [][]byte{answer("THE ANSWER IS NO"), heard(16), answer("THE ANSWER IS YES, AND HERE IS WHY")}, 1.0},
		{"sent again", [][]byte{answer("THE ANSWER IS NO"), heard(16), answer("THE ANSWER IS NO")}, nil},
		{"damaged, and sent again", [][]byte{answer("THE ANSWER IS NX"), answer("THE ANSWER IS NO"), heard(16)}, nil},
		{"a keep-alive", [][]byte{answer("Y"), heard(1), answer("\x00")}, nil},
	} {
		for _, workers := range []int{1, 3} {
			records, _ := play(t, workers, &reel{frames: append(open[:4:4], tt.frames...)})
			if got := records("conn")[0]["resp_rewritten"]; got != tt.want {
				t.Errorf("%s, %d workers: %v, want %v", tt.name, workers, got, tt.want)
			}
		}
	}
}

// Catches: a torn fragment that is told like any other, or once a worker.
func TestTornFragment(t *testing.T) {
	data := make([]byte, 64)
	frames := [][]byte{ether(ipv4("10.0.0.1", "10.0.0.2", 17, 7, 0x2000, data[:40])), ether(ipv4("10.0.0.1", "10.0.0.2", 17, 7, 3, data[:4]))}
	for _, workers := range []int{1, 4} {
		records, _ := play(t, workers, &reel{frames: frames})
		var got []string
		for _, w := range records("weird") {
			if w["source"] == "ip" {
				got = append(got, fmt.Sprint(w["name"], " ", w["addl"]))
			}
		}
		if len(got) != 2 || got[1] != "fragment_overlap across the edge of another fragment" {
			t.Errorf("%d workers: %q", workers, got)
		}
	}
}
