package access

import (
	"net/url"
	"strings"
)

// Limits of unfolding. A look-up that needs more is built to exhaust whoever reads it; what was unfolded up to there is used.
const (
	maxExpression = 2048 // bytes looked at
	maxUnfolds    = 64   // look-ups replaced
	maxDecodes    = 3    // times a percent-encoding may lie in another
)

// lookup is what a JNDI look-up asks for.
type lookup struct {
	Scheme string // ldap, rmi, dns, ...
	Host   string // name or address, lower case
	Port   string // "" where it is the scheme's own
	Text   string // the look-up, unfolded
}

// jndi finds a Log4j look-up of JNDI in a text, however it is dressed: Log4j resolves look-ups from the inside out and replaces
// what it cannot resolve by the default after ":-" (Apache Log4j, Property Substitution).
func jndi(text string) (lookup, bool) {
	if len(text) > maxExpression {
		text = text[:maxExpression]
	}
	for range maxDecodes {
		if l, ok := jndiPlain(text); ok {
			return l, true
		}
		decoded, err := url.QueryUnescape(strings.ReplaceAll(text, "+", "%2B"))
		if err != nil {
			decoded = unescapeLoosely(text)
		}
		if decoded == text {
			break
		}
		text = decoded
	}
	return lookup{}, false
}

func jndiPlain(text string) (lookup, bool) {
	unfolded := text
	for range maxUnfolds {
		if l, ok := parseJNDI(unfolded); ok {
			return l, true
		}
		next, ok := unfoldOne(unfolded)
		if !ok {
			break
		}
		unfolded = next
	}
	return parseJNDI(unfolded)
}

// unfoldOne resolves the innermost look-up: the last "${" that has a "}" after it.
func unfoldOne(s string) (string, bool) {
	end := len(s)
	for {
		start := strings.LastIndex(s[:end], "${")
		if start < 0 {
			return s, false
		}
		if n := strings.IndexByte(s[start:], '}'); n > 0 {
			return s[:start] + resolve(s[start+2:start+n]) + s[start+n+1:], true
		}
		end = start
	}
}

// resolve gives what Log4j would make of the inside of a look-up, for those whose outcome can be known from outside.
func resolve(inside string) string {
	if i := strings.Index(inside, ":-"); i >= 0 {
		return inside[i+2:] // nobody sets what an attacker asks for: the default stands
	}
	kind, rest, ok := strings.Cut(inside, ":")
	if !ok {
		return ""
	}
	switch strings.ToLower(strings.TrimSpace(kind)) {
	case "lower":
		return strings.ToLower(rest)
	case "upper":
		return strings.ToUpper(rest)
	case "date":
		return strings.Trim(rest, "'") // ${date:'j'}: a quoted letter stands for itself
	}
	return "" // env, sys, java, ...: a value that only the victim knows
}

// parseJNDI reads the first "${jndi:scheme://host:port/..." of a text. The look-up is one also without its closing brace: a header
// may have been cut.
func parseJNDI(s string) (lookup, bool) {
	low := strings.ToLower(s)
	at := strings.Index(low, "${jndi:")
	if at < 0 {
		return lookup{}, false
	}
	rest := low[at+len("${jndi:"):]
	scheme, rest, ok := strings.Cut(rest, ":")
	if !ok || scheme == "" || strings.ContainsAny(scheme, "${}/ ") {
		return lookup{}, false
	}
	// The value of a look-up inside the host (${env:USER}.example) is known to the victim only; what follows it is not.
	for range maxUnfolds {
		if rest, ok = unfoldOne(rest); !ok {
			break
		}
	}
	rest = strings.TrimLeft(rest, "/")
	if i := strings.IndexAny(rest, "/}?# \""); i >= 0 {
		rest = rest[:i]
	}
	host, port := splitHostPort(rest[strings.LastIndexByte(rest, '@')+1:])
	host = strings.Trim(host, ".$")
	return lookup{Scheme: scheme, Host: host, Port: port, Text: cut(s[at:], 200)}, true
}

func splitHostPort(s string) (host, port string) {
	if strings.HasPrefix(s, "[") {
		host, rest, _ := strings.Cut(s[1:], "]")
		return host, strings.TrimPrefix(rest, ":")
	}
	host, port, _ = strings.Cut(s, ":")
	return host, port
}

// unescapeLoosely decodes what is validly percent-encoded and leaves the rest.
func unescapeLoosely(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) && hexDigit(s[i+1]) < 16 && hexDigit(s[i+2]) < 16 {
			out = append(out, hexDigit(s[i+1])<<4|hexDigit(s[i+2]))
			i += 2
			continue
		}
		out = append(out, s[i])
	}
	return string(out)
}

func hexDigit(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	}
	return 255
}

func cut(s string, n int) string {
	if len(s) > n {
		return strings.ToValidUTF8(s[:n], "")
	}
	return strings.ToValidUTF8(s, "")
}
