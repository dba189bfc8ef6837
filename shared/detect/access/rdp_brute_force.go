package access

import (
	"fmt"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// RDPBruteForce finds a host that guesses passwords over RDP.
var RDPBruteForce = detect.Spec{
	Type:  "access.rdp_brute_force",
	Title: "RDP brute force",
	Text: "Counts the conversations of one host with the remote desktop of others that are as short as a log-in that fails: a minute at the most, 1 to 16 kB from the client and 1 to 20 kB from the server. Twenty " +
		"without a rest of half an hour are told, and a session of more than 50 kB that follows most likely is the guess that hit. Whether a log-in failed is hidden in TLS, so that it is judged by size. What looks the same: " +
		"monitoring that opens a session now and then, which stays below in half an hour or says less than 1 kB; a client that cannot reconnect.",
	Category: "access", Tactics: []string{"TA0006"}, Techniques: []string{"T1110.001"},
	Risk:  detect.Base{Likelihood: events.High, Complexity: events.Low, Impact: events.Medium},
	Wants: []events.Kind{events.KindConn, events.KindRDP}, Version: 1,
	GuardDuty: "UnauthorizedAccess:EC2/RDPBruteForce",
	Background: "Remote desktops that the internet can reach are found within hours, and guessed at day and night; it is one of the commonest ways in for ransomware. Inside, an intruder " +
		"tries passwords found elsewhere.",
	Mitigation: []string{
		"If a session followed: isolate the victim, end the session, and change the account's password.",
		"Close port 3389 to the internet by the security group; use Session Manager or a gateway.",
		"Ask for network level authentication and a second factor, and lock accounts after a few failures.",
	},
	New:    func() detect.Detector { return NewRDPBruteForce(RDPBruteForceDefaults()) },
	Tuning: detect.Tuned(RDPBruteForceDefaults, NewRDPBruteForce),
}

// RDPBruteForceTunables are what may be set.
type RDPBruteForceTunables struct {
	Sessions int           `tune:"short sessions of one host" min:"3" max:"100000"`
	Idle     time.Duration `tune:"a host that rests this long begins anew" min:"1m" max:"24h"`
	Hosts    int           `tune:"hosts watched" min:"100" max:"1000000"`
}

// RDPBruteForceDefaults are the tunables that the project stands for.
func RDPBruteForceDefaults() RDPBruteForceTunables {
	return RDPBruteForceTunables{Sessions: 20, Idle: 30 * time.Minute, Hosts: 20_000}
}

// What a log-in that fails looks like from outside: the handshake of TLS, and two messages of authentication each way.
const (
	rdpLeast    = 1000
	rdpMostOrig = 16_000
	rdpMostResp = 20_000
	rdpShort    = time.Minute
	rdpHitResp  = 50_000
)

// RDPGuesses counts short sessions.
type RDPGuesses struct {
	tune RDPBruteForceTunables
	*detect.Cases
}

// NewRDPBruteForce makes the detector.
func NewRDPBruteForce(t RDPBruteForceTunables) *RDPGuesses {
	return &RDPGuesses{t, detect.NewCases(detect.CasesOptions{Limit: t.Hosts, Idle: t.Idle})}
}

// rdpWorked says that a long session followed.
const rdpWorked = 1

// Observe counts short sessions, and keeps the names that are tried.
func (g *RDPGuesses) Observe(r events.Record, _ device.View) []detect.Finding {
	switch r := r.(type) {
	case *events.RDP:
		if one := g.Peek(rdpGuesser(&r.Head)); one != nil && r.Cookie != "" {
			one.Thing(r.Cookie)
		}
	case *events.Conn:
		if !rdpSession(r) {
			return nil
		}
		if r.RespBytes >= rdpHitResp {
			return g.long(r)
		}
		if !r.Interim && r.OrigBytes >= rdpLeast && r.OrigBytes <= rdpMostOrig && r.RespBytes >= rdpLeast && r.RespBytes <= rdpMostResp && r.Duration.Duration() <= rdpShort {
			return g.short(r)
		}
	}
	return nil
}

func rdpGuesser(h *events.Head) detect.CaseKey { return detect.CaseKey{VNI: h.VNI, By: h.OrigH} }

func rdpSession(c *events.Conn) bool {
	if c.IPProto != device.TCP {
		return false
	}
	if c.Service == "" {
		return c.RespP == 3389
	}
	return strings.HasPrefix(c.Service, "rdp") || c.RespP == 3389 && strings.Contains(c.Service, "ssl")
}

func (g *RDPGuesses) short(c *events.Conn) []detect.Finding {
	key := rdpGuesser(&c.Head)
	one := g.Note(key, &c.Head)
	one.Against(detect.Party{Addr: c.RespH, Port: c.RespP, Endpoint: detect.Server})
	if !one.Reached(one.Count, g.tune.Sessions) {
		return nil
	}
	return []detect.Finding{rdpGuessReport(key, one)}
}

// long is a session that got in; after guesses at the same host it is told, once.
func (g *RDPGuesses) long(c *events.Conn) []detect.Finding {
	key := rdpGuesser(&c.Head)
	one := g.Peek(key)
	if one == nil || !one.Raised() || one.Flags&rdpWorked != 0 || c.TS < one.Start || c.TS.Sub(one.Last) > g.tune.Idle {
		return nil
	}
	for i := range one.Victims {
		if one.Victims[i].Addr == c.RespH {
			one.Flags |= rdpWorked
			one.Last = max(one.Last, c.TS)
			one.UIDs = append([]string{c.UID}, one.UIDs[:min(len(one.UIDs), maxUIDs-1)]...)
			g.Memory.Note(key)
			return []detect.Finding{rdpGuessReport(key, one)}
		}
	}
	return nil
}

func rdpGuessReport(key detect.CaseKey, one *detect.Case) detect.Finding {
	hosts, span := one.Hosts.Count(), detect.Lasted(one.Last.Sub(one.Start))
	text := fmt.Sprintf("%s had %d short remote desktop sessions with %d hosts within %s, as log-ins that fail are", key.By, one.Count, hosts, span)
	if hosts == 1 {
		text = fmt.Sprintf("%s had %d short remote desktop sessions with %s within %s, as log-ins that fail are", key.By, one.Count, one.Victims[0].Addr, span)
	}
	success := one.Flags&rdpWorked != 0
	if success {
		text += ", and then a long one"
	}
	f := one.Finding(key, 0.75, text+".")
	f.Properties = map[string]any{"sessions": one.Count, "hosts": hosts, "success": success}
	if len(one.Names) > 0 {
		f.Properties["users"] = one.Names
	}
	if success {
		f.Terms = []events.Term{{Name: "success_followed", Points: 25, Reason: "a long session followed the short ones"}}
	}
	return f
}

// Tick has nothing to do: sessions are told of as they end.
func (g *RDPGuesses) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers of what was told up to date.
func (g *RDPGuesses) Close(device.View) []detect.Finding { return g.LastWords(rdpGuessReport) }
