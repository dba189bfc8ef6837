package engine

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/sensor/packet"
)

// TestInterim: of a conversation that goes on for twelve minutes, detectors hear every five, with the counts so far, and once at the end.
func TestInterim(t *testing.T) {
	c, s := end{"10.0.0.1", 40000}, end{"10.0.0.2", 7}
	r := &reel{}
	for i := range 13 {
		r.frames = append(r.frames, tcp(c, s, packet.ACK, 1+uint32(i), 1, "x"))
		r.at = append(r.at, int64(i)*60e9)
	}
	for _, workers := range []int{1, 2} {
		r.next = 0
		records, _ := play(t, workers, r)
		var got []string
		for _, c := range records("conn") {
			got = append(got, fmt.Sprintf("%v packets, interim %v", c["orig_pkts"], c["interim"]))
		}
		want := []string{"6 packets, interim true", "11 packets, interim true", "13 packets, interim <nil>"}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%d workers: got %q, want %q", workers, got, want)
		}
	}
}
