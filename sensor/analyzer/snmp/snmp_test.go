package snmp

import (
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

func element(tag byte, parts ...string) string {
	body := strings.Join(parts, "")
	if len(body) < 128 {
		return string([]byte{tag, byte(len(body))}) + body
	}
	return string([]byte{tag, 0x82, byte(len(body) >> 8), byte(len(body))}) + body
}

const (
	one  = "\x02\x01\x01"
	zero = "\x02\x01\x00"
	null = "\x05\x00"
)

func variable(id, value string) string { return element(0x30, element(0x06, id), value) }

func pdu(kind byte, status string, variables ...string) string {
	return element(kind, "\x02\x02\x12\x34", status, zero, element(0x30, variables...))
}

func message2(version, community, p string) string {
	return element(0x30, "\x02\x01"+version, element(0x04, community), p)
}

func message3(rest string) string {
	return element(0x30, "\x02\x01\x03", element(0x30, "\x02\x01\x07\x02\x02\x20\x00\x04\x01\x04\x02\x01\x03"), element(0x04, "usm"), rest)
}

func session() []said {
	return []said{
		client(message2("\x01", "public", pdu(get, zero, variable(sysDescr, null)))),
		server(message2("\x01", "public", pdu(response, zero, variable(sysDescr, element(0x04, "Linux r1"))))),
		client(message2("\x01", "public", pdu(getBulk, zero, variable("\x2b\x06", null), variable("\x2b\x07", null)))),
		server(message2("\x01", "public", pdu(response, zero, variable("\x2b\x06", one), variable("\x2b\x07", one), variable("\x2b\x08", one)))),
		client(message2("\x01", "private", pdu(set, zero, variable("\x2b\x06", one)))),
		server(message2("\x01", "private", pdu(response, zero, variable("\x2b\x06", one)))),
		client(message2("\x01", "private", pdu(set, zero, variable("\x2b\x06", one)))),
		server(message2("\x01", "private", pdu(response, "\x02\x01\x11", variable("\x2b\x06", one)))),
	}
}

// Catches: variables counted wrongly, a refusal that counts as an answer, another community than the known ones kept, version 3 not read.
func TestConversations(t *testing.T) {
	for _, c := range []struct {
		name string
		port uint16
		said []said
		want string
	}{
		{"whole", 161, session(), `"duration":0.007000,"version":"2c","community":"public","get_requests":1,"get_bulk_requests":2,"get_responses":6,"set_requests":2,"display_string":"Linux r1","default_answers":3,"default_writes":1}`},
		{"elsewhere", 40161, session()[:2], `"version":"2c","community":"public","get_requests":1`},
		{"own community", 161, []said{client(message2("\x00", "s3cret", pdu(getNext, zero, variable("\x2b\x06", null)))), server(message2("\x00", "s3cret", pdu(response, zero, variable("\x2b\x06", one))))}, `"version":"1","get_requests":1,"get_bulk_requests":0,"get_responses":1,"set_requests":0}`},
		{"version 3", 161, []said{client(message3(element(0x30, element(0x04, ""), element(0x04, ""), pdu(get, zero)))), client(message3(element(0x04, "sealed")))}, `"version":"3","get_requests":0`},
		{"a trap of old", 162, []said{client(message2("\x00", "public", element(oldTrap, "\x06\x01\x2b")))}, `"version":"1","community":"public","get_requests":0,"get_bulk_requests":0,"get_responses":0,"set_requests":0}`},
		{"long", 161, []said{client(message2("\x01", "public", pdu(set, zero, variable("\x2b\x06", element(0x04, strings.Repeat("x", 900))))))}, `"set_requests":1`},
	} {
		r := analyzertest.Datagrams(specs, c.port, c.said)
		text := analyzertest.Text(r)
		if !strings.Contains(text, c.want) || !strings.Contains(text, "services [snmp]") || len(r.Records) != 1 || strings.Contains(text, "s3cret") {
			t.Errorf("%s: want %s in\n%s", c.name, c.want, text)
		}
	}
	for _, other := range []string{"", "\x30\x80", "\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\x00\x80\x00", message2("\x04", "public", pdu(get, zero)), "\x12\x34\x01\x00\x00\x01"} {
		if r := analyzertest.Datagrams(specs, 161, []said{client(other)}); len(r.Services) != 0 || len(r.Records) != 0 {
			t.Errorf("%q is taken", other)
		}
	}
}

// Catches: a message that costs more than nothing once the conversation is known.
func TestAllocations(t *testing.T) {
	few, many := session()[2:4], append(session()[2:4:4], session()[2:4]...)
	first := testing.AllocsPerRun(50, func() { analyzertest.Datagrams(specs, 161, few) })
	if n := testing.AllocsPerRun(50, func() { analyzertest.Datagrams(specs, 161, many) }) - first; n > 2 { // the harness copies each datagram
		t.Errorf("%v allocations for two messages", n)
	}
}

func BenchmarkConversation(b *testing.B) {
	all := session()
	b.ReportAllocs()
	for b.Loop() {
		analyzertest.Datagrams(specs, 161, all)
	}
}

func FuzzSNMP(f *testing.F) {
	analyzertest.Fuzz(f, Spec, session()[0].Text, session()[1].Text, message3(element(0x30, element(0x04, ""), element(0x04, ""), pdu(get, zero))))
}
