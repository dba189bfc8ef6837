package evasion

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

const (
	ada  = "arn:aws:iam::123456789012:user/ada"
	loop = "arn:aws:sts::123456789012:assumed-role/mirror-loop/mirror"
)

// call is one that was carried out, from an address outside.
func call(at time.Duration, who, service, name, parameters string) *events.CloudTrail {
	c := &events.CloudTrail{Name: name, Service: service, Account: "123456789012", From: "198.51.100.7", PrincipalType: "IAMUser", Principal: who, PrincipalOf: "123456789012", Parameters: parameters}
	c.TS, c.UID, c.OrigH = events.Time(1_772_420_400e9).Add(at), fmt.Sprintf("%s-%s-%v", name, who, at), netip.MustParseAddr("198.51.100.7")
	return c
}

func makes(c *events.CloudTrail, id string) *events.CloudTrail {
	c.Made = id
	return c
}

func refused(c *events.CloudTrail, code string) *events.CloudTrail {
	c.ErrorCode = code
	return c
}

func by(c *events.CloudTrail, service string) *events.CloudTrail {
	c.InvokedBy, c.From, c.OrigH = service, service, netip.Addr{}
	return c
}

func makeSession(at time.Duration, who, id, eni string) *events.CloudTrail {
	return makes(call(at, who, ec2, "CreateTrafficMirrorSession",
		`{"CreateTrafficMirrorSessionRequest":{"NetworkInterfaceId":"`+eni+`","SessionNumber":1,"TrafficMirrorFilterId":"tmf-1","TrafficMirrorTargetId":"tmt-1"}}`), id)
}

func endSession(at time.Duration, who, id string) *events.CloudTrail {
	return call(at, who, ec2, "DeleteTrafficMirrorSession", `{"DeleteTrafficMirrorSessionRequest":{"TrafficMirrorSessionId":"`+id+`"}}`)
}

// judged runs calls through a judge and gives the one detection there is, nil where there is none.
func judged(t *testing.T, known device.Known, set map[string]string, list ...*events.CloudTrail) *events.Detection {
	t.Helper()
	m := device.New(device.Options{})
	m.SetKnown(known)
	j := detect.NewJudge([]detect.Spec{MonitoringStopped}, m, detect.Options{Settings: map[string]map[string]string{MonitoringStopped.Type: set}})
	last := events.Time(0)
	for _, c := range list {
		j.Observe(c)
		last = max(last, c.TS)
	}
	j.Close(last)
	if len(j.Failed()) > 0 {
		t.Fatal(j.Failed()[0].Reason, j.Failed()[0].Stack)
	}
	all := j.Detections()
	if len(all) == 0 {
		return nil
	}
	if len(all) > 1 {
		t.Errorf("%d detections: %s / %s", len(all), all[0].Description, all[1].Description)
	}
	return all[0]
}

func hasTerm(d *events.Detection, name string) bool {
	return slices.ContainsFunc(d.Risk.Terms, func(t events.Term) bool { return t.Name == name })
}

