package sdk

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

type scaling struct {
	client *autoscaling.Client
	within time.Duration
}

var _ ec2api.AutoScaling = scaling{}

// mostGroups is the largest page of groups.
const mostGroups = 100

func (s scaling) DescribeAutoScalingGroups(ctx context.Context, q ec2api.Query) (ec2api.Page[ec2api.AutoScalingGroup], error) {
	out, err := ask(ctx, s.within, s.client.DescribeAutoScalingGroups, &autoscaling.DescribeAutoScalingGroupsInput{
		AutoScalingGroupNames: q.IDs, MaxRecords: optional(min(q.MaxResults, mostGroups)), NextToken: optional(q.NextToken),
	})
	if err != nil {
		return ec2api.Page[ec2api.AutoScalingGroup]{}, err
	}
	return page(out.AutoScalingGroups, group, out.NextToken), nil
}
