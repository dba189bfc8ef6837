package trail

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// The detection of these tests: somebody outside guesses passwords of web-1, a machine with a public address, at port 22.
const (
	webInstance = "i-0aaaaaaaaaaaaaaaa"
	webENI      = "eni-0aaaaaaaaaaaaaaa1"
	webGroup    = "sg-0aaaaaaaaaaaaaaa2"
	attacker    = "198.51.100.7"
	webPublic   = "203.0.113.80"
	account     = "111122223333"
)

func bruteForce() (*events.Detection, []events.Identity) {
	d := detection(
		events.Participant{Role: "victim", Endpoint: "server", Address: netip.MustParseAddr("10.0.1.15"), Port: 22, Interface: webENI},
		events.Participant{Role: "offender", Endpoint: "client", Address: netip.MustParseAddr(attacker), External: true},
	)
	who := []events.Identity{
		{Address: netip.MustParseAddr(attacker)},
		{Address: netip.MustParseAddr("10.0.1.15"), Holding: events.Holding{
			Interface: webENI, Account: account, VPC: "vpc-0aaaaaaaaaaaaaaa3", Subnet: "subnet-0aaaaaaaaaaaaa4", Instance: webInstance, Name: "web-1", Groups: []string{webGroup},
			Role: "web", PublicAddresses: []netip.Addr{netip.MustParseAddr(webPublic)}, Addresses: []netip.Addr{netip.MustParseAddr("10.0.1.15")},
		}},
	}
	return d, who
}

// change is a call of alice with parameters and resources.
func change(service, name, parameters string, at time.Duration, resources ...string) events.CloudTrail {
	c := called(fmt.Sprintf("%s-%d", name, at/time.Second), name, at)
	c.Service, c.Parameters, c.Resources = service+".amazonaws.com", parameters, resources
	return c
}

// ingress opens a port of a group.
func ingress(group string, port int, cidr string, at time.Duration) events.CloudTrail {
	return change("ec2", "AuthorizeSecurityGroupIngress", fmt.Sprintf(
		`{"groupId":"%s","ipPermissions":{"items":[{"fromPort":%d,"ipProtocol":"tcp","ipRanges":{"items":[{"cidrIp":"%s"}]},"toPort":%d}]}}`, group, port, cidr, port), at, group)
}

func with(c events.CloudTrail, change func(c *events.CloudTrail)) events.CloudTrail {
	change(&c)
	return c
}

func from(address string) func(c *events.CloudTrail) {
	return func(c *events.CloudTrail) { c.From, c.OrigH = address, netip.MustParseAddr(address) }
}

func rank(t testing.TB, calls ...events.CloudTrail) ([]events.ContextCall, []events.Term) {
	t.Helper()
	d, who := bruteForce()
	return rankFor(t, d, who, calls...)
}

func rankFor(t testing.TB, d *events.Detection, who []events.Identity, calls ...events.CloudTrail) ([]events.ContextCall, []events.Term) {
	t.Helper()
	s := emptyStore()
	if _, err := Keep(t.Context(), s.Documents, calls); err != nil {
		t.Fatal(err)
	}
	x := indexOf(t, s.Documents)
	x.Own("arn:aws:iam::111122223333:role/mirrorwatch-mirror", "arn:aws:elasticloadbalancing:eu-central-1:111122223333:loadbalancer/net/sensors/50dc6c495c0c9188")
	return x.Rank(d, who)
}

