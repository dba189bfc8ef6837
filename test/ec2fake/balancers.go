package ec2fake

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// balancer is a load balancer with what hangs on it.
type balancer struct {
	ec2api.LoadBalancer
	owner      string
	attributes map[string]string
	listeners  []ec2api.Listener
}

// pool is a target group.
type pool struct {
	ec2api.TargetGroup
	owner      string
	attributes map[string]string
	health     map[string]string
}

func (h *handle) balancer(arn string) (*balancer, error) {
	if b := h.region.balancers[arn]; b != nil && b.owner == h.account {
		return b, nil
	}
	return nil, refuse("LoadBalancerNotFound", "One or more load balancers not found: '%s'", arn)
}

func (h *handle) pool(arn string) (*pool, error) {
	if p := h.region.pools[arn]; p != nil && p.owner == h.account {
		return p, nil
	}
	return nil, refuse("TargetGroupNotFound", "One or more target groups not found: '%s'", arn)
}

// DescribeLoadBalancers gives load balancers by ARN, or all of the account.
func (h *handle) DescribeLoadBalancers(ctx context.Context, arns []string) ([]ec2api.LoadBalancer, error) {
	return do(ctx, h, request{name: "DescribeLoadBalancers"}, func() ([]ec2api.LoadBalancer, error) {
		if len(arns) == 0 {
			for arn, b := range h.region.balancers {
				if b.owner == h.account {
					arns = append(arns, arn)
				}
			}
		}
		var out []ec2api.LoadBalancer
		for _, arn := range slices.Sorted(slices.Values(arns)) {
			b, err := h.balancer(arn)
			if err != nil {
				return nil, err
			}
			out = append(out, b.LoadBalancer)
		}
		return out, nil
	})
}

// DescribeLoadBalancerAttributes gives the attributes of one.
func (h *handle) DescribeLoadBalancerAttributes(ctx context.Context, arn string) (map[string]string, error) {
	return do(ctx, h, request{name: "DescribeLoadBalancerAttributes"}, func() (map[string]string, error) {
		b, err := h.balancer(arn)
		if err != nil {
			return nil, err
		}
		return maps.Clone(b.attributes), nil
	})
}

// ModifyLoadBalancerAttributes sets attributes that there are.
func (h *handle) ModifyLoadBalancerAttributes(ctx context.Context, arn string, set map[string]string) error {
	return gone(do(ctx, h, request{name: "ModifyLoadBalancerAttributes", write: true}, func() (struct{}, error) {
		b, err := h.balancer(arn)
		if err != nil {
			return struct{}{}, err
		}
		return struct{}{}, setAttributes(b.attributes, set)
	}))
}

func setAttributes(have, set map[string]string) error {
	if len(set) == 0 {
		return refuse("ValidationError", "Attributes must be specified")
	}
	for name, value := range set {
		was, known := have[name]
		if !known {
			return refuse("ValidationError", "Load balancer attribute key '%s' is not recognized", name)
		}
		if was == "true" || was == "false" {
			if value != "true" && value != "false" && name != crossZoneOfGroup {
				return refuse("InvalidConfigurationRequest", "The attribute '%s' is true or false, not '%s'", name, value)
			}
		}
	}
	maps.Copy(have, set)
	return nil
}

const crossZoneOfGroup = "load_balancing.cross_zone.enabled"

// DescribeListeners gives the listeners of a load balancer.
func (h *handle) DescribeListeners(ctx context.Context, arn string) ([]ec2api.Listener, error) {
	return do(ctx, h, request{name: "DescribeListeners"}, func() ([]ec2api.Listener, error) {
		b, err := h.balancer(arn)
		if err != nil {
			return nil, err
		}
		return slices.Clone(b.listeners), nil
	})
}

// CreateListener adds a listener; there is one a port.
func (h *handle) CreateListener(ctx context.Context, in ec2api.Listener) (ec2api.Listener, error) {
	return do(ctx, h, request{name: "CreateListener", write: true}, func() (ec2api.Listener, error) {
		b, err := h.balancer(in.LoadBalancer)
		if err != nil {
			return ec2api.Listener{}, err
		}
		p, err := h.pool(in.TargetGroup)
		if err != nil {
			return ec2api.Listener{}, err
		}
		if err := checkListener(in, b, p); err != nil {
			return ec2api.Listener{}, err
		}
		return h.listen(b, p, in), nil
	})
}

// ModifyListener has a listener forward to another target group.
func (h *handle) ModifyListener(ctx context.Context, in ec2api.Listener) (ec2api.Listener, error) {
	return do(ctx, h, request{name: "ModifyListener", write: true}, func() (ec2api.Listener, error) {
		b, i := h.listener(in.ARN)
		if b == nil {
			return ec2api.Listener{}, refuse("ListenerNotFound", "Listeners '%s' not found", in.ARN)
		}
		p, err := h.pool(in.TargetGroup)
		if err != nil {
			return ec2api.Listener{}, err
		}
		next := b.listeners[i]
		next.TargetGroup = p.ARN
		rest := balancer{LoadBalancer: b.LoadBalancer}
		if err := checkListener(next, &rest, p); err != nil {
			return ec2api.Listener{}, err
		}
		b.listeners = slices.Clone(b.listeners)
		b.listeners[i] = next
		return next, nil
	})
}

