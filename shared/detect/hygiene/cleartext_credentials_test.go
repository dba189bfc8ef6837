package hygiene

import (
	"net/netip"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// Catches: a log-in that failed, was a guest's or was sealed and is told; a detection for each client; a password at Basic authentication that nobody sees.
func TestCleartextCredentials(t *testing.T) {
	login := func(i int, client string, change func(*events.Login)) events.Record {
		yes := true
		l := &events.Login{Service: "ftp", User: "ann", Success: &yes, Clear: true}
		l.TS, l.UID = events.Time(1e18).Add(time.Duration(i)*time.Minute), "C"+client
		l.OrigH, l.RespH, l.RespP = netip.MustParseAddr(client), netip.MustParseAddr("10.0.0.21"), 21
		if change != nil {
			change(l)
		}
		return l
	}
	web := func(user string, code uint16) events.Record {
		h := &events.HTTP{Username: user, StatusCode: code}
		h.OrigH, h.RespH, h.RespP, h.UID, h.TS = netip.MustParseAddr("10.0.0.5"), netip.MustParseAddr("10.0.0.80"), 80, "W", 1e18
		return h
	}
	no := false
	for _, c := range []struct {
		name string
		list []events.Record
		want []string
	}{
		{"failed", []events.Record{login(0, "10.0.0.5", func(l *events.Login) { l.Success = &no })}, nil},
		{"sealed", []events.Record{login(0, "10.0.0.5", func(l *events.Login) { l.Clear = false })}, nil},
		{"innocent: a guest", []events.Record{login(0, "10.0.0.5", func(l *events.Login) { l.Anonymous = true })}, nil},
		{"innocent: on the host itself", []events.Record{login(0, "10.0.0.21", nil)}, nil},
		{"one", []events.Record{login(0, "10.0.0.5", nil)}, []string{"10.0.0.5 logged in to 10.0.0.21 by FTP with a password that went over the wire readable, once."}},
		{"once for a server", []events.Record{login(0, "10.0.0.5", nil), login(1, "10.0.0.6", nil), login(2, "10.0.0.5", nil)}, []string{
			"10.0.0.5 logged in to 10.0.0.21 by FTP with a password that went over the wire readable, once.",
			"2 hosts logged in to 10.0.0.21 by FTP with a password that went over the wire readable, 3 times.",
		}},
		{"Basic", []events.Record{web("ann", 200), web("", 200), web("bob", 401)}, []string{"10.0.0.5 logged in to 10.0.0.80 by HTTP with a password that went over the wire readable, once."}},
	} {
		m := device.New(device.Options{})
		d := NewCleartextCredentials(CleartextCredentialsDefaults())
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
			if f.Description != c.want[i] || f.Victims[0].Port == 0 {
				t.Errorf("%s: %q, want %q", c.name, f.Description, c.want[i])
			}
		}
	}
}
