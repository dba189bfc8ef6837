package main

import (
	"encoding/json"
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// How many requests one API takes in a second, and at once. Beyond that the answer is 429.
const (
	apiRate  = 100
	apiBurst = 200
)

// openRoutes are those that nobody has to sign in for: lambdas/api/openapi.yaml says so, and a test holds the two together.
func openRoutes() []string {
	return []string{"GET /v1/health", "GET /v1/openapi.yaml", "GET /v1/sign-in", "POST /v1/session"}
}

// everyRoute is all of the API; the handler knows its own paths.
const everyRoute = "ANY /v1/{proxy+}"

// httpAPI is one of API Gateway's HTTP APIs. A route has one authoriser: people come with tokens to one API, programs that sign with IAM
// (SigV4) to another, and the same function answers both.
type httpAPI struct {
	awsapigatewayv2.CfnApi
	in constructs.Construct
}

// Host is where API Gateway has the API. CloudFront and IAM callers come there, so that it cannot be switched off: the Host header is part of
// a signature, and CloudFront changes it.
func (a *httpAPI) host(p *place) string {
	return fmt.Sprintf("%s.execute-api.%s.amazonaws.com", *a.Ref(), p.region)
}

// newHTTPAPI makes an API without routes. There is no CORS: the console has the API on its own host.
func newHTTPAPI(scope constructs.Construct, p *place, id, name, does string, pipe *pipeline) *httpAPI {
	in := constructs.NewConstruct(scope, key(id))
	a := &httpAPI{in: in, CfnApi: awsapigatewayv2.NewCfnApi(in, key("API"), &awsapigatewayv2.CfnApiProps{
		Name: key(name), Description: key(does), ProtocolType: key("HTTP"), DisableExecuteApiEndpoint: jsii.Bool(false),
	})}
	log := newAccessLog(in, name, p.LogDays, pipe.Key)
	awsapigatewayv2.NewCfnStage(in, key("Stage"), &awsapigatewayv2.CfnStageProps{
		ApiId: a.Ref(), StageName: key("$default"), AutoDeploy: jsii.Bool(true),
		DefaultRouteSettings: map[string]any{"throttlingRateLimit": apiRate, "throttlingBurstLimit": apiBurst, "detailedMetricsEnabled": true},
		AccessLogSettings:    map[string]any{"destinationArn": *log.LogGroupArn(), "format": accessLine()},
	})
	return a
}

// newAccessLog makes the log of requests. Its name begins as those do that services of AWS write to.
func newAccessLog(in constructs.Construct, name string, days_ int, k awskms.IKey) awslogs.LogGroup {
	return awslogs.NewLogGroup(in, key("AccessLog"), &awslogs.LogGroupProps{
		LogGroupName: key("/aws/vendedlogs/" + name), Retention: days(days_), EncryptionKey: k, RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
	})
}

// accessLine is a line of the access log. Neither queries nor headers are in it: the first have what people search for, the second tokens.
func accessLine() string {
	line, _ := json.Marshal(map[string]string{ //nolint:errcheck // texts can always be written
		"at": "$context.requestTime", "id": "$context.requestId", "from": "$context.identity.sourceIp", "method": "$context.httpMethod",
		"path": "$context.path", "route": "$context.routeKey", "status": "$context.status", "bytes": "$context.responseLength",
		"milliseconds": "$context.responseLatency", "who": "$context.authorizer.claims.sub", "caller": "$context.identity.userArn",
		"refused": "$context.authorizer.error", "error": "$context.integrationErrorMessage",
	})
	return string(line)
}

// answeredBy makes the function the API's integration, and gives the target of routes.
func (a *httpAPI) answeredBy(p *place, f *function) string {
	to := awsapigatewayv2.NewCfnIntegration(a.in, key("Function"), &awsapigatewayv2.CfnIntegrationProps{
		ApiId: a.Ref(), IntegrationType: key("AWS_PROXY"), IntegrationUri: f.Lambda.FunctionArn(), PayloadFormatVersion: key("2.0"),
		TimeoutInMillis: jsii.Number(1000 * (apiTimeout + 1)),
	})
	awslambda.NewCfnPermission(a.in, key("May"), &awslambda.CfnPermissionProps{
		Action: key("lambda:InvokeFunction"), FunctionName: f.Lambda.FunctionArn(), Principal: key("apigateway.amazonaws.com"),
		SourceArn: key(fmt.Sprintf("arn:aws:execute-api:%s:%s:%s/*/*", p.region, p.Account, *a.Ref())),
	})
	return "integrations/" + *to.Ref()
}

// forPeople makes the routes of those who come with a token of the user pool's.
func (a *httpAPI) forPeople(target string, u *users) {
	by := awsapigatewayv2.NewCfnAuthorizer(a.in, key("Tokens"), &awsapigatewayv2.CfnAuthorizerProps{
		ApiId: a.Ref(), Name: key("tokens"), AuthorizerType: key("JWT"), IdentitySource: jsii.Strings("$request.header.Authorization"),
		JwtConfiguration: &awsapigatewayv2.CfnAuthorizer_JWTConfigurationProperty{Audience: jsii.Strings(u.Client), Issuer: key(u.Issuer)},
	})
	a.route(everyRoute, target, "JWT", by.Ref())
	for _, r := range openRoutes() {
		excuse(a.route(r, target, "NONE", nil), "AwsSolutions-APIG4", "lambdas/api/openapi.yaml leaves it open: it says nothing that a stranger should not know")
	}
}

// forPrograms makes the routes of those who sign with IAM.
func (a *httpAPI) forPrograms(target string) { a.route(everyRoute, target, "AWS_IAM", nil) }

func (a *httpAPI) route(path, target, kind string, authorizer *string) awsapigatewayv2.CfnRoute {
	return awsapigatewayv2.NewCfnRoute(a.in, key(path), &awsapigatewayv2.CfnRouteProps{
		ApiId: a.Ref(), RouteKey: key(path), Target: &target, AuthorizationType: &kind, AuthorizerId: authorizer,
	})
}
