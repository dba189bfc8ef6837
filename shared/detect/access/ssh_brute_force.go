package access

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/baseline"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
	"github.com/mirrorwatch/mirrorwatch/shared/magnitude"
)

// SSHBruteForce finds a host that guesses passwords over SSH.
var SSHBruteForce = detect.Spec{
	Type:  "access.ssh_brute_force",
	Title: "SSH brute force",
	Text: "Counts the failed log-ins over SSH, on any port, of one host at another, and of one host at many. A guessed password is one of " +
		"the commonest ways in, and a log-in that works after the failures most likely is the guess that hit. What looks the same: " +
		"a person who forgot a password fails a few times in one or two sessions; an administrator fails at one host after " +
		"another, and gets into as many; a program with an old key fails once a session, " +
		"as slowly as it is scheduled; an agent offers several keys before the one that fits, so that sessions which end well count nothing.",
	Category: "access", Tactics: []string{"TA0006"}, Techniques: []string{"T1110.001"},
	Risk:      detect.Base{Likelihood: events.High, Complexity: events.Low, Impact: events.Medium},
	Wants:     []events.Kind{events.KindSSH, events.KindConn},
	GuardDuty: "UnauthorizedAccess:EC2/SSHBruteForce", Version: 2,
	Background: "Most hosts that are lost over SSH are lost to a guessed password: lists of common names and passwords are tried by " +
		"machine, against one host quickly or against many slowly. Once one fits, the attacker is a user of the host like any other.",
	Mitigation: []string{
		"If a log-in worked after the failures: isolate the victim, end its sessions, change the account's password and keys, and look at " +
			"what was run since.",
		"Block the offender, and let SSH in from a bastion or through Session Manager only.",
		"Switch password log-in off (PasswordAuthentication no): a key cannot be guessed.",
	},
	New:    func() detect.Detector { return NewSSHBruteForce(SSHBruteForceDefaults()) },
	Tuning: detect.Tuned(SSHBruteForceDefaults, NewSSHBruteForce),
}

// SSHBruteForceTunables are what may be set.
type SSHBruteForceTunables struct {
	Attempts int           `tune:"failed attempts of one host at another" min:"2" max:"100000"`
	Sessions int           `tune:"least number of failed sessions they came in" min:"1" max:"100000"`
	Short    int           `tune:"short sessions of which nothing more is known, of one host at another" min:"2" max:"100000"`
	Spray    int           `tune:"hosts at which one host failed" min:"2" max:"100000"`
	Idle     time.Duration `tune:"a pair that rests this long begins anew" min:"1m" max:"168h"`
	Pairs    int           `tune:"pairs of hosts watched" min:"100" max:"1000000"`
}

// SSHBruteForceDefaults are the tunables that the project stands for. OpenSSH ends a session after six failures, so that a person
// who tries a second time stays below ten; a guesser opens a session for each few.
func SSHBruteForceDefaults() SSHBruteForceTunables {
	return SSHBruteForceTunables{Attempts: 10, Sessions: 4, Short: 30, Spray: 10, Idle: time.Hour, Pairs: 20_000}
}

// What a session that failed to log in looks like from outside: the key exchange and a few tries, and no more.
const (
	minShortBytes = 1000
	maxShortBytes = 8000
	maxShort      = 2 * time.Minute
	maxPerSession = 10 // attempts counted a session: OpenSSH's default ends it after 6
)

// SSHGuesses counts, for each pair of hosts, the log-ins that failed.
type SSHGuesses struct {
	tune     SSHBruteForceTunables
	pairs    *detect.Memory[uint64, guesses]
	sprayers *detect.Memory[uint32, sprayer]
	detect.Memories
}

type guesses struct {
	failed, sessions, short int
	decided                 bool // SSH records tell how sessions of the pair end
	alerted, success        bool
	start, last             events.Time
	ladder                  magnitude.Ladder
	uids                    []string
	head                    events.Head // of the latest failure
	told                    int         // failures at the last alert

	// The latest log-in that worked. Its record comes while failed sessions that began before it are still closing, so what
	// was before it is known only afterwards.
	won    events.Time
	wonUID string
	before int // failures that began before it
}

// sprayer is one host that fails at many.
type sprayer struct {
	victims     []detect.Party
	start, last events.Time
	ladder      magnitude.Ladder
	uids        []string
	wins        int // log-ins of its own that worked since; a restart forgets them
}

