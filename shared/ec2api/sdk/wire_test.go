package sdk

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

const (
	self   = "111122223333"
	region = "eu-west-1"
)

// wire is AWS's end: it keeps what was asked and answers the next of its answers.
type wire struct {
	*httptest.Server
	mu      sync.Mutex
	asked   []request
	answers []answer
}

// request is what came over the wire: of the Query protocol its form, a line a field and sorted; of the JSON ones the body.
type request struct {
	target string // path, or X-Amz-Target
	body   string
	signed string // the credential's scope
}

type answer struct {
	status int // 0: 200
	body   string
}

func newWire(t *testing.T, answers ...answer) *wire {
	t.Helper()
	w := &wire{answers: answers}
	w.Server = httptest.NewServer(http.HandlerFunc(w.serve))
	t.Cleanup(w.Close)
	return w
}

func (w *wire) serve(out http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(out, err.Error(), http.StatusBadRequest)
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked = append(w.asked, request{askedOf(r), formOf(r, raw), r.Header.Get("Authorization")})
	if len(w.answers) == 0 {
		http.Error(out, "more calls than answers", http.StatusTeapot)
		return
	}
	next := w.answers[0]
	w.answers = w.answers[1:]
	if r.Header.Get("Content-Type") == "application/x-www-form-urlencoded" {
		out.Header().Set("Content-Type", "text/xml;charset=UTF-8")
	} else {
		out.Header().Set("Content-Type", "application/json")
	}
	if next.status != 0 {
		out.WriteHeader(next.status)
	}
	_, _ = io.WriteString(out, next.body)
}

func askedOf(r *http.Request) string {
	if t := r.Header.Get("X-Amz-Target"); t != "" {
		return t
	}
	return r.Method + " " + r.URL.RequestURI()
}

func formOf(r *http.Request, raw []byte) string {
	if r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" {
		return string(raw)
	}
	form, err := url.ParseQuery(string(raw))
	if err != nil {
		return err.Error()
	}
	var lines []string
	for k, vs := range form {
		for _, v := range vs {
			lines = append(lines, k+"="+v)
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// open makes a client of this end, with credentials of its own.
func (w *wire) open(t testing.TB, o Options) *Client {
	t.Helper()
	o.Config = aws.Config{Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", "")}
	if o.Region == "" {
		o.Region, o.Account = region, self
	}
	o.Endpoint = w.URL
	c, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// exchange is a call: what is asked by our nouns, what that is on the wire, what AWS answers there, and what that is in our nouns.
type exchange struct {
	name   string // of the method, and what is special after a slash
	ask    func(ctx context.Context, a ec2api.Account) (any, error)
	form   string // a field a line, in any order, without Version
	answer string
	want   any
}

// run holds exchanges of the Query protocol.
func run(t *testing.T, version string, list []exchange) {
	for _, x := range list {
		t.Run(x.name, func(t *testing.T) {
			w := newWire(t, answer{body: x.answer})
			got, err := x.ask(t.Context(), w.open(t, Options{}).Account())
			if err != nil {
				t.Fatal(err)
			}
			if len(w.asked) != 1 {
				t.Fatalf("%d calls, want one", len(w.asked))
			}
			method, _, _ := strings.Cut(x.name, "/")
			if want := form("Action="+method, "Version="+version, x.form); w.asked[0].body != want || w.asked[0].target != "POST /" {
				t.Errorf("%s asks\n%s\nwant\n%s", w.asked[0].target, w.asked[0].body, want)
			}
			if !reflect.DeepEqual(got, x.want) {
				t.Errorf("got\n%#v\nwant\n%#v", got, x.want)
			}
		})
	}
}

func form(parts ...string) string {
	var lines []string
	for line := range strings.Lines(strings.Join(parts, "\n")) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// nothing makes a call that answers nothing fit an exchange.
func nothing(err error) (any, error) { return nil, err }

// only says in short what a page without a next holds.
func only[T any](items ...T) ec2api.Page[T] { return ec2api.Page[T]{Items: items} }

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t
}

// ec2XML is an answer of EC2 as it documents them.
func ec2XML(call, inner string) string {
	return fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8"?>
<%sResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>59dbff89-35bd-4eac-99ed-be587EXAMPLE</requestId>%s</%[1]sResponse>`, call, inner)
}

// TestEveryMethodIsHeldToTheWire fails where a method of an interface has no exchange.
func TestEveryMethodIsHeldToTheWire(t *testing.T) {
	seen := map[string]bool{}
	for _, list := range [][]exchange{describes(), mirrors(), balances(), scales()} {
		for _, x := range list {
			method, _, _ := strings.Cut(x.name, "/")
			seen[method] = true
		}
	}
	for _, x := range shares() {
		method, _, _ := strings.Cut(x.name, "/")
		seen[method] = true
	}
	for _, of := range []reflect.Type{
		reflect.TypeFor[ec2api.EC2](), reflect.TypeFor[ec2api.LoadBalancing](), reflect.TypeFor[ec2api.AutoScaling](), reflect.TypeFor[ec2api.Sharing](),
	} {
		for i := range of.NumMethod() {
			if name := of.Method(i).Name; !seen[name] {
				t.Errorf("%s has no exchange", name)
			}
			delete(seen, of.Method(i).Name)
		}
	}
	for name := range seen {
		t.Errorf("%s is no method", name)
	}
}
