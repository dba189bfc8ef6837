package device

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// town makes the conversations of the tests of roles; each is a second later than the one before.
type town struct {
	*Model
	now int64
}

func newTown() *town { return &town{Model: New(Options{}), now: int64(30 * 24 * time.Hour)} }

// asks has a host turn to a server, so many times.
func (w *town) asks(times int, who, server string, proto uint8, port uint16, service string, out, in uint64) {
	for range times {
		w.now += int64(time.Second)
		c := conn(w.now, who, server, port, "SF")
		c.IPProto, c.Service, c.OrigIPBytes, c.RespIPBytes, c.OrigBytes = proto, service, out, in, out
		w.Observe(c)
	}
}

// clients has so many hosts turn to a server, each so many times.
func (w *town) clients(n, times int, server string, proto uint8, port uint16, service string) {
	for i := range n {
		w.asks(times, host(i), server, proto, port, service, 1000, 1000)
	}
}

func (w *town) in(vain int, who string) {
	for i := range vain {
		w.now += int64(time.Second)
		w.Observe(conn(w.now, who, netip.AddrFrom4([4]byte{10, 200, byte(i >> 8), byte(i)}).String(), 445, "S0"))
	}
}

func (w *town) browses(who string, agents, hellos int) {
	for i := range max(agents, hellos) {
		w.now += int64(time.Second)
		if i < agents {
			r := &events.HTTP{UserAgent: "Mozilla/5.0 (X11) " + strings.Repeat("v", i)}
			r.TS, r.OrigH, r.RespH = events.Time(w.now), addr(who), addr("203.0.113.1")
			w.Observe(r)
		}
		if i < hellos {
			r := &events.SSL{JA4: strings.Repeat("t", i+1)}
			r.TS, r.OrigH, r.RespH = events.Time(w.now), addr(who), addr("203.0.113.1")
			w.Observe(r)
		}
	}
}

func (w *town) leases(n int, server string) {
	for i := range n {
		w.now += int64(time.Second)
		r := &events.DHCP{ServerAddr: addr(server), MAC: host(i), MsgTypes: []string{"REQUEST", "ACK"}}
		r.TS, r.OrigH, r.RespH = events.Time(w.now), addr("0.0.0.0"), addr("255.255.255.255")
		w.Observe(r)
	}
}

func (w *town) surfs(who string, sites, times int) {
	for i := range sites {
		w.asks(times, who, netip.AddrFrom4([4]byte{198, 51, 100, byte(i)}).String(), TCP, 443, "ssl", 500, 5000)
	}
}

const it = "10.0.0.5"