// TestOneCall holds single calls against the brute force: how relevant they are, what they are said to have done, and what they change.
func TestOneCall(t *testing.T) {
	const minutes = time.Minute
	mirror := "tms-0aaaaaaaaaaaaaaa9"
	for _, c := range []struct {
		name    string
		call    events.CloudTrail
		low     int // bounds of relevance; 0, 0: it is not shown
		high    int
		adjusts string
		summary string
		reason  string // a part of it
	}{
		{"the door", ingress(webGroup, 22, "0.0.0.0/0", -2*minutes), 90, 100, doorOpened, "opened tcp 22 of " + webGroup + " to 0.0.0.0/0", "let 198.51.100.7 in to web-1 at port 22"},
		{"the door for the attacker alone", ingress(webGroup, 22, "198.51.100.7/32", -2*minutes), 90, 100, doorOpened, "opened tcp 22 of " + webGroup + " to 198.51.100.7/32", "which was then used, 2 minutes before"},
		{"the door, an hour before", ingress(webGroup, 22, "0.0.0.0/0", -59*minutes), 55, 70, doorOpened, "", "59 minutes before"},
		{"the door in a range of ports", change("ec2", "AuthorizeSecurityGroupIngress", `{"groupId":"`+webGroup+`","ipPermissions":{"items":[{"fromPort":20,"ipProtocol":"6","ipRanges":{"items":[{"cidrIp":"198.51.0.0/16"}]},"toPort":30}]}}`, -minutes, webGroup), 90, 100, doorOpened, "opened tcp 20-30 of " + webGroup + " to 198.51.0.0/16", ""},
		{"everything", change("ec2", "AuthorizeSecurityGroupIngress", `{"groupId":"`+webGroup+`","ipPermissions":{"items":[{"ipProtocol":"-1","ipRanges":{"items":[{"cidrIp":"0.0.0.0/0"}]}}]}}`, -minutes, webGroup), 90, 100, doorOpened, "opened everything of " + webGroup + " to 0.0.0.0/0", ""},
		{"the flat shape", change("ec2", "AuthorizeSecurityGroupIngress", `{"cidrIp":"0.0.0.0/0","fromPort":22,"groupId":"`+webGroup+`","ipProtocol":"tcp","toPort":22}`, -minutes, webGroup), 90, 100, doorOpened, "opened tcp 22 of " + webGroup + " to 0.0.0.0/0", ""},
		{"the newer shape", change("ec2", "AuthorizeSecurityGroupIngress", `{"AuthorizeSecurityGroupIngressRequest":{"GroupId":"`+webGroup+`","IpPermissions":{"FromPort":22,"IpProtocol":"tcp","IpRanges":{"CidrIp":"0.0.0.0/0","tag":1},"ToPort":22,"tag":1}}}`, -minutes, webGroup), 90, 100, doorOpened, "", ""},
		{"a rule that was changed", change("ec2", "ModifySecurityGroupRules", `{"ModifySecurityGroupRulesRequest":{"GroupId":"`+webGroup+`","SecurityGroupRule":{"SecurityGroupRule":{"CidrIpv4":"0.0.0.0/0","FromPort":22,"IpProtocol":"tcp","ToPort":22},"SecurityGroupRuleId":"sgr-0aaaaaaaaaaaaaaaa","tag":1}}}`, -minutes, webGroup), 90, 100, doorOpened, "", ""},
		{"rules that were changed", change("ec2", "ModifySecurityGroupRules", `{"ModifySecurityGroupRulesRequest":{"GroupId":"`+webGroup+`","SecurityGroupRule":[{"SecurityGroupRule":{"CidrIpv4":"10.0.0.0/8","FromPort":443,"IpProtocol":"tcp","ToPort":443}},{"SecurityGroupRule":{"CidrIpv4":"0.0.0.0/0","FromPort":22,"IpProtocol":"tcp","ToPort":22}}]}}`, -minutes, webGroup), 90, 100, doorOpened, "opened tcp 443 of " + webGroup + " to 10.0.0.0/8, and another rule", ""},

		{"twin: another port", ingress(webGroup, 443, "0.0.0.0/0", -2*minutes), 1, 25, "", "", "not at the port"},
		{"twin: for the office", ingress(webGroup, 22, "192.0.2.0/24", -2*minutes), 1, 25, "", "", "but not for"},
		{"twin: neither", ingress(webGroup, 443, "192.0.2.0/24", -2*minutes), 1, 15, "", "", ""},
		{"twin: another group", ingress("sg-0bbbbbbbbbbbbbbbb", 22, "0.0.0.0/0", -2*minutes), 0, 0, "", "", ""},
		{"twin: a stack was rolled out", with(ingress(webGroup, 22, "0.0.0.0/0", -2*minutes), func(c *events.CloudTrail) {
			c.InvokedBy, c.From, c.OrigH = "cloudformation.amazonaws.com", "cloudformation.amazonaws.com", netip.Addr{}
		}), 20, 35, "", "", "as planned"},
		{"twin: refused", with(ingress(webGroup, 22, "0.0.0.0/0", -2*minutes), func(c *events.CloudTrail) { c.ErrorCode = "Client.UnauthorizedOperation" }), 40, 60, "", "was refused to open tcp 22 of " + webGroup + " to 0.0.0.0/0", ""},
		{"twin: opened behind the attack", ingress(webGroup, 22, "0.0.0.0/0", 5*minutes), 60, 85, "", "", "5 minutes after"},
		{"twin: outside the hour", ingress(webGroup, 22, "0.0.0.0/0", -61*minutes), 0, 0, "", "", ""},
		{"closed again", change("ec2", "RevokeSecurityGroupIngress", `{"groupId":"`+webGroup+`","ipPermissions":{"items":[{"fromPort":22,"ipProtocol":"tcp","toPort":22}]}}`, 5*minutes, webGroup), 10, 30, "", "closed tcp 22 of " + webGroup + " to nobody in particular", ""},
		{"network ACL", change("ec2", "CreateNetworkAclEntry", `{"aclProtocol":"6","cidrBlock":"0.0.0.0/0","egress":false,"networkAclId":"acl-0aaaaaaaaaaaaaaaa","portRange":{"from":22,"to":22},"ruleAction":"allow","ruleNumber":10}`, -2*minutes, "acl-0aaaaaaaaaaaaaaaa"), 40, 60, "", "changed the network ACL acl-0aaaaaaaaaaaaaaaa to let in tcp 22 of 0.0.0.0/0", ""},
		{"a route", change("ec2", "CreateRoute", `{"destinationCidrBlock":"0.0.0.0/0","gatewayId":"igw-0aaaaaaaaaaaaaaaa","routeTableId":"rtb-0aaaaaaaaaaaaaaaa"}`, -2*minutes, "rtb-0aaaaaaaaaaaaaaaa"), 10, 30, "", "changed the route to 0.0.0.0/0 in rtb-0aaaaaaaaaaaaaaaa by igw-0aaaaaaaaaaaaaaaa", ""},

		{"stolen credentials", ofSession("x", "ListBuckets", webInstance, attacker, 5*minutes), 90, 100, stolenCredentials, "called ListBuckets of s3", "which is no address of it but of the offender"},
		{"stolen, from elsewhere", ofSession("x", "ListBuckets", webInstance, "192.0.2.77", 5*minutes), 90, 100, stolenCredentials, "", "192.0.2.77"},
		{"stolen, and refused", with(ofSession("x", "ListBuckets", webInstance, attacker, 5*minutes), func(c *events.CloudTrail) { c.ErrorCode = "AccessDenied" }), 90, 100, stolenCredentials, "was refused to call ListBuckets of s3", ""},
		{"twin: from its own address", ofSession("x", "ListBuckets", webInstance, webPublic, -5*minutes), 1, 30, "", "", "the role session of web-1"},
		{"twin: through an endpoint", with(ofSession("x", "ListBuckets", webInstance, "192.0.2.77", -5*minutes), func(c *events.CloudTrail) { c.VPCEndpoint = "vpce-0aaaaaaaaaaaaaaaa" }), 1, 30, "", "", ""},
		{"twin: by a service in its name", with(ofSession("x", "ListBuckets", webInstance, "192.0.2.77", -5*minutes), func(c *events.CloudTrail) { c.InvokedBy = "athena.amazonaws.com" }), 1, 30, "", "", ""},
		{"twin: from a private address", ofSession("x", "ListBuckets", webInstance, "10.9.9.9", -5*minutes), 1, 30, "", "", ""},
		{"twin: another machine's", ofSession("x", "ListBuckets", "i-0bbbbbbbbbbbbbbbb", "192.0.2.77", -5*minutes), 0, 0, "", "", ""},
		{"a machine nobody knows, from the attacker", ofSession("x", "ListBuckets", "i-0bbbbbbbbbbbbbbbb", attacker, -5*minutes), 60, 95, "", "", "the address of the offender"},

		{"the attacker calls", with(change("ec2", "RunInstances", `{"instanceType":"p5.48xlarge"}`, 10*minutes, "i-0cccccccccccccccc"), from(attacker)), 55, 65, "", "launched i-0cccccccccccccccc (p5.48xlarge)", "the address of the offender"},
		{"the machine's address in another's call", with(change("ec2", "RunInstances", `{}`, -minutes, "i-0cccccccccccccccc"), from(webPublic)), 55, 70, "", "", "the address of the victim"},

		{"mirror session deleted", change("ec2", "DeleteTrafficMirrorSession", `{"DeleteTrafficMirrorSessionRequest":{"TrafficMirrorSessionId":"`+mirror+`"}}`, -10*minutes, mirror), 55, 75, monitoringStopped, "deleted the mirror session " + mirror, "what is seen in the account"},
		{"flow logs deleted", change("ec2", "DeleteFlowLogs", `{}`, 10*minutes, "fl-0aaaaaaaaaaaaaaaa"), 55, 75, monitoringStopped, "deleted flow logs fl-0aaaaaaaaaaaaaaaa", ""},
		{"trail stopped", change("cloudtrail", "StopLogging", `{"name":"arn:aws:cloudtrail:eu-central-1:111122223333:trail/main"}`, -minutes), 55, 75, monitoringStopped, "stopped the trail trail/main", ""},
		{"trail stopped by the attacker", with(change("cloudtrail", "StopLogging", `{"name":"main"}`, -minutes), from(attacker)), 85, 95, monitoringStopped, "stopped the trail main", "the address of the offender"},
		{"the sensors' listener", change("elasticloadbalancing", "DeleteListener", `{"listenerArn":"x"}`, -minutes, "arn:aws:elasticloadbalancing:eu-central-1:111122223333:listener/net/sensors/50dc6c495c0c9188/f2f7dc8efc522ab2"), 50, 65, monitoringStopped, "", "the sensors are behind it"},
		{"twin: some listener", change("elasticloadbalancing", "DeleteListener", `{"listenerArn":"x"}`, -minutes, "arn:aws:elasticloadbalancing:eu-central-1:111122223333:listener/app/shop/50dc6c495c0c9188/f2f7dc8efc522ab2"), 1, 35, "", "", ""},
		{"twin: targets come and go", change("elasticloadbalancing", "DeregisterTargets", `{}`, -minutes, "i-0cccccccccccccccc"), 0, 0, "", "", ""},
		{"twin: in another account", with(change("ec2", "DeleteFlowLogs", `{}`, -minutes, "fl-0aaaaaaaaaaaaaaaa"), func(c *events.CloudTrail) { c.Account = "999988887777" }), 0, 0, "", "", ""},
		{"twin: our own role", with(change("ec2", "DeleteTrafficMirrorSession", `{}`, -minutes, mirror), func(c *events.CloudTrail) {
			c.PrincipalType, c.Role = "AssumedRole", "arn:aws:iam::111122223333:role/mirrorwatch-mirror"
		}), 1, 30, "", "", "Mirrorwatch's own role"},
		{"twin: a stack is taken away", with(change("ec2", "DeleteTrafficMirrorSession", `{}`, -minutes, mirror), func(c *events.CloudTrail) { c.InvokedBy = "cloudformation.amazonaws.com" }), 1, 30, "", "", "as planned"},

		{"groups of the interface", change("ec2", "ModifyNetworkInterfaceAttribute", `{"groupSet":{"items":[{"groupId":"sg-0ddddddddddddddd1"}]},"networkInterfaceId":"`+webENI+`"}`, -5*minutes, webENI, "sg-0ddddddddddddddd1"), 65, 80, "", "changed the security groups of " + webENI + " to sg-0ddddddddddddddd1", "the interface"},
		{"the start script", change("ec2", "ModifyInstanceAttribute", `{"instanceId":"`+webInstance+`","userData":"***"}`, -5*minutes, webInstance), 65, 80, "", "changed the start script (user data) of " + webInstance, "it is about " + webInstance},
		{"an interface", change("ec2", "AttachNetworkInterface", `{"deviceIndex":1,"instanceId":"`+webInstance+`","networkInterfaceId":"eni-0bbbbbbbbbbbbbbbb"}`, -5*minutes, webInstance, "eni-0bbbbbbbbbbbbbbbb"), 65, 80, "", "attached eni-0bbbbbbbbbbbbbbbb to " + webInstance, ""},
		{"a public address", change("ec2", "AssociateAddress", `{"allocationId":"eipalloc-0aaaaaaaaaaaaaaaa","networkInterfaceId":"`+webENI+`"}`, -5*minutes, webENI), 60, 75, "", "gave a public address to " + webENI, ""},
		{"another profile", change("ec2", "AssociateIamInstanceProfile", `{"AssociateIamInstanceProfileRequest":{"IamInstanceProfile":{"Name":"admin"},"InstanceId":"`+webInstance+`"}}`, -5*minutes, webInstance), 70, 85, "", "gave another profile to " + webInstance, ""},
		{"tokens of the metadata service", change("ec2", "ModifyInstanceMetadataOptions", `{"ModifyInstanceMetadataOptionsRequest":{"HttpTokens":"optional","InstanceId":"`+webInstance+`"}}`, -5*minutes, webInstance), 65, 80, "", "changed the metadata service of " + webInstance + " to give credentials without a token", ""},
		{"launched", change("ec2", "RunInstances", `{"instanceType":"t3.micro"}`, -20*minutes, webInstance), 50, 65, "", "launched " + webInstance + " (t3.micro)", ""},
		{"a session on it", change("ssm", "StartSession", `{"documentName":"AWS-StartPortForwardingSession","target":"`+webInstance+`"}`, -5*minutes, webInstance), 70, 85, "", "began a session (AWS-StartPortForwardingSession) on " + webInstance, ""},
		{"a policy of its role", change("iam", "AttachRolePolicy", `{"policyArn":"arn:aws:iam::aws:policy/AdministratorAccess","roleName":"web"}`, -5*minutes), 55, 75, "", "changed what web may do, by policy/AdministratorAccess", "the role web of web-1"},

		{"a key made by its session", with(ofSession("x", "CreateAccessKey", webInstance, webPublic, 5*minutes), func(c *events.CloudTrail) {
			c.Service, c.ReadOnly, c.Parameters = "iam.amazonaws.com", false, `{"userName":"deploy"}`
		}), 60, 75, newAccessKey, "made a new access key of deploy", ""},
		{"twin: a key made by somebody", change("iam", "CreateAccessKey", `{"userName":"deploy"}`, -5*minutes), 0, 0, "", "", ""},
		{"signed in from the attacker's address", with(change("signin", "ConsoleLogin", "", 5*minutes), from(attacker)), 70, 85, consoleSignIn, "signed in to the console without a second factor", ""},
		{"tried to", with(with(change("signin", "ConsoleLogin", "", 5*minutes), from(attacker)), func(c *events.CloudTrail) { c.ErrorCode = "Failure" }), 40, 50, "", "was refused to sign in to the console without a second factor", ""},
		{"twin: somebody signs in", change("signin", "ConsoleLogin", "", -5*minutes), 0, 0, "", "", ""},
		{"a secret read by its session", with(ofSession("x", "GetSecretValue", webInstance, webPublic, 5*minutes), func(c *events.CloudTrail) {
			c.Service, c.Parameters = "secretsmanager.amazonaws.com", `{"secretId":"prod/db"}`
		}), 50, 65, "", "read the secret prod/db", ""},
		{"a snapshot shared by the attacker", with(change("ec2", "ModifySnapshotAttribute", `{"createVolumePermission":{"add":{"items":[{"userId":"999988887777"}]}},"snapshotId":"snap-0aaaaaaaaaaaaaaaa"}`, 5*minutes, "snap-0aaaaaaaaaaaaaaaa"), from(attacker)), 70, 85, "", "shared snap-0aaaaaaaaaaaaaaaa with 999988887777", ""},
	} {
		calls, adjustments := rank(t, c.call)
		if c.high == 0 {
			if len(calls) != 0 || len(adjustments) != 0 {
				t.Errorf("%s: %+v is shown", c.name, calls)
			}
			continue
		}
		if len(calls) != 1 {
			t.Errorf("%s: %d calls are shown", c.name, len(calls))
			continue
		}
		got := calls[0]
		if got.Relevance < c.low || got.Relevance > c.high || got.Adjustment != c.adjusts || c.summary != "" && got.Summary != c.summary || !strings.Contains(got.Reason, c.reason) {
			t.Errorf("%s: %d %q: %q, because %q; adjusts %q", c.name, got.Relevance, got.Principal, got.Summary, got.Reason, got.Adjustment)
		}
		if want := c.adjusts != ""; want != (len(adjustments) == 1) || want && adjustments[0].Name != c.adjusts {
			t.Errorf("%s: adjustments %v", c.name, adjustments)
		}
	}
}

