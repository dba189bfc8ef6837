package device

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// roleRule is how a role is told. Its function reads what a device does, and says what it rests on.
type roleRule struct {
	name     string
	precious bool // of high value
	fits     func(*Device) (proof, bool)
}

const maxRoles = 12

// roleRules lists the roles. A device that has several is called by the first of them: what is rarer, and tells more, stands higher.
func roleRules() [maxRoles]roleRule {
	return [maxRoles]roleRule{
		{"domain_controller", true, domainController},
		{"db_server", true, dbServer},
		{"dhcp_server", true, dhcpServer},
		{"dns_server", true, dnsServer},
		{"mail_server", false, mailServer},
		{"file_server", false, fileServer},
		{"vpn_gateway", false, vpnGateway},
		{"load_balancer", false, loadBalancer},
		{"nat_gateway", false, natGateway},
		{"scanner", false, scanner},
		{"http_server", false, httpServer},
		{"pc", false, pc},
	}
}

// How much is enough. One conversation may be a mistake of whoever began it.
const (
	enoughNamed    = 5       // conversations, where an analyzer confirmed the protocol
	enoughByPort   = 20      // where only the port speaks for it
	enoughSilent   = 100     // hosts that did not answer, and at least half of all that were asked
	enoughTunnel   = 1 << 20 // bytes, for a tunnel is one conversation for days
	enoughPassed   = 1 << 20 // bytes that went through
	enoughPassages = 40      // conversations that they came in
	enoughFaces    = 6       // kinds of TLS client, and as many of browser, that one host has who stands for many
	enoughHosts    = 100     // that such a host spoke with
	enoughPages    = 5       // web servers that a person turns to
)

// proof is what a role rests on. It becomes words only when somebody asks.
type proof struct {
	words func(*proof) string
	a, b  Service
	n, of int
}

// String is one clause, and "" where the role outlasted what it rested on: "answered 412 conversations on tcp/5432 (postgresql) from 9 clients".
func (p proof) String() string {
	if p.words == nil {
		return ""
	}
	return p.words(&p)
}

func answered(p *proof) string {
	return fmt.Sprintf("answered %s on %s from %s", count(p.a.Count, "conversation"), p.a.label(), count(p.a.Peers, "client"))
}

func answeredBoth(p *proof) string {
	return answered(p) + fmt.Sprintf(", and %d on %s", p.b.Count, p.b.label())
}

func count[N int | uint32](n N, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprint(n, " ", what, "s")
}

// label is how a service is written: "tcp/5432 (postgresql)".
func (s *Service) label() string {
	text := fmt.Sprint(protoName(s.Proto), "/", s.Port)
	if s.Name != "" {
		text += " (" + s.Name + ")"
	}
	return text
}

// kind is a kind of service: by what an analyzer calls it, or by its port where none had anything to say, or saw nothing but TLS.
type kind struct {
	names    string // between commas
	tcp, udp []uint16
}

func (k *kind) is(s *Service) (named, byPort bool) {
	opaque := true
	for name := range strings.SplitSeq(s.Name, ",") {
		if name != "" && strings.Contains(k.names, ","+name+",") {
			return true, false
		}
		opaque = opaque && (name == "" || name == "ssl")
	}
	if s.Proto == TCP {
		return false, opaque && slices.Contains(k.tcp, s.Port)
	}
	return false, opaque && slices.Contains(k.udp, s.Port)
}

// busiest gives the most used service of a kind that is still in use; enough says that it is no accident.
func (k *kind) busiest(list []Service, now events.Time) (best Service, enough bool) {
	for i := range list {
		s := &list[i]
		named, byPort := k.is(s)
		if !named && !byPort || now-s.Last > roleLasts || s.Count <= best.Count {
			continue
		}
		best = *s
		enough = named && s.Count >= enoughNamed || s.Count >= enoughByPort
	}
	return best, enough
}

// serves is the common form: a kind of service for so many clients.
func serves(d *Device, k kind, clients uint32) (proof, bool) {
	s, enough := k.busiest(d.Offers, d.LastSeen)
	return proof{words: answered, a: s}, enough && s.Peers >= clients
}

func dbServer(d *Device) (proof, bool) {
	return serves(d, kind{
		",mysql,postgresql,mongodb,redis,tds,mssql,oracle,tns,cassandra,", []uint16{1433, 1521, 3306, 5432, 5984, 6379, 9042, 9200, 27017}, nil,
	}, 1)
}

func dhcpServer(d *Device) (proof, bool) { return serves(d, kind{",dhcp,", nil, []uint16{67, 547}}, 1) }

func dnsServer(d *Device) (proof, bool) {
	return serves(d, kind{",dns,", []uint16{53}, []uint16{53}}, 2)
}

func mailServer(d *Device) (proof, bool) {
	return serves(d, kind{",smtp,imap,pop3,", []uint16{25, 110, 143, 465, 587, 993, 995}, nil}, 1)
}

// fileServer: three clients, because every Windows host offers its files, and an administrator or two look at them.
func fileServer(d *Device) (proof, bool) {
	return serves(d, kind{",smb,nfs,ftp,afp,", []uint16{21, 139, 445, 548, 2049}, []uint16{2049}}, 3)
}

