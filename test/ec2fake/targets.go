package ec2fake

import (
	"context"
	"maps"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

func targetKeys(owner string, v *ec2api.TrafficMirrorTarget, keys []key) []key {
	keys = append(keys, key{seenBy, owner})
	if v.NetworkInterface != "" {
		keys = append(keys, key{ofSource, v.NetworkInterface})
	}
	return keys
}

func (h *handle) targetKind() kind[ec2api.TrafficMirrorTarget] {
	type target = ec2api.TrafficMirrorTarget
	return kind[target]{
		noun: targetNoun(),
		filters: map[string]func(*target) []string{
			"description":               func(v *target) []string { return []string{v.Description} },
			"network-interface-id":      func(v *target) []string { return []string{v.NetworkInterface} },
			"network-load-balancer-arn": func(v *target) []string { return []string{v.NetworkLoadBalancer} },
			"owner-id":                  func(v *target) []string { return []string{v.Owner} },
			"traffic-mirror-target-id":  func(v *target) []string { return []string{v.ID} },
		},
		sees: func(r *row[target], v *target) bool {
			return r.owner == h.account || h.c.sharedWith(v.ARN(h.region.name), h.account)
		},
		mask: func(r *row[target], out *target) {
			if r.owner != h.account {
				out.Tags = nil // tags are seen by the account that set them only
			}
		},
	}
}

// DescribeTrafficMirrorTargets gives the account's targets and those that are shared with it.
func (h *handle) DescribeTrafficMirrorTargets(ctx context.Context, q ec2api.Query) (ec2api.Page[ec2api.TrafficMirrorTarget], error) {
	// Any account may see a target that is shared with it, so that all of the region are asked.
	return do(ctx, h, request{name: "DescribeTrafficMirrorTargets"}, func() (ec2api.Page[ec2api.TrafficMirrorTarget], error) {
		return describe(h, h.region.targets, h.targetKind(), key{by: everywhere}, q)
	})
}

// CreateTrafficMirrorTarget makes a target.
func (h *handle) CreateTrafficMirrorTarget(ctx context.Context, in ec2api.CreateTrafficMirrorTarget) (ec2api.TrafficMirrorTarget, error) {
	var made ec2api.TrafficMirrorTarget
	r := request{name: "CreateTrafficMirrorTarget", write: true, dryRun: in.DryRun,
		asked: func() map[string]any { return wrapped("CreateTrafficMirrorTargetRequest", targetAsked(in)) },
		made:  func() map[string]any { return wrapped("CreateTrafficMirrorTargetResponse", targetMade(made)) }}
	return do(ctx, h, r, func() (ec2api.TrafficMirrorTarget, error) {
		if err := firstError(checkTarget(in), dry(in.DryRun)); err != nil {
			return made, err
		}
		var err error
		made, err = once(h, r.name, in.ClientToken, in, func() (ec2api.TrafficMirrorTarget, error) { return h.newTarget(in) })
		return made, err
	})
}

func checkTarget(in ec2api.CreateTrafficMirrorTarget) error {
	given := 0
	for _, v := range []string{in.NetworkInterface, in.NetworkLoadBalancer, in.GatewayLoadBalancerEndpoint} {
		if v != "" {
			given++
		}
	}
	switch given {
	case 0:
		return missing("NetworkInterfaceId, NetworkLoadBalancerArn or GatewayLoadBalancerEndpointId")
	case 1:
	default:
		return refuse(ec2api.CodeInvalidParameterConflict, "Only one of NetworkInterfaceId, NetworkLoadBalancerArn and GatewayLoadBalancerEndpointId may be given")
	}
	var err error
	if in.NetworkInterface != "" {
		err = interfaceNoun().check(in.NetworkInterface)
	}
	return firstError(err, description(in.Description), checkTags(nil, in.Tags))
}

func (h *handle) newTarget(in ec2api.CreateTrafficMirrorTarget) (ec2api.TrafficMirrorTarget, error) {
	if limit := h.c.set.TargetQuota; h.region.targets.owned[h.account] >= limit {
		return ec2api.TrafficMirrorTarget{}, refuse(ec2api.CodeTargetLimit, "The limit of %d traffic mirror targets is reached", limit)
	}
	t := ec2api.TrafficMirrorTarget{
		Owner: h.account, NetworkInterface: in.NetworkInterface, NetworkLoadBalancer: in.NetworkLoadBalancer,
		GatewayLoadBalancerEndpoint: in.GatewayLoadBalancerEndpoint, Description: in.Description, Tags: maps.Clone(in.Tags),
	}
	if err := h.placeTarget(&t); err != nil {
		return ec2api.TrafficMirrorTarget{}, err
	}
	t.ID = h.c.newID(targetNoun())
	store(h.c, h.region.targets, t.ID, h.account, &t)
	h.created(t.ID, t.Tags)
	return t, nil
}

// placeTarget holds that the end of a target is there, belongs to the account and may be one.
func (h *handle) placeTarget(t *ec2api.TrafficMirrorTarget) error {
	switch {
	case t.NetworkInterface != "":
		t.Type = "network-interface"
		if v, owner := found(h.c, h.region.interfaces, t.NetworkInterface); v == nil || owner != h.account {
			return interfaceNoun().notFound(t.NetworkInterface)
		}
		if len(h.region.sessions.lists[key{ofSource, t.NetworkInterface}]) > 0 && h.sourceNow(t.NetworkInterface) {
			return invalid(t.NetworkInterface, "NetworkInterfaceId", "The network interface is a source of a traffic mirror session.")
		}
	case t.NetworkLoadBalancer != "":
		t.Type = "network-load-balancer"
		b := h.region.balancers[t.NetworkLoadBalancer]
		if b == nil || b.owner != h.account || b.Type != "network" {
			return invalid(t.NetworkLoadBalancer, "NetworkLoadBalancerArn", "It is no Network Load Balancer of this account and region.")
		}
	default:
		t.Type = "gateway-load-balancer-endpoint"
		if h.region.endpoints[t.GatewayLoadBalancerEndpoint] != h.account {
			return refuse(codeEndpointNotFound, "The Vpc Endpoint Id '%s' does not exist", t.GatewayLoadBalancerEndpoint)
		}
	}
	return nil
}

func (h *handle) sourceNow(eni string) bool {
	is := false
	h.region.sessions.each(key{ofSource, eni}, func(*row[ec2api.TrafficMirrorSession], *ec2api.TrafficMirrorSession) { is = true })
	return is
}

// targetsAt gives the ids of the targets, of whatever owner, that a network interface is.
func (h *handle) targetsAt(eni string) []string {
	var ids []string
	h.region.targets.each(key{ofSource, eni}, func(r *row[ec2api.TrafficMirrorTarget], _ *ec2api.TrafficMirrorTarget) { ids = append(ids, r.id) })
	return ids
}

func (h *handle) ownsTarget(id string) bool {
	_, owner := h.region.targets.get(id)
	return owner == h.account
}

// mayTarget says why the account cannot send to a target: it is not its own nor shared with it, or its end is gone.
func (h *handle) mayTarget(id string) error {
	t, owner := found(h.c, h.region.targets, id)
	if t == nil || owner != h.account && !h.c.sharedWith(t.ARN(h.region.name), h.account) {
		return targetNoun().notFound(id)
	}
	if t.NetworkInterface == "" {
		return nil
	}
	if eni, _ := h.region.interfaces.get(t.NetworkInterface); eni == nil {
		return refuse(codeInvalidTarget, "The network interface '%s' of the traffic mirror target '%s' does not exist", t.NetworkInterface, id)
	}
	return nil
}

// DeleteTrafficMirrorTarget removes a target that no session uses, of whatever account.
func (h *handle) DeleteTrafficMirrorTarget(ctx context.Context, in ec2api.Delete) error {
	r := request{name: "DeleteTrafficMirrorTarget", write: true, dryRun: in.DryRun,
		asked: deleteAsked("DeleteTrafficMirrorTargetRequest", "TrafficMirrorTargetId", in.ID),
		made:  deleteAsked("DeleteTrafficMirrorTargetResponse", "trafficMirrorTargetId", in.ID)}
	return gone(do(ctx, h, r, func() (struct{}, error) {
		if err := firstError(targetNoun().required(in.ID, "TrafficMirrorTargetId"), dry(in.DryRun)); err != nil {
			return struct{}{}, err
		}
		t, owner := found(h.c, h.region.targets, in.ID)
		switch {
		case t != nil && owner != h.account && h.c.sharedWith(t.ARN(h.region.name), h.account):
			return struct{}{}, refuse(ec2api.CodeOperationNotPermitted, "The target '%s' belongs to another account", in.ID)
		case t == nil || owner != h.account:
			return struct{}{}, targetNoun().notFound(in.ID)
		}
		if user := h.region.userOf(key{ofTarget, in.ID}); user != "" {
			return struct{}{}, refuse(ec2api.CodeTargetInUse, "The target '%s' is in use by %s", in.ID, user)
		}
		h.c.touch(h, r.name, in.ID, t.Tags)
		store(h.c, h.region.targets, in.ID, h.account, nil)
		return struct{}{}, nil
	}))
}

// userOf gives a session that uses a target or a filter, or "".
func (r *region) userOf(k key) string {
	user := ""
	r.sessions.each(k, func(s *row[ec2api.TrafficMirrorSession], _ *ec2api.TrafficMirrorSession) { user = s.id })
	return user
}
