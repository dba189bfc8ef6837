package sqlite

import (
	"encoding/binary"
	"errors"
	"math"
	"math/bits"
)

// hourful is what one device did in one hour by one metric: a value for each minute of which there is one.
type hourful struct {
	minutes uint64 // bit n: there is a value for minute n
	values  [60]float64
}

// The two forms of values in a blob, after the minutes as a varint. Metrics are counts nearly always: how much each differs from the
// one before takes a byte or three where a float takes eight.
const (
	formCounts = 1
	formFloats = 2
)

// exact is the bound below which each integer is a float64 of its own.
const exact = 1 << 53

var errPoints = errors.New("points of a series are damaged")

// encode packs an hour. What comes out of decode is equal to it, to the bit.
func (h *hourful) encode() []byte {
	form := byte(formCounts)
	h.each(func(_ int, v float64) {
		if v != math.Trunc(v) || math.Abs(v) >= exact || v == 0 && math.Signbit(v) {
			form = formFloats
		}
	})
	b := binary.AppendUvarint([]byte{form}, h.minutes)
	before := int64(0)
	h.each(func(_ int, v float64) {
		if form == formFloats {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
			return
		}
		b = binary.AppendVarint(b, int64(v)-before)
		before = int64(v)
	})
	return b
}

// each walks over the minutes that have a value.
func (h *hourful) each(f func(minute int, v float64)) {
	for left := h.minutes; left != 0; left &= left - 1 {
		n := bits.TrailingZeros64(left)
		f(n, h.values[n])
	}
}

// minutesOf reads which minutes a blob has values for.
func minutesOf(b []byte) (minutes uint64, form byte, rest []byte, err error) {
	if len(b) < 2 {
		return 0, 0, nil, errPoints
	}
	minutes, n := binary.Uvarint(b[1:])
	if n <= 0 || minutes>>60 != 0 {
		return 0, 0, nil, errPoints
	}
	return minutes, b[0], b[1+n:], nil
}

func decodeHour(b []byte) (h hourful, err error) {
	minutes, form, b, err := minutesOf(b)
	if err != nil {
		return h, err
	}
	h.minutes = minutes
	before := int64(0)
	h.each(func(minute int, _ float64) {
		switch {
		case form == formFloats && len(b) >= 8:
			h.values[minute], b = math.Float64frombits(binary.LittleEndian.Uint64(b)), b[8:]
		case form == formCounts:
			v, n := binary.Varint(b)
			if n <= 0 {
				err = errPoints
				return
			}
			before, b = before+v, b[n:]
			h.values[minute] = float64(before)
		default:
			err = errPoints
		}
	})
	if err == nil && len(b) != 0 {
		err = errPoints
	}
	return h, err
}

func (h *hourful) set(minute int, v float64) {
	h.minutes |= 1 << minute
	h.values[minute] = v
}

func (h *hourful) clear(minute int) { h.minutes &^= 1 << minute }
