package deployed

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/dynamo"
	local "github.com/mirrorwatch/mirrorwatch/test/dynamodb"
	"github.com/mirrorwatch/mirrorwatch/test/ec2fake"
	"github.com/mirrorwatch/mirrorwatch/test/ec2fake/wire"
	"github.com/mirrorwatch/mirrorwatch/test/ec2fake/wire/stage"
	"github.com/mirrorwatch/mirrorwatch/test/firehosefake"
	"github.com/mirrorwatch/mirrorwatch/test/region"
)

// Where the installation is, and what infrastructure names its parts.
const (
	account    = "123456789012"
	place      = "eu-central-1"
	deployment = "main"
	named      = "mirrorwatch-" + deployment
	parameter  = "/mirrorwatch/" + deployment + "/policy"
	rootKey    = "AKIAMIRRORWATCH00001"
)

// The machine that is watched: the victim of the capture.
const (
	shop      = "shop-1"
	shopGroup = "sg-0a1b2c3d4e5f60001"
)

var shopAddress = netip.MustParseAddr("10.20.2.80")

// world is the account before anything is installed in it, and AWS around it.
type world struct {
	cloud    *ec2fake.Cloud
	wire     *wire.Server
	aws      *region.Region
	database *local.Local
	conf     aws.Config
	table    *store.Store
	stream   string // ARN
	records  *firehosefake.Fake
	fleet    ec2fake.Fleet
	shop     ec2api.Instance
}

// newWorld makes a company with a VPC, thirteen machines of which none is mirrored, a fleet's load balancer, and a table.
func newWorld(t *testing.T, ctx context.Context) *world {
	t.Helper()
	w := &world{cloud: ec2fake.New(ec2fake.Options{Now: time.Now, Seed: 7}), records: firehosefake.Start(t, named+"-records")}
	for _, part := range []func(context.Context) error{w.services, w.machines, w.store} {
		if err := part(ctx); err != nil {
			w.close()
			local.Need(t, err)
		}
	}
	return w
}

func (w *world) close() {
	if w.aws != nil {
		w.aws.Close()
	}
	if w.database != nil {
		w.database.Close()
	}
}

// services are AWS's: what happens in the cloud is told on the default bus.
func (w *world) services(context.Context) (err error) {
	if w.database, err = local.Start(); err != nil {
		return err
	}
	if w.wire, err = wire.New(wire.Options{
		AccountAs: w.cloud.AccountAs, Keys: map[string]string{rootKey: account}, Regions: []string{place}, Machines: stage.Machines(w.cloud), Now: time.Now,
	}); err != nil {
		return err
	}
	if w.aws, err = region.New(region.Options{Account: account, Name: place, Database: w.database.Endpoint, Compute: w.wire, Firehose: w.records.Config.Handler}); err != nil {
		return err
	}
	w.cloud.Organize(account)
	w.cloud.Listen(func(_, _ string, event json.RawMessage) { w.aws.Tell(region.DefaultBus, event) })
	endpoint := w.aws.URL()
	w.conf = aws.Config{Region: place, BaseEndpoint: &endpoint, Credentials: credentials.NewStaticCredentialsProvider(rootKey, "not-verified", "")}
	return nil
}

func (w *world) machines(context.Context) error {
	vpc, err := w.cloud.MakeVpc(account, place, []string{"10.20.0.0/16"}, map[string]string{"Name": "production"})
	if err != nil {
		return err
	}
	subnets := map[string]string{}
	for name, cidr := range map[string]string{"shops": "10.20.2.64/26", "sensors": "10.20.9.0/24"} {
		made, err := w.cloud.MakeSubnet(ec2fake.SubnetSpec{VPC: vpc.ID, CIDR: cidr, Zone: place + "a", Tags: map[string]string{"Name": name}})
		if err != nil {
			return err
		}
		subnets[name] = made.ID
	}
	// Addresses are given in their order, and the capture's victim has the thirteenth of its subnet.
	for i := range 12 {
		other := ec2fake.InstanceSpec{Subnet: subnets["shops"], Type: "m5.large", Tags: map[string]string{"Name": fmt.Sprintf("shop-%d", i+2)}}
		if _, err := w.cloud.RunInstance(other); err != nil {
			return err
		}
	}
	if w.shop, err = w.cloud.RunInstance(ec2fake.InstanceSpec{
		Subnet: subnets["shops"], Type: "m5.large", Groups: []string{shopGroup}, Tags: map[string]string{"Name": shop, "env": "production"},
	}); err != nil {
		return err
	}
	if w.fleet, err = w.cloud.MakeBalancer(ec2fake.BalancerSpec{Account: account, Region: place, Name: named, Subnets: []string{subnets["sensors"]}}); err != nil {
		return err
	}
	sensor, err := w.cloud.RunInstance(ec2fake.InstanceSpec{Subnet: subnets["sensors"], Type: "c6i.large", Tags: map[string]string{"Name": "sensor"}})
	if err != nil {
		return err
	}
	return w.cloud.SetHealth(w.fleet.TargetGroup.ARN, sensor.ID, "healthy")
}

