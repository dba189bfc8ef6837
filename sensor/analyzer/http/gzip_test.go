package http

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
)

// packed is text in gzip.
func packed(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write([]byte(text))
	w.Close()
	return b.String()
}

// TestGzip: the length of a gzip body is that of what it holds, where that can be known; else that on the wire.
func TestGzip(t *testing.T) {
	text := strings.Repeat("All work and no play makes Jack a dull boy. ", 20) // 880 bytes
	zip := packed(text)
	short := packed("a")
	const ok = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
	counted := func(body string) string { return fmt.Sprintf("%sContent-Length: %d\r\n\r\n%s", ok, len(body), body) }
	lie := zip[:len(zip)-4] + "\xff\xff\xff\x7f"
	for _, c := range []struct {
		name  string
		parts []part
		want  int
	}{
		{"counted", []part{answer(counted(zip))}, 880},
		{"counted, other name, longer in gzip than plain", []part{answer(strings.Replace(counted(short), "gzip", "X-GZIP", 1))}, 1},
		{"in chunks, the last of less than the length's four bytes", []part{answer(fmt.Sprintf(
			"%sTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n2\r\n%s\r\n0\r\n\r\n", ok, len(zip)-2, zip[:len(zip)-2], zip[len(zip)-2:]))}, 880},
		{"until the close", []part{answer(ok + "\r\n" + zip)}, 880},
		{"broken off", []part{answer(counted(zip)[:len(counted(zip))-9])}, len(zip) - 9},
		{"a hole in it", []part{answer(counted(zip)[:len(counted(zip))-20]), {d: flow.Resp, gap: 12}, answer(zip[len(zip)-8:])}, len(zip)},
		{"a length that cannot be", []part{answer(counted(lie))}, len(zip)},
		{"too short to be gzip", []part{answer(counted("gzip?"))}, 5},
		{"another coding", []part{answer(strings.Replace(counted(zip), "gzip", "br", 1))}, len(zip)},
		{"not encoded", []part{answer(strings.Replace(counted(zip), "Content-Encoding", "X-Encoding", 1))}, len(zip)},
	} {
		for _, size := range []int{1, 7, 1 << 20} {
			recs, _, _ := run(t, append([]part{ask("GET / HTTP/1.1\r\n\r\n")}, c.parts...), size)
			if len(recs) != 1 || int(recs[0].ResponseLen) != c.want {
				t.Errorf("%s, in pieces of %d: %q, want %d", c.name, size, lines(recs), c.want)
			}
		}
	}
	post := strings.Replace(counted(zip), "HTTP/1.1 200 OK", "POST / HTTP/1.1", 1)
	if recs, _, _ := run(t, []part{ask(post)}, 100); len(recs) != 1 || recs[0].RequestLen != 880 {
		t.Errorf("request: %q", lines(recs))
	}
}

// TestOddRequestLines: bytes that are no text, a method of odd characters, and a URI that is missing.
func TestOddRequestLines(t *testing.T) {
	for request, want := range map[string]string{
		"GET /%00%ff%c3%bc\\x HTTP/1.1\r\nHost: h\xff\r\nUser-Agent: a\\b\r\n\r\n": `1 GET h\xff/\x00\xffü\\x 1.1 0  req=0 resp=0 agent=a\\b`,
		"$NOTIFY+1 / HTTP/1.1\r\nHost: h\r\n\r\n":                                  "1 $NOTIFY+1 h/ 1.1 0  req=0 resp=0",
		"GET HTTP/1.0\r\nHost: h\r\n\r\n":                                          "1 GET h 1.0 0  req=0 resp=0",
		"GET  HTTP/1.0\r\nHost: h\r\n\r\n":                                         "1 GET h 1.0 0  req=0 resp=0",
		"FETCH\r\nHost: h\r\n\r\n":                                                 "",
	} {
		if recs, _, _ := run(t, []part{ask(request)}, 1<<20); lines(recs) != want {
			t.Errorf("%q:\n got %s\nwant %s", request, lines(recs), want)
		}
	}
}
