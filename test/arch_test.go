// Package test holds what is true of the whole house: who may import whom, and captures with the records and detections that they
// must give. It is never imported.
package test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/mirrorwatch/mirrorwatch/"

// rule says what the packages that match From may import of our own packages and, where Outside is set, of others.
// A pattern ends in /* for one folder below, in /... for any depth. The first rule that matches holds.
type rule struct {
	from    string
	may     []string
	outside []string // module path prefixes beyond the standard library
	why     string
}

var arithmetic = []string{"shared/bounded", "shared/sketch", "shared/rhythm", "shared/rarity", "shared/baseline", "shared/dga", "shared/intel", "shared/magnitude", "shared/domain", "shared/entropy", "shared/window"}

// parsers are pure: bytes in, fields out, for the analyzers of whatever carries them.
var parsers = []string{"sensor/analyzer/line", "sensor/analyzer/ntlmssp", "sensor/analyzer/msrpc", "sensor/analyzer/ber", "sensor/analyzer/krb5", "sensor/analyzer/sqltext"}

var rules = []rule{
	{"events", nil, nil, "the nouns are known by all, so they may know nobody"},
	{"sensor/packet", nil, nil, "decoding is pure: bytes in, fields out"},
	{"sensor/decap", nil, nil, "envelopes are pure functions on bytes"},
	{"sensor/capture", []string{"sensor/packet"}, []string{"golang.org/x/sys", "golang.org/x/net"}, "a source gives frames and knows nothing of what is in them"},
	{"sensor/flow", []string{"sensor/packet"}, nil, "the table is generic in what is hung on a flow"},
	{"sensor/stream", []string{"sensor/flow", "sensor/packet"}, nil, "bytes in order, whoever reads them"},
	{"sensor/analyzer", []string{"events", "sensor/flow", "sensor/stream"}, nil, "the frame that analyzers fit"},
	{"sensor/analyzer/line", nil, nil, "arithmetic on lines, for the analyzers of line protocols"},
	{"sensor/analyzer/analyzertest", []string{"events", "sensor/flow", "sensor/stream", "sensor/analyzer"}, nil, "what every analyzer is held to; for tests"},
	{"sensor/analyzer/ntlmssp", []string{"events"}, nil, "messages of NTLM, for the analyzers of whatever carries them"},
	{"sensor/analyzer/msrpc", []string{"events", "sensor/flow", "sensor/analyzer"}, nil, "remote procedure calls, whatever carries them: a pipe of SMB or TCP"},
	{"sensor/analyzer/ber", nil, nil, "ASN.1's encoding: bytes in, slices of them out"},
	{"sensor/analyzer/krb5", []string{"events", "sensor/analyzer", "sensor/analyzer/ber"}, nil, "Kerberos's messages, for the analyzers of all that carry them"},
	{"sensor/analyzer/sqltext", nil, nil, "what a statement of SQL begins with, and where a secret follows"},
	{"sensor/analyzer/all", []string{"sensor/analyzer/*", "sensor/analyzer"}, nil, "the ordered list"},
	{"sensor/analyzer/*", append([]string{"events", "sensor/flow", "sensor/stream", "sensor/analyzer"}, parsers...), nil, "an analyzer never needs another: data meets in records"},
	{"sensor/replay", []string{"sensor/capture", "sensor/decap", "sensor/packet"}, nil, "captures played to a sensor, as a mirror would send them"},
	{"sensor/feed", []string{"events"}, nil, "who is heard, and whether all is"},
	{"sensor/names", []string{"events", "shared/bounded", "shared/store"}, nil, "whose an observation point was when"},
	{"sensor/ship", []string{"events", "shared/store"}, nil, "records leave here, unchanged"},
	{"sensor/ship/firehose", []string{"events"}, []string{"github.com/aws/aws-sdk-go-v2", "github.com/aws/smithy-go", "github.com/klauspost/compress"}, "records on their way to the archive"},
	{"sensor/fleet", nil, nil, "what a sensor owes the group that it is one of"},
	{"sensor/fleet/sdk", []string{"sensor/fleet"}, []string{"github.com/aws/aws-sdk-go-v2", "github.com/aws/smithy-go"}, "the group and its metrics, by AWS's clients"},
	{"sensor/engine", []string{"sensor/analyzer", "sensor/capture", "sensor/decap", "sensor/flow", "sensor/packet", "sensor/ship", "sensor/stream", "shared/detect", "shared/device", "events"}, nil, "the path; the lists of analyzers and detectors are given to it"},
	{"shared/baseline", []string{"shared/bounded", "shared/sketch"}, []string{"github.com/DataDog/sketches-go"}, "named arithmetic: what is usual of a series of numbers"},
	{"shared/rarity", []string{"shared/bounded", "shared/sketch"}, nil, "named arithmetic: how rare a thing is across the site"},
	{"shared/dga", []string{"shared/domain"}, nil, "named arithmetic: whether a name was generated"},
	{"shared/intel", []string{"events", "shared/bounded", "shared/sketch", "shared/domain"}, nil, "indicators: lists in, matches out"},
	{"shared/state", nil, []string{"github.com/klauspost/compress", "golang.org/x/sys"}, "keys and values on disk; it knows nothing of what they mean"},
	{"shared/device", append([]string{"events"}, arithmetic...), nil, "who is who: no AWS, no sensor"},
	{"shared/detect", append([]string{"events", "shared/device"}, arithmetic...), nil, "the frame that detectors fit"},
	{"shared/detect/all", []string{"shared/detect", "shared/detect/*", "shared/device", "events"}, nil, "the ordered list, and the tests that run all of it"},
	{"shared/detect/*", append([]string{"events", "shared/device", "shared/detect"}, arithmetic...), nil, "a detector is only judgement, and never needs another tactic"},
	{"shared/query", nil, nil, "a language: text in, tree out"},
	{"shared/store", []string{"events", "shared/query"}, nil, "the ports and their nouns; no implementation"},
	{"shared/store/storetest", []string{"events", "shared/query", "shared/store"}, nil, "the contract: whoever implements the ports is held against it"},
	{"shared/store/facets", []string{"events", "shared/store"}, nil, "detections as columns in memory"},
	{"shared/store/segment", []string{"events", "shared/query", "shared/store"}, []string{"github.com/klauspost/compress"}, "records as columns on disk; whoever stores the bytes"},
	{"shared/store/memory", []string{"events", "shared/query", "shared/store", "shared/store/facets"}, nil, "the simplest store that keeps the contract"},
	{"shared/store/sqlite", []string{"events", "shared/query", "shared/store", "shared/store/facets", "shared/store/segment"}, []string{"modernc.org/sqlite", "golang.org/x/sys"}, "one file, without cgo"},
	{"shared/store/dynamo", []string{"events", "shared/query", "shared/store", "shared/bus"}, []string{"github.com/aws/aws-sdk-go-v2", "github.com/aws/smithy-go", "github.com/aws/aws-lambda-go"}, "one table"},
	{"shared/store/athena", []string{"events", "shared/query", "shared/store", "shared/archive"}, []string{"github.com/aws/aws-sdk-go-v2", "github.com/aws/smithy-go"}, "records in AWS"},
	{"shared/archive", []string{"events", "shared/query"}, []string{"github.com/parquet-go/parquet-go"}, "records as Parquet files, by kind and hour"},
	{"shared/bus", []string{"events", "shared/store"}, nil, "events are handed on as they were stored"},
	{"shared/bus/eventbridge", []string{"events", "shared/bus"}, []string{"github.com/aws/aws-sdk-go-v2", "github.com/aws/smithy-go"}, "the bus in AWS"},
	{"shared/ocsf", []string{"events"}, nil, "a form of detections: values in, values out"},
	{"shared/asff", []string{"events"}, nil, "a form of detections: values in, values out"},
	{"shared/notify", []string{"events", "shared/store", "shared/bus", "shared/ocsf", "shared/asff"}, []string{"github.com/aws/aws-sdk-go-v2/service/sns", "golang.org/x/time"}, "who is told of what, and how"},
	{"shared/settings", []string{"shared/detect", "shared/detect/all", "shared/device"}, []string{"go.yaml.in/yaml/v4"}, "what people set of the judge: text in, values out"},
	{"shared/inventory", []string{"events", "shared/store"}, nil, "who held an address when: observations in, history out"},
	{"shared/places", []string{"events"}, []string{"github.com/oschwald/maxminddb-golang"}, "where an address is: published ranges and databases in, facts out"},
	{"shared/flowlog", []string{"events", "shared/bounded"}, []string{"github.com/parquet-go/parquet-go", "github.com/klauspost/compress"}, "VPC Flow Logs: bytes in, records out"},
	{"shared/tally", []string{"events", "shared/store", "shared/flowlog"}, nil, "flow records counted by interface and hour, and what they say of a detection"},
	{"shared/trail", []string{"events", "shared/store", "shared/bounded"}, []string{"github.com/klauspost/compress"}, "CloudTrail: bytes in, calls out, and which of them matter to a detection"},
	{"shared/counters", []string{"events"}, nil, "metrics of machines beside their usual: numbers in, sentences out"},
	{"shared/counters/cloudwatch", []string{"events", "shared/counters", "shared/steady"}, []string{"github.com/aws/aws-sdk-go-v2", "github.com/aws/smithy-go"}, "the numbers, by AWS's client"},
	{"shared/incident", []string{"events", "shared/store", "shared/incident/incidenttest"}, nil, "detections that belong together: values in, values out; the last is for its tests"},
	{"shared/incident/incidenttest", []string{"events", "shared/store", "shared/incident"}, nil, "detections of a store chained to incidents; for tests"},
	{"shared/flowjudge", []string{"events", "shared/detect", "shared/detect/all", "shared/device", "shared/settings", "shared/store", "shared/bounded"}, nil, "the detectors, over flow records and API calls"},
	{"shared/tuning", []string{"events", "shared/store"}, nil, "which rule hides a detection"},
	{"shared/steady", nil, []string{"github.com/aws/aws-sdk-go-v2"}, "requests of AWS's client, whole"},
	{"shared/ec2api", nil, []string{"golang.org/x/time"}, "AWS's nouns and calls for mirroring; no client"},
	{"shared/ec2api/sdk", []string{"shared/ec2api", "shared/steady"}, []string{"github.com/aws/aws-sdk-go-v2", "github.com/aws/smithy-go"}, "the calls, by AWS's client: the one package that waits for service/ec2 to compile"},
	{"shared/deploy", nil, nil, "names that infra writes and programs read"},
	{"shared/*", []string{"shared/bounded", "shared/sketch"}, nil, "named arithmetic: numbers in, numbers out"},
	{"lambdas/api/gen", []string{"events", "shared/store"}, []string{"github.com/oapi-codegen/runtime", "github.com/getkin/kin-openapi"}, "generated from openapi.yaml"},
	{"lambdas/mirror/policy", nil, []string{"go.yaml.in/yaml/v4"}, "what is wanted: text in, values out"},
	{"lambdas/mirror/plan", []string{"events", "lambdas/mirror/policy", "shared/ec2api"}, nil, "what is to be done: values in, values out"},
	{"lambdas/mirror/trigger", []string{"events", "lambdas/mirror/policy"}, nil, "events of AWS in, what to look at out"},
	{"lambdas/archive/...", []string{"events", "shared/archive", "shared/deploy"}, []string{"github.com/aws/aws-lambda-go", "github.com/aws/aws-sdk-go-v2", "github.com/aws/smithy-go", "github.com/klauspost/compress"}, "frames of lines in, files of the archive out"},
	{"lambdas/console", nil, nil, "the console's files, for browsers: it knows nothing of what they show"},
	{"lambdas/...", []string{"events", "shared/..."}, []string{"github.com/aws/aws-lambda-go", "github.com/aws/aws-sdk-go-v2", "github.com/aws/smithy-go", "github.com/oapi-codegen", "github.com/getkin/kin-openapi", "golang.org/x/crypto", "golang.org/x/time"}, "a function is its own logic and what both sides share: no sensor, no other function"},
	{"infra/settings", nil, nil, "what people set: context in, values out"},
	{"infra/pack/main", []string{"infra/pack"}, nil, "wiring"},
	{"infra/pack", nil, nil, "sources in, the same bytes out each time"},
	{"infra/host", []string{"shared/deploy"}, nil, "what a sensor's machine is made of: values in, text out"},
	{"infra", []string{"infra/settings", "infra/pack", "infra/host", "shared/deploy", "shared/archive", "shared/store/dynamo", "lambdas/mirror/policy", "lambdas/api/signin", "events"}, []string{"github.com/aws/aws-cdk-go", "github.com/aws/constructs-go", "github.com/aws/jsii-runtime-go", "go.yaml.in/yaml/v4"}, "templates; it runs nothing of what it deploys"},
	{"cmd/...", []string{"..."}, []string{"github.com/spf13/cobra", "github.com/spf13/pflag", "github.com/schollz/progressbar", "github.com/prometheus/client_golang", "golang.org/x/term", "github.com/aws/aws-sdk-go-v2", "github.com/jedib0t/go-pretty"}, "wiring may know all, and nobody imports it"},
	{"test/...", []string{"..."}, []string{"github.com/klauspost/compress", "golang.org/x/sys", "golang.org/x/net", "golang.org/x/tools", "github.com/aws", "github.com/getkin/kin-openapi"}, "tests and generators may know all"},
}

