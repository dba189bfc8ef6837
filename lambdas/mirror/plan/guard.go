package plan

import (
	"fmt"
	"slices"
	"strings"
)

// guard knows the interfaces that must never be mirrored, whatever is asked: what a mirror makes would be mirrored again.
type guard struct {
	targets   map[string]string // interfaces that are mirror targets, with the target's id
	balancers map[string]string // "ELB net/name/hash": how a load balancer's interfaces are described, with its ARN
	instances map[string]string // instances of the sensors' Auto Scaling groups, with the group
	places    map[string]bool   // whose interfaces may be mirrored, and where
}

func newGuard(s *survey) guard {
	g := guard{targets: map[string]string{}, balancers: map[string]string{}, instances: map[string]string{}, places: map[string]bool{}}
	for _, a := range s.want.Accounts {
		for _, region := range a.Regions {
			g.places[Place(a.ID, region)] = true
		}
	}
	for _, t := range s.want.Fleet.Targets {
		g.balancer(t.LoadBalancer)
	}
	for _, t := range s.sites {
		for _, target := range t.Targets {
			g.balancer(target.NetworkLoadBalancer)
			if target.NetworkInterface != "" {
				keepLowest(g.targets, target.NetworkInterface, target.ID)
			}
		}
		for _, name := range s.want.Fleet.Sensors.AutoScalingGroups {
			for _, id := range t.Groups[name].Instances {
				keepLowest(g.instances, id, name)
			}
		}
	}
	return g
}

func (g *guard) balancer(arn string) {
	if _, name, ok := strings.Cut(arn, ":loadbalancer/"); ok {
		g.balancers["ELB "+name] = arn
	}
}

// forbids says why an interface is never mirrored, or "".
func (g *guard) forbids(s *survey, src *source) string {
	if target := g.targets[src.eni.ID]; target != "" {
		return "it is the mirror target " + target + ": what a mirror makes would be mirrored again"
	}
	if arn := g.balancers[src.eni.Description]; arn != "" {
		return "it belongs to the sensors' load balancer " + arn
	}
	if why := g.sensor(s, src); why != "" {
		return "it belongs to a sensor (" + why + "): what a mirror makes would be mirrored again"
	}
	return ""
}

func (g *guard) sensor(s *survey, src *source) string {
	sensors := &s.want.Fleet.Sensors
	if len(sensors.Tags) > 0 && carries(src, sensors.Tags) {
		return "by its tags"
	}
	for _, group := range src.eni.Groups {
		if slices.Contains(sensors.SecurityGroups, group) {
			return "security group " + group
		}
	}
	if src.instance == nil {
		return ""
	}
	if group := src.instance.Tags[tagGroup]; group != "" && slices.Contains(sensors.AutoScalingGroups, group) {
		return "Auto Scaling group " + group
	}
	if group := g.instances[src.instance.ID]; group != "" {
		return "Auto Scaling group " + group
	}
	return ""
}

// carries says whether all tags are there, each on the interface or on its instance.
func carries(src *source, tags map[string]string) bool {
	for key, value := range tags {
		on := src.eni.Tags[key] == value
		if !on && (src.instance == nil || src.instance.Tags[key] != value) {
			return false
		}
	}
	return true
}

// excludedBy says which exclusion of the policy takes an interface out, or "".
func (s *survey) excludedBy(src *source) string {
	if len(s.want.Exclude) == 0 {
		return ""
	}
	subject := src.subject()
	for i := range s.want.Exclude {
		x := &s.want.Exclude[i]
		if x.Match.Fits(subject) {
			return fmt.Sprintf("the policy excludes it: %s", x.Reason)
		}
	}
	return ""
}
