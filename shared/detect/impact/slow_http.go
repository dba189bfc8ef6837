package impact

import (
	"fmt"
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// SlowHTTP finds hosts that hold many requests open which they never finish.
var SlowHTTP = detect.Spec{
	Type:  "impact.slow_http",
	Title: "Slow HTTP requests that hold a server",
	Text: "Counts the conversations of one host with the web ports of a server that lasted ten seconds or more, in which the host sent something and the server " +
		"nothing: requests that never end. Fifty within five minutes take the places of all other clients (Slowloris, R-U-Dead-Yet), though hardly " +
		"a packet is sent. What looks the same: a server that hangs, whose clients are many hosts with a few conversations each, and long polling, which is " +
		"answered in the end.",
	Category: "impact", Tactics: []string{"TA0040"}, Techniques: []string{"T1499.002"},
	Risk:  detect.Base{Likelihood: events.Medium, Complexity: events.Low, Impact: events.Medium},
	Wants: []events.Kind{events.KindConn}, Version: 1,
	Background: "A web server keeps a place for each request until it is whole. Who sends the header a line a minute keeps the place for hours; a few hundred such " +
		"requests, from one host over a thin line, and nobody else is served.",
	Mitigation: []string{
		"Block the offender, or limit the connections of one address at the load balancer or WAF.",
		"Put a load balancer in front that waits for whole requests, and shorten the server's time-outs for headers and bodies.",
	},
	New:    func() detect.Detector { return NewSlowHTTP(SlowHTTPDefaults()) },
	Tuning: detect.Tuned(SlowHTTPDefaults, NewSlowHTTP),
}

// SlowHTTPTunables are what may be set.
type SlowHTTPTunables struct {
	Requests int           `tune:"unfinished requests of one host at one server within five minutes" min:"5" max:"100000"`
	Least    time.Duration `tune:"how long a request must have been open" min:"1s" max:"1h"`
	Ports    []uint16      `tune:"ports of web servers"`
	Pairs    int           `tune:"pairs of hosts watched" min:"100" max:"1000000"`
}

// SlowHTTPDefaults are the tunables that the project stands for. Browsers open six conversations with a server, and proxies some dozens.
func SlowHTTPDefaults() SlowHTTPTunables {
	return SlowHTTPTunables{Requests: 50, Least: 10 * time.Second, Ports: []uint16{80, 443, 8000, 8080, 8443}, Pairs: 20_000}
}

// slowWindow is how close together the requests must be over.
const slowWindow = 5 * time.Minute

// SlowRequests is the detector.
type SlowRequests struct {
	tune SlowHTTPTunables
	*detect.Cases
}

// NewSlowHTTP makes the detector.
func NewSlowHTTP(t SlowHTTPTunables) *SlowRequests {
	return &SlowRequests{tune: t, Cases: detect.NewCases(detect.CasesOptions{Limit: t.Pairs, Idle: slowWindow})}
}

// Observe looks at conversations that are over.
func (d *SlowRequests) Observe(r events.Record, _ device.View) []detect.Finding {
	c, ok := r.(*events.Conn)
	if !ok || c.Interim || c.IPProto != device.TCP || c.RespBytes > 0 || c.OrigBytes == 0 || c.Duration.Duration() < d.tune.Least ||
		c.MissedBytes > 0 || c.RespPkts == 0 || !slices.Contains(d.tune.Ports, c.RespP) {
		return nil
	}
	k := detect.CaseKey{VNI: c.VNI, By: c.OrigH, To: c.RespH}
	one := d.Within(k, &c.Head, slowWindow)
	one.Sum += c.OrigBytes
	if !one.Reached(one.Count, d.tune.Requests) {
		return nil
	}
	return []detect.Finding{d.report(k, one)}
}

func (d *SlowRequests) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	f := c.Finding(k, 0.8, fmt.Sprintf("%s held %d requests to %s port %d open and finished none of them; they came to %d bytes.", k.By, c.Count, k.To, c.Head.RespP, c.Sum))
	f.Properties = map[string]any{"requests": c.Count, "bytes": c.Sum, "port": c.Head.RespP}
	return f
}

// Tick has nothing to do.
func (d *SlowRequests) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers of what was told up to date.
func (d *SlowRequests) Close(device.View) []detect.Finding { return d.LastWords(d.report) }
