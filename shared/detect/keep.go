package detect

import (
	"fmt"

	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// What is kept over a restart is handed over in rounds, a slice each Tick, so that no Tick takes long. A round is not one moment, and need
// not be: its entries are whole, and what they say of each other holds, because of the order.
//
//  1. Detectors hand over what changed, slice by slice. This only makes what is left small.
//  2. Then, in one Tick, all that is left of all detectors, and the live detections. So what a detector has told, and what it therefore will
//     not tell again, is of the same moment as what is remembered of the telling.
//  3. Then the site's rare things and the devices, slice by slice. They come last, for detectors and rarity name devices by serial
//     numbers: a device that was new in step 2 must be known when its number is, or the number would be given twice.
//
// What was seen between step 2 and the end of the round is in the devices and not in the detectors: a detector that counts first contacts
// may miss those of these seconds, if the program is killed within the next minute. It is less than the minute that a kill may cost
// anyway. A detection that was raised after step 2 is in the store before the round counts (whoever calls Save sees to that), so that it is
// found there when it is found again.

// Part is one kind of what is kept, and the version of its form.
type Part struct {
	Name    string
	Version int
}

// The names of parts that are no detector's.
const (
	LivePart   = "live"   // detections that the judge remembers, as JSON
	UsualPart  = "usual"  // what is usual of devices
	groupPart  = "group"  // what is usual of peer groups
	DevicePart = "device" // every device, by its id
	rarityPart = "rarity"
)

// The versions of parts that are no detector's.
const (
	liveVersion   = 1
	deviceVersion = 1
	rarityVersion = 1
	UsualVersion  = 1
	groupVersion  = 1
)

// part is a Part and who has it.
type part struct {
	Part
	keeper   Keeper
	detector bool
	run      *runner // of a detector
}

// idle says that a part is of a detector that failed: what it holds may be what it failed on, and what was kept before stays.
func (p *part) idle() bool { return p.run != nil && p.run.off }

// saving is how far a round has come.
type saving struct {
	step   int // 0: none is under way
	next   int // of parts
	slices int // of this step
}

// patience is after how many slices of a step a slice takes at least twice as many entries, whatever put says: where entries change as fast
// as they are taken, the step must end all the same.
const patience = 64

func (s *saving) least() int { return 1 << min(s.slices/patience, 20) }

// The steps of a round.
const (
	stepAhead = 1 + iota // detectors, ahead
	stepTold             // what is left of them, and the live detections
	stepRest             // everything else
)

// live makes the detections that the judge remembers a Keeper.
type live struct{ *Judge }

func (l live) Save(put func(key, value []byte))               { l.saveLive(always(put)) }
func (l live) SaveSome(put func(key, value []byte) bool) bool { return l.saveLive(put) }
func (l live) Load(key, value []byte) error                   { return l.loadLive(key, value) }

func always(put func(key, value []byte)) func(key, value []byte) bool {
	return func(key, value []byte) bool {
		put(key, value)
		return true
	}
}

// partsOf lists who keeps something, in the order of a round: detectors, detections, rare things, devices.
func (j *Judge) partsOf() []part {
	var list []part
	for _, run := range j.runners {
		if k, ok := run.detector.(Keeper); ok {
			list = append(list, part{Part{"detector:" + run.spec.Type, run.spec.Version}, k, true, run})
		}
	}
	list = append(list, part{Part{LivePart, liveVersion}, live{j}, true, nil})
	return append(list, modelParts(j.model)...)
}

func modelParts(m *device.Model) []part {
	list := []part{
		{Part{rarityPart, rarityVersion}, m.Rarity(), false, nil},
		{Part{groupPart, groupVersion}, m.PeerGroups(), false, nil},
		{Part{UsualPart, UsualVersion}, m.Habits(), false, nil},
	}
	if k, ok := any(m).(Keeper); ok {
		list = append(list, part{Part{DevicePart, deviceVersion}, k, false, nil})
	}
	return list
}

// Parts lists what is kept.
func (j *Judge) Parts() []Part {
	list := make([]Part, len(j.parts))
	for i := range j.parts {
		list[i] = j.parts[i].Part
	}
	return list
}

// Load takes back one entry that Save handed over, before the first record comes. An error is about this one entry, which is then left out.
func (j *Judge) Load(name string, key, value []byte) error {
	for i := range j.parts {
		if p := &j.parts[i]; p.Name == name {
			if err := p.keeper.Load(key, value); err != nil {
				return fmt.Errorf("load %s: %w", name, err)
			}
			return nil
		}
	}
	return fmt.Errorf("load %s: nobody here keeps that", name)
}

// Put takes an entry of a part; a nil value says that the key is gone. Both are borrowed. More says whether another may follow in this slice.
type Put func(name string, key, value []byte) (more bool)

// Save hands over the next slice of what changed since the last round, and says whether that was the last slice of the round. What put
// takes must count together, and not before the round is done.
func (j *Judge) Save(put Put) (done bool) {
	s := &j.saving
	if s.step == 0 {
		*s = saving{step: stepAhead}
	}
	switch s.step {
	case stepAhead:
		if j.saveFrom(put, true) {
			*s = saving{step: stepTold}
		}
	case stepTold:
		j.saveAll(put, true)
		*s = saving{step: stepRest}
	case stepRest:
		if j.saveFrom(put, false) {
			*s = saving{}
			return true
		}
	}
	return false
}

// SaveAll hands over everything that changed since the last round, at one go.
func (j *Judge) SaveAll(put Put) {
	j.saveAll(put, true)
	j.saveAll(put, false)
	j.saving = saving{}
}

func (j *Judge) saveAll(put Put, detectors bool) {
	for i := range j.parts {
		if p := &j.parts[i]; p.detector == detectors && !p.idle() {
			p.keeper.Save(func(key, value []byte) { put(p.Name, key, value) })
		}
	}
}

// saveFrom goes on with the parts of a step, as far as put lets it. Who cannot save in slices has one of its own.
func (j *Judge) saveFrom(put Put, detectors bool) (done bool) {
	s, more, taken := &j.saving, true, 0
	s.slices++
	for ; s.next < len(j.parts); s.next++ {
		p := &j.parts[s.next]
		if p.detector != detectors || p.idle() {
			continue
		}
		if !more {
			return false
		}
		one := func(key, value []byte) bool {
			taken++
			more = put(p.Name, key, value) || taken < s.least()
			return more
		}
		if sliced, ok := p.keeper.(Sliced); !ok {
			p.keeper.Save(func(key, value []byte) { one(key, value) })
		} else if !sliced.SaveSome(one) {
			return false
		}
	}
	return true
}
