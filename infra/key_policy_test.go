package main

import (
	"strings"
	"testing"
)

// checkKey wants the key turned each year, and every service that sends to a queue or topic of ours to be let to use it for that.
func checkKey(t *testing.T, most, _ template) {
	k := most.Resources["Key961B73FD"].Properties
	if k["EnableKeyRotation"] != true {
		t.Error("the key is never turned")
	}
	bySid := map[string]map[string]any{}
	for _, s := range statements(k["KeyPolicy"]) {
		sid, _ := s["Sid"].(string)
		bySid[sid] = s
		if sid != "" && sid != "EventBusLooks" && s["Condition"] == nil { // the first, without a Sid, is the account's
			t.Errorf("%s has no condition", sid)
		}
		if sid == "EventBusLooks" && s["Action"] != "kms:DescribeKey" {
			t.Errorf("%s lets EventBridge do %v for anybody", sid, s["Action"])
		}
	}
	for sid, service := range map[string]string{
		"LogGroups": "logs.eu-central-1.amazonaws.com", "EventBus": "events.amazonaws.com", "RulesToQueues": "events.amazonaws.com",
		"RulesToTopics": "events.amazonaws.com", "AlarmsToTopics": "cloudwatch.amazonaws.com", "BucketsToQueues": "s3.amazonaws.com",
	} {
		if got := dig(bySid[sid], "Principal", "Service"); got != service {
			t.Errorf("%s is for %v, want %s", sid, got, service)
		}
	}
	if dig(bySid["EventBus"], "Condition", "StringEquals", "kms:EncryptionContext:aws:events:event-bus:arn") != "arn:aws:events:eu-central-1:111122223333:event-bus/mirrorwatch-main" {
		t.Errorf("the bus: %s", text(bySid["EventBus"]))
	}
	for _, sid := range []string{"RulesToQueues", "RulesToTopics"} {
		if c := text(bySid[sid]["Condition"]); strings.Contains(c, "aws:Source") {
			t.Errorf("%s asks for a source, which EventBridge does not tell: %s", sid, c)
		}
	}
	checkContexts(t, most, bySid)
	checkAutoScaling(t, bySid)
}

// checkContexts wants names of queues and topics that the key's policy has in mind.
func checkContexts(t *testing.T, most template, bySid map[string]map[string]any) {
	if got := dig(bySid["RulesToQueues"], "Condition", "ArnLike", "kms:EncryptionContext:aws:sqs:arn"); got != "arn:aws:sqs:eu-central-1:111122223333:mirrorwatch-main-*" {
		t.Errorf("rules may use the key for queues of the name %v", got)
	}
	for id, q := range most.of("AWS::SQS::Queue") {
		if name, _ := q.Properties["QueueName"].(string); !strings.HasPrefix(name, "mirrorwatch-main-") {
			t.Errorf("%s is called %q: nothing that EventBridge sends would come", id, name)
		}
	}
	topics := text(dig(bySid["AlarmsToTopics"], "Condition", "ArnLike", "kms:EncryptionContext:aws:sns:topicArn"))
	if name := most.only(t, "AWS::SNS::Topic", "Topic").Properties["TopicName"]; name != "mirrorwatch-main" || !strings.Contains(topics, `:mirrorwatch-main"`) {
		t.Errorf("the topic is called %v, and the key is for %s", name, topics)
	}
}

// checkAutoScaling wants the service-linked role, and nobody else, to be able to start instances with encrypted disks.
func checkAutoScaling(t *testing.T, bySid map[string]map[string]any) {
	for _, sid := range []string{"AutoScaling", "AutoScalingGrants"} {
		who := dig(bySid[sid], "Condition", "StringEquals")
		if dig(bySid[sid], "Principal", "AWS") != "*" || dig(who, "kms:CallerAccount") != "111122223333" ||
			dig(who, "aws:PrincipalArn") != "arn:aws:iam::111122223333:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling" {
			t.Errorf("%s: %s", sid, text(bySid[sid]))
		}
	}
	if s := bySid["AutoScalingGrants"]; s["Action"] != "kms:CreateGrant" || dig(s, "Condition", "Bool", "kms:GrantIsForAWSResource") != "true" {
		t.Errorf("grants: %s", text(s))
	}
}
