package lambdahost

import (
	"context"
	"debug/elf"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// bootstrap builds the handler of testdata once for all tests.
var bootstrap = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "lambdahost")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "bootstrap")
	return path, Build(context.Background(), BuildOptions{Package: "./testdata/handler", Output: path})
})

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := bootstrap(); err == nil {
		os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

func host(t *testing.T, o Options) *Host {
	t.Helper()
	path, err := bootstrap()
	if err != nil {
		t.Fatal(err)
	}
	o.Bootstrap = path
	h, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return h
}

type answer struct {
	Calls   int
	Pid     int
	Request string
	ARN     string
	Left    int64 `json:"left_ms"`
	Trace   string
	Env     []string
}

func ask(t *testing.T, h *Host, event string) answer {
	t.Helper()
	body, err := h.Invoke(t.Context(), []byte(event))
	if err != nil {
		t.Fatalf("invoke %s: %v", event, err)
	}
	var a answer
	if err := json.Unmarshal(body, &a); err != nil {
		t.Fatal(err)
	}
	return a
}

func TestColdThenWarm(t *testing.T) {
	t.Setenv("AWS_SECRET_ACCESS_KEY", "must-not-reach-the-function")
	h := host(t, Options{Name: "greeter", Env: []string{"TABLE=things"}, Timeout: 5 * time.Second})
	first := ask(t, h, `{}`)
	if first.Calls != 1 || first.ARN != "arn:aws:lambda:us-east-1:123456789012:function:greeter" || len(first.Request) != 36 {
		t.Errorf("cold: %+v", first)
	}
	if first.Left <= 3000 || first.Left > 5000 {
		t.Errorf("%d ms are left of 5 s", first.Left)
	}
	if !strings.HasPrefix(first.Trace, "Root=1-") {
		t.Errorf("trace is %q", first.Trace)
	}
	if !slices.Contains(first.Env, "TABLE=things") || strings.Contains(strings.Join(first.Env, " "), "must-not-reach") {
		t.Errorf("environment is %q", first.Env)
	}
	seen := map[string]bool{first.Request: true}
	for i := 2; i <= 50; i++ {
		warm := ask(t, h, `{}`)
		if warm.Calls != i || warm.Pid != first.Pid || seen[warm.Request] {
			t.Fatalf("warm %d: %+v", i, warm)
		}
		seen[warm.Request] = true
	}
	if h.Starts() != 1 {
		t.Errorf("%d starts", h.Starts())
	}
}

func TestFailureOfTheFunctionLeavesItWarm(t *testing.T) {
	h := host(t, Options{})
	_, err := h.Invoke(t.Context(), []byte(`{"do":"fail"}`))
	var e *FunctionError
	if !errors.As(err, &e) || e.Message != "the disk is on holiday" || e.Type != "errorString" || e.Init {
		t.Fatalf("got %#v", err)
	}
	if a := ask(t, h, `{}`); a.Calls != 2 || h.Starts() != 1 {
		t.Errorf("calls %d, starts %d", a.Calls, h.Starts())
	}
	if _, err := h.Invoke(t.Context(), []byte(`{"do":7}`)); !errors.As(err, &e) || e.Type != "UnmarshalTypeError" {
		t.Errorf("an event of the wrong shape gave %v", err)
	}
}

func TestPanicIsToldAndTheNextStartIsCold(t *testing.T) {
	h := host(t, Options{})
	_, err := h.Invoke(t.Context(), []byte(`{"do":"panic"}`))
	var e *FunctionError
	if !errors.As(err, &e) || e.Message != "no way out" || len(e.Stack) == 0 {
		t.Fatalf("got %#v", err)
	}
	if a := ask(t, h, `{}`); a.Calls != 1 || h.Starts() != 2 {
		t.Errorf("calls %d, starts %d", a.Calls, h.Starts())
	}
}

func TestCrashIsReported(t *testing.T) {
	h := host(t, Options{})
	_, err := h.Invoke(t.Context(), []byte(`{"do":"exit"}`))
	var c *Crash
	if !errors.As(err, &c) || c.State != "exit status 7" || !strings.Contains(c.Logs, "last words") {
		t.Fatalf("got %v", err)
	}
	if a := ask(t, h, `{}`); a.Calls != 1 || h.Starts() != 2 {
		t.Errorf("calls %d, starts %d", a.Calls, h.Starts())
	}
}

func TestCrashAtStart(t *testing.T) {
	h := host(t, Options{Env: []string{"AT_START=exit"}})
	_, err := h.Invoke(t.Context(), []byte(`{}`))
	var c *Crash
	if !errors.As(err, &c) || c.State != "exit status 3" {
		t.Fatalf("got %v", err)
	}
}

func TestTimeOuts(t *testing.T) {
	h := host(t, Options{Timeout: 300 * time.Millisecond})
	pid := ask(t, h, `{}`).Pid
	if _, err := h.Invoke(t.Context(), []byte(`{"do":"sleep"}`)); !errors.Is(err, ErrTimeout) {
		t.Fatalf("got %v", err)
	}
	if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("the process that was too slow is still there: %v", err)
	}
	if a := ask(t, h, `{}`); a.Calls != 1 || a.Pid == pid {
		t.Errorf("after the time-out: %+v", a)
	}
	slow := host(t, Options{Env: []string{"AT_START=sleep"}, InitTimeout: 300 * time.Millisecond})
	if _, err := slow.Invoke(t.Context(), []byte(`{}`)); !errors.Is(err, ErrTimeout) {
		t.Errorf("a start that takes too long gave %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	patient := host(t, Options{})
	if _, err := patient.Invoke(ctx, []byte(`{"do":"sleep"}`)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a caller who gave up got %v", err)
	}
}

func TestLargePayloads(t *testing.T) {
	h := host(t, Options{})
	if body, err := h.Invoke(t.Context(), []byte(`{"size":5000000}`)); err != nil || len(body) < 5_000_000 {
		t.Errorf("5 MB: %d bytes, %v", len(body), err)
	}
	_, err := h.Invoke(t.Context(), []byte(`{"size":7000000}`))
	var e *FunctionError
	if !errors.As(err, &e) || e.Type != "Function.ResponseSizeTooLarge" {
		t.Errorf("7 MB gave %v", err)
	}
	if _, err := h.Invoke(t.Context(), make([]byte, MaxPayload+1)); err == nil || !strings.Contains(err.Error(), "at most") {
		t.Errorf("an event that is too large gave %v", err)
	}
}

func TestCloseEndsTheProcess(t *testing.T) {
	h := host(t, Options{})
	pid := ask(t, h, `{}`).Pid
	h.Close()
	if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("still there: %v", err)
	}
	if _, err := h.Invoke(t.Context(), []byte(`{}`)); !errors.Is(err, ErrClosed) {
		t.Errorf("got %v", err)
	}
}

func TestParallelCallersWaitTheirTurn(t *testing.T) {
	h := host(t, Options{})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := h.Invoke(t.Context(), []byte(`{}`)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if a := ask(t, h, `{}`); a.Calls != 9 || h.Starts() != 1 {
		t.Errorf("calls %d, starts %d", a.Calls, h.Starts())
	}
}

// TestBuildsForGraviton proves that what is shipped can be built: Linux on arm64 without cgo.
func TestBuildsForGraviton(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bootstrap")
	if err := Build(t.Context(), BuildOptions{Package: "./testdata/handler", Output: path, OS: "linux", Arch: "arm64"}); err != nil {
		t.Fatal(err)
	}
	f, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if libs, _ := f.ImportedLibraries(); f.Machine != elf.EM_AARCH64 || len(libs) > 0 {
		t.Errorf("machine %v, libraries %q", f.Machine, libs)
	}
	if err := Build(t.Context(), BuildOptions{Package: "./testdata/absent", Output: path}); err == nil || !strings.Contains(err.Error(), "absent") {
		t.Errorf("a package that is not there gave %v", err)
	}
}

func TestNewWithoutBinary(t *testing.T) {
	if _, err := New(Options{}); err == nil {
		t.Error("a host without a binary was made")
	}
}
