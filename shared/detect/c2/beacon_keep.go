package c2

import (
	"encoding/binary"
	"fmt"
	"math"
	"net/netip"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
)

// seriesVersion stands before each value; another is not read.
const seriesVersion = 1

// threadBytes is the length of a key: client, name, port, protocol, and whether it is HTTP.
const threadBytes = 4 + 8 + 2 + 1 + 1

// Save hands over the series that changed (detect.Keeper). One of a single contact is not worth it.
func (b *Beacons) Save(put func(key, value []byte)) {
	b.SaveSome(func(key, value []byte) bool {
		put(key, value)
		return true
	})
}

// SaveSome is Save until put says that it is enough for now (detect.Sliced).
func (b *Beacons) SaveSome(put func(key, value []byte) (more bool)) (done bool) {
	if !b.facts.SaveSome(put) {
		return false
	}
	return b.changes.Take(func(id thread) bool {
		b.key = id.append(b.key[:0])
		s := b.series.Peek(id)
		if s == nil || s.count < 2 {
			return put(b.key, nil)
		}
		b.value = s.append(append(b.value[:0], seriesVersion))
		return put(b.key, b.value)
	})
}

// Load takes one series back (detect.Keeper).
func (b *Beacons) Load(key, value []byte) error {
	if len(key) != threadBytes && b.facts.Mine(key) {
		return b.facts.Load(key, value)
	}
	if len(key) != threadBytes || len(value) == 0 || value[0] != seriesVersion {
		return fmt.Errorf("load key %x: a value of %d bytes that is not of version %d", key[:min(len(key), threadBytes)], len(value), seriesVersion)
	}
	var s series
	if err := s.parse(value[1:]); err != nil {
		return fmt.Errorf("load key %x: %w", key, err)
	}
	kept, _ := b.series.Put(parseThread(key))
	*kept = s
	return nil
}

// factFields is how what handshakes told is kept: a series goes by the name of its server, and must go by it still after a restart.
func factFields(key, value *detect.Form, id *link, f *fact) {
	detect.Number(key, &id.client)
	detect.Number(key, &id.server)
	detect.Number(key, &id.port)
	detect.Number(key, &id.proto)
	value.Text(&f.sni, maxName)
	value.Text(&f.ja3, maxName)
	value.Bool(&f.lone)
	value.Bool(&f.tls)
}

func (id *thread) append(b []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, id.client)
	b = binary.BigEndian.AppendUint64(b, id.name)
	b = binary.BigEndian.AppendUint16(b, id.port)
	return append(b, id.proto, flag(id.http))
}

func parseThread(key []byte) thread {
	return thread{
		client: binary.BigEndian.Uint32(key), name: binary.BigEndian.Uint64(key[4:]), port: binary.BigEndian.Uint16(key[12:]),
		proto: key[14], http: key[15] != 0,
	}
}

func flag(b bool) byte {
	if b {
		return 1
	}
	return 0
}

// numbers are what is kept of a series beside its contacts and texts.
func (s *series) numbers() [16]uint64 {
	return [...]uint64{
		uint64(s.epoch), uint64(max(s.started-s.epoch, 0)), uint64(max(s.last-s.epoch, 0)), uint64(s.next), uint64(s.count), uint64(s.evaluated), uint64(s.again),
		uint64(s.failed), uint64(s.silent), uint64(s.lastPort), uint64(s.posts), uint64(s.ladder.Rung()), uint64(s.vni), uint64(s.sameSocket),
		uint64(s.told), uint64(s.peer.port),
	}
}

func (s *series) append(b []byte) []byte {
	for _, n := range s.numbers() {
		b = binary.AppendUvarint(b, n)
	}
	b = append(b, flag(s.insideLocal)|flag(s.peer.fact.lone)<<1|flag(s.peer.fact.tls)<<2)
	p := &s.peer
	b = texts(b, []string{p.client.String(), p.server.String(), p.proto, p.service, p.name, p.agent, p.fact.sni, p.fact.ja3, s.sensor})
	b = texts(b, s.uids)
	b = s.paths.Append(b)
	// The contacts are nearly in order: the steps between them are short.
	b = binary.AppendUvarint(b, uint64(len(s.contacts)))
	before := uint32(0)
	for _, c := range s.contacts {
		b = binary.AppendVarint(b, int64(c.at)-int64(before))
		b = binary.AppendUvarint(b, uint64(c.size))
		before = c.at
	}
	return b
}

// seriesTexts is how many texts append writes of the two ends.
const seriesTexts = 9

func (s *series) parse(b []byte) (err error) {
	var n [16]uint64
	for i := range n {
		x, size := binary.Uvarint(b)
		if size <= 0 || x > math.MaxInt64 {
			return errCut
		}
		n[i], b = x, b[size:]
	}
	s.setNumbers(n)
	if len(b) == 0 {
		return errCut
	}
	s.insideLocal, s.peer.fact.lone, s.peer.fact.tls = b[0]&1 != 0, b[0]&2 != 0, b[0]&4 != 0
	list, b, err := readTexts(b[1:], seriesTexts)
	if err != nil || len(list) != seriesTexts {
		return errCut
	}
	if err := s.setTexts(list); err != nil {
		return err
	}
	if s.uids, b, err = readTexts(b, maxUIDs); err != nil {
		return err
	}
	if b, err = s.paths.Parse(b); err != nil {
		return err
	}
	return s.parseContacts(b)
}

func (s *series) setNumbers(n [16]uint64) {
	s.epoch = events.Time(n[0])
	s.started, s.last = s.epoch+events.Time(n[1]), s.epoch+events.Time(n[2])
	s.next, s.count, s.evaluated, s.again = int(n[3]%kept), int(n[4]), int(n[5]), int(n[6])
	s.failed, s.silent, s.lastPort, s.posts = int(n[7]), int(n[8]), uint16(n[9]), int(n[10])
	if rung := min(n[11], 20); rung > 0 {
		s.ladder.Climb(math.Pow10(int(rung)-1), 1)
	}
	s.vni, s.sameSocket, s.told, s.peer.port = uint32(n[12]), int(n[13]), int(n[14]), uint16(n[15])
}

func (s *series) setTexts(list []string) (err error) {
	p := &s.peer
	if p.client, err = netip.ParseAddr(list[0]); err != nil {
		return fmt.Errorf("client: %w", err)
	}
	if p.server, err = netip.ParseAddr(list[1]); err != nil {
		return fmt.Errorf("server: %w", err)
	}
	p.proto, p.service, p.name, p.agent, p.fact.sni, p.fact.ja3, s.sensor = list[2], list[3], list[4], list[5], list[6], list[7], list[8]
	return nil
}

func (s *series) parseContacts(b []byte) error {
	count, size := binary.Uvarint(b)
	if size <= 0 || count == 0 || count > kept || s.count < int(count) || count < kept && s.next != 0 {
		return errCut
	}
	b = b[size:]
	s.contacts = make([]contact, 0, count)
	at := int64(0)
	for range count {
		step, n := binary.Varint(b)
		if n <= 0 {
			return errCut
		}
		bytes, m := binary.Uvarint(b[n:])
		if at += step; m <= 0 || at < 0 || at > math.MaxUint32 || bytes > math.MaxUint16 {
			return errCut
		}
		s.contacts, b = append(s.contacts, contact{uint32(at), uint16(bytes)}), b[n+m:]
	}
	if len(b) > 0 {
		return errCut
	}
	return nil
}
