package http

import (
	"testing"

	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
)

func TestGap(t *testing.T) {
	const get = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n"
	for _, c := range []struct {
		name  string
		parts []part
		want  string
	}{
		{
			"inside a body it is body",
			[]part{ask(get), answer("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"), {d: flow.Resp, gap: 5}, answer("xyHTTP/1.1 400 X\r\nContent-Length: 0\r\n\r\n")},
			"1 GET h/a 1.1 200 OK req=0 resp=10 down=text/plain\n2   1.1 400 X req=0 resp=0",
		},
		{
			"inside a chunk",
			[]part{ask(get), answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nabc"), {d: flow.Resp, gap: 5}, answer("\r\n0\r\n\r\n")},
			"1 GET h/a 1.1 200 OK req=0 resp=8 down=text/plain",
		},
		{
			"beyond a body: what was in it is lost, reading goes on at the next message",
			[]part{ask(get), answer("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab"), {d: flow.Resp, gap: 90}, answer("HTTP/ is not a status line\r\n"), answer("HTTP/1.1 500 E\r\nContent-Length: 0\r\n\r\n")},
			"1 GET h/a 1.1 200 OK req=0 resp=4 down=text/plain\n2   1.1 500 E req=0 resp=0",
		},
		{
			"inside headers the message ends as it stands",
			[]part{ask("POST /p HTTP/1.1\r\nHost: h\r\nContent-Le"), {d: flow.Orig, gap: 9}, ask("body body GET"), ask(get)},
			"1 POST h/p 1.1 0  req=0 resp=0\n2 GET h/a 1.1 0  req=0 resp=0",
		},
		{
			"a lost answer is not replaced by the next one",
			[]part{ask(get), {d: flow.Resp, gap: 300}, ask("GET /b HTTP/1.1\r\n\r\n"), answer("HTTP/1.1 404 B\r\nContent-Length: 0\r\n\r\n")},
			"1 GET h/a 1.1 0  req=0 resp=0\n2 GET /b 1.1 404 B req=0 resp=0",
		},
		{
			"after a loss among pipelined requests an answer stands alone",
			[]part{ask(get), ask("GET /b HTTP/1.1\r\n\r\n"), {d: flow.Resp, gap: 300}, answer("HTTP/1.1 404 B\r\nContent-Length: 0\r\n\r\n")},
			"1 GET h/a 1.1 0  req=0 resp=0\n2 GET /b 1.1 0  req=0 resp=0\n3   1.1 404 B req=0 resp=0",
		},
		{
			"until the close it is body",
			[]part{ask(get), answer("HTTP/1.1 200 OK\r\n\r\nabc"), {d: flow.Resp, gap: 7}, answer("HTTP/1.1 200 OK\r\n\r\n")},
			"1 GET h/a 1.1 200 OK req=0 resp=29 down=text/plain",
		},
		{
			"seen from the middle",
			[]part{answer("tail of some body"), ask(get), answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")},
			"1 GET h/a 1.1 200 OK req=0 resp=0",
		},
		{
			"what begins like a status line and is none",
			[]part{ask(get), answer("HTTP/1.1 2000 what\r\n"), answer("HTTP/1.1 200x\r\n"), answer("HTTP/1.1 500 E\r\nContent-Length: 0\r\n\r\n")},
			"1 GET h/a 1.1 500 E req=0 resp=0",
		},
	} {
		recs, _, end := run(t, c.parts, 1<<20)
		if got := lines(recs); got != c.want || end != nil {
			t.Errorf("%s:\n got %q %v\nwant %q", c.name, got, end, c.want)
		}
	}
}
