package settings

import (
	"encoding/json"
	"flag"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write cdk.json's settings anew")

// around is the environment as cdk sets it.
func around(name string) string {
	return map[string]string{"CDK_DEFAULT_ACCOUNT": "111122223333", "CDK_DEFAULT_REGION": "eu-central-1"}[name]
}

func of(pairs ...any) map[string]any {
	context := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		context[Prefix+pairs[i].(string)] = pairs[i+1]
	}
	return context
}

// TestDefaultsWork: nothing set is a system that can be deployed.
func TestDefaultsWork(t *testing.T) {
	s, err := Read(map[string]any{"aws:cdk:something": "else"}, around)
	if err != nil {
		t.Fatal(err)
	}
	if s.Name() != "mirrorwatch-main" || s.Account != "111122223333" || !slices.Equal(s.Regions, []string{"eu-central-1"}) || s.Instance != "c7g.large" || s.Min != 2 || s.Max != 4 ||
		!s.ARM() || !s.Retain || !s.WAF || s.Metrics || s.RecordDays != 30 || s.CIDR.String() != "10.231.0.0/20" {
		t.Errorf("%+v", s)
	}
}

// TestForms: a list may be one of JSON or have commas, a switch may be true, and -c gives nothing but text.
func TestForms(t *testing.T) {
	a, err := Read(of("regions", []any{"eu-central-1", "us-east-1"}, "waf", false, "retention_records", 90.0, "sensors", "3-9", "instance", "m6i.2xlarge"), around)
	if err != nil {
		t.Fatal(err)
	}
	b, err := Read(of("regions", "eu-central-1, us-east-1", "waf", "off", "retention_records", "90", "sensors", "3-9", "instance", "m6i.2xlarge"), around)
	if err != nil || !reflect.DeepEqual(a, b) {
		t.Errorf("%+v\n%+v, %v", a, b, err)
	}
	if a.ARM() || a.Min != 3 || a.Max != 9 {
		t.Errorf("%+v", a)
	}
}

// TestMistakes: each is named with its setting and what is allowed, and all of them at once.
func TestMistakes(t *testing.T) {
	vpc := []any{"vpc", "vpc-0123456789abcdef0", "subnets", "subnet-01234567,subnet-89abcdef", "zones", "eu-central-1a,eu-central-1b", "cidr", "10.1.0.0/16"}
	with := func(pairs ...any) map[string]any { return of(append(slices.Clone(vpc), pairs...)...) }
	for name, c := range map[string]struct {
		given map[string]any
		want  []string
	}{
		"a VPC id that is none":                 {of("vpc", "vpc-xyz"), []string{`setting vpc: is "vpc-xyz"; allowed: vpc- and 8 or 17`}},
		"a VPC without subnets":                 {of("vpc", "vpc-01234567", "cidr", "10.1.0.0/16"), []string{"setting subnets: 0 given for vpc-01234567; allowed: 2 to 6"}},
		"a VPC without its network":             {of("vpc", "vpc-01234567", "subnets", "subnet-01234567,subnet-89abcdef", "zones", "eu-central-1a,eu-central-1b"), []string{"setting cidr: is missing"}},
		"subnets without a VPC":                 {of("subnets", "subnet-01234567"), []string{"setting subnets: subnet-01234567 without a vpc"}},
		"zones of another region":               {with("zones", "us-east-1a,us-east-1b"), []string{"setting zones: us-east-1a is not in eu-central-1"}},
		"a zone too few":                        {with("zones", "eu-central-1a"), []string{"setting zones: 1 for 2 subnets"}},
		"overlapping networks":                  {of("sources", "10.0.0.0/8"), []string{"setting sources: 10.0.0.0/8 overlaps cidr, which is 10.231.0.0/20; allowed: IPv4 networks that overlap neither"}},
		"networks that overlap each other":      {of("sources", "10.1.0.0/16,10.1.2.0/24"), []string{"setting sources: 10.1.2.0/24 overlaps 10.1.0.0/16"}},
		"a network with bits of a host":         {of("sources", "10.1.2.3/16"), []string{`setting sources: is "10.1.2.3/16", whose first address is 10.1.0.0`}},
		"a network of IPv6":                     {of("sources", "2001:db8::/32"), []string{`setting sources: is "2001:db8::/32"`}},
		"a network that is too small":           {of("cidr", "10.1.0.0/28"), []string{`setting cidr: is "10.1.0.0/28"; allowed: an IPv4 network of /16 to /24`}},
		"a region without the feature":          {of("regions", "us-gov-west-1"), []string{`setting regions: is "us-gov-west-1"; allowed: regions with Traffic Mirroring: us-east-1`}},
		"a size that is none":                   {of("size", "huge"), []string{`setting size: is "huge"; allowed: small, medium or large`}},
		"more sensors than there may be":        {of("sensors", "2-101"), []string{`setting sensors: is "2-101"; allowed: MIN-MAX, each from 1 to 100`}},
		"no sensor":                             {of("sensors", "0-2"), []string{"setting sensors"}},
		"sensors the wrong way round":           {of("sensors", "5-2"), []string{"setting sensors"}},
		"a burstable instance":                  {of("instance", "t4g.large"), []string{`setting instance: is "t4g.large"`}},
		"an old instance":                       {of("instance", "c5.large"), []string{`setting instance: is "c5.large"`}},
		"an instance on Fargate":                {of("fleet", "fargate", "instance", "c7g.large"), []string{"setting instance: c7g.large on fargate"}},
		"a fleet that is none":                  {of("fleet", "eks"), []string{`setting fleet: is "eks"; allowed: ec2 or fargate`}},
		"days that CloudWatch does not know":    {of("retention_logs", "31"), []string{`setting retention_logs: is "31"`}},
		"no retention":                          {of("retention_records", "0"), []string{"setting retention_records"}},
		"a deployment in capitals":              {of("deployment", "Main"), []string{`setting deployment: is "Main"`}},
		"an account in another region":          {of("accounts", "222233334444/us-east-1"), []string{"setting accounts: 222233334444 is to be mirrored in us-east-1, and sensors are in eu-central-1 alone"}},
		"the deployment's own account":          {of("accounts", "111122223333/eu-central-1"), []string{"setting accounts: 111122223333 is the deployment's own"}},
		"an account twice":                      {of("accounts", "222233334444/eu-central-1,222233334444/eu-central-1"), []string{"setting accounts: 222233334444 is there twice"}},
		"an account without a region":           {of("accounts", "222233334444"), []string{`setting accounts: is "222233334444"`}},
		"a domain without a zone":               {of("domain", "mw.example.com"), []string{`setting zone: is "", and domain is "mw.example.com"`}},
		"metadata without TLS":                  {of("saml", "http://idp.example.com/metadata"), []string{`setting saml: is "http://idp.example.com/metadata"; allowed: an https address`}},
		"a mail address that is none":           {of("notify", "security"), []string{`setting notify: is "security"`}},
		"a gateway without sources":             {of("transit_gateway", "tgw-0123456789abcdef0"), []string{"setting transit_gateway: tgw-0123456789abcdef0 without sources"}},
		"a caller without a role":               {of("callers", "arn:aws:iam::111122223333:role/A"), []string{"setting callers"}},
		"a key without a bucket":                {of("log_keys", "arn:aws:kms:eu-central-1:111122223333:key/1"), []string{"setting log_keys: given without log_buckets"}},
		"a misspelt setting":                    {of("regoins", "us-east-1"), []string{"setting regoins: there is none of this name; allowed: deployment, account"}},
		"a word of AWS's in the name":           {of("deployment", "prod-aws"), []string{`setting deployment: prod-aws has "aws" in it`}},
		"an object where text is wanted":        {of("size", map[string]any{"a": 1.0}), []string{"setting size: is map[a:1], neither text nor"}},
		"several mistakes are told all at once": {of("size", "huge", "vpc", "v", "waf", "maybe"), []string{"setting size", "setting vpc", "setting waf"}},
	} {
		s, err := Read(c.given, around)
		if err == nil {
			t.Errorf("%s: taken as %+v", name, s)
			continue
		}
		for _, want := range c.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v\nlacks %s", name, err, want)
			}
		}
		for line := range strings.SplitSeq(err.Error(), "\n") {
			if !strings.HasPrefix(line, "setting ") || !strings.Contains(line, "; allowed: ") {
				t.Errorf("%s: %q does not name the setting and what is allowed", name, line)
			}
		}
	}
	if _, err := Read(with(), around); err != nil {
		t.Errorf("a VPC with all it needs: %v", err)
	}
	if _, err := Read(nil, func(string) string { return "" }); err == nil || !strings.Contains(err.Error(), "setting account: is missing") || !strings.Contains(err.Error(), "setting regions: is missing") {
		t.Errorf("no profile: %v", err)
	}
}

