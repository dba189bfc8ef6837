package main

import (
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// grant lets a role call actions on resources. Where a resource is "*" or ends in a star, why says the reason: it becomes the Sid of the
// statement and the reason that the checks of the templates ask for.
type grant struct {
	actions    []string
	resources  []string
	conditions map[string]any
	why        string // for people; must be there where a resource has a star that names no part of ours
}

// statement is the grant as IAM has it.
func (g grant) statement() awsiam.PolicyStatement {
	p := &awsiam.PolicyStatementProps{Actions: jsii.Strings(g.actions...), Resources: jsii.Strings(g.resources...)}
	if len(g.conditions) > 0 {
		p.Conditions = &g.conditions
	}
	return awsiam.NewPolicyStatement(p)
}

// functionProps say what a function of Lambda is. Everything that all of them have in common is newFunction's.
type functionProps struct {
	name     string // the deployment's name is put before it
	program  string // folder below lambdas/
	does     string // one sentence
	env      map[string]string
	memory   int // MB
	timeout  int // seconds
	reserved int // concurrency; 0: as much as comes
	roleName string
	key      awskms.IKey
	logDays  int
	grants   []grant
}

// function is one of Lambda with the role and the log that are its own.
type function struct {
	Lambda awslambda.Function
	In     constructs.Construct // all of it, for who depends on it
	Name   string
	Role   awsiam.Role
	Log    awslogs.LogGroup
}

// newFunction makes a function on Arm with its own role, its own encrypted log, and nothing in its environment that is a secret.
func newFunction(scope constructs.Construct, id, deployment string, c code, p functionProps) (*function, error) {
	in := constructs.NewConstruct(scope, jsii.String(id))
	f := &function{In: in, Name: deployment + "-" + p.name}
	f.Log = awslogs.NewLogGroup(in, jsii.String("Log"), &awslogs.LogGroupProps{
		LogGroupName: jsii.String("/aws/lambda/" + f.Name), Retention: days(p.logDays), EncryptionKey: p.key, RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
	})
	var name *string
	if p.roleName != "" {
		name = jsii.String(p.roleName)
	}
	f.Role = awsiam.NewRole(in, jsii.String("Role"), &awsiam.RoleProps{
		RoleName: name, AssumedBy: awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil), Description: jsii.String(f.Name + ": " + p.does),
	})
	writes := grant{actions: []string{"logs:CreateLogStream", "logs:PutLogEvents"}, resources: []string{*f.Log.LogGroupArn()}}
	for _, g := range append(slices.Clone(p.grants), writes) {
		f.Role.AddToPrincipalPolicy(g.statement())
	}
	excuseStars(f.Role, p.grants)
	program, err := c.function(in, p.program)
	if err != nil {
		return nil, err
	}
	var reserved *float64
	if p.reserved > 0 {
		reserved = jsii.Number(float64(p.reserved))
	}
	role := awsiam.Role_FromRoleArn(in, jsii.String("RoleOnly"), f.Role.RoleArn(), &awsiam.FromRoleArnOptions{Mutable: jsii.Bool(false)}) // what CDK would add by itself is written above
	f.Lambda = awslambda.NewFunction(in, jsii.String("Function"), &awslambda.FunctionProps{
		FunctionName: jsii.String(f.Name), Description: jsii.String(p.does), Runtime: awslambda.Runtime_PROVIDED_AL2023(), Architecture: awslambda.Architecture_ARM_64(),
		Handler: jsii.String("bootstrap"), Code: program, Environment: texts(p.env), EnvironmentEncryption: p.key, MemorySize: jsii.Number(float64(p.memory)),
		Timeout: awscdk.Duration_Seconds(jsii.Number(float64(p.timeout))), ReservedConcurrentExecutions: reserved, Role: role, LogGroup: f.Log,
	})
	f.Lambda.Node().AddDependency(f.Role)
	return f, nil
}

// days gives the days of a log's retention, which are CloudWatch's own.
func days(n int) awslogs.RetentionDays {
	return map[int]awslogs.RetentionDays{
		1: awslogs.RetentionDays_ONE_DAY, 3: awslogs.RetentionDays_THREE_DAYS, 5: awslogs.RetentionDays_FIVE_DAYS, 7: awslogs.RetentionDays_ONE_WEEK,
		14: awslogs.RetentionDays_TWO_WEEKS, 30: awslogs.RetentionDays_ONE_MONTH, 60: awslogs.RetentionDays_TWO_MONTHS, 90: awslogs.RetentionDays_THREE_MONTHS,
		120: awslogs.RetentionDays_FOUR_MONTHS, 150: awslogs.RetentionDays_FIVE_MONTHS, 180: awslogs.RetentionDays_SIX_MONTHS, 365: awslogs.RetentionDays_ONE_YEAR,
		400: awslogs.RetentionDays_THIRTEEN_MONTHS, 545: awslogs.RetentionDays_EIGHTEEN_MONTHS, 731: awslogs.RetentionDays_TWO_YEARS, 1096: awslogs.RetentionDays_THREE_YEARS,
		1827: awslogs.RetentionDays_FIVE_YEARS, 2192: awslogs.RetentionDays_SIX_YEARS, 2557: awslogs.RetentionDays_SEVEN_YEARS, 2922: awslogs.RetentionDays_EIGHT_YEARS,
		3288: awslogs.RetentionDays_NINE_YEARS, 3653: awslogs.RetentionDays_TEN_YEARS,
	}[n]
}

// texts gives an environment as the CDK wants it.
func texts(env map[string]string) *map[string]*string {
	out := map[string]*string{}
	for name, value := range env {
		out[name] = jsii.String(value)
	}
	return &out
}
