package access

import (
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
)

// Shellshock finds functions of the shell in header lines.
var Shellshock = detect.Spec{
	Type:  "access.shellshock",
	Title: "Shellshock",
	Text: "Looks in every header line and value of a request for a function of the Bash shell, () { ...}, with more behind its end: an unpatched Bash that a CGI " +
		"program starts runs what follows (CVE-2014-6271). One such request is told of, and whether the answer holds what a command prints. Nothing innocent carries this.",
	Category: "access", Tactics: []string{"TA0001"}, Techniques: []string{"T1190"},
	Risk:  detect.Base{Likelihood: events.High, Complexity: events.Low, Impact: events.High},
	Wants: []events.Kind{events.KindHTTP}, Version: 1,
	Background: "Web servers hand header lines to CGI programs as variables of their environment. Bash, up to 2014, ran whatever stood behind a function's definition in a variable, " +
		"before it did anything else. Appliances and old images still carry it, and scanners still try it on every address there is.",
	Mitigation: []string{
		"If the answer shows that it worked, take the server off the network and revoke what it had access to.",
		"Update Bash, and take CGI programs that need a shell out of service.",
		"Block the offender; requests with () { can be refused at the load balancer.",
	},
	New:    func() detect.Detector { return NewShellshock(ShellshockDefaults()) },
	Tuning: detect.Tuned(ShellshockDefaults, NewShellshock),
}

// ShellshockDefaults are the tunables that the project stands for.
func ShellshockDefaults() WebAttackTunables { return webAttackDefaults() }

// NewShellshock makes the detector.
func NewShellshock(t WebAttackTunables) *WebAttacks {
	return newWebAttacks(t, webRules{what: "a function of the shell with a command behind it", find: shellshockFind, proofs: commandProofs()})
}

// shellshockFind wants the function's head, its end, and something behind it.
func shellshockFind(_ *events.HTTP, v *webValue) (rule string, sure bool) {
	i := strings.Index(v.text, "()")
	if i < 0 {
		return "", false
	}
	rest := strings.TrimLeft(v.text[i+2:], " ")
	end := strings.LastIndexByte(rest, '}')
	if !strings.HasPrefix(rest, "{") || end < 0 || strings.Trim(rest[end+1:], " ;") == "" && !strings.Contains(rest, "=>") && !strings.Contains(rest, ">_[") {
		return "", false
	}
	if v.place == "body" || v.place == "form" {
		return "function", strings.Contains(rest, "/bin/") // the body may hold a script
	}
	return "function", true
}
