// Package recon holds the detectors of reconnaissance: an offender that looks around before it strikes. What comes in is records
// of conversations; what goes out is findings that name who looked and at whom. It never judges what follows a look: that is for
// the tactics of its own.
package recon

import (
	"net/netip"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// TCP header flags, RFC 9293 section 3.1, as Conn.TCPFlags ors them.
const (
	flagFIN = 1
	flagSYN = 2
	flagRST = 4
	flagPSH = 8
	flagACK = 16
	flagURG = 32
)

// maxProbePkts is how many packets of the originator a conversation may have and still be a probe: a handshake, retries of it, and
// the way out.
const maxProbePkts = 6

// emptyTCP says whether a TCP conversation was tried but carried nothing from its originator, which is what every kind of scan
// looks like, and what follows when nobody listens. A banner may come back.
func emptyTCP(c *events.Conn) bool {
	if c.OrigBytes > 0 || c.OrigPkts == 0 || c.OrigPkts > maxProbePkts || c.RespPkts > maxProbePkts {
		return false
	}
	if c.TCPFlags&flagSYN != 0 || strings.IndexByte(c.History, 'S') >= 0 {
		// A scanner resets when a banner comes; one who waits for the end was served: FTP's data comes that way (RFC 959).
		return c.RespBytes == 0 || c.ConnState == "RSTO"
	}
	// Without a SYN it is a FIN, Xmas, null, ACK or Maimon probe, or the tail of a conversation whose middle was missed. The tail
	// of one goes to a client's port from a service's.
	return c.RespBytes == 0 && c.MissedBytes == 0 && !answerLike(c)
}

// answerLike says whether the originator looks like the server of a conversation whose beginning was missed.
func answerLike(c *events.Conn) bool {
	return c.TCPFlags&flagACK != 0 && c.OrigP < 1024 && c.RespP >= 1024
}

// crafted says whether the originator sent what no TCP stack sends: no flags at all, or FIN without ACK.
func crafted(c *events.Conn) bool {
	if c.IPProto != device.TCP || c.OrigPkts == 0 || c.OrigPkts > maxProbePkts || c.TCPFlags&flagACK != 0 {
		return false
	}
	if c.TCPFlags&flagFIN != 0 {
		return true
	}
	return c.TCPFlags == 0 && !strings.ContainsAny(c.History, "SHADFR")
}

// unansweredUDP says whether a UDP conversation is a probe that got nothing back.
func unansweredUDP(c *events.Conn) bool {
	// From a service's port to a client's it is an answer whose question was missed.
	return c.RespPkts == 0 && c.OrigPkts > 0 && c.OrigPkts <= maxProbePkts && !(c.OrigP < 1024 && c.RespP >= 1024)
}

// subnetBroadcast says whether an address is the broadcast address of a /24, as printers and games call out to. The mask of a
// subnet is not known here; /24 is by far the most common one in which hosts shout.
func subnetBroadcast(a netip.Addr) bool {
	return a.Is4() && a.As4()[3] == 255
}

// ended is when a conversation was last heard of.
func ended(c *events.Conn) events.Time { return c.TS + events.Time(c.Duration) }

// pair is the key of two devices, by serial.
func pair(a, b *device.Device) uint64 { return uint64(a.Serial)<<32 | uint64(b.Serial) }

// keep adds a uid to a list of at most maxUIDs.
func keep(list []string, uid string) []string {
	if len(list) < maxUIDs {
		list = append(list, uid)
	}
	return list
}

// maxUIDs is how many conversations a finding points at.
const maxUIDs = 16
