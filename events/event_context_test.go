package events

import (
	"net/netip"
	"reflect"
	"testing"
	"time"
)

// sampleContext is what correlation found out some seconds after an SSH brute force: who the bastion is, that its port was opened two
// minutes before, what was blocked by then, and what has not arrived yet.
func sampleContext(at time.Time) *Context {
	bastion := Holding{
		Interface: "eni-0a1b2c3d4e5f60718", Account: "111122223333", Region: "eu-central-1", VPC: "vpc-0123456789abcdef0", Subnet: "subnet-0fedcba9876543210",
		Instance: "i-0123456789abcdef0", InstanceType: "t4g.small", Name: "bastion", Tags: map[string]string{"Environment": "production", "Name": "bastion"},
		Groups: []string{"sg-0a1b2c3d4e5f60001"}, Profile: "arn:aws:iam::111122223333:instance-profile/bastion", Role: "bastion", AutoScaling: "bastion-asg",
		PublicAddresses: []netip.Addr{netip.MustParseAddr("203.0.113.80")}, Addresses: []netip.Addr{netip.MustParseAddr("10.20.1.5")}, From: ptr(at.Add(-72 * time.Hour)),
	}
	return &Context{
		Of: at, Made: at.Add(4 * time.Second),
		Sources: []SourceState{
			{Source: SourceInventory, Status: SourceComplete, Through: ptr(at.Add(-time.Minute))},
			{Source: SourcePlaces, Status: SourceComplete},
			{Source: SourceFlowLogs, Status: SourceWaiting, Why: "They reach 02:59:00 UTC, and are waited for until 03:24:05 UTC.", Through: ptr(at.Add(-5 * time.Minute).Truncate(time.Minute))},
			{Source: SourceCloudTrail, Status: SourceComplete, Through: ptr(at)},
			{Source: SourceCloudWatch, Status: SourceDenied, Why: "The role may not call cloudwatch:GetMetricData."},
		},
		Who: []Identity{
			{Address: netip.MustParseAddr("198.51.100.66"), Service: "EC2", Network: "us-east-1", ASN: 64500, ASName: "Example Networks", Country: "US"},
			{Address: netip.MustParseAddr("10.20.1.5"), Holding: bastion},
		},
		Calls: []ContextCall{
			{
				Time: at.Add(-2 * time.Minute), Event: "2f1a3b9c-54f0-4a1e-9a57-5a4f61c6a1de", Name: "AuthorizeSecurityGroupIngress", Service: "ec2.amazonaws.com",
				Principal: "assumed-role/deploy/ana", Address: "198.51.100.7", Resources: []string{"sg-0a1b2c3d4e5f60001"}, Summary: "opened tcp 22 of sg-0a1b2c3d4e5f60001 to 0.0.0.0/0",
				Relevance: 92, Reason: "the very port, of a group of the victim's, one minute before it began", Technique: "T1562.007", Adjustment: "context_door_opened",
			},
			{
				Time: at.Add(-40 * time.Minute), Event: "0b5be4d8-7b0e-4f0b-8a06-25ab3d0ff8d1", Name: "ConsoleLogin", Service: "signin.amazonaws.com", Principal: "user/ana",
				Address: "198.51.100.7", Summary: "signed in to the console without MFA", Relevance: 55, Reason: "by who opened the group", Technique: "T1078.004", Adjustment: "context_console_sign_in",
			},
		},
		Flows: &FlowSummary{
			From: at.Add(-time.Hour), To: at, Accepted: FlowCount{Records: 24, Packets: 610, Bytes: 88210}, Rejected: FlowCount{Records: 310, Packets: 310, Bytes: 18600},
			Ports: []FlowPort{{Proto: "tcp", Port: 22, Accepted: 24, Rejected: 290}, {Proto: "tcp", Port: 3389, Rejected: 20}}, Before: FlowCount{Records: 12, Packets: 12, Bytes: 720},
			BytesSeen: 87900, BytesFlows: 88210, Loss: 0.0035, Sentence: "310 of 334 tries were rejected; tcp 22 was let in from 03:02 UTC on.",
		},
		Counters: []CounterNews{{
			Instance: "i-0123456789abcdef0", Metric: "NetworkIn", Value: 4.2e7, Usual: 3e6, High: 6.1e6, Basis: "this hour of 27 days before", Times: 14, Unit: "Bytes", Unusual: true,
			Sentence: "NetworkIn of i-0123456789abcdef0 was 14 times its usual for this hour.",
		}},
		Adjustments: []Term{
			{Name: "context_door_opened", Points: 15, Reason: "tcp 22 of sg-0a1b2c3d4e5f60001 was opened to 0.0.0.0/0 one minute before"},
			{Name: "context_console_sign_in", Points: 5, Reason: "user/ana signed in without MFA"},
		},
		Incident: "4e07408562bedb8b60ce05c1decfe3ad",
		Feed:     &FeedIntegrity{Complete: true, Sentence: "No mirrored packet was left out in this hour."},
	}
}

