package lateral

import (
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

func TestFanOut(t *testing.T) {
	loop := func(n int, every time.Duration, from time.Duration) []*events.Conn {
		return many(n, func(i int) *events.Conn { return login(from+time.Duration(i)*every, admin, host(i)) })
	}
	const day = 24 * time.Hour
	cases := []struct {
		name    string
		records []*events.Conn
		alerts  int
	}{
		{"below", loop(11, time.Second, 0), 0},
		{"at", loop(12, time.Second, 0), 1},
		{"once only", loop(100, time.Second, 0), 1},
		{"next order", loop(150, time.Second, 0), 2},
		{"by two services", many(12, func(i int) *events.Conn {
			return session(time.Duration(i)*time.Second, admin, host(i), []uint16{22, 3389}[i%2], "")
		}), 1},
		{"to hosts outside", many(12, func(i int) *events.Conn {
			return login(time.Duration(i)*time.Second, admin, strings.Replace(host(i), "10.0", "203.0", 1))
		}), 1},
		{"another day, far more", join(loop(12, time.Second, 0), loop(40, time.Second, 3*day)), 2},
		// The innocent twins.
		{"one after the other, all day", loop(100, time.Minute, 0), 0},
		{"one host, again and again", many(500, func(i int) *events.Conn { return login(time.Duration(i)*time.Second, admin, target) }), 0},
		{"three rounds over eight hosts", many(24, func(i int) *events.Conn { return login(time.Duration(i)*time.Second, admin, host(i%8)) }), 0},
		{"by habit, another day", join(loop(20, time.Second, 0), loop(20, time.Second, day), loop(25, time.Second, 2*day)), 1},
		{"doors that are closed", many(100, func(i int) *events.Conn { return vain(time.Duration(i)*time.Second, admin, host(i), 22) }), 0},
		{"SMB to hosts outside", many(100, func(i int) *events.Conn {
			return session(time.Duration(i)*time.Second, admin, strings.Replace(host(i), "10.0", "203.0", 1), 445, "smb")
		}), 0},
		{"web servers", many(100, func(i int) *events.Conn { return session(time.Duration(i)*time.Second, admin, host(i), 443, "ssl") }), 0},
	}
	for _, c := range cases {
		alerts := 0
		for _, d := range run(c.records, FanOut) {
			alerts += len(d.Activity)
			if d.Risk.Band != "medium" || d.Participants[0].Address.String() != admin || len(d.Participants) < 13 {
				t.Errorf("%s: %s %+v, %d participants", c.name, d.Risk.Band, d.Risk, len(d.Participants))
			}
		}
		if alerts != c.alerts {
			t.Errorf("%s: %d alerts, want %d", c.name, alerts, c.alerts)
		}
	}
}

// Catches: a habit that a restart forgets, and one that is read back wrong.
func TestFanOutKeepsHabits(t *testing.T) {
	stored := map[string]string{}
	put := func(key, value []byte) { stored[string(key)] = string(value) }
	f, model := NewFanOut(FanOutDefaults()), device.New(device.Options{})
	show := func(f *FanOuts, from time.Duration) (alerts int) {
		for _, c := range many(20, func(i int) *events.Conn { return login(from+time.Duration(i)*time.Second, admin, host(i)) }) {
			alerts += len(f.Observe(c, model.Observe(c)))
		}
		return alerts
	}
	if show(f, 0) != 1 {
		t.Fatal("the first one is told")
	}
	f.Save(put)
	again := NewFanOut(FanOutDefaults())
	for k, v := range stored {
		if err := again.Load([]byte(k), []byte(v)); err != nil {
			t.Fatal(err)
		}
	}
	if n := show(again, 24*time.Hour); n != 0 || len(stored) != 1 {
		t.Errorf("%d alerts after a restart, %d stored", n, len(stored))
	}
}

// Catches: tables that grow with the hosts.
func TestFanOutMemoryIsBounded(t *testing.T) {
	tune := FanOutDefaults()
	tune.Clients = 10
	f, model := NewFanOut(tune), device.New(device.Options{})
	for i := range 1000 {
		c := login(time.Duration(i)*time.Second, host(i), target)
		f.Observe(c, model.Observe(c))
		c = login(time.Duration(i)*time.Second, admin, host(i))
		f.Observe(c, model.Observe(c))
	}
	for _, o := range f.clients.All {
		if len(o.victims) > maxLately || len(o.uids) > maxUIDs || len(o.lately) > maxLately {
			t.Errorf("%d victims, %d uids", len(o.victims), len(o.uids))
		}
	}
	if f.clients.Len() != 10 || f.Overflow() < 900 {
		t.Errorf("%d clients, %d forgotten", f.clients.Len(), f.Overflow())
	}
}
