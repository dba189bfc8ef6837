package wire_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
	"github.com/mirrorwatch/mirrorwatch/test/ec2fake/wire/stage"
)

// step is one command of the AWS CLI and the JSON that it must print, or the code of the error. "$name" in a command is what an
// earlier step kept; ids in answers are written as their prefix.
type step struct {
	command string
	want    string // JSON
	code    string
	keep    string                                                      // name under which the first id of the answer is kept
	prefix  string                                                      // of that id
	then    func(t *testing.T, s *stage.Stage, known map[string]string) // done after it; nil: nothing
}

// TestCLITellsALifeStory has the AWS CLI make, read, change and delete what mirroring is made of. Each command takes the CLI most of a
// second to start, so there are few: the script for botocore, on which the CLI is built, asks for the rest.
func TestCLITellsALifeStory(t *testing.T) {
	if testing.Short() {
		t.Skip("NOT ASKED in a short test: the AWS CLI takes its time to start, and botocore, on which it is built, is asked more")
	}
	t.Parallel()
	needCLI(t)
	s, endpoint := open(t)
	known := map[string]string{"$eni": s.Plain[0].Interfaces[0], "$nlb": s.Fleet.Balancer.ARN}
	for _, st := range lifeStory() {
		out, errOut := awsCLI(t, endpoint, words(st.command, known))
		if st.code != "" {
			if !strings.Contains(errOut, "("+st.code+")") {
				t.Errorf("aws %s: said %q, %q; wanted the error %s", st.command, out, errOut, st.code)
			}
			continue
		}
		if errOut != "" {
			t.Fatalf("aws %s: %s", st.command, errOut)
		}
		if st.then != nil {
			st.then(t, s, known)
		}
		if st.keep != "" {
			known["$"+st.keep] = regexp.MustCompile(`\b` + st.prefix + `-0[0-9a-f]{16}\b`).FindString(out)
		}
		sameJSON(t, st.command, out, strings.NewReplacer("ACCOUNT", stage.Account, "NLB", s.Fleet.Balancer.ARN).Replace(st.want))
	}
}

func lifeStory() []step {
	const (
		tags    = ` --tag-specifications ResourceType=traffic-mirror-%,Tags=[{Key=Name,Value=<story>}]`
		tagSet  = `"Tags":[{"Key":"Name","Value":"<story>"}]`
		ingress = `{"TrafficMirrorFilterRuleId":"tmfr-#","TrafficMirrorFilterId":"tmf-#","TrafficDirection":"ingress","RuleNumber":10,"RuleAction":"accept","Protocol":17,` +
			`"DestinationPortRange":{"FromPort":53,"ToPort":53},"DestinationCidrBlock":"0.0.0.0/0","SourceCidrBlock":"10.0.0.0/8"}`
		filter  = `{"TrafficMirrorFilterId":"tmf-#","IngressFilterRules":[%],"EgressFilterRules":[],"NetworkServices":[@],"Description":"names","Tags":[{"Key":"Name","Value":"<story>"}]}`
		session = `{"TrafficMirrorSessionId":"tms-#","TrafficMirrorTargetId":"tmt-#","TrafficMirrorFilterId":"tmf-#","NetworkInterfaceId":"eni-#","OwnerId":"ACCOUNT",` +
			`"PacketLength":128,"SessionNumber":%,"VirtualNetworkId":7,` + tagSet + `}`
		sessions = "describe-traffic-mirror-sessions --filters Name=traffic-mirror-filter-id,Values=$filter"
		create   = "create-traffic-mirror-session --traffic-mirror-target-id $target --traffic-mirror-filter-id $filter --session-number 1 --virtual-network-id 7 --packet-length 128"
	)
	with := func(text, percent, at string) string {
		return strings.NewReplacer("%", percent, "@", at).Replace(text)
	}
	made := `{"TrafficMirrorSession":` + with(session, "1", "") + `,"ClientToken":"story"}`
	return []step{
		{command: "create-traffic-mirror-filter --description names --client-token story" + with(tags, "filter", ""), keep: "filter", prefix: "tmf",
			want: `{"TrafficMirrorFilter":` + with(filter, "", "") + `,"ClientToken":"story"}`},
		{command: "create-traffic-mirror-filter-rule --traffic-mirror-filter-id $filter --traffic-direction ingress --rule-number 10 --rule-action accept --protocol 17" +
			" --destination-port-range FromPort=53,ToPort=53 --source-cidr-block 10.0.0.0/8 --destination-cidr-block 0.0.0.0/0 --client-token rule",
			want: `{"TrafficMirrorFilterRule":` + ingress + `,"ClientToken":"rule"}`},
		{command: "modify-traffic-mirror-filter-network-services --traffic-mirror-filter-id $filter --add-network-services amazon-dns",
			want: `{"TrafficMirrorFilter":` + with(filter, ingress, `"amazon-dns"`) + `}`},
		{command: "create-traffic-mirror-target --network-load-balancer-arn $nlb --client-token target" + with(tags, "target", ""), keep: "target", prefix: "tmt",
			want: `{"TrafficMirrorTarget":{"TrafficMirrorTargetId":"tmt-#","NetworkLoadBalancerArn":"NLB","Type":"network-load-balancer","OwnerId":"ACCOUNT",` + tagSet + `},"ClientToken":"target"}`},
		{command: create + " --network-interface-id $eni --client-token story" + with(tags, "session", ""), keep: "session", prefix: "tms", want: made, then: sixMore},
		{command: sessions + " --page-size 5 --max-items 6 --query length(TrafficMirrorSessions)", want: "6"},
		{command: sessions + " Name=network-interface-id,Values=$eni", want: `{"TrafficMirrorSessions":[` + with(session, "1", "") + `]}`},
		{command: "modify-traffic-mirror-session --traffic-mirror-session-id $session --session-number 9", want: `{"TrafficMirrorSession":` + with(session, "9", "") + `}`},
		{command: "delete-traffic-mirror-filter --traffic-mirror-filter-id $filter", code: "TrafficMirrorFilterInUse"},
		{command: "delete-traffic-mirror-session --traffic-mirror-session-id $session", want: `{"TrafficMirrorSessionId":"tms-#"}`},
	}
}

