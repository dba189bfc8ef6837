package capture

import (
	"encoding/binary"
	"math"
	"math/bits"

	"github.com/mirrorwatch/mirrorwatch/sensor/packet"
)

// Options of an interface description that are read (draft-ietf-opsawg-pcapng section 4.2).
const (
	optionEnd        = 0
	optionResolution = 9  // if_tsresol
	optionOffset     = 14 // if_tsoffset
)

// face is an interface that packets of a section come from.
type face struct {
	link packet.LinkType
	read bool   // link is one that can be read
	snap uint32 // 0 no limit

	// A tick is 1/per of a second, or 2^-shift of one where shift is not 0. Offset is in seconds.
	times  int64  // nanoseconds a tick, where that is a whole number; else 0
	per    uint64 //
	shift  uint8  //
	offset int64  //
}

// describe reads an interface description.
func (p *pcapng) describe(body []byte) (reason string) {
	if len(body) < 8 {
		return "an interface description of less than 20 bytes"
	}
	if len(p.faces) == maxInterfaces {
		return "more interfaces than the limit of 4096"
	}
	f := face{link: packet.LinkType(p.order.u16(body)), snap: p.order.u32(body[4:])}
	f.read = packet.Supported(f.link)
	f.resolution(6)
	f.options(p.order, body[8:])
	p.faces = append(p.faces, f)
	return ""
}

// options reads the options up to the first that does not fit: a description without its options is still of use.
func (f *face) options(o order, rest []byte) {
	for len(rest) >= 4 {
		code, size := o.u16(rest), int(o.u16(rest[2:]))
		padded := (size + 3) &^ 3
		if code == optionEnd || len(rest)-4 < padded {
			return
		}
		value := rest[4 : 4+size]
		switch {
		case code == optionResolution && size == 1:
			f.resolution(value[0])
		case code == optionOffset && size == 8:
			f.offset = int64(binary.LittleEndian.Uint64(value))
			if o {
				f.offset = int64(binary.BigEndian.Uint64(value))
			}
		}
		rest = rest[4+padded:]
	}
}

// resolution takes an if_tsresol: a negative power of 10, or of 2 where the first bit is set. What is finer than 64 bits
// can count is taken as the finest they can.
func (f *face) resolution(v byte) {
	f.times, f.per, f.shift = 0, 0, 0
	if v&0x80 != 0 {
		f.shift = min(v&0x7f, 63)
		if f.shift == 0 {
			f.times = 1e9
		}
		return
	}
	f.per = uint64(math.Pow10(int(min(v, 19))))
	if v <= 9 {
		f.times = int64(1e9 / f.per)
	}
}

// time turns ticks into nanoseconds since the epoch. What is beyond the year 2262 wraps: such a time is no time.
func (f *face) time(ticks uint64) int64 {
	switch {
	case f.times != 0:
		return int64(ticks)*f.times + f.offset*1e9
	case f.shift != 0:
		whole, part := ticks>>f.shift, ticks&(1<<f.shift-1)
		high, low := bits.Mul64(part, 1e9)
		return int64(whole*1e9+(high<<(64-f.shift)|low>>f.shift)) + f.offset*1e9
	}
	seconds, part := ticks/f.per, ticks%f.per
	return int64(seconds*1e9+part/(f.per/1e9)) + f.offset*1e9
}
