package places

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"
)

const ranges = `{"syncToken": "1", "createDate": "2026-11-25-12-00-00", "prefixes": [
	{"ip_prefix": "52.94.0.0/15", "region": "GLOBAL", "service": "AMAZON", "network_border_group": "GLOBAL"},
	{"ip_prefix": "52.95.110.0/24", "region": "eu-west-1", "service": "AMAZON", "network_border_group": "eu-west-1"},
	{"ip_prefix": "52.95.0.0/16", "region": "eu-west-1", "service": "EC2", "network_border_group": "eu-west-1"},
	{"ip_prefix": "52.95.128.0/20", "region": "eu-central-1", "service": "EC2", "network_border_group": "eu-central-1"},
	{"ip_prefix": "52.95.128.0/20", "region": "eu-central-1", "service": "S3", "network_border_group": "eu-central-1"},
	{"ip_prefix": "52.95.128.0/20", "region": "eu-central-1", "service": "AMAZON", "network_border_group": "eu-central-1"},
	{"ip_prefix": "255.255.255.0/24", "region": "moon-1", "service": "EC2", "network_border_group": "moon-1"}
], "ipv6_prefixes": [
	{"ipv6_prefix": "2a05:d018::/36", "region": "eu-west-1", "service": "EC2", "network_border_group": "eu-west-1"},
	{"ipv6_prefix": "2a05:d018::/35", "region": "GLOBAL", "service": "AMAZON", "network_border_group": "GLOBAL"}
]}`

func TestRanges(t *testing.T) {
	r, err := ReadRanges(strings.NewReader(ranges), "ip-ranges.json")
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]string{
		"52.93.255.255": " ", "52.94.0.0": "AMAZON GLOBAL", "52.95.0.0": "EC2 eu-west-1", "52.95.110.1": "EC2 eu-west-1", "52.95.128.0": "S3 eu-central-1",
		"52.95.143.255": "S3 eu-central-1", "52.95.144.0": "EC2 eu-west-1", "52.95.255.255": "EC2 eu-west-1", "52.96.0.0": " ", "0.0.0.0": " ",
		"255.255.255.255": "EC2 moon-1", "2a05:d018::1": "EC2 eu-west-1", "2a05:d018:1000::": "AMAZON GLOBAL", "2a05:d018:2000::": " ", "::1": " ", "ffff::": " ",
	} {
		service, region := r.Of(netip.MustParseAddr(address))
		if got := service + " " + region; got != want {
			t.Errorf("%s is %q, want %q", address, got, want)
		}
	}
	if n := testing.AllocsPerRun(100, func() { r.Of(netip.AddrFrom4([4]byte{52, 95, 128, 9})) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestRangesAgainstSearch holds the pieces against a search through all ranges.
func TestRangesAgainstSearch(t *testing.T) {
	luck := rand.New(rand.NewPCG(1, 2))
	var all []ranged
	for range 3000 {
		bits := 8 + luck.IntN(25)
		a := netip.AddrFrom4([4]byte{byte(10 + luck.IntN(3)), byte(luck.IntN(4)), byte(luck.IntN(256)), byte(luck.IntN(256))})
		p, _ := a.Prefix(bits)
		all = append(all, ranged{p, []string{"AMAZON", "EC2", "S3", "DYNAMODB"}[luck.IntN(4)], fmt.Sprint("r", luck.IntN(3))})
	}
	slow := func(a netip.Addr) (best ranged) {
		for _, r := range all {
			if !r.prefix.Contains(a) {
				continue
			}
			better := best.service == "" || (best.service == amazon && r.service != amazon) ||
				(best.service == amazon) == (r.service == amazon) && (r.prefix.Bits() > best.prefix.Bits() ||
					r.prefix.Bits() == best.prefix.Bits() && (exactness(r.service) > exactness(best.service) ||
						exactness(r.service) == exactness(best.service) && (r.service < best.service || r.service == best.service && r.region < best.region)))
			if better {
				best = r
			}
		}
		return best
	}
	r := cutUp(slices.Clone(all))
	for range 5000 {
		a := netip.AddrFrom4([4]byte{byte(9 + luck.IntN(5)), byte(luck.IntN(5)), byte(luck.IntN(256)), byte(luck.IntN(256))})
		service, region := r.Of(a)
		if want := slow(a); service != want.service || region != want.region {
			t.Fatalf("%s is %s %s, want %+v", a, service, region, want)
		}
	}
}

func TestMistakesInRanges(t *testing.T) {
	for text, says := range map[string]string{
		"":   "not AWS's ip-ranges.json",
		"[]": "not AWS's ip-ranges.json",
		"{}": "0 prefixes",
		`{"prefixes": [{"ip_prefix": "52.95.0/16", "service": "S3"}, {"ip_prefix": "52.95.0.0/16", "region": "r", "service": "S3"}]}`:                      `prefixes[0].ip_prefix: "52.95.0/16" is not a range of IPv4 addresses`,
		`{"prefixes": [{"ip_prefix": "52.95.0.0/16", "region": "r", "service": "S3"}], "ipv6_prefixes": [{"ipv6_prefix": "1.2.3.0/24", "service": "S3"}]}`: `ipv6_prefixes[0].ipv6_prefix: "1.2.3.0/24" is not a range of IPv6 addresses`,
		`{"prefixes": [{"ip_prefix": "52.95.0.0/16", "region": "r", "service": "S3"}, {"ip_prefix": "1.2.3.0/24"}]}`:                                       `prefixes[1].service: ""`,
		`{"prefixes": [{"ip_prefix": "52.95.0.0/16", "region": "r", "service": "S3"}` + strings.Repeat(`,{}`, 20) + `]}`:                                   "and 10 mistakes more",
	} {
		r, err := ReadRanges(strings.NewReader(text), "x.json")
		if err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), "x.json") {
			t.Errorf("%.70q: %v; it does not say %q", text, err, says)
		}
		if service, _ := r.Of(netip.MustParseAddr("52.95.1.1")); strings.Contains(text, "52.95.0.0/16") && service != "S3" {
			t.Errorf("%.70q: what is right was not used", text)
		}
	}
	if _, err := ReadRanges(strings.NewReader(strings.Repeat(" ", MaxRanges+1)), "x.json"); err == nil || !strings.Contains(err.Error(), "more than 33554432 bytes") {
		t.Errorf("of a huge file: %v", err)
	}
}

