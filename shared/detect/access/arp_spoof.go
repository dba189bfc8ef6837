package access

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// ARPSpoof finds a network card that claims another host's address, to stand between it and those who speak with it.
var ARPSpoof = detect.Spec{
	Type:  "access.arp_spoof",
	Title: "ARP spoofing",
	Text: "Looks for ARP replies that nobody asked for and that tell a host that an address is at the sender's network card: five of them, where " +
		"another card claimed the same address within an hour; or five within half a minute for each of two addresses by one card; or that one card " +
		"speaks for two addresses that two other cards have at the same time. So the traffic of others is led through the sender. What looks the same: an address that moves to another card in a failover, which is " +
		"announced to all and not told to one host again and again; and a router that answers for others, but only when asked.",
	Category: "access", Tactics: []string{"TA0006", "TA0009"}, Techniques: []string{"T1557.002"},
	Risk:  detect.Base{Likelihood: events.Low, Complexity: events.Medium, Impact: events.High},
	Wants: []events.Kind{events.KindARP}, Version: 1,
	Background: "Hosts of a link believe any ARP reply, asked for or not. An attacker tells a host that the gateway's address is at the attacker's " +
		"card, and the gateway that the host's is: both then send through the attacker, who reads and changes what passes, or drops it. It has " +
		"to be told again every few seconds, or the truth comes back.",
	Mitigation: []string{
		"Find the card by its link address at the switch, and cut it off.",
		"Take it that passwords which passed in clear since then are known.",
		"Clear the ARP tables of the hosts that were told, the gateway's first.",
		"Switch dynamic ARP inspection on at the switches, with DHCP snooping.",
	},
	New:    func() detect.Detector { return NewARPSpoof(ARPSpoofDefaults()) },
	Tuning: detect.Tuned(ARPSpoofDefaults, NewARPSpoof),
}

// ARPSpoofTunables are what may be set.
type ARPSpoofTunables struct {
	Replies   int           `tune:"replies that nobody asked for, for one address by one card" min:"1" max:"1000000"`
	Addresses int           `tune:"addresses for which one card sends so many at once, where no other card is known to have them" min:"2" max:"1000"`
	Idle      time.Duration `tune:"a claim that rests this long is forgotten" min:"1m" max:"168h"`
	Claims    int           `tune:"claims, addresses and cards watched, each" min:"100" max:"1000000"`
}

// ARPSpoofDefaults are the tunables that the project stands for.
func ARPSpoofDefaults() ARPSpoofTunables {
	return ARPSpoofTunables{Replies: 5, Addresses: 2, Idle: time.Hour, Claims: 20_000}
}

// ARPSpoofer remembers who claims which address: claims by address and card, owners by address, cards by card.
type ARPSpoofer struct {
	tune                  ARPSpoofTunables
	claims, owners, cards *detect.Cases
	detect.Memories
}

// NewARPSpoof makes the detector.
func NewARPSpoof(t ARPSpoofTunables) *ARPSpoofer {
	cases := func(letter byte) *detect.Cases {
		return detect.NewCases(detect.CasesOptions{Limit: t.Claims, Idle: t.Idle, Letter: letter})
	}
	s := &ARPSpoofer{tune: t, claims: cases('c'), owners: cases('o'), cards: cases('m')}
	s.Memories = detect.Memories{s.claims.Memory, s.owners.Memory, s.cards.Memory}
	return s
}

// Observe weighs what one card said of one address to one target. A card's Names are the addresses it spoke for, an owner's the cards
// that spoke for the address, both as they came. Sum counts the replies that nobody asked for, or, of a card, the addresses it pushes.
func (s *ARPSpoofer) Observe(r events.Record, _ device.View) []detect.Finding {
	m, ok := r.(*events.ARP)
	if !ok || m.OrigL2 == "" || m.OrigH.IsUnspecified() {
		return nil
	}
	card := s.cards.Note(detect.CaseKey{VNI: m.VNI, What: m.OrigL2}, &m.Head)
	owner := s.owners.Note(detect.CaseKey{VNI: m.VNI, To: m.OrigH}, &m.Head)
	owner.Thing(m.OrigL2)
	k := detect.CaseKey{VNI: m.VNI, To: m.OrigH, What: m.OrigL2}
	claim := s.claims.Note(k, &m.Head)
	if claim.Count == 1 {
		card.Thing(m.OrigH.String())
	}
	if m.OrigH != m.RespH && m.Requests+m.Unasked > 0 {
		s.assert(claim, card, m)
	}
	if owner.Things.Count() < 2 {
		return s.weigh(k, claim, card, false)
	}
	var found []detect.Finding
	for _, mac := range owner.Names { // what one card says may show that another lied
		k.What = mac
		claim, card := s.claims.Peek(k), s.cards.Peek(detect.CaseKey{VNI: m.VNI, What: mac})
		if claim != nil && card != nil {
			found = append(found, s.weigh(k, claim, card, true)...)
		}
	}
	return found
}

