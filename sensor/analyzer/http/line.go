package http

import "bytes"

// line cuts the next line off b: without its end, and how many bytes it took. n is 0 while the line is not whole. With fold,
// continuation lines (obs-fold, RFC 9112 section 5.2) belong to it, so that one byte behind the end must be there. An overlong
// line is given in its first part, and the rest dropped.
func (s *side) line(b []byte, fold bool) (line []byte, n int) {
	window := b[:min(len(b), maxLine+1)]
	for s.scan < len(window) {
		i := bytes.IndexByte(window[s.scan:], '\n')
		if i < 0 {
			s.scan = len(window)
			break
		}
		end := s.scan + i
		blank := end == 0 || end == 1 && window[0] == '\r'
		if fold && !blank {
			if end+1 == len(window) {
				s.scan = end
				break
			}
			if next := window[end+1]; next == ' ' || next == '\t' {
				s.scan = end + 1
				continue
			}
		}
		s.scan = 0
		return bytes.TrimSuffix(b[:end], []byte{'\r'}), end + 1
	}
	if len(window) <= maxLine {
		return nil, 0
	}
	s.scan, s.cut = 0, true
	return b[:maxLine], maxLine
}

// dropLine drops what is left of an overlong line.
func (s *side) dropLine(b []byte) int {
	i := bytes.IndexByte(b, '\n')
	if i < 0 {
		return len(b)
	}
	s.cut = false
	return i + 1
}

// is compares a header name with a lower-case one, ignoring case (RFC 9110 section 5.1).
func is(name []byte, lower string) bool {
	return len(name) == len(lower) && hasPrefixFold(name, lower)
}

// hasPrefixFold is a prefix test that ignores the case of ASCII letters in b.
func hasPrefixFold(b []byte, lower string) bool {
	if len(b) < len(lower) {
		return false
	}
	for i := 0; i < len(lower); i++ {
		c := b[i]
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

// indexFold finds a lower-case string in b, ignoring the case of ASCII letters in b; -1 where it is not.
func indexFold(b []byte, lower string) int {
	for i := 0; i+len(lower) <= len(b); i++ {
		if hasPrefixFold(b[i:], lower) {
			return i
		}
	}
	return -1
}