// write makes a database.
func write(t testing.TB, name string, entries map[string]mmdbtype.Map) string {
	t.Helper()
	w, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: "Test", RecordSize: 24, IncludeReservedNetworks: true})
	if err != nil {
		t.Fatal(err)
	}
	for network, value := range entries {
		_, n, err := net.ParseCIDR(network)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Insert(n, value); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if _, err := w.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	return file(t, name, b.Bytes())
}

func file(t testing.TB, name string, text []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func asn(t testing.TB) string {
	return write(t, "asn.mmdb", map[string]mmdbtype.Map{
		"1.0.0.0/24":      {"autonomous_system_number": mmdbtype.Uint32(13335), "autonomous_system_organization": mmdbtype.String("Cloud \x1b[2Jflare")},
		"2.0.0.0/24":      {"asn": mmdbtype.String("AS15169"), "as_name": mmdbtype.String(strings.Repeat("ä", 300))},
		"3.0.0.0/24":      {"asn": mmdbtype.String("ASnone"), "as_name": mmdbtype.String("none")},
		"52.95.128.0/24":  {"autonomous_system_number": mmdbtype.Uint32(16509), "autonomous_system_organization": mmdbtype.String("AMAZON-02")},
		"2a05:d018::/32":  {"autonomous_system_number": mmdbtype.Uint32(16509), "autonomous_system_organization": mmdbtype.String("AMAZON-02")},
		"4.0.0.0/24":      {"autonomous_system_number": mmdbtype.Uint64(1 << 40)},
		"198.51.100.0/24": {"autonomous_system_number": mmdbtype.Slice{mmdbtype.Uint32(1)}},
	})
}

func country(t testing.TB) string {
	inner := func(code string) mmdbtype.Map { return mmdbtype.Map{"iso_code": mmdbtype.String(code)} }
	return write(t, "country.mmdb", map[string]mmdbtype.Map{
		"1.0.0.0/24":     {"country": inner("AU"), "registered_country": inner("US")},
		"2.0.0.0/24":     {"country": mmdbtype.String("fr")},
		"3.0.0.0/24":     {"country": mmdbtype.String("Germany"), "country_code": mmdbtype.String("DE")},
		"4.0.0.0/24":     {"registered_country": inner("NL")},
		"5.0.0.0/24":     {"country": inner("EUROPE")},
		"52.95.128.0/24": {"country": inner("DE")},
	})
}

func TestPlaces(t *testing.T) {
	b, err := Open(Options{Ranges: file(t, "ip-ranges.json", []byte(ranges)), ASN: asn(t), Country: country(t)})
	if err != nil || len(b.Missing()) != 0 {
		t.Fatal(err, b.Missing())
	}
	for address, want := range map[string]Place{
		"52.95.128.7":        {Service: "S3", Network: "eu-central-1", ASN: 16509, ASName: "AMAZON-02", Country: "DE"},
		"::ffff:52.95.128.7": {Service: "S3", Network: "eu-central-1", ASN: 16509, ASName: "AMAZON-02", Country: "DE"},
		"2a05:d018::7":       {Service: "EC2", Network: "eu-west-1", ASN: 16509, ASName: "AMAZON-02"},
		"1.0.0.1":            {ASN: 13335, ASName: "Cloud [2Jflare", Country: "AU"},
		"2.0.0.1":            {ASN: 15169, ASName: strings.Repeat("ä", maxText/2), Country: "FR"},
		"3.0.0.1":            {Country: "DE"},
		"4.0.0.1":            {Country: "NL"},
		"5.0.0.1":            {}, "10.0.0.1": {}, "127.0.0.1": {}, "fd00::1": {}, "198.51.100.1": {}, "224.0.0.1": {},
	} {
		if got := b.Of(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s is %+v, want %+v", address, got, want)
		}
	}
	if got := b.Of(netip.Addr{}); got != (Place{}) {
		t.Errorf("no address is %+v", got)
	}
}

// TestWithoutFiles: what is not set up is named, and what is damaged takes nothing from the others.
func TestWithoutFiles(t *testing.T) {
	var none *Book
	empty, err := Open(Options{})
	for _, b := range []*Book{none, empty} {
		if got := b.Of(netip.MustParseAddr("1.0.0.1")); err != nil || got != (Place{}) || fmt.Sprint(b.Missing()) != "[AWS address ranges ASN database country database]" {
			t.Errorf("without files %+v, missing %q, %v", got, b.Missing(), err)
		}
	}
	whole, err := os.ReadFile(asn(t))
	if err != nil {
		t.Fatal(err)
	}
	for what, text := range map[string][]byte{"text": []byte("hello"), "nothing": nil, "the first half": whole[:len(whole)/2], "without its end": whole[:len(whole)-10]} {
		b, err := Open(Options{ASN: file(t, "bad.mmdb", text), Country: country(t)})
		if err == nil || !strings.Contains(err.Error(), "read ASN database: ") || !strings.Contains(err.Error(), "bad.mmdb") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", what, err)
		}
		if got := b.Of(netip.MustParseAddr("1.0.0.1")); got != (Place{Country: "AU"}) || fmt.Sprint(b.Missing()) != "[AWS address ranges]" {
			t.Errorf("%s: %+v, missing %q", what, got, b.Missing())
		}
	}
	huge := file(t, "huge.mmdb", nil)
	if err := os.Truncate(huge, MaxDatabase+1); err != nil {
		t.Skip("no file can be that large here: ", err)
	}
	b, err := Open(Options{ASN: huge, Country: filepath.Join(t.TempDir(), "none.mmdb"), Ranges: file(t, "r.json", []byte(ranges))})
	if err == nil || !strings.Contains(err.Error(), "at most 536870912 are read") || !strings.Contains(err.Error(), "none.mmdb: no such file") {
		t.Errorf("huge, and not there: %v", err)
	}
	if got := b.Of(netip.MustParseAddr("52.95.128.7")).Service; got != "S3" {
		t.Errorf("beside it %q", got)
	}
}

