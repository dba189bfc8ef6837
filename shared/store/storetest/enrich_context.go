package storetest

import (
	"net/netip"
	"strconv"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// Context makes the i-th context, of a moment, with every member that there is. The same arguments give the same context.
func Context(i int, at time.Time) events.Context {
	at = at.UTC()
	since := at.Add(-48 * time.Hour)
	call := events.ContextCall{
		Time: at.Add(-2 * time.Minute), Event: DetectionID(i)[:32], Name: "AuthorizeSecurityGroupIngress", Service: "ec2.amazonaws.com",
		Principal: "arn:aws:sts::111122223333:assumed-role/deploy/ana", Address: outside(i).String(), Resources: []string{"sg-" + strconv.Itoa(i)},
		Summary: "opened tcp 22 of sg-" + strconv.Itoa(i) + " to 0.0.0.0/0 <&>", Relevance: 90, Reason: "two minutes before, the very port",
		Technique: "T1562.007", Adjustment: "context_door_opened",
	}
	refused := call
	refused.Error, refused.Adjustment, refused.Relevance = "Client.UnauthorizedOperation", "", 40
	return events.Context{
		Of: at.Add(-time.Minute), Made: at, Complete: true,
		Sources: []events.SourceState{
			{Source: events.SourceInventory, Status: events.SourceComplete, Through: &at},
			{Source: events.SourcePlaces, Status: events.SourceMissing, Why: "no database was named"},
			{Source: events.SourceFlowLogs, Status: events.SourceWaiting, Why: "until 12:30"},
			{Source: events.SourceCloudTrail, Status: events.SourceEmpty, Why: "no call names them", Through: &since},
			{Source: events.SourceCloudWatch, Status: events.SourceDenied, Why: "cloudwatch:GetMetricData is not allowed"},
		},
		Who: []events.Identity{
			{
				Address: inside(i), Holding: events.Holding{
					Interface: "eni-1", Account: "111122223333", Region: "eu-central-1", VPC: "vpc-1", Subnet: "subnet-1", Instance: "i-" + strconv.Itoa(i),
					InstanceType: "m7g.large", Name: "web-" + strconv.Itoa(i), Tags: map[string]string{"env": "prod", "team": "web"}, Groups: []string{"sg-1"},
					Profile: "arn:aws:iam::111122223333:instance-profile/web", Role: "web", AutoScaling: "web-asg", Task: "arn:aws:ecs:::task/1",
					Requester: "amazon-elb", Description: "ELB app/web", PublicAddresses: []netip.Addr{outside(i)}, Addresses: []netip.Addr{inside(i)},
					From: &since, To: &at,
				},
			},
			{Address: outside(i), Service: "EC2", Network: "eu-west-1", ASN: 64500, ASName: "Example Networks", Country: "NL"},
		},
		Calls: []events.ContextCall{call, refused},
		Flows: &events.FlowSummary{
			From: at.Add(-time.Hour), To: at, Accepted: events.FlowCount{Records: 3, Packets: 40, Bytes: 5000}, Rejected: events.FlowCount{Records: 9, Packets: 9, Bytes: 400},
			Ports: []events.FlowPort{{Proto: "tcp", Port: 22, Accepted: 3, Rejected: 9}}, Before: events.FlowCount{Records: 1, Packets: 1, Bytes: 40},
			BytesSeen: 4900, BytesFlows: 5000, Loss: 0.02, Sentence: "9 of 12 tries were rejected.",
		},
		Counters: []events.CounterNews{{
			Instance: "i-1", Metric: "NetworkOut", Value: 14e9, Usual: 1e9, High: 2e9, Basis: "this hour of 27 days before", Times: 14, Unit: "Bytes", Unusual: true,
			Sentence: "NetworkOut of i-1 was 14 times its usual for this hour.",
		}},
		Adjustments: []events.Term{
			{Name: "context_door_opened", Points: 15, Reason: "port 22 was opened two minutes before"},
			{Name: "context_counters_unusual", Points: 5, Reason: "NetworkOut"},
		},
		Incident: DetectionID(i + 1), Feed: &events.FeedIntegrity{Skipped: 0.01, Sentence: "AWS left out 1 % of the mirrored bytes."},
	}
}

func timesOfContext(h *harness) {
	d := moderate(1, h.clock.Now())
	h.put(d)
	c := Context(1, h.clock.Now())
	east := time.FixedZone("east", 7200)
	c.Calls[0].Time, c.Flows.From, c.Who[0].To, c.Sources[0].Through = c.Calls[0].Time.In(east), c.Flows.From.In(east), pointer(c.Who[0].To.In(east)), pointer(c.Made.In(east))
	c.Calls[0].Summary = "bytes \xff that are no text"
	got := h.enrich(d.ID, c)
	for name, at := range map[string][2]time.Time{
		"call": {got.Context.Calls[0].Time, c.Calls[0].Time}, "flows": {got.Context.Flows.From, c.Flows.From},
		"who": {*got.Context.Who[0].To, *c.Who[0].To}, "source": {*got.Context.Sources[0].Through, *c.Sources[0].Through},
	} {
		if at[0].Location() != time.UTC || !at[0].Equal(at[1]) {
			h.Errorf("%s: %v of %v", name, at[0], at[1])
		}
	}
	h.same("what is stored", h.get(d.ID), got)
	if again := h.enrich(d.ID, c); again.Revision != 2 {
		h.Errorf("revision %d: the same again is the same, however it is written", again.Revision)
	}
}

func contextByValue(h *harness) {
	d := moderate(1, h.clock.Now())
	h.put(d)
	c := Context(1, h.clock.Now())
	spoil := func(c *events.Context) {
		c.Who[0].Name, c.Who[0].Tags["env"], c.Calls[0].Resources[0], c.Adjustments[0].Points = "spoiled", "spoiled", "spoiled", 1
		c.Sources[0].Why, c.Counters[0].Sentence, c.Flows.Sentence, *c.Who[0].From = "spoiled", "spoiled", "spoiled", time.Time{}
	}
	got := h.enrich(d.ID, c)
	want := h.get(d.ID)
	spoil(&c)
	spoil(got.Context)
	got.Risk.Terms[2].Points = 1
	h.same("after the caller changed what it had given and got", h.get(d.ID), want)
}
