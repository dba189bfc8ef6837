package tls

import (
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
)

const (
	// minClientHello is version, random, an empty session id, one suite and one compression method (RFC 8446 section 4.1.2).
	minClientHello = 2 + 32 + 1 + 2 + 2 + 1 + 1
	// minServerHello is version, random and suite: drafts of TLS 1.3 up to 21 left the session id and compression out.
	minServerHello = 2 + 32 + 2
	// alertRecord is the length of an unencrypted alert, which some servers send in front of their hello.
	alertRecord = headerLen + 2
)

// probe knows a hello of either side, from the record header down to the version inside it, and else two records of
// application data one behind the other: that is a conversation whose handshake was not captured.
func probe(_ flow.Dir, head []byte, _ bool) analyzer.Verdict {
	if len(head) == 0 {
		return analyzer.Maybe
	}
	switch {
	case head[0]&0x80 != 0:
		return probeV2(head)
	case head[0] == typeHandshake:
		return probeHello(head, 1, 2)
	case head[0] == typeAlert:
		return probeAlert(head)
	case head[0] == typeApplicationData:
		return probeData(head)
	}
	return analyzer.No
}

// match compares what is there of head, from offset i on, with what ok accepts; a byte not there yet is neither right nor wrong.
func match(head []byte, i int, ok func(byte) bool) bool { return i >= len(head) || ok(head[i]) }

func probeHello(head []byte, types ...byte) analyzer.Verdict {
	const need = headerLen + 4 + 2
	record := match(head, 1, is3) && match(head, 2, isMinor)
	kind := match(head, headerLen, func(b byte) bool { return b == types[0] || b == types[len(types)-1] })
	inner := match(head, 9, func(b byte) bool { return b == 3 || b == 0x7f })
	if !record || !kind || !inner {
		return analyzer.No
	}
	if len(head) < need {
		return analyzer.Maybe
	}
	length := int(head[3])<<8 | int(head[4])
	message := int(head[6])<<16 | int(head[7])<<8 | int(head[8])
	least := minClientHello
	if head[headerLen] == 2 {
		least = minServerHello
	}
	version := uint16(head[9])<<8 | uint16(head[10])
	if length < 4 || length > maxRecord || message < least || message > maxMessage {
		return analyzer.No
	}
	if version < versionSSL3 || version > versionTLS13 && (!isDraft(version) || head[headerLen] == 1) {
		return analyzer.No
	}
	return analyzer.Yes
}

// probeAlert knows an alert of two bytes with a server's hello behind it.
func probeAlert(head []byte) analyzer.Verdict {
	alert := match(head, 1, is3) && match(head, 2, isMinor) && match(head, 3, isZero) &&
		match(head, 4, func(b byte) bool { return b == 2 }) && match(head, 5, func(b byte) bool { return b == 1 || b == 2 })
	switch {
	case !alert || len(head) > alertRecord && head[alertRecord] != typeHandshake:
		return analyzer.No
	case len(head) <= alertRecord:
		return analyzer.Maybe
	}
	return probeHello(head[alertRecord:], 2)
}

// probeData asks for two whole headers: the first alone is five bytes, of which three could be chance.
func probeData(head []byte) analyzer.Verdict {
	if len(head) < headerLen {
		if match(head, 1, is3) && match(head, 2, isMinor) {
			return analyzer.Maybe
		}
		return analyzer.No
	}
	h, ok := parseHeader(head)
	if !ok || h.length == 0 {
		return analyzer.No
	}
	rest := head[min(len(head), headerLen+h.length):]
	if len(rest) < headerLen {
		if headerLen+h.length+headerLen > analyzer.MaxProbe {
			return analyzer.No
		}
		return analyzer.Maybe
	}
	if next, ok := parseHeader(rest); ok && next.kind == typeApplicationData && next.version == h.version {
		return analyzer.Yes
	}
	return analyzer.No
}

func is3(b byte) bool     { return b == 3 }
func isMinor(b byte) bool { return b <= 3 }
func isZero(b byte) bool  { return b == 0 }
