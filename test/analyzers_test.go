package test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/all"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

// host notes which services a conversation turned out to be, and what records it made.
type host struct{ services, kinds []string }

func (h *host) Emit(r events.Record)         { h.kinds = append(h.kinds, string(r.Kind())) }
func (h *host) Confirm(service string)       { h.services = append(h.services, service) }
func (h *host) Weird(name, addl, src string) { h.kinds = append(h.kinds, "weird "+name) }
func (h *host) Rejected()                    { h.kinds = append(h.kinds, "rejected") }
func (h *host) Open() *analyzer.Conversation {
	return analyzer.NewConversation(events.Head{}, analyzer.TCP, false, false, h, h.Emit)
}

func from(d flow.Dir, text string) stream.Chunk {
	return stream.Chunk{Dir: d, Time: 1, Data: []byte(text)}
}

// TestWhoTakes: servers that speak first, in text, each with the client's answer, on no port that anyone knows. Catches: an analyzer
// that takes another's conversation, or whose "cannot be mine" comes too early.
func TestWhoTakes(t *testing.T) {
	const client, server = flow.Orig, flow.Resp
	for _, c := range []struct {
		what  string
		says  []stream.Chunk
		taken string // a service that must be among those confirmed; "" for nobody's
		kind  string // a record that must have been made

	}{
		{"SSH", []stream.Chunk{from(server, "SSH-2.0-s\r\n"), from(client, "SSH-2.0-c\r\n")}, "ssh", "ssh"},
		{"SSH refused before the client speaks", []stream.Chunk{from(server, "Exceeded MaxStartups\r\n"), from(client, "SSH-2.0-c\r\n")}, "ssh", "ssh"},
		{"SSH refused without line end", []stream.Chunk{from(server, "Not allowed"), from(server, " at this time"), from(client, "SSH-2.0-c\r\n")}, "ssh", "ssh"},
		{"SSH behind a greeting in pieces", []stream.Chunk{from(server, "hello\r\n"), from(server, "there\r\nSSH-2.0-s\r\n"), from(client, "SSH-2.0-c\r\n")}, "ssh", "ssh"},
		{"HTTP", []stream.Chunk{from(client, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"), from(server, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")}, "http", "http"},
		{"HTTP of which only the answer is seen", []stream.Chunk{from(server, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")}, "http", "http"},
		{"HTTP whose answer begins in pieces", []stream.Chunk{from(server, "HT"), from(server, "TP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")}, "http", "http"},
		{"a text protocol of nobody's", []stream.Chunk{from(server, "welcome\r\n"), from(client, "LOGIN x\r\n"), from(client, "SSH-2.0-late\r\n")}, "", ""},
		{"text without end", []stream.Chunk{from(server, strings.Repeat("blah ", 110)), from(client, "SSH-2.0-late\r\n")}, "", ""},
	} {
		h := &host{}
		var m analyzer.Mux
		deck := analyzer.NewDeck(all.Specs(), analyzer.DefaultBudget)
		converse(&m, deck, 40000, 40001, h, c.says)
		if fmt.Sprint(h.services) != fmt.Sprint([]string{c.taken}) && c.taken != "" || c.taken == "" && len(h.services) > 0 {
			t.Errorf("%s: confirmed %q, want %q", c.what, h.services, c.taken)
		}
		if c.kind != "" && !reflect.DeepEqual(h.kinds, []string{c.kind}) {
			t.Errorf("%s: made %q, want one %s", c.what, h.kinds, c.kind)
		}
		if used := deck.Budget().Used; used != 0 {
			t.Errorf("%s: %d bytes are held after the end", c.what, used)
		}
	}
}

// TestTextServersKeepTheirOwn: a greeting of SMTP or FTP is taken at once, and not by SSH, whatever the port.
func TestTextServersKeepTheirOwn(t *testing.T) {
	for _, greeting := range []string{"220 mail.example ESMTP ready\r\n", "220-FTP server\r\n220 ready\r\n", "+OK POP3\r\n", "* OK IMAP4rev1\r\n"} {
		for _, port := range []uint16{21, 22, 25, 110, 40001} {
			h := &host{}
			var m analyzer.Mux
			m.Start(analyzer.NewDeck(all.Specs(), analyzer.DefaultBudget), analyzer.TCP, 40000, port)
			m.Stream(from(flow.Resp, greeting), h)
			taken := m.Reading()
			m.Close()
			if !taken || strings.Contains(fmt.Sprint(h.services), "ssh") {
				t.Errorf("%q on port %d: taken %v, confirmed %q", greeting, port, taken, h.services)
			}
		}
	}
}

func converse(m *analyzer.Mux, deck *analyzer.Deck, a, b uint16, h *host, says []stream.Chunk) {
	m.Start(deck, analyzer.TCP, a, b)
	var at [2]uint64
	for _, c := range says {
		c.Offset = at[c.Dir]
		at[c.Dir] += uint64(len(c.Data))
		m.Stream(c, h)
	}
	m.Close()
}