// listener finds a listener of the caller's account and region.
func (h *handle) listener(arn string) (*balancer, int) {
	for _, b := range h.region.balancers {
		if i := slices.IndexFunc(b.listeners, func(l ec2api.Listener) bool { return l.ARN == arn }); i >= 0 && b.owner == h.account {
			return b, i
		}
	}
	return nil, 0
}

func checkListener(in ec2api.Listener, b *balancer, p *pool) error {
	switch {
	case !slices.Contains([]string{"TCP", "UDP", "TCP_UDP", "TLS"}, in.Protocol):
		return refuse("ValidationError", "Protocol '%s' must be one of 'TCP, TCP_UDP, TLS, UDP'", in.Protocol)
	case in.Port < 1 || in.Port > 65535:
		return refuse("ValidationError", "Port '%d' must be between 1 and 65535", in.Port)
	case p.Protocol != in.Protocol && p.Protocol != "TCP_UDP":
		return refuse("InvalidConfigurationRequest", "Listener protocol '%s' must be the target group's, which is '%s'", in.Protocol, p.Protocol)
	case p.VPC != b.VPC:
		return refuse("InvalidConfigurationRequest", "The target group is in the VPC '%s', the load balancer in '%s'", p.VPC, b.VPC)
	}
	for _, l := range b.listeners {
		if l.Port == in.Port {
			return refuse(ec2api.CodeListenerExists, "A listener already exists on this port for this load balancer '%s'", b.ARN)
		}
	}
	return nil
}

func (h *handle) listen(b *balancer, p *pool, in ec2api.Listener) ec2api.Listener {
	in.ARN = strings.Replace(b.ARN, ":loadbalancer/", ":listener/", 1) + fmt.Sprintf("/%016x", h.c.names.Uint64())
	b.listeners = append(b.listeners, in)
	if !slices.Contains(p.LoadBalancers, b.ARN) {
		p.LoadBalancers = append(slices.Clone(p.LoadBalancers), b.ARN)
	}
	return in
}

// DescribeTargetGroups gives those of a load balancer, by ARN, or all of the account.
func (h *handle) DescribeTargetGroups(ctx context.Context, arn string, arns []string) ([]ec2api.TargetGroup, error) {
	return do(ctx, h, request{name: "DescribeTargetGroups"}, func() ([]ec2api.TargetGroup, error) {
		if arn != "" && len(arns) > 0 {
			return nil, refuse("ValidationError", "Target group ARNs and a load balancer ARN cannot be specified at the same time")
		}
		if arn != "" {
			if _, err := h.balancer(arn); err != nil {
				return nil, err
			}
		}
		if len(arns) == 0 {
			arns = h.poolsOf(arn)
		}
		var out []ec2api.TargetGroup
		for _, a := range slices.Sorted(slices.Values(arns)) {
			p, err := h.pool(a)
			if err != nil {
				return nil, err
			}
			out = append(out, p.TargetGroup)
		}
		return out, nil
	})
}

func (h *handle) poolsOf(balancer string) []string {
	var arns []string
	for arn, p := range h.region.pools {
		if p.owner == h.account && (balancer == "" || slices.Contains(p.LoadBalancers, balancer)) {
			arns = append(arns, arn)
		}
	}
	return arns
}

// DescribeTargetGroupAttributes gives the attributes of a target group.
func (h *handle) DescribeTargetGroupAttributes(ctx context.Context, arn string) (map[string]string, error) {
	return do(ctx, h, request{name: "DescribeTargetGroupAttributes"}, func() (map[string]string, error) {
		p, err := h.pool(arn)
		if err != nil {
			return nil, err
		}
		return maps.Clone(p.attributes), nil
	})
}

// ModifyTargetGroupAttributes sets attributes that there are. A Network Load Balancer's stickiness is by source address only.
func (h *handle) ModifyTargetGroupAttributes(ctx context.Context, arn string, set map[string]string) error {
	return gone(do(ctx, h, request{name: "ModifyTargetGroupAttributes", write: true}, func() (struct{}, error) {
		p, err := h.pool(arn)
		if err != nil {
			return struct{}{}, err
		}
		if kind, has := set["stickiness.type"]; has && kind != "source_ip" {
			return struct{}{}, refuse("InvalidConfigurationRequest", "Stickiness type '%s' is not supported for target groups with the %s protocol", kind, p.Protocol)
		}
		return struct{}{}, setAttributes(p.attributes, set)
	}))
}

// DescribeTargetHealth gives the state of each target.
func (h *handle) DescribeTargetHealth(ctx context.Context, arn string) (map[string]string, error) {
	return do(ctx, h, request{name: "DescribeTargetHealth"}, func() (map[string]string, error) {
		p, err := h.pool(arn)
		if err != nil {
			return nil, err
		}
		return maps.Clone(p.health), nil
	})
}
