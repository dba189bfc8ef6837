package lateral

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

const (
	minute = time.Minute
	hour   = time.Hour
	day    = 24 * time.Hour
)

// known is hosts that were there on the first day, and speak of other things.
func known() []*events.Conn {
	return many(60, func(i int) *events.Conn { return session(time.Duration(i)*time.Second, host(i), worker, 443, "ssl") })
}

// workday is somebody who works on three hosts, a week long, from nine to five.
func workday(of string) (list []*events.Conn) {
	list = known()
	for d := range 7 {
		for h := 9; h < 17; h++ {
			list = append(list, login(time.Duration(d)*day+time.Duration(h)*hour, of, host(h%3)))
		}
	}
	return list
}

func TestNewAdminPeer(t *testing.T) {
	const later = 8*day + 12*hour
	at := func(n int, by time.Duration, from time.Duration, who string) []*events.Conn {
		return many(n, func(i int) *events.Conn { return login(from+time.Duration(i)*by, who, host(20+i)) })
	}
	cases := []struct {
		name    string
		records []*events.Conn
		alerts  int
		band    events.Band // of the loudest
		says    string
	}{
		{"one", join(workday(admin), at(1, 0, later, admin)), 1, "low", "worked on 10.0.1.21 by SSH for the first time"},
		{"once only", join(workday(admin), at(1, 0, later, admin), at(1, 0, later+20*minute, admin), at(1, 0, later+3*hour, admin)), 1, "low", "first time"},
		{"another service", join(workday(admin), many(1, func(int) *events.Conn { return session(later, admin, host(0), 3389, "ssl") })), 1, "low", "RDP"},
		{"two", join(workday(admin), at(2, minute, later, admin)), 1, "low", "2 hosts"},
		{"several", join(workday(admin), at(3, minute, later, admin)), 1, "medium", "3 hosts"},
		{"slowly", join(workday(admin), at(6, 9*minute, later, admin)), 2, "medium", "6 hosts"},
		{"one from who never did", join(workday(admin), known(), at(1, 0, later, host(7))), 1, "medium", "never administered anything"},
		{"a stolen account", join(workday(admin), at(6, 7*minute, later, host(7))), 2, "medium", "never administered anything"},
		{"ten of them", join(workday(admin), at(10, 3*minute, later, admin)), 2, "medium", "10 hosts"},
		{"at night", join(workday(admin), at(1, 0, 8*day+2*hour, admin)), 1, "medium", "at a time of the day at which it never does"},
		{"after failures", join(workday(admin), many(6, func(i int) *events.Conn { return vain(later-minute, admin, host(30+i), 22) }), at(1, 0, later, admin)),
			1, "medium", "right after 6 attempts that failed"},
		{"several of one that administered many, once", join(known(), many(10, func(i int) *events.Conn { return login(10*hour+time.Duration(i)*minute, host(8), host(i+9)) }),
			at(4, minute, later, host(8))), 1, "low", "4 hosts"},
		{"one to a jump host, from who never did", join(known(), many(12, func(i int) *events.Conn { return login(time.Duration(i+1)*minute, host(i), worker) }),
			known(), many(1, func(i int) *events.Conn { return login(later, host(40), worker) })), 1, "low", "never administered"},
		{"one from who never did, before a working day was watched", shiftConns(join(known(), at(1, 0, 2*day+9*hour, host(7))), 3*day), 1, "low", "never administered anything"},
		{"several from who never did, then", shiftConns(join(known(), at(4, minute, 2*day+9*hour, host(7))), 3*day), 1, "medium", "never administered anything"},
		// The innocent twins.
		{"on the first day", join(known(), at(6, 9*minute, 20*hour, admin)), 0, "", ""},
		{"what it always does", join(workday(admin), many(3, func(i int) *events.Conn { return login(later+time.Duration(i)*time.Second, admin, host(i)) })), 0, "", ""},
		{"doors that are closed", join(workday(admin), many(6, func(i int) *events.Conn { return vain(later, admin, host(30+i), 22) })), 0, "", ""},
		{"a jump host", join(known(), many(40, func(i int) *events.Conn { return login(time.Duration(i)*3*hour, admin, host(i)) }), at(5, minute, 9*day, admin)), 0, "", ""},
		{"a new host that is set up", join(workday(admin), many(1, func(int) *events.Conn { return session(later-hour, "10.0.9.9", worker, 443, "ssl") }),
			many(1, func(int) *events.Conn { return login(later, admin, "10.0.9.9") })), 0, "", ""},
		{"a file server", join(known(), many(12, func(i int) *events.Conn { return session(time.Duration(i)*5*hour, host(i), worker, 445, "smb") })[:11],
			many(1, func(int) *events.Conn { return session(later, host(40), worker, 445, "smb") })), 0, "", ""},
		{"an outside host", join(workday(admin), many(1, func(int) *events.Conn { return login(later, admin, "203.0.113.7") })), 0, "", ""},
	}
	for _, c := range cases {
		list := run(c.records, NewAdminPeer)
		alerts, loudest, text := 0, 0, ""
		for _, d := range list {
			// The file server's first users are news, too.
			if d.Start.Before(start.Add(2 * day).Time()) {
				continue
			}
			alerts += len(d.Activity)
			loudest, text = max(loudest, d.Risk.Score), d.Description
		}
		if alerts != c.alerts || c.alerts > 0 && (events.BandOf(loudest) != c.band || !strings.Contains(text, c.says)) {
			t.Errorf("%s: %d alerts, score %d, %q; want %d, %s, %q", c.name, alerts, loudest, text, c.alerts, c.band, c.says)
		}
	}
}

