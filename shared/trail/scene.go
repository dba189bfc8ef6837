package trail

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// party is a participant with its identity.
type party struct {
	*events.Participant
	events.Holding
	instance  string
	iface     string
	port      uint16       // that others reach it at; 0 where that is not known
	addresses []netip.Addr // all under which it is seen, its own first
}

// name is how it is called in reasons.
func (p *party) name() string {
	return firstOf(p.Holding.Name, p.instance, p.Participant.Label())
}

// portOf is the port that others reach a participant at; of a victim the one that the detection is about, where no other is known.
func portOf(d *events.Detection, p *events.Participant) uint16 {
	switch {
	case p.Endpoint == "client":
		return 0
	case p.Port != 0 || p.Role != "victim":
		return p.Port
	}
	switch n := d.Properties["port"].(type) {
	case uint16:
		return n
	case int:
		return uint16(n)
	case float64: // as JSON has it
		return uint16(n)
	}
	return 0
}

// scene is a detection as calls are held against it.
type scene struct {
	index    *Index
	d        *events.Detection
	start    time.Time
	parties  []party
	accounts []string
	entries  []*entry // of the window
	linked   map[string]string
}

func newScene(x *Index, d *events.Detection, who []events.Identity) *scene {
	s := &scene{index: x, d: d, start: d.Start, linked: map[string]string{}}
	for _, p := range foremost(d) {
		s.parties = append(s.parties, newParty(d, p, who))
		last := &s.parties[len(s.parties)-1]
		if a := firstOf(p.Account, last.Holding.Account); a != "" && !slices.Contains(s.accounts, a) {
			s.accounts = append(s.accounts, a)
		}
	}
	for _, e := range x.entries {
		if away := e.TS.Time().Sub(s.start); away >= -around && away <= around {
			s.entries = append(s.entries, e)
		}
	}
	s.link()
	return s
}

// foremost gives the participants that are looked at: the first offenders and the first others, as many of each as identities are looked up
// of. Who is attacked by hundreds must not be lost among them.
func foremost(d *events.Detection) []*events.Participant {
	var offenders, others []*events.Participant
	for i := range d.Participants {
		if p := &d.Participants[i]; p.Role == "offender" {
			offenders = append(offenders, p)
		} else {
			others = append(others, p)
		}
	}
	return slices.Concat(offenders[:min(len(offenders), events.MaxIdentities)], others[:min(len(others), events.MaxIdentities)])
}

func newParty(d *events.Detection, p *events.Participant, who []events.Identity) party {
	made := party{Participant: p, port: portOf(d, p)}
	if n := slices.IndexFunc(who, func(w events.Identity) bool { return same(&w, p) }); n >= 0 {
		made.Holding = who[n].Holding
	}
	made.instance = firstOf(p.Instance, made.Holding.Instance)
	made.iface = firstOf(p.Interface, made.Holding.Interface)
	made.addresses = slices.Concat(made.PublicAddresses, made.Addresses)
	if p.Address.IsValid() {
		made.addresses = slices.Insert(made.addresses, 0, p.Address)
	}
	return made
}

// same says whether an identity is a participant's. Addresses are used in several VPCs.
func same(w *events.Identity, p *events.Participant) bool {
	return w.Address.IsValid() && w.Address == p.Address && (w.VPC == p.VPC || w.VPC == "" || p.VPC == "")
}

// join is what ties a call to the detection.
type join struct {
	factor float64 // 0: nothing; 1: as exact as can be
	reason string
	close  bool // close enough for the call to change the risk
	caller bool // it is who called that ties, not what was called about
	party  int  // of which participant; -1: of none
}

// better keeps the stronger of two ties, of equal ones the first.
func (j *join) better(factor float64, party int, near bool, reason ...string) {
	if factor > j.factor {
		*j = join{factor: factor, reason: strings.Join(reason, ""), close: near, party: party, caller: j.caller}
	}
}

// by is better for a tie by who called.
func (j *join) by(factor float64, party int, near bool, reason ...string) {
	j.better(factor, party, near, reason...)
	j.caller = true
}

// join finds the strongest tie of a call.
func (s *scene) join(e *entry) join {
	j := join{party: -1}
	for i := range s.parties {
		s.joinParty(&j, e, i)
	}
	if why, ok := s.linkOf(e); ok {
		j.by(0.85, -1, true, why)
	}
	return j
}

