package c2

import (
	"math"
	"net/netip"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/magnitude"
	"github.com/mirrorwatch/mirrorwatch/shared/sketch"
)

// kept is how many contacts of a series are remembered: two hours of minutes, which is enough to see a clock.
const kept = 128

// maxPaths is how many different paths of requests are counted.
const maxPaths = 16

// link is a client and a server's port.
type link struct {
	client, server uint32
	port           uint16
	proto          uint8
}

// fact is what TLS handshakes told about a link.
type fact struct {
	sni  string
	ja3  string
	lone bool // one certificate and no chain: self-signed, or of a private authority
	tls  bool
}

// thread is a client and whom it turns to: a name, or an address where there is none.
type thread struct {
	client uint32
	name   uint64
	port   uint16
	proto  uint8
	http   bool
}

// series is the contacts of a thread. Those that are remembered take 8 bytes each.
type series struct {
	contacts    []contact // a ring, once it is full
	next        int       // of the ring
	epoch       events.Time
	count       int
	evaluated   int    // count at the last evaluation
	again       int    // count at which there may be more to say, after an alert
	failed      int    // contacts that got no conversation
	silent      int    // of these, the ones that got no packet at all
	lastPort    uint16 // the client's, of the latest contact
	posts       int
	started     events.Time
	last        events.Time
	ladder      magnitude.Ladder
	peer        ends
	uids        []string
	paths       sketch.Distinct
	vni         uint32
	sensor      string
	sameSocket  int // contacts from the same port as the one before
	told        int // contacts at the last alert
	insideLocal bool
}

// contact is one of a series: when, in hundredths of a second since the series' epoch, and how much the client sent.
type contact struct {
	at   uint32
	size uint16 // 256 steps for each doubling
}

// ends is what is known of the two ends of a series.
type ends struct {
	client, server netip.Addr
	port           uint16
	proto          string
	service        string
	name           string // SNI or Host; "" where there is none, or an address
	agent          string
	fact           fact
}

// tick is how exactly a moment is remembered; late is how late a record may come and still be told from the first.
const (
	tick = 10 * time.Millisecond
	late = 10 * time.Minute
)

// begin is a series before its first contact.
func begin(h *events.Head) series {
	return series{started: h.TS, last: h.TS, epoch: h.TS.Add(-late), vni: h.VNI, sensor: h.Sensor}
}

func (s *series) add(at events.Time, size uint64) {
	c := contact{at: uint32(min(max(at.Sub(s.epoch)/tick, 0), math.MaxUint32)), size: uint16(256 * math.Log2(1+float64(size)))}
	s.count++
	if len(s.contacts) < kept {
		s.contacts = append(s.contacts, c)
		return
	}
	s.contacts[s.next] = c
	s.next = (s.next + 1) % kept
}

// moments appends when the contacts were, in nanoseconds from the epoch, in the order in which they were reported.
func (s *series) moments(list []int64) []int64 {
	for _, c := range s.contacts {
		list = append(list, int64(c.at)*int64(tick))
	}
	return list
}

// sizes appends how much the client sent, in bytes.
func (s *series) sizes(list []float64) []float64 {
	for _, c := range s.contacts {
		list = append(list, math.Exp2(float64(c.size)/256)-1)
	}
	return list
}
