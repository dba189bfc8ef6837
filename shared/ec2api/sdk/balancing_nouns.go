package sdk

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

func loadBalancer(b types.LoadBalancer) ec2api.LoadBalancer {
	out := ec2api.LoadBalancer{
		ARN: aws.ToString(b.LoadBalancerArn), Name: aws.ToString(b.LoadBalancerName), DNSName: aws.ToString(b.DNSName),
		VPC: aws.ToString(b.VpcId), Type: string(b.Type),
		AvailabilityZones: each(b.AvailabilityZones, func(z types.AvailabilityZone) string { return aws.ToString(z.ZoneName) }),
	}
	if b.State != nil {
		out.State = string(b.State.Code)
	}
	return out
}

func listener(l types.Listener) ec2api.Listener {
	return ec2api.Listener{
		ARN: aws.ToString(l.ListenerArn), LoadBalancer: aws.ToString(l.LoadBalancerArn), Protocol: string(l.Protocol),
		Port: aws.ToInt32(l.Port), TargetGroup: forwarded(l.DefaultActions),
	}
}

// forwarded is where the first action that forwards sends to. AWS says it in either of two places.
func forwarded(actions []types.Action) string {
	for _, a := range actions {
		if a.Type != types.ActionTypeEnumForward {
			continue
		}
		if arn := aws.ToString(a.TargetGroupArn); arn != "" {
			return arn
		}
		if a.ForwardConfig != nil && len(a.ForwardConfig.TargetGroups) > 0 {
			return aws.ToString(a.ForwardConfig.TargetGroups[0].TargetGroupArn)
		}
	}
	return ""
}

func targetGroup(g types.TargetGroup) ec2api.TargetGroup {
	return ec2api.TargetGroup{
		ARN: aws.ToString(g.TargetGroupArn), Name: aws.ToString(g.TargetGroupName), Protocol: string(g.Protocol), Port: aws.ToInt32(g.Port),
		VPC: aws.ToString(g.VpcId), LoadBalancers: each(g.LoadBalancerArns, func(arn string) string { return arn }), TargetType: string(g.TargetType),
	}
}

// health is by target id. A target that is listed for several ports counts as healthy only where it is so for each.
func health(list []types.TargetHealthDescription) map[string]string {
	out := map[string]string{}
	for _, d := range list {
		if d.Target == nil || d.TargetHealth == nil {
			continue
		}
		id := aws.ToString(d.Target.Id)
		if before, seen := out[id]; !seen || before == string(types.TargetHealthStateEnumHealthy) {
			out[id] = string(d.TargetHealth.State)
		}
	}
	return out
}

func pairs[T any](list []T, of func(T) (key, value *string)) map[string]string {
	out := map[string]string{}
	for _, item := range list {
		k, v := of(item)
		out[aws.ToString(k)] = aws.ToString(v)
	}
	return out
}
