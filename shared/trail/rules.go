package trail

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// rule is what a security group or a network ACL lets through, or stops.
type rule struct {
	proto    string // tcp, udp, icmp, "any", or a number
	from, to uint16 // ports; 0 and 65535 are all
	networks []netip.Prefix
	groups   []string // security groups whose members may come
	lists    []string // prefix lists: who is in them is not known here
	deny     bool
}

// maxRules bounds what is read of one call: a group has 60 unless AWS is asked for more.
const maxRules = 256

// rulesOf reads the rules of a call, in the shape of the older calls of EC2 (ipPermissions with items, or flat) and of the newer ones
// (IpPermissions below a request, SecurityGroupRule, single or as a list). A rule is wherever a protocol stands. whole is false where
// the call had more rules than were kept.
func rulesOf(a args) (rules []rule, whole bool) {
	if a.t == nil {
		return nil, true
	}
	whole = true
	for i := range a.t.nodes {
		switch n := &a.t.nodes[i]; {
		case n.kind == text && strings.HasPrefix(string(a.t.raw(i)), leftOut):
			whole = false
		case n.kind == object && len(rules) < maxRules:
			if r, ok := ruleOf(a.t, i); ok {
				rules = append(rules, r)
			}
		}
	}
	return rules, whole
}

// member gives the text of a member, whatever its case.
func member(t *tree, node int, names ...string) (string, bool) {
	for i := range t.children(node) {
		for _, name := range names {
			if strings.EqualFold(string(t.key(i)), name) && (t.nodes[i].kind == text || t.nodes[i].kind == number || t.nodes[i].kind == boolean) {
				return string(t.text(i)), true
			}
		}
	}
	return "", false
}

func ruleOf(t *tree, node int) (r rule, ok bool) {
	proto, ok := member(t, node, "ipProtocol", "aclProtocol")
	if !ok {
		return r, false
	}
	r = rule{proto: protocol(proto), to: 65535}
	from, hasFrom := member(t, node, "fromPort")
	to, hasTo := member(t, node, "toPort")
	for i := range t.children(node) {
		if strings.EqualFold(string(t.key(i)), "portRange") {
			from, hasFrom = member(t, i, "from")
			to, hasTo = member(t, i, "to")
		}
	}
	if r.proto == "tcp" || r.proto == "udp" {
		r.from, r.to = port(from, hasFrom, 0), port(to, hasTo, 65535)
	}
	action, _ := member(t, node, "ruleAction")
	r.deny = strings.EqualFold(action, "deny")
	r.peers(t, node)
	return r, true
}

func protocol(s string) string {
	switch s = strings.ToLower(s); s {
	case "-1", "all":
		return "any"
	case "6":
		return "tcp"
	case "17":
		return "udp"
	case "1", "58", "icmpv6":
		return "icmp"
	}
	return s
}

// port reads a port; -1 stands for all.
func port(s string, there bool, otherwise uint16) uint16 {
	n, err := strconv.ParseUint(s, 10, 16)
	if !there || err != nil {
		return otherwise
	}
	return uint16(n)
}

// peers gathers who is let through, at whatever depth below the rule it stands.
func (r *rule) peers(t *tree, node int) {
	for i := node + 1; i < int(t.nodes[node].next); i++ {
		if t.nodes[i].kind != text {
			continue
		}
		value := string(t.text(i))
		switch strings.ToLower(string(t.key(i))) {
		case "cidrip", "cidripv6", "cidripv4", "cidrblock", "ipv6cidrblock":
			if p, err := netip.ParsePrefix(value); err == nil {
				r.networks = append(r.networks, p.Masked())
			}
		case "prefixlistid":
			r.lists = append(r.lists, value)
		case "referencedgroupid":
			r.groups = append(r.groups, value)
		case "groupid":
			if t.inside(node, i, "groups", "userIdGroupPairs", "referencedGroupInfo") {
				r.groups = append(r.groups, value)
			}
		}
	}
}

// inside says whether a node stands somewhere below a member of one of these names.
func (t *tree) inside(top, node int, names ...string) bool {
	for i := top + 1; i < node; i++ {
		if int(t.nodes[i].next) > node && slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, string(t.key(i))) }) {
			return true
		}
	}
	return false
}

// passes says whether a rule is about a port.
func (r *rule) passes(port uint16) bool {
	switch r.proto {
	case "any":
		return true
	case "tcp", "udp":
		return r.from <= port && port <= r.to
	}
	return false
}

// lets says whether a rule is about an address or one of the groups of who has it.
func (r *rule) lets(p *party) bool {
	for _, n := range r.networks {
		for _, a := range p.addresses {
			if n.Contains(a) {
				return true
			}
		}
	}
	return slices.ContainsFunc(r.groups, func(g string) bool { return slices.Contains(p.Groups, g) })
}

// ports says which ports in words.
func (r *rule) ports() string {
	switch {
	case r.proto == "any":
		return "everything"
	case r.proto != "tcp" && r.proto != "udp":
		return r.proto
	case r.from == 0 && r.to == 65535:
		return r.proto + " (all ports)"
	case r.from == r.to:
		return r.proto + " " + strconv.Itoa(int(r.from))
	}
	return r.proto + " " + strconv.Itoa(int(r.from)) + "-" + strconv.Itoa(int(r.to))
}

// who says to whom in words.
func (r *rule) who() string {
	var list []string
	for _, n := range r.networks {
		list = append(list, n.String())
	}
	list = append(append(list, r.groups...), r.lists...)
	return firstOf(listedWords(list, 3), "nobody in particular")
}

// opened says what a call opens or closes: of a security group.
func opened(e *entry, a args) string {
	group := firstOf(a.text("groupId"), a.first(e, "sg-"), a.text("groupName"), "a security group")
	rules, _ := rulesOf(a)
	if len(rules) == 0 {
		return "rules of " + group
	}
	what := rules[0].ports() + " of " + group + " to " + rules[0].who()
	if n := len(rules) - 1; n == 1 {
		what += ", and another rule"
	} else if n > 1 {
		what += ", and " + strconv.Itoa(n) + " more rules"
	}
	return what
}

// aclEntry says what a network ACL now lets through, or stops.
func aclEntry(e *entry, a args) string {
	rules, _ := rulesOf(a)
	if len(rules) == 0 {
		return theACL(e, a)
	}
	word := "let in "
	if egress := a.text("egress"); egress == "true" {
		word = "let out "
	}
	if rules[0].deny {
		word = "stop "
	}
	return theACL(e, a) + " to " + word + rules[0].ports() + " of " + rules[0].who()
}
