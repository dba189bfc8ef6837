package radius

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

func packet(code byte, attributes ...string) string {
	all := strings.Join(attributes, "")
	n := headerLen + len(all)
	return string([]byte{code, 7, byte(n >> 8), byte(n)}) + strings.Repeat("A", 16) + all
}

func attribute(kind byte, value string) string {
	return string([]byte{kind, byte(len(value) + 2)}) + value
}

// Catches: a password kept, a challenge that counts as an answer, an authentication without an answer that is lost, a length that is believed.
func TestAuthentications(t *testing.T) {
	ask := packet(request, attribute(attrUser, "steve"), attribute(2, "s3cret-s3cret-ab"), attribute(attrFramed, "\x0a\x00\x00\x07"), attribute(attrStation, "02-00-00-00-00-01"))
	for _, c := range []struct {
		name string
		said []said
		want []string
	}{
		{"let in", []said{client(ask), server(packet(accept, attribute(attrReply, "hi")))}, []string{`"username":"steve","mac":"02-00-00-00-00-01","framed_addr":"10.0.0.7","reply_msg":"hi","result":"success","ttl":0.001`}},
		{"challenged, refused", []said{client(ask), server(packet(challenge)), client(ask), server(packet(reject))}, []string{`"result":"failed","ttl":0.003`}},
		{"no answer", []said{client(ask), client(ask)}, []string{`"result":"unknown"}`}},
		{"two in turn", []said{client(ask), server(packet(accept)), client(ask), server(packet(reject))}, []string{`"result":"success"`, `"result":"failed"`}},
		{"a length beyond the datagram", []said{client(ask[:30])}, nil},
		{"an attribute without length", []said{client(packet(request, "\x01\x00"))}, nil},
	} {
		r := analyzertest.Datagrams(specs, 1812, c.said)
		text := analyzertest.Text(r)
		if len(r.Records) != len(c.want) || strings.Contains(text, "s3cret") {
			t.Errorf("%s: %d records, want %d:\n%s", c.name, len(r.Records), len(c.want), text)
		}
		for _, w := range c.want {
			if !strings.Contains(text, w) {
				t.Errorf("%s: missing %s in\n%s", c.name, w, text)
			}
		}
	}
}

// Stated: an authentication takes 8 allocations, its record and texts.
func TestAllocations(t *testing.T) {
	one := []said{client(packet(request, attribute(attrUser, "steve"))), server(packet(accept))}
	base := testing.AllocsPerRun(50, func() { analyzertest.Datagrams(specs, 1812, nil) })
	if n := testing.AllocsPerRun(50, func() { analyzertest.Datagrams(specs, 1812, one) }) - base; n > 16 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkAuthentication(b *testing.B) {
	one := []said{client(packet(request, attribute(attrUser, "steve"))), server(packet(accept))}
	b.ReportAllocs()
	for b.Loop() {
		analyzertest.Datagrams(specs, 1812, one)
	}
}

func FuzzRADIUS(f *testing.F) {
	analyzertest.Fuzz(f, Spec, packet(request, attribute(attrUser, "steve")), packet(reject, attribute(attrReply, "no")))
}
