// Package analyzer is the frame that every protocol analyzer fits: what it declares (Spec), what it does (Analyzer), and what it is
// given (Conversation). What comes in is ordered bytes of one conversation; what goes out is records. An analyzer is chosen by
// content, with ports as a hint only; it may say "not mine" and is then taken off the flow. It never sees a packet, never
// touches another conversation, never panics on any input, and never holds more bytes than it says.
package analyzer

import (
	"errors"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

// Transport says what an analyzer reads.
type Transport uint8

// The transports; a Spec may combine them with |.
const (
	TCP Transport = 1 << iota
	UDP
	ICMP
)

// Verdict is what a probe makes of the first bytes.
type Verdict uint8

// The verdicts.
const (
	No    Verdict = iota // cannot be this protocol
	Maybe                // could be; ask again with more bytes
	Yes                  // is this protocol
)

// MaxProbe is how many bytes of a direction a probe is shown at the most; after that a Maybe counts as No.
const MaxProbe = 512

// Spec declares a protocol.
type Spec struct {
	Name  string    // Zeek's service name: "dns", "http", "ssl", ...
	Over  Transport // which transports it runs on
	Ports []uint16  // well-known ports: a hint for the probe, and the order of asking

	// Probe looks at the first bytes of one direction (for UDP the first datagram; head is at most MaxProbe bytes).
	// hinted says that one of the ports is among Ports. It must be quick, pure and safe on any bytes.
	Probe func(d flow.Dir, head []byte, hinted bool) Verdict

	// New makes the analyzer for one conversation once a probe said Yes.
	New func(c *Conversation) Analyzer

	// Join makes what joins this analyzer's records across conversations, once an engine; nil where each conversation stands
	// for itself.
	Join func() Joiner
}

// Joiner makes one record of several that different conversations brought: a DHCP client broadcasts, and its server answers to the
// new address. It is shown every record of the engine in order, from one goroutine, after the workers' results have become
// one; so it may keep state across conversations. What it keeps it must bound. The slices it gives are borrowed until its next call.
type Joiner interface {
	// Take says whether r is one of its own, which then goes no further, and gives the records that are whole now.
	Take(r events.Record) (whole []events.Record, mine bool)
	// Expire gives the records for which nothing more is to come, now that packet time has reached now.
	Expire(now events.Time) []events.Record
	// Close gives what is left: the input ended. The joiner may be used again.
	Close() []events.Record
	// Overflow counts the records passed on before they were whole, because of a limit.
	Overflow() uint64
}

// Analyzer reads one conversation.
type Analyzer interface {
	// Feed takes the next bytes of a direction and says how many it is done with. What is left is kept (up to MaxHeld bytes) and
	// shown again in front of what follows. For UDP and ICMP each call is one datagram and n is ignored.
	// An error is one of ErrNotMine, ErrDone and ErrHandOver; anything else counts as ErrNotMine.
	Feed(c stream.Chunk) (n int, err error)
	// Gap says that n bytes of a direction are missing for good. Bytes that were held for that direction are gone too.
	Gap(d flow.Dir, n int) error
	// Close says that the conversation ended. What is known and not yet emitted is emitted now.
	Close()
}

// MaxHeld is how many unconsumed bytes of a direction are kept for an analyzer. One that leaves more is taken off as "not mine".
const MaxHeld = 64 << 10

// The ways for an analyzer to leave a conversation.
var (
	// ErrNotMine: the bytes are of another protocol. The flow is offered to the other analyzers no more.
	ErrNotMine = errors.New("not this protocol")
	// ErrDone: nothing more will be read, so the stream need not be kept in order any longer. Close is still called.
	ErrDone = errors.New("nothing more to read")
	// ErrHandOver: from the byte after the n consumed, both directions carry another protocol (CONNECT, Upgrade, STARTTLS).
	// Close is called at once and the rest is probed anew.
	ErrHandOver = errors.New("another protocol follows")
)

// Conversation is what an analyzer may know of where its bytes come from, and the door its records leave by.
type Conversation struct {
	Head      events.Head // ids and addresses, orientation put right; TS is the conversation's first packet
	Transport Transport
	LocalOrig bool // the originator's address is in a local network
	LocalResp bool

	// Emit passes a record on. Head fields that the analyzer left empty are filled from Head; a zero TS with the last chunk's time.
	Emit func(events.Record)
	// Confirm says that the protocol is certain: its Spec.Name becomes part of the conversation's service. A name other
	// than "" is added instead of Spec.Name (a protocol carried inside).
	Confirm func(name string)
	// Upgraded is set by an analyzer before ErrHandOver where both ends agreed on what follows; its reader then needs no probe.
	Upgraded *Upgrade
	// Weird reports an oddity; repeated names of one conversation are counted, not repeated.
	Weird func(name, addl string)

	host  Host
	taken *Spec // the analyzer that reads now
}

// Upgrade is what the two ends of an HTTP conversation agreed on before another protocol follows (RFC 9110 section 7.8).
type Upgrade struct {
	Protocol string // the Name of the Spec that reads on
	// What was said about it, for its record.
	Host, URI, UserAgent, Subprotocol                   string
	ClientProtocols, ClientExtensions, ServerExtensions []string
}

// Host is who owns a conversation: the engine.
type Host interface {
	Emit(events.Record)
	Confirm(service string)
	Weird(name, addl, source string)
	Rejected() // an analyzer said "not mine" after it had taken the conversation
}

// NewConversation makes a conversation whose records and remarks go to h. Emit is h's own method, bound once for all of its
// conversations.
func NewConversation(head events.Head, t Transport, localOrig, localResp bool, h Host, emit func(events.Record)) *Conversation {
	c := &Conversation{Head: head, Transport: t, LocalOrig: localOrig, LocalResp: localResp, Emit: emit, host: h}
	c.Confirm, c.Weird = c.confirm, c.weird
	return c
}

func (c *Conversation) confirm(name string) {
	if name == "" && c.taken != nil {
		name = c.taken.Name
	}
	c.host.Confirm(name)
}

func (c *Conversation) weird(name, addl string) {
	source := ""
	if c.taken != nil {
		source = c.taken.Name
	}
	c.host.Weird(name, addl, source)
}
