package postgresql

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

func message(kind byte, body string) string {
	return string(binary.BigEndian.AppendUint32([]byte{kind}, uint32(len(body)+4))) + body
}

func startup(user string) string {
	body := "\x00\x03\x00\x00user\x00" + user + "\x00database\x00shop\x00application_name\x00pg_dump\x00\x00"
	return string(binary.BigEndian.AppendUint32(nil, uint32(len(body)+4))) + body
}

const (
	wish  = "\x00\x00\x00\x08\x04\xd2\x16\x2f"
	sasl  = "\x00\x00\x00\x0aSCRAM-SHA-256\x00\x00"
	again = "Z\x00\x00\x00\x05I"
)

func welcome() string {
	return message('R', "\x00\x00\x00\x00") + message('S', "server_version\x0016.2\x00") + message('K', "12345678") + again
}

func session() []said {
	return []said{
		client(wish), server("N"), client(startup("app")), server(message('R', sasl)), client(message('p', "SCRAM-SHA-256\x00n,,n=,r=s3cret")),
		server(message('R', "\x00\x00\x00\x0bmore")), client(message('p', "c=biws,p=s3cret")), server(message('R', "\x00\x00\x00\x0cv=x") + welcome()),
		client(message('Q', "COPY public.customers TO stdout;\x00")),
		server(message('H', "\x00\x00\x00") + message('d', strings.Repeat("r", 3000)) + message('c', "") + message('C', "COPY 30\x00") + again),
		client(message('Q', "ALTER ROLE a PASSWORD 's3cret'\x00")), server(message('E', "SERROR\x00C42501\x00Mpermission denied\x00\x00") + again),
		client(message('P', "\x00select * from t where a=$1\x00\x00\x00") + message('B', "\x00\x00\x00\x00") + message('E', "\x00\x00\x00\x00\x00") + message('S', "")),
		server(message('1', "") + message('2', "") + message('D', "row") + message('C', "SELECT 1\x00") + again),
		client(message('X', "")),
	}
}

// Catches: a password kept, a result taken for another query's, an error that counts as success, bytes of a result that are lost.
func TestSession(t *testing.T) {
	r := analyzertest.Same(t, specs, 5432, session())
	text := analyzertest.Text(r)
	for _, want := range []string{
		`"user":"app","database":"shop","application_name":"pg_dump","frontend":"startup","success":true,"server_version":"16.2"}`,
		`"service":"postgresql","user":"app","success":true,"mechanism":"SCRAM-SHA-256","clear":false`,
		`"frontend":"simple_query","frontend_arg":"COPY public.customers TO stdout;","success":true,"rows":30,"backend":"COPY","result_bytes":3037}`,
		`"frontend_arg":"ALTER ROLE a PASSWORD","success":false,"backend":"error","backend_arg":"permission denied","error_code":"42501"`,
		`"frontend":"execute","frontend_arg":"select * from t where a=$1","success":true,"rows":1,"backend":"SELECT"`,
		"services [postgresql]",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("missing %s in\n%s", want, text)
		}
	}
	if strings.Contains(text, "s3cret") || len(r.Records) != 5 {
		t.Errorf("%d records\n%s", len(r.Records), text)
	}
	analyzertest.Holes(t, specs, 5432, session())
}

// Catches: a refused log-in that is lost, TLS read as messages, a conversation from the middle that nobody knows, another protocol taken.
func TestBeginnings(t *testing.T) {
	refused := message('E', "SFATAL\x00C28P01\x00Mpassword authentication failed for user \"admin\"\x00\x00")
	for _, c := range []struct {
		name string
		port uint16
		said []said
		want string
		n    int
	}{
		{"refused", 5432, []said{client(startup("admin")), server(message('R', "\x00\x00\x00\x05salt")), client(message('p', "md5x\x00")), server(refused)}, `"user":"admin","success":false,"mechanism":"md5","clear":false`, 2},
		{"clear", 40001, []said{client(startup("a")), server(message('R', "\x00\x00\x00\x03")), client(message('p', "pw\x00")), server(welcome())}, `"success":true,"mechanism":"password","clear":true`, 2},
		{"trust", 40001, []said{client(startup("a")), server(welcome())}, `"success":true,"mechanism":"trust","clear":false`, 2},
		{"no such database", 5432, []said{client(startup("a")), server(message('R', "\x00\x00\x00\x00") + message('E', "C3D000\x00Mno such\x00\x00"))}, `"service":"postgresql","user":"a","success":true`, 2},
		{"too many clients", 5432, []said{client(startup("a")), server(message('E', "C53300\x00Mtoo many\x00\x00"))}, `"service":"postgresql","user":"a","mechanism"`, 2},
		{"TLS", 40001, []said{client(wish), server("S"), client("\x16\x03\x01\x00\x05hello")}, "services [postgresql]", 0},
		{"cancel", 40001, []said{client("\x00\x00\x00\x10\x04\xd2\x16\x2e12345678")}, "services [postgresql]", 0},
		{"from the middle", 40001, []said{client(message('Q', "SELECT 1\x00")), server(message('C', "SELECT 1\x00") + again)}, `"frontend_arg":"SELECT 1","success":true`, 1},
		{"no end seen", 5432, []said{client(startup("a")), server(message('R', "\x00\x00\x00\x05salt"))}, `"user":"a","mechanism":"md5"`, 2},
		{"no answer", 5432, []said{client(startup("a"))}, "services []", 0},
		{"a long query", 5432, []said{client(message('Q', "SELECT "+strings.Repeat("x", 200_000)+"\x00")), server(message('C', "SELECT 7\x00") + again)}, `"success":true,"rows":7,"backend":"SELECT","result_bytes":20`, 1},
		{"HTTP", 5432, []said{client("GET / HTTP/1.1\r\n\r\n")}, "services []", 0},
		{"TLS at once", 5432, []said{client("\x16\x03\x01\x00\x05hello")}, "services []", 0},
	} {
		r := analyzertest.Same(t, specs, c.port, c.said)
		if text := analyzertest.Text(r); !strings.Contains(text, c.want) || len(r.Records) != c.n {
			t.Errorf("%s: %d records, want %d with %s:\n%.1500s", c.name, len(r.Records), c.n, c.want, text)
		}
	}
}

// Catches: a query that costs more than its record and its texts.
func TestAllocations(t *testing.T) {
	one := []said{client(message('Q', "SELECT 1\x00")), server(message('C', "SELECT 1\x00") + again)}
	many := append(append([]said{}, one...), one...)
	first := testing.AllocsPerRun(50, func() { analyzertest.Play(specs, 5432, one, 0) })
	if n := testing.AllocsPerRun(50, func() { analyzertest.Play(specs, 5432, many, 0) }) - first; n > 12 {
		t.Errorf("%v allocations for a query", n)
	}
}

func BenchmarkSession(b *testing.B) {
	all := session()
	b.ReportAllocs()
	for b.Loop() {
		analyzertest.Play(specs, 5432, all, 0)
	}
}

func FuzzPostgreSQL(f *testing.F) {
	analyzertest.Fuzz(f, Spec, wish+startup("a")+message('R', sasl)+welcome(), message('Q', "SELECT 1\x00")+message('E', "SERROR\x00C42501\x00Mx\x00\x00"), message('P', "\x00select\x00")+again)
}
