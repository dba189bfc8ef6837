package access

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// Catches: the challenge that every phone gets counted as a guess, an old password told at once, a dialler or a scanner that is not told.
func TestSIPAbuse(t *testing.T) {
	sip := func(i int, change func(*events.SIP)) events.Record {
		s := &events.SIP{Method: "REGISTER", URI: "sip:pbx", RequestTo: "<sip:100@pbx>", StatusCode: 200, UserAgent: "phone"}
		s.TS, s.UID = events.Time(1e18).Add(time.Duration(i)*10*time.Second), fmt.Sprint("C", i)
		s.OrigH, s.RespH, s.RespP = netip.MustParseAddr("203.0.113.9"), netip.MustParseAddr("10.0.0.60"), 5060
		change(s)
		return s
	}
	each := func(n int, change func(i int, s *events.SIP)) (list []events.Record) {
		for i := range n {
			list = append(list, sip(i, func(s *events.SIP) { change(i, s) }))
		}
		return list
	}
	guesses := func(i int, s *events.SIP) { s.StatusCode, s.AuthUser = 403, fmt.Sprint(100+i) }
	old := func(_ int, s *events.SIP) { s.StatusCode, s.AuthUser = 403, "100" }
	for _, c := range []struct {
		name string
		list []events.Record
		want []string
	}{
		{"innocent: a phone that is challenged", each(100, func(_ int, s *events.SIP) { s.StatusCode = 401 }), nil},
		{"innocent: an old password, ten times", each(10, old), nil},
		{"below: seven extensions", each(7, guesses), nil},
		{"at: eight extensions", each(8, guesses), []string{"203.0.113.9 was refused 8 times by 1 SIP server within 1m10s, as 8 extensions."}},
		{"once: twenty refusals", each(30, old), []string{"refused 20 times", "30 times"}},
		{"a tool", each(1, func(_ int, s *events.SIP) { s.UserAgent = "friendly-scanner" }), []string{`203.0.113.9 sent 1 SIP request to 1 server as "friendly-scanner"`}},
		{"fifteen numbers", each(15, func(i int, s *events.SIP) { s.Method, s.URI = "INVITE", fmt.Sprint("sip:00", i) }), []string{"called 15 different numbers"}},
		{"innocent: one number, busy", each(15, func(_ int, s *events.SIP) { s.Method, s.URI, s.StatusCode = "INVITE", "sip:1", 486 }), nil},
	} {
		d := NewSIPAbuse(SIPAbuseDefaults())
		var found []detect.Finding
		for _, r := range c.list {
			found = append(found, d.Observe(r, device.View{})...)
		}
		found = append(found, d.Close(device.View{})...)
		if len(found) != len(c.want) {
			t.Errorf("%s: %d findings, want %d", c.name, len(found), len(c.want))
			continue
		}
		for i, f := range found {
			if !strings.Contains(f.Description, c.want[i]) {
				t.Errorf("%s: %q, want %q", c.name, f.Description, c.want[i])
			}
		}
	}
}
