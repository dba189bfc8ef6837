package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/mirrorwatch/mirrorwatch/infra/settings"
)

// template is one of CloudFormation.
type template struct {
	Resources  map[string]resource
	Parameters map[string]any
	Outputs    map[string]any
}

type resource struct {
	Type                                string
	Properties                          map[string]any
	DependsOn                           any
	Metadata                            map[string]any
	DeletionPolicy, UpdateReplacePolicy string
	UpdatePolicy                        map[string]any
}

// of gives the resources of a type, by their logical ids.
func (t template) of(kind string) map[string]resource {
	out := map[string]resource{}
	for id, r := range t.Resources {
		if r.Type == kind {
			out[id] = r
		}
	}
	return out
}

// only gives the one resource of a type whose logical id begins so.
func (t template) only(tb testing.TB, kind, prefix string) resource {
	tb.Helper()
	var found []resource
	for id, r := range t.of(kind) {
		if strings.HasPrefix(id, prefix) {
			found = append(found, r)
		}
	}
	if len(found) != 1 {
		tb.Fatalf("%d resources of %s begin with %q, want one", len(found), kind, prefix)
	}
	return found[0]
}

// dig goes down by names: properties of properties.
func dig(v any, names ...string) any {
	for _, n := range names {
		m, _ := v.(map[string]any)
		v = m[n]
	}
	return v
}

// text gives a value as JSON, to look for something in it.
func text(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}

// testSettings reads settings as the CDK would hand them over; pairs are names and values.
func testSettings(tb testing.TB, pairs ...string) *settings.Settings {
	tb.Helper()
	context := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		context[settings.Prefix+pairs[i]] = pairs[i+1]
	}
	s, err := settings.Read(context, func(name string) string {
		return map[string]string{"CDK_DEFAULT_ACCOUNT": "111122223333", "CDK_DEFAULT_REGION": "eu-central-1"}[name]
	})
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// synthesize lets make fill an app, and gives the templates of its stacks by their names.
func synthesize(tb testing.TB, make func(app awscdk.App)) map[string]template {
	tb.Helper()
	return synthesizeInto(tb, tb.TempDir(), make)
}

// synthesizeInto is synthesize with a folder that keeps the templates as files.
func synthesizeInto(tb testing.TB, dir string, make func(app awscdk.App)) map[string]template {
	tb.Helper()
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: key(dir), AnalyticsReporting: new(bool)})
	make(app)
	app.Synth(nil)
	files, err := filepath.Glob(filepath.Join(dir, "*.template.json"))
	if err != nil || len(files) == 0 {
		tb.Fatalf("no templates in %s: %v", dir, err)
	}
	out := map[string]template{}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			tb.Fatal(err)
		}
		var t template
		if err := json.Unmarshal(raw, &t); err != nil {
			tb.Fatalf("read %s: %v", f, err)
		}
		out[strings.TrimSuffix(filepath.Base(f), ".template.json")] = t
	}
	return out
}

// synthesizePart makes one stack of one part, beside a stack with the key that its neighbours would give.
func synthesizePart(tb testing.TB, s *settings.Settings, part func(stack awscdk.Stack, p *place, pipe *pipeline)) template {
	tb.Helper()
	return synthesizePartInto(tb, tb.TempDir(), s, part)
}

// synthesizePartInto is synthesizePart with a folder that keeps what would be deployed.
func synthesizePartInto(tb testing.TB, dir string, s *settings.Settings, part func(stack awscdk.Stack, p *place, pipe *pipeline)) template {
	tb.Helper()
	p := &place{s, s.Regions[0], code{}}
	all := synthesizeInto(tb, dir, func(app awscdk.App) {
		stack := p.stack(app, "part", "one part")
		part(stack, p, &pipeline{
			Key: newTestKey(stack), Table: "mirrorwatch-main", TableArn: "arn:aws:dynamodb:eu-central-1:111122223333:table/mirrorwatch-main",
			StreamArn: "arn:aws:dynamodb:eu-central-1:111122223333:table/mirrorwatch-main/stream/2026-01-01T00:00:00.000", Bus: "mirrorwatch-main",
			BusArn: "arn:aws:events:eu-central-1:111122223333:event-bus/mirrorwatch-main", Archive: "archive", ArchiveArn: "arn:aws:s3:::archive",
			Records: "mirrorwatch-main-records", RecordsArn: "arn:aws:firehose:eu-central-1:111122223333:deliverystream/mirrorwatch-main-records",
			Database: "mirrorwatch_main", Workgroup: "mirrorwatch-main",
		})
	})
	return all["mirrorwatch-main-part"]
}
