package trail

import "bytes"

// sign is a reason to look closer at a text: it may hold a secret of a form.
type sign uint8

const (
	signPEM    sign = 1 << iota // five dashes
	signJWT                     // eyJ, which is {" in base64
	signLogin                   // an address with a log-on
	signVendor                  // a beginning that a maker of tokens chose
	signNamed                   // a word of secrets, and something that parts a name from its value
	signKey                     // capitals and digits as long as the id of an access key
	signLong                    // letters and digits as long as a secret access key
)

// signsOf looks at each byte once. It errs on the side of looking closer.
func signsOf(s []byte) (found sign) {
	capitals, run, dashes := 0, 0, 0
	parted, at := false, false
	for i, c := range s {
		if !letterOrDigit(c) && c != '/' && c != '+' {
			run = 0
		} else if run++; run == windowLong {
			found |= signLong
		}
		if c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' {
			if capitals++; capitals == shortestKey {
				found |= signKey
			}
		} else {
			capitals = 0
		}
		switch c {
		case '-':
			if dashes++; dashes == 5 {
				found |= signPEM
			}
			continue
		case '=', '"', '\'', ' ':
			parted = true
		case '@':
			at = true
		case ':':
			parted = parted || i+1 < len(s) && endsWord(s[:i], "passwd", "password")
		case 'e':
			if bytes.HasPrefix(s[i:], []byte("eyJ")) {
				found |= signJWT
			}
		}
		dashes = 0
		if i == 0 || !letterOrDigit(s[i-1]) {
			found |= vendorSign(s[i:])
		}
	}
	if at && bytes.Contains(s, []byte("://")) {
		found |= signLogin
	}
	if parted && hasWord(s) {
		found |= signNamed
	}
	return found
}

// shortestKey is how long the id of an access key is at the least.
const shortestKey = 16

func letterOrDigit(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

func endsWord(s []byte, words ...string) bool {
	for _, w := range words {
		if len(s) >= len(w) && bytes.EqualFold(s[len(s)-len(w):], []byte(w)) {
			return true
		}
	}
	return false
}

func vendorSign(s []byte) sign {
	if len(s) < 13 {
		return 0
	}
	switch s[0] {
	case 'g', 'x', 's', 'r', 'A', 'n', 'd', 'S':
		for _, begin := range vendorBegins {
			if len(s) > len(begin) && string(s[:len(begin)]) == begin {
				return signVendor
			}
		}
	}
	return 0
}

// vendorBegins are the beginnings that vendorForm knows.
var vendorBegins = []string{
	"ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "xox", "sk_live_", "sk_test_", "rk_live_", "AIza", "npm_", "dop_v1_", "SG.",
}

// namedWords are what the names that namedForm knows begin or end with.
var namedWords = []string{"passw", "passph", "pgpass", "pwd", "secret", "signature", "token", "credential", "key", "authorization", "bearer", "basic", "aws4-hmac"}

// hasWord looks for one of namedWords, in any case.
func hasWord(s []byte) bool {
	for i := range s {
		switch s[i] | 0x20 {
		case 'p', 's', 't', 'c', 'k', 'a', 'b':
			for _, w := range namedWords {
				if s[i]|0x20 == w[0] && len(s)-i >= len(w) && bytes.EqualFold(s[i:i+len(w)], []byte(w)) {
					return true
				}
			}
		}
	}
	return false
}
