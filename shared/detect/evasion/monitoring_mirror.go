package evasion

import (
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// What of mirroring puts what back.
const (
	session       = "session"
	target        = "target"
	filterRule    = "filter rule"
	filterService = "network service"
	flowLog       = "flow log"
)

// arnKind is how an id stands in an ARN.
func arnKind(kind, id string) string {
	if id == "" {
		return kind
	}
	return kind + "/" + id
}

func sessionMade(_ *Stopped, c *events.CloudTrail, p detect.Parameters) (effect, []thing) {
	t := thing{
		id: firstOf(c.Made, "tms-"), means: session, scope: p.Text("networkInterfaceId"), detail: p.Text("trafficMirrorTargetId"),
		name: arnKind("traffic-mirror-session", firstOf(c.Made, "tms-")),
	}
	if p.Has("packetLength") || t.scope == "" {
		return nothing, []thing{t} // it shows the beginnings of packets only
	}
	return restores, []thing{t}
}

func firstOf(id, prefix string) string {
	if hasPrefix(id, prefix) {
		return id
	}
	return ""
}

// recalled gives what is remembered of things, or what their ids alone say.
func (s *Stopped) recalled(ids []string, means, kind string) []thing {
	var list []thing
	for _, id := range ids[:min(len(ids), maxThingsOfCall)] {
		t := thing{means: means, name: arnKind(kind, id)}
		if k := s.known.Peek(id); k != nil {
			t = *k
			t.id = ""
		}
		list = append(list, t)
	}
	if len(list) == 0 {
		list = []thing{{means: means, name: kind}}
	}
	return list
}

func (s *Stopped) sessions(c *events.CloudTrail, p detect.Parameters) []thing {
	return s.recalled(idsOf(c, p, "trafficMirrorSessionId", "tms-"), session, "traffic-mirror-session")
}

func sessionDeleted(s *Stopped, c *events.CloudTrail, p detect.Parameters) (effect, []thing) {
	return ends, s.sessions(c, p)
}

// sessionModified: packets that are cut, or go elsewhere, or through another filter, are not seen here as they were.
func sessionModified(s *Stopped, c *events.CloudTrail, p detect.Parameters) (effect, []thing) {
	list := s.sessions(c, p)
	for i := range list {
		list[i].means = "session's settings"
	}
	switch to := p.Text("trafficMirrorTargetId"); {
	case to != "" && list[0].detail == to:
		return restores, list
	case to != "":
		return ends, list
	case p.Has("packetLength"), p.Has("trafficMirrorFilterId"):
		return narrows, list
	case strings.EqualFold(p.Text("removeField"), "packet-length"):
		return restores, list
	}
	return nothing, nil
}

// targetMade also learns which load balancer the mirror has.
func targetMade(_ *Stopped, c *events.CloudTrail, p detect.Parameters) (effect, []thing) {
	to := p.Text("networkLoadBalancerArn")
	if to == "" {
		to = p.Text("networkInterfaceId")
	}
	if to == "" {
		return nothing, nil
	}
	id := firstOf(c.Made, "tmt-")
	list := []thing{{id: id, means: target, scope: to, name: arnKind("traffic-mirror-target", id)}}
	if lb := balancerOf(to); lb != "" {
		list = append(list, thing{id: lb, means: "", name: lb})
	}
	return restores, list
}

func targetDeleted(s *Stopped, c *events.CloudTrail, p detect.Parameters) (effect, []thing) {
	list := s.recalled(idsOf(c, p, "trafficMirrorTargetId", "tmt-"), target, "traffic-mirror-target")
	return ends, list
}

// filterDeleted: a new filter shows nothing before it has rules, so that none puts it back.
func filterDeleted(s *Stopped, c *events.CloudTrail, p detect.Parameters) (effect, []thing) {
	return ends, s.recalled(idsOf(c, p, "trafficMirrorFilterId", "tmf-"), "filter", "traffic-mirror-filter")
}

const rejects = "reject"

func filterRuleMade(_ *Stopped, c *events.CloudTrail, p detect.Parameters) (effect, []thing) {
	id, filter := firstOf(c.Made, "tmfr-"), p.Text("trafficMirrorFilterId")
	t := thing{id: id, means: filterRule, scope: filter, name: arnKind("traffic-mirror-filter", filter)}
	if strings.EqualFold(p.Text("ruleAction"), rejects) {
		t.detail = rejects
		return narrows, []thing{t}
	}
	return restores, []thing{t}
}

// filterRuleDeleted: without a rule that rejects more is seen.
func filterRuleDeleted(s *Stopped, c *events.CloudTrail, p detect.Parameters) (effect, []thing) {
	list := s.recalled(idsOf(c, p, "trafficMirrorFilterRuleId", "tmfr-"), filterRule, "traffic-mirror-filter-rule")
	if list[0].detail == rejects {
		list[0].detail = ""
		return restores, list[:1]
	}
	return narrows, list
}

func filterRuleModified(s *Stopped, c *events.CloudTrail, p detect.Parameters) (effect, []thing) {
	list := s.recalled(idsOf(c, p, "trafficMirrorFilterRuleId", "tmfr-"), filterRule, "traffic-mirror-filter-rule")
	list[0].detail = ""
	action := strings.ToLower(p.Text("ruleAction"))
	narrow := action == rejects
	for _, name := range []string{"sourceCidrBlock", "destinationCidrBlock"} {
		block := p.Text(name)
		narrow = narrow || block != "" && !detect.World(block)
	}
	for _, name := range []string{"protocol", "sourcePortRange", "destinationPortRange"} {
		narrow = narrow || p.Has(name)
	}
	if narrow {
		return narrows, list
	}
	if action != "" || p.Has("removeField") {
		return restores, list
	}
	return nothing, nil
}

func filterServices(_ *Stopped, c *events.CloudTrail, p detect.Parameters) (effect, []thing) {
	filter := p.Text("trafficMirrorFilterId")
	list := []thing{{means: filterService, scope: filter, name: arnKind("traffic-mirror-filter", filter)}}
	switch {
	case p.Has("removeNetworkServices"), p.Has("removeNetworkService"):
		return narrows, list
	case p.Has("addNetworkServices"), p.Has("addNetworkService"):
		return restores, list
	}
	return nothing, nil
}

// flowLogsMade: logs of one sort of traffic only are not what was there.
func flowLogsMade(_ *Stopped, c *events.CloudTrail, p detect.Parameters) (effect, []thing) {
	watched := append(p.Texts("resourceId"), p.Texts("resourceIds")...)
	ids := flowLogIDs(c)
	var list []thing
	for i, w := range watched[:min(len(watched), maxThingsOfCall)] {
		t := thing{means: flowLog, scope: w, name: w}
		if i < len(ids) && len(ids) == len(watched) {
			t.id = ids[i]
		}
		list = append(list, t)
	}
	if kind := p.Text("trafficType"); len(list) == 0 || kind != "" && kind != "ALL" {
		return nothing, list
	}
	return restores, list
}

// flowLogIDs gives the ids that a call made. Several are in the order of what they watch.
func flowLogIDs(c *events.CloudTrail) []string {
	var ids []string
	for _, r := range append([]string{c.Made}, c.Resources...) {
		if hasPrefix(r, "fl-") && (len(ids) == 0 || ids[0] != r) {
			ids = append(ids, r)
		}
	}
	return ids
}

func flowLogsDeleted(s *Stopped, c *events.CloudTrail, p detect.Parameters) (effect, []thing) {
	ids := append(p.Texts("flowLogId"), p.Texts("flowLogIds")...)
	if len(ids) == 0 {
		ids = flowLogIDs(c)
	}
	return ends, s.recalled(ids, flowLog, "vpc-flow-log")
}

// balancerOf gives what is the same in the ARNs of a load balancer and its listeners: loadbalancer/net/NAME/ID. It is "" of another ARN.
func balancerOf(arn string) string {
	short := device.ShortARN(arn)
	if rest, ok := strings.CutPrefix(short, "listener/"); ok {
		parts := strings.Split(rest, "/")
		return "loadbalancer/" + strings.Join(parts[:min(len(parts), 3)], "/")
	}
	if hasPrefix(short, "loadbalancer/") {
		return short
	}
	return ""
}

// balancerDoes judges calls about load balancers and listeners: only those behind the mirror matter.
func balancerDoes(does effect) func(*Stopped, *events.CloudTrail, detect.Parameters) (effect, []thing) {
	return func(s *Stopped, c *events.CloudTrail, p detect.Parameters) (effect, []thing) {
		arn := p.Text("listenerArn")
		if arn == "" {
			arn = p.Text("loadBalancerArn")
		}
		lb := balancerOf(arn)
		if lb == "" || s.known.Peek(lb) == nil && !device.NamedBy(s.tune.Balancers, arn) {
			return nothing, nil
		}
		means := "listener"
		if c.Name == "DeleteLoadBalancer" {
			means = "load balancer"
		}
		return does, []thing{{means: means, scope: lb, name: lb}}
	}
}

// vxlan is the port of the mirror's packets.
const vxlan = "4789"

// targetsDo judges calls about target groups: those behind the mirror take VXLAN, or have its name.
func targetsDo(does effect) func(*Stopped, *events.CloudTrail, detect.Parameters) (effect, []thing) {
	return func(s *Stopped, c *events.CloudTrail, p detect.Parameters) (effect, []thing) {
		arn := p.Text("targetGroupArn")
		ours := device.NamedBy(s.tune.Balancers, arn)
		for _, port := range p.Texts("port") {
			ours = ours || port == vxlan
		}
		if !ours {
			return nothing, nil
		}
		group := device.ShortARN(arn)
		return does, []thing{{means: "targets", scope: group, name: group}}
	}
}
