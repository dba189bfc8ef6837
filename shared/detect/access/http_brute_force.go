package access

import (
	"fmt"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// HTTPBruteForce finds a host that guesses passwords of a web site.
var HTTPBruteForce = detect.Spec{
	Type:  "access.http_brute_force",
	Title: "Web login brute force or spray",
	Text: "Counts the log-ins of one host at one page or service: requests with credentials that were answered with 401, and forms sent to a page of a log-in. Twenty within two minutes " +
		"make an alarm, and a log-in whose answer differs from all before it most likely is the guess that hit. What looks the same: a person who forgot a password tries a handful of " +
		"times; a program with an old password tries as often as it is scheduled, which is slower; NTLM and Negotiate are answered with 401 once by design and are not counted.",
	Category: "access", Tactics: []string{"TA0006"}, Techniques: []string{"T1110.001", "T1110.003"},
	Risk:  detect.Base{Likelihood: events.High, Complexity: events.Low, Impact: events.Medium},
	Wants: []events.Kind{events.KindHTTP}, Version: 1,
	Background: "A guessed password is one of the commonest ways in. Tools try lists of common passwords, or of pairs that were stolen elsewhere, as fast as the site answers; " +
		"a spray tries one password on many names, so that no account is locked.",
	Mitigation: []string{
		"If a log-in worked, end its session, lock the account and look at what was done with it.",
		"Limit the rate of log-ins, with AWS WAF's rate rule or at the site, and lock accounts for a while after failures.",
		"Ask for a second factor.",
	},
	New:    func() detect.Detector { return NewHTTPBruteForce(HTTPBruteForceDefaults()) },
	Tuning: detect.Tuned(HTTPBruteForceDefaults, NewHTTPBruteForce),
}

// HTTPBruteForceTunables are what may be set.
type HTTPBruteForceTunables struct {
	Attempts int           `tune:"log-ins of one host at one page" min:"3" max:"100000"`
	Within   time.Duration `tune:"time in which they must come" min:"1s" max:"24h"`
	Pairs    int           `tune:"hosts and pages watched" min:"100" max:"1000000"`
}

// HTTPBruteForceDefaults are the tunables that the project stands for.
func HTTPBruteForceDefaults() HTTPBruteForceTunables {
	return HTTPBruteForceTunables{Attempts: 20, Within: 2 * time.Minute, Pairs: 8_192}
}

// webGuessHit is the flag of a case in which a log-in worked; above it stands the second in which the present stretch of time began.
const (
	webGuessHit   = 1
	webGuessSince = 1 << 8
)

// WebGuesses counts log-ins at pages.
type WebGuesses struct {
	tune HTTPBruteForceTunables
	*detect.Cases
}

// NewHTTPBruteForce makes the detector.
func NewHTTPBruteForce(t HTTPBruteForceTunables) *WebGuesses {
	return &WebGuesses{tune: t, Cases: detect.NewCases(detect.CasesOptions{Limit: t.Pairs, Idle: 30 * time.Minute})}
}

// Observe counts a log-in.
func (w *WebGuesses) Observe(rec events.Record, v device.View) []detect.Finding {
	r, ok := rec.(*events.HTTP)
	if !ok || r.StatusCode == 0 || r.Method == "" {
		return nil
	}
	page := webGuessAt(r)
	if page == "" {
		return nil
	}
	k := detect.CaseKey{VNI: r.VNI, By: r.OrigH, To: r.RespH, What: cut(page, 120)}
	answer := fmt.Sprintf("%d %s", r.StatusCode, r.Location)
	c := w.Peek(k)
	if page[0] != '/' && r.StatusCode != 401 { // credentials that were taken
		if c == nil || !c.Raised() || c.Flags&webGuessHit != 0 || r.StatusCode >= 400 {
			return nil
		}
		return w.hit(k, r)
	}
	if c != nil && c.Raised() && c.Flags&webGuessHit == 0 && webGuessWon(c, r, answer) {
		return w.hit(k, r)
	}
	return w.count(k, r, answer)
}

func (w *WebGuesses) count(k detect.CaseKey, r *events.HTTP, answer string) []detect.Finding {
	c := w.Note(k, &r.Head)
	if len(c.Names) == 0 {
		c.Names = append(c.Names, cut(answer, 200))
	}
	if r.Username != "" {
		c.Thing(cut(r.Username, 64))
	}
	second := uint64(r.TS / 1e9)
	if since := c.Flags / webGuessSince; since == 0 || second-min(since, second) > uint64(w.tune.Within/time.Second) {
		c.Flags, c.Sum = c.Flags&webGuessHit|second*webGuessSince, 0
	}
	c.Sum++
	if !c.Raised() && c.Sum < uint64(w.tune.Attempts) || !c.Reached(c.Count, w.tune.Attempts) {
		return nil
	}
	return []detect.Finding{w.report(k, c)}
}

func (w *WebGuesses) hit(k detect.CaseKey, r *events.HTTP) []detect.Finding {
	c := w.Get(k)
	c.Flags |= webGuessHit
	c.Last = max(c.Last, r.TS)
	c.UIDs = append([]string{r.UID}, c.UIDs...)[:min(len(c.UIDs)+1, maxUIDs)]
	c.Told = c.Count
	w.Memory.Note(k)
	return []detect.Finding{w.report(k, c)}
}

// webGuessWon: the answer to a form leads elsewhere than all before it, and not to an error.
func webGuessWon(c *detect.Case, r *events.HTTP, answer string) bool {
	if len(c.Names) == 0 || cut(answer, 200) == c.Names[0] || r.StatusCode >= 400 || c.Things.Count() > 1 && r.StatusCode == 200 {
		return false
	}
	return webHasAny(strings.ToLower(r.Location), []string{"login", "error", "fail", "denied", "captcha", "lock"}) == ""
}

// webGuessAt says at which page a request logs in: a path, or the way of its credentials; "" where it does not.
func webGuessAt(r *events.HTTP) string {
	switch r.AuthScheme {
	case "Basic", "Digest":
		return r.AuthScheme + " log-in"
	}
	if r.Method != "POST" || r.RequestLen == 0 || r.RequestLen > 4096 || r.StatusCode == 404 || r.StatusCode == 405 || r.StatusCode >= 500 {
		return ""
	}
	path := webPath(r.URI)
	for _, word := range [...]string{"login", "logon", "signin", "sign-in", "sign_in", "/auth", "authenticate", "xmlrpc.php", "/session", "/token", "owa/auth", "j_security_check", "user/password"} {
		if strings.Contains(path, word) && !strings.Contains(path, "logout") {
			return path
		}
	}
	return ""
}

func (w *WebGuesses) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	f := c.Finding(k, 0.8, fmt.Sprintf("%s tried to log in %d times at %s port %d (%s) within %s", k.By, c.Count, k.To, c.Head.RespP, k.What, detect.Lasted(c.Last.Sub(c.Start))))
	f.Properties = map[string]any{"attempts": c.Count, "page": k.What, "port": c.Head.RespP, "users": c.Things.Count(), "success": c.Flags&webGuessHit != 0}
	if c.Flags&webGuessHit != 0 {
		f.Description += ", and then it worked."
		f.Confidence = 0.9
		f.Terms = []events.Term{{Name: "success_followed", Points: 25, Reason: "a log-in was answered unlike all before it"}}
		return f
	}
	f.Description += "."
	return f
}

// Tick has nothing to do: guesses are told while they are made.
func (w *WebGuesses) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers of what was told up to date.
func (w *WebGuesses) Close(device.View) []detect.Finding { return w.LastWords(w.report) }
