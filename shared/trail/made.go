package trail

import (
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// madeBy are the members of the answer that name what a call made, where the call's own name does not say it.
var madeBy = map[string]string{
	"RunInstances":                         "instanceId",
	"AssumeRole":                           "assumedRoleId",
	"AssumeRoleWithSAML":                   "assumedRoleId",
	"AssumeRoleWithWebIdentity":            "assumedRoleId",
	"CreateAccessKey":                      "accessKeyId",
	"CreateLoginProfile":                   "userName",
	"CreateFlowLogs":                       "item",
	"CreateTrail":                          "trailARN",
	"CreateKeyPair":                        "keyPairId",
	"ImportKeyPair":                        "keyPairId",
	"AllocateAddress":                      "allocationId",
	"AssociateAddress":                     "associationId",
	"AttachNetworkInterface":               "attachmentId",
	"AuthorizeSecurityGroupIngress":        "securityGroupRuleId",
	"AuthorizeSecurityGroupEgress":         "securityGroupRuleId",
	"StartSession":                         "sessionId",
	"SendCommand":                          "commandId",
	"CreateUser":                           "arn",
	"CreateRole":                           "arn",
	"CreatePolicy":                         "arn",
	"CreateInstanceProfile":                "arn",
	"CreateImage":                          "imageId",
	"CopySnapshot":                         "snapshotId",
	"CreateDBSnapshot":                     "dBSnapshotArn",
	"CreateFunction20150331":               "functionArn",
	"CreateStack":                          "stackId",
	"ChangeResourceRecordSets":             "id",
	"CreateHostedZone":                     "id",
	"AssociateIamInstanceProfile":          "associationId",
	"ReplaceIamInstanceProfileAssociation": "associationId",
}

// made gives the id of what a call made; empty where it made nothing that has one.
func made(t *tree, response int, clean *cleaner, c *events.CloudTrail) string {
	if response < 0 || c.ErrorCode != "" {
		return ""
	}
	names := [3]string{madeBy[c.Name]}
	if names[0] == "" {
		noun := strings.TrimPrefix(c.Name, "Create")
		if noun == c.Name {
			return ""
		}
		names = [3]string{noun + "Id", noun + "Arn", noun + "Name"}
	}
	for _, name := range names {
		if name == "" {
			break
		}
		if i := deepest(t, response, name); i >= 0 {
			switch clean.class(t.key(i)) {
			case keyIDName:
				shown, _ := shownKey(t.text(i))
				return shown
			case secretName:
				return ""
			}
			return clean.text(t.text(i), maxResource)
		}
	}
	return ""
}

// deepest gives the first text of that name in a tree, whatever its case: older calls of EC2 write camelCase, newer ones a capital first.
func deepest(t *tree, node int, name string) int {
	for i := node; i < int(t.nodes[node].next); i++ {
		if n := &t.nodes[i]; n.kind == text && n.keyTo > n.key && len(name) == int(n.keyTo-n.key) && strings.EqualFold(string(t.key(i)), name) {
			return i
		}
	}
	return -1
}
