package main

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awswafv2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// wafRate is how many requests one address may make in five minutes. The console of an office behind one address makes some hundred.
const wafRate = 3000

// searched are the rules that look for attacks in queries and bodies. They count and do not block: those who hunt attackers search for
// "../../etc/passwd" and "${jndi:ldap" all day, write them into notes, and send cursors and lists that are longer than the rules allow.
// What queries and bodies may hold the API judges itself, parameter by parameter; and what a SAML provider says of somebody is a body of more
// than the rules allow, in letters that look like anything.
func searched() map[string][]string {
	return map[string][]string{
		"AWSManagedRulesCommonRuleSet": {
			"CrossSiteScripting_BODY", "CrossSiteScripting_QUERYARGUMENTS", "EC2MetaDataSSRF_BODY", "EC2MetaDataSSRF_QUERYARGUMENTS", "GenericLFI_BODY",
			"GenericLFI_QUERYARGUMENTS", "GenericRFI_BODY", "GenericRFI_QUERYARGUMENTS", "RestrictedExtensions_QUERYARGUMENTS", "SizeRestrictions_BODY",
			"SizeRestrictions_QUERYSTRING",
		},
		"AWSManagedRulesKnownBadInputsRuleSet": {
			"JavaDeserializationRCE_BODY", "JavaDeserializationRCE_QUERYSTRING", "Log4JRCE_BODY", "Log4JRCE_QUERYSTRING",
		},
	}
}

// newWebACL makes rules of AWS WAF, for CloudFront (then in us-east-1) or for what is in a region. The name's end says what stands behind.
func newWebACL(scope constructs.Construct, p *place, cloudFront bool, name string) awswafv2.CfnWebACL {
	of := "REGIONAL"
	if cloudFront {
		of = "CLOUDFRONT"
	}
	rules := []any{map[string]any{
		"name": "rate", "priority": 0, "action": map[string]any{"block": map[string]any{}}, "visibilityConfig": seen("rate"),
		"statement": map[string]any{"rateBasedStatement": map[string]any{"limit": wafRate, "aggregateKeyType": "IP", "evaluationWindowSec": 300}},
	}}
	for i, group := range []string{"AWSManagedRulesAmazonIpReputationList", "AWSManagedRulesKnownBadInputsRuleSet", "AWSManagedRulesCommonRuleSet"} {
		of := map[string]any{"vendorName": "AWS", "name": group}
		var count []any
		for _, rule := range searched()[group] {
			count = append(count, map[string]any{"name": rule, "actionToUse": map[string]any{"count": map[string]any{}}})
		}
		if len(count) > 0 {
			of["ruleActionOverrides"] = count
		}
		short := strings.TrimPrefix(group, "AWSManagedRules")
		rules = append(rules, map[string]any{
			"name": short, "priority": i + 1, "overrideAction": map[string]any{"none": map[string]any{}}, "visibilityConfig": seen(short),
			"statement": map[string]any{"managedRuleGroupStatement": of},
		})
	}
	return awswafv2.NewCfnWebACL(scope, key("WebACL"), &awswafv2.CfnWebACLProps{
		Name: key(p.Name() + "-" + name), Scope: &of, DefaultAction: map[string]any{"allow": map[string]any{}}, VisibilityConfig: seen(p.Name() + "-" + name), Rules: rules,
		Description: key("Mirrorwatch: what is kept away"),
	})
}

// seen has WAF count what a rule did. It keeps no samples of requests: those have the tokens that the log leaves out.
func seen(metric string) any {
	return map[string]any{"cloudWatchMetricsEnabled": true, "sampledRequestsEnabled": false, "metricName": metric}
}

// newWebLog makes the log of a web ACL, whose name WAF wants to begin with aws-waf-logs-. What is secret in a request is not written: tokens,
// cookies, and the code that sign-in hands over in the query.
func newWebLog(scope constructs.Construct, p *place, acl awswafv2.CfnWebACL, name string, k awskms.IKey) {
	group := "aws-waf-logs-" + p.Name() + "-" + name
	log := awslogs.NewLogGroup(scope, key("WebLog"), &awslogs.LogGroupProps{
		LogGroupName: &group, Retention: days(p.LogDays), EncryptionKey: k, RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
	})
	logged := awswafv2.NewCfnLoggingConfiguration(scope, key("WebLogged"), &awswafv2.CfnLoggingConfigurationProps{
		ResourceArn:           acl.AttrArn(), // an ARN without the :* at the end that the group's own attribute has, which WAF refuses
		LogDestinationConfigs: jsii.Strings("arn:aws:logs:" + *awscdk.Stack_Of(scope).Region() + ":" + p.Account + ":log-group:" + group),
		RedactedFields: []any{
			map[string]any{"singleHeader": map[string]any{"Name": "authorization"}}, map[string]any{"singleHeader": map[string]any{"Name": "cookie"}},
			map[string]any{"queryString": map[string]any{}},
		},
	})
	logged.Node().AddDependency(log)
}
