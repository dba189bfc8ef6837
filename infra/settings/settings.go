// Package settings is what people set of a deployment. What comes in is the context of the CDK, where each setting is the key
// "mirrorwatch:" and its name, as text or as JSON; what goes out is values that fit each other, or one error that names every setting that
// is wrong and what is allowed. It never asks AWS, and reads no file.
package settings

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
)

// Prefix is what the keys of ours begin with in the context.
const Prefix = "mirrorwatch:"

// Fleet is what sensors run on.
type Fleet string

// The kinds of fleet.
const (
	EC2     Fleet = "ec2"     // an Auto Scaling group
	Fargate Fleet = "fargate" // a service of ECS
)

// Account is one that is mirrored beside the deployment's own, and where in it.
type Account struct {
	ID      string // twelve digits
	Regions []string
}

// Settings are those of one deployment.
type Settings struct {
	Deployment string
	Account    string   // that everything is deployed to
	Regions    []string // one system in each; the first is where `cdk` was pointed to

	Size     Size
	Fleet    Fleet
	Instance string // type of the sensors' instances
	Min, Max int    // sensors

	VPC            string   // "": one is made
	Subnets, Zones []string // of VPC, one for one; of a VPC that is made, Zones is empty
	CIDR           netip.Prefix
	Sources        []netip.Prefix // networks beyond CIDR whose interfaces are mirrored
	TransitGateway string         // "": Sources are reached some other way, or there are none

	Accounts     []Account
	Organization bool   // all accounts are in one
	Policy       string // file with further sections of the mirror policy; "": none

	RecordDays, LogDays int
	Retain              bool // table, archive, key and users outlive the stacks

	LogBuckets []string // with flow logs and trails
	LogKeys    []string // ARNs of the keys that these are encrypted with
	Metrics    bool     // ask CloudWatch about machines

	Notify       []string // mail addresses
	MonthlyUSD   int      // of mirror sessions, above which an alarm rings; 0: none does
	SAML         string   // address of the identity provider's metadata; "": people sign in with names of Cognito's
	Domain, Zone string   // of the console: its host name, and the id of the hosted zone; both or none
	Callers      string   // who calls the API with SigV4, as lambdas/api reads it
	WAF          bool
}

// Name is what everything of fixed name is called.
func (s *Settings) Name() string { return "mirrorwatch-" + s.Deployment }

// ARM says whether the sensors' instances have Arm processors.
func (s *Settings) ARM() bool {
	if s.Fleet == Fargate {
		return true
	}
	m := instanceType.FindStringSubmatch(s.Instance)
	return m != nil && strings.HasPrefix(m[2], "g")
}

// Read reads the context. Env says what the environment says of account and region: CDK_DEFAULT_ACCOUNT and CDK_DEFAULT_REGION.
func Read(context map[string]any, env func(string) string) (*Settings, error) {
	s := &Settings{}
	var faults []error
	given := map[string]bool{}
	for _, spec := range Specs() {
		v, there := context[Prefix+spec.Name]
		text, err := textOf(v)
		if err == nil && (!there || text == "") {
			text = spec.Default
			if spec.env != "" {
				text = env(spec.env)
			}
		}
		given[spec.Name] = text != "" && there // of the context: cdk.json names all, most of them empty
		if err == nil {
			err = spec.set(s, text)
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("setting %s: %w; allowed: %s", spec.Name, err, spec.Allowed))
		}
	}
	faults = append(faults, unknown(context)...)
	if len(faults) == 0 {
		s.complete(given)
		faults = s.clashes(given)
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return s, nil
}

// unknown names the keys of ours that are no setting: a misspelt one would be ignored in silence.
func unknown(context map[string]any) (faults []error) {
	for _, key := range slices.Sorted(maps.Keys(context)) {
		name, ours := strings.CutPrefix(key, Prefix)
		if ours && !slices.ContainsFunc(Specs(), func(s Spec) bool { return s.Name == name }) {
			faults = append(faults, fmt.Errorf("setting %s: there is none of this name; allowed: %s", name, strings.Join(Names(), ", ")))
		}
	}
	return faults
}

// Names gives the settings in their order.
func Names() (names []string) {
	for _, s := range Specs() {
		names = append(names, s.Name)
	}
	return names
}

// textOf gives a value of the context as text: a list with commas, true and false as on and off.
func textOf(v any) (string, error) {
	switch v := v.(type) {
	case nil:
		return "", nil
	case string:
		return strings.TrimSpace(v), nil
	case bool:
		if v {
			return "on", nil
		}
		return "off", nil
	case float64:
		return fmt.Sprintf("%v", v), nil
	case []any:
		var list []string
		for _, e := range v {
			t, err := textOf(e)
			if err != nil {
				return "", err
			}
			list = append(list, t)
		}
		return strings.Join(list, ","), nil
	}
	return "", fmt.Errorf("is %v, neither text nor number, list, true or false", v)
}
