package tls

import (
	"crypto/tls"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

// host is what the engine is to a conversation.
type host struct {
	records  []events.Record
	services []string
	rejected int
}

func (h *host) Open() *analyzer.Conversation {
	return analyzer.NewConversation(events.Head{}, analyzer.TCP, false, false, h, h.Emit)
}
func (h *host) Emit(r events.Record)         { h.records = append(h.records, r) }
func (h *host) Confirm(service string)       { h.services = append(h.services, service) }
func (h *host) Weird(name, addl, src string) {}
func (h *host) Rejected()                    { h.rejected++ }

// through shows segments to a Mux with both analyzers, at most size bytes at a time.
func through(segments []segment, size int) *host {
	h := &host{}
	var m analyzer.Mux
	m.Start(analyzer.NewDeck([]analyzer.Spec{Spec, StartTLS}, analyzer.DefaultBudget), analyzer.TCP, 40000, 40001)
	for _, g := range segments {
		for part := range slices.Chunk(g.data, min(size, len(g.data))) {
			m.Stream(stream.Chunk{Dir: g.dir, Time: 1e18, Data: part, Wire: len(part)}, h)
		}
	}
	m.Close()
	return h
}

// TestStartTLS: the handshake behind each kind of opening reads like one without, from both sides or one.
func TestStartTLS(t *testing.T) {
	c, s := version(tls.VersionTLS12, identity(t, "www.example.com"))
	s.SessionTicketsDisabled = true
	handshake := talk(t, c, s)
	line := func(d flow.Dir, text string) segment { return segment{d, []byte(text)} }
	for _, tc := range []struct {
		service string
		opening []segment
	}{
		{"imap", []segment{line(flow.Resp, "* OK [CAPABILITY STARTTLS]\r\n"), line(flow.Orig, "a STARTTLS\r\n"), line(flow.Resp, "a OK\r\n")}},
		{"pop3", []segment{line(flow.Resp, "+OK ready\r\n"), line(flow.Orig, "STLS\r\n"), line(flow.Resp, "+OK\r\n")}},
		{"xmpp", []segment{line(flow.Orig, "<?xml version='1.0'?><stream:stream to='a'>"), line(flow.Resp, "<stream:stream><stream:features><starttls/></stream:features>"),
			line(flow.Orig, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"), line(flow.Resp, "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")}},
	} {
		all := append(slices.Clone(tc.opening), handshake...)
		for _, size := range []int{whole, 100, 1} {
			h := through(all, size)
			last, ok := (*events.SSL)(nil), len(h.records) == 2
			if ok {
				last, ok = h.records[1].(*events.SSL)
			}
			if !ok || last.SSLHistory != "CsxknGIi" || !last.Established || !slices.Equal(h.services, []string{tc.service, "ssl"}) || h.rejected != 0 {
				t.Errorf("%s, %d bytes at a time: services %v, %d records, rejected %d", tc.service, size, h.services, len(h.records), h.rejected)
			}
		}
		for _, d := range []flow.Dir{flow.Orig, flow.Resp} {
			one := slices.DeleteFunc(slices.Clone(all), func(g segment) bool { return g.dir != d })
			h := through(one, whole)
			greets := probeOpening(d, one[0].data, false) == analyzer.Yes
			if greets && (len(h.records) == 0 || !slices.Contains(h.services, "ssl")) {
				t.Errorf("%s, %v alone: services %v, %d records", tc.service, d, h.services, len(h.records))
			}
		}
	}
}

// TestServicesInTheClear: the protocol is told as soon as it is certain, also where TLS never begins, and once.
func TestServicesInTheClear(t *testing.T) {
	for _, tc := range []struct{ server, client, want string }{
		{"+OK ready\r\n", "USER a\r\n", "pop3"},
		{"* OK IMAP4rev1\r\n", "a1 LOGIN x y\r\n", "imap"},
		{"220 who knows\r\n", "NOOP\r\n", ""},
	} {
		h := through([]segment{{flow.Resp, []byte(tc.server)}, {flow.Orig, []byte(tc.client)}}, whole)
		if got := strings.Join(h.services, ","); got != tc.want || h.rejected != 0 {
			t.Errorf("%q, %q: services %q, want %q", tc.server, tc.client, got, tc.want)
		}
	}
}

// TestStartTLSNever: an opening that stays in the clear makes no record and is left alone at a limit.
func TestStartTLSNever(t *testing.T) {
	mail := []segment{{flow.Resp, []byte("+OK mx\r\n")}, {flow.Orig, []byte("RETR 1\r\n\x16\x03\x01 is no hello\r\n")}}
	if h := through(mail, whole); len(h.records) != 0 || !slices.Equal(h.services, []string{"pop3"}) || h.rejected != 0 {
		t.Errorf("records %v, services %v", h.records, h.services)
	}
	o := StartTLS.New(quiet())
	lines := []byte(strings.Repeat("\n", maxLines+1))
	if n, err := o.Feed(stream.Chunk{Data: lines}); n != len(lines) || !errors.Is(err, analyzer.ErrDone) {
		t.Errorf("after %d lines: %v", n, err)
	}
	o = StartTLS.New(quiet())
	if n, err := o.Feed(stream.Chunk{Data: make([]byte, maxLine-1)}); n != 0 || err != nil {
		t.Errorf("an unfinished line: took %d, %v", n, err)
	}
	if n, err := o.Feed(stream.Chunk{Data: make([]byte, maxLine)}); n != maxLine || err != nil {
		t.Errorf("a line without end: took %d, %v", n, err)
	}
}

func TestProbeOpening(t *testing.T) {
	for head, want := range map[string]analyzer.Verdict{
		"220 mx ESMTP": analyzer.No, "EHLO a": analyzer.No, "+OK": analyzer.Yes, "+": analyzer.Maybe,
		"* BYE": analyzer.No, "<?xml version": analyzer.Maybe, "<?xml?><stream:stream": analyzer.Yes, "<html>": analyzer.No,
		"GET / HTTP/1.1": analyzer.No, "SSH-2.0-x": analyzer.No,
	} {
		if got := probeOpening(flow.Orig, []byte(head), false); got != want {
			t.Errorf("%q: %d, want %d", head, got, want)
		}
	}
}

// FuzzStartTLS: no panic, and never more taken than there is.
func FuzzStartTLS(f *testing.F) {
	f.Add([]byte("220 mx\r\nSTARTTLS\r\n"), clientHelloRecord())
	f.Fuzz(func(t *testing.T, text, hello []byte) {
		o := StartTLS.New(quiet())
		all := append(slices.Clone(text), hello...)
		if n, _ := o.Feed(stream.Chunk{Data: all}); n < 0 || n > len(all) {
			t.Errorf("took %d of %d", n, len(all))
		}
		probeOpening(flow.Orig, all, false)
	})
}
