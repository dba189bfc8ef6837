package apifuzz

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// generator makes one request.
type generator struct {
	rng  *rand.Rand
	kept map[string][]string
	tags map[string]string
	wild float64
}

// request makes a request of an operation, and what to show of it.
func (g *generator) request(ctx context.Context, op operation) (*http.Request, string) {
	path, query, header := op.path, url.Values{}, http.Header{}
	for _, ref := range append(append(openapi3.Parameters{}, op.item.Parameters...), op.op.Parameters...) {
		p := ref.Value
		if !p.Required && p.Name != "If-Match" && g.rng.Float64() > 0.3 {
			continue
		}
		for _, text := range g.texts(p) {
			switch p.In {
			case openapi3.ParameterInPath:
				path = strings.ReplaceAll(path, "{"+p.Name+"}", url.PathEscape(g.existing(op.path, text)))
			case openapi3.ParameterInQuery:
				query.Add(p.Name, text)
			case openapi3.ParameterInHeader:
				header.Set(p.Name, strings.Map(visible, text))
			}
		}
	}
	if tag := g.tags[path]; tag != "" && header.Get("If-Match") != "" && !g.nonsense() {
		header.Set("If-Match", tag)
	}
	body, kind := g.body(op.op)
	target := path
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	r := httptest.NewRequestWithContext(ctx, op.method, "/", nil)
	if u, err := url.Parse("http://127.0.0.1" + target); err == nil {
		r.URL, r.RequestURI, r.Host = u, target, "127.0.0.1"
	}
	if body != nil {
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(string(body))), int64(len(body))
		header.Set("Content-Type", kind)
	}
	r.Header = header
	return r, short(op.method + " " + target + " " + string(body))
}

// existing gives mostly an id that the list above the path has shown: of /v1/views/{id} one that /v1/views gave.
func (g *generator) existing(path, otherwise string) string {
	above, _, _ := strings.Cut(path, "/{")
	if list := g.kept[above]; len(list) > 0 && !g.nonsense() && g.rng.Float64() < 0.9 {
		return g.pick(list)
	}
	return otherwise
}

// visible keeps what a header may hold (RFC 9110 section 5.5).
func visible(r rune) rune {
	if r < ' ' || r > '~' {
		return -1
	}
	return r
}

// texts gives a parameter's values: of a list several.
func (g *generator) texts(p *openapi3.Parameter) []string {
	schema := p.Schema.Value
	if schema.Type != nil && schema.Type.Is("array") && schema.Items != nil {
		var list []string
		for range 1 + g.rng.IntN(2) {
			list = append(list, g.text(p.Name, schema.Items.Value))
		}
		return list
	}
	return []string{g.text(p.Name, schema)}
}

func (g *generator) text(name string, s *openapi3.Schema) string {
	switch v := g.value(name, s, 0).(type) {
	case string:
		return v
	case nil:
		return ""
	default:
		b, _ := json.Marshal(v)
		return string(b)
	}
}

// body makes the JSON of a request, sometimes cut or none at all.
func (g *generator) body(op *openapi3.Operation) ([]byte, string) {
	if op.RequestBody == nil {
		return nil, ""
	}
	media := op.RequestBody.Value.Content.Get("application/json")
	if media == nil {
		return nil, ""
	}
	b, err := json.Marshal(g.value("", media.Schema.Value, 0))
	if err != nil {
		b = []byte("null")
	}
	if g.badly() {
		return g.spoil(b)
	}
	return b, "application/json"
}

func (g *generator) spoil(b []byte) ([]byte, string) {
	switch g.rng.IntN(5) {
	case 0:
		return b[:g.rng.IntN(len(b)+1)], "application/json"
	case 1:
		return []byte{}, "application/json"
	case 2:
		return b, "text/plain"
	case 3:
		return []byte(strings.Repeat("[", 20000)), "application/json"
	}
	return append(b, b...), "application/json"
}

func (g *generator) nonsense() bool { return g.rng.Float64() < g.wild }

// badly is rarer: what it spoils spoils all the rest of the request.
func (g *generator) badly() bool { return g.rng.Float64() < g.wild*g.wild }

// maxDepth bounds schemas that contain themselves.
const maxDepth = 5

