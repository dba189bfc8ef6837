// Package rarity knows how rare things are at a site: since when a name, a fingerprint or an address was seen, and how many different
// devices had to do with it. What comes in is the kind of a thing, a well-mixed hash of it, the device and the moment; what goes out is
// a Seen. It never keeps the things themselves, never reads a clock, never says whether rare is bad, and never grows past MaxBytes.
package rarity

import "github.com/mirrorwatch/mirrorwatch/shared/sketch"

// Kind is what sort of thing a hash stands for. The numbers are stored: a new kind goes to the end.
type Kind uint8

// The kinds.
const (
	Domain      Kind = iota // registered domain of a name: of DNS, TLS and HTTP alike
	Name                    // full name, likewise
	SNI                     // name asked for in a TLS handshake
	Fingerprint             // of a TLS client: JA4, or JA3 where there is none
	Server                  // JA4S of a TLS server
	Certificate             // SHA-256 of a server's own certificate
	UserAgent               //
	SSHClient               // HASSH
	Address                 // host outside that a device turned to
	Triple                  // client, server and service
	NumKinds
)

// limits are how many things of a kind are remembered with their numbers. An entry takes 64 bytes and its place in the index eight. They
// stand for a month of a site of some ten thousand hosts; of what has to leave, the filter still knows that it is not new.
var limits = [Triple]int{
	Domain: 1 << 17, Name: 1 << 18, SNI: 1 << 17, Fingerprint: 1 << 14, Server: 1 << 14, Certificate: 1 << 16, UserAgent: 1 << 15,
	SSHClient: 1 << 12, Address: 1 << 18,
}

// MaxBytes is what a full Site takes: 72 MiB of tables, 12 MiB for triples and 3 MiB for what had to leave.
const MaxBytes = 88 << 20

// Seen is what is known of a thing. Moments are nanoseconds since 1970, kept to the second.
type Seen struct {
	First     bool  // this was the first time, as far as the site remembers
	NewDevice bool  // this device had nothing to do with it before; past eight devices, an estimate
	Returned  bool  // it was known before and had to be forgotten: the numbers tell of the time since it came back
	Devices   int   // different ones, this one included: exact up to eight, then within about 10 %
	FirstSeen int64 // 0 where it was never seen
	LastSeen  int64 // the time before this one; of a Peek, the latest
}

// Known says whether the thing was ever seen.
func (s Seen) Known() bool { return s.Devices > 0 || s.Returned }

// Rare says that no more than that many devices had to do with it. What had to be forgotten was not in use, and counts as rare.
func (s Seen) Rare(devices int) bool { return s.Devices <= devices }

// Options set up a Site; the zero value is the default.
type Options struct {
	// Share cuts every limit to one in so many, for small machines and tests; 0 or 1: the full limits.
	Share int
}

// Site is what is known of all things of one site. It belongs to one goroutine.
type Site struct {
	tables  [Triple]table
	triples filter
	left    filter          // what had to leave a table, by kind and hash
	crowd   sketch.Distinct // devices of whom a name or an address outside was seen
	people  int             // how many these are
	since   int64
	dirty   bool // since changed, since Save was called last
}

// New makes a site that has seen nothing. It takes a few KiB and grows with what it sees.
func New(o Options) *Site {
	share := max(o.Share, 1)
	s := &Site{
		triples: newFilter(max(tripleBlocks/share, leastBlocks)),
		left:    newFilter(max(leftBlocks/share, leastBlocks)),
	}
	for k := range s.tables {
		s.tables[k].limit = max(limits[k]/share, leastEntries)
	}
	return s
}

// leastEntries is the smallest table: below that, nothing could be said of a site.
const leastEntries = 16

// Observe notes that a device had to do with a thing, and says what is known of it now. Device 0 is nobody: the thing was seen, and nobody
// counts. A hash must be well mixed, as those of package sketch are. Of triples only First is known, and one in a thousand new ones
// is taken for known.
func (s *Site) Observe(kind Kind, hash uint64, device uint32, at int64) Seen {
	if s.since == 0 || at < s.since {
		s.since, s.dirty = at, true
	}
	if kind >= Triple {
		if s.triples.add(hash) {
			return Seen{First: true, NewDevice: true, Devices: 1, FirstSeen: at, LastSeen: at}
		}
		return Seen{Devices: 1}
	}
	if device != 0 && (kind == Address || kind == Name) && s.crowd.Add(sketch.Mix(uint64(device))) {
		s.people, s.dirty = s.crowd.Count(), true
	}
	t := &s.tables[kind]
	second := seconds(at)
	e, fresh := t.put(hash, s)
	if fresh {
		return s.begin(kind, e, device, second)
	}
	seen := e.seen()
	seen.NewDevice = device != 0 && t.join(e, device)
	t.touch(e, second)
	seen.Devices = e.devices()
	return seen
}

// begin fills a new entry.
func (s *Site) begin(kind Kind, e *entry, device uint32, second uint32) Seen {
	e.first, e.last = second, second
	if s.left.has(remembered(kind, e.hash)) {
		e.flags |= returned
	}
	if device != 0 {
		e.add(device)
	}
	seen := e.seen()
	seen.First, seen.NewDevice = !seen.Returned, device != 0
	return seen
}

// Peek says what is known of a thing, and notes nothing. Of triples only whether it was seen is known: Devices is 1 then.
func (s *Site) Peek(kind Kind, hash uint64) Seen {
	if kind >= Triple {
		if s.triples.has(hash) {
			return Seen{Devices: 1}
		}
		return Seen{}
	}
	if e := s.tables[kind].find(hash); e != nil {
		return e.seen()
	}
	return Seen{Returned: s.left.has(remembered(kind, hash))}
}

// Since is the moment of the earliest observation, in nanoseconds since 1970; 0 where there was none.
func (s *Site) Since() int64 { return s.since }

// Crowd is how many different devices a name or an address outside was seen of: what a number of devices is to be held against. It is exact
// up to 64, then within about 3 %.
func (s *Site) Crowd() int { return s.people }

// Len is how many things of a kind are remembered with their numbers.
func (s *Site) Len(kind Kind) int {
	if kind >= Triple {
		return 0
	}
	return s.tables[kind].used
}

// Evicted is how many things had to leave for want of room.
func (s *Site) Evicted() uint64 {
	n := uint64(0)
	for k := range s.tables {
		n += s.tables[k].evicted
	}
	return n
}

// Bytes is what the site takes now.
func (s *Site) Bytes() int {
	n := s.triples.bytes() + s.left.bytes()
	for k := range s.tables {
		n += s.tables[k].bytes()
	}
	return n
}

// remembered is the hash by which the filter of what left knows a thing.
func remembered(kind Kind, hash uint64) uint64 { return hash + uint64(kind)*0x9e3779b97f4a7c15 }

// seconds cuts a moment to what an entry holds: 1970 to 2106.
func seconds(at int64) uint32 { return uint32(min(max(at/1e9, 1), 1<<32-1)) }
