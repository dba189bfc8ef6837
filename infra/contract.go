package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"

	"github.com/mirrorwatch/mirrorwatch/infra/settings"
)

// CONTRACT while the parts are built: each helper moves its struct into its own file and deletes it here.

type pipeline struct {
	Key         awskms.Key // of everything that lies still: table, queues, topics, logs, buckets
	Table       string     // name
	TableArn    string
	StreamArn   string
	Bus         string // name
	BusArn      string
	Archive     string // bucket's name
	ArchiveArn  string
	Records     string // name of the Firehose stream
	RecordsArn  string
	Database    string                  // Glue
	Workgroup   string                  // Athena
	Topic       awssns.Topic            // critical detections and alarms, for people
	Functions   map[string]*function    // publish, correlate, logs, archive
	Queues      map[string]awssqs.Queue // logs, archive
	DeadLetters map[string]awssqs.Queue
}

type network struct {
	VPC     awsec2.IVpc
	Subnets *awsec2.SubnetSelection
}

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

func newPipeline(s awscdk.Stack, p *place) (*pipeline, error)                       { panic("not yet") }
func newNetwork(s awscdk.Stack, p *place, key awskms.IKey) *network                 { panic("not yet") }
func newFleet(s awscdk.Stack, p *place, pipe *pipeline, n *network) (*fleet, error) { panic("not yet") }
func newWatch(s awscdk.Stack, p *place, pipe *pipeline, f *fleet, m *mirror, a *api) {
	panic("not yet")
}
