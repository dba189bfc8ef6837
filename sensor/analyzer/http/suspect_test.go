package http

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
)

const noAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

func form(fields string) part {
	return ask(fmt.Sprintf("POST /f HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s", len(fields), fields))
}

func typed(mime, body string) part {
	return ask(fmt.Sprintf("POST /f HTTP/1.1\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", mime, len(body), body))
}

func squeezed(text string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(text))
	_ = z.Close()
	return b.String()
}

var suspects = []struct {
	name  string
	parts []part
	want  string
}{
	{"a quote that goes on, encoded twice", []part{ask("GET /i?id=1%2527%2bor+1%253d1&x=2 HTTP/1.1\r\n\r\n")}, "query id: 1'+or 1=1"},
	{"a command behind a separator, in a form", []part{form("ip=127.0.0.1%3B+cat+%2Fetc%2Fpasswd&Submit=Submit")}, "form ip: 127.0.0.1; cat /etc/passwd"},
	{"a way up, in the path", []part{ask("GET /cgi-bin/.%2e/.%2e/etc/passwd HTTP/1.1\r\n\r\n")}, "path: /cgi-bin/../../etc/passwd"},
	{"a file that begins with a dot", []part{ask("GET /.env HTTP/1.1\r\n\r\n")}, "path: /.env"},
	{"a field named like a command", []part{ask("GET /s.php?cmd=whoami HTTP/1.1\r\n\r\n")}, "query cmd: whoami"},
	{"a function of the shell in any header", []part{ask("GET / HTTP/1.1\r\nX-Any: () { :;}; /bin/id\r\n\r\n")}, "header X-Any: () { :;}; /bin/id"},
	{"JSON", []part{typed("application/json", `{"name":"it's a b; c","filter":{"q":"x' or 'a'='a"},"command":"id"}`)}, "body q: x' or 'a'='a|body command: id"},
	{"XML", []part{typed("application/soap+xml", `<s:Body><p:ExecuteShellCommand_INPUT><p:command>id &amp;&amp; ls</p:command></p:ExecuteShellCommand_INPUT></s:Body>`)}, "body: p:ExecuteShellCommand_INPUT|body command: id && ls"},
	{"a part of a form", []part{typed("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"q\"\r\n\r\n<script>alert(1)</script>\r\n--b--")}, "form q: <script>alert(1)</script>"},
	{"a password is kept by nobody", []part{form("user=joe&password=P'%3Bass%7Cw%3C0rd--")}, ""},
	{"an expression in a password is, without what stands before it", []part{form("user=joe&password=abc'+or+'1'%3D'1")}, "form password: ' or '1'='1"},
	{"a cookie's likewise", []part{ask("GET / HTTP/1.1\r\nCookie: id=topsecret' or 1=1; PHPSESSID=abcdefghij\r\n\r\n")}, "cookie id: ' or 1=1"},
	{"a key is kept by nobody", []part{form("k=-----BEGIN+PRIVATE+KEY-----%3Cbr%3EAC21&aws=AKIAABCDEFGHIJKLMNOP%27+or+%271")}, ""},
	{"what honest requests hold", []part{
		ask("GET /a/b.html;jsessionid=1A?q=rock+and+roll&n=O%27Brien&r=http%3A%2F%2Fx%2Fy&j=%7B%22a%22%3A%22b%22%7D&t=it%27s+or+that HTTP/1.1\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nAccept: a;q=0.8\r\n\r\n"),
		ask("GET /.well-known/acme-challenge/x HTTP/1.1\r\n\r\n"), typed("application/json", `{"text":"don't; we'll see -- maybe","n":[1,2]}`),
		form("comment=Tom+%26+Jerry's+house%3B+nice+%3C3"),
	}, ""},
}

// Catches: an injection that is not decoded, a secret that is kept, an honest request that is held up.
func TestSuspicious(t *testing.T) {
	for _, c := range suspects {
		for _, size := range []int{1 << 20, 1, 5} {
			recs, _, _ := run(t, append(c.parts, answer(noAnswer)), size)
			var got []string
			for _, r := range recs {
				got = append(got, r.Suspicious...)
			}
			if s := strings.Join(got, "|"); s != c.want {
				t.Errorf("%s, %d bytes at a time:\n got %q\nwant %q", c.name, size, s, c.want)
			}
		}
	}
}

// Catches: an answer that shows success and is not read, also in gzip and in chunks; one to an honest request that is.
func TestAnswerMarks(t *testing.T) {
	const bad = "GET /i?f=../../etc/passwd&q=%3Cscript%3Ealert(1)%3C/script%3E HTTP/1.1\r\n\r\n"
	page := "<html>" + strings.Repeat("x", 2000) + "\nroot:x:0:0:root:/root:/bin/sh\nuid=33(www-data) gid=33(www-data)\n<script>alert(1)</script>"
	plain := answer(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(page), page))
	z := squeezed(page)
	zipped := answer(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s", len(z), z))
	chunks := answer(fmt.Sprintf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(page), page))
	const all = "passwd_file,command_output,id_output,echo"
	for i, c := range []struct {
		ask  string
		back part
		want string
	}{
		{bad, plain, all}, {bad, zipped, all}, {bad, chunks, all}, {"GET /i HTTP/1.1\r\n\r\n", plain, ""},
		{bad, answer("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 20\r\n\r\n\x1f\x8b\x08 not gzip at all.."), ""},
	} {
		for _, size := range []int{1 << 20, 1, 7} {
			recs, _, _ := run(t, []part{ask(c.ask), c.back}, size)
			if got := strings.Join(recs[0].AnswerMarks, ","); got != c.want {
				t.Errorf("case %d, %d bytes at a time: %q, want %q", i, size, got, c.want)
			}
		}
	}
}

