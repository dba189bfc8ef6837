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

func TestLimits(t *testing.T) {
	const end = "\r\n\r\n"
	for _, c := range []struct {
		name  string
		parts []part
		weird string
		check func([]*events.HTTP) error
	}{
		{
			"URI", []part{ask("GET /" + strings.Repeat("u", 3*maxURI) + " HTTP/1.1" + end)}, "HTTP_overlong_URI",
			func(r []*events.HTTP) error { return want(len(r) == 1 && len(r[0].URI) == maxURI, r) },
		},
		{
			"value", []part{ask("GET / HTTP/1.1\r\nHost: " + strings.Repeat("h", 2*maxValue) + end)}, "",
			func(r []*events.HTTP) error { return want(len(r) == 1 && len(r[0].Host) == maxValue, r) },
		},
		{
			"line", []part{ask("GET / HTTP/1.1\r\nX: " + strings.Repeat("x", 9*maxLine) + "\r\nHost: h" + end)}, "",
			func(r []*events.HTTP) error { return want(len(r) == 1 && r[0].Host == "h", r) },
		},
		{
			"fields", []part{ask("GET / HTTP/1.1\r\n" + strings.Repeat("X: y\r\n", maxFields) + "Host: late" + end + "GET /2 HTTP/1.1" + end)},
			"HTTP_excessive_headers",
			func(r []*events.HTTP) error { return want(len(r) == 2 && r[0].Host == "", r) },
		},
		{
			"head", []part{ask("GET / HTTP/1.1\r\n" + strings.Repeat("X: "+strings.Repeat("y", maxLine/2)+"\r\n", 9) + "Host: late" + end)},
			"HTTP_excessive_headers",
			func(r []*events.HTTP) error { return want(len(r) == 1 && r[0].Host == "", r) },
		},
		{
			"open requests", []part{ask(strings.Repeat("GET / HTTP/1.1"+end, maxOpen+2))}, "HTTP_excessive_pipelining",
			func(r []*events.HTTP) error {
				return want(len(r) == maxOpen+2 && r[maxOpen+1].TransDepth == maxOpen+2, r)
			},
		},
		{
			"lists", []part{ask("GET / HTTP/1.1\r\n" + strings.Repeat("Via: ${x}\r\n", 2*maxList) + end)}, "",
			func(r []*events.HTTP) error {
				return want(len(r) == 1 && len(r[0].Proxied) == maxList && len(r[0].Lookups) == maxList, r)
			},
		},
		{
			"look-up", []part{ask("GET / HTTP/1.1\r\nX: ${" + strings.Repeat("x", 2*maxLookup) + "}" + end)}, "",
			func(r []*events.HTTP) error {
				return want(len(r) == 1 && len(r[0].Lookups) == 1 && len(r[0].Lookups[0]) == maxLookup+len("X: "), r)
			},
		},
		{
			"smuggling", []part{ask("POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0" + end)},
			"HTTP_transfer_encoding_and_content_length", func(r []*events.HTTP) error { return want(len(r) == 1, r) },
		},
		{
			"chunk size", []part{ask("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1000000000000000\r\n")}, "invalid_HTTP_chunk_size",
			func(r []*events.HTTP) error { return want(len(r) == 1 && r[0].RequestLen == 0, r) },
		},
		{
			"length", []part{ask("POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n")}, "invalid_HTTP_content_length",
			func(r []*events.HTTP) error { return want(len(r) == 1 && r[0].RequestLen == 0, r) },
		},
	} {
		for _, size := range []int{1 << 20, 1} {
			recs, weirds, err := run(t, c.parts, size)
			if err == nil {
				err = c.check(recs)
			}
			if err != nil || c.weird != "" && !strings.Contains(strings.Join(weirds, " "), c.weird) {
				t.Errorf("%s, %d bytes at a time: %v, weirds %.200q", c.name, size, err, weirds)
			}
		}
	}
}

func want(ok bool, recs []*events.HTTP) error {
	if ok {
		return nil
	}
	return fmt.Errorf("got %d records, the first %.200s", len(recs), lines(recs[:min(1, len(recs))]))
}

// Bytes behind a CONNECT that nobody answers must not pile up.
func TestHoldBackEnds(t *testing.T) {
	parts := []part{ask("CONNECT h:443 HTTP/1.1\r\n\r\n"), ask(strings.Repeat("\x17\x03\x03", maxHoldBack))}
	recs, _, err := run(t, parts, 1000)
	if err != analyzer.ErrHandOver || len(recs) != 1 {
		t.Errorf("got %v, %d records", err, len(recs))
	}
}

