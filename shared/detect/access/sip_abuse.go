package access

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// SIPAbuse finds who guesses extensions and passwords of telephone systems, or calls at others' cost.
var SIPAbuse = detect.Spec{
	Type:  "access.sip_abuse",
	Title: "SIP abuse",
	Text: "Counts, for each host, the requests over SIP that a server refused for want of a right name or password (401, 403, 404, 407), by different " +
		"extensions: eight of them, or twenty refusals; calls to fifteen different numbers within the half hour; and requests with the name of a " +
		"known tool (friendly-scanner, sipvicious). What looks the same: a phone with an old password, which fails as one extension, slowly.",
	Category: "access", Tactics: []string{"TA0006", "TA0040"}, Techniques: []string{"T1110", "T1499"},
	Risk:  detect.Base{Likelihood: events.Medium, Complexity: events.Low, Impact: events.Medium},
	Wants: []events.Kind{events.KindSIP}, Version: 1,
	Background: "A telephone system on the internet is searched for extensions within hours. Who guesses the password of one calls expensive numbers, of which " +
		"he gets a share, over a weekend; who can send SIP inside ends calls or takes them over.",
	Mitigation: []string{
		"Block the offender, and let SIP in from your provider and your phones only.",
		"Look in the call records for calls abroad since then, and set a limit with the provider.",
		"Give extensions long random passwords, and let the system answer unknown and known extensions alike.",
	},
	New:    func() detect.Detector { return NewSIPAbuse(SIPAbuseDefaults()) },
	Tuning: detect.Tuned(SIPAbuseDefaults, NewSIPAbuse),
}

// SIPAbuseTunables are what may be set.
type SIPAbuseTunables struct {
	Refusals   int           `tune:"refused requests of one host" min:"2" max:"100000"`
	Extensions int           `tune:"different extensions among them that are enough" min:"2" max:"10000"`
	Numbers    int           `tune:"different numbers that one host calls" min:"2" max:"10000"`
	Tools      []string      `tune:"what User-Agents of tools begin with, in small letters"`
	Idle       time.Duration `tune:"a host that rests this long begins anew" min:"1m" max:"168h"`
	Hosts      int           `tune:"hosts watched" min:"100" max:"1000000"`
}

// SIPAbuseDefaults are the tunables that the project stands for.
func SIPAbuseDefaults() SIPAbuseTunables {
	return SIPAbuseTunables{
		Refusals: 20, Extensions: 8, Numbers: 15, Idle: 30 * time.Minute, Hosts: 20_000,
		Tools: []string{"friendly-scanner", "sipvicious", "sipcli", "sip-scan", "sundayddr", "vaxsipuseragent", "pplsip", "iwar", "sipsak", "smap"},
	}
}

// SIPAbuses is the detector.
type SIPAbuses struct {
	tune SIPAbuseTunables
	*detect.Cases
}

// NewSIPAbuse makes the detector.
func NewSIPAbuse(t SIPAbuseTunables) *SIPAbuses {
	return &SIPAbuses{tune: t, Cases: detect.NewCases(detect.CasesOptions{Limit: t.Hosts, Idle: t.Idle})}
}

// Observe counts refusals and calls.
func (d *SIPAbuses) Observe(r events.Record, _ device.View) []detect.Finding {
	s, ok := r.(*events.SIP)
	if !ok {
		return nil
	}
	agent := strings.ToLower(s.UserAgent)
	switch {
	case agent != "" && slices.ContainsFunc(d.tune.Tools, func(tool string) bool { return strings.HasPrefix(agent, tool) }):
		return d.count(s, "tool", s.UserAgent, func(*detect.Case) (int, int) { return 1, 1 })
	case s.StatusCode == 401 || s.StatusCode == 407 || s.StatusCode == 403 || s.StatusCode == 404:
		return d.refused(s)
	case s.Method == "INVITE" && s.URI != "":
		return d.count(s, "calls", s.URI, func(c *detect.Case) (int, int) { return c.Things.Count(), d.tune.Numbers })
	}
	return nil
}

// refused counts. The challenge that every phone gets first is no refusal: it counts only where an answer to it was sent, or the server says no.
func (d *SIPAbuses) refused(s *events.SIP) []detect.Finding {
	if (s.StatusCode == 401 || s.StatusCode == 407) && s.AuthUser == "" {
		return nil
	}
	who := s.AuthUser
	if who == "" {
		who = s.RequestTo
	}
	return d.count(s, "guesses", who, func(c *detect.Case) (int, int) {
		if n := c.Things.Count(); n >= d.tune.Extensions {
			return n, d.tune.Extensions
		}
		return c.Count, d.tune.Refusals
	})
}

func (d *SIPAbuses) count(s *events.SIP, what, thing string, reached func(*detect.Case) (n, first int)) []detect.Finding {
	k := detect.CaseKey{VNI: s.VNI, By: s.OrigH, What: what}
	c := d.Note(k, &s.Head)
	c.Against(detect.Party{Addr: s.RespH, Port: s.RespP, Endpoint: detect.Server})
	c.Thing(thing)
	if n, first := reached(c); !c.Reached(n, first) {
		return nil
	}
	return []detect.Finding{d.report(k, c)}
}

func (d *SIPAbuses) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	span, text := detect.Lasted(c.Last.Sub(c.Start)), ""
	switch k.What {
	case "tool":
		text = fmt.Sprintf("%s sent %s to %s as %q, the name of a tool that attacks telephone systems.", k.By, counted(fmt.Sprint(c.Count), "SIP request"), counted(c.Hosts.Text(), "server"), shortName(c.Names[0]))
	case "calls":
		text = fmt.Sprintf("%s called %s different numbers through %s within %s.", k.By, c.Things.Text(), counted(c.Hosts.Text(), "server"), span)
	default:
		text = fmt.Sprintf("%s was refused %d times by %s within %s, as %s.", k.By, c.Count, counted(c.Hosts.Text(), "SIP server"), span, counted(c.Things.Text(), "extension"))
	}
	f := c.Finding(k, 0.8, text)
	f.Properties = map[string]any{"requests": c.Count, "different": c.Things.Count(), "names": c.Names, "servers": c.Hosts.Count(), "what": k.What}
	return f
}

// Tick has nothing to do.
func (d *SIPAbuses) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers of what was told up to date.
func (d *SIPAbuses) Close(device.View) []detect.Finding { return d.LastWords(d.report) }
