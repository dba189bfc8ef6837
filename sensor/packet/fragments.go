package packet

import "encoding/binary"

// Odd is what was strange about a fragment.
type Odd uint8

// What may be strange; the strings are Zeek's weird names.
const (
	OddNone             Odd = iota
	OddOverlap              // the same bytes a second time
	OddInconsistent         // other bytes for a place already filled: the first copy was kept
	OddSize                 // two fragments disagree where the datagram ends
	OddTooLarge             // the datagram would not fit in an IP packet: dropped whole
	OddProtocolMismatch     // a fragment whose lengths cannot be: left out
	OddTooSmall             // a fragment smaller than any network makes
	OddWithDF               // a fragment that says it must not be one
)

// String is the name for a weird record, empty for OddNone.
func (o Odd) String() string {
	return [...]string{
		"", "fragment_overlap", "fragment_inconsistency", "fragment_size_inconsistency", "excessively_large_fragment",
		"fragment_protocol_inconsistency", "excessively_small_fragment", "fragment_with_DF",
	}[o&7]
}

// FragmentLimits bound a Fragments table; zero fields stand for the defaults.
type FragmentLimits struct {
	Datagrams int   // unfinished datagrams held at a time
	Bytes     int   // bytes of buffers held at a time
	Timeout   int64 // nanoseconds from a datagram's first fragment to its last
}

// Defaults. Linux holds 4 MiB of fragments for 30 s (net.ipv4.ipfrag_high_thresh, ipfrag_time); a sensor worker sees more hosts
// but honest networks fragment rarely. Zeek calls a fragment below 64 bytes too small.
const (
	defaultDatagrams = 2048
	defaultBytes     = 8 << 20
	defaultTimeout   = 30_000_000_000
	minFragment      = 64
	maxDatagram      = 65535
	blocks           = (maxDatagram + 8) / 8
	firstBuffer      = 4096
	noEnd            = -1
	maxHeader        = 60 // of IPv4; of IPv6 only the fixed 40 bytes are kept
	datagramOverhead = blocks/8 + 256
)

// FragmentStats count what a Fragments table did.
type FragmentStats struct {
	Whole    uint64 // datagrams given back
	Evicted  uint64 // datagrams given up for a newer one's sake
	TimedOut uint64 // datagrams never finished
	Overlaps uint64 // fragments that covered a place already filled
	TooLarge uint64 // datagrams beyond 65,535 bytes
	Refused  uint64 // fragments whose own lengths cannot be
}

// Fragments puts IPv4 and IPv6 datagrams together again. It belongs to one worker. Where two fragments claim the same bytes
// the first copy wins, as hosts differ in what they do (RFC 5722 forbids it for IPv6) and the report of it is what counts.
type Fragments struct {
	Stats FragmentStats

	// Torn says of the fragment added last that it lies across the edge of an earlier one. Fragments that were sent twice, and those of
	// two datagrams whose identification is the same, have the same edges: hosts cut all their datagrams alike.
	Torn bool

	limits  FragmentLimits
	table   map[fragmentKey]*datagram
	oldest  *datagram // head of a list in order of arrival
	newest  *datagram
	free    *datagram
	held    int    // bytes of buffers of datagrams in the table
	whole   []byte // the datagram given back last
	freeLen int
}

type fragmentKey struct {
	src, dst Addr
	vni, id  uint32
	proto    uint8
	version  uint8
}

// datagram is one unfinished datagram.
type datagram struct {
	key          fragmentKey
	first        int64 // time of the first fragment seen
	header       [maxHeader]byte
	headerLen    int  // 0 until a fragment gave one
	haveStart    bool // header is that of the fragment at offset zero
	data         []byte
	end          int // length of the payload; noEnd until the last fragment came
	covered      int // bytes covered so far
	cut          int // the least offset whose bytes the mirror cut off
	parts        [maxParts]part
	known        uint8 // how many of parts are set
	older, newer *datagram
	filled       [blocks/8 + 1]byte // a bit for each eight bytes of payload
}

// part is where an earlier fragment lies in its datagram.
type part struct{ from, end uint16 }

// maxParts is how many fragments of a datagram are remembered by their edges: an attack on those who put them together needs two or three.
const maxParts = 8

// NewFragments makes an empty table.
func NewFragments(l FragmentLimits) *Fragments {
	if l.Datagrams <= 0 {
		l.Datagrams = defaultDatagrams
	}
	if l.Bytes <= 0 {
		l.Bytes = defaultBytes
	}
	if l.Timeout <= 0 {
		l.Timeout = defaultTimeout
	}
	return &Fragments{limits: l, table: make(map[fragmentKey]*datagram)}
}

// Len is the number of unfinished datagrams held.
func (f *Fragments) Len() int { return len(f.table) }

// Bytes is the memory held for unfinished datagrams.
func (f *Fragments) Bytes() int { return f.held }

