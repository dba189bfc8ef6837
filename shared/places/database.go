package places

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/oschwald/maxminddb-golang/v2"
)

// database is one in MaxMind's format.
type database struct{ reader *maxminddb.Reader }

func openDatabase(name string) (*database, error) {
	raw, err := readFile(name, MaxDatabase)
	if err != nil {
		return nil, err
	}
	r, err := maxminddb.OpenBytes(raw)
	if err != nil {
		return nil, fmt.Errorf("%s is no database in MaxMind's format (.mmdb), or is damaged: %w", name, err)
	}
	d := &database{r}
	// A file that was cut off has its index and lacks its data: some places tell.
	for _, probe := range []string{"1.1.1.1", "8.8.8.8", "52.95.110.1", "91.198.174.192", "203.119.0.1", "2a00:1450::1"} {
		if _, err := d.lookup(netip.MustParseAddr(probe)); err != nil {
			return nil, fmt.Errorf("%s is damaged: %w", name, err)
		}
	}
	return d, nil
}

// record is what a database says of an address. Makers call the same thing by different names.
type record map[string]any

func (d *database) lookup(a netip.Addr) (record, error) {
	if d == nil || a.Is6() && d.reader.Metadata.IPVersion == 4 {
		return nil, nil
	}
	var r record
	found := d.reader.Lookup(a)
	if !found.Found() {
		return nil, found.Err()
	}
	if err := found.Decode(&r); err != nil {
		return nil, err
	}
	return r, nil
}

// word gives a member that is text.
func (r record) word(names ...string) string {
	for _, name := range names {
		if s, is := r[name].(string); is && s != "" {
			return text(s)
		}
	}
	return ""
}

// inner gives a member that has members.
func (r record) inner(name string) record {
	m, _ := r[name].(map[string]any)
	return m
}

// asnOf gives the autonomous system of an address: GeoLite2's members, else those of IPinfo ("asn": "AS15169").
func (d *database) asnOf(a netip.Addr) (uint32, string) {
	r, err := d.lookup(a)
	if err != nil || r == nil {
		return 0, ""
	}
	name := r.word("autonomous_system_organization", "as_name", "as_organization", "name")
	for _, member := range []string{"autonomous_system_number", "asn", "as_number"} {
		switch v := r[member].(type) {
		case uint64:
			if v > 0 && v <= 1<<32-1 {
				return uint32(v), name
			}
		case string:
			if n, err := strconv.ParseUint(strings.TrimPrefix(strings.ToUpper(v), "AS"), 10, 32); err == nil && n > 0 {
				return uint32(n), name
			}
		}
	}
	return 0, ""
}

// countryOf gives the country of an address: where it is, else where it is registered.
func (d *database) countryOf(a netip.Addr) string {
	r, err := d.lookup(a)
	if err != nil || r == nil {
		return ""
	}
	for _, code := range []string{
		r.inner("country").word("iso_code"), r.word("country_code", "country"), r.inner("registered_country").word("iso_code"),
	} {
		if len(code) == 2 && letter(code[0]) && letter(code[1]) {
			return strings.ToUpper(code)
		}
	}
	return ""
}

func letter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
