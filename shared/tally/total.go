package tally

import (
	"net/netip"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// Total is how many bytes of IP packets an address sent from one moment until before another, both rounded to ten minutes, as far as flow logs
// tell; 0 where they tell nothing, or put so much together that it cannot be said.
func Total(docs map[store.DocumentKey]store.Document, a netip.Addr, from, to time.Time) uint64 {
	sum := uint64(0)
	for k, doc := range docs {
		addr, text, _ := strings.Cut(k.ID, "/")
		begin, err := time.Parse("2006010215", text)
		if k.Kind != store.KindFlows || addr != a.Unmap().String() || err != nil {
			continue
		}
		h, err := decode(doc.Body)
		if err != nil || h.left.Peers > 0 {
			return 0
		}
		sum += h.sent(begin.Unix(), from.Unix(), to.Unix())
	}
	return sum
}

// sent adds up what the hour's own address sent in slots that begin in [from, to).
func (h *hour) sent(begin, from, to int64) (sum uint64) {
	for _, p := range h.peers {
		for k, n := range p.entries {
			if at := begin + int64(k.slot)*slotLength; at < from || at >= to {
				continue
			}
			if k.mine {
				sum += n.backBytes
				continue
			}
			sum += n.bytes
		}
	}
	return sum
}
