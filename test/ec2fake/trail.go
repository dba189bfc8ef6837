package ec2fake

import (
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// trail tells a call as CloudTrail would: also one that failed, was refused or only tried, with its code.
func (h *handle) trail(r request, err error) {
	if r.asked == nil || len(h.c.listeners) == 0 {
		return
	}
	record := map[string]any{
		"eventVersion": "1.09", "userIdentity": h.identity(), "eventTime": h.c.now().UTC().Format(time.RFC3339),
		"eventSource": "ec2.amazonaws.com", "eventName": r.name, "awsRegion": h.region.name, "sourceIPAddress": "203.0.113.10",
		"userAgent": "ec2fake", "requestParameters": r.asked(), "responseElements": nil, "requestID": h.c.uuid(), "eventID": h.c.uuid(),
		"readOnly": false, "eventType": "AwsApiCall", "managementEvent": true, "recipientAccountId": h.account, "eventCategory": "Management",
	}
	var e *ec2api.Error
	switch {
	case errors.As(err, &e):
		by := "Client."
		if e.Status >= 500 && e.Code != ec2api.CodeRequestLimitExceeded {
			by = "Server."
		}
		record["errorCode"], record["errorMessage"] = by+e.Code, e.Message
	case err == nil && r.made != nil:
		record["responseElements"] = r.made()
	}
	h.c.tell(h.account, h.region.name, "aws.ec2", "AWS API Call via CloudTrail", nil, record)
}

func (h *handle) identity() map[string]any {
	return map[string]any{"type": "AssumedRole", "arn": h.caller, "accountId": h.account}
}

// wrapped is how the newer calls of EC2 write their parameters.
func wrapped(name string, in map[string]any) map[string]any { return map[string]any{name: in} }

func deleteAsked(wrapper, parameter, id string) func() map[string]any {
	return func() map[string]any { return wrapped(wrapper, map[string]any{parameter: id}) }
}

func sessionAsked(in ec2api.CreateTrafficMirrorSession) map[string]any {
	return map[string]any{
		"NetworkInterfaceId": in.NetworkInterface, "TrafficMirrorTargetId": in.Target, "TrafficMirrorFilterId": in.Filter,
		"SessionNumber": in.SessionNumber, "VirtualNetworkId": in.VirtualNetworkID, "ClientToken": in.ClientToken,
	}
}

func sessionChange(in ec2api.ModifyTrafficMirrorSession) map[string]any {
	out := map[string]any{"TrafficMirrorSessionId": in.ID}
	if in.Target != nil {
		out["TrafficMirrorTargetId"] = *in.Target
	}
	if in.Filter != nil {
		out["TrafficMirrorFilterId"] = *in.Filter
	}
	if in.SessionNumber != nil {
		out["SessionNumber"] = *in.SessionNumber
	}
	if in.VirtualNetworkID != nil {
		out["VirtualNetworkId"] = *in.VirtualNetworkID
	}
	return out
}

func sessionMade(s ec2api.TrafficMirrorSession) map[string]any {
	return map[string]any{"trafficMirrorSession": map[string]any{
		"trafficMirrorSessionId": s.ID, "networkInterfaceId": s.NetworkInterface, "trafficMirrorTargetId": s.Target,
		"trafficMirrorFilterId": s.Filter, "sessionNumber": s.SessionNumber, "virtualNetworkId": s.VirtualNetworkID, "ownerId": s.Owner,
	}}
}

func targetAsked(in ec2api.CreateTrafficMirrorTarget) map[string]any {
	return map[string]any{
		"NetworkInterfaceId": in.NetworkInterface, "NetworkLoadBalancerArn": in.NetworkLoadBalancer,
		"GatewayLoadBalancerEndpointId": in.GatewayLoadBalancerEndpoint, "ClientToken": in.ClientToken,
	}
}

func targetMade(t ec2api.TrafficMirrorTarget) map[string]any {
	return map[string]any{"trafficMirrorTarget": map[string]any{"trafficMirrorTargetId": t.ID, "type": t.Type, "ownerId": t.Owner}}
}

func filterMade(f ec2api.TrafficMirrorFilter) map[string]any {
	return map[string]any{"trafficMirrorFilterId": f.ID, "networkServiceSet": f.NetworkServices}
}

func ruleAsked(filter, id string, s ec2api.RuleSpec) map[string]any {
	return map[string]any{
		"TrafficMirrorFilterId": filter, "TrafficMirrorFilterRuleId": id, "TrafficDirection": s.Direction, "RuleNumber": s.Number,
		"RuleAction": s.Action, "Protocol": s.Protocol, "SourceCidrBlock": s.SourceCIDR, "DestinationCidrBlock": s.DestinationCIDR,
	}
}

func ruleMade(r ec2api.TrafficMirrorFilterRule) map[string]any {
	return map[string]any{"trafficMirrorFilterRule": map[string]any{
		"trafficMirrorFilterRuleId": r.ID, "trafficMirrorFilterId": r.Filter, "trafficDirection": r.Direction, "ruleNumber": r.Number,
	}}
}

func tagsAsked(ids []string, tags map[string]string, values bool) map[string]any {
	set := make([]any, 0, len(tags))
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		tag := map[string]any{"key": k}
		if values {
			tag["value"] = tags[k]
		}
		set = append(set, tag)
	}
	return map[string]any{"resourcesSet": items("resourceId", ids...), "tagSet": map[string]any{"items": set}}
}

// items is how the older calls of EC2 write lists.
func items(name string, values ...string) map[string]any {
	out := make([]any, 0, len(values))
	for _, v := range values {
		out = append(out, map[string]any{name: v})
	}
	return map[string]any{"items": out}
}
