package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// program builds mirrorwatch once for all tests.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "mirrorwatch-e2e-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "mirrorwatch")
	out, err := exec.Command("go", "build", "-o", path, "../../cmd/mirrorwatch").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build: %w: %s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := program(); err == nil {
		os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// running is a server that was started.
type running struct {
	t        *testing.T
	cmd      *exec.Cmd
	url      string
	packets  string // UDP address
	password string // of the first start
	log      *lines
}

// lines keeps what a server wrote to standard error.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

var passwordLine = regexp.MustCompile(`password  (\S+)`)

// serve starts a server on a folder and waits until it has said where it answers.
func serve(t *testing.T, folder string, more ...string) *running {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	r := &running{t: t, packets: freeUDP(t), log: &lines{}}
	r.cmd = exec.Command(path, append([]string{"serve", "--data", folder, "--http", "127.0.0.1:0", "--listen", r.packets, "--side", "", "--workers", "2"}, more...)...)
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	r.cmd.Stderr = r.log
	out, err := r.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.cmd.Process.Kill(); r.cmd.Wait() })
	for scan := bufio.NewScanner(out); scan.Scan(); {
		line := scan.Text()
		if url, ok := strings.CutPrefix(line, "API and console: "); ok {
			r.url = url
		}
		if m := passwordLine.FindStringSubmatch(line); m != nil {
			r.password = m[1]
		}
		if strings.HasPrefix(line, "Interrupt") {
			go io.Copy(io.Discard, out)
			return r
		}
	}
	t.Fatalf("the server did not come up: %s", r.log)
	return nil
}

// kill ends the server as a power cut would, as far as the process is concerned.
func (r *running) kill() {
	r.cmd.Process.Kill()
	r.cmd.Wait()
}

// stop ends it as a person would, and wants it to end well.
func (r *running) stop() {
	r.t.Helper()
	r.cmd.Process.Signal(os.Interrupt)
	if err := r.cmd.Wait(); err != nil {
		r.t.Errorf("stop: %v: %s", err, r.log)
	}
}

// key signs in with the setup password, changes it, and makes an API key of role admin.
func (r *running) key() string {
	r.t.Helper()
	jar, _ := cookiejar.New(nil)
	c := &caller{r: r, http: &http.Client{Jar: jar, Timeout: 30 * time.Second}}
	var me struct {
		CSRF string `json:"csrf_token"`
	}
	c.must("POST", "/v1/session", map[string]any{"name": "admin", "password": r.password}, &me)
	c.csrf = me.CSRF
	c.must("PUT", "/v1/me/password", map[string]any{"current": r.password, "new": "a long walk along the river"}, &me)
	c.csrf = me.CSRF
	var made struct{ Key string }
	c.must("POST", "/v1/api-keys", map[string]any{"name": "test", "role": "admin"}, &made)
	return made.Key
}

// as gives who calls with an API key.
func (r *running) as(key string) *caller {
	return &caller{r: r, key: key, http: &http.Client{Timeout: 30 * time.Second}}
}

// caller asks the API of a server.
type caller struct {
	r         *running
	http      *http.Client
	key, csrf string
}

func (c *caller) do(method, path string, body, into any) error {
	var in io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return err
		}
		in = bytes.NewReader(b)
	}
	q, err := http.NewRequest(method, c.r.url+path, in)
	if err != nil {
		return err
	}
	q.Header.Set("Content-Type", "application/json")
	if c.key != "" {
		q.Header.Set("Authorization", "Bearer "+c.key)
	}
	if c.csrf != "" {
		q.Header.Set("X-CSRF-Token", c.csrf)
	}
	w, err := c.http.Do(q)
	if err != nil {
		return err
	}
	defer w.Body.Close()
	b, err := io.ReadAll(w.Body)
	if err == nil && w.StatusCode >= 300 {
		err = fmt.Errorf("%s %s: %s: %s", method, path, w.Status, b)
	}
	if err == nil && into != nil {
		err = json.Unmarshal(b, into)
	}
	return err
}

func (c *caller) must(method, path string, body, into any) {
	c.r.t.Helper()
	if err := c.do(method, path, body, into); err != nil {
		c.r.t.Fatal(err)
	}
}

func freeUDP(t *testing.T) string {
	t.Helper()
	l, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.LocalAddr().String()
}

func freeTCP(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// health gives what the side port's /healthz says.
func health(side string) string {
	w, err := http.Get("http://" + side + "/healthz")
	if err != nil {
		return err.Error()
	}
	defer w.Body.Close()
	b, _ := io.ReadAll(w.Body)
	return string(b)
}
