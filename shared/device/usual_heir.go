package device

import (
	"encoding/binary"
	"fmt"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// Whole gives what was loaded of a device's habits as one entry, the hours since it was kept as a whole included, for another sensor to take
// over. It is for a model that only carries: nothing was observed, and the device is then no longer kept here. Nil where nothing is known.
func (h Habits) Whole(id string) (key, value []byte) {
	a := h.m.keptHabits.back[id]
	if a == nil {
		return nil, nil
	}
	until := a.counted
	a = h.m.restored(&Device{id: id})
	for _, at := range a.lately {
		until = max(until, events.Time(at+1)*hour)
	}
	return keyOfHabits(keepWhole, id), a.habits.append(nil, until)
}

// TakeOver gives what is to be kept of a device's habits when those of another sensor come to what was loaded here (detect.Heir). Only wholes
// are taken over, which is what Whole gives.
func (h Habits) TakeOver(key, value []byte) ([]byte, error) {
	if len(key) < 2 || key[0] != keepWhole {
		return nil, nil
	}
	id := string(key[1:])
	if err := h.m.TakeOver(id, value); err != nil {
		return nil, err
	}
	a := h.m.keptHabits.back[id]
	if a == nil {
		return nil, fmt.Errorf("take over what is usual of %s: it is being watched here", id)
	}
	until, _ := binary.Uvarint(value[1:]) // it was read before
	if a.counted == 0 && len(h.m.keptHabits.late[id]) == 0 {
		a.counted = events.Time(until) * hour
	}
	return a.habits.append(nil, a.counted), nil
}
