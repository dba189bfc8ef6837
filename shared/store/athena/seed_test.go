package athena_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/archive"
)

// begin is a little before midnight, so that the records lie in several days' partitions.
var begin = time.Date(2026, 1, 30, 20, 15, 0, 0, time.UTC)

const spread = 26 * time.Hour

// seed makes random records of every kind.
type seed struct{ *rand.Rand }

func (s seed) rows(n int) []archive.Row {
	blanks := events.Blank()
	var rows []archive.Row
	for i := range n {
		r := reflect.New(reflect.TypeOf(blanks[i%len(blanks)]).Elem()).Interface().(events.Record)
		s.fill(reflect.ValueOf(r).Elem())
		at := begin.Add(time.Duration(s.Int64N(int64(spread))))
		if s.IntN(4) == 0 {
			at = at.Truncate(time.Hour) // many at one moment
		}
		r.Common().TS = events.TimeOf(at)
		rows = append(rows, archive.Row{Kind: r.Kind(), Time: at, Line: r.AppendJSON(nil)})
		if s.IntN(50) == 0 {
			rows = append(rows, rows[len(rows)-1]) // twice, to the byte
		}
	}
	return rows
}

func (s seed) fill(v reflect.Value) {
	switch v.Interface().(type) {
	case events.Time:
		v.SetInt(begin.Add(time.Duration(s.Int64N(int64(spread)))).UnixNano())
		return
	case events.Interval:
		v.SetInt([]int64{0, 1e9, 500_000, 90e9, 3600e9, s.Int64N(1e12)}[s.IntN(6)])
		return
	case netip.Addr:
		v.Set(reflect.ValueOf(s.address()))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).Tag.Get("json") != "-" {
				s.fill(v.Field(i))
			}
		}
	case reflect.String:
		v.SetString(s.text())
	case reflect.Bool:
		v.SetBool(s.IntN(2) == 0)
	case reflect.Pointer:
		if s.IntN(3) > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			s.fill(v.Elem())
		}
	case reflect.Slice:
		n := s.IntN(4)
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			s.fill(v.Index(i))
		}
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(s.IntN(7)) - 3)
	default:
		n := s.number()
		v.SetUint(n & (1<<v.Type().Bits() - 1))
	}
}

func (s seed) number() uint64 {
	return []uint64{0, 1, 2, 22, 53, 443, 51000, 1_000_000, 1<<53 - 1, 1 << 53, 1<<53 + 1, 1 << 60, s.Uint64N(100), s.Uint64N(1 << 40)}[s.IntN(14)]
}

func (s seed) address() netip.Addr {
	texts := []string{"10.20.1.2", "10.20.255.255", "10.21.0.0", "192.0.2.77", "0.0.0.0", "255.255.255.255", "2001:db8::1", "2001:db8:0:1::", "::", "::1",
		"fe80::a:b", "::ffff:10.20.1.2", "2001:db8:1:2:3:4:5:6"}
	switch n := s.IntN(len(texts) + 8); {
	case n < len(texts):
		return netip.MustParseAddr(texts[n])
	case n == len(texts):
		return netip.Addr{}
	case n%2 == 0:
		return netip.AddrFrom4([4]byte{10, byte(s.IntN(40)), byte(s.IntN(256)), byte(s.IntN(256))})
	}
	return netip.MustParseAddr(fmt.Sprintf("2001:db8:%x::%x", s.IntN(1<<16), s.IntN(1<<16)))
}

// texts that have hurt somebody before.
func texts() []string {
	return []string{
		"", "ssh", "SSH", "dns", "http,ssl", "a.evil.example", "EVIL.example", "www.example.com", "it's", `say "hi"`, `C:\temp\x`, `\`, `\\'`, "100%", "under_score",
		"star*star", "*", "%", "_", "</script>", "tab\tnew\nline", "nul\x00l", "\x7f\x1b[2J", "é", "É", "straße", "STRASSE", "İstanbul", "日本.example", "😀", "\u2028", "\u202e",
		"10.20.1.2", "10.20.0.0/16", "2001:db8::1", "2001:DB8:0:0::1", "::ffff:10.20.1.2", "1.2.3.4.", "300.1.1.1", "a:b:c", "true", "FALSE", "22", "-1.5e3", "' OR 1=1 --",
		"'; DROP TABLE conn; --", "${jndi:ldap://x/a}", " spaces ", "NULL", "a", "b", "Z", "[", "`", "{", "K", "\ufffd", "a\xffb",
	}
}

func (s seed) text() string {
	list := texts()
	switch s.IntN(8) {
	case 0:
		return list[s.IntN(len(list))] + list[s.IntN(len(list))]
	case 1:
		return fmt.Sprintf("host-%d.example.com", s.IntN(50))
	}
	return list[s.IntN(len(list))]
}
