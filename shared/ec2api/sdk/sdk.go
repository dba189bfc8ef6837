// Package sdk asks AWS through aws-sdk-go-v2, for the interfaces of ec2api. What comes in is ec2api's requests; what goes out is its
// nouns, or an *ec2api.Error. It never repeats a call, for ec2api.Pace does that in a budget, and it never decides anything. It is the one
// package that imports service/ec2, which takes a minute to compile: whoever works on the planner need not wait for it.
package sdk

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/ram"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
	"github.com/mirrorwatch/mirrorwatch/shared/steady"
)

// SessionName is what CloudTrail shows beside the role for what is done here: events of our own doing are known by it.
const SessionName = "mirrorwatch-mirror"

// DefaultWithin is how long one call may take. The client waits for ever on its own.
const DefaultWithin = 15 * time.Second

// Options say whom to ask, and as whom.
type Options struct {
	Config     aws.Config // credentials and the HTTP client. Its retries are not used
	Account    string     // twelve digits; what Account.ID says. May be empty where it is not known yet
	Region     string
	Role       string // ARN of the role to take on; empty: the credentials of Config
	ExternalID string // that the role's trust policy asks for; only with Role
	Endpoint   string // URL in place of AWS's, for every service; empty: AWS's
	Within     time.Duration
}

// Client asks one account and region.
type Client struct {
	options Options
	config  aws.Config
	ssm     *ssm.Client
	sts     *sts.Client
}

// Open makes a client. Nothing is asked yet: a role is taken on by the first call that needs it.
func Open(o Options) (*Client, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	if o.Within <= 0 {
		o.Within = DefaultWithin
	}
	cfg := o.Config.Copy()
	cfg.Region = o.Region
	cfg.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	cfg.RetryMaxAttempts = 0
	cfg.HTTPClient = steady.Client(cfg.HTTPClient)
	cfg.APIOptions = append(slices.Clone(cfg.APIOptions), holdAnswers)
	if o.Endpoint != "" {
		cfg.BaseEndpoint = aws.String(o.Endpoint)
	}
	if o.Role != "" {
		cfg.Credentials = assumed(cfg, o)
	}
	return &Client{o, cfg, ssm.NewFromConfig(cfg), sts.NewFromConfig(cfg)}, nil
}

// assumed are credentials of the role. They are asked for again a minute before they end, so that none ends on the way.
func assumed(cfg aws.Config, o Options) aws.CredentialsProvider {
	role := stscreds.NewAssumeRoleProvider(sts.NewFromConfig(cfg), o.Role, func(r *stscreds.AssumeRoleOptions) {
		r.RoleSessionName = SessionName
		if o.ExternalID != "" {
			r.ExternalID = aws.String(o.ExternalID)
		}
	})
	return aws.NewCredentialsCache(role, func(c *aws.CredentialsCacheOptions) { c.ExpiryWindow = time.Minute })
}

var (
	accounts    = regexp.MustCompile(`^[0-9]{12}$`)
	regions     = regexp.MustCompile(`^[a-z]{2,4}(-[a-z]{2,16}){1,3}-[0-9]{1,2}$`) // it becomes part of a host name
	roles       = regexp.MustCompile(`^arn:aws[a-z-]{0,20}:iam::([0-9]{12}):role/[\w+=,.@/-]{1,576}$`)
	externalIDs = regexp.MustCompile(`^[\w+=,.@:/-]+$`)
)

func (o *Options) check() error {
	role := roles.FindStringSubmatch(o.Role)
	switch {
	case !regions.MatchString(o.Region):
		return fmt.Errorf(`region %q: want one like "eu-west-1"`, o.Region)
	case o.Account != "" && !accounts.MatchString(o.Account):
		return fmt.Errorf("account %q: want twelve digits", o.Account)
	case o.Role != "" && role == nil:
		return fmt.Errorf("role %q: want an ARN like arn:aws:iam::111122223333:role/name", o.Role)
	case o.Role != "" && o.Account != "" && role[1] != o.Account:
		return fmt.Errorf("role %q: is of account %s, want one of account %s", o.Role, role[1], o.Account)
	case o.ExternalID != "" && o.Role == "":
		return fmt.Errorf("external id: is given without a role")
	case o.ExternalID != "" && (len(o.ExternalID) < 2 || len(o.ExternalID) > 1224 || !externalIDs.MatchString(o.ExternalID)):
		return fmt.Errorf("external id of %d characters: want 2 to 1224 letters, digits and any of _ + = , . @ : / -", len(o.ExternalID))
	}
	return nil
}

// Account gives the interfaces, not paced.
func (c *Client) Account() ec2api.Account {
	within := c.options.Within
	return ec2api.Account{
		ID: c.options.Account, Region: c.options.Region,
		// A token that the client invents would be another one at the next try: what has no token has none.
		EC2:           compute{ec2.NewFromConfig(c.config, func(o *ec2.Options) { o.IdempotencyTokenProvider = nil }), within},
		LoadBalancing: balancing{elasticloadbalancingv2.NewFromConfig(c.config), within},
		AutoScaling:   scaling{autoscaling.NewFromConfig(c.config), within},
		Sharing:       sharing{ram.NewFromConfig(c.config), within},
	}
}

// Parameter reads a parameter of Systems Manager, decrypted where it is a secure string.
func (c *Client) Parameter(ctx context.Context, name string) (string, error) {
	out, err := ask(ctx, c.options.Within, c.ssm.GetParameter, &ssm.GetParameterInput{Name: aws.String(name), WithDecryption: aws.Bool(true)})
	if err != nil {
		return "", err
	}
	if out.Parameter == nil || out.Parameter.Value == nil {
		return "", malformed("GetParameter", "it has no value")
	}
	return *out.Parameter.Value, nil
}

// CallerAccount says which account the credentials, or the role, are of.
func (c *Client) CallerAccount(ctx context.Context) (string, error) {
	out, err := ask(ctx, c.options.Within, c.sts.GetCallerIdentity, &sts.GetCallerIdentityInput{})
	if err != nil {
		return "", err
	}
	if !accounts.MatchString(aws.ToString(out.Account)) {
		return "", malformed("GetCallerIdentity", "its account is not twelve digits")
	}
	return *out.Account, nil
}
