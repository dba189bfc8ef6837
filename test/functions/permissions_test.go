package functions

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
	"github.com/mirrorwatch/mirrorwatch/shared/deploy"
)

var (
	serviceOf = regexp.MustCompile(`aws-sdk-go-v2/service/([a-z0-9]+)"`)
	callOf    = regexp.MustCompile(`\bclient\.([A-Z][A-Za-z]+)`)
	actionOf  = regexp.MustCompile("`([a-z0-9-]+:[A-Z][A-Za-z]+)`")
)

// TestMirrorGrants holds what the roles are granted against the calls that the client of EC2 and its neighbours has, both ways.
func TestMirrorGrants(t *testing.T) {
	prefix := map[string]string{"ec2": "ec2:", "elasticloadbalancingv2": "elasticloadbalancing:", "autoscaling": "autoscaling:", "ram": "ram:"}
	calls := map[string]bool{}
	files, _ := filepath.Glob("../../shared/ec2api/sdk/*.go")
	for _, file := range files {
		text := string(read(t, file))
		found := callOf.FindAllStringSubmatch(text, -1)
		if strings.HasSuffix(file, "_test.go") || len(found) == 0 {
			continue
		}
		service := serviceOf.FindStringSubmatch(text)
		if len(service) == 0 || prefix[service[1]] == "" {
			t.Fatalf("%s: nobody knows of which service its calls are: %v", file, service)
		}
		for _, call := range found {
			calls[prefix[service[1]]+call[1]] = true
		}
	}
	granted := grantedActions()
	if len(calls) < 30 {
		t.Fatalf("%d calls", len(calls))
	}
	for _, a := range slices.Sorted(maps.Keys(calls)) {
		if !granted[a] {
			t.Errorf("%s is called, and no grant has it", a)
		}
	}
	for _, a := range slices.Sorted(maps.Keys(granted)) {
		if !calls[a] && a != "ram:TagResource" { // tags that CreateResourceShare gives
			t.Errorf("%s is granted, and nobody calls it", a)
		}
	}
	if deploy.TagDeployment != policy.TagDeployment {
		t.Errorf("the grants' tag is %s, that of the plans %s", deploy.TagDeployment, policy.TagDeployment)
	}
}

// TestGrantsAreBound: nothing is changed or deleted but what has the tag, and nothing is made without it.
func TestGrantsAreBound(t *testing.T) {
	free := map[string]string{
		"MirrorInterfaces": "interfaces are other people's, and chosen by tags of their instances, subnets and VPCs as well",
		"SendToTargets":    "a target that is shared shows its tags to nobody but its owner",
		"KeepRules":        "a rule is bound by its filter", "Invitations": "they are accepted before there is anything",
		"KeepBalancers": "the ARN", "KeepListeners": "the ARN", "KeepTargetGroups": "the ARN", "Look": "", "LookAtFleet": "",
	}
	names := map[string]bool{}
	for _, g := range grants() {
		if _, is := free[g.For]; is != (g.Key == "") || g.Key != "" && (len(g.Values) == 0 || slices.Contains(g.Values, "")) {
			t.Errorf("%s: condition %q is %q", g.For, g.Key, g.Values)
		}
		if names[g.For] || len(g.Actions) == 0 || len(g.Resources) == 0 {
			t.Errorf("%s: comes twice, or is empty", g.For)
		}
		names[g.For] = true
	}
}

// TestPermissionsPage has every action of the grants with its statement, and no other.
func TestPermissionsPage(t *testing.T) {
	_, section, found := strings.Cut(string(read(t, "../../docs/mirror.md")), "\n## Permissions\n")
	section, _, _ = strings.Cut(section, "\n## ")
	if !found {
		t.Fatal("docs/mirror.md has no section Permissions")
	}
	rows := map[string]string{}
	for line := range strings.SplitSeq(section, "\n") {
		if cells := strings.Split(line, "|"); len(cells) == 6 {
			rows[strings.Trim(cells[1], " `")] = line
		}
	}
	for _, g := range grants() {
		row, there := rows[g.For]
		if !there {
			t.Errorf("the page has no row %s", g.For)
			continue
		}
		var told []string
		for _, a := range actionOf.FindAllStringSubmatch(strings.Split(row, "|")[2], -1) {
			told = append(told, a[1])
		}
		slices.Sort(told)
		want := slices.Sorted(slices.Values(g.Actions))
		if !slices.Equal(told, want) {
			t.Errorf("%s: the page has %v, want %v", g.For, told, want)
		}
		for _, r := range g.Resources {
			_, what, _ := strings.Cut(r, ":")
			if r != "*" && !strings.Contains(row, "`"+what+"`") {
				t.Errorf("%s: the page does not say that it is about %s", g.For, what)
			}
		}
		if kind, _, _ := strings.Cut(g.Key, "/"); g.Key != "" && !strings.Contains(strings.Split(row, "|")[4], "`"+kind+"`") {
			t.Errorf("%s: the page does not say that it is bound by %s", g.For, kind)
		}
	}
}

func grants() []deploy.Grant {
	return slices.Concat(deploy.MirrorGrants("main"), deploy.MirrorInvitations(), deploy.MirrorFleetGrants("main"))
}

func grantedActions() map[string]bool {
	all := map[string]bool{}
	for _, g := range grants() {
		for _, a := range g.Actions {
			all[a] = true
		}
	}
	return all
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
