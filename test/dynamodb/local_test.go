package dynamodb

import (
	"net"
	"strings"
	"testing"
)

// TestStart starts one and ends it: it answers, and afterwards it does not.
func TestStart(t *testing.T) {
	l, err := Start()
	Need(t, err)
	address := strings.TrimPrefix(l.Endpoint, "http://")
	c, err := net.Dial("tcp", address)
	if err != nil {
		l.Close()
		t.Fatal(err)
	}
	c.Close()
	l.Close()
	if c, err := net.Dial("tcp", address); err == nil {
		c.Close()
		t.Fatalf("%s still listens after Close", address)
	}
}
