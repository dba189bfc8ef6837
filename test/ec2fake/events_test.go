package ec2fake

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

type heard struct {
	Version, ID, Source, Account, Region, Time string
	DetailType                                 string `json:"detail-type"`
	Resources                                  []string
	Detail                                     map[string]any
}

// listen keeps what the stage tells; names gives it in short.
func (st *stage) listen() (events *[]heard, names func() []string) {
	events = &[]heard{}
	st.c.Listen(func(account, region string, body json.RawMessage) {
		var e heard
		if err := json.Unmarshal(body, &e); err != nil {
			st.t.Error(err)
		}
		if e.Account != account || e.Region != region || e.Version != "0" || len(e.ID) != 36 || e.Time == "" || e.Resources == nil {
			st.t.Errorf("the envelope is %s", body)
		}
		st.c.Total() // a listener may ask
		*events = append(*events, e)
	})
	return events, func() []string {
		var out []string
		for _, e := range *events {
			name := e.DetailType
			for _, more := range []string{"eventName", "errorCode", "state", "lastStatus"} {
				if v, has := e.Detail[more]; has {
					name += " " + fmt.Sprint(v)
				}
			}
			out = append(out, name)
		}
		*events = (*events)[:0]
		return out
	}
}

func TestEvents(t *testing.T) {
	st := newStage(t, Settings{})
	ctx := context.Background()
	st.ok(st.c.MakeGroup(here, region1, "web", nil))
	_, names := st.listen()
	const (
		state = "EC2 Instance State-change Notification "
		trail = "AWS API Call via CloudTrail "
		tags  = "Tag Change on Resource"
	)
	var i ec2api.Instance
	var s ec2api.TrafficMirrorSession
	var v ec2api.NetworkInterface
	var task string
	for _, step := range []struct {
		name string
		act  func() error
		want []string
	}{
		{"run", func() (err error) {
			i, err = st.c.RunInstance(InstanceSpec{Subnet: st.subnet.ID, Group: "web", Tags: map[string]string{"Name": "x"}})
			return err
		}, []string{trail + "RunInstances", state + "pending", state + "running", tags, "EC2 Instance Launch Successful"}},
		{"tag", func() error { return st.c.Tag(i.ID, map[string]string{"a": "1"}) }, []string{tags, trail + "CreateTags"}},
		{"the same tag", func() error { return st.c.Tag(i.ID, map[string]string{"a": "1"}) }, []string{trail + "CreateTags"}},
		{"untag", func() error { return st.c.Untag(i.ID, "a") }, []string{tags, trail + "DeleteTags"}},
		{"interface", func() (err error) {
			v, err = st.c.MakeInterface(InterfaceSpec{Subnet: st.subnet.ID})
			return err
		}, []string{trail + "CreateNetworkInterface"}},
		{"attach", func() error { return st.c.AttachInterface(v.ID, i.ID) }, []string{trail + "AttachNetworkInterface"}},
		{"session", func() (err error) {
			s, err = st.ec2.CreateTrafficMirrorSession(ctx, st.ask(v.ID, 1))
			return err
		}, []string{trail + "CreateTrafficMirrorSession"}},
		{"the same session", func() error { _, err := st.ec2.CreateTrafficMirrorSession(ctx, st.ask(v.ID, 1)); return expect(err) },
			[]string{trail + "CreateTrafficMirrorSession Client.InvalidParameterValue"}},
		{"dry", func() error {
			return expect(st.ec2.DeleteTrafficMirrorSession(ctx, ec2api.Delete{ID: s.ID, DryRun: true}))
		}, []string{trail + "DeleteTrafficMirrorSession Client.DryRunOperation"}},
		{"modify", func() error {
			n := int32(2)
			_, err := st.ec2.ModifyTrafficMirrorSession(ctx, ec2api.ModifyTrafficMirrorSession{ID: s.ID, SessionNumber: &n})
			return err
		}, []string{trail + "ModifyTrafficMirrorSession"}},
		{"a read", func() error { _, err := st.ec2.DescribeTrafficMirrorSessions(ctx, ec2api.Query{}); return err }, nil},
		{"delete", func() error { return st.ec2.DeleteTrafficMirrorSession(ctx, ec2api.Delete{ID: s.ID}) }, []string{trail + "DeleteTrafficMirrorSession"}},
		{"detach", func() error { return st.c.DetachInterface(v.ID) }, []string{trail + "DetachNetworkInterface"}},
		{"drop", func() error { return st.c.DeleteInterface(v.ID) }, []string{trail + "DeleteNetworkInterface"}},
		{"stop", func() error { return st.c.StopInstance(i.ID) }, []string{state + "stopping", state + "stopped"}},
		{"a step", func() error { return st.c.SetState(i.ID, "stopped") }, []string{state + "stopped"}},
		{"type", func() error { return st.c.ChangeType(i.ID, "m5.large") }, []string{trail + "ModifyInstanceAttribute"}},
		{"terminate", func() error { return st.c.TerminateInstance(i.ID) },
			[]string{state + "shutting-down", trail + "TerminateInstances", state + "terminated", "EC2 Instance Terminate Successful"}},
		{"task", func() (err error) { task, v, err = st.c.RunTask(here, st.subnet.ID, "c"); return err },
			[]string{trail + "CreateNetworkInterface", "ECS Task State Change PROVISIONING", "ECS Task State Change PENDING", "ECS Task State Change RUNNING"}},
		{"end of task", func() error { return st.c.StopTask(task) }, []string{"ECS Task State Change STOPPED"}},
	} {
		st.ok(step.act())
		if got := names(); !slices.Equal(got, step.want) {
			t.Errorf("%s: told %v, want %v", step.name, got, step.want)
		}
	}
	st.c.Tune(func(s *Settings) { s.FailShare = 1 })
	_, err := st.ec2.CreateTrafficMirrorFilter(ctx, ec2api.CreateTrafficMirrorFilter{})
	st.refused(err, ec2api.CodeInternal)
	if got := names(); !slices.Equal(got, []string{trail + "CreateTrafficMirrorFilter Server.InternalError"}) {
		t.Errorf("a failure was told as %v", got)
	}
}

