package engine

import (
	"encoding/binary"
	"fmt"
	"testing"
)

// gtp wraps an IP packet as user data of a mobile network (GTP-U, a G-PDU without options).
func gtp(from, to end, ip []byte) []byte {
	b := binary.BigEndian.AppendUint16([]byte{0x30, 0xff}, uint16(len(ip)))
	return udp(from, to, string(append(append(b, 0, 0, 0, 1), ip...)))
}

// TestTunnelOfTwoDirections: an envelope that goes both ways is one tunnel, named by who spoke first; where it is a conversation
// of its own right, the tunnel has that conversation's uid.
func TestTunnelOfTwoDirections(t *testing.T) {
	ask := udp(end{"10.0.0.1", 1111}, end{"10.0.0.2", 7}, "HELLO")[14:]
	answer := udp(end{"10.0.0.2", 7}, end{"10.0.0.1", 1111}, "HI")[14:]
	near, far := end{"198.51.100.2", 2152}, end{"192.0.2.1", 2152}
	for _, c := range []struct {
		name   string
		frames [][]byte
		want   string
		conns  int
	}{
		{"IP in IP", [][]byte{
			ether(ipv4(near.ip, far.ip, 4, 1, 0, ask)), ether(ipv4(far.ip, near.ip, 4, 2, 0, answer)),
		}, "198.51.100.2:0 192.0.2.1:0 Tunnel::IP 2", 1},
		{"GTP-U", [][]byte{gtp(near, far, ask), gtp(far, near, answer)}, "198.51.100.2:2152 192.0.2.1:2152 Tunnel::GTPv1 2", 2},
	} {
		for _, workers := range []int{1, 2} {
			records, _ := play(t, workers, &reel{frames: c.frames})
			tunnels, conns := records("tunnel"), records("conn")
			if len(tunnels) != 2 || len(conns) != c.conns {
				t.Errorf("%s, %d workers: tunnels %v, conversations %v", c.name, workers, tunnels, conns)
				continue
			}
			r := tunnels[1]
			got := fmt.Sprintf("%v:%v %v:%v %v %v", r["id.orig_h"], r["id.orig_p"], r["id.resp_h"], r["id.resp_p"], r["tunnel_type"], r["packets"])
			if got != c.want || tunnels[0]["action"] != "Tunnel::DISCOVER" || r["action"] != "Tunnel::CLOSE" {
				t.Errorf("%s, %d workers: %s, want %s", c.name, workers, got, c.want)
			}
			parents := map[any]bool{}
			for _, conn := range conns {
				parents[fmt.Sprint(conn["tunnel_parents"])] = true
			}
			if !parents[fmt.Sprint([]any{r["uid"]})] {
				t.Errorf("%s, %d workers: tunnel %v is the parent of none of %v", c.name, workers, r["uid"], conns)
			}
			if c.conns == 2 && conns[0]["uid"] != r["uid"] && conns[1]["uid"] != r["uid"] {
				t.Errorf("%s, %d workers: tunnel %v is none of %v", c.name, workers, r["uid"], conns)
			}
		}
	}
}