// Each role by what is just enough for it, by what is just not, and by an innocent twin.
func TestRoles(t *testing.T) {
	for name, c := range map[string]struct {
		do       func(*town)
		role     string
		evidence string
	}{
		"database, named":        {func(w *town) { w.clients(1, 5, it, TCP, 5432, "postgresql") }, "db_server", "answered 5 conversations on tcp/5432 (postgresql) from 1 client"},
		"database, once too few": {func(w *town) { w.clients(1, 4, it, TCP, 5432, "postgresql") }, "", ""},
		"database, by port":      {func(w *town) { w.clients(4, 5, it, TCP, 1433, "") }, "db_server", "answered 20 conversations on tcp/1433 from 4 clients"},
		"database, in TLS":       {func(w *town) { w.clients(4, 5, it, TCP, 5432, "ssl") }, "db_server", "answered 20 conversations on tcp/5432 (ssl) from 4 clients"},
		"web on a database port": {func(w *town) { w.clients(4, 5, it, TCP, 5432, "http") }, "http_server", ""},
		"who asks a database":    {func(w *town) { w.asks(50, it, "10.0.0.6", TCP, 5432, "postgresql", 100, 100) }, "", ""},
		"web":                    {func(w *town) { w.clients(2, 3, it, TCP, 8080, "http") }, "http_server", "answered 6 conversations on tcp/8080 (http) from 2 clients"},
		"web for one":            {func(w *town) { w.clients(1, 50, it, TCP, 80, "http") }, "", ""},
		"files":                  {func(w *town) { w.clients(3, 7, it, TCP, 445, "smb") }, "file_server", "answered 21 conversations on tcp/445 (smb) from 3 clients"},
		"files for an admin":     {func(w *town) { w.clients(2, 50, it, TCP, 445, "smb") }, "", ""},
		"names":                  {func(w *town) { w.clients(2, 3, it, UDP, 53, "dns") }, "dns_server", "answered 6 conversations on udp/53 (dns) from 2 clients"},
		"leases":                 {func(w *town) { w.leases(8, it) }, "dhcp_server", "answered 8 conversations on udp/67 (dhcp) from 8 clients"},
		"leases, too few":        {func(w *town) { w.leases(4, it) }, "", ""},
		"mail":                   {func(w *town) { w.clients(1, 8, it, TCP, 25, "smtp") }, "mail_server", "answered 8 conversations on tcp/25 (smtp) from 1 client"},
		"domain":                 {func(w *town) { w.clients(3, 3, it, TCP, 88, "kerberos"); w.clients(3, 3, it, TCP, 389, "ldap") }, "domain_controller", "answered 9 conversations on tcp/88 (kerberos) from 3 clients, and 9 on tcp/389 (ldap)"},
		"tickets alone":          {func(w *town) { w.clients(3, 30, it, TCP, 88, "kerberos") }, "", ""},
		"tunnels": {func(w *town) {
			w.asks(4, host(1), it, UDP, 51820, "", 300_000, 300_000)
			w.asks(4, host(2), it, UDP, 51820, "", 1, 1)
		}, "vpn_gateway", "answered 8 conversations on udp/51820 from 2 clients"},
		"a scanner":           {func(w *town) { w.in(128, it) }, "scanner", "had to do with 129 hosts, of which 128 did not answer"},
		"some hosts are down": {func(w *town) { w.in(64, it) }, "", ""},
		"half of many are down": {func(w *town) {
			w.in(110, it)
			for i := range 300 {
				w.asks(1, it, host(i), TCP, 9100, "", 1, 1)
			}
		}, "", ""},
		"a person":                {func(w *town) { w.browses(it, 1, 1); w.surfs(it, 8, 4) }, "pc", "turned to 8 hosts on tcp/443 (ssl) with a browser, and serves hardly anybody"},
		"a server with a browser": {func(w *town) { w.browses(it, 1, 1); w.surfs(it, 8, 4); w.clients(4, 8, it, TCP, 9999, "") }, "", ""},
		"a program":               {func(w *town) { w.surfs(it, 8, 8) }, "", ""},
		"a domain's member":       {func(w *town) { w.asks(8, it, "10.0.0.6", TCP, 88, "kerberos", 1, 1) }, "pc", "asked for tickets 8 times on tcp/88 (kerberos), and serves hardly anybody"},
		"many behind one":         {func(w *town) { w.browses(it, 6, 6); w.surfs(it, 128, 1) }, "nat_gateway", "turned to 129 hosts with 6 kinds of TLS client and 6 user agents"},
		"a balancer": {func(w *town) {
			for i := range 20 {
				w.asks(2, host(i), it, TCP, 443, "ssl", 1000, 50_000)
				w.asks(2, it, host(100+i%2), TCP, 8080, "http", 1200, 48_000)
			}
		}, "load_balancer", ""},
		"a web server with a database": {func(w *town) {
			for i := range 20 {
				w.asks(2, host(i), it, TCP, 443, "ssl", 1000, 50_000)
				w.asks(2, it, host(100+i%2), TCP, 5432, "postgresql", 300, 4_000)
			}
		}, "http_server", ""},
	} {
		w := newTown()
		c.do(w)
		w.now += int64(time.Hour)
		w.asks(1, it, "10.0.0.250", ICMP, 0, "", 1, 1)
		d := w.View().Device(addr(it))
		if d.Role() != c.role {
			t.Errorf("%s: %q, want %q; %+v", name, d.Role(), c.role, d.Roles())
			continue
		}
		if c.evidence != "" && (len(d.Roles()) == 0 || d.Roles()[0].Evidence != c.evidence) {
			t.Errorf("%s: %q, want %q", name, d.Roles()[0].Evidence, c.evidence)
		}
	}
}

// Catches: a role that flickers, one that never ends, and a change that is not told.
func TestRoleChange(t *testing.T) {
	w := newTown()
	w.browses(it, 1, 1)
	w.surfs(it, 8, 8)
	d := w.View().Device(addr(it))
	since := d.Roles()[0].Since
	if c, ok := d.RoleChanged(); !ok || c.From != "" || c.To != "pc" || c.At != since || c.Since != d.FirstSeen {
		t.Errorf("at first %+v, %v", c, ok)
	}
	w.now += int64(10 * 24 * time.Hour)
	w.surfs(it, 8, 1)
	if d.Roles()[0].Since != since {
		t.Error("it is a pc since another moment")
	}
	w.clients(3, 20, it, TCP, 5432, "postgresql")
	c, _ := d.RoleChanged()
	if d.Role() != "db_server" || c.From != "pc" || c.To != "db_server" || c.Since != since || c.At.Sub(since) < 10*24*time.Hour {
		t.Errorf("%q after %+v", d.Role(), c)
	}
	if !d.HighValue() || !slices.Contains(d.Groups(), "role:db_server") || d.HasRole("pc") {
		t.Errorf("high value %v, groups %v, roles %v", d.HighValue(), d.Groups(), d.Roles())
	}
	w.now += int64(13 * 24 * time.Hour)
	w.surfs(it, 1, 1)
	if d.Role() != "db_server" {
		t.Errorf("after 13 days it is a %q", d.Role())
	}
	w.now += int64(2 * 24 * time.Hour)
	w.surfs(it, 1, 1)
	if d.Role() != "" || slices.Contains(d.Groups(), "role:db_server") {
		t.Errorf("after 15 days it is a %q in %v", d.Role(), d.Groups())
	}
}

