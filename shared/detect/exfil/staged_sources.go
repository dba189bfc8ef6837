package exfil

import (
	"net/netip"
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
)

// sources is with whom a host exchanged much within a day.
type sources struct{ inside, outside []partner }

// partner is one of them.
type partner struct {
	addr  netip.Addr
	port  uint16
	bytes uint64 // within the day, about: reports of a conversation that goes on count once
	last  events.Time
	uid   string // of the latest conversation
	told  uint64 // bytes of it that are counted
}

// maxPartners is how many are told apart; the one with the least goes first.
const maxPartners = 8

// note adds a conversation to a list, the largest first. Who gave nothing for a day leaves.
func note(list []partner, who netip.Addr, c *events.Conn, bytes uint64) []partner {
	at := c.TS + events.Time(c.Duration)
	list = slices.DeleteFunc(list, func(p partner) bool { return at.Sub(p.last) > 24*time.Hour })
	i := slices.IndexFunc(list, func(p partner) bool { return p.addr == who })
	if i < 0 {
		if len(list) >= maxPartners {
			if list[len(list)-1].bytes >= bytes {
				return list
			}
			list = list[:len(list)-1]
		}
		list, i = append(list, partner{addr: who}), len(list)
	}
	p := &list[i]
	if p.uid != c.UID {
		p.uid, p.told = c.UID, 0
	}
	p.bytes, p.told, p.port, p.last = p.bytes+bytes-min(p.told, bytes), bytes, c.RespP, at
	slices.SortStableFunc(list, func(a, b partner) int { return int(min(max(int64(b.bytes)-int64(a.bytes), -1), 1)) })
	return list
}

func (s *sources) uids() (list []string) {
	for _, p := range append(slices.Clone(s.inside), s.outside...) {
		list = append(list, p.uid)
	}
	return list
}

// Save hands over what changed (Keeper): the days, not who took part in them.
func (s *Stages) Save(put func(key, value []byte)) { s.hosts.Save(put) }

// SaveSome is Save in slices (Sliced).
func (s *Stages) SaveSome(put func(key, value []byte) bool) bool { return s.hosts.SaveSome(put) }

// Load takes back a day (Keeper).
func (s *Stages) Load(key, value []byte) error { return s.hosts.Load(key, value) }

// mostBytes is more than a day has.
const mostBytes = 1 << 60

// writeStage writes hours in thousands of bytes.
func writeStage(key, value *detect.Numbers, id uint32, h *stage) {
	key.Add(int64(id))
	if h.hour == 0 {
		return
	}
	value.Add(int64(h.hour) / int64(time.Hour))
	value.Add(int64(h.since) / int64(time.Second))
	for i := range h.in {
		value.Add(int64(h.in[i] / 1000))
		value.Add(int64(h.out[i] / 1000))
	}
	for _, x := range []float32{h.mostIn, h.mostOut, h.toldOut, h.seen[0].in, h.seen[0].out, h.seen[1].in, h.seen[1].out} {
		value.Add(int64(x / 1000))
	}
	value.Add(flag(h.alerted))
}

func readStage(key, value *detect.Numbers, h *stage) uint32 {
	kilo := func() float32 { return 1000 * float32(value.Next(mostBytes/1000)) }
	h.hour = events.Time(value.Next(1<<22)) * events.Time(time.Hour)
	h.since = events.Time(value.Next(1<<33)) * events.Time(time.Second)
	for i := range h.in {
		h.in[i], h.out[i] = kilo(), kilo()
	}
	for _, x := range []*float32{&h.mostIn, &h.mostOut, &h.toldOut, &h.seen[0].in, &h.seen[0].out, &h.seen[1].in, &h.seen[1].out} {
		*x = kilo()
	}
	h.alerted = value.Next(1) == 1
	return uint32(key.Next(1<<32 - 1))
}
