package access

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// LoginGuessTunables are what may be set of every detector of guessed log-ins.
type LoginGuessTunables struct {
	Failures int           `tune:"failed log-ins of one host, at one server" min:"2" max:"100000"`
	Users    int           `tune:"different users among them, from which on half as many failures are enough" min:"2" max:"1000"`
	Idle     time.Duration `tune:"a host that rests this long begins anew" min:"1m" max:"168h"`
	Hosts    int           `tune:"hosts watched" min:"100" max:"1000000"`
}

// LoginGuessDefaults are the tunables that the project stands for. Who forgot a password tries three or four times; a client with an old
// password tries it again and again, as one user, and is told late.
func LoginGuessDefaults() LoginGuessTunables {
	return LoginGuessTunables{Failures: 12, Users: 3, Idle: 30 * time.Minute, Hosts: 20_000}
}

// loginGuesses counts the failed log-ins of each host by one group of services.
type loginGuesses struct {
	tune     LoginGuessTunables
	services []string
	what     string // for a person: "FTP", "a database"
	*detect.Cases
}

// The flags of a case.
const guessWorked = 1 // a log-in worked after the failures

func newLoginGuesses(t LoginGuessTunables, what string, services ...string) *loginGuesses {
	return &loginGuesses{tune: t, services: services, what: what, Cases: detect.NewCases(detect.CasesOptions{Limit: t.Hosts, Idle: t.Idle})}
}

// Observe counts failures, and looks at the log-in that works after them.
func (g *loginGuesses) Observe(r events.Record, _ device.View) []detect.Finding {
	l, ok := r.(*events.Login)
	if !ok || l.Success == nil || l.Anonymous || !slices.Contains(g.services, l.Service) {
		return nil
	}
	k := detect.CaseKey{VNI: l.VNI, By: l.OrigH, What: l.Service}
	if *l.Success {
		return g.worked(k, l)
	}
	c := g.Note(k, &l.Head)
	c.Against(detect.Party{Addr: l.RespH, Port: l.RespP, Endpoint: detect.Server})
	c.Thing(l.User)
	if !c.Reached(c.Count, g.enough(c)) {
		return nil
	}
	return []detect.Finding{g.report(k, c)}
}

// enough is how many failures are too many: more at several servers, where one old password fails at each of them.
func (g *loginGuesses) enough(c *detect.Case) int {
	n := g.tune.Failures
	if c.Things.Count() >= g.tune.Users {
		n = (n + 1) / 2
	}
	return n + 2*(c.Hosts.Count()-1)
}

// worked tells of a log-in that worked where many had failed: most likely the guess that hit.
func (g *loginGuesses) worked(k detect.CaseKey, l *events.Login) []detect.Finding {
	c := g.Peek(k)
	if c == nil || !c.Raised() || c.Flags&guessWorked != 0 || l.TS.Sub(c.Last) > g.tune.Idle || !slices.ContainsFunc(c.Victims, func(p detect.Party) bool { return p.Addr == l.RespH }) {
		return nil
	}
	c.Flags |= guessWorked
	if len(c.UIDs) > 0 {
		c.UIDs[len(c.UIDs)-1] = l.UID
	}
	c.Last = max(c.Last, l.TS)
	g.Memory.Note(k)
	f := g.report(k, c)
	f.Properties["user_let_in"] = l.User
	f.Description += fmt.Sprintf(" Then %s let %q in.", l.RespH, shortName(l.User))
	return []detect.Finding{f}
}

// shortName cuts a name for a sentence.
func shortName(name string) string { return name[:min(len(name), 64)] }

func (g *loginGuesses) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	at := c.Head.RespH.String()
	if n := c.Hosts.Count(); n > 1 {
		at = c.Hosts.Text() + " servers"
	}
	confidence := 0.75
	if c.Flags&guessWorked != 0 {
		confidence = 0.95
	}
	f := c.Finding(k, confidence, fmt.Sprintf("%s failed to log in to %s (%s) at %s %d times within %s, as %s.",
		k.By, g.what, k.What, at, c.Count, detect.Lasted(c.Last.Sub(c.Start)), counted(c.Things.Text(), "user")))
	f.Properties = map[string]any{
		"failed": c.Count, "users": c.Things.Count(), "names": c.Names, "servers": c.Hosts.Count(), "service": k.What, "success": c.Flags&guessWorked != 0,
	}
	if c.Flags&guessWorked != 0 {
		f.Terms = append(f.Terms, events.Term{Name: "worked", Points: 15, Reason: "a log-in worked after the failures"})
	}
	return f
}

// counted says "1 user" or "3 users".
func counted(n, what string) string {
	if n == strconv.Itoa(1) {
		return n + " " + what
	}
	return n + " " + what + "s"
}

// Tick has nothing to do: guesses are told while they are made.
func (g *loginGuesses) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers of what was told up to date.
func (g *loginGuesses) Close(device.View) []detect.Finding { return g.LastWords(g.report) }
