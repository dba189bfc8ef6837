package c2

import (
	"fmt"
	"strconv"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
	"github.com/mirrorwatch/mirrorwatch/shared/domain"
)

// standing is how a server stands at the site.
type standing struct {
	devices int         // local ones that turned to it
	crowd   int         // local ones that turned to anything
	first   events.Time // when it was first seen
	learned bool        // the site was watched long enough to say what is rare
	since   events.Time // when that was so
}

// fewDevices: a site of fewer has no rarities.
const fewDevices = 10

func (b *Beacons) standing(s *series, v device.View) standing {
	st := standing{crowd: v.Rare().Crowd(), since: s.last.Add(b.tune.Young - v.Age(s.last))}
	st.learned = s.last >= st.since
	if s.insideLocal {
		return st
	}
	name := s.peer.name
	if name == "" {
		st.devices, st.first = v.RareHost(s.peer.server)
		return st
	}
	st.devices, st.first = v.RareName(name)
	for _, h := range b.tune.Hosting {
		if domain.Under(name, h) {
			return st
		}
	}
	// A name of its own for each customer says nothing against the one who gave it.
	if devices, first := v.RareDomain(name); devices > 0 {
		st.devices, st.first = devices, first
	}
	return st
}

// stranger says that a server came to a site that was learned by then, and that hardly anybody there turned to it.
func (st *standing) stranger(rare int) bool {
	return st.learned && st.crowd >= fewDevices && st.devices > 0 && st.devices <= rare && st.first >= st.since
}

// popular: several local devices use the server, so that it is no rarity. Many marks of a makeshift server may also mean that many hosts are led.
func (b *Beacons) popular(s *series, st *standing, marks int) bool {
	limit := b.tune.Popular
	switch {
	case s.insideLocal:
		return false
	case marks == 0:
		limit = min(limit, b.tune.Rare+1)
	case marks > 1:
		limit *= manyLed
	}
	return st.devices >= limit
}

// manyLed is how many times as many devices may turn to a server that looks makeshift in more than one way.
const manyLed = 4

// terms lists what the site knows of the server. A named one that was there before anybody could say what is rare is most likely one of the
// programs that were there, too.
func (st *standing) terms(marks int, name string) []events.Term {
	var terms []events.Term
	if name != "" && marks == 0 {
		terms = append(terms, events.Term{Name: "named_server", Points: -15, Reason: "a name and a usual port, as services have"})
	}
	if !st.learned || st.crowd < fewDevices || st.devices == 0 {
		return terms
	}
	if st.first < st.since {
		if marks == 0 {
			terms = append(terms, events.Term{Name: "known_server", Points: -30, Reason: "it was known since before this site was learned"})
		}
		return terms
	}
	return append(terms, events.Term{
		Name: "rare_server", Points: 10,
		Reason: fmt.Sprintf("new since %s, and of %s local devices %d turned to it", st.first.Time().UTC().Format(time.DateTime), about(st.crowd), st.devices),
	})
}

// describe adds to the sentence and the evidence how rare the server is.
func (st *standing) describe(f *detect.Finding, name string) {
	if st.devices == 0 || st.crowd < fewDevices {
		return
	}
	f.Properties["devices_of_server"], f.Properties["devices_of_site"] = st.devices, st.crowd
	f.Properties["server_first_seen"] = st.first.Time().UTC().Format(time.RFC3339)
	what := "address"
	if name != "" {
		what = "name"
	}
	f.Description += fmt.Sprintf(" Of %s local devices, %d turned to that %s since %s.", about(st.crowd), st.devices, what,
		st.first.Time().UTC().Format("2 January 15:04"))
}

// about tells how many devices a site has, which is counted exactly only where they are few.
func about(devices int) string {
	if devices <= 64 {
		return strconv.Itoa(devices)
	}
	return "about " + strconv.Itoa(devices)
}
