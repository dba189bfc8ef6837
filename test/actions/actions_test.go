package actions

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write testdata anew from what the programs can call now")

const shapes = "test/actions/testdata/shapes"

// shapesOf has what each function of the program in testdata/shapes can ask.
var shapesOf = map[string]string{
	"main":               "dynamodb GetItem",
	"direct":             "dynamodb GetItem",
	"background":         "dynamodb DeleteItem, dynamodb PutItem",
	"narrow":             "dynamodb Query",
	"bound":              "dynamodb UpdateItem",
	"boundNarrow":        "dynamodb DeleteItem",
	"paginator":          "dynamodb Scan",
	"waiter":             "s3 HeadObject",
	"presigner":          "s3 PutObject",
	"assumed":            "sts AssumeRole",
	"closure":            "dynamodb PutItem",
	"comparison":         "dynamodb GetItem",
	"handler":            "dynamodb Query",
	"half":               "dynamodb DeleteItem, dynamodb GetItem",
	"ended":              "dynamodb DeleteItem",
	"asserted":           "dynamodb DeleteItem, dynamodb PutItem",
	"embedded":           "dynamodb Query",
	"embeddedStore":      "dynamodb DeleteItem, dynamodb PutItem",
	"generic":            "dynamodb BatchGetItem",
	"genericMethod":      "dynamodb PutItem",
	"genericType":        "dynamodb UpdateItem",
	"expression":         "dynamodb Scan",
	"wrapped":            "dynamodb Query",
	"iterated":           "dynamodb GetItem, dynamodb Query",
	"reflected":          "dynamodb DescribeTable",
	"reflectedInGeneric": "dynamodb DescribeTable",
	"compared":           "dynamodb ListTables",
	"transaction":        "dynamodb TransactWriteItems, dynamodb TransactWriteItems ConditionCheck, dynamodb TransactWriteItems Put",
	"version":            "s3 GetObject, s3 GetObject VersionId",
	"nothing":            "",
}

// TestShapes holds each way to come to AWS against what it leads to, and to nothing else: the store in it has methods that are not called.
func TestShapes(t *testing.T) {
	programs := []Program{{Name: "a table of functions", Package: shapes + "/table"}}
	for name := range shapesOf {
		programs = append(programs, Program{Name: name, Package: shapes, Roots: []string{name}})
	}
	got, err := Of(t.Context(), ".", programs...)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range shapesOf {
		if have := inWords(got[name]); have != want {
			t.Errorf("%s: %s\nwant %s", name, have, want)
		}
	}
	if have := inWords(got["a table of functions"]); have != "dynamodb ListTables" {
		t.Errorf("a table of functions: %s", have)
	}
	const want = shapes + ".narrow -> " + shapes + ".ask -> dynamodb Query"
	if way := got["narrow"][0].Path(); way != want {
		t.Errorf("the way is %s\nwant %s", way, want)
	}
}

func inWords(list []Operation) string {
	var words []string
	for _, o := range list {
		words = append(words, o.String())
	}
	return strings.Join(words, ", ")
}

// TestFaults names what cannot be found.
func TestFaults(t *testing.T) {
	for _, c := range []struct {
		p    Program
		want string
	}{
		{Program{Name: "x", Package: shapes, Roots: []string{"gone"}}, `read what x asks of AWS: root "gone": no such function`},
		{Program{Name: "x", Package: shapes, Roots: []string{shapes + ".(*store).Gone"}}, `root "` + shapes + `.(*store).Gone": no such function`},
		{Program{Name: "x", Package: shapes, Roots: []string{shapes + ".(gone).Get"}}, "no such function"},
		{Program{Name: "x", Package: "lambdas/gone"}, "lambdas/gone"},
	} {
		if _, err := Of(t.Context(), ".", c.p); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v\nwant %s", c.p, err, c.want)
		}
	}
}

