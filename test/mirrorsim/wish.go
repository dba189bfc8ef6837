package mirrorsim

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
)

// wish is what people want, in the words of the simulation; the policy's text is made of it.
type wish struct {
	frozen    bool
	defaultOn bool
	budget    int // 0: none
	perHead   int // budget of the second account; 0: none
	quota     int // of AWS and in the policy; 0: AWS's own
	reserve   int
	length    int // packet length of profile web
	port      int // of profile web, besides 443
	narrowVNI bool
}

// edit is a policy and since when it holds.
type edit struct {
	at   time.Time
	wish wish
}

// profiles there are, with what the simulation knows of them:
//
//	default  everything, before others
//	web      TCP 443 and one more port, before others, priority 5
//	late     everything, after others
//	seven    everything, number 7 or none
func (s *sim) text() string {
	w := &s.wish
	var b strings.Builder
	fmt.Fprintf(&b, "version: 1\ndeployment: %s\n", deployment)
	if w.frozen {
		b.WriteString("switch: frozen\n")
	}
	b.WriteString("accounts:\n")
	for i, a := range accounts() {
		fmt.Fprintf(&b, "  - {id: %q, role: \"arn:aws:iam::%s:role/mirrorwatch\", regions: [%s]", a, a, region)
		if i == 1 && w.perHead > 0 {
			fmt.Fprintf(&b, ", budget: %d", w.perHead)
		}
		b.WriteString("}\n")
	}
	fmt.Fprintf(&b, "fleet:\n  account: %q\n  role: arn:aws:iam::%s:role/mirrorwatch\n  targets:\n    - {region: %s, load_balancer: %q, target_group: %q}\n",
		fleet, fleet, region, s.town.fleet.Balancer.ARN, s.town.fleet.TargetGroup.ARN)
	b.WriteString("  sensors:\n    tags: {role: mirrorwatch-sensor}\n    auto_scaling_groups: [sensors]\n")
	fmt.Fprintf(&b, "select:\n  default: %s\n  rules:\n    - {name: gpus, match: {instance_types: [\"g4dn.*\"]}, profile: web}\n", map[bool]string{true: "on", false: "off"}[w.defaultOn])
	fmt.Fprintf(&b, "profiles:\n  default: {}\n  web:\n    packet_length: %d\n    priority: 5\n    rules:\n", w.length)
	fmt.Fprintf(&b, "      - {action: accept, protocol: tcp, destination_ports: 443}\n      - {action: accept, protocol: tcp, destination_ports: %d}\n", w.port)
	b.WriteString("  late: {session_number: {place: after, number: 100}}\n  seven: {session_number: {place: exact, number: 7}}\n")
	b.WriteString("exclude:\n  - {match: {tags: {team: [secret]}}, reason: they asked}\n")
	fmt.Fprintf(&b, "budget: {sessions: %d, reserve: %d}\n", w.budget, w.reserve)
	if w.quota > 0 {
		fmt.Fprintf(&b, "limits: {session_quota: %d}\n", w.quota)
	}
	if w.narrowVNI {
		b.WriteString("vni: {from: 5000, to: 5399}\n")
	}
	return b.String()
}

// enact makes what people want the policy.
func (s *sim) enact() {
	p, err := policy.Parse("sim.yaml", []byte(s.text()))
	if err != nil {
		s.fail("the policy is refused: %v\n%s", err, s.text())
		return
	}
	s.policy = p
	s.edits = append(s.edits, edit{s.clock.Now(), s.wish})
	if len(s.edits) > 64 {
		s.edits = s.edits[32:]
	}
}

// current is how a loop reads the policy.
func (p *process) current(context.Context) (policy.Policy, error) {
	if p.dead {
		return policy.Policy{}, errDead
	}
	p.wish = p.s.wish
	return p.s.policy, nil
}

// profileOf is what a wanted interface's tag says.
func (w *wish) profileOf(value string) (profile string, known bool) {
	switch v := strings.ToLower(strings.TrimSpace(value)); v {
	case "on", "default":
		return "default", true
	case "off":
		return "", true
	case "web", "late", "seven":
		return v, true
	}
	return "", false
}
