package query

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// String writes the query in the one way in which the same tree is always written; Parse reads it back to an equal tree.
func (q *Query) String() string {
	if q == nil || q.Root == nil {
		return ""
	}
	var b strings.Builder
	writeNode(&b, q.Root)
	return b.String()
}

func writeNode(b *strings.Builder, n Node) {
	switch n := n.(type) {
	case And:
		writeParts(b, n.Parts, " and ", func(p Node) bool { return isAnd(p) || isOr(p) })
	case Or:
		if field, ok := sameField(n.Parts); ok {
			writeIn(b, field, n.Parts)
			return
		}
		writeParts(b, n.Parts, " or ", isOr)
	case Not:
		b.WriteString("not ")
		writeParts(b, []Node{n.Part}, "", func(p Node) bool { return isAnd(p) || isOr(p) })
	case Test:
		writeTest(b, n)
	}
}

func writeParts(b *strings.Builder, parts []Node, between string, inside func(Node) bool) {
	for i, p := range parts {
		if i > 0 {
			b.WriteString(between)
		}
		if inside(p) {
			b.WriteByte('(')
			writeNode(b, p)
			b.WriteByte(')')
			continue
		}
		writeNode(b, p)
	}
}

func isAnd(n Node) bool { _, ok := n.(And); return ok }

// isOr says whether n is written with or: a list of values of one field is not.
func isOr(n Node) bool {
	o, ok := n.(Or)
	if !ok {
		return false
	}
	_, in := sameField(o.Parts)
	return !in
}

// sameField says which field all parts ask to be equal to something.
func sameField(parts []Node) (string, bool) {
	field := ""
	for _, p := range parts {
		t, ok := p.(Test)
		if !ok || t.Op != Equal || field != "" && t.Field != field {
			return "", false
		}
		field = t.Field
	}
	return field, len(parts) > 1
}

func writeIn(b *strings.Builder, field string, parts []Node) {
	b.WriteString(field + " in (")
	for i, p := range parts {
		if i > 0 {
			b.WriteString(", ")
		}
		writeValue(b, p.(Test).Value.Text)
	}
	b.WriteByte(')')
}

func writeTest(b *strings.Builder, t Test) {
	if t.Op == Present {
		b.WriteString("exists " + t.Field)
		return
	}
	b.WriteString(t.Field + " " + string(t.Op) + " ")
	writeValue(b, t.Value.Text)
}

// writeValue writes a word as it is, and anything else in quotes.
func writeValue(b *strings.Builder, s string) {
	if isWord(s) {
		b.WriteString(s)
		return
	}
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteString("\\" + string(r))
		case r < ' ' || r == 0x7f || !unicode.IsPrint(r) && r <= 0xffff:
			fmt.Fprintf(b, "\\u%04x", r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
}

func isWord(s string) bool {
	for i, r := range s {
		_, size := utf8.DecodeRuneInString(s[i:])
		if !isWordRune(r, size) {
			return false
		}
	}
	return s != "" && wordKind(s) == tokenWord
}