// joinParty finds what ties a call to one participant.
func (s *scene) joinParty(j *join, e *entry, i int) {
	p := &s.parties[i]
	switch {
	case p.instance != "" && slices.Contains(e.Resources, p.instance):
		j.better(1, i, true, "it is about ", p.instance)
	case p.iface != "" && slices.Contains(e.Resources, p.iface):
		j.better(1, i, true, "it is about the interface ", p.iface, " of ", p.name())
	}
	if s.fromParty(e, p) {
		j.by(0.97, i, true, "it came from ", e.From, ", the address of the ", p.Participant.Role)
	}
	if p.instance != "" && e.Instance == p.instance {
		j.by(0.8, i, true, "the role session of ", p.name(), " made it")
	}
	for _, g := range p.Groups {
		if slices.Contains(e.Resources, g) {
			j.better(0.9, i, true, "it is about ", g, " of ", p.name())
		}
	}
	if role := roleOf(p); role != "" && s.aboutRole(e, role) {
		j.better(0.85, i, true, "it is about the role ", role, " of ", p.name())
	} else if role != "" && e.User == role && e.Instance == "" && e.PrincipalType == "AssumedRole" {
		j.by(0.6, i, false, "a session of the role ", role, " of ", p.name(), " made it")
	}
	if p.User != "" && e.PrincipalType == "IAMUser" && strings.EqualFold(p.User, e.User) {
		j.by(0.7, i, true, "the user ", p.User, " takes part in the detection")
	}
	for _, place := range [...]string{p.Subnet, firstOf(p.Holding.VPC, p.Participant.VPC)} {
		if place != "" && slices.Contains(e.Resources, place) {
			j.better(0.5, i, false, "it is about ", place, ", in which ", p.name(), " is")
		}
	}
}

// fromParty says whether a call came from a participant's address, and tells something by that: that a machine's own role calls from the
// machine's own address is as it should be, and that tie is weaker. A private address stands in calls through an endpoint only.
func (s *scene) fromParty(e *entry, p *party) bool {
	return e.OrigH.IsValid() && slices.Contains(p.addresses, e.OrigH) && (e.Instance == "" || e.Instance != p.instance)
}

// roleOf is the name of the role of a participant's instance.
func roleOf(p *party) string {
	if p.Holding.Role == "" {
		return ""
	}
	return p.Holding.Role[strings.LastIndexByte(p.Holding.Role, '/')+1:]
}

func (s *scene) aboutRole(e *entry, role string) bool {
	if e.Service != "iam.amazonaws.com" {
		return false
	}
	return s.index.arguments(e).text("roleName") == role
}

// link finds the principals that have to do with the attack: whose calls came from an offender's address, the sessions of machines that take
// part, the keys that they made, and so on. Later calls by the same principal are ties of their own.
func (s *scene) link() {
	for _, e := range s.entries { // in the order of their times: a key is made before it is used
		why, own := "", false
		for i := range s.parties {
			p := &s.parties[i]
			switch {
			case s.fromParty(e, p) && p.Participant.Role == "offender":
				why = "its principal also called from " + e.From + ", the address of the offender"
			case p.instance != "" && e.Instance == p.instance:
				why, own = "the role session of "+p.name()+" called", true
			}
		}
		if made, ok := s.linked["k:"+e.KeyHash]; ok && why == "" && e.KeyHash != "" {
			why = made
		}
		if why == "" || service(e) {
			continue
		}
		for _, key := range principalKeys(e) {
			if !own && s.linked[key] == "" { // who is in the detection needs no link to it
				s.linked[key] = why
			}
		}
		for _, r := range e.Resources {
			if hash, ok := strings.CutPrefix(r, keyResource); ok && e.ErrorCode == "" && s.linked["k:"+hash] == "" {
				s.linked["k:"+hash] = "its access key was made by " + principalOf(e) + " with " + e.Name
			}
		}
	}
}

// linkOf says by what other call a principal has to do with the attack.
func (s *scene) linkOf(e *entry) (why string, ok bool) {
	if service(e) {
		return "", false
	}
	for _, key := range principalKeys(e) {
		if why = s.linked[key]; why != "" {
			return why, true
		}
	}
	return "", false
}

// principalKeys are what a principal is known again by.
func principalKeys(e *entry) (keys []string) {
	if e.KeyHash != "" {
		keys = append(keys, "k:"+e.KeyHash)
	}
	if e.PrincipalID != "" {
		keys = append(keys, "p:"+e.PrincipalID)
	}
	return keys
}

// service says whether AWS called on its own.
func service(e *entry) bool { return e.PrincipalType == "AWSService" || e.PrincipalType == "" }
