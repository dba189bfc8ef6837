package msrpc

import (
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
)

func args(t *testing.T, w wire, uuid string, opnum int, stub string) string {
	t.Helper()
	records, _ := read(t, "", 1<<20, sent{flow.Orig, w.binds(kindBind, plain, uuid) + w.ask(2, 0, opnum, stub, plain)})
	return records[0].Args
}

func TestTexts(t *testing.T) {
	wide := func(s string) string { return strings.Join(strings.Split(s, ""), "\x00") + "\x00" }
	for _, tt := range []struct{ what, stub, want string }{
		{"nothing", "", ""},
		{"two", le.text("one") + le.u32(4) + le.text("two"), "one two"},
		{"an empty one is none", le.text("") + le.text("x"), "x"},
		{"without a zero, in a longer room", le.u32(10) + le.u32(0) + le.u32(3) + wide("abc") + "\x00\x00", "abc"},
		{"a BSTR", le.u32(3) + le.u32(6) + le.u32(3) + wide("abc") + "\x00\x00", "abc"},
		{"counts of eight bytes", le.u32(4) + le.u32(0) + le.u32(0) + le.u32(0) + le.u32(4) + le.u32(0) + wide("abc") + "\x00\x00", "abc"},
		{"single bytes", le.u32(8) + le.u32(0) + le.u32(8) + "service\x00", "service"},
		{"more than there is room for", le.u32(3) + le.u32(0) + le.u32(4) + wide("abcd"), ""},
		{"more than there is", le.u32(400) + le.u32(0) + le.u32(400) + wide("abcd"), ""},
		{"no text", le.u32(4) + le.u32(0) + le.u32(4) + "\x01\x00\x02\x00\x03\x00\x04\x00", ""},
		{"other scripts", le.text("Büro 東京 😀"), "Büro 東京 😀"},
		{"half a character", le.u32(2) + le.u32(0) + le.u32(2) + "\x3d\xd8\x41\x00", ""},
		{"a path that is a program", le.u32(5) + le.u32(0) + le.u32(5) + "\\\x00\\\x00\x90\x00\x01\x00\\\x00", `\\..\`},
	} {
		if got := args(t, le, samr, 1, tt.stub); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.what, got, tt.want)
		}
	}
	if got := args(t, le, samr, 1, le.text(strings.Repeat("é", 3000))+le.text("more")); len(got) > maxArgs || got != strings.Repeat("é", maxArgs/2) {
		t.Errorf("%d bytes: %q", len(got), got)
	}
}

// class is 8bc3f05e-d86b-11d0-a075-00c04fb68820.
const class = "\x5e\xf0\xc3\x8b\x6b\xd8\xd0\x11\xa0\x75\x00\xc0\x4f\xb6\x88\x20"

// activation writes RemoteCreateInstance with two properties, of which the second says the class.
func activation(count int) string {
	serial := "\x01\x10\x08\x00\xcc\xcc\xcc\xcc" + le.u32(0) + le.u32(0)
	other := strings.Repeat("o", 40)
	wanted := serial + class + le.u32(20)
	ids := strings.Repeat("\x11", 16) + instantiation
	body := le.u32(0) + le.u32(0) + le.u32(2) + strings.Repeat("\x00", 16) + strings.Repeat("p", 12) + le.u32(count) + ids + le.u32(2) + le.u32(len(other)) + le.u32(len(wanted)) + le.u32(0)
	header := serial + le.u32(0) + le.u32(len(serial)+8+len(body)) + body
	object := objectSignature + le.u32(4) + strings.Repeat("i", 32) + le.u32(0) + le.u32(0) + le.u32(0) + le.u32(0)
	return strings.Repeat("\x05", 32) + le.u32(0) + le.u32(1) + object + header + other + wanted + le.text("SERVER")
}

func TestActivation(t *testing.T) {
	const scm = "000001a0-0000-0000-c000-000000000046"
	if got, want := args(t, le, scm, 4, activation(2)), "{8bc3f05e-d86b-11d0-a075-00c04fb68820} SERVER"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	whole := activation(2)
	for i := range len(whole) {
		args(t, le, scm, 4, whole[:i]) // must not panic
	}
	for _, n := range []int{0, 17, 1 << 30} {
		if got := args(t, le, scm, 4, activation(n)); strings.Contains(got, "{") {
			t.Errorf("%d properties: %q", n, got)
		}
	}
	if got := args(t, le, "4d9f4ab8-7d1c-11cf-861e-0020af6e7c57", 0, strings.Repeat("\x00", 32)+class+le.text("x")); got != "{8bc3f05e-d86b-11d0-a075-00c04fb68820} x" {
		t.Errorf("RemoteActivation: %q", got)
	}
}

func TestHeap(t *testing.T) {
	const wmi = "9556dc99-828c-11cf-a37e-00aa003240c7"
	object := objectSignature + "schema" + instanceOf + "more" + instanceOf
	for _, tt := range []struct{ values, want string }{
		{"\x01c\x00m\x00d\x00\x00\x00\x00C:\\\x00\xaa", "Win32_Process cmd C:\\"},
		{"\x00calc.exe\x00\x00\x00", "Win32_Process calc.exe"},
		{"\x01c\x00m\x00", "Win32_Process"},
		{"\x07junk", "Win32_Process"},
		{"", "Win32_Process"},
	} {
		if got := args(t, le, wmi, 24, le.text("Win32_Process")+object+tt.values); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.values, got, tt.want)
		}
	}
}
