package c2

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// TunnelInWeb finds other protocols inside WebSockets and HTTP.
var TunnelInWeb = detect.Spec{
	Type:  "c2.tunnel_in_web",
	Title: "Tunnel inside HTTP or WebSocket",
	Text: "Looks at what the first data of a WebSocket begins with, on any port: the handshake of TLS, SSH, RDP, SMB, VNC or SOCKS inside is a tunnel. So is SSH behind a proxy's CONNECT to a port " +
		"that is not SSH's business, a page that is handed targets and told to connect, read and forward, and a WebSocket whose subprotocol is a known tunnel's. One conversation is told of. What looks the same: web consoles of machines, " +
		"whose WebSockets carry VNC or SSH to a browser that says so and to a named server, which is told of at low risk; and calls, which carry their own protocol.",
	Category: "c2", Tactics: []string{"TA0011"}, Techniques: []string{"T1572", "T1090"},
	Risk:  detect.Base{Likelihood: events.Medium, Complexity: events.Medium, Impact: events.Medium},
	Wants: []events.Kind{events.KindWebSocket, events.KindHTTP, events.KindSSH}, Version: 1,
	Background: "Where only the web is let out of a network, a tunnel dresses as it: programs such as chisel, wstunnel or a page with a relay carry whole networks inside one conversation. " +
		"An intruder uses it to reach hosts that cannot be reached from outside, or to get past the proxy.",
	Mitigation: []string{
		"Find the program on the client that opened it, and who started it.",
		"Where it ends inside, look at what the host there was asked to reach.",
		"Let the proxy pass CONNECT and WebSockets to the destinations that need them only.",
	},
	New:    func() detect.Detector { return NewTunnelInWeb(TunnelInWebDefaults()) },
	Tuning: detect.Tuned(TunnelInWebDefaults, NewTunnelInWeb),
}

// TunnelInWebTunables are what may be set.
type TunnelInWebTunables struct {
	Conversations int           `tune:"conversations of two hosts with a tunnel inside" min:"1" max:"10000"`
	Orders        int           `tune:"requests that order a page to connect, read or forward" min:"1" max:"10000"`
	Idle          time.Duration `tune:"a pair that rests this long begins anew" min:"1m" max:"168h"`
	Pairs         int           `tune:"pairs of hosts watched" min:"16" max:"1000000"`
}

// TunnelInWebDefaults are the tunables that the project stands for.
func TunnelInWebDefaults() TunnelInWebTunables {
	return TunnelInWebTunables{Conversations: 1, Orders: 3, Idle: 24 * time.Hour, Pairs: 4_096}
}

// tunnelConsole is the flag of a case that may be a web console.
const tunnelConsole = 1

// WebTunnels counts conversations with something inside.
type WebTunnels struct {
	tune     TunnelInWebTunables
	pairs    *detect.Cases
	connects *detect.Cases // of proxies, by the conversation, until its inside is known
	detect.Memories
}

// NewTunnelInWeb makes the detector.
func NewTunnelInWeb(t TunnelInWebTunables) *WebTunnels {
	w := &WebTunnels{
		tune: t, pairs: detect.NewCases(detect.CasesOptions{Limit: t.Pairs, Idle: t.Idle}),
		connects: detect.NewCases(detect.CasesOptions{Limit: t.Pairs, Idle: time.Hour, Letter: 'k'}),
	}
	w.Memories = detect.Memories{w.pairs, w.connects}
	return w
}

// Overflow is how many pairs had to be forgotten for want of room.
func (w *WebTunnels) Overflow() uint64 { return w.pairs.Overflow() + w.connects.Overflow() }

// Observe looks for what is inside.
func (w *WebTunnels) Observe(rec events.Record, v device.View) []detect.Finding {
	switch r := rec.(type) {
	case *events.WebSocket:
		return w.socket(r)
	case *events.HTTP:
		return w.request(r)
	case *events.SSH:
		return w.behindConnect(r)
	}
	return nil
}

func (w *WebTunnels) socket(r *events.WebSocket) []detect.Finding {
	inside := r.Inner
	if inside == "" {
		inside = tunnelProtocol(r)
	}
	if inside == "" || r.Interim && r.Inner == "" {
		return nil
	}
	console := (inside == "rfb" || inside == "ssh" || inside == "rdp") && strings.HasPrefix(r.UserAgent, "Mozilla/") && hostName(r.Host) != ""
	return w.found(&r.Head, inside+" inside a WebSocket", w.tune.Conversations, console)
}

