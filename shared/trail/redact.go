package trail

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
)

// hidden stands where a secret stood.
const hidden = "***"

// secretWords are parts of the names of what must not be kept, without their separators and in small letters.
var secretWords = []string{
	"password", "passwd", "passphrase", "secret", "token", "credential", "privatekey", "keymaterial", "userdata", "authorization", "apikey",
	"signature", "cookie", "plaintext", "ciphertext", "sharedkey", "connectionstring", "webhook", "mfacode", "authparam", "accesskeys",
}

// secretNames are names that are secret as a whole only: as a part they say something else.
var secretNames = []string{"environment", "variables", "environmentvariables", "envvars", "commands", "command", "pwd", "pin", "otp", "pass", "auth", "privkey", "accesskey"}

// plainNames hold a part of secretWords and name no secret: what a secret is called, and whether there is one.
var plainNames = []string{"secretid", "secretarn", "secretname", "secretidlist", "versionid", "httptokens", "serversecretid", "passwordresetrequired", "tokentype"}

// namingNames hold the name of what stands beside them: of a tag, of a variable, of a parameter.
var namingNames = []string{"key", "name", "parameterkey", "parametername", "attribute", "attributename", "optionname", "variablename"}

// valueNames hold what namingNames name.
var valueNames = []string{"value", "values", "parametervalue", "attributevalue", "optionvalue", "valuefrom", "stringvalue", "content", "text"}

// nameClass says what stands under a name.
type nameClass uint8

const (
	plainName  nameClass = iota
	secretName           // what must not be kept
	keyIDName            // the id of an access key
	namingName           // the name of what stands in a valueName beside it
	valueName
)

// classOfName judges by the name alone.
func classOfName(name []byte) nameClass {
	folded := make([]byte, 0, 64)
	for _, c := range name[:min(len(name), 256)] {
		switch {
		case c >= 'A' && c <= 'Z':
			folded = append(folded, c+'a'-'A')
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
			folded = append(folded, c)
		}
	}
	s := string(folded)
	switch {
	case s == "accesskeyid" || s == "awsaccesskeyid":
		return keyIDName
	case slices.Contains(plainNames, s):
		return plainName
	case slices.Contains(secretNames, s) || slices.ContainsFunc(secretWords, func(w string) bool { return strings.Contains(s, w) }):
		return secretName
	case slices.Contains(namingNames, s):
		return namingName
	case slices.Contains(valueNames, s):
		return valueName
	}
	return plainName
}

// The forms of secrets, in the order in which they are taken out: what holds others first.
var (
	pemForm    = regexp.MustCompile(`-----BEGIN [^-]*-----(?s:.*?)(?:-----END [^-]*-----|$)`)
	jwtForm    = regexp.MustCompile(`eyJ[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_=-]*)+`)
	vendorForm = regexp.MustCompile(`\b(?:gh[pousr]_|github_pat_|glpat-|xox[abeprs]-|sk_live_|sk_test_|rk_live_|AIza|npm_|dop_v1_|SG\.)[A-Za-z0-9_.-]{10,}`)
	loginForm  = regexp.MustCompile(`([A-Za-z][A-Za-z0-9+.-]*://)[^\s/@"']*:[^\s/@"']*@`)
	keyForm    = regexp.MustCompile(`\b(?:AKIA|ASIA|ABIA|ACCA|A3T[A-Z0-9])[A-Z0-9]{12,124}`)
	longForm   = regexp.MustCompile(`[A-Za-z0-9/+]{40,}={0,2}`)
	namedForm  = regexp.MustCompile(`(?i)[\w.-]*(?:passw(?:or)?d|passphrase|secret|token|credential|api[_-]?key|access[_-]?key|private[_-]?key|authorization|signature|pgpass|pwd)[\w.-]*` +
		`(?:\s*=\s*|[\\"']+\s*[:=]\s*|:\s+)|\bpassw(?:or)?d:|--?[\w-]*(?:passw(?:or)?d|passphrase|secret|token|api-?key)[\w-]*\s+|\b(?:bearer|basic|aws4-hmac-sha256)\s+`)
)

