package stories

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// The innocent twins of the stories: the same calls and packets where they are as somebody planned. Nothing is told of them.

// TestOwnRole: the shop is visited, and its role is used by its own instance: from its public address, through the NAT gateway of its VPC, and
// through an endpoint in it.
func TestOwnRole(t *testing.T) {
	list := capture(t, "web-honest.pcap")
	w := newWorld(t)
	shop := w.host("shop-1", "i-0a1b2c3d4e5f60001", "eni-0a000000000000001", "10.20.2.90", "web-role", "sg-0a000000000000001", "203.0.113.200")
	since := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	w.holdings = append(w.holdings, events.Holding{
		Interface: "eni-0a000000000000077", Account: account, Region: "eu-central-1", VPC: "vpc-1", Subnet: "subnet-2", Requester: "nat-gateway",
		Description: "Interface for NAT Gateway nat-0a000000000000001", Addresses: []netip.Addr{netip.MustParseAddr("10.20.9.9")},
		PublicAddresses: []netip.Addr{netip.MustParseAddr("203.0.113.222")}, From: &since,
	})
	w.mirror(list, shop, 1001)
	logged(t, w.flows, shop, list, false)
	own := session("web-role", "i-0a1b2c3d4e5f60001")
	var calls []call
	for i, from := range []string{"203.0.113.200", "203.0.113.222", "10.20.2.90", "203.0.113.200", "203.0.113.222"} {
		calls = append(calls, call{
			at: list[0].at.Add(time.Duration(i) * 2 * time.Minute), name: "GetSecretValue", service: "secretsmanager.amazonaws.com", from: from, who: own,
			agent: "aws-sdk-go-v2/1.30", readOnly: true, request: map[string]any{"secretId": "prod/db"},
		})
	}
	trail(t, w.trail, calls...)
	w.quiet(w.play())
}

// TestBackgroundNoise: what the internet sends to every public address all day, a few packets of many.
func TestBackgroundNoise(t *testing.T) {
	w := newWorld(t)
	target := w.host("web-2", "i-0a1b2c3d4e5f60005", "eni-0a000000000000005", "10.20.2.91", "web-role", "sg-0a000000000000001", "203.0.113.205")
	begin := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	var lines []noise
	for i := range 240 {
		lines = append(lines, noise{begin.Add(time.Duration(i) * 15 * time.Second), fmt.Sprintf("198.51.%d.%d", 100+i%3, 1+i*7%250), []int{22, 23, 445, 3389, 8080, 6379}[i%6]})
	}
	rejected(t, w.flows, target, lines)
	w.quiet(w.play())
}

// TestDoorForTheOffice: an administrator opens the security group for the network of the office, and then logs in.
func TestDoorForTheOffice(t *testing.T) {
	list := capture(t, "admin-login.pcap")
	w := newWorld(t)
	server := w.host("app-1", "i-0a1b2c3d4e5f60006", "eni-0a000000000000006", "10.20.2.11", "app-role", "sg-0a000000000000006", "")
	w.host("admin-ws", "i-0a1b2c3d4e5f60007", "eni-0a000000000000007", "10.20.1.5", "ws-role", "sg-0a000000000000007", "")
	w.mirror(list, server, 1003)
	logged(t, w.flows, server, list, false)
	trail(t, w.trail, opened(list[0].at.Add(-2*time.Minute), person("alice"), "192.0.2.10", "sg-0a000000000000006", 22, "10.20.1.0/24"))
	w.quiet(w.play())
}

// TestPlannedReplacement: a deployment replaces the mirror session that it made, and a change that was announced takes another away.
func TestPlannedReplacement(t *testing.T) {
	w := newWorld(t)
	w.host("bastion", "i-0a1b2c3d4e5f60004", "eni-0a000000000000004", "10.20.2.22", "bastion-role", "sg-0a000000000000004", "203.0.113.201")
	at := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	deploy := session("deploy", "ci")
	creation := func(at time.Time, id string) call {
		return call{
			at: at, name: "CreateTrafficMirrorSession", service: "ec2.amazonaws.com", from: "192.0.2.20", who: deploy, agent: "Terraform/1.9.5",
			request: map[string]any{"CreateTrafficMirrorSessionRequest": map[string]any{
				"NetworkInterfaceId": "eni-0a000000000000004", "TrafficMirrorTargetId": "tmt-0a000000000000001", "TrafficMirrorFilterId": "tmf-0a000000000000001", "SessionNumber": 1,
			}},
			response: map[string]any{"CreateTrafficMirrorSessionResponse": map[string]any{"trafficMirrorSession": map[string]any{
				"trafficMirrorSessionId": id, "networkInterfaceId": "eni-0a000000000000004",
			}}},
		}
	}
	announced := deletion(at.Add(20*time.Minute), person("alice"), "192.0.2.10", "aws-cli/2.17.0")
	announced.request = map[string]any{"DeleteTrafficMirrorSessionRequest": map[string]any{"TrafficMirrorSessionId": "tms-0a000000000000009"}}
	trail(t, w.trail,
		creation(at.Add(-time.Hour), "tms-0a000000000000001"),
		deletion(at, deploy, "192.0.2.20", "Terraform/1.9.5"),
		creation(at.Add(3*time.Minute), "tms-0a000000000000002"),
		announced,
	)
	settings := filepath.Join(w.dir, "tuning.yaml")
	text := `parameters:
  planned_changes:
    - {from: 2026-11-23T09:10:00Z, to: 2026-11-23T10:00:00Z, principal: user/alice, reason: the old bastion goes}
`
	if err := os.WriteFile(settings, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	w.quiet(w.play("--tuning", settings))
}
