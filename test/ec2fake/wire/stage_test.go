package wire_test

import (
	"encoding/json"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
	"github.com/mirrorwatch/mirrorwatch/test/ec2fake/wire/stage"
)

// open makes a stage and has it heard on the loopback.
func open(t *testing.T) (*stage.Stage, string) {
	t.Helper()
	s, err := stage.New(stage.Options{Now: time.Now, Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Server.SetParameter(stage.Account, stage.Region, "/mirrorwatch/policy", "deployment: <x>\n"); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s.Server)
	t.Cleanup(func() {
		server.Close()
		if err := s.Cloud.Check(); err != nil {
			t.Error(err)
		}
	})
	return s, server.URL
}

// facts is what a script has to know of the stage.
func facts(t *testing.T, s *stage.Stage, endpoint string) string {
	t.Helper()
	ids := func(instances []ec2api.Instance, of func(ec2api.Instance) string) []string {
		var out []string
		for _, i := range instances {
			out = append(out, of(i))
		}
		return out
	}
	id := func(i ec2api.Instance) string { return i.ID }
	eni := func(i ec2api.Instance) string { return i.Interfaces[0] }
	var health [][2]string
	for _, sensor := range slices.Sorted(slices.Values(ids(s.Sensors, id))) {
		health = append(health, [2]string{sensor, "healthy"})
	}
	out, err := json.Marshal(map[string]any{
		"endpoint": endpoint, "account": stage.Account, "other": stage.Other, "region": stage.Region, "key": stage.Key, "role": stage.Role,
		"vpc": s.Web.ID, "cidr": s.Web.CIDRs[0], "vpcTags": s.Web.Tags, "subnets": []string{s.Subnets[0].ID, s.Subnets[1].ID},
		"cidrs": []string{s.Subnets[0].CIDR, s.Subnets[1].CIDR}, "subnetTags": s.Subnets[0].Tags, "zones": []string{s.Subnets[0].AvailabilityZone, s.Subnets[1].AvailabilityZone},
		"instances": ids(s.Plain, id), "enis": ids(s.Plain, eni), "sensor": s.Sensors[0].Interfaces[0], "health": health,
		"nlb": s.Fleet.Balancer.ARN, "nlbName": s.Fleet.Balancer.Name, "targetGroup": s.Fleet.TargetGroup.ARN, "targetGroupName": s.Fleet.TargetGroup.Name,
		"group": stage.Group, "groupInstances": ids(s.Workers, id),
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// script runs a Python script of testdata and shows what it said.
func script(t *testing.T, name, stage string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "python3", name)
	cmd.Dir = "testdata"
	cmd.Env = append(quiet(), "STAGE="+stage, "PYTHONDONTWRITEBYTECODE=1")
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Errorf("%s: %v", name, err)
	}
}

// quiet is the environment without whatever would have AWS's tools ask elsewhere.
func quiet() []string {
	env := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "AWS_") })
	return append(env, "AWS_CONFIG_FILE=/nonexistent", "AWS_SHARED_CREDENTIALS_FILE=/nonexistent", "AWS_EC2_METADATA_DISABLED=true", "AWS_PAGER=", "NO_PROXY=127.0.0.1")
}

// needModules skips, loudly, where Python has not what a test asks with; where everything is required it fails, unless a bare Debian
// machine could not have it at all.
func needModules(t *testing.T, debianHas bool, modules ...string) {
	t.Helper()
	err := exec.Command("python3", "-c", "import "+strings.Join(modules, ", ")).Run()
	if err == nil {
		return
	}
	what := "python3 with " + strings.Join(modules, ", ")
	if os.Getenv("MIRRORWATCH_REQUIRE_ALL") == "1" && debianHas {
		t.Fatalf("NOT ASKED: %s is not there (%v); test/setup.sh installs it", what, err)
	}
	t.Skipf("NOT ASKED: %s is not there (%v); install it to hold the imitation against it", what, err)
}