// Catches: a call that blinds and is not told, a sentence without what was blinded, a risk that does not follow from what came of it.
func TestMonitoringStopped(t *testing.T) {
	const trail = "arn:aws:cloudtrail:eu-central-1:123456789012:trail/main"
	for _, c := range []struct {
		name  string
		list  []*events.CloudTrail
		says  string
		score int
		term  string
	}{
		{"a session that was seen being made", []*events.CloudTrail{makeSession(0, loop, "tms-1", "eni-1"), endSession(time.Hour, ada, "tms-1")},
			"user/ada stopped traffic mirroring of eni-1 by 1 call (DeleteTrafficMirrorSession) from 198.51.100.7.", 67, ""},
		{"a session that the principal made", []*events.CloudTrail{makeSession(0, ada, "tms-1", "eni-1"), endSession(time.Hour, ada, "tms-1")}, "of eni-1 by 1 call", 47, "own_making"},
		{"a session that was not", []*events.CloudTrail{endSession(0, ada, "tms-2")}, "of traffic-mirror-session/tms-2 by", 67, ""},
		{"several", []*events.CloudTrail{endSession(0, ada, "tms-1"), endSession(1, ada, "tms-2"), endSession(2, ada, "tms-3"), endSession(3, ada, "tms-4")},
			"of traffic-mirror-session/tms-1, traffic-mirror-session/tms-2, traffic-mirror-session/tms-3 and 1 more by 4 calls", 67, ""},
		{"a refused one", []*events.CloudTrail{refused(endSession(0, ada, "tms-1"), "Client.UnauthorizedOperation")},
			"user/ada tried to stop traffic mirroring of traffic-mirror-session/tms-1 by 1 call (DeleteTrafficMirrorSession) from 198.51.100.7, and was refused.", 37, "refused"},
		{"refused, and then not", []*events.CloudTrail{refused(endSession(0, ada, "tms-1"), "Client.UnauthorizedOperation"), endSession(1e9, ada, "tms-1")}, "stopped traffic mirroring of", 67, ""},
		{"cut packets", []*events.CloudTrail{call(0, ada, ec2, "ModifyTrafficMirrorSession", `{"ModifyTrafficMirrorSessionRequest":{"PacketLength":64,"TrafficMirrorSessionId":"tms-1"}}`)},
			"user/ada narrowed traffic mirroring of traffic-mirror-session/tms-1", 47, "narrowed"},
		{"packets that go elsewhere", []*events.CloudTrail{call(0, ada, ec2, "ModifyTrafficMirrorSession", `{"ModifyTrafficMirrorSessionRequest":{"TrafficMirrorTargetId":"tmt-9","TrafficMirrorSessionId":"tms-1"}}`)},
			"user/ada stopped traffic mirroring of traffic-mirror-session/tms-1", 67, ""},
		{"a rule that rejects", []*events.CloudTrail{call(0, ada, ec2, "CreateTrafficMirrorFilterRule",
			`{"CreateTrafficMirrorFilterRuleRequest":{"TrafficMirrorFilterId":"tmf-1","RuleAction":"reject","RuleNumber":1}}`)}, "narrowed traffic mirroring of traffic-mirror-filter/tmf-1", 47, "narrowed"},
		{"no names any more", []*events.CloudTrail{call(0, ada, ec2, "ModifyTrafficMirrorFilterNetworkServices",
			`{"ModifyTrafficMirrorFilterNetworkServicesRequest":{"TrafficMirrorFilterId":"tmf-1","RemoveNetworkService":{"tag":1,"content":"amazon-dns"}}}`)}, "narrowed", 47, "narrowed"},
		{"flow logs", []*events.CloudTrail{
			makes(call(0, loop, ec2, "CreateFlowLogs", `{"CreateFlowLogsRequest":{"ResourceId":{"tag":1,"content":"vpc-1"},"ResourceType":"VPC","TrafficType":"ALL"}}`), "fl-1"),
			call(time.Hour, ada, ec2, "DeleteFlowLogs", `{"DeleteFlowLogsRequest":{"FlowLogId":{"tag":1,"content":"fl-1"}}}`)}, "user/ada stopped flow logs of vpc-1 by 1 call", 67, ""},
		{"a trail", []*events.CloudTrail{call(0, ada, cloudTrail, "StopLogging", `{"name":"`+trail+`"}`)}, "user/ada stopped CloudTrail of trail/main by 1 call (StopLogging)", 67, ""},
		{"a trail that writes elsewhere", []*events.CloudTrail{call(0, loop, cloudTrail, "CreateTrail", `{"name":"main","s3BucketName":"ours"}`),
			call(time.Hour, ada, cloudTrail, "UpdateTrail", `{"name":"main","s3BucketName":"theirs"}`)}, "user/ada stopped CloudTrail of trail/main", 67, ""},
		{"a trail of one region", []*events.CloudTrail{call(0, ada, cloudTrail, "UpdateTrail", `{"name":"main","isMultiRegionTrail":false}`)}, "narrowed CloudTrail of trail/main", 47, "narrowed"},
		{"no management events", []*events.CloudTrail{call(0, ada, cloudTrail, "PutEventSelectors",
			`{"trailName":"main","eventSelectors":[{"readWriteType":"All","includeManagementEvents":false,"dataResources":[]}]}`)}, "narrowed CloudTrail of trail/main", 47, "narrowed"},
		{"advanced selectors without one service", []*events.CloudTrail{call(0, ada, cloudTrail, "PutEventSelectors",
			`{"trailName":"main","advancedEventSelectors":[{"fieldSelectors":[{"field":"eventCategory","equals":["Management"]},{"field":"eventSource","notEquals":["iam.amazonaws.com"]}]}]}`)}, "narrowed", 47, "narrowed"},
		{"the mirror's targets", []*events.CloudTrail{call(0, ada, elb, "DeregisterTargets",
			`{"targetGroupArn":"arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/x/1","targets":[{"id":"i-1","port":4789}]}`)}, "stopped the load balancer of the mirror of targetgroup/x/1", 67, ""},
		{"the mirror's listener, known from the target", []*events.CloudTrail{
			makes(call(0, loop, ec2, "CreateTrafficMirrorTarget", `{"CreateTrafficMirrorTargetRequest":{"NetworkLoadBalancerArn":"arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/net/nlb/77"}}`), "tmt-1"),
			call(time.Hour, ada, elb, "DeleteListener", `{"listenerArn":"arn:aws:elasticloadbalancing:eu-central-1:123456789012:listener/net/nlb/77/88"}`)}, "of loadbalancer/net/nlb/77", 67, ""},
		{"GuardDuty", []*events.CloudTrail{call(0, ada, guardDutyAPI, "UpdateDetector", `{"detectorId":"12ab","enable":false}`)}, "user/ada stopped GuardDuty of detector/12ab", 67, ""},
		{"Config", []*events.CloudTrail{call(0, ada, configAPI, "StopConfigurationRecorder", `{"configurationRecorderName":"default"}`)}, "stopped AWS Config of config-recorder/default", 67, ""},
		{"our alarms", []*events.CloudTrail{call(0, ada, cloudWatch, "DeleteAlarms", `{"alarmNames":["mirrorwatch-drops","other"]}`)}, "stopped alarms of alarm/mirrorwatch-drops", 67, ""},
		{"by CloudFormation, for nobody who is known to deploy", []*events.CloudTrail{by(endSession(0, ada, "tms-1"), "cloudformation.amazonaws.com")},
			"user/ada stopped traffic mirroring of traffic-mirror-session/tms-1 by 1 call (DeleteTrafficMirrorSession).", 67, ""},
	} {
		d := judged(t, device.Known{OwnRoles: []string{"assumed-role/mirror-loop/*"}}, nil, c.list...)
		if d == nil || !strings.Contains(d.Description, c.says) || d.Risk.Score != c.score || c.term != "" && !hasTerm(d, c.term) {
			t.Errorf("%s: %+v, want %q with %d and %q", c.name, d, c.says, c.score, c.term)
		}
	}
}

