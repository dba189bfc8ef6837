package access

import (
	"fmt"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// WebShell finds pages that run what they are told.
var WebShell = detect.Spec{
	Type:  "access.web_shell",
	Title: "Web shell",
	Text: "Looks for a page of a script (.php, .jsp, .aspx, .cgi and the like) that is handed a whole command in a field (cmd=whoami, exec=ls -la) or code to evaluate, " +
		"and for a script that is sent up to a server and then asked for under the same name within a day. A command that only one field holds and that the answer " +
		"does not show is told of as an attempt. What looks the same: tools of administration that run commands through a script, and editors of sites, whose uploads are pictures.",
	Category: "access", Tactics: []string{"TA0003"}, Techniques: []string{"T1505.003"},
	Risk:  detect.Base{Likelihood: events.Medium, Complexity: events.Medium, Impact: events.High},
	Wants: []events.Kind{events.KindHTTP}, Version: 1,
	Background: "A web shell is a small page that an intruder leaves on a server to come back by: it takes a command out of the request and sends back what it printed. " +
		"It needs no log-in, survives a restart, and looks like any other page in the server's log.",
	Mitigation: []string{
		"Take the page away after keeping a copy, and look for others of the same date in the server's folders.",
		"Read the server's log for every request to the page: it holds what was done, and from where.",
		"Find the hole by which the page came, and close it before the server goes back into service.",
		"Let the web server's user write only where nothing is run.",
	},
	New:    func() detect.Detector { return NewWebShell(WebShellDefaults()) },
	Tuning: detect.Tuned(WebShellDefaults, NewWebShell),
}

// WebShellTunables are what may be set.
type WebShellTunables struct {
	Commands int           `tune:"requests with a command to one page, where no answer shows that it ran" min:"1" max:"10000"`
	Upload   time.Duration `tune:"how long after it was sent up a script that is asked for is the same one" min:"1m" max:"720h"`
	Pages    int           `tune:"pages and uploads watched" min:"16" max:"1000000"`
}

// WebShellDefaults are the tunables that the project stands for.
func WebShellDefaults() WebShellTunables {
	return WebShellTunables{Commands: 2, Upload: 24 * time.Hour, Pages: 8_192}
}

// Flags of a case of a page.
const (
	webShellSentUp = 1 << iota // a script of this name was sent up
	webShellAsked              // and then asked for
	webShellRan                // a command was handed over and the answer holds what it printed
	webShellCode               // code to evaluate was handed over
)

// WebShells watches pages that are handed commands.
type WebShells struct {
	tune WebShellTunables
	*detect.Cases
}

// NewWebShell makes the detector.
func NewWebShell(t WebShellTunables) *WebShells {
	return &WebShells{tune: t, Cases: detect.NewCases(detect.CasesOptions{Limit: t.Pages, Idle: t.Upload})}
}

// Observe looks for commands, for scripts sent up, and for scripts that are asked for.
func (w *WebShells) Observe(rec events.Record, v device.View) []detect.Finding {
	r, ok := rec.(*events.HTTP)
	if !ok || r.Method == "" {
		return nil
	}
	page := webShellPage(r.URI)
	if page == "" && len(r.OrigFilenames) == 0 && len(r.RequestMarks) == 0 {
		return nil
	}
	if name := webShellUpload(r, page); name != "" && r.StatusCode/100 <= 3 {
		c := w.Note(webShellKey(r, name), &r.Head)
		c.Flags |= webShellSentUp
		c.Thing(name)
		return nil
	}
	if page == "" {
		return nil
	}
	k := webShellKey(r, page)
	if rule := webShellCommand(r); rule != "" {
		return w.command(k, r, rule)
	}
	if c := w.Peek(k); c != nil && c.Flags&webShellSentUp != 0 && r.StatusCode == 200 && r.TS.Sub(c.Last) <= w.tune.Upload {
		c = w.Note(k, &r.Head)
		news := c.Flags&webShellAsked == 0
		c.Flags |= webShellAsked
		if news {
			c.Reached(c.Count, 1)
			c.Told = c.Count
			return []detect.Finding{w.report(k, c)}
		}
	}
	return nil
}

// webShellKey is of a page of a server, by its last name.
func webShellKey(r *events.HTTP, page string) detect.CaseKey {
	return detect.CaseKey{VNI: r.VNI, By: r.OrigH, To: r.RespH, What: cut(page, 120)}
}

func (w *WebShells) command(k detect.CaseKey, r *events.HTTP, rule string) []detect.Finding {
	c := w.Note(k, &r.Head)
	c.Sum++
	c.Thing(rule)
	if webShellProof(r) {
		c.Flags |= webShellRan
	}
	if strings.HasPrefix(rule, "code") {
		c.Flags |= webShellCode
	}
	points := int(c.Sum)
	if c.Flags&(webShellRan|webShellCode) != 0 { // sure enough alone
		points += w.tune.Commands
	}
	if !c.Reached(points, w.tune.Commands) {
		return nil
	}
	return []detect.Finding{w.report(k, c)}
}

func webShellProof(r *events.HTTP) bool {
	for _, p := range commandProofs() {
		for _, mark := range r.AnswerMarks {
			if mark == p.mark {
				return true
			}
		}
	}
	return false
}

func (w *WebShells) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	text := fmt.Sprintf("%s handed commands to the page %q of %s in %d requests", k.By, k.What, k.To, c.Sum)
	confidence := 0.7
	var terms []events.Term
	switch {
	case c.Sum == 0:
		text = fmt.Sprintf("%s sent the script %q up to %s, and the server answered to it under that name", k.By, k.What, k.To)
	case c.Flags&webShellRan != 0:
		text += ", and an answer holds what a command prints"
		confidence = 0.95
		terms = []events.Term{{Name: "success_shown", Points: 15, Reason: "an answer holds what a command prints"}}
	case c.Flags&(webShellSentUp|webShellCode) == 0:
		terms = []events.Term{{Name: "attempt_only", Points: -20, Reason: "no answer shows that a command ran"}}
	}
	f := c.Finding(k, confidence, text+".")
	f.Terms = terms
	f.Properties = map[string]any{
		"commands": c.Sum, "page": k.What, "sent_up": c.Flags&webShellSentUp != 0, "success": c.Flags&webShellRan != 0, "values": c.Names,
	}
	return f
}

