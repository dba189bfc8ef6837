package capture

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/mirrorwatch/mirrorwatch/sensor/packet"
)

const (
	// ringBlock is what the kernel fills before it hands it over: it must hold the largest packet, which with segmentation
	// offload is 64 KiB, and is half of a batch.
	ringBlock = 512 << 10

	// ringFrame only has to divide the block: TPACKET_V3 packs packets of any size.
	ringFrame = 2048

	// ringRetire is after how many milliseconds a block is handed over though it is not full.
	ringRetire = 20

	vlanTag = 4 // IEEE 802.1Q: bytes of a tag
)

// ring is one worker's share of an interface: a TPACKET_V3 ring of an AF_PACKET socket. Frames are copied out of it, so that
// a block goes back to the kernel at once, however long the batch is held.
type ring struct {
	name  string
	file  *os.File
	raw   syscall.RawConn
	link  packet.LinkType
	ready func(uintptr) bool // whether there is a block to read

	closed atomic.Bool

	mu     sync.Mutex // held during Next, so that Close does not unmap under it
	mem    []byte     // the blocks; nil once closed
	block  int        // the block to read next
	left   uint32     // packets in it not yet read
	offset uint32     // of the next of them

	packets, bytes, truncated, drops atomic.Uint64
}

// OpenRing opens an interface, in promiscuous mode, with a ring for each worker, between which the kernel shares the packets
// so that both directions of a conversation come to the same one; for VXLAN that is the conversation inside.
func OpenRing(iface string, workers int, options ...Option) ([]Source, error) {
	all, err := openRings(iface, workers, apply(options))
	if err == nil {
		return all, nil
	}
	for _, r := range all {
		r.Close()
	}
	return nil, liveError("interface "+iface, err)
}

func openRings(iface string, workers int, set settings) (all []Source, err error) {
	face, err := net.InterfaceByName(iface)
	if err != nil {
		return nil, err
	}
	group := fanout{workers: workers, loops: face.Flags&net.FlagLoopback != 0}
	for i := range workers {
		r, err := newRing(face, set)
		if err != nil {
			return all, err
		}
		all = append(all, r)
		if workers == 1 {
			break
		}
		if err := control(r.raw, func(fd int) error { return group.join(fd, i == 0, r.link) }); err != nil {
			return all, os.NewSyscallError("share interface", err)
		}
	}
	return all, nil
}

// newRing opens one ring. The socket is bound only when it is complete, so nothing comes from another interface before.
func newRing(face *net.Interface, set settings) (*ring, error) {
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	r := &ring{name: "interface " + face.Name}
	if err := r.set(fd, face, set); err != nil {
		unix.Close(fd)
		if r.mem != nil {
			unix.Munmap(r.mem)
		}
		return nil, err
	}
	r.file = os.NewFile(uintptr(fd), r.name)
	r.ready = func(uintptr) bool { return r.full() }
	if r.raw, err = r.file.SyscallConn(); err != nil {
		r.Close()
	}
	return r, err
}

func (r *ring) set(fd int, face *net.Interface, set settings) error {
	if err := unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_VERSION, unix.TPACKET_V3); err != nil {
		return os.NewSyscallError("set packet version", err)
	}
	blocks := max(set.buffer/ringBlock, 2)
	req := unix.TpacketReq3{Block_size: ringBlock, Block_nr: uint32(blocks), Frame_size: ringFrame,
		Frame_nr: uint32(blocks * ringBlock / ringFrame), Retire_blk_tov: ringRetire}
	if err := unix.SetsockoptTpacketReq3(fd, unix.SOL_PACKET, unix.PACKET_RX_RING, &req); err != nil {
		return os.NewSyscallError("make ring", err)
	}
	var err error
	if r.mem, err = unix.Mmap(fd, 0, blocks*ringBlock, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED); err != nil {
		return os.NewSyscallError("map ring", err)
	}
	if r.link, err = linkOf(fd, face); err != nil {
		return err
	}
	promiscuous := unix.PacketMreq{Ifindex: int32(face.Index), Type: unix.PACKET_MR_PROMISC}
	if err := unix.SetsockoptPacketMreq(fd, unix.SOL_PACKET, unix.PACKET_ADD_MEMBERSHIP, &promiscuous); err != nil {
		return os.NewSyscallError("set promiscuous", err)
	}
	if face.Flags&net.FlagLoopback != 0 {
		// What goes out comes in again, and is to be seen once.
		if err := unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1); err != nil {
			return os.NewSyscallError("set direction", err)
		}
	}
	return os.NewSyscallError("bind", bindTo(fd, face, unix.ETH_P_ALL))
}

// bindTo binds the socket to an interface; a protocol of 0 receives nothing.
func bindTo(fd int, face *net.Interface, protocol uint16) error {
	return unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: protocol<<8 | protocol>>8, Ifindex: face.Index})
}

// linkOf finds what frames of the interface begin with: the kernel tells the hardware type of what a socket is bound to.
func linkOf(fd int, face *net.Interface) (packet.LinkType, error) {
	if err := bindTo(fd, face, 0); err != nil {
		return 0, os.NewSyscallError("bind", err)
	}
	bound, err := unix.Getsockname(fd)
	if err != nil {
		return 0, os.NewSyscallError("getsockname", err)
	}
	addr, ok := bound.(*unix.SockaddrLinklayer)
	if !ok {
		return 0, errors.New("not a link-layer socket")
	}
	switch addr.Hatype {
	case unix.ARPHRD_ETHER, unix.ARPHRD_LOOPBACK:
		return packet.LinkEthernet, nil
	case unix.ARPHRD_NONE, unix.ARPHRD_TUNNEL, unix.ARPHRD_SIT, unix.ARPHRD_RAWIP:
		return packet.LinkRaw, nil
	}
	return 0, fmt.Errorf("hardware type %d is not one that can be read", addr.Hatype)
}

