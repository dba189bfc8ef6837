package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// onMoto is a deployment on moto: what was to be made, and what CloudFormation says it is called.
type onMoto struct {
	*testing.T
	url, account string
	stacks       map[string]template          // reduced
	ids          map[string]map[string]string // physical ids, by stack and logical id
	exports      map[string]string
	stream       string // ARN of the table's
}

// region gives where a stack is.
func (d *onMoto) region(stack string) string {
	if strings.Contains(stack, "-edge") {
		return edgeRegion
	}
	return "eu-central-1"
}

// aws asks moto through the command line of AWS, with keys that open nothing.
func (d *onMoto) aws(region string, out any, args ...string) error {
	ctx, cancel := context.WithTimeout(d.Context(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "aws", append([]string{"--endpoint-url", d.url, "--region", region, "--output", "json"}, args...)...)
	others := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "AWS_") }) // a profile of the one who tests is none of ours
	cmd.Env = append(others, "AWS_ACCESS_KEY_ID=moto", "AWS_SECRET_ACCESS_KEY=moto", "AWS_MAX_ATTEMPTS=1", "AWS_PAGER=",
		"AWS_CONFIG_FILE="+os.DevNull, "AWS_SHARED_CREDENTIALS_FILE="+os.DevNull, "NO_PROXY=127.0.0.1")
	var said strings.Builder
	cmd.Stderr = &said
	raw, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("aws %s: %w: %s", strings.Join(args[:2], " "), err, strings.TrimSpace(said.String()))
	}
	if len(raw) == 0 {
		return nil
	}
	return json.Unmarshal(raw, out)
}

// must is aws, where a failure ends the test.
func (d *onMoto) must(region string, out any, args ...string) {
	d.Helper()
	if err := d.aws(region, out, args...); err != nil {
		d.Fatal(err)
	}
}

// order gives the stacks so that each comes behind those whose exports it imports.
func (d *onMoto) order() (list []string) {
	have := map[string]bool{}
	waiting := slices.Sorted(maps.Keys(d.stacks))
	for len(waiting) > 0 {
		i := slices.IndexFunc(waiting, func(name string) bool { return len(missing(d.stacks[name].Resources, have)) == 0 })
		if i < 0 {
			d.Fatalf("stacks wait for one another: %q", waiting)
		}
		for _, o := range d.stacks[waiting[i]].Outputs {
			if name, ok := dig(o, "Export", "Name").(string); ok {
				have[name] = true
			}
		}
		list = append(list, waiting[i])
		waiting = slices.Delete(waiting, i, i+1)
	}
	return list
}

// missing gives the exports that a value imports and that are not there.
func missing(resources map[string]resource, have map[string]bool) (names []string) {
	for _, r := range resources {
		for part := range strings.SplitSeq(text(r.Properties), `{"Fn::ImportValue":"`) {
			name, _, found := strings.Cut(part, `"}`)
			if found && strings.Contains(name, ":ExportsOutput") && !strings.Contains(name, `"`) && !have[name] {
				names = append(names, name)
			}
		}
	}
	return names
}

// deploy makes a stack, and holds what CloudFormation says it made against the template: moto reports stacks as complete that are not.
func (d *onMoto) deploy(stack string) {
	d.Helper()
	t := d.stacks[stack]
	file := filepath.Join(d.TempDir(), stack+".json")
	if err := os.WriteFile(file, []byte(t.body()), 0o600); err != nil {
		d.Fatal(err)
	}
	region := d.region(stack)
	var stackID struct{ StackId string }
	d.must(region, &stackID, "cloudformation", "create-stack", "--stack-name", stack, "--template-body", "file://"+file, "--capabilities", "CAPABILITY_NAMED_IAM")
	var made struct {
		StackResourceSummaries []struct{ LogicalResourceId, PhysicalResourceId, ResourceType, ResourceStatus string }
	}
	d.must(region, &made, "cloudformation", "list-stack-resources", "--stack-name", stack)
	d.ids[stack] = map[string]string{"AWS::StackId": stackID.StackId}
	for _, r := range made.StackResourceSummaries {
		if want := t.Resources[r.LogicalResourceId].Type; r.ResourceType != want || r.ResourceStatus != "CREATE_COMPLETE" {
			d.Errorf("%s: %s is %s and %s; the template has %q", stack, r.LogicalResourceId, r.ResourceType, r.ResourceStatus, want)
		}
		d.ids[stack][r.LogicalResourceId] = r.PhysicalResourceId
	}
	for id, r := range t.Resources {
		if _, ok := d.ids[stack][id]; !ok {
			d.Errorf("%s: %s (%s) was not made", stack, id, r.Type)
		}
	}
}

