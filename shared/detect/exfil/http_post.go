package exfil

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// HTTPPost finds data that a program which is no browser sends to a makeshift server.
var HTTPPost = detect.Spec{
	Type:  "exfil.http_post",
	Title: "Data posted to a rare host",
	Text: "Weighs each POST and PUT over HTTP to a host that few local devices use: a bare address or an odd port, a file, an archive, a list of accounts or a key in it, a form that is no text, a coding that nobody registered, a sender " +
		"that says it is a browser and has no language or asks for leave to send, that is older than any in use, that does not say what it is, or that is a tool of the command line, a script that no page led to, and more bytes sent than came " +
		"back. Four such marks to a host outside make an alarm, six to one inside, one of them of what is sent. What looks the same: applications that post to their makers' servers, which have names, and devices' own services, whose content types (SOAP, printing, metrics) are left alone.",
	Category: "exfil", Tactics: []string{"TA0010", "TA0011"}, Techniques: []string{"T1041", "T1048.003"},
	Risk:  detect.Base{Likelihood: events.Medium, Complexity: events.Medium, Impact: events.Medium},
	Wants: []events.Kind{events.KindHTTP}, Version: 1,
	Background: "Thieves of passwords and many implants bring out what they found in one or a few requests that look like a form on the web. The server is rented for days, and has no name; the program " +
		"says that it is a browser, and forgets what browsers say.",
	Mitigation: []string{
		"Take the client off the network, and find the program by the time and the server.",
		"Treat passwords, cookies and keys that were stored on the client as known, and change them.",
		"Block the server, and look for other clients that spoke with it.",
		"Let servers and clients reach the web through a proxy that knows where they may go.",
	},
	Yields: []string{"c2.known_tool"},
	New:    func() detect.Detector { return NewHTTPPost(HTTPPostDefaults()) },
	Tuning: detect.Tuned(HTTPPostDefaults, NewHTTPPost),
}

// HTTPPostTunables are what may be set.
type HTTPPostTunables struct {
	Marks   int           `tune:"marks of one client's posts to one host outside" min:"1" max:"12"`
	Inside  int           `tune:"marks of one client's posts to one host inside" min:"1" max:"12"`
	Popular int           `tune:"local devices that use a host which is then no rarity" min:"1" max:"100000"`
	Large   uint64        `tune:"bytes of a post that are much" min:"1000" max:"1000000000"`
	Idle    time.Duration `tune:"a pair that rests this long begins anew" min:"1m" max:"168h"`
	Apps    []string      `tune:"parts of user agents of applications that post to bare addresses by design"`
	Pairs   int           `tune:"clients and hosts watched" min:"100" max:"1000000"`
}

// HTTPPostDefaults are the tunables that the project stands for.
func HTTPPostDefaults() HTTPPostTunables {
	return HTTPPostTunables{Marks: 4, Inside: 6, Popular: 4, Large: 100_000, Idle: 24 * time.Hour, Pairs: 8_192, Apps: []string{"MicroMessenger", "DynGate", "Xunlei", "QQ", "Steam", "Microsoft", "Windows-", "WinHttp-Autoproxy"}}
}

// The marks of a post.
const (
	postAddress = 1 << iota
	postPort
	postFile
	postArchive
	postSealed
	postCoding
	postAgent
	postLanguage
	postOld
	postScript
	postUpward
	postLarge
	postLeave
	postTool
	postSecrets
	postMultipart
)

// postContent are the marks of what is sent. It takes one of them: old programs that post to their makers' servers have many of the others.
const postContent = postFile | postArchive | postSealed | postCoding | postSecrets | postMultipart

// postMarks are the marks in words; those without are only looked at together with others.
var postMarks = [...]string{
	"to a bare address", "to an odd port", "with a file", "with an archive or a program", "with a form that is no text", "in a coding that nobody registered", "by a sender that does not say what it is",
	"by a browser without a language", "by a browser older than any in use", "to a script that no page led to", "more was sent than came back", "much was sent",
	"by a browser that asks for leave to send", "by a tool of the command line", "with a list of accounts or a private key", "with the fields of an upload that no page made",
}

