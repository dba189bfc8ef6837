package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"

	"github.com/mirrorwatch/mirrorwatch/lambdas/api/gen"
)

// validate holds a request against the contract before its handler sees it.
func (s *server) validate(op *operation, next http.Handler) http.Handler {
	params := pathNames(op.route.Path)
	options := &openapi3filter.Options{
		MultiError: true, AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, RejectWhenRequestBodyNotSpecified: true,
		SkipSettingDefaults: true,
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query, err := checkQuery(op, r)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		values := make(map[string]string, len(params))
		for _, name := range params {
			values[name] = r.PathValue(name)
		}
		in := &openapi3filter.RequestValidationInput{
			Request: r, PathParams: values, QueryParams: query, Route: op.route, Options: options,
		}
		if err := openapi3filter.ValidateRequest(r.Context(), in); err != nil {
			s.fail(w, r, explain(err, in))
			return
		}
		next.ServeHTTP(w, r)
	})
}

func pathNames(path string) []string {
	var names []string
	for part := range strings.SplitSeq(path, "/") {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			names = append(names, strings.TrimSuffix(name, "}"))
		}
	}
	return names
}

// checkQuery refuses parameters that there are not: a filter that is misspelt would otherwise give everything. And it refuses a second
// value where there is one: which of the two holds would be for each reader on the way to decide.
func checkQuery(op *operation, r *http.Request) (url.Values, error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, invalidField("query", r.URL.RawQuery, "a well-formed query string")
	}
	for name := range values {
		if !slices.Contains(op.names, name) {
			allowed := "a parameter of this operation: there is none"
			if len(op.names) > 0 {
				allowed = "one of the parameters " + strings.Join(op.names, ", ")
			}
			return nil, invalidField(name, values.Get(name), allowed)
		}
		if given := values[name]; len(given) > 1 && !slices.Contains(op.many, name) {
			return nil, invalidField(name, strings.Join(given, ","), "given once")
		}
	}
	return values, nil
}

// explain turns what the validator says into one line a field.
func explain(err error, in *openapi3filter.RequestValidationInput) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return err
	}
	var fields []gen.FieldError
	for _, one := range flatten(err) {
		var req *openapi3filter.RequestError
		if !errors.As(one, &req) {
			fields = append(fields, gen.FieldError{Field: "request", Allowed: cut(one.Error(), 512)})
			continue
		}
		if strings.Contains(req.Reason, "header Content-Type has unexpected value") {
			return problem(http.StatusUnsupportedMediaType, "media-type", "The body's type is not understood",
				fmt.Sprintf("Content-Type %q is not application/json", shorten(in.Request.Header.Get("Content-Type"))))
		}
		fields = append(fields, explainField(req, in))
	}
	return invalid(fields...)
}

// flatten gives the single errors of a tree of them, at most 50.
func flatten(err error) []error {
	var many openapi3.MultiError
	if req, ok := err.(*openapi3filter.RequestError); ok {
		if inner, ok := req.Err.(openapi3.MultiError); ok {
			var list []error
			for _, e := range flatten(inner) {
				one := *req
				one.Err = e
				list = append(list, &one)
			}
			return list
		}
		return []error{err}
	}
	if !errors.As(err, &many) {
		return []error{err}
	}
	var list []error
	for _, e := range many {
		if list = append(list, flatten(e)...); len(list) >= 50 {
			return list[:50]
		}
	}
	return list
}

