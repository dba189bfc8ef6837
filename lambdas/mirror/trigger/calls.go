package trigger

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// trail is what CloudTrail tells of a call.
type trail struct {
	EventVersion string `json:"eventVersion"`
	EventSource  string `json:"eventSource"`
	EventName    string `json:"eventName"`
	ErrorCode    string `json:"errorCode"`
	Request      any    `json:"requestParameters"`
	Response     any    `json:"responseElements"`
	UserIdentity struct {
		ARN       string `json:"arn"`
		InvokedBy string `json:"invokedBy"`
	} `json:"userIdentity"`
}

// call reads a call that CloudTrail saw. Calls that failed and dry runs are told like any other, but have changed nothing.
func (t *Trigger) call(e envelope) error {
	var d trail
	if err := json.Unmarshal(e.Detail, &d); err != nil {
		return err
	}
	t.Actor = plain(d.UserIdentity.ARN)
	if t.Actor == "" {
		t.Actor = plain(d.UserIdentity.InvokedBy)
	}
	t.Cause = plain(d.EventName)
	if t.Actor != "" {
		t.Cause += " by " + t.Actor
	}
	switch {
	case !strings.HasPrefix(d.EventVersion, "1."):
		t.ignore("version %s of CloudTrail's events is not known", d.EventVersion)
	case strings.HasSuffix(d.ErrorCode, "DryRunOperation"):
		t.ignore("the call was a dry run")
	case d.ErrorCode != "":
		t.ignore("the call failed: %s", d.ErrorCode)
	case d.EventSource == "ec2.amazonaws.com":
		t.ec2(d)
	case sweeping[d.EventSource+" "+d.EventName]:
		t.sweep()
	default:
		t.ignore("%s of %s is nothing to look at", d.EventName, d.EventSource)
	}
	return nil
}

// sweeping are calls of other services after which an account is looked at whole: what mirroring stands on has changed, silently for
// the sessions. Targets that come and go behind a load balancer are its own business.
var sweeping = set(
	"elasticloadbalancing.amazonaws.com", "CreateListener DeleteListener ModifyListener CreateTargetGroup DeleteTargetGroup "+
		"ModifyTargetGroup ModifyTargetGroupAttributes DeleteLoadBalancer ModifyLoadBalancerAttributes SetSubnets",
	"autoscaling.amazonaws.com", "CreateOrUpdateTags DeleteTags",
	"ram.amazonaws.com", "DeleteResourceShare DisassociateResourceShare",
)

// set makes keys of services and the names of their calls.
func set(pairs ...string) map[string]bool {
	all := map[string]bool{}
	for i := 0; i+1 < len(pairs); i += 2 {
		for _, name := range strings.Fields(pairs[i+1]) {
			all[pairs[i]+" "+name] = true
		}
	}
	return all
}

func (t *Trigger) ec2(d trail) {
	switch name := d.EventName; {
	case name == "RunInstances":
		t.lookAll(named(d.Response, "instanceId"), mostAlone)
	case name == "TerminateInstances", name == "ModifyInstanceAttribute":
		t.lookAll(named(d.Request, "instanceId"), mostKeys)
	case name == "CreateTags", name == "DeleteTags":
		t.tagged(named(d.Request, "resourceId"))
	case name == "CreateNetworkInterface":
		t.lookAll(named(d.Response, "networkInterfaceId"), mostKeys)
	case name == "AttachNetworkInterface", name == "DeleteNetworkInterface", name == "ModifyNetworkInterfaceAttribute":
		t.lookAll(named(d.Request, "networkInterfaceId"), mostKeys)
	case name == "DetachNetworkInterface":
		t.detached(d)
	case name == "CreateTrafficMirrorSession", name == "ModifyTrafficMirrorSession":
		t.lookAll(slices.Concat(named(d.Request, "networkInterfaceId"), named(d.Response, "networkInterfaceId")), mostKeys)
	case strings.Contains(name, "TrafficMirror") && !strings.HasPrefix(name, "Describe") && !strings.HasPrefix(name, "Get"):
		t.sweep()
	default:
		t.ignore("%s changes nothing that is mirrored", name)
	}
}

// tagged looks at what was tagged, as far as tags select.
func (t *Trigger) tagged(ids []string) {
	whole := false
	for _, id := range ids {
		kind, _, _ := strings.Cut(id, "-")
		whole = whole || slices.Contains([]string{"subnet", "vpc", "tms", "tmt", "tmf", "tmfr"}, kind)
		t.look(id)
	}
	switch {
	case whole || len(t.Keys) > mostKeys:
		t.sweep()
	case len(t.Keys) == 0:
		t.ignore("the tags of these resources select nothing")
	}
}

// detached looks at the interface where the event has it. AWS names the attachment only; a sweep for each pod that goes would cost far
// more than the five minutes until the next one, and a detached interface keeps its session for a grace time anyway.
func (t *Trigger) detached(d trail) {
	for _, id := range slices.Concat(named(d.Request, "networkInterfaceId"), named(d.Response, "networkInterfaceId")) {
		t.look(id)
	}
	if len(t.Keys) == 0 {
		t.ignore("the call names an attachment and no interface: the next sweep sees it")
	}
}

// mostDeep is how far into a call's parameters ids are looked for.
const mostDeep = 12

// named gives every text that stands under a key anywhere in a tree, in the order of keys. Older calls of EC2 have their parameters at
// the top in camelCase, newer ones below "<Call>Request" with a capital: so it is the name that is looked for, whatever its case.
func named(tree any, key string) []string {
	var found []string
	var walk func(node any, depth int)
	walk = func(node any, depth int) {
		if depth > mostDeep || len(found) > 2*mostKeys {
			return
		}
		switch node := node.(type) {
		case []any:
			for _, child := range node {
				walk(child, depth+1)
			}
		case map[string]any:
			for _, k := range slices.Sorted(maps.Keys(node)) {
				if text, ok := node[k].(string); ok && strings.EqualFold(k, key) {
					found = append(found, text)
				} else {
					walk(node[k], depth+1)
				}
			}
		}
	}
	walk(tree, 0)
	return found
}