// TestWhoMayImportWhom reads every file's imports in process: a test that asks `go list` is served stale from the test cache.
func TestWhoMayImportWhom(t *testing.T) {
	for _, f := range goFiles(t, "..") {
		r := ruleFor(f.pkg)
		if r == nil {
			t.Errorf("%s: no rule for package %s; add one with its reason", f.path, f.pkg)
			continue
		}
		for _, spec := range f.ast.Imports {
			path, _ := strconv.Unquote(spec.Path.Value)
			if bad := r.forbids(f.pkg, path, f.test); bad != "" {
				t.Errorf("%s imports %s: %s (%s)", f.path, path, bad, r.why)
			}
		}
	}
}

// scarce are modules that few may import, beyond what the rules above allow. Test files, and what is below test/, may.
var scarce = []struct{ module, only, why string }{
	{"github.com/aws/aws-sdk-go-v2/service/ec2", "shared/ec2api/sdk", "it takes a minute to compile; everyone else asks through ec2api, where there are also pace and a fake"},
}

// TestWhoWaitsForSlowModules keeps what is slow to compile behind the one package that needs it.
func TestWhoWaitsForSlowModules(t *testing.T) {
	used := map[string]bool{}
	for _, f := range goFiles(t, "..") {
		for _, spec := range f.ast.Imports {
			path, _ := strconv.Unquote(spec.Path.Value)
			for _, s := range scarce {
				if path != s.module && !strings.HasPrefix(path, s.module+"/") {
					continue
				}
				used[s.module] = used[s.module] || f.pkg == s.only
				if f.pkg != s.only && !f.test && !matches("test/...", f.pkg) {
					t.Errorf("%s imports %s: only %s may (%s)", f.path, path, s.only, s.why)
				}
			}
		}
	}
	for _, s := range scarce {
		if !used[s.module] {
			t.Errorf("%s does not import %s: the rule has lost its object", s.only, s.module)
		}
	}
}

