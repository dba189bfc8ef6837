package query

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The bounds of a text. They are far beyond what a person writes, and small enough that no text costs much to carry out.
const (
	MaxText    = 8 << 10 // bytes
	MaxNesting = 64      // of parentheses, lists and nots
	MaxTests   = 256
)

// tokenKind says what a token is.
type tokenKind uint8

const (
	tokenEnd tokenKind = iota
	tokenWord
	tokenQuoted
	tokenOp // = != < <= > >= ~
	tokenAnd
	tokenOr
	tokenNot
	tokenOpen
	tokenClose
	tokenComma
)

// token is one piece of the text: text is the word, what a quoted string holds, or the operator.
type token struct {
	kind   tokenKind
	offset int
	text   string
}

// got says what a token is, for an error.
func (t token) got() string {
	switch t.kind {
	case tokenEnd:
		return "the end"
	case tokenQuoted:
		return "the text " + clip(t.text)
	}
	return clip(t.text)
}

// clip quotes a text, and cuts it where it is long: an error is one line.
func clip(s string) string {
	if len(s) > 40 {
		cut := 40
		for !utf8.RuneStart(s[cut]) {
			cut--
		}
		s = s[:cut] + "..."
	}
	return strconv.Quote(s)
}

// lex cuts a text into tokens; the last is the end.
func lex(text string) ([]token, error) {
	if len(text) > MaxText {
		return nil, &SyntaxError{Offset: MaxText, Got: strconv.Itoa(len(text)) + " bytes", Want: "at most " + strconv.Itoa(MaxText)}
	}
	var tokens []token
	for at := 0; ; {
		at += len(text[at:]) - len(strings.TrimLeft(text[at:], " \t\r\n"))
		if at == len(text) {
			return append(tokens, token{kind: tokenEnd, offset: at}), nil
		}
		t, n, err := lexOne(text, at)
		if err != nil {
			return nil, err
		}
		tokens, at = append(tokens, t), at+n
	}
}

// symbols are the tokens that are no words, longer ones first.
func symbols() []token {
	return []token{
		{kind: tokenAnd, text: "&&"}, {kind: tokenOr, text: "||"},
		{kind: tokenOp, text: "!="}, {kind: tokenOp, text: "<="}, {kind: tokenOp, text: ">="}, {kind: tokenOp, text: "="},
		{kind: tokenOp, text: "<"}, {kind: tokenOp, text: ">"}, {kind: tokenOp, text: "~"},
		{kind: tokenNot, text: "!"}, {kind: tokenOpen, text: "("}, {kind: tokenClose, text: ")"}, {kind: tokenComma, text: ","},
	}
}

func lexOne(text string, at int) (token, int, error) {
	if text[at] == '"' {
		return lexQuoted(text, at)
	}
	for _, s := range symbols() {
		if strings.HasPrefix(text[at:], s.text) {
			return token{kind: s.kind, offset: at, text: s.text}, len(s.text), nil
		}
	}
	n := 0
	for n < len(text[at:]) {
		r, size := utf8.DecodeRuneInString(text[at+n:])
		if !isWordRune(r, size) {
			break
		}
		n += size
	}
	if n == 0 {
		_, size := utf8.DecodeRuneInString(text[at:])
		return token{}, 0, &SyntaxError{Offset: at, Got: clip(text[at : at+size]), Want: "a field, a word or a text in double quotes"}
	}
	word := text[at : at+n]
	return token{kind: wordKind(word), offset: at, text: word}, n, nil
}

// isWordRune says whether a character can stand in a word without quotes.
func isWordRune(r rune, size int) bool {
	if r < utf8.RuneSelf {
		return r > ' ' && r != 0x7f && !strings.ContainsRune(`"()=!<>~&|,`, r)
	}
	return !(r == utf8.RuneError && size == 1) && unicode.IsPrint(r)
}

func wordKind(word string) tokenKind {
	switch strings.ToLower(word) {
	case "and":
		return tokenAnd
	case "or":
		return tokenOr
	case "not":
		return tokenNot
	}
	return tokenWord
}

func lexQuoted(text string, at int) (token, int, error) {
	var b strings.Builder
	for i := at + 1; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == '"':
			return token{kind: tokenQuoted, offset: at, text: b.String()}, i + 1 - at, nil
		case r == '\\':
			n, ok := lexEscape(&b, text[i:])
			if !ok {
				return token{}, 0, &SyntaxError{Offset: i, Got: clip(text[i:min(i+2, len(text))]), Want: `an escape: \" \\ \n \r \t or \u and four hexadecimal digits`}
			}
			i += n
			continue
		case r == utf8.RuneError && size == 1:
			return token{}, 0, &SyntaxError{Offset: i, Got: clip(text[i : i+1]), Want: "UTF-8"}
		}
		b.WriteRune(r)
		i += size
	}
	return token{}, 0, &SyntaxError{Offset: at, Got: "a text without its end", Want: `a closing "`}
}

// lexEscape reads one escape at the beginning of s and says how long it is.
func lexEscape(b *strings.Builder, s string) (int, bool) {
	if len(s) < 2 {
		return 0, false
	}
	if i := strings.IndexByte(`"\/nrt`, s[1]); i >= 0 {
		b.WriteByte("\"\\/\n\r\t"[i])
		return 2, true
	}
	if s[1] != 'u' || len(s) < 6 {
		return 0, false
	}
	n, err := strconv.ParseUint(s[2:6], 16, 16)
	if err != nil || 0xd800 <= n && n < 0xe000 {
		return 0, false
	}
	b.WriteRune(rune(n))
	return 6, true
}
