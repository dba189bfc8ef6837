package intel

import (
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"strings"
	"testing"
)

// built makes an index of plain lines, after another.
func built(t testing.TB, before *Index, text string) *Index {
	t.Helper()
	b := NewBuilder(before)
	out, err := Read(strings.NewReader(text), Options{Name: "feed"}, func(in *Indicator) error { return b.Add("feed", in) })
	if err != nil || out.Bad > 0 {
		t.Fatal(err, out.Complaints)
	}
	return b.Index()
}

func TestFinds(t *testing.T) {
	x := built(t, nil, "203.0.113.9\n198.51.100.0/24\n198.51.100.64/26\n2001:db8:7::/48\n2001:db8::9\nbad.example.com\n*.worse.example.net\n"+
		"http://bad.example.com:8080/a/b?c=1\nhttp://plain.example.org/x\nhttp://203.0.113.7/\nja3:0123456789abcdef0123456789abcdef\n"+strings.Repeat("ab", 32)+"\n")
	address := func(s string) (Ref, bool) { return x.Address(netip.MustParseAddr(s)) }
	text := func(k Kind, s string) (Ref, bool) { return x.Text(k, s) }
	for _, c := range []struct {
		what, want string
		ref        Ref
		ok         bool
	}{
		want(address("203.0.113.9"))("203.0.113.9"), want(address("::ffff:203.0.113.9"))("203.0.113.9"), want(address("203.0.113.8"))(""),
		want(address("198.51.100.1"))("198.51.100.0/24"), want(address("198.51.100.70"))("198.51.100.64/26"), want(address("198.51.101.1"))(""),
		want(address("2001:db8:7:1::2"))("2001:db8:7::/48"), want(address("2001:db8::9"))("2001:db8::9"), want(address("2001:db8:8::1"))(""),
		want(x.Domain("bad.example.com"))("bad.example.com"), want(x.Domain("www.bad.example.com"))(""), want(x.Domain("example.com"))(""),
		want(x.Domain("worse.example.net"))("worse.example.net"), want(x.Domain("a.b.worse.example.net"))("worse.example.net"), want(x.Domain("notworse.example.net"))(""),
		want(x.URL("bad.example.com:8080", "/a/b?c=1"))("bad.example.com:8080/a/b?c=1"), want(x.URL("BAD.example.com:8080", "/a/b?c=1"))("bad.example.com:8080/a/b?c=1"),
		want(x.URL("bad.example.com:8080", "/a/b"))(""), want(x.URL("plain.example.org:80", "/x?y=1"))("plain.example.org/x"), want(x.URL("203.0.113.7", "/"))("203.0.113.7/"),
		want(text(JA3, "0123456789abcdef0123456789abcdef"))("0123456789abcdef0123456789abcdef"), want(text(MD5, "0123456789abcdef0123456789abcdef"))(""),
		want(text(SHA256, strings.Repeat("ab", 32)))(strings.Repeat("ab", 32)), want(x.Domain(""))(""), want(x.Domain("com"))(""), want(x.URL("", ""))(""), want(x.Text(JA4, ""))(""),
	} {
		if c.ok != (c.want != "") || c.ok && x.At(c.ref).Value != c.want {
			t.Errorf("found %v, want %q", c.ok, c.want)
		}
	}
	var none *Index
	if _, ok := none.Address(netip.MustParseAddr("203.0.113.9")); ok || none.Len() != 0 || none.Count(Domain) != 0 || none.Bytes() != 0 {
		t.Error("an index that is not there has something")
	}
}

func want(r Ref, ok bool) func(string) struct {
	what, want string
	ref        Ref
	ok         bool
} {
	return func(s string) struct {
		what, want string
		ref        Ref
		ok         bool
	} {
		return struct {
			what, want string
			ref        Ref
			ok         bool
		}{"", s, r, ok}
	}
}

