package http

import (
	"bytes"
	"html"
)

// maxText is how much of a JSON, XML or other text body is searched for suspicious values. Forms are searched as far as they are kept.
const maxText = 2048

// suspectBody keeps what is suspicious in the first bytes of a request's body.
func (x *exchange) suspectBody(b []byte, h *framing) {
	switch t := bytes.TrimLeft(b, " \t\r\n"); {
	case h.encoded || len(t) == 0:
	case h.multipart:
		x.suspectParts(b)
	case t[0] == '{' || t[0] == '[':
		x.suspectJSON(b[:min(len(b), maxText)])
	case t[0] == '<':
		x.suspectXML(b[:min(len(b), maxText)])
	case h.form:
		if !isText(b) {
			x.mark("binary_form")
			return
		}
		x.suspectPairs(inForm, b)
	case isText(b):
		x.suspect(inText, nil, b[:min(len(b), maxText)])
	}
}

// suspectParts looks at the parts of a multipart body (RFC 7578): fields by their values, files by their first bytes.
func (x *exchange) suspectParts(b []byte) {
	for range maxPairs {
		i := indexFold(b, "content-disposition:")
		if i < 0 {
			return
		}
		b = b[i:]
		head, rest, ok := bytes.Cut(b, []byte("\r\n\r\n"))
		if !ok {
			return
		}
		value := rest
		if j := bytes.Index(rest, []byte("\r\n--")); j >= 0 {
			value = rest[:j]
		}
		if indexFold(head, "filename") >= 0 {
			x.markFile(value)
		} else if worthDecoding(value) {
			x.suspect(inForm, partName(head), value)
		}
		b = rest
	}
}

// partName is the name of a form field in the head of its part.
func partName(head []byte) []byte {
	i := indexFold(head, "name=")
	if i < 0 {
		return nil
	}
	return unquote(head[i+len("name="):])
}

// markFile says what kind of file is sent up, where the kind matters.
func (x *exchange) markFile(b []byte) {
	b = b[:min(len(b), peekAnswer)]
	switch sniff(b) {
	case "application/zip", "application/x-rar", "application/x-7z-compressed", "application/x-gzip", "application/vnd.ms-cab-compressed":
		x.mark("archive_upload")
	case "application/x-dosexec", "application/x-executable":
		x.mark("program_upload")
	case "text/x-php", "text/x-jsp":
		x.mark("script_upload")
	default:
		if bytes.HasPrefix(b, []byte("PK\x05\x06")) {
			x.mark("archive_upload")
		}
		if bytes.Contains(b, []byte("<?php")) || bytes.Contains(b, []byte("<%")) && bytes.Contains(b, []byte("%>")) {
			x.mark("script_upload")
		}
	}
}

// suspectJSON looks at the texts of a JSON document; the name in front of a text is that of its field.
func (x *exchange) suspectJSON(b []byte) {
	var name []byte
	for range 4 * maxPairs {
		i := bytes.IndexByte(b, '"')
		if i < 0 {
			return
		}
		b = b[i+1:]
		n := 0
		for n < len(b) && b[n] != '"' {
			if b[n] == '\\' {
				n++
			}
			n++
		}
		n = min(n, len(b))
		text := b[:n]
		b = b[min(n+1, len(b)):]
		if rest := bytes.TrimLeft(b, " \t\r\n"); len(rest) > 0 && rest[0] == ':' {
			name = text
			continue
		}
		if worthDecoding(text) || namesCommand(name) {
			x.suspect(inText, name, text)
		}
	}
}

// suspectXML looks at the texts between the tags of an XML document, and at the declaration of entities.
func (x *exchange) suspectXML(b []byte) {
	if i := indexFold(b, "<!entity"); i >= 0 {
		x.keepSuspect(inText, nil, b[i:])
	}
	for range 4 * maxPairs {
		open := bytes.IndexByte(b, '<')
		if open < 0 {
			return
		}
		b = b[open+1:]
		end := bytes.IndexByte(b, '>')
		if end < 0 {
			return
		}
		tag := b[:end]
		b = b[end+1:]
		text := b
		if next := bytes.IndexByte(b, '<'); next >= 0 {
			text = b[:next]
		}
		x.suspectTag(tag, text)
	}
}

// suspectTag looks at one tag, which may name what is to be run, and the text behind it.
func (x *exchange) suspectTag(tag, text []byte) {
	if indexFold(tag, "java.lang.") >= 0 || indexFold(tag, "executes") >= 0 && tag[0] != '/' {
		x.keepSuspect(inText, nil, tag)
	}
	name, _, _ := bytes.Cut(tag, []byte{' '})
	if i := bytes.LastIndexByte(name, ':'); i >= 0 {
		name = name[i+1:]
	}
	if len(text) == 0 || len(name) == 0 || name[0] == '/' || !worthDecoding(text) && !namesCommand(name) {
		return
	}
	if bytes.IndexByte(text, '&') >= 0 {
		text = []byte(html.UnescapeString(string(text[:min(len(text), maxSuspect)])))
	}
	x.suspect(inText, name, text)
}

// mark notes what is odd about the request, once.
func (x *exchange) mark(word string) { x.rec.RequestMarks = addMark(x.rec.RequestMarks, word) }

func addMark(list []string, word string) []string {
	for _, have := range list {
		if have == word {
			return list
		}
	}
	if len(list) >= maxList {
		return list
	}
	return append(list, word)
}