// tunnelProtocol names a tunnel by the subprotocol that its two ends agreed on, or by the names that were offered.
func tunnelProtocol(r *events.WebSocket) string {
	for _, name := range append([]string{r.Subprotocol}, r.ClientProtocols...) {
		low := strings.ToLower(name)
		for _, known := range [...]string{"chisel", "wstunnel", "gost", "v2ray", "tunnel", "penguin", "socks"} {
			if strings.HasPrefix(low, known) || strings.HasSuffix(low, known) {
				return low
			}
		}
	}
	return ""
}

// request looks for a proxy that is told to go elsewhere than the web, and for a page that is told to connect.
func (w *WebTunnels) request(r *events.HTTP) []detect.Finding {
	if r.Method == "CONNECT" {
		if r.StatusCode/100 == 2 && !tunnelWebPort(r.URI) {
			w.connects.Note(detect.CaseKey{What: r.UID}, &r.Head).Thing(r.URI[:min(len(r.URI), 100)])
		}
		return nil
	}
	if tunnelOrder(r.URI) {
		return w.found(&r.Head, "a relay that a page is told to run", w.tune.Orders, false)
	}
	return nil
}

func (w *WebTunnels) behindConnect(r *events.SSH) []detect.Finding {
	if w.connects.Len() == 0 {
		return nil
	}
	c := w.connects.Peek(detect.CaseKey{What: r.UID})
	if c == nil {
		return nil
	}
	return w.found(&r.Head, "ssh behind a proxy's CONNECT", w.tune.Conversations, false)
}

// tunnelWebPort says whether a CONNECT leads to a port that proxies are asked for all day.
func tunnelWebPort(target string) bool {
	_, port, _ := strings.Cut(target[strings.LastIndexByte(target, ']')+1:], ":")
	n, err := strconv.Atoi(port)
	return err != nil || n == 443 || n == 80 || n == 8443 || n == 22
}

// tunnelOrder says whether a request orders a page to relay: "?cmd=connect&target=10.0.0.5&port=22", and then to read and forward.
func tunnelOrder(uri string) bool {
	_, query, ok := strings.Cut(uri, "?")
	if !ok {
		return false
	}
	if i := strings.Index(query, "cmd="); i >= 0 {
		switch verb, _, _ := strings.Cut(query[i+len("cmd="):], "&"); strings.ToLower(verb) {
		case "connect", "forward", "read", "disconnect":
			return strings.Contains(query, "target=") && strings.Contains(query, "port=") || query == "cmd="+verb || strings.Contains(query, "sid=")
		}
	}
	return strings.HasPrefix(query, "crap=") // GNU httptunnel's
}

func (w *WebTunnels) found(h *events.Head, what string, least int, console bool) []detect.Finding {
	k := detect.CaseKey{VNI: h.VNI, By: h.OrigH, To: h.RespH, What: what}
	c := w.pairs.Peek(k)
	if c == nil || len(c.UIDs) == 0 || c.UIDs[len(c.UIDs)-1] != h.UID || strings.HasPrefix(what, "a relay") {
		c = w.pairs.Note(k, h) // the records of one conversation are one act
	}
	if console {
		c.Flags |= tunnelConsole
	}
	if !c.Reached(c.Count, least) {
		return nil
	}
	return []detect.Finding{w.report(k, c)}
}

func (w *WebTunnels) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	unit := "conversations"
	if strings.HasPrefix(k.What, "a relay") {
		unit = "requests"
	} else if c.Count == 1 {
		unit = "conversation"
	}
	f := c.Finding(k, 0.8, fmt.Sprintf("%s and %s port %d had %d %s with %s.", k.By, k.To, c.Head.RespP, c.Count, unit, k.What))
	f.Properties = map[string]any{"count": c.Count, "inside": k.What, "port": c.Head.RespP}
	if c.Flags&tunnelConsole != 0 {
		f.Terms = []events.Term{{Name: "web_console", Points: -45, Reason: "a browser speaks with a named server, as web consoles of machines do"}}
	}
	return f
}

// Tick has nothing to do: a tunnel is told of when it is seen.
func (w *WebTunnels) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers of what was told up to date.
func (w *WebTunnels) Close(device.View) []detect.Finding { return w.pairs.LastWords(w.report) }
