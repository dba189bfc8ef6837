package signin

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestASVSNamesRealTests holds docs/asvs.md against the tree: each test that it names is there, and what is said to be met has one.
func TestASVSNamesRealTests(t *testing.T) {
	const root = "../../.."
	have := testsOf(t, root)
	page, err := os.ReadFile(filepath.Join(root, "docs/asvs.md"))
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for _, line := range strings.Split(string(page), "\n") {
		named := regexp.MustCompile(`\b(Test|Fuzz)[A-Z][A-Za-z0-9]*`).FindAllString(line, -1)
		for _, n := range named {
			if !have[n] {
				t.Errorf("there is no test %s: %.80s", n, line)
			}
		}
		cell := strings.Split(line, "|")
		if len(cell) != 6 || !regexp.MustCompile(`^ \d`).MatchString(cell[1]) {
			continue
		}
		rows++
		switch verdict := strings.TrimSpace(cell[3]); verdict {
		case "met", "partly":
			if len(named) == 0 {
				t.Errorf("%s, and by no test: %s", verdict, line)
			}
		case "not met", "n/a":
			if strings.TrimSpace(cell[4]) == "" {
				t.Errorf("%s without a reason: %s", verdict, line)
			}
		default:
			t.Errorf("%q is no verdict: %s", verdict, line)
		}
	}
	if rows < 80 {
		t.Errorf("%d rows were found: the page has another form", rows)
	}
}

// testsOf gives the names of all tests of the tree.
func testsOf(t *testing.T, root string) map[string]bool {
	t.Helper()
	have, decl := map[string]bool{}, regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == "testdata" || d.Name() == ".git") {
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		src, err := os.ReadFile(path)
		for _, m := range decl.FindAllSubmatch(src, -1) {
			have[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return have
}
