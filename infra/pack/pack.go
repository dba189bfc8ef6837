// Package pack builds what a deployment runs. What comes in is the source tree; what goes out is one folder a program with one binary in it,
// which has the same bytes wherever and whenever the same sources are built by the same Go. It never needs Docker, and never stamps a time,
// a path or a commit into what it builds: what did not change is not deployed again.
package pack

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Program is one that is built.
type Program struct {
	Name    string // of its folder
	Package string // below the root of the module
	Binary  string // Lambda wants bootstrap
	ARM     bool   // for arm64, else for amd64
}

// Functions gives the programs of Lambda, in the order of their names: every folder main below lambdas/.
func Functions() []Program {
	var list []Program
	for _, name := range []string{"api", "archive", "correlate", "mirror", "notify", "publish"} {
		list = append(list, Program{Name: name, Package: "./lambdas/" + name + "/main", Binary: "bootstrap", ARM: true})
	}
	return list
}

// Sensor gives the program of sensors.
func Sensor(arm bool) Program {
	name := "sensor-amd64"
	if arm {
		name = "sensor-arm64"
	}
	return Program{Name: name, Package: "./cmd/mirrorwatch", Binary: "mirrorwatch", ARM: arm}
}

// Build builds p of the module at root into a folder below out, and gives that folder.
func Build(ctx context.Context, root, out string, p Program) (string, error) {
	folder, err := filepath.Abs(filepath.Join(out, p.Name))
	if err != nil {
		return "", fmt.Errorf("find folder: %w", err)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", fmt.Errorf("make folder: %w", err)
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-tags", "lambda.norpc", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=",
		"-o", filepath.Join(folder, p.Binary), p.Package)
	cmd.Dir, cmd.Env = root, environment(os.Environ(), p.ARM)
	if text, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", p.Package, err, bytes.TrimSpace(text))
	}
	return folder, nil
}

// environment is that of whoever builds, without what would change the bytes.
func environment(own []string, arm bool) []string {
	set := map[string]string{"CGO_ENABLED": "0", "GOOS": "linux", "GOARCH": "amd64", "GOAMD64": "v1", "GOARM64": "v8.0", "GOFLAGS": "", "GOEXPERIMENT": "", "GOFIPS140": "off"}
	if arm {
		set["GOARCH"] = "arm64"
	}
	own = slices.DeleteFunc(slices.Clone(own), func(e string) bool {
		name, _, _ := strings.Cut(e, "=")
		_, ours := set[name]
		return ours
	})
	for name, value := range set {
		own = append(own, name+"="+value)
	}
	slices.Sort(own)
	return own
}
