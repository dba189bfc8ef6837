package main

import (
	"fmt"
	"net"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// atOnce is how many datagrams one system call sends.
const atOnce = 64

// sender is a connected UDP socket and the kernel's struct mmsghdr for a call.
type sender struct {
	fd       int
	messages [atOnce]struct {
		header unix.Msghdr
		length uint32
	}
	parts [atOnce]unix.Iovec
}

func dial(to string) (*sender, error) {
	addr, err := net.ResolveUDPAddr("udp", to)
	if err != nil {
		return nil, err
	}
	family, dest := unix.AF_INET6, unix.Sockaddr(&unix.SockaddrInet6{Port: addr.Port, Addr: [16]byte(addr.IP.To16())})
	if v4 := addr.IP.To4(); v4 != nil {
		family, dest = unix.AF_INET, &unix.SockaddrInet4{Port: addr.Port, Addr: [4]byte(v4)}
	}
	fd, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open socket: %w", err)
	}
	if err := unix.Connect(fd, dest); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("connect to %s: %w", to, err)
	}
	s := &sender{fd: fd}
	for i := range s.messages {
		s.messages[i].header.Iov = &s.parts[i]
		s.messages[i].header.SetIovlen(1)
	}
	return s, nil
}

// send sends up to atOnce of the datagrams as a round has them.
func (s *sender) send(some []datagram, round int) (n, bytes int, err error) {
	some = some[:min(len(some), atOnce)]
	for i := range some {
		b := some[i].round(round)
		s.parts[i].Base = &b[0]
		s.parts[i].SetLen(len(b))
	}
	got, _, errno := unix.Syscall6(unix.SYS_SENDMMSG, uintptr(s.fd), uintptr(unsafe.Pointer(&s.messages[0])),
		uintptr(len(some)), 0, 0, 0)
	runtime.KeepAlive(some)
	switch errno {
	case 0:
	case unix.EINTR, unix.ENOBUFS, unix.ECONNREFUSED:
		// Nobody listens yet, or the queue is full: a mirror goes on all the same.
		return 0, 0, nil
	default:
		return 0, 0, fmt.Errorf("send packets: %w", errno)
	}
	for _, d := range some[:got] {
		bytes += len(d.bytes)
	}
	return int(got), bytes, nil
}

func (s *sender) close() { unix.Close(s.fd) }
