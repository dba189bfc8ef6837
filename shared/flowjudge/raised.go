package flowjudge

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// Bounds of one question: one search, of so many offenders, and so much of what it finds.
const (
	maxOffenders = 4
	maxFound     = 50
	about        = time.Hour // how far apart in time two detections may be and still be of the same thing
)

// Raised gives what Options.Known wants: whether a sensor has raised a detection of the same type, or of one that the type yields to, with the
// same offenders at the same time, or within an hour of it. Each question is one search. Have are the detectors there are; none: those of Types.
func Raised(d store.Detections, have []detect.Spec) (func(ctx context.Context, d *events.Detection) (bool, error), error) {
	run, _, err := specs(have, nil)
	if err != nil {
		return nil, err
	}
	types := map[string][]string{}
	for i := range run {
		types[run[i].Type] = append([]string{run[i].Type}, run[i].Yields...)
	}
	return func(ctx context.Context, one *events.Detection) (bool, error) {
		offenders := offendersOf(one)
		if len(offenders) == 0 {
			return false, nil
		}
		page, err := d.Search(ctx, question(one, types[one.Type], offenders))
		if err != nil {
			return false, fmt.Errorf("ask whether a sensor has raised %s: %w", one.Type, err)
		}
		for i := range page.Items {
			if sameThing(one, &page.Items[i], offenders) {
				return true, nil
			}
		}
		return false, nil
	}, nil
}

func offendersOf(d *events.Detection) (list []netip.Addr) {
	for i := range d.Participants {
		if p := &d.Participants[i]; p.Role == detect.Offender && len(list) < maxOffenders {
			list = append(list, p.Address)
		}
	}
	return list
}

func question(d *events.Detection, types []string, offenders []netip.Addr) store.DetectionQuery {
	from, to := d.Evidence.Start.Add(-about), d.Evidence.End.Add(about)
	f := store.DetectionFilter{UpdatedFrom: &from, To: &to, Types: types, Hidden: store.HiddenInclude, Offender: &store.ParticipantFilter{}}
	for _, a := range offenders {
		f.Offender.Addresses = append(f.Offender.Addresses, netip.PrefixFrom(a, a.BitLen()))
	}
	f.Not = []store.DetectionFilter{{Sensors: []string{events.FlowLog, callsSensor}}}
	return store.DetectionQuery{Filter: f, Sort: store.ByUpdate, Limit: maxFound}
}

// sameThing says whether what a sensor raised has all the offenders.
func sameThing(d, have *events.Detection, offenders []netip.Addr) bool {
	if have.Sensor == events.FlowLog || have.Sensor == callsSensor || have.ID == d.ID {
		return false
	}
	offends := func(a netip.Addr) bool {
		return slices.ContainsFunc(have.Participants, func(p events.Participant) bool { return p.Role == detect.Offender && p.Address == a })
	}
	return !slices.ContainsFunc(offenders, func(a netip.Addr) bool { return !offends(a) })
}
