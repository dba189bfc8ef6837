package ec2fake

import (
	"fmt"
	"slices"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// Tag sets tags as the owner of the objects does; a group's tags are MakeGroup's.
func (c *Cloud) Tag(id string, tags map[string]string) error {
	return c.retagAs(id, "CreateTags", tags, nil)
}

// Untag removes tags as the owner of the object does.
func (c *Cloud) Untag(id string, keys ...string) error {
	return c.retagAs(id, "DeleteTags", nil, keys)
}

func (c *Cloud) retagAs(id, call string, add map[string]string, remove []string) error {
	return c.world(func() error {
		h, err := c.ownerOf(id)
		if err != nil {
			return err
		}
		if err := h.retag(call, []string{id}, add, remove); err != nil {
			return err
		}
		tags := add
		if call == "DeleteTags" {
			tags = map[string]string{}
			for _, k := range remove {
				tags[k] = ""
			}
		}
		h.trail(request{name: call, write: true, asked: func() map[string]any { return tagsAsked([]string{id}, tags, add != nil) },
			made: func() map[string]any { return map[string]any{"_return": true} }}, nil)
		return nil
	})
}

// ownerOf gives the owner of an object of any kind.
func (c *Cloud) ownerOf(id string) (*handle, error) {
	for _, r := range c.regions {
		for _, owner := range r.owners() {
			h := c.customer(owner, r)
			if _, err := h.object(id); err == nil {
				return h, nil
			}
		}
	}
	return nil, refuse(codeInvalidID, "The ID '%s' is not valid", id)
}

// owners gives every account that has something in a region.
func (r *region) owners() []string {
	var out []string
	for _, counts := range []map[string]int{r.vpcs.owned, r.interfaces.owned, r.instances.owned, r.sessions.owned, r.targets.owned, r.filters.owned} {
		for owner := range counts {
			if !slices.Contains(out, owner) {
				out = append(out, owner)
			}
		}
	}
	slices.Sort(out)
	return out
}

// ForeignSpec is a session that somebody else makes.
type ForeignSpec struct {
	Account string // "": the owner of the interface
	Number  int32  // 0: the lowest free
	VNI     uint32 // 0: AWS picks one
	Target  string // "": a load balancer of the account's own
	Filter  string // "": a filter of the account's own that has Rules
	// Rules of the filter, where Filter is ""; nil: everything of IPv4 in both directions. With rules a filter is made each time.
	Rules []ec2api.RuleSpec
	Tags  map[string]string // nil: {"Name": "somebody else's"}
}

// ForeignSession makes a session as somebody else in the account does, with whatever it needs, and under the same rules.
func (c *Cloud) ForeignSession(eni string, in ForeignSpec) (made ec2api.TrafficMirrorSession, err error) {
	err = c.world(func() error {
		r, v, err := find(c, interfacesOf, eni, interfaceNoun())
		if err != nil {
			return err
		}
		if in.Account == "" {
			in.Account = v.Owner
		}
		made, err = c.customer(in.Account, r).foreign(v, in)
		return err
	})
	return made, err
}

func (h *handle) foreign(v *ec2api.NetworkInterface, in ForeignSpec) (ec2api.TrafficMirrorSession, error) {
	ask := ec2api.CreateTrafficMirrorSession{
		NetworkInterface: v.ID, Target: in.Target, Filter: in.Filter, SessionNumber: in.Number, VirtualNetworkID: in.VNI, Tags: in.Tags,
	}
	if ask.Tags == nil {
		ask.Tags = map[string]string{"Name": "somebody else's"}
	}
	if ask.SessionNumber == 0 {
		ask.SessionNumber = 1
		for h.numberFree(v.ID, ask.SessionNumber) != nil {
			ask.SessionNumber++
		}
	}
	var err error
	if ask.Target == "" {
		if ask.Target, err = h.foreignTarget(v.VPC); err != nil {
			return ec2api.TrafficMirrorSession{}, err
		}
	}
	if ask.Filter == "" {
		if ask.Filter, err = h.foreignFilter(in.Rules); err != nil {
			return ec2api.TrafficMirrorSession{}, err
		}
	}
	if err := checkSession(ask); err != nil {
		return ec2api.TrafficMirrorSession{}, err
	}
	s, err := h.newSession(ask)
	if err == nil {
		h.trail(request{name: "CreateTrafficMirrorSession", write: true,
			asked: func() map[string]any { return wrapped("CreateTrafficMirrorSessionRequest", sessionAsked(ask)) },
			made:  func() map[string]any { return wrapped("CreateTrafficMirrorSessionResponse", sessionMade(s)) }}, nil)
	}
	return s, err
}

const foreignName = "somebody else's"

// foreignTarget gives the target that somebody else uses, which is made once an account.
func (h *handle) foreignTarget(vpc string) (string, error) {
	id := ""
	h.region.targets.each(key{seenBy, h.account}, func(r *row[ec2api.TrafficMirrorTarget], v *ec2api.TrafficMirrorTarget) {
		if r.owner == h.account && v.Description == foreignName {
			id = r.id
		}
	})
	if id != "" {
		return id, nil
	}
	arn := fmt.Sprintf("arn:aws:elasticloadbalancing:%s:%s:loadbalancer/net/foreign/%016x", h.region.name, h.account, h.c.names.Uint64())
	h.region.balancers[arn] = &balancer{owner: h.account, attributes: map[string]string{crossZoneOfGroup: "false"},
		LoadBalancer: ec2api.LoadBalancer{ARN: arn, Name: "foreign", Type: "network", State: "active", VPC: vpc}}
	t, err := h.newTarget(ec2api.CreateTrafficMirrorTarget{NetworkLoadBalancer: arn, Description: foreignName})
	return t.ID, err
}

// foreignFilter gives the filter that somebody else uses for everything, or makes one with rules.
func (h *handle) foreignFilter(rules []ec2api.RuleSpec) (string, error) {
	name := foreignName
	if rules != nil {
		name = "somebody else's rules"
	}
	id := ""
	h.region.filters.each(key{seenBy, h.account}, func(r *row[ec2api.TrafficMirrorFilter], v *ec2api.TrafficMirrorFilter) {
		if v.Description == foreignName {
			id = r.id
		}
	})
	if id != "" && rules == nil {
		return id, nil
	}
	f, err := h.newFilter(ec2api.CreateTrafficMirrorFilter{Description: name})
	if err != nil {
		return "", err
	}
	if rules == nil {
		all := ec2api.RuleSpec{Direction: "ingress", Number: 1, Action: "accept", SourceCIDR: "0.0.0.0/0", DestinationCIDR: "0.0.0.0/0"}
		out := all
		out.Direction = "egress"
		rules = []ec2api.RuleSpec{all, out}
	}
	for _, spec := range rules {
		if err := checkRule(spec); err != nil {
			return "", err
		}
		if _, err := h.newRule(ec2api.CreateTrafficMirrorFilterRule{Filter: f.ID, RuleSpec: spec}); err != nil {
			return "", err
		}
	}
	return f.ID, nil
}

// DropSession deletes a session as its owner does.
func (c *Cloud) DropSession(id string) error {
	return c.world(func() error {
		r, s, err := find(c, func(r *region) *table[ec2api.TrafficMirrorSession] { return r.sessions }, id, sessionNoun())
		if err != nil {
			return err
		}
		c.dropSession(r, s)
		c.customer(s.Owner, r).trail(request{name: "DeleteTrafficMirrorSession", write: true,
			asked: deleteAsked("DeleteTrafficMirrorSessionRequest", "TrafficMirrorSessionId", id),
			made:  deleteAsked("DeleteTrafficMirrorSessionResponse", "trafficMirrorSessionId", id)}, nil)
		return nil
	})
}

// task is an ECS task on Fargate.
type task struct {
	arn, cluster, attachment string
	eni                      ec2api.NetworkInterface
	version                  int
}

// RunTask runs an ECS task on Fargate: it gives the task's ARN and its interface, which the service holds.
func (c *Cloud) RunTask(account, subnet, cluster string) (arn string, eni ec2api.NetworkInterface, err error) {
	err = c.world(func() error {
		h, s, err := c.guest(account, subnet)
		if err != nil {
			return err
		}
		t := task{cluster: cluster, attachment: c.uuid()}
		t.arn = fmt.Sprintf("arn:aws:ecs:%s:%s:task/%s/%016x%016x", h.region.name, h.account, cluster, c.names.Uint64(), c.names.Uint64())
		v, err := h.newInterface(InterfaceSpec{Subnet: subnet, Description: t.arn + " attachment", Requester: "amazon-ecs"}, s)
		if err != nil {
			return err
		}
		t.eni = c.serve(h.region, v, "amazon-ecs")
		for _, status := range []string{"PROVISIONING", "PENDING", "RUNNING"} {
			t.version++
			h.taskChanged(t, status, t.version)
		}
		c.tasks[t.arn] = t
		arn, eni = t.arn, t.eni
		return nil
	})
	return arn, eni, err
}

// StopTask stops a task; its interface goes, and with it its sessions.
func (c *Cloud) StopTask(arn string) error {
	return c.world(func() error {
		t, has := c.tasks[arn]
		if !has {
			return fmt.Errorf("stop task: there is no task %q", arn)
		}
		r, v, err := find(c, interfacesOf, t.eni.ID, interfaceNoun())
		if err != nil {
			return err
		}
		h := c.customer(v.Owner, r)
		h.dropInterface(v)
		h.taskChanged(t, "STOPPED", t.version+1)
		delete(c.tasks, arn)
		return nil
	})
}
