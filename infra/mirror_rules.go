package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// mirrorRule is one kind of event that the mirror function wants. docs/operations.md says why each; a test holds the two together.
type mirrorRule struct {
	id, is  string
	pattern map[string]any
}

func prefixes(list ...string) (out []any) {
	for _, p := range list {
		out = append(out, map[string]any{"prefix": p})
	}
	return out
}

func words(list ...string) (out []any) {
	for _, s := range list {
		out = append(out, s)
	}
	return out
}

func exists(b bool) []any { return []any{map[string]any{"exists": b}} }

// call is the pattern of CloudTrail's records of calls that did not fail.
func call(sources, services []any, names []any, more map[string]any) map[string]any {
	detail := map[string]any{"eventSource": services, "errorCode": exists(false), "eventName": names}
	for k, v := range more {
		detail[k] = v
	}
	return map[string]any{"source": sources, "detail-type": words("AWS API Call via CloudTrail"), "detail": detail}
}

// mirrorRules are in the order of docs/operations.md.
func mirrorRules() []mirrorRule {
	tags := "Tag Change on Resource"
	return []mirrorRule{
		{"States", "state of instances", map[string]any{
			"source": words("aws.ec2"), "detail-type": words("EC2 Instance State-change Notification"), "detail": map[string]any{"instance-id": exists(true)},
		}},
		{"Tags", "tags of what they can select", map[string]any{
			"source": words("aws.tag"), "detail-type": words(tags), "detail": map[string]any{
				"service": words("ec2"), "resource-type": words("instance", "network-interface", "subnet", "vpc",
					"traffic-mirror-session", "traffic-mirror-target", "traffic-mirror-filter", "traffic-mirror-filter-rule"),
			},
		}},
		{"GroupTags", "tags of Auto Scaling groups", map[string]any{
			"source": words("aws.tag"), "detail-type": words(tags), "detail": map[string]any{"service": words("autoscaling")},
		}},
		{"Calls", "calls about instances, interfaces and mirroring", call(words("aws.ec2"), words("ec2.amazonaws.com"), append(words(
			"RunInstances", "TerminateInstances", "ModifyInstanceAttribute",
			"CreateNetworkInterface", "AttachNetworkInterface", "DeleteNetworkInterface", "ModifyNetworkInterfaceAttribute",
		), prefixes("CreateTrafficMirror", "ModifyTrafficMirror", "DeleteTrafficMirror")...), nil)},
		{"TagCalls", "calls that tag", call(words("aws.ec2"), words("ec2.amazonaws.com"), words("CreateTags", "DeleteTags"), map[string]any{
			"requestParameters": map[string]any{"resourcesSet": map[string]any{"items": map[string]any{
				"resourceId": prefixes("i-", "eni-", "subnet-", "vpc-", "tms-", "tmt-", "tmf-", "tmfr-"),
			}}},
		})},
		{"Ground", "calls about what mirroring stands on", call(
			words("aws.elasticloadbalancing", "aws.autoscaling", "aws.ram"),
			words("elasticloadbalancing.amazonaws.com", "autoscaling.amazonaws.com", "ram.amazonaws.com"),
			words("CreateListener", "DeleteListener", "ModifyListener", "CreateTargetGroup", "DeleteTargetGroup", "ModifyTargetGroup",
				"ModifyTargetGroupAttributes", "DeleteLoadBalancer", "ModifyLoadBalancerAttributes", "SetSubnets",
				"CreateOrUpdateTags", "DeleteTags", "DeleteResourceShare", "DisassociateResourceShare"), nil)},
		{"Scaling", "instances of Auto Scaling groups", map[string]any{
			"source": words("aws.autoscaling"), "detail-type": words("EC2 Instance-launch Lifecycle Action", "EC2 Instance-terminate Lifecycle Action",
				"EC2 Instance Launch Successful", "EC2 Instance Terminate Successful"),
		}},
		{"Tasks", "tasks of ECS with an interface of their own", map[string]any{
			"source": words("aws.ecs"), "detail-type": words("ECS Task State Change"),
			"detail": map[string]any{"attachments": map[string]any{"details": map[string]any{"name": words("networkInterfaceId")}}},
		}},
	}
}

// newMirrorRules makes the rules on the account's own bus, each with the same targets.
func newMirrorRules(scope constructs.Construct, target func(rule string) any) (rules []awsevents.CfnRule) {
	for _, r := range mirrorRules() {
		rules = append(rules, awsevents.NewCfnRule(scope, jsii.String("On"+r.id), &awsevents.CfnRuleProps{
			Description: jsii.String("Mirrorwatch: " + r.is), EventPattern: r.pattern, State: jsii.String("ENABLED"), Targets: []any{target(r.id)},
		}))
	}
	return rules
}
