package c2

import (
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

func TestExternalRemoteAccess(t *testing.T) {
	yes, no := true, false
	desk := func(orig, resp string, port uint16, service string, bytes uint64) *events.Conn {
		c := mismatchConn(0, resp, port, service)
		c.Head = head(0, orig, resp, port)
		c.OrigBytes, c.RespBytes = bytes, bytes
		return c
	}
	cases := []struct {
		name string
		rec  events.Record
		by   string // "": nothing is found
	}{
		{"RDP from outside, at the threshold", desk(outside, client, 3389, "rdp", 10<<10), outside},
		{"VNC on an odd port", desk(outside, client, 40000, "rfb", 1<<20), outside},
		{"just less", desk(outside, client, 3389, "rdp", 10<<10-1), ""},
		{"SSH that let somebody in", &events.SSH{Head: head(0, outside, client, 22), AuthSuccess: &yes}, outside},
		{"SSH that did not", &events.SSH{Head: head(0, outside, client, 22), AuthSuccess: &no}, ""},
		{"SSH to the world on an odd port", &events.SSH{Head: head(0, client, outside, 4422)}, outside},
		{"a desktop that goes out", &events.RFB{Head: head(0, client, outside, 443), Reverse: true, Auth: &yes}, outside},
		{"a desktop that goes out, and nobody saw it let in", &events.RFB{Head: head(0, client, outside, 8080), Reverse: true}, outside},
		{"remote help", &events.SSL{Head: head(0, client, outside, 443), ServerName: "relay.net.anydesk.com", Established: true}, outside},
		// The innocent twins.
		{"RDP inside", desk("10.0.0.9", client, 3389, "rdp", 1<<20), ""},
		{"SSH to the world", &events.SSH{Head: head(0, client, outside, 22), AuthSuccess: &yes}, ""},
		{"VNC inside", &events.RFB{Head: head(0, "10.0.0.9", client, 5900), Auth: &yes}, ""},
		{"another name", &events.SSL{Head: head(0, client, outside, 443), ServerName: "www.example.com", Established: true}, ""},
	}
	for _, c := range cases {
		found := judge(NewExternalRemoteAccess(ExternalRemoteAccessDefaults()), []events.Record{c.rec})
		if len(found) == 1 != (c.by != "") || len(found) == 1 && found[0].Offenders[0].Addr.String() != c.by {
			t.Errorf("%s: %+v", c.name, found)
		}
	}
}

// Catches: a detection a conversation.
func TestExternalRemoteAccessOnce(t *testing.T) {
	yes := true
	found := judge(NewExternalRemoteAccess(ExternalRemoteAccessDefaults()), many(9, func(i int) events.Record {
		return &events.SSH{Head: head(time.Duration(i)*time.Second, outside, client, 22), AuthSuccess: &yes}
	}))
	if len(found) != 1 {
		t.Errorf("%+v", found)
	}
}
