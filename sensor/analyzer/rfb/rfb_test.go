package rfb

import (
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/analyzertest"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

var client, server = analyzertest.Client, analyzertest.Server

const shown = "\x05\x00\x03\x20" + "0123456789abcdef" + "\x00\x00\x00\x04desk"

// with is a session in version 3.8 by a password.
func with(result string, rest ...analyzertest.Said) []analyzertest.Said {
	return append([]analyzertest.Said{
		server("RFB 003.008\n"), client("RFB 003.008\n"), server("\x02\x02\x10"), client("\x02"), server("challengechallen"), client("responseresponse"), server(result),
	}, rest...)
}

// Catches: a step that is taken for the next, a desktop that is not read, the wrong side taken for the server.
func TestSessions(t *testing.T) {
	for _, c := range []struct {
		name string
		said []analyzertest.Said
		want string
	}{
		{"in", with("\x00\x00\x00\x00", client("\x01"), server(shown)), `"authentication_method":"VNC","auth":true,"share_flag":true,"desktop_name":"desk","width":1280,"height":800}`},
		{"refused", with("\x00\x00\x00\x01"), `"authentication_method":"VNC","auth":false}`},
		{"3.3 without a password", []analyzertest.Said{server("RFB 003.003\n"), client("RFB 003.003\n"), server("\x00\x00\x00\x01"), client("\x00"), server(shown)},
			`"server_minor_version":"003","authentication_method":"None","auth":true,"share_flag":false,"desktop_name":"desk"`},
		{"reverse", []analyzertest.Said{client("RFB 003.008\n"), server("RFB 003.008\n"), client("\x01\x01"), server("\x01"), client("\x00\x00\x00\x00"), server("\x01"), client(shown)},
			`"auth":true,"share_flag":true,"desktop_name":"desk","width":1280,"height":800,"reverse":true}`},
		{"only the server", []analyzertest.Said{server("RFB 003.008\n"), server("\x02\x02\x10"), server("challengechallen")}, `"server_major_version":"003","server_minor_version":"008"}`},
	} {
		r := analyzertest.Same(t, []analyzer.Spec{Spec}, 5900, c.said)
		if text := analyzertest.Text(r); len(r.Records) != 1 || !strings.Contains(text, c.want) || !strings.Contains(text, "services [rfb] weirds [] rejected 0") {
			t.Errorf("%s: %s", c.name, text)
		}
		analyzertest.Holes(t, []analyzer.Spec{Spec}, 5900, c.said)
	}
}

// Catches: a name that promises more than anybody may hold, and a second banner that is none.
func TestHostile(t *testing.T) {
	r := analyzertest.Same(t, []analyzer.Spec{Spec}, 5900, with("\x00\x00\x00\x00", client("\x01"), server("\x05\x00\x03\x200123456789abcdef\xff\xff\xff\xff")))
	if len(r.Records) != 1 || r.Rejected != 0 {
		t.Error(analyzertest.Text(r))
	}
	r = analyzertest.Same(t, []analyzer.Spec{Spec}, 5900, []analyzertest.Said{server("RFB 003.008\n"), client("GET / HTTP/1.1\r\n")})
	if r.Rejected != 1 {
		t.Error(analyzertest.Text(r))
	}
}

// maxAllocs of a session: the reader with its record, two flags, four versions, the name.
const maxAllocs = 9

func TestAllocations(t *testing.T) {
	conv := &analyzer.Conversation{Emit: func(events.Record) {}, Confirm: func(string) {}}
	said := with("\x00\x00\x00\x00", client("\x01"), server(shown))
	chunks := make([]stream.Chunk, len(said))
	for i, s := range said {
		chunks[i] = stream.Chunk{Dir: s.Dir, Data: []byte(s.Text)}
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
	said := with("\x00\x00\x00\x00", client("\x01"), server(shown))
	b.ReportAllocs()
	for b.Loop() {
		analyzertest.Play([]analyzer.Spec{Spec}, 5900, said, 0)
	}
}

func FuzzRFB(f *testing.F) {
	analyzertest.Fuzz(f, Spec, "RFB 003.008\nRFB 003.008\n\x01\x01\x01\x00\x00\x00\x00\x01"+shown, "RFB 003.003\n\x00\x00\x00\x02", "RFB 003.889\n\x04\x1e\x21\x24\x23")
}
