package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	code := m.Run()
	Clean()
	os.Exit(code)
}

// running is a server that was started.
type running struct {
	*Server
	t       *testing.T
	packets string // UDP address
}

// serve starts a server on a folder and waits until it has said where it answers.
func serve(t *testing.T, folder string, more ...string) *running {
	t.Helper()
	packets := freeUDP(t)
	args := []string{"serve", "--data", folder, "--http", "127.0.0.1:0", "--listen", packets, "--side", "", "--workers", "2"}
	return &running{Start(t, append(args, more...)...), t, packets}
}

// stop ends it as a person would, and wants it to end well.
func (r *running) stop() {
	r.t.Helper()
	if err := r.Stop(); err != nil {
		r.t.Error(err)
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
	c.must("POST", "/v1/session", map[string]any{"name": "admin", "password": r.Password}, &me)
	c.csrf = me.CSRF
	c.must("PUT", "/v1/me/password", map[string]any{"current": r.Password, "new": "a long walk along the river"}, &me)
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
	q, err := http.NewRequest(method, c.r.URL+path, in)
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
