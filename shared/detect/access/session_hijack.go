package access

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// SessionHijack finds a web session that a second host goes on with.
var SessionHijack = detect.Spec{
	Type:  "access.session_hijack",
	Title: "Web session used from a second host",
	Text: "Remembers, by a short digest, which host uses the session of which cookie at a server, and tells of a second host that uses the same one within half an hour, where " +
		"it does so with another program, or where the first host goes on with it afterwards. A session is whoever has its cookie: no password is asked for. What looks the same: a phone " +
		"that changes its network, which keeps its user agent; a proxy, which says for whom it asks; and a load balancer, which speaks to another server.",
	Category: "access", Tactics: []string{"TA0006", "TA0001"}, Techniques: []string{"T1539", "T1550.004"},
	Risk:  detect.Base{Likelihood: events.Medium, Complexity: events.Medium, Impact: events.Medium},
	Wants: []events.Kind{events.KindHTTP}, Version: 1,
	Background: "After a log-in, a cookie stands for the person. Whoever copies it, from the wire, by a script in a page, or from a stolen browser profile, is that person for the server, " +
		"without a password and without a second factor.",
	Mitigation: []string{
		"End the session on the server, and have the person log in again.",
		"Read the server's log for what the second host did with it.",
		"Find out how the cookie got out: a page without TLS, a script in a page, a program on the first host.",
		"Serve the site over TLS only, and mark its cookies Secure and HttpOnly.",
	},
	New:    func() detect.Detector { return NewSessionHijack(SessionHijackDefaults()) },
	Tuning: detect.Tuned(SessionHijackDefaults, NewSessionHijack),
}

// SessionHijackTunables are what may be set.
type SessionHijackTunables struct {
	Within   time.Duration `tune:"longest time between the two hosts' use of one session" min:"1m" max:"24h"`
	Requests int           `tune:"requests of the second host with the session" min:"1" max:"1000"`
	Sessions int           `tune:"sessions watched" min:"100" max:"1000000"`
}

// SessionHijackDefaults are the tunables that the project stands for.
func SessionHijackDefaults() SessionHijackTunables {
	return SessionHijackTunables{Within: 30 * time.Minute, Requests: 1, Sessions: 20_000}
}

// Sessions remembers who uses which.
type Sessions struct {
	tune    SessionHijackTunables
	owners  *detect.Cases // by server and session: the host that had it first
	thieves *detect.Cases
	detect.Memories
}

// NewSessionHijack makes the detector.
func NewSessionHijack(t SessionHijackTunables) *Sessions {
	s := &Sessions{
		tune:    t,
		owners:  detect.NewCases(detect.CasesOptions{Limit: t.Sessions, Idle: 24 * time.Hour, Letter: 'o'}),
		thieves: detect.NewCases(detect.CasesOptions{Limit: t.Sessions, Idle: 24 * time.Hour}),
	}
	s.Memories = detect.Memories{s.owners, s.thieves}
	return s
}

// Overflow is how many sessions had to be forgotten for want of room.
func (s *Sessions) Overflow() uint64 { return s.owners.Overflow() + s.thieves.Overflow() }

// Observe compares who uses a session with who had it.
func (s *Sessions) Observe(rec events.Record, v device.View) []detect.Finding {
	r, ok := rec.(*events.HTTP)
	if !ok || r.Session == "" || len(r.Proxied) > 0 || v.Known().Gateway(r.OrigH) {
		return nil
	}
	k := detect.CaseKey{VNI: r.VNI, To: r.RespH, What: r.Session}
	first := s.owners.Peek(k)
	if first == nil || r.TS.Sub(first.Last) > s.tune.Within {
		s.own(k, r)
		return nil
	}
	if first.Head.OrigH != r.OrigH {
		return s.second(k, first, r, v)
	}
	found := s.back(k, first)
	if r.TS.Sub(first.Last) > time.Minute { // once a minute is often enough to know that it is in use
		s.own(k, r)
	}
	return found
}

// own notes who uses a session, and with which program.
func (s *Sessions) own(k detect.CaseKey, r *events.HTTP) {
	if c := s.owners.Peek(k); c != nil && c.Head.OrigH != r.OrigH {
		*c = detect.Case{}
	}
	c := s.owners.Note(k, &r.Head)
	if len(c.Names) == 0 {
		c.Names = append(c.Names, "")
	}
	c.Names[0] = cut(r.UserAgent, 200)
}

// second notes a request of another host. Another program is another machine; the same one may be the same machine at a new address, and then
// it takes that the first address goes on, too.
func (s *Sessions) second(k detect.CaseKey, first *detect.Case, r *events.HTTP, v device.View) []detect.Finding {
	if !v.IsLocal(r.OrigH) && sameNet(first.Head.OrigH, r.OrigH) {
		return nil
	}
	thief := detect.CaseKey{VNI: k.VNI, By: r.OrigH, To: k.To, What: k.What}
	c := s.thieves.Note(thief, &r.Head)
	if c.Count == 1 {
		c.Against(detect.Party{Addr: first.Head.OrigH, Endpoint: detect.Client})
		c.Against(detect.Party{Addr: r.RespH, Port: r.RespP, Endpoint: detect.Server})
		c.UIDs = append(append([]string(nil), first.UIDs...)[:min(1, len(first.UIDs))], c.UIDs...)
	}
	if first.Names[0] == cut(r.UserAgent, 200) && c.Flags == 0 {
		first.Names = append(first.Names[:1], r.OrigH.String())
		s.owners.Memory.Note(k)
		return nil
	}
	c.Flags = sessionSure
	if !c.Reached(c.Count, s.tune.Requests) {
		return nil
	}
	return []detect.Finding{s.report(thief, c)}
}

// sessionSure is the flag of a case in which the two hosts are known to be different.
const sessionSure = 1

// back: the first host goes on after a second one with the same program used its session.
func (s *Sessions) back(k detect.CaseKey, first *detect.Case) []detect.Finding {
	if len(first.Names) < 2 {
		return nil
	}
	addr, err := netip.ParseAddr(first.Names[1])
	first.Names = first.Names[:1]
	thief := detect.CaseKey{VNI: k.VNI, By: addr, To: k.To, What: k.What}
	c := s.thieves.Peek(thief)
	if err != nil || c == nil {
		return nil
	}
	c.Flags = sessionSure
	s.thieves.Memory.Note(thief)
	if !c.Reached(c.Count, s.tune.Requests) {
		return nil
	}
	return []detect.Finding{s.report(thief, c)}
}

// sameNet says whether two addresses are of one provider's pool, as far as their beginnings show it.
func sameNet(a, b netip.Addr) bool {
	bits := 16
	if a.Is6() {
		bits = 32
	}
	p, err := a.Prefix(bits)
	return err == nil && p.Contains(b)
}

func (s *Sessions) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	owner := netip.Addr{}
	if len(c.Victims) > 0 {
		owner = c.Victims[0].Addr
	}
	f := c.Finding(k, 0.8, fmt.Sprintf("%s used a web session of %s at %s port %d in %d requests while %s was still using it.",
		k.By, owner, k.To, c.Head.RespP, c.Count, owner))
	f.Properties = map[string]any{"requests": c.Count, "session_digest": k.What, "first_host": owner.String(), "port": c.Head.RespP}
	return f
}

// Tick has nothing to do: a second host is told of when it is seen.
func (s *Sessions) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers of what was told up to date.
func (s *Sessions) Close(device.View) []detect.Finding { return s.thieves.LastWords(s.report) }
