package wire_test

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"reflect"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api/sdk"
	"github.com/mirrorwatch/mirrorwatch/test/ec2fake/wire/stage"
)

// twin is one of two companies that were made alike, and how its two accounts are asked.
type twin struct {
	*stage.Stage
	own, other                           ec2api.Account
	filter, rule, target, session, share string
	spec                                 ec2api.RuleSpec
	ctx                                  context.Context
}

// TestSDKGivesWhatTheCloudGives makes two companies alike. The one is asked in process, the other by our own client over AWS's protocols:
// each call must give the same, or fail with the same code.
func TestSDKGivesWhatTheCloudGives(t *testing.T) {
	direct, wired := makeTwin(t), makeTwin(t)
	direct.own, direct.other = direct.Cloud.Account(stage.Account, stage.Region), direct.Cloud.Account(stage.Other, stage.Region)
	server := httptest.NewServer(wired.Server)
	t.Cleanup(server.Close)
	config := aws.Config{Credentials: credentials.NewStaticCredentialsProvider(stage.Key, "not verified", "")}
	wired.own = openSDK(t, sdk.Options{Config: config, Account: stage.Account, Region: stage.Region, Endpoint: server.URL})
	wired.other = openSDK(t, sdk.Options{Config: config, Account: stage.Other, Region: stage.Region, Endpoint: server.URL, Role: stage.Role})
	for _, q := range questions() {
		want, wantErr := q.ask(direct)
		got, gotErr := q.ask(wired)
		if ec2api.CodeOf(wantErr) != ec2api.CodeOf(gotErr) || (wantErr == nil) != (gotErr == nil) {
			t.Errorf("%s: in process %v, by the SDK %v", q.name, wantErr, gotErr)
			continue
		}
		if a, b := bare(t, want), bare(t, got); wantErr == nil && !reflect.DeepEqual(a, b) {
			t.Errorf("%s:\n  in process %v\n  by the SDK %v", q.name, a, b)
		}
	}
	for port, of := range map[string]reflect.Type{
		"EC2": reflect.TypeFor[ec2api.EC2](), "LoadBalancing": reflect.TypeFor[ec2api.LoadBalancing](), "AutoScaling": reflect.TypeFor[ec2api.AutoScaling](), "Sharing": reflect.TypeFor[ec2api.Sharing](),
	} {
		for i := range of.NumMethod() {
			call := of.Method(i).Name
			if direct.Cloud.Calls()[stage.Account+"/"+stage.Region][call]+direct.Cloud.Calls()[stage.Other+"/"+stage.Region][call] == 0 {
				t.Errorf("%s.%s is never asked", port, call)
			}
		}
	}
}

func makeTwin(t *testing.T) *twin {
	t.Helper()
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	s, err := stage.New(stage.Options{Now: func() time.Time { return now }, Seed: 11})
	if err != nil {
		t.Fatal(err)
	}
	return &twin{Stage: s, ctx: t.Context()}
}

func openSDK(t *testing.T, o sdk.Options) ec2api.Account {
	t.Helper()
	c, err := sdk.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	return c.Account()
}

// bare is a value as JSON without what is empty: a list that is none and a list without anything are the same here.
func bare(t *testing.T, v any) any {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var out any
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return pruned(out)
}

func pruned(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, inside := range v {
			if inside = pruned(inside); inside != nil {
				out[k] = inside
			}
		}
		if len(out) == 0 {
			return nil
		}
		return out
	case []any:
		for i := range v {
			v[i] = pruned(v[i])
		}
		if len(v) == 0 {
			return nil
		}
	case string:
		if v == "" {
			return nil
		}
	}
	return v
}

// question is one thing that both are asked.
type question struct {
	name string
	ask  func(w *twin) (any, error)
}

func questions() []question {
	var out []question
	for _, part := range [][]question{lookQuestions(), filterQuestions(), sessionQuestions(), fleetQuestions(), shareQuestions(), lastQuestions()} {
		out = append(out, part...)
	}
	return out
}

