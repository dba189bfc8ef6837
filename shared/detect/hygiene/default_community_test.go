package hygiene

import (
	"net/netip"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// Catches: a request without an answer, a server outside, a detection for each conversation, a write that is not told of.
func TestDefaultCommunity(t *testing.T) {
	spoke := func(client, server, community string, answers, writes uint64) events.Record {
		s := &events.SNMP{Version: "2c", Community: community, DefaultAnswers: answers, DefaultWrites: writes}
		s.OrigH, s.RespH, s.RespP, s.UID, s.TS = netip.MustParseAddr(client), netip.MustParseAddr(server), 161, "C"+client, 1e18
		return s
	}
	const known = `10.0.0.61 answered 10.0.0.5 over SNMP to the community "public", which everybody knows`
	for _, c := range []struct {
		name string
		list []events.Record
		want []string
	}{
		{"asked, not answered", []events.Record{spoke("10.0.0.5", "10.0.0.61", "public", 0, 0)}, nil},
		{"innocent: a community of its own", []events.Record{spoke("10.0.0.5", "10.0.0.61", "", 0, 0)}, nil},
		{"innocent: a server outside", []events.Record{spoke("10.0.0.5", "203.0.113.61", "public", 4, 0)}, nil},
		{"at", []events.Record{spoke("10.0.0.5", "10.0.0.61", "public", 4, 0)}, []string{known + "."}},
		{"once, and its last words", []events.Record{spoke("10.0.0.5", "10.0.0.61", "public", 4, 0), spoke("10.0.0.5", "10.0.0.61", "public", 4, 0)}, []string{known + ".", known + "."}},
		{"a write", []events.Record{spoke("10.0.0.5", "10.0.0.61", "public", 4, 0), spoke("10.0.0.5", "10.0.0.61", "private", 1, 1)}, []string{known + ".", known + ", and let itself be set."}},
	} {
		m := device.New(device.Options{})
		d := NewDefaultCommunity(DefaultCommunityDefaults())
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
			if f.Description != c.want[i] || f.Offenders[0].Addr.String() != "10.0.0.61" {
				t.Errorf("%s: %q, want %q", c.name, f.Description, c.want[i])
			}
		}
	}
}
