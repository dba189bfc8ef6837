package policy

// mistakes are changes to base and the lines that they give. A case without lines is no mistake.
var mistakes = []struct {
	name, was, is string // was: what is replaced; empty: is goes to the end
	want          []string
}{
	{"none", "", "", nil},
	{"empty", base, "", []string{
		"1: accounts: is missing",
		"1: deployment: is missing",
		"1: fleet: is missing",
		"1: version: is missing",
	}},
	{"unknown key", "", "selekt: {}\n", []string{
		"14: selekt: unknown key; did you mean select?",
	}},
	{"unknown key far from all", "", "colour: red\n", []string{
		"14: colour: unknown key; known are version, deployment, switch, accounts, fleet, select, profiles, exclude, budget, limits, prices, vni, trusted",
	}},
	{"unknown key of an account", "    role:", "    rolle:", []string{
		"5: accounts[0].rolle: unknown key; did you mean role?",
	}},
	{"unknown key of a profile", "", "profiles:\n  web:\n    packet_lenght: 100\n", []string{
		"16: profiles.web.packet_lenght: unknown key; did you mean packet_length?",
	}},
	{"unknown key of limits", "", "limits:\n  graze: 1m\n", []string{
		"15: limits.graze: unknown key; did you mean grace?",
	}},
	{"double key", "", "version: 1\n", []string{
		"14: version: is given twice, first in line 1",
	}},
	{"double profile", "", "profiles:\n  web: {}\n  web: {dns: false}\n", []string{
		"16: profiles.web: is given twice, first in line 15",
	}},
	{"key that is no word", "", "[a, b]: 1\n", []string{
		"14: a key must be a plain word",
	}},
	{"text for a mapping", "", "limits: 5\n", []string{
		"14: limits: 5 is not a mapping of keys to values",
	}},
	{"mapping for a list", "", "exclude: {match: {}}\n", []string{
		"14: exclude: a mapping is not a list",
	}},
	{"list for text", "deployment: main", "deployment: [main]", []string{
		"2: deployment: a list is not 1 to 32 of a-z, 0-9 and '-'",
	}},
	{"mappings for values", "", "limits: {grace: {}, deletes: []}\nprices: {session_hour: {}}\nprofiles: {web: {rules: [{action: accept, protocol: tcp, source: [], source_ports: {}}]}}\n", []string{
		"14: limits.grace: a mapping is not a duration from 0s to 168h, such as 90s, 15m or 24h",
		"14: limits.deletes: a list is not a whole number from 1 to 16777215",
		"15: prices.session_hour: a mapping is not a number from 0 to 100",
		"16: profiles.web.rules[0].source: a list is not a CIDR block such as 10.0.0.0/8 or 2001:db8::/32",
		"16: profiles.web.rules[0].source_ports: a mapping is not a port such as 443 or a range such as 1000-2000, of 1 to 65535",
	}},
	{"text for a number", "", "budget: {sessions: many}\n", []string{
		`14: budget.sessions: "many" is not a whole number from 0 to 16777215`,
	}},
	{"quoted number", "", "budget: {sessions: \"5\"}\n", []string{
		"14: budget.sessions: 5 in quotes is text, not a whole number from 0 to 16777215",
	}},
	{"fraction", "", "budget: {sessions: 1.5}\n", []string{
		"14: budget.sessions: 1.5 is not a whole number from 0 to 16777215",
	}},
	{"number too large to hold", "", "budget: {sessions: 99999999999999999999}\n", []string{
		"14: budget.sessions: 99999999999999999999 is not a whole number from 0 to 16777215",
	}},
	{"nothing for text", "deployment: main", "deployment:", []string{
		"2: deployment: nothing is not 1 to 32 of a-z, 0-9 and '-'",
	}},
	{"yes for true", "", "profiles: {web: {dns: yes}}\n", []string{
		`14: profiles.web.dns: "yes" is not true or false`,
	}},
	{"missing version", "version: 1\n", "", []string{
		"1: version: is missing",
	}},
	{"missing deployment", "deployment: main\n", "", []string{
		"1: deployment: is missing",
	}},
	{"missing id and regions", "id: 111122223333\n    role: arn:aws:iam::111122223333:role/mirror\n    regions: [eu-central-1, us-east-1]", "name: x", []string{
		"4: accounts[0].id: is missing",
		"4: accounts[0].regions: is missing",
	}},
	{"missing fleet account", "  account: 777788889999\n", "", []string{
		"7: fleet.account: is missing",
	}},
	{"version", "version: 1", "version: 2", []string{
		"1: version: 2 is not 1, the version of policies that this program knows",
	}},
	{"deployment", "deployment: main", "deployment: Main_1", []string{
		`2: deployment: "Main_1" is not 1 to 32 of a-z, 0-9 and '-'`,
	}},
	{"long deployment", "deployment: main", "deployment: aaaaaaaaaabbbbbbbbbbccccccccccddd", []string{
		`2: deployment: "aaaaaaaaaabbbbbbbbbbccccccccccddd" is not 1 to 32 of a-z, 0-9 and '-'`,
	}},
	{"switch", "", "switch: paused\n", []string{
		`14: switch: "paused" is not on, frozen or off`,
	}},
	{"no accounts", "  - id: 111122223333\n    role: arn:aws:iam::111122223333:role/mirror\n    regions: [eu-central-1, us-east-1]\n", "  []\n", []string{
		"3: accounts: no account is named, so nothing would be mirrored",
	}},
	{"account of eleven digits", "id: 111122223333", "id: 11112222333", []string{
		"4: accounts[0].id: 11112222333 is not an account id of twelve digits",
	}},
	{"double account", "fleet:\n", "  - {id: 111122223333, regions: [us-east-1]}\nfleet:\n", []string{
		"7: accounts[1].id: 111122223333 is given twice, first as accounts[0]",
	}},
	{"role of another account", "iam::111122223333", "iam::999922223333", []string{
		"5: accounts[0].role: the role belongs to account 999922223333, not to 111122223333",
	}},
	{"role that is none", "arn:aws:iam::111122223333:role/mirror", "arn:aws:iam::111122223333:user/mirror", []string{
		`5: accounts[0].role: "arn:aws:iam::111122223333:user/mirror" is not the ARN of a role: arn:aws:iam::ACCOUNT:role/NAME`,
	}},
	{"fleet role of another account", "  targets:", "  role: arn:aws:iam::111122223333:role/mirror\n  targets:", []string{
		"9: fleet.role: the role belongs to account 111122223333, not to 777788889999",
	}},
	{"region", "[eu-central-1, us-east-1]", "[eu-central-1, us-east-1, europe]", []string{
		`6: accounts[0].regions[2]: "europe" is not a region such as eu-central-1`,
	}},
	{"double region", "[eu-central-1, us-east-1]", "[eu-central-1, us-east-1, eu-central-1]", []string{
		`6: accounts[0].regions[2]: "eu-central-1" is given twice, first as accounts[0].regions[0]`,
	}},
	{"no regions", "[eu-central-1, us-east-1]", "[]", []string{
		"6: accounts[0].regions: no region is named",
	}},
	{"account budget", "    role:", "    budget: -1\n    role:", []string{
		"5: accounts[0].budget: -1 is not a whole number from 0 to 16777215",
	}},
	{"calls", "    role:", "    calls: {read: 0, write: fast}\n    role:", []string{
		"5: accounts[0].calls.read: 0 is not a number from 0.1 to 1000",
		`5: accounts[0].calls.write: "fast" is not a number from 0.1 to 1000`,
	}},
	{"fleet account", "account: 777788889999", "account: 77778888999x", []string{
		`8: fleet.account: "77778888999x" is not an account id of twelve digits`,
	}},
	{"profile called off", "", "profiles: {off: {}}\n", []string{
		`14: profiles.off: "off" is not a profile's name: 1 to 32 of a-z, 0-9 and '-', but neither on nor off`,
	}},
	{"profile name", "", "profiles: {Web Servers: {packet_length: 9}}\n", []string{
		`14: profiles."Web Servers": "Web Servers" is not a profile's name: 1 to 32 of a-z, 0-9 and '-', but neither on nor off`,
	}},
	{"CIDR pair of two families", "", "profiles:\n  web:\n    rules:\n      - {action: accept, source: 10.0.0.0/8, destination: \"2001:db8::/32\"}\n", []string{
		"17: profiles.web.rules[0]: source 10.0.0.0/8 is IPv4 and destination 2001:db8::/32 is IPv6: a packet has one family, so write two rules",
	}},
	{"single CIDR", "", "profiles:\n  web:\n    rules:\n      - {action: accept, source: 10.0.0.0/8}\n", nil},
	{"host bits", "", "profiles:\n  web:\n    rules:\n      - action: accept\n        source: 10.1.2.3/8\n        destination: 2001:db8::1/32\n", []string{
		`18: profiles.web.rules[0].source: "10.1.2.3/8" has host bits set: write 10.0.0.0/8`,
		`19: profiles.web.rules[0].destination: "2001:db8::1/32" has host bits set: write 2001:db8::/32`,
	}},
	{"address without length", "", "profiles: {web: {rules: [{action: accept, source: 10.1.2.3, destination: 10.0.0.0/33}]}}\n", []string{
		"14: profiles.web.rules[0].source: 10.1.2.3 has no length: write 10.1.2.3/32",
		`14: profiles.web.rules[0].destination: "10.0.0.0/33" is not a CIDR block such as 10.0.0.0/8 or 2001:db8::/32`,
	}},
	{"mapped address", "", "profiles: {web: {rules: [{action: accept, source: \"::ffff:10.0.0.0/104\"}]}}\n", []string{
		`14: profiles.web.rules[0].source: "::ffff:10.0.0.0/104" is not a CIDR block such as 10.0.0.0/8 or 2001:db8::/32`,
	}},
	{"action", "", "profiles: {web: {rules: [{action: allow, direction: in, protocol: sctp}, {}]}}\n", []string{
		`14: profiles.web.rules[0].action: "allow" is not accept or reject`,
		`14: profiles.web.rules[0].direction: "in" is not ingress, egress or both`,
		`14: profiles.web.rules[0].protocol: "sctp" is not tcp, udp, icmp, icmpv6, all or a protocol number from 1 to 255`,
		"14: profiles.web.rules[1].action: is missing",
	}},
	{"protocol number", "", "profiles: {web: {rules: [{action: accept, protocol: 256}, {action: accept, protocol: 0}, {action: accept, protocol: 132}]}}\n", []string{
		"14: profiles.web.rules[0].protocol: 256 is not tcp, udp, icmp, icmpv6, all or a protocol number from 1 to 255",
		"14: profiles.web.rules[1].protocol: 0 is not tcp, udp, icmp, icmpv6, all or a protocol number from 1 to 255",
	}},
	{"more than ten rules", "", "profiles:\n  web:\n    rules:\n      - {action: accept, protocol: tcp}\n      - {action: accept, protocol: udp, direction: ingress}\n      - {action: reject, source: 10.0.0.0/8}\n      - {action: accept}\n", []string{
		"16: profiles.web.rules: 12 rules are more than the 10 of a filter: each direction is a rule, and so is each IP family of a rule without CIDR blocks (rules[0] makes 4, rules[1] makes 2, rules[2] makes 2, rules[3] makes 4)",
	}},
	{"exactly ten rules", "", "profiles:\n  web:\n    rules:\n      - {action: accept, protocol: tcp}\n      - {action: accept, protocol: udp}\n      - {action: reject, source: 10.0.0.0/8}\n", nil},
	{"eleven rules of one direction", "", "profiles:\n  web:\n    rules: [" + elevenRules + "]\n", []string{
		"16: profiles.web.rules: 11 rules are more than the 10 of a filter: each direction is a rule, and so is each IP family of a rule without CIDR blocks (rules[0] makes 1, rules[1] makes 1, rules[2] makes 1, rules[3] makes 1, rules[4] makes 1, rules[5] makes 1, rules[6] makes 1, rules[7] makes 1, rules[8] makes 1, rules[9] makes 1, ...)",
	}},
	{"icmp is one family", "", "profiles:\n  web:\n    rules: [{action: accept, protocol: icmp}, {action: accept, protocol: icmpv6}, {action: accept, protocol: 1}, {action: accept, protocol: 58}]\n", nil},
	{"icmp with IPv6", "", "profiles: {web: {rules: [{action: accept, protocol: icmp, source: \"2001:db8::/32\"}]}}\n", []string{
		"14: profiles.web.rules[0].protocol: icmp is of IPv4, but the rule's addresses are IPv6",
	}},
	{"no rules", "", "profiles: {web: {rules: []}}\n", []string{
		"14: profiles.web.rules: no rules mirror nothing: write one, or leave rules out to mirror everything",
	}},
	{"nothing accepted", "", "profiles: {web: {dns: false, rules: [{action: reject}]}}\n", []string{
		"14: profiles.web.rules: nothing is accepted, so nothing would be mirrored",
	}},
	{"ports without a protocol", "", "profiles: {web: {rules: [{action: accept, destination_ports: 443}, {action: accept, protocol: icmp, source_ports: 1-2}]}}\n", []string{
		"14: profiles.web.rules[0].destination_ports: protocol all has no ports",
		"14: profiles.web.rules[1].source_ports: protocol icmp has no ports",
	}},
	{"ports reversed", "", "profiles: {web: {rules: [{action: accept, protocol: tcp, destination_ports: 2000-1000}]}}\n", []string{
		`14: profiles.web.rules[0].destination_ports: "2000-1000" is reversed: write 1000-2000`,
	}},
	{"ports too high", "", "profiles: {web: {rules: [{action: accept, protocol: tcp, source_ports: 0, destination_ports: 65536}, {action: accept, protocol: udp, source_ports: 1-70000, destination_ports: http}]}}\n", []string{
		"14: profiles.web.rules[0].source_ports: 0 is not a port such as 443 or a range such as 1000-2000, of 1 to 65535",
		"14: profiles.web.rules[0].destination_ports: 65536 is not a port such as 443 or a range such as 1000-2000, of 1 to 65535",
		`14: profiles.web.rules[1].source_ports: "1-70000" is not a port such as 443 or a range such as 1000-2000, of 1 to 65535`,
		`14: profiles.web.rules[1].destination_ports: "http" is not a port such as 443 or a range such as 1000-2000, of 1 to 65535`,
	}},
	{"packet length", "", "profiles: {web: {packet_length: 9001}, db: {packet_length: -1}, small: {packet_length: 1}, all: {packet_length: 0}}\n", []string{
		"14: profiles.web.packet_length: 9001 is not 1 to 8500, or 0 for whole packets",
		"14: profiles.db.packet_length: -1 is not 1 to 8500, or 0 for whole packets",
	}},
	{"session number", "", "profiles: {web: {session_number: {number: 32767, place: first}}, db: {session_number: {number: 0}}, last: {session_number: {number: 32766, place: exact}}}\n", []string{
		"14: profiles.web.session_number.number: 32767 is not a whole number from 1 to 32766",
		`14: profiles.web.session_number.place: "first" is not before, after or exact`,
		"14: profiles.db.session_number.number: 0 is not a whole number from 1 to 32766",
	}},
	{"session number as a number", "", "profiles: {web: {session_number: 5}}\n", []string{
		"14: profiles.web.session_number: 5 is not a mapping of keys to values",
	}},
	{"profile priority", "", "profiles: {web: {priority: 1000001}}\n", []string{
		"14: profiles.web.priority: 1000001 is not a whole number from -1000000 to 1000000",
	}},
	{"VNI out of range", "", "vni: {from: 0, to: 16777216}\n", []string{
		"14: vni.from: 0 is not an identifier from 1 to 16777215",
		"14: vni.to: 16777216 is not an identifier from 1 to 16777215",
	}},
	{"VNI reversed", "", "vni: {from: 200, to: 100}\n", []string{
		"14: vni: from (200) is above to (100)",
	}},
	{"VNIs fewer than sessions", "", "vni: {from: 100, to: 199}\nbudget: {sessions: 101}\n", []string{
		"14: vni: 100 identifiers are fewer than the 101 sessions of budget.sessions",
	}},
	{"VNIs as many as sessions", "", "vni: {from: 100, to: 199}\nbudget: {sessions: 100}\n", nil},
	{"rules overlap", "", rules("{match: {regions: [us-east-1]}, profile: on}", "{match: {tags: {tier: web}}, profile: off}"), []string{
		"17: select.rules[1]: an interface can fit this rule (off) and that in line 16 (on), both of priority 0: give them different priorities",
	}},
	{"rules of one profile", "", rules("{match: {regions: [us-east-1]}, profile: on}", "{match: {tags: {tier: web}}, profile: default}"), nil},
	{"rules of two priorities", "", rules("{match: {regions: [us-east-1]}, profile: on}", "{match: {tags: {tier: web}}, profile: off, priority: 1}"), nil},
	{"rules of disjoint regions", "", rules("{match: {regions: [us-east-1]}, profile: on}", "{match: {regions: [eu-central-1]}, profile: off}"), nil},
	{"rules of disjoint VPCs", "", rules("{match: {vpcs: [vpc-1]}, profile: on}", "{match: {vpcs: [vpc-2]}, profile: off}"), nil},
	{"rules of disjoint subnets", "", rules("{match: {subnets: [subnet-1, subnet-3]}, profile: on}", "{match: {subnets: [subnet-2]}, profile: off}"), nil},
	{"rules of disjoint tag values", "", rules("{match: {tags: {tier: [web, app]}}, profile: on}", "{match: {tags: {tier: db, team: x}}, profile: off}"), nil},
	{"rules of any value of a tag", "", rules("{match: {tags: {tier: []}}, profile: on}", "{match: {tags: {tier: db}}, profile: off}"), []string{
		"17: select.rules[1]: an interface can fit this rule (off) and that in line 16 (on), both of priority 0: give them different priorities",
	}},
	{"rules of different tags", "", rules("{match: {tags: {tier: web}}, profile: on}", "{match: {tags: {team: x}}, profile: off}"), []string{
		"17: select.rules[1]: an interface can fit this rule (off) and that in line 16 (on), both of priority 0: give them different priorities",
	}},
	{"rules of disjoint types", "", rules("{match: {instance_types: [m5.*]}, profile: on}", "{match: {instance_types: [c5.*, m5d.large]}, profile: off}"), nil},
	{"rules of types that meet", "", rules("{match: {instance_types: [m5*]}, profile: on}", "{match: {instance_types: [c5.*, m5d.large]}, profile: off}"), []string{
		"17: select.rules[1]: an interface can fit this rule (off) and that in line 16 (on), both of priority 0: give them different priorities",
	}},
	{"three rules overlap", "", rules("{match: {vpcs: [vpc-1]}, profile: on}", "{match: {regions: [us-east-1]}, profile: off}", "{match: {subnets: [subnet-1]}, profile: on}"), []string{
		"17: select.rules[1]: an interface can fit this rule (off) and that in line 16 (on), both of priority 0: give them different priorities",
		"18: select.rules[2]: an interface can fit this rule (on) and that in line 17 (off), both of priority 0: give them different priorities",
	}},
	{"rules of one name", "", rules("{name: a, match: {vpcs: [vpc-1]}, profile: on}", "{name: a, match: {vpcs: [vpc-2]}, profile: on}"), []string{
		`17: select.rules[1].name: "a" names the rule in line 16 already`,
	}},
	{"rule without match and profile", "", rules("{name: x}"), []string{
		"16: select.rules[0].match: is missing",
		"16: select.rules[0].profile: is missing",
	}},
	{"rule that fits everything", "", rules("{match: {}, profile: on}"), []string{
		"16: select.rules[0].match: fits everything: say so in select.default, or name what it fits",
	}},
	{"no such profile", "", "profiles: {web: {}, db: {}}\nselect:\n  default: wbe\n  rules:\n    - {match: {vpcs: [vpc-1]}, profile: storage}\n", []string{
		`16: select.default: there is no profile "wbe"; did you mean web?`,
		`18: select.rules[0].profile: there is no profile "storage"; there are on, off, db, default, web`,
	}},
	{"profile is no name", "", "select: {default: Web}\n", []string{
		`14: select.default: "Web" is not on, off or a profile's name (a-z, 0-9 and '-')`,
	}},
	{"profiles that cannot be read", "", "profiles: 5\nselect: {default: web}\n", []string{
		"14: profiles: 5 is not a mapping of keys to values",
	}},
	{"match of nobody's account", "", rules("{match: {accounts: [999900001111], regions: [ap-southeast-2]}, profile: on}"), []string{
		"16: select.rules[0].match.accounts[0]: 999900001111 is not among the policy's accounts",
		"16: select.rules[0].match.regions[0]: ap-southeast-2 is no region of any of the policy's accounts",
	}},
	{"match of things that are none", "", rules("{match: {vpcs: [vpc_1], subnets: [1], instance_types: [\"*.large\", m5], tags: {tier: , team: {a: b}}}, profile: on}"), []string{
		`16: select.rules[0].match.vpcs[0]: "vpc_1" is not a VPC's id: vpc-...`,
		"16: select.rules[0].match.subnets[0]: 1 is not a subnet's id: subnet-...",
		`16: select.rules[0].match.instance_types[0]: "*.large" is not an instance type such as m5.large, or the beginning of some with * at the end: m5.*`,
		`16: select.rules[0].match.instance_types[1]: "m5" is not an instance type such as m5.large, or the beginning of some with * at the end: m5.*`,
		"16: select.rules[0].match.tags.tier: nothing is not a value: write [] where any value fits",
		"16: select.rules[0].match.tags.team: a mapping is not a list",
	}},
	{"match with an empty list", "", rules("{match: {vpcs: []}, profile: on}"), []string{
		"16: select.rules[0].match.vpcs: an empty list fits nothing: name a value, or leave it out to fit any",
	}},
	{"select tag", "", "select: {tag: \"aws:mirror\"}\n", []string{
		`14: select.tag: "aws:mirror" is not a tag's key of 1 to 128 characters that does not begin with aws:`,
	}},
	{"durations", "", "limits: {grace: 15, settle: 1s, silent: -1m, retry_verdict: 1d, pending_attach: 2h}\n", []string{
		"14: limits.grace: 15 is not a duration from 0s to 168h, such as 90s, 15m or 24h",
		`14: limits.settle: "1s" is not a duration from 10s to 1h, such as 90s, 15m or 24h`,
		`14: limits.silent: "-1m" is not a duration from 1m to 168h, such as 90s, 15m or 24h`,
		`14: limits.retry_verdict: "1d" is not a duration from 1m to 8760h, such as 90s, 15m or 24h`,
		`14: limits.pending_attach: "2h" is not a duration from 0s to 1h, such as 90s, 15m or 24h`,
	}},
	{"limits", "", "limits: {deletes: 0, delete_percent: 101, session_quota: 0}\n", []string{
		"14: limits.deletes: 0 is not a whole number from 1 to 16777215",
		"14: limits.delete_percent: 101 is not a whole number from 1 to 100",
		"14: limits.session_quota: 0 is not a whole number from 1 to 16777215",
	}},
	{"target with two ids", "      id: tmt-1\n", "      id: tmt-1\n      endpoint: vpce-1\n", []string{
		"10: fleet.targets[0]: 2 of id, load_balancer and endpoint are given",
	}},
	{"target without id", "      id: tmt-1\n", "      zones: [eu-central-1a]\n", []string{
		"10: fleet.targets[0]: 0 of id, load_balancer and endpoint are given",
	}},
	{"target id", "tmt-1", "tms-1", []string{
		`11: fleet.targets[0].id: "tms-1" is not a mirror target's id: tmt-...`,
	}},
	{"load balancer of another region", "id: tmt-1", "load_balancer: arn:aws:elasticloadbalancing:eu-west-1:777788889999:loadbalancer/net/x/1", []string{
		`11: fleet.targets[0].load_balancer: is in region "eu-west-1", but the target in eu-central-1`,
	}},
	{"load balancer of another account", "id: tmt-1", "load_balancer: arn:aws:elasticloadbalancing:eu-central-1:111122223333:loadbalancer/net/x/1", []string{
		"11: fleet.targets[0].load_balancer: belongs to account 111122223333, but the fleet to 777788889999",
	}},
	{"application load balancer", "id: tmt-1", "load_balancer: arn:aws:elasticloadbalancing:eu-central-1:777788889999:loadbalancer/app/x/1", []string{
		`11: fleet.targets[0].load_balancer: "arn:aws:elasticloadbalancing:eu-central-1:777788889999:loadbalancer/app/x/1" is not the ARN of a Network Load Balancer: arn:aws:elasticloadbalancing:REGION:ACCOUNT:loadbalancer/net/NAME/ID`,
	}},
	{"target group alone", "id: tmt-1", "id: tmt-1\n      target_group: arn:aws:elasticloadbalancing:eu-west-1:777788889999:targetgroup/x/1", []string{
		"12: fleet.targets[0].target_group: is given without load_balancer",
		`12: fleet.targets[0].target_group: is in region "eu-west-1", but the target in eu-central-1`,
	}},
	{"zones of another region", "id: tmt-1", "id: tmt-1\n      zones: [eu-central-1a, us-east-1a, 1a]", []string{
		`12: fleet.targets[0].zones[2]: "1a" is not an availability zone such as eu-central-1a`,
	}},
	{"zone of another region", "id: tmt-1", "id: tmt-1\n      zones: [eu-central-1a, us-east-1a]", []string{
		"12: fleet.targets[0].zones[1]: us-east-1a is no zone of eu-central-1",
	}},
	{"region without target", "    - region: us-east-1\n      id: tmt-2\n", "", []string{
		"6: accounts[0].regions[1]: us-east-1 has no target among fleet.targets",
	}},
	{"two targets without zones", "us-east-1\n      id", "us-east-1\n      id: tmt-3\n    - region: us-east-1\n      id", []string{
		"14: fleet.targets[2]: names no zones, as fleet.targets[1]: which of them an interface of us-east-1 sends to would be chance",
	}},
	{"two targets of a zone", "us-east-1\n      id", "us-east-1\n      zones: [us-east-1a, us-east-1b]\n      id: tmt-3\n    - region: us-east-1\n      zones: [us-east-1c, us-east-1b]\n      id", []string{
		"16: fleet.targets[2].zones[1]: fleet.targets[1] has zone us-east-1b already: which of them an interface sends to would be chance",
	}},
	{"a target twice", "tmt-2", "tmt-1", []string{
		`12: fleet.targets[1]: "tmt-1" is given twice, first as fleet.targets[0]`,
	}},
	{"sensors", "", "", nil},
	{"sensor groups", "  targets:", "  sensors: {tags: {role: [a]}, security_groups: [sg_1], auto_scaling_groups: [\"\"]}\n  share: {name: \"a/b\", external: 1, manage: off}\n  targets:", []string{
		"9: fleet.sensors.tags.role: a list is not a tag's value of up to 256 characters",
		`9: fleet.sensors.security_groups[0]: "sg_1" is not a security group's id: sg-...`,
		`9: fleet.sensors.auto_scaling_groups[0]: "" is not an Auto Scaling group's name`,
		`10: fleet.share.name: "a/b" is not 1 to 255 letters, digits, spaces and ._-`,
		"10: fleet.share.external: 1 is not true or false",
		`10: fleet.share.manage: "off" is not true or false`,
	}},
	{"budget", "", "budget: {sessions: -1, usd_month: .inf, reserve: 10000, tags: [{key: team, value: x, sessions: 0}]}\n", []string{
		"14: budget.sessions: -1 is not a whole number from 0 to 16777215",
		`14: budget.usd_month: ".inf" is not a number from 0 to 1000000000`,
		"14: budget.tags[0].sessions: 0 is not a whole number from 1 to 16777215",
	}},
	{"reserve above quota", "", "budget: {reserve: 500}\nlimits: {session_quota: 500}\n", []string{
		"14: budget.reserve: 500 leaves nothing of the quota of 500 sessions (limits.session_quota)",
	}},
	{"tag budget twice", "", "budget: {tags: [{key: team, value: x, sessions: 1}, {key: team, value: x, sessions: 2}, {key: team}]}\n", []string{
		`14: budget.tags[1]: tag "team" with value "x" is given twice, first as budget.tags[0]`,
		"14: budget.tags[2].sessions: is missing",
		"14: budget.tags[2].value: is missing",
	}},
	{"prices", "", "prices: {session_hour: -1, regions: {us-east-1: .nan, moon: 1}}\n", []string{
		"14: prices.session_hour: -1 is not a number from 0 to 100",
		`14: prices.regions.us-east-1: ".nan" is not a number from 0 to 100`,
		`14: prices.regions.moon: "moon" is not a region such as eu-central-1`,
	}},
	{"exclusion without match", "", "exclude:\n  - reason: none\n  - match: {}\n  - match:\n", []string{
		"15: exclude[0].match: is missing",
		"16: exclude[1].match: would exclude everything: name what it fits; switch: off removes all sessions",
		"17: exclude[2].match: would exclude everything: name what it fits; switch: off removes all sessions",
	}},
	{"trusted", "", "trusted: [x, 111122223333, 111122223333]\n", []string{
		`14: trusted[0]: "x" is not an account id of twelve digits`,
		"14: trusted[2]: 111122223333 is given twice, first as trusted[1]",
	}},
	{"no YAML", "", "a: b: c\n", []string{
		"14: not YAML: mapping values are not allowed in this context",
	}},
	{"open bracket", "", "trusted: [\n", []string{
		"14: not YAML: did not find expected node content (while parsing a flow node)",
	}},
	{"open quote", "", "switch: \"on\n", []string{
		"14: not YAML: found unexpected end of stream (while scanning a quoted scalar)",
	}},
	{"tab", "", "\tswitch: on\n", []string{
		"14: not YAML: found a tab character that violates indentation (while scanning a plain scalar)",
	}},
	{"two documents", "", "---\nversion: 1\n", []string{
		"14: a second document begins here: a policy is one document",
	}},
	{"broken second document", "", "---\na: b: c\n", []string{
		"15: not YAML: mapping values are not allowed in this context",
	}},
	{"anchor and alias", "", "trusted: &a [111122223333]\nexclude: *a\n", []string{
		"14: trusted: anchors are not read: write the value where it is wanted",
		"15: exclude: aliases are not read: write the value out",
	}},
	{"unknown alias", "", "trusted: *a\n", []string{
		"14: not YAML: unknown anchor 'a' referenced",
	}},
	{"merge key", "", "limits: &l {grace: 1m}\nbudget: {<<: *l}\n", []string{
		"14: limits: anchors are not read: write the value where it is wanted",
		`15: budget."<<": unknown key; known are sessions, usd_month, reserve, tags`,
		`15: budget."<<": aliases are not read: write the value out`,
	}},
	{"YAML tag", "", "switch: !!str on\n", []string{
		"14: switch: tags such as !!str are not read: write the value in quotes where it is text",
	}},
	{"not UTF-8", "", "switch: \xff\n", []string{
		"14: byte 0xff is not UTF-8",
	}},
	{"control character", "", "switch: o\x01n\n", []string{
		"14: control character U+0001",
	}},
	{"long value", "", "switch: " + longWord + "\n", []string{
		`14: switch: "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggggggggghhhhhhhhhh"... is not on, frozen or off`,
	}},
	{"hostile key", "", "\"a\\nb\\e\": 1\n", []string{
		`14: "a\nb\x1b": unknown key; known are version, deployment, switch, accounts, fleet, select, profiles, exclude, budget, limits, prices, vni, trusted`,
	}},
	{"all at once", "deployment: main", "deployment: MAIN\nprofiles: {web: {packet_length: 9001}}\nvni: {from: 0}\nswitch: maybe", []string{
		`2: deployment: "MAIN" is not 1 to 32 of a-z, 0-9 and '-'`,
		"3: profiles.web.packet_length: 9001 is not 1 to 8500, or 0 for whole packets",
		"4: vni.from: 0 is not an identifier from 1 to 16777215",
		`5: switch: "maybe" is not on, frozen or off`,
	}},
}

const elevenRules = "{action: accept, direction: egress, source: 10.1.0.0/16}, {action: accept, direction: egress, source: 10.2.0.0/16}, " +
	"{action: accept, direction: egress, source: 10.3.0.0/16}, {action: accept, direction: egress, source: 10.4.0.0/16}, " +
	"{action: accept, direction: egress, source: 10.5.0.0/16}, {action: accept, direction: egress, source: 10.6.0.0/16}, " +
	"{action: accept, direction: egress, source: 10.7.0.0/16}, {action: accept, direction: egress, source: 10.8.0.0/16}, " +
	"{action: accept, direction: egress, source: 10.9.0.0/16}, {action: accept, direction: egress, source: 10.10.0.0/16}, " +
	"{action: accept, direction: egress, source: 10.11.0.0/16}"

const longWord = "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggggggggghhhhhhhhhhiiiiiiiiii"

// rules is a selection of rules, the first in line 16.
func rules(each ...string) string {
	text := "select:\n  rules:\n"
	for _, r := range each {
		text += "    - " + r + "\n"
	}
	return text
}
