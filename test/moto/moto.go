// Package moto starts moto, somebody else's imitation of AWS, for tests that hold ours against it. What comes in is what is to be held; what goes
// out is the address of a server that ends with the test. It never installs anything.
package moto

import (
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"testing"
	"time"
)

// Start starts one on a free port of loopback, and gives its address when it answers. Without it the test is skipped, and says what for it
// would be: "the opener against somebody else's S3".
func Start(t *testing.T, what string) string {
	t.Helper()
	if err := exec.Command("python3", "-c", "import moto.server, flask").Run(); err != nil {
		t.Skipf("NOT ASKED: python3 has no moto (%v); install it to hold %s", err, what)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().(*net.TCPAddr)
	l.Close()
	cmd := exec.Command("python3", "-m", "moto.server", "-H", "127.0.0.1", "-p", fmt.Sprint(address.Port))
	if err := cmd.Start(); err != nil {
		t.Fatalf("start moto: %v", err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() }) //nolint:errcheck // it was told to go
	url := "http://" + address.String()
	for range 300 {
		if r, err := http.Get(url + "/moto-api/"); err == nil {
			r.Body.Close()
			return url
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatal("moto does not answer within 30 s")
	return ""
}
