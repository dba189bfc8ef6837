package deployed

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"

	"github.com/mirrorwatch/mirrorwatch/test/lambdahost"
)

// atOnce is how many programs are built side by side: each links with all the memory of one.
const atOnce = 2

// programs are the binaries of an installation, by name: a function's, or "mirrorwatch".
type programs map[string]string

// build builds the bootstraps of functions, and the command: that without -trimpath, as other tests do, so that what go has compiled is
// used again.
func build(ctx context.Context, folder string, functions []string) (programs, error) {
	made := programs{"mirrorwatch": filepath.Join(folder, "mirrorwatch")}
	work := []func() error{func() error {
		cmd := exec.CommandContext(ctx, "go", "build", "-o", made["mirrorwatch"], "../../cmd/mirrorwatch")
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("build mirrorwatch: %w\n%s", err, out)
		}
		return nil
	}}
	for _, name := range functions {
		made[name] = filepath.Join(folder, name, "bootstrap")
		work = append(work, func() error {
			return lambdahost.Build(ctx, lambdahost.BuildOptions{Package: "../../lambdas/" + name + "/main", Output: made[name]})
		})
	}
	errs := make([]error, len(work))
	turns := make(chan struct{}, atOnce)
	var wg sync.WaitGroup
	for i, f := range work {
		wg.Go(func() {
			turns <- struct{}{}
			errs[i] = f()
			<-turns
		})
	}
	wg.Wait()
	return made, errors.Join(errs...)
}

// kept is where the programs stay from run to run: go links nothing again that is there and has not changed.
const kept = "../../build/deployed"

// buildAll builds every program of an installation.
func buildAll(ctx context.Context) (programs, error) {
	folder, err := filepath.Abs(kept)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, fmt.Errorf("make folder of programs: %w", err)
	}
	return build(ctx, folder, []string{"mirror", "publish", "correlate", "notify", "archive", "api"})
}
