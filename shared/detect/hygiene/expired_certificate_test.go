package hygiene

import (
	"net/netip"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

func TestExpiredCertificate(t *testing.T) {
	const local, outside = "10.0.0.9", "203.0.113.9"
	cases := []struct {
		name   string
		resp   string
		n      int
		change func(*events.SSL)
		found  bool
	}{
		{"expired", outside, 3, func(s *events.SSL) { s.NotAfter = start.Add(-24*time.Hour) - 1 }, true},
		{"one handshake too few", outside, 2, func(s *events.SSL) { s.NotAfter = start.Add(-48 * time.Hour) }, false},
		{"not valid yet", outside, 3, func(s *events.SSL) { s.NotBefore = start.Add(25 * time.Hour) }, true},
		{"ours, self-signed", local, 3, func(s *events.SSL) { s.SelfSigned = true; s.OrigH = netip.MustParseAddr(outside) }, true},
		// The innocent twins.
		{"late by a day", outside, 9, func(s *events.SSL) { s.NotAfter = start.Add(-24 * time.Hour) }, false},
		{"an appliance inside", local, 9, func(s *events.SSL) { s.SelfSigned = true }, false},
		{"a stranger's own", outside, 9, func(s *events.SSL) { s.SelfSigned = true }, false},
		{"refused", outside, 9, func(s *events.SSL) { s.NotAfter, s.Established = 1, false }, false},
		{"sound", outside, 9, func(*events.SSL) {}, false},
	}
	for _, c := range cases {
		var list []*events.SSL
		for range c.n {
			list = append(list, handshake(c.resp, c.change))
		}
		if found := judge(NewExpiredCertificate(ExpiredCertificateDefaults()), list...); len(found) == 1 != c.found {
			t.Errorf("%s: %+v", c.name, found)
		}
	}
}
