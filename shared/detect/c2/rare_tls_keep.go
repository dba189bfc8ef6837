package c2

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// talkVersion stands before each value; another is not read.
const talkVersion = 1

// Save hands over the pairs that changed (detect.Keeper).
func (r *RareHandshakes) Save(put func(key, value []byte)) {
	r.changes.Take(func(id tlsPair) bool {
		r.key = binary.BigEndian.AppendUint32(r.key[:0], id.client)
		r.key = binary.BigEndian.AppendUint16(r.key, id.port)
		r.key = binary.BigEndian.AppendUint64(r.key, id.server)
		if t := r.pairs.Peek(id); t != nil {
			r.value = t.append(append(r.value[:0], talkVersion))
			put(r.key, r.value)
		} else {
			put(r.key, nil)
		}
		return true
	})
}

// Load takes one pair back (detect.Keeper).
func (r *RareHandshakes) Load(key, value []byte) error {
	if len(key) != 14 || len(value) == 0 || value[0] != talkVersion {
		return fmt.Errorf("load key %x: a value of %d bytes that is not of version %d", key[:min(len(key), 16)], len(value), talkVersion)
	}
	var t tlsTalk
	if err := t.parse(value[1:]); err != nil {
		return fmt.Errorf("load key %x: %w", key, err)
	}
	id := tlsPair{binary.BigEndian.Uint32(key), binary.BigEndian.Uint16(key[4:]), binary.BigEndian.Uint64(key[6:])}
	kept, _ := r.pairs.Put(id)
	*kept = t
	return nil
}

func (t *tlsTalk) append(b []byte) []byte {
	for _, n := range []int64{int64(t.count), int64(t.points), int64(t.ladder.Rung()), int64(t.start), int64(t.last - t.start)} {
		b = binary.AppendUvarint(b, uint64(max(n, 0)))
	}
	return texts(b, t.uids)
}

func (t *tlsTalk) parse(b []byte) (err error) {
	var n [5]uint64
	for i := range n {
		x, size := binary.Uvarint(b)
		if size <= 0 || x > math.MaxInt64 {
			return errCut
		}
		n[i], b = x, b[size:]
	}
	t.count, t.points, t.start = int(n[0]), int(n[1]), events.Time(n[3])
	t.last = t.start + events.Time(n[4])
	if rung := min(n[2], 20); rung > 0 {
		t.ladder.Climb(math.Pow10(int(rung)-1), 1)
	}
	if t.uids, b, err = readTexts(b, maxUIDs); err == nil && len(b) > 0 {
		err = errCut
	}
	return err
}
