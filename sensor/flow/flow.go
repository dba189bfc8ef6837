// Package flow keeps the table of conversations. What comes in is a decoded packet; what goes out is the conversation it belongs
// to and the direction it went, and, when a conversation ends, a call that says so. It is generic in what is hung on a
// conversation and knows nothing above it. It never allocates a packet, never grows past its stated size, and never reads a clock:
// time is the packets'.
package flow

// Dir is the direction of a packet within its conversation.
type Dir uint8

// The two directions.
const (
	Orig Dir = iota // sent by the originator
	Resp            // sent by the responder
)

// Other is the opposite direction.
func (d Dir) Other() Dir { return d ^ 1 }

func (d Dir) String() string {
	if d == Orig {
		return "orig"
	}
	return "resp"
}
