package asff

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"
)

// What AWS publishes of AwsSecurityFinding is in the API's model, and the SDK is generated from that: which members are required, how
// long each may be, which are deprecated stand beside the fields of
// github.com/aws/aws-sdk-go-v2/service/securityhub/types/types.go, in the version that go.mod names. So the rules are read there, and a
// newer SDK brings newer rules. What the model says in other words (the account has 12 digits, Types begins with a namespace, times) is
// written down below, from https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_AwsSecurityFinding.html,
// .../Welcome.html#timestamps, and from .../latest/userguide/securityhub-findings-format-type-taxonomy.html.

// rule is what is published of one member.
type rule struct {
	required, deprecated bool
	least, most          int // of a text, or of the members of a list or a map; most 0: nothing is said
	keys, values         int // of a map, how long they may be
	zeroToOneHundred     bool
	namespaces           []string
	said                 string
}

var sayings = map[string]*regexp.Regexp{
	"length":     regexp.MustCompile(`Length Constraints: Minimum (?:length )?of (\d+)\. Maximum (?:length )?of (\d+)\.`),
	"exact":      regexp.MustCompile(`Length Constraints: (\d+)\.`),
	"members":    regexp.MustCompile(`Array Members: (?:Minimum number of (\d+) items?\. )?Maximum number of (\d+) items?\.`),
	"pairs":      regexp.MustCompile(`up to (\d+) key-value pairs\. For each key-value pair, the key can contain up to (\d+) characters, and the value can contain up to (\d+) characters`),
	"hundred":    regexp.MustCompile(`scored on a 0-100 basis|score of 100 is reserved|integer between 0 and 100`),
	"namespaces": regexp.MustCompile(`Valid namespace values are: ([^.]+)$`),
}

func number(s string) int { n, _ := strconv.Atoi(s); return n }

// read makes a rule of what is said of a member.
func read(comment string) (r rule) {
	s := strings.Join(strings.Fields(comment), " ")
	r.said = s
	r.required, r.deprecated = strings.Contains(s, "This member is required."), strings.Contains(s, "Deprecated")
	r.zeroToOneHundred = sayings["hundred"].MatchString(s)
	if m := sayings["length"].FindStringSubmatch(s); m != nil {
		r.least, r.most = number(m[1]), number(m[2])
	} else if m := sayings["exact"].FindStringSubmatch(s); m != nil {
		r.least, r.most = number(m[1]), number(m[1])
	}
	if m := sayings["members"].FindStringSubmatch(s); m != nil {
		r.least, r.most = number(m[1]), number(m[2])
	}
	if m := sayings["pairs"].FindStringSubmatch(s); m != nil {
		r.most, r.keys, r.values = number(m[1]), number(m[2]), number(m[3])
	}
	before, _, _ := strings.Cut(s, " Array Members")
	if m := sayings["namespaces"].FindStringSubmatch(before); m != nil {
		r.namespaces = strings.Split(m[1], " | ")
	}
	return r
}

// published reads the rules of all members out of the SDK's source, by type and member.
func published(t *testing.T) map[string]rule {
	t.Helper()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/aws/aws-sdk-go-v2/service/securityhub").Output()
	if err != nil {
		t.Fatalf("find the SDK: %v", err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(strings.TrimSpace(string(dir)), "types/types.go"), nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	rules := map[string]rule{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok {
			return true
		}
		if s, ok := spec.Type.(*ast.StructType); ok {
			for _, f := range s.Fields.List {
				for _, name := range f.Names {
					rules[spec.Name.Name+"."+name.Name] = read(f.Doc.Text())
				}
			}
		}
		return false
	})
	return rules
}

// breaches lists what of a finding is not as published, as place and reason.
func breaches(rules map[string]rule, v reflect.Value, at string) (list []string) {
	add := func(format string, a ...any) { list = append(list, at+": "+fmt.Sprintf(format, a...)) }
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			return breaches(rules, v.Elem(), at)
		}
	case reflect.Slice:
		for i := range v.Len() {
			list = append(list, breaches(rules, v.Index(i), fmt.Sprintf("%s[%d]", at, i))...)
		}
	case reflect.String:
		if known := v.MethodByName("Values"); known.IsValid() && v.Len() > 0 {
			all := known.Call(nil)[0]
			is := func(i int) bool { return all.Index(i).String() == v.String() }
			if !slices.ContainsFunc(slices.Collect(indices(all.Len())), is) {
				add("%q is no value of %s", v.String(), v.Type().Name())
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if !f.IsExported() {
				continue
			}
			r, ok := rules[v.Type().Name()+"."+f.Name]
			if !ok {
				add("nothing is published of %s", f.Name)
			}
			where := strings.TrimPrefix(at+"."+f.Name, ".")
			for _, why := range r.breaches(v.Field(i)) {
				list = append(list, where+": "+why)
			}
			list = append(list, breaches(rules, v.Field(i), where)...)
		}
	}
	return list
}

