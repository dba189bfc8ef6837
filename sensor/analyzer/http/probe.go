package http

import (
	"bytes"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
)

// maxMethod is the longest method looked at; the longest registered one is UPDATEREDIRECTREF.
const maxMethod = 32

// probe is strict: RTSP, SIP and SSDP share the shape of HTTP and only the version at the line's end tells them apart.
func probe(d flow.Dir, head []byte, hinted bool) analyzer.Verdict {
	if d == flow.Resp {
		return probeStatus(head)
	}
	head = trimLineEnds(head)
	i := bytes.IndexByte(head, '\n')
	if i < 0 {
		return probePart(head)
	}
	req, ok := parseRequest(bytes.TrimSuffix(head[:i], []byte{'\r'}))
	if ok && (req.version != "" || hinted) {
		return analyzer.Yes
	}
	return analyzer.No
}

// probePart judges a request line that has not ended yet.
func probePart(b []byte) analyzer.Verdict {
	i := 0
	for i < len(b) && isTokenByte(b[i]) {
		i++
	}
	switch {
	case i > maxMethod, i == 0 && len(b) > 0, i < len(b) && b[i] != ' ':
		return analyzer.No
	case i == len(b):
		return analyzer.Maybe
	}
	for _, c := range b[i:] {
		if c < ' ' && c != '\r' || c == 0x7f {
			return analyzer.No
		}
	}
	if len(b) < analyzer.MaxProbe {
		return analyzer.Maybe
	}
	// A URI longer than the probe hides the version, so the method must be a known one and the URI a path or absolute.
	if rest := b[i+1:]; knownMethod(b[:i]) != "" && (rest[0] == '/' || hasPrefixFold(rest, "http")) {
		return analyzer.Yes
	}
	return analyzer.No
}

// probeStatus judges the start of an answer: "HTTP/", a version of 0 or 1, and a three-digit code.
func probeStatus(b []byte) analyzer.Verdict {
	const shape = "HTTP/v.d ccc"
	b = trimLineEnds(b)
	for i := 0; i < len(shape); i++ {
		if i == len(b) {
			return analyzer.Maybe
		}
		c, ok := b[i], false
		switch shape[i] {
		case 'v':
			ok = c == '0' || c == '1'
		case 'd', 'c':
			ok = isDigit(c)
		default:
			ok = c == shape[i]
		}
		if !ok {
			return analyzer.No
		}
	}
	return analyzer.Yes
}

// trimLineEnds drops empty lines before a start line, which RFC 9112 section 2.2 tells a reader to ignore.
func trimLineEnds(b []byte) []byte {
	for len(b) > 0 && (b[0] == '\r' || b[0] == '\n') {
		b = b[1:]
	}
	return b
}

// isTokenByte says whether c may stand in a method: RFC 9110 section 5.6.2's tchar.
func isTokenByte(c byte) bool {
	return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || isDigit(c) || c > ' ' && strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
