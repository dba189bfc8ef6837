package store

import (
	"encoding/json"
)

// UnmarshalJSON takes an address where a network may stand: people write "10.1.2.3", and netip takes only "10.1.2.3/32".
func (p *ParticipantFilter) UnmarshalJSON(b []byte) error {
	type plain ParticipantFilter
	in := struct {
		*plain
		Addresses []string `json:"addresses"` // goes before the one of plain
	}{plain: (*plain)(p)}
	if err := json.Unmarshal(b, &in); err != nil {
		return err
	}
	p.Addresses = nil
	for _, s := range in.Addresses {
		n, ok := Network(s)
		if !ok {
			return &Invalid{"addresses", shorten(s), "an address, or a network in CIDR form"}
		}
		p.Addresses = append(p.Addresses, n)
	}
	return nil
}

var _ json.Unmarshaler = (*ParticipantFilter)(nil)
