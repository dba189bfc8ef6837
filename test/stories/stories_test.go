package stories

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// world is the folders of one story, and what goes to the program.
type world struct {
	t                 *testing.T
	dir, flows, trail string
	captures          []string
	holdings          []events.Holding
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, dir: t.TempDir()}
	w.flows, w.trail = filepath.Join(w.dir, "flows"), filepath.Join(w.dir, "trail")
	for _, d := range []string{w.flows, w.trail} {
		if err := os.Mkdir(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// hosts say who is who. Since long before the story.
func (w *world) host(name, instance, eni, addr, role, group, public string) iface {
	a := netip.MustParseAddr(addr)
	since := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	h := events.Holding{
		Interface: eni, Account: account, Region: "eu-central-1", VPC: "vpc-1", Subnet: "subnet-1", Instance: instance, Name: name, Groups: []string{group},
		Addresses: []netip.Addr{a}, From: &since, Role: role, Profile: "arn:aws:iam::" + account + ":instance-profile/" + role,
	}
	if public != "" {
		h.PublicAddresses = []netip.Addr{netip.MustParseAddr(public)}
	}
	w.holdings = append(w.holdings, h)
	return iface{eni, a, "vpc-1"}
}

// mirror adds a capture of what an interface sent and received, as a mirror session carries it.
func (w *world) mirror(list []packet, at iface, vni uint32) {
	path := filepath.Join(w.dir, fmt.Sprintf("mirror-%d.pcap", vni))
	mirrored(w.t, path, list, at.addr, vni)
	w.captures = append(w.captures, path)
}

// outcome is what the program printed.
type outcome struct {
	Incidents  []events.Incident  `json:"incidents"`
	Detections []events.Detection `json:"detections"`
}

// play runs the program as a person would.
func (w *world) play(more ...string) outcome {
	w.t.Helper()
	inventory, err := json.Marshal(map[string]any{"holdings": w.holdings})
	if err != nil {
		w.t.Fatal(err)
	}
	path := filepath.Join(w.dir, "inventory.json")
	if err := os.WriteFile(path, inventory, 0o600); err != nil {
		w.t.Fatal(err)
	}
	args := append([]string{"correlate", "--json", "--flow-logs", w.flows, "--cloudtrail", w.trail, "--inventory", path}, more...)
	cmd := exec.Command(program, append(args, w.captures...)...)
	var problems strings.Builder
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		w.t.Fatalf("%v: %s", err, problems.String())
	}
	var o outcome
	if err := json.Unmarshal(out, &o); err != nil {
		w.t.Fatalf("%v: %s", err, out)
	}
	return o
}

var program string // made once, by TestMain

// TestSources looks at every source that the program is made of, so that go test does not take an outcome of before they changed for one of
// now: it knows the files that a test looks at, and not what a compiler read.
func TestSources(t *testing.T) {
	n := 0
	for _, dir := range []string{"cmd", "events", "lambdas", "sensor", "shared"} {
		err := filepath.WalkDir(filepath.Join("..", "..", dir), func(path string, _ fs.DirEntry, err error) error {
			if err == nil && strings.HasSuffix(path, ".go") {
				_, err = os.Stat(path)
				n++
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	if n < 100 {
		t.Errorf("%d sources", n)
	}
}

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "stories")
	if err == nil {
		program = filepath.Join(dir, "mirrorwatch")
		var out []byte
		if out, err = exec.Command("go", "build", "-o", program, "github.com/mirrorwatch/mirrorwatch/cmd/mirrorwatch").CombinedOutput(); err != nil {
			err = fmt.Errorf("%w: %s", err, out)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// one gives the only incident, with these types of detections in it and these parties, and every one of them.
func (w *world) one(o outcome, types, offenders, victims []string) events.Incident {
	w.t.Helper()
	if len(o.Incidents) != 1 {
		w.t.Fatalf("%d incidents: %s", len(o.Incidents), titles(o))
	}
	in := o.Incidents[0]
	var have []string
	for _, m := range in.Members {
		have = append(have, m.Type)
	}
	for _, want := range types {
		if !slices.Contains(have, want) {
			w.t.Errorf("%s is not in the incident of %v", want, have)
		}
	}
	same := func(role string, list []events.IncidentParty, want []string) {
		var got []string
		for _, p := range list {
			got = append(got, cmp.Or(p.Address, p.Name, p.Device, "?"))
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			w.t.Errorf("%s %v, want %v", role, got, want)
		}
	}
	same("offenders", in.Offenders, offenders)
	same("victims", in.Victims, victims)
	return in
}

func titles(o outcome) string {
	var list []string
	for _, in := range o.Incidents {
		list = append(list, fmt.Sprintf("%d %s", in.Score, in.Title))
	}
	for _, d := range o.Detections {
		list = append(list, fmt.Sprintf("(%d %s %s %v)", d.Risk.Score, d.Type, d.Description, d.Risk.Terms))
	}
	return strings.Join(list, "\n")
}

// first says which call is the first in the list of a detection of a type, and what it adjusts.
func (w *world) first(o outcome, kind string) events.ContextCall {
	w.t.Helper()
	for _, d := range o.Detections {
		if d.Type == kind && d.Context != nil && len(d.Context.Calls) > 0 {
			return d.Context.Calls[0]
		}
	}
	w.t.Errorf("no %s with calls: %s", kind, titles(o))
	return events.ContextCall{}
}

func (w *world) quiet(o outcome) {
	w.t.Helper()
	if len(o.Incidents) > 0 {
		w.t.Errorf("innocent, and told: %s", titles(o))
	}
}

// stolenRole is the story of TestStolenRole.
func (w *world) stolenRole() {
	list := capture(w.t, "web-ssrf.pcap")
	shop := w.host("shop-1", "i-0a1b2c3d4e5f60001", "eni-0a000000000000001", "10.20.2.90", "web-role", "sg-0a000000000000001", "203.0.113.200")
	w.mirror(list, shop, 1001)
	logged(w.t, w.flows, shop, list, false)
	at := list[len(list)-1].at.Add(4 * time.Minute)
	thief := session("web-role", "i-0a1b2c3d4e5f60001")
	own := func(at time.Time) call {
		return call{at: at, name: "DescribeTags", service: "ec2.amazonaws.com", from: "203.0.113.200", who: thief, agent: "aws-sdk-go-v2", readOnly: true}
	}
	trail(w.t, w.trail,
		own(at.Add(-20*time.Minute)), own(at.Add(-10*time.Minute)),
		call{at: at, name: "GetCallerIdentity", service: "sts.amazonaws.com", from: "198.51.100.7", who: thief, agent: "aws-cli/2.17.0", readOnly: true},
		call{at: at.Add(20 * time.Second), name: "ListBuckets", service: "s3.amazonaws.com", from: "198.51.100.7", who: thief, agent: "aws-cli/2.17.0", readOnly: true},
		call{at: at.Add(40 * time.Second), name: "GetSecretValue", service: "secretsmanager.amazonaws.com", from: "198.51.100.7", who: thief, agent: "aws-cli/2.17.0", readOnly: true,
			request: map[string]any{"secretId": "prod/db"}},
	)
}

// TestStolenRole: a shop fetches its instance's keys for a visitor, who uses them from elsewhere.
func TestStolenRole(t *testing.T) {
	w := newWorld(t)
	w.stolenRole()
	o := w.play()
	w.one(o, []string{"access.ssrf_metadata", "exfil.aws_keys_in_clear", "access.stolen_role_credentials"}, []string{"198.51.100.7", "203.0.113.70"}, []string{"10.20.2.90"})
	if c := w.first(o, "access.ssrf_metadata"); c.Address != "198.51.100.7" || c.Adjustment != "context_stolen_credentials" {
		t.Errorf("first call %+v", c)
	}
	if c := w.first(o, "access.stolen_role_credentials"); c.Address != "198.51.100.7" {
		t.Errorf("first call %+v", c)
	}
}

// blockedScan is the story of TestBlockedScan.
func (w *world) blockedScan() {
	list := capture(w.t, "portscan-syn.pcap")
	target := w.host("db-1", "i-0a1b2c3d4e5f60002", "eni-0a000000000000002", "10.20.2.10", "db-role", "sg-0a000000000000002", "")
	w.host("build-7", "i-0a1b2c3d4e5f60003", "eni-0a000000000000003", "10.20.1.66", "build-role", "sg-0a000000000000003", "")
	logged(w.t, w.flows, target, list, true)
	launched := call{at: list[0].at.Add(-10 * time.Minute), name: "RunInstances", service: "ec2.amazonaws.com", from: "203.0.113.9", who: person("mallory"), agent: "aws-cli/2.17.0",
		request:  map[string]any{"instancesSet": map[string]any{"items": []any{map[string]any{"imageId": "ami-1", "minCount": 1, "maxCount": 1}}}},
		response: map[string]any{"instancesSet": map[string]any{"items": []any{map[string]any{"instanceId": "i-0a1b2c3d4e5f60003", "privateIpAddress": "10.20.1.66"}}}}}
	trail(w.t, w.trail, launched)
}

// TestBlockedScan: a scan that a security group stops is on no mirror; the flow logs have it.
func TestBlockedScan(t *testing.T) {
	w := newWorld(t)
	w.blockedScan()
	o := w.play()
	w.one(o, []string{"recon.port_scan"}, []string{"10.20.1.66"}, []string{"10.20.2.10"})
	d := o.Detections[0]
	if d.Sensor != "flowlog" || d.Properties["source"] != "flowlog" || d.Context.Flows == nil || d.Context.Flows.Accepted.Records != 0 || d.Context.Flows.Rejected.Records < 400 {
		t.Errorf("%+v, flows %+v", d, d.Context.Flows)
	}
	if c := w.first(o, "recon.port_scan"); c.Name != "RunInstances" {
		t.Errorf("first call %+v", c)
	}
}

// doorOpened is the story of TestDoorOpened.
func (w *world) doorOpened() {
	list := capture(w.t, "ssh-brute-success.pcap.gz")
	bastion := w.host("bastion", "i-0a1b2c3d4e5f60004", "eni-0a000000000000004", "10.20.2.22", "bastion-role", "sg-0a000000000000004", "203.0.113.201")
	w.mirror(list, bastion, 1002)
	logged(w.t, w.flows, bastion, list, false)
	at := list[0].at.Add(-2 * time.Minute)
	trail(w.t, w.trail,
		opened(at.Add(-10*time.Minute), person("alice"), "192.0.2.10", "sg-0a000000000000009", 443, "10.0.0.0/8"),
		opened(at, person("mallory"), "203.0.113.50", "sg-0a000000000000004", 2222, "0.0.0.0/0"),
	)
}

// TestDoorOpened: the security group is opened two minutes before the guessing begins.
func TestDoorOpened(t *testing.T) {
	w := newWorld(t)
	w.doorOpened()
	o := w.play()
	w.one(o, []string{"access.ssh_brute_force"}, []string{"203.0.113.99"}, []string{"10.20.2.22"})
	if c := w.first(o, "access.ssh_brute_force"); c.Name != "AuthorizeSecurityGroupIngress" || !slices.Contains(c.Resources, "sg-0a000000000000004") || c.Adjustment != "context_door_opened" {
		t.Errorf("first call %+v", c)
	}
}

// blinded is the story of TestBlinded.
func (w *world) blinded() {
	w.host("bastion", "i-0a1b2c3d4e5f60004", "eni-0a000000000000004", "10.20.2.22", "bastion-role", "sg-0a000000000000004", "203.0.113.201")
	at := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	trail(w.t, w.trail, deletion(at, person("mallory"), "203.0.113.50", "aws-cli/2.17.0"))
}

// TestBlinded: somebody deletes the mirror session of the bastion.
func TestBlinded(t *testing.T) {
	w := newWorld(t)
	w.blinded()
	o := w.play()
	w.one(o, []string{"evasion.monitoring_stopped"}, []string{"203.0.113.50"}, []string{"traffic-mirror-session/tms-0a000000000000001"})
	if c := w.first(o, "evasion.monitoring_stopped"); c.Name != "DeleteTrafficMirrorSession" {
		t.Errorf("first call %+v", c)
	}

}

func deletion(at time.Time, who map[string]any, from, agent string) call {
	return call{at: at, name: "DeleteTrafficMirrorSession", service: "ec2.amazonaws.com", from: from, who: who, agent: agent,
		request:  map[string]any{"DeleteTrafficMirrorSessionRequest": map[string]any{"TrafficMirrorSessionId": "tms-0a000000000000001"}},
		response: map[string]any{"DeleteTrafficMirrorSessionResponse": map[string]any{"trafficMirrorSessionId": "tms-0a000000000000001"}}}
}

// TestAllAtOnce plays the four stories in one run: each is an incident of its own.
func TestAllAtOnce(t *testing.T) {
	w := newWorld(t)
	w.blockedScan()
	w.doorOpened()
	w.blinded()
	w.stolenRole()
	o := w.play()
	if len(o.Incidents) != 4 {
		t.Fatalf("%d incidents: %s", len(o.Incidents), titles(o))
	}
	for _, kind := range []string{"recon.port_scan", "access.ssh_brute_force", "evasion.monitoring_stopped", "access.stolen_role_credentials"} {
		in := 0
		for _, one := range o.Incidents {
			if slices.ContainsFunc(one.Members, func(m events.IncidentMember) bool { return m.Type == kind }) {
				in++
			}
		}
		if in != 1 {
			t.Errorf("%s is in %d incidents", kind, in)
		}
	}
}
