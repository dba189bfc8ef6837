package api

import (
	"compress/gzip"
	"net/http"
	"strings"
)

// gzipFrom is how many bytes an answer must have to be worth compressing.
const gzipFrom = 1400

// reply is the writer that handlers write to. It answers 304 where the caller has the very thing already, and compresses what is
// large. Handlers know of neither.
type reply struct {
	http.ResponseWriter
	request *http.Request
	status  int
	began   bool // the head is written
	skip    bool // no body goes out
	zip     *gzip.Writer
}

func newReply(w http.ResponseWriter, r *http.Request) *reply {
	return &reply{ResponseWriter: w, request: r}
}

// WriteHeader waits for the first bytes of the body: only then is it known whether it is worth compressing.
func (p *reply) WriteHeader(status int) {
	if p.status == 0 {
		p.status = status
	}
}

// Write sends a part of the body.
func (p *reply) Write(b []byte) (int, error) {
	if !p.began {
		p.begin(len(b))
	}
	switch {
	case p.skip:
		return len(b), nil
	case p.zip != nil:
		return p.zip.Write(b)
	}
	return p.ResponseWriter.Write(b)
}

// Flush sends what has been written.
func (p *reply) Flush() {
	if !p.began {
		p.begin(0)
	}
	if p.zip != nil {
		_ = p.zip.Flush() // an error of the connection comes again with the next Write
	}
	if f, ok := p.ResponseWriter.(http.Flusher); ok {
		f.Flush()
	}
}

// Unwrap lets http.ResponseController through, for deadlines.
func (p *reply) Unwrap() http.ResponseWriter { return p.ResponseWriter }

func (p *reply) begin(size int) {
	p.began = true
	if p.status == 0 {
		p.status = http.StatusOK
	}
	h := p.Header()
	if p.unchanged() {
		p.skip, p.status = true, http.StatusNotModified
		h.Del("Content-Type")
	} else if size >= gzipFrom && p.compressible() {
		h.Set("Content-Encoding", "gzip")
		h.Del("Content-Length")
		p.zip = gzip.NewWriter(p.ResponseWriter)
	}
	p.ResponseWriter.WriteHeader(p.status)
}

// unchanged says whether the caller's ETag is still the right one.
func (p *reply) unchanged() bool {
	tag := p.Header().Get("ETag")
	if p.status != http.StatusOK || tag == "" || p.request.Method != http.MethodGet && p.request.Method != http.MethodHead {
		return false
	}
	for given := range strings.SplitSeq(p.request.Header.Get("If-None-Match"), ",") {
		given = strings.TrimPrefix(strings.TrimSpace(given), "W/")
		if given == tag || given == "*" {
			return true
		}
	}
	return false
}

func (p *reply) compressible() bool {
	h := p.Header()
	if h.Get("Content-Encoding") != "" || p.request.Method == http.MethodHead || !accepts(p.request.Header.Get("Accept-Encoding"), "gzip") {
		return false
	}
	kind, _, _ := strings.Cut(h.Get("Content-Type"), ";")
	switch kind {
	case "application/json", "application/problem+json", "application/jsonl", "application/yaml", "text/csv", "text/html", "text/css", "text/javascript":
		return true
	}
	return false
}

// accepts says whether an Accept-Encoding header takes a coding, and not with a weight of nothing.
func accepts(header, coding string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.TrimSpace(name) != coding {
			continue
		}
		q := strings.ReplaceAll(strings.TrimSpace(weight), " ", "")
		return q != "q=0" && strings.TrimRight(strings.TrimPrefix(q, "q=0."), "0") != "" || q == ""
	}
	return false
}

// close ends the answer.
func (p *reply) close() {
	if !p.began && p.status != 0 {
		p.begin(0)
	}
	if p.zip != nil {
		_ = p.zip.Close()
	}
}
