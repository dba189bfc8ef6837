package lambdahost

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// BuildOptions say what is built and for where. OS and Arch are the machine's own where empty.
type BuildOptions struct {
	Package  string // as go build takes it: "../../lambdas/api/main"
	Output   string // path of the binary; Lambda wants the name bootstrap
	OS, Arch string
}

// Build builds the bootstrap binary as it is shipped: without cgo and the old RPC mode; but with paths of the machine, since go would compile
// everything a second time to leave them out.
func Build(ctx context.Context, o BuildOptions) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-tags", "lambda.norpc", "-o", o.Output, o.Package)
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

// journal is the file that a function's processes write to by themselves. Through a pipe, what they wrote before they answered could
// still be on its way when the answer is here.
type journal struct{ file *os.File }

// openJournal makes a file that has no name any more, so that it is gone with the last process that holds it.
func openJournal() (journal, error) {
	dir, err := os.MkdirTemp("", "lambdahost")
	if err != nil {
		return journal{}, fmt.Errorf("make journal: %w", err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	f, err := os.OpenFile(filepath.Join(dir, "log"), os.O_RDWR|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o600)
	if err != nil {
		return journal{}, fmt.Errorf("make journal: %w", err)
	}
	return journal{f}, nil
}

// String gives the last of it.
func (j journal) String() string {
	size, err := j.file.Seek(0, io.SeekEnd)
	if err != nil {
		return "read journal: " + err.Error()
	}
	from := max(0, size-tailSize)
	b := make([]byte, size-from)
	n, err := j.file.ReadAt(b, from)
	if err != nil && !errors.Is(err, io.EOF) {
		return "read journal: " + err.Error()
	}
	return strings.TrimSpace(string(b[:n]))
}
