package trail

import "strings"

// act is what a call does, before anybody asks whether it has to do with a detection.
type act struct {
	summary     string
	base        int // relevance where the tie is exact and the time is the same
	technique   string
	adjusts     string
	mark        mark
	consequence bool // it is as telling behind a detection as before
}

// doing is a class of calls that do the same thing. The first of the table that a call fits describes it.
type doing struct {
	service   string // before ".amazonaws.com"
	names     string // as in watched
	can, did  string // "open", "opened": before what it was done to
	what      func(e *entry, a args) string
	base      int
	technique string
	adjusts   string
	mark      mark
}

type mark uint8

const (
	nothingMore mark = iota
	aDoor            // it lets packets through or stops them
	aBlind           // it changes what sensors and logs see
	anEffect         // it is as telling behind a detection as before
	aTarget          // it may take the sensors' packets away, or be the business of any load balancer
	aWay             // it changes a way through the network
)

// doings is the ordered table. The techniques are those of MITRE ATT&CK for the cloud.
var doings = []doing{
	{"ec2", "AuthorizeSecurityGroupIngress ModifySecurityGroupRules", "open", "opened", opened, 95, "T1562.007", doorOpened, aDoor},
	{"ec2", "AuthorizeSecurityGroupEgress", "open the way out for", "opened the way out for", opened, 55, "T1562.007", "", aDoor},
	{"ec2", "RevokeSecurityGroup*", "close", "closed", opened, 30, "", "", nothingMore},
	{"ec2", "CreateNetworkAclEntry ReplaceNetworkAclEntry", "change", "changed", aclEntry, 60, "T1562.007", "", aDoor},
	{"ec2", "DeleteNetworkAclEntry ReplaceNetworkAclAssociation", "change", "changed", theACL, 45, "T1562.007", "", aWay},
	{"ec2", "CreateRoute ReplaceRoute DeleteRoute", "change", "changed", aRoute, 50, "", "", aWay},
	{"ec2", "AttachInternetGateway CreateVpcPeering* AcceptVpcPeering* ReplaceRouteTableAssociation", "make", "made", idsLike("", "a way through"), 50, "", "", aWay},

	{"ec2", "DeleteTrafficMirrorSession", "delete", "deleted", mirrored("the mirror session"), 92, "T1562.001", monitoringStopped, aBlind},
	{"ec2", "DeleteTrafficMirrorTarget DeleteTrafficMirrorFilter DeleteTrafficMirrorFilterRule", "delete", "deleted", mirrored("of mirroring"), 90, "T1562.001", monitoringStopped, aBlind},
	{"ec2", "ModifyTrafficMirror*", "change", "changed", mirrored("of mirroring"), 85, "T1562.001", monitoringStopped, aBlind},
	{"ec2", "DeleteFlowLogs", "delete", "deleted", idsLike("fl-", "flow logs"), 90, "T1562.008", monitoringStopped, aBlind},
	{"cloudtrail", "StopLogging", "stop", "stopped", named1("the trail", "name"), 92, "T1562.008", monitoringStopped, aBlind},
	{"cloudtrail", "DeleteTrail", "delete", "deleted", named1("the trail", "name"), 92, "T1562.008", monitoringStopped, aBlind},
	{"cloudtrail", "UpdateTrail PutEventSelectors", "change", "changed", named1("the trail", "name", "trailName"), 80, "T1562.008", monitoringStopped, aBlind},
	{"guardduty", "DeleteDetector UpdateDetector StopMonitoringMembers DisassociateMembers", "switch off or change", "switched off or changed", fixed("GuardDuty"), 85, "T1562.001", monitoringStopped, aBlind},
	{"config", "StopConfigurationRecorder DeleteConfigurationRecorder DeleteDeliveryChannel", "stop", "stopped", fixed("the recording of AWS Config"), 75, "T1562.008", monitoringStopped, aBlind},
	{"logs", "DeleteLogGroup DeleteLogStream", "delete", "deleted", named1("the log group", "logGroupName"), 75, "T1562.008", "", nothingMore},
	{"elasticloadbalancing", "DeregisterTargets", "take targets from", "took targets from", named1("", "targetGroupArn"), 70, "T1562.001", monitoringStopped, aTarget},
	{"elasticloadbalancing", "DeleteListener", "delete", "deleted", named1("", "listenerArn"), 75, "T1562.001", monitoringStopped, aTarget},
	{"elasticloadbalancing", "DeleteLoadBalancer DeleteTargetGroup", "delete", "deleted", named1("", "loadBalancerArn", "targetGroupArn"), 70, "T1562.001", monitoringStopped, aTarget},

	{"ec2", "ModifyNetworkInterfaceAttribute", "change", "changed", changedInterface, 75, "T1578.005", "", nothingMore},
	{"ec2", "ModifyInstanceAttribute", "change", "changed", changedInstance, 75, "T1578.005", "", nothingMore},
	{"ec2", "ModifyInstanceMetadata*", "change", "changed", metadata, 75, "T1578.005", "", nothingMore},
	{"ec2", "AttachNetworkInterface", "attach", "attached", attached, 75, "T1578.005", "", nothingMore},
	{"ec2", "AssociateAddress", "give a public address to", "gave a public address to", machine, 72, "T1578.005", "", nothingMore},
	{"ec2", "AssociateIamInstanceProfile ReplaceIamInstanceProfileAssociation", "give another profile to", "gave another profile to", machine, 80, "T1098.003", "", nothingMore},
	{"ec2", "RunInstances", "launch", "launched", launched, 65, "T1578.002", "", anEffect},
	{"ec2", "TerminateInstances StopInstances", "stop or terminate", "stopped or terminated", machine, 55, "T1578.003", "", anEffect},

	{"iam", "CreateAccessKey", "make", "made", forUser("a new access key"), 85, "T1098.001", newAccessKey, anEffect},
	{"iam", "CreateLoginProfile UpdateLoginProfile", "set", "set", forUser("a console password"), 80, "T1098.001", newAccessKey, anEffect},
	{"iam", "CreateUser", "make", "made", forUser("a user"), 75, "T1136.003", "", anEffect},
	{"iam", "AttachUserPolicy AttachRolePolicy AttachGroupPolicy PutUserPolicy PutRolePolicy PutGroupPolicy CreatePolicyVersion SetDefaultPolicyVersion AddUserToGroup AddRoleToInstanceProfile UpdateAssumeRolePolicy",
		"change", "changed", policies, 80, "T1098.003", "", anEffect},
	{"iam", "DeactivateMFADevice DeleteVirtualMFADevice", "take", "took", forUser("the second factor"), 80, "T1556.006", "", anEffect},
	{"signin", "ConsoleLogin", "sign in to the console", "signed in to the console", secondFactor, 80, "T1078.004", consoleSignIn, anEffect},
	{"signin", "*", "sign in", "signed in", calledName, 60, "T1078.004", "", anEffect},

	{"ssm", "StartSession ResumeSession", "begin", "began", onMachine("a session"), 80, "T1021.007", "", anEffect},
	{"ssm", "SendCommand StartAutomationExecution", "run", "ran", onMachine("a command"), 80, "T1651", "", anEffect},
	{"ec2-instance-connect", "*", "log on to", "logged on to", machine, 80, "T1021.007", "", anEffect},
	{"ec2", "ModifySnapshotAttribute ModifyImageAttribute", "share", "shared", shared, 80, "T1537", "", anEffect},
	{"ec2", "CreateSnapshot* CopySnapshot CreateImage CopyImage ExportImage", "copy", "copied", idsLike("", "disks"), 65, "T1578.001", "", anEffect},
	{"ec2", "GetPasswordData", "read", "read", onMachine("the password"), 75, "T1552", "", anEffect},
	{"secretsmanager", "GetSecretValue BatchGetSecretValue", "read", "read", named1("the secret", "secretId"), 75, "T1555.006", "", anEffect},
	{"ssm", "GetParameter* PutParameter", "read or write", "read or wrote", named1("parameters", "name"), 60, "T1552", "", anEffect},
	{"s3", "PutBucketPolicy PutBucketAcl DeleteBucketPublicAccessBlock PutBucketPublicAccessBlock DeleteBucketPolicy PutBucketReplication", "change", "changed", named1("who may read the bucket", "bucketName"), 70, "T1530", "", anEffect},
	{"s3", "DeleteBucket*", "delete", "deleted", named1("from the bucket", "bucketName"), 60, "T1485", "", anEffect},
	{"sts", "AssumeRole*", "take on", "took on", named1("the role", "roleArn"), 65, "T1550.001", "", anEffect},
	{"sts", "GetFederationToken GetSessionToken", "make", "made", fixed("credentials of its own"), 70, "T1550.001", "", anEffect},
	{"sts", "GetCallerIdentity", "ask", "asked", fixed("who it is"), 50, "T1087.004", "", anEffect},
	{"route53", "ChangeResourceRecordSets", "change", "changed", named1("names in the zone", "hostedZoneId"), 55, "", "", nothingMore},
	{"lambda", "Create* Update* AddPermission*", "change", "changed", named1("the function", "functionName"), 60, "T1648", "", anEffect},
}

