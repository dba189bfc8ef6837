//go:build !linux

package capture

import (
	"errors"
	"runtime"
)

// ListenVXLAN needs Linux: sockets that share a port are steered by its BPF.
func ListenVXLAN(addr string, workers int, options ...Option) ([]Source, error) {
	return nil, notHere("udp " + addr)
}

// OpenRing needs Linux: the ring is its AF_PACKET socket's.
func OpenRing(iface string, workers int, options ...Option) ([]Source, error) {
	return nil, notHere("interface " + iface)
}

func notHere(name string) error {
	return &InputError{Name: name, Reason: "live capture needs Linux, and this is " + runtime.GOOS, Err: errors.ErrUnsupported}
}