// TestMirrorEvents holds that every change of a mirror object is told with what was asked and made, and its failure with the code.
func TestMirrorEvents(t *testing.T) {
	st := newStage(t, Settings{})
	ctx := context.Background()
	events, names := st.listen()
	spec := everything("ingress", 5)
	var target ec2api.TrafficMirrorTarget
	var filter ec2api.TrafficMirrorFilter
	var rule ec2api.TrafficMirrorFilterRule
	for _, step := range []struct {
		call string
		act  func() error
		id   func() string
	}{
		{"CreateTrafficMirrorTarget", func() (err error) {
			target, err = st.ec2.CreateTrafficMirrorTarget(ctx, ec2api.CreateTrafficMirrorTarget{NetworkLoadBalancer: st.fleet.Balancer.ARN})
			return err
		}, func() string { return target.ID }},
		{"CreateTrafficMirrorFilter", func() (err error) {
			filter, err = st.ec2.CreateTrafficMirrorFilter(ctx, ec2api.CreateTrafficMirrorFilter{})
			return err
		}, func() string { return filter.ID }},
		{"CreateTrafficMirrorFilterRule", func() (err error) {
			rule, err = st.ec2.CreateTrafficMirrorFilterRule(ctx, ec2api.CreateTrafficMirrorFilterRule{Filter: filter.ID, RuleSpec: spec})
			return err
		}, func() string { return rule.ID }},
		{"ModifyTrafficMirrorFilterRule", func() error {
			_, err := st.ec2.ModifyTrafficMirrorFilterRule(ctx, ec2api.ModifyTrafficMirrorFilterRule{ID: rule.ID, To: spec})
			return err
		}, func() string { return rule.ID }},
		{"ModifyTrafficMirrorFilterNetworkServices", func() error {
			_, err := st.ec2.ModifyTrafficMirrorFilterNetworkServices(ctx, ec2api.ModifyNetworkServices{Filter: filter.ID, Add: []string{"amazon-dns"}})
			return err
		}, func() string { return filter.ID }},
		{"DeleteTrafficMirrorFilterRule", func() error { return st.ec2.DeleteTrafficMirrorFilterRule(ctx, ec2api.Delete{ID: rule.ID}) }, func() string { return rule.ID }},
		{"DeleteTrafficMirrorFilter", func() error { return st.ec2.DeleteTrafficMirrorFilter(ctx, ec2api.Delete{ID: filter.ID}) }, func() string { return filter.ID }},
		{"DeleteTrafficMirrorTarget", func() error { return st.ec2.DeleteTrafficMirrorTarget(ctx, ec2api.Delete{ID: target.ID}) }, func() string { return target.ID }},
	} {
		st.c.Deny(here, step.call)
		st.refused(step.act(), ec2api.CodeUnauthorized)
		if (*events)[0].Detail["errorCode"] != "Client.UnauthorizedOperation" || (*events)[0].Detail["responseElements"] != nil {
			t.Errorf("%s refused was told as %+v", step.call, (*events)[0].Detail)
		}
		names()
		st.c.Allow(here, step.call)
		st.ok(step.act())
		if len(*events) != 1 || (*events)[0].Detail["eventName"] != step.call || (*events)[0].Detail["errorCode"] != nil {
			t.Fatalf("%s was told as %+v", step.call, *events)
		}
		asked, made := fmt.Sprint((*events)[0].Detail["requestParameters"]), fmt.Sprint((*events)[0].Detail["responseElements"])
		if !strings.Contains(made, step.id()) || !strings.Contains(asked, step.call+"Request") || !strings.Contains(made, step.call+"Response") {
			t.Errorf("%s was asked as %s and made %s", step.call, asked, made)
		}
		names()
	}
}

