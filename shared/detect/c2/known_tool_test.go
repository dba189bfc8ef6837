package c2

import (
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

func toolHTTP(i int, method, uri, agent string) *events.HTTP {
	return &events.HTTP{
		Head: head(time.Duration(i)*time.Second, client, outside, 80), Method: method, Host: outside, URI: uri, UserAgent: agent, StatusCode: 200,
	}
}

func TestKnownTool(t *testing.T) {
	const browser = "Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko"
	hex32 := strings.Repeat("0123456789ABCDEF", 2)
	stage := func(uri, kind string) *events.HTTP {
		r := toolHTTP(0, "GET", uri, browser)
		r.ResponseLen, r.RespMimeTypes = 200<<10, []string{kind}
		return r
	}
	named := func(r *events.HTTP) *events.HTTP { r.Host = "www.example.com"; return r }
	shown := func(subject, serial string) *events.X509 {
		return &events.X509{Head: head(0, client, outside, 443), HostCert: true, Subject: subject, Serial: serial}
	}
	pair := func(self bool) *events.SSL {
		return &events.SSL{
			Head: head(0, client, outside, 443), JA3: "4d7a28d6f2263ed61de88ca66eb011e3", JA3S: "80b3a14bccc8598a1f3bbe83e71f735f", ServerName: "a.example", SelfSigned: self, CertChainFPs: []string{"aa"},
		}
	}
	cases := []struct {
		name    string
		records []events.Record
		tool    string // "": nothing is found
	}{
		{"agent", []events.Record{toolHTTP(0, "POST", "/x", "TeslaBrowser/5.5")}, "Lumma"},
		{"path", []events.Record{toolHTTP(0, "POST", "/c2sock", browser)}, "Lumma"},
		{"path, other method", []events.Record{toolHTTP(0, "GET", "/c2sock", browser)}, ""},
		{"two of a profile", []events.Record{toolHTTP(0, "GET", "/admin/get.php", browser), toolHTTP(1, "GET", "/news.asp", browser)}, "Empire"},
		{"one of a profile, often", []events.Record{toolHTTP(0, "GET", "/news.php", browser), toolHTTP(1, "GET", "/news.php", browser)}, ""},
		{"three libraries", []events.Record{toolHTTP(0, "GET", "/a/nss3.dll", ""), toolHTTP(1, "GET", "/a/sqlite3.dll", ""), toolHTTP(2, "GET", "/a/mozglue.dll", "")}, "an information stealer"},
		{"two libraries", []events.Record{toolHTTP(0, "GET", "/a/nss3.dll", ""), toolHTTP(1, "GET", "/a/sqlite3.dll", "")}, ""},
		{"TrickBot", []events.Record{toolHTTP(0, "GET", "/tot12/PC-1_W617601."+hex32+"/5/spk/", browser)}, "TrickBot"},
		{"Ursnif", []events.Record{toolHTTP(0, "GET", "/images/"+strings.Repeat("aB3_2Fd/", 16)+".avi", browser)}, "Ursnif"},
		{"Cerber", []events.Record{toolHTTP(0, "GET", "/0123-4567-89AB-CDEF-0123?iframe", browser)}, "Cerber"},
		{"stager", []events.Record{stage("/aaa9", "application/octet-stream")}, "a Metasploit or Cobalt Strike stager"},
		{"a page of four letters", []events.Record{stage("/aaa9", "text/html")}, ""},
		{"another sum", []events.Record{stage("/aaaa", "application/octet-stream")}, ""},
		{"certificate", []events.Record{shown("CN=DcRat", "01")}, "DcRat"},
		{"certificate by its serial", []events.Record{shown("CN=x", "08BB00EE")}, "Cobalt Strike"},
		{"a name that only begins so", []events.Record{shown("CN=DcRatings.example", "01")}, ""},
		{"a name that tells with its issuer only", []events.Record{shown("CN=multiplayer", "01")}, ""},
		{"a company of a longer name", []events.Record{shown("CN=DcRat Ltd", "01")}, ""},
		{"fingerprints and a certificate of its own", []events.Record{pair(true)}, "Emotet"},
		{"fingerprints and a name that is vouched for", []events.Record{pair(false)}, ""},
		{"greeting", []events.Record{&events.Raw{Head: head(0, client, outside, 8000), Marks: []string{"gh0st"}, ToolFrom: "orig"}}, "Gh0st"},
		// The innocent twins.
		{"browsing", []events.Record{toolHTTP(0, "GET", "/", browser), toolHTTP(1, "GET", "/news", browser), toolHTTP(2, "POST", "/index.php", browser)}, ""},
		{"a site with a page of that name", []events.Record{named(toolHTTP(0, "POST", "/submit.php?id=5", browser))}, ""},
		{"the same page of an address", []events.Record{toolHTTP(0, "POST", "/submit.php?id=5", browser)}, "Cobalt Strike"},
		{"a certificate", []events.Record{shown("CN=www.example.com,O=Example", "0A0B0C")}, ""},
		{"a shell", []events.Record{&events.Raw{Head: head(0, client, outside, 8000), Marks: []string{"prompt_unix"}}}, ""},
	}
	for _, c := range cases {
		found := judge(NewKnownTool(KnownToolDefaults()), c.records)
		if len(found) == 1 != (c.tool != "") || len(found) == 1 && found[0].Properties["tool"] != c.tool {
			t.Errorf("%s: %+v", c.name, found)
		}
	}
}

// Catches: a detection a request, and a tool that is used by order and told all the same.
func TestKnownToolOnce(t *testing.T) {
	list := many(9, func(i int) events.Record { return toolHTTP(i, "POST", "/c2sock", "") })
	if found := judge(NewKnownTool(KnownToolDefaults()), list); len(found) != 1 {
		t.Errorf("%+v", found)
	}
	tune := KnownToolDefaults()
	tune.Leave = []string{"lumma"}
	if found := judge(NewKnownTool(tune), list); len(found) != 0 {
		t.Errorf("%+v", found)
	}
}
