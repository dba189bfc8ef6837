package events

import "net/netip"

// awsSamples are of what AWS tells, not of packets.
func awsSamples() []Record {
	from := Head{
		TS: 1772420645e9, UID: "8b1f2c6e-0f4a-4c1b-9a2e-5d6f7a8b9c0d", OrigH: netip.MustParseAddr("198.51.100.7"),
	}
	return []Record{
		&CloudTrail{
			Head: from, Name: "GetCallerIdentity", Service: "sts.amazonaws.com", Region: "eu-central-1", Account: "123456789012", From: "198.51.100.7",
			Agent: "aws-cli/2.17.0", PrincipalType: "AssumedRole", Principal: "arn:aws:sts::123456789012:assumed-role/web/i-0abc1234def567890",
			PrincipalID: "AROAEXAMPLEID:i-0abc1234def567890", PrincipalOf: "123456789012", User: "web", Role: "arn:aws:iam::123456789012:role/web",
			Session: "i-0abc1234def567890", Instance: "i-0abc1234def567890", AccessKey: "****************WXYZ", KeyHash: "0123456789abcdef",
			ReadOnly: true, EventType: "AwsApiCall", InstanceKnown: true, InstanceAddrs: []string{"10.20.1.15", "203.0.113.80"},
		},
	}
}
