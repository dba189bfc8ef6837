package c2

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
	"github.com/mirrorwatch/mirrorwatch/shared/domain"
)

// UnsanctionedDoH finds hosts that ask for names where the site cannot see it.
var UnsanctionedDoH = detect.Spec{
	Type:  "c2.unsanctioned_doh",
	Title: "DNS over HTTPS to an unsanctioned resolver",
	Text: "Knows about thirty public resolvers by the names and addresses under which they answer DNS over HTTPS and over TLS, and looks for handshakes of local hosts with them on 443 and 853; " +
		"3 handshakes within an hour, or one conversation over which the host sent 100 KiB, are enough. A resolver of the house's choice may be set. Who asks there hides which names it looks up, and a " +
		"tunnel in names goes unseen: then far more is sent than questions need. What looks the same: a browser that was told, or decided, to ask there; therefore it is of low risk unless much is sent.",
	Category: "c2", Tactics: []string{"TA0011"}, Techniques: []string{"T1071.004", "T1572"},
	Risk:  detect.Base{Likelihood: events.Low, Complexity: events.Low, Impact: events.Low},
	Wants: []events.Kind{events.KindSSL, events.KindConn}, Version: 1,
	Background: "DNS over HTTPS wraps look-ups in what looks like any visit to a web site. It protects people from their provider, and malware from the site's resolver: " +
		"neither the names of its servers nor data carried in names can be seen or blocked.",
	Mitigation: []string{
		"On a server find the program that asks; only the site's resolver should be asked.",
		"Switch DNS over HTTPS off in browsers by policy (use-application-dns.net tells Firefox so).",
		"Block the resolvers' addresses on 443 and 853.",
	},
	New:    func() detect.Detector { return NewUnsanctionedDoH(UnsanctionedDoHDefaults()) },
	Tuning: detect.Tuned(UnsanctionedDoHDefaults, NewUnsanctionedDoH),
}

// UnsanctionedDoHTunables are what may be set.
type UnsanctionedDoHTunables struct {
	Handshakes int           `tune:"handshakes that are enough" min:"1" max:"1000"`
	Bytes      uint64        `tune:"bytes sent over one conversation that are enough" min:"1000" max:"1000000000"`
	Names      []string      `tune:"names of resolvers, with all below them"`
	Addresses  []string      `tune:"addresses of resolvers"`
	Sanctioned []string      `tune:"names and addresses of those that the house uses"`
	Idle       time.Duration `tune:"a host that rests this long begins anew" min:"1m" max:"168h"`
	Hosts      int           `tune:"hosts and resolvers watched" min:"16" max:"100000"`
}

// UnsanctionedDoHDefaults are the tunables that the project stands for. A question and its answer take about half a kilobyte, so that 100 KiB are several
// hundred questions of one conversation.
func UnsanctionedDoHDefaults() UnsanctionedDoHTunables {
	return UnsanctionedDoHTunables{
		Handshakes: 3, Bytes: 100 << 10, Idle: time.Hour, Hosts: 5_000,
		Names: []string{
			"dns.google", "dns64.dns.google", "cloudflare-dns.com", "one.one.one.one", "dns.cloudflare.com", "quad9.net", "doh.opendns.com", "doh.umbrella.com",
			"dns.nextdns.io", "nextdns.io", "doh.cleanbrowsing.org", "dns.adguard.com", "dns.adguard-dns.com", "doh.dns.sb", "dns.sb", "doh.pub", "dns.alidns.com",
			"doh.360.cn", "doh.mullvad.net", "dns.mullvad.net", "controld.com", "doh.li", "doh.ffmuc.net", "dns.digitale-gesellschaft.ch", "doh.applied-privacy.net",
			"doh.libredns.gr", "doh.tiar.app", "jp.tiar.app", "dns.twnic.tw", "doh.crypto.sx", "captnemo.in", "doh.powerdns.org",
		},
		Addresses: []string{
			"1.1.1.1", "1.0.0.1", "8.8.8.8", "8.8.4.4", "9.9.9.9", "149.112.112.112", "208.67.222.222", "208.67.220.220", "94.140.14.14", "94.140.15.15",
			"185.228.168.168", "45.90.28.0", "45.90.30.0", "223.5.5.5", "223.6.6.6", "2606:4700:4700::1111", "2606:4700:4700::1001", "2001:4860:4860::8888", "2620:fe::fe",
		},
	}
}

