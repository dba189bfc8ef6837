package test

import (
	"go/ast"
	"go/token"
	"path"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// deployed is the one package that may name the variables which infrastructure writes.
const deployed = "shared/deploy"

// own are variables with our prefix that infrastructure never writes: who reads them, and why the name is not among deploy's.
var own = []struct{ pkg, name, why string }{
	{"cmd/mirrorwatch", "MIRRORWATCH_API_KEY", "a person's own key of the API: infrastructure gives nobody one"},
	{"cmd/mirrorwatch", "MIRRORWATCH_MIRROR_POLICY", "where a person has the policy; a flag has the same"},
	{"cmd/mirrorwatch", "MIRRORWATCH_TABLE", "what a flag is by default, for a person; its help shows the name, and it is deploy's"},
	{"test/bench/apiload", "MIRRORWATCH_API_KEY", "a load test of a person's own API"},
	{"test/dynamodb", "MIRRORWATCH_REQUIRE_ALL", "whether tests may skip themselves"},
}

var variable = regexp.MustCompile(`^MIRRORWATCH_[A-Z0-9_]+$`)

// TestNamesOfVariables finds our variables wherever their names stand: a name that is written twice is misspelt one day, and what reads it gets
// nothing and says nothing.
func TestNamesOfVariables(t *testing.T) {
	used := map[int]bool{}
	for _, f := range goFiles(t, "..") {
		if f.test || f.pkg == deployed {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			name := literal(n)
			if !variable.MatchString(name) {
				return true
			}
			for i, o := range own {
				if o.pkg == f.pkg && o.name == name {
					used[i] = true
					return true
				}
			}
			t.Errorf("%s names the variable %s: names that infrastructure writes stand in %s alone, and others in the list of this test", f.path, name, deployed)
			return true
		})
	}
	for i, o := range own {
		if !used[i] {
			t.Errorf("%s does not name %s any more: take it off the list", o.pkg, o.name)
		}
	}
}

// literal gives the text of a string's literal; "" for anything else.
func literal(n ast.Node) string {
	lit, is := n.(*ast.BasicLit)
	if !is || lit.Kind != token.STRING {
		return ""
	}
	text, _ := strconv.Unquote(lit.Value)
	return text
}

// TestWhoReadsTheEnvironment leaves that to the mains of functions and to commands: whatever else needs a value is given it.
func TestWhoReadsTheEnvironment(t *testing.T) {
	for _, f := range goFiles(t, "..") {
		bootstrap := strings.HasPrefix(f.pkg, "lambdas/") && f.ast.Name.Name == "main"
		if f.test || bootstrap || matches("cmd/...", f.pkg) || matches("test/...", f.pkg) || matches("infra/...", f.pkg) {
			continue
		}
		for name := range environment(f.ast) {
			t.Errorf("%s calls os.%s: only mains and commands read the environment", f.path, name)
		}
	}
}

// environment gives the uses of os that read the environment, by the function's name.
func environment(f *ast.File) map[string][]*ast.SelectorExpr {
	uses := map[string][]*ast.SelectorExpr{}
	ast.Inspect(f, func(n ast.Node) bool {
		s, is := n.(*ast.SelectorExpr)
		if !is {
			return true
		}
		x, is := s.X.(*ast.Ident)
		if !is || x.Name != "os" && x.Name != "syscall" {
			return true
		}
		switch s.Sel.Name {
		case "Getenv", "LookupEnv", "Environ", "ExpandEnv":
			uses[s.Sel.Name] = append(uses[s.Sel.Name], s)
		}
		return true
	})
	return uses
}

// TestEnvironmentOfFunctions holds each function's main to what infrastructure writes for it: one environment of deploy, that of this function,
// and beside it nothing but what Lambda itself sets.
func TestEnvironmentOfFunctions(t *testing.T) {
	programs := readers(t)
	mains := 0
	for _, f := range goFiles(t, "..") {
		if f.test || !strings.HasPrefix(f.pkg, "lambdas/") || f.ast.Name.Name != "main" {
			continue
		}
		mains++
		read, ours := bootstrapReads(f.ast)
		if len(ours) != 1 {
			t.Errorf("%s reads %d environments of deploy (%s), want one", f.path, len(ours), strings.Join(ours, ", "))
			continue
		}
		switch program, known := programs[ours[0]]; {
		case !known:
			t.Errorf("%s reads its environment by deploy.%s, which names no program", f.path, ours[0])
		case program != path.Dir(f.pkg):
			t.Errorf("%s reads its environment by deploy.%s, which is that of %s", f.path, ours[0], program)
		}
		for _, name := range read {
			if !strings.HasPrefix(name, "AWS_LAMBDA_") {
				t.Errorf("%s reads the variable %q: what infrastructure writes is read by deploy, and Lambda's own begin with AWS_LAMBDA_", f.path, name)
			}
		}
	}
	if mains == 0 {
		t.Error("no function's main was found: the test looks in the wrong place")
	}
}

// bootstrapReads lists what a main reads: names of variables that it asks for itself, "?" for one that is no literal, and the functions of deploy that
// it gives os.Getenv to.
func bootstrapReads(f *ast.File) (names, ours []string) {
	given := map[*ast.SelectorExpr]bool{} // uses that are accounted for
	ast.Inspect(f, func(n ast.Node) bool {
		call, is := n.(*ast.CallExpr)
		if !is {
			return true
		}
		s, is := call.Fun.(*ast.SelectorExpr)
		if !is {
			return true
		}
		x, is := s.X.(*ast.Ident)
		switch {
		case is && x.Name == "deploy" && strings.HasSuffix(s.Sel.Name, "FromEnv") && len(call.Args) == 1:
			ours = append(ours, s.Sel.Name)
			if get, is := call.Args[0].(*ast.SelectorExpr); is && get.Sel.Name == "Getenv" {
				given[get] = true
			}
		case is && x.Name == "os" && (s.Sel.Name == "Getenv" || s.Sel.Name == "LookupEnv") && len(call.Args) == 1:
			if name := literal(call.Args[0]); name != "" {
				names = append(names, name)
				given[s] = true
			}
		}
		return true
	})
	for _, list := range environment(f) {
		for _, s := range list {
			if !given[s] {
				names = append(names, "?")
			}
		}
	}
	return names, ours
}

// readers gives the program that each function of deploy reads the environment of, as its mistakes name it.
func readers(t *testing.T) map[string]string {
	programs := map[string]string{}
	for _, f := range goFiles(t, "..") {
		if f.test || f.pkg != deployed {
			continue
		}
		for _, d := range f.ast.Decls {
			fn, is := d.(*ast.FuncDecl)
			if !is || fn.Recv != nil || !strings.HasSuffix(fn.Name.Name, "FromEnv") {
				continue
			}
			ast.Inspect(fn, func(n ast.Node) bool {
				call, is := n.(*ast.CallExpr)
				if !is {
					return true
				}
				if callee, is := call.Fun.(*ast.Ident); is && callee.Name == "read" && len(call.Args) > 1 {
					programs[fn.Name.Name] = literal(call.Args[1])
				}
				return true
			})
		}
	}
	if len(programs) == 0 {
		t.Fatalf("no FromEnv in %s: the test looks in the wrong place", deployed)
	}
	return programs
}
