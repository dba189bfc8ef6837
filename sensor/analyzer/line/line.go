// Package line is the arithmetic of line protocols: FTP, SMTP, POP3, IMAP, SIP. What comes in is bytes of a direction; what goes out is
// lines without their ends, and words of them. It never copies, never holds anything, and never waits for a line that is longer than it may be.
package line

import "bytes"

// Cut gives the first line of b, without CR and LF, and how many bytes it took. A line longer than most is given cut, and the
// rest of it follows as if it were another: who counts lines by their beginning keeps its own mind about that. Ok is false where more bytes are needed.
func Cut(b []byte, most int) (text []byte, n int, ok bool) {
	end := bytes.IndexByte(b[:min(len(b), most)], '\n')
	switch {
	case end >= 0:
		return bytes.TrimSuffix(b[:end], []byte{'\r'}), end + 1, true
	case len(b) >= most:
		return b[:most], most, true
	}
	return nil, 0, false
}

// Word splits a line at its first space or tab: the word, and what follows without the spaces before it.
func Word(b []byte) (word, rest []byte) {
	at := bytes.IndexAny(b, " \t")
	if at < 0 {
		return b, nil
	}
	return b[:at], bytes.TrimLeft(b[at:], " \t")
}

// Is compares a word with one in capitals, whatever the case of its letters A to Z.
func Is(b []byte, capitals string) bool { return len(b) == len(capitals) && Begins(b, capitals) }

// Begins says whether b begins with a text in capitals, whatever the case of its letters A to Z.
func Begins(b []byte, capitals string) bool {
	if len(b) < len(capitals) {
		return false
	}
	for i := range len(capitals) {
		c := b[i]
		if c >= 'a' && c <= 'z' {
			c -= 'a' - 'A'
		}
		if c != capitals[i] {
			return false
		}
	}
	return true
}

// Verdict of a beginning: whether b begins with one of the texts in capitals, or could once there is more of it.
func Verdict(b []byte, capitals ...string) (yes, maybe bool) {
	for _, text := range capitals {
		if Begins(b, text) {
			return true, false
		}
		if len(b) < len(text) && Begins(b, text[:len(b)]) {
			maybe = true
		}
	}
	return false, maybe
}

// Code reads the three digits that a reply of FTP or SMTP begins with (RFC 959 section 4.2, RFC 5321 section 4.2), and whether
// more lines of it follow. Code is 0 where there are none.
func Code(b []byte) (code uint16, more bool, text []byte) {
	if len(b) < 3 {
		return 0, false, nil
	}
	for _, c := range b[:3] {
		if c < '0' || c > '9' {
			return 0, false, nil
		}
		code = code*10 + uint16(c-'0')
	}
	if code < 100 || code > 599 || len(b) > 3 && b[3] != ' ' && b[3] != '-' {
		return 0, false, nil
	}
	if len(b) > 4 {
		text = b[4:]
	}
	return code, len(b) > 3 && b[3] == '-', text
}

// TLS says whether a handshake record of TLS stands where a line should begin (RFC 8446 section 5.1), or could once there is more of it: after
// STARTTLS or AUTH TLS, of which the other direction may not have been seen.
func TLS(b []byte) (yes, wait bool) {
	if len(b) == 0 || b[0] != 0x16 {
		return false, false
	}
	if len(b) < 3 {
		return false, len(b) < 2 || b[1] == 3
	}
	return b[1] == 3 && b[2] <= 4, false
}
