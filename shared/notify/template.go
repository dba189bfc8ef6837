package notify

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/url"
	"reflect"
	"strings"
	"text/template"
	"text/template/parse"

	"github.com/mirrorwatch/mirrorwatch/shared/bus"
)

// Limits of a template: its text, what it may write, how far a range may count, and how deep ranges may nest. They bound the work
// that a template can make of any event.
const (
	MaxTemplate  = 32 << 10
	maxCount     = 1000
	maxNesting   = 2
	templateName = "body"
)

var errTooLong = errors.New("the template writes more than is allowed")

// functions are all that a template may call. They take values and give values; none reaches beyond the message, and none gives more
// than a message may have: a template cannot make much of little by calling them again and again. Those of text/template that could
// (print, printf, html, ...) are replaced.
func functions() template.FuncMap {
	refuse := func(name, instead string) func(...any) (string, error) {
		return func(...any) (string, error) { return "", fmt.Errorf("%s is not to be had here%s", name, instead) }
	}
	return template.FuncMap{
		"json": func(v any) (string, error) {
			b, err := json.Marshal(v)
			return bounded(string(b), err)
		},
		"upper":    func(s string) (string, error) { return bounded(strings.ToUpper(s), nil) },
		"lower":    func(s string) (string, error) { return bounded(strings.ToLower(s), nil) },
		"html":     func(v any) (string, error) { return bounded(template.HTMLEscapeString(fmt.Sprint(v)), nil) },
		"urlquery": func(v any) (string, error) { return bounded(url.QueryEscape(fmt.Sprint(v)), nil) },
		"clip":     func(n int, s string) string { return bus.Clip(s, min(max(n, 0), MaxMessage)) },
		"join":     func(sep string, list []any) (string, error) { return concat(line(sep, 16), list) },
		"print":    func(list ...any) (string, error) { return concat("", list) },
		"otherwise": func(fallback, v any) any {
			if truth, _ := template.IsTrue(v); truth {
				return v
			}
			return fallback
		},
		"round":   func(v float64) int { return int(math.Round(min(max(v, -maxCount), maxCount))) },
		"len":     boundedLen,
		"printf":  refuse("printf", ": use print"),
		"println": refuse("println", ": use print"),
		"call":    refuse("call", ""),
		"js":      refuse("js", ": use json"),
	}
}

func bounded(s string, err error) (string, error) {
	if err == nil && len(s) > MaxMessage {
		return "", errTooLong
	}
	return s, err
}

func concat(sep string, list []any) (string, error) {
	var b strings.Builder
	for i, v := range list {
		if i > 0 {
			b.WriteString(sep)
		}
		b.WriteString(fmt.Sprint(v))
		if b.Len() > MaxMessage {
			return "", errTooLong
		}
	}
	return b.String(), nil
}

func boundedLen(v any) (int, error) {
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.String, reflect.Slice, reflect.Map:
		return min(r.Len(), maxCount), nil
	}
	return 0, fmt.Errorf("%T has no length", v)
}

// parseTemplate reads a template and refuses what could run for long: templates within templates, and deep or large ranges.
func parseTemplate(text string) (*template.Template, error) {
	if len(text) > MaxTemplate {
		return nil, fmt.Errorf("it has %d bytes, %d are allowed", len(text), MaxTemplate)
	}
	t, err := template.New(templateName).Funcs(functions()).Parse(text)
	if err != nil {
		return nil, err
	}
	if len(t.Templates()) > 1 || t.Tree == nil {
		return nil, errors.New("it defines other templates, or nothing")
	}
	return t, walk(t.Root, 0)
}

// walk looks at every node of a template.
func walk(n parse.Node, depth int) error {
	switch n := n.(type) {
	case *parse.ListNode:
		return walkList(n, depth)
	case *parse.RangeNode:
		if depth == maxNesting {
			return fmt.Errorf("ranges nest deeper than %d", maxNesting)
		}
		return errors.Join(walk(n.Pipe, depth), walkList(n.List, depth+1), walkList(n.ElseList, depth))
	case *parse.IfNode:
		return errors.Join(walk(n.Pipe, depth), walkList(n.List, depth), walkList(n.ElseList, depth))
	case *parse.WithNode:
		return errors.Join(walk(n.Pipe, depth), walkList(n.List, depth), walkList(n.ElseList, depth))
	case *parse.ActionNode:
		return walk(n.Pipe, depth)
	case *parse.PipeNode:
		for _, c := range n.Cmds {
			for _, a := range c.Args {
				if err := walk(a, depth); err != nil {
					return err
				}
			}
		}
	case *parse.NumberNode:
		if n.IsInt && (n.Int64 > maxCount || n.Int64 < -maxCount) || n.IsUint && n.Uint64 > maxCount {
			return fmt.Errorf("number %s is larger than %d", n.Text, maxCount)
		}
	case *parse.TemplateNode:
		return errors.New("it calls other templates")
	}
	return nil
}

func walkList(l *parse.ListNode, depth int) error {
	if l == nil {
		return nil
	}
	for _, n := range l.Nodes {
		if err := walk(n, depth); err != nil {
			return err
		}
	}
	return nil
}

// runTemplate gives what a template makes of a message. The template sees plain values (what JSON has), never ours with methods:
// .rule, .reason, .count, .held, .subject, .text, .context (what AWS knows of it, one line), .url (the first one's page in the console),
// .event (the first), .events.
func runTemplate(t *template.Template, m Message) ([]byte, error) {
	body, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("encode message: %w", err)
	}
	var data map[string]any
	if err := json.Unmarshal(body, &data); err != nil {
		return nil, fmt.Errorf("encode message: %w", err)
	}
	data["subject"], data["text"], data["context"], data["url"] = m.Subject(), "", "", ""
	if list, _ := data["events"].([]any); len(list) > 0 {
		data["event"], data["text"], data["url"] = list[0], line(sentence(&m.Events[0]), 4096), m.Events[0].URL
		if d := m.Events[0].Detail.Detection; d != nil {
			data["context"] = contextOf(d)
		}
	}
	w := &boundedWriter{room: MaxMessage}
	if err := t.Execute(w, data); err != nil {
		return nil, fmt.Errorf("run template: %w", err)
	}
	return w.b.Bytes(), nil
}

type boundedWriter struct {
	b    bytes.Buffer
	room int
}

func (w *boundedWriter) Write(p []byte) (int, error) {
	if len(p) > w.room {
		return 0, errTooLong
	}
	w.room -= len(p)
	return w.b.Write(p)
}
