package access

import (
	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
)

// What follows is how the tables of this package are kept over a restart: the fields of their entries, in order. Whoever changes a list
// raises the version of its memory.

func guessesFields(key, value *detect.Form, k *uint64, g *guesses) {
	detect.Number(key, k)
	for _, n := range []*int{&g.failed, &g.sessions, &g.short, &g.told, &g.before} {
		detect.Number(value, n)
	}
	for _, b := range []*bool{&g.decided, &g.alerted, &g.success} {
		value.Bool(b)
	}
	for _, t := range []*events.Time{&g.start, &g.last, &g.won} {
		detect.Number(value, t)
	}
	value.Ladder(&g.ladder)
	value.UIDs(&g.uids)
	value.Head(&g.head)
	value.Text(&g.wonUID, maxText)
}

func sprayerFields(key, value *detect.Form, k *uint32, p *sprayer) {
	detect.Number(key, k)
	detect.Many(value, &p.victims, maxSprayed, (*detect.Form).Party)
	detect.Number(value, &p.start)
	detect.Number(value, &p.last)
	value.Ladder(&p.ladder)
	value.UIDs(&p.uids)
}

// maxText bounds a text of an entry: a look-up may have been long, and a person reads its beginning.
const maxText = 512

func attemptFields(key, value *detect.Form, k *string, a *attempt) {
	key.Text(k, maxText)
	value.Head(&a.head)
	for _, t := range []*string{&a.look.Scheme, &a.look.Host, &a.look.Port, &a.look.Text, &a.field, &a.called} {
		value.Text(t, maxText)
	}
	detect.Number(value, &a.count)
	value.Ladder(&a.ladder)
	detect.Number(value, &a.start)
	detect.Number(value, &a.last)
	value.UIDs(&a.uids)
}

func targetFields(key, value *detect.Form, t *target, attempt *string) {
	key.Addr(&t.addr)
	key.Text(&t.name, maxText)
	value.Text(attempt, maxText)
}
