package access

import (
	"fmt"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// SMBBruteForce finds a host that guesses passwords over SMB.
var SMBBruteForce = detect.Spec{
	Type:  "access.smb_brute_force",
	Title: "SMB brute force or password spray",
	Text: "Counts the log-ins by NTLM over SMB or RPC that were refused for the password or the account, of one host at another within ten minutes: fifteen with one user's name, ten " +
		"with three names or more; and the hosts at which one host was refused within that time, from six on. A log-in that a server turns into a guest's counts as refused; anonymous log-ins and those of computers' own accounts do not count. " +
		"What looks the same: a person who forgot a password, whose system tries each guess two or three times; a drive or a job with an old password, which fails more slowly.",
	Category: "access", Tactics: []string{"TA0006"}, Techniques: []string{"T1110.001"},
	Risk:  detect.Base{Likelihood: events.High, Complexity: events.Low, Impact: events.Medium},
	Wants: []events.Kind{events.KindNTLM}, Version: 1,
	Background: "File sharing asks for the same password as the desktop and the domain, and a refused log-in costs the guesser a few milliseconds. Tools try lists of passwords " +
		"against one account, or one likely password against all accounts of a domain, so that none is locked. One hit is an account of the house, by which shares " +
		"can be read and programs started on other hosts.",
	Mitigation: []string{
		"If a log-in worked after the failures: reset that account's password, end its sessions, and look at what was opened and started since.",
		"Isolate the offender if it is one of yours: whoever guesses from inside has that host already.",
		"Let accounts be locked after ten failures, and close port 445 to the Internet and between hosts that do not share files.",
		"Turn NTLM off where Kerberos is enough: it can be restricted by policy, server by server.",
	},
	New:    func() detect.Detector { return NewSMBBruteForce(SMBBruteForceDefaults()) },
	Tuning: detect.Tuned(SMBBruteForceDefaults, NewSMBBruteForce),
}

// SMBBruteForceTunables are what may be set.
type SMBBruteForceTunables struct {
	OneUser int           `tune:"refused log-ins of one host at another with one user's name" min:"3" max:"100000"`
	Many    int           `tune:"refused log-ins with several users' names" min:"3" max:"100000"`
	Users   int           `tune:"users' names that are several" min:"2" max:"1000"`
	Spray   int           `tune:"hosts at which one host was refused" min:"2" max:"10000"`
	Window  time.Duration `tune:"time within which they are counted" min:"10s" max:"24h"`
	Pairs   int           `tune:"pairs of hosts watched" min:"100" max:"1000000"`
}

// SMBBruteForceDefaults are the tunables that the project stands for. Windows tries a typed password two or three times, so that four
// guesses of a person stay below fifteen.
func SMBBruteForceDefaults() SMBBruteForceTunables {
	return SMBBruteForceTunables{OneUser: 15, Many: 10, Users: 3, Spray: 6, Window: 10 * time.Minute, Pairs: 20_000}
}

// SMBGuesses counts the log-ins that were refused, for each pair of hosts and for each client.
type SMBGuesses struct {
	tune SMBBruteForceTunables
	*detect.Cases
}

// Flags of a case.
const (
	smbGuessHit   = 1 << iota // a log-in worked after the failures
	smbGuessGuest             // a log-in was turned into a guest's
)

// smbSpray names the case of a client, whichever hosts it turns to.
const smbSpray = "spray"

// NewSMBBruteForce makes the detector.
func NewSMBBruteForce(t SMBBruteForceTunables) *SMBGuesses {
	return &SMBGuesses{tune: t, Cases: detect.NewCases(detect.CasesOptions{Limit: t.Pairs, Idle: time.Hour})}
}

// Observe looks at one log-in.
func (g *SMBGuesses) Observe(r events.Record, _ device.View) []detect.Finding {
	n, ok := r.(*events.NTLM)
	if !ok || n.Success == nil || n.Anonymous || n.Username == "" || strings.HasSuffix(n.Username, "$") || n.Carrier != "smb" && n.Carrier != "dce_rpc" {
		return nil
	}
	k := detect.CaseKey{VNI: n.VNI, By: n.OrigH, To: n.RespH}
	if *n.Success && !n.Guest {
		return g.hit(k, n)
	}
	if !n.Guest && !smbRefused(n.Status) {
		return nil
	}
	found := g.spray(n)
	c := g.fresh(k, &n.Head)
	c.Thing(strings.ToLower(n.Username))
	if n.Guest {
		c.Flags |= smbGuessGuest
	}
	least := g.tune.OneUser
	if c.Things.Count() >= g.tune.Users {
		least = g.tune.Many
	}
	if !c.Reached(c.Count, least) {
		return found
	}
	return append(found, g.report(k, c))
}

// fresh counts a refusal. What is older than the window, and was not told, is no part of what goes on now.
func (g *SMBGuesses) fresh(k detect.CaseKey, h *events.Head) *detect.Case {
	if c := g.Peek(k); c != nil && !c.Raised() && h.TS.Sub(c.Start) > g.tune.Window {
		g.Forget(k)
	}
	return g.Note(k, h)
}

// smbRefused says whether a log-in was refused for its password or its account ([MS-ERREF] 2.3.1, and ERRbadpw of [MS-CIFS] 2.2.2.4).
func smbRefused(status uint32) bool {
	switch status {
	case 0xc000006d, 0xc000006a, 0xc0000064, 0xc0000234, 0xc0000072, 0xc0000071, 0xc0000224, 0xc000006e, 0xc000006f, 0xc0000070, 0xc000015b, 0x00020002:
		return true
	}
	return false
}

// spray counts the hosts at which one client was refused, each of which may be below the threshold by itself. It changes the table, so that a
// case of before is not good any longer.
func (g *SMBGuesses) spray(n *events.NTLM) []detect.Finding {
	if n.Guest {
		return nil // who looks around a workgroup is a guest everywhere
	}
	k := detect.CaseKey{VNI: n.VNI, By: n.OrigH, What: smbSpray}
	c := g.fresh(k, &n.Head)
	c.Thing(strings.ToLower(n.Username))
	if !c.Against(detect.Party{Addr: n.RespH, Port: n.RespP, Endpoint: detect.Server}) || !c.Reached(c.Hosts.Count(), g.tune.Spray) {
		return nil
	}
	f := g.report(k, c)
	f.Techniques = []string{"T1110.003"}
	return []detect.Finding{f}
}

// hit notes a log-in that worked after the failures that were told.
func (g *SMBGuesses) hit(k detect.CaseKey, n *events.NTLM) []detect.Finding {
	c := g.Peek(k)
	if c == nil || !c.Raised() || c.Flags&smbGuessHit != 0 || n.TS < c.Last || n.TS.Sub(c.Last) > g.tune.Window {
		return nil
	}
	c.Flags |= smbGuessHit
	c.Told = c.Count
	g.Memory.Note(k)
	f := g.report(k, c)
	f.UIDs = append([]string{n.UID}, c.UIDs...)[:min(len(c.UIDs)+1, maxUIDs)]
	f.End = n.TS
	return []detect.Finding{f}
}

// Tick has nothing to do: guesses are told while they are made.
func (g *SMBGuesses) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the counts up to date.
func (g *SMBGuesses) Close(device.View) []detect.Finding { return g.LastWords(g.report) }

func (g *SMBGuesses) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	where := k.To.String()
	if k.What == smbSpray {
		where = fmt.Sprintf("%d hosts", c.Hosts.Count())
	}
	how, who := "refused", fmt.Sprintf("as %q", c.Names[0])
	if c.Flags&smbGuessGuest != 0 {
		how = "refused, or let in as a guest only,"
	}
	if n := c.Things.Count(); n > 1 {
		who = fmt.Sprintf("with %d different users' names, %q first,", n, c.Names[0])
	}
	text := fmt.Sprintf("%s was %s %d times when it logged in over SMB at %s %s within %s", k.By, how, c.Count, where, who, detect.Lasted(c.Last.Sub(c.Start)))
	hit := c.Flags&smbGuessHit != 0
	if hit {
		text += ", and then it worked"
	}
	f := c.Finding(k, 0.85, text+".")
	f.Properties = map[string]any{
		"refused": c.Count, "users": c.Things.Count(), "names": c.Names, "hosts": max(c.Hosts.Count(), 1), "success": hit, "seconds": c.Last.Sub(c.Start).Seconds(),
	}
	if hit {
		f.Terms = []events.Term{{Name: "success_followed", Points: 25, Reason: "a log-in worked after the failures"}}
	}
	return f
}
