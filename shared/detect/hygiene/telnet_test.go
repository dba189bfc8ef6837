package hygiene

import (
	"net/netip"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// Catches: a port that is taken for the protocol, a server outside, a probe without a session, a detection for each client.
func TestTelnet(t *testing.T) {
	conn := func(client, server, service string, bytes uint64) events.Record {
		c := &events.Conn{Proto: "tcp", IPProto: device.TCP, Service: service, OrigBytes: bytes, RespBytes: bytes}
		c.OrigH, c.RespH, c.RespP, c.UID, c.TS = netip.MustParseAddr(client), netip.MustParseAddr(server), 23, "C"+client, 1e18
		return c
	}
	for _, c := range []struct {
		name string
		list []events.Record
		want []string
	}{
		{"another protocol on the port", []events.Record{conn("10.0.0.5", "10.0.0.23", "http", 90)}, nil},
		{"a probe", []events.Record{conn("10.0.0.5", "10.0.0.23", "telnet", 0)}, nil},
		{"innocent: a server outside", []events.Record{conn("10.0.0.5", "203.0.113.23", "telnet", 90)}, nil},
		{"once", []events.Record{conn("10.0.0.5", "10.0.0.23", "telnet", 90), conn("10.0.0.6", "10.0.0.23", "telnet", 90)},
			[]string{"10.0.0.23 is administered over Telnet, by 10.0.0.5.", "10.0.0.23 is administered over Telnet, by 2 hosts."}},
	} {
		m := device.New(device.Options{})
		d := NewTelnet(TelnetDefaults())
		var found []detect.Finding
		for _, r := range c.list {
			found = append(found, d.Observe(r, m.Observe(r))...)
		}
		found = append(found, d.Close(m.View())...)
		if len(found) != len(c.want) {
			t.Errorf("%s: %d findings, want %d", c.name, len(found), len(c.want))
			continue
		}
		for i, f := range found {
			if f.Description != c.want[i] || f.Offenders[0].Addr.String() != "10.0.0.23" {
				t.Errorf("%s: %q, want %q", c.name, f.Description, c.want[i])
			}
		}
	}
}
