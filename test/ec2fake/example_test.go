package ec2fake_test

import (
	"context"
	"fmt"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
	"github.com/mirrorwatch/mirrorwatch/test/ec2fake"
)

// A world is made, asked through the same interfaces as AWS, and changed under the caller.
func Example() {
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	cloud := ec2fake.New(ec2fake.Options{Now: func() time.Time { return now }, Seed: 1})
	vpc, _ := cloud.MakeVpc("111111111111", "eu-central-1", []string{"10.0.0.0/16"}, nil)
	subnet, _ := cloud.MakeSubnet(ec2fake.SubnetSpec{VPC: vpc.ID, CIDR: "10.0.1.0/24"})
	instance, _ := cloud.RunInstance(ec2fake.InstanceSpec{Subnet: subnet.ID, Type: "m6i.large", Tags: map[string]string{"mirrorwatch": "on"}})
	fleet, _ := cloud.MakeBalancer(ec2fake.BalancerSpec{Account: "111111111111", Region: "eu-central-1", Name: "fleet", Subnets: []string{subnet.ID}})

	ctx, aws := context.Background(), cloud.Account("111111111111", "eu-central-1")
	target, _ := aws.EC2.CreateTrafficMirrorTarget(ctx, ec2api.CreateTrafficMirrorTarget{NetworkLoadBalancer: fleet.Balancer.ARN})
	filter, _ := aws.EC2.CreateTrafficMirrorFilter(ctx, ec2api.CreateTrafficMirrorFilter{})
	ask := ec2api.CreateTrafficMirrorSession{NetworkInterface: instance.Interfaces[0], Target: target.ID, Filter: filter.ID, SessionNumber: 1}
	_, err := aws.EC2.CreateTrafficMirrorSession(ctx, ask)
	fmt.Println(ec2api.CodeOf(err))

	_ = cloud.StopInstance(instance.ID)
	_ = cloud.ChangeType(instance.ID, "m5.large")
	_ = cloud.StartInstance(instance.ID)
	session, err := aws.EC2.CreateTrafficMirrorSession(ctx, ask)
	fmt.Println(session.SessionNumber, cloud.Active(session.ID), err, cloud.Check())
	// Output:
	// NetworkInterfaceNotSupported
	// 1 true <nil> <nil>
}