// TestAddedCall puts one more call into a program of ours: it shows, with the way to it, and nothing else does.
func TestAddedCall(t *testing.T) {
	root, err := moduleFolder(".")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(root, "lambdas", "publish", "publish.go")
	source, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	added := filepath.Join(root, "lambdas", "publish", "added.go")
	const call = `package publish

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

type scanner interface {
	Scan(context.Context, *dynamodb.ScanInput, ...func(*dynamodb.Options)) (*dynamodb.ScanOutput, error)
}

var all scanner = dynamodb.New(dynamodb.Options{})

func added(ctx context.Context) { all.Scan(ctx, &dynamodb.ScanInput{}) }
`
	const anchor = "(ctx context.Context, "
	at := strings.Index(string(source), ") Handle"+anchor)
	if at < 0 {
		t.Fatalf("%s has no Handle any more: call added from what it has", path)
	}
	body := at + strings.Index(string(source[at:]), "{\n") + 1
	changed := string(source[:body]) + "\n\tadded(ctx)" + string(source[body:])
	p := Program{Name: "publish", Package: "lambdas/publish/main"}
	before, err := Of(t.Context(), root, p)
	if err != nil {
		t.Fatal(err)
	}
	after, err := of(t.Context(), root, map[string][]byte{path: []byte(changed), added: []byte(call)}, []Program{p})
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.Replace(inWords(before["publish"]), "eventbridge", "dynamodb Scan, eventbridge", 1); inWords(after["publish"]) != want {
		t.Errorf("%s, want %s", inWords(after["publish"]), want)
	}
	const way = "lambdas/publish/main.main -> lambdas/publish.(*Function).Handle -> lambdas/publish.added -> dynamodb Scan"
	if got := after["publish"][0].Path(); got != way {
		t.Errorf("%s\nwant %s", got, way)
	}
}

// TestPrograms holds what every program of ours can ask against what was looked at by a person: testdata/<program>.txt has the operations, and
// the actions that they need. -update writes the files anew; read the difference before it is committed, for a role grows by it.
func TestPrograms(t *testing.T) {
	programs, err := Programs(".")
	if err != nil {
		t.Fatal(err)
	}
	got, err := Of(t.Context(), ".", programs...)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range programs {
		text, err := golden(got[p.Name])
		if err != nil {
			t.Errorf("%s: %v", p.Name, err)
			continue
		}
		hold(t, p.Name, text, got[p.Name])
	}
	halves := map[string]bool{}
	for _, o := range slices.Concat(got["correlate-detections"], got["correlate-logs"]) {
		halves[o.String()] = true
	}
	if whole := strings.Split(inWords(got["correlate"]), ", "); !slices.Equal(slices.Sorted(maps.Keys(halves)), whole) {
		t.Errorf("the two functions of correlate ask %v\nand the program asks %v: the roots in Programs do not cover it", slices.Sorted(maps.Keys(halves)), whole)
	}
	leftOver(t, programs)
}

// golden is a program's file: a line for each operation, then one for each action, with + where AWS needs it behind an operation.
func golden(list []Operation) (string, error) {
	var b strings.Builder
	for _, o := range list {
		fmt.Fprintln(&b, o)
	}
	needed, err := IAM(list, "dynamodb", "s3", "sns", "sqs", "ssm")
	if err != nil {
		return "", err
	}
	fmt.Fprintln(&b)
	for _, a := range needed {
		sign := ""
		if a.Behind {
			sign = " +"
		}
		fmt.Fprintln(&b, a.Name+sign)
	}
	return b.String(), nil
}

func hold(t *testing.T, name, text string, list []Operation) {
	t.Helper()
	path := filepath.Join("testdata", name+".txt")
	if *update {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Error(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Errorf("%s: %v; go test ./test/actions -update writes it", name, err)
		return
	}
	if text == string(want) {
		return
	}
	t.Errorf("%s asks other things of AWS than %s says:\n%s", name, path, difference(string(want), text, list))
}

// difference lists what is new, with the way to it, and what is gone.
func difference(want, have string, list []Operation) string {
	ways := map[string]string{}
	for _, o := range list {
		ways[o.String()] = ": " + o.Path()
	}
	before, now := strings.Split(want, "\n"), strings.Split(have, "\n")
	var out []string
	for _, line := range now {
		if !slices.Contains(before, line) {
			out = append(out, "new   "+line+ways[line])
		}
	}
	for _, line := range before {
		if !slices.Contains(now, line) {
			out = append(out, "gone  "+line)
		}
	}
	return strings.Join(out, "\n")
}

// leftOver names files of programs that are no more.
func leftOver(t *testing.T, programs []Program) {
	files, err := filepath.Glob(filepath.Join("testdata", "*.txt"))
	if err != nil {
		t.Error(err)
	}
	for _, f := range files {
		name := strings.TrimSuffix(filepath.Base(f), ".txt")
		if !slices.ContainsFunc(programs, func(p Program) bool { return p.Name == name }) {
			t.Errorf("%s: there is no such program", f)
		}
	}
}

// BenchmarkPrograms is what the tests wait for: all programs, once.
func BenchmarkPrograms(b *testing.B) {
	programs, err := Programs(".")
	for b.Loop() {
		if err == nil {
			_, err = Of(context.Background(), ".", programs...)
		}
	}
	if err != nil {
		b.Fatal(err)
	}
}