// Add takes a decoded fragment. When it was the last one missing, whole is the datagram, to be decoded again into the same
// Packet with the meta returned; it is valid until the next Add. Of a datagram some fragment of which was cut by the mirror,
// whole is what precedes the cut and meta tells the full length. odd names what was strange about the fragment.
func (f *Fragments) Add(p *Packet) (whole []byte, m Meta, odd Odd) {
	f.expire(p.Time)
	f.Torn = false
	end := int(p.FragOffset) + p.PayloadLen
	if odd = f.refuse(p, end); odd != OddNone {
		if odd == OddProtocolMismatch && p.Fragment && p.PayloadLen > 0 { // left out, but where it lies is known: Teardrop begins so
			f.Torn = f.datagramOf(p).tears(int(p.FragOffset), end)
		}
		return nil, m, odd
	}
	d := f.datagramOf(p)
	odd = soften(p)
	f.Torn = d.tears(int(p.FragOffset), end)
	if disagrees := d.note(p, end); disagrees {
		odd = OddSize
	}
	if o := f.fill(d, p); o != OddNone {
		odd = o
	}
	if f.Torn && odd == OddNone {
		odd = OddOverlap
	}
	if !d.complete() {
		f.makeRoom(d)
		return nil, m, odd
	}
	if d.headerLen+d.end > maxDatagram && d.key.version == 4 {
		f.Stats.TooLarge++
		f.drop(d)
		return nil, m, OddTooLarge
	}
	whole = f.finish(d)
	return whole, Meta{Time: p.Time, Length: d.headerLen + d.end, Link: LinkRaw, Reassembled: true}, odd
}

// refuse names what makes a fragment useless. A datagram that would be too large is dropped with all its fragments: it is the
// "ping of death" and never an honest one.
func (f *Fragments) refuse(p *Packet, end int) Odd {
	header := p.HeaderLen
	if p.Version == 6 {
		header = 0 // RFC 8200 section 4.5: the payload length is what must fit
	}
	if end+header > maxDatagram {
		f.Stats.TooLarge++
		if d := f.table[keyOf(p)]; d != nil {
			f.drop(d)
		}
		return OddTooLarge
	}
	if !p.Fragment || p.PayloadLen <= 0 || p.MoreFrags && p.PayloadLen%8 != 0 {
		f.Stats.Refused++
		return OddProtocolMismatch
	}
	return OddNone
}

// soften names what is strange about a fragment that is used all the same.
func soften(p *Packet) Odd {
	switch {
	case p.DontFrag:
		return OddWithDF
	case p.MoreFrags && p.IPLen < minFragment:
		return OddTooSmall
	}
	return OddNone
}

func keyOf(p *Packet) fragmentKey {
	k := fragmentKey{src: p.Src, dst: p.Dst, vni: p.VNI, id: p.IPID, proto: p.Proto, version: p.Version}
	if p.Version == 6 {
		k.proto = 0 // RFC 8200 section 4.5: addresses and identification alone; only the first fragment's next header counts
	}
	return k
}

// note records what a fragment tells of the datagram's header and length, and whether it disagrees with an earlier one.
func (d *datagram) note(p *Packet, end int) (disagrees bool) {
	if p.FragOffset == 0 && !d.haveStart {
		d.haveStart = true
		d.headerLen = p.HeaderLen
		if p.Version == 6 {
			d.headerLen = 40
		}
		copy(d.header[:d.headerLen], p.IP)
		if p.Version == 6 {
			d.header[6] = p.Proto
		}
	}
	switch {
	case !p.MoreFrags && d.end == noEnd:
		d.end = end
		disagrees = len(d.data) > end
	case !p.MoreFrags:
		disagrees = d.end != end
	case d.end != noEnd:
		disagrees = end > d.end
	}
	if len(p.Payload) < p.PayloadLen {
		d.cut = min(d.cut, int(p.FragOffset)+len(p.Payload))
	}
	return disagrees
}

// tears remembers a fragment's edges, and says whether it begins within an earlier one, or one within it. Where two only end
// differently they may be of two datagrams of different length.
func (d *datagram) tears(from, end int) bool {
	torn := false
	for _, e := range d.parts[:d.known] {
		if int(e.from) == from && int(e.end) == end {
			return false
		}
		a, b := int(e.from), int(e.end)
		torn = torn || a < from && from < b || from < a && a < end
	}
	if d.known < maxParts {
		d.parts[d.known] = part{uint16(from), uint16(min(end, maxDatagram))}
		d.known++
	}
	return torn
}

// complete says whether nothing is missing. The count of bytes spares the look at the bits, and the bits guard against fragments
// beyond the end having been counted.
func (d *datagram) complete() bool {
	if !d.haveStart || d.end == noEnd || d.covered < d.end {
		return false
	}
	n := (d.end + 7) / 8
	for _, b := range d.filled[:n/8] {
		if b != 0xff {
			return false
		}
	}
	tail := byte(1)<<(n%8) - 1
	return d.filled[n/8]&tail == tail
}

// finish gives the datagram back and takes it from the table. Its buffer stays with f.whole until the next one.
func (f *Fragments) finish(d *datagram) []byte {
	f.Stats.Whole++
	f.whole = append(append(f.whole[:0], d.header[:d.headerLen]...), d.data[:min(d.end, d.cut, len(d.data))]...)
	w := f.whole
	if d.key.version == 4 {
		binary.BigEndian.PutUint16(w[2:], uint16(d.headerLen+d.end))
		w[6], w[7], w[10], w[11] = 0, 0, 0, 0
		binary.BigEndian.PutUint16(w[10:], ^fold(sum(w[:d.headerLen])))
	} else {
		binary.BigEndian.PutUint16(w[4:], uint16(d.end))
	}
	f.drop(d)
	return w
}
