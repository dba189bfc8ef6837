// Package stream puts the bytes of a TCP conversation in order. What comes in is the segments of one flow as they were captured:
// late, twice, overlapping, or not at all. What goes out is chunks of contiguous bytes for each direction, and gaps where
// bytes are missing for good. It never holds more than its stated limits, a flow and in total, and never copies a segment that
// came in order.
package stream

import "github.com/mirrorwatch/mirrorwatch/sensor/flow"

// Chunk is a run of contiguous bytes of one direction, or for UDP and ICMP one datagram's payload.
type Chunk struct {
	Dir    flow.Dir
	Time   int64  // of the packet that completed it, nanoseconds since the epoch
	Offset uint64 // of Data[0] in its direction's stream, counting gaps; for datagrams the count of those before it
	Data   []byte // borrowed: valid until the call returns
	Wire   int    // for datagrams, the length on the wire where the frame was cut; else len(Data)
	// Corrupt says of a datagram that it is whole and its checksum is wrong: its receiver would not have taken it.
	Corrupt bool
}
