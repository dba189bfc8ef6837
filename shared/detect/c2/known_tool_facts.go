package c2

import (
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// The facts of this file are what others published of how tools speak: default profiles, default certificates, names that programs give
// themselves. Behind each stands where it can be read. No address and no domain is among them; those are threat intelligence.

// toolRequest is how a tool's HTTP requests look. All that is set must hold.
type toolRequest struct {
	tool   string
	method string
	agent  string   // the user agent itself, or what it begins with where it ends in *
	paths  []string // one of them, without the query; * at an end stands for anything
	query  string   // what the query holds
	need   int      // so many different paths must be asked for; 0 is 1
	bare   bool     // only where the host is an address: an honest site may have such a page, too
}

var toolRequests = []toolRequest{
	// Information stealers.
	{tool: "Lumma", agent: "TeslaBrowser/5.5"},                                                                                          // malpedia: win.lumma; Outpost24 2023
	{tool: "Lumma", method: "POST", paths: []string{"/c2sock", "/c2conf"}},                                                              // the same
	{tool: "Raccoon", agent: "mozzzzzzzzzzz"}, {tool: "Raccoon", agent: "TakeMyPainBack"}, {tool: "Raccoon", agent: "GeekingToTheMoon"}, // Sekoia 2022; Darktrace 2022
	{tool: "Raccoon", agent: "rqwrwqrqwrqw"}, {tool: "Raccoon", agent: "901785252112"}, {tool: "Raccoon", agent: "DuckTales"}, // the same
	{tool: "LokiBot", agent: "Mozilla/4.08 (Charon; Inferno)"},                                                                                    // CISA AA20-266A
	{tool: "Pony", agent: "Mozilla/5.0 (Windows NT 6.1; Win64; x64; rv:25.0) Gecko/20100101 Firefox/25.0", paths: []string{"*/gate.php"}},         // malpedia: win.pony
	{tool: "Pony", agent: "Mozilla/4.0 (compatible; MSIE 5.0; Windows 98)", method: "POST"},                                                       // the same
	{tool: "AZORult", agent: "Mozilla/4.0 (compatible; MSIE 6.0b; Windows NT 5.1)", method: "POST", paths: []string{"*.php"}},                     // Proofpoint 2018
	{tool: "Erbium", agent: "Erbium-UA-*"},                                                                                                        // Cyfirma 2022
	{tool: "an information stealer", paths: []string{"*/nss3.dll", "*/mozglue.dll", "*/softokn3.dll", "*/freebl3.dll", "*/sqlite3.dll"}, need: 3}, // Vidar, Stealc, Mars, Raccoon: Sekoia 2023
	// Remote control.
	{tool: "NetSupport", agent: "NetSupport Manager/*"}, {tool: "NetSupport", method: "POST", paths: []string{"*/fakeurl.htm"}}, // Cisco Talos 2020
	{tool: "Houdini", method: "POST", paths: []string{"/is-ready", "/is-enum-driver", "/is-recving", "/is-cmd-shell"}}, // Fortinet 2016, WSH RAT
	{tool: "Houdini", agent: "WSHRAT|*"},                                       // Cofense 2019
	{tool: "TrevorC2", paths: []string{"/images"}, query: "guid=", bare: true}, // its source
	// Frameworks, as they come.
	{tool: "Empire", paths: []string{"/admin/get.*", "/news.*", "/login/process.*"}, agent: "Mozilla/*", need: 2},                                                                                              // its default profile
	{tool: "Covenant", paths: []string{"/en-us/index.html", "/en-us/docs.html", "/en-us/test.html"}, need: 2},                                                                                                  // its default profile
	{tool: "Cobalt Strike", method: "POST", paths: []string{"/submit.php"}, query: "id=", bare: true},                                                                                                          // its default profile
	{tool: "Cobalt Strike", paths: []string{"/__utm.gif", "/pixel.gif", "/g.pixel", "/dpixel", "/ptj", "/j.ad", "/cx", "/cm", "/fwlink", "/push", "/dot.gif", "/visit.js", "/IE9CompatViewList.xml"}, need: 3}, // the same
	{tool: "Caldera", method: "POST", paths: []string{"/file/download"}, bare: true}, {tool: "Caldera", method: "POST", paths: []string{"/weather", "/weather/file/upload"}, need: 2, bare: true},              // MITRE's documentation of its agents
	{tool: "Caldera", method: "POST", paths: []string{"/beacon"}, agent: "Go-http-client/*", bare: true}, // the same
	// Loaders and ransomware.
	{tool: "Hancitor", method: "POST", paths: []string{"/ls5/forum.php", "/mlu/forum.php", "/4/forum.php", "/8/forum.php", "/9/forum.php"}},                       // Unit 42 2021
	{tool: "Locky", method: "POST", paths: []string{"/userinfo.php", "/linuxsucks.php", "/apache_handler.php", "/imageload.cgi", "/information.cgi"}, bare: true}, // malpedia: win.locky
	{tool: "Smoke Loader", method: "POST", paths: []string{"/get/load.php"}, bare: true},                                                                          // malpedia: win.smokeloader
}

// matches says whether a request is one of the tool's.
func (t *toolRequest) matches(r *events.HTTP, path, query string) bool {
	if t.method != "" && t.method != r.Method || t.agent != "" && !wild(t.agent, r.UserAgent) || t.query != "" && !strings.Contains(query, t.query) {
		return false
	}
	if t.bare && !bareHost(r.Host) {
		return false
	}
	if len(t.paths) == 0 {
		return true
	}
	for _, p := range t.paths {
		if wild(p, path) {
			return true
		}
	}
	return false
}

// wild compares with a text in which a star at the beginning or at the end stands for anything.
func wild(pattern, text string) bool {
	if tail, ok := strings.CutPrefix(pattern, "*"); ok {
		return strings.HasSuffix(text, tail)
	}
	if head, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(text, head)
	}
	return pattern == text
}

