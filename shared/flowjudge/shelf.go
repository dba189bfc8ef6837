package flowjudge

import (
	"maps"
	"slices"

	"github.com/mirrorwatch/mirrorwatch/shared/bounded"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
)

// shelf holds everything that the judge's parts gave to be kept, as it stood when it was given last: they hand over what changed, and a
// snapshot is whole. Its entries are those of the parts' own bounded tables; of devices that had to leave the memory some stay, to come back.
type shelf struct {
	parts   map[string]map[string][]byte
	devices *bounded.Table[string, []byte]
}

// shelved is how many times as many devices are kept as there are local ones in memory.
const shelved = 4

func newShelf(devices int) *shelf {
	return &shelf{map[string]map[string][]byte{}, bounded.New[string, []byte](shelved * devices)}
}

// put takes an entry of a part; nil says that it is gone. It always asks for more (detect.Put).
func (s *shelf) put(part string, key, value []byte) (more bool) {
	if part == detect.DevicePart {
		if value == nil {
			s.devices.Delete(string(key))
			return true
		}
		kept, _ := s.devices.Put(string(key))
		*kept = append((*kept)[:0:0], value...)
		return true
	}
	entries := s.parts[part]
	if entries == nil {
		entries = map[string][]byte{}
		s.parts[part] = entries
	}
	if value == nil {
		delete(entries, string(key))
		return true
	}
	entries[string(key)] = slices.Clone(value)
	return true
}

// device gives what is kept of one (device.Options.Reload).
func (s *shelf) device(key []byte) (value []byte, ok bool) {
	if kept := s.devices.Peek(string(key)); kept != nil {
		return *kept, true
	}
	return nil, false
}

// each gives the entries of a part, always in the same order.
func (s *shelf) each(part string, do func(key string, value []byte)) {
	if part == detect.DevicePart {
		for k, v := range s.devices.All { // those that were given longest ago first, so that they are the first to go again
			do(k, *v)
		}
		return
	}
	entries := s.parts[part]
	for _, k := range slices.Sorted(maps.Keys(entries)) {
		do(k, entries[k])
	}
}
