package trail

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
)

func TestWorth(t *testing.T) {
	for _, c := range []struct {
		call  string // service and name
		read  bool
		worth bool
	}{
		{"ec2 AuthorizeSecurityGroupIngress", false, true}, {"ec2 DeleteTrafficMirrorSession", false, true}, {"ec2 DeleteFlowLogs", false, true}, {"ec2 RunInstances", false, true},
		{"ec2 ModifyNetworkInterfaceAttribute", false, true}, {"ec2 CreateRoute", false, true}, {"ec2 AllocateAddress", false, true}, {"ec2 GetPasswordData", true, true},
		{"ec2 DescribeInstances", true, false}, {"ec2 DescribeSecurityGroups", true, false},
		{"iam CreateAccessKey", false, true}, {"iam AttachUserPolicy", false, true}, {"iam ListUsers", true, false}, {"iam GetRole", true, false}, {"iam GenerateCredentialReport", true, false},
		{"cloudtrail StopLogging", false, true}, {"cloudtrail LookupEvents", true, false}, {"guardduty DeleteDetector", false, true}, {"config StopConfigurationRecorder", false, true},
		{"logs DeleteLogGroup", false, true}, {"logs CreateLogStream", false, false}, {"logs PutLogEvents", false, false},
		{"kms ScheduleKeyDeletion", false, true}, {"kms Decrypt", true, false}, {"kms CreateGrant", false, false},
		{"elasticloadbalancing DeleteListener", false, true}, {"elasticloadbalancing DeregisterTargets", false, true}, {"elasticloadbalancing DescribeTargetHealth", true, false},
		{"s3 PutBucketPolicy", false, true}, {"s3 GetBucketAcl", true, false}, {"s3 PutObject", false, false}, {"route53 ChangeResourceRecordSets", false, true},
		{"signin ConsoleLogin", false, true}, {"sts AssumeRole", true, true}, {"sts AssumeRoleWithWebIdentity", true, true}, {"sts GetCallerIdentity", true, true},
		{"secretsmanager GetSecretValue", true, true}, {"secretsmanager DescribeSecret", true, false}, {"ssm StartSession", false, true}, {"ssm UpdateInstanceInformation", false, false},
		{"dynamodb PutItem", false, false}, {"s3-control PutAccessPointPolicy", false, true}, {"s3-control ListJobs", true, false},
	} {
		service, name, _ := strings.Cut(c.call, " ")
		call := events.CloudTrail{Service: service + ".amazonaws.com", Name: name, ReadOnly: c.read}
		if got := Worth(&call); got != c.worth {
			t.Errorf("%s: worth keeping %t", c.call, got)
		}
		if call.ErrorCode = "AccessDenied"; Worth(&call) != c.worth {
			t.Errorf("%s, refused: no longer worth %t", c.call, c.worth)
		}
		if call.ErrorCode = "Client.DryRunOperation"; Worth(&call) {
			t.Errorf("%s: a dry run is worth keeping", c.call)
		}
	}
}

// TestSessionsOfInstancesAreWorth keeps whatever the role of a machine calls from an address.
func TestSessionsOfInstancesAreWorth(t *testing.T) {
	call := events.CloudTrail{Service: "s3.amazonaws.com", Name: "ListBuckets", ReadOnly: true, Instance: "i-0abc1234def567890"}
	if Worth(&call) {
		t.Error("it is kept without an address")
	}
	if call.OrigH = netip.MustParseAddr("198.51.100.7"); !Worth(&call) {
		t.Error("it is not kept")
	}
}

// TestTablesSayWhy holds that each row has a reason, a weight, and a name that can match.
func TestTablesSayWhy(t *testing.T) {
	for _, w := range watchedCalls {
		if w.why == "" || w.weight < 1 || w.weight > 9 || w.names == "" || w.service == "" {
			t.Errorf("%+v", w)
		}
	}
	for _, d := range doings {
		kept := false
		for one := range strings.FieldsSeq(d.names) {
			kept = kept || Worth(&events.CloudTrail{Service: d.service + ".amazonaws.com", Name: strings.Trim(one, "*") + "X"[:strings.Count(one, "*")], Head: events.Head{OrigH: netip.MustParseAddr("192.0.2.1")}, Instance: "i-0abc1234def567890"})
		}
		if d.base < 1 || d.base > 100 || d.did == "" || d.can == "" || !kept {
			t.Errorf("%s %s is never in the index, or says nothing", d.service, d.names)
		}
	}
}