// shiftConns moves records to later: start is a Wednesday.
func shiftConns(list []*events.Conn, by time.Duration) []*events.Conn {
	for _, c := range list {
		c.TS = c.TS.Add(by)
	}
	return list
}

// Catches: two alarms for one thing. From twelve hosts within minutes on it is a fan-out, and before that it is none.
func TestFanOutOrNewAdminPeer(t *testing.T) {
	for _, c := range []struct {
		hosts int
		every time.Duration
		want  string
	}{{6, minute, "lateral.new_admin_peer"}, {11, 30 * time.Second, "lateral.new_admin_peer"}, {12, 30 * time.Second, "lateral.fan_out"}, {40, 5 * time.Second, "lateral.fan_out"}, {9, 6 * minute, "lateral.new_admin_peer"}} {
		list := run(join(workday(admin), many(c.hosts, func(i int) *events.Conn {
			return login(8*day+12*hour+time.Duration(i)*c.every, admin, host(20+i))
		})), NewAdminPeer, FanOut)
		if len(list) != 1 || list[0].Type != c.want || list[0].Risk.Score < 30 {
			t.Errorf("%d hosts: %d detections, %s", c.hosts, len(list), types(list))
		}
	}
}

func types(list []*events.Detection) (all string) {
	for _, d := range list {
		all += fmt.Sprintf("%s(%d) ", d.Type, d.Risk.Score)
	}
	return all
}