// Catches: an alarm for what is nobody's attack.
func TestInnocentStops(t *testing.T) {
	at := events.Time(1_772_420_400e9).Time()
	known := device.Known{
		OwnRoles: []string{"assumed-role/mirror-loop/*"},
		Changes:  []device.PlannedChange{{From: at, To: at.Add(time.Hour), Principal: "user/ada", Reason: "new sensors"}},
	}
	const deploy = "arn:aws:sts::123456789012:assumed-role/deploy/AWSCloudFormation"
	linked := call(0, "arn:aws:sts::123456789012:assumed-role/AWSServiceRoleForAutoScaling/x", elb, "DeregisterTargets", `{"targetGroupArn":"arn:x","targets":[{"id":"i-1","port":4789}]}`)
	selectors := `{"trailName":"main","eventSelectors":[{"readWriteType":"All","includeManagementEvents":true,"excludeManagementEventSources":["kms.amazonaws.com"]}]}`
	for name, list := range map[string][]*events.CloudTrail{
		"an administrator's planned change":   {endSession(time.Minute, ada, "tms-1"), call(2*time.Minute, ada, cloudTrail, "StopLogging", `{"name":"main"}`)},
		"the mirror loop's own deletions":     {endSession(0, loop, "tms-1"), endSession(1, loop, "tms-2")},
		"a deploy by CloudFormation":          {by(endSession(2*time.Hour, deploy, "tms-1"), "cloudformation.amazonaws.com")},
		"scaling in":                          {by(linked, "autoscaling.amazonaws.com")},
		"a session that is not there":         {refused(endSession(2*time.Hour, ada, "tms-1"), "Client.InvalidTrafficMirrorSessionId.NotFound")},
		"targets of others":                   {call(2*time.Hour, ada, elb, "DeregisterTargets", `{"targetGroupArn":"arn:aws:elasticloadbalancing:r:1:targetgroup/web/1","targets":[{"id":"i-1","port":80}]}`)},
		"a listener of others":                {call(2*time.Hour, ada, elb, "DeleteListener", `{"listenerArn":"arn:aws:elasticloadbalancing:r:1:listener/app/web/1/2"}`)},
		"alarms of others":                    {call(2*time.Hour, ada, cloudWatch, "DeleteAlarms", `{"alarmNames":["cpu"]}`)},
		"another name for a session":          {call(2*time.Hour, ada, ec2, "ModifyTrafficMirrorSession", `{"ModifyTrafficMirrorSessionRequest":{"Description":"x","TrafficMirrorSessionId":"tms-1"}}`)},
		"selectors that leave out what costs": {call(2*time.Hour, ada, cloudTrail, "PutEventSelectors", selectors)},
		"a detector of something else":        {call(2*time.Hour, ada, "frauddetector.amazonaws.com", "DeleteDetector", `{"detectorId":"x"}`)},
		"a rule that rejects goes": {
			makes(call(2*time.Hour, loop, ec2, "CreateTrafficMirrorFilterRule", `{"CreateTrafficMirrorFilterRuleRequest":{"TrafficMirrorFilterId":"tmf-1","RuleAction":"reject"}}`), "tmfr-1"),
			call(3*time.Hour, ada, ec2, "DeleteTrafficMirrorFilterRule", `{"DeleteTrafficMirrorFilterRuleRequest":{"TrafficMirrorFilterRuleId":"tmfr-1"}}`)},
	} {
		if d := judged(t, known, map[string]string{"planned_principals": "assumed-role/deploy/*"}, list...); d != nil {
			t.Errorf("%s: %s", name, d.Description)
		}
	}
	if d := judged(t, known, nil, endSession(time.Hour, ada, "tms-1")); d == nil {
		t.Error("a change that comes after its time is told of")
	}
	if d := judged(t, known, map[string]string{"planned_principals": "assumed-role/deploy/*"}, endSession(0, deploy, "tms-1")); d == nil || d.Risk.Score != 42 || !hasTerm(d, "planned_principal") {
		t.Errorf("whoever deploys, by himself: %+v", d)
	}
}