func indices(n int) func(func(int) bool) {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}

// breaches says what is wrong with one member.
func (r rule) breaches(v reflect.Value) (list []string) {
	if v.IsZero() {
		if r.required {
			return []string{"required, and not there"}
		}
		return nil
	}
	if r.deprecated {
		list = append(list, "deprecated")
	}
	v = reflect.Indirect(v)
	n := 0
	switch v.Kind() {
	case reflect.String:
		n = utf8.RuneCountInString(v.String())
	case reflect.Slice, reflect.Map:
		n = v.Len()
	case reflect.Int32:
		if r.zeroToOneHundred && (v.Int() < 0 || v.Int() > 100) {
			list = append(list, fmt.Sprintf("%d is not within 0 to 100", v.Int()))
		}
		return list
	default:
		return list
	}
	if r.most != 0 && (n < r.least || n > r.most) {
		list = append(list, fmt.Sprintf("%d of %d to %d", n, r.least, r.most))
	}
	if m, ok := v.Interface().(map[string]string); ok && r.keys != 0 {
		for k, s := range m {
			if utf8.RuneCountInString(k) > r.keys || utf8.RuneCountInString(s) > r.values {
				list = append(list, "a key or a value is too long")
			}
		}
	}
	if l, ok := v.Interface().([]string); ok && r.namespaces != nil {
		for _, s := range l {
			if namespace, _, _ := strings.Cut(s, "/"); !slices.Contains(r.namespaces, namespace) {
				list = append(list, strconv.Quote(namespace)+" is no namespace")
			}
		}
	}
	return list
}

// whole is every rule on a finding: the SDK's, and those that are written down here.
func whole(rules map[string]rule, f types.AwsSecurityFinding) (list []string) {
	for _, why := range breaches(rules, reflect.ValueOf(f), "") {
		// The one deprecated member that we write: the label is there too, and what was made for it in other products sorts by it.
		if why != "Severity.Normalized: deprecated" {
			list = append(list, why)
		}
	}
	if aws.ToString(f.SchemaVersion) != "2018-10-08" {
		list = append(list, "SchemaVersion: not 2018-10-08")
	}
	if !regexp.MustCompile(`^[0-9]{12}$`).MatchString(aws.ToString(f.AwsAccountId)) {
		list = append(list, "AwsAccountId: not 12 digits")
	}
	for name, s := range map[string]*string{"CreatedAt": f.CreatedAt, "UpdatedAt": f.UpdatedAt, "FirstObservedAt": f.FirstObservedAt, "LastObservedAt": f.LastObservedAt} {
		if s == nil {
			continue
		}
		if _, err := time.Parse(time.RFC3339Nano, *s); err != nil {
			list = append(list, name+": no time")
		}
	}
	return list
}

// TestThePublishedRulesAreRead fails where a newer SDK says its rules in other words, so that they would be missed in silence.
func TestThePublishedRulesAreRead(t *testing.T) {
	rules := published(t)
	var required []string
	for at, r := range rules {
		if member, ok := strings.CutPrefix(at, "AwsSecurityFinding."); ok && r.required {
			required = append(required, member)
		}
	}
	slices.Sort(required)
	want := "AwsAccountId CreatedAt Description GeneratorId Id ProductArn Resources SchemaVersion Title UpdatedAt"
	if got := strings.Join(required, " "); got != want {
		t.Errorf("required is %s, want %s", got, want)
	}
	for at, limits := range map[string][2]int{
		"AwsSecurityFinding.AwsAccountId": {12, 12}, "AwsSecurityFinding.Id": {1, MaxID}, "AwsSecurityFinding.Title": {1, MaxTitle},
		"AwsSecurityFinding.Description": {1, MaxDescription}, "AwsSecurityFinding.GeneratorId": {1, MaxID}, "AwsSecurityFinding.Resources": {1, MaxResources},
		"AwsSecurityFinding.Types": {0, MaxTypes}, "AwsSecurityFinding.ProductFields": {0, MaxProductFields}, "Note.Text": {1, MaxNote},
		"Resource.Type": {1, 256}, "Resource.Region": {1, MaxRegion}, "Network.SourceDomain": {1, MaxDomain}, "FindingProviderSeverity.Original": {1, 64},
	} {
		if r := rules[at]; r.least != limits[0] || r.most != limits[1] {
			t.Errorf("%s is %d to %d, want %v: %s", at, r.least, r.most, limits, r.said)
		}
	}
	if r := rules["AwsSecurityFinding.ProductFields"]; r.keys != MaxFieldKey || r.values != MaxFieldValue {
		t.Errorf("ProductFields: %+v", r)
	}
	if r := rules["AwsSecurityFinding.Types"]; len(r.namespaces) != 5 || !rules["Severity.Normalized"].deprecated || !rules["AwsSecurityFinding.Confidence"].zeroToOneHundred {
		t.Errorf("Types: %+v", r)
	}
}

