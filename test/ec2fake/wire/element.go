package wire

import (
	"bytes"
	"encoding/xml"
	"net/http"
	"strconv"
	"time"
)

// element is a piece of an XML answer: either text or elements inside. An element without a name is not written.
type element struct {
	name      string
	namespace string
	text      string
	inside    []element
}

func group(name string, inside ...element) element { return element{name: name, inside: inside} }

func text(name, value string) element { return element{name: name, text: value} }

func number[N int32 | uint32 | int](name string, n N) element {
	return text(name, strconv.FormatInt(int64(n), 10))
}

func flag(name string, value bool) element { return text(name, strconv.FormatBool(value)) }

// moment writes a time with milliseconds, as EC2 does.
func moment(name string, t time.Time) element {
	if t.IsZero() {
		return element{}
	}
	return text(name, t.UTC().Format("2006-01-02T15:04:05.000Z"))
}

// maybe is a text that is left out when there is none, as AWS leaves it out.
func maybe(name, value string) element {
	if value == "" {
		return element{}
	}
	return text(name, value)
}

func maybeNumber[N int32 | uint32](name string, n N) element {
	if n == 0 {
		return element{}
	}
	return number(name, n)
}

// list writes one element for each of the items, under one that is there even if no item is: clients tell an empty list from none.
func list[T any](name, each string, items []T, show func(T) []element) element {
	out := element{name: name, inside: make([]element, 0, len(items))}
	for _, item := range items {
		out.inside = append(out.inside, group(each, show(item)...))
	}
	return out
}

// set is a list in EC2's form.
func set[T any](name string, items []T, show func(T) []element) element {
	return list(name, "item", items, show)
}

// texts writes a list of plain texts.
func texts(name, each string, items []string) element {
	out := group(name)
	for _, item := range items {
		out.inside = append(out.inside, text(each, item))
	}
	return out
}

func (e element) in(namespace string) element {
	e.namespace = namespace
	return e
}

func (e element) write(to *bytes.Buffer) {
	if e.name == "" {
		return
	}
	to.WriteString("<" + e.name)
	if e.namespace != "" {
		to.WriteString(` xmlns="` + e.namespace + `"`)
	}
	to.WriteByte('>')
	_ = xml.EscapeText(to, []byte(e.text)) // a buffer does not fail
	for _, child := range e.inside {
		child.write(to)
	}
	to.WriteString("</" + e.name + ">")
}

// send writes a whole answer.
func send(w http.ResponseWriter, status int, e element) {
	var body bytes.Buffer
	body.WriteString(xml.Header)
	e.write(&body)
	w.Header().Set("Content-Type", "text/xml;charset=UTF-8")
	w.Header().Set("Content-Length", strconv.Itoa(body.Len()))
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // who asked has gone, if this fails
}

// answer writes what an action gave, in the form of its service.
func answer(w http.ResponseWriter, form service, c *call, out []element) {
	if form.wrapped {
		send(w, http.StatusOK, group(c.action+"Response",
			group(c.action+"Result", out...), group("ResponseMetadata", text("RequestId", c.id))).in(form.namespace))
		return
	}
	all := append([]element{text("requestId", c.id)}, out...)
	send(w, http.StatusOK, group(c.action+"Response", all...).in(form.namespace))
}
