package plan

import (
	"testing"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// Whole packets are of another length at an endpoint than at a load balancer.
func TestWholePacketsOfAnEndpoint(t *testing.T) {
	for _, length := range []int32{0, 8426, 8446, 8500} {
		s := newScene(t, "").host("a").session("a", 7, func(x *ec2api.TrafficMirrorSession) { x.PacketLength = length })
		s.want.Fleet.Targets[0].LoadBalancer, s.want.Fleet.Targets[0].Endpoint = "", "vpce-1"
		s.account().Targets[0].NetworkLoadBalancer, s.account().Targets[0].GatewayLoadBalancerEndpoint = "", "vpce-1"
		s.account().Targets[0].Tags[TagTarget], s.account().Targets[0].Tags[TagName] = "vpce-1", "mirrorwatch vpce-1"
		if p := s.plan(); len(p.Steps) != 0 {
			t.Errorf("%d bytes at an endpoint: %v", length, p.Steps[0].Reason)
		}
	}
}
