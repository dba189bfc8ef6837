package impact

import (
	"fmt"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// HTTPFlood finds hosts that ask a web server for more than it can give.
var HTTPFlood = detect.Spec{
	Type:  "impact.http_flood",
	Title: "HTTP flood",
	Text: "Counts the requests of one host at one server in stretches of ten seconds. An alarm takes a server in distress (half of at least 300 requests unanswered, or answered with " +
		"429, 500 or more), or a host outside that sends 1,000 requests in a stretch and says of no other for whom it asks. What looks the same: services that call one another, and load balancers and content networks, which are " +
		"as fast, but are answered, or say for whom they ask; a test of load, which is one and was ordered.",
	Category: "impact", Tactics: []string{"TA0040"}, Techniques: []string{"T1499.002"},
	Risk:  detect.Base{Likelihood: events.Medium, Complexity: events.Low, Impact: events.Medium},
	Wants: []events.Kind{events.KindHTTP}, Version: 1,
	Background: "A flood of requests that each look honest keeps a web server so busy that nobody else is served; a slow one opens many requests and never ends them. " +
		"The aim is extortion, or to draw eyes away from something else.",
	Mitigation: []string{
		"Limit the rate of single addresses with AWS WAF, or block the offender in the network ACL.",
		"Put the site behind CloudFront or AWS Shield, and let the load balancer scale.",
		"Shorten the server's time-outs for requests that do not end.",
	},
	New:    func() detect.Detector { return NewHTTPFlood(HTTPFloodDefaults()) },
	Tuning: detect.Tuned(HTTPFloodDefaults, NewHTTPFlood),
}

// HTTPFloodTunables are what may be set.
type HTTPFloodTunables struct {
	Requests int `tune:"requests of a host outside within ten seconds" min:"10" max:"1000000"`
	Troubled int `tune:"requests within ten seconds of which half are not served" min:"10" max:"1000000"`
	Pairs    int `tune:"pairs of hosts watched" min:"100" max:"1000000"`
}

// HTTPFloodDefaults are the tunables that the project stands for.
func HTTPFloodDefaults() HTTPFloodTunables {
	return HTTPFloodTunables{Requests: 1_000, Troubled: 300, Pairs: 8_192}
}

// httpStretch is how long a stretch of time is, and httpTrouble is where the requests that were not served are counted, above all of them.
const (
	httpStretch = 10 * time.Second
	httpTrouble = 1 << 32
)

// HTTPFloods counts requests in stretches of time.
type HTTPFloods struct {
	tune HTTPFloodTunables
	*detect.Cases
}

// NewHTTPFlood makes the detector.
func NewHTTPFlood(t HTTPFloodTunables) *HTTPFloods {
	return &HTTPFloods{tune: t, Cases: detect.NewCases(detect.CasesOptions{Limit: t.Pairs, Idle: 10 * time.Minute})}
}

// Observe counts a request.
func (h *HTTPFloods) Observe(rec events.Record, v device.View) []detect.Finding {
	r, ok := rec.(*events.HTTP)
	if !ok || r.Method == "" {
		return nil
	}
	k := detect.CaseKey{VNI: r.VNI, By: r.OrigH, To: r.RespH}
	c := h.Note(k, &r.Head)
	stretch := uint64(r.TS / events.Time(httpStretch))
	if c.Flags < stretch { // a record that comes late belongs to the stretch that is counted
		c.Flags, c.Sum = stretch, 0
	}
	c.Sum++
	if r.StatusCode == 0 || r.StatusCode == 429 || r.StatusCode >= 500 {
		c.Sum += httpTrouble
	}
	all, troubled := int(c.Sum%httpTrouble), int(c.Sum/httpTrouble)
	distress := all >= h.tune.Troubled && 2*troubled >= all
	fast := all >= h.tune.Requests && v.IsExternal(r.OrigH) && len(r.Proxied) == 0
	if !distress && !fast || v.Known().Gateway(r.OrigH) && !distress {
		return nil
	}
	first := h.tune.Requests
	if distress {
		first = h.tune.Troubled
	}
	if !c.Reached(c.Count, min(first, h.tune.Troubled)) {
		return nil
	}
	return []detect.Finding{h.report(k, c)}
}

func (h *HTTPFloods) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	all, troubled := int(c.Sum%httpTrouble), int(c.Sum/httpTrouble)
	f := c.Finding(k, 0.75, fmt.Sprintf("%s sent %s port %d %d requests within %s, %d of them in the latest ten seconds, of which %d were not served.",
		k.By, k.To, c.Head.RespP, c.Count, c.Last.Sub(c.Start).Round(time.Second), all, troubled))
	f.Properties = map[string]any{"requests": c.Count, "port": c.Head.RespP, "seconds": c.Last.Sub(c.Start).Seconds(), "last_stretch": all, "last_stretch_not_served": troubled}
	if 2*troubled >= all {
		f.Terms = []events.Term{{Name: "in_distress", Points: 10, Reason: "half of the requests were not served"}}
	}
	return f
}

// Tick has nothing to do: a flood is told of while it goes on.
func (h *HTTPFloods) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers of what was told up to date.
func (h *HTTPFloods) Close(device.View) []detect.Finding { return h.LastWords(h.report) }