// redact takes the secrets out of a text that are known by their form. What is left is the text, with hidden in their places. Most texts
// show no sign of one, and cost one look at each byte.
func redact(s []byte) []byte {
	found := signsOf(s)
	if found == 0 {
		return s
	}
	if found&signPEM != 0 {
		s = pemForm.ReplaceAll(s, []byte(hidden))
	}
	if found&signJWT != 0 {
		s = jwtForm.ReplaceAll(s, []byte(hidden))
	}
	if found&signLogin != 0 {
		s = loginForm.ReplaceAll(s, []byte("${1}"+hidden+"@"))
	}
	if found&signVendor != 0 {
		s = vendorForm.ReplaceAll(s, []byte(hidden))
	}
	if found&signNamed != 0 {
		s = hideNamed(s)
	}
	if found&signKey != 0 {
		s = keyForm.ReplaceAllFunc(s, starred)
	}
	if found&signLong != 0 {
		s = longForm.ReplaceAllFunc(s, func(run []byte) []byte {
			if drawnByLot(run) {
				return []byte(hidden)
			}
			return run
		})
	}
	return s
}

// starred is the id of an access key as it may be shown: all but the last four characters starred.
func starred(key []byte) []byte {
	shown := bytes.Repeat([]byte{'*'}, len(key))
	if len(key) > 8 {
		copy(shown[len(key)-4:], key[len(key)-4:])
	}
	return shown
}

// hideNamed takes out what stands behind the names of secrets: up to the closing quotation mark, or to the end of the word. A value may be
// the name of the next.
func hideNamed(s []byte) []byte {
	var out []byte
	for {
		at := namedForm.FindIndex(s)
		if at == nil {
			return append(out, s...)
		}
		from, to := valueBehind(s, at[1])
		if next := namedForm.FindIndex(s[from:]); next != nil {
			to = min(to, from+next[0])
		}
		out = append(out, s[:from]...)
		if to > from {
			out = append(out, hidden...)
		}
		s = s[to:]
	}
}

// valueBehind gives where a value begins and ends.
func valueBehind(s []byte, at int) (from, to int) {
	for at < len(s) && s[at] == '\\' {
		at++
	}
	if at < len(s) && (s[at] == '"' || s[at] == '\'') {
		mark := s[at]
		from = at + 1
		n := bytes.IndexByte(s[from:], mark)
		if n < 0 {
			return from, len(s)
		}
		return from, from + n
	}
	to = at
	for to < len(s) && bytes.IndexByte([]byte(" \t\r\n\"'&,;}"), s[to]) < 0 {
		to++
	}
	return at, to
}

// drawnByLot tells a secret from a long name or a path: among letters and digits drawn by lot the class changes at two places of three, in
// names at one of five. Parts of a path that are hexadecimal are ids of AWS, and part what is before them from what is behind.
func drawnByLot(run []byte) bool {
	run = bytes.TrimRight(run, "=")
	from := 0
	for i := 0; i <= len(run); i++ {
		if i < len(run) && run[i] != '/' {
			continue
		}
		begin := bytes.LastIndexByte(run[:i], '/') + 1
		if isHex(run[begin:i]) {
			if changesOften(run[from:begin]) {
				return true
			}
			from = min(i+1, len(run))
		}
	}
	return changesOften(run[from:])
}

func isHex(s []byte) bool {
	if len(s) < 8 {
		return false
	}
	for _, c := range s {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// windowLong is the length of a secret access key. Of 20,000 of them one has fewer changes than leastChange, and one has leastInWords letters
// or more in words with a capital; a name of so many words has.
const (
	windowLong   = 40
	leastChange  = 13
	leastInWords = 30
)

func changesOften(run []byte) bool {
	changes := 0
	for i := 1; i < len(run); i++ {
		if classOf(run[i]) != classOf(run[i-1]) {
			changes++
		}
		if i >= windowLong && classOf(run[i-windowLong+1]) != classOf(run[i-windowLong]) {
			changes--
		}
		if i >= windowLong-1 && changes >= leastChange && inWords(run[i-windowLong+1:i+1]) < leastInWords {
			return true
		}
	}
	return false
}

// classOf is the kind of a letter: small, capital, digit, or neither.
func classOf(c byte) int {
	switch {
	case c >= 'a' && c <= 'z':
		return 0
	case c >= 'A' && c <= 'Z':
		return 1
	case c >= '0' && c <= '9':
		return 2
	}
	return 3
}

// inWords counts the letters of words: a capital and two small ones or more.
func inWords(s []byte) (letters int) {
	word := 0
	for i := 0; i <= len(s); i++ {
		switch {
		case i < len(s) && classOf(s[i]) == 1:
			letters, word = letters+whole(word), 1
		case i < len(s) && classOf(s[i]) == 0 && word > 0:
			word++
		default:
			letters, word = letters+whole(word), 0
		}
	}
	return letters
}

// whole is the length of a word that is long enough to be one.
func whole(word int) int {
	if word < 3 {
		return 0
	}
	return word
}
