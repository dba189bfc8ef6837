package smtp

import (
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/analyzertest"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

type said = analyzertest.Said

var (
	client, server = analyzertest.Client, analyzertest.Server
	specs          = []analyzer.Spec{Spec}
)

const letter = "Received: from a by b\r\nReceived: from c\r\n by d\r\nFrom: \"A, B\" <a@x.example>\r\nTo: <b@y.example>, <c@y.example>\r\n" +
	"Subject: quarterly\r\n report\r\nMessage-ID: <1@x>\r\nContent-Type: multipart/mixed; boundary=q\r\n\r\nFrom: not a header\r\n--q\r\n" +
	"Content-Type: application/zip;\r\n name=\"a b.zip\"\r\nContent-Disposition: attachment; filename=\"a b.zip\"\r\n\r\nUEsDBA==\r\n..\r\n--q--\r\n.\r\n"

// session is a log-in, two mails, one of them refused, and the end.
func session() []said {
	return []said{
		server("220-hi\r\n220 mx ESMTP\r\n"), client("EHLO web.example\r\n"), server("250-mx\r\n250 AUTH PLAIN LOGIN\r\n"),
		client("AUTH LOGIN\r\n"), server("334 VXNlcm5hbWU6\r\n"), client("YWxpY2U=\r\n"), server("334 UGFzc3dvcmQ6\r\n"), client("c2VjcmV0\r\n"), server("235 ok\r\n"),
		client("MAIL FROM:<a@x.example> SIZE=500\r\nRCPT TO:<b@y.example>\r\nRCPT TO:<c@y.example>\r\nDATA\r\n"), server("250 a\r\n250 b\r\n250 c\r\n354 go\r\n"),
		client(letter), server("250 2.0.0 queued\r\n"),
		client("MAIL FROM:<a@x.example>\r\n"), server("250 a\r\n"), client("RCPT TO:<z@y.example>\r\n"), server("550 no such user\r\n"), client("QUIT\r\n"), server("221 bye\r\n"),
	}
}

// Catches: a password kept, a header taken out of the text, a folded line cut, a recipient lost, a reply given to the wrong command.
func TestSession(t *testing.T) {
	r := analyzertest.Same(t, specs, 25, session())
	text := analyzertest.Text(r)
	for _, want := range []string{
		`"service":"smtp","user":"alice","success":true,"mechanism":"LOGIN","clear":true`,
		`"trans_depth":1,"helo":"web.example","mailfrom":"a@x.example","rcptto":["b@y.example","c@y.example"],"from":"\"A, B\" <a@x.example>","to":["<b@y.example>","<c@y.example>"],"msg_id":"<1@x>","subject":"quarterly report","first_received":"from a by b","second_received":"from c by d","last_reply":"250 2.0.0 queued"`,
		`"recipients":2,"attachments":["a b.zip"],"user":"alice","accepted":true}`,
		`"trans_depth":2,"helo":"web.example","mailfrom":"a@x.example","rcptto":["z@y.example"],"last_reply":"221 bye"`,
		"services [smtp]",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("missing %s in\n%s", want, text)
		}
	}
	if strings.Contains(text, "c2VjcmV0") || strings.Contains(text, "secret") || len(r.Records) != 3 {
		t.Errorf("%d records:\n%s", len(r.Records), text)
	}
	analyzertest.Holes(t, specs, 25, session())
}

// Catches: a session without a mail that nobody tells of, commands taken for text after a refusal, a chunk that is read as commands.
func TestTurns(t *testing.T) {
	for _, c := range []struct {
		name string
		said []said
		want string
		n    int
	}{
		{"TLS", []said{server("220 mx\r\n"), client("EHLO a\r\n"), server("250 STARTTLS\r\n"), client("STARTTLS\r\n"), server("220 go\r\n"), client("\x16\x03\x01")}, `"helo":"a","last_reply":"220 go","tls":true`, 1},
		{"TLS, the server unheard", []said{client("EHLO a\r\nSTARTTLS\r\n"), client("\x16\x03\x01\x00")}, `"tls":true`, 1},
		{"DATA refused", []said{client("EHLO a\r\nMAIL FROM:<a>\r\nDATA\r\n"), server("250 a\r\n250 a\r\n554 no\r\n"), client("QUIT\r\n"), server("221 x\r\n")}, `"mailfrom":"a","last_reply":"221 x"`, 1},
		{"chunks", []said{client("EHLO a\r\nMAIL FROM:<a>\r\nBDAT 12\r\nQUIT\r\nQUIT\r\nBDAT 3 LAST\r\nabc"), server("250 a\r\n250 a\r\n250 a\r\n250 done\r\n")}, `"bytes":15,"accepted":true`, 1},
		{"PLAIN", []said{client("EHLO a\r\nAUTH PLAIN AGJvYgBwdw==\r\n"), server("250 a\r\n535 bad\r\n")}, `"user":"bob","success":false,"mechanism":"PLAIN"`, 2},
		{"nothing but a greeting", []said{server("220 mx ESMTP\r\n")}, "services []", 0},
		{"a line without end", []said{client("EHLO a\r\nMAIL FROM:<" + strings.Repeat("x", 100_000) + "\r\nQUIT\r\n"), server("250 a\r\n500 long\r\n221 x\r\n")}, `"last_reply":"221 x"`, 1},
	} {
		r := analyzertest.Same(t, specs, 25, c.said)
		if text := analyzertest.Text(r); !strings.Contains(text, c.want) || len(r.Records) != c.n {
			t.Errorf("%s: %d records, want %d with %s:\n%.2000s", c.name, len(r.Records), c.n, c.want, text)
		}
	}
}

// Catches: a message of many lines that allocates for each.
func TestAllocations(t *testing.T) {
	r := &reader{conv: &analyzer.Conversation{}, confirmed: true, inBody: true}
	r.transaction()
	r.message.behind = true
	c := stream.Chunk{Dir: flow.Orig, Data: []byte(strings.Repeat(strings.Repeat("QUJD", 19)+"\r\n", 20))}
	if n := testing.AllocsPerRun(100, func() { _, _ = r.Feed(c) }); n > 0 {
		t.Errorf("%v allocations for twenty lines of a body", n)
	}
}

func BenchmarkMail(b *testing.B) {
	all := session()
	b.ReportAllocs()
	for b.Loop() {
		analyzertest.Play(specs, 25, all, 0)
	}
}

func FuzzSMTP(f *testing.F) {
	analyzertest.Fuzz(f, Spec, "EHLO a\r\nMAIL FROM:<a>\r\nDATA\r\n"+letter, "AUTH PLAIN AGJvYgBwdw==\r\n235 x\r\n", "BDAT 5 LAST\r\nabcde250 x\r\n", "STARTTLS\r\n220 x\r\n")
}
