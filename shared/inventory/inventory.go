// Package inventory knows who held an interface, an address, an instance or a public address, and when. What comes in is observations:
// what somebody saw of an account and region, whole or in part, and files as the AWS CLI prints them; what goes out is documents of
// store.KindHolding, and of such documents who a participant of a detection was at that time. It never asks AWS, never reads a clock,
// and never takes today's state for yesterday's: addresses are used again minutes later, by others and in other VPCs.
//
// The documents, by id:
//
//	eni/<interface>       its versions; what else is written of it follows from the last one
//	ip/<vpc>/<address>    who had a private address of a VPC
//	ip/-/<address>        the same where nobody knows the VPC: several may have it at once
//	i/<instance>          the instance with the addresses of all its interfaces
//	pub/<address>         who was seen outside under it
//	nat/<vpc>             the NAT gateways of a VPC
//	seen                  until when which account and region was seen whole
//	seen/<account>/<region>/<00 to 3f>  what was last written of each of its interfaces, as digests: a sweep reads these and no more
//
// Each holds a few versions, the newest, and goes by itself when nobody has been seen under it for Remember.
package inventory

import (
	"net/netip"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// How much is remembered.
const (
	Remember    = 90 * 24 * time.Hour // after its last holder was seen, a document goes
	MaxVersions = 16                  // of one document, the newest; two of one holder become one before a holder is forgotten
	MaxHolders  = 8                   // at once of an address whose VPC nobody knows: of more nobody could say which one was meant
	MaxGateways = 32                  // versions of the NAT gateways of a VPC
)

// The kinds of documents, by what their ids begin with.
const (
	ofInterface = "eni/"
	ofAddress   = "ip/"
	ofAnyVPC    = "ip/-/"
	ofInstance  = "i/"
	ofPublic    = "pub/"
	ofGateways  = "nat/"
	ofMarks     = "seen"
)

// RequesterNAT is the Requester of a NAT gateway's holding.
const RequesterNAT = "nat-gateway"

func key(parts ...string) store.DocumentKey {
	return store.DocumentKey{Kind: store.KindHolding, ID: strings.Join(parts, "")}
}

// storable says whether an id can be that of a document: what people write into a file can be anything.
func storable(k store.DocumentKey) bool {
	if k.ID == "" || len(k.ID) > store.MaxID {
		return false
	}
	for i := range len(k.ID) {
		if c := k.ID[i]; c <= ' ' || c > '~' {
			return false
		}
	}
	return true
}

// plain is an address as documents have it: 10.0.0.1 is the same however it was written.
func plain(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }

// sharedSpace is carriers' own (RFC 6598).
func sharedSpace() netip.Prefix { return netip.PrefixFrom(netip.AddrFrom4([4]byte{100, 64, 0, 0}), 10) }

// outside says whether an address may be seen in the internet.
func outside(a netip.Addr) bool {
	a = plain(a)
	return a.IsGlobalUnicast() && !a.IsPrivate() && !(a.Is4() && sharedSpace().Contains(a))
}

// holderOf names who holds: the interface, or of a file that names none what it does name.
func holderOf(h *events.Holding) string {
	switch {
	case h.Interface != "":
		return h.Interface
	case h.Instance != "":
		return "~" + h.Instance
	case len(h.Addresses) > 0:
		return "~" + h.VPC + "/" + plain(h.Addresses[0]).String()
	case len(h.PublicAddresses) > 0:
		return "~" + plain(h.PublicAddresses[0]).String()
	}
	return ""
}

// keysOf are the documents that a holding stands in, but for its own and its instance's.
func keysOf(h *events.Holding) []store.DocumentKey {
	var keys []store.DocumentKey
	add := func(parts ...string) {
		if k := key(parts...); storable(k) {
			keys = append(keys, k)
		}
	}
	for _, a := range h.Addresses {
		if h.VPC != "" {
			add(ofAddress, h.VPC, "/", a.String())
		}
		add(ofAnyVPC, a.String())
	}
	for _, a := range h.PublicAddresses {
		add(ofPublic, a.String())
	}
	if h.Requester == RequesterNAT && h.VPC != "" {
		add(ofGateways, h.VPC)
	}
	return keys
}
