package policy

import (
	"fmt"
	"time"

	"go.yaml.in/yaml/v4"
)

const (
	mostVNI      = 1<<24 - 1
	mostSessions = mostVNI // no two sessions share a VNI
	// allTraffic is the name of the profile that is always there.
	allTraffic = "default"
)

// policy reads the whole text. Defaults stand before anything is read, so that what the text does not name keeps them.
func (r *reader) policy(n *yaml.Node) Policy {
	p := unsaid()
	r.mapping(n, "",
		must("version", whole(r, &p.Version, 1, 1, "1, the version of policies that this program knows")),
		must("deployment", r.text(&p.Deployment, deploymentName)),
		may("switch", word(r, &p.Switch, On, Frozen, Off)),
		must("accounts", r.list(mostAccounts, func(n *yaml.Node, path string) { p.Accounts = append(p.Accounts, r.account(n, path)) })),
		must("fleet", func(n *yaml.Node, path string) { r.fleet(&p.Fleet, n, path) }),
		may("select", func(n *yaml.Node, path string) { r.selection(&p.Select, n, path) }),
		may("profiles", r.table(mostProfiles, profileName, func(key string, n *yaml.Node, path string) { p.Profiles[key] = r.profile(n, path) })),
		may("exclude", r.list(mostExclusions, func(n *yaml.Node, path string) { p.Exclude = append(p.Exclude, r.exclusion(n, path)) })),
		may("budget", func(n *yaml.Node, path string) { r.budget(&p.Budget, n, path) }),
		may("limits", func(n *yaml.Node, path string) { r.limits(&p.Limits, n, path) }),
		may("prices", func(n *yaml.Node, path string) { r.prices(&p.Prices, n, path) }),
		may("vni", func(n *yaml.Node, path string) {
			r.mapping(n, path, may("from", whole(r, &p.VNI.From, 1, mostVNI, "an identifier from 1 to 16777215")), may("to", whole(r, &p.VNI.To, 1, mostVNI, "an identifier from 1 to 16777215")))
		}),
		may("trusted", r.texts(&p.Trusted, mostValues, accountID)),
	)
	if p.Fleet.Share.Name == "" && p.Deployment != "" {
		p.Fleet.Share.Name = "mirrorwatch-" + p.Deployment
	}
	if _, given := p.Profiles[allTraffic]; !given {
		p.Profiles[allTraffic] = plainProfile()
	}
	return p
}

// unsaid is what holds where a text says nothing.
func unsaid() Policy {
	return Policy{
		Switch:   On,
		Fleet:    Fleet{Share: Share{Manage: true}},
		Select:   Select{Tag: "mirrorwatch", Default: "off"},
		Profiles: map[string]Profile{},
		Budget:   Budget{Reserve: 100},
		Limits: Limits{
			Deletes: 25, DeletePercent: 10, Grace: 15 * time.Minute, Settle: 2 * time.Minute, Silent: 15 * time.Minute,
			SessionQuota: 10000, RetryVerdict: 24 * time.Hour, PendingAttach: 5 * time.Minute, SessionsPerENI: 3,
		},
		Prices: Prices{SessionHour: 0.015},
		VNI:    VNIRange{From: 1, To: mostVNI},
	}
}

// plainProfile is a profile that says nothing: everything both ways.
func plainProfile() Profile {
	return Profile{Rules: everything(), DNS: true, SessionNumber: Number{Place: Before, Number: 1}}
}

// word reads one of a few words into a type of its own.
func word[T ~string](r *reader, to *T, words ...T) reads {
	names := make([]string, len(words))
	for i, w := range words {
		names[i] = string(w)
	}
	return func(n *yaml.Node, path string) {
		s := string(*to)
		r.text(&s, oneOf(names...))(n, path)
		*to = T(s)
	}
}

func (r *reader) account(n *yaml.Node, path string) Account {
	a := Account{Calls: Calls{Read: 15, Write: 4}}
	r.mapping(n, path,
		must("id", r.text(&a.ID, accountID)),
		may("name", r.text(&a.Name, description)),
		may("role", r.text(&a.Role, roleARN)),
		must("regions", r.texts(&a.Regions, mostValues, regionName)),
		may("budget", whole(r, &a.Budget, 0, mostSessions, "")),
		may("calls", func(n *yaml.Node, path string) {
			r.mapping(n, path, may("read", r.decimal(&a.Calls.Read, 0.1, 1000)), may("write", r.decimal(&a.Calls.Write, 0.1, 1000)))
		}),
	)
	return a
}