// toolPath knows the tools whose paths follow a rule instead of a list.
func toolPath(r *events.HTTP, path string) string {
	switch {
	case isTrickbotPath(path):
		return "TrickBot"
	case isUrsnifPath(path):
		return "Ursnif"
	case isCerberPath(path):
		return "Cerber"
	case isStagerPath(r, path):
		return "a Metasploit or Cobalt Strike stager"
	}
	return ""
}

// isTrickbotPath: /group/HOST_W617601.0123456789ABCDEF0123456789ABCDEF/command/ (Malwarebytes 2016, and many since).
func isTrickbotPath(path string) bool {
	parts := strings.SplitN(path, "/", 5)
	if len(parts) < 4 {
		return false
	}
	id := parts[2]
	dot := strings.LastIndexByte(id, '.')
	at := strings.LastIndex(id[:max(dot, 0)], "_W")
	return at > 0 && len(id)-dot-1 == 32 && allIn(id[dot+1:], "0123456789ABCDEF") && dot-at > 4 && allIn(id[at+2:dot], "0123456789")
}

// isUrsnifPath: /images/ and its beacon in base 64, cut by slashes, with _2F and _2B for what a path has no room for (Proofpoint, Mimecast 2020).
func isUrsnifPath(path string) bool {
	rest, ok := strings.CutPrefix(path, "/images/")
	if !ok || len(rest) < 100 || strings.Count(rest, "/") < 3 {
		return false
	}
	ending := rest[strings.LastIndexByte(rest, '.')+1:]
	encoded := strings.Contains(rest, "_2F") || strings.Contains(rest, "_2B")
	return encoded && (ending == "avi" || ending == "gif" || ending == "jpeg" || ending == "bmp")
}

// isCerberPath: five groups of four digits name the victim on its page (Check Point 2016).
func isCerberPath(path string) bool {
	path = strings.TrimPrefix(path, "/")
	if len(path) != 24 {
		return false
	}
	for i := range len(path) {
		if i%5 == 4 != (path[i] == '-') || path[i] != '-' && !strings.ContainsRune("0123456789ABCDEF", rune(path[i])) {
			return false
		}
	}
	return true
}

// isStagerPath: four letters or digits whose sum is one of those that the servers of Metasploit and Cobalt Strike wait for (their documentation; Didier
// Stevens 2021), answered with a stage of the usual size that is no page.
func isStagerPath(r *events.HTTP, path string) bool {
	const sum32, sum64, smallest, largest = 92, 93, 100 << 10, 2 << 20
	if r.Method != "GET" || len(path) != 5 || r.StatusCode != 200 || r.ResponseLen < smallest || r.ResponseLen > largest {
		return false
	}
	for _, kind := range r.RespMimeTypes {
		if strings.HasPrefix(kind, "text/") || strings.HasPrefix(kind, "image/") || strings.HasPrefix(kind, "video/") {
			return false
		}
	}
	sum := byte(0)
	for i := 1; i < len(path); i++ {
		c := path[i]
		if (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') {
			return false
		}
		sum += c
	}
	return sum == sum32 || sum == sum64
}

func allIn(s, set string) bool { return strings.Trim(s, set) == "" }

// toolCertificate is a certificate that a tool makes unless it is told otherwise.
type toolCertificate struct{ tool, subject, serial, issuer string }

