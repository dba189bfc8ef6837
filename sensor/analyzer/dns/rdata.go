package dns

import (
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"strconv"

	"github.com/mirrorwatch/mirrorwatch/events"
)

const (
	// maxAnswers bounds the answers kept of one message; a real one has a handful, a tunnel or a zone transfer thousands.
	maxAnswers = 64
	// maxAnswerText bounds their text: 64 names of 1,020 characters would make a record of 64 KiB out of a datagram of 1 KiB.
	maxAnswerText = 16 << 10
	// usualText is the room that the answers of an ordinary message need, taken from the stack.
	usualText = 512
)

// answerSection is the part of a message that holds answers, and the message it points into.
type answerSection struct {
	msg   []byte
	off   int
	count int
	wire  int
}

// readAnswers fills the record's answers and TTLs, and says how many were left out for being too many. Where only the answer
// was seen, the first record's name stands in for the question, as in Zeek. The text of all answers is one string, cut up.
func (t *transaction) readAnswers(s *answerSection, alone, netbios bool) (left int) {
	var textBuf [usualText]byte
	var ends [maxAnswers]uint16 // maxAnswerText fits
	text, kept, off := textBuf[:0], 0, s.off
	t.rec.TTLs = t.ttls[:0]
	for i := range s.count {
		rr, next, ok := parseResource(s.msg, off)
		if !ok {
			break
		}
		if alone && i == 0 {
			t.standIn(s, netbios)
		}
		before := len(text)
		if text = appendAnswer(text, s.msg, rr, netbios); len(text) > before {
			if kept == maxAnswers || len(text) > maxAnswerText {
				text, left = text[:before], s.count-i
				break
			}
			ends[kept] = uint16(len(text))
			kept++
			t.rec.TTLs = append(t.rec.TTLs, events.Interval(rr.ttl)*1e9)
		}
		off = next
	}
	t.cut(string(text), ends[:kept])
	return left
}

func (t *transaction) standIn(s *answerSection, netbios bool) {
	var scratch [maxNameText]byte
	t.rec.Query = string(s.firstName(scratch[:0], netbios))
}

// firstName gives the name of the first record, written into buf; nothing where it is broken.
func (s *answerSection) firstName(buf []byte, netbios bool) []byte {
	name, _, ok := appendName(buf, s.msg, s.off)
	if !ok {
		return nil
	}
	if netbios {
		name = decodeNetBIOS(name)
	}
	return name
}

// cut makes the answers out of their joined text.
func (t *transaction) cut(text string, ends []uint16) {
	if len(ends) == 0 {
		t.rec.TTLs = nil
		return
	}
	t.rec.Answers = t.answers[:0]
	from := uint16(0)
	for _, to := range ends {
		t.rec.Answers = append(t.rec.Answers, text[from:to])
		from = to
	}
}

// appendAnswer writes one record as Zeek's dns.log does: addresses and names as they are, other types behind their name.
// A record whose data is malformed adds nothing, and neither do the types that Zeek reads but leaves out of the log.
func appendAnswer(dst, msg []byte, rr resource, netbios bool) []byte {
	b := rr.data
	switch {
	case netbios && (rr.rtype == typeNB || rr.rtype == typeNBSTAT):
		return dst
	case rr.rtype == typeA && len(b) == 4:
		return netip.AddrFrom4([4]byte(b)).AppendTo(dst)
	case rr.rtype == typeAAAA && len(b) == 16:
		return netip.AddrFrom16([16]byte(b)).AppendTo(dst)
	}
	if skip, is := nameAt(rr.rtype); is {
		return appendTarget(dst, msg, rr, "", skip)
	}
	switch rr.rtype {
	case typeTXT:
		return appendStrings(dst, b, "TXT ")
	case typeSPF:
		return appendStrings(dst, b, "SPF ")
	case typeNAPTR:
		return appendNAPTR(dst, msg, rr)
	case typeA, typeAAAA, typeOPT, typeTSIG, typeWKS, typeHINFO, typeCAA, typeSVCB, typeHTTPS:
		return dst
	}
	return appendSecurity(dst, msg, rr)
}

// nameAt says for the types that Zeek logs as a bare name how many bytes of data come before it.
func nameAt(rtype uint16) (skip int, is bool) {
	switch rtype {
	case typeNS, typeCNAME, typePTR, typeSOA:
		return 0, true
	case typeMX:
		return 2, true // preference
	case typeSRV:
		return 6, true // priority, weight, port
	}
	return 0, false
}