// Several that say the same are kept apart by source, and the surest that is valid speaks.
func TestSameValueOfSeveralSources(t *testing.T) {
	b := NewBuilder(nil)
	for _, in := range []Indicator{
		{Kind: Domain, Value: "x.example.com", Source: "a", Confidence: 30, From: 500},
		{Kind: Domain, Value: "x.example.com", Source: "b", Confidence: 90, Until: 1000},
		{Kind: Domain, Value: "x.example.com", Source: "c", Confidence: 60, Below: true},
		{Kind: Domain, Value: "x.example.com", Source: "a", Confidence: 40, From: 100},
	} {
		if err := b.Add("f", &in); err != nil {
			t.Fatal(err)
		}
	}
	x := b.Index()
	r, ok := x.Domain("x.example.com")
	if !ok || x.Len() != 3 || x.At(r).Source != "b" || x.At(x.Best(r, 900)).Source != "b" || x.At(x.Best(r, 2000)).Source != "c" {
		t.Errorf("%v %d %+v %+v", ok, x.Len(), x.At(r), x.At(x.Best(r, 2000)))
	}
	if _, ok := x.Domain("y.x.example.com"); !ok {
		t.Error("one of three says all below, and it is not found")
	}
	for i := range x.Len() {
		if in := x.At(Ref(i)); in.Source == "a" && (in.Confidence != 40 || in.From != 100) {
			t.Errorf("two of one source did not become one: %+v", in)
		}
	}
}

func TestCarry(t *testing.T) {
	b := NewBuilder(nil)
	for file, v := range map[string]string{"one": "a.example.com", "two": "b.example.com"} {
		if err := b.Add(file, &Indicator{Kind: Domain, Value: v, Confidence: 50, Source: file}); err != nil {
			t.Fatal(err)
		}
	}
	first := b.Index()
	b = NewBuilder(first)
	if n, err := b.Carry("two"); n != 1 || err != nil {
		t.Fatalf("carried %d, %v", n, err)
	}
	for _, v := range []string{"a.example.com", "c.example.com"} {
		if err := b.Add("one", &Indicator{Kind: Domain, Value: v, Confidence: 50, Source: "one"}); err != nil {
			t.Fatal(err)
		}
	}
	x := b.Index()
	for _, name := range []string{"a.example.com", "b.example.com", "c.example.com"} {
		r, ok := x.Domain(name)
		if !ok {
			t.Errorf("%s is not found", name)
		}
		if old, there := first.Domain(name); there && first.ID(old) != x.ID(r) {
			t.Errorf("%s has another id in the next index", name)
		}
	}
}

func TestBuilderIsBounded(t *testing.T) {
	b := NewBuilder(nil)
	b.x.entries = make([]entry, MaxIndicators)
	if err := b.Add("f", &Indicator{Kind: Domain, Value: "x.example.com"}); !errors.Is(err, ErrFull) {
		t.Errorf("error %v, want ErrFull", err)
	}
	b = NewBuilder(nil)
	long := strings.Repeat("x", 1000)
	for i := range maxTexts/maxText + 2000 {
		if n := b.text(fmt.Sprint(i, long)); n == 0 {
			break
		}
	}
	if b.x.dropped != 1 || b.held > maxTexts {
		t.Errorf("%d bytes of texts held, %d dropped", b.held, b.x.dropped)
	}
	for i := range maxSources + 10 {
		b.source(fmt.Sprint(i))
	}
	if len(b.x.sources) != maxSources {
		t.Errorf("%d sources", len(b.x.sources))
	}
}

