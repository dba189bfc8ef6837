package lateral

import (
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
)

// remoteTunables are what may be set of the detectors that tell who works on whom for the first time.
type remoteTunables struct {
	Memory  time.Duration // a pair that rests this long is new again
	Within  time.Duration // new pairs of one client within it are told together
	Habit   int           // servers of a client that administers by habit
	Pairs   int
	Clients int
}

// remoteActs remembers which client worked on which server by one protocol.
type remoteActs struct {
	tune    remoteTunables
	pairs   *detect.Cases // by client and server
	habits  *detect.Cases // by client: its servers
	clients *detect.Cases // by client: what is told
	detect.Memories
}

func newRemoteActs(t remoteTunables) *remoteActs {
	a := &remoteActs{
		tune: t, pairs: detect.NewCases(detect.CasesOptions{Limit: t.Pairs, Idle: t.Memory, Letter: 'p'}),
		habits:  detect.NewCases(detect.CasesOptions{Limit: t.Clients, Idle: t.Memory, Letter: 'h'}),
		clients: detect.NewCases(detect.CasesOptions{Limit: t.Clients, Idle: t.Within, Letter: 'c'}),
	}
	a.Memories = detect.Memories{a.pairs.Memory, a.habits.Memory, a.clients.Memory}
	return a
}

// known is the flag of a pair that was told of, or is usual.
const remoteKnown = 1 << 63

// pair counts something of a client and a server, and gives their case.
func (a *remoteActs) pair(h *events.Head) *detect.Case {
	return a.pairs.Note(detect.CaseKey{VNI: h.VNI, By: h.OrigH, To: h.RespH}, h)
}

// works says that a pair's work is certain now, and gives the case of the client when that is news. Suspicious work is news from a client that
// administers by habit, too.
func (a *remoteActs) works(pair *detect.Case, suspicious bool) (detect.CaseKey, *detect.Case) {
	if pair.Flags&remoteKnown != 0 {
		return detect.CaseKey{}, nil
	}
	pair.Flags |= remoteKnown
	h := &pair.Head
	habit := a.habits.Note(detect.CaseKey{VNI: h.VNI, By: h.OrigH}, h)
	habit.Against(detect.Party{Addr: h.RespH})
	if habit.Hosts.Count() > a.tune.Habit && !suspicious {
		return detect.CaseKey{}, nil
	}
	key := detect.CaseKey{VNI: h.VNI, By: h.OrigH}
	one := a.clients.Note(key, h)
	one.Start = min(one.Start, pair.Start)
	one.Against(detect.Party{Addr: h.RespH, Port: h.RespP, Endpoint: detect.Server})
	for _, n := range pair.Names {
		one.Thing(n)
	}
	one.Flags |= pair.Flags &^ remoteKnown
	one.Told = one.Count
	return key, one
}

// Overflow is how many pairs and clients had to be forgotten for want of room.
func (a *remoteActs) Overflow() uint64 {
	return a.pairs.Evicted() + a.habits.Evicted() + a.clients.Evicted()
}
