package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/infra/settings"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
)

// maxPolicy is what a parameter of Systems Manager holds, less room for the ARNs that are not known yet.
const maxPolicy = 7 << 10

// ours are the sections of a mirror policy that infrastructure writes, since it alone knows what they say.
var ours = regexp.MustCompile(`(?m)^(version|deployment|accounts|fleet)\s*:`)

// fleetOfPolicy is what a policy says of the sensors.
type fleetOfPolicy struct{ balancer, targetGroup, securityGroup, group string }

// readPolicy reads the file with what people say of mirroring; nothing where they say nothing. Mistakes come with their lines, before
// anything is deployed.
func (p *place) readPolicy() (string, error) {
	if p.Policy == "" {
		return "", nil
	}
	text, err := os.ReadFile(p.Policy)
	if err != nil {
		return "", fmt.Errorf("setting policy: %w; allowed: the path of a YAML file", err)
	}
	if m := ours.FindStringSubmatch(string(text)); m != nil {
		return "", fmt.Errorf("setting policy: %s has %s, which the deployment writes itself; allowed: switch, select, profiles, exclude, budget, limits, prices, trusted, vni", p.Policy, m[1])
	}
	if len(text) > maxPolicy {
		return "", fmt.Errorf("setting policy: %s has %d bytes; allowed: %d", p.Policy, len(text), maxPolicy)
	}
	return string(text), nil
}

// writePolicy puts the parts together, what people wrote first so that its lines keep their numbers.
func (p *place) writePolicy(people string, f fleetOfPolicy) string {
	var b strings.Builder
	b.WriteString(strings.TrimRight(people, "\n"))
	fmt.Fprintf(&b, "\nversion: 1\ndeployment: %s\naccounts:\n  - {id: %q, regions: [%s]}\n", p.Deployment, p.Account, p.region)
	for _, a := range p.neighbours() {
		fmt.Fprintf(&b, "  - {id: %q, regions: [%s], role: %q}\n", a.ID, p.region, p.spokeRole(a.ID))
	}
	fmt.Fprintf(&b, "fleet:\n  account: %q\n  targets:\n    - {region: %s, load_balancer: %q, target_group: %q}\n", p.Account, p.region, f.balancer, f.targetGroup)
	fmt.Fprintf(&b, "  sensors:\n    security_groups: [%q]\n", f.securityGroup)
	if f.group != "" {
		fmt.Fprintf(&b, "    auto_scaling_groups: [%q]\n", f.group)
	}
	if !p.Organization {
		b.WriteString("  share: {external: true}\n")
	}
	return b.String()
}

// mirrorPolicy gives the policy with what only CloudFormation will know, after it was read once with examples of it in their places.
func (p *place) mirrorPolicy(f fleetOfPolicy) (string, error) {
	people, err := p.readPolicy()
	if err != nil {
		return "", err
	}
	example := p.writePolicy(people, fleetOfPolicy{
		balancer:      fmt.Sprintf("arn:aws:elasticloadbalancing:%s:%s:loadbalancer/net/sensors/fedcba0987654321", p.region, p.Account),
		targetGroup:   fmt.Sprintf("arn:aws:elasticloadbalancing:%s:%s:targetgroup/sensors/1234567890abcdef", p.region, p.Account),
		securityGroup: "sg-0123456789abcdef0", group: f.group,
	})
	name := p.Policy
	if name == "" {
		name = "mirror policy"
	}
	if _, err := policy.Parse(name, []byte(example)); err != nil {
		return "", fmt.Errorf("setting policy: %w", err)
	}
	return p.writePolicy(people, f), nil
}

// neighbours are the other accounts that are mirrored in this region.
func (p *place) neighbours() (list []settings.Account) {
	for _, a := range p.Accounts {
		for _, r := range a.Regions {
			if r == p.region {
				list = append(list, a)
			}
		}
	}
	return list
}

// roleName gives the fixed name of a role: IAM's names are the account's, whatever the region.
func (p *place) roleName(name string) string { return p.Name() + "-" + name + "-" + p.region }

func (p *place) role(name string) string {
	return fmt.Sprintf("arn:aws:iam::%s:role/%s", p.Account, p.roleName(name))
}

// spokeRole is the role that the mirror function takes on in another account.
func (p *place) spokeRole(account string) string {
	return fmt.Sprintf("arn:aws:iam::%s:role/%s", account, p.roleName("spoke"))
}

// parameter is the name of the parameter with the mirror policy.
func (p *place) parameter() string { return "/mirrorwatch/" + p.Deployment + "/policy" }