var toolCertificates = []toolCertificate{
	{"Cobalt Strike", "", "08BB00EE", ""},                               // 146473198: Elastic, Fox-IT 2019
	{"Cobalt Strike", "O=cobaltstrike", "", ""},                         // the same
	{"Metasploit", "CN=MetasploitSelfSignedCA", "", ""},                 // Censys, Shodan queries
	{"AsyncRAT", "CN=AsyncRAT Server", "", ""},                          // "AsyncRAT/DcRAT/VenomRAT server", 2024
	{"DcRat", "CN=DcRat", "", ""}, {"DcRat", "CN=DcRat Server", "", ""}, // the same
	{"VenomRAT", "CN=VenomRAT", "", ""}, {"VenomRAT", "CN=VenomRAT Server", "", ""}, // the same
	{"BoratRAT", "CN=BoratRat", "", ""}, {"BoratRAT", "CN=BoratRat Server", "", ""}, // the same
	{"Quasar", "CN=Quasar Server CA", "", ""},        // Corelight's detector of Quasar
	{"Orcus", "CN=Orcus Server", "", ""},             // Censys queries
	{"BitRAT", "CN=BitRAT", "", ""},                  // abuse.ch SSLBL
	{"PoshC2", "CN=P18055077", "", ""},               // its source
	{"Covenant", "CN=Covenant", "", ""},              // its source
	{"Sliver", "CN=multiplayer", "", "CN=operators"}, // its source
	{"Gozi", "CN=*,OU=1,O=1,L=1,ST=1,C=XX", "", ""},  // abuse.ch SSLBL
}

// certificateTool names the tool whose certificate this is.
func certificateTool(x *events.X509) string {
	for i := range toolCertificates {
		t := &toolCertificates[i]
		bySerial := t.serial != "" && strings.TrimLeft(x.Serial, "0") == strings.TrimLeft(t.serial, "0")
		byName := t.subject != "" && hasAttribute(x.Subject, t.subject) && (t.issuer == "" || hasAttribute(x.Issuer, t.issuer))
		if bySerial || byName {
			return t.tool
		}
	}
	return ""
}

// hasAttribute finds whole attributes in a name of RFC 4514's form.
func hasAttribute(name, attribute string) bool {
	at := strings.Index(name, attribute)
	if at < 0 || at > 0 && name[at-1] != ',' {
		return false
	}
	end := at + len(attribute)
	return end == len(name) || name[end] == ','
}

// toolHandshake is a client's and a server's fingerprint that were published as a pair. Each alone is an operating system's or a library's.
type toolHandshake struct{ tool, ja3, ja3s string }

var toolHandshakes = []toolHandshake{ // Salesforce 2019, "TLS fingerprinting with JA3 and JA3S", and where something else is said
	{"Emotet", "4d7a28d6f2263ed61de88ca66eb011e3", "80b3a14bccc8598a1f3bbe83e71f735f"},
	{"TrickBot", "6734f37431670b3ab4292b8f60f29984", "623de93db17d313345d7ea481e7443cf"},
	{"Metasploit", "72a589da586844d7f0818ce684948eea", "70999de61602be74d4b25185843bd18e"},
	{"Metasploit", "a0e9f5d64349fb13191bc781f81f42e1", "70999de61602be74d4b25185843bd18e"},
	{"Cobalt Strike", "72a589da586844d7f0818ce684948eea", "b742b407517bac9536a77a7b0fee28e9"},
	{"Cobalt Strike", "a0e9f5d64349fb13191bc781f81f42e1", "b742b407517bac9536a77a7b0fee28e9"},
	{"Cobalt Strike", "72a589da586844d7f0818ce684948eea", "ae4edc6faf64d08308082ad26be60767"}, // The DFIR Report 2021
	{"Cobalt Strike", "a0e9f5d64349fb13191bc781f81f42e1", "ae4edc6faf64d08308082ad26be60767"}, // the same
}

func handshakeTool(s *events.SSL) string {
	for i := range toolHandshakes {
		if t := &toolHandshakes[i]; s.JA3 == t.ja3 && s.JA3S == t.ja3s {
			return t.tool
		}
	}
	return ""
}

// greetingTools name the marks of raw conversations that are a tool's.
var greetingTools = [...]struct{ mark, tool string }{
	{"gh0st", "Gh0st"}, {"njrat", "njRAT"}, {"remcos", "Remcos"}, {"darkcomet", "DarkComet"}, {"xtremerat", "Xtreme RAT"}, {"revengerat", "Revenge RAT"},
	{"staged_program", "a Metasploit or Cobalt Strike stager"},
}

func greetingTool(r *events.Raw) string {
	for _, m := range r.Marks {
		for i := range greetingTools {
			if greetingTools[i].mark == m {
				return greetingTools[i].tool
			}
		}
	}
	return ""
}