// TestDamagedDatabase: whatever bits of a database turn, asking it ends, and with what fits.
func TestDamagedDatabase(t *testing.T) {
	whole, err := os.ReadFile(asn(t))
	if err != nil {
		t.Fatal(err)
	}
	luck := rand.New(rand.NewPCG(3, 4))
	for range 500 {
		bad := slices.Clone(whole)
		for range 1 + luck.IntN(5) {
			bad[luck.IntN(len(bad))] ^= byte(1 << luck.IntN(8))
		}
		b, _ := Open(Options{ASN: file(t, "bad.mmdb", bad)})
		for _, a := range []string{"1.0.0.1", "2.0.0.1", "198.51.100.1", "2a05:d018::7"} {
			if p := b.Of(netip.MustParseAddr(a)); len(p.ASName) > maxText {
				t.Errorf("%s has a name of %d bytes", a, len(p.ASName))
			}
		}
	}
}

// FuzzRanges: whatever is in the file, every piece is found where it begins.
func FuzzRanges(f *testing.F) {
	f.Add([]byte(ranges))
	f.Add([]byte(`{"prefixes": [{"ip_prefix": "0.0.0.0/0", "service": "S3"}, {"ip_prefix": "255.255.255.255/32", "service": "EC2"}], "ipv6_prefixes": [{"ipv6_prefix": "::/0", "service": "A"}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, _ := ReadRanges(bytes.NewReader(text), "fuzz")
		if r == nil {
			return
		}
		for i, p := range r.pieces {
			if i > 0 && r.pieces[i-1].begin.Compare(p.begin) >= 0 {
				t.Errorf("piece %d begins at %s, and the one before at %s", i, p.begin, r.pieces[i-1].begin)
			}
			if service, region := r.Of(p.begin); service != p.service || region != p.region {
				t.Errorf("%s is %s %s, want %+v", p.begin, service, region, p)
			}
		}
	})
}

func BenchmarkRanges(b *testing.B) {
	luck := rand.New(rand.NewPCG(1, 2))
	var all []ranged
	for range 15_000 {
		p, _ := netip.AddrFrom4([4]byte{byte(luck.IntN(223)), byte(luck.IntN(256)), byte(luck.IntN(256)), 0}).Prefix(12 + luck.IntN(16))
		all = append(all, ranged{p, []string{"AMAZON", "EC2", "S3"}[luck.IntN(3)], "r"})
	}
	r := cutUp(all)
	b.ReportAllocs()
	for i := range b.N {
		r.Of(netip.AddrFrom4([4]byte{byte(i), byte(i >> 8), byte(i >> 16), 7}))
	}
}
