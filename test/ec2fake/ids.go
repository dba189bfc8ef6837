package ec2fake

import (
	"fmt"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// noun is how AWS writes the ids of one sort of object, and what it says of bad ones.
type noun struct {
	prefix string // of ids, with the hyphen
	label  string // for people and tokens
	code   string // before ".NotFound" and ".Malformed"
	tag    string // resource-type of tag events and ARNs
}

func (n noun) notFound(id string) error {
	return refuse(n.code+".NotFound", "The %s ID '%s' does not exist", n.label, id)
}

// check refuses what cannot be an id of this noun.
func (n noun) check(id string) error {
	if n.prefix == "" || isID(id, n.prefix) {
		return nil
	}
	return refuse(n.code+".Malformed", "Invalid id: \"%s\" (expecting \"%s...\")", id, n.prefix)
}

// required is check for a parameter that must be there.
func (n noun) required(id, parameter string) error {
	if id == "" {
		return missing(parameter)
	}
	return n.check(id)
}

// isID says whether text is a prefix and 8 or 17 hexadecimal digits.
func isID(text, prefix string) bool {
	digits, ok := strings.CutPrefix(text, prefix)
	if !ok || len(digits) != 8 && len(digits) != 17 {
		return false
	}
	return strings.Trim(digits, "0123456789abcdef") == ""
}

// The nouns.
func vpcNoun() noun      { return noun{"vpc-", "vpc", "InvalidVpcID", "vpc"} }
func subnetNoun() noun   { return noun{"subnet-", "subnet", "InvalidSubnetID", "subnet"} }
func instanceNoun() noun { return noun{"i-", "instance", "InvalidInstanceID", "instance"} }
func interfaceNoun() noun {
	return noun{"eni-", "networkInterface", "InvalidNetworkInterfaceID", "network-interface"}
}
func sessionNoun() noun {
	return noun{"tms-", "TrafficMirrorSession", "InvalidTrafficMirrorSessionId", "traffic-mirror-session"}
}
func targetNoun() noun {
	return noun{"tmt-", "TrafficMirrorTarget", "InvalidTrafficMirrorTargetId", "traffic-mirror-target"}
}
func filterNoun() noun {
	return noun{"tmf-", "TrafficMirrorFilter", "InvalidTrafficMirrorFilterId", "traffic-mirror-filter"}
}
func ruleNoun() noun {
	return noun{"tmfr-", "TrafficMirrorFilterRule", "InvalidTrafficMirrorFilterRuleId", "traffic-mirror-filter-rule"}
}

// newID gives an id that was not given before: 17 hexadecimal digits, the first a zero as AWS's are.
func (c *Cloud) newID(n noun) string { return fmt.Sprintf("%s0%016x", n.prefix, c.names.Uint64()) }

// number refuses a number out of its range.
func number(value int64, parameter string, from, to int64) error {
	if value >= from && value <= to {
		return nil
	}
	return invalid(value, parameter, fmt.Sprintf("Expecting a value between %d and %d.", from, to))
}

// textLimit is how long a description may be.
const textLimit = 255

func description(text string) error {
	if len(text) <= textLimit {
		return nil
	}
	return refuse(ec2api.CodeInvalidParameterValue, "Value (%.20s...) for parameter Description is invalid. Expecting at most %d characters, and it has %d.", text, textLimit, len(text))
}

// firstError gives the first error there is.
func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
