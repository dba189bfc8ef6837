package sdk

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

func group(g types.AutoScalingGroup) ec2api.AutoScalingGroup {
	out := ec2api.AutoScalingGroup{
		Name:      aws.ToString(g.AutoScalingGroupName),
		Instances: each(g.Instances, func(i types.Instance) string { return aws.ToString(i.InstanceId) }),
	}
	if len(g.Tags) > 0 {
		out.Tags = pairs(g.Tags, func(t types.TagDescription) (*string, *string) { return t.Key, t.Value })
	}
	return out
}
