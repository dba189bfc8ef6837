package sunrpc

import (
	"encoding/binary"
	"strconv"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
)

// Fixed fields of a call and of an answer, in bytes (RFC 5531 section 9).
const (
	callLen  = 40 // id, direction, version of RPC, program, version, procedure, and two empty credentials
	replyLen = 12 // id, direction, whether it was accepted

	isCall     = 0
	isReply    = 1
	rpcVersion = 2
	refused    = 100 // what a record says of a call that was not even accepted
	maxFlavour = 6   // GSS; above are numbers that hardly anybody uses
	maxAuth    = 400 // bytes of a credential (RFC 5531 section 8.2)
	authSys    = 1
	maxText    = 256
	maxMachine = 255
)

// The programs that have a name, by number.
const (
	portmap = 100000
	nfs     = 100003
	mount   = 100005
	nlm     = 100021
	status  = 100024
)

// probeMessage says whether b begins with a call of a program that is known, or, where answers are believed, with an answer.
func probeMessage(b []byte, answers bool) analyzer.Verdict {
	if len(b) < 8 {
		return analyzer.Maybe
	}
	switch binary.BigEndian.Uint32(b[4:]) {
	case isCall:
		return probeCall(b)
	case isReply:
		if !answers {
			return analyzer.No
		}
		return probeReply(b)
	}
	return analyzer.No
}

func probeCall(b []byte) analyzer.Verdict {
	known := func(i int, least, most uint32) bool {
		return len(b) < i+4 || binary.BigEndian.Uint32(b[i:]) >= least && binary.BigEndian.Uint32(b[i:]) <= most
	}
	if !known(8, rpcVersion, rpcVersion) || !known(12, 100000, 400000) || !known(16, 1, 10) || !known(20, 0, 64) || !known(24, 0, maxFlavour) || !known(28, 0, maxAuth) {
		return analyzer.No
	}
	if len(b) < callLen {
		return analyzer.Maybe
	}
	return analyzer.Yes
}

func probeReply(b []byte) analyzer.Verdict {
	if len(b) < replyLen {
		return analyzer.Maybe
	}
	if state := binary.BigEndian.Uint32(b[8:]); state > 1 || state == 0 && len(b) >= 20 &&
		(binary.BigEndian.Uint32(b[12:]) > maxFlavour || binary.BigEndian.Uint32(b[16:]) > maxAuth) {
		return analyzer.No
	}
	return analyzer.Yes
}

// passedOver says whether a call is one of NFS or of its lists of access.
func passedOver(b []byte) bool {
	if binary.BigEndian.Uint32(b[4:]) != isCall {
		return false
	}
	program := binary.BigEndian.Uint32(b[12:])
	return program == nfs || program == 100227
}

// xdr reads fields one after the other (RFC 4506). Once one is not there, the rest are empty.
type xdr struct {
	b       []byte
	longest uint32 // of the counted fields, as they say themselves
}

func (x *xdr) number() uint32 {
	if len(x.b) < 4 {
		x.b = nil
		return 0
	}
	n := binary.BigEndian.Uint32(x.b)
	x.b = x.b[4:]
	return n
}

// bytes gives a counted field, as far as it is there, and the length that it says it has.
func (x *xdr) bytes() ([]byte, uint32) {
	n := x.number()
	x.longest = max(x.longest, n)
	field := x.b[:min(uint64(n), uint64(len(x.b)))]
	x.b = x.b[min((uint64(n)+3)&^3, uint64(len(x.b))):]
	return field, n
}

// text gives a counted field as text, cut.
func (x *xdr) text(most int) string {
	b, _ := x.bytes()
	return strings.ToValidUTF8(string(b[:min(len(b), most)]), "?")
}

// readCall reads what is looked at of a call, which is at least callLen long.
func readCall(b []byte) *events.SunRPC {
	x := &xdr{b: b[12:]}
	program, version, procedure := x.number(), x.number(), x.number()
	r := &events.SunRPC{Program: programName(program), Version: version, Procedure: procedureName(program, version, procedure)}
	flavour := x.number()
	credential, _ := x.bytes()
	if flavour == authSys {
		c := &xdr{b: credential}
		c.number() // when it was made
		r.Machine = c.text(maxMachine)
	}
	x.number()
	x.bytes() // the verifier
	x.longest = 0
	r.Args = arguments(x, program, version, procedure)
	r.LongestArg = x.longest
	return r
}

// arguments gives the text that a call is about.
func arguments(x *xdr, program, version, procedure uint32) string {
	switch program {
	case portmap:
		if procedure == 0 || procedure == 4 {
			return ""
		}
		asked := programName(x.number())
		if x.number(); version > 2 {
			for range 3 { // network, address, owner
				x.bytes()
			}
		}
		return asked
	case mount, status:
		return x.text(maxText)
	case nlm:
		return lockOwner(x, procedure)
	}
	return ""
}

// lockOwner reads a lock (RFC 1813 section 6.3): a cookie, for some procedures one or two yes or no, then the host's name, the file and the owner.
func lockOwner(x *xdr, procedure uint32) string {
	if procedure == 0 || procedure > 10 && procedure != 22 {
		return ""
	}
	x.bytes()
	switch (procedure-1)%5 + 1 {
	case 1, 5: // TEST, GRANTED
		x.number()
	case 2, 3: // LOCK, CANCEL
		x.number()
		x.number()
	}
	name := x.text(maxText)
	x.bytes()
	x.bytes()
	return name
}

// readAnswer reads what an answer, which is at least replyLen long, says of its call.
func readAnswer(r *events.SunRPC, b []byte) {
	x := &xdr{b: b[8:]}
	r.Answered = true
	if x.number() != 0 {
		r.Status = refused
		return
	}
	x.number()
	x.bytes() // the verifier
	r.Status = x.number()
	if r.Status != 0 || r.Program != "portmap" {
		return
	}
	switch r.Procedure {
	case "GETPORT":
		r.Address = strconv.Itoa(int(x.number()))
		r.AddressLen = uint32(len(r.Address))
	case "GETADDR":
		address, n := x.bytes()
		r.Address, r.AddressLen = strings.ToValidUTF8(string(address[:min(len(address), maxText)]), "?"), n
	}
}