func (r *reader) fleet(f *Fleet, n *yaml.Node, path string) {
	r.mapping(n, path,
		must("account", r.text(&f.Account, accountID)),
		may("role", r.text(&f.Role, roleARN)),
		must("targets", r.list(mostValues, func(n *yaml.Node, path string) { f.Targets = append(f.Targets, r.readTarget(n, path)) })),
		may("sensors", func(n *yaml.Node, path string) {
			r.mapping(n, path,
				may("tags", r.table(mostValues, tagKey, func(key string, n *yaml.Node, path string) {
					f.Sensors.Tags = with(f.Sensors.Tags, key, r.one(n, path, tagValue))
				})),
				may("security_groups", r.texts(&f.Sensors.SecurityGroups, mostValues, groupID)),
				may("auto_scaling_groups", r.texts(&f.Sensors.AutoScalingGroups, mostValues, groupName)),
			)
		}),
		may("share", func(n *yaml.Node, path string) {
			r.mapping(n, path,
				may("name", r.text(&f.Share.Name, shareName)),
				may("external", r.flag(&f.Share.External)),
				may("manage", r.flag(&f.Share.Manage)),
			)
		}),
	)
}

// one reads a text where it is wanted as a value.
func (r *reader) one(n *yaml.Node, path string, f form) (s string) {
	r.text(&s, f)(n, path)
	return s
}

// with is a map with one more key.
func with[V any](m map[string]V, key string, value V) map[string]V {
	if m == nil {
		m = map[string]V{}
	}
	m[key] = value
	return m
}

func (r *reader) readTarget(n *yaml.Node, path string) (t Target) {
	r.mapping(n, path,
		must("region", r.text(&t.Region, regionName)),
		may("zones", r.texts(&t.Zones, mostValues, zoneName)),
		may("id", r.text(&t.ID, targetID)),
		may("load_balancer", r.text(&t.LoadBalancer, balancerARN)),
		may("target_group", r.text(&t.TargetGroup, targetGroupARN)),
		may("endpoint", r.text(&t.Endpoint, endpointID)),
	)
	return t
}

func (r *reader) selection(s *Select, n *yaml.Node, path string) {
	r.mapping(n, path,
		may("tag", r.text(&s.Tag, selectTag)),
		may("rules", r.list(mostSelects, func(n *yaml.Node, path string) {
			s.Rules = append(s.Rules, r.selectRule(n, path, len(s.Rules)+1))
		})),
		may("default", r.text(&s.Default, wish)),
	)
}

func (r *reader) selectRule(n *yaml.Node, path string, ordinal int) SelectRule {
	rule := SelectRule{Name: fmt.Sprintf("rule %d", ordinal), Line: n.Line}
	r.mapping(n, path,
		may("name", r.text(&rule.Name, description)),
		must("match", r.match(&rule.Match)),
		must("profile", r.text(&rule.Profile, wish)),
		may("priority", whole(r, &rule.Priority, -mostPriority, mostPriority, "")),
	)
	return rule
}

// mostPriority bounds priorities, so that nobody's arithmetic on them overflows.
const mostPriority = 1_000_000

func (r *reader) match(m *Match) reads {
	return func(n *yaml.Node, path string) {
		r.mapping(n, path,
			may("accounts", r.values(&m.Accounts, mostValues, accountID)),
			may("regions", r.values(&m.Regions, mostValues, regionName)),
			may("vpcs", r.values(&m.VPCs, mostValues, vpcID)),
			may("subnets", r.values(&m.Subnets, mostValues, subnetID)),
			may("instance_types", r.values(&m.InstanceTypes, mostTypes, instanceType)),
			may("tags", r.table(mostValues, tagKey, func(key string, n *yaml.Node, path string) {
				m.Tags = with(m.Tags, key, r.tagValues(n, path))
			})),
		)
	}
}

