package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// leftOut says why a type is not deployed on moto 5.2.1, and what stands in for one where another resource speaks of it.
type leftOut struct {
	why  string
	name string // path of the property that is its Ref; "": the logical id is
	arn  string // its ARN behind "arn:aws:" with region and account; "": a made-up one
}

const (
	unknown = "moto has no such type: it would log a line, make nothing and report CREATE_COMPLETE"
	edging  = "moto has no such type, and it stands before what is not there"
	custom  = "moto calls no function: it would have no answer"
	web     = "moto has no such type in CloudFormation, though it has the service"
)

// notOnMoto are the types that a deploy on moto goes without. Nothing of them is held by the test below.
var notOnMoto = map[string]leftOut{
	"AWS::ApiGatewayV2::Api":                 {why: web},
	"AWS::ApiGatewayV2::Authorizer":          {why: web},
	"AWS::ApiGatewayV2::Integration":         {why: web},
	"AWS::ApiGatewayV2::Route":               {why: web},
	"AWS::ApiGatewayV2::Stage":               {why: web},
	"AWS::Athena::WorkGroup":                 {why: unknown, name: "Name"},
	"AWS::AutoScaling::AutoScalingGroup":     {why: "it names the target group, which is left out", name: "AutoScalingGroupName"},
	"AWS::AutoScaling::ScalingPolicy":        {why: unknown},
	"AWS::CloudFront::Distribution":          {why: edging},
	"AWS::CloudFront::Function":              {why: edging},
	"AWS::CloudFront::OriginAccessControl":   {why: edging},
	"AWS::CloudFront::ResponseHeadersPolicy": {why: edging},
	"AWS::CloudWatch::Alarm":                 {why: unknown},
	"AWS::Cognito::ManagedLoginBranding":     {why: web},
	"AWS::Cognito::UserPool":                 {why: web},
	"AWS::Cognito::UserPoolClient":           {why: web},
	"AWS::Cognito::UserPoolDomain":           {why: web},
	"AWS::Cognito::UserPoolGroup":            {why: web},
	"AWS::EC2::SecurityGroupEgress":          {why: unknown},
	"AWS::ElasticLoadBalancingV2::Listener":  {why: "moto knows no listener of UDP: the whole stack would fail"},
	"AWS::ElasticLoadBalancingV2::LoadBalancer": {
		why: "moto takes no notice of its type, and makes one for HTTP", arn: "elasticloadbalancing:%s:%s:loadbalancer/net/left-out/0123456789abcdef",
	},
	"AWS::ElasticLoadBalancingV2::TargetGroup": {
		why: "moto fails at its attributes with 500", arn: "elasticloadbalancing:%s:%s:targetgroup/left-out/0123456789abcdef",
	},
	"AWS::Glue::Database":                  {why: web, name: "DatabaseInput.Name"},
	"AWS::Glue::Table":                     {why: web},
	"AWS::KinesisFirehose::DeliveryStream": {why: web, name: "DeliveryStreamName"},
	"AWS::Lambda::EventInvokeConfig":       {why: unknown},
	"AWS::Logs::LogStream":                 {why: unknown, name: "LogStreamName"},
	"AWS::S3::BucketPolicy":                {why: unknown},
	"AWS::SNS::TopicPolicy":                {why: unknown},
	"AWS::SQS::QueuePolicy":                {why: unknown},
	"AWS::WAFv2::LoggingConfiguration":     {why: edging},
	"AWS::WAFv2::WebACL":                   {why: edging},
	"AWS::WAFv2::WebACLAssociation":        {why: edging},
	"Custom::EdgeParameter":                {why: custom},
	"Custom::MirrorSessions":               {why: custom},
}

// changedForMoto is what of a resource that is deployed is not as the template has it.
var changedForMoto = []string{
	"tags of AWS::KMS::Key and AWS::SSM::Parameter are taken away: moto stumbles over them",
	"Ref of AWS::Events::EventBus is its name: moto gives an object of its own, and stumbles over it",
	"Fn::GetAtt of SubnetId, VpcId and RouteTableId is Ref, which is the same: moto does not know these attributes",
	"rules, the parameter of the CDK's bootstrap, policies of deletion and update, and metadata are taken away",
}

