package ssrp

import (
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

func read(data string) (weird string) {
	a := Spec.New(&analyzer.Conversation{Weird: func(name, addl string) {
		if name == events.WeirdLongInstance {
			weird += addl
		}
	}})
	n, err := a.Feed(stream.Chunk{Data: []byte(data), Wire: len(data)})
	if n != len(data) || err != nil {
		return "left"
	}
	_ = a.Gap(flow.Orig, 1)
	a.Close()
	return weird
}

// Catches: an overlong name that passes, the longest honest one that does not.
func TestInstanceNames(t *testing.T) {
	for data, want := range map[string]string{
		"\x04MSSQLSERVER\x00": "", "\x04" + strings.Repeat("a", 32) + "\x00": "", "\x04" + strings.Repeat("a", 32): "", "\x04": "",
		"\x04" + strings.Repeat("\x01", 375): "375 bytes", "\x04" + strings.Repeat("a", 34): "34 bytes", "\x03": "", "": "",
		"\x05\x10\x00ServerName;A;;": "",
	} {
		if got := read(data); got != want {
			t.Errorf("%.20q: %q, want %q", data, got, want)
		}
	}
}

// Catches: a conversation of another protocol that is taken.
func TestProbe(t *testing.T) {
	for data, want := range map[string]analyzer.Verdict{"\x04X\x00": analyzer.Yes, "\x05\x02\x00ab": analyzer.Yes, "\x05\x00\x00ab": analyzer.No, "\x03": analyzer.No, "": analyzer.No, "GET /": analyzer.No} {
		if got := probe(flow.Orig, []byte(data), true); got != want {
			t.Errorf("%q: %v", data, got)
		}
		if probe(flow.Orig, []byte(data), false) != analyzer.No {
			t.Errorf("%q: taken on another port", data)
		}
	}
}

func TestAllocations(t *testing.T) {
	a := Spec.New(&analyzer.Conversation{})
	c := stream.Chunk{Data: []byte("\x04MSSQLSERVER\x00")}
	if n := testing.AllocsPerRun(100, func() { _, _ = a.Feed(c) }); n > 0 {
		t.Errorf("%v allocations a datagram", n)
	}
}

func BenchmarkQuestion(b *testing.B) {
	a := Spec.New(&analyzer.Conversation{})
	c := stream.Chunk{Data: []byte("\x04MSSQLSERVER\x00")}
	b.ReportAllocs()
	for b.Loop() {
		_, _ = a.Feed(c)
	}
}

// FuzzFeed wants no panic, and no weird about what fits.
func FuzzFeed(f *testing.F) {
	f.Add([]byte("\x04MSSQLSERVER\x00"))
	f.Add([]byte("\x04" + strings.Repeat("\x01", 375)))
	f.Fuzz(func(t *testing.T, data []byte) {
		_ = probe(flow.Orig, data, true)
		if got := read(string(data)); got != "" && len(data) <= 2+maxInstance {
			t.Errorf("%q: %q", data, got)
		}
	})
}