// TestAStory holds that the first of many calls is the right one, and that what followed is tied to it.
func TestAStory(t *testing.T) {
	const minutes = time.Minute
	made := with(ofSession("key", "CreateAccessKey", webInstance, attacker, 6*minutes), func(c *events.CloudTrail) {
		c.Service, c.ReadOnly, c.Parameters, c.Resources = "iam.amazonaws.com", false, `{"userName":"deploy"}`, []string{keyResource + "00000000000000cc"}
	})
	used := with(change("ec2", "DeleteFlowLogs", `{}`, 9*minutes, "fl-0aaaaaaaaaaaaaaaa"), func(c *events.CloudTrail) {
		c.Principal, c.PrincipalID, c.User, c.KeyHash = "arn:aws:iam::111122223333:user/deploy", "AIDADEPLOY", "deploy", "00000000000000cc"
		from("192.0.2.200")(c)
	})
	noise := crowd(300)
	calls, adjustments := rank(t, append(noise, made, used, ofSession("who", "GetCallerIdentity", webInstance, attacker, 2*minutes), ingress(webGroup, 443, "0.0.0.0/0", -30*minutes))...)
	if len(calls) < 4 || calls[0].Adjustment != stolenCredentials || calls[0].Address != attacker {
		t.Fatalf("first is %+v", calls[0])
	}
	at := slices.IndexFunc(calls, func(c events.ContextCall) bool { return c.Name == "DeleteFlowLogs" && c.Principal == "user/deploy" })
	if at < 0 || !strings.Contains(calls[at].Reason, "its access key was made by assumed-role/web/"+webInstance) || calls[at].Adjustment != monitoringStopped {
		t.Errorf("what the new key did: %d, %+v", at, calls)
	}
	if len(adjustments) != 2 || adjustments[0].Points != 20 || adjustments[1].Points != 15 {
		t.Errorf("adjustments %+v", adjustments)
	}
}