// reduce takes out of a template what moto cannot deploy, and counts it by type.
func reduce(t template, region, account string, left map[string]int) template {
	r := &reducer{all: t.Resources, gone: map[string]resource{}, region: region, account: account}
	out := template{Resources: map[string]resource{}, Parameters: maps.Clone(t.Parameters)}
	delete(out.Parameters, "BootstrapVersion")
	for id, x := range t.Resources {
		if _, is := notOnMoto[x.Type]; is {
			r.gone[id] = x
			left[x.Type]++
		}
	}
	for id, x := range t.Resources {
		if _, is := r.gone[id]; is {
			continue
		}
		properties, _ := r.walk(x.Properties).(map[string]any)
		if x.Type == "AWS::KMS::Key" || x.Type == "AWS::SSM::Parameter" {
			delete(properties, "Tags")
		}
		out.Resources[id] = resource{Type: x.Type, Properties: properties, DependsOn: r.waits(x.DependsOn)}
	}
	out.Outputs, _ = r.walk(t.Outputs).(map[string]any)
	return out
}

type reducer struct {
	all, gone       map[string]resource
	region, account string
}

// walk copies a value, with stand-ins for what is gone.
func (r *reducer) walk(v any) any {
	switch v := v.(type) {
	case map[string]any:
		if s := r.reference(v); s != nil {
			return s
		}
		out := make(map[string]any, len(v))
		for name, x := range v {
			out[name] = r.walk(x)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = r.walk(x)
		}
		return out
	}
	return v
}

// reference gives what a reference is to be; nil: as it is.
func (r *reducer) reference(v map[string]any) any {
	if id, ok := v["Ref"].(string); ok && len(v) == 1 {
		if x, gone := r.gone[id]; gone {
			return r.standIn(id, x)
		}
		if x := r.all[id]; x.Type == "AWS::Events::EventBus" {
			return x.Properties["Name"]
		}
	}
	at, ok := v["Fn::GetAtt"].([]any)
	if !ok {
		return nil
	}
	id, attribute := at[0].(string), at[1].(string)
	x, gone := r.gone[id]
	switch {
	case gone && strings.HasSuffix(attribute, "Arn"):
		form := notOnMoto[x.Type].arn
		if form == "" {
			form = "none:%s:%s:left-out/" + id
		}
		return "arn:aws:" + fmt.Sprintf(form, r.region, r.account)
	case gone:
		return "left-out-" + id + "-" + attribute
	case slices.Contains([]string{"SubnetId", "VpcId", "RouteTableId"}, attribute):
		return map[string]any{"Ref": id}
	}
	return nil
}

func (r *reducer) standIn(id string, x resource) any {
	if path := notOnMoto[x.Type].name; path != "" {
		if name := dig(x.Properties, strings.Split(path, ".")...); name != nil {
			return r.walk(name)
		}
	}
	if form := notOnMoto[x.Type].arn; form != "" {
		return "arn:aws:" + fmt.Sprintf(form, r.region, r.account)
	}
	return "left-out-" + id
}

// waits gives what is left of what a resource waits for.
func (r *reducer) waits(on any) any {
	var out []any
	for _, id := range listOf(on) {
		if _, gone := r.gone[id.(string)]; !gone {
			out = append(out, id)
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// body is a reduced template as it is deployed.
func (t template) body() string {
	resources := map[string]any{}
	for id, r := range t.Resources {
		x := map[string]any{"Type": r.Type, "Properties": r.Properties}
		if r.DependsOn != nil {
			x["DependsOn"] = r.DependsOn
		}
		resources[id] = x
	}
	out := map[string]any{"Resources": resources}
	if len(t.Parameters) > 0 {
		out["Parameters"] = t.Parameters
	}
	if len(t.Outputs) > 0 {
		out["Outputs"] = t.Outputs
	}
	return text(out)
}

// TestReduceTakesOutWhatIsNamed: what is gone is counted and nothing refers to it, what stays is as it was; and each type that is named
// as left out is one of ours, so that the list does not grow old.
func TestReduceTakesOutWhatIsNamed(t *testing.T) {
	left := map[string]int{}
	for name, tpl := range wholeOf(t) {
		r := reduce(tpl, "eu-central-1", "111122223333", left)
		all := r.body()
		for id, x := range tpl.Resources {
			_, is := notOnMoto[x.Type]
			if is != (r.Resources[id].Type == "") {
				t.Errorf("%s: %s (%s) is left out: %v", name, id, x.Type, !is)
			}
			if is && (strings.Contains(all, `{"Ref":"`+id+`"}`) || strings.Contains(all, `{"Fn::GetAtt":["`+id+`"`)) {
				t.Errorf("%s: something refers to %s, which is gone", name, id)
			}
		}
	}
	for kind, l := range notOnMoto {
		if left[kind] == 0 || l.why == "" {
			t.Errorf("%s is left out %d times, because %q", kind, left[kind], l.why)
		}
	}
}
