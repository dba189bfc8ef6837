package dynamo

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestPatternsAreDocumented holds the table of docs/dynamodb.md against the code: the same patterns, in the same order, with their index,
// and every one of them in use.
func TestPatternsAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../../../docs/dynamodb.md")
	if err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile("(?m)^\\| `([a-z]+\\.[a-z_]+)` \\|[^|]*\\|[^|]*\\| ?`?([a-z_]*)`? ?\\|")
	var documented []string
	for _, m := range row.FindAllStringSubmatch(string(text), -1) {
		documented = append(documented, m[1])
		if index := Pattern(m[1]).index().name; m[2] != index {
			t.Errorf("%s reads index %q, and the document says %q", m[1], index, m[2])
		}
	}
	names, values := patterns(t)
	if !slices.Equal(values, documented) {
		t.Errorf("the code has\n%v\nand docs/dynamodb.md\n%v", values, documented)
	}
	source := ""
	for _, f := range sources(t) {
		if filepath.Base(f) != "pattern.go" {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			source += string(b)
		}
	}
	for _, n := range names {
		if !regexp.MustCompile(`\b` + n + `\b`).MatchString(source) {
			t.Errorf("pattern %s is used nowhere", n)
		}
	}
}

func patterns(t *testing.T) (names, values []string) {
	t.Helper()
	tree, err := parser.ParseFile(token.NewFileSet(), "pattern.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(tree, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok && len(v.Values) == 1 {
			if lit, ok := v.Values[0].(*ast.BasicLit); ok {
				value, _ := strconv.Unquote(lit.Value)
				names, values = append(names, v.Names[0].Name), append(values, value)
			}
		}
		return true
	})
	if len(names) < 10 {
		t.Fatalf("only %d patterns found: the test looks in the wrong place", len(names))
	}
	return names, values
}

func sources(t *testing.T) []string {
	t.Helper()
	all, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(all, func(f string) bool { return strings.HasSuffix(f, "_test.go") })
}

// TestNoScan says that nothing can scan: there is no such call to be made.
func TestNoScan(t *testing.T) {
	client := reflect.TypeFor[Client]()
	for i := range client.NumMethod() {
		if name := client.Method(i).Name; strings.Contains(name, "Scan") || strings.Contains(name, "Statement") {
			t.Errorf("the client may call %s", name)
		}
	}
	for _, f := range sources(t) {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(b), "ScanInput") || strings.Contains(string(b), "NewScanPaginator") {
			t.Errorf("%s scans", f)
		}
	}
}
