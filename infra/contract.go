package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"

	"github.com/mirrorwatch/mirrorwatch/infra/settings"
)

// CONTRACT while the parts are built: each helper moves its struct into its own file and deletes it here.

type fleet struct {
	Kind            settings.Fleet
	Balancer        string // ARN
	BalancerName    string // full name, for metrics
	TargetGroup     string // ARN
	TargetGroupName string // full name, for metrics
	Group           string // of Auto Scaling, or the service
	SecurityGroup   awsec2.SecurityGroup
	Role            awsiam.Role
}

// scalingGroup gives the name of the Auto Scaling group; "" where there is none.
func (f *fleet) scalingGroup() string {
	if f.Kind == settings.EC2 {
		return f.Group
	}
	return ""
}

func newFleet(s awscdk.Stack, p *place, pipe *pipeline, n *network) (*fleet, error) { panic("not yet") }
