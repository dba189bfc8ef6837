package main

import (
	"strings"
	"testing"
)

// TestEdge: rules, the log without secrets, the certificate, and nothing that the settings do not ask for.
func TestEdge(t *testing.T) {
	_, both := apiTemplates(t, everySetting()...)
	acl := both.only(t, "AWS::WAFv2::WebACL", "").Properties
	if acl["Scope"] != "CLOUDFRONT" {
		t.Errorf("scope %v", acl["Scope"])
	}
	rules := text(acl["Rules"])
	for _, want := range []string{
		`"RateBasedStatement"`, `"AWSManagedRulesAmazonIpReputationList"`, `"AWSManagedRulesKnownBadInputsRuleSet"`, `"AWSManagedRulesCommonRuleSet"`,
		`{"ActionToUse":{"Count":{}},"Name":"SizeRestrictions_BODY"}`, `{"ActionToUse":{"Count":{}},"Name":"Log4JRCE_QUERYSTRING"}`,
	} {
		if !strings.Contains(rules, want) {
			t.Errorf("no %s in %s", want, rules)
		}
	}
	log := both.only(t, "AWS::WAFv2::LoggingConfiguration", "").Properties
	if got := text(log["RedactedFields"]); got != `[{"SingleHeader":{"Name":"authorization"}},{"SingleHeader":{"Name":"cookie"}},{"QueryString":{}}]` {
		t.Errorf("the log leaves out %s", got)
	}
	if got := text(log["LogDestinationConfigs"]); got != `["arn:aws:logs:us-east-1:111122223333:log-group:aws-waf-logs-mirrorwatch-main-console-eu-central-1"]` {
		t.Errorf("the log is %s", got)
	}
	cert := both.only(t, "AWS::CertificateManager::Certificate", "").Properties
	if cert["ValidationMethod"] != "DNS" || text(cert["DomainValidationOptions"]) != `[{"DomainName":"mw.example.com","HostedZoneId":"Z0123456789ABC"}]` {
		t.Errorf("%v", cert)
	}
	_, waf := apiTemplates(t)
	if len(waf.of("AWS::CertificateManager::Certificate")) != 0 || len(waf.of("AWS::WAFv2::WebACL")) != 1 {
		t.Error("without a domain there is a certificate, or no web ACL")
	}
	api, none := apiTemplates(t, "waf", "off")
	if len(none.Resources) != 0 || len(api.of("Custom::EdgeParameter")) != 0 || len(api.of("AWS::WAFv2::WebACL")) != 0 {
		t.Error("with neither WAF nor a domain there is an edge")
	}
}

// TestEdgeIsFoundFromElsewhere: what one stack writes down the other reads, by a role that can read that alone.
func TestEdgeIsFoundFromElsewhere(t *testing.T) {
	api, before := apiTemplates(t, everySetting()...)
	written := map[string]bool{}
	for _, p := range before.of("AWS::SSM::Parameter") {
		written[p.Properties["Name"].(string)] = true
	}
	if len(written) != 2 || len(api.of("Custom::EdgeParameter")) != 2 {
		t.Errorf("%v are written, %d are read", written, len(api.of("Custom::EdgeParameter")))
	}
	role := text(api.only(t, "AWS::IAM::Policy", "EdgeRole").Properties)
	for name := range written {
		found := false
		for _, r := range api.of("Custom::EdgeParameter") {
			found = found || strings.Contains(text(r.Properties["Create"]), `{\\\"Name\\\":\\\"`+name) || strings.Contains(text(r.Properties["Create"]), name)
		}
		if !found || !strings.Contains(role, `"arn:aws:ssm:us-east-1:111122223333:parameter`+name+`"`) {
			t.Errorf("%s is not read: %s", name, role)
		}
	}
	if f := api.only(t, "AWS::Lambda::Function", singleFunction); !strings.Contains(text(f.Metadata), "AwsSolutions-L1") || !strings.Contains(text(f.Properties["Role"]), "EdgeRole") {
		t.Errorf("%s", text(f))
	}
}

// TestEdgeInTheSameRegion needs neither parameters nor somebody to read them.
func TestEdgeInTheSameRegion(t *testing.T) {
	api, before := apiTemplates(t, append(everySetting(), "regions", edgeRegion)...)
	if len(before.of("AWS::SSM::Parameter")) != 0 || len(api.of("Custom::EdgeParameter")) != 0 {
		t.Error("there are parameters")
	}
	if got := text(dig(api.only(t, "AWS::CloudFront::Distribution", "").Properties, "DistributionConfig", "WebACLId")); !strings.Contains(got, "Fn::ImportValue") {
		t.Errorf("the web ACL is %s", got)
	}
}

// TestSignInHasAWebACL where WAF is on: people reach Cognito's pages without CloudFront.
func TestSignInHasAWebACL(t *testing.T) {
	tpl, _ := apiTemplates(t)
	if got := tpl.only(t, "AWS::WAFv2::WebACL", "").Properties["Scope"]; got != "REGIONAL" {
		t.Errorf("scope %v", got)
	}
	if got := text(tpl.only(t, "AWS::WAFv2::WebACLAssociation", "").Properties["ResourceArn"]); !strings.Contains(got, "UsersPool") {
		t.Errorf("stands before %s", got)
	}
}

// TestNoEmptyStack: what the settings do not ask for has no stack, since CloudFormation takes none without resources.
func TestNoEmptyStack(t *testing.T) {
	for _, c := range []struct {
		pairs []string
		want  bool
	}{{nil, true}, {[]string{"waf", "off"}, false}, {append(everySetting(), "waf", "off"), true}} {
		s := testSettings(t, c.pairs...)
		if got := (&place{s, s.Regions[0], code{}}).needsEdge(); got != c.want {
			t.Errorf("%v: %v", c.pairs, got)
		}
	}
}
