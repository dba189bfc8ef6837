package http

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

// part is a piece of a conversation: bytes of one direction, or, with gap, bytes that are missing.
type part struct {
	d    flow.Dir
	data string
	gap  int
}

func ask(s string) part    { return part{d: flow.Orig, data: s} }
func answer(s string) part { return part{d: flow.Resp, data: s} }

// run feeds the parts as the engine would, in pieces of at most size bytes, and gives what came of it.
func run(t testing.TB, parts []part, size int) (recs []*events.HTTP, weirds []string, end error) {
	t.Helper()
	var held [2][]byte
	conv := &analyzer.Conversation{
		Emit: func(r events.Record) {
			if h, ok := r.(*events.HTTP); ok { // what credentials show has a test of its own
				recs = append(recs, h)
			}
		},
		Confirm: func(string) {},
		Weird:   func(name, _ string) { weirds = append(weirds, name) },
	}
	a := Spec.New(conv)
	feed := func(d flow.Dir, piece string) error {
		b := append(held[d], piece...)
		n, err := a.Feed(stream.Chunk{Dir: d, Time: int64(len(recs) + 1), Data: b})
		if n < 0 || n > len(b) {
			t.Fatalf("consumed %d of %d", n, len(b))
		}
		held[d] = append([]byte(nil), b[n:]...)
		if len(held[d]) > analyzer.MaxHeld {
			t.Fatalf("left %d bytes", len(held[d]))
		}
		for i := range b {
			b[i] = 0xEE // borrowed bytes: nobody may have kept them
		}
		return err
	}
	for _, p := range parts {
		if p.gap > 0 {
			held[p.d] = nil
			if end = a.Gap(p.d, p.gap); end != nil {
				break
			}
			continue
		}
		for i := 0; i < len(p.data) && end == nil; i += size {
			end = feed(p.d, p.data[i:min(i+size, len(p.data))])
		}
		if end != nil {
			break
		}
	}
	a.Close()
	return recs, weirds, end
}

// line shows the fields that the tables compare.
func line(r *events.HTTP) string {
	s := fmt.Sprintf("%d %s %s%s %s %d %s req=%d resp=%d", r.TransDepth, r.Method, r.Host, r.URI, r.Version,
		r.StatusCode, r.StatusMsg, r.RequestLen, r.ResponseLen)
	for _, x := range []struct {
		name string
		list []string
	}{
		{"up", r.OrigMimeTypes}, {"down", r.RespMimeTypes}, {"upfile", r.OrigFilenames}, {"downfile", r.RespFilenames},
		{"proxied", r.Proxied}, {"lookup", r.Lookups}, {"user", nonEmpty(r.Username)}, {"ref", nonEmpty(r.Referrer)},
		{"agent", nonEmpty(r.UserAgent)}, {"type", nonEmpty(r.ContentType)}, {"info", nonEmpty(r.InfoMsg)},
	} {
		if len(x.list) > 0 {
			s += fmt.Sprintf(" %s=%s", x.name, strings.Join(x.list, ","))
		}
	}
	return s
}