// Catches: a replaced session that stays an alarm, and a deletion that is talked away by something else that was made.
func TestPutBack(t *testing.T) {
	const minute = time.Minute
	seen := func(list ...*events.CloudTrail) []*events.CloudTrail {
		return append([]*events.CloudTrail{makeSession(-time.Hour, loop, "tms-1", "eni-1"), makeSession(-time.Hour+1, loop, "tms-2", "eni-2")}, list...)
	}
	elsewhere := makeSession(minute, ada, "tms-9", "eni-1")
	elsewhere.Parameters = strings.ReplaceAll(elsewhere.Parameters, "tmt-1", "tmt-666")
	cut := makeSession(minute, ada, "tms-9", "eni-1")
	cut.Parameters = strings.ReplaceAll(cut.Parameters, `"SessionNumber":1`, `"PacketLength":64`)
	for _, c := range []struct {
		name  string
		list  []*events.CloudTrail
		score int
		term  string
	}{
		{"terraform replaces a session", seen(endSession(0, ada, "tms-1"), makeSession(minute, ada, "tms-9", "eni-1")), 22, "put_back"},
		{"the new one first", seen(makeSession(0, ada, "tms-9", "eni-1"), endSession(minute, ada, "tms-1")), 22, "put_back"},
		{"heard of in the wrong order", seen(makeSession(minute, ada, "tms-9", "eni-1"), endSession(0, ada, "tms-1")), 22, "put_back"},
		{"too late", seen(endSession(0, ada, "tms-1"), makeSession(11*minute, ada, "tms-9", "eni-1")), 67, ""},
		{"by another", seen(endSession(0, ada, "tms-1"), makeSession(minute, loop, "tms-9", "eni-1")), 67, ""},
		{"of another interface", seen(endSession(0, ada, "tms-1"), makeSession(minute, ada, "tms-9", "eni-2")), 67, ""},
		{"to another target", seen(endSession(0, ada, "tms-1"), elsewhere), 67, ""},
		{"with cut packets", seen(endSession(0, ada, "tms-1"), cut), 67, ""},
		{"one of two", seen(endSession(0, ada, "tms-1"), endSession(1, ada, "tms-2"), makeSession(minute, ada, "tms-9", "eni-1")), 67, ""},
		{"both", seen(endSession(0, ada, "tms-1"), endSession(1, ada, "tms-2"), makeSession(minute, ada, "tms-9", "eni-1"), makeSession(minute+1, ada, "tms-8", "eni-2")), 22, "put_back"},
		{"and then another", seen(endSession(0, ada, "tms-1"), makeSession(minute, ada, "tms-9", "eni-1"), endSession(2*minute, ada, "tms-2")), 67, ""},
		{"of what nobody knows what it watched", []*events.CloudTrail{endSession(0, ada, "tms-1"), makeSession(minute, ada, "tms-9", "eni-1")}, 47, "perhaps_put_back"},
		{"a trail", []*events.CloudTrail{call(0, ada, cloudTrail, "StopLogging", `{"name":"main"}`), call(minute, ada, cloudTrail, "StartLogging", `{"name":"main"}`)}, 22, "put_back"},
		{"another trail", []*events.CloudTrail{call(0, ada, cloudTrail, "StopLogging", `{"name":"main"}`), call(minute, ada, cloudTrail, "StartLogging", `{"name":"other"}`)}, 67, ""},
		{"it was refused", []*events.CloudTrail{call(0, ada, cloudTrail, "StopLogging", `{"name":"main"}`), refused(call(minute, ada, cloudTrail, "StartLogging", `{"name":"main"}`), "AccessDenied")}, 67, ""},
	} {
		d := judged(t, device.Known{OwnRoles: []string{"assumed-role/mirror-loop/*"}}, nil, c.list...)
		if d == nil || d.Risk.Score != c.score || (c.term != "") != (hasTerm(d, "put_back") || hasTerm(d, "perhaps_put_back")) || c.term != "" && !hasTerm(d, c.term) {
			t.Errorf("%s: %+v, want %d and %q", c.name, d, c.score, c.term)
		}
	}
}

