package telnet

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

// session is a wrong password and a right one, typed as people type.
func session() []said {
	return []said{
		server("\xff\xfd\x18\xff\xfb\x01"), client("\xff\xfc\x18\xff\xfd\x01"), server("\r\nhost login: "), client("ro"), client("ou\x7ft\r\n"), server("root\r\nPassword: "),
		client("hunter2\r\n"), server("\r\nLogin incorrect\r\nhost login: "), client("root\r\x00"), server("Password: "), client("right\r\n"),
		server("\r\nLast login: Mon Jan 1 from 10.0.0.9\r\n# "), client("cat /etc/shadow\r\n"), server("root:x:0:0\r\n# "),
	}
}

// Catches: a password kept, an attempt lost or doubled, a prompt within "Last login:" taken for another.
func TestSession(t *testing.T) {
	r := analyzertest.Same(t, specs, 23, session())
	text := analyzertest.Text(r)
	for _, want := range []string{
		`"service":"telnet","user":"root","success":false,"mechanism":"password","clear":true,"anonymous":false,"reply":"incorrect"}`,
		`"service":"telnet","user":"root","success":true,"mechanism":"password","clear":true`, "services [telnet] weirds []",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("missing %s in\n%s", want, text)
		}
	}
	if len(r.Records) != 2 || strings.Contains(text, "hunter2") || strings.Contains(text, "right") || strings.Contains(text, "shadow") {
		t.Errorf("%d records:\n%s", len(r.Records), text)
	}
	analyzertest.Holes(t, specs, 23, session())
}

// Catches: a name in the environment that is not read, whether it was let in; a key id that overflows; text of another protocol taken.
func TestOdd(t *testing.T) {
	environ := "\xff\xfa\x27\x00\x00USER\x01-f root\xff\xf0"
	for _, c := range []struct {
		name, want string
		port       uint16
		said       []said
		n          int
	}{
		{"-f in the environment, let in", `"user":"-f root","success":true,"mechanism":"environ"`, 23, []said{server("\xff\xfd\x27"), client(environ), server("Linux host\r\n# ")}, 1},
		{"-f in the environment, asked", `"user":"-f root","success":false,"mechanism":"environ"`, 23, []said{server("\xff\xfd\x27"), client(environ), server("host login: ")}, 1},
		{"a key id too long", "weirds [telnet_encryption_key_too_long]", 23, []said{server("\xff\xfd\x26"), client("\xff\xfa\x26\x07" + strings.Repeat("A", 80) + "\xff\xf0")}, 0},
		{"no answer", `"user":"admin","mechanism":"password"`, 2323, []said{server("\xff\xfb\x01Username: "), client("admin\r\n"), server("Password:"), client("x\r\n")}, 1},
		{"no negotiation", `"user":"a","success":false`, 23, []said{server("Welcome\r\nlogin: "), client("a\r\n"), server("Password: "), client("b\r\n"), server("Access denied\r\n")}, 1},
		{"HTTP", "services []", 23, []said{client("GET / HTTP/1.1\r\n\r\n"), server("HTTP/1.1 200 OK\r\n")}, 0},
		{"elsewhere", "services []", 40001, []said{server("login: ")}, 0},
	} {
		r := analyzertest.Same(t, specs, c.port, c.said)
		text := analyzertest.Text(r)
		if !strings.Contains(text, c.want) || len(r.Records) != c.n {
			t.Errorf("%s: %d records, want %d with %s:\n%s", c.name, len(r.Records), c.n, c.want, text)
		}
	}
}

// Stated: a session that goes on costs nothing.
func TestAllocations(t *testing.T) {
	r := &reader{conv: &analyzer.Conversation{}, confirmed: true, tail: make([]byte, 0, maxTail)}
	c := stream.Chunk{Dir: flow.Resp, Data: []byte(strings.Repeat("total 48 drwxr-xr-x\r\n", 40))}
	if n := testing.AllocsPerRun(100, func() { _, _ = r.Feed(c) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkSession(b *testing.B) {
	all := session()
	b.ReportAllocs()
	for b.Loop() {
		analyzertest.Play(specs, 23, all, 0)
	}
}

func FuzzTelnet(f *testing.F) {
	analyzertest.Fuzz(f, Spec, "\xff\xfd\x18login: root\r\nPassword: x\r\n", "\xff\xfa\x27\x00\x00USER\x01-f root\xff\xf0", "\xff\xfa\x26\x07A")
}
