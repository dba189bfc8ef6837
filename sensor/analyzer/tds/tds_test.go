package tds

import (
	"encoding/binary"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/analyzertest"
)

type said = analyzertest.Said

var (
	client, server = analyzertest.Client, analyzertest.Server
	specs          = []analyzer.Spec{Spec}
)

func packet(kind, status byte, body string) string {
	n := len(body) + headerLen
	return string([]byte{kind, status, byte(n >> 8), byte(n), 0, 0, 1, 0}) + body
}

func u16(s string) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return string(b)
}

func short(n int) string { return string([]byte{byte(n), byte(n >> 8)}) }

const headers = "\x16\x00\x00\x00\x12\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00"

func batch(text string) string { return packet(typeBatch, 1, headers+u16(text)) }

// hello is a LOGIN7 whose password is s3cret, as it is hidden on the wire.
func hello(user string) string {
	b := make([]byte, loginFixed)
	b[7] = 0x74
	texts := ""
	for _, f := range []struct {
		place int
		text  string
	}{{placeUser, u16(user)}, {44, u16("s3cret")}, {placeApp, u16("sqlcmd")}, {placeDatabase, u16("shop")}} {
		binary.LittleEndian.PutUint16(b[f.place:], uint16(loginFixed+len(texts)))
		binary.LittleEndian.PutUint16(b[f.place+2:], uint16(len(f.text)/2))
		texts += f.text
	}
	binary.LittleEndian.PutUint32(b, uint32(len(b)+len(texts)))
	return packet(typeLogin, 1, string(b)+texts)
}

func failure(code int, class byte, text string) string {
	body := short(code) + short(code>>16) + "\x01" + string([]byte{class}) + short(len(text)) + u16(text) + "\x00\x00\x01\x00\x00\x00"
	return "\xaa" + short(len(body)) + body
}

func ended(kind, status byte, rows int) string {
	return string([]byte{kind, status, 0, 0xc1, 0}) + short(rows) + strings.Repeat("\x00", 6)
}

const (
	prelogin = "\x00\x00\x0b\x00\x06\x01\x00\x11\x00\x01\xff\x0f\x00\x08\x6d\x00\x00\x00"
	ack      = "\xad\x0e\x00\x01\x74\x00\x00\x04\x02S\x00Q\x00\x0f\x00\x08\x6d"
)

func session() []said {
	return []said{
		client(packet(typePrelogin, 1, prelogin)), server(packet(typeResult, 1, prelogin)), client(hello("sa")),
		server(packet(typeResult, 1, "\xe3\x03\x00\x01\x00\x00"+ack+ended(tokenDone, 0, 0))),
		client(batch("select * from t")),
		server(packet(typeResult, 0, "\x81\x01\x00"+strings.Repeat("r", 8000)) + packet(typeResult, 1, strings.Repeat("r", 500)+ended(tokenDone, 0x10, 77))),
		client(batch("CREATE LOGIN x WITH PASSWORD='s3cret'")), server(packet(typeResult, 1, failure(15247, 16, "no right")+ended(tokenDone, 2, 0))),
		client(packet(typeRPC, 1, headers+"\xff\xff\x0a\x00\x00\x00\x00\x00\xe7\x40\x1f\x09\x04\xd0\x00\x34\x10\x00"+u16("select 1"))), server(packet(typeResult, 1, ended(tokenDoneProc, 0, 0))),
		client(packet(typeRPC, 1, headers+short(11)+u16("xp_cmdshell"))), server(packet(typeResult, 1, failure(5701, 5, "a remark")+ended(tokenDoneProc, 0, 0))),
	}
}

// Catches: a password kept, a result that ends too early or for another query, an error that counts as success, a remark that counts as an error.
func TestSession(t *testing.T) {
	r := analyzertest.Same(t, specs, 1433, session())
	text := analyzertest.Text(r)
	for _, want := range []string{
		`"command":"login","user":"sa","app_name":"sqlcmd","database":"shop","server_version":"15.0.2157","success":true}`,
		`"service":"tds","user":"sa","success":true,"mechanism":"sql","clear":true`,
		`"command":"sql_batch","query":"select * from t","success":true,"rows":77,"result_bytes":8516}`,
		`"query":"CREATE LOGIN x WITH PASSWORD","success":false,"error_code":15247,"response":"no right"`,
		`"command":"rpc","procedure_name":"sp_executesql","query":"select 1","success":true,"result_bytes":13}`,
		`"command":"rpc","procedure_name":"xp_cmdshell","success":true`, "services [tds]",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("missing %s in\n%s", want, text)
		}
	}
	if strings.Contains(text, "s3cret") || len(r.Records) != 6 {
		t.Errorf("%d records\n%s", len(r.Records), text)
	}
	analyzertest.Holes(t, specs, 1433, session())
}

