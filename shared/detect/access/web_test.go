package access

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
)

// webHit is a request of the attacker with a suspicious value.
func webHit(at time.Duration, value string, marks ...string) *events.HTTP {
	return &events.HTTP{
		Head: head(at, attacker, server, 80), TransDepth: 1, Method: "GET", Host: "shop.example", URI: "/item.php?id=1", StatusCode: 200, ResponseLen: 500,
		UserAgent: "Mozilla/5.0", Suspicious: []string{value}, AnswerMarks: marks,
	}
}

func records[T events.Record](list ...T) (out []events.Record) {
	for _, r := range list {
		out = append(out, r)
	}
	return out
}

// said gives what a detector found, its last words included.
func said(d detect.Detector, list []events.Record) []detect.Finding {
	found := judge(d, list)
	if c, ok := d.(detect.Closer); ok {
		found = append(found, c.Close(judgeView())...)
	}
	return found
}

// webInjectionCases are, for each detector of injections: what is below its threshold, what is at it, what shows success, and what only looks the same.
var webInjectionCases = []struct {
	name                        string
	make                        func() detect.Detector
	weak, sure, innocent, proof string
}{
	{"sql_injection", func() detect.Detector { return NewSQLInjection(SQLInjectionDefaults()) }, "query id: 5'", "query id: 5' or '1'='1", "query q: O'Brien and sons", "sql_error"},
	{"command_injection", func() detect.Detector { return NewCommandInjection(CommandInjectionDefaults()) }, "", "form ip: 127.0.0.1; cat /etc/passwd", "form text: I am tired; the cat sat on it", "id_output"},
	{"path_traversal", func() detect.Detector { return NewPathTraversal(PathTraversalDefaults()) }, "query img: ../img/a.png", "query page: ../../../etc/passwd", "query page: /etc-and-more", "passwd_file"},
	{"cross_site_scripting", func() detect.Detector { return NewCrossSiteScripting(CrossSiteScriptingDefaults()) }, "", "query q: <img src=x onerror=alert(1)>", "form text: <p>one <b>two</b></p>", "echo"},
	{"shellshock", func() detect.Detector { return NewShellshock(ShellshockDefaults()) }, "", "header User-Agent: () { :;}; /bin/id", "body: var f = function() { return 1 }", "id_output"},
	{"ssrf_metadata", func() detect.Detector { return NewSSRFMetadata(SSRFMetadataDefaults()) }, "", "query url: http://169.254.169.254/latest/meta-data/", "form text: the address is 169.254.169.254, they say", "aws_secret"},
}

// Catches: a threshold that is off by one, a request told of twice, an answer that shows success and is overlooked, an innocent twin.
func TestWebInjections(t *testing.T) {
	for _, c := range webInjectionCases {
		repeat := func(n int, value string) []events.Record {
			return many(n, func(i int) events.Record { return webHit(time.Duration(i)*time.Second, value) })
		}
		least := webAttackDefaults().Attempts
		if c.weak != "" {
			if f := said(c.make(), repeat(least-1, c.weak)); len(f) != 0 {
				t.Errorf("%s, below: %+v", c.name, f)
			}
			if f := judge(c.make(), repeat(least, c.weak)); len(f) != 1 || f[0].Properties["requests"] != least {
				t.Errorf("%s, at: %+v", c.name, f)
			}
		}
		f := said(c.make(), repeat(3, c.sure))
		if len(f) != 2 || !f[1].Final || f[1].Properties["requests"] != 3 || f[0].Offenders[0].Addr.String() != attacker || f[0].Victims[0].Addr.String() != server || f[0].Terms[0].Points >= 0 {
			t.Errorf("%s, once and last: %+v", c.name, f)
		}
		f = judge(c.make(), records(webHit(0, c.sure), webHit(time.Second, c.sure, c.proof), webHit(2*time.Second, c.sure, c.proof)))
		if len(f) != 2 || f[1].Properties["success"] != true || f[1].Terms[0].Points <= 0 || !strings.Contains(f[1].Description, "an answer holds") {
			t.Errorf("%s, success: %+v", c.name, f)
		}
		if f := said(c.make(), repeat(3*least, c.innocent)); len(f) != 0 {
			t.Errorf("%s, innocent: %+v", c.name, f)
		}
	}
}

// Catches: one act against many servers that becomes many detections.
func TestWebInjectionAtManyServers(t *testing.T) {
	f := said(NewSQLInjection(SQLInjectionDefaults()), many(40, func(i int) events.Record {
		r := webHit(time.Duration(i)*time.Second, "query id: 1 union select 1,2")
		r.RespH = netip.AddrFrom4([4]byte{10, 0, 1, byte(i)})
		return r
	}))
	keys := map[string]bool{}
	for _, one := range f {
		keys[one.Key] = true
	}
	if last := f[len(f)-1]; len(keys) != 1 || last.Properties["servers"] != 40 || len(last.Victims) != 40 {
		t.Errorf("%d keys, %d victims", len(keys), len(last.Victims))
	}
}

