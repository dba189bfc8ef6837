// Package selftest proves that mirrored traffic reaches a sensor whole. What comes in is how many conversations to have and where; what
// goes out is datagrams as a mirror session sends them, or real connections between two hosts, and then a Verdict a conversation: whether
// its record shows packets of both sides and whether one sensor saw them. It asks the API and nobody else, and it never changes anything.
package selftest

import (
	"encoding/hex"
	"fmt"
	"io"
	"net/netip"
	"slices"
)

// The transports of conversations, by their names in records.
const (
	TCP  = "tcp"
	UDP  = "udp"
	ICMP = "icmp"
)

// Protocols lists what conversations may be of.
func Protocols() []string { return []string{TCP, UDP, ICMP} }

// The bounds of a test: a sensor and its detectors should hardly notice one.
const (
	DefaultConversations = 16
	MostConversations    = 200
	markerBytes          = 8
)

// Conversation is one that is had, and then looked for.
type Conversation struct {
	Number int            `json:"number"`
	Proto  string         `json:"proto"`
	Client netip.AddrPort `json:"client"` // of ICMP the ports mean nothing
	Server netip.AddrPort `json:"server"`
	Marker string         `json:"marker"` // in the payload of both directions
}

// New thinks conversations up, between two networks of 198.18.0.0/15, which RFC 2544 keeps for tests: no real host has such an address.
// Random decides which, so that two tests at once do not meet.
func New(n int, protocols []string, random io.Reader) ([]Conversation, error) {
	if n < 1 || n > MostConversations {
		return nil, fmt.Errorf("%d conversations: want 1 to %d", n, MostConversations)
	}
	for _, p := range protocols {
		if !slices.Contains(Protocols(), p) {
			return nil, fmt.Errorf("protocol %q: want any of %v", p, Protocols())
		}
	}
	if len(protocols) == 0 {
		protocols = Protocols()
	}
	seed := make([]byte, markerBytes+4)
	if _, err := io.ReadFull(random, seed); err != nil {
		return nil, fmt.Errorf("think conversations up: %w", err)
	}
	marker, at := hex.EncodeToString(seed[:markerBytes]), seed[markerBytes:]
	list := make([]Conversation, n)
	for i := range list {
		c := Conversation{Number: i + 1, Proto: protocols[i%len(protocols)], Marker: fmt.Sprintf("%s-%d", marker, i+1)}
		port := 20000 + uint16(at[2])*100 + uint16(i)
		c.Client = netip.AddrPortFrom(netip.AddrFrom4([4]byte{198, 18, at[0], byte(i + 1)}), port)
		c.Server = netip.AddrPortFrom(netip.AddrFrom4([4]byte{198, 19, at[1], byte(i + 1)}), serverPort(c.Proto))
		list[i] = c
	}
	return list, nil
}

// serverPort is a port of no protocol that the sensor would try to read, but for UDP, where a question and its answer are of DNS.
func serverPort(proto string) uint16 {
	switch proto {
	case TCP:
		return 7
	case UDP:
		return 53
	}
	return 0
}
