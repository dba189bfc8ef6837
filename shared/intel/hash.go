package intel

import (
	"net/netip"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/shared/sketch"
)

// The hashes are FNV-1a over the value, mixed well. Each kind begins elsewhere, so that one table holds all.
const (
	basis = 14695981039346656037
	prime = 1099511628211
)

func begin(k Kind) uint64 { return (basis ^ uint64(k)) * prime }

func hashPrefix(p netip.Prefix) uint64 {
	a := p.Addr().As16()
	if p.Addr().Is4() {
		return hash4(uint32(a[12])<<24|uint32(a[13])<<16|uint32(a[14])<<8|uint32(a[15]), uint8(p.Bits()))
	}
	h := begin(Address) ^ uint64(p.Bits())
	var hi, lo uint64
	for i := range 8 {
		hi, lo = hi<<8|uint64(a[i]), lo<<8|uint64(a[8+i])
	}
	return sketch.Mix(sketch.Mix(h*prime^hi) ^ lo ^ 1<<40)
}

// hash4 is the hash of a network of IPv4.
func hash4(v uint32, bits uint8) uint64 {
	return sketch.Mix((begin(Address)^uint64(bits))*prime ^ uint64(v))
}

// each gives the hash of a name and of each name above it that has two labels or more, the shortest first. A name is hashed from its end,
// so that one pass gives all.
func each(name string, f func(h uint64, suffix string)) {
	h := begin(Domain)
	dots := 0
	for i := len(name) - 1; i >= 0; i-- {
		if name[i] == '.' {
			if dots > 0 {
				f(sketch.Mix(h), name[i+1:])
			}
			dots++
		}
		h = (h ^ uint64(name[i])) * prime
	}
	f(sketch.Mix(h), name)
}

func hashDomain(name string) uint64 {
	h := begin(Domain)
	for i := len(name) - 1; i >= 0; i-- {
		h = (h ^ uint64(name[i])) * prime
	}
	return sketch.Mix(h)
}

func hashURL(host, uri string) uint64 {
	h := begin(URL)
	for i := range len(host) {
		h = (h ^ uint64(lower(host[i]))) * prime
	}
	for i := range len(uri) {
		h = (h ^ uint64(uri[i])) * prime
	}
	return sketch.Mix(h)
}

func hashText(k Kind, text string) uint64 {
	h := begin(k)
	for i := range len(text) {
		h = (h ^ uint64(text[i])) * prime
	}
	return sketch.Mix(h)
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// hashOf is the hash under which an indicator is found.
func hashOf(k Kind, value string) uint64 {
	switch k {
	case Address:
		p, err := netip.ParsePrefix(value)
		if err != nil {
			a, _ := netip.ParseAddr(value)
			p = netip.PrefixFrom(a, a.BitLen())
		}
		return hashPrefix(p)
	case Domain:
		return hashDomain(value)
	case URL:
		at := strings.IndexByte(value, '/')
		return hashURL(value[:at], value[at:])
	}
	return hashText(k, value)
}
