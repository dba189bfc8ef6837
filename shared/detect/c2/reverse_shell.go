package c2

import (
	"fmt"
	"slices"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// ReverseShell finds shells that are spoken in the clear on a bare connection.
var ReverseShell = detect.Spec{
	Type:  "c2.reverse_shell",
	Title: "Interactive shell",
	Text: "Looks at conversations without a protocol of their own for a shell: prompts of cmd.exe, PowerShell and Unix shells that the other side answers with " +
		"lines, the banner of Windows, the answer to id, lists of files and users, the complaint that there is no terminal. At least 3 of these signs must come together, an identity and a list " +
		"counting for two each, and the other side must have typed something. A shell that the host offers by connecting out is a reverse shell, one that it listens with a bound one; both give whoever " +
		"types the rights of the program that was broken into. What looks the same: a serial console server or a debugger's port without Telnet.",
	Category: "c2", Tactics: []string{"TA0011", "TA0002"}, Techniques: []string{"T1059", "T1095"},
	Risk:  detect.Base{Likelihood: events.Medium, Complexity: events.Medium, Impact: events.High},
	Wants: []events.Kind{events.KindRaw}, Version: 1,
	Background: "After an exploit the attacker wants to type. A reverse shell connects out from the victim, because firewalls let that through; a bound one waits for " +
		"a visit. Either is a few bytes of code that tie a command interpreter to a socket, and so it is mostly in the clear. From then on somebody works on the host by hand.",
	Mitigation: []string{
		"Cut the victim off the network now, and keep its memory: somebody is typing on it.",
		"End the process that holds the connection and find what started it: the way in is there.",
		"Look for what was done meanwhile: new accounts, downloads, connections to other hosts inside.",
		"Let servers reach only what they need outside.",
	},
	New:    func() detect.Detector { return NewReverseShell(ReverseShellDefaults()) },
	Tuning: detect.Tuned(ReverseShellDefaults, NewReverseShell),
}

// ReverseShellTunables are what may be set.
type ReverseShellTunables struct {
	Signs int      `tune:"signs of a shell that must come together" min:"2" max:"8"`
	Ports []uint16 `tune:"ports where hosts are logged in to in the clear"`
	Pairs int      `tune:"pairs of hosts watched" min:"16" max:"100000"`
}

// ReverseShellDefaults are the tunables that the project stands for.
func ReverseShellDefaults() ReverseShellTunables {
	return ReverseShellTunables{Signs: 3, Ports: []uint16{23, 513, 514}, Pairs: 2_000}
}

// Shells remembers who types on whose shell.
type Shells struct {
	tune ReverseShellTunables
	*detect.Cases
}

// NewReverseShell makes the detector.
func NewReverseShell(t ReverseShellTunables) *Shells {
	return &Shells{tune: t, Cases: detect.NewCases(detect.CasesOptions{Limit: t.Pairs})}
}

// The ways a shell comes about, as detect.CaseKey.What.
const (
	shellReverse = "reverse"
	shellBound   = "bound"
)

// Observe looks at one conversation.
func (s *Shells) Observe(rec events.Record, _ device.View) []detect.Finding {
	r, ok := rec.(*events.Raw)
	if !ok || r.ShellBy == "" || r.Commands == 0 || shellSigns(r) < s.tune.Signs {
		return nil
	}
	if r.ShellBy == "resp" && slices.Contains(s.tune.Ports, r.RespP) {
		return nil
	}
	k := detect.CaseKey{VNI: r.VNI, By: r.RespH, To: r.OrigH, What: shellReverse}
	if r.ShellBy == "resp" {
		k.By, k.To, k.What = r.OrigH, r.RespH, shellBound
	}
	c := s.Note(k, &r.Head)
	c.Thing(r.Prompt)
	c.Sum += uint64(r.Commands)
	if !c.Reached(c.Count, 1) {
		return nil
	}
	return []detect.Finding{s.report(k, c)}
}

// shellSigns weighs what was seen. Of prompts the first two count: the analyzer stops at the third.
func shellSigns(r *events.Raw) int {
	n := int(min(r.Prompts, 2)) + 1 // something was typed
	for _, m := range r.Marks {
		switch m {
		case "banner_windows", "no_terminal":
			n++
		case "identity", "listing":
			n += 2
		}
	}
	return n
}

// Tick has nothing to do: a conversation is judged when it is told.
func (s *Shells) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the counts up to date.
func (s *Shells) Close(device.View) []detect.Finding { return s.LastWords(s.report) }

func (s *Shells) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	how := fmt.Sprintf("%s gave a shell to %s by connecting to its port %d", k.To, k.By, c.Head.RespP)
	if k.What == shellBound {
		how = fmt.Sprintf("%s gave a shell on its port %d to %s", k.To, c.Head.RespP, k.By)
	}
	f := c.Finding(k, 0.9, fmt.Sprintf("%s, in the clear; typed: %s.", how, tally(int(c.Sum), "line")))
	f.Properties = map[string]any{"conversations": c.Count, "commands": c.Sum, "direction": k.What, "port": c.Head.RespP}
	if len(c.Names) > 0 && c.Names[0] != "" {
		f.Properties["prompt"] = c.Names[0]
		f.Description = fmt.Sprintf("%s, in the clear: it asked %q; typed: %s.", how, c.Names[0], tally(int(c.Sum), "line"))
	}
	return f
}