// NewSSHBruteForce makes the detector.
func NewSSHBruteForce(t SSHBruteForceTunables) *SSHGuesses {
	s := &SSHGuesses{
		tune: t, pairs: detect.NewFilledMemory(t.Pairs, 'p', 1, guessesFields), sprayers: detect.NewFilledMemory(t.Pairs, 's', 1, sprayerFields),
	}
	s.Memories = detect.Memories{s.pairs, s.sprayers}
	return s
}

// Observe counts failed log-ins.
func (s *SSHGuesses) Observe(r events.Record, v device.View) []detect.Finding {
	switch r := r.(type) {
	case *events.SSH:
		return s.session(r, v)
	case *events.Conn:
		if !r.Interim && strings.Contains(r.Service, "ssh") && shortSession(r) {
			return s.shortSession(r, v)
		}
	}
	return nil
}

// Close brings the numbers of what was told up to date.
func (s *SSHGuesses) Close(device.View) []detect.Finding {
	var found []detect.Finding
	for _, g := range s.pairs.All {
		if !g.alerted || g.told == g.failed+g.short {
			continue
		}
		f := s.report(g, &g.head)
		f.Final = true
		found = append(found, f)
	}
	return found
}

// Tick has nothing to do: guesses are told while they are made.
func (s *SSHGuesses) Tick(events.Time, device.View) []detect.Finding { return nil }

// Overflow is how many pairs and offenders had to be forgotten for want of room.
func (s *SSHGuesses) Overflow() uint64 { return s.pairs.Evicted() + s.sprayers.Evicted() }

func shortSession(c *events.Conn) bool {
	return c.OrigBytes >= minShortBytes && c.OrigBytes <= maxShortBytes && c.RespBytes <= maxShortBytes && c.Duration.Duration() <= maxShort
}

func (s *SSHGuesses) session(r *events.SSH, v device.View) []detect.Finding {
	g := s.of(r.TS, v)
	if r.AuthSuccess != nil {
		g.decided = true
	}
	if r.AuthSuccess != nil && *r.AuthSuccess {
		if p := s.sprayers.Peek(v.Orig.Serial); p != nil {
			p.wins++
		}
		return s.success(g, r)
	}
	if r.AuthAttempts == 0 {
		return nil // closed before any try; its conversation may still count as a short one
	}
	tries := min(int(r.AuthAttempts), maxPerSession)
	g.failed += tries
	g.sessions++
	if r.TS <= g.won {
		g.before += tries
	}
	g.decided = true
	g.uids = keep(g.uids, r.UID)
	g.head = r.Head
	found := s.spray(g, &r.Head, v)
	enough := g.sessions >= s.tune.Sessions && g.ladder.Climb(float64(g.failed), float64(s.tune.Attempts))
	g.alerted = g.alerted || enough
	if hit := s.hit(g); !hit && !enough {
		return found
	}
	return append(found, s.report(g, &r.Head))
}

// shortSession counts conversations of pairs for which no record tells how a session ended.
func (s *SSHGuesses) shortSession(c *events.Conn, v device.View) []detect.Finding {
	g := s.of(c.TS, v)
	if g.decided {
		return nil
	}
	g.short++
	g.head = c.Head
	g.uids = keep(g.uids, c.UID)
	if !g.ladder.Climb(float64(g.short), float64(s.tune.Short)) {
		return nil
	}
	g.alerted = true
	return []detect.Finding{s.report(g, &c.Head)}
}

func (s *SSHGuesses) of(at events.Time, v device.View) *guesses {
	key := pair(v.Orig, v.Resp)
	g, _ := s.pairs.Put(key)
	s.pairs.Note(key)
	if at.Sub(g.last) > s.tune.Idle {
		*g = guesses{start: at, last: at}
	}
	g.start, g.last = min(g.start, at), max(g.last, at)
	return g
}

// success remembers a log-in that worked, and tells of it where many had failed.
func (s *SSHGuesses) success(g *guesses, r *events.SSH) []detect.Finding {
	if g.success {
		return nil
	}
	g.won, g.wonUID, g.before = r.TS, r.UID, g.failed+g.short
	if !s.hit(g) {
		return nil
	}
	return []detect.Finding{s.report(g, &r.Head)}
}

