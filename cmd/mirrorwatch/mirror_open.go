package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/spf13/cobra"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
	"github.com/mirrorwatch/mirrorwatch/shared/archive"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api/sdk"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/dynamo"
	memstore "github.com/mirrorwatch/mirrorwatch/shared/store/memory"
	"github.com/mirrorwatch/mirrorwatch/shared/store/sqlite"
)

const (
	// credentialsWithin is how long the search for credentials may take: the last place asked is the instance's own service.
	credentialsWithin = 10 * time.Second
	// mostPolicy is how much of a policy's file is read: policy.Parse says of more that it is too long.
	mostPolicy = 1<<20 + 1
)

// access says whether a command changes what is stored: that of reads is false.
type access bool

const (
	reads  access = false
	writes access = true
)

// mirroring is what the commands of mirror work with.
type mirroring struct {
	o      *mirrorOptions
	config aws.Config
	policy policy.Policy
	store  *store.Store
	loop   *mirror.Loop
	bar    *passBar
	caller func() (string, error) // whose the credentials are
}

// mirrored opens all that a command of mirror needs, for as long as f works with it: first the policy, whose mistakes are told before
// anything is asked.
func mirrored(cmd *cobra.Command, o *mirrorOptions, a access, f func(ctx context.Context, m *mirroring) error) (err error) {
	ctx := cmd.Context()
	m := &mirroring{o: o, bar: newPassBar(cmd.ErrOrStderr())}
	if _, isParameter := o.parameter(); !isParameter {
		if m.policy, err = parsePolicyFile(o.policy); err != nil {
			return err
		}
	}
	if err := m.configure(ctx); err != nil {
		return err
	}
	if m.policy, err = m.readPolicy(ctx); err != nil {
		return err
	}
	m.caller = sync.OnceValues(func() (string, error) { return m.whoAmI(ctx) })
	if m.store, err = o.openStore(ctx, m.config, a, cmd.ErrOrStderr()); err != nil {
		return err
	}
	defer func() {
		if failed := m.store.Close(); failed != nil {
			err = errors.Join(err, failed)
		}
	}()
	m.loop, err = mirror.New(mirror.Options{
		Policy: m.readPolicy, Open: m.openAccount, Store: m.store, Now: time.Now, Sleep: ec2api.Sleep, Further: m.bar.show,
		Holder: fmt.Sprintf("mirrorwatch mirror on %s, process %d", hostname(), os.Getpid()),
	})
	if err != nil {
		return err
	}
	return f(ctx, m)
}

// configure finds region and credentials.
func (m *mirroring) configure(ctx context.Context) (err error) {
	if m.config, err = config.LoadDefaultConfig(ctx); err != nil {
		return fmt.Errorf("read AWS configuration: %w", err)
	}
	m.config.Logger = nil // what the client has to say comes back as errors
	return m.credentials(ctx)
}

// parameter is the name of the policy's parameter, where it is one.
func (o *mirrorOptions) parameter() (name string, is bool) {
	return strings.CutPrefix(o.policy, "ssm:")
}

// readPolicy reads the policy as it is now. A file's mistakes are told with its name, a parameter's with ssm: before it.
func (m *mirroring) readPolicy(ctx context.Context) (policy.Policy, error) {
	name, isParameter := m.o.parameter()
	if !isParameter {
		return parsePolicyFile(m.o.policy)
	}
	if m.config.Region == "" {
		return policy.Policy{}, fmt.Errorf("read policy %s: set AWS_REGION, for nothing says in which region the parameter is", m.o.policy)
	}
	client, err := sdk.Open(sdk.Options{Config: m.config, Region: m.config.Region})
	if err != nil {
		return policy.Policy{}, err
	}
	text, err := client.Parameter(ctx, name)
	if err != nil {
		return policy.Policy{}, fmt.Errorf("read policy %s: %w", m.o.policy, err)
	}
	return policy.Parse(m.o.policy, []byte(text))
}

func parsePolicyFile(name string) (policy.Policy, error) {
	f, err := os.Open(name)
	if errors.Is(err, os.ErrNotExist) {
		return policy.Policy{}, fmt.Errorf("read policy: %w (--policy or %s says where it is; 'mirrorwatch mirror policy example' prints one)", err, envPolicy)
	}
	if err != nil {
		return policy.Policy{}, fmt.Errorf("read policy: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, mostPolicy))
	if err != nil {
		return policy.Policy{}, fmt.Errorf("read policy: %w", err)
	}
	return policy.Parse(name, text)
}

// credentials sees whether there are any, so that one line says what to set and not one a call.
func (m *mirroring) credentials(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, credentialsWithin)
	defer cancel()
	if _, err := m.config.Credentials.Retrieve(ctx); err != nil {
		return fmt.Errorf("no AWS credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or sign in with 'aws sso login' (%s)", firstLine(err))
	}
	return nil
}

// firstLine is an error without what follows a line's end.
func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

func (m *mirroring) whoAmI(ctx context.Context) (string, error) {
	region := m.config.Region
	if region == "" {
		region = "us-east-1" // the Security Token Service says the same everywhere
	}
	client, err := sdk.Open(sdk.Options{Config: m.config, Region: region})
	if err != nil {
		return "", err
	}
	return client.CallerAccount(ctx)
}

// openAccount opens an account by the role that the policy names. Where it names none the credentials must be that account's: else what
// is asked for one account would be done in another.
func (m *mirroring) openAccount(_ context.Context, a policy.Account, region string) (ec2api.Account, error) {
	if a.Role == "" {
		switch id, err := m.caller(); {
		case err != nil:
			return ec2api.Account{}, fmt.Errorf("ask whose the credentials are: %w", err)
		case id != a.ID:
			return ec2api.Account{}, fmt.Errorf("the credentials are of account %s, and the policy names no role for %s", id, a.ID)
		}
	}
	client, err := sdk.Open(sdk.Options{Config: m.config, Account: a.ID, Region: region, Role: a.Role})
	if err != nil {
		return ec2api.Account{}, err
	}
	return ec2api.Pace(client.Account(), ec2api.PaceOptions{
		Reads: ec2api.Rate{PerSecond: a.Calls.Read}, Writes: ec2api.Rate{PerSecond: a.Calls.Write}, Now: time.Now,
	}), nil
}

// openStore opens the table, or the folder of a server on this machine.
func (o *mirrorOptions) openStore(ctx context.Context, conf aws.Config, a access, warn io.Writer) (*store.Store, error) {
	if o.table != "" {
		if conf.Region == "" {
			return nil, fmt.Errorf("open table %s: set AWS_REGION, for nothing says in which region it is", o.table)
		}
		return dynamo.Open(dynamo.Options{Client: dynamodb.NewFromConfig(conf), Table: o.table, Now: time.Now})
	}
	folder := o.data
	if folder == "" {
		folder = dataFolder()
	}
	if folder == "" {
		return nil, errors.New("open store: there is no home folder: give --data FOLDER or --table NAME")
	}
	s, err := sqlite.Open(ctx, sqlite.Options{Folder: folder, Now: time.Now, Schema: archive.Schema(), ReadOnly: a == reads})
	switch {
	case errors.Is(err, store.ErrInUse):
		return nil, fmt.Errorf("a server has %s open: stop it for as long as this takes, or keep what mirroring remembers in DynamoDB (--table)", folder)
	case a == reads && errors.Is(err, os.ErrNotExist):
		fmt.Fprintf(warn, "There is no store in %s yet: nothing is known of earlier passes.\n", clean(folder))
		return memstore.New(memstore.Options{Now: time.Now}), nil
	}
	return s, err
}
