package actions

import (
	"fmt"
	"slices"
	"strings"
)

// Action is a permission that a role needs.
type Action struct {
	Name       string      // as dynamodb:GetItem
	Behind     bool        // AWS does it in the caller's name, for an operation that is called otherwise
	Why        []string    // for each reason beyond that an operation of the same name is called, one
	Operations []Operation // that need it
}

// String tells the action, why it is needed, and how the program comes there, in a line for each way.
func (a Action) String() string {
	lines := []string{a.Name}
	for _, why := range a.Why {
		lines = append(lines, "  since "+why)
	}
	for _, o := range a.Operations {
		lines = append(lines, "  by "+o.Path())
	}
	return strings.Join(lines, "\n")
}

// prefixes are IAM's names of services, by the names of their clients' packages.
var prefixes = map[string]string{
	"athena":                 "athena",
	"autoscaling":            "autoscaling",
	"cloudwatch":             "cloudwatch",
	"dynamodb":               "dynamodb",
	"dynamodbstreams":        "dynamodb",
	"ec2":                    "ec2",
	"elasticloadbalancingv2": "elasticloadbalancing",
	"eventbridge":            "events",
	"firehose":               "firehose",
	"glue":                   "glue",
	"kms":                    "kms",
	"lambda":                 "lambda",
	"ram":                    "ram",
	"s3":                     "s3",
	"securityhub":            "securityhub",
	"sns":                    "sns",
	"sqs":                    "sqs",
	"ssm":                    "ssm",
	"sts":                    "sts",
}

// rule says what an operation needs in place of the action of its own name, and what AWS asks for besides.
type rule struct {
	operation string // as Operation.String gives it; * is any operation of the service
	needs     string // in place of its own action; of a part: what the part needs. Names with spaces between; - is nothing
	behind    string // what AWS does in the caller's name
	why       string
}

const (
	grouped = "a transaction needs the actions of what is in it, and none of its own"
	tagging = "tags that are given with a thing which is made are set in the caller's name"
	parts   = "an object in parts is an object that is put"
	looking = "S3 has no action of its own for it"
)

// rules are where AWS departs from an action an operation, for what programs like ours call.
var rules = []rule{
	{"dynamodb TransactWriteItems", "-", "", grouped},
	{"dynamodb TransactWriteItems Put", "dynamodb:PutItem", "", grouped},
	{"dynamodb TransactWriteItems Update", "dynamodb:UpdateItem", "", grouped},
	{"dynamodb TransactWriteItems Delete", "dynamodb:DeleteItem", "", grouped},
	{"dynamodb TransactWriteItems ConditionCheck", "dynamodb:ConditionCheckItem", "", grouped},
	{"dynamodb TransactGetItems", "-", "", grouped},
	{"dynamodb TransactGetItems Get", "dynamodb:GetItem", "", grouped},

	{"s3 GetObject", "", "s3:ListBucket", "without it S3 calls an object that is gone denied, which looks like a mistake in the role and is tried again"},
	{"s3 GetObject VersionId", "s3:GetObjectVersion", "", "an object that is asked for by its version has an action of its own"},
	{"s3 HeadObject", "s3:GetObject", "s3:ListBucket", looking},
	{"s3 HeadObject VersionId", "s3:GetObjectVersion", "", looking},
	{"s3 HeadBucket", "s3:ListBucket", "", looking},
	{"s3 ListObjects", "s3:ListBucket", "", looking},
	{"s3 ListObjectsV2", "s3:ListBucket", "", looking},
	{"s3 ListObjectVersions", "s3:ListBucketVersions", "", looking},
	{"s3 CopyObject", "s3:GetObject s3:PutObject", "", looking},
	{"s3 DeleteObject VersionId", "s3:DeleteObjectVersion", "", looking},
	{"s3 DeleteObjects", "s3:DeleteObject", "", looking},
	{"s3 CreateMultipartUpload", "s3:PutObject", "", parts},
	{"s3 UploadPart", "s3:PutObject", "", parts},
	{"s3 CompleteMultipartUpload", "s3:PutObject", "", parts},
	{"s3 ListParts", "s3:ListMultipartUploadParts", "", parts},
	{"s3 ListMultipartUploads", "s3:ListBucketMultipartUploads", "", parts},

	{"athena StartQueryExecution", "", "glue:GetDatabase glue:GetTable glue:GetPartitions", "a query looks its tables up in the catalogue, in the caller's name"},
	{"athena StartQueryExecution", "", "s3:GetObject s3:ListBucket", "a query reads the objects of its tables, in the caller's name"},
	{"athena StartQueryExecution", "", "s3:GetBucketLocation s3:PutObject s3:AbortMultipartUpload s3:ListMultipartUploadParts",
		"a query writes what it found to the bucket of results, in parts where it is much, in the caller's name"},
	{"athena GetQueryResults", "", "s3:GetObject", "results are read from their bucket, in the caller's name"},

	{"ec2 * TagSpecifications", "ec2:CreateTags", "", tagging},
	{"elasticloadbalancingv2 * Tags", "elasticloadbalancing:AddTags", "", tagging},
	{"ram CreateResourceShare Tags", "ram:TagResource", "", "AWS does not say whether tags of a share that is made need it, as they do elsewhere; without it there may be no share"},

	{"lambda Invoke", "lambda:InvokeFunction", "", "IAM calls it so"},
	{"sns PublishBatch", "sns:Publish", "", "IAM knows no batches"},
	{"sqs SendMessageBatch", "sqs:SendMessage", "", "IAM knows no batches"},
	{"sqs DeleteMessageBatch", "sqs:DeleteMessage", "", "IAM knows no batches"},
	{"sqs ChangeMessageVisibilityBatch", "sqs:ChangeMessageVisibility", "", "IAM knows no batches"},
	{"sts GetCallerIdentity", "-", "", "whoever has credentials may ask whose they are"},
	{"ssm GetParameter WithDecryption", "-", "", "it needs the key of a secure string, where there is one"},
}