func lookQuestions() []question {
	five := ec2api.Query{MaxResults: 5}
	return []question{
		{"instances", func(w *twin) (any, error) { return w.own.EC2.DescribeInstances(w.ctx, ec2api.Query{}) }},
		{"a page of instances", func(w *twin) (any, error) { return w.own.EC2.DescribeInstances(w.ctx, five) }},
		{"instance types", func(w *twin) (any, error) {
			return w.own.EC2.DescribeInstanceTypes(w.ctx, ec2api.Query{IDs: []string{"m5.large", "t2.micro", "i3.metal"}})
		}},
		{"no such type", func(w *twin) (any, error) {
			return w.own.EC2.DescribeInstanceTypes(w.ctx, ec2api.Query{IDs: []string{"m5.none"}})
		}},
		{"interfaces", func(w *twin) (any, error) { return w.own.EC2.DescribeNetworkInterfaces(w.ctx, ec2api.Query{}) }},
		{"interfaces by filter", func(w *twin) (any, error) {
			return w.own.EC2.DescribeNetworkInterfaces(w.ctx, ec2api.Query{Filters: map[string][]string{"vpc-id": {w.Web.ID}, "attachment.device-index": {"0"}}, MaxResults: 6})
		}},
		{"subnets", func(w *twin) (any, error) { return w.own.EC2.DescribeSubnets(w.ctx, ec2api.Query{}) }},
		{"VPCs", func(w *twin) (any, error) { return w.own.EC2.DescribeVpcs(w.ctx, ec2api.Query{}) }},
		{"VPCs of the other account", func(w *twin) (any, error) { return w.other.EC2.DescribeVpcs(w.ctx, ec2api.Query{}) }},
		{"groups", func(w *twin) (any, error) { return w.own.AutoScaling.DescribeAutoScalingGroups(w.ctx, ec2api.Query{}) }},
		{"foreign sessions", func(w *twin) (any, error) { return w.own.EC2.DescribeTrafficMirrorSessions(w.ctx, five) }},
		{"foreign targets", func(w *twin) (any, error) { return w.own.EC2.DescribeTrafficMirrorTargets(w.ctx, five) }},
		{"foreign filters", func(w *twin) (any, error) { return w.own.EC2.DescribeTrafficMirrorFilters(w.ctx, five) }},
		{"no such vpc", func(w *twin) (any, error) {
			return w.own.EC2.DescribeVpcs(w.ctx, ec2api.Query{IDs: []string{"vpc-0123456789abcdef0"}})
		}},
		{"a malformed id", func(w *twin) (any, error) { return w.own.EC2.DescribeVpcs(w.ctx, ec2api.Query{IDs: []string{"vpc-x"}}) }},
		{"an unknown filter", func(w *twin) (any, error) {
			return w.own.EC2.DescribeVpcs(w.ctx, ec2api.Query{Filters: map[string][]string{"colour": {"red"}}})
		}},
		{"too few results", func(w *twin) (any, error) { return w.own.EC2.DescribeVpcs(w.ctx, ec2api.Query{MaxResults: 4}) }},
	}
}

