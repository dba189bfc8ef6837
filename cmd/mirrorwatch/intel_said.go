package main

import (
	"context"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/intel"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// intelTeller stores which lists of threat intelligence a sensor has, for whoever asks the API: when they were read anew, and once in a while.
type intelTeller struct {
	loaded int64     // what was told last: when the lists were read, seconds since 1970
	told   time.Time // when
}

// due says whether there is something to tell.
func (t *intelTeller) due(l *lists, now time.Time) bool {
	return t.told.IsZero() || now.Sub(t.told) >= store.IntelSaidEvery || l != nil && l.loaded.Load() != t.loaded
}

// keepIntel tells the store, where it is due. A sensor without lists says so, too: that is another thing than to say nothing.
func (k *keeper) keepIntel(ctx context.Context, t *intelTeller, l *lists, now time.Time) {
	if !t.due(l, now) {
		return
	}
	in := l.said(k.sensor)
	ctx, cancel := context.WithTimeout(ctx, nameWait)
	defer cancel()
	if err := store.KeepIntel(ctx, k.store.Documents, in, now); err != nil {
		if ctx.Err() == nil {
			k.log.Warn("lists of threat intelligence are not told", "error", err)
		}
		return // it is due still
	}
	t.told, t.loaded = now, 0
	if in.Read != nil {
		t.loaded = in.Read.Unix()
	}
}

// said is what the lists have to tell; a nil lists has none.
func (l *lists) said(sensor string) store.Intel {
	in := store.Intel{Sensor: sensor, Lists: []store.IntelList{}}
	if l == nil {
		return in
	}
	read, x := time.Unix(l.loaded.Load(), 0).UTC(), l.feed.Index()
	in.Read, in.Indicators, in.Bytes = &read, x.Len(), int64(x.Bytes())
	if reports := l.reports.Load(); reports != nil {
		for i := range *reports {
			in.Lists = append(in.Lists, listSaid(&(*reports)[i]))
		}
	}
	return in
}

func listSaid(r *intel.Report) store.IntelList {
	out := store.IntelList{Name: r.Name, Format: r.Format, Indicators: r.Taken, Unused: r.Unused, Bad: r.Bad, Broken: r.Broken, Kinds: map[string]int{}}
	for k := range intel.Kinds {
		if n := r.Kinds[k]; n > 0 {
			out.Kinds[k.String()] = n
		}
	}
	for _, c := range r.Complaints {
		out.Complaints = append(out.Complaints, c.String())
	}
	return out
}
