package deployed

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/test/region"
)

// The recorded attack, and what is found in it.
const (
	capture  = "log4shell-plain.pcap"
	found    = "access.log4shell"
	offender = "198.51.100.23"
	port     = 8080

	doorEvent = "00000000-0000-4000-8000-000000000001" // CloudTrail's id of the call that opened the door
)

// quiet is the first sweep, as the schedule does it: the machines run, and none of them is wanted.
func (in *installation) quiet(t *testing.T, ctx context.Context) {
	event, err := in.aws.Event("aws.events", "Scheduled Event", time.Now(), map[string]any{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := in.functions["mirror"].Invoke(ctx, event); err != nil {
		t.Fatalf("%v\n%s", err, in.functions["mirror"].Logs())
	}
	in.settled(t, ctx)
	sessions, err := in.sessions(ctx)
	if err != nil || len(sessions) != 0 {
		t.Errorf("%d sessions, %v", len(sessions), err)
	}
	var page struct{ Items []events.Coverage }
	in.ask(t, ctx, 200, "GET", "/v1/coverage", "", nil, &page)
	for _, c := range page.Items {
		if c.State == events.CoverageMirrored {
			t.Errorf("coverage %+v", c)
		}
	}
}

// settled waits until the mirror function has dealt with all that was told.
func (in *installation) settled(t *testing.T, ctx context.Context) {
	t.Helper()
	eventually(t, ctx, 30*time.Second, "the mirror's queue is empty", func() error {
		if n := in.mirrors.Len(); n > 0 {
			return fmt.Errorf("%d messages", n)
		}
		return nil
	}, in.functions["mirror"].Logs)
}

// rule makes a rule that tells of new detections of the kind that is to come.
func (in *installation) rule(t *testing.T, ctx context.Context) {
	rule := store.NotificationRule{
		Name: "attacks", Enabled: true, On: []string{"created"}, Match: store.DetectionFilter{Types: []string{found}},
		Channel: store.Channel{Type: "sns", Topic: in.topic},
	}
	in.ask(t, ctx, 201, "POST", "/v1/notifications/rules", "", rule, nil)
	var page struct{ Items []json.RawMessage }
	if in.ask(t, ctx, 200, "GET", "/v1/notifications/rules", "", nil, &page); len(page.Items) != 1 {
		t.Errorf("rules %s", page.Items)
	}
}

// tag is where the clock starts: the session must be there, alone, with the VNI that is leased to the interface.
func (in *installation) tag(t *testing.T, ctx context.Context) {
	began := time.Now()
	in.mirrored(t, ctx)
	in.tagged = time.Since(began)
	in.settled(t, ctx)
	eni := in.shop.Interfaces[0]
	sessions, err := in.sessions(ctx)
	if err != nil || len(sessions) != 1 || sessions[0].NetworkInterface != eni {
		t.Fatalf("sessions %+v, %v\n%s", sessions, err, in.functions["mirror"].Logs())
	}
	in.vni = sessions[0].VirtualNetworkID
	target, err := in.cloud.Account(account, place).EC2.DescribeTrafficMirrorTargets(ctx, ec2api.Query{IDs: []string{sessions[0].Target}})
	if err != nil || len(target.Items) != 1 || target.Items[0].NetworkLoadBalancer != in.fleet.Balancer.ARN {
		t.Errorf("target %+v, %v", target.Items, err)
	}
	if bound, err := in.bindings(ctx); err != nil || len(bound) != 1 || bound[eni] != in.vni {
		t.Errorf("bindings %v, %v; want VNI %d of %s", bound, err, in.vni, eni)
	}
	if err := in.cloud.Check(); err != nil {
		t.Error(err)
	}
}

// mirrored tags the shop, and waits for its session.
func (in *installation) mirrored(t *testing.T, ctx context.Context) {
	t.Helper()
	if err := in.cloud.Tag(in.shop.ID, map[string]string{"mirrorwatch": "on"}); err != nil {
		t.Fatal(err)
	}
	eventually(t, ctx, 40*time.Second, "a session", func() error {
		sessions, err := in.sessions(ctx)
		if err == nil && len(sessions) == 0 {
			err = errors.New("there is none")
		}
		return err
	}, in.functions["mirror"].Logs)
}

// door is a call that CloudTrail tells a minute late: a security group was opened for the very port.
func (in *installation) door(t *testing.T, ctx context.Context) {
	event, err := in.aws.Event("aws.ec2", "AWS API Call via CloudTrail", time.Now(), map[string]any{
		"eventVersion": "1.11", "eventTime": time.Now().Add(-time.Minute).UTC().Format(time.RFC3339), "eventSource": "ec2.amazonaws.com",
		"eventName": "AuthorizeSecurityGroupIngress", "awsRegion": place, "sourceIPAddress": "203.0.113.50", "userAgent": "aws-cli/2.17.0",
		"userIdentity": map[string]any{"type": "IAMUser", "arn": "arn:aws:iam::" + account + ":user/mallory", "accountId": account, "userName": "mallory"},
		"requestParameters": map[string]any{"groupId": shopGroup, "ipPermissions": map[string]any{"items": []any{map[string]any{
			"ipProtocol": "tcp", "fromPort": port, "toPort": port, "ipRanges": map[string]any{"items": []any{map[string]any{"cidrIp": "198.51.100.0/24"}}},
		}}}},
		"responseElements": map[string]any{"_return": true}, "eventID": doorEvent, "readOnly": false,
		"eventType": "AwsApiCall", "managementEvent": true, "recipientAccountId": account, "eventCategory": "Management",
	})
	if err != nil {
		t.Fatal(err)
	}
	in.aws.Tell(region.DefaultBus, event)
	eventually(t, ctx, 30*time.Second, "the call was read", func() error {
		if !in.logs.Dealt(doorEvent) {
			return errors.New("nobody has read it")
		}
		return nil
	}, in.functions["logs"].Logs)
}

// attack sends the packets, and asks the API until it knows of them.
func (in *installation) attack(t *testing.T, ctx context.Context) {
	in.began = time.Now()
	var err error
	if in.sent, err = in.sensor.mirror(ctx, capture, in.vni); err != nil || in.sent < 40 {
		t.Fatalf("%d packets were sent: %v", in.sent, err)
	}
	var page struct{ Items []events.Detection }
	eventually(t, ctx, 30*time.Second, "the API knows of the attack", func() error {
		status, answer, err := in.admin(ctx, "GET", "/v1/detections", "type="+found, nil)
		if err == nil && status == 200 {
			err = json.Unmarshal(answer, &page)
		}
		if err == nil && len(page.Items) == 0 {
			err = fmt.Errorf("status %d: %s", status, answer)
		}
		return err
	}, in.sensor.log.String)
	in.answered = time.Since(in.began)
	var all struct{ Items []events.Detection }
	in.ask(t, ctx, 200, "GET", "/v1/detections", "hidden=include", nil, &all)
	if len(all.Items) != 1 {
		t.Fatalf("%d detections, want one: %+v", len(all.Items), all.Items)
	}
	in.participants(t, &all.Items[0])
	stored, err := in.table.Detections.Get(ctx, all.Items[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	in.participants(t, &stored)
}

// participants holds a detection against who took part, with the names that the mirror function has given their observation point.
func (in *installation) participants(t *testing.T, d *events.Detection) {
	t.Helper()
	if d.Type != found || d.Sensor != "sensor-a" || len(d.Participants) != 2 {
		t.Fatalf("detection %+v", d)
	}
	o, v := d.Participants[0], d.Participants[1]
	if o.Role != "offender" || o.Address.String() != offender || !o.External || o.Interface != "" || o.Instance != "" {
		t.Errorf("offender %+v", o)
	}
	if v.Role != "victim" || v.Address != shopAddress || v.External || v.Interface != in.shop.Interfaces[0] || v.Instance != in.shop.ID ||
		v.Hostname != shop || v.VPC != in.shop.VPC || v.Account != account || v.Tags["env"] != "production" {
		t.Errorf("victim %+v", v)
	}
}

// correlated waits for what the rest of AWS knows: who the victim is, and who opened the door.
func (in *installation) correlated(t *testing.T, ctx context.Context) {
	var d events.Detection
	eventually(t, ctx, 30*time.Second, "the API answers with a context", func() error {
		var page struct{ Items []events.Detection }
		status, answer, err := in.admin(ctx, "GET", "/v1/detections", "type="+found, nil)
		if err == nil {
			err = json.Unmarshal(answer, &page)
		}
		if err != nil || len(page.Items) != 1 {
			return fmt.Errorf("status %d, %v: %s", status, err, answer)
		}
		if status, answer, err = in.admin(ctx, "GET", "/v1/detections/"+page.Items[0].ID, "", nil); err == nil {
			err = json.Unmarshal(answer, &d)
		}
		if err == nil && d.Context == nil {
			err = fmt.Errorf("status %d, no context: %s", status, answer)
		}
		return err
	}, in.functions["correlate"].Logs)
	in.rounded = time.Since(in.began)
	in.participants(t, &d)
	c := d.Context
	got := map[events.ContextSource]events.SourceStatus{}
	for _, s := range c.Sources {
		got[s.Source] = s.Status
	}
	want := map[events.ContextSource]events.SourceStatus{
		events.SourceInventory: events.SourceComplete, events.SourcePlaces: events.SourceMissing, events.SourceFlowLogs: events.SourceMissing,
		events.SourceCloudTrail: events.SourceWaiting, events.SourceCloudWatch: events.SourceDenied,
	}
	for _, s := range events.ContextSources() {
		if got[s] != want[s] {
			t.Errorf("source %s is %q, want %q", s, got[s], want[s])
		}
	}
	i := slices.IndexFunc(c.Who, func(w events.Identity) bool { return w.Address == shopAddress })
	if i < 0 || c.Who[i].Instance != in.shop.ID || c.Who[i].Name != shop || !slices.Equal(c.Who[i].Groups, []string{shopGroup}) {
		t.Errorf("who %+v", c.Who)
	}
	if len(c.Calls) == 0 || c.Calls[0].Name != "AuthorizeSecurityGroupIngress" || !strings.Contains(c.Calls[0].Principal, "mallory") || c.Calls[0].Adjustment != "context_door_opened" {
		t.Errorf("calls %+v", c.Calls)
	}
	if !slices.ContainsFunc(d.Risk.Terms, func(term events.Term) bool { return term.Name == "context_door_opened" && term.Points == 15 }) {
		t.Errorf("terms %+v", d.Risk.Terms)
	}
}

// heardAll wants the sensor to have heard every packet, by the one mirror whose name it knows.
func (in *installation) heardAll(t *testing.T, ctx context.Context) {
	for name, value := range map[string]int{"points_packets_total": in.sent, "points_heard": 1, "points_overflow_total": 0, "names_known": 1} {
		eventually(t, ctx, 15*time.Second, fmt.Sprintf("the sensor's metric %s is %d", name, value), func() error { return in.sensor.metric(ctx, name, value) }, in.sensor.log.String)
	}
}

// published holds the events of the detection against each other: made once, and each change told once.
func (in *installation) published(t *testing.T, ctx context.Context) {
	var page struct{ Items []events.Detection }
	in.ask(t, ctx, 200, "GET", "/v1/detections", "type="+found, nil, &page)
	d := page.Items[0]
	eventually(t, ctx, 15*time.Second, "each revision is an event", func() error {
		if n := len(in.heard(d.ID)); int64(n) < d.Revision {
			return fmt.Errorf("%d events, revision %d", n, d.Revision)
		}
		return nil
	}, in.functions["publish"].Logs)
	created, correlated := 0, 0
	seen := map[int64]bool{}
	for _, e := range in.heard(d.ID) {
		switch {
		case e.DetailType == events.DetectionCreated:
			created++
		case e.DetailType != events.DetectionUpdated:
			t.Errorf("event %s", e.DetailType)
		case e.Detail.Actor == "correlate" && e.Detail.Detection.Context != nil:
			correlated++
		}
		if seen[e.Detail.Sequence] {
			t.Errorf("sequence %d was told twice", e.Detail.Sequence)
		}
		seen[e.Detail.Sequence] = true
		if e.Account != account || e.Region != place || e.Source != events.Source {
			t.Errorf("envelope %+v", e)
		}
	}
	if created != 1 || correlated == 0 {
		t.Errorf("created %d times, and %d events of correlation", created, correlated)
	}
}

// notified wants the one message that the rule asks for.
func (in *installation) notified(t *testing.T, ctx context.Context) {
	eventually(t, ctx, 15*time.Second, "a message", func() error {
		if len(in.aws.Published(in.topic)) == 0 {
			return errors.New("nothing was published")
		}
		return nil
	}, in.functions["notify"].Logs)
	in.oneMessage(t)
}

func (in *installation) oneMessage(t *testing.T) {
	t.Helper()
	list := in.aws.Published(in.topic)
	if len(list) != 1 {
		t.Fatalf("%d messages, want one: %+v", len(list), list)
	}
	var e events.Event
	if err := json.Unmarshal([]byte(list[0].Message), &e); err != nil || e.DetailType != events.DetectionCreated || e.Detail.Detection == nil || e.Detail.Detection.Type != found {
		t.Errorf("%v: message %+v", err, list[0])
	} else if e.URL != "https://mirrorwatch.example/detections/"+e.Detail.Detection.ID {
		t.Errorf("the message leads to %q", e.URL)
	}
}

// well wants no part of the installation to have failed at any time.
func (in *installation) well(t *testing.T, _ context.Context) {
	in.oneMessage(t) // still
	for _, f := range in.aws.Faults() {
		t.Error(f)
	}
	for name, f := range in.functions {
		if f.Starts() == 0 {
			t.Errorf("%s was never started", name)
		}
		if said := errorsIn(f.Logs()); said != "" {
			t.Errorf("%s says:\n%s", name, said)
		}
	}
}
