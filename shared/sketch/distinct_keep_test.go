package sketch

import (
	"bytes"
	"testing"
)

func TestDistinctIsKept(t *testing.T) {
	for _, n := range []int{0, 1, 64, 65, 5000} {
		var d, back Distinct
		for i := range n {
			d.Add(Mix(uint64(i)))
		}
		data := d.Append([]byte("head"))[4:]
		rest, err := back.Parse(append(data, "tail"...))
		if err != nil || string(rest) != "tail" || back.Count() != d.Count() || !bytes.Equal(back.Append(nil), d.Append(nil)) {
			t.Errorf("%d: came back as %d, rest %q, error %v", n, back.Count(), rest, err)
		}
		if n > 0 && back.Add(Mix(0)) {
			t.Errorf("%d: what was counted counts again", n)
		}
		if _, err := back.Parse(data[:len(data)-1]); err == nil {
			t.Errorf("%d: what is cut short is taken", n)
		}
	}
}
