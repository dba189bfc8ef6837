package recon

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// WebScan finds a host that looks for what a web server should not show.
var WebScan = detect.Spec{
	Type:  "recon.web_scan",
	Title: "Web directory or vulnerability scan",
	Text: "Counts, for one host, the different paths that web servers refused or did not know (30 of them, and more than it was given), requests for files that are nobody's business " +
		"(/.env, /.git/config, /.aws/credentials, backups, consoles of administration: a secret one at once, three of the others), and user agents that say that they scan. " +
		"Whether a secret file was handed out is read off the answer. One probe alone is of low risk, as every public server sees them. What looks the same: a site whose own links are broken, " +
		"which visitors find a few of, and search engines, which mostly get what they ask for.",
	Category: "recon", Tactics: []string{"TA0043", "TA0007"}, Techniques: []string{"T1595.003", "T1595.002"},
	Risk:  detect.Base{Likelihood: events.High, Complexity: events.Low, Impact: events.Low},
	Wants: []events.Kind{events.KindHTTP}, Version: 1,
	Background: "Before an attack on a web server somebody has to find what is on it: pages that are not linked, backups, settings with passwords, consoles, versions with known holes. " +
		"Tools ask for thousands of names and keep those that do not come back as missing. On the internet it happens all day; inside a network it never does without a reason.",
	Mitigation: []string{
		"If a secret file was handed out, change every password and key in it, now.",
		"Take such files out of the web server's folders, and refuse names that begin with a dot.",
		"Block the offender, or limit its rate with AWS WAF; if it is inside, find out which program it was.",
		"If the scan was ordered, put its source on the list of known scanners.",
	},
	Yields: []string{"access.sql_injection", "access.path_traversal"},
	New:    func() detect.Detector { return NewWebScan(WebScanDefaults()) },
	Tuning: detect.Tuned(WebScanDefaults, NewWebScan),
}

// WebScanTunables are what may be set.
type WebScanTunables struct {
	Paths     int           `tune:"different paths that were refused or missing" min:"2" max:"100000"`
	Sensitive int           `tune:"different sensitive paths" min:"1" max:"1000"`
	Idle      time.Duration `tune:"an offender that rests this long begins anew" min:"1m" max:"168h"`
	Offenders int           `tune:"hosts watched" min:"16" max:"1000000"`
}

// WebScanDefaults are the tunables that the project stands for.
func WebScanDefaults() WebScanTunables {
	return WebScanTunables{Paths: 30, Sensitive: 3, Idle: 30 * time.Minute, Offenders: 8_192}
}

// What a case of a scan holds besides its counts.
const (
	webScanAgent   = 1 << iota // a user agent says that it scans
	webScanSecret              // a file with secrets was asked for
	webScanAsked               // another sensitive path was
	webScanShown               // a file with secrets was handed out
	webScanGranted = 1 << 8    // from here on: requests that were granted, by count
)

// WebScans counts what hosts ask web servers for in vain.
type WebScans struct {
	tune  WebScanTunables
	agent string // the last user agent, and whether it says that it scans: most requests have the one before's
	scans bool
	*detect.Cases
}

// NewWebScan makes the detector.
func NewWebScan(t WebScanTunables) *WebScans {
	return &WebScans{tune: t, Cases: detect.NewCases(detect.CasesOptions{Limit: t.Offenders, Idle: t.Idle})}
}

// Observe counts a request that was refused, or that no visitor makes.
func (w *WebScans) Observe(rec events.Record, v device.View) []detect.Finding {
	r, ok := rec.(*events.HTTP)
	if !ok || r.Method == "" || r.Method == "CONNECT" {
		return nil
	}
	flags, points := w.judge(r)
	k := detect.CaseKey{VNI: r.VNI, By: r.OrigH}
	if points == 0 {
		if c := w.Peek(k); c != nil && (r.StatusCode/100 == 2 || r.StatusCode/100 == 3) {
			c.Flags += webScanGranted
		}
		return nil
	}
	c := w.Note(k, &r.Head)
	before := c.Flags
	c.Flags |= flags
	if c.Thing(webScanPath(r.URI)) || flags&webScanAgent != 0 && before&webScanAgent == 0 {
		c.Sum += uint64(points)
	}
	c.Against(detect.Party{Addr: r.RespH, Port: r.RespP, Endpoint: detect.Server})
	news := flags&webScanShown != 0 && before&webScanShown == 0
	if !w.enough(c) && !news || !c.Reached(int(min(c.Sum, 1<<30)), w.tune.Paths) && !news {
		return nil
	}
	c.Told = c.Count
	return []detect.Finding{w.report(k, c)}
}

// enough: who is refused now and then is a visitor.
func (w *WebScans) enough(c *detect.Case) bool {
	return c.Flags&(webScanAgent|webScanSecret|webScanAsked) != 0 || uint64(c.Count) > c.Flags/webScanGranted
}

// judge says what is remarkable about a request, and how many plain misses it is worth.
func (w *WebScans) judge(r *events.HTTP) (flags uint64, points int) {
	switch r.StatusCode {
	case 400, 403, 404, 405, 410, 414, 500, 501:
		points = 1
	}
	path := webScanPath(r.URI)
	switch {
	case strings.Contains(path, "/.") && webScanAny(path, webScanDotted[:]), webScanAny(path, webScanSecrets[:]):
		flags, points = webScanSecret, w.tune.Paths
		if r.StatusCode == 200 && (len(r.AnswerMarks) > 0 || r.ResponseLen > 0 && !strings.HasPrefix(r.ContentType, "text/html")) {
			flags |= webScanShown
		}
	case r.StatusCode/100 == 4 && webScanAny(path, webScanPaths[:]):
		flags, points = webScanAsked, max(1, w.tune.Paths/w.tune.Sensitive)
	}
	if r.UserAgent != w.agent {
		w.agent, w.scans = r.UserAgent, webScanAgentOf(r.UserAgent)
	}
	if w.scans {
		flags, points = flags|webScanAgent, max(points, w.tune.Paths)
	}
	return flags, points
}

