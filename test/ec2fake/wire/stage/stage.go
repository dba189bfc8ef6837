// Package stage is a small made-up company on the imitation of AWS, with AWS's protocols in front of it: for the tests of those, and
// for people who try the control plane on their own machine. What comes in is a clock and a seed; what goes out is the cloud, the
// handler, and the names of what was made. It never listens anywhere: whoever wants the handler heard does that.
package stage

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
	"github.com/mirrorwatch/mirrorwatch/test/ec2fake"
	"github.com/mirrorwatch/mirrorwatch/test/ec2fake/wire"
)

// The company's accounts, its region, and the access keys that speak for them.
const (
	Account  = "123456789012"
	Other    = "210987654321"
	Region   = "us-east-1"
	Key      = "AKIAMIRRORWATCH00001"
	OtherKey = "AKIAMIRRORWATCH00002"
	// Role may be taken by everybody; a role whose name ends in "-denied" by nobody.
	Role = "arn:aws:iam::" + Other + ":role/mirrorwatch"
	// Public is the public address of the first of the plain instances.
	Public = "203.0.113.80"
	// Group is an Auto Scaling group with the tag mirrorwatch=on.
	Group = "workers"
)

// Options set up a stage.
type Options struct {
	Now      func() time.Time
	Seed     uint64
	Settings ec2fake.Settings
}

// Stage is the company as it was made.
type Stage struct {
	Cloud   *ec2fake.Cloud
	Server  *wire.Server
	Web     ec2api.Vpc // with two subnets
	Data    ec2api.Vpc // with one, as Lonely, of the other account
	Lonely  ec2api.Vpc
	Subnets []ec2api.Subnet   // of Web
	Plain   []ec2api.Instance // m5.large in the first subnet, without any session
	Workers []ec2api.Instance // of Group
	Sensors []ec2api.Instance
	Fleet   ec2fake.Fleet               // the sensors' load balancer
	Foreign ec2api.TrafficMirrorSession // somebody else's, with its own filter and target
}

// New makes the company and its handler.
func New(o Options) (*Stage, error) {
	s := &Stage{Cloud: ec2fake.New(ec2fake.Options{Now: o.Now, Seed: o.Seed, Settings: o.Settings})}
	var err error
	s.Server, err = wire.New(wire.Options{
		AccountAs: s.Cloud.AccountAs, Keys: map[string]string{Key: Account, OtherKey: Other},
		Regions: []string{Region, "eu-central-1"}, Roles: roles, Machines: Machines(s.Cloud), Now: o.Now,
	})
	if err != nil {
		return nil, err
	}
	for _, part := range []func() error{s.networks, s.machines, s.odd, s.fleet, s.foreign} {
		if err := part(); err != nil {
			return nil, fmt.Errorf("make stage: %w", err)
		}
	}
	return s, nil
}

func roles(_, role, _ string) error {
	if strings.HasSuffix(role, "-denied") {
		return errors.New("the role trusts nobody")
	}
	return nil
}

func named(name string, more ...string) map[string]string {
	tags := map[string]string{"Name": name}
	for i := 0; i+1 < len(more); i += 2 {
		tags[more[i]] = more[i+1]
	}
	return tags
}

func (s *Stage) networks() error {
	for _, v := range []struct {
		into    *ec2api.Vpc
		account string
		name    string
		second  int // of its address
	}{{&s.Web, Account, "web", 10}, {&s.Data, Account, "data", 20}, {&s.Lonely, Other, "lonely", 30}} {
		var err error
		if *v.into, err = s.Cloud.MakeVpc(v.account, Region, []string{fmt.Sprintf("10.%d.0.0/16", v.second)}, named(v.name)); err != nil {
			return err
		}
	}
	for i, zone := range []string{"a", "b"} {
		made, err := s.Cloud.MakeSubnet(ec2fake.SubnetSpec{VPC: s.Web.ID, CIDR: fmt.Sprintf("10.10.%d.0/24", i), Zone: Region + zone, Tags: named("web-" + zone)})
		if err != nil {
			return err
		}
		s.Subnets = append(s.Subnets, made)
	}
	return nil
}

// machines are those that mirroring is for.
func (s *Stage) machines() error {
	for i := range 12 {
		made, err := s.Cloud.RunInstance(ec2fake.InstanceSpec{
			Subnet: s.Subnets[0].ID, Type: "m5.large", Tags: named(fmt.Sprintf("web-%d", i+1), "mirrorwatch", "on"),
			Profile: "arn:aws:iam::" + Account + ":instance-profile/web",
		})
		if err != nil {
			return err
		}
		s.Plain = append(s.Plain, made)
	}
	if err := s.Cloud.AssociateAddress(netip.MustParseAddr(Public), s.Plain[0].Interfaces[0]); err != nil {
		return err
	}
	if err := s.Cloud.MakeGroup(Account, Region, Group, map[string]string{"mirrorwatch": "on"}); err != nil {
		return err
	}
	for range 2 {
		made, err := s.Cloud.RunInstance(ec2fake.InstanceSpec{Subnet: s.Subnets[1].ID, Type: "c5.xlarge", Group: Group})
		if err != nil {
			return err
		}
		s.Workers = append(s.Workers, made)
	}
	return nil
}

// odd are those of which mirroring has something to say: types that cannot be mirrored, one that is stopped, one of the other account.
func (s *Stage) odd() error {
	data, err := s.Cloud.MakeSubnet(ec2fake.SubnetSpec{VPC: s.Data.ID, CIDR: "10.20.0.0/24", Tags: named("data", "mirrorwatch", "on")})
	if err != nil {
		return err
	}
	lonely, err := s.Cloud.MakeSubnet(ec2fake.SubnetSpec{VPC: s.Lonely.ID, CIDR: "10.30.0.0/24"})
	if err != nil {
		return err
	}
	for _, in := range []ec2fake.InstanceSpec{
		{Subnet: data.ID, Type: "r5.xlarge", Tags: named("database"), Interfaces: 2},
		{Subnet: data.ID, Type: "m7i.large", Tags: named("too new to be mirrored")},
		{Subnet: data.ID, Type: "t2.micro", Tags: named("too old to be mirrored")},
		{Subnet: data.ID, Type: "m5.large", Tags: named("not to be watched", "mirrorwatch", "off")},
		{Subnet: lonely.ID, Type: "m5.large", Tags: named("somewhere else", "mirrorwatch", "on")},
	} {
		if _, err := s.Cloud.RunInstance(in); err != nil {
			return err
		}
	}
	asleep, err := s.Cloud.RunInstance(ec2fake.InstanceSpec{Subnet: data.ID, Type: "m5.large", Tags: named("asleep")})
	if err != nil {
		return err
	}
	return s.Cloud.StopInstance(asleep.ID)
}

func (s *Stage) fleet() error {
	var err error
	s.Fleet, err = s.Cloud.MakeBalancer(ec2fake.BalancerSpec{Account: Account, Region: Region, Name: "sensors", Subnets: []string{s.Subnets[0].ID, s.Subnets[1].ID}})
	if err != nil {
		return err
	}
	for i := range 2 {
		made, err := s.Cloud.RunInstance(ec2fake.InstanceSpec{Subnet: s.Subnets[1].ID, Type: "c5.large", Tags: named(fmt.Sprintf("sensor-%d", i+1), "mirrorwatch", "off")})
		if err != nil {
			return err
		}
		s.Sensors = append(s.Sensors, made)
		if err := s.Cloud.SetHealth(s.Fleet.TargetGroup.ARN, made.ID, "healthy"); err != nil {
			return err
		}
	}
	return nil
}
