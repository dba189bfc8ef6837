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

// Catches: a program under a document's name that passes, a newsletter that is told, a spam run told for each mail.
func TestMaliciousMail(t *testing.T) {
	mail := func(i int, from string, names ...string) *events.SMTP {
		m := &events.SMTP{MailFrom: from, RcptTo: []string{"b@y.example"}, Recipients: 1, Bytes: 4000, Attachments: names}
		m.TS, m.UID = events.Time(1e18).Add(time.Duration(i)*time.Minute), fmt.Sprint("C", i)
		m.OrigH, m.RespH, m.RespP = netip.MustParseAddr("10.0.0.5"), netip.MustParseAddr("203.0.113.25"), 25
		return m
	}
	each := func(n int, from func(i int) string) (list []*events.SMTP) {
		for i := range n {
			list = append(list, mail(i, from(i)))
		}
		return list
	}
	for _, c := range []struct {
		name       string
		list       []*events.SMTP
		want       []string
		confidence float64
	}{
		{"a program", []*events.SMTP{mail(0, "a@x", "setup.EXE")}, []string{`10.0.0.5 delivered 1 mail with a program in it to 203.0.113.25: "setup.EXE".`}, 0.7},
		{"behind a document's name", []*events.SMTP{mail(0, "a@x", "x.txt", "invoice.pdf.js")}, []string{`"invoice.pdf.js"`}, 0.95},
		{"once, and a last word", []*events.SMTP{mail(0, "a@x", "a.iso"), mail(1, "a@x", "b.iso"), mail(2, "a@x", "c.iso")}, []string{"1 mail", "3 mails"}, 0.7},
		{"below: nine senders", each(9, func(i int) string { return fmt.Sprint("s", i, "@x") }), nil, 0},
		{"at: ten senders", each(10, func(i int) string { return fmt.Sprint("s", i, "@x") }), []string{"10.0.0.5 sent 10 mails under 10 different senders to 1 server within 9m0s, and is no mail server."}, 0.75},
		{"innocent: a newsletter", each(500, func(int) string { return "news@x" }), nil, 0},
		{"innocent: documents", []*events.SMTP{mail(0, "a@x", "report.pdf", "photo.jpg", "data.zip", "exe", "my.com.txt")}, nil, 0},
	} {
		m := device.New(device.Options{})
		d := NewMaliciousMail(MaliciousMailDefaults())
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
			if !strings.Contains(f.Description, c.want[i]) || f.Confidence != c.confidence {
				t.Errorf("%s: %q with %v, want %q with %v", c.name, f.Description, f.Confidence, c.want[i], c.confidence)
			}
		}
	}
}