// header is the block's own header, which the kernel and we both write.
func (r *ring) header() *unix.TpacketHdrV1 {
	at := r.block*ringBlock + int(unsafe.Offsetof(unix.TpacketBlockDesc{}.Hdr))
	return (*unix.TpacketHdrV1)(unsafe.Pointer(&r.mem[at]))
}

// full says whether the kernel has handed the block over.
func (r *ring) full() bool {
	return atomic.LoadUint32(&r.header().Block_status)&unix.TP_STATUS_USER != 0
}

// Next fills b with what has come, and waits at most 100 ms for it.
func (r *ring) Next(b *Batch) error {
	b.Frames = b.Frames[:0]
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.mem == nil {
		return io.EOF
	}
	if !r.full() {
		if err := r.wait(); err != nil {
			return err
		}
	}
	used, fits := 0, true
	for fits && r.full() {
		used, fits = r.read(b, used)
	}
	r.count(b, used)
	return nil
}

// wait waits for a block. None in time is no error, but that the interface is gone is.
func (r *ring) wait() error {
	err := r.file.SetReadDeadline(time.Now().Add(idle))
	if err == nil {
		err = r.raw.Read(r.ready)
	}
	switch {
	case r.closed.Load():
		return io.EOF
	case err == nil:
		return nil
	case errors.Is(err, os.ErrDeadlineExceeded):
		return r.present()
	}
	return liveError(r.name, err)
}

// present checks that the interface is there still: the kernel unbinds the sockets of one that is removed.
func (r *ring) present() error {
	gone := false
	err := control(r.raw, func(fd int) error {
		bound, err := unix.Getsockname(fd)
		if addr, ok := bound.(*unix.SockaddrLinklayer); ok {
			gone = addr.Ifindex <= 0
		}
		return err
	})
	if r.closed.Load() {
		return io.EOF
	}
	if gone {
		return &InputError{Name: r.name, Reason: "was removed", Err: unix.ENODEV}
	}
	return err
}

// read copies frames of the block to the batch, until either ends; fits is false for the batch. A block that is through goes
// back to the kernel.
func (r *ring) read(b *Batch, used int) (end int, fits bool) {
	h := r.header()
	if r.left == 0 {
		r.left, r.offset = h.Num_pkts, h.Offset_to_first_pkt
	}
	block := r.mem[r.block*ringBlock : (r.block+1)*ringBlock]
	for ; r.left > 0; r.left-- {
		f := (*unix.Tpacket3Hdr)(unsafe.Pointer(&block[r.offset]))
		data := block[int(r.offset)+int(f.Mac):][:f.Snaplen]
		if len(b.Frames) == MaxFrames || len(b.mem)-used < len(data)+vlanTag {
			return used, false
		}
		used = r.copy(b, used, f, data)
		r.offset += f.Next_offset
	}
	r.block = (r.block + 1) % (len(r.mem) / ringBlock)
	atomic.StoreUint32(&h.Block_status, unix.TP_STATUS_KERNEL)
	return used, true
}

// copy adds one frame, and puts back the VLAN tag that the kernel has taken out of it.
func (r *ring) copy(b *Batch, used int, f *unix.Tpacket3Hdr, data []byte) int {
	const macs = 12
	to, length := b.mem[used:], int(f.Len)
	n := 0
	if f.Status&unix.TP_STATUS_VLAN_VALID != 0 && len(data) >= macs && r.link == packet.LinkEthernet {
		tpid := uint16(etherVLAN)
		if f.Status&unix.TP_STATUS_VLAN_TPID_VALID != 0 {
			tpid = f.Hv1.Vlan_tpid
		}
		copy(to, data[:macs])
		tci := f.Hv1.Vlan_tci
		copy(to[macs:], []byte{byte(tpid >> 8), byte(tpid), byte(tci >> 8), byte(tci)})
		data, n, length = data[macs:], macs+vlanTag, length+vlanTag
	}
	n += copy(to[n:], data)
	b.Frames = append(b.Frames, Frame{
		Time: int64(f.Sec)*1e9 + int64(f.Nsec), Data: to[:n:n], Length: length, Link: r.link,
	})
	return used + n
}

// count adds a batch of so many bytes to the statistics.
func (r *ring) count(b *Batch, bytes int) {
	cut := 0
	for i := range b.Frames {
		if len(b.Frames[i].Data) < b.Frames[i].Length {
			cut++
		}
	}
	r.packets.Add(uint64(len(b.Frames)))
	r.bytes.Add(uint64(bytes))
	r.truncated.Add(uint64(cut))
}

// Stats asks the kernel for the drops, which it forgets when it has told them.
func (r *ring) Stats() Stats {
	control(r.raw, func(fd int) error {
		s, err := unix.GetsockoptTpacketStatsV3(fd, unix.SOL_PACKET, unix.PACKET_STATISTICS)
		if err == nil {
			r.drops.Add(uint64(s.Drops))
		}
		return nil
	})
	return Stats{Packets: r.packets.Load(), Bytes: r.bytes.Load(), Truncated: r.truncated.Load(), KernelDrops: r.drops.Load()}
}

// Close ends a Next that is waiting, and then gives the ring's memory back.
func (r *ring) Close() error {
	var err error
	if !r.closed.Swap(true) {
		err = r.file.Close()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.mem != nil {
		err = errors.Join(err, unix.Munmap(r.mem))
		r.mem = nil
	}
	return err
}