// TestMirrorOfSomebodyElse deletes a session that is known to be another machine's.
func TestMirrorOfSomebodyElse(t *testing.T) {
	for _, c := range []struct {
		iface   string
		adjusts bool
	}{{"eni-0bbbbbbbbbbbbbbbb", false}, {webENI, true}} {
		made := with(change("ec2", "CreateTrafficMirrorSession", `{}`, -50*time.Minute, c.iface, "tms-0aaaaaaaaaaaaaaa9"), func(e *events.CloudTrail) {
			e.PrincipalType, e.Role = "AssumedRole", "arn:aws:iam::111122223333:role/mirrorwatch-mirror"
		})
		calls, adjustments := rank(t, made, change("ec2", "DeleteTrafficMirrorSession", `{}`, -time.Minute, "tms-0aaaaaaaaaaaaaaa9"))
		if (len(adjustments) == 1) != c.adjusts || c.adjusts && calls[0].Relevance < 85 {
			t.Errorf("%s: %+v, %v", c.iface, calls, adjustments)
		}
	}
}

// TestGateways has machines behind a NAT gateway, whose address the inventory does not know.
func TestGateways(t *testing.T) {
	const other, nat, young = "i-0bbbbbbbbbbbbbbbb", "192.0.2.50", "192.0.2.77"
	d, who := bruteForce()
	who[1].PublicAddresses = nil
	stolen := func(calls ...events.CloudTrail) (relevance int, adjusted bool) {
		got, adjustments := rankFor(t, d, who, calls...)
		for _, c := range got {
			relevance = max(relevance, c.Relevance)
		}
		return relevance, len(adjustments) > 0
	}
	home := ofSession("a", "ListBuckets", webInstance, nat, -20*time.Minute)
	if r, adjusted := stolen(home); adjusted || r > 30 {
		t.Errorf("behind a gateway alone: %d", r)
	}
	if r, adjusted := stolen(home, ofSession("b", "ListBuckets", other, nat, -10*time.Minute)); adjusted || r > 30 {
		t.Errorf("behind a gateway with others: %d", r)
	}
	if r, adjusted := stolen(home, ofSession("b", "ListBuckets", webInstance, young, 5*time.Minute)); adjusted || r < 50 {
		t.Errorf("at two addresses, neither known: %d, adjusted %t", r, adjusted)
	}
	if r, adjusted := stolen(home, ofSession("b", "ListBuckets", webInstance, attacker, 5*time.Minute)); !adjusted || r < 90 {
		t.Errorf("at the attacker's: %d, adjusted %t", r, adjusted)
	}
	known := func(c *events.CloudTrail) { c.InstanceKnown, c.InstanceAddrs = true, []string{"10.0.1.15", nat} }
	if r, adjusted := stolen(with(home, known), with(ofSession("b", "ListBuckets", webInstance, young, 5*time.Minute), known)); !adjusted || r < 90 {
		t.Errorf("the inventory knew the gateway: %d, adjusted %t", r, adjusted)
	}
	moved := change("ec2", "AssociateAddress", `{"instanceId":"`+webInstance+`"}`, -30*time.Minute, webInstance)
	_, whoKnown := bruteForce()
	got, adjustments := rankFor(t, d, whoKnown, moved, ofSession("b", "ListBuckets", webInstance, young, -5*time.Minute))
	if len(adjustments) != 0 || !strings.Contains(got[0].Reason+got[1].Reason, "changed in that hour") {
		t.Errorf("after its address was changed: %+v", got)
	}
}

