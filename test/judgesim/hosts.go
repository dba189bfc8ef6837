package judgesim

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// role is what a host is there for.
type role uint8

const (
	balancer role = iota
	web
	app
	service
	worker
	postgres
	mysql
	cache
	queue
	files
	resolver
	domain
	ci
	runner
	jump
	mail
	backup
	registry
	monitor
	scanner
	logs
	batch
	git
	wiki
	media
	staging
	appliance
	desk // a person's workstation
	numRoles
)

// plan is how many hosts of each role a site of two hundred has.
func plan() [numRoles]struct {
	name  string
	count int
} {
	return [numRoles]struct {
		name  string
		count int
	}{
		balancer: {"lb", 2}, web: {"web", 8}, app: {"app", 16}, service: {"svc", 24}, worker: {"worker", 8}, postgres: {"pg", 4},
		mysql: {"mysql", 2}, cache: {"cache", 4}, queue: {"queue", 2}, files: {"files", 2}, resolver: {"dns", 2}, domain: {"dc", 2},
		ci: {"ci", 1}, runner: {"runner", 6}, jump: {"jump", 1}, mail: {"mail", 1}, backup: {"backup", 1}, registry: {"registry", 1},
		monitor: {"monitor", 1}, scanner: {"scanner", 1}, logs: {"logs", 2}, batch: {"batch", 3}, git: {"git", 1}, wiki: {"wiki", 1},
		media: {"media", 6}, staging: {"staging", 16}, appliance: {"appliance", 2}, desk: {"ws", 80},
	}
}

func (r role) String() string { return plan()[r].name }

// ports is where a role listens; 0 where nobody asks it anything.
func (r role) port() uint16 {
	return [numRoles]uint16{
		balancer: 443, web: 8080, app: 8443, service: 9000, postgres: 5432, mysql: 3306, cache: 6379, queue: 5672, files: 445, resolver: 53,
		domain: 389, ci: 8080, jump: 22, mail: 25, registry: 5000, logs: 5044, git: 443, wiki: 443, staging: 8080, appliance: 443,
	}[r]
}

// host is one network interface with its address, for as long as the instance lives.
type host struct {
	id     int
	name   string
	role   role
	group  int // of those of its role
	addr   netip.Addr
	vni    uint32
	mac    string
	vigor  float64 // how much it does beside others of its role
	phase  time.Duration
	born   events.Time
	gone   events.Time // 0: stays
	pinned bool        // a deviation needs it to stay

	ja4, ja3, agent, hassh string
	person                 *person
	asked                  map[string]events.Time // names and when DNS told them last

	mute   span // it sends nothing and answers nothing
	refuse span // it is there, and its service is not
}

// span is a time from and to; empty where to is not after from.
type span struct{ from, to events.Time }

func (s span) holds(t events.Time) bool { return t >= s.from && t < s.to }

func (h *host) alive(t events.Time) bool { return t >= h.born && (h.gone == 0 || t < h.gone) }

// servers says whether somebody else than a person runs it.
func (h *host) server() bool { return h.role != desk }

// found makes the hosts of the site.
func (s *Site) found() {
	d := s.dice.throw(s.o.Seed, 1)
	for r, p := range plan() {
		n := p.count
		if n > 1 {
			n = max(1, (n*s.o.Devices+100)/200)
		}
		for range n {
			s.settle(role(r), s.cal.at(0, -time.Hour), d)
		}
	}
	for _, h := range s.hosts {
		if h.role == desk {
			h.person = s.hire(h)
		}
	}
	s.wire()
}

// settle gives a role another host, at an address that is free.
func (s *Site) settle(r role, at events.Time, d *dice) *host {
	h := &host{
		id: len(s.hosts), role: r, vni: uint32(firstVNI + len(s.hosts)), vigor: d.lognormal(1, 0.35), phase: d.time(0, time.Hour), born: at,
		asked: map[string]events.Time{},
	}
	s.named[r]++
	h.name = fmt.Sprintf("%s-%02d", r, s.named[r])
	h.addr = s.address(r, at, d)
	h.mac = fmt.Sprintf("0a:%02x:%02x:%02x:%02x:%02x", d.IntN(256), d.IntN(256), d.IntN(256), h.id>>8, h.id&255)
	s.hosts = append(s.hosts, h)
	s.at[h.addr] = append(s.at[h.addr], h)
	s.members[r] = append(s.members[r], h)
	s.software(h)
	return h
}

// address is one that was given back at least an hour ago, if there is any, as a cloud does sooner or later; else a fresh one.
// Workstations have a subnet of their own.
func (s *Site) address(r role, at events.Time, d *dice) netip.Addr {
	for i, f := range s.freed {
		if at.Sub(f.at) > time.Hour {
			s.freed = append(s.freed[:i], s.freed[i+1:]...)
			return f.addr
		}
	}
	for {
		a := netip.AddrFrom4([4]byte{10, 20, byte(16 + d.IntN(4)), byte(10 + d.IntN(240))})
		if r == desk {
			a = netip.AddrFrom4([4]byte{10, 20, byte(64 + d.IntN(2)), byte(10 + d.IntN(240))})
		}
		if !s.taken[a] {
			s.taken[a] = true
			return a
		}
	}
}

// Owner is what the inventory says of an address at a moment, and of the observation point itself where there is no address. All hosts
// are in one VPC.
func (s *Site) Owner(vni uint32, a netip.Addr, at events.Time) device.Owner {
	if vni < firstVNI || int(vni-firstVNI) >= len(s.hosts) {
		return device.Owner{}
	}
	if !a.IsValid() {
		return s.hosts[vni-firstVNI].owner()
	}
	list := s.at[a]
	for i := len(list) - 1; i >= 0; i-- {
		if list[i].alive(at) {
			return list[i].owner()
		}
	}
	return device.Owner{VPC: vpc, Account: account}
}

func (h *host) owner() device.Owner {
	return device.Owner{
		Interface: h.ENI(), Instance: fmt.Sprintf("i-%017x", h.id+1), VPC: vpc, Account: account, Name: h.name,
		Tags: map[string]string{"Name": h.name, "tier": h.role.String()}, From: h.born,
	}
}

// Learned differs from before when there are other hosts than before.
func (s *Site) Learned() uint64 { return uint64(len(s.hosts)) }

const (
	firstVNI = 1000
	vpc      = "vpc-0a1b2c3d4e5f60718"
	account  = "111122223333"
)

// ENI is the id of the host's network interface.
func (h *host) ENI() string { return fmt.Sprintf("eni-%017x", h.id+1) }

// anyOf gives one living host of a role.
func (s *Site) anyOf(r role, at events.Time, d *dice) *host {
	list := s.members[r]
	for range 8 {
		if h := one(d, list); h.alive(at) {
			return h
		}
	}
	return list[len(list)-1]
}
