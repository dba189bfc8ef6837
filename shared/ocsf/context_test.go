package ocsf

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

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

// TestContextIsInAFinding: each part of a context is where a reader of the schema looks for it, and the finding is as the schema says.
func TestContextIsInAFinding(t *testing.T) {
	d := enriched(t)
	f := New(&d, About{Type: events.DetectionUpdated, Time: d.Update})
	validators{}.check(t, f)
	if f.Metadata.CorrelationUID != d.Context.Incident {
		t.Errorf("incident %q", f.Metadata.CorrelationUID)
	}
	if want := []string{"VPC Traffic Mirroring", "AWS CloudTrail"}; !slices.Equal(f.FindingInfo.DataSources, want) {
		t.Errorf("it rests on %q, not %q: what was not there says nothing", f.FindingInfo.DataSources, want)
	}
	kinds := map[string]int{}
	for _, e := range f.Enrichments {
		kinds[e.Type]++
	}
	for kind, want := range map[string]int{"identity": 2, "api_call": 2, "flows": 1, "metric": 1, "feed": 1, "sources": 1} {
		if kinds[kind] != want {
			t.Errorf("%d enrichments of %s, not %d", kinds[kind], kind, want)
		}
	}
	first := f.Enrichments[0]
	if who, ok := first.Data.(*events.Identity); first.Name != "evidences.src_endpoint.ip" || first.Value != "198.51.100.66" || !ok || who.Country != "US" {
		t.Errorf("the first is %+v", first)
	}
	if e := f.Evidences[1].DstEndpoint; e.SubnetUID != "subnet-0fedcba9876543210" || e.InstanceUID != "i-0123456789abcdef0" {
		t.Errorf("endpoint %+v", e)
	}
	if last := f.Observables[len(f.Observables)-1]; last.Value != "198.51.100.7" || last.Name != "enrichments.data.address" {
		t.Errorf("who called is not to be searched by: %+v", last)
	}
}

// TestInventoryNamesAMachine: what the wire showed as an address alone is the machine that held it.
func TestInventoryNamesAMachine(t *testing.T) {
	d := enriched(t)
	p := &d.Participants[1]
	p.Instance, p.Interface, p.VPC, p.Hostname = "", "", "", ""
	f := New(&d, About{})
	validators{}.check(t, f)
	if r := f.Resources; len(r) != 1 || r[0].UID != "i-0123456789abcdef0" || r[0].Type != "AWS::EC2::Instance" || r[0].Name != "bastion" {
		t.Errorf("resources %+v", r)
	}
	if e := f.Evidences[1].DstEndpoint; e.Name != "bastion" || e.InterfaceUID != "eni-0a1b2c3d4e5f60718" {
		t.Errorf("endpoint %+v", e)
	}
}

func TestHostileContext(t *testing.T) {
	d := enriched(t)
	long := strings.Repeat("\xff日", MaxText)
	d.Context.Incident, d.Context.Counters[0].Times = long, math.NaN()
	d.Context.Who[1].Name, d.Context.Who[1].Instance, d.Participants[1].Instance, d.Participants[1].Hostname = long, long, "", "_a"
	d.Context.Calls = append(slices.Repeat(d.Context.Calls, 20), events.ContextCall{Address: "fe80::1%zone"})
	d.Context.Calls[1].Address = "fe80::1%a-zone-that-is-longer-than-the-schema-takes-it"
	d.Context.Counters = slices.Repeat(d.Context.Counters, 50)
	f := New(&d, About{})
	validators{}.check(t, f)
	if len(f.Enrichments) != 2+events.MaxContextCalls+3 {
		t.Errorf("%d enrichments: what is no JSON is left out, and no more calls than a context has", len(f.Enrichments))
	}
}
