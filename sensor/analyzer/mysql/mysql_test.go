package mysql

import (
	"encoding/binary"
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

func packet(seq byte, payload string) string {
	n := len(payload)
	return string([]byte{byte(n), byte(n >> 8), byte(n >> 16), seq}) + payload
}

func hello(caps uint32, user string) string {
	b := binary.LittleEndian.AppendUint32(nil, caps)
	return string(b) + "\x00\x00\x00\x01\x21" + strings.Repeat("\x00", 23) + user + "\x00\x14" + strings.Repeat("S", 20) + "mysql_native_password\x00"
}

var greets = packet(0, "\x0a8.0.36-log\x00\x01\x00\x00\x00saltsalt\x00\xff\xf7\x21\x02\x00\xff\xc1\x15"+strings.Repeat("\x00", 10)+"saltsaltsalt\x00caching_sha2_password\x00")

func session() []said {
	return []said{
		server(greets), client(packet(1, hello(capProto41, "root"))), server(packet(2, "\x00\x00\x00\x02\x00\x00\x00")),
		client(packet(0, "\x03select * from users")), server(packet(1, "\x02") + packet(2, "\x03def..") + packet(3, "\x04rows")),
		client(packet(0, "\x03update t set a=1")), server(packet(1, "\x00\x07\x00\x02\x00\x00\x00")),
		client(packet(0, "\x03CREATE USER x IDENTIFIED BY 's3cret'")), server(packet(1, "\xff\x28\x04#42000You have no right")),
		client(packet(0, "\x01")),
	}
}

// Catches: a password kept, rows taken for another command's, an error that counts as success, bytes of a result that are lost.
func TestSession(t *testing.T) {
	r := analyzertest.Same(t, specs, 3306, session())
	text := analyzertest.Text(r)
	for _, want := range []string{
		`"cmd":"login","arg":"root","success":true,"rows":0,"server_version":"8.0.36-log"}`,
		`"service":"mysql","user":"root","success":true,"mechanism":"mysql_native_password","clear":false`,
		`"cmd":"query","arg":"select * from users","success":true,"rows":0,"result_bytes":12}`,
		`"cmd":"query","arg":"update t set a=1","success":true,"rows":7,"result_bytes":7}`,
		`"cmd":"query","arg":"CREATE USER x IDENTIFIED","success":false,"response":"You have no right","error_code":1064`,
		`"cmd":"quit","arg":""}`, "services [mysql]",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("missing %s in\n%s", want, text)
		}
	}
	if strings.Contains(text, "s3cret") || len(r.Records) != 6 {
		t.Errorf("%d records\n%s", len(r.Records), text)
	}
	analyzertest.Holes(t, specs, 3306, session())
}

// Catches: a refused log-in that is lost, TLS read as packets, a conversation from the middle that nobody knows, another protocol taken.
func TestBeginnings(t *testing.T) {
	for _, c := range []struct {
		name string
		port uint16
		said []said
		want string
		n    int
	}{
		{"refused", 3306, []said{server(greets), client(packet(1, hello(capProto41, "admin"))), server(packet(2, "\xff\x15\x04#28000Access denied for user 'admin'"))}, `"user":"admin","success":false`, 2},
		{"another method", 40001, []said{server(greets), client(packet(1, hello(capProto41, "a"))), server(packet(2, "\xfemysql_clear_password\x00")), client(packet(3, "pw\x00")), server(packet(4, "\x00\x00\x00\x02\x00"))}, `"mechanism":"mysql_clear_password","clear":true`, 2},
		{"blocked", 3306, []said{server(packet(0, "\xff\x6a\x04Host '10.0.0.1' is not allowed"))}, "services []", 0},
		{"TLS", 3306, []said{server(greets), client(packet(1, hello(capProto41|capSSL, "")[:32])), client("\x16\x03\x01\x00\x05hello")}, "services [mysql]", 0},
		{"from the middle", 40001, []said{client(packet(0, "\x03SELECT 1")), server(packet(1, "\x01"))}, `"arg":"SELECT 1","success":true`, 1},
		{"no end seen", 3306, []said{server(greets), client(packet(1, hello(capProto41, "a")))}, `"cmd":"login","arg":"a"`, 2},
		{"a long query", 3306, []said{client(packet(0, "\x03SELECT "+strings.Repeat("x", 200_000))), server(packet(1, "\x01"))}, `"success":true,"rows":0,"result_bytes":1`, 1},
		{"HTTP", 3306, []said{client("GET / HTTP/1.1\r\n\r\n")}, "services []", 0},
	} {
		r := analyzertest.Same(t, specs, c.port, c.said)
		if text := analyzertest.Text(r); !strings.Contains(text, c.want) || len(r.Records) != c.n {
			t.Errorf("%s: %d records, want %d with %s:\n%.1500s", c.name, len(r.Records), c.n, c.want, text)
		}
	}
}

// Catches: a command that costs more than its record: stated are 4 allocations, beyond the texts' own.
func TestAllocations(t *testing.T) {
	one := []said{client(packet(0, "\x03SELECT 1")), server(packet(1, "\x01"))}
	many := append(append([]said{}, one...), one...)
	first := testing.AllocsPerRun(50, func() { analyzertest.Play(specs, 3306, one, 0) })
	if n := testing.AllocsPerRun(50, func() { analyzertest.Play(specs, 3306, many, 0) }) - first; n > 10 {
		t.Errorf("%v allocations for a command", n)
	}
}

func BenchmarkSession(b *testing.B) {
	all := session()
	b.ReportAllocs()
	for b.Loop() {
		analyzertest.Play(specs, 3306, all, 0)
	}
}

func FuzzMySQL(f *testing.F) {
	analyzertest.Fuzz(f, Spec, greets+packet(1, hello(capProto41, "root")), packet(0, "\x03SELECT 1")+packet(1, "\xff\x15\x04#28000x"), packet(2, "\xfea\x00"))
}