// Catches: a participant that is lost for want of an address, an offender without a name, a redelivered event that counts twice.
func TestWhoStoppedWhat(t *testing.T) {
	first, list := endSession(time.Hour, ada, "tms-1"), []*events.CloudTrail{makeSession(0, loop, "tms-1", "eni-1")}
	first.Instance = "i-1"
	list = append(list, first, first, by(endSession(2*time.Hour, ada, "tms-2"), "cloudformation.amazonaws.com"))
	d := judged(t, device.Known{}, nil, list...)
	if d == nil || len(d.Participants) != 4 || d.Properties["carried_out"] != 2 || len(d.Evidence.UIDs) != 2 || len(d.Activity) != 1 {
		t.Fatalf("%+v", d)
	}
	p := d.Participants
	if p[0].Role != detect.Offender || p[0].User != "user/ada" || p[0].Address.String() != "198.51.100.7" || !p[0].External || p[0].Instance != "i-1" || p[0].Account != "123456789012" {
		t.Errorf("the caller: %+v", p[0])
	}
	if p[1].Role != detect.Offender || p[1].User != "user/ada" || p[1].Address.IsValid() || p[1].External || p[1].Device != "" {
		t.Errorf("by way of a service: %+v", p[1])
	}
	if p[2].Role != detect.Victim || p[2].Interface != "eni-1" || p[2].Address.IsValid() || p[3].Hostname != "traffic-mirror-session/tms-2" {
		t.Errorf("what was blinded: %+v %+v", p[2], p[3])
	}
	if !hasTerm(d, "instance_role") || hasTerm(d, "external_offender") {
		t.Errorf("%+v", d.Risk.Terms)
	}
	text, err := d.AppendJSON(nil)
	var again events.Detection
	if err := json.Unmarshal(text, &again); err != nil || again.Participants[1].Address.IsValid() || again.Participants[2].Interface != "eni-1" {
		t.Error(err, string(text))
	}
	if err != nil {
		t.Error(err)
	}
}