// Catches: a mark of the request that is missed, or given to an honest one.
func TestRequestMarks(t *testing.T) {
	const browser = "Mozilla/5.0 (Windows NT 6.1)"
	for _, c := range []struct{ ask, want string }{
		{"GET / HTTP/1.1\r\nUser-Agent: " + browser + "\r\n\r\n", "browser_without_language"},
		{"GET / HTTP/1.1\r\nUser-Agent: " + browser + "\r\nAccept-Language: en\r\n\r\n", ""},
		{"POST / HTTP/1.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "length_and_chunked"},
		{"POST / HTTP/1.1\r\nContent-Length: 4\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", "length_and_chunked,odd_transfer_encoding"},
		{"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: cow\r\n\r\n0\r\n\r\n", "two_transfer_encodings"},
		{"POST / HTTP/1.1\r\nContent-Length: 0\r\nContent-Length: 9\r\n\r\n", "lengths_differ"},
		{"POST / HTTP/1.1\r\nContent-Encoding: binary\r\nContent-Length: 1\r\n\r\nx", "unknown_coding"},
		{"POST / HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n\r\n\x01\x02\x80", "binary_form"},
		{"POST / HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 95\r\n\r\n--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a\"\r\n\r\nPK\x05\x06\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\r\n--b--\r\n", "archive_upload"},
		{"POST / HTTP/1.1\r\nContent-Length: 76\r\n\r\nid=AKIAABCDEFGHIJKLMNOP&aws_secret_access_key=0123456789012345678901234567890", "aws_secret"},
	} {
		for _, size := range []int{1 << 20, 1} {
			recs, _, _ := run(t, []part{ask(c.ask), answer(noAnswer)}, size)
			if got := strings.Join(recs[0].RequestMarks, ","); got != c.want {
				t.Errorf("%q, %d bytes at a time: %q, want %q", c.ask, size, got, c.want)
			}
		}
	}
}

// Catches: a secret in a record; a field of who sends and who answers that is not read.
func TestSenderFields(t *testing.T) {
	const key = "AKIAABCDEFGHIJKLMNOP"
	recs, _, _ := run(t, []part{
		ask("GET /a HTTP/1.1\r\nAuthorization: Bearer verysecret\r\nCookie: a=1; PHPSESSID=abcdefghij\r\n\r\n"),
		answer("HTTP/1.1 302 Found\r\nServer: nginx\r\nLocation: http://u:p@x.example/y?token=z\r\nContent-Length: 40\r\n\r\n{\"k\":\"" + key + "\",\"SecretAccessKey\":1}"),
		ask("GET /b HTTP/1.1\r\nCookie: a=1; PHPSESSID=abcdefghij\r\n\r\n"), answer(noAnswer),
	}, 1<<20)
	r := recs[0]
	if r.AuthScheme != "Bearer" || len(r.Session) != 8 || r.Session != recs[1].Session || r.Server != "nginx" || r.Location != "http://u@x.example/y" {
		t.Errorf("%q %q %q %q %q", r.AuthScheme, r.Session, recs[1].Session, r.Server, r.Location)
	}
	if strings.Join(r.AWSKeys, ",") != "AKIA************MNOP" {
		t.Errorf("keys %q", r.AWSKeys)
	}
	for _, secret := range []string{"verysecret", "abcdefghij", key, "u:p@"} {
		if strings.Contains(string(r.AppendJSON(nil)), secret) {
			t.Errorf("%q is in %s", secret, r.AppendJSON(nil))
		}
	}
}

// Catches: a list or a value without end.
func TestSuspiciousIsBounded(t *testing.T) {
	q := strings.Repeat("a='or'"+strings.Repeat("x", 200)+"&", 30)
	recs, _, _ := run(t, []part{ask("GET /?" + q + " HTTP/1.1\r\n\r\n"), form("a=" + strings.Repeat("<", 4000)), answer(noAnswer)}, 1<<20)
	for _, r := range recs {
		bounded(t, r)
	}
}

func bounded(t testing.TB, r *events.HTTP) {
	t.Helper()
	if len(r.Suspicious) > maxList || len(r.RequestMarks) > maxList || len(r.AnswerMarks) > maxList || len(r.AWSKeys) > maxList {
		t.Fatalf("%d suspicious values, %d and %d marks", len(r.Suspicious), len(r.RequestMarks), len(r.AnswerMarks))
	}
	for _, s := range r.Suspicious {
		if len(s) > 4*(maxSuspect+2*maxName) {
			t.Fatalf("%d bytes of a suspicious value", len(s))
		}
	}
}

// BenchmarkHostileForm is the dearest request there is: a form full of quotes.
func BenchmarkHostileForm(b *testing.B) {
	fields := strings.Repeat("a=%27x%27y%3b+zz+and+&", 180)
	req := []byte(fmt.Sprintf("POST /f HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s", len(fields), fields))
	a := Spec.New(conversation())
	b.SetBytes(int64(len(req)))
	b.ReportAllocs()
	for b.Loop() {
		feedAll(b, a, 0, req)
		feedAll(b, a, 1, []byte(noAnswer))
	}
}
