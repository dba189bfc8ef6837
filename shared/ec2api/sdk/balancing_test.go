package sdk

import (
	"context"
	"fmt"
	"reflect"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

func TestBalances(t *testing.T) { run(t, "2015-12-01", balances()) }

func TestScales(t *testing.T) { run(t, "2011-01-01", scales()) }

const (
	lbARN = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/net/fleet/0123456789abcdef"
	tgARN = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/sensors/0123456789abcdef"
	lnARN = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener/net/fleet/0123456789abcdef/0123456789abcdef"
)

// elbXML is an answer of Elastic Load Balancing, and scalingXML one of Auto Scaling, as they document them.
func elbXML(call, inner string) string {
	return fmt.Sprintf(`<%[1]sResponse xmlns="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"><%[1]sResult>%[2]s</%[1]sResult>
		<ResponseMetadata><RequestId>6581c0ac-f39f-11e5-bb98-57195a6eb84a</RequestId></ResponseMetadata></%[1]sResponse>`, call, inner)
}

func scalingXML(call, inner string) string {
	return fmt.Sprintf(`<%[1]sResponse xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/"><%[1]sResult>%[2]s</%[1]sResult>
		<ResponseMetadata><RequestId>7c6e177f-f082-11e1-ac58-3714bEXAMPLE</RequestId></ResponseMetadata></%[1]sResponse>`, call, inner)
}

func balances() []exchange {
	return []exchange{
		{
			name: "DescribeLoadBalancers",
			ask: func(ctx context.Context, a ec2api.Account) (any, error) {
				return a.LoadBalancing.DescribeLoadBalancers(ctx, []string{lbARN, "arn:other"})
			},
			form: "LoadBalancerArns.member.1=" + lbARN + "\nLoadBalancerArns.member.2=arn:other",
			answer: elbXML("DescribeLoadBalancers", `<LoadBalancers><member><LoadBalancerArn>`+lbARN+`</LoadBalancerArn><Scheme>internal</Scheme>
				<LoadBalancerName>fleet</LoadBalancerName><VpcId>vpc-1</VpcId><Type>network</Type><DNSName>fleet-1.elb.eu-west-1.amazonaws.com</DNSName>
				<AvailabilityZones><member><SubnetId>subnet-1</SubnetId><ZoneName>eu-west-1a</ZoneName></member><member><ZoneName>eu-west-1b</ZoneName></member></AvailabilityZones>
				<State><Code>active</Code></State></member><member/></LoadBalancers>`),
			want: []ec2api.LoadBalancer{
				{ARN: lbARN, Name: "fleet", DNSName: "fleet-1.elb.eu-west-1.amazonaws.com", VPC: "vpc-1", Type: "network", State: "active", AvailabilityZones: []string{"eu-west-1a", "eu-west-1b"}},
				{},
			},
		},
		{
			name: "DescribeLoadBalancerAttributes",
			ask: func(ctx context.Context, a ec2api.Account) (any, error) {
				return a.LoadBalancing.DescribeLoadBalancerAttributes(ctx, lbARN)
			},
			form: "LoadBalancerArn=" + lbARN,
			answer: elbXML("DescribeLoadBalancerAttributes", `<Attributes><member><Key>load_balancing.cross_zone.enabled</Key><Value>true</Value></member>
				<member><Key>access_logs.s3.bucket</Key><Value/></member></Attributes>`),
			want: map[string]string{"load_balancing.cross_zone.enabled": "true", "access_logs.s3.bucket": ""},
		},
		{
			name: "ModifyLoadBalancerAttributes",
			ask: func(ctx context.Context, a ec2api.Account) (any, error) {
				return nothing(a.LoadBalancing.ModifyLoadBalancerAttributes(ctx, lbARN, map[string]string{"load_balancing.cross_zone.enabled": "true", "deletion_protection.enabled": "false"}))
			},
			form: "LoadBalancerArn=" + lbARN + `
				Attributes.member.1.Key=deletion_protection.enabled
				Attributes.member.1.Value=false
				Attributes.member.2.Key=load_balancing.cross_zone.enabled
				Attributes.member.2.Value=true`,
			answer: elbXML("ModifyLoadBalancerAttributes", `<Attributes/>`),
		},
		{
			name: "DescribeListeners",
			ask: func(ctx context.Context, a ec2api.Account) (any, error) {
				return a.LoadBalancing.DescribeListeners(ctx, lbARN)
			},
			form: "LoadBalancerArn=" + lbARN,
			answer: elbXML("DescribeListeners", `<Listeners>
				<member><ListenerArn>`+lnARN+`</ListenerArn><LoadBalancerArn>`+lbARN+`</LoadBalancerArn><Protocol>UDP</Protocol><Port>4789</Port>
				  <DefaultActions><member><Type>forward</Type><TargetGroupArn>`+tgARN+`</TargetGroupArn></member></DefaultActions></member>
				<member><ListenerArn>arn:2</ListenerArn><Protocol>TCP</Protocol><Port>80</Port><DefaultActions><member><Type>fixed-response</Type></member>
				  <member><Type>forward</Type><ForwardConfig><TargetGroups><member><TargetGroupArn>arn:of config</TargetGroupArn></member></TargetGroups></ForwardConfig></member></DefaultActions></member>
				<member><ListenerArn>arn:3</ListenerArn><DefaultActions><member><Type>forward</Type></member></DefaultActions></member></Listeners>`),
			want: []ec2api.Listener{
				{ARN: lnARN, LoadBalancer: lbARN, Protocol: "UDP", Port: 4789, TargetGroup: tgARN},
				{ARN: "arn:2", Protocol: "TCP", Port: 80, TargetGroup: "arn:of config"},
				{ARN: "arn:3"},
			},
		},
		{
			name: "ModifyListener",
			ask: func(ctx context.Context, a ec2api.Account) (any, error) {
				return a.LoadBalancing.ModifyListener(ctx, ec2api.Listener{ARN: lnARN, LoadBalancer: lbARN, Protocol: "UDP", Port: 4789, TargetGroup: tgARN})
			},
			form: "ListenerArn=" + lnARN + "\nDefaultActions.member.1.Type=forward\nDefaultActions.member.1.TargetGroupArn=" + tgARN,
			answer: elbXML("ModifyListener", `<Listeners><member><ListenerArn>`+lnARN+`</ListenerArn><LoadBalancerArn>`+lbARN+`</LoadBalancerArn><Protocol>UDP</Protocol>
				<Port>4789</Port><DefaultActions><member><Type>forward</Type><TargetGroupArn>`+tgARN+`</TargetGroupArn></member></DefaultActions></member></Listeners>`),
			want: ec2api.Listener{ARN: lnARN, LoadBalancer: lbARN, Protocol: "UDP", Port: 4789, TargetGroup: tgARN},
		},
		{
			name: "CreateListener",
			ask: func(ctx context.Context, a ec2api.Account) (any, error) {
				return a.LoadBalancing.CreateListener(ctx, ec2api.Listener{LoadBalancer: lbARN, Protocol: "UDP", Port: 4789, TargetGroup: tgARN})
			},
			form: "LoadBalancerArn=" + lbARN + "\nProtocol=UDP\nPort=4789\nDefaultActions.member.1.Type=forward\nDefaultActions.member.1.TargetGroupArn=" + tgARN,
			answer: elbXML("CreateListener", `<Listeners><member><ListenerArn>`+lnARN+`</ListenerArn><LoadBalancerArn>`+lbARN+`</LoadBalancerArn><Protocol>UDP</Protocol>
				<Port>4789</Port><DefaultActions><member><Type>forward</Type><TargetGroupArn>`+tgARN+`</TargetGroupArn></member></DefaultActions></member></Listeners>`),
			want: ec2api.Listener{ARN: lnARN, LoadBalancer: lbARN, Protocol: "UDP", Port: 4789, TargetGroup: tgARN},
		},
		{
			name: "DescribeTargetGroups/of a load balancer",
			ask: func(ctx context.Context, a ec2api.Account) (any, error) {
				return a.LoadBalancing.DescribeTargetGroups(ctx, lbARN, nil)
			},
			form: "LoadBalancerArn=" + lbARN,
			answer: elbXML("DescribeTargetGroups", `<TargetGroups><member><TargetGroupArn>`+tgARN+`</TargetGroupArn><TargetGroupName>sensors</TargetGroupName><Protocol>UDP</Protocol>
				<Port>4789</Port><VpcId>vpc-1</VpcId><TargetType>instance</TargetType><LoadBalancerArns><member>`+lbARN+`</member></LoadBalancerArns></member></TargetGroups>`),
			want: []ec2api.TargetGroup{{ARN: tgARN, Name: "sensors", Protocol: "UDP", Port: 4789, VPC: "vpc-1", LoadBalancers: []string{lbARN}, TargetType: "instance"}},
		},
		{
			name: "DescribeTargetGroups/by ARN",
			ask: func(ctx context.Context, a ec2api.Account) (any, error) {
				return a.LoadBalancing.DescribeTargetGroups(ctx, "", []string{tgARN})
			},
			form:   "TargetGroupArns.member.1=" + tgARN,
			answer: elbXML("DescribeTargetGroups", `<TargetGroups/>`),
			want:   []ec2api.TargetGroup(nil),
		},
		{
			name: "DescribeTargetGroupAttributes",
			ask: func(ctx context.Context, a ec2api.Account) (any, error) {
				return a.LoadBalancing.DescribeTargetGroupAttributes(ctx, tgARN)
			},
			form:   "TargetGroupArn=" + tgARN,
			answer: elbXML("DescribeTargetGroupAttributes", `<Attributes><member><Key>stickiness.type</Key><Value>source_ip</Value></member></Attributes>`),
			want:   map[string]string{"stickiness.type": "source_ip"},
		},
		{
			name: "ModifyTargetGroupAttributes",
			ask: func(ctx context.Context, a ec2api.Account) (any, error) {
				return nothing(a.LoadBalancing.ModifyTargetGroupAttributes(ctx, tgARN, map[string]string{"stickiness.type": "source_ip", "stickiness.enabled": "true"}))
			},
			form: "TargetGroupArn=" + tgARN + `
				Attributes.member.1.Key=stickiness.enabled
				Attributes.member.1.Value=true
				Attributes.member.2.Key=stickiness.type
				Attributes.member.2.Value=source_ip`,
			answer: elbXML("ModifyTargetGroupAttributes", `<Attributes/>`),
		},
		{
			name: "DescribeTargetHealth/the worse of two ports",
			ask: func(ctx context.Context, a ec2api.Account) (any, error) {
				return a.LoadBalancing.DescribeTargetHealth(ctx, tgARN)
			},
			form: "TargetGroupArn=" + tgARN,
			answer: elbXML("DescribeTargetHealth", `<TargetHealthDescriptions>
				<member><Target><Id>i-1</Id><Port>4789</Port></Target><TargetHealth><State>healthy</State></TargetHealth></member>
				<member><Target><Id>i-2</Id><Port>4789</Port></Target><TargetHealth><State>healthy</State></TargetHealth></member>
				<member><Target><Id>i-2</Id><Port>4790</Port></Target><TargetHealth><State>unhealthy</State><Reason>Target.Timeout</Reason></TargetHealth></member>
				<member><Target><Id>i-3</Id></Target><TargetHealth><State>draining</State></TargetHealth></member>
				<member><Target><Id>i-3</Id></Target><TargetHealth><State>healthy</State></TargetHealth></member>
				<member/></TargetHealthDescriptions>`),
			want: map[string]string{"i-1": "healthy", "i-2": "unhealthy", "i-3": "draining"},
		},
	}
}

func scales() []exchange {
	return []exchange{
		{
			name: "DescribeAutoScalingGroups/a page has a hundred at the most",
			ask: func(ctx context.Context, a ec2api.Account) (any, error) {
				return a.AutoScaling.DescribeAutoScalingGroups(ctx, ec2api.Query{MaxResults: 1000, NextToken: "n"})
			},
			form: "MaxRecords=100\nNextToken=n",
			answer: scalingXML("DescribeAutoScalingGroups", `<NextToken>m</NextToken><AutoScalingGroups><member><AutoScalingGroupName>web</AutoScalingGroupName>
				<Instances><member><InstanceId>i-1</InstanceId><LifecycleState>InService</LifecycleState></member><member><InstanceId>i-2</InstanceId></member></Instances>
				<Tags><member><ResourceId>web</ResourceId><PropagateAtLaunch>true</PropagateAtLaunch><Key>mirrorwatch</Key><Value>on</Value></member></Tags></member>
				<member><AutoScalingGroupName>empty</AutoScalingGroupName><Instances/><Tags/></member></AutoScalingGroups>`),
			want: ec2api.Page[ec2api.AutoScalingGroup]{Next: "m", Items: []ec2api.AutoScalingGroup{
				{Name: "web", Instances: []string{"i-1", "i-2"}, Tags: map[string]string{"mirrorwatch": "on"}}, {Name: "empty"},
			}},
		},
		{
			name: "DescribeAutoScalingGroups/by names",
			ask: func(ctx context.Context, a ec2api.Account) (any, error) {
				return a.AutoScaling.DescribeAutoScalingGroups(ctx, ec2api.Query{IDs: []string{"web", "batch"}})
			},
			form:   "AutoScalingGroupNames.member.1=web\nAutoScalingGroupNames.member.2=batch",
			answer: scalingXML("DescribeAutoScalingGroups", `<AutoScalingGroups/>`),
			want:   ec2api.Page[ec2api.AutoScalingGroup]{},
		},
	}
}

// TestListsAreReadToTheirEnd: what the contract gives whole must not be a first page.
func TestListsAreReadToTheirEnd(t *testing.T) {
	w := newWire(t,
		answer{body: elbXML("DescribeListeners", `<Listeners><member><ListenerArn>arn:1</ListenerArn></member></Listeners><NextMarker>m1</NextMarker>`)},
		answer{body: elbXML("DescribeListeners", `<Listeners><member><ListenerArn>arn:2</ListenerArn></member></Listeners>`)},
	)
	got, err := w.open(t, Options{}).Account().LoadBalancing.DescribeListeners(t.Context(), lbARN)
	if want := []ec2api.Listener{{ARN: "arn:1"}, {ARN: "arn:2"}}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	if want := form("Action=DescribeListeners", "Version=2015-12-01", "LoadBalancerArn="+lbARN, "Marker=m1"); len(w.asked) != 2 || w.asked[1].body != want {
		t.Errorf("asked %+v", w.asked)
	}
	var more []answer
	for range mostPages + 1 {
		more = append(more, answer{body: elbXML("DescribeListeners", `<Listeners/><NextMarker>m</NextMarker>`)})
	}
	w = newWire(t, more...)
	got, err = w.open(t, Options{}).Account().LoadBalancing.DescribeListeners(t.Context(), lbARN)
	if got != nil || ec2api.CodeOf(err) != CodeMalformedAnswer || len(w.asked) != mostPages {
		t.Errorf("a list without an end gave %v after %d pages, %v", got, len(w.asked), err)
	}
}
