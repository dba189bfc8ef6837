package redis

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/analyzertest"
)

type said = analyzertest.Said

var (
	client, server = analyzertest.Client, analyzertest.Server
	specs          = []analyzer.Spec{Spec}
)

func do(words ...string) string {
	b := fmt.Sprintf("*%d\r\n", len(words))
	for _, w := range words {
		b += fmt.Sprintf("$%d\r\n%s\r\n", len(w), w)
	}
	return b
}

func session() []said {
	return []said{
		client(do("AUTH", "s3cret")), server("-WRONGPASS invalid\r\n"),
		client(do("hello", "3", "AUTH", "app", "s3cret")), server("%2\r\n$6\r\nserver\r\n$5\r\nredis\r\n+proto\r\n:3\r\n"),
		client(do("SET", "a", strings.Repeat("s3cret", 3000)) + do("CONFIG", "set", "dir", "/var/spool/cron") + do("GET", "a") + do("CONFIG", "SET", "requirepass", "s3cret")),
		server(">2\r\n+message\r\n+x\r\n+OK\r\n+OK\r\n$6\r\ns3cret\r\n-ERR no\r\n"),
		client(do("LRANGE", "l", "0", "-1")), server("*2\r\n*1\r\n$3\r\nabc\r\n$-1\r\n"),
		client(do("SLAVEOF", "203.0.113.9", "6379")), server("+OK\r\n"),
		client("SAVE\r\n"),
	}
}

// Catches: a password or a value kept, a reply given to another command, a refusal that counts as success.
func TestSession(t *testing.T) {
	r := analyzertest.Same(t, specs, 40001, session())
	text := analyzertest.Text(r)
	for _, want := range []string{
		`"service":"redis","user":"default","success":false,"mechanism":"AUTH","clear":true,"anonymous":false,"reply":"-WRONGPASS invalid"`,
		`"service":"redis","user":"app","success":true`,
		`"cmd.name":"CONFIG SET","cmd.key":"dir","cmd.value":"/var/spool/cron","success":true,"reply.value":"+OK"`,
		`"cmd.name":"CONFIG SET","cmd.key":"requirepass","success":false,"reply.value":"-ERR no"`,
		`"cmd.name":"SLAVEOF","cmd.key":"203.0.113.9","cmd.value":"6379","success":true`, `"cmd.name":"SAVE"}`, "services [redis]",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("missing %s in\n%s", want, text)
		}
	}
	if strings.Contains(text, "s3cret") || len(r.Records) != 6 {
		t.Errorf("%d records\n%s", len(r.Records), text)
	}
	analyzertest.Holes(t, specs, 40001, session())
}

// Catches: what people type not read, a stream of messages read as replies, a conversation from the middle, another protocol taken.
func TestBeginnings(t *testing.T) {
	for _, c := range []struct {
		name string
		port uint16
		said []said
		want string
		n    int
	}{
		{"typed", 6379, []said{client("config set dbfilename root\r\n"), server("+OK\r\n")}, `"cmd.name":"CONFIG SET","cmd.key":"dbfilename","cmd.value":"root","success":true`, 1},
		{"typed, no answer", 6379, []said{client("INFO\r\n")}, "services []", 0},
		{"no password wanted", 6379, []said{client(do("AUTH", "x")), server("-ERR AUTH called without any password\r\n")}, `"user":"default","mechanism"`, 1},
		{"a stream of messages", 6379, []said{client(do("SUBSCRIBE", "a")), server("*3\r\n"), client(do("SAVE"))}, "services [redis]", 0},
		{"a monitor", 6379, []said{client(do("MONITOR")), server("+OK\r\n+1 [0] \"SAVE\"\r\n")}, `"cmd.name":"MONITOR","success":true`, 1},
		{"from the middle", 6379, []said{server("$3\r\nabc\r\n"), client(do("SAVE")), server("+OK\r\n")}, `"cmd.name":"SAVE","success":true`, 1},
		{"many at once", 6379, []said{client(strings.Repeat(do("SAVE"), 100)), server(strings.Repeat("+OK\r\n", 100))}, `"success":true`, 100},
		{"many arguments", 6379, []said{client(do(strings.Fields("EVAL return " + strings.Repeat("x ", 500))...)), server(":1\r\n")}, `"cmd.name":"EVAL","cmd.key":"return"`, 1},
		{"HTTP", 6379, []said{client("GET / HTTP/1.1\r\n\r\n")}, "services []", 0},
		{"TLS at once", 6379, []said{client("\x16\x03\x01\x00\x05hello")}, "services []", 0},
	} {
		r := analyzertest.Same(t, specs, c.port, c.said)
		if text := analyzertest.Text(r); !strings.Contains(text, c.want) || len(r.Records) != c.n {
			t.Errorf("%s: %d records, want %d with %s:\n%.1500s", c.name, len(r.Records), c.n, c.want, text)
		}
	}
}

// Catches: a command of keys that costs more than its words.
func TestAllocations(t *testing.T) {
	one := []said{client(do("GET", "a")), server("+x\r\n")}
	many := append(append([]said{}, one...), one...)
	first := testing.AllocsPerRun(50, func() { analyzertest.Play(specs, 6379, one, 0) })
	if n := testing.AllocsPerRun(50, func() { analyzertest.Play(specs, 6379, many, 0) }) - first; n > 8 {
		t.Errorf("%v allocations for a command", n)
	}
}

func BenchmarkSession(b *testing.B) {
	all := session()
	b.ReportAllocs()
	for b.Loop() {
		analyzertest.Play(specs, 6379, all, 0)
	}
}

func FuzzRedis(f *testing.F) {
	analyzertest.Fuzz(f, Spec, do("AUTH", "x")+"+OK\r\n", do("CONFIG", "SET", "dir", "/")+"-ERR\r\n", "*2\r\n%1\r\n|1\r\n+a\r\n", "INFO\r\n$3\r\nabc\r\n")
}
