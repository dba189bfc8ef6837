package sdk

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

type compute struct {
	client *ec2.Client
	within time.Duration
}

var _ ec2api.EC2 = compute{}

func (c compute) DescribeInstances(ctx context.Context, q ec2api.Query) (ec2api.Page[ec2api.Instance], error) {
	out, err := ask(ctx, c.within, c.client.DescribeInstances, &ec2.DescribeInstancesInput{
		InstanceIds: q.IDs, Filters: filters(q.Filters), MaxResults: optional(q.MaxResults), NextToken: optional(q.NextToken),
	})
	if err != nil {
		return ec2api.Page[ec2api.Instance]{}, err
	}
	return ec2api.Page[ec2api.Instance]{Items: instances(out.Reservations), Next: aws.ToString(out.NextToken)}, nil
}

// mostTypes is the largest page of instance types, where every other describe has a thousand.
const mostTypes = 100

func (c compute) DescribeInstanceTypes(ctx context.Context, q ec2api.Query) (ec2api.Page[ec2api.InstanceType], error) {
	out, err := ask(ctx, c.within, c.client.DescribeInstanceTypes, &ec2.DescribeInstanceTypesInput{
		InstanceTypes: each(q.IDs, func(id string) types.InstanceType { return types.InstanceType(id) }),
		Filters:       filters(q.Filters), MaxResults: optional(min(q.MaxResults, mostTypes)), NextToken: optional(q.NextToken),
	})
	if err != nil {
		return ec2api.Page[ec2api.InstanceType]{}, err
	}
	return page(out.InstanceTypes, instanceType, out.NextToken), nil
}

func (c compute) DescribeNetworkInterfaces(ctx context.Context, q ec2api.Query) (ec2api.Page[ec2api.NetworkInterface], error) {
	out, err := ask(ctx, c.within, c.client.DescribeNetworkInterfaces, &ec2.DescribeNetworkInterfacesInput{
		NetworkInterfaceIds: q.IDs, Filters: filters(q.Filters), MaxResults: optional(q.MaxResults), NextToken: optional(q.NextToken),
	})
	if err != nil {
		return ec2api.Page[ec2api.NetworkInterface]{}, err
	}
	return page(out.NetworkInterfaces, networkInterface, out.NextToken), nil
}

func (c compute) DescribeSubnets(ctx context.Context, q ec2api.Query) (ec2api.Page[ec2api.Subnet], error) {
	out, err := ask(ctx, c.within, c.client.DescribeSubnets, &ec2.DescribeSubnetsInput{
		SubnetIds: q.IDs, Filters: filters(q.Filters), MaxResults: optional(q.MaxResults), NextToken: optional(q.NextToken),
	})
	if err != nil {
		return ec2api.Page[ec2api.Subnet]{}, err
	}
	return page(out.Subnets, subnet, out.NextToken), nil
}

func (c compute) DescribeVpcs(ctx context.Context, q ec2api.Query) (ec2api.Page[ec2api.Vpc], error) {
	out, err := ask(ctx, c.within, c.client.DescribeVpcs, &ec2.DescribeVpcsInput{
		VpcIds: q.IDs, Filters: filters(q.Filters), MaxResults: optional(q.MaxResults), NextToken: optional(q.NextToken),
	})
	if err != nil {
		return ec2api.Page[ec2api.Vpc]{}, err
	}
	return page(out.Vpcs, vpc, out.NextToken), nil
}

func page[A, B any](list []A, convert func(A) B, next *string) ec2api.Page[B] {
	return ec2api.Page[B]{Items: each(list, convert), Next: aws.ToString(next)}
}

func (c compute) CreateTags(ctx context.Context, ids []string, tags map[string]string) error {
	_, err := ask(ctx, c.within, c.client.CreateTags, &ec2.CreateTagsInput{Resources: ids, Tags: tagsTo(tags)})
	return err
}

// DeleteTags sends keys without values: then AWS deletes them whatever their value is.
func (c compute) DeleteTags(ctx context.Context, ids []string, keys []string) error {
	_, err := ask(ctx, c.within, c.client.DeleteTags, &ec2.DeleteTagsInput{
		Resources: ids, Tags: each(keys, func(k string) types.Tag { return types.Tag{Key: aws.String(k)} }),
	})
	return err
}