func filterQuestions() []question {
	spec := func(number int32) ec2api.RuleSpec {
		return ec2api.RuleSpec{Direction: "ingress", Number: number, Action: "accept", Protocol: 6, SourceCIDR: "10.0.0.0/8", DestinationCIDR: "0.0.0.0/0",
			DestinationPorts: ec2api.PortRange{From: 80, To: 81}, Description: "web <&>"}
	}
	return []question{
		{"create filter", func(w *twin) (any, error) {
			made, err := w.own.EC2.CreateTrafficMirrorFilter(w.ctx, ec2api.CreateTrafficMirrorFilter{Description: "ours", Tags: map[string]string{"a": "<b>", "c": ""}, ClientToken: "f"})
			w.filter = made.ID
			return made, err
		}},
		{"create filter otherwise", func(w *twin) (any, error) {
			return w.own.EC2.CreateTrafficMirrorFilter(w.ctx, ec2api.CreateTrafficMirrorFilter{Description: "other", ClientToken: "f"})
		}},
		{"dry run of a filter", func(w *twin) (any, error) {
			return w.own.EC2.CreateTrafficMirrorFilter(w.ctx, ec2api.CreateTrafficMirrorFilter{DryRun: true})
		}},
		{"create rule", func(w *twin) (any, error) {
			w.spec = spec(10)
			made, err := w.own.EC2.CreateTrafficMirrorFilterRule(w.ctx, ec2api.CreateTrafficMirrorFilterRule{Filter: w.filter, RuleSpec: w.spec, ClientToken: "r"})
			w.rule = made.ID
			return made, err
		}},
		{"create rule with a number that is taken", func(w *twin) (any, error) {
			return w.own.EC2.CreateTrafficMirrorFilterRule(w.ctx, ec2api.CreateTrafficMirrorFilterRule{Filter: w.filter, RuleSpec: spec(10)})
		}},
		{"modify rule", func(w *twin) (any, error) {
			to := spec(20)
			to.Protocol, to.DestinationPorts, to.Description, to.Action = 0, ec2api.PortRange{}, "", "reject"
			return w.own.EC2.ModifyTrafficMirrorFilterRule(w.ctx, ec2api.ModifyTrafficMirrorFilterRule{ID: w.rule, Was: w.spec, To: to})
		}},
		{"modify no rule", func(w *twin) (any, error) {
			return w.own.EC2.ModifyTrafficMirrorFilterRule(w.ctx, ec2api.ModifyTrafficMirrorFilterRule{ID: "tmfr-0123456789abcdef0", Was: w.spec, To: spec(30)})
		}},
		{"network services", func(w *twin) (any, error) {
			return w.own.EC2.ModifyTrafficMirrorFilterNetworkServices(w.ctx, ec2api.ModifyNetworkServices{Filter: w.filter, Add: []string{"amazon-dns"}})
		}},
		{"filter as it is", func(w *twin) (any, error) {
			return w.own.EC2.DescribeTrafficMirrorFilters(w.ctx, ec2api.Query{IDs: []string{w.filter}})
		}},
		{"delete rule", func(w *twin) (any, error) {
			return nil, w.own.EC2.DeleteTrafficMirrorFilterRule(w.ctx, ec2api.Delete{ID: w.rule})
		}},
		{"delete rule again", func(w *twin) (any, error) {
			return nil, w.own.EC2.DeleteTrafficMirrorFilterRule(w.ctx, ec2api.Delete{ID: w.rule})
		}},
	}
}

