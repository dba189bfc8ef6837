package stage

import (
	"context"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// foreign is a session of another tool on the first worker: it must never be touched.
func (s *Stage) foreign() error {
	ctx, ec2, tags := context.Background(), s.Cloud.Account(Account, Region).EC2, named("packet capture of the network team", "team", "network")
	filter, err := ec2.CreateTrafficMirrorFilter(ctx, ec2api.CreateTrafficMirrorFilter{Description: "web only", Tags: tags})
	if err != nil {
		return err
	}
	for _, direction := range []string{"ingress", "egress"} {
		spec := ec2api.RuleSpec{
			Direction: direction, Number: 100, Action: "accept", Protocol: 6, SourceCIDR: "0.0.0.0/0", DestinationCIDR: "0.0.0.0/0",
			DestinationPorts: ec2api.PortRange{From: 443, To: 443},
		}
		if _, err := ec2.CreateTrafficMirrorFilterRule(ctx, ec2api.CreateTrafficMirrorFilterRule{Filter: filter.ID, RuleSpec: spec}); err != nil {
			return err
		}
	}
	target, err := ec2.CreateTrafficMirrorTarget(ctx, ec2api.CreateTrafficMirrorTarget{NetworkInterface: s.Sensors[1].Interfaces[0], Tags: tags})
	if err != nil {
		return err
	}
	s.Foreign, err = ec2.CreateTrafficMirrorSession(ctx, ec2api.CreateTrafficMirrorSession{
		NetworkInterface: s.Workers[0].Interfaces[0], Target: target.ID, Filter: filter.ID, SessionNumber: 100, VirtualNetworkID: 4242, Tags: tags,
	})
	return err
}
