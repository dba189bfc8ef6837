package policy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
	"go.yaml.in/yaml/v4/plugin/loaderlimits"
)

// What a text may hold at most. An SSM parameter holds 8 KiB; files are allowed to be longer.
const (
	mostText       = 1 << 20
	mostDepth      = 20
	mostAccounts   = 1000
	mostProfiles   = 100
	mostSelects    = 500
	mostExclusions = 1000
	mostTypes      = 40   // instance types of a match: each is held against each of another
	mostValues     = 1000 // of every other list
)

// Parse reads a policy. name stands before each mistake: the file's name, or "ssm:/mirrorwatch/policy". The error is Mistakes and
// holds all that is wrong, but for text that is no YAML: there the first place is told, as nothing behind it can be trusted.
func Parse(name string, text []byte) (Policy, error) {
	r := &reader{file: name, at: map[string]mark{"": {1, 1}}}
	root := r.load(text)
	if len(r.found) > 0 {
		return Policy{}, sorted(r.found, r.more)
	}
	r.plain(root, "")
	p := r.policy(root)
	r.check(&p)
	if len(r.found) > 0 {
		return Policy{}, sorted(r.found, r.more)
	}
	return p, nil
}

// load makes nodes of the text. An empty text is an empty mapping: then what is missing is said.
func (r *reader) load(text []byte) *yaml.Node {
	empty := &yaml.Node{Kind: yaml.MappingNode, Line: 1, Column: 1}
	if len(text) > mostText {
		r.say("", fmt.Sprintf("%d bytes are more than a policy may have (%d)", len(text), mostText), "1 MiB")
		return empty
	}
	if r.bytes(text); len(r.found) > 0 {
		return empty
	}
	loader, err := yaml.NewLoader(bytes.NewReader(text), yaml.WithPlugin(loaderlimits.New(loaderlimits.DepthValue(mostDepth))))
	if err != nil {
		r.say("", err.Error(), "")
		return empty
	}
	var first, second yaml.Node
	if err := loader.Load(&first); errors.Is(err, io.EOF) {
		return empty
	} else if err != nil {
		r.syntax(err, text)
		return empty
	}
	switch err := loader.Load(&second); {
	case err == nil:
		r.sayAt(mark{max(second.Line, 1), max(second.Column, 1)}, "", "a second document begins here: a policy is one document", "one document")
	case !errors.Is(err, io.EOF):
		r.syntax(err, text)
	}
	if first.Kind == yaml.DocumentNode && len(first.Content) == 1 {
		return first.Content[0]
	}
	return empty
}

// bytes refuses what is no text: YAML's reader would tell of it without a line.
func (r *reader) bytes(text []byte) {
	line, column := 1, 1
	for len(text) > 0 {
		c, size := utf8.DecodeRune(text)
		if c == utf8.RuneError && size == 1 {
			r.sayAt(mark{line, column}, "", fmt.Sprintf("byte 0x%02x is not UTF-8", text[0]), "UTF-8")
			return
		}
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' || c >= 0x7f && c < 0xa0 && c != 0x85 || c == 0xfffe || c == 0xffff {
			r.sayAt(mark{line, column}, "", fmt.Sprintf("control character U+%04X", c), "text")
			return
		}
		if text, column = text[size:], column+1; c == '\n' {
			line, column = line+1, 1
		}
	}
}

// syntax tells where the text stops being YAML. What is open at its end is told of where it was opened.
func (r *reader) syntax(err error, text []byte) {
	at, last, problem := mark{1, 1}, lineCount(text), err.Error()
	var load *yaml.LoadError
	if errors.As(err, &load) {
		problem = load.Message
		if load.ContextMsg != "" {
			problem += " (" + load.ContextMsg + ")"
		}
		place := load.Mark
		if place.Line > last && load.ContextMark.Line > 0 {
			place = load.ContextMark
		}
		at = mark{min(max(place.Line, 1), last), max(place.Column, 1)}
	}
	r.sayAt(at, "", "not YAML: "+problem, "")
}

// lineCount is how many lines a text has, by all that YAML's reader takes for the end of one.
func lineCount(text []byte) int {
	ends := strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n").Replace(string(text))
	return 1 + strings.Count(strings.TrimSuffix(ends, "\n"), "\n")
}

// plain refuses anchors, aliases and tags anywhere: a policy says what it says where it says it, and a few lines of aliases can stand
// for more than a memory holds.
func (r *reader) plain(n *yaml.Node, path string) {
	here := mark{n.Line, n.Column}
	switch {
	case n.Kind == yaml.AliasNode:
		r.sayAt(here, path, "aliases are not read: write the value out", "")
	case n.Anchor != "":
		r.sayAt(here, path, "anchors are not read: write the value where it is wanted", "")
	case n.Style&yaml.TaggedStyle != 0:
		r.sayAt(here, path, "tags such as !!str are not read: write the value in quotes where it is text", "")
	}
	for i, child := range n.Content {
		switch {
		case n.Kind == yaml.SequenceNode:
			r.plain(child, item(path, i))
		case n.Kind == yaml.MappingNode && i%2 == 1:
			r.plain(child, under(path, n.Content[i-1].Value))
		case n.Kind == yaml.MappingNode:
			r.plain(child, path)
		}
	}
}