// Catches: what was seen before a restart and is asked for after it.
func TestStoppedIsKept(t *testing.T) {
	kept := map[string][]byte{}
	for i, c := range []*events.CloudTrail{makeSession(0, loop, "tms-1", "eni-1"), endSession(time.Hour, ada, "tms-1"), makeSession(time.Hour+time.Minute, ada, "tms-2", "eni-1")} {
		d := NewMonitoringStopped(MonitoringStoppedDefaults())
		for k, v := range kept {
			if err := d.Load([]byte(k), v); err != nil {
				t.Fatal(err)
			}
		}
		m := device.New(device.Options{})
		found := d.Observe(c, m.Observe(c))
		again := d.Observe(c, m.Observe(c))
		switch {
		case len(again) != 0:
			t.Errorf("call %d was counted twice", i)
		case i == 0 && len(found) != 0, i == 1 && (len(found) != 1 || found[0].Victims[0].AWS.Interface != "eni-1"), i == 2 && (len(found) != 1 || !found[0].Final || !strings.Contains(found[0].Description, "put it back")):
			t.Errorf("call %d: %+v", i, found)
		}
		d.Save(func(key, value []byte) { kept[string(key)] = slices.Clone(value) })
	}
}

// Catches: tables that grow with whatever a flood of calls names.
func TestStoppedIsBounded(t *testing.T) {
	tune := MonitoringStoppedDefaults()
	tune.Principals, tune.Things = 16, 64
	d, v := NewMonitoringStopped(tune), device.New(device.Options{}).View()
	for i := range 2000 {
		who := fmt.Sprintf("arn:aws:iam::123456789012:user/%d", i)
		d.Observe(makeSession(time.Duration(i), who, fmt.Sprintf("tms-%d", i), fmt.Sprintf("eni-%d", i)), v)
		d.Observe(endSession(time.Duration(i)+1e9, who, fmt.Sprintf("tms-x%d", i)), v)
	}
	if d.known.Len() > 64 || d.ends.Len() > 64 || d.made.Len() > 64 || d.Overflow() < 2000 {
		t.Errorf("%d %d %d, %d", d.known.Len(), d.ends.Len(), d.made.Len(), d.Overflow())
	}
}

// TestEvidence runs records as CloudTrail's reader gives them: two hours of an account in which one principal blinds the sensor and the
// trail, and others work.
func TestEvidence(t *testing.T) {
	list := recorded(t, "testdata/monitoring_stopped.jsonl")
	m := device.New(device.Options{})
	m.SetKnown(device.Known{OwnRoles: []string{"role/mirrorwatch-mirror"}})
	j := detect.NewJudge([]detect.Spec{MonitoringStopped}, m, detect.Options{})
	for _, c := range list {
		j.Observe(c)
	}
	j.Close(list[len(list)-1].TS)
	var said []string
	for _, d := range j.Detections() {
		said = append(said, fmt.Sprintf("%d %s", d.Risk.Score, d.Description))
		for _, uid := range d.Evidence.UIDs {
			if !slices.ContainsFunc(list, func(c *events.CloudTrail) bool { return c.UID == uid }) {
				t.Errorf("no record has the uid %s", uid)
			}
		}
	}
	want := []string{
		"77 assumed-role/web/i-0aa11bb22cc33dd44 stopped traffic mirroring of eni-0a1b2c3d4e5f60718 by 1 call (DeleteTrafficMirrorSession) from 198.51.100.7.",
		"57 assumed-role/web/i-0aa11bb22cc33dd44 tried to stop CloudTrail of trail/organisation by 1 call (StopLogging) from 198.51.100.7, and was refused.",
		"22 assumed-role/terraform/ci stopped flow logs of vpc-0feedbeef12345678 by 1 call (DeleteFlowLogs) from 203.0.113.40, and put it back.",
	}
	if !slices.Equal(said, want) {
		t.Errorf("%s", strings.Join(said, "\n"))
	}
}

func recorded(t *testing.T, path string) (list []*events.CloudTrail) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		c := new(events.CloudTrail)
		if err := json.Unmarshal(lines.Bytes(), c); err != nil {
			t.Fatalf("%v in %s", err, lines.Bytes())
		}
		list = append(list, c)
	}
	return list
}
