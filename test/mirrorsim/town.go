package mirrorsim

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
	"github.com/mirrorwatch/mirrorwatch/test/ec2fake"
)

// town is what the simulation itself knows of the world besides what the cloud tells.
type town struct {
	fleet   ec2fake.Fleet
	size    int // about how many interfaces there are
	vpcs    []string
	subnets []string // of all accounts
	groups  []string // "account name"
	tasks   []string
	sensors map[string]bool      // interfaces that were born as a sensor's
	mute    map[string]bool      // interfaces whose packets do not arrive, and nobody knows why
	kinds   map[string]string    // what others' filters let through
	bentVNI map[string]uint32    // VNIs that people gave to sessions of ours
	lost    map[string]time.Time // sessions of ours that lost our tag, and when
}

// Types of instances, the more frequent ones more than once. Of m8a no list says that it cannot be mirrored, but it cannot.
func types() []string {
	return strings.Fields("t3.micro t3.micro m5.large m5.large m5.large c5.xlarge r5.large m6g.large m4.large t2.micro m6i.large c7g.large m5.metal g4dn.xlarge m8a.large m8i.large")
}

// found makes the first day's world.
func (s *sim) found() error {
	s.town = town{sensors: map[string]bool{}, mute: map[string]bool{}, kinds: map[string]string{}, bentVNI: map[string]uint32{},
		lost: map[string]time.Time{}, size: s.o.Interfaces}
	if s.town.size <= 0 {
		s.town.size = 60 + s.rng.IntN(91)
	}
	s.cloud.Organize(accounts()...)
	for _, a := range accounts() {
		if err := s.land(a); err != nil {
			return err
		}
	}
	var err error
	if s.town.fleet, err = s.cloud.MakeBalancer(ec2fake.BalancerSpec{Account: fleet, Region: region, Name: "sensors", Subnets: s.town.subnets[:2]}); err != nil {
		return err
	}
	s.wish = wish{defaultOn: s.chance(0.3), length: 0, port: 80, reserve: 2}
	if s.chance(0.4) {
		s.wish.quota = quota
	}
	if s.chance(0.4) {
		s.wish.budget = 20 + s.rng.IntN(60)
	}
	s.weather()
	for len(s.cloud.State(region).Interfaces) < s.town.size {
		s.launch()
	}
	s.advance(time.Minute)
	s.cloud.Listen(s.post)
	s.enact()
	for i := range s.crew {
		if s.crew[i], err = s.hire(i); err != nil {
			return err
		}
	}
	return nil
}

// land makes an account's networks and groups.
func (s *sim) land(account string) error {
	for n := range 2 {
		vpc, err := s.cloud.MakeVpc(account, region, []string{fmt.Sprintf("10.%d.0.0/16", n)}, nil)
		if err != nil {
			return err
		}
		s.town.vpcs = append(s.town.vpcs, vpc.ID)
		for i := range 2 {
			subnet, err := s.cloud.MakeSubnet(ec2fake.SubnetSpec{VPC: vpc.ID, CIDR: fmt.Sprintf("10.%d.%d.0/18", n, 64*i), IPv6Native: n == 1 && i == 1 && account != fleet && s.chance(0.3)})
			if err != nil {
				return err
			}
			s.town.subnets = append(s.town.subnets, subnet.ID)
		}
	}
	for _, name := range []string{"front", "back"} {
		if err := s.cloud.MakeGroup(account, region, name, map[string]string{"mirrorwatch": s.tag()}); err != nil {
			return err
		}
		s.town.groups = append(s.town.groups, account+" "+name)
	}
	if account == fleet {
		return s.cloud.MakeGroup(account, region, "sensors", map[string]string{"mirrorwatch": "on"})
	}
	return nil
}