// enrichedDetection is a detection with its context, as it is stored then.
func enrichedDetection(at time.Time) Detection {
	d := sampleDetection(at)
	d.ID = "9b74c9897bac770ffc029102a200c5de"
	d.Revision, d.Modified = 2, ptr(at.Add(4*time.Second))
	d.Description = "198.51.100.66 tried 24 passwords on the SSH server 10.20.1.5 within 1m."
	d.Activity = []Activity{{Time: at, Description: d.Description, Score: 70}}
	d.Participants[0] = Participant{Role: "offender", Endpoint: "client", Device: "198.51.100.66", Address: netip.MustParseAddr("198.51.100.66"), Port: 50122, External: true}
	d.Context = sampleContext(at)
	d.Risk = d.Risk.Adjusted(d.Context.Adjustments)
	return d
}

// Catches: two hosts of the same address in two networks taken for one.
func TestWhoIs(t *testing.T) {
	a := netip.MustParseAddr("10.0.0.5")
	c := &Context{Who: []Identity{
		{Address: a, Holding: Holding{VPC: "vpc-1", Interface: "eni-1", Name: "one"}}, {Address: a, Holding: Holding{VPC: "vpc-2", Name: "two"}},
		{Address: netip.MustParseAddr("198.51.100.7"), Country: "NL"},
	}}
	for want, p := range map[string]Participant{
		"one": {Address: netip.MustParseAddr("::ffff:10.0.0.5")}, "two": {Address: a, VPC: "vpc-2"}, "none": {Address: a, VPC: "vpc-1", Interface: "eni-9"},
		"nobody": {}, "elsewhere": {Address: netip.MustParseAddr("10.0.0.6")},
	} {
		got := ""
		if w := c.WhoIs(&p); w != nil {
			got = w.Name
		}
		if got != want && (want == "one" || want == "two" || got != "") {
			t.Errorf("%+v is %q, not %s", p, got, want)
		}
	}
	if (*Context)(nil).WhoIs(&Participant{Address: a}) != nil {
		t.Error("no context knows somebody")
	}
}

// TestAdjusted holds the sum that a risk is: a context's terms are added once, taken back whole, and never beyond 1 to 99.
func TestAdjusted(t *testing.T) {
	own := Risk{Score: 70, Band: "high", Terms: []Term{{Name: "base", Points: 70}}}
	up := []Term{{Name: "context_stolen_credentials", Points: 20}, {Name: "context_new_access_key", Points: 5}}
	more := own.Adjusted(up)
	if more.Score != 95 || more.Band != "critical" || len(more.Terms) != 3 || len(own.Terms) != 1 {
		t.Errorf("%+v of %+v", more, own)
	}
	for name, again := range map[string]Risk{"again": more.Adjusted(up), "once more": more.Adjusted(nil).Adjusted(up)} {
		if !reflect.DeepEqual(again, more) {
			t.Errorf("%s: %+v", name, again)
		}
	}
	if back := more.Adjusted(nil); !reflect.DeepEqual(back, own) {
		t.Errorf("taken back: %+v", back)
	}
	odd := Risk{Score: 12, Band: "low"} // one whose terms nobody named is left alone
	if got := odd.Adjusted(nil); !reflect.DeepEqual(got, odd) {
		t.Errorf("%+v", got)
	}
	if got := own.Adjusted([]Term{{Name: "context_blocked", Points: -90}}); got.Score != 1 || got.Band != "low" {
		t.Errorf("held below: %+v", got)
	}
	if got := own.Adjusted([]Term{{Name: "context_x", Points: 90}}); got.Score != 99 {
		t.Errorf("held above: %+v", got)
	}
}
