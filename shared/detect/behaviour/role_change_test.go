package behaviour

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// browsing is a person at a machine for some days.
func browsing(who string, days int) (list []events.Record) {
	for i := range days * 12 {
		at := time.Duration(i/12)*day + 8*hour + time.Duration(i%12)*20*minute
		page := &events.HTTP{UserAgent: "Mozilla/5.0 (X11; Linux x86_64)", Host: "www.example.org"}
		c := talk(at, who, fmt.Sprintf("203.0.113.%d", i%9), 443)
		page.Head = c.Head
		list = append(list, page, c)
	}
	return list
}

// servingRole is a server with some clients for some days.
func servingRole(who string, port uint16, service string, from time.Duration, days, clients int) (list []events.Record) {
	for i := range days * 24 {
		c := talk(from+time.Duration(i)*hour, host(50+i%clients), who, port)
		c.Service = service
		list = append(list, c)
	}
	return list
}

func TestRoleChange(t *testing.T) {
	all := func(lists ...[]events.Record) (list []events.Record) {
		for _, l := range lists {
			list = append(list, l...)
		}
		slices.SortStableFunc(list, func(a, b events.Record) int { return int(a.Common().TS - b.Common().TS) })
		return list
	}
	// Somebody else is there from the beginning and to the end, so that time passes.
	clock := servingRole(host(9), 25, "smtp", 0, 9, 2)
	const later = 6 * day
	scanning := func() (list []events.Record) {
		for i := range 130 {
			c := vain(later+time.Duration(i)*time.Second, client, host(i), 80)
			c.RespPkts, c.ConnState = 0, "S0"
			list = append(list, c)
		}
		return list
	}
	cases := []struct {
		name    string
		records []events.Record
		alerts  int
		band    events.Band
		says    string
	}{
		{"too few conversations", all(clock, browsing(client, 6), servingRole(client, 445, "smb", later, 1, 3)[:4]), 0, "", ""},
		{"a workstation that serves files", all(clock, browsing(client, 6), servingRole(client, 445, "smb", later, 2, 4)), 1, "medium", "was a pc for 5 days and is now a file_server: it answered"},
		{"on the third day", all(clock, browsing(client, 3), servingRole(client, 445, "smb", 2*day+10*hour, 1, 4)), 1, "medium", "is now a file_server"},
		{"a workstation that answers names", all(clock, browsing(client, 6), servingRole(client, 53, "dns", later, 2, 4)), 1, "medium", "dns_server"},
		{"once only", all(clock, browsing(client, 6), servingRole(client, 445, "smb", later, 3, 4)), 1, "medium", "file_server"},
		{"a server at which somebody browses", all(clock, servingRole(client, 3306, "mysql", 0, 6, 2)[:100], shiftAll(browsing(client, 2), later)), 1, "medium", "was a db_server"},
		{"a server with one more service", all(clock, servingRole(client, 80, "http", 0, 9, 4), servingRole(client, 25, "smtp", later, 2, 4)), 1, "low", "mail_server"},
		{"a server that begins to scan", all(clock, servingRole(client, 80, "http", 0, 6, 4), scanning()), 1, "low", "scanner"},
		{"one without a role", all(clock, servingRole(client, 9999, "", 0, 6, 1), servingRole(client, 445, "smb", later, 2, 4)), 1, "low", "had no role"},
		// The innocent twins.
		{"a new device", all(clock, shiftAll(browsing(client, 2), 5*day), servingRole(client, 445, "smb", later+day, 2, 4)), 0, "", ""},
		{"in the first days", all(browsing(client, 2), servingRole(client, 445, "smb", 2*day, 1, 4)), 0, "", ""},
		{"on the third day, of which two were a weekend", all(clock, shiftAll(browsing(client, 3), 3*day), servingRole(client, 445, "smb", 5*day+10*hour, 1, 4)), 0, "", ""},
		{"a server, on the third day", all(clock, servingRole(client, 80, "http", 8*hour, 3, 4), servingRole(client, 25, "smtp", 2*day+10*hour, 1, 4)), 0, "", ""},
		{"what it always was", all(clock, servingRole(client, 445, "smb", 0, 9, 4)), 0, "", ""},
		{"a service that is there all along, and little used", all(clock, slowly(client, 9)), 0, "", ""},
		{"a deployment", all(clock, browsing(client, 6), browsing(host(1), 6), browsing(host(2), 6), servingRole(host(1), 445, "smb", later, 2, 4),
			servingRole(host(2), 445, "smb", later, 2, 4), servingRole(client, 445, "smb", later+10*hour, 2, 4)), 0, "", ""},
	}
	for _, c := range cases {
		alerts, text := 0, ""
		j := detect.NewJudge([]detect.Spec{RoleChanged}, device.New(device.Options{}), detect.Options{})
		for _, r := range c.records {
			j.Tick(r.Common().TS)
			j.Observe(r)
		}
		j.Tick(start.Add(10 * day))
		for _, d := range j.Detections() {
			if d.Participants[0].Address.String() != client {
				continue
			}
			alerts, text = alerts+len(d.Activity), d.Description
			if d.Risk.Band != c.band {
				t.Errorf("%s: %s (%d)", c.name, d.Risk.Band, d.Risk.Score)
			}
		}
		if alerts != c.alerts || !strings.Contains(text, c.says) {
			t.Errorf("%s: %d alerts, %q; want %d, %q", c.name, alerts, text, c.alerts, c.says)
		}
	}
}

func shiftAll(list []events.Record, by time.Duration) []events.Record {
	for _, r := range list {
		r.Common().TS = r.Common().TS.Add(by)
	}
	return list
}

// slowly is a service with a conversation or three a day.
func slowly(who string, days int) (list []events.Record) {
	for i := range days * 3 {
		list = append(list, talk(time.Duration(i)*8*hour, host(50+i%4), who, 445))
	}
	return list
}

// Catches: what people said of a device that is told as news.
func TestKnownGatewaysAreNoNews(t *testing.T) {
	model := device.New(device.Options{})
	j := detect.NewJudge([]detect.Spec{RoleChanged}, model, detect.Options{})
	for _, r := range append(browsing(client, 6), servingRole(client, 3128, "http", 6*day, 1, 1)...) {
		j.Tick(r.Common().TS)
		j.Observe(r)
		if r.Common().TS >= start.Add(6*day) {
			model.SetKnown(device.Known{Gateways: []netip.Prefix{netip.MustParsePrefix(client + "/32")}})
		}
	}
	j.Tick(start.Add(8 * day))
	if list := j.Detections(); len(list) != 0 {
		t.Errorf("%s", list[0].Description)
	}
}

// Catches: a change that a restart tells again.
func TestRoleChangeOutlivesARestart(t *testing.T) {
	r := NewRoleChange(RoleChangeDefaults())
	kept, _ := r.seen.Put(7)
	kept.at = start
	r.seen.Note(7)
	next, n := NewRoleChange(RoleChangeDefaults()), 0
	r.Save(func(key, value []byte) {
		n++
		if err := next.Load(key, value); err != nil {
			t.Fatal(err)
		}
	})
	if got := next.seen.Peek(7); n != 1 || got == nil || got.at != start {
		t.Errorf("%d saved, %+v", n, got)
	}
}
