package ocsf

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// leftOut are the attributes that the schema recommends and that we do not write, each with the reason.
var leftOut = map[string]string{
	"metadata.log_name": "it is made here, and comes out of no log", "metadata.log_provider": "as log_name", "metadata.original_time": "as log_name",
	"metadata.tenant_uid":             "one installation serves one tenant",
	"network_endpoint.type_id":        "what kind of machine it is cannot be told from its packets",
	"network_endpoint.svc_name":       "of services of a cloud, which a mirror does not see",
	"resource_details.owner":          "not known",
	"account.name":                    "accounts are known by number",
	"evidences.actor":                 "a network has no processes, users or files",
	"evidences.process":               "as actor",
	"evidences.file":                  "as actor",
	"evidences.api":                   "as actor",
	"evidences.query":                 "what was asked is in data, where the detector measured it",
	"evidences.connection_info":       "a participant is one side, of many conversations",
	"network_endpoint.interface_name": "interfaces have ids in AWS, and those are written",
}

// TestEveryMemberIsAnAttribute holds the Go types against the facts, so that no member waits for a rare detection to be found wrong:
// each member is an attribute, what is required is always written, and what is recommended is there or left out for a reason.
func TestEveryMemberIsAnAttribute(t *testing.T) {
	f, unused := readFacts(t), map[string]bool{}
	for name := range leftOut {
		unused[name] = true
	}
	for name, v := range map[string]any{
		"metadata": Metadata{}, "product": Product{}, "finding_info": Info{}, "analytic": Analytic{}, "evidences": Evidence{}, "network_endpoint": Endpoint{},
		"resource_details": Resource{}, "observable": Observable{}, "cloud": Cloud{}, "account": Account{}, "attack": Attack{}, "tactic": Technique{},
		"technique": Technique{}, "sub_technique": Technique{}, "detection_finding": Finding{}, "enrichment": Enrichment{},
	} {
		table := f.Objects
		if name == "detection_finding" {
			table = f.Classes
		}
		attributes, written := f.flat(table, name).Attributes, map[string]bool{}
		for i := range reflect.TypeOf(v).NumField() {
			member, options, _ := strings.Cut(reflect.TypeOf(v).Field(i).Tag.Get("json"), ",")
			written[member] = true
			a, ok := attributes[member]
			if !ok || a.Deprecated != "" {
				t.Errorf("%s.%s is no attribute of %s, or a deprecated one", name, member, f.Version)
			}
			if a.Requirement == "required" && a.Profile == "" && slices.Contains(strings.Split(options, ","), "omitempty") {
				t.Errorf("%s.%s is required, and may be left out", name, member)
			}
		}
		for member, a := range attributes {
			switch at := name + "." + member; {
			case written[member]:
			case a.Requirement == "required":
				t.Errorf("%s is required, and never written", at)
			case a.Requirement == "recommended" && leftOut[at] == "":
				t.Errorf("%s is recommended, and not written for no reason", at)
			default:
				delete(unused, at)
			}
		}
	}
	for at := range unused {
		t.Errorf("%s is said to be left out, and is not", at)
	}
}
