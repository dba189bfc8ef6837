package capture

import (
	"errors"
	"net"
	"os"
	"strconv"
)

// receiveBuffer is what a live source asks the kernel to hold for it: at 200,000 packets of 600 bytes a second, which the
// kernel books as 1 to 2 KiB each, more than 100 ms of them.
const receiveBuffer = 32 << 20

// Option changes how a live source is opened.
type Option func(*settings)

// settings are what options change.
type settings struct{ buffer int }

// ReceiveBuffer sets how many bytes the kernel may hold for each worker; the default is 32 MiB. It is a wish: without
// CAP_NET_ADMIN a socket gets no more than net.core.rmem_max. Stats tells what it was given.
func ReceiveBuffer(bytes int) Option { return func(s *settings) { s.buffer = bytes } }

func apply(options []Option) settings {
	s := settings{buffer: receiveBuffer}
	for _, o := range options {
		o(&s)
	}
	return s
}

// withPort adds the port of VXLAN to an address without one.
func withPort(addr string) string {
	if _, _, err := net.SplitHostPort(addr); err == nil {
		return addr
	}
	return net.JoinHostPort(addr, strconv.Itoa(vxlanPort))
}

// liveError words a failure in one line: what the system said, without the calls that led to it.
func liveError(name string, err error) error {
	reason := err.Error()
	var op *net.OpError
	var call *os.SyscallError
	switch {
	case errors.As(err, &call) && call.Syscall != "bind" && call.Syscall != "socket":
		reason = call.Error()
	case errors.As(err, &call):
		reason = call.Err.Error()
	case errors.As(err, &op):
		reason = op.Err.Error()
	}
	return &InputError{Name: name, Reason: reason, Err: err}
}
