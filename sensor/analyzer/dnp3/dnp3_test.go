package dnp3

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/analyzertest"
)

var specs = []analyzer.Spec{Spec}

// frame builds a link frame around transport and application bytes.
func frame(user string) string {
	head := []byte{0x05, 0x64, byte(len(user) + minCount), 0xc4, 1, 0, 2, 0}
	head = binary.LittleEndian.AppendUint16(head, check(head))
	for len(user) > 0 {
		n := min(len(user), blockLen)
		head = append(head, user[:n]...)
		head = binary.LittleEndian.AppendUint16(head, check([]byte(user[:n])))
		user = user[n:]
	}
	return string(head)
}

func exchange() []analyzertest.Said {
	return []analyzertest.Said{
		analyzertest.Client(frame("\xc0\xc1\x02" + strings.Repeat("x", 30))), analyzertest.Server(frame("\xc0\xc1\x81\x00\x10")),
		analyzertest.Client(frame("\xc1\xc1\x00")), analyzertest.Client(frame("\xc2\xc2\x19")), analyzertest.Server(frame("\xc1\xe0\x82\x00\x00")),
		analyzertest.Client(frame("\xc3\xc3\x0d")),
	}
}

// Catches: a request joined with another's response, a check that is believed unseen, a frame read over its blocks' checks.
func TestExchange(t *testing.T) {
	r := analyzertest.Same(t, specs, 20000, exchange())
	text := analyzertest.Text(r)
	for _, want := range []string{`"fc_request":"WRITE","fc_reply":"RESPONSE","iin":16}`, `"fc_request":"OPEN_FILE","fc_reply":"UNSOLICITED_RESPONSE","iin":0}`, `"fc_request":"COLD_RESTART"}`, "services [dnp3]"} {
		if !strings.Contains(text, want) {
			t.Errorf("missing %s in\n%s", want, text)
		}
	}
	if len(r.Records) != 3 {
		t.Errorf("%d records\n%s", len(r.Records), text)
	}
	analyzertest.Holes(t, specs, 20000, exchange())
	wrong := []byte(frame("\xc0\xc1\x02"))
	wrong[8]++
	if r := analyzertest.Play(specs, 20000, []analyzertest.Said{analyzertest.Client(string(wrong))}, 0); len(r.Services) != 0 {
		t.Error("a frame with a wrong check was taken")
	}
}

// Catches: another polynomial. The value is that of the reference for a link header "05 64 05 C0 01 00 00 04".
func TestCheck(t *testing.T) {
	if got := check([]byte("\x05\x64\x05\xc0\x01\x00\x00\x04")); got != 0x21e9 {
		t.Errorf("%#x", got)
	}
}

// Stated: an exchange takes 6 allocations beyond the test's own.
func TestAllocations(t *testing.T) {
	one := exchange()[:2]
	base := testing.AllocsPerRun(50, func() { analyzertest.Play(specs, 20000, one, 0) })
	if n := testing.AllocsPerRun(50, func() { analyzertest.Play(specs, 20000, append(one[:2:2], one...), 0) }) - base; n > 9 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkExchange(b *testing.B) {
	all := exchange()
	b.ReportAllocs()
	for b.Loop() {
		analyzertest.Play(specs, 20000, all, 0)
	}
}

func FuzzDNP3(f *testing.F) {
	analyzertest.Fuzz(f, Spec, frame("\xc0\xc1\x02"), frame("\xc0\xc1\x81\x00\x10")+frame(strings.Repeat("x", 249)))
}
