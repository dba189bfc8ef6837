package exfil

import (
	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
)

// Save hands over what changed (Keeper).
func (d *Destinations) Save(put func(key, value []byte)) {
	detect.Memories{d.pairs, d.busy.Memory}.Save(put)
}

// SaveSome is Save in slices (Sliced).
func (d *Destinations) SaveSome(put func(key, value []byte) bool) bool {
	return detect.Memories{d.pairs, d.busy.Memory}.SaveSome(put)
}

// Load takes back a pair, or what is usual of a host (Keeper). What waited to be told waits on.
func (d *Destinations) Load(key, value []byte) error {
	if !d.pairs.Mine(key) {
		return d.busy.Load(key, value)
	}
	if err := d.pairs.Load(key, value); err != nil {
		return err
	}
	for k, p := range d.pairs.Newest {
		if p.due != 0 {
			d.waiting = append(d.waiting, k)
		}
		break
	}
	return nil
}

// writePair leaves out what the next conversation brings again.
func writePair(key, value *detect.Numbers, k uint64, p *newPair) {
	key.Add(int64(k >> 32))
	key.Add(int64(k & (1<<32 - 1)))
	for _, n := range []int64{
		int64(p.out), int64(p.in), int64(p.conns), int64(p.start), int64(p.last), int64(p.due), int64(p.port), int64(p.vni),
		int64(p.rung), flag(p.told), flag(p.outbound), int64(len(p.open)),
	} {
		value.Add(n)
	}
	for _, o := range p.open {
		value.Text(o.uid)
		value.Add(int64(o.out))
		value.Add(int64(o.in))
	}
	value.Text(p.id)
	value.Text(p.from.String())
	value.Text(p.to.String())
}

func readPair(key, value *detect.Numbers, p *newPair) uint64 {
	const most = 1<<63 - 1
	p.out, p.in, p.conns = uint64(value.Next(most)), uint64(value.Next(most)), int(value.Next(1<<40))
	p.start, p.last, p.due = events.Time(value.Next(most)), events.Time(value.Next(most)), events.Time(value.Next(most))
	p.port, p.vni = uint16(value.Next(1<<16-1)), uint32(value.Next(1<<32-1))
	p.rung, p.told, p.outbound = int(value.Next(64)), value.Next(1) == 1, value.Next(1) == 1
	for range value.Next(maxOpen) {
		p.open = append(p.open, counted{value.NextText(64), uint64(value.Next(most)), uint64(value.Next(most))})
	}
	p.id = value.NextText(128)
	p.from, p.to = value.NextAddr(), value.NextAddr()
	return uint64(key.Next(1<<32-1))<<32 | uint64(key.Next(1<<32-1))
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