// TestSizesAreInOrder: a larger size is never less.
func TestSizesAreInOrder(t *testing.T) {
	var last *Settings
	for _, size := range []Size{Small, Medium, Large} {
		s, err := Read(of("size", string(size)), around)
		if err != nil {
			t.Fatal(err)
		}
		if last != nil && (s.Max <= last.Max || s.Min < last.Min || s.Task().CPU <= last.Task().CPU) {
			t.Errorf("%s is not more than what is before it: %+v", size, s)
		}
		last = s
	}
}

// TestFileDocumentsEach: cdk.json has every setting with its default, and beside it what it is and what is allowed.
func TestFileDocumentsEach(t *testing.T) {
	const path = "../../cdk.json"
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var file map[string]any
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	context := file["context"].(map[string]any)
	want := maps.Clone(context)
	maps.DeleteFunc(want, func(k string, _ any) bool { return strings.Contains(k, Prefix) })
	for _, s := range Specs() {
		want[Prefix+s.Name] = s.Default
		want["// "+Prefix+s.Name] = s.Is + ". Allowed: " + s.Allowed + "."
	}
	if reflect.DeepEqual(context, want) {
		return
	}
	if !*update {
		t.Fatalf("the settings of %s are not those of Specs; run go test ./infra/settings -update", path)
	}
	writeFile(t, path, raw, want)
}

// writeFile writes the settings in their order, each below what it is.
func writeFile(t *testing.T, path string, raw []byte, want map[string]any) {
	t.Helper()
	var b strings.Builder
	before, _, _ := strings.Cut(string(raw), `"context": {`)
	b.WriteString(before + `"context": {` + "\n")
	var keys []string
	for _, s := range Specs() {
		keys = append(keys, "// "+Prefix+s.Name, Prefix+s.Name)
	}
	for _, k := range slices.Sorted(maps.Keys(want)) {
		if !slices.Contains(keys, k) {
			keys = append(keys, k)
		}
	}
	for i, k := range keys {
		v, err := json.Marshal(want[k])
		if err != nil {
			t.Fatal(err)
		}
		comma := ","
		if i == len(keys)-1 {
			comma = ""
		}
		b.WriteString("    \"" + k + "\": " + string(v) + comma + "\n")
	}
	b.WriteString("  }\n}\n")
	if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