// Tick has nothing to do: a command is told of when it is seen.
func (w *WebShells) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers of what was told up to date.
func (w *WebShells) Close(device.View) []detect.Finding { return w.LastWords(w.report) }

// webShellEndings are the endings of pages that a server runs.
var webShellEndings = []string{".php", ".phtml", ".php5", ".php7", ".phar", ".jsp", ".jspx", ".asp", ".aspx", ".ashx", ".cfm", ".cgi", ".pl", ".war"}

// webShellPage is the last name of a path where it is of a page that a server runs, or "".
func webShellPage(uri string) string {
	path := webPath(uri)
	name := path[strings.LastIndexByte(path, '/')+1:]
	for _, end := range webShellEndings {
		if strings.HasSuffix(name, end) && len(name) > len(end) {
			return name
		}
	}
	return ""
}

// webShellUpload is the name of a script that a request sends up, or "".
func webShellUpload(r *events.HTTP, page string) string {
	if r.Method == "PUT" && page != "" && r.RequestLen > 0 {
		return page
	}
	for _, name := range r.OrigFilenames {
		if p := webShellPage("/" + strings.ToLower(name)); p != "" {
			return p
		}
	}
	return ""
}

// webShellCommand is the value of a request that is a command or code as a whole, or "".
func webShellCommand(r *events.HTTP) string {
	for _, line := range r.Suspicious {
		v := webValueOf(line)
		if v.place != "query" && v.place != "form" && v.place != "body" {
			continue
		}
		t := strings.TrimLeft(v.text, " \"'@")
		if (strings.HasPrefix(t, "eval(") || strings.HasPrefix(t, "ini_set(") || strings.HasPrefix(t, "assert(")) && webHasAny(t, []string{"base64", "$_post", "$_get", "$_request", "z0", "@"}) != "" {
			return "code: " + cut(v.raw, 100)
		}
		short := len(v.name) <= 2 && v.place != "body"
		if (commandNamed(&v) || v.name == "cmd" || short) && commandBegins(t) && (!short || strings.ContainsAny(t, "/-|;&") || webShellBare(t)) {
			return cut(v.raw, 100)
		}
	}
	return ""
}

// webShellBare are commands that say enough alone.
func webShellBare(t string) bool {
	switch t {
	case "whoami", "ifconfig", "ipconfig", "uname", "systeminfo", "netstat", "tasklist", "printenv":
		return true
	}
	return false
}
