package lambdahost

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// sandbox is one process and the Runtime API that it alone talks to.
type sandbox struct {
	cmd     *exec.Cmd
	server  *http.Server
	next    chan *invocation // taken by the process when it asks for an event
	asked   chan struct{}    // closed when it asked for the first time
	askOnce sync.Once
	failed  chan *FunctionError // what it said of a failed start
	done    chan struct{}       // closed when the process has ended
	logs    journal

	mu      sync.Mutex
	current *invocation // what it works on
}

// start begins a process and its Runtime API.
func start(o Options, logs journal) (*sandbox, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("open runtime api: %w", err)
	}
	s := &sandbox{
		next: make(chan *invocation), asked: make(chan struct{}), failed: make(chan *FunctionError, 1),
		done: make(chan struct{}), logs: logs,
	}
	s.server = &http.Server{Handler: s.routes(), ReadHeaderTimeout: 5 * time.Second}
	go s.server.Serve(l) //nolint:errcheck // ends when stop closes it
	s.cmd = exec.Command(o.Bootstrap)
	s.cmd.Env = environment(o, l.Addr().String())
	s.cmd.Stdout, s.cmd.Stderr = logs.file, logs.file
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // so that what it starts ends with it
	s.cmd.WaitDelay = time.Second
	if err := s.cmd.Start(); err != nil {
		s.server.Close() //nolint:errcheck // the start's error is the one to tell
		return nil, fmt.Errorf("start function: %w", err)
	}
	go func() {
		s.cmd.Wait() //nolint:errcheck // ProcessState holds it
		close(s.done)
	}()
	return s, nil
}

// environment is what Lambda sets, then what the test gives. Nothing of the tester's own goes in but where coverage is written.
func environment(o Options, api string) []string {
	env := []string{
		"AWS_LAMBDA_RUNTIME_API=" + api,
		"AWS_LAMBDA_FUNCTION_NAME=" + o.Name,
		"AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=" + strconv.Itoa(o.Memory),
		"AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/" + o.Name,
		"AWS_LAMBDA_LOG_STREAM_NAME=local",
		"AWS_LAMBDA_INITIALIZATION_TYPE=on-demand",
		"AWS_EXECUTION_ENV=AWS_Lambda_provided.al2023",
		"AWS_REGION=us-east-1", "AWS_DEFAULT_REGION=us-east-1",
		"LAMBDA_TASK_ROOT=/var/task", "LAMBDA_RUNTIME_DIR=/var/runtime", "_HANDLER=bootstrap",
		"PATH=/usr/local/bin:/usr/bin:/bin", "LANG=en_US.UTF-8", "TZ=:UTC",
	}
	if dir := os.Getenv("GOCOVERDIR"); dir != "" {
		env = append(env, "GOCOVERDIR="+dir)
	}
	return append(env, o.Env...)
}

// initialised waits until the function asks for its first event.
func (s *sandbox) initialised(ctx context.Context, limit time.Duration) error {
	t := time.NewTimer(limit)
	defer t.Stop()
	select {
	case <-s.asked:
		return nil
	case e := <-s.failed:
		return e
	case <-s.done:
		return s.crash()
	case <-t.C:
		return fmt.Errorf("start function: %w after %s without asking for an event", ErrTimeout, limit)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// run hands an event over and waits for what becomes of it. The clock begins when the function takes the event.
func (s *sandbox) run(ctx context.Context, i *invocation, limit time.Duration) ([]byte, error) {
	t := time.NewTimer(limit)
	defer t.Stop()
	select {
	case s.next <- i:
	case <-s.done:
		return nil, fmt.Errorf("%w: %w", errNotTaken, s.crash())
	case <-t.C:
		return nil, fmt.Errorf("%w: the function did not ask for the event within %s", ErrTimeout, limit)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	t.Reset(limit)
	select {
	case r := <-i.result:
		return r.body, r.err
	case <-s.done:
		return i.after(s)
	case <-t.C:
		return nil, fmt.Errorf("%w after %s", ErrTimeout, limit)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// after is for a process that has ended: what it answered before counts.
func (i *invocation) after(s *sandbox) ([]byte, error) {
	select {
	case r := <-i.result:
		return r.body, r.err
	default:
		return nil, s.crash()
	}
}

// crash says how the process ended; it is called after it has. A failed start that it told of is the better news.
func (s *sandbox) crash() error {
	select {
	case e := <-s.failed:
		return e
	default:
		return &Crash{State: s.cmd.ProcessState.String(), Logs: s.logs.String()}
	}
}

func (s *sandbox) gone() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

// stop asks the process to end, makes it end after a while, and closes its Runtime API.
func (s *sandbox) stop(patience time.Duration) {
	if patience > 0 {
		s.signal(syscall.SIGTERM)
		select {
		case <-s.done:
		case <-time.After(patience):
		}
	}
	s.signal(syscall.SIGKILL)
	<-s.done
	s.server.Close() //nolint:errcheck // nobody is left who would hear of it
}

// signal reaches the process and all that it started. One that is gone already is no matter.
func (s *sandbox) signal(sig syscall.Signal) {
	if err := syscall.Kill(-s.cmd.Process.Pid, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
		s.cmd.Process.Signal(sig) //nolint:errcheck // it ended meanwhile
	}
}
