package places

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
)

const (
	maxPrefixes = 200_000 // of both families; AWS publishes some fifteen thousand
	maxMistakes = 10      // that are told one by one
	amazon      = "AMAZON"
	general     = "EC2" // it holds the ranges of many services that run on it
)

// Ranges are published ranges, cut into pieces that do not overlap: an address is found by halving, without an allocation.
type Ranges struct {
	pieces []piece // by begin
}

// piece is addresses from begin to the next piece's.
type piece struct {
	begin           netip.Addr
	service, region string
}

// Of gives the service and region of an address, or two empty texts. A nil one knows nothing.
func (r *Ranges) Of(a netip.Addr) (service, region string) {
	if r == nil {
		return "", ""
	}
	i, found := slices.BinarySearchFunc(r.pieces, a, func(p piece, a netip.Addr) int { return p.begin.Compare(a) })
	if !found {
		i--
	}
	if i < 0 || r.pieces[i].begin.Is4() != a.Is4() {
		return "", ""
	}
	return r.pieces[i].service, r.pieces[i].region
}

// published is the file as AWS publishes it.
type published struct {
	Prefixes []struct {
		Prefix  string `json:"ip_prefix"`
		Region  string `json:"region"`
		Service string `json:"service"`
	} `json:"prefixes"`
	IPv6Prefixes []struct {
		Prefix  string `json:"ipv6_prefix"`
		Region  string `json:"region"`
		Service string `json:"service"`
	} `json:"ipv6_prefixes"`
}

// ranged is one published range.
type ranged struct {
	prefix          netip.Prefix
	service, region string
}

// ReadRanges reads ip-ranges.json. What could be read is given also with an error, which names each entry that could not, up to ten.
func ReadRanges(r io.Reader, name string) (*Ranges, error) {
	raw, err := io.ReadAll(io.LimitReader(r, MaxRanges+1))
	if err != nil {
		return nil, plain(name, err)
	}
	if len(raw) > MaxRanges {
		return nil, fmt.Errorf("%s has more than %d bytes, which are the most that are read", name, MaxRanges)
	}
	var p published
	if err := json.Unmarshal(raw, &p); err != nil {
		return nil, fmt.Errorf("%s is not AWS's ip-ranges.json: %w", name, err)
	}
	if n := len(p.Prefixes) + len(p.IPv6Prefixes); n == 0 || n > maxPrefixes {
		return nil, fmt.Errorf("%s has %d prefixes and ipv6_prefixes; 1 to %d are read", name, n, maxPrefixes)
	}
	l := &list{name: name, ranges: make([]ranged, 0, len(p.Prefixes)+len(p.IPv6Prefixes))}
	for n, e := range p.Prefixes {
		l.add("prefixes", "ip_prefix", n, e.Prefix, e.Service, e.Region, true)
	}
	for n, e := range p.IPv6Prefixes {
		l.add("ipv6_prefixes", "ipv6_prefix", n, e.Prefix, e.Service, e.Region, false)
	}
	return cutUp(l.ranges), l.err()
}

// list gathers ranges, and what is wrong with some.
type list struct {
	name     string
	ranges   []ranged
	mistakes []string
	more     int
}

func (l *list) add(group, member string, n int, prefix, service, region string, four bool) {
	p, err := netip.ParsePrefix(prefix)
	kind := map[bool]string{true: "IPv4", false: "IPv6"}[four]
	switch {
	case err != nil || p.Addr().Is4() != four || p.Addr().Is4In6():
		l.wrong("%s: %s[%d].%s: %q is not a range of %s addresses", l.name, group, n, member, text(prefix), kind)
	case service == "":
		l.wrong("%s: %s[%d].service: \"\" is not the name of a service", l.name, group, n)
	default:
		l.ranges = append(l.ranges, ranged{p.Masked(), text(service), text(region)})
	}
}

func (l *list) wrong(format string, args ...any) {
	if len(l.mistakes) == maxMistakes {
		l.more++
		return
	}
	l.mistakes = append(l.mistakes, fmt.Sprintf(format, args...))
}

func (l *list) err() error {
	if l.more > 0 {
		l.mistakes = append(l.mistakes, fmt.Sprintf("%s: and %d mistakes more", l.name, l.more))
	}
	if len(l.mistakes) == 0 {
		return nil
	}
	return errors.New(strings.Join(l.mistakes, "\n"))
}

// cutUp makes pieces of ranges. Ranges nest or are apart, and are visited by where they begin, the larger first, so that those that are
// open at any time are a stack. The innermost that names a service wins; only where none does it is AMAZON's.
func cutUp(ranges []ranged) *Ranges {
	slices.SortFunc(ranges, func(a, b ranged) int {
		return cmp.Or(a.prefix.Addr().Compare(b.prefix.Addr()), cmp.Compare(a.prefix.Bits(), b.prefix.Bits()),
			cmp.Compare(exactness(a.service), exactness(b.service)), strings.Compare(b.service, a.service), strings.Compare(b.region, a.region))
	})
	c := &cutter{}
	for _, r := range ranges {
		c.closeBefore(r.prefix.Addr())
		c.open = append(c.open, r)
		c.from(r.prefix.Addr())
	}
	c.closeBefore(netip.Addr{})
	return &Ranges{pieces: slices.Clip(c.out)}
}

// exactness ranks services that publish the same range: the later one wins.
func exactness(service string) int {
	switch service {
	case amazon:
		return 0
	case general:
		return 1
	}
	return 2
}

// cutter holds the ranges that are open.
type cutter struct {
	open []ranged
	out  []piece
}

// closeBefore closes the ranges that end before an address; the zero address is beyond all.
func (c *cutter) closeBefore(a netip.Addr) {
	for len(c.open) > 0 {
		top := c.open[len(c.open)-1]
		if a.IsValid() && top.prefix.Contains(a) {
			return
		}
		c.open = c.open[:len(c.open)-1]
		if next := end(top.prefix).Next(); next.IsValid() {
			c.from(next)
		}
	}
}

// end is the last address of a range.
func end(p netip.Prefix) netip.Addr {
	b := p.Addr().AsSlice()
	for i := p.Bits(); i < len(b)*8; i++ {
		b[i/8] |= 1 << (7 - i%8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}

// from begins a piece of whatever is open now.
func (c *cutter) from(a netip.Addr) {
	p := piece{begin: a}
	for i := len(c.open) - 1; i >= 0; i-- {
		if r := c.open[i]; p.service == "" || p.service == amazon && r.service != amazon {
			p.service, p.region = r.service, r.region
		}
	}
	if n := len(c.out); n > 0 && c.out[n-1].begin == a {
		c.out = c.out[:n-1] // what began here was for nothing
	}
	if n := len(c.out); n > 0 && c.out[n-1].service == p.service && c.out[n-1].region == p.region && c.out[n-1].begin.Is4() == a.Is4() {
		return
	}
	c.out = append(c.out, p)
}
