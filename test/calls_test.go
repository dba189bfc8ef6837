package test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/detect/all"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
	"github.com/mirrorwatch/mirrorwatch/shared/trail"
)

// awsCall is an event as CloudTrail writes it; the shapes are those of the services' own answers.
func awsCall(n int, source, name, from, arn, instance, request, response string) string {
	parts := strings.Split(arn, "/")
	role, session := parts[1], parts[2]
	identity := fmt.Sprintf(`{"type":"AssumedRole","principalId":"AROAEXAMPLE:%s","arn":%q,"accountId":"123456789012","accessKeyId":"ASIAEXAMPLEEXAMPLE12",
		"sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAEXAMPLE","arn":"arn:aws:iam::123456789012:role/%s","accountId":"123456789012","userName":%q},
		"attributes":{"mfaAuthenticated":"false"}%s}}`, session, arn, role, role, map[bool]string{true: `,"ec2RoleDelivery":"2.0"`}[instance != ""])
	return fmt.Sprintf(`{"eventVersion":"1.09","userIdentity":%s,"eventTime":"2026-03-02T10:%02d:00Z","eventSource":%q,"eventName":%q,"awsRegion":"eu-central-1",
		"sourceIPAddress":%q,"userAgent":"aws-cli/2.17.0","requestParameters":%s,"responseElements":%s,"requestID":"r-%d","eventID":"8b1f2c6e-0f4a-4c1b-9a2e-5d6f7a8b%04d",
		"readOnly":false,"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"123456789012","eventCategory":"Management"}`,
		identity, n, source, name, from, request, response, n, n)
}

// TestCallsAsAWSWritesThem takes events from their text to detections. Catches: a member that the reader writes in one way and a detector
// looks for in another.
func TestCallsAsAWSWritesThem(t *testing.T) {
	const (
		ec2  = "ec2.amazonaws.com"
		loop = "arn:aws:sts::123456789012:assumed-role/mirror/loop"
		ada  = "arn:aws:sts::123456789012:assumed-role/admin/ada"
		web  = "arn:aws:sts::123456789012:assumed-role/web/i-0123456789abcdef0"
		tms  = "tms-0123456789abcdef0"
		fl   = "fl-0123456789abcdef0"
	)
	list := []string{
		awsCall(1, ec2, "CreateTrafficMirrorSession", "203.0.113.1", loop, "", `{"CreateTrafficMirrorSessionRequest":{"NetworkInterfaceId":"eni-0123456789abcdef0","SessionNumber":1,
			"TrafficMirrorFilterId":"tmf-0123456789abcdef0","TrafficMirrorTargetId":"tmt-0123456789abcdef0"}}`,
			`{"CreateTrafficMirrorSessionResponse":{"requestId":"r","trafficMirrorSession":{"networkInterfaceId":"eni-0123456789abcdef0","trafficMirrorSessionId":"`+tms+`"}}}`),
		awsCall(2, ec2, "CreateFlowLogs", "203.0.113.1", loop, "", `{"CreateFlowLogsRequest":{"LogDestinationType":"s3","ResourceId":{"content":"vpc-0123456789abcdef0","tag":1},"ResourceType":"VPC","TrafficType":"ALL"}}`,
			`{"CreateFlowLogsResponse":{"flowLogIdSet":{"item":"`+fl+`"},"requestId":"r","unsuccessful":""}}`),
		awsCall(3, ec2, "DeleteTrafficMirrorSession", "198.51.100.7", web, "i-0123456789abcdef0", `{"DeleteTrafficMirrorSessionRequest":{"TrafficMirrorSessionId":"`+tms+`"}}`,
			`{"DeleteTrafficMirrorSessionResponse":{"requestId":"r","trafficMirrorSessionId":"`+tms+`"}}`),
		awsCall(4, ec2, "DeleteFlowLogs", "203.0.113.9", ada, "", `{"DeleteFlowLogsRequest":{"FlowLogId":{"content":"`+fl+`","tag":1}}}`, `{"DeleteFlowLogsResponse":{"requestId":"r","unsuccessful":""}}`),
		awsCall(5, ec2, "CreateFlowLogs", "203.0.113.9", ada, "", `{"CreateFlowLogsRequest":{"LogDestinationType":"s3","ResourceId":{"content":"vpc-0123456789abcdef0","tag":1},"ResourceType":"VPC","TrafficType":"ALL"}}`,
			`{"CreateFlowLogsResponse":{"flowLogIdSet":{"item":"fl-0123456789abcdef1"},"requestId":"r","unsuccessful":""}}`),
		awsCall(6, "cloudtrail.amazonaws.com", "StopLogging", "203.0.113.9", ada, "", `{"name":"arn:aws:cloudtrail:eu-central-1:123456789012:trail/main"}`, "null"),
		awsCall(7, ec2, "AuthorizeSecurityGroupIngress", "203.0.113.9", ada, "", `{"groupId":"sg-0123456789abcdef0","ipPermissions":{"items":[{"ipProtocol":"tcp","fromPort":22,"toPort":22,"groups":{},
			"ipRanges":{"items":[{"cidrIp":"0.0.0.0/0"}]},"ipv6Ranges":{},"prefixListIds":{}}]}}`,
			`{"requestId":"r","_return":true,"securityGroupRuleSet":{"items":[{"groupOwnerId":"123456789012","groupId":"sg-0123456789abcdef0","securityGroupRuleId":"sgr-0123456789abcdef0","isEgress":false}]}}`),
		awsCall(8, ec2, "RevokeSecurityGroupIngress", "203.0.113.9", ada, "", `{"groupId":"sg-0123456789abcdef0","securityGroupRuleIds":{"items":[{"securityGroupRuleId":"sgr-0123456789abcdef0"}]}}`, `{"_return":true}`),
	}
	m := device.New(device.Options{})
	m.SetKnown(device.Known{OwnRoles: []string{"assumed-role/mirror/*"}})
	j := detect.NewJudge(all.Specs(), m, detect.Options{})
	for _, text := range list {
		c := new(events.CloudTrail)
		if err := trail.FromEvent([]byte(text), c); err != nil {
			t.Fatal(err)
		}
		if c.Instance != "" {
			c.InstanceKnown, c.InstanceAddrs = true, []string{"10.0.1.5", "203.0.113.80"}
		}
		j.Observe(c)
	}
	var said []string
	for _, d := range j.Detections() {
		said = append(said, fmt.Sprintf("%s %d %s", d.Type, d.Risk.Score, d.Description))
	}
	want := []string{
		"access.stolen_role_credentials 72 The credentials of i-0123456789abcdef0 were used from 198.51.100.7, which is not the instance's: 1 call of 1 service, such as DeleteTrafficMirrorSession.",
		"evasion.monitoring_stopped 22 assumed-role/admin/ada stopped flow logs of vpc-0123456789abcdef0 by 1 call (DeleteFlowLogs) from 203.0.113.9, and put it back.",
		"evasion.monitoring_stopped 67 assumed-role/admin/ada stopped CloudTrail of trail/main by 1 call (StopLogging) from 203.0.113.9.",
		"evasion.monitoring_stopped 77 assumed-role/web/i-0123456789abcdef0 stopped traffic mirroring of eni-0123456789abcdef0 by 1 call (DeleteTrafficMirrorSession) from 198.51.100.7.",
		"hygiene.open_security_group 20 assumed-role/admin/ada opened tcp 22 of sg-0123456789abcdef0 to the internet, and it was closed again.",
	}
	slices.Sort(said)
	if !slices.Equal(said, want) {
		t.Errorf("%s", strings.Join(said, "\n"))
	}
}