// HiddenQuestions remembers who asks whom.
type HiddenQuestions struct {
	tune      UnsanctionedDoHTunables
	addresses map[netip.Addr]bool
	*detect.Cases
}

// dohMuch is set once one conversation carried more than questions need.
const dohMuch = 1

// NewUnsanctionedDoH makes the detector. What is no address among the addresses is passed over.
func NewUnsanctionedDoH(t UnsanctionedDoHTunables) *HiddenQuestions {
	q := &HiddenQuestions{tune: t, addresses: map[netip.Addr]bool{}, Cases: detect.NewCases(detect.CasesOptions{Limit: t.Hosts, Idle: t.Idle})}
	for _, text := range t.Addresses {
		if a, err := netip.ParseAddr(text); err == nil && !slices.Contains(t.Sanctioned, text) {
			q.addresses[a] = true
		}
	}
	return q
}

// Observe looks at one handshake, or at how much went over a conversation with a resolver that is known by then.
func (q *HiddenQuestions) Observe(rec events.Record, v device.View) []detect.Finding {
	h := rec.Common()
	if h.RespP != 443 && h.RespP != 853 || !v.Orig.IsLocal() || !v.Resp.IsExternal() {
		return nil
	}
	k := detect.CaseKey{VNI: h.VNI, By: h.RespH, To: h.OrigH}
	switch r := rec.(type) {
	case *events.SSL:
		if q.resolves(r, v) {
			c := q.Note(k, h)
			if r.ServerName != "" {
				c.Thing(r.ServerName)
			}
			return q.tell(k, c)
		}
	case *events.Conn:
		if r.OrigBytes < q.tune.Bytes {
			return nil
		}
		if c := q.Peek(k); c != nil && slices.Contains(c.UIDs, h.UID) {
			c.Sum = max(c.Sum, r.OrigBytes)
			if c.Flags&dohMuch == 0 {
				c.Flags |= dohMuch
				c.Reached(c.Count, 1)
				return []detect.Finding{q.report(k, c)}
			}
		}
	}
	return nil
}

// resolves says whether a handshake is with a resolver that the house does not use.
func (q *HiddenQuestions) resolves(s *events.SSL, v device.View) bool {
	if s.ServerName == "" {
		return q.addresses[s.RespH]
	}
	under := func(d string) bool { return domain.Under(s.ServerName, d) }
	return slices.ContainsFunc(q.tune.Names, under) && !slices.ContainsFunc(q.tune.Sanctioned, under) && !v.Known().Trusted(s.ServerName)
}

func (q *HiddenQuestions) tell(k detect.CaseKey, c *detect.Case) []detect.Finding {
	if !c.Reached(c.Count, q.tune.Handshakes) {
		return nil
	}
	return []detect.Finding{q.report(k, c)}
}

// Tick has nothing to do: a handshake is judged when it is over.
func (q *HiddenQuestions) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the counts up to date.
func (q *HiddenQuestions) Close(device.View) []detect.Finding { return q.LastWords(q.report) }

func (q *HiddenQuestions) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	who := k.By.String()
	if len(c.Names) > 0 {
		who = fmt.Sprintf("%s (%q)", k.By, clip(c.Names[0]))
	}
	f := c.Finding(k, 0.7, fmt.Sprintf("%s made %s with the resolver %s, which the site does not see through.", k.To, tally(c.Count, "handshake"), who))
	f.Properties = map[string]any{"handshakes": c.Count, "port": c.Head.RespP}
	if len(c.Names) > 0 {
		f.Properties["server_name"] = c.Names[0]
	}
	if c.Flags&dohMuch != 0 {
		f.Properties["bytes_sent"] = c.Sum
		f.Description = fmt.Sprintf("%s made %s with the resolver %s and sent up to %d bytes over one conversation, far more than questions need.", k.To, tally(c.Count, "handshake"), who, c.Sum)
		f.Terms = []events.Term{{Name: "more_than_questions", Points: 20, Reason: "a tunnel in names sends this much, people do not"}}
	}
	return f
}
