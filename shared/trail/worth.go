package trail

import (
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// watched is a class of calls that are worth keeping. The first of the table that a call fits says why it is kept, and how dear it is:
// where an index is full, the cheapest leave first.
type watched struct {
	service string // before ".amazonaws.com"; empty: any
	names   string // of calls, with spaces; one that ends in * stands for all that begin so
	weight  int    // 1 to 9
	few     bool   // of one session, address and name one a quarter of an hour, with a count
	why     string
}

// watchedCalls is the ordered table. Calls that only read are in it where they are used to steal or to look around; the rest of them is noise.
var watchedCalls = []watched{
	{"ec2", "DeleteTrafficMirror* ModifyTrafficMirror* CreateTrafficMirror* DeleteFlowLogs", 9, false, "someone changes what sensors and logs see"},
	{"cloudtrail", "StopLogging DeleteTrail UpdateTrail PutEventSelectors DeleteEventDataStore StopEventDataStoreIngestion PutInsightSelectors", 9, false, "someone changes what is logged"},
	{"guardduty", "Delete* Update* Disassociate* Stop* Archive* CreateFilter", 9, false, "someone changes what is found"},
	{"securityhub", "Disable* BatchDisable* Delete*", 9, false, "someone changes what is found"},
	{"config", "Stop* Delete*", 9, false, "someone changes what is recorded"},
	{"logs", "DeleteLogGroup DeleteLogStream DeleteSubscriptionFilter PutSubscriptionFilter PutRetentionPolicy DeleteLogDelivery DeleteDelivery*", 8, false, "someone changes where logs go"},
	{"ec2", "AuthorizeSecurityGroup* RevokeSecurityGroup* ModifySecurityGroupRules CreateNetworkAcl* ReplaceNetworkAcl* DeleteNetworkAcl*", 9, false, "a door is opened or shut"},
	{"signin", "*", 8, false, "someone signs in to the console"},
	{"iam", "Create* Put* Attach* Update* Delete* Detach* Add* Remove* Upload* Enable* Deactivate* Set* Tag* Untag* Change*", 8, false, "who may do what is changed"},
	{"secretsmanager", "GetSecretValue BatchGetSecretValue", 6, true, "a secret is read"},
	{"secretsmanager", "Put* Update* Delete* Create* Rotate* Restore*", 6, false, "a secret is changed"},
	{"kms", "ScheduleKeyDeletion DisableKey PutKeyPolicy CreateKey EnableKey CancelKeyDeletion ImportKeyMaterial DeleteImportedKeyMaterial ReplicateKey UpdateAlias DeleteAlias", 7, false, "a key is changed"},
	{"ssm", "StartSession ResumeSession SendCommand StartAutomationExecution CreateAssociation* UpdateAssociation* PutParameter DeleteParameter* ModifyDocumentPermission UpdateDocument*", 8, false, "someone acts on a machine through Systems Manager"},
	{"ec2-instance-connect", "SendSSHPublicKey SendSerialConsoleSSHPublicKey OpenTunnel", 8, false, "someone logs on to a machine"},
	{"ec2", "ModifySnapshotAttribute ModifyImageAttribute CreateSnapshot* CopySnapshot CopyImage CreateImage ExportImage CreateInstanceExportTask CreateKeyPair ImportKeyPair", 7, false, "a disk, an image or a key changes hands"},
	{"ec2", "GetPasswordData GetConsoleScreenshot", 7, true, "the way into a machine is read"},
	{"ec2", "ModifyNetworkInterfaceAttribute ModifyInstanceAttribute ModifyInstanceMetadata* AttachNetworkInterface AssociateAddress AssociateIamInstanceProfile ReplaceIamInstanceProfileAssociation ResetInstanceAttribute", 8, false, "a machine or its interface is changed"},
	{"ec2", "CreateRoute DeleteRoute ReplaceRoute* AssociateRouteTable DisassociateRouteTable CreateVpcPeering* AcceptVpcPeering* AttachInternetGateway CreateInternetGateway CreateNatGateway CreateVpn* CreateClientVpn* AuthorizeClientVpn* CreateTransitGateway*", 7, false, "a way through the network is changed"},
	{"ec2", "RunInstances", 6, false, "a machine is made"},
	{"ec2", "CreateTags DeleteTags CreateNetworkInterface DeleteNetworkInterface", 2, false, "what belongs together is changed"},
	{"ec2", "Create* Delete* Modify* Attach* Detach* Associate* Disassociate* Allocate* Release* Assign* Unassign* Start* Stop* Reboot* Terminate* Replace* Reset* Enable* Disable* Accept* Reject* Run* Import* Register* Deregister* Request* Update*", 4, false, "the network or a machine is changed"},
	{"elasticloadbalancing", "Delete* Deregister* Modify* Create* Register* Set* Add* Remove*", 5, false, "a load balancer is changed"},
	{"s3", "PutBucketPolicy DeleteBucketPolicy PutBucketAcl PutBucketPublicAccessBlock DeleteBucketPublicAccessBlock PutBucketLogging PutBucketReplication PutBucketNotification PutBucketVersioning PutBucketLifecycle PutBucketEncryption PutBucketCors PutBucketWebsite DeleteBucket* PutAccountPublicAccessBlock DeleteAccountPublicAccessBlock", 7, false, "who may read a bucket is changed"},
	{"s3-control", "*PublicAccessBlock *Policy", 7, false, "who may read a bucket is changed"},
	{"route53", "ChangeResourceRecordSets CreateHostedZone DeleteHostedZone AssociateVPCWithHostedZone DisassociateVPCFromHostedZone ChangeTagsForResource *QueryLoggingConfig", 6, false, "names are changed"},
	{"route53resolver", "Create* Delete* Update* Associate* Disassociate* Put*", 6, false, "how names are found is changed"},
	{"network-firewall", "Create* Delete* Update* Associate* Disassociate* Put*", 7, false, "a firewall is changed"},
	{"wafv2", "Delete* Update* Disassociate*", 6, false, "a firewall is changed"},
	{"lambda", "AddPermission* Create* Delete* Update* Publish*", 5, false, "code that runs is changed"},
	{"ecs", "ExecuteCommand RegisterTaskDefinition RunTask UpdateService", 4, false, "a container is changed"},
	{"eks", "Create* Delete* Update* Associate*", 5, false, "a cluster is changed"},
	{"rds", "Create* Delete* Modify* Restore* Copy* Authorize* StartExportTask", 5, false, "a database changes"},
	{"organizations", "Create* Delete* Leave* Attach* Detach* Remove* Invite* Disable* Enable* Update*", 7, false, "an account is changed"},
	{"sso", "Create* Delete* Put* Attach* Detach* Update* Provision*", 7, false, "who may do what is changed"},
	{"events", "DeleteRule DisableRule PutRule RemoveTargets PutTargets", 5, false, "who is told is changed"},
	{"sns", "Delete* Subscribe Unsubscribe SetTopicAttributes AddPermission", 4, false, "who is told is changed"},
	{"cloudformation", "CreateStack* UpdateStack* DeleteStack* ExecuteChangeSet", 5, false, "many things are changed at once"},
	{"cloudwatch", "DeleteAlarms DisableAlarmActions PutMetricAlarm", 5, false, "who is told is changed"},
	{"sts", "GetFederationToken GetSessionToken", 6, true, "credentials are made of others"},
	{"sts", "AssumeRole*", 3, true, "a role is taken on"},
	{"sts", "GetCallerIdentity", 3, true, "someone asks who they are, as thieves of credentials do first"},
}

// ofInstance is the class of every other call that the session of an instance's role makes from an address: whether it is the instance's own
// is what tells stolen credentials.
var ofInstance = watched{weight: 3, few: true, why: "the session of an instance's role calls from an address"}

// Worth says whether a call is kept in the index. What fails is worth as much as what does not: it says what was tried.
func Worth(c *events.CloudTrail) bool {
	_, ok := classOfCall(c)
	return ok
}

func classOfCall(c *events.CloudTrail) (*watched, bool) {
	if strings.HasSuffix(c.ErrorCode, "DryRunOperation") {
		return nil, false
	}
	service := strings.TrimSuffix(c.Service, ".amazonaws.com")
	for i := range watchedCalls {
		w := &watchedCalls[i]
		if w.service == service && named(w.names, c.Name) && (w.few || !c.ReadOnly) {
			return w, true
		}
	}
	if c.Instance != "" && c.OrigH.IsValid() {
		return &ofInstance, true
	}
	return nil, false
}

// named says whether a call's name is in a list of names: whole, or by its beginning or its end.
func named(names, name string) bool {
	for len(names) > 0 {
		var one string
		one, names, _ = strings.Cut(names, " ")
		if begin, ok := strings.CutSuffix(one, "*"); ok && strings.HasPrefix(name, begin) || one == name {
			return true
		}
		if end, ok := strings.CutPrefix(one, "*"); ok && strings.HasSuffix(name, end) {
			return true
		}
	}
	return false
}
