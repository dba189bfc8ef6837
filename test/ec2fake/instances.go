package ec2fake

import (
	"context"
	"maps"
	"net/netip"
	"slices"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

func instanceKind() kind[ec2api.Instance] {
	type instance = ec2api.Instance
	return kind[instance]{
		noun: instanceNoun(), narrow: map[string]byte{"instance-id": ofID}, tags: func(v *instance) map[string]string { return v.Tags },
		filters: map[string]func(*instance) []string{
			"instance-id":                            func(v *instance) []string { return []string{v.ID} },
			"instance-type":                          func(v *instance) []string { return []string{v.Type} },
			"instance-state-name":                    func(v *instance) []string { return []string{v.State} },
			"vpc-id":                                 func(v *instance) []string { return []string{v.VPC} },
			"subnet-id":                              func(v *instance) []string { return []string{v.Subnet} },
			"network-interface.network-interface-id": func(v *instance) []string { return v.Interfaces },
		},
	}
}

// DescribeInstances gives the account's instances; a terminated one is there for an hour.
func (h *handle) DescribeInstances(ctx context.Context, q ec2api.Query) (ec2api.Page[ec2api.Instance], error) {
	return do(ctx, h, request{name: "DescribeInstances"}, func() (ec2api.Page[ec2api.Instance], error) {
		h.c.reap()
		return describe(h, h.region.instances, instanceKind(), key{seenBy, h.account}, q)
	})
}

// DescribeInstanceTypes gives types by name, or all that the imitation knows. A page is 100 at the most, whatever is asked: the AWS
// client behind the same interface asks for no more.
func (h *handle) DescribeInstanceTypes(ctx context.Context, q ec2api.Query) (ec2api.Page[ec2api.InstanceType], error) {
	return do(ctx, h, request{name: "DescribeInstanceTypes"}, func() (ec2api.Page[ec2api.InstanceType], error) {
		return h.instanceTypes(q)
	})
}

func instanceTypeKind() kind[ec2api.InstanceType] {
	type instanceType = ec2api.InstanceType
	return kind[instanceType]{
		noun: noun{label: "InstanceType"},
		filters: map[string]func(*instanceType) []string{
			"instance-type": func(v *instanceType) []string { return []string{v.Name} },
			"hypervisor":    func(v *instanceType) []string { return []string{v.Hypervisor} },
			"bare-metal": func(v *instanceType) []string {
				if v.BareMetal {
					return []string{"true"}
				}
				return []string{"false"}
			},
		},
	}
}

func (h *handle) instanceTypes(q ec2api.Query) (ec2api.Page[ec2api.InstanceType], error) {
	var page ec2api.Page[ec2api.InstanceType]
	k := instanceTypeKind()
	if err := checkQuery(q, k); err != nil {
		return page, err
	}
	if len(q.IDs) > 100 {
		return page, invalid(len(q.IDs), "InstanceTypes", "At most 100 instance types are allowed.")
	}
	after, err := h.c.openToken(h, k.noun.label, q)
	if err != nil {
		return page, err
	}
	if h.c.types == nil {
		h.c.types = catalogue()
	}
	names := slices.Compact(slices.Sorted(slices.Values(q.IDs)))
	if len(names) == 0 {
		names = slices.Sorted(maps.Keys(h.c.types))
	}
	size := int(min(q.MaxResults, 100))
	if size == 0 {
		size = 100
	}
	for _, name := range names {
		t, known := h.c.types[name]
		if !known {
			return ec2api.Page[ec2api.InstanceType]{}, refuse(codeInstanceType, "The following supplied instance types do not exist: [%s]", name)
		}
		if name <= after || !k.fits(&t, q.Filters) {
			continue
		}
		if len(page.Items) == size {
			page.Next = h.c.closeToken(h, k.noun.label, q, page.Items[size-1].Name)
			break
		}
		page.Items = append(page.Items, t)
	}
	return page, nil
}

// InstanceSpec is an instance to be run.
type InstanceSpec struct {
	Account    string // "": the owner of the subnet
	Subnet     string
	Type       string     // "": t3.micro
	State      string     // "": running; else it stays pending until SetState
	Interfaces int        // 0: one
	Group      string     // name of its Auto Scaling group
	Profile    string     // ARN of its instance profile
	Address    netip.Addr // of its first interface, as InterfaceSpec has it
	Groups     []string   // security groups of its interfaces
	Tags       map[string]string
	// InterfaceTags are set on each of its interfaces.
	InterfaceTags map[string]string
}

// RunInstance runs an instance with its interfaces, which go when it is terminated.
func (c *Cloud) RunInstance(in InstanceSpec) (made ec2api.Instance, err error) {
	err = c.world(func() error {
		h, subnet, err := c.guest(in.Account, in.Subnet)
		if err != nil {
			return err
		}
		made, err = h.run(in, subnet)
		return err
	})
	return made, err
}

func (h *handle) run(in InstanceSpec, s *ec2api.Subnet) (ec2api.Instance, error) {
	i := ec2api.Instance{
		ID: h.c.newID(instanceNoun()), Type: in.Type, State: "pending", VPC: s.VPC, Subnet: s.ID, LaunchTime: h.c.now(), Profile: in.Profile,
		Tags: maps.Clone(in.Tags),
	}
	if i.Type == "" {
		i.Type = "t3.micro"
	}
	if _, err := nth(netip.MustParsePrefix(s.CIDR), h.region.hosts[s.ID]+3+uint32(max(1, in.Interfaces))); err != nil {
		return i, err // before anything is made
	}
	if in.Address.IsValid() {
		if err := h.region.free(s, in.Address); err != nil {
			return i, err
		}
	}
	if err := h.joinGroup(&i, in.Group); err != nil {
		return i, err
	}
	h.putInstance(i)
	var made []ec2api.NetworkInterface
	for n := range max(1, in.Interfaces) {
		spec := InterfaceSpec{Subnet: s.ID, Groups: in.Groups, Tags: in.InterfaceTags}
		if n == 0 {
			spec.Address = in.Address
		}
		v, err := h.quietInterface(s, spec)
		if err != nil {
			return i, err
		}
		h.attach(v, i, false)
		now, _ := h.region.instances.get(i.ID)
		i = *now
		made = append(made, v)
	}
	h.ran(i, made)
	h.stateChanged(i.ID, "pending")
	if in.State != "pending" {
		i.State = "running"
		h.putInstance(i)
		h.stateChanged(i.ID, i.State)
	}
	h.created(i.ID, i.Tags)
	if in.Group != "" {
		h.scaled(in.Group, i.ID, "Launch")
	}
	return i, nil
}

// quietInterface makes an interface as part of another call.
func (h *handle) quietInterface(s *ec2api.Subnet, spec InterfaceSpec) (ec2api.NetworkInterface, error) {
	listeners := h.c.listeners
	h.c.listeners = nil
	defer func() { h.c.listeners = listeners }()
	v, err := h.newInterface(spec, s)
	if err == nil {
		h.region.facts[v.ID] = facts{}
	}
	return v, err
}

func (h *handle) putInstance(i ec2api.Instance) { store(h.c, h.region.instances, i.ID, h.account, &i) }

// ran tells RunInstances as CloudTrail has it.
func (h *handle) ran(i ec2api.Instance, interfaces []ec2api.NetworkInterface) {
	ids := make([]string, 0, len(interfaces))
	for _, v := range interfaces {
		ids = append(ids, v.ID)
	}
	h.trail(request{name: "RunInstances", write: true, asked: func() map[string]any {
		return map[string]any{"instanceType": i.Type, "minCount": 1, "maxCount": 1, "subnetId": i.Subnet}
	}, made: func() map[string]any {
		return map[string]any{"instancesSet": map[string]any{"items": []any{map[string]any{
			"instanceId": i.ID, "instanceType": i.Type, "vpcId": i.VPC, "subnetId": i.Subnet,
			"networkInterfaceSet": items("networkInterfaceId", ids...), "tagSet": tagsAsked(nil, i.Tags, true)["tagSet"],
		}}}}
	}}, nil)
}