func httpServer(d *Device) (proof, bool) {
	return serves(d, kind{",http,", []uint16{80, 443, 8000, 8080, 8443}, []uint16{443}}, 2)
}

// domainController: who gives out tickets and holds the directory.
func domainController(d *Device) (proof, bool) {
	tickets, one := (&kind{",kerberos,krb,krb_tcp,", []uint16{88}, []uint16{88}}).busiest(d.Offers, d.LastSeen)
	directory, other := (&kind{",ldap,ldap_tcp,ldap_udp,", []uint16{389, 636, 3268, 3269}, []uint16{389}}).busiest(d.Offers, d.LastSeen)
	return proof{words: answeredBoth, a: tickets, b: directory}, one && other
}

// vpnGateway: few conversations, and long ones.
func vpnGateway(d *Device) (proof, bool) {
	k := kind{",ipsec,openvpn,wireguard,", []uint16{1194, 1723}, []uint16{500, 1194, 4500, 51820}}
	s, _ := k.busiest(d.Offers, d.LastSeen)
	return proof{words: answered, a: s}, s.Peers >= 2 && s.In+s.Out >= enoughTunnel
}

// loadBalancer: what clients send to it goes on to several servers, and what those answer goes back.
func loadBalancer(d *Device) (p proof, fits bool) {
	p = proof{words: func(p *proof) string {
		return answered(p) + fmt.Sprintf(", and passed them on to %s on %s", count(p.b.Peers, "server"), p.b.label())
	}}
	for i := range d.Offers {
		in := &d.Offers[i]
		if in.Proto != TCP || in.Peers < 3 || in.Count < enoughPassages || in.In+in.Out < enoughPassed || d.LastSeen-in.Last > roleLasts ||
			!most(d.Offers, in) {
			continue
		}
		for j := range d.Uses {
			out := &d.Uses[j]
			if out.Proto == TCP && out.Peers >= 2 && out.Peers <= 64 && alike(in.In, out.Out) && alike(in.Out, out.In) && most(d.Uses, out) {
				p.a, p.b = *in, *out
				return p, true
			}
		}
	}
	return p, false
}

// most says whether a service carries more than half of what a list does. A balancer has no other business; a service that asks another
// also asks its database.
func most(list []Service, s *Service) bool {
	all := uint64(0)
	for i := range list {
		all += list[i].In + list[i].Out
	}
	return 2*(s.In+s.Out) > all
}

// alike: a balancer adds headers, and takes TLS off; nothing else comes as close by accident.
func alike(a, b uint64) bool { return a <= 2*b && b <= 2*a && a > 0 }

// natGateway: one address with the programs of many.
func natGateway(d *Device) (proof, bool) {
	if d.stands {
		return proof{words: func(*proof) string { return "named by people as one that stands for many" }}, true
	}
	tls, browsers := 0, 0
	for i := range d.Software {
		switch d.Software[i].Kind {
		case JA4:
			tls++
		case UserAgent:
			browsers++
		}
	}
	p := proof{n: tls, of: browsers, words: func(p *proof) string {
		return fmt.Sprintf("turned to %s with %d kinds of TLS client and %d user agents", count(p.a.Peers, "host"), p.n, p.of)
	}}
	p.a.Peers = d.peers
	return p, tls >= enoughFaces && browsers >= enoughFaces && d.peers >= enoughHosts
}

// scanner: who looks for hosts finds most addresses empty.
func scanner(d *Device) (proof, bool) {
	if d.scans {
		return proof{words: func(*proof) string { return "named by people as a scanner" }}, true
	}
	p := proof{n: int(d.silent), of: int(d.peers), words: func(p *proof) string {
		return fmt.Sprintf("had to do with %s, of which %d did not answer", count(p.of, "host"), p.n)
	}}
	return p, d.silent >= enoughSilent && 2*d.silent >= d.peers && d.LastSeen-atSecond(d.triedAt) <= roleLasts
}

// pc: somebody sits there, which a browser shows, or a member of a Windows domain that serves nobody.
func pc(d *Device) (proof, bool) {
	for i := range d.Offers {
		if s := &d.Offers[i]; s.Peers >= 3 && s.Count >= enoughByPort {
			return proof{}, false
		}
	}
	pages, _ := (&kind{",http,ssl,quic,", []uint16{80, 443}, []uint16{443}}).busiest(d.Uses, d.LastSeen)
	tickets, member := (&kind{",kerberos,krb,krb_tcp,", []uint16{88}, []uint16{88}}).busiest(d.Uses, d.LastSeen)
	if member {
		return proof{a: tickets, words: func(p *proof) string {
			return fmt.Sprintf("asked for tickets %d times on %s, and serves hardly anybody", p.a.Count, p.a.label())
		}}, true
	}
	p := proof{a: pages, words: func(p *proof) string {
		return fmt.Sprintf("turned to %s on %s with a browser, and serves hardly anybody", count(p.a.Peers, "host"), p.a.label())
	}}
	browses := slices.ContainsFunc(d.Software, func(s Software) bool { return s.Kind == UserAgent && strings.HasPrefix(s.Text, "Mozilla/5.0 (") })
	return p, browses && pages.Peers >= enoughPages && pages.Count >= enoughByPort
}
