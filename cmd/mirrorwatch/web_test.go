package main

import (
	"net"
	"testing"
)

// listening is a listener that only says where.
type listening struct {
	net.Listener
	at *net.TCPAddr
}

func (l listening) Addr() net.Addr { return l.at }

// TestAddressForLinks: what a message leads to is what its readers can open.
func TestAddressForLinks(t *testing.T) {
	for _, c := range []struct {
		ip             string
		port           int
		cert           string
		names, proxies []string
		want           string
	}{
		{"127.0.0.1", 8080, "", nil, nil, "http://127.0.0.1:8080"},
		{"::1", 8080, "", nil, nil, "http://[::1]:8080"},
		{"10.0.9.9", 8443, "cert.pem", nil, nil, "https://10.0.9.9:8443"},
		{"::1", 443, "cert.pem", nil, nil, "https://[::1]"},
		{"10.0.9.9", 80, "", nil, nil, "http://10.0.9.9"},
		{"10.0.9.9", 8443, "cert.pem", []string{"ndr.example.com", "other.example.com"}, nil, "https://ndr.example.com:8443"},
		{"0.0.0.0", 443, "cert.pem", []string{"ndr.example.com"}, nil, "https://ndr.example.com"},
		{"::", 8080, "", nil, nil, "http://" + hostname() + ":8080"},
		{"127.0.0.1", 8080, "", []string{"ndr.example.com"}, []string{"127.0.0.0/8"}, "https://ndr.example.com"},
		{"127.0.0.1", 8080, "", nil, []string{"127.0.0.0/8"}, "http://127.0.0.1:8080"},
	} {
		s := &server{o: serveOptions{cert: c.cert, names: c.names, proxies: c.proxies}, listener: listening{at: &net.TCPAddr{IP: net.ParseIP(c.ip), Port: c.port}}}
		if got := s.address(); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}
