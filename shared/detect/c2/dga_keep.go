package c2

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"net/netip"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/sketch"
)

// askerVersion stands before each value; another is not read.
const askerVersion = 1

// Save hands over the hosts that changed (detect.Keeper): what counts, and what a person is told of it.
func (g *Generated) Save(put func(key, value []byte)) {
	g.SaveSome(func(key, value []byte) bool { put(key, value); return true })
}

// SaveSome is Save in slices (detect.Sliced).
func (g *Generated) SaveSome(put func(key, value []byte) (more bool)) (done bool) {
	return g.changes.Take(func(serial uint32) bool {
		g.key = binary.BigEndian.AppendUint32(g.key[:0], serial)
		n := g.hosts.Peek(serial)
		if n == nil {
			return put(g.key, nil)
		}
		g.value = n.append(append(g.value[:0], askerVersion))
		return put(g.key, g.value)
	})
}

// Load takes one host back (detect.Keeper).
func (g *Generated) Load(key, value []byte) error {
	if len(key) != 4 || len(value) == 0 || value[0] != askerVersion {
		return fmt.Errorf("load key %x: a value of %d bytes that is not of version %d", key[:min(len(key), 16)], len(value), askerVersion)
	}
	var n asker
	if err := n.parse(value[1:]); err != nil {
		return fmt.Errorf("load key %x: %w", key, err)
	}
	kept, _ := g.hosts.Put(binary.BigEndian.Uint32(key))
	*kept = n
	return nil
}

func (n *asker) append(b []byte) []byte {
	for _, x := range []int{int(n.start), int(n.last), n.told, n.reachedTold, n.ladder.Rung(), int(n.head.VNI), int(n.why)} {
		b = binary.AppendUvarint(b, uint64(max(x, 0)))
	}
	for _, d := range n.counts() {
		b = d.Append(b)
	}
	b = texts(b, []string{n.head.OrigH.String(), n.head.RespH.String(), n.head.Sensor})
	return texts(texts(texts(b, n.examples), n.words), n.reached)
}

func (n *asker) counts() [4]*sketch.Distinct {
	return [4]*sketch.Distinct{&n.failed, &n.plain, &n.sure, &n.asked}
}

func (n *asker) parse(b []byte) (err error) {
	var numbers [7]uint64
	for i := range numbers {
		x, size := binary.Uvarint(b)
		if size <= 0 || x > math.MaxInt64 {
			return errCut
		}
		numbers[i], b = x, b[size:]
	}
	n.start, n.last, n.told, n.reachedTold = events.Time(numbers[0]), events.Time(numbers[1]), int(numbers[2]), int(numbers[3])
	if rung := min(numbers[4], 20); rung > 0 {
		n.ladder.Climb(math.Pow10(int(rung)-1), 1)
	}
	n.why = reason(min(numbers[6], uint64(wordsMissing)))
	for _, d := range n.counts() {
		if b, err = d.Parse(b); err != nil {
			return err
		}
	}
	var ends []string
	if ends, b, err = readTexts(b, 3); err == nil && len(ends) == 3 {
		n.head.OrigH, _ = netip.ParseAddr(ends[0])
		n.head.RespH, _ = netip.ParseAddr(ends[1])
		n.head.VNI, n.head.Sensor = uint32(numbers[5]), ends[2]
	}
	if err == nil {
		n.examples, b, err = readTexts(b, maxExamples)
	}
	if err == nil {
		n.words, b, err = readTexts(b, maxExamples)
	}
	if err == nil {
		n.reached, b, err = readTexts(b, maxReached)
	}
	if err == nil && len(b) > 0 {
		err = errCut
	}
	return err
}

// errCut is about a value that Save did not write.
var errCut = errors.New("the value is cut short or not of this form")

// maxText bounds one text of a value, in bytes: a name, a space and an address.
const maxText = 512

func texts(b []byte, list []string) []byte {
	b = append(b, byte(len(list)))
	for _, s := range list {
		s = s[:min(len(s), maxText)]
		b = append(binary.AppendUvarint(b, uint64(len(s))), s...)
	}
	return b
}

func readTexts(b []byte, most int) (list []string, rest []byte, err error) {
	if len(b) == 0 || int(b[0]) > most {
		return nil, nil, errCut
	}
	count := int(b[0])
	b = b[1:]
	for range count {
		n, size := binary.Uvarint(b)
		if size <= 0 || n > maxText || int(n) > len(b)-size {
			return nil, nil, errCut
		}
		list, b = append(list, string(b[size:size+int(n)])), b[size+int(n):]
	}
	return list, b, nil
}
