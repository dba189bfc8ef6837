package console

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestComponents has the console's types checked, and runs the tests of its logic and its components, which need no browser.
func TestComponents(t *testing.T) {
	if testing.Short() {
		t.Skip("a compiler and hundreds of components: too long for -short")
	}
	needed(t)
	for _, c := range []struct {
		args []string
		keep string // the file beside the pictures in which what it said is kept
	}{{[]string{"tsc", "--noEmit"}, ""}, {[]string{"vitest", "run"}, "components.txt"}} {
		cmd := exec.Command("npx", c.args...)
		cmd.Dir, cmd.Env = web, append(os.Environ(), "NO_COLOR=1")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", strings.Join(c.args, " "), err, out)
		}
		if c.keep == "" {
			continue
		}
		path := filepath.Join(filepath.Dir(said), c.keep)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, out, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