// key says what an operation needs of KMS where the data that it is about lies under a key of our own.
type key struct {
	operation string // as in rule
	data      string // prefix of the service that keeps the data
	needs     string
	why       string
}

// tableKey is what DynamoDB asks for, but for kms:CreateGrant: that is for who makes the table.
const tableKey = "kms:Decrypt kms:DescribeKey kms:Encrypt kms:GenerateDataKey* kms:ReEncrypt*"

var keys = []key{
	{"dynamodb *", "dynamodb", tableKey, "DynamoDB uses a table's key in the caller's name, and lists these as the least"},
	{"dynamodbstreams *", "dynamodb", tableKey, "DynamoDB uses a table's key in the caller's name, and lists these as the least"},
	{"s3 GetObject", "s3", "kms:Decrypt", "S3 opens an object's key in the caller's name"},
	{"s3 PutObject", "s3", "kms:GenerateDataKey", "S3 makes an object's key in the caller's name"},
	{"s3 CreateMultipartUpload", "s3", "kms:GenerateDataKey kms:Decrypt", "S3 makes an object's key in the caller's name, and opens it for each part"},
	{"athena StartQueryExecution", "s3", "kms:Decrypt kms:GenerateDataKey", "a query reads objects, and writes what it found, in the caller's name"},
	{"athena GetQueryResults", "s3", "kms:Decrypt", "results are read from their bucket, in the caller's name"},
	{"sns Publish", "sns", "kms:GenerateDataKey kms:Decrypt", "SNS seals a message in the caller's name"},
	{"sqs SendMessage", "sqs", "kms:GenerateDataKey kms:Decrypt", "SQS seals a message in the caller's name"},
	{"sqs ReceiveMessage", "sqs", "kms:Decrypt", "SQS opens a message in the caller's name"},
	{"ssm GetParameter WithDecryption", "ssm", "kms:Decrypt", "a secure string is opened in the caller's name"},
}

// IAM gives the actions that operations need, in the order of their names. Keyed are the prefixes of services whose data lies under a key of
// our own: dynamodb, s3, sns, sqs, ssm. It does not know what AWS does with a role besides what the program asks for: sources of events,
// logs, networks.
func IAM(operations []Operation, keyed ...string) ([]Action, error) {
	needed := map[string]*Action{}
	for _, o := range operations {
		prefix, known := prefixes[o.Service]
		if !known {
			return nil, fmt.Errorf("find actions of %s: IAM's name of service %s is not in the table of prefixes", o.Path(), o.Service)
		}
		own := o.Part == ""
		for _, r := range rules {
			if !fits(r.operation, o) {
				continue
			}
			own = own && r.needs == ""
			note(needed, r.needs, false, r.why, o)
			note(needed, r.behind, true, r.why, o)
		}
		if own {
			note(needed, prefix+":"+o.Name, false, "", o)
		}
		for _, k := range keys {
			if slices.Contains(keyed, k.data) && fits(k.operation, o) {
				note(needed, k.needs, true, k.why, o)
			}
		}
	}
	var list []Action
	for _, a := range needed {
		list = append(list, *a)
	}
	slices.SortFunc(list, func(a, b Action) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}

// note adds names with spaces between to what is needed.
func note(needed map[string]*Action, names string, behind bool, why string, o Operation) {
	for _, name := range strings.Fields(names) {
		if name == "-" {
			continue
		}
		a := needed[name]
		if a == nil {
			a = &Action{Name: name, Behind: true}
			needed[name] = a
		}
		a.Behind = a.Behind && behind
		if why != "" && !slices.Contains(a.Why, why) {
			a.Why = append(a.Why, why)
		}
		if !slices.ContainsFunc(a.Operations, func(have Operation) bool { return have.String() == o.String() }) {
			a.Operations = append(a.Operations, o)
		}
	}
}

// fits says whether a pattern is of an operation, or of a part where it has one; a star stands for any operation.
func fits(pattern string, o Operation) bool {
	p, of := strings.Fields(pattern), strings.Fields(o.String())
	if len(p) != len(of) {
		return false
	}
	for i := range p {
		if p[i] != of[i] && p[i] != "*" {
			return false
		}
	}
	return true
}

// hasRule says whether a field of a request matters to IAM.
func hasRule(c call) bool {
	o := Operation{Service: c.service, Name: c.name, Part: c.part}
	return slices.ContainsFunc(rules, func(r rule) bool { return fits(r.operation, o) })
}