// Posts weighs what clients post.
type Posts struct {
	tune HTTPPostTunables
	*detect.Cases
}

// NewHTTPPost makes the detector.
func NewHTTPPost(t HTTPPostTunables) *Posts {
	return &Posts{tune: t, Cases: detect.NewCases(detect.CasesOptions{Limit: t.Pairs, Idle: t.Idle})}
}

// Observe weighs a post.
func (p *Posts) Observe(rec events.Record, v device.View) []detect.Finding {
	r, ok := rec.(*events.HTTP)
	if !ok || r.Method != "POST" && r.Method != "PUT" || r.RequestLen == 0 || !v.IsLocal(r.OrigH) || postOwn(r) || slices.ContainsFunc(p.tune.Apps, func(app string) bool { return strings.Contains(r.UserAgent, app) }) {
		return nil
	}
	outside := v.IsExternal(r.RespH)
	marks := p.judge(r)
	least := p.tune.Marks
	if !outside {
		least = p.tune.Inside
	}
	k := detect.CaseKey{VNI: r.VNI, By: r.OrigH, To: r.RespH}
	c := p.Peek(k)
	if c == nil && (postCount(marks) < least || !postTells(marks)) || r.RespH.IsMulticast() || r.RespH.IsLinkLocalUnicast() || v.Known().Trusted(postHost(r.Host)) {
		return nil
	}
	if n, _ := v.RareHost(r.RespH); outside && n >= p.tune.Popular {
		return nil
	}
	c = p.Note(k, &r.Head)
	c.Flags |= marks
	c.Sum += r.RequestLen
	c.Thing(r.Method + " " + r.Host + r.URI)
	if !c.Reached(c.Count, 1) {
		return nil
	}
	return []detect.Finding{p.report(k, c)}
}

// postOwn: formats that devices and applications speak with their own servers.
func postOwn(r *events.HTTP) bool {
	for _, own := range [...]string{"soap", "ipp", "json", "protobuf", "grpc", "ndjson", "xml", "ocsp", "timestamp", "dns-message", "x-fcs", "rtmp", "x-msgpack", "cbor", "thrift", "kerberos", "dash", "mmtls"} {
		if strings.Contains(r.RequestType, own) {
			return true
		}
	}
	// A messenger goes to bare addresses, too, by a path of its own and with no agent to know it by.
	return strings.HasPrefix(r.URI, "/wsman") || r.URI == "/api" || r.URI == "/apiw1"
}

// judge says which marks a post has.
func (p *Posts) judge(r *events.HTTP) (marks uint64) {
	set := func(mark uint64, holds bool) {
		if holds {
			marks |= mark
		}
	}
	set(postAddress, postHost(r.Host) == "")
	set(postPort, r.RespP != 80 && r.RespP != 443 && r.RespP != 8080)
	set(postFile, len(r.OrigFilenames) > 0)
	archive := len(r.OrigMimeTypes) > 0 && slices.Contains([]string{"application/zip", "application/x-rar", "application/x-7z-compressed", "application/x-gzip", "application/x-dosexec", "application/vnd.ms-cab-compressed"}, r.OrigMimeTypes[0])
	set(postArchive, archive || slices.Contains(r.RequestMarks, "archive_upload") || slices.Contains(r.RequestMarks, "program_upload"))
	set(postSealed, slices.Contains(r.RequestMarks, "binary_form") || r.RequestType == "" && len(r.OrigMimeTypes) == 0 && r.RequestLen > 32)
	set(postCoding, slices.Contains(r.RequestMarks, "unknown_coding"))
	set(postLanguage, slices.Contains(r.RequestMarks, "browser_without_language"))
	set(postLeave, slices.Contains(r.RequestMarks, "browser_asks_leave"))
	set(postSecrets, slices.Contains(r.RequestMarks, "secrets_upload"))
	set(postTool, postByTool(r.UserAgent))
	set(postMultipart, r.RequestType == "multipart/form-data" && r.Referrer == "" && r.Origin == "")
	set(postAgent, postNameless(r.UserAgent))
	set(postOld, postAncient(r.UserAgent))
	path, _, _ := strings.Cut(r.URI, "?")
	set(postScript, r.Referrer == "" && r.Origin == "" && (strings.HasSuffix(path, ".php") || strings.HasSuffix(path, ".asp") || strings.HasSuffix(path, ".jsp") || strings.HasSuffix(path, ".cgi")))
	set(postUpward, r.StatusCode != 0 && r.RequestLen > 4*r.ResponseLen)
	set(postLarge, r.RequestLen >= p.tune.Large)
	return marks
}