// Catches: hostile values that make the rules run away or panic.
func FuzzWebRules(f *testing.F) {
	for _, c := range webInjectionCases {
		f.Add(c.sure)
	}
	f.Add("body: \\x0a\\x")
	f.Fuzz(func(t *testing.T, s string) {
		r := webHit(0, s[:min(len(s), 2048)])
		for _, c := range webInjectionCases {
			judge(c.make(), records(r))
		}
		judge(NewWebShell(WebShellDefaults()), records(r))
		judge(NewRemoteManagementExploit(RemoteManagementExploitDefaults()), records(r))
		judge(NewHTTPSmuggling(HTTPSmugglingDefaults()), records(r))
	})
}

// BenchmarkHonestRequest is what all detectors of this file's kind cost for a request with nothing in it.
func BenchmarkHonestRequest(b *testing.B) {
	r := webHit(0, "")
	r.Suspicious = nil
	v := judgeView()
	var list []detect.Detector
	for _, c := range webInjectionCases {
		list = append(list, c.make())
	}
	list = append(list, NewWebShell(WebShellDefaults()), NewRemoteManagementExploit(RemoteManagementExploitDefaults()), NewHTTPSmuggling(HTTPSmugglingDefaults()),
		NewHTTPBruteForce(HTTPBruteForceDefaults()), NewSessionHijack(SessionHijackDefaults()), NewMasqueradedDownload(MasqueradedDownloadDefaults()))
	b.ReportAllocs()
	for b.Loop() {
		for _, d := range list {
			d.Observe(r, v)
		}
	}
}

func TestWebShell(t *testing.T) {
	shell := func(at time.Duration, value string, marks ...string) *events.HTTP {
		r := webHit(at, value, marks...)
		r.URI = "/uploads/s.php?cmd=x"
		return r
	}
	upload := func(at time.Duration) *events.HTTP {
		r := webHit(at, "")
		r.Method, r.URI, r.Suspicious, r.OrigFilenames, r.RequestLen = "POST", "/upload", nil, []string{"s.php"}, 400
		return r
	}
	visit := shell(time.Minute, "")
	visit.Suspicious = nil
	picture := upload(0)
	picture.OrigFilenames = []string{"s.png"}
	for _, c := range []struct {
		name string
		list []events.Record
		want int
		has  string
	}{
		{"below: one command, nothing shown", records(shell(0, "query cmd: ls -la")), 0, ""},
		{"at: two", records(shell(0, "query cmd: ls -la"), shell(time.Second, "query cmd: id")), 1, "in 2 requests"},
		{"one that ran", records(shell(0, "query cmd: id", "id_output")), 1, "holds what a command prints"},
		{"told once", records(shell(0, "query cmd: id", "id_output"), shell(1, "query cmd: id", "id_output")), 1, "commands"},
		{"code", records(shell(0, "form z: @eval(base64_decode($_POST[z0]));")), 1, "commands"},
		{"sent up and asked for", records(upload(0), visit), 1, "sent the script"},
		{"a picture is sent up, and a page asked for", records(picture, visit), 0, ""},
		{"asked for a day later", records(upload(0), func() *events.HTTP { r := *visit; r.TS = start.Add(25 * time.Hour); return &r }()), 0, ""},
		{"an editor's order", records(shell(0, "query cmd: list"), shell(1, "query cmd: save"), shell(2, "query c: view")), 0, ""},
	} {
		f := judge(NewWebShell(WebShellDefaults()), c.list)
		if len(f) != c.want || c.want > 0 && !strings.Contains(f[0].Description, c.has) {
			t.Errorf("%s: %+v", c.name, f)
		}
	}
}

func TestHTTPSmuggling(t *testing.T) {
	odd := func(at time.Duration, marks ...string) *events.HTTP {
		r := webHit(at, "")
		r.Suspicious, r.RequestMarks = nil, marks
		return r
	}
	tune := HTTPSmugglingDefaults()
	tune.Requests = 2
	both := records(odd(0, "length_and_chunked"), odd(time.Second, "length_and_chunked"), odd(2*time.Second, "lengths_differ"))
	if f := judge(NewHTTPSmuggling(tune), both[:1]); len(f) != 0 {
		t.Errorf("below: %+v", f)
	}
	f := said(NewHTTPSmuggling(tune), both)
	if len(f) != 2 || f[0].Properties["requests"] != 2 || f[1].Properties["requests"] != 3 || len(f[1].Properties["marks"].([]string)) != 2 {
		t.Errorf("at, and last words: %+v", f)
	}
	if f := judge(NewHTTPSmuggling(HTTPSmugglingDefaults()), records(webHit(0, `query u: /x\x0d\x0aTransfer-Encoding: chunked`))); len(f) != 1 {
		t.Errorf("a request inside a value: %+v", f)
	}
	if f := judge(NewHTTPSmuggling(HTTPSmugglingDefaults()), records(odd(0, "browser_without_language"), webHit(0, `form text: a\x0d\x0ab`))); len(f) != 0 {
		t.Errorf("innocent: %+v", f)
	}
}

