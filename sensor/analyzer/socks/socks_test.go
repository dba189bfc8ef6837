package socks

import (
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/analyzertest"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

var client, server = analyzertest.Client, analyzertest.Server

var sessions = []struct {
	name string
	said []analyzertest.Said
	want string // "": no record
}{
	{"5 by name", []analyzertest.Said{client("\x05\x01\x00"), server("\x05\x00"), client("\x05\x01\x00\x03\x0bexample.com\x01\xbb"), server("\x05\x00\x00\x01\x0a\x00\x00\x02\x9c\x40")},
		`"version":5,"status":"succeeded","request.name":"example.com","request_p":443,"bound.host":"10.0.0.2","bound_p":40000,"command":"connect"}`},
	{"5 with a password", []analyzertest.Said{
		client("\x05\x02\x00\x02"), server("\x05\x02"), client("\x01\x04user\x06secret"), server("\x01\x00"),
		client("\x05\x03\x00\x04" + "0123456789abcdef" + "\x00\x35"), server("\x05\x05\x00\x01\x00\x00\x00\x00\x00\x00"),
	}, `"version":5,"user":"user","status":"Connection refused","request.host":"3031:3233:3435:3637:3839:6162:6364:6566","request_p":53,"bound.host":"0.0.0.0","command":"udp"}`},
	{"4", []analyzertest.Said{client("\x04\x01\x00\x50\x5d\xb8\xd8\x22me\x00"), server("\x00\x5a\x00\x50\x0a\x00\x00\x02")},
		`"version":4,"user":"me","status":"succeeded","request.host":"93.184.216.34","request_p":80,"bound.host":"10.0.0.2","bound_p":80,"command":"connect"}`},
	{"4a", []analyzertest.Said{client("\x04\x01\x00\x50\x00\x00\x00\x01\x00example.com\x00"), server("\x00\x5b\x00\x00\x00\x00\x00\x00")},
		`"status":"general SOCKS server failure","request.name":"example.com","request_p":80`},
	{"no answer", []analyzertest.Said{client("\x05\x01\x00"), server("\x05\x00"), client("\x05\x01\x00\x01\x01\x02\x03\x04\x00\x50")}, `"request.host":"1.2.3.4","request_p":80,"command":"connect"}`},
	{"refused at the door", []analyzertest.Said{client("\x05\x01\x00"), server("\x05\xff")}, ""},
	{"something else that begins so", []analyzertest.Said{client("\x05\x01\x00"), server("hello"), client("xxxxxxxxxx")}, ""},
}

// Catches: a turn that is taken for another, a password in a record, an answer that is not understood.
func TestSessions(t *testing.T) {
	for _, c := range sessions {
		r := analyzertest.Same(t, []analyzer.Spec{Spec}, 1080, c.said)
		text := analyzertest.Text(r)
		if strings.Contains(text, "secret") {
			t.Errorf("%s: a password was kept: %s", c.name, text)
		}
		if len(r.Records) > 1 || (len(r.Records) == 1) != (c.want != "") || !strings.Contains(text, c.want) || c.want != "" && !strings.Contains(text, "services [socks]") {
			t.Errorf("%s: %s", c.name, text)
		}
		analyzertest.Holes(t, []analyzer.Spec{Spec}, 1080, c.said)
	}
}

// Catches: what a proxy carries that nobody reads any more.
func TestHandOver(t *testing.T) {
	inner := analyzer.Spec{
		Name: "inner", Over: analyzer.TCP, New: func(c *analyzer.Conversation) analyzer.Analyzer { c.Confirm(""); return open(c) },
		Probe: func(_ flow.Dir, head []byte, _ bool) analyzer.Verdict {
			if strings.HasPrefix(string(head), "INNER") {
				return analyzer.Yes
			}
			return analyzer.Maybe
		},
	}
	said := append(sessions[0].said[:len(sessions[0].said):len(sessions[0].said)], client("INNER"))
	if r := analyzertest.Play([]analyzer.Spec{Spec, inner}, 1080, said, 0); strings.Join(r.Services, ",") != "socks,inner" {
		t.Error(analyzertest.Text(r))
	}
}

// maxAllocs of a session: the reader with its record, and a name.
const maxAllocs = 4

func TestAllocations(t *testing.T) {
	conv := &analyzer.Conversation{Emit: func(events.Record) {}, Confirm: func(string) {}}
	var chunks []stream.Chunk
	for _, s := range sessions[0].said {
		chunks = append(chunks, stream.Chunk{Dir: s.Dir, Data: []byte(s.Text)})
	}
	n := testing.AllocsPerRun(100, func() {
		r := Spec.New(conv)
		for _, c := range chunks {
			_, _ = r.Feed(c)
		}
		r.Close()
	})
	if n > maxAllocs {
		t.Errorf("%.0f allocations, at most %d are stated", n, maxAllocs)
	}
}

func BenchmarkSession(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		analyzertest.Play([]analyzer.Spec{Spec}, 1080, sessions[0].said, 0)
	}
}

func FuzzSOCKS(f *testing.F) {
	analyzertest.Fuzz(f, Spec, "\x05\x01\x00\x05\x00\x05\x01\x00\x03\x03a.b\x00\x50", "\x04\x01\x00\x50\x00\x00\x00\x01u\x00n\x00", "\x05\x01\x02\x05\x02\x01\x01u\x01p\x01\x00")
}
