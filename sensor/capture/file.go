package capture

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
)

// readChunk is how much is asked of the file at a time. A batch may be full of frames before its bytes are, and what was
// read beyond is then copied to the next batch; so this is small beside what MaxFrames frames usually take.
const readChunk = 64 << 10

// format parses one kind of capture file.
type format interface {
	// frames appends to b the frames that are whole in data, which must be b's memory, and says how many bytes it used.
	// That may be more than there are: the rest is then to be skipped.
	frames(b *Batch, data []byte) (used int, err *fault)

	// cut says which record data begins, and how many of its bytes are there of how many.
	cut(data []byte) (what string, have, want int)

	// end gives the last word on a file that ended where it may.
	end() string

	// skipped counts the packets whose link type nothing reads.
	skipped() uint64
}

// fault is what is wrong with the bytes at an offset from where the format was asked to begin.
type fault struct {
	at     int
	reason string
}

// file is a capture file as a Source.
type file struct {
	in     *input
	format format
	rest   []byte // read beyond the last batch; at most one batch of bytes
	skip   int    // bytes still to pass over
	offset int64  // in the capture, uncompressed, of the first byte not yet used
	ended  error  // why nothing more can be read: io.EOF, or a failed read
	err    error  // what every later Next returns

	packets, bytes, skipped, truncated atomic.Uint64
}

// OpenFile opens a capture file, pcap or pcapng, plain or gzip, told by its content. The name "-" is standard input.
func OpenFile(name string) (Source, error) {
	in, err := openInput(name)
	if err != nil {
		return nil, err
	}
	f := &file{in: in}
	if err := f.start(); err != nil {
		in.Close()
		return nil, err
	}
	return f, nil
}

// start reads the capture's first bytes, enough to tell which format it is.
func (f *file) start() error {
	head := make([]byte, pcapHeader)
	n, err := io.ReadFull(f.in, head)
	if err != nil {
		// Fewer than asked for; whether the input ended there or broke is what it says when asked again.
		if _, err = f.in.Read(head[n:]); err != io.EOF {
			return f.in.fail(err)
		}
	}
	format, used, reason := detect(head[:n])
	if reason != "" {
		return &InputError{Name: f.in.name, Reason: reason}
	}
	f.format, f.offset = format, int64(used)
	f.rest = append(make([]byte, 0, readChunk), head[used:n]...)
	return nil
}

// detect tells the format by the first bytes, and how many of them it has used up.
func detect(head []byte) (f format, used int, reason string) {
	switch {
	case len(head) == 0:
		return nil, 0, "empty file"
	case isPcapng(head):
		return newPcapng(), 0, ""
	case isPcap(head):
		p, reason := newPcap(head)
		return p, pcapHeader, reason
	}
	return nil, 0, "not a capture: begins neither as pcap nor as pcapng"
}

// Next fills b from the file.
func (f *file) Next(b *Batch) error {
	b.Frames = b.Frames[:0]
	if f.err != nil {
		return f.err
	}
	used, n, short := 0, copy(b.mem, f.rest), false
	for {
		took, bad := f.format.frames(b, b.mem[used:n])
		used = f.use(used, took, n)
		if bad != nil {
			at := f.offset - int64(took) + int64(bad.at)
			f.err = &InputError{Name: f.in.name, Reason: fmt.Sprintf("corrupt at byte %d: %s", at, bad.reason)}
			break
		}
		if len(b.Frames) == MaxFrames || (len(b.Frames) > 0 && (n == len(b.mem) || short)) {
			break
		}
		if f.ended != nil {
			f.err = f.finish(b.mem[used:n])
			break
		}
		if n == len(b.mem) {
			n, used = copy(b.mem, b.mem[used:n]), 0
		}
		n, short = f.read(b, n)
	}
	f.rest = append(f.rest[:0], b.mem[used:n]...)
	f.count(b)
	if len(b.Frames) > 0 {
		return nil
	}
	return f.err
}

// use moves past took bytes, of which those that have not been read yet are to be skipped.
func (f *file) use(used, took, n int) int {
	f.offset += int64(took)
	if over := used + took - n; over > 0 {
		f.skip += over
		return n
	}
	return used + took
}

// read adds bytes to the batch's memory behind the n that are there, and says whether a pipe had less than was asked for:
// it may be fed by a live capture, whose packets are not to wait for more.
func (f *file) read(b *Batch, n int) (end int, short bool) {
	want := min(readChunk, len(b.mem)-n)
	got, err := f.in.Read(b.mem[n : n+want])
	f.ended = err
	short = got < want && f.in.live
	pass := min(f.skip, got)
	f.skip -= pass
	return n + copy(b.mem[n:], b.mem[n+pass:n+got]), short
}

// finish gives the error for an input that ended with left not used.
func (f *file) finish(left []byte) error {
	if f.ended != io.EOF || f.in.closed.Load() {
		return f.in.fail(f.ended)
	}
	reason := f.format.end()
	if f.skip > 0 {
		reason = fmt.Sprintf("cut short in a block that ends at byte %d: %d bytes are missing", f.offset, f.skip)
	} else if len(left) > 0 {
		what, have, want := f.format.cut(left)
		reason = fmt.Sprintf("cut short in %s at byte %d: %d of %d bytes are there", what, f.offset, have, want)
	}
	if reason == "" {
		return io.EOF
	}
	return &InputError{Name: f.in.name, Reason: reason, Err: io.ErrUnexpectedEOF}
}

// count adds a batch to the statistics, once for all its frames.
func (f *file) count(b *Batch) {
	bytes, cut := 0, 0
	for i := range b.Frames {
		n := len(b.Frames[i].Data)
		bytes += n
		if n < b.Frames[i].Length {
			cut++
		}
	}
	f.packets.Add(uint64(len(b.Frames)))
	f.bytes.Add(uint64(bytes))
	f.truncated.Add(uint64(cut))
	f.skipped.Store(f.format.skipped())
}

// Stats tells how far the file has been read.
func (f *file) Stats() Stats {
	return Stats{
		Packets: f.packets.Load(), Bytes: f.bytes.Load(), Skipped: f.skipped.Load(), Truncated: f.truncated.Load(),
		ReadBytes: f.in.position.Load(), Size: f.in.size,
	}
}

// Close ends the file; a Next under way on a pipe returns io.EOF.
func (f *file) Close() error {
	err := f.in.Close()
	if errors.Is(err, os.ErrClosed) {
		return nil
	}
	return err
}