// TestWithoutTheInventory has nothing but addresses: what is tied by less is not called certain.
func TestWithoutTheInventory(t *testing.T) {
	d, _ := bruteForce()
	calls, adjustments := rankFor(t, d, nil, ingress(webGroup, 22, "0.0.0.0/0", -2*time.Minute), ofSession("x", "ListBuckets", webInstance, attacker, 5*time.Minute))
	if len(calls) != 2 || len(adjustments) != 0 {
		t.Errorf("%+v, %v", calls, adjustments)
	}
	d.Participants = nil
	if calls, _ := rankFor(t, d, nil, crowd(100)...); len(calls) != 0 {
		t.Errorf("nobody takes part, and %+v is shown", calls)
	}
}

// TestManyOffenders has one machine attacked by hundreds: its door is still found.
func TestManyOffenders(t *testing.T) {
	d, who := bruteForce()
	for i := range 300 {
		d.Participants = append([]events.Participant{{Role: "offender", Endpoint: "client", Address: netip.AddrFrom4([4]byte{198, 51, 100, byte(i)}), External: true}}, d.Participants...)
	}
	calls, adjustments := rankFor(t, d, who, ingress(webGroup, 22, "0.0.0.0/0", -2*time.Minute))
	if len(calls) != 1 || len(adjustments) != 1 || adjustments[0].Name != doorOpened {
		t.Errorf("%+v, %v", calls, adjustments)
	}
}

