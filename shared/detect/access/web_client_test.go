package access

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

const (
	client  = "10.0.0.21"
	other   = "10.0.0.22"
	outside = "198.51.100.7"
)

func judgeView() device.View {
	m := device.New(device.Options{})
	return m.Observe(&events.HTTP{Head: head(0, attacker, server, 80)})
}

func TestSessionHijack(t *testing.T) {
	use := func(at time.Duration, from, agent string) *events.HTTP {
		r := webHit(at, "")
		r.Suspicious, r.Session, r.UserAgent = nil, "0a1b2c3d", agent
		r.OrigH = netip.MustParseAddr(from)
		return r
	}
	proxied := use(time.Minute, other, "curl/8")
	proxied.Proxied = []string{"VIA -> 1.1 p"}
	for _, c := range []struct {
		name string
		list []events.Record
		want int
	}{
		{"below: one host", records(use(0, client, "Firefox"), use(time.Minute, client, "Firefox")), 0},
		{"at: a second one with another program", records(use(0, client, "Firefox"), use(time.Minute, other, "Chrome")), 1},
		{"once", records(use(0, client, "Firefox"), use(time.Minute, other, "Chrome"), use(time.Minute, client, "Firefox"), use(2*time.Minute, other, "Chrome")), 1},
		{"the same program, and the first goes on", records(use(0, client, "Firefox"), use(time.Minute, other, "Firefox"), use(2*time.Minute, client, "Firefox")), 1},
		{"a machine that got another address", records(use(0, client, "Firefox"), use(time.Minute, other, "Firefox"), use(2*time.Minute, other, "Firefox")), 0},
		{"a phone that changed its network", records(use(0, "203.0.113.9", "Phone"), use(time.Minute, outside, "Phone")), 0},
		{"an hour later", records(use(0, client, "Firefox"), use(time.Hour, other, "Chrome")), 0},
		{"a proxy that says for whom it asks", records(use(0, client, "Firefox"), proxied), 0},
	} {
		f := judge(NewSessionHijack(SessionHijackDefaults()), c.list)
		if len(f) != c.want {
			t.Errorf("%s: %+v", c.name, f)
			continue
		}
		if c.want == 1 && (f[0].Offenders[0].Addr.String() != other || f[0].Victims[0].Addr.String() != client || len(f[0].UIDs) < 2) {
			t.Errorf("%s: %+v", c.name, f[0])
		}
	}
}

// fetch is an answer that a client inside got from outside.
func fetch(at time.Duration, change func(*events.HTTP)) *events.HTTP {
	r := &events.HTTP{
		Head: head(at, client, outside, 80), Method: "GET", Host: "files.example", URI: "/setup.exe", UserAgent: "Mozilla/5.0 (Windows NT 10.0)", StatusCode: 200, ResponseLen: 90_000,
		RespMimeTypes: []string{"application/x-dosexec"}, ContentType: "application/octet-stream", RequestMarks: nil,
	}
	if change != nil {
		change(r)
	}
	return r
}

func TestMasqueradedDownload(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*events.HTTP)
		want   int
		term   string
	}{
		{"below: a program with its name from a named server", nil, 1, "few_marks"},
		{"a maker's", func(r *events.HTTP) { r.Host = "download.microsoft.com" }, 0, ""},
		{"an updater's", func(r *events.HTTP) { r.UserAgent = "Microsoft BITS/7.8" }, 0, ""},
		{"inside", func(r *events.HTTP) { r.RespH, r.Host = netip.MustParseAddr("10.0.0.9"), "apps.corp.example" }, 0, ""},
		{"at: declared as a picture", func(r *events.HTTP) { r.ContentType = "image/png" }, 1, ""},
		{"at: named as a picture", func(r *events.HTTP) { r.URI = "/a.png" }, 1, ""},
		{"at: no name, bare address", func(r *events.HTTP) { r.URI, r.Host = "/a", outside }, 1, ""},
		{"a script fetched it from a throw-away server inside", func(r *events.HTTP) {
			r.RespH, r.Host, r.UserAgent, r.Server, r.RespP = netip.MustParseAddr("10.0.0.9"), "10.0.0.9:8000", "curl/8", "SimpleHTTP/0.6 Python/3.11", 8000
		}, 1, ""},
		{"and declared as a picture", func(r *events.HTTP) { r.Host, r.ContentType, r.UserAgent = outside, "image/png", "" }, 1, "many_marks"},
		{"declared a program and encrypted", func(r *events.HTTP) { r.URI, r.RespMimeTypes, r.ContentType = "/?x=1", nil, "application/x-msdownload" }, 1, ""},
		{"a program by its name, that the server takes for text", func(r *events.HTTP) { r.ContentType = "text/plain" }, 1, "few_marks"},
		{"a script that sets a host up", func(r *events.HTTP) {
			r.RespH, r.Host, r.URI, r.UserAgent, r.RespMimeTypes = netip.MustParseAddr("10.0.0.9"), "10.0.0.9", "/setup.sh", "curl/8", []string{"text/x-shellscript"}
		}, 0, ""},
		{"a script of a loader", func(r *events.HTTP) {
			r.Host, r.URI, r.UserAgent, r.RespMimeTypes = outside, "/bins.sh", "Wget/1.2", []string{"text/x-shellscript"}
		}, 1, ""},
		{"an answer whose request was not seen", func(r *events.HTTP) { r.Method, r.URI, r.Host, r.UserAgent = "", "", "", "" }, 1, "few_marks"},
		{"a page", func(r *events.HTTP) { r.URI, r.RespMimeTypes, r.ContentType = "/", []string{"text/html"}, "text/html" }, 0, ""},
		{"a packet of Debian", func(r *events.HTTP) { r.URI, r.RespMimeTypes = "/a.deb", nil }, 0, ""},
	} {
		f := judge(NewMasqueradedDownload(MasqueradedDownloadDefaults()), records(fetch(0, c.change), fetch(time.Second, c.change)))
		if len(f) != c.want {
			t.Errorf("%s: %+v", c.name, f)
			continue
		}
		if c.want == 1 {
			term := ""
			if len(f[0].Terms) > 0 {
				term = f[0].Terms[0].Name
			}
			if term != c.term || f[0].Victims[0].Addr.String() != client {
				t.Errorf("%s: %+v", c.name, f[0])
			}
		}
	}
}

