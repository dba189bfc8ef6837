package packet

import "bytes"

// keepFree bounds the emptied datagrams kept for reuse, so that a flood's memory goes back once it is over.
const keepFree = 16

// expire gives up the datagrams whose time is over. They are listed in order of arrival, so the first one that may stay ends it.
func (f *Fragments) expire(now int64) {
	for d := f.oldest; d != nil && now-d.first > f.limits.Timeout; d = f.oldest {
		f.Stats.TimedOut++
		f.drop(d)
	}
}

// datagramOf finds or starts the datagram that p belongs to.
func (f *Fragments) datagramOf(p *Packet) *datagram {
	k := keyOf(p)
	if d := f.table[k]; d != nil {
		return d
	}
	if len(f.table) >= f.limits.Datagrams {
		f.Stats.Evicted++
		f.drop(f.oldest)
	}
	d := f.take()
	d.key, d.first, d.end, d.cut = k, p.Time, noEnd, maxDatagram+1
	f.table[k] = d
	f.held += datagramOverhead + cap(d.data)
	d.older, d.newer = f.newest, nil
	if f.newest != nil {
		f.newest.newer = d
	} else {
		f.oldest = d
	}
	f.newest = d
	return d
}

// take reuses an emptied datagram or makes one.
func (f *Fragments) take() *datagram {
	d := f.free
	if d == nil {
		return &datagram{}
	}
	f.free, f.freeLen = d.newer, f.freeLen-1
	clear(d.filled[:])
	d.data = d.data[:0]
	d.headerLen, d.haveStart, d.covered, d.known = 0, false, 0, 0
	return d
}

// drop takes d out of the table.
func (f *Fragments) drop(d *datagram) {
	delete(f.table, d.key)
	f.held -= datagramOverhead + cap(d.data)
	if d.older != nil {
		d.older.newer = d.newer
	} else {
		f.oldest = d.newer
	}
	if d.newer != nil {
		d.newer.older = d.older
	} else {
		f.newest = d.older
	}
	d.older, d.newer = nil, nil
	if f.freeLen < keepFree {
		d.newer = f.free
		f.free, f.freeLen = d, f.freeLen+1
	}
}

// makeRoom gives up the oldest datagrams but keep until the bytes held are within the limit.
func (f *Fragments) makeRoom(keep *datagram) {
	for f.held > f.limits.Bytes {
		d := f.oldest
		if d == keep {
			d = d.newer
		}
		if d == nil {
			return // one datagram is at most 64 KiB: it may stay
		}
		f.Stats.Evicted++
		f.drop(d)
	}
}

// fill copies a fragment's bytes to where no earlier one has been.
func (f *Fragments) fill(d *datagram, p *Packet) Odd {
	from, end := int(p.FragOffset), int(p.FragOffset)+p.PayloadLen
	before := cap(d.data)
	d.grow(end)
	f.held += cap(d.data) - before
	odd := OddNone
	for at := from; at < end; at += 8 {
		n := min(8, end-at)
		part := p.Payload[min(at-from, len(p.Payload)):min(at-from+n, len(p.Payload))]
		bit := &d.filled[at>>6]
		mask := byte(1) << (at >> 3 & 7)
		if *bit&mask == 0 {
			*bit |= mask
			d.covered += n
			copy(d.data[at:], part)
			continue
		}
		odd = max(odd, OddOverlap)
		if at+len(part) <= d.cut && !bytes.Equal(d.data[at:at+len(part)], part) {
			odd = OddInconsistent
		}
	}
	if odd != OddNone {
		f.Stats.Overlaps++
	}
	return odd
}

// grow lengthens the buffer to n bytes.
func (d *datagram) grow(n int) {
	if n <= len(d.data) {
		return
	}
	if n > cap(d.data) {
		size := min(max(n, 2*cap(d.data), firstBuffer), maxDatagram)
		d.data = append(make([]byte, 0, size), d.data...)
	}
	old := len(d.data)
	d.data = d.data[:n]
	clear(d.data[old:])
}
