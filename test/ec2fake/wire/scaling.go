package wire

import (
	"maps"
	"slices"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// scalingService is EC2 Auto Scaling: which groups there are, with their tags.
func scalingService() service {
	return service{
		version: "2011-01-01", namespace: "http://autoscaling.amazonaws.com/doc/2011-01-01/", wrapped: true, validation: "ValidationError",
		actions: map[string]action{"DescribeAutoScalingGroups": asks(readScaling, describeScaling)},
	}
}

func readScaling(p *params) ec2api.Query {
	return ec2api.Query{IDs: p.texts("AutoScalingGroupNames.member"), MaxResults: int32(p.positive("MaxRecords", 100)), NextToken: p.text("NextToken")}
}

func describeScaling(c *call, q ec2api.Query) ([]element, error) {
	page, err := c.account.AutoScaling.DescribeAutoScalingGroups(c.ctx, q)
	if err != nil {
		return nil, err
	}
	return []element{list("AutoScalingGroups", "member", page.Items, showScaling), maybe("NextToken", page.Next)}, nil
}

func showScaling(g ec2api.AutoScalingGroup) []element {
	return []element{
		text("AutoScalingGroupName", g.Name),
		list("Instances", "member", g.Instances, func(id string) []element {
			return []element{text("InstanceId", id), text("LifecycleState", "InService"), text("HealthStatus", "Healthy"), flag("ProtectedFromScaleIn", false)}
		}),
		list("Tags", "member", slices.Sorted(maps.Keys(g.Tags)), func(key string) []element {
			return []element{
				text("ResourceId", g.Name), text("ResourceType", "auto-scaling-group"),
				text("Key", key), text("Value", g.Tags[key]), flag("PropagateAtLaunch", false),
			}
		}),
	}
}
