package tally

import (
	"encoding/json"
	"slices"
)

// Sorted is a document with its objects in order.
func Sorted(body []byte) string {
	h, err := decode(body)
	if err != nil {
		return err.Error()
	}
	slices.Sort(h.objects)
	b, err := json.Marshal(h.show())
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// Totals gives how many peers and entries a document has, how many records they and what is left out count, and how often a peer was left out.
func Totals(body []byte) (peers, entries int, records, left uint64) {
	h, err := decode(body)
	if err != nil {
		return 0, 0, 0, 0
	}
	for _, p := range h.peers {
		sum := p.sum()
		records += sum.tries + sum.denied
	}
	return len(h.peers), h.size(), records + h.left.Let.Records + h.left.Refused.Records, h.left.Peers
}
