// Package function is the API as a function of Lambda: the table, the archive of records and the claims of API Gateway behind the same
// handler as everywhere else. What comes in is the function's environment and clients; what goes out is the handler. It never keeps a
// user or a session: an identity provider does.
package function

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/api"
	"github.com/mirrorwatch/mirrorwatch/lambdas/api/signin"
	"github.com/mirrorwatch/mirrorwatch/shared/archive"
	"github.com/mirrorwatch/mirrorwatch/shared/deploy"
	"github.com/mirrorwatch/mirrorwatch/shared/detect/all"
	"github.com/mirrorwatch/mirrorwatch/shared/notify"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/athena"
	"github.com/mirrorwatch/mirrorwatch/shared/store/dynamo"
)

// Timeout is how long an answer may take: API Gateway waits for 30 seconds, and the function's own end must not come before it.
const Timeout = 27 * time.Second

// Options says what the function works with.
type Options struct {
	Env    deploy.API
	Table  dynamo.Client
	Athena athena.Client
	SNS    notify.SNSClient // nil: rules that write to topics cannot be tried
	Lambda LambdaClient     // nil: the mirror function cannot be asked to look
	Region string           // that the function is in
	Now    func() time.Time
	Log    *slog.Logger
}

// LambdaClient is what is called of Lambda.
type LambdaClient interface {
	Invoke(ctx context.Context, in *lambda.InvokeInput, opts ...func(*lambda.Options)) (*lambda.InvokeOutput, error)
}

// New makes the handler.
func New(o Options) (http.Handler, error) {
	if o.Table == nil || o.Athena == nil || o.Now == nil {
		return nil, errors.New("make function: Table, Athena and Now must be given")
	}
	memory, err := dynamo.Open(dynamo.Options{Client: o.Table, Table: o.Env.Table, Now: o.Now})
	if err != nil {
		return nil, fmt.Errorf("make function: %w", err)
	}
	memory.Records, err = athena.New(athena.Options{Client: o.Athena, Database: o.Env.Database, WorkGroup: o.Env.Workgroup, Output: o.Env.Output})
	if err != nil {
		return nil, fmt.Errorf("make function: %w", err)
	}
	callers, err := signin.ParseCallers(o.Env.Callers)
	if err != nil {
		return nil, fmt.Errorf("make function: %s: %w", deploy.Callers, err)
	}
	gate, err := signin.NewGateway(signin.GatewayOptions{Callers: callers, GroupClaims: groupClaims()})
	if err != nil {
		return nil, fmt.Errorf("make function: %w", err)
	}
	return api.New(api.Options{
		Store: memory, Authenticator: gate, Address: gate.Address, SignIn: &api.Pages{
			Domain: "https://" + o.Env.Domain, Client: o.Env.UserPoolClient, Scopes: deploy.SignInScopes(),
		}, Notifier: o.sender(memory), Mirror: o.mirror(),
		Health: func(ctx context.Context) ([]events.Health, error) {
			return store.Sensors(ctx, memory.Documents, o.Now())
		}, Catalogue: all.Specs(),
		Fields: archive.Schema(), Now: o.Now, Version: o.Env.Version, Log: o.Log, Timeout: Timeout, ExportTimeout: Timeout,
	})
}

// groupClaims are the claims that hold groups: those of the user pool itself, and the attribute that it fills from what a SAML provider says.
// Nobody can write that one: no token of the console's has the scope that it takes (infra/signin.go).
func groupClaims() []string { return []string{"cognito:groups", "custom:groups"} }

// mirror asks the mirror function; nil where there is none.
func (o *Options) mirror() api.Looker {
	if o.Env.MirrorFunction == "" || o.Lambda == nil {
		return nil
	}
	return &mirror{o.Lambda, o.Env.MirrorFunction}
}

// mirror is the function that keeps mirror sessions.
type mirror struct {
	client LambdaClient
	name   string
}

// Look has the function look. Lambda takes the event and answers before it runs.
func (m *mirror) Look(ctx context.Context, l events.Look) error {
	event, err := l.Event()
	if err != nil {
		return err
	}
	_, err = m.client.Invoke(ctx, &lambda.InvokeInput{FunctionName: &m.name, InvocationType: types.InvocationTypeEvent, Payload: event})
	if err != nil {
		return fmt.Errorf("invoke function %s: %w", m.name, err)
	}
	return nil
}

// sender tests rules and puts dead letters on their way again; lambdas/notify sends what is on its way.
func (o *Options) sender(s *store.Store) api.Notifier {
	var topics []string
	if o.Env.Topics != "" {
		topics = strings.Split(o.Env.Topics, ",")
	}
	return notify.New(notify.Options{Documents: s.Documents, Now: o.Now, Address: o.Env.Address, Channels: notify.Channels(notify.ChannelOptions{
		SNS: o.SNS, Topics: topics, Region: o.Region, Version: o.Env.Version,
	})})
}
