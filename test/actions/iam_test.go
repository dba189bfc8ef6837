package actions

import (
	"slices"
	"strings"
	"testing"
)

func operations(names ...string) (list []Operation) {
	for _, name := range names {
		w := append(strings.Fields(name), "")
		list = append(list, Operation{Service: w[0], Name: w[1], Part: w[2], Via: []string{"main.main"}})
	}
	return list
}

// TestIAM has what AWS asks for where that is not the operation's name.
func TestIAM(t *testing.T) {
	for _, c := range []struct {
		operations []string
		keyed      string
		want       string // with + behind what AWS does in the caller's name
	}{
		{operations: []string{"dynamodb Query", "eventbridge PutEvents"}, want: "dynamodb:Query events:PutEvents"},
		{operations: []string{"dynamodb TransactWriteItems"}, want: ""},
		{operations: []string{"dynamodb TransactWriteItems", "dynamodb TransactWriteItems Put", "dynamodb TransactWriteItems ConditionCheck"}, want: "dynamodb:ConditionCheckItem dynamodb:PutItem"},
		{operations: []string{"dynamodb TransactWriteItems Update", "dynamodb TransactWriteItems Delete", "dynamodb TransactGetItems Get"}, want: "dynamodb:DeleteItem dynamodb:GetItem dynamodb:UpdateItem"},
		{operations: []string{"dynamodbstreams GetRecords"}, want: "dynamodb:GetRecords"},
		{operations: []string{"s3 GetObject"}, want: "s3:GetObject s3:ListBucket+"},
		{operations: []string{"s3 GetObject", "s3 GetObject VersionId"}, want: "s3:GetObject s3:GetObjectVersion s3:ListBucket+"},
		{operations: []string{"s3 HeadObject", "s3 ListObjectsV2"}, want: "s3:GetObject s3:ListBucket"},
		{operations: []string{"s3 UploadPart", "s3 CreateMultipartUpload"}, keyed: "s3", want: "kms:Decrypt+ kms:GenerateDataKey+ s3:PutObject"},
		{operations: []string{"athena GetQueryResults"}, keyed: "s3", want: "athena:GetQueryResults kms:Decrypt+ s3:GetObject+"},
		{operations: []string{"athena StartQueryExecution"}, want: "athena:StartQueryExecution glue:GetDatabase+ glue:GetPartitions+ glue:GetTable+ " +
			"s3:AbortMultipartUpload+ s3:GetBucketLocation+ s3:GetObject+ s3:ListBucket+ s3:ListMultipartUploadParts+ s3:PutObject+"},
		{operations: []string{"ec2 CreateTrafficMirrorSession", "ec2 CreateTrafficMirrorSession TagSpecifications"}, want: "ec2:CreateTags ec2:CreateTrafficMirrorSession"},
		{operations: []string{"elasticloadbalancingv2 CreateListener", "elasticloadbalancingv2 CreateListener Tags"}, want: "elasticloadbalancing:AddTags elasticloadbalancing:CreateListener"},
		{operations: []string{"lambda Invoke", "sts GetCallerIdentity", "sts AssumeRole"}, want: "lambda:InvokeFunction sts:AssumeRole"},
		{operations: []string{"ssm GetParameter", "ssm GetParameter WithDecryption"}, want: "ssm:GetParameter"},
		{operations: []string{"ssm GetParameter", "ssm GetParameter WithDecryption"}, keyed: "ssm", want: "kms:Decrypt+ ssm:GetParameter"},
		{operations: []string{"dynamodb GetItem"}, keyed: "dynamodb", want: "dynamodb:GetItem kms:Decrypt+ kms:DescribeKey+ kms:Encrypt+ kms:GenerateDataKey*+ kms:ReEncrypt*+"},
		{operations: []string{"sns Publish", "dynamodb GetItem"}, keyed: "sns", want: "dynamodb:GetItem kms:Decrypt+ kms:GenerateDataKey+ sns:Publish"},
	} {
		list, err := IAM(operations(c.operations...), c.keyed)
		if err != nil {
			t.Errorf("%v: %v", c.operations, err)
		}
		var got []string
		for _, a := range list {
			if a.Behind {
				a.Name += "+"
			}
			got = append(got, a.Name)
		}
		if have := strings.Join(got, " "); have != c.want {
			t.Errorf("%v, keys of %q: %s\nwant %s", c.operations, c.keyed, have, c.want)
		}
	}
}

// TestIAMOfUnknownService refuses to guess.
func TestIAMOfUnknownService(t *testing.T) {
	_, err := IAM(operations("quicksight CreateDashboard"))
	const want = "find actions of main.main -> quicksight CreateDashboard: IAM's name of service quicksight is not in the table of prefixes"
	if err == nil || err.Error() != want {
		t.Errorf("%v\nwant %s", err, want)
	}
}

// TestActionTellsWhy has the reason and the way in the words that a failing test of a role prints.
func TestActionTellsWhy(t *testing.T) {
	list, err := IAM(operations("athena GetQueryResults"))
	if err != nil || len(list) != 2 {
		t.Fatal(list, err)
	}
	const want = "s3:GetObject\n  since results are read from their bucket, in the caller's name\n  by main.main -> athena GetQueryResults"
	if got := list[1].String(); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

// TestTables holds what is written in them: every reason is there, and every name is of a service that is known.
func TestTables(t *testing.T) {
	for _, r := range rules {
		checkRow(t, r.operation, r.needs+" "+r.behind, r.why)
		if r.needs == "" && r.behind == "" {
			t.Errorf("%s: the rule says nothing", r.operation)
		}
	}
	for _, k := range keys {
		checkRow(t, k.operation, k.needs, k.why)
		if !slices.Contains([]string{"dynamodb", "s3", "sns", "sqs", "ssm"}, k.data) {
			t.Errorf("%s: data of %q are none that IAM's comment tells of", k.operation, k.data)
		}
	}
}

func checkRow(t *testing.T, operation, names, why string) {
	t.Helper()
	if why == "" {
		t.Errorf("%s: no reason", operation)
	}
	if words := strings.Fields(operation); len(words) < 2 || prefixes[words[0]] == "" {
		t.Errorf("%q is not a service that is known, an operation, and perhaps a part", operation)
	}
	known := map[string]bool{}
	for _, p := range prefixes {
		known[p] = true
	}
	for _, name := range strings.Fields(names) {
		if service, action, is := strings.Cut(name, ":"); name != "-" && (!is || !known[service] || action == "") {
			t.Errorf("%s: %q is not an action of a service that is known", operation, name)
		}
	}
}