func TestRemoteManagementExploit(t *testing.T) {
	order := func(at time.Duration, status uint16, change func(*events.HTTP)) *events.HTTP {
		r := webHit(at, "")
		r.Method, r.URI, r.RespP, r.RequestLen, r.StatusCode, r.RequestType, r.Suspicious = "POST", "/wsman", 5986, 900, status, "application/soap+xml", nil
		if change != nil {
			change(r)
		}
		return r
	}
	for _, c := range []struct {
		name string
		list []events.Record
		want int
		has  string
	}{
		{"accepted without a log-in", records(order(0, 200, nil)), 1, "one was accepted"},
		{"once, and its success", records(order(0, 500, func(r *events.HTTP) { r.Suspicious = []string{"body: p:ExecuteShellCommand_INPUT"} }), order(time.Second, 200, nil), order(2*time.Second, 200, nil)), 2, "none was accepted"},
		{"refused", records(order(0, 401, nil)), 0, ""},
		{"with a log-in", records(order(0, 200, func(r *events.HTTP) { r.AuthScheme = "Basic" })), 0, ""},
		{"later in a conversation that logged in", records(order(0, 200, func(r *events.HTTP) { r.TransDepth = 3 })), 0, ""},
		{"encrypted", records(order(0, 200, func(r *events.HTTP) { r.RequestType = "multipart/encrypted" })), 0, ""},
		{"a page of the same name", records(order(0, 200, func(r *events.HTTP) { r.URI, r.RespP, r.RequestType = "/run/5", 80, "application/json" })), 0, ""},
		{"Docker", records(order(0, 201, func(r *events.HTTP) {
			r.URI, r.RespP, r.RequestType = "/v1.40/containers/create", 2375, "application/json"
		})), 1, "the Docker API"},
	} {
		f := judge(NewRemoteManagementExploit(RemoteManagementExploitDefaults()), c.list)
		if len(f) != c.want || c.want > 0 && !strings.Contains(f[0].Description, c.has) {
			t.Errorf("%s: %+v", c.name, f)
		}
	}
	tune := RemoteManagementExploitDefaults()
	tune.Orders = 3
	if f := judge(NewRemoteManagementExploit(tune), many(2, func(i int) events.Record {
		return order(time.Duration(i), 500, func(r *events.HTTP) { r.Suspicious = []string{"body: p:ExecuteScript"} })
	})); len(f) != 0 {
		t.Errorf("below: %+v", f)
	}
}

func TestHTTPBruteForce(t *testing.T) {
	guess := func(at time.Duration, status uint16, scheme string) *events.HTTP {
		r := webHit(at, "")
		r.Suspicious, r.AuthScheme, r.StatusCode, r.Username = nil, scheme, status, fmt.Sprint("u", at/time.Second%5)
		return r
	}
	form := func(at time.Duration, status uint16, location string) *events.HTTP {
		r := webHit(at, "")
		r.Suspicious, r.Method, r.URI, r.RequestLen, r.StatusCode, r.Location = nil, "POST", "/login.php", 60, status, location
		return r
	}
	basic := func(n int, step time.Duration) []events.Record {
		return many(n, func(i int) events.Record { return guess(time.Duration(i)*step, 401, "Basic") })
	}
	forms := func(n int, step time.Duration) []events.Record {
		return many(n, func(i int) events.Record { return form(time.Duration(i)*step, 302, "/login.php") })
	}
	least := HTTPBruteForceDefaults().Attempts
	for _, c := range []struct {
		name string
		list []events.Record
		want int
		has  string
	}{
		{"below", basic(least-1, time.Second), 0, ""},
		{"at", basic(least, time.Second), 1, "20 times"},
		{"once", basic(3*least, time.Second), 1, "20 times"},
		{"and then it worked", append(basic(least, time.Second), guess(time.Minute, 200, "Basic"), guess(time.Minute, 200, "Basic")), 2, "20 times"},
		{"forms", forms(least, time.Second), 1, "/login.php"},
		{"forms, and then elsewhere", append(forms(least, time.Second), form(time.Minute, 302, "/index.php")), 2, "/login.php"},
		{"a program with an old password", basic(5*least, 30*time.Second), 0, ""},
		{"a program that logs in as it should", many(5*least, func(i int) events.Record { return guess(time.Duration(i)*time.Second, 200, "Basic") }), 0, ""},
		{"NTLM, which is asked for once each time", many(5*least, func(i int) events.Record { return guess(time.Duration(i)*time.Second, 401, "NTLM") }), 0, ""},
	} {
		f := judge(NewHTTPBruteForce(HTTPBruteForceDefaults()), c.list)
		if len(f) != c.want || c.want > 0 && !strings.Contains(f[0].Description, c.has) || c.want == 2 && f[1].Properties["success"] != true {
			t.Errorf("%s: %+v", c.name, f)
		}
	}
}