// store makes the table and the policy's parameter.
func (w *world) store(ctx context.Context) error {
	client := dynamodb.NewFromConfig(w.conf, func(to *dynamodb.Options) { to.BaseEndpoint = &w.database.Endpoint })
	made, err := client.CreateTable(ctx, dynamo.Schema(named))
	if err != nil {
		return fmt.Errorf("make table: %w", err)
	}
	w.stream = aws.ToString(made.TableDescription.LatestStreamArn)
	if w.table, err = dynamo.Open(dynamo.Options{Client: client, Table: named, Now: time.Now}); err != nil {
		return err
	}
	return w.wire.SetParameter(account, place, parameter, fmt.Sprintf(`version: 1
deployment: %s
limits: {settle: 10s}
accounts:
  - {id: %q, regions: [%s]}
fleet:
  account: %q
  targets:
    - {region: %s, load_balancer: %q, target_group: %q}
`, deployment, account, place, account, place, w.fleet.Balancer.ARN, w.fleet.TargetGroup.ARN))
}

func (w *world) streams() *dynamodbstreams.Client {
	return dynamodbstreams.NewFromConfig(w.conf, func(to *dynamodbstreams.Options) { to.BaseEndpoint = &w.database.Endpoint })
}

// role gives the credentials that Lambda hands to a function of this role.
func (w *world) role(ctx context.Context, name string) (aws.Credentials, error) {
	arn, session := "arn:aws:iam::"+account+":role/"+name, name
	out, err := sts.NewFromConfig(w.conf).AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: &arn, RoleSessionName: &session})
	if err != nil {
		return aws.Credentials{}, fmt.Errorf("take role %s: %w", name, err)
	}
	c := out.Credentials
	return aws.Credentials{AccessKeyID: aws.ToString(c.AccessKeyId), SecretAccessKey: aws.ToString(c.SecretAccessKey), SessionToken: aws.ToString(c.SessionToken)}, nil
}

// sessions gives every mirror session that there is.
func (w *world) sessions(ctx context.Context) ([]ec2api.TrafficMirrorSession, error) {
	return ec2api.All(ctx, w.cloud.Account(account, place).EC2.DescribeTrafficMirrorSessions, ec2api.Query{})
}

// bindings gives every VNI that is leased.
func (w *world) bindings(ctx context.Context) (map[string]uint32, error) {
	page, err := w.table.Mirror.Bound(ctx, store.ListQuery{})
	out := map[string]uint32{}
	for _, b := range page.Items {
		out[b.Interface] = b.VNI
	}
	return out, err
}

// documentation reads a page of docs/.
func documentation(name string) (string, error) {
	b, err := os.ReadFile("../../docs/" + name)
	return string(b), err
}

// ruleForCalls reads the rule for correlation out of operations.md: two fields, each with its list.
func ruleForCalls(page string) (pattern string, err error) {
	_, rest, found := strings.Cut(page, "**The rule for calls**")
	_, rest, there := strings.Cut(rest, "```\n")
	block, _, ended := strings.Cut(rest, "```")
	if !found || !there || !ended {
		return "", fmt.Errorf("operations.md has no block for the rule for calls")
	}
	var fields []string
	for line := range strings.Lines(strings.TrimSpace(block)) {
		name, list, _ := strings.Cut(strings.TrimSpace(line), " ")
		fields = append(fields, fmt.Sprintf("%q: %s", name, strings.TrimSpace(list)))
	}
	return "{" + strings.Join(fields, ", ") + "}", nil
}
