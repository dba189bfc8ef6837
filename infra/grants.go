package main

import (
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
)

// onTable lets a role call DynamoDB on the table, and on its indexes where it queries them, and use the key that the table is encrypted
// with: DynamoDB asks for that in the caller's name.
func (p *pipeline) onTable(indexes bool, region string, actions ...string) []grant {
	resources := []string{p.TableArn}
	if indexes {
		resources = append(resources, p.TableArn+"/index/*")
	}
	return []grant{
		{actions: actions, resources: resources, why: "the indexes of one table"},
		p.withKey(region, "dynamodb", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"),
	}
}

// withKey lets a role use the key, by way of one service alone.
func (p *pipeline) withKey(region, service string, actions ...string) grant {
	return grant{
		actions: actions, resources: []string{*p.Key.KeyArn()},
		conditions: map[string]any{"StringEquals": map[string]any{"kms:ViaService": service + "." + region + ".amazonaws.com"}},
		why:        "the two stars are the forms of one call that the service chooses from",
	}
}

// fromQueue lets a role take messages from a queue, as Lambda does in its name.
func (p *pipeline) fromQueue(region, queueArn string) []grant {
	return []grant{
		{actions: []string{"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}, resources: []string{queueArn}},
		p.withKey(region, "sqs", "kms:Decrypt"),
	}
}

// excuseStars says of a role's policies why their resources have stars, in the words of the grants.
func excuseStars(role constructs.IConstruct, grants []grant) {
	var reasons []string
	for _, g := range grants {
		if g.why != "" && !slices.Contains(reasons, g.why) {
			reasons = append(reasons, g.why)
		}
	}
	if len(reasons) > 0 {
		excuse(role, "AwsSolutions-IAM5", strings.Join(reasons, "; "))
	}
}

// fromService lets a service of AWS do one thing with a resource.
func fromService(service, action, resource string, conditions map[string]any) awsiam.PolicyStatement {
	return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(&service, nil)}, Actions: &[]*string{&action}, Resources: &[]*string{&resource}, Conditions: &conditions,
	})
}