// of gives the resources of a type of all stacks, with references replaced by what they are.
func (d *onMoto) of(kind string, hold func(stack, id string, properties map[string]any)) {
	d.Helper()
	n := 0
	for _, stack := range slices.Sorted(maps.Keys(d.stacks)) {
		found := d.stacks[stack].of(kind)
		for _, id := range slices.Sorted(maps.Keys(found)) {
			n++
			properties, _ := d.resolve(stack, found[id].Properties).(map[string]any)
			hold(stack, id, properties)
		}
	}
	if n == 0 {
		d.Errorf("no %s was deployed: nothing is held", kind)
	}
}

// resolve gives a value of a template with its references replaced, by what AWS says that Ref and Arn are of each type.
func (d *onMoto) resolve(stack string, v any) any {
	switch v := v.(type) {
	case map[string]any:
		if len(v) == 1 {
			for name, of := range v {
				if s, ok := d.function(stack, name, of); ok {
					return s
				}
			}
		}
		out := map[string]any{}
		for name, x := range v {
			out[name] = d.resolve(stack, x)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = d.resolve(stack, x)
		}
		return out
	}
	return v
}

func (d *onMoto) function(stack, name string, of any) (any, bool) {
	switch name {
	case "Ref":
		return d.called(stack, of.(string)), true
	case "Fn::ImportValue":
		return d.exports[of.(string)], true
	case "Fn::GetAtt":
		at := of.([]any)
		return d.attribute(stack, at[0].(string), at[1].(string)), true
	case "Fn::Join":
		var parts []string
		for _, p := range d.resolve(stack, of.([]any)[1]).([]any) {
			parts = append(parts, fmt.Sprint(p))
		}
		return strings.Join(parts, of.([]any)[0].(string)), true
	}
	return nil, false
}

// called gives the Ref of a resource. moto has none of a bus.
func (d *onMoto) called(stack, id string) string {
	r := d.stacks[stack].Resources[id]
	if s := map[string]string{"AWS::Region": d.region(stack), "AWS::AccountId": d.account, "AWS::Partition": "aws"}[id]; s != "" {
		return s
	}
	if r.Type == "AWS::Events::EventBus" {
		return fmt.Sprint(r.Properties["Name"])
	}
	return d.ids[stack][id]
}

// attribute gives one of a resource, as AWS builds it.
func (d *onMoto) attribute(stack, id, name string) string {
	kind, called := d.stacks[stack].Resources[id].Type, d.called(stack, id)
	form := map[string]string{
		"AWS::DynamoDB::Table Arn": "dynamodb:R:A:table/N", "AWS::Events::EventBus Arn": "events:R:A:event-bus/N", "AWS::IAM::Role Arn": "iam::A:role/N",
		"AWS::KMS::Key Arn": "kms:R:A:key/N", "AWS::Lambda::Function Arn": "lambda:R:A:function:N", "AWS::Logs::LogGroup Arn": "logs:R:A:log-group:N", // moto's: AWS puts ":*" behind
		"AWS::S3::Bucket Arn": "s3:::N", "AWS::SQS::Queue Arn": "sqs:R:A:N",
	}[kind+" "+name]
	switch {
	case kind == "AWS::DynamoDB::Table" && name == "StreamArn":
		return d.stream
	case kind == "AWS::SQS::Queue":
		called = called[strings.LastIndex(called, "/")+1:]
	}
	if form == "" {
		d.Errorf("%s: nobody said what %s of %s (%s) is", stack, name, id, kind)
	}
	return "arn:aws:" + strings.NewReplacer("R", d.region(stack), "A", d.account, "N", called).Replace(form)
}

// same compares two values as JSON, and shows where they part.
func (d *onMoto) same(what string, got, want any) {
	d.Helper()
	g, w := text(got), text(want)
	if g == w {
		return
	}
	i := 0
	for i < min(len(g), len(w)) && g[i] == w[i] {
		i++
	}
	from := max(i-100, 0)
	d.Errorf("%s is\n%s\nwant\n%s", what, g[from:min(len(g), i+200)], w[from:min(len(w), i+200)])
}

func (d *onMoto) readExports() {
	var list struct {
		Exports []struct{ Name, Value string }
	}
	d.must("eu-central-1", &list, "cloudformation", "list-exports")
	for _, e := range list.Exports {
		d.exports[e.Name] = e.Value
	}
}

func or(v, otherwise any) any {
	if v == nil {
		return otherwise
	}
	return v
}
