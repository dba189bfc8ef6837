package device

import (
	"encoding/binary"
	"math"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/baseline"
)

// append writes habits as they are before an hour.
func (h *habits) append(b []byte, until events.Time) []byte {
	b = append(b, habitsVersion)
	b = binary.AppendUvarint(binary.AppendUvarint(b, uint64(hourNumber(until))), uint64(h.known))
	for i, u := range h.usual {
		if u != nil {
			b = u.AppendBinary(append(b, byte(i)+1))
		}
	}
	return append(b, 0)
}

func appendTotals(b []byte, at int64, totals *[NumMetrics]float64, taint uint64) []byte {
	b = binary.AppendUvarint(binary.AppendUvarint(b, uint64(at)), taint)
	for i, x := range totals {
		if x != 0 {
			b = binary.AppendUvarint(append(b, byte(i)+1), math.Float64bits(x))
		}
	}
	return append(b, 0)
}

func (m *Model) readHabits(b []byte) (until int64, known uint32, usual [NumMetrics]*baseline.Usual, err error) {
	numbers := [2]uint64{}
	for i := range numbers {
		n, size := binary.Uvarint(b)
		if size <= 0 {
			return 0, 0, usual, errHabits
		}
		numbers[i], b = n, b[size:]
	}
	for {
		if len(b) == 0 {
			return 0, 0, usual, errHabits
		}
		at := int(b[0]) - 1
		if at < 0 {
			return int64(numbers[0]), uint32(numbers[1]), usual, nil
		}
		u, rest, err := m.groups.tools.Decode(b[1:])
		if err != nil {
			return 0, 0, usual, err
		}
		if at < NumMetrics {
			usual[at] = u
		}
		b = rest
	}
}

// readTotals reads what appendTotals wrote. The first version had the largest minute beside each total, which is passed over.
func readTotals(version byte, b []byte) (l lateHour, err error) {
	number := func() uint64 {
		n, size := binary.Uvarint(b)
		if size <= 0 {
			err = errHabits
			return 0
		}
		b = b[size:]
		return n
	}
	l.at, l.taint = int64(number()), number()
	for err == nil {
		if len(b) == 0 {
			return l, errHabits
		}
		at := int(b[0]) - 1
		if b = b[1:]; at < 0 {
			return l, nil
		}
		x := math.Float64frombits(number())
		if version == habitsWithMinutes {
			number()
		}
		if at < NumMetrics && x >= 0 && x <= math.MaxFloat64 {
			l.totals[at] = x
		}
	}
	return l, err
}
