package asff

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// enriched is the sample of a detection with a context.
func enriched(t *testing.T) events.Detection {
	t.Helper()
	b, err := os.ReadFile("../../events/testdata/event_detection_context.json")
	if err != nil {
		t.Fatal(err)
	}
	var e events.Event
	if err := json.Unmarshal(b, &e); err != nil || e.Detail.Detection == nil || e.Detail.Detection.Context == nil {
		t.Fatalf("the sample has no context: %v", err)
	}
	return *e.Detail.Detection
}

func about() About { return About{Account: "111122223333", Region: "eu-central-1"} }

// TestContextIsInAFinding: the machine with what the inventory knows of it, and what else was found out among the product's fields.
func TestContextIsInAFinding(t *testing.T) {
	d := enriched(t)
	p := &d.Participants[1]
	p.Instance, p.Interface, p.VPC, p.Account, p.Tags = "", "", "", "", nil // the wire showed an address
	f := typed(t, New(&d, about()))
	holds(t, published(t), &f)
	importInto(t, f)
	r := f.Resources[0]
	if len(f.Resources) != 1 || aws.ToString(r.Id) != "arn:aws:ec2:eu-central-1:111122223333:instance/i-0123456789abcdef0" || r.Tags["Environment"] != "production" {
		t.Fatalf("resources %+v", f.Resources)
	}
	in := r.Details.AwsEc2Instance
	if aws.ToString(in.Type) != "t4g.small" || aws.ToString(in.VpcId) != "vpc-0123456789abcdef0" || aws.ToString(in.SubnetId) != "subnet-0fedcba9876543210" ||
		aws.ToString(in.IamInstanceProfileArn) != "arn:aws:iam::111122223333:instance-profile/bastion" || aws.ToString(in.NetworkInterfaces[0].NetworkInterfaceId) != "eni-0a1b2c3d4e5f60718" ||
		strings.Join(in.IpV4Addresses, " ") != "10.20.1.5 203.0.113.80" {
		t.Errorf("instance %+v", in)
	}
	if o := r.Details.Other; o["RoleName"] != "bastion" || o["AutoScalingGroup"] != "bastion-asg" || o["Role"] != "victim" {
		t.Errorf("other %v", o)
	}
	for field, want := range map[string]string{
		"Incident": d.Context.Incident, "From/0": "198.51.100.66: EC2 us-east-1, AS64500 Example Networks, US", "Flows": d.Context.Flows.Sentence,
		"Call/0":    "2026-03-02T03:02:05.000Z AuthorizeSecurityGroupIngress by assumed-role/deploy/ana: opened tcp 22 of sg-0a1b2c3d4e5f60001 to 0.0.0.0/0 (the very port, of a group of the victim's, one minute before it began)",
		"Counter/0": d.Context.Counters[0].Sentence, "Adjustment/door_opened": "+15 tcp 22 of sg-0a1b2c3d4e5f60001 was opened to 0.0.0.0/0 one minute before",
		"Source/cloudwatch": "denied: The role may not call cloudwatch:GetMetricData.", "Feed": "", "Source/cloudtrail": "",
	} {
		if got := f.ProductFields["mirrorwatch/Context/"+field]; got != want {
			t.Errorf("%s is %q, not %q", field, got, want)
		}
	}
	if f.ProductFields["mirrorwatch/Properties/attempts"] != "24" {
		t.Errorf("the detector's own evidence is gone: %v", f.ProductFields)
	}
}

// TestInterfacesAndAddresses: an interface without an instance, and an address alone.
func TestInterfacesAndAddresses(t *testing.T) {
	d := enriched(t)
	d.Participants[1].Instance, d.Context.Who[1].Instance = "", ""
	f := typed(t, New(&d, about()))
	holds(t, published(t), &f)
	in := f.Resources[0].Details.AwsEc2NetworkInterface
	if in == nil || aws.ToString(in.PublicIp) != "203.0.113.80" || aws.ToString(in.SecurityGroups[0].GroupId) != "sg-0a1b2c3d4e5f60001" ||
		aws.ToString(in.PrivateIpAddresses[0].PrivateIpAddress) != "10.20.1.5" {
		t.Errorf("interface %+v", in)
	}
	d.Participants = d.Participants[:1]
	f = typed(t, New(&d, about()))
	holds(t, published(t), &f)
	if r := f.Resources[0]; aws.ToString(r.Type) != "Other" || r.Details.Other["AutonomousSystem"] != "AS64500 Example Networks" || r.Details.Other["Country"] != "US" || r.Details.Other["Address"] != "198.51.100.66" {
		t.Errorf("an address: %+v", r)
	}
}

func TestHostileContext(t *testing.T) {
	long := strings.Repeat("日", 5000)
	d := enriched(t)
	d.Context = &events.Context{Incident: long, Flows: &events.FlowSummary{Sentence: long}, Feed: &events.FeedIntegrity{Sentence: long}}
	w := events.Identity{Holding: events.Holding{
		Interface: long, Account: long, Region: long, VPC: long, Subnet: long, Instance: long, InstanceType: long, Name: long, Profile: long, Role: long, AutoScaling: long,
		Task: long, Requester: long, Groups: make([]string, 100), Tags: map[string]string{long: long, "": ""},
	}, Service: long, Network: long, ASName: long, Country: long}
	for i := range 100 {
		w.Groups[i] = long
		w.Addresses = append(w.Addresses, netip.AddrFrom4([4]byte{10, 1, 0, byte(i)}), netip.Addr{})
		d.Context.Calls = append(d.Context.Calls, events.ContextCall{Name: long, Principal: long, Summary: long, Reason: long})
		d.Context.Counters = append(d.Context.Counters, events.CounterNews{Unusual: true, Sentence: long})
		d.Context.Adjustments = append(d.Context.Adjustments, events.Term{Name: fmt.Sprint(i, long), Points: i, Reason: long})
		d.Context.Sources = append(d.Context.Sources, events.SourceState{Source: events.ContextSource(fmt.Sprint(i, long)), Status: "denied", Why: long})
	}
	w.PublicAddresses = w.Addresses
	for _, p := range d.Participants {
		w.Address = p.Address
		d.Context.Who = append(d.Context.Who, w)
	}
	for _, spoil := range []func(){func() {}, func() { d.Participants[1].Instance, d.Context.Who[1].Instance = "", "" }} {
		spoil()
		d.Participants[1].Account, d.Participants[1].VPC, d.Participants[1].Interface = "", "", ""
		f := typed(t, New(&d, about()))
		holds(t, published(t), &f)
		importInto(t, f)
	}
}