// Catches: a refused log-in that is lost, TLS inside read as packets, a conversation from the middle that nobody knows, another protocol taken.
func TestBeginnings(t *testing.T) {
	refused := server(packet(typeResult, 1, failure(loginFailed, 14, "Login failed for user 'admin'.")+ended(tokenDone, 2, 0)))
	shake := func(text string) string { return packet(typePrelogin, 1, "\x16\x03\x03\x00\x05"+text) }
	sealed := []said{client(packet(typePrelogin, 1, prelogin)), server(packet(typeResult, 1, prelogin)), client(shake("hello")), server(shake("hello")), client("\x17\x03\x03\x00\x05login")}
	for _, c := range []struct {
		name string
		port uint16
		said []said
		want string
		n    int
	}{
		{"refused", 40001, []said{client(hello("sa")), refused}, `"user":"sa","success":false,"mechanism":"sql","clear":true,"anonymous":false,"reply":"Login failed`, 2},
		{"no database", 40001, []said{client(hello("sa")), server(packet(typeResult, 1, failure(4060, 11, "no such")))}, `"service":"tds","user":"sa","mechanism"`, 2},
		{"refused in TLS", 1433, append(sealed[:len(sealed):len(sealed)], refused), `"user":"admin","success":false,"clear":false`, 2},
		{"all in TLS", 1433, append(sealed[:len(sealed):len(sealed)], server("\x17\x03\x03\x00\x05reply")), "services [tds]", 0},
		{"from the middle", 40001, []said{client(batch("select 1")), server(packet(typeResult, 1, ended(tokenDone, 0x10, 1)))}, `"query":"select 1","success":true,"rows":1`, 1},
		{"in sessions", 1433, []said{client(batch("use a")), client("S\x08\x00\x00\x10\x00\x00\x00\x00\x00\x00\x00\x04\x00\x00\x00" + batch("select 1"))}, `"query":"select 1"`, 2},
		{"old", 1433, []said{client(packet(typeBatch, 1, u16("select 1"))), server(packet(typeResult, 1, "\x81\x01\x00rrrrrrrrrrrrrrrr\xfd\x10\x00\xc1\x00\x05\x00\x00\x00"))}, `"rows":5`, 1},
		{"no end seen", 1433, []said{client(hello("a"))}, `"user":"a","mechanism":"sql"`, 2},
		{"HTTP", 1433, []said{client("GET / HTTP/1.1\r\n\r\n")}, "services []", 0},
		{"TLS at once", 1433, []said{client("\x16\x03\x01\x00\x05hello")}, "services []", 0},
	} {
		r := analyzertest.Same(t, specs, c.port, c.said)
		if text := analyzertest.Text(r); !strings.Contains(text, c.want) || len(r.Records) != c.n {
			t.Errorf("%s: %d records, want %d with %s:\n%.1500s", c.name, len(r.Records), c.n, c.want, text)
		}
	}
}

// Catches: a query that costs more than its record and its texts.
func TestAllocations(t *testing.T) {
	one := []said{client(batch("select 1")), server(packet(typeResult, 1, ended(tokenDone, 0x10, 1)))}
	many := append(append([]said{}, one...), one...)
	first := testing.AllocsPerRun(50, func() { analyzertest.Play(specs, 1433, one, 0) })
	if n := testing.AllocsPerRun(50, func() { analyzertest.Play(specs, 1433, many, 0) }) - first; n > 14 {
		t.Errorf("%v allocations for a query", n)
	}
}

func BenchmarkSession(b *testing.B) {
	all := session()
	b.ReportAllocs()
	for b.Loop() {
		analyzertest.Play(specs, 1433, all, 0)
	}
}

func FuzzTDS(f *testing.F) {
	analyzertest.Fuzz(f, Spec, packet(typePrelogin, 1, prelogin)+hello("sa"), batch("select 1")+packet(typeResult, 1, failure(loginFailed, 14, "'a'")+ended(tokenDone, 2, 0)), packet(typeResult, 1, ack))
}