// A usual exchange may cost the record and the strings that are new in it, and body bytes nothing.
func TestAllocations(t *testing.T) {
	req := []byte("GET /index.html HTTP/1.1\r\nHost: example.com\r\nUser-Agent: curl/8\r\nAccept: */*\r\nCookie: a=b\r\n\r\n")
	resp := []byte("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 4000\r\n\r\n" + strings.Repeat("<html>..", 500))
	a := Spec.New(&analyzer.Conversation{Emit: func(events.Record) {}, Confirm: func(string) {}, Weird: func(string, string) {}})
	got := testing.AllocsPerRun(200, func() {
		feedAll(t, a, flow.Orig, req)
		feedAll(t, a, flow.Resp, resp)
	})
	if got > 2 { // the exchange and its URI
		t.Errorf("an exchange costs %.1f allocations", got)
	}
}

func feedAll(t testing.TB, a analyzer.Analyzer, d flow.Dir, b []byte) {
	if n, err := a.Feed(stream.Chunk{Dir: d, Time: 1, Data: b}); n != len(b) || err != nil {
		t.Fatalf("consumed %d of %d: %v", n, len(b), err)
	}
}

func BenchmarkExchange(b *testing.B) {
	req := []byte("GET /index.html?q=1 HTTP/1.1\r\nHost: example.com\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nAccept: text/html,*/*;q=0.8\r\nAccept-Language: en\r\nAccept-Encoding: gzip\r\nConnection: keep-alive\r\nCookie: session=0123456789abcdef\r\n\r\n")
	resp := []byte("HTTP/1.1 200 OK\r\nServer: nginx\r\nDate: Mon, 23 Nov 2026 08:00:00 GMT\r\nContent-Type: text/html\r\nContent-Length: 8000\r\nConnection: keep-alive\r\n\r\n" + strings.Repeat("<html>..", 1000))
	a := Spec.New(&analyzer.Conversation{Emit: func(events.Record) {}, Confirm: func(string) {}, Weird: func(string, string) {}})
	b.SetBytes(int64(len(req) + len(resp)))
	b.ReportAllocs()
	for b.Loop() {
		feedAll(b, a, flow.Orig, req)
		feedAll(b, a, flow.Resp, resp)
	}
}

func BenchmarkBody(b *testing.B) {
	a := Spec.New(&analyzer.Conversation{Emit: func(events.Record) {}, Confirm: func(string) {}, Weird: func(string, string) {}})
	feedAll(b, a, flow.Resp, []byte("HTTP/1.1 200 OK\r\n\r\n"))
	segment := make([]byte, 1460)
	b.SetBytes(1460)
	b.ReportAllocs()
	for b.Loop() {
		feedAll(b, a, flow.Resp, segment)
	}
}

// FuzzFeed cuts the input into pieces of both directions with gaps between; nothing may panic, stall or hold too much.
func FuzzFeed(f *testing.F) {
	for _, c := range table {
		var both string
		for _, p := range c.parts {
			both += p.data
		}
		f.Add([]byte(both), uint64(0x8123))
	}
	for _, c := range suspects {
		f.Add([]byte(c.parts[0].data), uint64(0x8123))
	}
	f.Fuzz(func(t *testing.T, b []byte, cuts uint64) {
		var parts []part
		for i := uint64(0); len(b) > 0; i++ {
			turn := cuts >> (i % 61)
			n := min(len(b), int(turn%97)+1)
			p := part{d: flow.Dir(turn >> 3 & 1), data: string(b[:n])}
			if turn%31 == 7 {
				p.gap = n
			}
			parts, b = append(parts, p), b[n:]
		}
		recs, _, _ := run(t, parts, 1<<20)
		for i, r := range recs {
			if len(r.URI) > maxURI || len(r.Lookups) > maxList || r.TransDepth > uint32(len(recs)) {
				t.Fatalf("record %d: %s", i, line(r))
			}
			bounded(t, r)
		}
	})
}

func conversation() *analyzer.Conversation {
	return &analyzer.Conversation{Emit: func(events.Record) {}, Confirm: func(string) {}, Weird: func(string, string) {}}
}