// postNameless: no user agent, or one that is neither a browser's nor a program's name and version of the kind in wide use.
func postNameless(agent string) bool {
	if agent == "" || !strings.ContainsAny(agent, "/") {
		return true
	}
	name, _, _ := strings.Cut(agent, "/")
	switch strings.ToLower(name) {
	case "mozilla", "opera", "curl", "wget", "python-requests", "python-urllib", "okhttp", "java", "go-http-client", "apache-httpclient", "dalvik", "cfnetwork", "aws-sdk", "aws-cli", "boto3", "botocore", "axios", "node-fetch", "libcurl", "lwp::simple", "postmanruntime":
		return false
	}
	return !strings.Contains(agent, " ") // "App/1.2 (iPhone; iOS 9)" says more than an implant does
}

// postAncient: browsers and systems that nobody uses any more, as they stand in programs that were written long ago.
func postAncient(agent string) bool {
	for _, old := range [...]string{"MSIE 4", "MSIE 5", "MSIE 6", "MSIE 7.0b", "Windows 95", "Windows 98", "Windows NT 4", "Mozilla/4.08", "Mozilla/3", "Mozilla/2", "Mozilla/1"} {
		if strings.Contains(agent, old) {
			return true
		}
	}
	return agent == "Mozilla/4.0" || agent == "Mozilla/5.0"
}

// postHost is the name of a Host header, or "" where it is an address or missing.
func postHost(host string) string {
	if strings.HasPrefix(host, "[") {
		return ""
	}
	if i := strings.IndexByte(host, ':'); i >= 0 {
		host = host[:i]
	}
	if strings.Trim(host, "0123456789.") == "" {
		return ""
	}
	return strings.ToLower(host)
}

// postTells: what is sent speaks against it. The fields of an upload alone do so at a bare address only: programs send reports to their makers that way.
func postTells(marks uint64) bool {
	if marks&postAddress == 0 {
		marks &^= postMultipart
	}
	return marks&postContent != 0
}

// postByTool: what a person types, or a script runs.
func postByTool(agent string) bool {
	low := strings.ToLower(agent[:min(len(agent), 100)])
	return strings.HasPrefix(low, "curl/") || strings.HasPrefix(low, "wget/") || strings.HasPrefix(low, "python-") || strings.Contains(low, "powershell")
}

// postCount counts the marks; secrets count twice.
func postCount(marks uint64) (n int) {
	for i := range postMarks {
		n += int(marks >> i & 1)
	}
	if marks&postSecrets != 0 {
		n++
	}
	return n
}

func (p *Posts) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	var words []string
	for i, w := range postMarks {
		if c.Flags>>i&1 != 0 {
			words = append(words, w)
		}
	}
	times := fmt.Sprintf("%d times", c.Count)
	if c.Count == 1 {
		times = "once"
	}
	f := c.Finding(k, min(0.5+0.08*float64(len(words)), 0.95), fmt.Sprintf("%s posted %d bytes to %s port %d, %s: %s.", k.By, c.Sum, k.To, c.Head.RespP, times, strings.Join(words, ", ")))
	f.Properties = map[string]any{"posts": c.Count, "bytes": c.Sum, "port": c.Head.RespP, "marks": words, "urls": c.Names}
	return f
}

// Tick has nothing to do: a post is told of when it ends.
func (p *Posts) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers of what was told up to date.
func (p *Posts) Close(device.View) []detect.Finding { return p.LastWords(p.report) }
