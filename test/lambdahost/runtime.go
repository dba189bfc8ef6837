package lambdahost

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// version is the only one of the Runtime API that there has ever been.
const version = "/2018-06-01/runtime"

// invocation is one event on its way.
type invocation struct {
	id, trace, arn string
	event          []byte
	limit          time.Duration
	result         chan result // takes one
}

type result struct {
	body []byte
	err  error
}

func newInvocation(event []byte, o Options) *invocation {
	var b [28]byte
	rand.Read(b[:]) //nolint:errcheck // crypto/rand never fails
	id, root := hex.EncodeToString(b[:16]), hex.EncodeToString(b[16:])
	return &invocation{
		id:    fmt.Sprintf("%s-%s-4%s-8%s-%s", id[:8], id[8:12], id[13:16], id[17:20], id[20:]),
		trace: fmt.Sprintf("Root=1-%08x-%s;Parent=%s;Sampled=0", time.Now().Unix(), root, id[:16]),
		arn:   "arn:aws:lambda:us-east-1:123456789012:function:" + o.Name,
		event: event, limit: o.Timeout, result: make(chan result, 1),
	}
}

func (i *invocation) finish(body []byte, err error) {
	select {
	case i.result <- result{body, err}:
	default: // it has one: Lambda takes the first
	}
}

func (s *sandbox) routes() http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("GET "+version+"/invocation/next", s.serveNext)
	m.HandleFunc("POST "+version+"/invocation/{id}/response", s.serveResponse)
	m.HandleFunc("POST "+version+"/invocation/{id}/error", s.serveError)
	m.HandleFunc("POST "+version+"/init/error", s.serveInitError)
	return m
}

// serveNext holds the function until there is an event for it.
func (s *sandbox) serveNext(w http.ResponseWriter, r *http.Request) {
	s.askOnce.Do(func() { close(s.asked) })
	select {
	case i := <-s.next:
		s.mu.Lock()
		s.current = i
		s.mu.Unlock()
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("Lambda-Runtime-Aws-Request-Id", i.id)
		h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(i.limit).UnixMilli(), 10))
		h.Set("Lambda-Runtime-Invoked-Function-Arn", i.arn)
		h.Set("Lambda-Runtime-Trace-Id", i.trace)
		w.Write(i.event) //nolint:errcheck // a function that is gone is seen by its process
	case <-r.Context().Done():
	}
}

// serveResponse takes the answer. One that streams may still fail, and says so in a trailer.
func (s *sandbox) serveResponse(w http.ResponseWriter, r *http.Request) {
	i := s.take(w, r)
	if i == nil {
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxPayload))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		i.finish(nil, &FunctionError{
			Type:    "Function.ResponseSizeTooLarge",
			Message: fmt.Sprintf("Response payload size exceeded maximum allowed payload size (%d bytes).", MaxPayload),
		})
		refuse(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge")
		return
	case err != nil:
		i.finish(nil, fmt.Errorf("read answer of function: %w", err))
	case r.Trailer.Get("Lambda-Runtime-Function-Error-Type") != "":
		i.finish(nil, &FunctionError{Type: r.Trailer.Get("Lambda-Runtime-Function-Error-Type"), Message: "failed while it answered"})
	default:
		i.finish(body, nil)
	}
	accept(w)
}

func (s *sandbox) serveError(w http.ResponseWriter, r *http.Request) {
	i := s.take(w, r)
	if i == nil {
		return
	}
	i.finish(nil, readError(r))
	accept(w)
}

func (s *sandbox) serveInitError(w http.ResponseWriter, r *http.Request) {
	e := readError(r)
	e.Init = true
	select {
	case s.failed <- e:
	default:
	}
	accept(w)
}

// take gives the event that an answer belongs to, once, and refuses an answer to another.
func (s *sandbox) take(w http.ResponseWriter, r *http.Request) *invocation {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.current
	if i == nil || i.id != r.PathValue("id") {
		refuse(w, http.StatusBadRequest, "InvalidRequestID")
		return nil
	}
	s.current = nil
	return i
}

// readError reads what a function says of its failure; the header's type is used where the body has none.
func readError(r *http.Request) *FunctionError {
	var said struct {
		FunctionError
		Trace []json.RawMessage `json:"stackTrace"`
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err == nil {
		err = json.Unmarshal(body, &said)
	}
	e := said.FunctionError
	if err != nil {
		e.Message = "gave an error that is no JSON: " + string(body[:min(len(body), 200)])
	}
	if e.Type == "" {
		e.Type = r.Header.Get("Lambda-Runtime-Function-Error-Type")
	}
	for _, frame := range said.Trace {
		e.Stack = append(e.Stack, readFrame(frame))
	}
	return &e
}

// readFrame reads one line of a stack: Go gives objects, others text.
func readFrame(raw json.RawMessage) string {
	var f struct {
		Path  string `json:"path"`
		Line  int    `json:"line"`
		Label string `json:"label"`
	}
	if json.Unmarshal(raw, &f) != nil {
		return string(raw)
	}
	return fmt.Sprintf("%s:%d %s", f.Path, f.Line, f.Label)
}

func accept(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusAccepted)
	io.WriteString(w, `{"status":"OK"}`) //nolint:errcheck // as above
}

func refuse(w http.ResponseWriter, status int, kind string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"errorMessage":%q,"errorType":%q}`, kind, kind) //nolint:errcheck // as above
}