// TestHouseRules fails on what the house has agreed never to write.
func TestHouseRules(t *testing.T) {
	docs := map[string]bool{}
	for _, f := range goFiles(t, "..") {
		docs[f.pkg] = docs[f.pkg] || f.ast.Doc != nil
		if f.test {
			continue
		}
		if f.lines > 350 && !ast.IsGenerated(f.ast) {
			t.Errorf("%s has %d lines; split it by message or stage (350 at the most)", f.path, f.lines)
		}
		switch filepath.Base(f.pkg) {
		case "util", "utils", "helpers", "common", "base", "misc", "types", "models":
			t.Errorf("%s: a package is named for what it does", f.path)
		}
		checkDeclarations(t, f)
	}
	for pkg, has := range docs {
		if !has {
			t.Errorf("package %s has no package comment: say what comes in, what goes out and what it never does", pkg)
		}
	}
}

func checkDeclarations(t *testing.T, f goFile) {
	inMain := strings.HasPrefix(f.pkg, "cmd/") || f.ast.Name.Name == "main"
	onPath := strings.HasPrefix(f.pkg, "sensor/") && f.pkg != "sensor/capture" || strings.HasPrefix(f.pkg, "shared/")
	ast.Inspect(f.ast, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if n.Name.Name == "init" && n.Recv == nil {
				t.Errorf("%s: init hides wiring; make an ordered list", f.path)
			}
		case *ast.SelectorExpr:
			x, ok := n.X.(*ast.Ident)
			if !ok {
				return true
			}
			name := x.Name + "." + n.Sel.Name
			if !inMain && (strings.HasPrefix(name, "log.Fatal") || name == "os.Exit") {
				t.Errorf("%s calls %s: only main may end the program", f.path, name)
			}
			if onPath && (name == "time.Now" || name == "time.Since") {
				t.Errorf("%s calls %s: time comes with the packet or the record, so that a replay gives the same", f.path, name)
			}
		}
		return true
	})
}

