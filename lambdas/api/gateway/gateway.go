// Package gateway lets a net/http handler answer API Gateway. What comes in is the payload of an HTTP API, version 2.0; what goes out is
// its response. It never decides anything about a request, and never believes a header about what API Gateway itself says in the
// request's context: who the caller is, and where from.
package gateway

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"

	"github.com/mirrorwatch/mirrorwatch/lambdas/api/signin"
)

// MaxAnswer is how many bytes a body may have in the form in which it goes out. Lambda takes 6 MB for the whole response.
const MaxAnswer = 5_500_000

// Handle makes a function for Lambda of a handler.
func Handle(h http.Handler) func(context.Context, events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
	return func(ctx context.Context, e events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
		r, err := request(ctx, e)
		if err != nil {
			return refused(http.StatusBadRequest, "The request could not be read", err.Error()), nil
		}
		w := &answer{header: http.Header{}}
		if broken := serve(h, w, r); broken {
			return refused(http.StatusInternalServerError, "Something broke", "the function's log has it"), nil
		}
		return w.response(r.Method == http.MethodHead), nil
	}
}

// serve calls the handler. One that gives up its connection on purpose has none here: whoever asked gets an error instead.
func serve(h http.Handler, w http.ResponseWriter, r *http.Request) (broken bool) {
	defer func() {
		if v := recover(); v != nil {
			if v != http.ErrAbortHandler { //nolint:errorlint // net/http compares it the same way
				panic(v)
			}
			broken = true
		}
	}()
	h.ServeHTTP(w, r)
	return false
}

// request makes a request of the payload.
func request(ctx context.Context, e events.APIGatewayV2HTTPRequest) (*http.Request, error) {
	body, err := bodyOf(e)
	if err != nil {
		return nil, err
	}
	u := pathOf(e)
	u.RawQuery = e.RawQueryString
	r, err := http.NewRequestWithContext(signin.WithGateway(ctx, e.RequestContext), e.RequestContext.HTTP.Method, "/", bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("method %q: %w", e.RequestContext.HTTP.Method, err)
	}
	r.URL, r.RequestURI = u, u.RequestURI()
	r.Proto, r.ProtoMajor, r.ProtoMinor = "HTTP/1.1", 1, 1
	for name, value := range e.Headers {
		r.Header.Set(name, value)
	}
	if len(e.Cookies) > 0 {
		r.Header.Set("Cookie", strings.Join(e.Cookies, "; "))
	}
	r.Host = r.Header.Get("Host")
	r.Header.Del("Host")
	if r.Host == "" {
		r.Host = e.RequestContext.DomainName
	}
	r.RemoteAddr = net.JoinHostPort(e.RequestContext.HTTP.SourceIP, "0")
	return r, nil
}

func bodyOf(e events.APIGatewayV2HTTPRequest) ([]byte, error) {
	if !e.IsBase64Encoded {
		return []byte(e.Body), nil
	}
	b, err := base64.StdEncoding.DecodeString(e.Body)
	if err != nil {
		return nil, fmt.Errorf("body is not base64: %w", err)
	}
	return b, nil
}

// pathOf is the path without the stage, which API Gateway puts before it where the stage has a name.
func pathOf(e events.APIGatewayV2HTTPRequest) *url.URL {
	raw := e.RawPath
	if stage := e.RequestContext.Stage; stage != "" && stage != "$default" {
		if rest, ok := strings.CutPrefix(raw, "/"+stage); ok && (rest == "" || rest[0] == '/') {
			raw = rest
		}
	}
	if !strings.HasPrefix(raw, "/") {
		raw = "/" + raw
	}
	path, err := url.PathUnescape(raw)
	if err != nil {
		return &url.URL{Path: raw} // it came decoded already
	}
	return &url.URL{Path: path, RawPath: raw}
}

// answer gathers what the handler writes.
type answer struct {
	header http.Header
	sent   http.Header // as it was when the status was written
	status int
	body   bytes.Buffer
	over   bool
}

// Header gives the header to set.
func (a *answer) Header() http.Header { return a.header }

// WriteHeader sets the status, once.
func (a *answer) WriteHeader(status int) {
	if a.status == 0 && status >= 200 {
		a.status, a.sent = status, a.header.Clone()
	}
}

// Write gathers a part of the body. What is beyond the limit is not kept: no answer can be made of it.
func (a *answer) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	if a.over = a.over || a.body.Len()+len(b) > MaxAnswer; a.over {
		a.body.Reset()
		return 0, fmt.Errorf("write answer: it is larger than %d bytes", MaxAnswer)
	}
	return a.body.Write(b)
}

func (a *answer) response(headOnly bool) events.APIGatewayV2HTTPResponse {
	a.WriteHeader(http.StatusOK)
	text := utf8.Valid(a.body.Bytes()) && a.sent.Get("Content-Encoding") == ""
	if size := a.body.Len(); a.over || !text && base64.StdEncoding.EncodedLen(size) > MaxAnswer {
		return refused(http.StatusRequestEntityTooLarge, "The answer is too large", "ask for a shorter time, or for less")
	}
	out := events.APIGatewayV2HTTPResponse{StatusCode: a.status, Headers: map[string]string{}}
	for name, values := range a.sent {
		if name == "Set-Cookie" {
			out.Cookies = values
			continue
		}
		out.Headers[name] = strings.Join(values, ", ")
	}
	if _, said := out.Headers["Content-Type"]; !said && a.body.Len() > 0 {
		out.Headers["Content-Type"] = http.DetectContentType(a.body.Bytes())
	}
	switch {
	case headOnly:
		out.Headers["Content-Length"] = strconv.Itoa(a.body.Len())
	case text:
		out.Body = a.body.String()
	default:
		out.Body, out.IsBase64Encoded = base64.StdEncoding.EncodeToString(a.body.Bytes()), true
	}
	return out
}

// refused is a problem that the adapter itself has with a request.
func refused(status int, title, detail string) events.APIGatewayV2HTTPResponse {
	b, _ := json.Marshal(map[string]any{"type": "about:blank", "title": title, "status": status, "detail": detail})
	return events.APIGatewayV2HTTPResponse{
		StatusCode: status, Body: string(b),
		Headers: map[string]string{"Content-Type": "application/problem+json", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"},
	}
}
