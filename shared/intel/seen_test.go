package intel

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

const noon = int64(1_770_000_000) / 3600 * 3600

var host = netip.MustParseAddr("10.0.0.5")

// search gives what a whole walk finds, as "value first-last clients".
func search(s *Seen, x *Index, since int64) (list []string) {
	w := s.NewWalk(x)
	for w.Next(s, since, 7, func(r Ref, g Sighting) {
		list = append(list, fmt.Sprintf("%s %d-%d %v %v %v", x.At(r).Value, g.First-noon, g.Last-noon, g.Clients, g.More, g.Talked))
	}) {
	}
	return list
}

func TestSeenFindsWhatIsListedLater(t *testing.T) {
	var s Seen
	s.Address(netip.MustParseAddr("203.0.113.9"), host, noon, true)
	s.Address(netip.MustParseAddr("203.0.113.9"), host, noon+60, false)
	s.Address(netip.MustParseAddr("203.0.113.77"), netip.MustParseAddr("fd00::7"), noon+1, false)
	s.Domain("a.b.bad.example.com", host, noon+3600, true)
	s.URL("bad.example.net", "/x?y=1", host, noon+2)
	s.Text(JA3, "0123456789abcdef0123456789abcdef", host, noon+3)
	for i := range 5 {
		s.Domain("many.example.org", netip.AddrFrom4([4]byte{10, 0, 1, byte(i)}), noon+int64(i), false)
	}
	for i := range 1000 {
		s.Domain(fmt.Sprintf("www.honest%d.example.com", i), host, noon, true)
	}
	x := built(t, nil, "203.0.113.9\n203.0.113.64/26\n*.bad.example.com\nhttp://bad.example.net/x\nja3:0123456789abcdef0123456789abcdef\nmany.example.org\nb.bad.example.com\n")
	want := []string{
		"203.0.113.9 0-60 [10.0.0.5] false true", "203.0.113.64/26 1-1 [fd00::7] false false", "bad.example.net/x 2-2 [10.0.0.5] false true",
		"0123456789abcdef0123456789abcdef 3-3 [10.0.0.5] false true", "many.example.org 0-4 [10.0.1.0 10.0.1.1] true false", "bad.example.com 3600-3600 [10.0.0.5] false true",
	}
	if got := search(&s, x, noon); !slices.Equal(got, want) {
		t.Errorf("found\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if got := search(&s, x, noon+3000); len(got) != 1 {
		t.Errorf("since fifty minutes later: %v", got)
	}
	if got := search(&s, nil, noon); got != nil {
		t.Errorf("without an index: %v", got)
	}
}

// What was seen is still there after a restart, wherever it is cut the rest is refused, and what is over a day old leaves memory and disk.
func TestSeenIsKept(t *testing.T) {
	var first, second Seen
	for i := range 600 {
		first.Domain(fmt.Sprintf("host%d.example.com", i), host, noon+int64(i%3)*3600, true)
	}
	first.Address(netip.MustParseAddr("2001:db8::9"), netip.MustParseAddr("fd00::7"), noon, true)
	disk := map[string][]byte{}
	save := func(s *Seen) (n int) {
		for !s.Save(func(key, value []byte) bool {
			n++
			if disk[string(key)] = slices.Clone(value); value == nil {
				delete(disk, string(key))
			}
			return n%2 == 0
		}) {
		}
		return n
	}
	if n := save(&first); n < 3 || save(&first) != 0 {
		t.Errorf("%d parts saved, and then again", n)
	}
	for key, value := range disk {
		if err := second.Load([]byte(key), value); err != nil {
			t.Fatal(err)
		}
		if err := new(Seen).Load([]byte(key), value[:len(value)-1]); err == nil {
			t.Error("a part that is cut short was taken")
		}
	}
	if err := second.Load([]byte("xx"), []byte{9}); err == nil {
		t.Error("nonsense was taken")
	}
	x := built(t, nil, "host7.example.com\nhost599.example.com\n2001:db8::/32\n")
	a, b := search(&first, x, noon), search(&second, x, noon)
	slices.Sort(a)
	slices.Sort(b)
	if len(a) != 3 || !slices.Equal(a, b) {
		t.Errorf("%v before, %v after", a, b)
	}
	save(&second)
	for i := range int64(hours) {
		second.Domain("later.example.com", host, noon+(30+i)*3600, true)
	}
	save(&second)
	if got := search(&second, x, 0); len(got) != 0 || len(disk) != hours {
		t.Errorf("over a day later %v is found, and %d parts are on disk, want %d", got, len(disk), hours)
	}
}

func TestSeenIsBounded(t *testing.T) {
	var s Seen
	for i := range perHour + 100 {
		s.Address(netip.AddrFrom4([4]byte{11, byte(i >> 16), byte(i >> 8), byte(i)}), netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), noon, true)
	}
	h := s.hours[noon/3600%hours]
	if len(h.entries) != perHour || s.Overflow() != 100 || len(h.clients) != perClients {
		t.Errorf("%d entries, %d missed, %d clients", len(h.entries), s.Overflow(), len(h.clients))
	}
	s.Address(netip.MustParseAddr("203.0.113.9"), host, noon-hours*3600, true)
	s.Domain("x", host, noon, true)
	s.Domain(strings.Repeat("a", 300)+".com", host, noon, true)
	if len(search(&s, built(t, nil, "203.0.113.9\n"), 0)) != 0 {
		t.Error("what was seen over a day before the newest is kept")
	}
}

func TestSeenAgainAllocatesNothing(t *testing.T) {
	var s Seen
	a := netip.MustParseAddr("203.0.113.9")
	f := func() {
		s.Address(a, host, noon, true)
		s.Domain("www.some.honest-name.example.org", host, noon, true)
	}
	f()
	if n := testing.AllocsPerRun(100, f); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkSeen(b *testing.B) {
	var s Seen
	names := make([]string, 4096)
	for i := range names {
		names[i] = fmt.Sprintf("www%d.honest-name%d.example.org", i, i/3)
	}
	b.Run("address", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			s.Address(netip.AddrFrom4([4]byte{93, 1, byte(i >> 8 & 15), byte(i)}), host, noon+int64(i&1023), true)
		}
	})
	b.Run("domain", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			s.Domain(names[i&4095], host, noon+int64(i&1023), true)
		}
	})
}