type goFile struct {
	path, pkg string
	test      bool
	lines     int
	ast       *ast.File
}

func goFiles(t *testing.T, root string) []goFile {
	t.Helper()
	var files []goFile
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && path != root && d.Name() != ".." || d.Name() == "testdata" || d.Name() == "node_modules") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		f, err := parseFile(root, path)
		files = append(files, f)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatal("no Go files found: the test looks in the wrong place")
	}
	sort.Slice(files, func(i, j int) bool { return files[i].path < files[j].path })
	return files
}

func parseFile(root, path string) (goFile, error) {
	src, err := os.ReadFile(path)
	if err != nil {
		return goFile{}, err
	}
	tree, err := parser.ParseFile(token.NewFileSet(), path, src, parser.ParseComments)
	rel, _ := filepath.Rel(root, filepath.Dir(path))
	return goFile{
		path: path, pkg: filepath.ToSlash(rel), ast: tree,
		test: strings.HasSuffix(path, "_test.go"), lines: strings.Count(string(src), "\n"),
	}, err
}

func ruleFor(pkg string) *rule {
	for i := range rules {
		if matches(rules[i].from, pkg) {
			return &rules[i]
		}
	}
	return nil
}

func matches(pattern, pkg string) bool {
	if pattern == "..." || pattern == pkg {
		return true
	}
	if base, ok := strings.CutSuffix(pattern, "/..."); ok {
		return pkg == base || strings.HasPrefix(pkg, base+"/")
	}
	if base, ok := strings.CutSuffix(pattern, "/*"); ok {
		rest, below := strings.CutPrefix(pkg, base+"/")
		return below && !strings.Contains(rest, "/")
	}
	return false
}

