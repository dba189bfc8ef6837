package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
	"github.com/mirrorwatch/mirrorwatch/test/moto"
)

// notHeld is what is deployed on moto and not held, since moto does not take it from CloudFormation.
var notHeld = []string{
	"AWS::DynamoDB::Table: time to live, encryption, recovery and protection",
	"AWS::S3::Bucket: lifecycle, what it tells the queue, and who may read it",
	"AWS::Lambda::Permission, AWS::Events::Archive, AWS::EC2::*, AWS::SNS::Topic, AWS::KMS::*, AWS::CloudWatch::Dashboard: more than that CloudFormation lists them",
	"whether IAM, queues' policies or the key's policy would let anything happen: moto asks none of them",
}

// TestPARTIALDeployOnMoto deploys the part of the default deployment that moto, somebody else's imitation of AWS, can take, and holds what
// the services then say they have against the templates. It is no deploy on AWS: its first line says what is left out.
func TestPARTIALDeployOnMoto(t *testing.T) {
	if testing.Short() {
		t.Skip("deploys on moto")
	}
	if _, err := exec.LookPath("aws"); err != nil {
		t.Skipf("NOT ASKED: there is no command line of AWS (%v); install it to deploy the templates on moto", err)
	}
	d := newOnMoto(t)
	d.fill()
	for _, stack := range d.order() {
		d.deploy(stack)
	}
	d.readExports()
	c := aws.Config{Region: "eu-central-1", BaseEndpoint: &d.url, Credentials: credentials.NewStaticCredentialsProvider("moto", "moto", ""), RetryMaxAttempts: 1}
	d.holdTable(dynamodb.NewFromConfig(c))
	d.holdQueues()
	d.holdRoles()
	d.holdFunctions(lambda.NewFromConfig(c))
	d.holdMappings(lambda.NewFromConfig(c))
	d.holdLogs()
	d.holdRules(eventbridge.NewFromConfig(c))
	d.holdBuckets(s3.NewFromConfig(c, pathStyle))
	d.holdPolicy(ssm.NewFromConfig(c))
}

func pathStyle(o *s3.Options) { o.UsePathStyle = true }

// newOnMoto starts moto in the templates' account, and says what will be left out.
func newOnMoto(t *testing.T) *onMoto {
	d := &onMoto{T: t, account: "111122223333", stacks: map[string]template{}, ids: map[string]map[string]string{}, exports: map[string]string{}}
	t.Setenv("MOTO_ACCOUNT_ID", d.account)
	d.url = moto.Start(t, "the templates against somebody else's CloudFormation")
	left, all := map[string]int{}, 0
	for name, tpl := range wholeOf(t) {
		all += len(tpl.Resources)
		d.stacks[name] = reduce(tpl, d.region(name), d.account, left)
	}
	gone := 0
	var lines []string
	for _, kind := range slices.Sorted(maps.Keys(left)) {
		gone += left[kind]
		lines = append(lines, fmt.Sprintf("%3d %s: %s", left[kind], kind, notOnMoto[kind].why))
	}
	t.Logf("PARTIAL, no deploy on AWS: %d of %d resources are LEFT OUT:\n%s\nCHANGED:\n%s\nDEPLOYED AND NOT HELD:\n%s", gone, all,
		strings.Join(lines, "\n"), strings.Join(changedForMoto, "\n"), strings.Join(notHeld, "\n"))
	return d
}

// fill puts an empty program wherever a function looks for one.
func (d *onMoto) fill() {
	var empty bytes.Buffer
	if err := zip.NewWriter(&empty).Close(); err != nil {
		d.Fatal(err)
	}
	c := s3.NewFromConfig(aws.Config{Region: "eu-central-1", BaseEndpoint: &d.url, Credentials: credentials.NewStaticCredentialsProvider("moto", "moto", "")}, pathStyle)
	made := map[string]bool{}
	d.of("AWS::Lambda::Function", func(_, id string, p map[string]any) {
		bucket, _ := dig(p, "Code", "S3Bucket").(string)
		key, _ := dig(p, "Code", "S3Key").(string)
		if !made[bucket] {
			_, err := c.CreateBucket(d.Context(), &s3.CreateBucketInput{
				Bucket: &bucket, CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: s3types.BucketLocationConstraintEuCentral1},
			})
			if err != nil {
				d.Fatalf("make bucket of %s: %v", id, err)
			}
			made[bucket] = true
		}
		if _, err := c.PutObject(d.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: bytes.NewReader(empty.Bytes())}); err != nil {
			d.Fatalf("put program of %s: %v", id, err)
		}
	})
}

