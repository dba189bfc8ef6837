package sdk

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// balancing is Elastic Load Balancing v2. Its lists are given whole: one page, as a rule, of up to 400.
type balancing struct {
	client *elb.Client
	within time.Duration
}

var _ ec2api.LoadBalancing = balancing{}

// mostPages bounds the lists that are given whole. A fleet has a few load balancers, and a target is shared a few times.
const mostPages = 20

// whole reads a list to its end. next gives a page and the marker of the one after it.
func whole[T any](call string, next func(marker *string) ([]T, *string, error)) ([]T, error) {
	var items []T
	var marker *string
	for range mostPages {
		some, after, err := next(marker)
		if err != nil {
			return nil, err
		}
		items = append(items, some...)
		if aws.ToString(after) == "" {
			return items, nil
		}
		marker = after
	}
	return nil, malformed(call, fmt.Sprintf("it has more than %d pages", mostPages))
}

func (b balancing) DescribeLoadBalancers(ctx context.Context, arns []string) ([]ec2api.LoadBalancer, error) {
	return whole("DescribeLoadBalancers", func(marker *string) ([]ec2api.LoadBalancer, *string, error) {
		out, err := ask(ctx, b.within, b.client.DescribeLoadBalancers, &elb.DescribeLoadBalancersInput{LoadBalancerArns: arns, Marker: marker})
		if err != nil {
			return nil, nil, err
		}
		return each(out.LoadBalancers, loadBalancer), out.NextMarker, nil
	})
}

func (b balancing) DescribeLoadBalancerAttributes(ctx context.Context, arn string) (map[string]string, error) {
	out, err := ask(ctx, b.within, b.client.DescribeLoadBalancerAttributes, &elb.DescribeLoadBalancerAttributesInput{LoadBalancerArn: aws.String(arn)})
	if err != nil {
		return nil, err
	}
	return pairs(out.Attributes, func(a types.LoadBalancerAttribute) (*string, *string) { return a.Key, a.Value }), nil
}

func (b balancing) ModifyLoadBalancerAttributes(ctx context.Context, arn string, set map[string]string) error {
	in := &elb.ModifyLoadBalancerAttributesInput{LoadBalancerArn: aws.String(arn)}
	for _, k := range slices.Sorted(maps.Keys(set)) {
		in.Attributes = append(in.Attributes, types.LoadBalancerAttribute{Key: aws.String(k), Value: aws.String(set[k])})
	}
	_, err := ask(ctx, b.within, b.client.ModifyLoadBalancerAttributes, in)
	return err
}

func (b balancing) DescribeListeners(ctx context.Context, loadBalancer string) ([]ec2api.Listener, error) {
	return whole("DescribeListeners", func(marker *string) ([]ec2api.Listener, *string, error) {
		out, err := ask(ctx, b.within, b.client.DescribeListeners, &elb.DescribeListenersInput{LoadBalancerArn: aws.String(loadBalancer), Marker: marker})
		if err != nil {
			return nil, nil, err
		}
		return each(out.Listeners, listener), out.NextMarker, nil
	})
}

func (b balancing) CreateListener(ctx context.Context, in ec2api.Listener) (ec2api.Listener, error) {
	out, err := ask(ctx, b.within, b.client.CreateListener, &elb.CreateListenerInput{
		LoadBalancerArn: aws.String(in.LoadBalancer), Protocol: types.ProtocolEnum(in.Protocol), Port: aws.Int32(in.Port),
		DefaultActions: []types.Action{{Type: types.ActionTypeEnumForward, TargetGroupArn: aws.String(in.TargetGroup)}},
	})
	if err != nil {
		return ec2api.Listener{}, err
	}
	return oneListener("CreateListener", out.Listeners)
}

func (b balancing) ModifyListener(ctx context.Context, in ec2api.Listener) (ec2api.Listener, error) {
	out, err := ask(ctx, b.within, b.client.ModifyListener, &elb.ModifyListenerInput{
		ListenerArn:    aws.String(in.ARN),
		DefaultActions: []types.Action{{Type: types.ActionTypeEnumForward, TargetGroupArn: aws.String(in.TargetGroup)}},
	})
	if err != nil {
		return ec2api.Listener{}, err
	}
	return oneListener("ModifyListener", out.Listeners)
}

func oneListener(call string, list []types.Listener) (ec2api.Listener, error) {
	if len(list) == 0 {
		return ec2api.Listener{}, malformed(call, "it has no listener")
	}
	l := listener(list[0])
	return made(call, l.ARN, l)
}

func (b balancing) DescribeTargetGroups(ctx context.Context, loadBalancer string, arns []string) ([]ec2api.TargetGroup, error) {
	return whole("DescribeTargetGroups", func(marker *string) ([]ec2api.TargetGroup, *string, error) {
		out, err := ask(ctx, b.within, b.client.DescribeTargetGroups, &elb.DescribeTargetGroupsInput{
			LoadBalancerArn: optional(loadBalancer), TargetGroupArns: arns, Marker: marker,
		})
		if err != nil {
			return nil, nil, err
		}
		return each(out.TargetGroups, targetGroup), out.NextMarker, nil
	})
}

func (b balancing) DescribeTargetGroupAttributes(ctx context.Context, arn string) (map[string]string, error) {
	out, err := ask(ctx, b.within, b.client.DescribeTargetGroupAttributes, &elb.DescribeTargetGroupAttributesInput{TargetGroupArn: aws.String(arn)})
	if err != nil {
		return nil, err
	}
	return pairs(out.Attributes, func(a types.TargetGroupAttribute) (*string, *string) { return a.Key, a.Value }), nil
}

func (b balancing) ModifyTargetGroupAttributes(ctx context.Context, arn string, set map[string]string) error {
	in := &elb.ModifyTargetGroupAttributesInput{TargetGroupArn: aws.String(arn)}
	for _, k := range slices.Sorted(maps.Keys(set)) {
		in.Attributes = append(in.Attributes, types.TargetGroupAttribute{Key: aws.String(k), Value: aws.String(set[k])})
	}
	_, err := ask(ctx, b.within, b.client.ModifyTargetGroupAttributes, in)
	return err
}

func (b balancing) DescribeTargetHealth(ctx context.Context, targetGroup string) (map[string]string, error) {
	out, err := ask(ctx, b.within, b.client.DescribeTargetHealth, &elb.DescribeTargetHealthInput{TargetGroupArn: aws.String(targetGroup)})
	if err != nil {
		return nil, err
	}
	return health(out.TargetHealthDescriptions), nil
}