// weather sets what AWS is like.
func (s *sim) weather() {
	s.cloud.Tune(func(set *ec2fake.Settings) {
		families := slices.Clone(set.Unsupported)
		if !slices.Contains(families, "m8a") {
			families = append(families, "m8a")
		}
		set.Unsupported = families
		set.PageSize, set.Lag, set.RandomLag = 20+s.rng.IntN(100), lag, s.o.Seed%2 == 0
		set.SessionQuota = 10_000
		if s.wish.quota > 0 {
			set.SessionQuota = s.wish.quota
		}
		if s.o.Calm {
			return
		}
		set.ThrottleShare, set.FailShare = 0.05, 0.01
	})
}

// tag draws a value as people write it.
func (s *sim) tag() string {
	v, _ := pick(s, []string{"on", "on", "on", "on", "off", "off", "ON ", "web", "Web", "late", "seven", "onn"})
	return v
}

// wanted draws tags of an instance or interface.
func (s *sim) wanted(share float64) map[string]string {
	tags := map[string]string{}
	if s.chance(0.5) {
		tags["Name"] = fmt.Sprintf("host-%d", s.rng.IntN(1000))
	}
	if s.chance(share) {
		tags["mirrorwatch"] = s.tag()
	}
	if s.chance(0.02) {
		tags["team"] = "secret"
	}
	return tags
}

// launch runs an instance.
func (s *sim) launch() {
	subnet, _ := pick(s, s.town.subnets)
	kind, _ := pick(s, types())
	spec := ec2fake.InstanceSpec{Subnet: subnet, Type: kind, Tags: s.wanted(0.6), Interfaces: 1}
	if s.chance(0.2) {
		spec.Interfaces = 2 + s.rng.IntN(2)
	}
	if s.chance(0.15) {
		spec.InterfaceTags = s.wanted(0.7)
	}
	owner := s.cloud.State(region).Subnets[subnet].Owner
	sensor := owner == fleet && s.chance(0.1)
	switch {
	case sensor && s.chance(0.5):
		spec.Group, spec.Type = "sensors", "m5.large"
	case sensor:
		spec.Tags["role"], spec.Type = "mirrorwatch-sensor", "m5.large"
	case s.chance(0.25):
		name, _ := pick(s, []string{"front", "back"})
		spec.Group = name
	}
	if s.chance(0.1) {
		spec.State = "pending"
	}
	i, err := s.cloud.RunInstance(spec)
	if err != nil {
		s.fail("launch: %v", err)
		return
	}
	s.say("people: run %s %s in %s of %s with %d interfaces, %v", i.ID, i.Type, subnet, owner, len(i.Interfaces), spec.Tags)
	for _, eni := range i.Interfaces {
		s.town.sensors[eni] = sensor
		s.town.mute[eni] = s.chance(0.03)
	}
	if spec.State == "pending" {
		s.agenda.add(s.clock.Now().Add(s.between(20*time.Second, 3*time.Minute)), func() { _ = s.cloud.SetState(i.ID, "running") })
	}
}

func ours(tags map[string]string) bool { return tags[tagOurs] == deployment }

// sensors report what they hear, every few minutes: of each session that carries packets, and of none when the listener is gone.
func (s *sim) sensors() {
	s.agenda.add(s.clock.Now().Add(4*time.Minute), s.sensors)
	s.listen()
}

// interfacesOf lists the ids of those that fit.
func (s *sim) interfacesOf(fits func(*ec2api.NetworkInterface) bool) []string {
	var ids []string
	st := s.cloud.State(region)
	for i := range st.Interfaces {
		if fits(&st.Interfaces[i]) {
			ids = append(ids, st.Interfaces[i].ID)
		}
	}
	return ids
}

// instancesIn lists the ids of instances in a state.
func (s *sim) instancesIn(states ...string) []string {
	var ids []string
	st := s.cloud.State(region)
	for _, id := range slices.Sorted(maps.Keys(st.Instances)) {
		if slices.Contains(states, st.Instances[id].State) {
			ids = append(ids, id)
		}
	}
	return ids
}