// refused says whether an error's code is that of a call that was not allowed.
func refused(code string) bool {
	return strings.Contains(code, "AccessDenied") || strings.Contains(code, "Unauthorized") || strings.Contains(code, "NotAuthorized") || code == "Failure"
}

// actOf describes a call.
func actOf(e *entry, a args) act {
	service := strings.TrimSuffix(e.Service, ".amazonaws.com")
	for i := range doings {
		d := &doings[i]
		if d.service == service && named(d.names, e.Name) {
			return act{
				summary: said(e, d.can, d.did, d.what(e, a)), base: d.base, technique: d.technique, adjusts: d.adjusts,
				mark: d.mark, consequence: d.mark == anEffect || d.mark == aBlind || d.mark == aTarget,
			}
		}
	}
	base, technique := 50, ""
	if e.ReadOnly {
		base = 30
	}
	if refused(e.ErrorCode) {
		base, technique = 60, "T1580" // who tries what is forbidden looks around
	}
	return act{summary: said(e, "call", "called", calledName(e, a)), base: base, technique: technique, consequence: true}
}

// said says what was done, or that it was not.
func said(e *entry, can, did, what string) string {
	words := did
	switch {
	case refused(e.ErrorCode):
		words = "was refused to " + can
	case e.ErrorCode != "":
		words = "failed to " + can
	}
	if what == "" {
		return words
	}
	return words + " " + what
}
