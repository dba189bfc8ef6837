package capture

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"github.com/mirrorwatch/mirrorwatch/sensor/packet"
)

const (
	// receiveSlots is how many datagrams one system call takes.
	receiveSlots = 64

	// datagram is the most that is kept of one: the UDP payload of a 9,001-byte packet, the largest in a VPC, and some.
	datagram = 9216

	// controlBytes is room for the time stamp that comes with a datagram.
	controlBytes = 64

	// idle is how long a live source waits for a packet.
	idle = 100 * time.Millisecond
)

// message is the kernel's struct mmsghdr.
type message struct {
	header unix.Msghdr
	length uint32
}

// socket is one worker's share of a UDP port.
type socket struct {
	name string
	conn *net.UDPConn
	raw  syscall.RawConn
	size int64 // receive buffer, bytes as the kernel counts them

	messages [receiveSlots]message
	slots    [receiveSlots]unix.Iovec
	senders  [receiveSlots]unix.RawSockaddrInet6 // an IPv4 one is smaller
	control  [receiveSlots][controlBytes]byte
	got      int                // what the last call received
	failed   unix.Errno         // and why it did not
	receive  func(uintptr) bool // receiveNow and again: method values are made once, for making one allocates
	more     func(uintptr)

	packets, bytes, truncated, drops atomic.Uint64
}

// ListenVXLAN opens the sockets of a UDP address, one a worker, between which the kernel shares the datagrams so that both
// directions of a mirrored conversation come to the same one. The port is 4789 where addr names none.
func ListenVXLAN(addr string, workers int, options ...Option) ([]Source, error) {
	set := apply(options)
	addr = withPort(addr)
	sockets, err := bindAll(addr, workers, set)
	if err == nil && workers > 1 {
		err = steer(sockets[0], workers)
	}
	if err != nil {
		for _, s := range sockets {
			s.Close()
		}
		return nil, liveError("udp "+addr, err)
	}
	all := make([]Source, workers)
	for i, s := range sockets {
		all[i] = s
	}
	return all, nil
}

// bindAll binds one socket a worker to the address.
func bindAll(addr string, workers int, set settings) (all []*socket, err error) {
	// Sockets that share a port take each other's datagrams; so first see that nobody else, a second sensor for one, is there.
	alone, err := net.ListenPacket("udp", addr)
	if err != nil {
		return nil, err
	}
	bound := alone.LocalAddr().String()
	alone.Close()
	share := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error { return prepare(raw, set) }}
	for range workers {
		conn, err := share.ListenPacket(context.Background(), "udp", bound)
		if err != nil {
			return all, err
		}
		s, err := newSocket(addr, conn.(*net.UDPConn))
		if err != nil {
			conn.Close()
			return all, err
		}
		all = append(all, s)
	}
	return all, nil
}

// prepare sets the options that must be there before the socket is bound.
func prepare(raw syscall.RawConn, set settings) error {
	return control(raw, func(fd int) error {
		if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, set.buffer) != nil {
			// Not the superuser: as much as net.core.rmem_max allows.
			if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, set.buffer); err != nil {
				return os.NewSyscallError("set receive buffer", err)
			}
		}
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1); err != nil {
			return os.NewSyscallError("set time stamps", err)
		}
		return os.NewSyscallError("share port", unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1))
	})
}

// steer attaches the program that chooses the socket; it is kept by the group that the sockets form.
func steer(s *socket, workers int) error {
	code, err := steerVXLAN(workers)
	if err != nil {
		return err
	}
	return control(s.raw, func(fd int) error {
		return os.NewSyscallError("steer port", attach(fd, unix.SOL_SOCKET, unix.SO_ATTACH_REUSEPORT_CBPF, code))
	})
}

// attach hands a program to the kernel.
func attach(fd, level, option int, code []bpf.RawInstruction) error {
	filter := make([]unix.SockFilter, len(code))
	for i, c := range code {
		filter[i] = unix.SockFilter{Code: c.Op, Jt: c.Jt, Jf: c.Jf, K: c.K}
	}
	return unix.SetsockoptSockFprog(fd, level, option, &unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]})
}

// control runs f on the socket's descriptor.
func control(raw syscall.RawConn, f func(fd int) error) error {
	var inner error
	if err := raw.Control(func(fd uintptr) { inner = f(int(fd)) }); err != nil {
		return err
	}
	return inner
}

func newSocket(name string, conn *net.UDPConn) (*socket, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, err
	}
	s := &socket{name: "udp " + name, conn: conn, raw: raw}
	err = control(raw, func(fd int) error {
		n, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF)
		s.size = int64(n)
		return err
	})
	for i := range s.messages {
		h := &s.messages[i].header
		h.Iov = &s.slots[i]
		h.SetIovlen(1)
		h.Name = (*byte)(unsafe.Pointer(&s.senders[i]))
		h.Control = &s.control[i][0]
		s.slots[i].SetLen(datagram)
	}
	s.receive, s.more = s.receiveNow, s.again
	return s, err
}

