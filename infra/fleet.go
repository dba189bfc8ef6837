package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/mirrorwatch/mirrorwatch/infra/host"
	"github.com/mirrorwatch/mirrorwatch/infra/settings"
	"github.com/mirrorwatch/mirrorwatch/shared/deploy"
)

// fleet is the sensors, and the balancer that mirrored packets go to.
type fleet struct {
	Kind            settings.Fleet
	Balancer        string // ARN
	BalancerName    string // full name, for metrics
	TargetGroup     string // ARN
	TargetGroupName string // full name, for metrics
	Group           string // of Auto Scaling, or the service
	Cluster         string // of the service; "" without one
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

// newFleet makes sensors behind a load balancer, with what they may do, and what makes them more or fewer.
func newFleet(s awscdk.Stack, p *place, pipe *pipeline, n *network) (*fleet, error) {
	m := &fleetmaker{s: s, p: p, pipe: pipe, n: n, fleet: &fleet{Kind: p.Fleet}}
	m.makeGuards()
	m.makeBalancer()
	m.makeRole()
	var err error
	if p.Fleet == settings.Fargate {
		err = m.makeService()
	} else {
		err = m.makeGroup()
	}
	if err != nil {
		return nil, err
	}
	awscdk.NewCfnOutput(s, jsii.String("BalancerArn"), &awscdk.CfnOutputProps{Value: jsii.String(m.fleet.Balancer), Description: jsii.String("Where mirrored packets go")})
	awscdk.NewCfnOutput(s, jsii.String("BalancerAddress"), &awscdk.CfnOutputProps{Value: m.balancer.AttrDnsName(), Description: jsii.String("For mirrorwatch mirror selftest --via ADDRESS:4789")})
	return m.fleet, nil
}

// fleetmaker holds what the parts of a fleet hand on.
type fleetmaker struct {
	s     awscdk.Stack
	p     *place
	pipe  *pipeline
	n     *network
	fleet *fleet

	guard  awsec2.SecurityGroup     // of the balancer
	grants []grant                  // of the sensors' role
	before []constructs.IDependable // what must be there while there are sensors: they call AWS from their first second to their last
	balancerParts
}

// groupName is that of the Auto Scaling group or the service. It is fixed so that the sensors' role can name the group before it is there.
// Nothing but another deployment changes it, so no update has to replace a group whose name is taken.
func groupName(p *place) string { return p.Name() + "-sensors" }

// hookName is that of the lifecycle hook that waits for a sensor to store what it has.
func hookName(p *place) string { return p.Name() + "-drain" }

// environment is that of a sensor, but for its name, which is the machine's.
func (m *fleetmaker) environment() deploy.Fleet {
	env := deploy.Fleet{Table: m.pipe.Table, Records: m.pipe.Records, Deployment: m.p.Deployment}
	if m.p.Fleet == settings.EC2 {
		env.Hook, env.Group = hookName(m.p), groupName(m.p)
	}
	return env
}

// makeGuards says who may speak with whom. Mirrored packets come in at the balancer alone, from the networks that the settings name, and to a
// sensor from the balancer alone: the balancer keeps the source's address, and is known by its security group all the same.
func (m *fleetmaker) makeGuards() {
	group := func(id, does string) awsec2.SecurityGroup {
		return awsec2.NewSecurityGroup(m.s, jsii.String(id), &awsec2.SecurityGroupProps{
			Vpc: m.n.VPC, Description: jsii.String(m.p.Name() + ": " + does), AllowAllOutbound: jsii.Bool(false),
		})
	}
	udp, side := awsec2.Port_Udp(jsii.Number(float64(host.PacketPort))), awsec2.Port_Tcp(jsii.Number(float64(host.SidePort)))
	m.guard = group("BalancerGuard", "the load balancer of the sensors")
	sensors := group("SensorGuard", "sensors")
	m.fleet.SecurityGroup = sensors
	for _, from := range m.p.Reach() {
		m.guard.AddIngressRule(awsec2.Peer_Ipv4(jsii.String(from.String())), udp, jsii.String("Mirrored packets from "+from.String()), nil)
	}
	m.guard.AddEgressRule(sensors, udp, jsii.String("Mirrored packets"), nil)
	m.guard.AddEgressRule(sensors, side, jsii.String("Health checks"), nil)
	if g, ok := m.guard.Node().DefaultChild().(awsec2.CfnSecurityGroup); ok {
		g.SetSecurityGroupEgress([]any{nothing()}) // the rules above are resources of their own, and the group itself would have none
	}
	sensors.AddIngressRule(m.guard, udp, jsii.String("Mirrored packets"), nil)
	sensors.AddIngressRule(m.guard, side, jsii.String("Health checks"), nil)
	// S3 and DynamoDB have public addresses, also behind a gateway endpoint; the VPC has no route to any other.
	sensors.AddEgressRule(awsec2.Peer_AnyIpv4(), awsec2.Port_Tcp(jsii.Number(443.0)), jsii.String("AWS"), nil)
	if m.n.Endpoints != nil {
		door := awsec2.NewCfnSecurityGroupIngress(m.s, jsii.String("ToEndpoints"), &awsec2.CfnSecurityGroupIngressProps{
			GroupId: m.n.Endpoints, SourceSecurityGroupId: sensors.SecurityGroupId(), IpProtocol: jsii.String("tcp"), FromPort: jsii.Number(443.0), ToPort: jsii.Number(443.0),
			Description: jsii.String("Sensors of " + m.p.Name()),
		})
		m.before = append(m.before, door)
	}
}

// makeRole makes the role of a sensor, with what any sensor may do. What only an instance may is added with the group.
func (m *fleetmaker) makeRole() {
	who := "ec2.amazonaws.com"
	var opts *awsiam.ServicePrincipalOpts
	if m.p.Fleet == settings.Fargate {
		who = "ecs-tasks.amazonaws.com"
		opts = &awsiam.ServicePrincipalOpts{Conditions: &map[string]any{
			"StringEquals": map[string]any{"aws:SourceAccount": m.p.Account},
			"ArnLike":      map[string]any{"aws:SourceArn": m.p.arn("ecs", "*")},
		}}
	}
	m.fleet.Role = awsiam.NewRole(m.s, jsii.String("SensorRole"), &awsiam.RoleProps{
		Description: jsii.String(m.p.Name() + ": sensors"), AssumedBy: awsiam.NewServicePrincipal(jsii.String(who), opts),
	})
	calls := sensorCalls()
	m.grants = append(m.grants, m.pipe.onTable(false, m.p.region, calls.table...)...) // no index: sensors write, and read by key
	m.grants = append(m.grants,
		grant{actions: calls.records, resources: []string{m.pipe.RecordsArn}},
		grant{actions: calls.metrics, resources: []string{"*"}, conditions: map[string]any{"StringEquals": map[string]any{"cloudwatch:namespace": sensorNamespace}},
			why: "metrics are no resource, and a condition names the only namespace"},
	)
}

// settleRole writes all grants into the role, and why they have stars.
func (m *fleetmaker) settleRole() {
	for _, g := range m.grants {
		m.fleet.Role.AddToPrincipalPolicy(g.statement())
	}
	excuseStars(m.fleet.Role, m.grants)
	m.before = append(m.before, m.fleet.Role, m.listener) // with its policy: a sensor that may not read the table ends at once
}
