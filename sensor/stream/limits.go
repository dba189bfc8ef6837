package stream

import "github.com/mirrorwatch/mirrorwatch/sensor/flow"

// Handler takes what comes out. It may call Stop from within, and no other method.
type Handler interface {
	// Chunk gets the next bytes of a direction.
	Chunk(c Chunk)
	// Gap says that the next n bytes of a direction will never come.
	Gap(d flow.Dir, n int)
	// Mismatch says that bytes came twice and differed, off being their place in the stream. The first copy was or will be
	// given to Chunk.
	Mismatch(d flow.Dir, off uint64)
}

// Limits bound what is held while waiting for missing bytes.
type Limits struct {
	FlowPages  int // of pageSize bytes, held for one conversation
	BlindPages int // the same where only one direction is mirrored: no acknowledgement will ever say that the hole is real
	TotalPages int // held for all conversations of a worker
}

// pageSize fits the payload of a segment on an Ethernet of 1,500 bytes; larger ones take several pages.
const pageSize = 2048

// Defaults are 1 MiB a conversation, which is about what a sender has under way at 100 Mbit/s and 80 ms, and 64 MiB in all.
func Defaults() Limits {
	return Limits{FlowPages: 512, BlindPages: 32, TotalPages: 32 << 10}
}

// Stats counts what a reassembler did.
type Stats struct {
	Buffered     int    // bytes of pages in use
	PeakBuffered int    //
	OutOfOrder   uint64 // segments that came before one they follow
	Gaps         uint64 //
	Missed       uint64 // bytes in gaps
	Overlaps     uint64 // segments that repeated bytes, wholly or in part
	Mismatches   uint64 // of those, how many had other bytes
	Forced       uint64 // holes given up because a limit was reached
	Dropped      uint64 // segments that lay outside any window, and were not used
}