// sixMore makes sessions of other interfaces, so that there are pages to read; asking the CLI for them would only take time.
func sixMore(t *testing.T, s *stage.Stage, known map[string]string) {
	t.Helper()
	for _, i := range s.Plain[1:7] {
		_, err := s.Cloud.Account(stage.Account, stage.Region).EC2.CreateTrafficMirrorSession(t.Context(), ec2api.CreateTrafficMirrorSession{
			NetworkInterface: i.Interfaces[0], Target: known["$target"], Filter: known["$filter"], SessionNumber: 1,
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// words cuts a command into its arguments and puts in what is known.
func words(command string, known map[string]string) []string {
	out := strings.Fields(command)
	for i, word := range out {
		at := strings.IndexByte(word, '$')
		if at < 0 {
			continue
		}
		if value, ok := known[word[at:]]; ok {
			out[i] = word[:at] + value
		}
	}
	return out
}

func awsCLI(t *testing.T, endpoint string, args []string) (out, errOut string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "aws", append([]string{"--endpoint-url", endpoint, "--region", stage.Region, "--output", "json", "ec2"}, args...)...)
	cmd.Env = append(quiet(), "AWS_ACCESS_KEY_ID="+stage.Key, "AWS_SECRET_ACCESS_KEY=not verified")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil && stderr.Len() == 0 {
		t.Fatalf("aws %v: %v", args, err)
	}
	return stdout.String(), strings.TrimSpace(stderr.String())
}

// sameJSON holds what was printed against what is known, with ids as their prefix. Tags of a rule are left out where there are none:
// older clients do not know them.
func sameJSON(t *testing.T, command, got, want string) {
	t.Helper()
	got = regexp.MustCompile(`\b(tm[fst]r?|eni)-0[0-9a-f]{16}\b`).ReplaceAllString(got, "$1-#")
	var a, b any
	if err := json.Unmarshal([]byte(got), &a); err != nil {
		t.Fatalf("aws %s: %v in %q", command, err, got)
	}
	if err := json.Unmarshal([]byte(want), &b); err != nil {
		t.Fatalf("%v in %q", err, want)
	}
	if dropRuleTags(a); !reflect.DeepEqual(a, b) {
		t.Errorf("aws %s:\n  said   %s\n  wanted %s", command, strings.Join(strings.Fields(got), ""), want)
	}
}

func dropRuleTags(v any) {
	switch v := v.(type) {
	case map[string]any:
		if tags, ok := v["Tags"].([]any); ok && v["RuleNumber"] != nil && len(tags) == 0 {
			delete(v, "Tags")
		}
		for _, inside := range v {
			dropRuleTags(inside)
		}
	case []any:
		for _, inside := range v {
			dropRuleTags(inside)
		}
	}
}

func needCLI(t *testing.T) {
	t.Helper()
	err := exec.Command("aws", "--version").Run()
	if err == nil {
		return
	}
	if os.Getenv("MIRRORWATCH_REQUIRE_ALL") == "1" {
		t.Fatalf("NOT ASKED: the AWS CLI is not there (%v); test/setup.sh installs it", err)
	}
	t.Skipf("NOT ASKED: the AWS CLI is not there (%v); install awscli to hold the imitation against it", err)
}
