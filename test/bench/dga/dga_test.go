package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/shared/dga"
)

// invented is a list of names glued from words and of names drawn by lot: none of them is anybody's.
func invented(n int) string {
	words := strings.Fields("river stone green market light house garden silver north bridge water travel music paper cloud summer coffee winter")
	random := rand.New(rand.NewPCG(7, 7))
	var b strings.Builder
	b.WriteString("name\tlabel\tfamily\n")
	for i := range n {
		fmt.Fprintf(&b, "%s%s%d.example\tbenign\tbenign\n", words[random.IntN(len(words))], words[random.IntN(len(words))], i)
		letters := make([]byte, 12)
		for j := range letters {
			letters[j] = byte('a' + random.IntN(26))
		}
		fmt.Fprintf(&b, "%s.example\tdga\tlot%d\n", letters, i%3)
	}
	return b.String()
}

func write(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write([]byte(text))
	z.Close()
	path := filepath.Join(t.TempDir(), "names.tsv.gz")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTrainingTellsApartAndIsTheSameAgain(t *testing.T) {
	names, err := read(write(t, invented(600)), 1)
	if err != nil {
		t.Fatal(err)
	}
	learn, held := split(names)
	first, second := train(learn, standard, 1), train(learn, standard, 1)
	if !bytes.Equal(first.Append(nil), second.Append(nil)) {
		t.Error("the same list and seed gave other weights")
	}
	s := score(first, held, (*name).long)
	if a := s.area(); a < 0.99 {
		t.Errorf("AUC %.3f on words beside letters drawn by lot, expected nearly 1", a)
	}
	if data := first.Append(nil); len(data) != dga.Size {
		t.Errorf("%d bytes of weights, expected %d", len(data), dga.Size)
	}
}

func TestListIsRefusedByLine(t *testing.T) {
	for text, says := range map[string]string{
		"name\tlabel\tfamily\na.example\tgood\tbenign\n": `:2: label "good": expected benign or dga`,
		"a.example\n": ":1:",
	} {
		if _, err := read(write(t, text), 1); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: error %v, expected %q", text, err, says)
		}
	}
	if _, err := read(filepath.Join(t.TempDir(), "names.tsv.gz"), 1); err == nil || !strings.Contains(err.Error(), "there is no list of names at ") {
		t.Errorf("missing list: %v", err)
	}
}

func TestMeasures(t *testing.T) {
	s := scored{benign: []float64{-2, -1, 0, 3}, generated: []float64{-1, 1, 2, 3}}
	if got := s.area(); got != (1.5+3+3+3.5)/16 {
		t.Errorf("area %v", got)
	}
	if got := s.precision(1); got != 0.75 {
		t.Errorf("precision %v, expected 3 of 4", got)
	}
	if got := reaching(s.generated, 0.75); got != 1 {
		t.Errorf("threshold for three of four: %v, expected 1", got)
	}
}
