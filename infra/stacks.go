package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/mirrorwatch/mirrorwatch/infra/settings"
)

// place is what every part is given: the settings, the region that it is for, and where programs come from.
type place struct {
	*settings.Settings
	region string
	code   code
}

// build makes all stacks of all regions. Each part is handed what it needs of those before it, and that is the order in which they are
// deployed; none knows anything of those after it.
func build(app constructs.Construct, s *settings.Settings, c code) error {
	for _, region := range s.Regions {
		if err := (&place{s, region, c}).build(app); err != nil {
			return err
		}
	}
	return nil
}

func (p *place) build(app constructs.Construct) error {
	pipeline, err := newPipeline(p.stack(app, "pipeline", "Table, bus, archive, and the functions between them"), p)
	if err != nil {
		return err
	}
	sensors := p.stack(app, "fleet", "Sensors behind a load balancer")
	land := sensors // a VPC that is taken makes nothing, and CloudFormation knows no empty stack
	if p.VPC == "" {
		land = p.stack(app, "network", "The network that sensors live in")
	}
	fleet, err := newFleet(sensors, p, pipeline, newNetwork(land, p, pipeline.Key))
	if err != nil {
		return err
	}
	sessions := p.stack(app, "mirror", "What keeps mirror sessions as tags ask")
	p.spokes(app, sessions)
	mirror, err := newMirror(sessions, p, pipeline, fleet)
	if err != nil {
		return err
	}
	before := &edge{}
	if p.needsEdge() {
		before = newEdge(p.stackIn(app, edgeRegion, "edge-"+p.region, "What stands before the console; CloudFront wants it in us-east-1"), p)
	}
	api, err := newAPI(p.stack(app, "api", "The API, sign-in, the console, and who is told of detections"), p, pipeline, before)
	if err != nil {
		return err
	}
	newWatch(p.stack(app, "watch", "Dashboard and alarms"), p, pipeline, fleet, mirror, api)
	return nil
}

// spokes makes the stacks of other accounts. Sessions depends on them, so that it is deleted while their roles are still there: what it
// has made in those accounts could not be removed afterwards.
func (p *place) spokes(app constructs.Construct, sessions awscdk.Stack) {
	for _, a := range p.neighbours() {
		s := p.stackOf(app, a.ID, p.region, "spoke-"+a.ID, "What account "+a.ID+" lets Mirrorwatch do")
		newSpoke(s, p, a)
		sessions.AddDependency(s, key("teardown works in that account"))
	}
}

// stack makes one of the deployment's own account and this region.
func (p *place) stack(app constructs.Construct, name, does string) awscdk.Stack {
	return p.stackOf(app, p.Account, p.region, name, does)
}

// stackIn makes one of the deployment's own account and another region.
func (p *place) stackIn(app constructs.Construct, region, name, does string) awscdk.Stack {
	return p.stackOf(app, p.Account, region, name, does)
}

// stackOf makes a stack whose name is the same in every region, so that what it holds keeps its names.
func (p *place) stackOf(app constructs.Construct, account, region, name, does string) awscdk.Stack {
	id := p.Name() + "-" + name
	in := id
	if p.region != p.Regions[0] {
		in += "-in-" + p.region
	}
	s := awscdk.NewStack(app, jsii.String(in), &awscdk.StackProps{
		StackName: jsii.String(id), Description: jsii.String("Mirrorwatch " + p.Deployment + ": " + does),
		Env: &awscdk.Environment{Account: jsii.String(account), Region: jsii.String(region)}, TerminationProtection: jsii.Bool(false),
	})
	awscdk.Tags_Of(s).Add(jsii.String("mirrorwatch:stack"), jsii.String(p.Deployment), nil)
	return s
}