func TestLookUpAllocatesNothing(t *testing.T) {
	x := million(50_000)
	a, hit := netip.MustParseAddr("192.0.2.77"), netip.MustParseAddr("11.0.0.4")
	n := testing.AllocsPerRun(100, func() {
		x.Address(a)
		x.Address(hit)
		x.Domain("www.some.honest-name.example.org")
		x.Domain("host5.bad-domain.example.com")
		x.URL("www.example.org:80", "/index.html?q=1")
		x.Text(JA3, "0123456789abcdef0123456789abcdef")
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// million is an index of n indicators of all kinds, as lists have them.
func million(n int) *Index {
	b := NewBuilder(nil)
	for i := range n {
		in := Indicator{Source: fmt.Sprintf("feed %d", i%20), Confidence: uint8(i % 101), From: int64(1.7e9) + int64(i), Text: fmt.Sprintf("family %d", i%5000)}
		switch i % 10 {
		case 0, 1, 2:
			in.Kind, in.Value = Domain, fmt.Sprintf("host%d.bad-domain.example.com", i)
		case 3, 4, 5:
			in.Kind, in.Value = Address, netip.AddrFrom4([4]byte{11, byte(i >> 16), byte(i >> 8), byte(i)}).String()
		case 6:
			in.Kind, in.Value = Address, netip.PrefixFrom(netip.AddrFrom4([4]byte{12 + byte(i>>20), byte(i >> 12), byte(i >> 4), 0}), 24).String()
		case 7:
			in.Kind, in.Value = URL, fmt.Sprintf("bad%d.example.net/some/path/of/usual/length/%d.php?id=%d", i, i, i)
		default:
			in.Kind, in.Value = SHA256, fmt.Sprintf("%064x", i)
		}
		if err := b.Add("f", &in); err != nil {
			panic(err)
		}
	}
	return b.Index()
}

// A million indicators with sources and descriptions stay below 200 MiB.
func TestAMillionFit(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	x := million(1_000_000)
	runtime.GC()
	runtime.ReadMemStats(&after)
	took := int(after.HeapAlloc - before.HeapAlloc)
	t.Logf("%d indicators, %d MiB of heap, %d MiB as the index says, %d bytes each", x.Len(), took>>20, x.Bytes()>>20, took/x.Len())
	if took > 200<<20 || x.Len() < 900_000 {
		t.Errorf("%d indicators take %d MiB, want at most 200", x.Len(), took>>20)
	}
}

func BenchmarkBuildMillion(b *testing.B) {
	for b.Loop() {
		million(1_000_000)
	}
}

func BenchmarkReadMillion(b *testing.B) {
	var text strings.Builder
	for i := range 1_000_000 {
		fmt.Fprintf(&text, "host%d.bad-domain.example.com,domain,feed %d,%d,2026-01-02,family %d\n", i, i%20, i%101, i%5000)
	}
	list := "indicator,type,source,confidence,first_seen,tags\n" + text.String()
	b.SetBytes(int64(len(list)))
	for b.Loop() {
		build := NewBuilder(nil)
		if _, err := Read(strings.NewReader(list), Options{Name: "f"}, func(in *Indicator) error { return build.Add("f", in) }); err != nil {
			b.Fatal(err)
		}
		build.Index()
	}
}

func BenchmarkLookUp(b *testing.B) {
	x := million(1_000_000)
	addresses, hits := make([]netip.Addr, 4096), make([]netip.Addr, 4096)
	names, known := make([]string, 4096), make([]string, 4096)
	for i := range addresses {
		addresses[i] = netip.AddrFrom4([4]byte{93, byte(i * 7), byte(i >> 4), byte(i)})
		j := (i * 2441) % 990_000 / 10 * 10
		hits[i] = netip.AddrFrom4([4]byte{11, byte((j + 3) >> 16), byte((j + 3) >> 8), byte(j + 3)})
		names[i] = fmt.Sprintf("www%d.honest-name.example.org", i)
		known[i] = fmt.Sprintf("host%d.bad-domain.example.com", j)
	}
	run := func(name string, f func(i int) bool, want bool) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if f(i&4095) != want {
					b.Fatal(i)
				}
			}
		})
	}
	run("address/miss", func(i int) bool { _, ok := x.Address(addresses[i]); return ok }, false)
	run("address/hit", func(i int) bool { _, ok := x.Address(hits[i]); return ok }, true)
	run("domain/miss", func(i int) bool { _, ok := x.Domain(names[i]); return ok }, false)
	run("domain/hit", func(i int) bool { _, ok := x.Domain(known[i]); return ok }, true)
}
