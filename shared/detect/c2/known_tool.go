package c2

import (
	"fmt"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// KnownTool finds tools of attackers by how they speak when nobody told them to speak otherwise.
var KnownTool = detect.Spec{
	Type:  "c2.known_tool",
	Title: "Known command-and-control tool",
	Text: "Knows about forty tools by what was published of them: the paths and user agents of their default profiles (where a single path says little, 2 " +
		"or 3 different ones must be asked of one server), the certificates that they make themselves, pairs of client and server fingerprints (JA3 and " +
		"JA3S) with a server that no authority vouches for, and greetings on bare connections, such as Gh0st's tag, lengths and zlib. One is " +
		"enough. Who runs such a tool by order, in an exercise, looks the same.",
	Category: "c2", Tactics: []string{"TA0011"}, Techniques: []string{"T1071", "T1219"},
	Risk:  detect.Base{Likelihood: events.Medium, Complexity: events.Medium, Impact: events.High},
	Wants: []events.Kind{events.KindHTTP, events.KindX509, events.KindSSL, events.KindRaw}, GuardDuty: "Backdoor:EC2/C&CActivity.B", Version: 1,
	Background: "Attackers seldom write their own tools. Frameworks such as Cobalt Strike, Empire and Covenant, remote controls such as Gh0st, and stealers that are " +
		"sold by the month, run with the settings they came with more often than not. Whoever sees one of them speak has found an intrusion that works: " +
		"the host already takes orders, or hands its passwords over.",
	Mitigation: []string{
		"Cut the inside host off, and block the server it speaks with.",
		"Take what the host knew for stolen: passwords, sessions, keys.",
		"Find what started the tool and where it came from, and look for the same server in other hosts' traffic.",
	},
	New:    func() detect.Detector { return NewKnownTool(KnownToolDefaults()) },
	Tuning: detect.Tuned(KnownToolDefaults, NewKnownTool),
}

// KnownToolTunables are what may be set.
type KnownToolTunables struct {
	Idle  time.Duration `tune:"a client and a server that rest this long begin anew" min:"1m" max:"168h"`
	Pairs int           `tune:"clients, servers and tools watched" min:"16" max:"100000"`
	Leave []string      `tune:"tools that are used by order, as their detections name them"`
}

// KnownToolDefaults are the tunables that the project stands for.
func KnownToolDefaults() KnownToolTunables {
	return KnownToolTunables{Idle: 6 * time.Hour, Pairs: 5_000}
}

// KnownTools remembers which tool spoke between whom.
type KnownTools struct {
	tune KnownToolTunables
	*detect.Cases
}

// NewKnownTool makes the detector.
func NewKnownTool(t KnownToolTunables) *KnownTools {
	return &KnownTools{tune: t, Cases: detect.NewCases(detect.CasesOptions{Limit: t.Pairs, Idle: t.Idle})}
}

// What a tool was known by.
const (
	knownByRequest uint64 = 1 << iota
	knownByCertificate
	knownByFingerprint
	knownByGreeting
)

var knownByWords = [...]string{"its requests", "its certificate", "its TLS fingerprints", "its greeting"}

// Observe looks at one record.
func (t *KnownTools) Observe(rec events.Record, v device.View) []detect.Finding {
	switch r := rec.(type) {
	case *events.HTTP:
		return t.request(r, v)
	case *events.X509:
		if tool := certificateTool(r); tool != "" && r.HostCert && !r.ClientCert {
			return t.tell(tool, &r.Head, r.Subject, knownByCertificate, 1)
		}
	case *events.SSL:
		// Each fingerprint is an operating system's, and so is the pair, where an authority vouches for the server.
		if tool := handshakeTool(r); tool != "" && len(r.CertChainFPs) == 1 && (r.SelfSigned || r.ServerName == "") {
			return t.tell(tool, &r.Head, r.JA3+" "+r.JA3S, knownByFingerprint, 1)
		}
	case *events.Raw:
		if tool := greetingTool(r); tool != "" {
			return t.tell(tool, &r.Head, "", knownByGreeting, 1)
		}
	}
	return nil
}

// request holds a request against all tools' ways.
func (t *KnownTools) request(r *events.HTTP, v device.View) []detect.Finding {
	if v.Known().Trusted(r.Host) {
		return nil
	}
	path, query, _ := strings.Cut(r.URI, "?")
	for i := range toolRequests {
		if tool := &toolRequests[i]; tool.matches(r, path, query) {
			return t.tell(tool.tool, &r.Head, path, knownByRequest, max(tool.need, 1))
		}
	}
	if tool := toolPath(r, path); tool != "" {
		return t.tell(tool, &r.Head, path, knownByRequest, 1)
	}
	return nil
}

// tell counts what was seen of a tool, and speaks when as many different things were as it takes.
func (t *KnownTools) tell(tool string, h *events.Head, thing string, by uint64, need int) []detect.Finding {
	for _, leave := range t.tune.Leave {
		if strings.EqualFold(leave, tool) {
			return nil
		}
	}
	k := detect.CaseKey{VNI: h.VNI, By: h.RespH, To: h.OrigH, What: tool}
	c := t.Note(k, h)
	c.Thing(thing)
	c.Flags |= by
	if c.Things.Count() < need || !c.Reached(c.Count, 1) {
		return nil
	}
	return []detect.Finding{t.report(k, c)}
}

// Tick has nothing to do: a tool is told when it speaks.
func (t *KnownTools) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the counts up to date.
func (t *KnownTools) Close(device.View) []detect.Finding { return t.LastWords(t.report) }

func (t *KnownTools) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	var by []string
	for i, words := range knownByWords {
		if c.Flags&(1<<i) != 0 {
			by = append(by, words)
		}
	}
	confidence := 0.85
	if c.Flags == knownByFingerprint {
		confidence = 0.6
	}
	how := strings.Join(by, " and ")
	f := c.Finding(k, confidence, fmt.Sprintf("%s and %s port %d speak as %s does: it is known by %s, %d seen.", k.To, k.By, c.Head.RespP, k.What, how, c.Count))
	f.Properties = map[string]any{"tool": k.What, "known_by": by, "seen": c.Count, "port": c.Head.RespP}
	if len(c.Names) > 0 && c.Names[0] != "" {
		f.Properties["example"] = c.Names[0]
		f.Description = fmt.Sprintf("%s and %s port %d speak as %s does: it is known by %s, %d seen, such as %q.",
			k.To, k.By, c.Head.RespP, k.What, how, c.Count, clip(c.Names[0]))
	}
	return f
}
