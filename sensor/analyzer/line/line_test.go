package line

import "testing"

// Catches: a line end that is left in, a line that is waited for without end, a code that is none.
func TestLines(t *testing.T) {
	for _, c := range []struct {
		in, text string
		n        int
		ok       bool
	}{
		{"USER a\r\nPASS", "USER a", 8, true}, {"\n", "", 1, true}, {"half", "", 0, false}, {"", "", 0, false}, {"0123456789abc", "0123456789", 10, true},
		{"a\rb\n", "a\rb", 4, true},
	} {
		if text, n, ok := Cut([]byte(c.in), 10); string(text) != c.text || n != c.n || ok != c.ok {
			t.Errorf("%q: %q %d %v", c.in, text, n, ok)
		}
	}
	for in, want := range map[string]uint16{"220 x": 220, "220-x": 220, "220": 220, "22": 0, "2200": 0, "abc ": 0, "099 x": 0, "600 x": 0} {
		if code, more, _ := Code([]byte(in)); code != want || more != (in == "220-x") {
			t.Errorf("%q: %d %v", in, code, more)
		}
	}
	if w, rest := Word([]byte("mail \t from:<a>")); string(w) != "mail" || string(rest) != "from:<a>" || !Is(w, "MAIL") || Is(w, "MAI") {
		t.Errorf("%q %q", w, rest)
	}
	if yes, maybe := Verdict([]byte("eh"), "HELO", "EHLO"); yes || !maybe {
		t.Error(yes, maybe)
	}
}
