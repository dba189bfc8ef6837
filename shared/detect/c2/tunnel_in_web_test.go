package c2

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

func tunnelHead(at time.Duration, uid string) events.Head {
	return events.Head{TS: events.Time(1.7e18).Add(at), UID: uid, OrigH: netip.MustParseAddr("10.0.0.21"), RespH: netip.MustParseAddr("198.51.100.7"), RespP: 8080}
}

// Catches: a tunnel that is told of for each record of one conversation, one that is overlooked, and WebSockets that carry what they are for.
func TestTunnelInWeb(t *testing.T) {
	socket := func(uid string, change func(*events.WebSocket)) events.Record {
		r := &events.WebSocket{Head: tunnelHead(0, uid), Host: "h.example", URI: "/ws", OrigFrames: 3, RespFrames: 4, BinaryFrames: 7}
		change(r)
		return r
	}
	inner := func(name, agent string, interim bool) func(*events.WebSocket) {
		return func(r *events.WebSocket) { r.Inner, r.UserAgent, r.Interim = name, agent, interim }
	}
	connect := func(target string) []events.Record {
		return []events.Record{
			&events.HTTP{Head: tunnelHead(0, "C1"), Method: "CONNECT", URI: target, StatusCode: 200}, &events.SSH{Head: tunnelHead(time.Second, "C1")},
		}
	}
	orders := func(n int, query string) (list []events.Record) {
		for i := range n {
			list = append(list, &events.HTTP{Head: tunnelHead(time.Duration(i), fmt.Sprint("C", i)), Method: "POST", URI: "/t.jsp?" + query, StatusCode: 200})
		}
		return list
	}
	for _, c := range []struct {
		name string
		list []events.Record
		want int
		term string
	}{
		{"TLS inside, told of once", []events.Record{socket("C1", inner("ssl", "", true)), socket("C1", inner("ssl", "", false))}, 1, ""},
		{"twice between the same two", []events.Record{socket("C1", inner("ssl", "", false)), socket("C2", inner("ssl", "", false))}, 1, ""},
		{"a tunnel's subprotocol", []events.Record{socket("C1", func(r *events.WebSocket) { r.Subprotocol = "chisel-v3" })}, 1, ""},
		{"a web console", []events.Record{socket("C1", inner("rfb", "Mozilla/5.0", false))}, 1, "web_console"},
		{"a chat", []events.Record{socket("C1", inner("", "Mozilla/5.0", false))}, 0, ""},
		{"SSH behind CONNECT", connect("h.example:2222"), 1, ""},
		{"a proxy's ordinary work", connect("h.example:443"), 0, ""},
		{"below: two orders", orders(2, "cmd=connect&target=10.0.0.5&port=22"), 0, ""},
		{"at: three", orders(3, "cmd=connect&target=10.0.0.5&port=22"), 1, ""},
		{"a page with a field of the same name", orders(9, "cmd=read&page=5"), 0, ""},
	} {
		d, model := NewTunnelInWeb(TunnelInWebDefaults()), device.New(device.Options{})
		var f []detect.Finding
		for _, r := range c.list {
			f = append(f, d.Observe(r, model.Observe(r))...)
		}
		if len(f) != c.want {
			t.Errorf("%s: %+v", c.name, f)
			continue
		}
		if c.want > 0 && c.term != "" && (len(f[0].Terms) == 0 || f[0].Terms[0].Name != c.term) {
			t.Errorf("%s: %+v", c.name, f[0].Terms)
		}
	}
}