func sessionQuestions() []question {
	ask := func(w *twin, number int32) ec2api.CreateTrafficMirrorSession {
		return ec2api.CreateTrafficMirrorSession{NetworkInterface: w.Plain[0].Interfaces[0], Target: w.target, Filter: w.filter, SessionNumber: number,
			VirtualNetworkID: 99, PacketLength: 200, Description: "d", Tags: map[string]string{"x": "y"}, ClientToken: "s"}
	}
	return []question{
		{"create target", func(w *twin) (any, error) {
			made, err := w.own.EC2.CreateTrafficMirrorTarget(w.ctx, ec2api.CreateTrafficMirrorTarget{NetworkLoadBalancer: w.Fleet.Balancer.ARN, Tags: map[string]string{"a": "b"}})
			w.target = made.ID
			return made, err
		}},
		{"create target of nothing", func(w *twin) (any, error) {
			return w.own.EC2.CreateTrafficMirrorTarget(w.ctx, ec2api.CreateTrafficMirrorTarget{})
		}},
		{"create session", func(w *twin) (any, error) {
			made, err := w.own.EC2.CreateTrafficMirrorSession(w.ctx, ask(w, 1))
			w.session = made.ID
			return made, err
		}},
		{"create session again", func(w *twin) (any, error) { return w.own.EC2.CreateTrafficMirrorSession(w.ctx, ask(w, 1)) }},
		{"create session otherwise", func(w *twin) (any, error) { return w.own.EC2.CreateTrafficMirrorSession(w.ctx, ask(w, 2)) }},
		{"create session of a type that cannot be", func(w *twin) (any, error) {
			in := ask(w, 3)
			in.ClientToken, in.NetworkInterface = "", w.Sensors[0].Interfaces[0]
			return w.own.EC2.CreateTrafficMirrorSession(w.ctx, in)
		}},
		{"modify session", func(w *twin) (any, error) {
			return w.own.EC2.ModifyTrafficMirrorSession(w.ctx, ec2api.ModifyTrafficMirrorSession{
				ID: w.session, SessionNumber: new(int32(7)), VirtualNetworkID: new(uint32(8)), PacketLength: new(int32(0)), Description: new(""),
			})
		}},
		{"tags", func(w *twin) (any, error) {
			return nil, w.own.EC2.CreateTags(w.ctx, []string{w.session, w.Plain[0].ID}, map[string]string{"k": "v", "empty": ""})
		}},
		{"fewer tags", func(w *twin) (any, error) {
			return nil, w.own.EC2.DeleteTags(w.ctx, []string{w.session}, []string{"k", "none"})
		}},
		{"tags of nothing", func(w *twin) (any, error) {
			return nil, w.own.EC2.CreateTags(w.ctx, []string{"tms-0123456789abcdef0"}, map[string]string{"k": "v"})
		}},
		{"session as it is", func(w *twin) (any, error) {
			return w.own.EC2.DescribeTrafficMirrorSessions(w.ctx, ec2api.Query{IDs: []string{w.session}})
		}},
		{"delete filter in use", func(w *twin) (any, error) {
			return nil, w.own.EC2.DeleteTrafficMirrorFilter(w.ctx, ec2api.Delete{ID: w.filter})
		}},
	}
}

func fleetQuestions() []question {
	sticky := map[string]string{"stickiness.enabled": "true"}
	return []question{
		{"load balancers", func(w *twin) (any, error) { return w.own.LoadBalancing.DescribeLoadBalancers(w.ctx, nil) }},
		{"no such load balancer", func(w *twin) (any, error) {
			return w.own.LoadBalancing.DescribeLoadBalancers(w.ctx, []string{w.Fleet.Balancer.ARN + "0"})
		}},
		{"cross zone", func(w *twin) (any, error) {
			return nil, w.own.LoadBalancing.ModifyLoadBalancerAttributes(w.ctx, w.Fleet.Balancer.ARN, map[string]string{"load_balancing.cross_zone.enabled": "true"})
		}},
		{"its attributes", func(w *twin) (any, error) {
			return w.own.LoadBalancing.DescribeLoadBalancerAttributes(w.ctx, w.Fleet.Balancer.ARN)
		}},
		{"listeners", func(w *twin) (any, error) { return w.own.LoadBalancing.DescribeListeners(w.ctx, w.Fleet.Balancer.ARN) }},
		{"listener", func(w *twin) (any, error) {
			return w.own.LoadBalancing.CreateListener(w.ctx, ec2api.Listener{LoadBalancer: w.Fleet.Balancer.ARN, Protocol: "UDP", Port: 6081, TargetGroup: w.Fleet.TargetGroup.ARN})
		}},
		{"listener again", func(w *twin) (any, error) {
			return w.own.LoadBalancing.CreateListener(w.ctx, ec2api.Listener{LoadBalancer: w.Fleet.Balancer.ARN, Protocol: "UDP", Port: 6081, TargetGroup: w.Fleet.TargetGroup.ARN})
		}},
		{"listener changed", func(w *twin) (any, error) {
			all, err := w.own.LoadBalancing.DescribeListeners(w.ctx, w.Fleet.Balancer.ARN)
			if err != nil {
				return nil, err
			}
			return w.own.LoadBalancing.ModifyListener(w.ctx, all[len(all)-1])
		}},
		{"target groups", func(w *twin) (any, error) {
			return w.own.LoadBalancing.DescribeTargetGroups(w.ctx, w.Fleet.Balancer.ARN, nil)
		}},
		{"stickiness", func(w *twin) (any, error) {
			return nil, w.own.LoadBalancing.ModifyTargetGroupAttributes(w.ctx, w.Fleet.TargetGroup.ARN, sticky)
		}},
		{"attributes of the group", func(w *twin) (any, error) {
			return w.own.LoadBalancing.DescribeTargetGroupAttributes(w.ctx, w.Fleet.TargetGroup.ARN)
		}},
		{"health", func(w *twin) (any, error) {
			return w.own.LoadBalancing.DescribeTargetHealth(w.ctx, w.Fleet.TargetGroup.ARN)
		}},
	}
}

