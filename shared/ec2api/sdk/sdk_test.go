package sdk

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

const roleARN = "arn:aws:iam::444455556666:role/path/mirror"

const assumedXML = `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
	<AssumedRoleUser><Arn>arn:aws:sts::444455556666:assumed-role/mirror/mirrorwatch-mirror</Arn><AssumedRoleId>AROAEXAMPLE:mirrorwatch-mirror</AssumedRoleId></AssumedRoleUser>
	<Credentials><AccessKeyId>ASIAROLEEXAMPLE</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>
	</AssumeRoleResult><ResponseMetadata><RequestId>c6104cbe</RequestId></ResponseMetadata></AssumeRoleResponse>`

// TestTheRoleIsTakenOnOnce: the first call asks for it, and its keys sign that call and the next.
func TestTheRoleIsTakenOnOnce(t *testing.T) {
	w := newWire(t, answer{body: assumedXML}, answer{body: ec2XML("DescribeVpcs", "<vpcSet/>")}, answer{body: ec2XML("DescribeVpcs", "<vpcSet/>")})
	c := w.open(t, Options{Region: "ap-southeast-2", Account: "444455556666", Role: roleARN, ExternalID: "an:id"})
	a := c.Account()
	if a.ID != "444455556666" || a.Region != "ap-southeast-2" {
		t.Errorf("%s %s", a.ID, a.Region)
	}
	for range 2 {
		if err := vpcs(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	want := form("Action=AssumeRole", "Version=2011-06-15", "RoleArn="+roleARN, "RoleSessionName=mirrorwatch-mirror", "ExternalId=an:id", "DurationSeconds=900")
	if len(w.asked) != 3 || w.asked[0].body != want {
		t.Fatalf("asked %+v, want first %s", w.asked, want)
	}
	for i, key := range []string{"AKIDEXAMPLE", "ASIAROLEEXAMPLE", "ASIAROLEEXAMPLE"} {
		if signed := w.asked[i].signed; !strings.Contains(signed, "Credential="+key+"/") || !strings.Contains(signed, "/ap-southeast-2/") {
			t.Errorf("call %d is signed %s", i, signed)
		}
	}
}

// TestARoleThatIsRefused: the call that needed it says so, and it is a refusal.
func TestARoleThatIsRefused(t *testing.T) {
	w := newWire(t, answer{403, `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>AccessDenied</Code>
		<Message>not authorized to perform: sts:AssumeRole</Message></Error><RequestId>1</RequestId></ErrorResponse>`})
	err := vpcs(t.Context(), w.open(t, Options{Region: region, Role: roleARN}).Account())
	if !ec2api.IsDenied(err) || ec2api.IsTransient(err) || err.Error() != "DescribeVpcs: AccessDenied: AssumeRole: not authorized to perform: sts:AssumeRole" || len(w.asked) != 1 {
		t.Errorf("%d calls, %v", len(w.asked), err)
	}
}

func TestParameter(t *testing.T) {
	w := newWire(t, answer{body: `{"Parameter":{"Name":"/mirrorwatch/policy","Type":"SecureString","Value":"version: 1\n","Version":3}}`},
		answer{400, `{"__type":"ParameterNotFound","message":""}`}, answer{body: `{}`})
	c := w.open(t, Options{})
	got, err := c.Parameter(t.Context(), "/mirrorwatch/policy")
	if err != nil || got != "version: 1\n" {
		t.Errorf("%q, %v", got, err)
	}
	if a := w.asked[0]; a.target != "AmazonSSM.GetParameter" || !sameJSON(t, a.body, `{"Name":"/mirrorwatch/policy","WithDecryption":true}`) {
		t.Errorf("asked %+v", a)
	}
	if _, err := c.Parameter(t.Context(), "/none"); ec2api.CodeOf(err) != "ParameterNotFound" {
		t.Error(err)
	}
	if _, err := c.Parameter(t.Context(), "/odd"); ec2api.CodeOf(err) != CodeMalformedAnswer {
		t.Error(err)
	}
}

func TestCallerAccount(t *testing.T) {
	identity := func(account string) answer {
		return answer{body: `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
			<Arn>arn:aws:iam::123456789012:user/Alice</Arn><UserId>AIDAEXAMPLE</UserId><Account>` + account + `</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`}
	}
	w := newWire(t, identity("123456789012"), identity("odd"), answer{403, `<ErrorResponse><Error><Code>InvalidClientTokenId</Code><Message>no</Message></Error></ErrorResponse>`})
	c := w.open(t, Options{})
	got, err := c.CallerAccount(t.Context())
	if err != nil || got != "123456789012" || w.asked[0].body != form("Action=GetCallerIdentity", "Version=2011-06-15") {
		t.Errorf("%q, %v, asked %+v", got, err, w.asked)
	}
	if _, err := c.CallerAccount(t.Context()); ec2api.CodeOf(err) != CodeMalformedAnswer {
		t.Error(err)
	}
	if _, err := c.CallerAccount(t.Context()); ec2api.CodeOf(err) != "InvalidClientTokenId" {
		t.Error(err)
	}
}

func TestOptions(t *testing.T) {
	good := Options{Region: region, Account: self, Role: "arn:aws:iam::111122223333:role/x", ExternalID: "id"}
	for _, c := range []struct {
		change func(*Options)
		says   string // "": it is good
	}{
		{func(*Options) {}, ""},
		{func(o *Options) { o.Account, o.Role, o.ExternalID = "", "", "" }, ""},
		{func(o *Options) { o.Region = "us-gov-west-1" }, ""},
		{func(o *Options) { o.Region = "ap-southeast-12" }, ""},
		{func(o *Options) { o.Role = "arn:aws-us-gov:iam::111122223333:role/a/b" }, ""},
		{func(o *Options) { o.Region = "" }, `region "": want one like "eu-west-1"`},
		{func(o *Options) { o.Region = "eu-west-1.evil.example" }, `region "eu-west-1.evil.example"`},
		{func(o *Options) { o.Region = "eu-west-1\n" }, `region "eu-west-1\n"`},
		{func(o *Options) { o.Account = "12" }, `account "12": want twelve digits`},
		{func(o *Options) { o.Role = "mirror" }, `role "mirror": want an ARN`},
		{func(o *Options) { o.Role = roleARN }, `is of account 444455556666, want one of account 111122223333`},
		{func(o *Options) { o.Role = "" }, `external id: is given without a role`},
		{func(o *Options) { o.ExternalID = "x" }, `external id of 1 characters`},
		{func(o *Options) { o.ExternalID = "secret value" }, `external id of 12 characters`},
	} {
		o := good
		c.change(&o)
		got, err := Open(o)
		if (err == nil) != (c.says == "") || err != nil && (!strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "secret")) || (got == nil) != (err != nil) {
			t.Errorf("%+v: %v, want %q", o, err, c.says)
		}
	}
}

// TestRetriesOfTheConfigAreNotUsed: Pace counts on one call being one call.
func TestRetriesOfTheConfigAreNotUsed(t *testing.T) {
	w := newWire(t, answer{503, ""}, answer{503, ""}, answer{503, ""})
	c := w.open(t, Options{})
	o := c.options
	o.Config.RetryMaxAttempts, o.Config.RetryMode = 3, aws.RetryModeAdaptive
	c, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := vpcs(t.Context(), c.Account()); !ec2api.IsTransient(err) || len(w.asked) != 1 {
		t.Errorf("%d calls, %v", len(w.asked), err)
	}
	if c.options.Within != DefaultWithin {
		t.Errorf("a call may take %v", c.options.Within)
	}
}

// TestPacedOverTheWire is both halves together: AWS throttles, and the call succeeds at its second try.
func TestPacedOverTheWire(t *testing.T) {
	w := newWire(t, answer{503, `<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>slow</Message></Error></Errors></Response>`},
		answer{body: ec2XML("DescribeVpcs", "<vpcSet><item><vpcId>vpc-1</vpcId></item></vpcSet>")})
	var counts ec2api.Counts
	a := ec2api.Pace(w.open(t, Options{}).Account(), ec2api.PaceOptions{Now: time.Now, Random: func() float64 { return 0 }, Observe: counts.Observe})
	got, err := ec2api.All(t.Context(), a.EC2.DescribeVpcs, ec2api.Query{})
	if err != nil || len(got) != 1 || got[0].ID != "vpc-1" || !strings.Contains(w.asked[0].body, "MaxResults=1000") {
		t.Errorf("%v, %v, asked %+v", got, err, w.asked)
	}
	if n := counts.Total(); n.Calls != 2 || n.Repeats != 1 || n.Throttled != 1 || n.Failed != 0 {
		t.Errorf("%+v", n)
	}
}