// spoilt are findings that the published rules refuse, and why.
var spoilt = []struct {
	why   string
	spoil func(*types.AwsSecurityFinding)
}{
	{"Id: required, and not there", func(f *types.AwsSecurityFinding) { f.Id = nil }},
	{"Resources: required, and not there", func(f *types.AwsSecurityFinding) { f.Resources = nil }},
	{"Resources[0].Id: required, and not there", func(f *types.AwsSecurityFinding) { f.Resources[0].Id = nil }},
	{"Note.UpdatedBy: required, and not there", func(f *types.AwsSecurityFinding) { f.Note = &types.Note{Text: aws.String("x"), UpdatedAt: f.CreatedAt} }},
	{"Title: 257 of 1 to 256", func(f *types.AwsSecurityFinding) { f.Title = aws.String(strings.Repeat("ä", 257)) }},
	{"Description: 0 of 1 to 1024", func(f *types.AwsSecurityFinding) { f.Description = aws.String("") }},
	{"Resources: 33 of 1 to 32", func(f *types.AwsSecurityFinding) { f.Resources = slices.Repeat(f.Resources[:1], 33) }},
	{"Types: 51 of 0 to 50", func(f *types.AwsSecurityFinding) { f.Types = slices.Repeat(f.Types[:1], 51) }},
	{`Types: "Detections" is no namespace`, func(f *types.AwsSecurityFinding) { f.Types = []string{"Detections/a/b"} }},
	{`FindingProviderFields.Types: "x" is no namespace`, func(f *types.AwsSecurityFinding) { f.FindingProviderFields.Types = []string{"x"} }},
	{"ProductFields: a key or a value is too long", func(f *types.AwsSecurityFinding) { f.ProductFields = map[string]string{"k": strings.Repeat("v", 2049)} }},
	{"Confidence: 101 is not within 0 to 100", func(f *types.AwsSecurityFinding) { f.Confidence = aws.Int32(101) }},
	{`Severity.Label: "URGENT" is no value of SeverityLabel`, func(f *types.AwsSecurityFinding) { f.Severity.Label = "URGENT" }},
	{`Workflow.Status: "OPEN" is no value of WorkflowStatus`, func(f *types.AwsSecurityFinding) { f.Workflow.Status = "OPEN" }},
	{`RecordState: "GONE" is no value of RecordState`, func(f *types.AwsSecurityFinding) { f.RecordState = "GONE" }},
	{`Resources[0].Partition: "eu" is no value of Partition`, func(f *types.AwsSecurityFinding) { f.Resources[0].Partition = "eu" }},
	{"Severity.Product: deprecated", func(f *types.AwsSecurityFinding) { f.Severity.Product = aws.Float64(1) }},
	//lint:ignore SA1019 a deprecated member is what is being refused
	{"WorkflowState: deprecated", func(f *types.AwsSecurityFinding) { f.WorkflowState = types.WorkflowStateNew }},
	{"AwsAccountId: not 12 digits", func(f *types.AwsSecurityFinding) { f.AwsAccountId = aws.String("12345678901a") }},
	{"SchemaVersion: not 2018-10-08", func(f *types.AwsSecurityFinding) { f.SchemaVersion = aws.String("2019-01-01") }},
	{"CreatedAt: no time", func(f *types.AwsSecurityFinding) { f.CreatedAt = aws.String("2026-03-02 03:04") }},
}

func TestPublishedRulesRefuse(t *testing.T) {
	rules, d := published(t), replayed(t)[0]
	for _, s := range spoilt {
		f := typed(t, New(&d, About{Time: d.Update, Account: "111122223333", Region: "eu-central-1"}))
		if list := whole(rules, f); len(list) > 0 {
			t.Fatalf("what is to be spoilt is not good: %q", list)
		}
		s.spoil(&f)
		if list := whole(rules, f); !slices.Contains(list, s.why) {
			t.Errorf("breaches %q, want %s", list, s.why)
		}
	}
}