func nonEmpty(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

func lines(recs []*events.HTTP) string {
	var out []string
	for _, r := range recs {
		out = append(out, line(r))
	}
	return strings.Join(out, "\n")
}

var table = []struct {
	name  string
	parts []part
	want  string
	end   error
}{
	{
		name: "plain exchange, host keeps its port, password of Basic is dropped",
		parts: []part{
			ask("GET /a%20b HTTP/1.1\r\nHost: h:81\r\nUser-Agent: ua\r\nReferer: http://x/\r\nAuthorization: Basic am9lOnNlY3JldA==\r\n\r\n"),
			answer("HTTP/1.1 200 OK\r\nContent-Length: 6\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html>"),
		},
		want: "1 GET h:81/a b 1.1 200 OK req=0 resp=6 down=text/html user=joe ref=http://x/ agent=ua type=text/html; charset=utf-8",
	},
	{
		name: "pipelined requests are paired in order",
		parts: []part{
			ask("GET /1 HTTP/1.1\r\n\r\nHEAD /2 HTTP/1.1\r\n\r\nGET /3 HTTP/1.1\r\n\r\n"),
			answer("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno"),
		},
		want: "1 GET /1 1.1 304 Not Modified req=0 resp=0\n2 HEAD /2 1.1 200 OK req=0 resp=0\n3 GET /3 1.1 404 Not Found req=0 resp=2 down=text/plain",
	},
	{
		name: "chunks with extensions and trailers, both ways, then the next message",
		parts: []part{
			ask("POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n3;a=b\r\nabc\r\nA \r\n0123456789\r\n0\r\nX-T: 1\r\n\r\nGET /n HTTP/1.1\r\n\r\n"),
			answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{\"\r\n4\r\nk\":1\r\n1\r\n}\r\n0\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"),
		},
		want: "1 POST / 1.1 200 OK req=13 resp=7 up=text/plain down=text/json\n2 GET /n 1.1 204 No Content req=0 resp=0",
	},
	{
		name: "body until the close",
		parts: []part{
			ask("GET /z HTTP/1.0\r\n\r\n"),
			answer("HTTP/1.0 200 OK\r\n\r\nMZ\x90\x00\x03\x00\x00\x00"), answer("more"),
		},
		want: "1 GET /z 1.0 200 OK req=0 resp=12 down=application/x-dosexec",
	},
	{
		name: "100-continue",
		parts: []part{
			ask("POST /p HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n"),
			answer("HTTP/1.1 100 Continue\r\n\r\n"), ask("a=b"),
			answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
		},
		want: "1 POST /p 1.1 200 OK req=3 resp=0 up=text/plain info=Continue",
	},
	{
		name: "CONNECT hands over; TLS sent early is held back",
		parts: []part{
			ask("CONNECT h:443 HTTP/1.0\r\nHost: h:443\r\nProxy-Connection: keep-alive\r\n\r\n"), ask("\x16\x03\x01\x02"),
			answer("HTTP/1.0 200 Connection Established\r\nServer: x\r\n\r\n\x16\x03\x03"),
		},
		want: "1 CONNECT h:443h:443 1.0 200 Connection Established req=0 resp=0 proxied=PROXY-CONNECTION -> keep-alive",
		end:  analyzer.ErrHandOver,
	},
	{
		name: "CONNECT refused, then tried again",
		parts: []part{
			ask("CONNECT h:1 HTTP/1.1\r\n\r\n"), answer("HTTP/1.1 407 Auth\r\nContent-Length: 2\r\n\r\nno"),
			ask("CONNECT h:1 HTTP/1.1\r\n\r\n"), answer("HTTP/1.1 200\r\n\r\n"),
		},
		want: "1 CONNECT h:1 1.1 407 Auth req=0 resp=2 down=text/plain\n2 CONNECT h:1 1.1 200  req=0 resp=0",
		end:  analyzer.ErrHandOver,
	},
	{
		name: "Upgrade",
		parts: []part{
			ask("GET /ws HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"),
			answer("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x05"),
		},
		want: "1 GET /ws 1.1 101 Switching Protocols req=0 resp=0 info=Switching Protocols",
		end:  analyzer.ErrHandOver,
	},
	{
		name: "absolute URI loses its password, folds, LF only, no reason, empty lines in front",
		parts: []part{
			ask("\r\n\nGET http://u:p@h/x HTTP/1.1\nHost:\th\nUser-Agent: one\n two\r\n\tthree\nVia : 1.1 p\n\n"),
			answer("HTTP/1.1 200\nContent-Length: 0\n\n"),
		},
		want: "1 GET hhttp://u@h/x 1.1 200  req=0 resp=0 proxied=VIA -> 1.1 p agent=one two three",
	},
	{
		name:  "HTTP/0.9",
		parts: []part{ask("GET /old\r\n"), answer("<html>hi</html>")},
		want:  "1 GET /old  0  req=0 resp=15 down=text/html",
	},
	{
		name:  "HTTP/0.9 asked, newer answer",
		parts: []part{ask("GET /old\r\n"), answer("HTTP/1.1 400 Bad Request\r\nContent-Length: 1\r\n\r\nx")},
		want:  "1 GET /old 1.1 400 Bad Request req=0 resp=1 down=text/plain",
	},
	{
		name:  "request alone",
		parts: []part{ask("PUT /u HTTP/1.1\r\nContent-Length: 10\r\n\r\n%PDF-1")},
		want:  "1 PUT /u 1.1 0  req=6 resp=0 up=application/pdf",
	},
	{
		name:  "answer alone",
		parts: []part{answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Disposition: attachment; filename=\"a;b.zip\"\r\n\r\nPKHTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n")},
		want:  "1   1.1 200 OK req=0 resp=2 down=text/plain downfile=a;b.zip\n2   1.1 404 No req=0 resp=0",
	},
	{
		name: "look-ups: URI, header, double escape, cookie without its secret, body across pieces",
		parts: []part{
			ask("POST /?q=%24%7Bjndi:ldap://a/%7D HTTP/1.1\r\nX-Api-Version: ${jndi:dns://b}\r\nX-A: %2524%257Bx%257D\r\nCookie: s=topsecret; y=${env:Z}; t=1\r\nX-No: $5 {6}\r\nContent-Length: 40\r\n\r\n"),
			ask("user=$"), ask("{jndi:${lower:l}dap://c}&pw=hunter2"),
			answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
		},
		want: "1 POST /?q=${jndi:ldap://a/} 1.1 200 OK req=40 resp=0 up=text/plain lookup=uri: /?q=${jndi:ldap://a/},X-Api-Version: ${jndi:dns://b},X-A: ${x},Cookie: ${env:Z},body: ${jndi:${lower:l}dap://c}",
	},
	{
		name: "file names of a multipart body",
		parts: []part{
			ask("POST /up HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 66\r\n\r\n--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x.exe\"\r\n\r\n"),
			answer("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"),
		},
		want: "1 POST /up 1.1 201 Created req=66 resp=0 up=text/plain upfile=x.exe",
	},
	{
		name: "encoded body is not typed; length and chunks disagree: chunks win",
		parts: []part{
			ask("GET / HTTP/1.1\r\n\r\n"),
			answer("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 100\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n\x1f\x8b\x08\r\n0\r\n\r\n"),
		},
		want: "1 GET / 1.1 200 OK req=0 resp=3",
	},
	{
		name: "answer before the request has ended",
		parts: []part{
			ask("POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nab"), answer("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n"), ask("cd"),
		},
		want: "1 POST / 1.1 413 Too Large req=4 resp=0 up=text/plain",
	},
	{
		name:  "not HTTP",
		parts: []part{ask("EHLO mail.example\r\n")},
		end:   analyzer.ErrNotMine,
	},
}

func TestRecords(t *testing.T) {
	for _, c := range table {
		for _, size := range []int{1 << 20, 1, 3, 7} {
			recs, _, end := run(t, c.parts, size)
			if got := lines(recs); got != c.want || end != c.end {
				t.Errorf("%s, %d bytes at a time:\n got %q %v\nwant %q %v", c.name, size, got, end, c.want, c.end)
			}
		}
	}
}

// Each direction alone must still give the facts that it holds.
func TestOneDirection(t *testing.T) {
	for _, c := range table {
		for _, d := range []flow.Dir{flow.Orig, flow.Resp} {
			var parts []part
			for _, p := range c.parts {
				if p.d == d {
					parts = append(parts, p)
				}
			}
			recs, _, _ := run(t, parts, 1<<20)
			for _, r := range recs {
				if d == flow.Orig && (r.StatusCode != 0 || r.Method == "") || d == flow.Resp && (r.Method != "" || r.URI != "") {
					t.Errorf("%s, %v alone: %s", c.name, d, line(r))
				}
			}
		}
	}
}
