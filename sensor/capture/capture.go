// Package capture brings packets in. What comes in is a capture file (pcap or pcapng, plain or gzip), a UDP socket that
// mirrored packets arrive on, or the packet ring of an interface; what goes out is batches of borrowed frames, each with its
// time, its length on the wire and its link type. It never looks further into a frame than it must to steer it to the right
// worker, never allocates a packet, and never touches a batch but during the call of Next that fills it, so that several
// batches may be in flight at once.
package capture

import (
	"fmt"

	"github.com/mirrorwatch/mirrorwatch/sensor/packet"
)

// Limits of a batch and of what is taken from an input.
const (
	// MaxFrames is how many frames a batch holds: enough that hand-over between goroutines costs well under a nanosecond a
	// packet, few enough that four batches in flight stay near the processor.
	MaxFrames = 2048

	// batchBytes is the memory of a batch. It must hold the largest packet and the largest datagram several times over.
	batchBytes = 1 << 20

	// maxSnap is the most captured bytes one packet may claim: the largest snapshot length that libpcap allows.
	maxSnap = 256 << 10
)

// LinkVXLAN is the link type of a frame from the VXLAN socket: the UDP payload, so a VXLAN header (RFC 7348) and then the
// mirrored frame. The number is private to this program; no capture file carries it.
const LinkVXLAN packet.LinkType = 0xFF00

// Frame is one captured frame. Data is borrowed from the batch: it is valid until that batch is filled again.
type Frame struct {
	Time     int64           // nanoseconds since the epoch
	Data     []byte          // as captured
	Length   int             // bytes on the wire; more than len(Data) where the frame was cut
	Link     packet.LinkType // what Data begins with
	FromPort uint16          // VXLAN socket: the sender's UDP port
	From     packet.Addr     // VXLAN socket: the sender, for AWS the mirrored interface's primary address; else zero
}

// Batch is a set of frames and the memory that they point into. One is made once and filled again and again.
type Batch struct {
	Frames []Frame

	mem []byte
}

// NewBatch makes a batch with room for MaxFrames frames and 1 MiB of their bytes.
func NewBatch() *Batch {
	return &Batch{Frames: make([]Frame, 0, MaxFrames), mem: make([]byte, batchBytes)}
}

// Source gives frames until there are no more.
type Source interface {
	// Next refills b: what it held before is gone. A file gives at least one frame, or io.EOF at its end, or an *InputError;
	// the frames before the fault come first, and the error with the next call. A live source gives no frame and no error
	// after at most 100 ms without a packet, so that the caller's time-outs run, and io.EOF once it is closed.
	Next(b *Batch) error

	// Stats may be called at any time and from any goroutine.
	Stats() Stats

	// Close may be called from any goroutine; a Next that is waiting then returns io.EOF.
	Close() error
}

// Stats counts what a source has seen since it was opened.
type Stats struct {
	Packets     uint64 // frames given
	Bytes       uint64 // captured bytes of those frames
	Skipped     uint64 // packets not given since nothing reads their link type
	Truncated   uint64 // frames given that were cut short, by the sender's snapshot length or by ours
	KernelDrops uint64 // live: packets that the kernel threw away for want of room
	ReadBytes   int64  // file: bytes of the input read so far, compressed if it is
	Size        int64  // file: bytes of the whole input; 0 where that is not known

	// ReceiveBuffer is what the kernel holds for a live source at most, in bytes as it counts them; 0 for a file.
	ReceiveBuffer int64
}

// InputError says, in one line, which input could not be read and why.
type InputError struct {
	Name   string // file, address or interface
	Reason string
	Err    error // the cause, where the system gave one
}

// Error names the input and then the reason.
func (e *InputError) Error() string { return e.Name + ": " + e.Reason }

// Unwrap gives the system's error, so that errors.Is(err, os.ErrNotExist) and the like work.
func (e *InputError) Unwrap() error { return e.Err }

// unreadableLink words the reason for giving an input up.
func unreadableLink(l packet.LinkType) string {
	return fmt.Sprintf("link type %d is not one that can be read", l)
}