// holdTable: keys, indexes and the stream.
func (d *onMoto) holdTable(c *dynamodb.Client) {
	d.of("AWS::DynamoDB::Table", func(_, id string, p map[string]any) {
		name := p["TableName"].(string)
		out, err := c.DescribeTable(d.Context(), &dynamodb.DescribeTableInput{TableName: &name})
		if err != nil {
			d.Fatal(err)
		}
		d.stream = aws.ToString(out.Table.LatestStreamArn)
		d.same("key of the table", out.Table.KeySchema, p["KeySchema"])
		d.same("attributes of the table", out.Table.AttributeDefinitions, p["AttributeDefinitions"])
		d.same("billing of the table", out.Table.BillingModeSummary.BillingMode, p["BillingMode"])
		d.same("stream of the table", out.Table.StreamSpecification.StreamViewType, dig(p, "StreamSpecification", "StreamViewType"))
		indexes := listOf(p["GlobalSecondaryIndexes"])
		if len(indexes) == 0 || len(out.Table.GlobalSecondaryIndexes) != len(indexes) {
			d.Fatalf("%s has %d indexes, want %d", id, len(out.Table.GlobalSecondaryIndexes), len(indexes))
		}
		for i, x := range out.Table.GlobalSecondaryIndexes {
			d.same("name of an index", x.IndexName, dig(indexes[i], "IndexName"))
			d.same("key of index "+*x.IndexName, x.KeySchema, dig(indexes[i], "KeySchema"))
			d.same("projection of index "+*x.IndexName, x.Projection.ProjectionType, dig(indexes[i], "Projection", "ProjectionType"))
		}
	})
}

// holdQueues: how long a message is kept and stays out of sight, the key, and where it goes that fails.
func (d *onMoto) holdQueues() {
	all := d.askQueues()
	d.of("AWS::SQS::Queue", func(_, _ string, p map[string]any) {
		name := p["QueueName"].(string)
		have := all[name]
		for _, a := range []string{"MessageRetentionPeriod", "VisibilityTimeout", "KmsMasterKeyId"} {
			if p[a] != nil {
				d.same(a+" of "+name, have[a], strings.Trim(text(p[a]), `"`))
			}
		}
		var redrive any
		if have["RedrivePolicy"] != "" {
			json.Unmarshal([]byte(have["RedrivePolicy"]), &redrive) //nolint:errcheck // the comparison shows it
		}
		d.same("redrive of "+name, redrive, p["RedrivePolicy"])
	})
}

// askQueues gives the attributes of all queues. The command line takes its time to start, so it is asked several times at once.
func (d *onMoto) askQueues() map[string]map[string]string {
	var (
		wait sync.WaitGroup
		lock sync.Mutex
	)
	all := map[string]map[string]string{}
	d.of("AWS::SQS::Queue", func(stack, _ string, p map[string]any) {
		name := p["QueueName"].(string)
		wait.Go(func() {
			var out struct{ Attributes map[string]string }
			if err := d.aws(d.region(stack), &out, "sqs", "get-queue-attributes", "--attribute-names", "All", "--queue-url", d.url+"/"+d.account+"/"+name); err != nil {
				d.Errorf("%s: %v", name, err)
			}
			lock.Lock()
			defer lock.Unlock()
			all[name] = out.Attributes
		})
	})
	wait.Wait()
	return all
}

// holdRoles: who may take each on, and what it may then do, with the ARNs of what was made.
func (d *onMoto) holdRoles() {
	type inline struct {
		PolicyName     string
		PolicyDocument any
	}
	var out struct {
		RoleDetailList []struct {
			RoleName                 string
			AssumeRolePolicyDocument any
			RolePolicyList           []inline
		}
	}
	d.must("eu-central-1", &out, "iam", "get-account-authorization-details", "--filter", "Role")
	have := map[string]any{}
	for _, r := range out.RoleDetailList {
		have[r.RoleName] = r.AssumeRolePolicyDocument
		for _, p := range r.RolePolicyList {
			have[r.RoleName+" "+p.PolicyName] = p.PolicyDocument
		}
	}
	d.of("AWS::IAM::Role", func(stack, id string, p map[string]any) {
		d.same("trust of "+id, have[d.called(stack, id)], p["AssumeRolePolicyDocument"])
	})
	d.of("AWS::IAM::Policy", func(_, id string, p map[string]any) {
		for _, role := range listOf(p["Roles"]) {
			d.same("policy "+id, have[fmt.Sprint(role, " ", p["PolicyName"])], p["PolicyDocument"])
		}
	})
}

// holdFunctions: settings, role, and the program's memory and time.
func (d *onMoto) holdFunctions(c *lambda.Client) {
	d.of("AWS::Lambda::Function", func(stack, id string, p map[string]any) {
		name := d.called(stack, id)
		out, err := c.GetFunctionConfiguration(d.Context(), &lambda.GetFunctionConfigurationInput{FunctionName: &name})
		if err != nil {
			d.Errorf("%s: %v", id, err)
			return
		}
		var env any
		if out.Environment != nil {
			env = out.Environment.Variables
		}
		d.same("settings of "+name, env, dig(p, "Environment", "Variables"))
		d.same("role of "+name, out.Role, p["Role"])
		d.same("time of "+name, out.Timeout, p["Timeout"])
		d.same("memory of "+name, out.MemorySize, or(p["MemorySize"], 128))
		d.same("runtime of "+name, out.Runtime, p["Runtime"])
	})
}

