package ec2fake

import (
	"fmt"
	"slices"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// BalancerSpec is a Network Load Balancer to be made, with a listener on UDP 4789 to a target group of its own unless Bare.
type BalancerSpec struct {
	Account, Region, Name string
	Subnets               []string // one a zone; each gets a network interface of the load balancer
	Bare                  bool     // no target group and no listener
}

// Fleet is a load balancer as it was made.
type Fleet struct {
	Balancer    ec2api.LoadBalancer
	TargetGroup ec2api.TargetGroup
	Listener    ec2api.Listener
}

// MakeBalancer makes a Network Load Balancer.
func (c *Cloud) MakeBalancer(in BalancerSpec) (made Fleet, err error) {
	err = c.world(func() error {
		r := c.regionOf(in.Region)
		h := c.customer(in.Account, r)
		name := fmt.Sprintf("net/%s/%016x", in.Name, c.names.Uint64())
		b := &balancer{owner: in.Account, attributes: map[string]string{
			crossZoneOfGroup: "false", "deletion_protection.enabled": "false", "access_logs.s3.enabled": "false",
			"dns_record.client_routing_policy": "any_availability_zone",
		}}
		b.LoadBalancer = ec2api.LoadBalancer{
			ARN: "arn:aws:elasticloadbalancing:" + in.Region + ":" + in.Account + ":loadbalancer/" + name, Name: in.Name,
			DNSName: in.Name + ".elb." + in.Region + ".amazonaws.com", Type: "network", State: "active",
		}
		for _, id := range in.Subnets {
			if err := h.nodeOf(b, name, id); err != nil {
				return err
			}
		}
		r.balancers[b.ARN] = b
		made.Balancer = b.LoadBalancer
		if !in.Bare {
			p := h.newPool(in.Name, b.VPC)
			made.Listener = h.listen(b, p, ec2api.Listener{LoadBalancer: b.ARN, Protocol: "UDP", Port: 4789, TargetGroup: p.ARN})
			made.TargetGroup = p.TargetGroup
		}
		return nil
	})
	return made, err
}

// nodeOf gives a load balancer its interface in a subnet.
func (h *handle) nodeOf(b *balancer, name, subnet string) error {
	s, _ := h.region.subnets.get(subnet)
	if s == nil {
		return subnetNoun().notFound(subnet)
	}
	v, err := h.newInterface(InterfaceSpec{Subnet: subnet, Type: "network_load_balancer", Description: "ELB " + name, Requester: "amazon-elb"}, s)
	if err != nil {
		return err
	}
	h.c.serve(h.region, v, "amazon-aws")
	b.VPC = s.VPC
	b.AvailabilityZones = append(b.AvailabilityZones, s.AvailabilityZone)
	return nil
}

func (h *handle) newPool(name, vpc string) *pool {
	p := &pool{owner: h.account, health: map[string]string{}, attributes: map[string]string{
		"stickiness.enabled": "false", "stickiness.type": "source_ip", crossZoneOfGroup: "use_load_balancer_configuration",
		"deregistration_delay.timeout_seconds": "300", "deregistration_delay.connection_termination.enabled": "true",
		"preserve_client_ip.enabled": "true", "proxy_protocol_v2.enabled": "false",
		"target_group_health.unhealthy_state_routing.minimum_healthy_targets.count": "1",
	}}
	p.TargetGroup = ec2api.TargetGroup{
		ARN:  fmt.Sprintf("arn:aws:elasticloadbalancing:%s:%s:targetgroup/%s/%016x", h.region.name, h.account, name, h.c.names.Uint64()),
		Name: name, Protocol: "UDP", Port: 4789, VPC: vpc, TargetType: "instance",
	}
	h.region.pools[p.ARN] = p
	return p
}

// MakeTargetGroup makes a UDP target group that no listener forwards to.
func (c *Cloud) MakeTargetGroup(account, regionName, name, vpc string) (made ec2api.TargetGroup) {
	c.locked(func() { made = c.customer(account, c.regionOf(regionName)).newPool(name, vpc).TargetGroup })
	return made
}

// SetHealth sets the state of a target of a target group: initial, healthy, unhealthy, draining. "" takes it off.
func (c *Cloud) SetHealth(targetGroup, target, state string) error {
	return c.world(func() error {
		for _, r := range c.regions {
			if p := r.pools[targetGroup]; p != nil {
				p.health[target] = state
				if state == "" {
					delete(p.health, target)
				}
				return nil
			}
		}
		return fmt.Errorf("set health: there is no target group %q", targetGroup)
	})
}

// DeleteListener removes a listener, after which mirroring to it fails without a word.
func (c *Cloud) DeleteListener(arn string) error {
	return c.world(func() error {
		for _, r := range c.regions {
			for _, b := range r.balancers {
				if i := slices.IndexFunc(b.listeners, func(l ec2api.Listener) bool { return l.ARN == arn }); i >= 0 {
					b.listeners = slices.Delete(slices.Clone(b.listeners), i, i+1)
					return nil
				}
			}
		}
		return refuse("ListenerNotFound", "One or more listeners not found")
	})
}

// MakeEndpoint makes a Gateway Load Balancer endpoint, which may be a target.
func (c *Cloud) MakeEndpoint(account, regionName string) (id string) {
	c.locked(func() {
		id = c.newID(noun{prefix: "vpce-"})
		c.regionOf(regionName).endpoints[id] = account
	})
	return id
}
