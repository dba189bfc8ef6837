package e2e

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// program builds mirrorwatch once for all tests of a package.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "mirrorwatch-e2e-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "mirrorwatch")
	out, err := exec.Command("go", "build", "-o", path, "github.com/mirrorwatch/mirrorwatch/cmd/mirrorwatch").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build: %w: %s", err, out)
	}
	return path, nil
})

// Clean removes what Start has built. A package that starts servers calls it when its tests are over.
func Clean() {
	if path, err := program(); err == nil {
		os.RemoveAll(filepath.Dir(path))
	}
}

// Run runs mirrorwatch with arguments until it ends, as a person would, and gives what it printed.
func Run(t *testing.T, args ...string) string {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	var problems Lines
	cmd := exec.Command(path, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("mirrorwatch %s: %v: %s", args[0], err, problems.String())
	}
	return string(out)
}

// Server is a mirrorwatch that was started and has said where it answers.
type Server struct {
	URL      string
	Password string // of the first start
	Log      *Lines
	cmd      *exec.Cmd
}

// Lines keeps what a server wrote to standard error.
type Lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write keeps it.
func (l *Lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

// String gives all of it.
func (l *Lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

var passwordLine = regexp.MustCompile(`password  (\S+)`)

// Start runs "mirrorwatch serve" or "demo" with arguments, and waits until it has said where it answers. It dies with the test.
func Start(t *testing.T, args ...string) *Server {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{Log: &Lines{}, cmd: exec.Command(path, args...)}
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	s.cmd.Stderr = s.Log
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.cmd.Process.Kill(); s.cmd.Wait() })
	for scan := bufio.NewScanner(out); scan.Scan(); {
		line := scan.Text()
		if url, ok := strings.CutPrefix(line, "API and console: "); ok {
			s.URL = url
		}
		if m := passwordLine.FindStringSubmatch(line); m != nil {
			s.Password = m[1]
		}
		if strings.HasPrefix(line, "Interrupt") {
			go io.Copy(io.Discard, out)
			return s
		}
	}
	t.Fatalf("the server did not come up: %s", s.Log)
	return nil
}

// Kill ends the server as a power cut would, as far as the process is concerned.
func (s *Server) Kill() {
	s.cmd.Process.Kill()
	s.cmd.Wait()
}

// Stop ends it as a person would. An error says that it did not end well.
func (s *Server) Stop() error {
	s.cmd.Process.Signal(os.Interrupt)
	if err := s.cmd.Wait(); err != nil {
		return fmt.Errorf("stop server: %w: %s", err, s.Log)
	}
	return nil
}
