package main

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"

	"github.com/mirrorwatch/mirrorwatch/infra/settings"
	"github.com/mirrorwatch/mirrorwatch/shared/deploy"
)

// newSpoke makes the stack of another account that is mirrored: the role that the deployment's functions take on there, and the rules that
// send that account's events to them. It is deployed with credentials of that account.
func newSpoke(s awscdk.Stack, p *place, a settings.Account) {
	role := awsiam.NewRole(s, key("Role"), &awsiam.RoleProps{
		RoleName: key(p.roleName("spoke")), Description: key("What Mirrorwatch " + p.Deployment + " does here: mirror sessions, and the looks that these need"),
		AssumedBy: p.functionsOfTheFleet(),
	})
	grants := p.mirrorGrants(a.ID)
	if !p.Organization {
		grants = append(grants, p.granted(deploy.MirrorInvitations(), a.ID)...)
	}
	for _, g := range grants {
		role.AddToPrincipalPolicy(g.statement())
	}
	excuseStars(role, grants)
	send := awsiam.NewRole(s, key("Sender"), &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(key("events.amazonaws.com"), &awsiam.ServicePrincipalOpts{Conditions: &map[string]any{
			"StringEquals": map[string]any{"aws:SourceAccount": a.ID},
		}}),
		Description: key("Sends events about interfaces to the account with the sensors"),
	})
	bus := fmt.Sprintf("arn:aws:events:%s:%s:event-bus/default", p.region, p.Account)
	send.AddToPrincipalPolicy(grant{actions: []string{"events:PutEvents"}, resources: []string{bus}}.statement())
	newMirrorRules(s, func(string) any { return map[string]any{"id": "sensors", "arn": bus, "roleArn": send.RoleArn()} })
}

// functionsOfTheFleet are the two that may take the role on. They are named by a condition: IAM refuses a principal that is not there yet,
// and forgets one that is made anew.
func (p *place) functionsOfTheFleet() awsiam.IPrincipal {
	return awsiam.NewPrincipalWithConditions(awsiam.NewAccountPrincipal(p.Account), &map[string]any{
		"ArnEquals": map[string]any{"aws:PrincipalArn": []string{p.role("mirror"), p.role("teardown")}},
	})
}
