package tls

import (
	"bytes"

	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

// StartTLS declares the reader of openings in plain text that turn to TLS on the same connection: IMAP and POP3 (RFC 2595) and XMPP
// (RFC 6120 section 5). It reads lines only to find where they end, keeps none of them, and hands over at the
// first hello, from either side. It belongs behind the analyzers of those protocols, which know more.
var StartTLS = analyzer.Spec{
	Name:  "starttls",
	Over:  analyzer.TCP,
	Ports: []uint16{110, 143, 5222, 5269},
	Probe: probeOpening,
	New:   func(c *analyzer.Conversation) analyzer.Analyzer { return &opening{conv: c} },
}

const (
	// maxLine is how long a line, or an XML tag, is waited for. RFC 5321 section 4.5.3.1 allows 512 bytes, IMAP's capabilities are longer.
	maxLine = 4096
	// maxLines is how many of them may come before TLS; SMTP's capabilities take about a dozen, twice.
	maxLines = 256
)

// opening is one conversation's reader.
type opening struct {
	conv    *analyzer.Conversation
	service string // Zeek's name for the protocol in the clear, as far as it is known
	certain bool   // and confirmed
	lines   int
}

// greeting is the beginning of a first line, in small letters, and the service that it tells.
type greeting struct{ text, service string }

// greetings are how either side begins.
var greetings = [...]greeting{
	{"* ok", "imap"}, {"+ok", "pop3"}, {"<?xml", "xmpp"}, {"<stream:stream", "xmpp"},
}

// probeOpening knows the greeting of either side.
func probeOpening(_ flow.Dir, head []byte, _ bool) analyzer.Verdict {
	for _, g := range greetings {
		n := min(len(head), len(g.text))
		switch {
		case !foldEqual(head[:n], g.text[:n]):
		case n < len(g.text):
			return analyzer.Maybe
		case g.text == "<?xml" && !bytes.Contains(head, []byte("<stream:stream")):
			return analyzer.Maybe // many things are XML
		default:
			return analyzer.Yes
		}
	}
	return analyzer.No
}

// foldEqual compares b with a text in small letters.
func foldEqual(b []byte, lower string) bool {
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

// Feed passes over lines until a hello stands where the next should begin.
func (o *opening) Feed(c stream.Chunk) (n int, err error) {
	for n < len(c.Data) {
		rest := c.Data[n:]
		if rest[0] == typeHandshake {
			switch probe(c.Dir, rest[:min(len(rest), analyzer.MaxProbe)], false) {
			case analyzer.Yes:
				if !o.certain {
					o.conv.Confirm(o.service)
				}
				return n, analyzer.ErrHandOver
			case analyzer.Maybe:
				return n, nil
			}
		}
		end := bytes.IndexAny(rest[:min(len(rest), maxLine)], "\n>")
		if end < 0 && len(rest) < maxLine {
			return n, nil
		}
		if end < 0 {
			end = maxLine - 1
		}
		o.line(rest[:end+1])
		n += end + 1
		if o.lines++; o.lines > maxLines {
			return n, analyzer.ErrDone
		}
	}
	return n, nil
}

// signs are lines that leave no doubt about the protocol.
var signs = [...]greeting{{"+ok", "pop3"}, {"* ok", "imap"}, {"<stream:stream", "xmpp"}}

// line learns from a line which protocol it is, and confirms it once that is certain.
func (o *opening) line(b []byte) {
	if o.certain {
		return
	}
	for i := range signs {
		if hasFold(b, signs[i].text) {
			o.service, o.certain = signs[i].service, true
			o.conv.Confirm(o.service)
			return
		}
	}
	for i := 0; o.service == "" && i < len(greetings); i++ {
		if hasFold(b, greetings[i].text) {
			o.service = greetings[i].service
		}
	}
}

func hasFold(b []byte, lower string) bool {
	return len(b) >= len(lower) && foldEqual(b[:len(lower)], lower)
}

// Gap does no harm: the next line ends where it ends.
func (o *opening) Gap(flow.Dir, int) error { return nil }

// Close has nothing to tell.
func (o *opening) Close() {}
