package dga

import (
	"bytes"
	"math"
	"strings"
	"testing"
)

func TestEmbeddedIsSound(t *testing.T) {
	m := Embedded()
	if m.Likely <= 0 || m.Sure <= m.Likely {
		t.Errorf("thresholds likely %v, sure %v: expected 0 < likely < sure", m.Likely, m.Sure)
	}
	if got := m.Append(nil); !bytes.Equal(got, trained) {
		t.Error("the embedded weights do not come out as they went in")
	}
	if len(trained) > 256<<10 {
		t.Errorf("the weights take %d bytes, expected at most 256 KiB", len(trained))
	}
}

func TestParseRefuses(t *testing.T) {
	broken := bytes.Clone(trained)
	copy(broken, "PK\x03\x04")
	odd := bytes.Clone(trained)
	copy(odd[4:], "\x00\x00\xc0\x7f") // NaN
	for what, data := range map[string][]byte{"short": trained[:Size-1], "magic": broken, "number": odd, "empty": nil} {
		if _, err := Parse(data); err == nil {
			t.Errorf("%s: parsed, expected an error", what)
		}
	}
}

func TestScoreTellsApart(t *testing.T) {
	m := Embedded()
	for _, name := range []string{
		"wikipedia.org", "mail.google.com", "www.nytimes.com", "stackoverflow.com", "bbc.co.uk", "amazonaws.com", "openstreetmap.org",
		"kubernetes.io", "a.b.c.example.com", "debian.org", "microsoft.com", "letsencrypt.org", "sparkasse.de", "lemonde.fr", "x.com",
	} {
		if s := m.Score(name); s >= float64(m.Likely) {
			t.Errorf("%s scores %.2f, expected below %.2f; %v", name, s, m.Likely, m.Explain(name, 5))
		}
	}
	for _, name := range []string{
		"xkqjzvhwqptr.com", "qzvwkxjphtdgbn.net", "hqwzxrtvkpld.biz", "k3j9x0q7z2w8v5b1.info", "wbqhxztkdrmvpljc.ru", "zqxjvkwpthgrb.ddns.net",
	} {
		if s := m.Score(name); s < float64(m.Likely) {
			t.Errorf("%s scores %.2f, expected at least %.2f; %v", name, s, m.Likely, m.Explain(name, 5))
		}
	}
}

func TestExplainSumsToTheScore(t *testing.T) {
	m := Embedded()
	for _, name := range []string{"qzvwkxjphtdgbn.net", "wikipedia.org", "x", "a-9.co.uk", strings.Repeat("ab9", 30) + ".com"} {
		sum := float64(m.Bias)
		list := m.Explain(name, MaxFeatures)
		for i, r := range list {
			sum += r.Points
			if i > 0 && math.Abs(r.Points) > math.Abs(list[i-1].Points) {
				t.Errorf("%s: %v is louder than what stands before it", name, r)
			}
		}
		// Each reason is rounded to hundredths.
		if off := math.Abs(sum - m.Score(name)); off > 0.005*float64(len(list))+1e-6 {
			t.Errorf("%s: the reasons sum to %.3f, the score is %.3f", name, sum, m.Score(name))
		}
	}
	if got := len(m.Explain("qzvwkxjphtdgbn.net", 3)); got != 3 {
		t.Errorf("%d reasons, expected 3", got)
	}
}

func TestLabel(t *testing.T) {
	for _, c := range []struct{ name, label, suffix string }{
		{"mail.example.com", "example", "com"},
		{"mail.example.co.uk", "example", "co.uk"},
		{"abc.ddns.net", "abc", "ddns.net"},
		{"x.abc.mooo.com", "abc", "mooo.com"},
		{"ddns.net", "ddns", "net"},
		{"localhost", "localhost", ""},
		{"", "", ""},
	} {
		if label, suffix := Label(c.name); label != c.label || suffix != c.suffix {
			t.Errorf("%q: label %q below %q, expected %q below %q", c.name, label, suffix, c.label, c.suffix)
		}
	}
}

func TestScoreAllocatesNothing(t *testing.T) {
	m := Embedded()
	if n := testing.AllocsPerRun(100, func() { m.Score("www.qzvwkxjphtdgbn.co.uk") }); n != 0 {
		t.Errorf("%v allocations a name, expected none", n)
	}
}

func BenchmarkScore(b *testing.B) {
	m := Embedded()
	names := []string{"www.wikipedia.org", "qzvwkxjphtdgbn.net", "k3j9x0q7z2w8v5b1.info", "averylongnameofmanywordsinarow.co.uk"}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		m.Score(names[i&3])
	}
}

func FuzzScore(f *testing.F) {
	for _, s := range []string{"", ".", "a.b", "xn--bcher-kva.example", "\xff\xfe.com", strings.Repeat("a", 300), "..co.uk"} {
		f.Add(s)
	}
	m := Embedded()
	f.Fuzz(func(t *testing.T, name string) {
		var room [MaxFeatures]uint32
		for _, i := range m.Features(room[:0], name) {
			if i >= Weights {
				t.Fatalf("feature %d of %q is beyond the weights", i, name)
			}
		}
		if s := m.Score(name); math.IsNaN(s) || math.IsInf(s, 0) {
			t.Fatalf("%q scores %v", name, s)
		}
		m.Explain(name, 5)
	})
}
