package lateral

import (
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/bounded"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// NewAdminPeer finds a host that works on another on which it never worked before.
//
// Who speaks: conversations that nobody took are recon's, failed log-ins are access's; here they are a reason at most. Many hosts within
// minutes are lateral.fan_out's: this one then says nothing. What administers is not counted by behaviour.new_peers.
var NewAdminPeer = detect.Spec{
	Type:  "lateral.new_admin_peer",
	Title: "New administrative connection",
	Text: "Remembers which host worked on which other inside by SSH, RDP, WinRM, Telnet, VNC, SMB or RPC, and tells when one turns to another " +
		"for the first time and was let in. An intruder goes on with stolen keys and passwords where their owner never was. One new " +
		"connection is a day's work and low risk; it weighs more from a host that never administered anything, outside the hours in which " +
		"it does, right after attempts that failed, and when there are several within the hour. What looks the same: an administrator's new " +
		"task, and low risk a round of one server, which administered before, over servers of one name. Quiet are the first day of learning, hosts that administer many by habit, and new hosts that are set up.",
	Category: "lateral", Tactics: []string{"TA0008"}, Techniques: []string{"T1021"},
	Risk:  detect.Base{Likelihood: events.Low, Complexity: events.Low, Impact: events.Medium},
	Wants: []events.Kind{events.KindConn, events.KindSSH}, Version: 2,
	Background: "Once inside, an intruder uses what administrators use: SSH, RDP, WinRM, SMB, with stolen keys and passwords. No exploit " +
		"is needed, and nothing looks wrong but who works where.",
	Mitigation: []string{
		"Ask the owner of the offender, or of the account, whether this was them.",
		"If not: isolate both ends, and change the credentials that were used.",
		"Restrict administration to a few bastions by security groups, so that such a connection cannot be made.",
	},
	Yields: []string{
		"lateral.remote_service", "lateral.wmi_exec", "lateral.scheduled_task", "lateral.dcom_exec", "lateral.winrm_exec", "lateral.rdp_exec",
		"lateral.admin_share_write", "lateral.pass_the_hash", "lateral.dcsync", "lateral.dcshadow", "lateral.dpapi_backup_key",
		"lateral.event_log_tampering", "lateral.credential_dump", "lateral.registry_change",
	},
	New:    func() detect.Detector { return NewNewAdminPeer(NewAdminPeerDefaults()) },
	Tuning: detect.Tuned(NewAdminPeerDefaults, NewNewAdminPeer),
}

// NewAdminPeerTunables are what may be set.
type NewAdminPeerTunables struct {
	Learn    time.Duration `tune:"learning time in which nothing is told" min:"1h" max:"720h"`
	Hold     time.Duration `tune:"time that a new connection waits for others, to be told together" min:"1s" max:"30m"`
	Within   time.Duration `tune:"time in which new connections of one host belong together" min:"10m" max:"24h"`
	Several  int           `tune:"new connections within that time that are no coincidence" min:"2" max:"60"`
	Habit    int           `tune:"hosts that somebody works on who administers by habit" min:"2" max:"10000"`
	Days     int           `tune:"different days on which it did" min:"1" max:"32"`
	Failures int           `tune:"failed attempts before a new connection that make it suspicious" min:"1" max:"1000"`
	Links    int           `tune:"pairs of hosts remembered" min:"100" max:"10000000"`
	Clients  int           `tune:"hosts remembered that work on others" min:"100" max:"1000000"`
}

// NewAdminPeerDefaults are the tunables that the project stands for. A link takes about 100 bytes, a client about 300.
func NewAdminPeerDefaults() NewAdminPeerTunables {
	return NewAdminPeerTunables{
		Learn: 24 * time.Hour, Hold: 10 * time.Minute, Within: time.Hour, Several: 3, Habit: 8, Days: 2, Failures: 5,
		Links: 100_000, Clients: 20_000,
	}
}

// failedWithin is how long after failed attempts a success is suspicious.
const failedWithin = 30 * time.Minute

// newHost is how long a host is new, and being set up.
const newHost = 24 * time.Hour

// NewAdminPeers remembers who worked on whom.
type NewAdminPeers struct {
	tune    NewAdminPeerTunables
	fan     FanOutTunables // of the detector to which this one yields
	links   *detect.Memory[link, lastTime]
	clients *detect.Memory[uint32, administrator]
	users   *bounded.Table[uint64, int] // how many clients a server has for a service, of those in links
	waiting []uint32                    // clients whose news is held, in the order in which it began to wait
}

// link is a client that works on a server by a service.
type link struct {
	client, server uint32
	by             service
}

// lastTime is the day of the last conversation, since 1970.
type lastTime struct{ day int64 }

// administrator is a host that works on others.
type administrator struct {
	habits
	lastHour  events.Time // counted in hours
	lately    fan         // hosts worked on, known ones too
	failures  int         // attempts in vain
	failureAt events.Time
	news      news
}

// habits are what is kept of an administrator over a restart.
type habits struct {
	links    int       // there ever were, up to now
	old      int       // of these, the ones from before the present day: what is new today makes no habit
	services uint32    // bits
	days     uint32    // of the last 32, the present one in the lowest bit
	today    int64     // days since 1970
	hours    [24]uint8 // in how many hours, by the hour of the day in UTC, it administered
}

// NewNewAdminPeer makes the detector.
func NewNewAdminPeer(t NewAdminPeerTunables) *NewAdminPeers {
	return &NewAdminPeers{
		tune: t, fan: FanOutDefaults(),
		links:   detect.NewMemory(t.Links, detect.Code[link, lastTime]{Letter: 'l', Version: 1, Write: writeLink, Read: readLink}),
		clients: detect.NewMemory(t.Clients, detect.Code[uint32, administrator]{Letter: 'c', Version: 1, Write: writeClient, Read: readClient}),
		users:   bounded.New[uint64, int](t.Links),
	}
}

// Observe looks whether a host works where it never did.
func (n *NewAdminPeers) Observe(r events.Record, v device.View) []detect.Finding {
	if !v.Orig.IsLocal() || !v.Resp.IsLocal() {
		return nil
	}
	switch r := r.(type) {
	case *events.SSH:
		if r.AuthSuccess != nil && !*r.AuthSuccess {
			n.fails(v.Orig.Serial, r.TS)
		}
	case *events.Conn:
		if failed(r) {
			n.fails(v.Orig.Serial, ended(r))
			return nil
		}
		if s := administers(r); s != none {
			n.works(r, v, s)
		}
	}
	return nil
}

// fails notes an attempt in vain.
func (n *NewAdminPeers) fails(client uint32, at events.Time) {
	a, _ := n.clients.Put(client)
	if at.Sub(a.failureAt) > failedWithin {
		a.failures = 0
	}
	a.failures, a.failureAt = a.failures+1, max(a.failureAt, at)
}

// works notes a conversation that administers.
func (n *NewAdminPeers) works(c *events.Conn, v device.View, s service) {
	at, client := ended(c), v.Orig.Serial
	a, _ := n.clients.Put(client)
	many := a.lately.add(v.Resp.Serial, at, n.fan.Within)
	turned := a.turnDay(at)
	before := a.habits
	fresh := n.meet(link{client, v.Resp.Serial, s}, at)
	if a.learn(s, at, fresh) || turned {
		n.clients.Note(client)
	}
	if !fresh || v.Age(at) < n.tune.Learn || n.byHabit(&before, s) || setUp(&before, v.Resp, at) || n.usedByAll(s, v.Resp) {
		return
	}
	if a.news.add(c, v, s, n.reasonsFor(a, &before, v, s, at), n.tune.Within) {
		a.news.due = at.Add(n.tune.Hold)
		n.waiting = append(n.waiting, client)
	}
	// What comes after it was told is told with it.
	a.news.fanned = a.news.fanned || many >= n.fan.Hosts
}

// meet notes a link, and says whether it is new.
func (n *NewAdminPeers) meet(key link, at events.Time) (fresh bool) {
	l, fresh := n.links.Put(key)
	if day := dayOf(at); l.day != day {
		l.day = day
		n.links.Note(key)
	}
	if fresh {
		n.count(key)
	}
	return fresh
}

func (n *NewAdminPeers) count(key link) {
	users, _ := n.users.Put(uint64(key.server)<<8 | uint64(key.by))
	*users++
}

const (
	// manyUsers is how many clients make a file server, or a domain controller, of a host that speaks SMB or RPC.
	manyUsers = 4
	// manyComers is how many make a door of a host, through which people come to others: more than a server has administrators.
	manyComers = 10
)

// usedByAll says that a server is there to be used: SMB and RPC are not for administrators alone.
func (n *NewAdminPeers) usedByAll(s service, server *device.Device) bool {
	return (s == smb || s == rpc) && n.usersOf(s, server) > manyUsers
}

func (n *NewAdminPeers) usersOf(s service, server *device.Device) int {
	if users := n.users.Peek(uint64(server.Serial)<<8 | uint64(s)); users != nil {
		return *users
	}
	return 0
}

// turnDay makes what was administered until yesterday old, and says whether that is worth keeping.
func (h *habits) turnDay(at events.Time) bool {
	day := dayOf(at)
	if day <= h.today {
		return false
	}
	h.days, h.today, h.old = h.days<<min(day-h.today, 32), day, h.links
	return true
}

// learn notes when and by what a client administers, and says whether that is worth keeping.
func (a *administrator) learn(s service, at events.Time, fresh bool) (keep bool) {
	h := &a.habits
	if this := at - at%events.Time(time.Hour); a.lastHour != this {
		a.lastHour, keep = this, true
		h.hours[hourOf(at)] = uint8(min(int(h.hours[hourOf(at)])+1, 255))
	}
	if fresh {
		h.links++
	}
	keep = keep || fresh || h.services>>s&1 == 0
	h.services |= 1 << s
	h.days |= 1
	return keep
}

// byHabit: a jump host, or a program that administers, has new hosts every day. By a service that it never used it has none.
func (n *NewAdminPeers) byHabit(h *habits, s service) bool {
	return h.old >= n.tune.Habit && onesOf(h.days&^1) >= n.tune.Days && h.services>>s&1 == 1
}

// setUp: a host that is new is set up by somebody who administers others already.
func setUp(a *habits, server *device.Device, at events.Time) bool {
	return at.Sub(server.FirstSeen) < newHost && a.links > 0
}

// Tick tells what was held long enough.
func (n *NewAdminPeers) Tick(now events.Time, v device.View) []detect.Finding { return n.tell(now, v) }

// Close tells what is held still.
func (n *NewAdminPeers) Close(v device.View) []detect.Finding { return n.tell(1<<62, v) }

func (n *NewAdminPeers) tell(now events.Time, _ device.View) []detect.Finding {
	var found []detect.Finding
	kept := n.waiting[:0]
	for _, client := range n.waiting {
		a := n.clients.Peek(client)
		if a == nil || a.news.due == 0 {
			continue
		}
		if a.news.due > now {
			kept = append(kept, client)
			continue
		}
		a.news.due = 0
		if f, ok := a.news.tell(n.tune.Several); ok {
			found = append(found, f)
		}
	}
	n.waiting = kept
	return found
}

// Overflow is how many pairs and clients had to be forgotten for want of room.
func (n *NewAdminPeers) Overflow() uint64 { return n.links.Evicted() + n.clients.Evicted() }

// Save hands over what changed (Keeper).
func (n *NewAdminPeers) Save(put func(key, value []byte)) {
	detect.Memories{n.links, n.clients}.Save(put)
}

// SaveSome is Save in slices (Sliced).
func (n *NewAdminPeers) SaveSome(put func(key, value []byte) bool) bool {
	return detect.Memories{n.links, n.clients}.SaveSome(put)
}

// Load takes back a link or a client (Keeper).
func (n *NewAdminPeers) Load(key, value []byte) error {
	if n.links.Mine(key) {
		err := n.links.Load(key, value)
		if err == nil {
			for k := range n.links.Newest {
				n.count(k)
				break
			}
		}
		return err
	}
	return n.clients.Load(key, value)
}

func writeLink(key, value *detect.Numbers, k link, l *lastTime) {
	key.Add(int64(k.client))
	key.Add(int64(k.server))
	key.Add(int64(k.by))
	value.Add(l.day)
}

func readLink(key, value *detect.Numbers, l *lastTime) link {
	l.day = value.Next(1 << 20)
	return link{uint32(key.Next(1<<32 - 1)), uint32(key.Next(1<<32 - 1)), service(key.Next(int64(numServices) - 1))}
}

func writeClient(key, value *detect.Numbers, client uint32, a *administrator) {
	key.Add(int64(client))
	if a.links == 0 {
		return // it only failed
	}
	value.Add(int64(a.links))
	value.Add(int64(a.old))
	value.Add(int64(a.services))
	value.Add(int64(a.days))
	value.Add(a.today)
	for _, h := range a.hours {
		value.Add(int64(h))
	}
}

func readClient(key, value *detect.Numbers, a *administrator) uint32 {
	a.links, a.old, a.services = int(value.Next(1<<30)), int(value.Next(1<<30)), uint32(value.Next(1<<numServices-1))
	a.days, a.today = uint32(value.Next(1<<32-1)), value.Next(1<<20)
	for i := range a.hours {
		a.hours[i] = uint8(value.Next(1<<8 - 1))
	}
	return uint32(key.Next(1<<32 - 1))
}
