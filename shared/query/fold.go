package query

import "strings"

// Lower makes ASCII letters small and leaves everything else: what "whatever the case" means, in every engine alike.
func Lower(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

func low(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// equalFold compares s with a text in small letters.
func equalFold(s, small string) bool {
	return len(s) == len(small) && hasPrefixFold(s, small)
}

func hasPrefixFold(s, small string) bool {
	if len(s) < len(small) {
		return false
	}
	for i := range len(small) {
		if low(s[i]) != small[i] {
			return false
		}
	}
	return true
}

func containsFold(s, small string) bool { return indexFold(s, small) >= 0 }

func indexFold(s, small string) int {
	if small == "" {
		return 0
	}
	first := small[0]
	for i := 0; i+len(small) <= len(s); i++ {
		if low(s[i]) == first && hasPrefixFold(s[i:], small) {
			return i
		}
	}
	return -1
}

func compareFold(s, small string) int {
	for i := range min(len(s), len(small)) {
		if c := low(s[i]); c != small[i] {
			return int(c) - int(small[i])
		}
	}
	return len(s) - len(small)
}

// matchFold holds s against a pattern that was cut at its stars. Taking each part at the first place is enough: what matches at a
// later place matches there too.
func matchFold(s string, parts []string) bool {
	if len(parts) == 1 {
		return equalFold(s, parts[0])
	}
	last := len(parts) - 1
	if !hasPrefixFold(s, parts[0]) {
		return false
	}
	s = s[len(parts[0]):]
	for _, p := range parts[1:last] {
		at := indexFold(s, p)
		if at < 0 {
			return false
		}
		s = s[at+len(p):]
	}
	tail := parts[last]
	return len(s) >= len(tail) && hasPrefixFold(s[len(s)-len(tail):], tail)
}
