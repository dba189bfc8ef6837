package sketch

import (
	"encoding/binary"
	"errors"
)

// errCut is about bytes that Append did not write.
var errCut = errors.New("read a count of different things: the bytes are cut short or not of this form")

// Append writes what was counted behind dst: exactly what Parse takes back.
func (d *Distinct) Append(dst []byte) []byte {
	if d.many != nil {
		return append(append(dst, exact+1), d.many[:]...)
	}
	dst = append(dst, byte(len(d.few)))
	for _, h := range d.few {
		dst = binary.LittleEndian.AppendUint64(dst, h)
	}
	return dst
}

// Parse takes back what Append wrote at the beginning of data, in place of what was counted, and gives what follows it.
func (d *Distinct) Parse(data []byte) (rest []byte, err error) {
	if len(data) == 0 || data[0] > exact+1 {
		return nil, errCut
	}
	n := int(data[0])
	data = data[1:]
	if n == exact+1 {
		if len(data) < registers {
			return nil, errCut
		}
		*d = Distinct{many: new([registers]uint8)}
		copy(d.many[:], data)
		return data[registers:], nil
	}
	if len(data) < 8*n {
		return nil, errCut
	}
	*d = Distinct{}
	for i := range n {
		d.few = append(d.few, binary.LittleEndian.Uint64(data[8*i:]))
	}
	return data[8*n:], nil
}