// values reads a list that must not be empty: an empty one would fit nothing, or everything, depending on whom one asks.
func (r *reader) values(to *[]string, most int, f form) reads {
	return func(n *yaml.Node, path string) {
		if n.Kind == yaml.SequenceNode && len(n.Content) == 0 {
			r.say(path, "an empty list fits nothing: name a value, or leave it out to fit any", f.allowed)
			return
		}
		r.texts(to, most, f)(n, path)
	}
}

// tagValues reads the values of a tag that fit: a list, or one of them alone. The empty list is any value.
func (r *reader) tagValues(n *yaml.Node, path string) []string {
	values := []string{}
	switch {
	case isNull(n):
		r.say(path, "nothing is not a value: write [] where any value fits", "a value, a list of values, or []")
	case n.Kind == yaml.ScalarNode:
		values = append(values, r.one(n, path, tagValue))
	default:
		r.texts(&values, mostValues, tagValue)(n, path)
	}
	return values
}

func (r *reader) exclusion(n *yaml.Node, path string) Exclusion {
	e := Exclusion{Line: n.Line}
	r.mapping(n, path, must("match", r.match(&e.Match)), may("reason", r.text(&e.Reason, description)))
	return e
}

func (r *reader) budget(b *Budget, n *yaml.Node, path string) {
	r.mapping(n, path,
		may("sessions", whole(r, &b.Sessions, 0, mostSessions, "")),
		may("usd_month", r.decimal(&b.USDMonth, 0, 1e9)),
		may("reserve", whole(r, &b.Reserve, 0, mostSessions, "")),
		may("tags", r.list(mostValues, func(n *yaml.Node, path string) {
			var t TagBudget
			r.mapping(n, path,
				must("key", r.text(&t.Key, tagKey)),
				must("value", r.text(&t.Value, tagValue)),
				must("sessions", whole(r, &t.Sessions, 1, mostSessions, "")),
			)
			b.Tags = append(b.Tags, t)
		})),
	)
}

func (r *reader) limits(l *Limits, n *yaml.Node, path string) {
	const day = 24 * time.Hour
	r.mapping(n, path,
		may("deletes", whole(r, &l.Deletes, 1, mostSessions, "")),
		may("delete_percent", whole(r, &l.DeletePercent, 1, 100, "")),
		may("grace", r.duration(&l.Grace, 0, 7*day)),
		may("settle", r.duration(&l.Settle, 10*time.Second, time.Hour)),
		may("silent", r.duration(&l.Silent, time.Minute, 7*day)),
		may("session_quota", whole(r, &l.SessionQuota, 1, mostSessions, "")),
		may("retry_verdict", r.duration(&l.RetryVerdict, time.Minute, 365*day)),
		may("pending_attach", r.duration(&l.PendingAttach, 0, time.Hour)),
	)
}

func (r *reader) prices(p *Prices, n *yaml.Node, path string) {
	r.mapping(n, path,
		may("session_hour", r.decimal(&p.SessionHour, 0, 100)),
		may("regions", r.table(mostValues, regionName, func(region string, n *yaml.Node, path string) {
			var price float64
			r.decimal(&price, 0, 100)(n, path)
			p.Regions = with(p.Regions, region, price)
		})),
	)
}

func (r *reader) profile(n *yaml.Node, path string) Profile {
	p := plainProfile()
	r.mapping(n, path,
		may("rules", func(n *yaml.Node, path string) {
			p.Rules = nil
			r.list(mostRules*10, func(n *yaml.Node, path string) { p.Rules = append(p.Rules, r.rule(n, path)) })(n, path)
		}),
		may("dns", r.flag(&p.DNS)),
		may("packet_length", r.packetLength(&p.PacketLength)),
		may("session_number", func(n *yaml.Node, path string) {
			r.mapping(n, path,
				may("place", word(r, &p.SessionNumber.Place, Before, After, Exact)),
				may("number", whole(r, &p.SessionNumber.Number, 1, 32766, "")),
			)
		}),
		may("priority", whole(r, &p.Priority, -mostPriority, mostPriority, "")),
	)
	return p
}

// packetLength is bounded by Network Load Balancers: AWS takes no more for them.
func (r *reader) packetLength(to *int32) reads {
	return whole(r, to, 0, 8500, "1 to 8500, or 0 for whole packets")
}