func explainField(req *openapi3filter.RequestError, in *openapi3filter.RequestValidationInput) gen.FieldError {
	f := gen.FieldError{Field: "body", Allowed: "a JSON object as the contract describes it"}
	var schema *openapi3.SchemaError
	if p := req.Parameter; p != nil {
		f = gen.FieldError{Field: p.Name, Value: shorten(given(p, in)), Allowed: "given"}
		if p.Schema != nil && (f.Value != "" || !p.Required) {
			f.Allowed = describe(itemOf(p.Schema.Value))
		}
		return f
	}
	if !errors.As(req.Err, &schema) {
		return f
	}
	if at := strings.Join(schema.JSONPointer(), "."); at != "" {
		f.Field = cut(at, 256)
	}
	f.Value, f.Allowed = shownValue(f.Field, schema.Value), describe(schema.Schema)
	switch schema.SchemaField {
	case "required":
		f.Value, f.Allowed = "", "given"
	case "properties", "additionalProperties":
		f.Value, f.Allowed = "", "a member: there are "+strings.Join(memberNames(schema.Schema), ", ")
		if name := quoted(schema.Reason); name != "" && !strings.HasSuffix("."+f.Field, "."+name) {
			f.Field = cut(strings.TrimPrefix(f.Field+"."+name, "body."), 256)
		}
	case "minProperties":
		f.Value, f.Allowed = "{}", "an object with at least one of "+strings.Join(memberNames(schema.Schema), ", ")
	}
	return f
}

// given is what a caller sent for a parameter.
func given(p *openapi3.Parameter, in *openapi3filter.RequestValidationInput) string {
	switch p.In {
	case openapi3.ParameterInQuery:
		return strings.Join(in.QueryParams[p.Name], ",")
	case openapi3.ParameterInHeader:
		return in.Request.Header.Get(p.Name)
	}
	return in.PathParams[p.Name]
}

// shownValue is a value as an answer may repeat it: short, and never a secret.
func shownValue(field string, v any) string {
	for _, secret := range []string{"password", "current", "new", "secret", "headers"} {
		if strings.Contains(field, secret) {
			return "(hidden)"
		}
	}
	switch v := v.(type) {
	case string:
		return shorten(v)
	case nil:
		return "null"
	case map[string]any:
		return "an object"
	case []any:
		return fmt.Sprintf("a list of %d", len(v))
	}
	b, _ := json.Marshal(v)
	return shorten(string(b))
}

func quoted(reason string) string {
	_, rest, _ := strings.Cut(reason, `"`)
	name, _, _ := strings.Cut(rest, `"`)
	return name
}

func memberNames(s *openapi3.Schema) []string {
	if s == nil {
		return nil
	}
	var names []string
	for name := range s.Properties {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// itemOf is what one value of a parameter must be.
func itemOf(s *openapi3.Schema) *openapi3.Schema {
	if s.Type.Is("array") && s.Items != nil {
		return s.Items.Value
	}
	return s
}

// describe says for a person what a schema allows.
func describe(s *openapi3.Schema) string {
	switch {
	case s == nil:
		return "what the contract describes"
	case len(s.Enum) > 0:
		return "one of " + enumOf(s)
	case len(s.AllOf) > 0:
		return describe(s.AllOf[0].Value)
	case s.Type.Is("integer"), s.Type.Is("number"):
		return numbers(s)
	case s.Type.Is("boolean"):
		return "true or false"
	case s.Type.Is("array"):
		return "a list of " + counts(s.MinItems, s.MaxItems, "values")
	case s.Type.Is("object"):
		return "an object"
	case s.Format == "date-time":
		return "a time (RFC 3339), such as 2026-03-01T00:00:00Z"
	case s.Pattern != "":
		return "text that matches " + s.Pattern
	}
	return "text of " + counts(s.MinLength, s.MaxLength, "characters")
}

func enumOf(s *openapi3.Schema) string {
	var names []string
	for _, v := range s.Enum {
		if name := fmt.Sprint(v); name != "" {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

func numbers(s *openapi3.Schema) string {
	kind := "a number"
	if s.Type.Is("integer") {
		kind = "a whole number"
	}
	if s.Min != nil {
		kind += " from " + strconv.FormatFloat(*s.Min, 'f', -1, 64)
	}
	if s.Max != nil {
		kind += " to " + strconv.FormatFloat(*s.Max, 'f', -1, 64)
	}
	return kind
}

func counts(low uint64, high *uint64, what string) string {
	switch {
	case high == nil:
		return fmt.Sprintf("at least %d %s", low, what)
	case low == 0:
		return fmt.Sprintf("at most %d %s", *high, what)
	}
	return fmt.Sprintf("%d to %d %s", low, *high, what)
}
