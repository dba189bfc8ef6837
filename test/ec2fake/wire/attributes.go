package wire

import (
	"context"
	"maps"
	"slices"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

type (
	askAttributes = func(ec2api.LoadBalancing, context.Context, string) (map[string]string, error)
	putAttributes = func(ec2api.LoadBalancing, context.Context, string, map[string]string) error
)

// attributes makes the action that reads the attributes of a load balancer or target group.
func attributes(param string, ask askAttributes) action {
	return asks(func(p *params) string { return p.need(param) }, func(c *call, arn string) ([]element, error) {
		all, err := ask(c.account.LoadBalancing, c.ctx, arn)
		if err != nil {
			return nil, err
		}
		return []element{showAttributes(all, slices.Sorted(maps.Keys(all)))}, nil
	})
}

type attributeChange struct {
	arn string
	set map[string]string
}

// setAttributes makes the action that sets them. It answers with those that were set, as they are then.
func setAttributes(param string, put putAttributes, ask askAttributes) action {
	read := func(p *params) attributeChange {
		in := attributeChange{arn: p.need(param), set: map[string]string{}}
		for _, a := range p.list("Attributes.member") {
			in.set[a.need("Key")] = a.text("Value")
		}
		if len(in.set) == 0 {
			p.fail(missing("Attributes"))
		}
		return in
	}
	return asks(read, func(c *call, in attributeChange) ([]element, error) {
		if err := put(c.account.LoadBalancing, c.ctx, in.arn, in.set); err != nil {
			return nil, err
		}
		all, err := ask(c.account.LoadBalancing, c.ctx, in.arn)
		if err != nil {
			return nil, err
		}
		return []element{showAttributes(all, slices.Sorted(maps.Keys(in.set)))}, nil
	})
}

func showAttributes(all map[string]string, keys []string) element {
	return list("Attributes", "member", keys, func(key string) []element {
		return []element{text("Key", key), text("Value", all[key])}
	})
}