// holdMappings: each function is woken by what the template says, in batches as large.
func (d *onMoto) holdMappings(c *lambda.Client) {
	out, err := c.ListEventSourceMappings(d.Context(), &lambda.ListEventSourceMappingsInput{})
	if err != nil {
		d.Fatal(err)
	}
	have := map[string]bool{}
	for _, m := range out.EventSourceMappings {
		have[fmt.Sprint(*m.EventSourceArn, " ", *m.FunctionArn, " ", *m.BatchSize)] = true
	}
	d.of("AWS::Lambda::EventSourceMapping", func(stack, id string, p map[string]any) {
		function := fmt.Sprintf("arn:aws:lambda:%s:%s:function:%s", d.region(stack), d.account, p["FunctionName"])
		if want := fmt.Sprint(p["EventSourceArn"], " ", function, " ", text(p["BatchSize"])); !have[want] {
			d.Errorf("%s: no mapping %s; there are %s", id, want, text(have))
		}
	})
}

// holdLogs: every log is there, and for as long as people said.
func (d *onMoto) holdLogs() {
	have := map[string]any{}
	for _, region := range []string{"eu-central-1", edgeRegion} {
		var out struct {
			LogGroups []struct {
				LogGroupName    string
				RetentionInDays any
			}
		}
		d.must(region, &out, "logs", "describe-log-groups")
		for _, g := range out.LogGroups {
			have[region+" "+g.LogGroupName] = g.RetentionInDays
		}
	}
	d.of("AWS::Logs::LogGroup", func(stack, id string, p map[string]any) {
		d.same("days of log "+id, have[d.region(stack)+" "+d.called(stack, id)], p["RetentionInDays"])
	})
}

// holdRules: what each lets through, and to whom.
func (d *onMoto) holdRules(c *eventbridge.Client) {
	d.of("AWS::Events::Rule", func(stack, id string, p map[string]any) {
		name, bus := d.called(stack, id), "default"
		if b, ok := p["EventBusName"].(string); ok {
			bus = b
		}
		rule, err := c.DescribeRule(d.Context(), &eventbridge.DescribeRuleInput{Name: &name, EventBusName: &bus})
		if err != nil {
			d.Errorf("%s: %v", id, err)
			return
		}
		var pattern any
		if rule.EventPattern != nil {
			json.Unmarshal([]byte(*rule.EventPattern), &pattern) //nolint:errcheck // the comparison shows it
		}
		d.same("pattern of "+id, pattern, p["EventPattern"])
		d.same("schedule of "+id, aws.ToString(rule.ScheduleExpression), fmt.Sprint(or(p["ScheduleExpression"], "")))
		out, err := c.ListTargetsByRule(d.Context(), &eventbridge.ListTargetsByRuleInput{Rule: &name, EventBusName: &bus})
		if err != nil {
			d.Fatal(err)
		}
		var have, want []any
		for _, x := range out.Targets {
			have = append(have, *x.Arn)
		}
		for _, x := range listOf(p["Targets"]) {
			want = append(want, dig(x, "Arn"))
		}
		d.same("targets of "+id, have, want)
	})
}

// holdBuckets: each is there, and what is put into it lies under the key that the template names.
func (d *onMoto) holdBuckets(c *s3.Client) {
	d.of("AWS::S3::Bucket", func(stack, id string, p map[string]any) {
		name := d.called(stack, id)
		out, err := c.GetBucketEncryption(d.Context(), &s3.GetBucketEncryptionInput{Bucket: &name})
		if err != nil {
			d.Errorf("%s: %v", id, err)
			return
		}
		want := dig(listOf(dig(p, "BucketEncryption", "ServerSideEncryptionConfiguration"))[0], "ServerSideEncryptionByDefault")
		got := out.ServerSideEncryptionConfiguration.Rules[0].ApplyServerSideEncryptionByDefault
		d.same("encryption of "+id, got.SSEAlgorithm, dig(want, "SSEAlgorithm"))
		d.same("key of "+id, aws.ToString(got.KMSMasterKeyID), or(dig(want, "KMSMasterKeyID"), ""))
	})
}

// holdPolicy: the mirror function can read the parameter that CloudFormation wrote.
func (d *onMoto) holdPolicy(c *ssm.Client) {
	const name = "/mirrorwatch/main/policy"
	out, err := c.GetParameter(d.Context(), &ssm.GetParameterInput{Name: aws.String(name)})
	if err != nil {
		d.Fatal(err)
	}
	read, err := policy.Parse("ssm:"+name, []byte(*out.Parameter.Value))
	if err != nil {
		d.Fatalf("the mirror function cannot read what was deployed: %v", err)
	}
	guard := ""
	for id, called := range d.ids["mirrorwatch-main-fleet"] {
		if strings.HasPrefix(id, "SensorGuard") && strings.HasPrefix(called, "sg-") {
			guard = called
		}
	}
	d.same("security groups of sensors in the policy", read.Fleet.Sensors.SecurityGroups, []string{guard})
	if read.Deployment != "main" || len(read.Accounts) != 1 || read.Accounts[0].ID != d.account {
		d.Errorf("the policy is of %q and %v", read.Deployment, read.Accounts)
	}
}