// Catches: what people said that does not reach the device, or stays when they take it back.
func TestSaid(t *testing.T) {
	w := newTown()
	w.SetSaid(map[string]Said{it: {Role: "printer"}, "10.9.0.1": {HighValue: true}})
	w.clients(3, 7, it, TCP, 445, "smb")
	d, other := w.View().Device(addr(it)), w.View().Device(addr("10.9.0.1"))
	if d.Role() != "printer" || d.LearnedRole() != "file_server" || !d.HasRole("printer") || !d.HasRole("file_server") || d.HighValue() || !other.HighValue() {
		t.Errorf("%q, %q, high value %v and %v", d.Role(), d.LearnedRole(), d.HighValue(), other.HighValue())
	}
	if d.Groups()[0] != "role:printer" {
		t.Errorf("groups %v", d.Groups())
	}
	w.SetSaid(map[string]Said{it: {HighValue: true}})
	if d.Role() != "file_server" || !d.HighValue() || other.HighValue() || d.Groups()[0] != "role:file_server" {
		t.Errorf("%q, high value %v and %v, groups %v", d.Role(), d.HighValue(), other.HighValue(), d.Groups())
	}
	w.SetKnown(Known{Scanners: []netip.Prefix{netip.MustParsePrefix(it + "/32")}})
	w.now += int64(time.Hour)
	w.clients(1, 1, it, TCP, 445, "smb")
	if r := d.Roles(); len(r) != 2 || r[1] != (Role{"scanner", "named by people as a scanner", d.LastSeen}) {
		t.Errorf("roles %+v", r)
	}
}

// Catches: tags whose keys differ in case, networks of the wrong size, and groups that stay when the keys change.
func TestGroups(t *testing.T) {
	inv := &inventory{vpc: map[uint32]string{1: "vpc-a"}}
	inv.hold("vpc-a", "10.0.1.1", Owner{Interface: "eni-1", Subnet: "subnet-9", Tags: map[string]string{"Team": "shop", "env": "prod", "x": "y"}})
	m := inv.model()
	m.SetTagGroups([]string{"environment", "env", "team"})
	v := m.Observe(under(1, conn(1, "10.0.1.1", "10.0.2.2", 80, "SF")))
	w := m.Observe(under(7, conn(1, "fd00::1:2", "203.0.113.1", 80, "SF")))
	for _, c := range []struct {
		d    *Device
		want string
	}{
		{v.Orig, "tag:env=prod tag:team=shop subnet:subnet-9"}, {v.Resp, "subnet:vpc-a/10.0.2.0/24"}, {w.Orig, "subnet:fd00::/64"}, {w.Resp, ""},
	} {
		if got := strings.Join(c.d.Groups(), " "); got != c.want {
			t.Errorf("%s: %q, want %q", c.d.ID(), got, c.want)
		}
	}
	m.SetTagGroups([]string{"x"})
	if got := strings.Join(v.Orig.Groups(), " "); got != "tag:x=y subnet:subnet-9" {
		t.Errorf("with other keys %q", got)
	}
}

// Catches: a role that outlasts what it rests on, whose evidence is asked for.
func TestNoEvidenceLeft(t *testing.T) {
	if text := (proof{}).String(); text != "" {
		t.Errorf("%q", text)
	}
}

// Catches: a person's machine that begins to serve and is looked at an hour later only, because it is busy; and a service that counts as
// old because somebody tried it once, days ago.
func TestYoungService(t *testing.T) {
	w := newTown()
	w.surfs(it, 8, 8)
	w.clients(1, 1, it, TCP, 445, "smb")
	w.now += int64(4 * 24 * time.Hour)
	w.surfs(it, 8, 8)
	before := events.Time(w.now)
	w.clients(3, 2, it, TCP, 445, "smb")
	d := w.View().Device(addr(it))
	c, _ := d.RoleChanged()
	if d.Role() != "file_server" || c.To != "file_server" || c.At < before {
		t.Errorf("it is a %q after %+v", d.Role(), c)
	}
	if s := serviceOf(d.Offers, TCP, 445); s == nil || s.First < before || s.Count != 6 {
		t.Errorf("%+v", s)
	}
}