// Catches: the first deployment of a group by the server that deploys others, told as loud as a theft; and a theft that passes for one: by who
// never administered, by a person's machine, over hosts of several names, over siblings of the host, over people's machines.
func TestRoundOverAFleet(t *testing.T) {
	const later = 8*day + 12*hour
	named := map[string]string{admin: "build-01", worker: "web-07"}
	for i := range 20 {
		named[host(20+i)] = fmt.Sprintf("web-%02d.example.net", i)
		named[host(40+i)] = fmt.Sprintf("app%c-%02d", 'a'+i%3, i)
	}
	round := func(n, first int, who string) []*events.Conn {
		return many(n, func(i int) *events.Conn { return login(later+time.Duration(i)*20*time.Second, who, host(first+i)) })
	}
	for _, c := range []struct {
		name    string
		records []*events.Conn
		person  string
		low     bool
		kind    string
	}{
		{"a deployment", join(workday(admin), round(5, 20, admin)), "", true, "lateral.new_admin_peer"},
		{"a large one", join(workday(admin), round(15, 20, admin)), "", true, "lateral.fan_out"},
		{"of who never administered", join(workday(admin), round(5, 20, host(9))), "", false, "lateral.new_admin_peer"},
		{"of who never administered, over many", join(workday(admin), round(15, 20, host(9))), "", false, "lateral.fan_out"},
		{"over several names", join(workday(admin), round(5, 40, admin)), "", false, "lateral.new_admin_peer"},
		{"over many of several names", join(workday(admin), round(15, 40, admin)), "", false, "lateral.fan_out"},
		{"over siblings", join(workday(worker), round(5, 20, worker)), "", false, "lateral.new_admin_peer"},
		{"of a person", join(workday(admin), round(5, 20, admin)), admin, false, "lateral.new_admin_peer"},
	} {
		model := device.New(device.Options{Who: func(_ uint32, a netip.Addr, _ events.Time) (o device.Owner) {
			o.Name, o.Interface = named[a.String()], "eni-"+a.String()
			return o
		}})
		model.SetSaid(map[string]device.Said{"eni-" + c.person: {Role: "pc"}})
		var last *events.Detection
		j := detect.NewJudge([]detect.Spec{NewAdminPeer, FanOut}, model, detect.Options{Emit: func(d *events.Detection) { last = d }})
		for _, r := range c.records {
			r.VNI = 7
			j.Tick(ended(r).Add(-time.Millisecond))
			j.Observe(r)
		}
		j.Tick(start.Add(later + 30*minute))
		if last == nil {
			t.Fatalf("%s: nothing", c.name)
		}
		if last.Type != c.kind || last.Risk.Score < 30 != c.low {
			t.Errorf("%s: %+v", c.name, last.Risk)
		}
	}
}

// Catches: a restart after which everything is new, or by which somebody without habits gets some.
func TestNewAdminPeerOutlivesARestart(t *testing.T) {
	stored := map[string][]byte{}
	n, model := NewNewAdminPeer(NewAdminPeerDefaults()), device.New(device.Options{})
	show := func(n *NewAdminPeers, list []*events.Conn) (texts []string) {
		for _, c := range list {
			n.Observe(c, model.Observe(c))
			for _, f := range n.Tick(ended(c).Add(30*minute), model.View()) {
				texts = append(texts, f.Description)
			}
		}
		return texts
	}
	show(n, workday(admin))
	n.Save(func(key, value []byte) { stored[string(key)] = append([]byte(nil), value...) })
	again := NewNewAdminPeer(NewAdminPeerDefaults())
	for k, v := range stored {
		if err := again.Load([]byte(k), v); err != nil {
			t.Fatal(err)
		}
	}
	const later = 8*day + 2*hour
	if got := show(again, many(3, func(i int) *events.Conn { return login(later, admin, host(i)) })); len(got) != 0 {
		t.Errorf("known links are news: %v", got)
	}
	got := show(again, many(1, func(int) *events.Conn { return login(later+day+hour, admin, host(50)) }))
	if len(got) != 1 || strings.Contains(got[0], "never administered") {
		t.Errorf("%v", got)
	}
	if len(stored) != 4 { // three links and a client
		t.Errorf("%d stored", len(stored))
	}
	if err := again.Load([]byte("x"), []byte("y")); err == nil {
		t.Error("a key of nobody was read")
	}
}

// Catches: tables that grow with the hosts, and lists that grow with the connections.
func TestNewAdminPeerMemoryIsBounded(t *testing.T) {
	tune := NewAdminPeerDefaults()
	tune.Links, tune.Clients = 10, 10
	n, model := NewNewAdminPeer(tune), device.New(device.Options{})
	for i := range 1000 {
		for _, c := range []*events.Conn{login(2*day+time.Duration(i)*time.Second, host(i), target), session(2*day+time.Duration(i)*time.Second, admin, host(i), 445, "smb")} {
			n.Observe(c, model.Observe(c))
		}
	}
	if n.links.Len() != 10 || n.clients.Len() != 10 || n.users.Len() > 10 || n.Overflow() < 1900 {
		t.Errorf("%d links, %d clients, %d servers, %d forgotten", n.links.Len(), n.clients.Len(), n.users.Len(), n.Overflow())
	}
}
