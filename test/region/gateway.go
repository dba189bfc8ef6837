package region

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	lambda "github.com/aws/aws-lambda-go/events"
)

// Request is one that comes to an HTTP API with a JWT authoriser: the claims are those of a token that API Gateway has verified.
type Request struct {
	Method, Path, Query string
	Body                string
	Claims              map[string]string
	Headers             map[string]string
}

// Answer is what API Gateway sends back.
type Answer struct {
	Status  int
	Headers map[string]string
	Body    []byte
}

// Ask has a function answer a request, as API Gateway does with the payload of version 2.0.
func (f *Function) Ask(ctx context.Context, in Request) (Answer, error) {
	now := time.Now()
	e := lambda.APIGatewayV2HTTPRequest{
		Version: "2.0", RouteKey: "$default", RawPath: in.Path, RawQueryString: in.Query, Body: in.Body,
		Headers: map[string]string{"host": "api.mirrorwatch.example", "content-type": "application/json", "user-agent": "console", "x-forwarded-for": "203.0.113.9"},
		RequestContext: lambda.APIGatewayV2HTTPRequestContext{
			RouteKey: "$default", AccountID: f.r.o.Account, Stage: "$default", RequestID: newID(), APIID: "a1b2c3d4e5",
			DomainName: "a1b2c3d4e5.execute-api." + f.r.o.Name + ".amazonaws.com", DomainPrefix: "a1b2c3d4e5",
			Time: now.UTC().Format("02/Jan/2006:15:04:05 -0700"), TimeEpoch: now.UnixMilli(),
			Authorizer: &lambda.APIGatewayV2HTTPRequestContextAuthorizerDescription{
				JWT: &lambda.APIGatewayV2HTTPRequestContextAuthorizerJWTDescription{Claims: in.Claims},
			},
			HTTP: lambda.APIGatewayV2HTTPRequestContextHTTPDescription{Method: in.Method, Path: in.Path, Protocol: "HTTP/1.1", SourceIP: "203.0.113.9", UserAgent: "console"},
		},
	}
	for _, name := range slices.Sorted(maps.Keys(in.Headers)) {
		e.Headers[strings.ToLower(name)] = in.Headers[name]
	}
	payload, err := json.Marshal(e)
	if err != nil {
		return Answer{}, fmt.Errorf("make request: %w", err)
	}
	out, err := f.Invoke(ctx, payload)
	if err != nil {
		return Answer{}, err
	}
	var said lambda.APIGatewayV2HTTPResponse
	if err := json.Unmarshal(out, &said); err != nil || said.StatusCode == 0 {
		return Answer{}, fmt.Errorf("function %s: %.200s is no answer to API Gateway: %v", f.o.Name, out, err)
	}
	a := Answer{Status: said.StatusCode, Headers: said.Headers, Body: []byte(said.Body)}
	if said.IsBase64Encoded {
		if a.Body, err = base64.StdEncoding.DecodeString(said.Body); err != nil {
			return Answer{}, fmt.Errorf("function %s: %w", f.o.Name, err)
		}
	}
	return a, nil
}