// forbids says why an import is not allowed, or "". Tests may use gopacket as an oracle, and what the code beside them may.
func (r *rule) forbids(pkg, path string, inTest bool) string {
	if own, ok := strings.CutPrefix(path, module); ok {
		if r.from != "cmd/..." && r.from != "test/..." && strings.HasPrefix(own, "cmd/") {
			return "nobody imports a command"
		}
		for _, may := range append(r.may, strings.TrimSuffix(r.from, "/...")) {
			if inTest && (strings.HasPrefix(own, "shared/store/") || own == "test/dynamodb" || own == "test/moto" || own == "test/firehosefake" || matches("test/ec2fake/...", own) || own == "test/apifuzz") {
				return "" // tests hold an implementation against the contract, or run on the simplest one, or on DynamoDB Local, or beside moto, or put records to a Firehose of our own, or are asked everything by the fuzzer
			}
			if inTest && r.from == "shared/flowjudge" && own == "shared/flowlog" {
				return "" // tests hold it against what the reader of flow logs gives
			}
			if inTest && r.from == "infra" && (own == "test/actions" || own == "lambdas/api/signin") {
				return "" // roles are held against what programs call, groups of people against what the API knows
			}
			if inTest && own == "sensor/analyzer/analyzertest" {
				return "" // what every analyzer is held to
			}
			if inTest && r.from == "shared/detect/*" && matches("shared/detect/*", own) {
				return "" // tests hold two detectors against each other: which of them speaks
			}
			if matches(may, own) && !(strings.HasSuffix(r.from, "/*") && may == r.from) {
				return ""
			}
		}
		if r.from == "lambdas/..." && sameFunction(pkg, own) {
			return ""
		}
		return "not among what it may import"
	}
	if first, _, _ := strings.Cut(path, "/"); !strings.Contains(first, ".") {
		return ""
	}
	for _, may := range r.outside {
		if path == may || strings.HasPrefix(path, may+"/") {
			return ""
		}
	}
	if inTest && (strings.HasPrefix(path, "pgregory.net/rapid") || strings.HasPrefix(path, "github.com/google/gopacket") || strings.HasPrefix(path, "github.com/santhosh-tekuri/jsonschema") || strings.HasPrefix(path, "github.com/maxmind/mmdbwriter") || strings.HasPrefix(path, "github.com/aws/")) {
		return ""
	}
	return "not in the standard library"
}

// sameFunction says whether two packages belong to one folder of lambdas/.
func sameFunction(a, b string) bool {
	f := func(pkg string) string {
		rest, ok := strings.CutPrefix(pkg, "lambdas/")
		if !ok {
			return pkg
		}
		name, _, _ := strings.Cut(rest, "/")
		return name
	}
	return strings.HasPrefix(b, "lambdas/") && f(a) == f(b)
}
