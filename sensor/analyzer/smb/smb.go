// Package smb reads the Server Message Block protocol: version 1 ([MS-CIFS], [MS-SMB]) and versions 2 and 3 ([MS-SMB2]), over TCP and
// over NetBIOS sessions, from the beginning or from the middle. What comes in is ordered stream bytes; what goes out is log-ins (ntlm),
// shares (smb_mapping), what was done to files (smb_files), the calls inside of named pipes (dce_rpc, by package msrpc), and
// as weird what only an exploit sends. It never holds a file's contents, keeps no password and no response to a challenge, decrypts and
// decompresses nothing, and never holds more than 8 KiB of a message.
package smb

import (
	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/msrpc"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

// Spec declares the analyzer.
var Spec = analyzer.Spec{
	Name:  "smb",
	Over:  analyzer.TCP,
	Ports: []uint16{445, 139},
	Probe: probe,
	New:   open,
}

// Limits of a conversation.
const (
	maxCommand  = 8 << 10 // bytes of a command that are looked at: names and tokens are at its beginning
	maxData     = 512     // the same where the rest is a file's contents
	maxSearch   = 4 << 20 // bytes of a direction searched for a first message
	maxSessions = 32
	maxTrees    = 64
	maxHandles  = 512
	maxWaiting  = 256 // requests without an answer
)

// reader is one conversation's analyzer.
type reader struct {
	conv     *analyzer.Conversation
	now      events.Time
	sides    [2]side
	certain  bool // a message was seen
	inner    services
	dialect  string
	sessions []session
	trees    []tree
	handles  []*handle
	waiting  []request
	created  [8]created
	creates  int // how many were noted in created
	seen     opened
	acts     exploits
	ticket   *events.Kerberos // shown, and not answered yet
}

// side is where one direction stands.
type side struct {
	next  uint64 // stream offset of the next byte that is not consumed
	left  uint64 // bytes of the frame behind the current command
	inner bool   // what follows in the frame is another command of it
	pad   uint64 // bytes of the current command: not wanted,
	data  uint64 // then a pipe's,
	tail  uint64 // then not wanted
	pipe  *msrpc.Association
	gap   bool // bytes were missed before what comes next
	lost  bool // where the next frame begins must be found again
	chain chain
	past  uint64 // bytes searched
}

// services are bits for what was confirmed besides SMB.
type services uint8

const (
	serviceNTLM services = 1 << iota
	serviceGSSAPI
	serviceKerberos
	serviceRPC
)

func open(c *analyzer.Conversation) analyzer.Analyzer { return &reader{conv: c} }

// Feed takes the next bytes of a direction.
func (r *reader) Feed(c stream.Chunk) (n int, err error) {
	s := &r.sides[c.Dir&1]
	r.now = events.Time(c.Time)
	if s.gap {
		s.gap = false
		r.missed(s, c.Dir, c.Offset-s.next)
	}
	for n < len(c.Data) {
		used, err := r.step(s, c.Dir, c.Data[n:])
		n += used
		if err != nil {
			return n, err
		}
		if used == 0 {
			break
		}
	}
	s.next = c.Offset + uint64(n)
	return n, nil
}

// step takes what stands next: the rest of a command, or a new command, or a new frame. It uses nothing where more bytes are needed.
func (r *reader) step(s *side, d flow.Dir, b []byte) (used int, err error) {
	switch {
	case s.lost:
		return r.search(s, b)
	case s.pad+s.data+s.tail > 0:
		return r.rest(s, d, b), nil
	case s.left > 0:
		return r.command(s, d, b)
	}
	return r.frame(s, b)
}

// rest takes what is left of a command: a pipe's data goes on, anything else is passed over.
func (r *reader) rest(s *side, d flow.Dir, b []byte) int {
	all := uint64(len(b))
	switch {
	case s.pad > 0:
		n := min(s.pad, all)
		s.pad -= n
		return int(n)
	case s.data > 0:
		n := min(s.data, all)
		s.data -= n
		r.toPipe(s.pipe, d, b[:n])
		return int(n)
	}
	n := min(s.tail, all)
	s.tail -= n
	return int(n)
}

// missed passes over n bytes that never came. Within the frame they are counted; beyond it the next frame must be searched for.
func (r *reader) missed(s *side, d flow.Dir, n uint64) {
	inside := s.pad + s.data + s.tail
	if s.data > 0 && n > s.pad {
		s.pipe.Gap(d)
	}
	switch {
	case n <= inside && inside > 0:
		for _, part := range [...]*uint64{&s.pad, &s.data, &s.tail} {
			k := min(n, *part)
			*part -= k
			n -= k
		}
	case n <= inside+s.left:
		s.tail, s.pad, s.data, s.left = inside+s.left-n, 0, 0, 0
	default:
		s.pad, s.data, s.tail, s.left = 0, 0, 0, 0
		s.lost = true
	}
}

// Gap remembers that bytes are missing; how many also of those that were held, the next chunk's offset tells.
func (r *reader) Gap(d flow.Dir, _ int) error {
	r.sides[d&1].gap = true
	return nil
}

// Close tells of what was under way.
func (r *reader) Close() {
	for _, h := range r.handles {
		r.closed(h)
	}
	for i := range r.sessions {
		r.unanswered(&r.sessions[i])
	}
	for i := range r.waiting {
		r.unansweredPlain(&r.waiting[i])
	}
	r.took(nil)
	r.handles, r.sessions, r.waiting = nil, nil, nil
}

// confirm names the protocol, and what is carried inside of it, once each.
func (r *reader) confirm() {
	if !r.certain {
		r.certain = true
		r.conv.Confirm("")
	}
}

func (r *reader) carries(s services, name string) {
	if r.inner&s == 0 {
		r.inner |= s
		r.conv.Confirm(name)
	}
}