// Next fills b with what has come, and waits at most 100 ms for it.
func (s *socket) Next(b *Batch) error {
	b.Frames = b.Frames[:0]
	if err := s.conn.SetReadDeadline(time.Now().Add(idle)); err != nil {
		return s.fail(err)
	}
	used := 0
	for len(b.Frames)+receiveSlots <= MaxFrames && len(b.mem)-used >= receiveSlots*datagram {
		s.aim(b.mem[used:])
		// Only the first call may wait: what is there goes out.
		if len(b.Frames) == 0 {
			if err := s.raw.Read(s.receive); err != nil {
				return s.fail(err)
			}
		} else if err := s.raw.Control(s.more); err != nil {
			break
		}
		if s.failed != 0 {
			return s.fail(s.failed)
		}
		used = s.take(b, used)
		if s.got < receiveSlots {
			break
		}
	}
	s.count(b)
	return nil
}

// aim points the slots at free memory of the batch.
func (s *socket) aim(mem []byte) {
	for i := range s.messages {
		s.slots[i].Base = &mem[i*datagram]
		h := &s.messages[i].header
		h.Namelen = unix.SizeofSockaddrInet6
		h.SetControllen(controlBytes)
	}
}

// receiveNow takes what there is, and reports false when that is nothing, for the runtime to wait and call again.
func (s *socket) receiveNow(fd uintptr) bool {
	for {
		n, _, errno := unix.Syscall6(unix.SYS_RECVMMSG, fd, uintptr(unsafe.Pointer(&s.messages[0])), receiveSlots,
			unix.MSG_DONTWAIT|unix.MSG_TRUNC, 0, 0)
		s.got, s.failed = int(n), errno
		switch errno {
		case 0:
			return true
		case unix.EINTR:
			continue
		}
		s.got = 0
		if errno == unix.EAGAIN {
			s.failed = 0
			return false
		}
		return true
	}
}

// again is receiveNow for a call that does not wait.
func (s *socket) again(fd uintptr) { s.receiveNow(fd) }

// take makes frames of what was received, and moves them together, so that a batch has room for as many small ones as its
// bytes allow. It gives the end of the memory in use.
func (s *socket) take(b *Batch, used int) int {
	at := used
	for i := range s.got {
		m := &s.messages[i]
		size := min(int(m.length), datagram)
		slot := at + i*datagram
		data := b.mem[used : used+size : used+size]
		copy(data, b.mem[slot:slot+size])
		used += size
		from, port := sender(&s.senders[i])
		b.Frames = append(b.Frames, Frame{
			Time: stamp(s.control[i][:m.header.Controllen]), Data: data, Length: int(m.length), Link: LinkVXLAN,
			From: from, FromPort: port,
		})
	}
	return used
}

// stamp reads the kernel's time of receipt from a control message, or the clock where there is none.
func stamp(control []byte) int64 {
	const head = unix.SizeofCmsghdr
	if len(control) >= head+int(unsafe.Sizeof(unix.Timespec{})) {
		h := (*unix.Cmsghdr)(unsafe.Pointer(&control[0]))
		if h.Level == unix.SOL_SOCKET && h.Type == unix.SO_TIMESTAMPNS {
			return (*unix.Timespec)(unsafe.Pointer(&control[head])).Nano()
		}
	}
	return time.Now().UnixNano()
}

// sender reads a socket address of either family; ports are big-endian in both, and in the same place.
func sender(a *unix.RawSockaddrInet6) (packet.Addr, uint16) {
	port := (*[2]byte)(unsafe.Pointer(&a.Port))
	n := uint16(port[0])<<8 | uint16(port[1])
	if a.Family == unix.AF_INET6 {
		return a.Addr, n
	}
	v4 := (*unix.RawSockaddrInet4)(unsafe.Pointer(a)).Addr
	return packet.Addr{10: 0xff, 11: 0xff, 12: v4[0], 13: v4[1], 14: v4[2], 15: v4[3]}, n
}

// count adds a batch to the statistics.
func (s *socket) count(b *Batch) {
	bytes, cut := 0, 0
	for i := range b.Frames {
		n := len(b.Frames[i].Data)
		bytes += n
		if n < b.Frames[i].Length {
			cut++
		}
	}
	s.packets.Add(uint64(len(b.Frames)))
	s.bytes.Add(uint64(bytes))
	s.truncated.Add(uint64(cut))
}

// fail tells the ends of waiting that are no fault from those that are.
func (s *socket) fail(err error) error {
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil
	case errors.Is(err, net.ErrClosed):
		return io.EOF
	}
	return liveError(s.name, err)
}

// LocalAddr is the address that the socket is bound to.
func (s *socket) LocalAddr() net.Addr { return s.conn.LocalAddr() }

// Stats asks the kernel for the drops, so that they are seen even while nothing reads the socket.
func (s *socket) Stats() Stats {
	control(s.raw, func(fd int) error {
		var info [unix.SK_MEMINFO_DROPS + 1]uint32
		size := uint32(unsafe.Sizeof(info))
		_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(fd), unix.SOL_SOCKET, unix.SO_MEMINFO,
			uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)), 0)
		if errno == 0 {
			s.drops.Store(uint64(info[unix.SK_MEMINFO_DROPS]))
		}
		return nil
	})
	return Stats{Packets: s.packets.Load(), Bytes: s.bytes.Load(), Truncated: s.truncated.Load(),
		KernelDrops: s.drops.Load(), ReceiveBuffer: s.size}
}

// Close ends a Next that is waiting.
func (s *socket) Close() error {
	err := s.conn.Close()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
