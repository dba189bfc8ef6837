package ocsf

import (
	"encoding/json"
	"net/netip"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// maxCounters bounds the metrics of a finding: those that are farthest from their usual.
const maxCounters = 10

// Enrichment is what is known of a value of the finding beyond what the wire showed.
type Enrichment struct {
	Name     string `json:"name"`  // the attribute that it tells of
	Value    string `json:"value"` // its value
	Type     string `json:"type,omitempty"`
	Provider string `json:"provider,omitempty"`
	Data     any    `json:"data"`
}

// enrichments gives the context: who took part, what AWS was asked to do, what the flow logs and the counters say, and which source
// could not be asked. The schema has them as JSON of the provider's own, so that they are our own nouns.
func enrichments(d *events.Detection) (list []Enrichment) {
	c := d.Context
	if c == nil {
		return nil
	}
	add := func(name, value, kind, provider string, data any) {
		_, err := json.Marshal(data)
		if value = clip(value); value != "" && err == nil {
			list = append(list, Enrichment{Name: name, Value: value, Type: kind, Provider: provider, Data: data})
		}
	}
	named := map[*events.Identity]bool{}
	for i := range d.Participants {
		p := &d.Participants[i]
		if who := c.WhoIs(p); who != nil && !named[who] {
			named[who] = true
			add("evidences."+side(p)+".ip", address(p.Address), "identity", "Mirrorwatch inventory", who)
		}
	}
	const finding = "finding_info.uid"
	for i := range c.Calls[:min(len(c.Calls), events.MaxContextCalls)] {
		add(finding, d.ID, "api_call", "AWS CloudTrail", &c.Calls[i])
	}
	if c.Flows != nil {
		add(finding, d.ID, "flows", "VPC Flow Logs", c.Flows)
	}
	for i := range c.Counters[:min(len(c.Counters), maxCounters)] {
		add(finding, d.ID, "metric", "Amazon CloudWatch", &c.Counters[i])
	}
	if c.Feed != nil {
		add(finding, d.ID, "feed", "Amazon CloudWatch", c.Feed)
	}
	add(finding, d.ID, "sources", "Mirrorwatch", map[string]any{"sources": c.Sources, "complete": c.Complete})
	return list
}

// dataSources are what the finding rests on: the mirror, and what correlation heard from.
func dataSources(d *events.Detection) []string {
	list := []string{"VPC Traffic Mirroring"}
	if d.Context == nil {
		return list
	}
	for _, s := range d.Context.Sources {
		name := map[events.ContextSource]string{
			events.SourceFlowLogs: "VPC Flow Logs", events.SourceCloudTrail: "AWS CloudTrail", events.SourceCloudWatch: "Amazon CloudWatch",
		}[s.Source]
		if name != "" && (s.Status == events.SourceComplete || s.Status == events.SourcePartial) {
			list = append(list, name)
		}
	}
	return list
}

// held fills in what the wire did not say of an endpoint: the machine that held the address then.
func (e *Endpoint) held(who *events.Identity) {
	if who == nil {
		return
	}
	for to, from := range map[*string]string{
		&e.InstanceUID: who.Instance, &e.InterfaceUID: who.Interface, &e.VPCUID: who.VPC, &e.SubnetUID: who.Subnet,
	} {
		if *to == "" {
			*to = clip(from)
		}
	}
	if e.Hostname == "" && e.Name == "" {
		e.Name = clip(who.Name)
	}
}

// callers are the addresses from which the calls of the context came, each once: the name of a service is none.
func callers(c *events.Context) (list []Observable) {
	if c == nil {
		return nil
	}
	seen := map[netip.Addr]bool{}
	for i := range c.Calls[:min(len(c.Calls), events.MaxContextCalls)] {
		if a, err := netip.ParseAddr(c.Calls[i].Address); err == nil && !seen[a] {
			seen[a] = true
			list = append(list, Observable{Name: "enrichments.data.address", TypeID: 2, Type: "IP Address", Value: address(a)})
		}
	}
	return list
}
