package tally

import (
	"cmp"
	"fmt"
	"net/netip"
	"strconv"

	"github.com/mirrorwatch/mirrorwatch/events"
)

func protoName(p uint8) string {
	switch p {
	case 1, 58:
		return "icmp"
	case 6:
		return "tcp"
	case 17:
		return "udp"
	case 132:
		return "sctp"
	case 47:
		return "gre"
	case 50:
		return "esp"
	}
	return strconv.Itoa(int(p))
}

// namesOf gives what participants are called: their name, or nothing where only the address is known.
func namesOf(d *events.Detection) map[netip.Addr]string {
	names := map[netip.Addr]string{}
	for _, p := range d.Participants {
		if n := cmp.Or(p.Tags["Name"], p.Hostname); n != "" && len(n) <= 64 {
			names[p.Address.Unmap()] = n
		}
	}
	return names
}

// saying is what a sentence is made of.
type saying struct {
	name         map[netip.Addr]string
	origs, resps map[netip.Addr]bool
	ports        int
	several      bool // there were more ports than are told apart
	among        int  // participants
	left         uint64
}

// meet notes that one tried the other.
func (s *saying) meet(p pair) {
	if s.origs == nil {
		s.origs, s.resps = map[netip.Addr]bool{}, map[netip.Addr]bool{}
	}
	s.origs[p.orig], s.resps[p.resp] = true, true
}

// sentence says it in plain words, with numbers.
func (s *saying) sentence(f *events.FlowSummary) string {
	let, refused := f.Accepted.Records, f.Rejected.Records
	if let+refused == 0 {
		return s.nothing() + s.early(f)
	}
	tried := times(let+refused) + " " + s.where(f.Ports)
	switch {
	case s.overlap():
		tried = fmt.Sprintf("%d addresses tried each other %s", len(s.both()), tried)
	case len(s.resps) == 1:
		tried = fmt.Sprintf("%s was tried %s by %s", s.who(s.resps), tried, s.who(s.origs))
	default:
		tried = fmt.Sprintf("%s tried %s %s", s.who(s.origs), s.who(s.resps), tried)
	}
	return tried + verdict(let, refused) + s.early(f)
}

func verdict(let, refused uint64) string {
	const by = "rejected by a security group or network ACL"
	switch {
	case refused == 0 && let == 1:
		return ", and was let in."
	case refused == 0:
		return ", and none was rejected."
	case let == 0 && refused == 1:
		return ", and was " + by + "."
	case let == 0:
		return ", all of them " + by + "."
	}
	return fmt.Sprintf(", %s of them %s; %s let in.", number(refused), by, were(let))
}

func (s *saying) nothing() string {
	said := "Flow logs show nothing between the participants at that time."
	if s.among == 1 {
		said = "Flow logs show nothing of the participant at that time."
	}
	if s.left > 0 {
		said += fmt.Sprintf(" %s peers that had less to do with them are not told apart.", number(s.left))
	}
	return said
}

func (s *saying) early(f *events.FlowSummary) string {
	switch n := f.Before.Records; n {
	case 0:
		return ""
	case 1:
		return " In the hour before, one try was rejected."
	default:
		return fmt.Sprintf(" In the hour before, %s tries were rejected.", number(n))
	}
}

// overlap says whether some tried who was tried by others, so that no one side can be the sentence's subject.
func (s *saying) overlap() bool { return len(s.both()) < len(s.origs)+len(s.resps) }

func (s *saying) both() map[netip.Addr]bool {
	all := map[netip.Addr]bool{}
	for a := range s.origs {
		all[a] = true
	}
	for a := range s.resps {
		all[a] = true
	}
	return all
}

// who names an address, or says how many there are.
func (s *saying) who(list map[netip.Addr]bool) string {
	if len(list) > 1 {
		return fmt.Sprintf("%s addresses", number(uint64(len(list))))
	}
	for a := range list {
		return cmp.Or(s.name[a], a.String())
	}
	return "nobody"
}

// where says at how many ports, or by which protocol where it has none.
func (s *saying) where(ports []events.FlowPort) string {
	switch {
	case s.several && s.ports == 0:
		return "on many ports"
	case s.several:
		return fmt.Sprintf("on more than %s ports", number(uint64(s.ports)))
	case s.ports == 0:
		return "by " + ports[0].Proto
	case s.ports == 1:
		return "on one port"
	}
	return fmt.Sprintf("on %s ports", number(uint64(s.ports)))
}

func times(n uint64) string {
	if n == 1 {
		return "once"
	}
	return number(n) + " times"
}

func were(n uint64) string {
	if n == 1 {
		return "one was"
	}
	return number(n) + " were"
}

// number writes a number with commas: 12,345.
func number(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// size writes bytes for a person.
func size(n uint64) string {
	units := []string{"bytes", "kB", "MB", "GB", "TB", "PB", "EB"}
	v, i := float64(n), 0
	for v >= 1000 && i < len(units)-1 {
		v, i = v/1000, i+1
	}
	if i == 0 {
		return number(n) + " bytes"
	}
	return fmt.Sprintf("%.1f %s", v, units[i])
}

const (
	tooLittle = 100_000 // bytes: below it a record more or less at the edge of the window makes the difference
	nearly    = 0.05    // share that windows and lost packets on the way explain
)

// Loss compares what the sensors counted of conversations with what flow logs did, in bytes of IP packets, and gives the share that the
// sensors did not see, 0 to 1, with a sentence. Both are 0 and empty where it cannot be said: flow logs know next to nothing. Flow logs
// have windows of a minute or ten, so that a twentieth more or less means nothing; more seen than logged means that records are missing.
func Loss(seen, flows uint64) (share float64, sentence string) {
	if flows < tooLittle {
		return 0, ""
	}
	if seen < flows {
		share = float64(flows-seen) / float64(flows)
	}
	switch {
	case seen == 0:
		return 1, fmt.Sprintf("The sensors saw nothing of %s that flow logs count: these hosts are not mirrored, or the filter leaves them out.", size(flows))
	case share > nearly:
		return share, fmt.Sprintf("The sensors saw %s of %s that flow logs count: %.0f %% was not mirrored or was lost.", size(seen), size(flows), share*100)
	case float64(seen) > float64(flows)*(1+nearly):
		return 0, fmt.Sprintf("The sensors saw %s, more than the %s that flow logs count: records of them are missing.", size(seen), size(flows))
	}
	return share, fmt.Sprintf("The sensors saw %s, as much as flow logs count.", size(seen))
}