// value makes a value for a schema, or something that is none.
func (g *generator) value(name string, s *openapi3.Schema, depth int) any {
	if s == nil || g.badly() {
		return g.anything()
	}
	if len(s.AllOf)+len(s.OneOf)+len(s.AnyOf) > 0 {
		return g.composed(name, s, depth)
	}
	if len(s.Enum) > 0 && !g.nonsense() {
		return s.Enum[g.rng.IntN(len(s.Enum))]
	}
	switch {
	case s.Type == nil || s.Type.Is("object"):
		return g.object(s, depth)
	case s.Type.Is("array"):
		return g.array(name, s, depth)
	case s.Type.Is("integer"), s.Type.Is("number"):
		return g.number(s)
	case s.Type.Is("boolean"):
		return g.rng.IntN(2) == 0
	}
	return g.str(name, s)
}

func (g *generator) composed(name string, s *openapi3.Schema, depth int) any {
	if len(s.AllOf) == 0 {
		all := append(append(openapi3.SchemaRefs{}, s.OneOf...), s.AnyOf...)
		return g.value(name, all[g.rng.IntN(len(all))].Value, depth)
	}
	merged := map[string]any{}
	for _, part := range s.AllOf {
		v, ok := g.value(name, part.Value, depth).(map[string]any)
		if !ok {
			return g.value(name, s.AllOf[0].Value, depth)
		}
		for k, m := range v {
			merged[k] = m
		}
	}
	return merged
}

func (g *generator) object(s *openapi3.Schema, depth int) any {
	out := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) { // in order: the seed is to say what is asked
		ref, need := s.Properties[name], false
		for _, r := range s.Required {
			need = need || r == name
		}
		if need && !g.nonsense() || !need && depth < maxDepth && g.rng.Float64() < 0.3 {
			out[name] = g.value(name, ref.Value, depth+1)
		}
	}
	if extra := s.AdditionalProperties.Schema; extra != nil && depth < maxDepth {
		for range g.rng.IntN(3) {
			out[g.word()] = g.value("", extra.Value, depth+1)
		}
	}
	if g.nonsense() {
		out[g.word()] = g.anything()
	}
	return out
}

func (g *generator) array(name string, s *openapi3.Schema, depth int) any {
	low, high := int(s.MinItems), int(s.MinItems)+2
	if s.MaxItems != nil {
		high = min(high, int(*s.MaxItems))
	}
	if depth >= maxDepth {
		high = low
	}
	n := low + g.rng.IntN(high-low+1)
	if g.nonsense() {
		n = g.rng.IntN(40)
	}
	out := make([]any, 0, n)
	for range n {
		out = append(out, g.value(name, s.Items.Value, depth+1))
	}
	return out
}

// keep remembers what an answer's members were, so that later requests ask with ids that exist.
func (f *fuzzer) keep(path string, r *http.Request, w *httptest.ResponseRecorder) {
	if tag := w.Header().Get("ETag"); tag != "" {
		f.tags[r.URL.EscapedPath()] = tag
		f.remember("If-Match", tag)
		f.remember("If-None-Match", tag)
	}
	var v any
	if json.Unmarshal(w.Body.Bytes(), &v) != nil {
		return
	}
	f.walk("", v, 0)
	f.keepIDs(path, v)
	if body, ok := v.(map[string]any); ok {
		items, _ := body["items"].([]any)
		for _, item := range items {
			f.keepIDs(path, item)
		}
	}
}

// keepIDs remembers what a thing is called, for the paths below the one that gave it.
func (f *fuzzer) keepIDs(path string, v any) {
	thing, ok := v.(map[string]any)
	if !ok {
		return
	}
	for _, member := range []string{"id", "name"} {
		if id, ok := thing[member].(string); ok && (member == "id" || thing["id"] == nil) {
			f.remember(path, id)
		}
	}
	if revision, ok := thing["revision"].(float64); ok && f.tags[path] == "" {
		if id, ok := thing["id"].(string); ok {
			f.tags[path+"/"+url.PathEscape(id)] = fmt.Sprintf("%q", fmt.Sprint(int64(revision)))
		}
	}
}

func (f *fuzzer) walk(name string, v any, depth int) {
	switch v := v.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			f.walk(k, v[k], depth+1)
		}
	case []any:
		for i, m := range v {
			if i < 5 {
				f.walk(name, m, depth+1)
			}
		}
	case string:
		f.remember(name, v)
	case float64:
		f.remember(name, strings.TrimSuffix(fmt.Sprintf("%.0f", v), ".0"))
	}
}

// maxKept is how many values are remembered of one name; a new one takes the place of any.
const maxKept = 40

func (f *fuzzer) remember(name, v string) {
	if v == "" || len(v) > 2000 {
		return
	}
	if name == "next" {
		name = "cursor"
	}
	list := f.kept[name]
	if len(list) < maxKept {
		f.kept[name] = append(list, v)
	} else {
		list[f.rng.IntN(maxKept)] = v
	}
}