func shareQuestions() []question {
	return []question{
		{"share", func(w *twin) (any, error) {
			arn := ec2api.TrafficMirrorTarget{ID: w.target, Owner: stage.Account}.ARN(stage.Region)
			made, err := w.own.Sharing.CreateResourceShare(w.ctx, ec2api.CreateResourceShare{Name: "fleet", Resources: []string{arn}, External: true, Tags: map[string]string{"a": "b"}, ClientToken: "t"})
			w.share = made.ARN
			return made, err
		}},
		{"with another", func(w *twin) (any, error) {
			return nil, w.own.Sharing.AssociateResourceShare(w.ctx, w.share, nil, []string{stage.Other})
		}},
		{"own shares", func(w *twin) (any, error) { return w.own.Sharing.GetResourceShares(w.ctx, "SELF", "fleet") }},
		{"target before", func(w *twin) (any, error) {
			return w.other.EC2.DescribeTrafficMirrorTargets(w.ctx, ec2api.Query{IDs: []string{w.target}})
		}},
		{"invitations", func(w *twin) (any, error) { return w.other.Sharing.GetResourceShareInvitations(w.ctx) }},
		{"accept", func(w *twin) (any, error) {
			waiting, err := w.other.Sharing.GetResourceShareInvitations(w.ctx)
			if err != nil || len(waiting) != 1 {
				return waiting, err
			}
			return nil, w.other.Sharing.AcceptResourceShareInvitation(w.ctx, waiting[0].ARN)
		}},
		{"target after", func(w *twin) (any, error) {
			return w.other.EC2.DescribeTrafficMirrorTargets(w.ctx, ec2api.Query{IDs: []string{w.target}})
		}},
		{"without the other", func(w *twin) (any, error) {
			return nil, w.own.Sharing.DisassociateResourceShare(w.ctx, w.share, nil, []string{stage.Other})
		}},
		{"no share", func(w *twin) (any, error) { return nil, w.own.Sharing.DeleteResourceShare(w.ctx, w.share+"0") }},
		{"delete share", func(w *twin) (any, error) { return nil, w.own.Sharing.DeleteResourceShare(w.ctx, w.share) }},
		{"shares then", func(w *twin) (any, error) {
			then, err := w.own.Sharing.GetResourceShares(w.ctx, "SELF", "fleet")
			for i := range then {
				then[i].Resources = nil // the SDK asks only for what is in shares that live
			}
			return then, err
		}},
	}
}

func lastQuestions() []question {
	return []question{
		{"delete session", func(w *twin) (any, error) {
			return nil, w.own.EC2.DeleteTrafficMirrorSession(w.ctx, ec2api.Delete{ID: w.session})
		}},
		{"delete session again", func(w *twin) (any, error) {
			return nil, w.own.EC2.DeleteTrafficMirrorSession(w.ctx, ec2api.Delete{ID: w.session})
		}},
		{"delete target, only asked", func(w *twin) (any, error) {
			return nil, w.own.EC2.DeleteTrafficMirrorTarget(w.ctx, ec2api.Delete{ID: w.target, DryRun: true})
		}},
		{"delete target", func(w *twin) (any, error) {
			return nil, w.own.EC2.DeleteTrafficMirrorTarget(w.ctx, ec2api.Delete{ID: w.target})
		}},
		{"delete filter", func(w *twin) (any, error) {
			return nil, w.own.EC2.DeleteTrafficMirrorFilter(w.ctx, ec2api.Delete{ID: w.filter})
		}},
	}
}
