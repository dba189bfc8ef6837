package ec2fake

import "github.com/mirrorwatch/mirrorwatch/shared/ec2api"

// State is what there is in a region of every account, as it is now: without lag, faults or a call.
type State struct {
	Vpcs       map[string]ec2api.Vpc
	Subnets    map[string]ec2api.Subnet
	Interfaces []ec2api.NetworkInterface // by id
	Instances  map[string]ec2api.Instance
	Groups     map[string]ec2api.AutoScalingGroup // by "account/name"
	Sessions   []ec2api.TrafficMirrorSession      // by id
	Targets    []ec2api.TrafficMirrorTarget
	Filters    map[string]ec2api.TrafficMirrorFilter
	Listeners  map[string][]ec2api.Listener // by load balancer
	Owners     map[string]string            // of instances and filters, whose nouns do not say
}

// State gives what a test needs to hold what was done against what is.
func (c *Cloud) State(regionName string) State {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.regionOf(regionName)
	s := State{
		Vpcs: mapped(r.vpcs, nil), Subnets: mapped(r.subnets, nil), Groups: mapped(r.groups, nil), Owners: map[string]string{},
		Interfaces: listed(r.interfaces), Sessions: listed(r.sessions), Targets: listed(r.targets), Listeners: map[string][]ec2api.Listener{},
	}
	s.Instances, s.Filters = mapped(r.instances, s.Owners), mapped(r.filters, s.Owners)
	for arn, b := range r.balancers {
		s.Listeners[arn] = b.listeners
	}
	return s
}

// Sessions gives every session of a region as it is now, by id.
func (c *Cloud) Sessions(regionName string) []ec2api.TrafficMirrorSession {
	c.mu.Lock()
	defer c.mu.Unlock()
	return listed(c.regionOf(regionName).sessions)
}

func listed[T any](t *table[T]) []T {
	rows := t.all()
	out := make([]T, 0, len(rows))
	for _, r := range rows {
		out = append(out, *r.now)
	}
	return out
}

func mapped[T any](t *table[T], owners map[string]string) map[string]T {
	rows := t.all()
	out := make(map[string]T, len(rows))
	for _, r := range rows {
		out[r.id] = *r.now
		if owners != nil {
			owners[r.id] = r.owner
		}
	}
	return out
}