// assert notes that a card spoke for an address of its own accord, rather than when asked.
func (s *ARPSpoofer) assert(claim, card *detect.Case, m *events.ARP) {
	claim.Flags |= asserted
	claim.Sum += m.Unasked
	claim.Against(detect.Party{Addr: m.RespH})
	if int(m.Unasked) >= s.tune.Replies && claim.Flags&pushed == 0 {
		claim.Flags |= pushed
		card.Sum++
	}
}

// weigh says whether a claim is a lie. contested: another card claims the address, too.
func (s *ARPSpoofer) weigh(k detect.CaseKey, claim, card *detect.Case, contested bool) []detect.Finding {
	n := int(claim.Sum)
	if !contested && int(card.Sum) < s.tune.Addresses {
		n = 0
	}
	if contested && claim.Flags&asserted != 0 && s.between(k, card) {
		n = max(n, s.tune.Replies)
	}
	if !claim.Reached(n, s.tune.Replies) {
		return nil
	}
	return []detect.Finding{s.report(k, claim)}
}

// between says whether a card speaks for two addresses that two other cards have at the same time: it stands between them. An address
// that moved with its host, or fell to the next one that asked for one, is claimed no more by who had it.
func (s *ARPSpoofer) between(k detect.CaseKey, card *detect.Case) bool {
	first := ""
	for _, text := range card.Names {
		a, err := netip.ParseAddr(text)
		if err != nil {
			continue
		}
		at := detect.CaseKey{VNI: k.VNI, To: a, What: k.What}
		claim := s.claims.Peek(at)
		if claim == nil || claim.Flags&asserted == 0 {
			continue
		}
		for _, mac := range s.rivals(at) {
			rival := s.claims.Peek(detect.CaseKey{VNI: k.VNI, To: a, What: mac})
			if rival == nil || claim.Start.Sub(rival.Last) > together {
				continue
			}
			if first != "" && mac != first {
				return true
			}
			first = mac
		}
	}
	return false
}

// together is how long before a card's claim another one may have been heard last, and still be there: its record begins up to half a
// minute before its last message.
const together = time.Minute

// Flags of a claim: it was made often within one record; it was made without being asked for.
const (
	pushed uint64 = 1 << iota
	asserted
)

// Tick has nothing to do: it is told while it happens.
func (s *ARPSpoofer) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers of what was told up to date.
func (s *ARPSpoofer) Close(device.View) []detect.Finding { return s.claims.LastWords(s.report) }

// Overflow is how many claims, addresses and cards had to be forgotten for want of room.
func (s *ARPSpoofer) Overflow() uint64 {
	return s.claims.Evicted() + s.owners.Evicted() + s.cards.Evicted()
}

// report tells one thing a card, whichever addresses it claims: the key is the card's.
func (s *ARPSpoofer) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	others := s.rivals(k)
	said := fmt.Sprintf("The network card %s sent %d ARP replies that nobody asked for, saying that %s is there", k.What, c.Sum, k.To)
	if c.Sum == 0 {
		said = fmt.Sprintf("The network card %s spoke in ARP as if %s was there", k.What, k.To)
	}
	if len(others) > 0 {
		said += fmt.Sprintf(", which is also claimed by %s", others[0])
	}
	f := c.Finding(k, 0.85, said+".")
	f.Key = detect.CaseKey{VNI: k.VNI, What: k.What}.Text()
	f.Offenders = []detect.Party{{Addr: s.ownAddress(k)}}
	f.Victims = append(c.Victims[:len(c.Victims):len(c.Victims)], detect.Party{Addr: k.To})
	f.Properties = map[string]any{
		"link_address": k.What, "claimed": k.To.String(), "unasked_replies": c.Sum, "told": c.Hosts.Count(), "other_claimants": others,
	}
	return f
}

// rivals are the other cards that claim an address.
func (s *ARPSpoofer) rivals(k detect.CaseKey) (others []string) {
	owner := s.owners.Peek(detect.CaseKey{VNI: k.VNI, To: k.To})
	if owner == nil {
		return nil
	}
	for _, mac := range owner.Names {
		if mac != k.What {
			others = append(others, mac)
		}
	}
	return others
}

// ownAddress is the first address that a card spoke for and nobody else did, and that it does not push upon others: its own. Where there is
// none, it is known only under the address it claims.
func (s *ARPSpoofer) ownAddress(k detect.CaseKey) netip.Addr {
	card := s.cards.Peek(detect.CaseKey{VNI: k.VNI, What: k.What})
	if card == nil {
		return k.To
	}
	for _, text := range card.Names {
		a, err := netip.ParseAddr(text)
		if err != nil {
			continue
		}
		owner, claim := s.owners.Peek(detect.CaseKey{VNI: k.VNI, To: a}), s.claims.Peek(detect.CaseKey{VNI: k.VNI, To: a, What: k.What})
		if owner != nil && owner.Things.Count() == 1 && (claim == nil || claim.Flags&pushed == 0 && int(claim.Sum) < s.tune.Replies) {
			return a
		}
	}
	return k.To
}
