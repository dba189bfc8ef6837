package access

import (
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
)

// CrossSiteScripting finds scripts in the values of web requests.
var CrossSiteScripting = detect.Spec{
	Type:  "access.cross_site_scripting",
	Title: "Cross-site scripting",
	Text: "Reads the values of a request, decoded, for a script that a page would run if it were sent back as it came: a <script> tag, a tag with an event " +
		"handler (onerror=, onload=), a javascript: link with a call, or a quote that ends an attribute and begins a handler. One such request is told of, and " +
		"whether the answer sent the tag back unchanged. What looks the same: an editor's form that sends formatted text, which holds tags and no handlers.",
	Category: "access", Tactics: []string{"TA0001"}, Techniques: []string{"T1189", "T1059.007"},
	Risk:  detect.Base{Likelihood: events.High, Complexity: events.Low, Impact: events.Low},
	Wants: []events.Kind{events.KindHTTP}, Version: 1,
	Background: "A page that shows what a visitor sent, without making it harmless, lets the visitor put a script into it that runs in other people's browsers. " +
		"The aim is their session: what the script does, it does as them. A script that is stored in the page meets everybody who opens it.",
	Mitigation: []string{
		"Where the answer sent the script back, find out whether it was stored, and take it out.",
		"Have the application escape what it shows, and set a Content-Security-Policy that forbids inline scripts.",
		"Mark session cookies HttpOnly, and end the sessions of those who opened the page.",
	},
	New:    func() detect.Detector { return NewCrossSiteScripting(CrossSiteScriptingDefaults()) },
	Tuning: detect.Tuned(CrossSiteScriptingDefaults, NewCrossSiteScripting),
}

// CrossSiteScriptingDefaults are the tunables that the project stands for.
func CrossSiteScriptingDefaults() WebAttackTunables { return webAttackDefaults() }

// NewCrossSiteScripting makes the detector.
func NewCrossSiteScripting(t WebAttackTunables) *WebAttacks {
	return newWebAttacks(t, webRules{what: "a script for other people's browsers", find: scriptFind, proofs: []webProof{{"echo", "the tag as it was sent"}}})
}

// scriptFind is the rule that a value fits.
func scriptFind(_ *events.HTTP, v *webValue) (rule string, sure bool) {
	t := v.text
	for i := strings.IndexByte(t, '<'); i >= 0; {
		if rule := scriptTag(t[i+1:]); rule != "" {
			return rule, true
		}
		next := strings.IndexByte(t[i+1:], '<')
		if next < 0 {
			break
		}
		i += 1 + next
	}
	if i := strings.Index(t, "javascript:"); i >= 0 && strings.ContainsAny(t[i:min(len(t), i+80)], "(`") && v.place != "header" && !strings.Contains(t[i:], "void(0)") {
		return "link", true
	}
	for i := range len(t) {
		if t[i] != '"' && t[i] != '\'' {
			continue
		}
		if scriptHandler(strings.TrimLeft(t[i+1:], " /")) && v.place != "header" {
			return "handler", true
		}
		if rest := strings.TrimLeft(t[i+1:], " ;)}"); strings.HasPrefix(rest, "alert(") || strings.HasPrefix(rest, "-alert(") || strings.HasPrefix(rest, "+alert(") {
			return "call", true
		}
	}
	return "", false
}

// scriptTag is the rule that a tag fits, which begins behind its "<".
func scriptTag(t string) string {
	t = strings.TrimLeft(t, " /")
	if strings.HasPrefix(t, "script") && (len(t) == len("script") || strings.ContainsAny(t[6:7], " >/\t\n\"'")) {
		return "script"
	}
	if len(t) == 0 || !webLetter(t[0]) {
		return ""
	}
	end := strings.IndexByte(t, '>')
	if end < 0 {
		end = len(t)
	}
	tag := t[:end]
	for i := range len(tag) {
		switch tag[i] {
		case ' ', '/', '\t', '\n', '"', '\'', '\f', '\r':
			if scriptHandler(strings.TrimLeft(tag[i+1:], " /\t\n\r")) {
				return "handler"
			}
		}
	}
	if strings.Contains(tag, "javascript:") || strings.HasPrefix(tag, "iframe") && strings.Contains(tag, "srcdoc") {
		return "link"
	}
	return ""
}

// scriptHandler says whether a text begins with an event handler and what it runs: "onerror=alert(1)".
func scriptHandler(t string) bool {
	if !strings.HasPrefix(t, "on") {
		return false
	}
	n := 2
	for n < len(t) && webLetter(t[n]) {
		n++
	}
	rest := strings.TrimLeft(t[n:], " \t")
	return n >= 5 && n <= 24 && strings.HasPrefix(rest, "=") && strings.ContainsAny(rest, "(`&")
}
