package syslog

import (
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/analyzertest"
)

var specs = []analyzer.Spec{Spec}

// Catches: a priority that is read wrong, a message without one that is lost, binary data taken for a message, a long one kept whole.
func TestMessages(t *testing.T) {
	for in, want := range map[string]string{
		"<38>sshd[1]: Failed": `"proto":"udp","facility":"AUTH","severity":"INFO","message":"sshd[1]: Failed"`,
		"<191>x":              `"facility":"LOCAL7","severity":"DEBUG"`,
		"<192>x":              `"facility":"UNSPECIFIED","severity":"UNSPECIFIED","message":"<192>x"`,
		"X":                   `"facility":"UNSPECIFIED","severity":"UNSPECIFIED","message":"X"`,
		"<1":                  `"message":"<1"`, "<>x": `"message":"<>x"`, "<12345>x": `"message":"<12345>x"`,
		"\x00\x01binary":                     "services []",
		"<13>" + strings.Repeat("y", 60_000): `"facility":"USER"`,
	} {
		text := analyzertest.Text(analyzertest.Datagrams(specs, 514, []analyzertest.Said{analyzertest.Client(in)}))
		if !strings.Contains(text, want) || len(text) > 1500 {
			t.Errorf("%.40q: missing %s in %.600s", in, want, text)
		}
	}
}

// Stated: a message takes 4 allocations: its record, its text, and what a conversation takes.
func TestAllocations(t *testing.T) {
	one := []analyzertest.Said{analyzertest.Client("<38>sshd[1]: Failed")}
	two := append(append([]analyzertest.Said{}, one...), one...)
	base := testing.AllocsPerRun(50, func() { analyzertest.Datagrams(specs, 514, one) })
	if n := testing.AllocsPerRun(50, func() { analyzertest.Datagrams(specs, 514, two) }) - base; n > 4 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkMessage(b *testing.B) {
	one := []analyzertest.Said{analyzertest.Client("<38>sshd[1]: Failed password for root")}
	b.ReportAllocs()
	for b.Loop() {
		analyzertest.Datagrams(specs, 514, one)
	}
}

func FuzzSyslog(f *testing.F) { analyzertest.Fuzz(f, Spec, "<38>x", "<999>", "<") }