// appendTarget writes the name that lies skip bytes into the record's data. The root is nothing by itself (an MX or SRV of "."
// says that there is no such service), and <Root> behind a prefix.
func appendTarget(dst, msg []byte, rr resource, prefix string, skip int) []byte {
	if len(rr.data) <= skip {
		return dst
	}
	from := len(dst)
	dst = append(dst, prefix...)
	out, _, ok := appendName(dst, msg[:rr.dataOff+len(rr.data)], rr.dataOff+skip)
	if !ok {
		return dst[:from]
	}
	if len(out) == len(dst) && prefix != "" {
		return append(out, "<Root>"...)
	}
	return out
}

// appendStrings writes character-strings (RFC 1035 section 3.3), each behind the type's name and its length.
func appendStrings(dst, b []byte, prefix string) []byte {
	for first := true; len(b) > 0; first = false {
		n := int(b[0])
		if len(b)-1 < n {
			return dst
		}
		if !first {
			dst = append(dst, ' ')
		}
		dst = strconv.AppendInt(append(dst, prefix...), int64(n), 10)
		dst = appendText(append(dst, ' '), b[1:1+n], false)
		b = b[1+n:]
	}
	return dst
}

// takeString cuts a character-string off b.
func takeString(b []byte) (s, rest []byte, ok bool) {
	if len(b) == 0 || len(b)-1 < int(b[0]) {
		return nil, b, false
	}
	n := 1 + int(b[0])
	return b[1:n], b[n:], true
}

// appendNAPTR writes RFC 3403's order, preference, flags, service, and what it is replaced by.
func appendNAPTR(dst, msg []byte, rr resource) []byte {
	if len(rr.data) < 4 {
		return dst
	}
	flags, rest, ok := takeString(rr.data[4:])
	service, rest, ok2 := takeString(rest)
	pattern, rest, ok3 := takeString(rest)
	if !ok || !ok2 || !ok3 {
		return dst
	}
	dst = strconv.AppendUint(append(dst, "NAPTR "...), uint64(binary.BigEndian.Uint16(rr.data)), 10)
	dst = strconv.AppendUint(append(dst, ' '), uint64(binary.BigEndian.Uint16(rr.data[2:])), 10)
	dst = appendText(append(dst, ' '), flags, false)
	dst = appendText(append(dst, ' '), service, false)
	dst = appendText(append(dst, ' '), pattern, false)
	before := len(dst)
	if len(pattern) > 0 {
		dst = append(dst, ' ')
	}
	out, _, ok := appendName(dst, msg, rr.dataOff+len(rr.data)-len(rest))
	if !ok || len(out) == len(dst) {
		return dst[:before]
	}
	return out
}

// appendSecurity writes the DNSSEC types (RFC 4034, RFC 5155), SSHFP and LOC; any other by its number.
func appendSecurity(dst, msg []byte, rr resource) []byte {
	b := rr.data
	switch rr.rtype {
	case typeRRSIG, typeSIG:
		if len(b) < 18 {
			return dst
		}
		covered := strconv.AppendUint(append(dst, "RRSIG "...), uint64(binary.BigEndian.Uint16(b)), 10)
		if out := appendTarget(covered, msg, rr, " ", 18); len(out) > len(covered) {
			return out
		}
		return dst
	case typeDNSKEY:
		return appendNumbers(dst, b, "DNSKEY", 3)
	case typeDS:
		return appendNumbers(dst, b, "DS", 2, 3)
	case typeLOC:
		return appendNumbers(dst, b, "LOC: ", 1, 2, 3)
	case typeNSEC:
		out, _, ok := appendName(append(dst, "NSEC "...), msg, rr.nameOff)
		if !ok {
			return dst
		}
		return appendTarget(append(out, ' '), msg, rr, "", 0)
	case typeNSEC3:
		return append(dst, "NSEC3"...)
	case typeNSEC3PARAM:
		return append(dst, "NSEC3PARAM"...)
	case typeBINDS:
		return append(dst, "BIND9 signing signal"...)
	case typeSSHFP:
		if len(b) < 2 {
			return dst
		}
		return hex.AppendEncode(append(dst, "SSHFP: "...), b[2:])
	}
	return append(strconv.AppendUint(append(dst, "<unknown type="...), uint64(rr.rtype), 10), '>')
}

// appendNumbers writes single bytes of the data as numbers.
func appendNumbers(dst, b []byte, prefix string, at ...int) []byte {
	if len(b) <= at[len(at)-1] {
		return dst
	}
	dst = append(dst, prefix...)
	for _, i := range at {
		dst = strconv.AppendUint(append(dst, ' '), uint64(b[i]), 10)
	}
	return dst
}
