package http

import (
	"bytes"

	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
)

// maxProtocol is how much of a subprotocol's name is kept. Browsers can send no header of their own with a WebSocket, so that some programs
// put a credential there: what looks like one is cut.
const maxProtocol = 64

// socketField reads a header line about a WebSocket (RFC 6455 section 11.3).
func (x *exchange) socketField(d flow.Dir, name, value []byte) {
	if x.socket == nil {
		x.socket = &analyzer.Upgrade{Protocol: "websocket"}
	}
	u := x.socket
	switch {
	case is(name, "sec-websocket-protocol") && d == flow.Orig:
		u.ClientProtocols = addItems(u.ClientProtocols, value)
	case is(name, "sec-websocket-protocol"):
		u.Subprotocol = protocolName(value)
	case is(name, "sec-websocket-extensions") && d == flow.Orig:
		u.ClientExtensions = addItems(u.ClientExtensions, value)
	case is(name, "sec-websocket-extensions"):
		u.ServerExtensions = addItems(u.ServerExtensions, value)
	}
}

// addItems adds the members of a list in a header line.
func addItems(list []string, value []byte) []string {
	for len(value) > 0 && len(list) < maxList {
		var item []byte
		item, value, _ = bytes.Cut(value, []byte{','})
		if item = bytes.TrimSpace(item); len(item) > 0 {
			list = append(list, protocolName(item))
		}
	}
	return list
}

func protocolName(b []byte) string {
	for _, mark := range [...]string{"bearer", "token", "auth"} {
		if i := indexFold(b, mark); i >= 0 && len(b) > i+len(mark)+8 {
			b = b[:i+len(mark)]
			break
		}
	}
	return analyzer.Text(b[:min(len(b), maxProtocol)])
}

// upgrade tells the next analyzer of the conversation what was agreed on.
func (r *reader) upgrade(x *exchange) {
	if x.rec.StatusCode != 101 || x.socket == nil {
		return
	}
	u := x.socket
	u.Host, u.URI, u.UserAgent = x.rec.Host, x.rec.URI, x.rec.UserAgent
	r.conv.Upgraded = u
}
