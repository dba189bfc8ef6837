package lambdahost

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
)

// BuildOptions say what is built and for where. OS and Arch are the machine's own where empty.
type BuildOptions struct {
	Package  string // as go build takes it: "../../lambdas/api/main"
	Output   string // path of the binary; Lambda wants the name bootstrap
	OS, Arch string
}

// Build builds the bootstrap binary as it is shipped: without cgo, without the old RPC mode, paths of the machine left out.
func Build(ctx context.Context, o BuildOptions) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-tags", "lambda.norpc", "-trimpath", "-o", o.Output, o.Package)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if o.OS != "" {
		cmd.Env = append(cmd.Env, "GOOS="+o.OS)
	}
	if o.Arch != "" {
		cmd.Env = append(cmd.Env, "GOARCH="+o.Arch)
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", o.Package, err, bytes.TrimSpace(out))
	}
	return nil
}

// tailSize is how much of a function's log is kept.
const tailSize = 64 << 10

// tail keeps the last of what is written to it.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

// Write never fails.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, p...)
	if extra := len(t.buf) - tailSize; extra > 0 {
		t.buf = append(t.buf[:0], t.buf[extra:]...)
	}
	return len(p), nil
}

// String gives what is kept.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(string(t.buf))
}