// expect turns a refusal that must be into none.
func expect(err error) error {
	if err == nil {
		return fmt.Errorf("the call was done")
	}
	return nil
}

// TestEventShapes holds where the ids are.
func TestEventShapes(t *testing.T) {
	st := newStage(t, Settings{})
	ctx := context.Background()
	events, names := st.listen()
	i := st.instance(InstanceSpec{Tags: map[string]string{"Name": "x"}})
	at := func(e heard, path ...string) any {
		var v any = e.Detail
		for _, p := range path {
			switch m := v.(type) {
			case map[string]any:
				v = m[p]
			case []any:
				v = m[0].(map[string]any)[p]
			}
		}
		return v
	}
	run := (*events)[0]
	for path, want := range map[string]string{
		"responseElements instancesSet items instanceId":                                   i.ID,
		"responseElements instancesSet items vpcId":                                        st.vpc.ID,
		"responseElements instancesSet items networkInterfaceSet items networkInterfaceId": i.Interfaces[0],
		"responseElements instancesSet items tagSet items value":                           "x",
		"eventSource":                "ec2.amazonaws.com",
		"userIdentity arn":           "arn:aws:iam::" + here + ":user/customer",
		"userIdentity accountId":     here,
		"requestParameters subnetId": st.subnet.ID,
	} {
		if got := at(run, strings.Fields(path)...); got != want {
			t.Errorf("RunInstances: %s is %v, want %s", path, got, want)
		}
	}
	state := (*events)[1]
	if state.Detail["instance-id"] != i.ID || state.Resources[0] != "arn:aws:ec2:eu-central-1:"+here+":instance/"+i.ID {
		t.Errorf("the state change is %+v", state)
	}
	names()
	for version := 2; version < 4; version++ {
		st.ok(st.c.Tag(i.ID, map[string]string{"n": fmt.Sprint(version)}))
		tag, trail := (*events)[0], (*events)[1]
		if tag.Detail["version"] != float64(version) || at(tag, "tags", "Name") != "x" || at(tag, "tags", "n") != fmt.Sprint(version) ||
			fmt.Sprint(tag.Detail["changed-tag-keys"]) != "[n]" || tag.Detail["resource-type"] != "instance" {
			t.Errorf("the tag change is %+v", tag.Detail)
		}
		if at(trail, "requestParameters", "resourcesSet", "items", "resourceId") != i.ID || at(trail, "requestParameters", "tagSet", "items", "key") != "n" {
			t.Errorf("CreateTags is %+v", trail.Detail)
		}
		names()
	}
	me := st.c.AccountAs(here, region1, "arn:aws:sts::1:assumed-role/mirrorwatch/x").EC2
	s := must(me.CreateTrafficMirrorSession(ctx, st.ask(i.Interfaces[0], 1)))(t)
	made := (*events)[0]
	if at(made, "requestParameters", "CreateTrafficMirrorSessionRequest", "NetworkInterfaceId") != i.Interfaces[0] ||
		at(made, "responseElements", "CreateTrafficMirrorSessionResponse", "trafficMirrorSession", "trafficMirrorSessionId") != s.ID ||
		at(made, "userIdentity", "arn") != "arn:aws:sts::1:assumed-role/mirrorwatch/x" {
		t.Errorf("CreateTrafficMirrorSession is %+v", made.Detail)
	}
	names()
	_, v, err := st.c.RunTask(here, st.subnet.ID, "cluster")
	st.ok(err)
	task := (*events)[3]
	if details := at(task, "attachments", "details").([]any); details[1].(map[string]any)["value"] != v.ID || task.Detail["version"] != 3.0 {
		t.Errorf("the task is %+v", task.Detail)
	}
}
