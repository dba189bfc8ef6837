package main

import (
	"fmt"
	"os/exec"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awswafv2"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/mirrorwatch/mirrorwatch/shared/deploy"
)

// api is what people and programs meet.
type api struct {
	Address      string // https://
	API          string // id of the HTTP API
	Programs     string // id of the HTTP API of those who sign with IAM; "" where nobody does
	Distribution string // id
	UserPool     string
	Functions    map[string]*function // api, notify
	DeadLetters  map[string]awssqs.Queue
}

// apiTimeout is in seconds. The handler gives up after 27, API Gateway after 30.
const apiTimeout = 28

// newAPI makes the api stack. The order is that of who names whom: the console the API, the users the console's address, the function all
// of them, and the routes the function.
func newAPI(s awscdk.Stack, p *place, pipe *pipeline, e *edge) (*api, error) {
	people := newHTTPAPI(s, p, "People", p.Name()+"-api", "The API of Mirrorwatch, for the console and who has a token", pipe)
	_, signIn := p.signInDomain()
	site := newConsole(s, p, e.from(s, p, pipe.Key), people.host(p), signIn)
	who := newUsers(s, p, site.Address)
	f, err := newAPIFunction(s, p, pipe, who, site.Address)
	if err != nil {
		return nil, err
	}
	people.forPeople(people.answeredBy(p, f), who)
	a := &api{Address: site.Address, API: *people.Ref(), Distribution: *site.Distribution.Ref(), UserPool: who.Pool}
	out(s, "Address", site.Address, "Where the console and the API are")
	if p.Callers != "" {
		programs := newHTTPAPI(s, p, "Programs", p.Name()+"-programs", "The API of Mirrorwatch, for programs that sign with IAM", pipe)
		programs.forPrograms(programs.answeredBy(p, f))
		a.Programs = *programs.Ref()
		out(s, "ProgramsAddress", "https://"+programs.host(p), "Where programs that sign with IAM (SigV4) reach the API")
	}
	n, err := newNotifier(s, p, pipe, site.Address)
	if err != nil {
		return nil, err
	}
	a.Functions, a.DeadLetters = map[string]*function{"api": f, "notify": n.Function}, map[string]awssqs.Queue{"notify": n.DeadLetters}
	if p.WAF {
		newSignInWAF(s, p, pipe, who)
	}
	folder, err := p.code.console()
	if err != nil {
		return nil, err
	}
	if folder != "" {
		site.fill(s, p, folder, pipe.Key)
	}
	out(s, "UserPoolID", who.Pool, "User pool; people need one of the groups mirrorwatch-viewer, -analyst, -admin")
	out(s, "UserPoolClient", who.Client, "Client of the user pool that the console is")
	out(s, "SignIn", "https://"+who.Domain, "Pages of the sign-in")
	return a, nil
}

// out tells whoever deploys something.
func out(s awscdk.Stack, name, value, is string) {
	awscdk.NewCfnOutput(s, key(name), &awscdk.CfnOutputProps{Value: &value, Description: &is})
}

// newAPIFunction makes the function behind the API.
func newAPIFunction(s awscdk.Stack, p *place, pipe *pipeline, who *users, address string) (*function, error) {
	return newFunction(s, "APIFunction", p.Name(), p.code, functionProps{
		name: "api", program: "api", does: "Answers the API", memory: 1024, timeout: apiTimeout, key: pipe.Key, logDays: p.LogDays,
		env: deploy.API{
			Table: pipe.Table, Database: pipe.Database, Workgroup: pipe.Workgroup, UserPool: who.Pool, UserPoolClient: who.Client, Domain: who.Domain,
			Address: address, Callers: p.Callers, Topics: *pipe.Topic.TopicArn(), Version: p.code.version(),
			MirrorFunction: p.Name() + "-mirror",
		}.Env(),
		grants: slices.Concat(pipe.onTable(true, p.region, apiCalls()...), pipe.askRecords(p), toTopic(p, pipe), []grant{{
			actions: []string{"lambda:InvokeFunction"}, resources: []string{p.functionArn("mirror")}, // to look: what removes sessions is another function
		}}),
	})
}

// version gives what is deployed, as git describes it; "" where nothing is built or git does not know: templates that are looked at must not
// change with each commit.
func (c code) version() string {
	if c.out == "" {
		return ""
	}
	line, err := exec.CommandContext(c.ctx, "git", "-C", c.root, "describe", "--always", "--tags", "--dirty").Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(line))
}

// apiCalls are those that the store makes of DynamoDB for the API.
func apiCalls() []string {
	return []string{
		"dynamodb:BatchGetItem", "dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem",
	}
}

// askRecords lets a role ask Athena about records. Athena reads the tables' descriptions and files, and writes its results, in the
// caller's name.
func (p *pipeline) askRecords(at *place) []grant {
	glue := func(what string) string { return fmt.Sprintf("arn:aws:glue:%s:%s:%s", at.region, at.Account, what) }
	return []grant{
		{actions: []string{"athena:GetQueryExecution", "athena:GetQueryResults", "athena:StartQueryExecution", "athena:StopQueryExecution"}, resources: []string{
			fmt.Sprintf("arn:aws:athena:%s:%s:workgroup/%s", at.region, at.Account, p.Workgroup),
		}},
		{actions: []string{"glue:GetDatabase", "glue:GetPartitions", "glue:GetTable"}, resources: []string{
			glue("catalog"), glue("database/" + p.Database), glue("table/" + p.Database + "/*"),
		}, why: "every table of one database, one for each kind of record"},
		{actions: []string{"s3:GetBucketLocation", "s3:ListBucket"}, resources: []string{p.ArchiveArn}},
		{actions: []string{"s3:GetObject"}, resources: []string{p.ArchiveArn + "/records/*"}, why: "every file of records"},
		{actions: []string{"s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"}, resources: []string{p.ArchiveArn + "/results/*"},
			why: "results have names that Athena makes up"},
		p.withKey(at.region, "s3", "kms:Decrypt", "kms:GenerateDataKey"),
	}
}

// newSignInWAF has WAF stand before the pages of the sign-in, which people reach without CloudFront.
func newSignInWAF(scope constructs.Construct, p *place, pipe *pipeline, who *users) {
	in := constructs.NewConstruct(scope, key("SignInWAF"))
	acl := newWebACL(in, p, false, "sign-in")
	newWebLog(in, p, acl, "sign-in", pipe.Key)
	awswafv2.NewCfnWebACLAssociation(in, key("Before"), &awswafv2.CfnWebACLAssociationProps{ResourceArn: &who.PoolArn, WebAclArn: acl.AttrArn()})
}
