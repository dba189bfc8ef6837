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

// httpStretch is how long a stretch of time is.
const httpStretch = 10 * time.Second

// httpCount is what one host asks of another in a stretch of time.
type httpCount struct {
	start         events.Time // of the first request
	all, troubled int
	told          bool // of this stretch
}

// HTTPFloods counts requests in stretches of time, and remembers who sent a stretch of too many.
type HTTPFloods struct {
	tune   HTTPFloodTunables
	counts *detect.Memory[detect.CaseKey, httpCount]
	*detect.Cases
	detect.Memories
}

// NewHTTPFlood makes the detector.
func NewHTTPFlood(t HTTPFloodTunables) *HTTPFloods {
	h := &HTTPFloods{
		tune: t, counts: detect.NewFilledMemory(t.Pairs, 'n', 1, httpCountFields), Cases: detect.NewCases(detect.CasesOptions{Limit: t.Pairs, Idle: 10 * time.Minute}),
	}
	h.Memories = detect.Memories{h.counts, h.Cases}
	return h
}

// Overflow is how many pairs had to be forgotten for want of room.
func (h *HTTPFloods) Overflow() uint64 { return h.counts.Evicted() + h.Cases.Overflow() }

// Observe counts a request.
func (h *HTTPFloods) Observe(rec events.Record, v device.View) []detect.Finding {
	r, ok := rec.(*events.HTTP)
	if !ok || r.Method == "" {
		return nil
	}
	k := detect.CaseKey{VNI: r.VNI, By: r.OrigH, To: r.RespH}
	n, _ := h.counts.Put(k)
	h.counts.Note(k)
	// A record that comes late belongs to the stretch that is counted.
	if n.all == 0 || r.TS.Sub(n.start) >= httpStretch {
		*n = httpCount{start: r.TS}
	}
	n.all++
	if r.StatusCode == 0 || r.StatusCode == 429 || r.StatusCode >= 500 {
		n.troubled++
	}
	if n.told {
		h.goesOn(k, n)
		return nil
	}
	if !h.tooMany(n, r, v) {
		return nil
	}
	n.told = true
	return h.count(k, n, r)
}

// tooMany: the server is in distress, or a host outside asks for more than any visitor does.
func (h *HTTPFloods) tooMany(n *httpCount, r *events.HTTP, v device.View) bool {
	if n.all >= h.tune.Troubled && 2*n.troubled >= n.all {
		return true
	}
	return n.all >= h.tune.Requests && v.IsExternal(r.OrigH) && len(r.Proxied) == 0 && !v.Known().Gateway(r.OrigH)
}

// The flags of a case.
const (
	httpDistress = 1 << iota // the server was in distress
	httpMore                 // requests were counted since it was told
)

// goesOn counts what comes after the alarm in the same stretch: the last word has the whole number.
func (h *HTTPFloods) goesOn(k detect.CaseKey, n *httpCount) {
	if c := h.Peek(k); c != nil && uint64(n.all) > c.Sum {
		c.Sum, c.Flags = uint64(n.all), c.Flags|httpMore
		h.Memory.Note(k)
	}
}

// count notes a stretch of too many.
func (h *HTTPFloods) count(k detect.CaseKey, n *httpCount, r *events.HTTP) []detect.Finding {
	c := h.Note(k, &r.Head)
	c.Sum = max(c.Sum, uint64(n.all))
	if 2*n.troubled >= n.all {
		c.Flags |= httpDistress
	}
	if !c.Reached(c.Count, 1) {
		return nil
	}
	return []detect.Finding{h.report(k, c)}
}

func (h *HTTPFloods) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	text := fmt.Sprintf("%s sent %s port %d at least %d requests within ten seconds", k.By, k.To, c.Head.RespP, c.Sum)
	if c.Count > 1 {
		text += fmt.Sprintf(", in %d stretches of ten seconds", c.Count)
	}
	if c.Flags&httpDistress != 0 {
		text += ", and half of them were not served"
	}
	f := c.Finding(k, 0.75, text+".")
	f.Properties = map[string]any{"requests": c.Sum, "stretches": c.Count, "port": c.Head.RespP, "not_served": c.Flags&httpDistress != 0}
	if c.Flags&httpDistress != 0 {
		f.Terms = []events.Term{{Name: "in_distress", Points: 10, Reason: "half of the requests were not served"}}
	}
	return f
}

// Tick has nothing to do: a flood is told of while it goes on.
func (h *HTTPFloods) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers of what was told up to date.
func (h *HTTPFloods) Close(device.View) []detect.Finding {
	var found []detect.Finding
	for k, c := range h.All {
		if c.Raised() && (c.Told < c.Count || c.Flags&httpMore != 0) {
			f := h.report(k, c)
			f.Final = true
			found = append(found, f)
		}
	}
	return found
}

func httpCountFields(key, value *detect.Form, k *detect.CaseKey, n *httpCount) {
	key.Case(k)
	detect.Number(value, &n.start)
	detect.Number(value, &n.all)
	detect.Number(value, &n.troubled)
	value.Bool(&n.told)
}
