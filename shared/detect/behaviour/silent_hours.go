package behaviour

import (
	"fmt"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
)

// hoursOf says how long so many minutes are.
func hoursOf(minutes int) string {
	switch hours := minutes / 60; {
	case hours == 1:
		return "an hour"
	case hours > 1:
		return fmt.Sprintf("%d hours", hours)
	}
	return fmt.Sprintf("%d minutes", minutes)
}

func hourOf(t events.Time) int64 { return int64(t) / int64(time.Hour) }

// placeOf gives where an hour is counted. 1970 began on a Thursday.
func placeOf(hour int64) (weekend, of int) {
	if day := (hour/24 + 4) % 7; day == 0 || day == 6 {
		weekend = 1
	}
	return weekend, int(hour % 24)
}

// clock is a minute for a person.
func clock(minute int64) string { return time.Unix(minute*60, 0).UTC().Format("2006-01-02 15:04 UTC") }

// expects says whether a device is always heard at the hour that is judged: at this hour of workdays or weekends where that was seen
// often enough, else at nearly all hours there were, or, of a young one, at all of them.
func (s *Silences) expects(h *hearing) bool {
	if h.person {
		return false
	}
	w, of := placeOf(s.rounds.hour())
	if seen := int(h.seen[w][of]); seen >= s.tune.Known {
		return float64(h.heard[w][of]) >= s.tune.Always*float64(seen)
	}
	seen, heard := h.sums()
	if seen >= 24*s.tune.Known {
		return float64(heard) >= s.tune.Always*float64(seen)
	}
	return seen >= 24*s.tune.Young && s.restless(h)
}

// restless says that a device that is not known for long was heard in all hours so far, but for those of a silence that is not told yet. Its
// pauses are measured from the beginning.
func (s *Silences) restless(h *hearing) bool {
	seen, heard := h.sums()
	return !h.person && seen < 24*s.tune.Known && seen-heard <= s.tune.Steady
}

func (h *hearing) sums() (seen, heard int) {
	for w := range h.seen {
		for of := range h.seen[w] {
			seen, heard = seen+int(h.seen[w][of]), heard+int(h.heard[w][of])
		}
	}
	return seen, heard
}

// aroundTheClock says that a device was heard in as good as all of so many hours and more.
func (h *hearing) aroundTheClock(enough int) bool {
	seen, heard := h.sums()
	return seen >= enough && 100*heard >= 98*seen
}

// learn counts an hour. An hour that was told of teaches nothing.
func (s *Silences) learn(id uint32, h *hearing, heard bool) {
	if h.told > 0 && !heard {
		return
	}
	w, of := placeOf(s.rounds.hour())
	if h.seen[w][of] >= mostSeen {
		h.seen[w][of], h.heard[w][of] = h.seen[w][of]/2, h.heard[w][of]/2
	}
	h.seen[w][of]++
	if heard {
		h.heard[w][of]++
	}
	if of == 0 {
		h.pause -= h.pause / fades
	}
	s.devices.Note(id)
}

// fades is the part of a pause that is forgotten each day.
const fades = 30

// finding is of the silence that began after a minute.
func (h *hearing) finding(now events.Time, last int64, text string) detect.Finding {
	f := detect.Finding{
		Key: h.id, Confidence: 0.75, Start: events.Time((last + 1) * int64(time.Minute)), End: now, VNI: h.vni, Description: text,
		Victims:    []detect.Party{{Addr: h.addr}},
		Properties: map[string]any{"silent_hours": h.quiet / 60, "silent_minutes": h.quiet, "longest_pause_minutes": h.pause, "last_heard": clock(last)},
	}
	if !h.steady {
		f.Terms = []events.Term{{Name: "rests_at_times", Points: -15, Reason: "it is not heard around the clock"}}
	}
	if h.followed {
		f.Terms = append(f.Terms, events.Term{Name: "succeeded", Points: -30, Reason: "another took its place when it ended"})
	}
	return f
}

// Save hands over the hours that changed (Keeper).
func (s *Silences) Save(put func(key, value []byte)) { s.devices.Save(put) }

// SaveSome is Save in slices (Sliced).
func (s *Silences) SaveSome(put func(key, value []byte) bool) bool { return s.devices.SaveSome(put) }

// Load takes back the hours of a device (Keeper).
func (s *Silences) Load(key, value []byte) error {
	if err := s.devices.Load(key, value); err != nil {
		return err
	}
	for id := range s.devices.Newest {
		s.rounds.join(id)
		break
	}
	return nil
}

func writeHabits(key, value *detect.Numbers, id uint32, h *hearing) {
	key.Add(int64(id))
	if h.id == "" {
		return
	}
	for w := range h.seen {
		for of := range h.seen[w] {
			value.Add(int64(h.seen[w][of]))
			value.Add(int64(h.heard[w][of]))
		}
	}
	value.Add(h.last)
	value.Add(int64(h.quiet))
	value.Add(int64(h.pause))
	value.Add(int64(h.told))
	value.Add(bit(h.followed) | bit(h.steady)<<1 | bit(h.person)<<2)
	value.Add(int64(h.vni))
	value.Text(h.id)
	value.Text(h.addr.String())
}

func readHabits(key, value *detect.Numbers, h *hearing) uint32 {
	for w := range h.seen {
		for of := range h.seen[w] {
			h.seen[w][of], h.heard[w][of] = uint8(value.Next(mostSeen)), uint8(value.Next(mostSeen))
		}
	}
	h.last, h.quiet, h.pause, h.told = value.Next(1<<30), int(value.Next(1<<24)), int(value.Next(1<<24)), int(value.Next(1<<24))
	flags := value.Next(7)
	h.followed, h.steady, h.person = flags&1 != 0, flags&2 != 0, flags&4 != 0
	h.vni, h.id, h.addr = uint32(value.Next(1<<32-1)), value.NextText(128), value.NextAddr()
	return uint32(key.Next(1<<32 - 1))
}

func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
