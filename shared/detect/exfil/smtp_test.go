package exfil

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// Catches: a mail inside that is told, a mail program's first mail at medium risk, a keylogger's at low, each mail told for itself.
func TestSMTP(t *testing.T) {
	mail := func(i int, server string, change func(*events.SMTP)) events.Record {
		m := &events.SMTP{MailFrom: "a@x.example", RcptTo: []string{"b@y.example"}, Recipients: 1, Subject: "hello", Bytes: 4000, UserAgent: "Thunderbird"}
		m.TS, m.UID = events.Time(1e18).Add(time.Duration(i)*time.Hour), fmt.Sprint("C", i)
		m.OrigH, m.RespH, m.RespP = netip.MustParseAddr("10.0.0.5"), netip.MustParseAddr(server), 587
		if change != nil {
			change(m)
		}
		return m
	}
	logger := func(m *events.SMTP) {
		m.RcptTo, m.UserAgent, m.Attachments = []string{"A@x.example"}, "", []string{"screen.jpeg"}
	}
	no := false
	const outside, inside = "203.0.113.25", "10.0.0.25"
	var nights []events.Record
	for i := range 30 {
		nights = append(nights, mail(24*i, outside, nil))
	}
	for _, c := range []struct {
		name   string
		list   []events.Record
		n      int // findings, the last word among them
		points int // of the last one's terms
	}{
		{"inside", []events.Record{mail(0, inside, logger)}, 0, 0},
		{"refused", []events.Record{mail(0, outside, func(m *events.SMTP) { m.Accepted = &no })}, 0, 0},
		{"a mail program's", []events.Record{mail(0, outside, nil)}, 1, -25},
		{"a keylogger's", []events.Record{mail(0, outside, logger)}, 1, 10},
		{"once, and a last word", []events.Record{mail(0, outside, logger), mail(1, outside, logger), mail(2, outside, logger)}, 2, 10},
		{"much", []events.Record{mail(0, outside, nil), mail(1, outside, func(m *events.SMTP) { m.Bytes = 6 << 20 })}, 2, 0},
		{"innocent: every night", nights, 2, -25},
	} {
		m := device.New(device.Options{})
		d := NewSMTP(SMTPDefaults())
		var found []detect.Finding
		for _, r := range c.list {
			found = append(found, d.Observe(r, m.Observe(r))...)
		}
		found = append(found, d.Close(m.View())...)
		points := 0
		if len(found) > 0 {
			for _, term := range found[len(found)-1].Terms {
				points += term.Points
			}
		}
		if len(found) != c.n || points != c.points {
			t.Errorf("%s: %d findings and %d points, want %d and %d", c.name, len(found), points, c.n, c.points)
		}
	}
}