// hit says, once, that a log-in worked after as many failures as make an alert.
func (s *SSHGuesses) hit(g *guesses) bool {
	if g.success || !g.alerted || g.won == 0 || g.before < s.tune.Attempts {
		return false
	}
	g.success = true
	g.uids = append([]string{g.wonUID}, g.uids...)[:min(len(g.uids)+1, maxUIDs)]
	return true
}

func (s *SSHGuesses) report(g *guesses, h *events.Head) detect.Finding {
	g.told = g.failed + g.short
	tried, confidence := fmt.Sprintf("failed to log in %d times", g.failed), 0.9
	if g.failed == 0 {
		confidence = 0.6 // how the sessions ended is a guess
		tried = fmt.Sprintf("opened %d short sessions", g.short)
	}
	f := detect.Finding{
		Key: h.OrigH.String() + " " + netip.AddrPortFrom(h.RespH, h.RespP).String(), Confidence: confidence,
		Start: g.start, End: g.last, UIDs: g.uids, VNI: h.VNI, Sensor: h.Sensor,
		Offenders:   []detect.Party{{Addr: h.OrigH, Endpoint: detect.Client}},
		Victims:     []detect.Party{{Addr: h.RespH, Port: h.RespP, Endpoint: detect.Server}},
		Description: fmt.Sprintf("%s %s over SSH at %s port %d within %s.", h.OrigH, tried, h.RespH, h.RespP, detect.Lasted(g.last.Sub(g.start))),
		Properties: map[string]any{
			"failed": g.failed, "sessions": max(g.sessions, g.short), "port": h.RespP, "success": g.success,
			"seconds": g.last.Sub(g.start).Seconds(),
		},
	}
	if g.success {
		f.Description = strings.TrimSuffix(f.Description, ".") + ", and then it worked."
		f.Terms = []events.Term{{Name: "success_followed", Points: 25, Reason: "a log-in worked after the failures"}}
	}
	return f
}

// spray counts the hosts at which one host failed, each of which may be below the threshold by itself.
func (s *SSHGuesses) spray(g *guesses, h *events.Head, v device.View) []detect.Finding {
	if g.sessions != 1 {
		return nil // this victim is counted
	}
	p, _ := s.sprayers.Put(v.Orig.Serial)
	s.sprayers.Note(v.Orig.Serial)
	if h.TS.Sub(p.last) > s.tune.Idle {
		*p = sprayer{start: h.TS}
	}
	p.start, p.last = min(p.start, h.TS), max(p.last, h.TS)
	p.uids = keep(p.uids, h.UID)
	if len(p.victims) < maxSprayed {
		p.victims = append(p.victims, detect.Party{Addr: h.RespH, Port: h.RespP, Endpoint: detect.Server})
	}
	least := float64(s.tune.Spray)
	if hardlyEverFails(v, h.TS) && 2*p.wins < len(p.victims) {
		least /= 2 // and who gets in elsewhere is at work
	}
	if !p.ladder.Climb(float64(len(p.victims)), least) {
		return nil
	}
	return []detect.Finding{{
		Key: h.OrigH.String() + " many", Confidence: 0.85, Start: p.start, End: p.last, UIDs: p.uids, VNI: h.VNI, Sensor: h.Sensor,
		Offenders: []detect.Party{{Addr: h.OrigH, Endpoint: detect.Client}}, Victims: p.victims, Techniques: []string{"T1110.003"},
		Description: fmt.Sprintf("%s failed to log in over SSH at %d hosts within %s.", h.OrigH, len(p.victims), detect.Lasted(p.last.Sub(p.start))),
		Properties:  map[string]any{"victims": len(p.victims)},
	}}
}

// hardlyEverFails says that a host is known for more than a day, and that log-ins of its own hardly ever fail at this hour: it takes half as
// many victims then.
func hardlyEverFails(v device.View, at events.Time) bool {
	e := v.Expect(v.Orig, device.AuthFailures, at)
	return (e.Basis == baseline.HourOfDay || e.Basis == baseline.HourOfWeek || e.Basis == baseline.Overall) && e.Mid < 1
}

// maxSprayed is how many victims of a spray are counted: the second order of magnitude of Spray.
const maxSprayed = 100