func TestDriveBy(t *testing.T) {
	noise := "/?q=wXbQMvXcJwDQA4bGMvrESLtANknQA0KK2I72&oq=A9_ApfuNSbATojkyILgdpyd1dWlhG8aCt20jTmxajJ7T-ROIUQ1Mpqd&ct=5"
	page := fetch(0, func(r *events.HTTP) {
		r.URI, r.RespMimeTypes, r.ContentType, r.Referrer = noise, nil, "text/html", "http://club.example.org/"
	})
	flash := fetch(time.Second, func(r *events.HTTP) {
		r.URI, r.RespMimeTypes, r.ContentType = noise, nil, "application/x-shockwave-flash"
	})
	program := fetch(3*time.Second, func(r *events.HTTP) {
		r.URI, r.RespMimeTypes, r.ContentType, r.UserAgent = noise, nil, "application/x-msdownload", "WinHTTP"
	})
	plain := fetch(0, func(r *events.HTTP) {
		r.URI, r.RespMimeTypes, r.ContentType, r.Referrer = "/downloads", nil, "text/html", "http://club.example.org/"
	})
	hop := func(at time.Duration, host, to string) *events.HTTP {
		return fetch(at, func(r *events.HTTP) {
			r.Host, r.URI, r.StatusCode, r.Location, r.ResponseLen = host, "/", 302, "http://"+to+"/", 0
		})
	}
	end := func(host, kind string) *events.HTTP {
		return fetch(4*time.Second, func(r *events.HTTP) { r.Host, r.URI, r.RespMimeTypes, r.ContentType = host, "/x", nil, kind })
	}
	for _, c := range []struct {
		name string
		list []events.Record
		want int
		has  string
	}{
		{"below: a page by a link, and a program with its name", records(plain, fetch(time.Minute, nil)), 0, ""},
		{"the page alone", records(page), 0, ""},
		{"a page and content for a plug-in", records(page, flash), 1, "plug-in"},
		{"at: and a program", records(page, program), 1, "a program"},
		{"all of it, told twice at most", records(page, flash, program, program), 2, "plug-in"},
		{"the program half an hour later", records(page, func() *events.HTTP { r := *program; r.TS = start.Add(time.Hour); return &r }()), 0, ""},
		{"redirects that end at a bare address", records(hop(0, "a.example", "b.test"), hop(time.Second, "b.test", outside), end(outside, "text/html")), 1, "redirects"},
		{"redirects that end in a page", records(hop(0, "a.example", "b.test"), hop(time.Second, "b.test", "c.invalid"), end("c.invalid", "text/html")), 0, ""},
		{"longer ones, at low risk", records(hop(0, "a.example", "b.test"), hop(1, "b.test", "c.invalid"), hop(2, "c.invalid", "d.org"), end("d.org", "text/html")), 1, "redirects"},
		{"advertising, which ends in a picture", records(hop(0, "a.example", "b.test"), hop(1, "b.test", "c.invalid"), hop(2, "c.invalid", "d.org"), hop(3, "d.org", "e.net"), hop(4, "e.net", "f.com"), end("f.com", "image/gif")), 0, ""},
	} {
		f := judge(NewDriveBy(DriveByDefaults()), c.list)
		if len(f) != c.want || c.want > 0 && !strings.Contains(f[0].Description, c.has) {
			t.Errorf("%s: %+v", c.name, f)
			continue
		}
		if c.want > 0 && (f[0].Offenders[0].Addr.String() != outside || f[0].Victims[0].Addr.String() != client) {
			t.Errorf("%s: %+v", c.name, f[0])
		}
	}
}
