package ftp

import (
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/analyzertest"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

type said = analyzertest.Said

var client, server = analyzertest.Client, analyzertest.Server

// upload is a whole session: a wrong password, a right one, a file out and one in.
func upload() []said {
	return []said{
		server("220-Welcome\r\n 230 this is no reply\r\n220 FTP ready\r\n"), client("USER admin\r\n"), server("331 Password required\r\n"),
		client("PASS wr0ng\r\n"), server("530 Login incorrect.\r\n"), client("USER admin\r\n"), server("331 Password required\r\n"),
		client("PASS r1ght\r\n"), server("230 Logged in\r\n"), client("PWD\r\n"), server("257 \"/home/admin\" is current\r\n"),
		client("PASV\r\n"), server("227 Entering Passive Mode (10,0,0,2,156,64).\r\n"), client("STOR db.tar.gz\r\n"),
		server("150 Ok to send data.\r\n"), server("226 Transfer complete.\r\n"), client("EPSV\r\n"), server("229 Entering (|||40001|)\r\n"),
		client("RETR /etc/motd\r\n"), server("150 Opening BINARY mode data connection for motd (1234 bytes)\r\n226 Done\r\n"), client("QUIT\r\n"), server("221 bye\r\n"),
	}
}

// Catches: a password in a record, a reply given to the wrong command, a name without its directory, a data channel of the wrong end.
func TestSession(t *testing.T) {
	r := analyzertest.Same(t, []analyzer.Spec{Spec}, 21, upload())
	text := analyzertest.Text(r)
	if strings.Contains(text, "wr0ng") || strings.Contains(text, "r1ght") {
		t.Fatalf("a password was kept:\n%s", text)
	}
	for _, want := range []string{
		`"service":"ftp","user":"admin","success":false,"mechanism":"PASS","clear":true,"anonymous":false,"reply":"530 Login incorrect."}`,
		`"service":"ftp","user":"admin","success":true,"mechanism":"PASS","clear":true`,
		`"user":"admin","command":"PASV","reply_code":227,`,
		`"command":"STOR","arg":"ftp://10.0.0.2/home/admin/db.tar.gz","reply_code":226,"reply_msg":"Transfer complete.","data_channel.passive":true,"data_channel.orig_h":"10.0.0.1","data_channel.resp_h":"10.0.0.2","data_channel.resp_p":40000}`,
		`"command":"RETR","arg":"ftp://10.0.0.2/etc/motd","file_size":1234,"reply_code":226,"reply_msg":"Done","data_channel.passive":true,"data_channel.orig_h":"10.0.0.1","data_channel.resp_h":"10.0.0.2","data_channel.resp_p":40001}`,
		"services [ftp] weirds [] rejected 0",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("missing %s in\n%s", want, text)
		}
	}
	if len(r.Records) != 6 {
		t.Errorf("%d records, want 6:\n%s", len(r.Records), text)
	}
	analyzertest.Holes(t, []analyzer.Spec{Spec}, 21, upload())
}

// Catches: a session attached in the middle that nobody recognises, a PORT to a third host, a log-in without a password, IRC taken for FTP.
func TestBeginnings(t *testing.T) {
	for _, c := range []struct {
		name string
		port uint16
		said []said
		want string // in the text of the result
	}{
		{"from the middle", 21, []said{client("CWD /a\r\n"), server("250 ok\r\n"), client("STOR x\r\n"), server("226 ok\r\n")}, `"arg":"ftp://10.0.0.2/a/x"`},
		{"bounce", 21, []said{client("PORT 10,9,8,7,0,22\r\n"), server("200 ok\r\n")}, `"data_channel.resp_h":"10.9.8.7","data_channel.resp_p":22`},
		{"over IPv6", 21, []said{client("EPRT |2|2001:db8::1|6275|\r\n"), server("200 ok\r\n")}, `"data_channel.resp_h":"2001:db8::1","data_channel.resp_p":6275`},
		{"guest", 2100, []said{server("220 FTP\r\n"), client("USER anonymous\r\n"), server("230 in\r\n")}, `"success":true,"mechanism":"USER","clear":false,"anonymous":true`},
		{"odd port, the client tells", 40001, []said{server("220 hello\r\n"), client("USER a\r\n"), server("331 x\r\n"), client("PASS b\r\n"), server("230 x\r\n")}, "services [ftp]"},
		{"no answer seen", 21, []said{client("USER a\r\nPASS b\r\nSTOR x\r\n")}, `"command":"STOR","arg":"ftp://10.0.0.2/./x"`},
		{"IRC", 6667, []said{client("USER a 0 * :A Name\r\nNICK a\r\n")}, "services [] weirds [] rejected 0"},
		{"mail", 25, []said{server("220 mx ESMTP\r\n"), client("EHLO a\r\n")}, "services [] weirds [] rejected 0"},
	} {
		r := analyzertest.Same(t, []analyzer.Spec{Spec}, c.port, c.said)
		text := analyzertest.Text(r)
		if !strings.Contains(text, c.want) {
			t.Errorf("%s: missing %s in\n%s", c.name, c.want, text)
		}
	}
}

// Catches: what follows AUTH TLS read as commands; a line without end that is waited for, or grows.
func TestTurns(t *testing.T) {
	r := analyzertest.Same(t, []analyzer.Spec{Spec}, 21, []said{server("220 FTP\r\n"), client("AUTH TLS\r\n"), server("234 go\r\n"), client("\x16\x03\x01\x00\x05hello")})
	if len(r.Records) != 0 || r.Rejected != 0 {
		t.Errorf("after AUTH: %s", analyzertest.Text(r))
	}
	r = analyzertest.Same(t, []analyzer.Spec{Spec}, 21, []said{server("220 FTP\r\n"), client("STOR " + strings.Repeat("x", 70_000) + "\r\n"), server("553 no\r\n")})
	if len(r.Records) != 1 || len(r.Records[0].AppendJSON(nil)) > 2000 {
		t.Errorf("a long name: %.300s", analyzertest.Text(r))
	}
}

// Catches: a session that costs more allocations than a few for each record.
func TestAllocations(t *testing.T) {
	var none analyzer.Conversation
	quiet := &reader{conv: &none, confirmed: true, sure: true}
	c := []stream.Chunk{{Dir: flow.Orig, Data: []byte("TYPE I\r\n")}, {Dir: flow.Resp, Data: []byte("200 Switching to Binary mode.\r\n")}}
	if n := testing.AllocsPerRun(100, func() { _, _ = quiet.Feed(c[0]); _, _ = quiet.Feed(c[1]) }); n > 1 {
		t.Errorf("%v allocations for a command without a record, stated is 1", n)
	}
}

func BenchmarkSession(b *testing.B) {
	all := upload()
	specs := []analyzer.Spec{Spec}
	b.ReportAllocs()
	for b.Loop() {
		analyzertest.Play(specs, 21, all, 0)
	}
}

func FuzzFTP(f *testing.F) {
	analyzertest.Fuzz(f, Spec, "220 FTP\r\nUSER a\r\n", "PORT 1,2,3,4,5,6\r\n", "EPRT |2|::1|2|\r\n227 (1,2,3,4,5,6)\r\n", "257 \"/a\"\r\n229 (|||1|)\r\n")
}
