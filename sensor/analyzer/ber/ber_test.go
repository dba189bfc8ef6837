package ber

import (
	"bytes"
	"strings"
	"testing"
)

// Catches: a length read wrongly, a head believed too early, and forms that the protocols never use taken for good.
func TestReadHead(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want Head
		s    State
	}{
		{"", Head{}, Short},
		{"\x30", Head{Tag: Sequence}, Short},
		{"\x30\x05", Head{Sequence, 2, 5}, Whole},
		{"\x30\x7f", Head{Sequence, 2, 127}, Whole},
		{"\x30\x81", Head{Tag: Sequence}, Short},
		{"\x30\x81\x80", Head{Sequence, 3, 128}, Whole},
		{"\x30\x82\x01", Head{Tag: Sequence}, Short},
		{"\x6a\x84\xff\xff\xff\xff", Head{Application(10), 6, 1<<32 - 1}, Whole},
		{"\x30\x80", Head{}, Bad}, // indefinite
		{"\x30\x85\x00\x00\x00\x00\x01", Head{}, Bad},
		{"\x3f\x81\x01", Head{}, Bad}, // a tag of more bytes
	} {
		got, s := ReadHead([]byte(tt.in))
		if got != tt.want || s != tt.s {
			t.Errorf("%q: got %+v, %d, want %+v, %d", tt.in, got, s, tt.want, tt.s)
		}
	}
}

// Catches: an element that reaches beyond the bytes there are, or beyond the one around it.
func TestTake(t *testing.T) {
	b := []byte("\x02\x01\x07\x04\x03abcrest")
	n, rest, ok := TakeInt(b, Integer)
	if n != 7 || !ok {
		t.Fatalf("got %d, %v", n, ok)
	}
	if _, same, ok := Take(rest, Integer); ok || !bytes.Equal(same, rest) {
		t.Error("another tag is taken, or lost")
	}
	text, rest, ok := Take(rest, Octets)
	if string(text) != "abc" || string(rest) != "rest" || !ok {
		t.Errorf("got %q, %q, %v", text, rest, ok)
	}
	if _, _, ok := Take([]byte("\x04\x05abcd"), Octets); ok {
		t.Error("an element longer than the bytes is taken")
	}
	if _, _, ok := Take([]byte("\x04\x84\xff\xff\xff\xffabcd"), Octets); ok {
		t.Error("four gigabytes of six bytes")
	}
	if _, rest, ok := Inner([]byte("\xa0\x03\x02\x05\x01z"), Context(0), Integer); ok || string(rest) != "z" {
		t.Errorf("an inner element reaches beyond its field: %q", rest)
	}
}

func TestFind(t *testing.T) {
	b := []byte("\xa0\x01x\xa1\x01y\xa3\x01z")
	if c, ok := Find(b, Context(3)); string(c) != "z" || !ok {
		t.Errorf("got %q, %v", c, ok)
	}
	if _, ok := Find(b, Context(2)); ok {
		t.Error("found what is not there")
	}
	many := []byte(strings.Repeat("\x05\x00", maxFields) + "\x04\x00")
	if _, ok := Find(many, Octets); ok {
		t.Error("the search has no bound")
	}
}

func TestInt(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want int64
		ok   bool
	}{
		{"\x00", 0, true}, {"\x7f", 127, true}, {"\xff", -1, true}, {"\x00\x80", 128, true}, {"\xff\x79", -135, true},
		{"\x7f\xff\xff\xff\xff\xff\xff\xff", 1<<63 - 1, true}, {"", 0, false}, {"\x01\x00\x00\x00\x00\x00\x00\x00\x00", 0, false},
	} {
		if n, ok := Int([]byte(tt.in)); n != tt.want || ok != tt.ok {
			t.Errorf("%q: got %d, %v", tt.in, n, ok)
		}
	}
	if n, rest, ok := InnerInt([]byte("\xa1\x03\x02\x01\x05q"), Context(1)); n != 5 || string(rest) != "q" || !ok {
		t.Errorf("got %d, %q, %v", n, rest, ok)
	}
}

// FuzzNext walks whatever it is given, and wants every piece to lie inside.
func FuzzNext(f *testing.F) {
	f.Add([]byte("\x30\x06\x02\x01\x05\x04\x01a"))
	f.Add([]byte("\x30\x84\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for b := data; ; {
			_, content, rest, ok := Next(b)
			if !ok {
				break
			}
			if len(rest) >= len(b) || len(content)+len(rest) > len(b) {
				t.Fatalf("%d of content and %d of rest from %d", len(content), len(rest), len(b))
			}
			b = rest
		}
		_, _ = Find(data, Octets)
		_, _, _ = InnerInt(data, Context(1))
		_, _ = Int(data)
	})
}

func TestNoAllocation(t *testing.T) {
	b := []byte("\x30\x06\x02\x01\x05\x04\x01a")
	if n := testing.AllocsPerRun(100, func() {
		in, _, _ := Take(b, Sequence)
		_, rest, _ := TakeInt(in, Integer)
		_, _, _ = Take(rest, Octets)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
