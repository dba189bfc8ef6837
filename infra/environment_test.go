package main

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/shared/deploy"
)

// readers read the environment of each function as its main does, and give back what they understood.
func readers() map[string]func(func(string) string) (map[string]string, error) {
	return map[string]func(func(string) string) (map[string]string, error){
		"publish": func(get func(string) string) (map[string]string, error) {
			v, err := deploy.PublishFromEnv(get)
			return v.Env(), err
		},
		"correlate": func(get func(string) string) (map[string]string, error) {
			v, err := deploy.CorrelateFromEnv(get)
			return v.Env(), err
		},
		"logs": func(get func(string) string) (map[string]string, error) {
			v, err := deploy.CorrelateFromEnv(get)
			return v.Env(), err
		},
		"archive": func(get func(string) string) (map[string]string, error) {
			v, err := deploy.ArchiverFromEnv(get)
			return v.Env(), err
		},
		"mirror": func(get func(string) string) (map[string]string, error) {
			v, err := deploy.MirrorFromEnv(get)
			return v.Env(), err
		},
		"teardown": func(get func(string) string) (map[string]string, error) {
			v, err := deploy.MirrorFromEnv(get)
			return v.Env(), err
		},
		"api": func(get func(string) string) (map[string]string, error) {
			v, err := deploy.APIFromEnv(get)
			return v.Env(), err
		},
		"notify": func(get func(string) string) (map[string]string, error) {
			v, err := deploy.NotifyFromEnv(get)
			return v.Env(), err
		},
	}
}

// TestFunctionsUnderstandTheirEnvironment: what a template sets is what the program reads, name for name. A variable that is unset, misspelt
// or of the wrong form fails here and not at the first event.
func TestFunctionsUnderstandTheirEnvironment(t *testing.T) {
	found := map[string]bool{}
	for _, tpl := range whole(t) {
		for id, f := range tpl.of("AWS::Lambda::Function") {
			name, ours := strings.CutPrefix(fmt.Sprint(f.Properties["FunctionName"]), "mirrorwatch-main-")
			if !ours {
				t.Errorf("function %s has no name of ours", id)
				continue
			}
			if name == "edge" && strings.HasPrefix(fmt.Sprint(f.Properties["Runtime"]), "nodejs") {
				continue // the CDK's own: it reads what the stack in us-east-1 made
			}
			found[name] = true
			read := readers()[name]
			if read == nil {
				t.Errorf("nobody knows how %s reads its environment", name)
				continue
			}
			set := map[string]string{}
			for variable, v := range dig(f.Properties, "Environment", "Variables").(map[string]any) {
				if variable != "GOMEMLIMIT" { // Go's own
					set[variable] = deployed(variable, v)
				}
			}
			understood, err := read(func(n string) string { return set[n] })
			if err != nil {
				t.Errorf("%s: %v", name, err)
			} else if !maps.Equal(set, understood) {
				t.Errorf("%s is given %v and understands %v", name, slices.Sorted(maps.Keys(set)), slices.Sorted(maps.Keys(understood)))
			}
		}
	}
	if want := slices.Sorted(maps.Keys(readers())); !slices.Equal(slices.Sorted(maps.Keys(found)), want) {
		t.Errorf("functions %v, want %v", slices.Sorted(maps.Keys(found)), want)
	}
}

// deployed gives a value as CloudFormation would resolve it: text as it is, and in place of what only it knows, something of the kind.
func deployed(variable string, v any) string {
	switch v := v.(type) {
	case string:
		return v
	case map[string]any:
		if join, ok := v["Fn::Join"].([]any); ok {
			var parts []string
			for _, p := range join[1].([]any) {
				parts = append(parts, deployed("", p))
			}
			return strings.Join(parts, join[0].(string))
		}
	}
	if variable == deploy.Topics {
		return "arn:aws:sns:eu-central-1:111122223333:topic"
	}
	return "known-later"
}

// TestSensorsUnderstandTheirEnvironment: the same of sensors, whose first boot writes a file, and whose task has variables.
func TestSensorsUnderstandTheirEnvironment(t *testing.T) {
	boot := deployed("", dig(whole(t)["mirrorwatch-main-fleet"].only(t, "AWS::EC2::LaunchTemplate", "").Properties, "LaunchTemplateData", "UserData", "Fn::Base64"))
	ofInstance := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^(MIRRORWATCH_\w+)=(.+)$`).FindAllStringSubmatch(boot, -1) {
		ofInstance[m[1]] = strings.Trim(m[2], `"'`)
	}
	ofTask := map[string]string{}
	task := wholeOf(t, "fleet", "fargate")["mirrorwatch-main-fleet"].only(t, "AWS::ECS::TaskDefinition", "").Properties["ContainerDefinitions"].([]any)[0]
	for _, v := range listOf(dig(task, "Environment")) {
		ofTask[dig(v, "Name").(string)] = deployed("", dig(v, "Value"))
	}
	for what, set := range map[string]map[string]string{"instance": ofInstance, "task": ofTask} {
		maps.DeleteFunc(set, func(name, _ string) bool { return !strings.HasPrefix(name, "MIRRORWATCH_") })
		got, err := deploy.FleetFromEnv(func(n string) string { return set[n] })
		if err != nil {
			t.Errorf("%s: %v", what, err)
		} else if !maps.Equal(set, got.Env()) {
			t.Errorf("%s is given %v and understands %v", what, set, got.Env())
		}
		if got.Table == "" || got.Records == "" || got.Deployment != "main" || (got.Hook == "") != (what == "task") {
			t.Errorf("%s: %+v", what, got)
		}
	}
}
