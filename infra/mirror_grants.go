package main

import (
	"fmt"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/shared/deploy"
)

// unknownYet is why grants of mirroring have stars: what they are about has its id once it was made, and its tag is the condition.
const unknownYet = "ids of what mirroring makes are not known before, describes know no resources, and the conditions are on the deployment's tag"

// mirrorGrants is what keeping mirror sessions needs in one account.
func (p *place) mirrorGrants(account string) []grant {
	return p.granted(deploy.MirrorGrants(p.Deployment), account)
}

// fleetGrants is what it needs besides where the sensors are: of balancers and target groups, for the fleet's own.
func (p *place) fleetGrants(f *fleet) []grant {
	list := p.granted(deploy.MirrorFleetGrants(p.Deployment), p.Account)
	for i := range list {
		switch g := &list[i]; {
		case strings.Contains(g.resources[0], ":loadbalancer/"):
			g.resources = []string{f.Balancer}
		case strings.Contains(g.resources[0], ":targetgroup/"):
			g.resources = []string{f.TargetGroup}
		}
	}
	return list
}

// granted gives grants as a role of this region has them. Targets are the fleet's, whichever account's sessions send to them.
func (p *place) granted(from []deploy.Grant, account string) (list []grant) {
	for _, g := range from {
		to := grant{actions: g.Actions, why: unknownYet}
		for _, r := range g.Resources {
			owner := account
			if strings.Contains(r, "traffic-mirror-target/") {
				owner = p.Account
			}
			if service, rest, ok := strings.Cut(r, ":"); ok {
				r = fmt.Sprintf("arn:aws:%s:%s:%s:%s", service, p.region, owner, rest)
			}
			to.resources = append(to.resources, r)
		}
		if g.Key != "" {
			to.conditions = map[string]any{"StringEquals": map[string]any{g.Key: g.Values}}
		}
		list = append(list, to)
	}
	return list
}