// TestEachAdjustmentOnce has many calls that would make the same one.
func TestEachAdjustmentOnce(t *testing.T) {
	var calls []events.CloudTrail
	for i := range 40 {
		calls = append(calls, ofSession(fmt.Sprint("s", i), fmt.Sprint("List", i), webInstance, attacker, time.Duration(i)*time.Second))
		calls = append(calls, with(ingress(webGroup, 22, fmt.Sprintf("198.51.%d.0/16", i), -time.Duration(i)*time.Second), func(c *events.CloudTrail) { c.UID += fmt.Sprint(i) }))
	}
	got, adjustments := rank(t, append(calls, change("ec2", "DeleteFlowLogs", `{}`, -40*time.Minute, "fl-0aaaaaaaaaaaaaaaa"))...)
	marked := map[string]int{}
	for _, c := range got {
		marked[c.Adjustment]++
	}
	if len(got) != events.MaxContextCalls || len(adjustments) != 3 || marked[stolenCredentials] != 1 || marked[doorOpened] != 1 || marked[monitoringStopped] != 1 {
		t.Errorf("%d calls, %v marked, %v", len(got), marked, adjustments)
	}
	for i := 1; i < len(got); i++ {
		if got[i].Relevance > got[i-1].Relevance {
			t.Errorf("%d stands behind %d", got[i].Relevance, got[i-1].Relevance)
		}
	}
}

// TestRankDoesNotMindTheOrder gives the same answer for the same calls, however they came and whoever is named first.
func TestRankDoesNotMindTheOrder(t *testing.T) {
	calls := crowd(200)
	calls = append(calls, ingress(webGroup, 22, "0.0.0.0/0", -2*time.Minute), ofSession("x", "ListBuckets", webInstance, attacker, 5*time.Minute),
		ofSession("y", "ListBuckets", webInstance, attacker, 5*time.Minute), change("ec2", "DeleteFlowLogs", `{}`, time.Minute, "fl-0aaaaaaaaaaaaaaaa"))
	random := rand.New(rand.NewPCG(8, 8))
	var want string
	for round := range 8 {
		d, who := bruteForce()
		if round%2 == 1 {
			slices.Reverse(who)
		}
		got, adjustments := rankFor(t, d, who, calls...)
		text, err := json.Marshal([]any{got, adjustments})
		if err != nil {
			t.Fatal(err)
		}
		if round > 0 && string(text) != want {
			t.Fatalf("another order gave\n%s\nand not\n%s", text, want)
		}
		want = string(text)
		random.Shuffle(len(calls), func(i, j int) { calls[i], calls[j] = calls[j], calls[i] })
	}
}
