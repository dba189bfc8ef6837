// Package dynamodb starts DynamoDB Local for tests. What comes in is the cache that setup.sh has filled, and Java; what goes out is the
// address of a DynamoDB that keeps everything in memory and dies with the test binary. It never fetches anything itself, and never
// speaks with AWS.
package dynamodb

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// ErrMissing says that a program is not installed: tests skip themselves then, unless MIRRORWATCH_REQUIRE_ALL is set.
var ErrMissing = errors.New("missing")

// patience is how long Java may take to start on a busy machine.
const patience = 60 * time.Second

// Local is a running DynamoDB Local.
type Local struct {
	Endpoint string // "http://127.0.0.1:port"
	stop     func()
}

// Start starts one, on a free port. With Loopback.class beside the jar it listens on 127.0.0.1 alone; the program itself has no option
// for that, so that without a Java compiler it listens on every address.
func Start() (*Local, error) {
	dir, err := folder()
	if err != nil {
		return nil, err
	}
	java, err := exec.LookPath("java")
	if err != nil {
		return nil, fmt.Errorf("java is %w: apt-get install openjdk-17-jre-headless", ErrMissing)
	}
	args, port, err := arguments(dir)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(java, args...)
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("make pipe: %w", err)
	}
	stop, err := begin(cmd)
	if err != nil {
		return nil, err
	}
	l := &Local{stop: stop}
	if port, err = listening(out, port); err != nil {
		l.Close()
		return nil, err
	}
	l.Endpoint = "http://127.0.0.1:" + port
	return l, nil
}

// Close ends it.
func (l *Local) Close() { l.stop() }

// Need ends a test that cannot have its DynamoDB: skipped with a loud line where something is missing, failed where that was forbidden.
func Need(t testing.TB, err error) {
	t.Helper()
	switch {
	case err == nil:
	case errors.Is(err, ErrMissing) && os.Getenv("MIRRORWATCH_REQUIRE_ALL") == "":
		t.Skipf("SKIPPED, NOTHING OF DYNAMODB IS TESTED: %v", err)
	default:
		t.Fatalf("start DynamoDB Local: %v", err)
	}
}

// folder finds the jar. setup.sh leaves one: that of the version it names.
func folder() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find cache: %w", err)
	}
	found, err := filepath.Glob(filepath.Join(cache, "mirrorwatch", "dynamodb-local", "*", "DynamoDBLocal.jar"))
	if err != nil || len(found) == 0 {
		return "", fmt.Errorf("DynamoDB Local is %w: run test/dynamodb/setup.sh", ErrMissing)
	}
	return filepath.Dir(found[0]), nil
}

// arguments gives those of Java, and the port where it must be told one: Loopback picks its own and says which.
func arguments(dir string) (args []string, port string, err error) {
	args = []string{"-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Djava.library.path=./DynamoDBLocal_lib"}
	given := "8000"
	if _, err := os.Stat(filepath.Join(dir, "Loopback.class")); err == nil {
		args = append(args, "-cp", ".:DynamoDBLocal.jar:DynamoDBLocal_lib/*", "Loopback")
	} else {
		if port, err = freePort(); err != nil {
			return nil, "", err
		}
		args, given = append(args, "-jar", "DynamoDBLocal.jar"), port
	}
	return append(args, "-inMemory", "-sharedDb", "-disableTelemetry", "-port", given), port, nil
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find free port: %w", err)
	}
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port), nil
}

// begin starts the program on a thread that lives as long as it: the kernel sends the death signal when that thread ends, not the
// process.
func begin(cmd *exec.Cmd) (stop func(), err error) {
	started, done := make(chan error), make(chan struct{})
	go func() {
		runtime.LockOSThread()
		defer close(done)
		err := cmd.Start()
		started <- err
		if err == nil {
			cmd.Wait() //nolint:errcheck // it is killed
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start java: %w", err)
	}
	return func() {
		cmd.Process.Kill() //nolint:errcheck // it may be dead already
		<-done
	}, nil
}

// listening waits until it takes connections, and gives the port it took; port is the one it was told, empty where it picks its own.
func listening(out io.Reader, port string) (string, error) {
	said := make(chan string, 1)
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if p, ok := strings.CutPrefix(lines.Text(), "listening on "); ok {
				said <- p
			}
		}
	}()
	deadline := time.Now().Add(patience)
	for time.Now().Before(deadline) {
		select {
		case port = <-said:
		case <-time.After(50 * time.Millisecond):
		}
		if port == "" {
			continue
		}
		if c, err := net.Dial("tcp", "127.0.0.1:"+port); err == nil {
			c.Close()
			return port, nil
		}
	}
	return "", fmt.Errorf("DynamoDB Local did not listen within %v", patience)
}
