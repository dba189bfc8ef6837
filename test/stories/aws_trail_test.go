package stories

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"
	"time"
)

const account = "123456789012"

// call is one record of CloudTrail, as AWS writes it.
type call struct {
	at        time.Time
	name      string
	service   string
	from      string
	who       map[string]any // userIdentity
	request   any
	response  any
	agent     string
	readOnly  bool
	errorCode string
}

// person is an IAM user.
func person(name string) map[string]any {
	return map[string]any{
		"type": "IAMUser", "principalId": "AIDAEXAMPLE" + name, "arn": "arn:aws:iam::" + account + ":user/" + name, "accountId": account,
		"accessKeyId": "AKIAEXAMPLE000000001", "userName": name,
	}
}

// session is what a role's temporary credentials are called by; of an instance's role the name is the instance's id.
func session(role, name string) map[string]any {
	return map[string]any{
		"type": "AssumedRole", "principalId": "AROAEXAMPLE" + role + ":" + name, "arn": "arn:aws:sts::" + account + ":assumed-role/" + role + "/" + name,
		"accountId": account, "accessKeyId": "ASIAEXAMPLE000000001",
		"sessionContext": map[string]any{
			"sessionIssuer": map[string]any{
				"type": "Role", "principalId": "AROAEXAMPLE" + role, "arn": "arn:aws:iam::" + account + ":role/" + role, "accountId": account, "userName": role,
			},
			"attributes":      map[string]any{"creationDate": "2026-11-26T06:00:00Z", "mfaAuthenticated": "false"},
			"ec2RoleDelivery": "1.0",
		},
	}
}

// trail writes calls as a file of CloudTrail's.
func trail(t *testing.T, folder string, calls ...call) {
	t.Helper()
	if len(calls) == 0 {
		return
	}
	var records []map[string]any
	for i, c := range calls {
		r := map[string]any{
			"eventVersion": "1.11", "userIdentity": c.who, "eventTime": c.at.UTC().Format(time.RFC3339), "eventSource": c.service, "eventName": c.name,
			"awsRegion": "eu-central-1", "sourceIPAddress": c.from, "userAgent": c.agent, "requestParameters": c.request, "responseElements": c.response,
			"requestID": fmt.Sprintf("00000000-0000-4000-8000-%012d", i), "eventID": fmt.Sprintf("%08x-0000-4000-8000-%012d", c.at.Unix(), i),
			"readOnly": c.readOnly, "eventType": "AwsApiCall", "managementEvent": true, "recipientAccountId": account, "eventCategory": "Management",
		}
		if c.errorCode != "" {
			r["errorCode"] = c.errorCode
		}
		records = append(records, r)
	}
	b, err := json.Marshal(map[string]any{"Records": records})
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("%s_CloudTrail_eu-central-1_%s_Mu0KsOhtH1ar15ZZ.json.gz", account, calls[0].at.UTC().Format("20060102T1504Z"))
	packed(t, filepath.Join(folder, name), string(b))
}

// opened is a port of a security group that somebody opened.
func opened(at time.Time, who map[string]any, from, group string, port int, cidr string) call {
	return call{
		at: at, name: "AuthorizeSecurityGroupIngress", service: "ec2.amazonaws.com", from: from, who: who, agent: "console.amazonaws.com",
		request: map[string]any{"groupId": group, "ipPermissions": map[string]any{"items": []any{map[string]any{
			"ipProtocol": "tcp", "fromPort": port, "toPort": port, "ipRanges": map[string]any{"items": []any{map[string]any{"cidrIp": cidr}}},
		}}}},
		response: map[string]any{"_return": true},
	}
}