// webScanPath is the part of a URI that names the resource, in small letters.
func webScanPath(uri string) string {
	if i := strings.IndexByte(uri, '?'); i >= 0 {
		uri = uri[:i]
	}
	return strings.ToLower(uri)
}

// webScanDotted and webScanSecrets are files that hold passwords and keys, and that no page links to.
var webScanDotted = [...]string{
	"/.env", "/.git/", "/.git", "/.svn/", "/.hg/", "/.aws/", "/.ssh/", "/.htpasswd", "/.htaccess", "/.ds_store", "/.npmrc", "/.dockercfg", "/.docker/", "/.bash_history", "/.kube/", "/.vscode/", "/.idea/",
}

var webScanSecrets = [...]string{
	"/id_rsa", "/wp-config.", "/web.config.bak", "/config.php.bak", "backup.sql", "/dump.sql", "/database.sql", "/db.sql", "/docker-compose.y", "/sftp-config.json", "/server-status", "/actuator/heapdump", "/actuator/env", "/phpinfo",
}

// webScanPaths are what scanners ask every server for. A server that has it is asked by its own people, too: only a refusal counts.
var webScanPaths = [...]string{
	"/wp-login.php", "/wp-admin", "/xmlrpc.php", "/phpmyadmin", "/pma/", "/myadmin", "/phpinfo.php", "/info.php", "/manager/html", "/host-manager", "/jmx-console", "/solr/admin", "/admin.php", "/administrator/",
	"/cgi-bin/", "/hnap1", "/boaform/", "/setup.cgi", "/goform/", "/shell.php", "/cmd.php", "/c99.php", "/r57.php", "/eval-stdin.php", "/vendor/phpunit", "/console/login", "/actuator", "/owa/auth", "/remote/login",
	"/nmaplowercheck", "/nice%20ports", "/nice ports", "/evox/about", "/sdk", "/tmui/", "/dana-na/", "/cfide/", "/webdav", "/scripts/root.exe", "/_vti_bin", "/backup", "/old/", "/test.php", "/config.json", "/telescope", "/debug/default", "/v2/_catalog", "/api/v1/pods",
}

func webScanAny(path string, list []string) bool {
	for _, p := range list {
		if strings.Contains(path, p) && (p != "/sdk" && p != "/backup" && p != "/.git" || strings.HasSuffix(path, p)) {
			return true
		}
	}
	return false
}

// webScanAgents stand in the user agents of scanners that say so.
var webScanAgents = [...]string{
	"nikto", "sqlmap", "nmap scripting engine", "gobuster", "dirbuster", "dirb/", "ffuf", "fuzz faster", "feroxbuster", "wpscan", "nuclei", "masscan", "zgrab", "acunetix", "nessus", "openvas", "arachni",
	"w3af", "whatweb", "dirsearch", "wfuzz", "hydra", "skipfish", "netsparker", "qualys", "jaeles", "zmeu", "morfeus", "commix", "burp", "joomscan", "whatwaf", "havij", "libredtail", "l9explore", "censysinspect", "expanse", "internetmeasurement",
}

// webScanAgentOf compares without regard to case, and without a copy that outlives it: nearly every agent is a browser's.
func webScanAgentOf(agent string) bool {
	var room [200]byte
	low := room[:copy(room[:], agent)]
	for i, c := range low {
		if c >= 'A' && c <= 'Z' {
			low[i] = c | 0x20
		}
	}
	for _, a := range webScanAgents {
		if bytes.Contains(low, []byte(a)) {
			return true
		}
	}
	return false
}

func (w *WebScans) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	where := c.Head.RespH.String()
	if n := c.Hosts.Count(); n > 1 {
		where = fmt.Sprintf("%d web servers", n)
	}
	requests := fmt.Sprintf("%d requests", c.Count)
	if c.Count == 1 {
		requests = "a request"
	}
	text := fmt.Sprintf("%s sent %s %s for %d different paths that it has no business with", k.By, where, requests, c.Things.Count())
	if c.Things.Count() == 1 && len(c.Names) == 1 {
		text = fmt.Sprintf("%s sent %s %s for %q, which it has no business with", k.By, where, requests, c.Names[0])
	}
	if c.Flags&webScanAgent != 0 {
		text += ", and its user agent says that it scans"
	}
	f := c.Finding(k, 0.8, text)
	f.Properties = map[string]any{
		"requests": c.Count, "paths": c.Things.Count(), "servers": c.Hosts.Count(), "first_paths": c.Names, "scanner_agent": c.Flags&webScanAgent != 0, "secret_shown": c.Flags&webScanShown != 0,
	}
	switch {
	case c.Flags&webScanShown != 0:
		f.Description += "; a file with secrets was handed out."
		f.Terms = []events.Term{{Name: "secret_shown", Points: 30, Reason: "a file with secrets was handed out"}}
	case c.Things.Count() < w.tune.Sensitive:
		f.Description += "."
		f.Terms = []events.Term{{Name: "few_probes", Points: -12, Reason: "every public server is asked such things"}}
	default:
		f.Description += "."
	}
	return f
}

// Tick has nothing to do: a scan is told of while it goes on.
func (w *WebScans) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers of what was told up to date.
func (w *WebScans) Close(device.View) []detect.Finding { return w.LastWords(w.report) }
