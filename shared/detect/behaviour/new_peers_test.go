package behaviour

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

const client = "10.0.0.5"

// week is sixty hosts that were there from the beginning, and a client that uses three of them all the time.
func week() (list []*events.Conn) {
	list = many(60, func(i int) *events.Conn { return talk(time.Duration(i)*time.Second, host(i), client, 443) })
	for h := range 7 * 24 {
		list = append(list, talk(time.Duration(h)*hour, client, host(h%3), 5432))
	}
	return list
}

func TestNewPeers(t *testing.T) {
	const later = 8*day + 12*hour
	meets := func(n int, every, from time.Duration, who string) []*events.Conn {
		return many(n, func(i int) *events.Conn { return talk(from+time.Duration(i)*every, who, host(10+i), 8080) })
	}
	cases := []struct {
		name    string
		records []*events.Conn
		alerts  int
		band    events.Band
	}{
		{"below", join(week(), meets(7, minute, later, client)), 0, ""},
		{"at", join(week(), meets(8, minute, later, client)), 1, "medium"},
		{"once only", join(week(), meets(14, minute, later, client)), 1, "medium"},
		{"twice as many", join(week(), meets(40, minute, later, client)), 2, "medium"},
		{"services of a few hosts", join(week(), many(12, func(i int) *events.Conn {
			return talk(later+time.Duration(i)*minute, client, host(i%3), uint16(8000+i))
		})), 1, "medium"},
		{"on the first day", join(week()[:80], meets(10, minute, 20*hour, client)), 1, "low"},
		{"a few letters", join(week(), many(12, func(i int) *events.Conn {
			return talk(later+time.Duration(i)*minute, client, fmt.Sprintf("203.0.113.%d", i), 25)
		})), 0, ""},
		{"letters to hosts outside", join(week(), many(20, func(i int) *events.Conn {
			return talk(later+time.Duration(i)*minute, client, fmt.Sprintf("203.0.113.%d", i), 25)
		})), 1, "medium"},
		// The innocent twins.
		{"in the first hours", meets(40, minute, 0, client), 0, ""},
		{"its first hours", join(week(), meets(40, minute, later, "10.0.9.9")), 0, ""},
		{"a scan, doors closed", join(week(), many(40, func(i int) *events.Conn { return vain(later+time.Duration(i)*minute, client, host(i), 8080) })), 0, ""},
		{"a scan that finds a few", join(week(), many(40, func(i int) *events.Conn { return vain(later+time.Duration(i)*time.Second, client, host(i), 81) }),
			meets(9, time.Second, later+minute, client)), 0, ""},
		{"slowly", join(week(), meets(40, 10*minute, later, client)), 0, ""},
		{"what it always uses", join(week(), many(40, func(i int) *events.Conn { return talk(later+time.Duration(i)*minute, client, host(i%3), 5432) })), 0, ""},
		{"ports that change by themselves", join(week(), many(40, func(i int) *events.Conn {
			return talk(later+time.Duration(i)*minute, client, host(i%3), uint16(40000+i))
		})), 0, ""},
		{"a deployment", join(week(), merge(meets(12, 10*time.Second, later, client), meets(12, 10*time.Second, later, host(1)),
			meets(12, 10*time.Second, later, host(2)), meets(12, 10*time.Second, later, host(3)))), 0, ""},
		{"hosts that begin", join(week(), many(24, func(i int) *events.Conn {
			fresh := fmt.Sprintf("10.0.8.%d", 1+i/2)
			if i%2 == 0 {
				return talk(later+time.Duration(i)*minute, fresh, host(1), 53)
			}
			return talk(later+time.Duration(i)*minute, client, fresh, 9100)
		})), 0, ""},
		{"work on others", join(week(), many(20, func(i int) *events.Conn { return talk(later+time.Duration(i)*minute, client, host(20+i), 22) })), 0, ""},
		{"hosts outside", join(week(), many(40, func(i int) *events.Conn {
			return talk(later+time.Duration(i)*minute, client, fmt.Sprintf("203.0.113.%d", i), 443)
		})), 0, ""},
		{"one that meets new ones all day", join(week(), many(400, func(i int) *events.Conn {
			return talk(later+time.Duration(i)*5*minute, client, host(i%60), uint16(8000+i/60))
		}), many(20, func(i int) *events.Conn { return talk(later+35*hour+time.Duration(i)*minute, client, host(i), 9999) })), 1, "medium"},
	}
	for _, c := range cases {
		alerts := 0
		for _, d := range run(c.records, NewPeers) {
			alerts += len(d.Activity)
			if d.Risk.Band != c.band || d.Participants[0].Address.String() != client || !strings.Contains(d.Description, "for the first time") {
				t.Errorf("%s: %s %q", c.name, d.Risk.Band, d.Description)
			}
		}
		if alerts != c.alerts {
			t.Errorf("%s: %d alerts, want %d", c.name, alerts, c.alerts)
		}
	}
}

// Catches: what is usual, forgotten over a restart.
func TestNewPeersOutliveARestart(t *testing.T) {
	stored := map[string][]byte{}
	p := NewNewPeers(NewPeersDefaults())
	model := device.New(device.Options{})
	show(p, model, week())
	show(p, model, many(40, func(i int) *events.Conn { return talk(9*day+time.Duration(i)*10*minute, client, host(10+i), 8080) }))
	show(p, model, many(1, func(i int) *events.Conn { return talk(9*day+8*hour, client, host(1), 5432) }))
	p.Save(func(key, value []byte) { stored[string(key)] = append([]byte(nil), value...) })
	again := NewNewPeers(NewPeersDefaults())
	for k, v := range stored {
		if err := again.Load([]byte(k), v); err != nil {
			t.Fatal(err)
		}
	}
	var before, after float64
	for k, d := range p.devices.All {
		if one := again.devices.Peek(k); one != nil {
			before, after = before+d.most, after+one.most
		}
	}
	if before < 4 || after < before-0.1 || after > before {
		t.Errorf("%.2f before, %.2f after; %d stored", before, after, len(stored))
	}
}

// Catches: tables and lists that grow with the network.
func TestNewPeersMemoryIsBounded(t *testing.T) {
	tune := NewPeersDefaults()
	tune.Devices, tune.Young = 10, 0
	p, model := NewNewPeers(tune), device.New(device.Options{})
	show(p, model, many(2000, func(i int) *events.Conn { return talk(day+time.Duration(i)*time.Second, client, host(i), 8080) }))
	for _, d := range p.devices.All {
		if len(d.news.list) > maxNews || d.news.more == 0 {
			t.Errorf("%d kept, %d more", len(d.news.list), d.news.more)
		}
	}
	show(p, model, many(2000, func(i int) *events.Conn { return talk(3*day+time.Duration(i)*time.Second, host(i), client, 8080) }))
	if p.devices.Len() != 10 || p.Overflow() < 1900 || len(p.waiting) > 1 {
		t.Errorf("%d devices, %d forgotten, %d waiting", p.devices.Len(), p.Overflow(), len(p.waiting))
	}
}

// show gives a detector records, and the time between them.
func show(d detect.Detector, model *device.Model, records []*events.Conn) (found []detect.Finding) {
	for _, c := range records {
		found = append(found, d.Tick(ended(c).Add(-time.Millisecond), model.View())...)
		found = append(found, d.Observe(c, model.Observe(c))...)
	}
	return found
}
