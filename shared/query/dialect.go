package query

import (
	"fmt"
	"net/netip"
	"strings"
	"unicode"
)

// Dialect is what differs between the engines that carry out SQL. It is kept small, so that what is tested on one engine is nearly the
// text that another runs; a test lists each difference.
type Dialect struct {
	Name    string
	Any     func(list, member, test string) string   // the test holds of a member of the list
	Filter  func(list, member, test string) string   // the members of which it holds
	Each    func(list, member, value string) string  // a value for each member
	Seconds func(number string) string               // seconds as records write them, with six decimals
	Digest  func(text string) string                 // of a line: tells lines apart, in an order of its own
	Between func(text string, n netip.Prefix) string // the text is an address from the network's first to its last; NULL where it is none
}

// Trino is the dialect of Athena's engine 3.
func Trino() Dialect {
	lambda := func(function string) func(list, member, test string) string {
		return func(list, member, test string) string {
			return fmt.Sprintf("%s(%s, %s -> %s)", function, list, member, test)
		}
	}
	return Dialect{
		Name:    "trino",
		Any:     lambda("any_match"),
		Filter:  lambda("filter"),
		Each:    lambda("transform"),
		Seconds: func(number string) string { return "format('%.6f', " + number + ")" },
		Digest:  func(text string) string { return "lower(to_hex(md5(to_utf8(" + text + "))))" },
		Between: func(text string, n netip.Prefix) string {
			return fmt.Sprintf("TRY_CAST(%s AS IPADDRESS) BETWEEN IPADDRESS '%s' AND IPADDRESS '%s'", text, n.Addr(), lastOf(n))
		},
	}
}

// DuckDB is the dialect of the engine that the tests run. It knows no addresses: address_key is a function of the tests, which gives 32
// hexadecimal digits.
func DuckDB() Dialect {
	lambda := func(function string) func(list, member, test string) string {
		return func(list, member, test string) string {
			return fmt.Sprintf("%s(%s, lambda %s: %s)", function, list, member, test)
		}
	}
	filter := lambda("list_filter")
	return Dialect{
		Name:    "duckdb",
		Any:     func(list, member, test string) string { return "len(" + filter(list, member, test) + ") > 0" },
		Filter:  filter,
		Each:    lambda("list_transform"),
		Seconds: func(number string) string { return "printf('%.6f', " + number + ")" },
		Digest:  func(text string) string { return "md5(" + text + ")" },
		Between: func(text string, n netip.Prefix) string {
			return fmt.Sprintf("address_key(%s) BETWEEN '%x' AND '%x'", text, n.Addr().As16(), lastOf(n).As16())
		},
	}
}

// lastOf is the last address of a network.
func lastOf(n netip.Prefix) netip.Addr {
	b := n.Masked().Addr().AsSlice()
	for i := n.Bits(); i < len(b)*8; i++ {
		b[i/8] |= 0x80 >> (i % 8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}

// Literal writes a text as SQL. What is not plainly visible is written by its number, so that no engine, log or screen can read the
// statement in another way.
func Literal(s string) string {
	var parts []string
	var plain strings.Builder
	flush := func() {
		if plain.Len() > 0 {
			parts = append(parts, "'"+plain.String()+"'")
			plain.Reset()
		}
	}
	for _, r := range s {
		switch {
		case r == '\'':
			plain.WriteString("''")
		case r == ' ' || unicode.IsGraphic(r) && !unicode.IsSpace(r):
			plain.WriteRune(r)
		default:
			flush()
			parts = append(parts, fmt.Sprintf("chr(%d)", r))
		}
	}
	flush()
	switch len(parts) {
	case 0:
		return "''"
	case 1:
		return parts[0]
	}
	return "(" + strings.Join(parts, " || ") + ")"
}

// Column names the column of a field: Glue knows only small letters, and a dot would need quotes everywhere.
func Column(field string) string { return strings.ReplaceAll(Lower(field), ".", "_") }

// quoted is a column in a statement.
func quoted(field string) string { return `"` + strings.ReplaceAll(Column(field), `"`, `""`) + `"` }
