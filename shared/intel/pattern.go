package intel

import (
	"errors"
	"fmt"
	"strings"
)

// term is one comparison of a pattern.
type term struct {
	kind   Kind // Unknown: to be told from the value
	unused bool // it is of something that traffic is not held against
	value  string
}

// maxTerms bounds a pattern.
const maxTerms = 1000

var errPattern = errors.New("a pattern is like [ipv4-addr:value = '203.0.113.9' OR domain-name:value = 'bad.example.com']; only =, IN, ISSUBSET and OR are matched")

// parsePattern reads the part of STIX patterns (STIX 2.1, section 9) that says "one of these". What else a pattern may say (AND, NOT,
// FOLLOWEDBY, times) narrows it; to leave that out would match what nobody meant, so that such a pattern is refused.
func parsePattern(text string) ([]term, error) {
	p := &pattern{rest: text}
	for {
		if !p.eat("[") {
			return nil, errPattern
		}
		for {
			if err := p.comparison(); err != nil {
				return nil, err
			}
			if !p.word("OR") {
				break
			}
		}
		if !p.eat("]") {
			return nil, errPattern
		}
		if !p.word("OR") {
			break
		}
	}
	p.space()
	if p.rest != "" {
		return nil, errPattern
	}
	return p.terms, nil
}

type pattern struct {
	rest  string
	terms []term
}

func (p *pattern) space() { p.rest = strings.TrimLeft(p.rest, " \t\r\n") }

func (p *pattern) eat(s string) bool {
	p.space()
	rest, ok := strings.CutPrefix(p.rest, s)
	p.rest = rest
	return ok
}

// word eats a word that ends there.
func (p *pattern) word(s string) bool {
	p.space()
	if len(p.rest) < len(s) || !strings.EqualFold(p.rest[:len(s)], s) {
		return false
	}
	if rest := p.rest[len(s):]; rest == "" || strings.ContainsRune(" \t\r\n'([", rune(rest[0])) {
		p.rest = rest
		return true
	}
	return false
}

// comparison reads path = 'value', path IN ('a', 'b') or path ISSUBSET 'network'.
func (p *pattern) comparison() error {
	path := p.path()
	if path == "" {
		return errPattern
	}
	kind, unused := kindOfPath(path)
	if p.word("IN") {
		if !p.eat("(") {
			return errPattern
		}
		for {
			if err := p.value(kind, unused); err != nil {
				return err
			}
			if !p.eat(",") {
				break
			}
		}
		if !p.eat(")") {
			return errPattern
		}
		return nil
	}
	if !p.word("ISSUBSET") && !p.eat("=") {
		return errPattern
	}
	return p.value(kind, unused)
}

// path eats an object path: letters, digits, colons, dots, hyphens, and parts in quotation marks.
func (p *pattern) path() string {
	p.space()
	quote := byte(0)
	for i := range len(p.rest) {
		c := p.rest[i]
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case c == ' ' || c == '=' || c == '!' || c == '<' || c == '>' || c == '\t' || c == '\n' || c == '\r' || c == ']':
			path := p.rest[:i]
			p.rest = p.rest[i:]
			return path
		}
	}
	return ""
}

// value eats a text in single quotation marks, in which a backslash takes the next character as it is.
func (p *pattern) value(kind Kind, unused bool) error {
	if !p.eat("'") {
		return errPattern
	}
	if len(p.terms) >= maxTerms {
		return fmt.Errorf("a pattern has at most %d values", maxTerms)
	}
	var b strings.Builder
	for i := 0; i < len(p.rest); i++ {
		switch p.rest[i] {
		case '\'':
			p.rest = p.rest[i+1:]
			p.terms = append(p.terms, term{kind, unused, b.String()})
			return nil
		case '\\':
			if i++; i < len(p.rest) {
				b.WriteByte(p.rest[i])
			}
		default:
			b.WriteByte(p.rest[i])
		}
	}
	return errPattern
}

// kindOfPath says which kind an object path is about.
func kindOfPath(path string) (k Kind, unused bool) {
	path = strings.ToLower(strings.NewReplacer("'", "", `"`, "", "-", "").Replace(path))
	switch path {
	case "ipv4addr:value", "ipv6addr:value":
		return Address, false
	case "networktraffic:dst_ref.value", "networktraffic:src_ref.value":
		return Unknown, false // an address or a domain
	case "domainname:value":
		return Domain, false
	case "url:value":
		return URL, false
	case "file:hashes.md5":
		return MD5, false
	case "file:hashes.sha1":
		return SHA1, false
	case "file:hashes.sha256":
		return SHA256, false
	case "x509certificate:hashes.sha1":
		return CertSHA1, false
	case "x509certificate:hashes.sha256":
		return CertSHA256, false
	}
	return Unknown, true
}
