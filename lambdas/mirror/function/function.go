// Package function wires the mirror loop as it runs in Lambda. What comes in is the environment that infrastructure wrote and AWS's
// configuration; what goes out is the handler, which reads the policy from Systems Manager, takes on a role an account, and remembers in
// DynamoDB. It never decides anything itself, and asks nothing before the first event. A function whose
// environment says so answers CloudFormation, too.
package function

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/resource"
	"github.com/mirrorwatch/mirrorwatch/shared/deploy"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api/sdk"
	"github.com/mirrorwatch/mirrorwatch/shared/store/dynamo"
)

// policyFor is how long a policy that was read holds: an event asks for it twice.
const policyFor = 15 * time.Second

// patience is how long an event waits for a sweep of its account and region: most are over by then, and the queue would bring the event
// back after its visibility timeout only.
const patience = 45 * time.Second

// Options say what the function runs on.
type Options struct {
	Env      deploy.Mirror
	Config   aws.Config
	Endpoint string // in place of AWS's, for every service; empty: AWS's
	Function string // its own name, by which it calls itself where a teardown takes longer than its time; empty: it cannot
	Holder   string // who this is, in leases
	Now      func() time.Time
	Log      *slog.Logger
	Metrics  io.Writer // takes lines in the Embedded Metric Format: in Lambda standard output
}

// New makes the function.
func New(o Options) (*Function, error) {
	memory, err := dynamo.Open(dynamo.Options{Client: dynamodb.NewFromConfig(o.Config, o.local), Table: o.Env.Table, Now: o.Now})
	if err != nil {
		return nil, err
	}
	parameters, err := sdk.Open(sdk.Options{Config: o.Config, Region: o.Config.Region, Endpoint: o.Endpoint})
	if err != nil {
		return nil, err
	}
	source := &source{parameters: parameters, name: strings.TrimPrefix(o.Env.Policy, "ssm:"), now: o.Now}
	emf, counts := &mirror.EMF{W: o.Metrics}, &ec2api.Counts{}
	loop, err := mirror.New(mirror.Options{
		Policy: source.policy, Open: o.opener(counts), Store: memory, Now: o.Now, Sleep: ec2api.Sleep, Patience: patience, Holder: o.Holder, Log: o.Log, Counts: counts,
		Observe: func(m mirror.Metrics) {
			if err := emf.Observe(m); err != nil {
				o.Log.Error("cannot tell metrics", "error", err)
			}
		},
	})
	if err != nil {
		return nil, err
	}
	var roles []string
	if o.Env.Role != "" {
		roles = append(roles, o.Env.Role)
	}
	events, err := mirror.NewHandler(mirror.HandlerOptions{Loop: loop, Roles: roles, Log: o.Log})
	if err != nil {
		return nil, err
	}
	if !o.Env.Teardown {
		return &Function{events: events}, nil
	}
	custom, err := resource.New(resource.Options{
		Teardown: loop.Teardown, Policy: source.policy, Bound: bound(memory), Again: o.again(), Now: o.Now, Sleep: ec2api.Sleep, Log: o.Log,
	})
	if err != nil {
		return nil, err
	}
	return &Function{events, custom}, nil
}

func (o *Options) local(to *dynamodb.Options) {
	if o.Endpoint != "" {
		to.BaseEndpoint = &o.Endpoint
	}
}

// opener opens accounts by the role that the policy names, and paces what is asked of each.
func (o *Options) opener(counts *ec2api.Counts) func(context.Context, policy.Account, string) (ec2api.Account, error) {
	return func(ctx context.Context, a policy.Account, region string) (ec2api.Account, error) {
		client, err := sdk.Open(sdk.Options{Config: o.Config, Account: a.ID, Region: region, Role: a.Role, Endpoint: o.Endpoint})
		if err != nil {
			return ec2api.Account{}, err
		}
		if a.Role == "" {
			if err := own(ctx, client, a.ID); err != nil {
				return ec2api.Account{}, err
			}
		}
		return ec2api.Pace(client.Account(), ec2api.PaceOptions{
			Reads: ec2api.Rate{PerSecond: a.Calls.Read}, Writes: ec2api.Rate{PerSecond: a.Calls.Write}, Now: o.Now, Observe: counts.Observe,
		}), nil
	}
}

// own says whether the function's own credentials are of an account that has no role: else what is done for that account would be done
// in another.
func own(ctx context.Context, c *sdk.Client, account string) error {
	is, err := c.CallerAccount(ctx)
	if err != nil {
		return err
	}
	if is != account {
		return fmt.Errorf("account %s has no role in the policy, and the function's own credentials are of account %s: name a role", account, is)
	}
	return nil
}

// source reads the policy from a parameter.
type source struct {
	parameters *sdk.Client
	name       string
	now        func() time.Time

	mu   sync.Mutex
	last policy.Policy
	at   time.Time
}

func (s *source) policy(ctx context.Context) (policy.Policy, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := s.now(); !s.at.IsZero() && now.Sub(s.at) < policyFor {
		return s.last, nil
	}
	text, err := s.parameters.Parameter(ctx, s.name)
	if err != nil {
		return policy.Policy{}, err
	}
	p, err := policy.Parse("ssm:"+s.name, []byte(text))
	if err != nil {
		return policy.Policy{}, err
	}
	s.last, s.at = p, s.now()
	return p, nil
}
