// Package places knows where an address is. What comes in is files: AWS's ip-ranges.json, and databases in MaxMind's format of autonomous
// systems and countries; what goes out is, of an address, the AWS service and region whose published range holds it, who announces it and
// the country. It never asks a network, and a file that is missing or damaged takes nothing from what the others say.
package places

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"strings"
	"unicode/utf8"
)

// Bounds of the files.
const (
	MaxRanges   = 32 << 20  // bytes of ip-ranges.json; AWS's own has about two million
	MaxDatabase = 512 << 20 // bytes of a database, which is read into memory: a file that shrinks while it is mapped would end the program
	maxText     = 200       // bytes of a name
)

// Options name the files. An empty one is not set up.
type Options struct {
	Ranges  string // ip-ranges.json of https://ip-ranges.amazonaws.com
	ASN     string // GeoLite2-ASN.mmdb, or another with such members
	Country string // GeoLite2-Country.mmdb, or another with such members
}

// Book is what the files say. It never changes, so that any goroutine may ask it; a nil one answers nothing.
type Book struct {
	ranges  *Ranges
	asn     *database
	country *database
	missing []string
}

// Place is where an address is; absent members are not known.
type Place struct {
	Service string // AWS service whose published range holds it: "S3", "EC2", ...; "AMAZON" where no other does
	Network string // region of that range, or "GLOBAL"
	ASN     uint32 // autonomous system
	ASName  string
	Country string // ISO 3166-1, two letters
}

// Open reads the files. With an error, which has a line for each file that cannot be used, the book has what the others say.
func Open(o Options) (*Book, error) {
	b := &Book{}
	var errs []error
	open := func(what, name string, read func(name string) error) {
		if name == "" {
			b.missing = append(b.missing, what)
			return
		}
		if err := read(name); err != nil {
			errs = append(errs, fmt.Errorf("read %s: %w", what, err))
		}
	}
	open("AWS address ranges", o.Ranges, b.openRanges)
	open("ASN database", o.ASN, func(name string) (err error) {
		b.asn, err = openDatabase(name)
		return err
	})
	open("country database", o.Country, func(name string) (err error) {
		b.country, err = openDatabase(name)
		return err
	})
	return b, errors.Join(errs...)
}

func (b *Book) openRanges(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return plain(name, err)
	}
	defer f.Close()
	b.ranges, err = ReadRanges(f, name)
	return err
}

// readFile reads a file whole, if it is not too large.
func readFile(name string, most int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, plain(name, err)
	}
	defer f.Close()
	if s, err := f.Stat(); err == nil && s.Size() > most {
		return nil, fmt.Errorf("%s has %d bytes; at most %d are read", name, s.Size(), most)
	}
	text, err := io.ReadAll(io.LimitReader(f, most+1))
	switch {
	case err != nil:
		return nil, plain(name, err)
	case int64(len(text)) > most:
		return nil, fmt.Errorf("%s has more than %d bytes, which are the most that are read", name, most)
	case len(text) == 0:
		return nil, fmt.Errorf("%s is empty", name)
	}
	return text, nil
}

// plain says of a file only what went wrong with it.
func plain(name string, err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		err = at.Err
	}
	return fmt.Errorf("%s: %w", name, err)
}

// Missing names what is not set up, in words: "ASN database". What is set up and could not be read is in Open's error.
func (b *Book) Missing() []string {
	if b == nil {
		return []string{"AWS address ranges", "ASN database", "country database"}
	}
	return b.missing
}

// Of says where an address is. Of private ones, and where a database is damaged at that place, nothing is known.
func (b *Book) Of(a netip.Addr) Place {
	var p Place
	a = a.Unmap().WithZone("")
	if b == nil || !a.IsGlobalUnicast() || a.IsPrivate() {
		return p
	}
	p.Service, p.Network = b.ranges.Of(a)
	p.ASN, p.ASName = b.asn.asnOf(a)
	p.Country = b.country.countryOf(a)
	return p
}

// text is a name out of a file, of which nobody knows who wrote it: short, and without what would move a cursor.
func text(s string) string {
	if len(s) > maxText {
		n := maxText
		for n > 0 && !utf8.RuneStart(s[n]) {
			n--
		}
		s = s[:n]
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == utf8.RuneError {
			return -1
		}
		return r
	}, s)
}
