package pack

import (
	"context"
	"crypto/sha256"
	"debug/elf"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestSameBytes builds a function twice, from two folders and in two environments: what is deployed depends on the sources alone.
func TestSameBytes(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a function for another processor twice")
	}
	publish := Functions()[slices.IndexFunc(Functions(), func(p Program) bool { return p.Name == "publish" })]
	first := built(t, "../..", publish)
	t.Setenv("GOFLAGS", "-ldflags=-X=main.x=y")
	t.Setenv("GOARM64", "v9.0")
	t.Setenv("CGO_ENABLED", "1")
	elsewhere := filepath.Join(t.TempDir(), "elsewhere")
	if err := os.Symlink(root(t), elsewhere); err != nil {
		t.Fatal(err)
	}
	if second := built(t, elsewhere, publish); first != second {
		t.Errorf("the same sources gave %x and %x", first, second)
	}
}

func root(t *testing.T) string {
	t.Helper()
	abs, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return abs
}

// built gives the digest of a program, and holds it against what Lambda runs.
func built(t *testing.T, from string, p Program) [32]byte {
	t.Helper()
	folder, err := Build(context.Background(), from, t.TempDir(), p)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, p.Binary)
	f, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // read only
	if f.Machine != elf.EM_AARCH64 {
		t.Errorf("built for %s", f.Machine)
	}
	if libs, _ := f.ImportedLibraries(); len(libs) > 0 {
		t.Errorf("needs %v", libs)
	}
	if slices.ContainsFunc(f.Sections, func(s *elf.Section) bool { return strings.HasPrefix(s.Name, ".debug") }) {
		t.Error("has symbols for debuggers")
	}
	all, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(all), root(t)) {
		t.Error("names the folder that it was built in")
	}
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != 1 {
		t.Errorf("the folder has %d files, want the program alone: %v", len(entries), err)
	}
	return sha256.Sum256(all)
}

// TestAllFunctions: a function that is written and not packed would never be deployed.
func TestAllFunctions(t *testing.T) {
	folders, err := filepath.Glob("../../lambdas/*/main")
	if err != nil {
		t.Fatal(err)
	}
	var have, want []string
	for _, f := range folders {
		want = append(want, filepath.Base(filepath.Dir(f)))
	}
	for _, p := range Functions() {
		have = append(have, p.Name)
	}
	if !slices.Equal(have, want) {
		t.Errorf("packed are %v, there are %v", have, want)
	}
}

// TestWhatFailsIsSaid: the compiler's own words reach whoever deploys.
func TestWhatFailsIsSaid(t *testing.T) {
	_, err := Build(context.Background(), "../..", t.TempDir(), Program{Name: "x", Package: "./lambdas/nothing", Binary: "bootstrap"})
	if err == nil || !strings.Contains(err.Error(), "build ./lambdas/nothing: ") || !strings.Contains(err.Error(), "directory not found") {
		t.Errorf("%v", err)
	}
}
