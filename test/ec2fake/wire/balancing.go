package wire

import (
	"maps"
	"slices"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// balancingService is Elastic Load Balancing v2, as far as a mirror target needs it.
func balancingService() service {
	return service{
		version: "2015-12-01", namespace: "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/", wrapped: true, validation: "ValidationError",
		actions: map[string]action{
			"DescribeLoadBalancers":          asks(readBalancers, describeBalancers),
			"DescribeLoadBalancerAttributes": attributes("LoadBalancerArn", ec2api.LoadBalancing.DescribeLoadBalancerAttributes),
			"ModifyLoadBalancerAttributes":   setAttributes("LoadBalancerArn", ec2api.LoadBalancing.ModifyLoadBalancerAttributes, ec2api.LoadBalancing.DescribeLoadBalancerAttributes),
			"DescribeListeners":              asks(readListeners, describeListeners),
			"CreateListener":                 asks(readListener, createListener),
			"DeleteListener":                 asks(func(p *params) string { return p.need("ListenerArn") }, deleteListener),
			"DescribeTargetGroups":           asks(readGroups, describeGroups),
			"DescribeTargetGroupAttributes":  attributes("TargetGroupArn", ec2api.LoadBalancing.DescribeTargetGroupAttributes),
			"ModifyTargetGroupAttributes":    setAttributes("TargetGroupArn", ec2api.LoadBalancing.ModifyTargetGroupAttributes, ec2api.LoadBalancing.DescribeTargetGroupAttributes),
			"DescribeTargetHealth":           asks(func(p *params) string { return p.need("TargetGroupArn") }, describeHealth),
		},
	}
}

// marked is where in a list to go on.
type marked struct {
	marker string
	size   int
}

func readMarked(p *params) marked {
	return marked{marker: p.text("Marker"), size: int(p.positive("PageSize", 400))}
}

// showPage writes a page of a list that the account gave whole.
func showPage[T any](name string, all []T, at marked, show func(T) []element) ([]element, error) {
	page, next, err := slicePage(all, at.marker, at.size)
	if err != nil {
		return nil, err
	}
	return []element{list(name, "member", page, show), maybe("NextMarker", next)}, nil
}

type balancerQuery struct {
	arns, names []string
	marked
}

func readBalancers(p *params) balancerQuery {
	return balancerQuery{arns: p.texts("LoadBalancerArns.member"), names: p.texts("Names.member"), marked: readMarked(p)}
}

func describeBalancers(c *call, in balancerQuery) ([]element, error) {
	all, err := c.account.LoadBalancing.DescribeLoadBalancers(c.ctx, in.arns)
	if err != nil {
		return nil, err
	}
	if all, err = pick(all, in.names, func(b ec2api.LoadBalancer) string { return b.Name }, "LoadBalancerNotFound", "Load balancers"); err != nil {
		return nil, err
	}
	return showPage("LoadBalancers", all, in.marked, func(b ec2api.LoadBalancer) []element {
		return []element{
			text("LoadBalancerArn", b.ARN), text("LoadBalancerName", b.Name), text("DNSName", b.DNSName), maybe("VpcId", b.VPC), text("Type", b.Type),
			group("State", text("Code", b.State)),
			list("AvailabilityZones", "member", b.AvailabilityZones, func(zone string) []element { return []element{text("ZoneName", zone)} }),
		}
	})
}

// pick keeps the items of the names; each name must be there. No name keeps all.
func pick[T any](all []T, names []string, name func(T) string, code, what string) ([]T, error) {
	if len(names) == 0 {
		return all, nil
	}
	for _, want := range names {
		if !slices.ContainsFunc(all, func(item T) bool { return name(item) == want }) {
			return nil, fault(code, "%s '[%.200s]' not found", what, want)
		}
	}
	var kept []T
	for _, item := range all {
		if slices.Contains(names, name(item)) {
			kept = append(kept, item)
		}
	}
	return kept, nil
}

type listenerQuery struct {
	balancer string
	arns     []string
	marked
}

func readListeners(p *params) listenerQuery {
	in := listenerQuery{balancer: p.text("LoadBalancerArn"), arns: p.texts("ListenerArns.member"), marked: readMarked(p)}
	if in.balancer == "" { // the contract knows listeners by their load balancer only
		p.fail(fault("ValidationError", "A load balancer ARN must be specified"))
	}
	return in
}

func describeListeners(c *call, in listenerQuery) ([]element, error) {
	all, err := c.account.LoadBalancing.DescribeListeners(c.ctx, in.balancer)
	if err != nil {
		return nil, err
	}
	if all, err = pick(all, in.arns, func(l ec2api.Listener) string { return l.ARN }, "ListenerNotFound", "Listeners"); err != nil {
		return nil, err
	}
	return showPage("Listeners", all, in.marked, showListener)
}

func showListener(l ec2api.Listener) []element {
	forward := []element{text("Type", "forward"), text("TargetGroupArn", l.TargetGroup)}
	return []element{
		text("ListenerArn", l.ARN), text("LoadBalancerArn", l.LoadBalancer), text("Protocol", l.Protocol), number("Port", l.Port),
		group("DefaultActions", group("member", forward...)),
	}
}

func readListener(p *params) ec2api.Listener {
	in := ec2api.Listener{LoadBalancer: p.need("LoadBalancerArn"), Protocol: p.need("Protocol"), Port: int32(p.positive("Port", 65535))}
	p.need("Port")
	actions := p.list("DefaultActions.member")
	if len(actions) != 1 {
		p.fail(fault("ValidationError", "A listener has exactly one default action here, and %d are given", len(actions)))
		return in
	}
	if kind := actions[0].need("Type"); kind != "forward" {
		p.fail(fault("InvalidLoadBalancerAction", "Action type '%.40s' must be one of 'forward'", kind))
	}
	in.TargetGroup = actions[0].need("TargetGroupArn")
	return in
}

func createListener(c *call, in ec2api.Listener) ([]element, error) {
	made, err := c.account.LoadBalancing.CreateListener(c.ctx, in)
	if err != nil {
		return nil, err
	}
	return []element{list("Listeners", "member", []ec2api.Listener{made}, showListener)}, nil
}

func deleteListener(c *call, arn string) ([]element, error) {
	m, err := c.machines()
	if err != nil {
		return nil, err
	}
	return nil, m.DeleteListener(c.ctx, arn)
}

type groupQuery struct {
	balancer    string
	arns, names []string
	marked
}

func readGroups(p *params) groupQuery {
	return groupQuery{balancer: p.text("LoadBalancerArn"), arns: p.texts("TargetGroupArns.member"), names: p.texts("Names.member"), marked: readMarked(p)}
}

func describeGroups(c *call, in groupQuery) ([]element, error) {
	all, err := c.account.LoadBalancing.DescribeTargetGroups(c.ctx, in.balancer, in.arns)
	if err != nil {
		return nil, err
	}
	if all, err = pick(all, in.names, func(g ec2api.TargetGroup) string { return g.Name }, "TargetGroupNotFound", "Target groups"); err != nil {
		return nil, err
	}
	return showPage("TargetGroups", all, in.marked, func(g ec2api.TargetGroup) []element {
		return []element{
			text("TargetGroupArn", g.ARN), text("TargetGroupName", g.Name), text("Protocol", g.Protocol), number("Port", g.Port),
			maybe("VpcId", g.VPC), texts("LoadBalancerArns", "member", g.LoadBalancers), text("TargetType", g.TargetType),
		}
	})
}

func describeHealth(c *call, targetGroup string) ([]element, error) {
	health, err := c.account.LoadBalancing.DescribeTargetHealth(c.ctx, targetGroup)
	if err != nil {
		return nil, err
	}
	return []element{list("TargetHealthDescriptions", "member", slices.Sorted(maps.Keys(health)), func(id string) []element {
		return []element{group("Target", text("Id", id)), group("TargetHealth", text("State", health[id]))}
	})}, nil
}
