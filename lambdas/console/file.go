package console

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

// kinds are the types of the files that Vite writes. The system's own table is not asked: it differs from machine to machine.
func kinds() map[string]string {
	return map[string]string{
		".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".mjs": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
		".json": "application/json", ".map": "application/json", ".webmanifest": "application/manifest+json", ".txt": "text/plain; charset=utf-8",
		".svg": "image/svg+xml", ".png": "image/png", ".ico": "image/x-icon", ".woff2": "font/woff2", ".wasm": "application/wasm",
	}
}

// file is one of the console's files. What it takes to serve it is made when it is first asked for, once: a server that nobody looks at
// spends neither time nor memory on it. Uncompressed it stays where the program has it; what is held besides is its compressed form.
type file struct {
	in   fs.FS
	path string
	kind string
	keep string // Cache-Control
	made func() (*made, error)
}

// made is what is known of a file's content.
type made struct {
	size   int64
	tag    string // of its content, without quotes
	zipped []byte // nil where compressing does not pay
}

func newFile(in fs.FS, name string) *file {
	f := &file{in: in, path: name, kind: kinds()[path.Ext(name)], keep: keepNothing}
	if f.kind == "" {
		f.kind = "application/octet-stream"
	}
	if strings.HasPrefix(name, assets) {
		f.keep = keepForever
	}
	f.made = sync.OnceValues(f.make)
	return f
}

// make reads the file once.
func (f *file) make() (*made, error) {
	from, err := f.in.Open(f.path)
	if err != nil {
		return nil, fmt.Errorf("open console's file: %w", err)
	}
	defer from.Close()
	sum := sha256.New()
	var small bytes.Buffer
	zip, err := gzip.NewWriterLevel(&small, gzip.BestCompression)
	if err != nil {
		return nil, fmt.Errorf("compress console's file: %w", err)
	}
	m := &made{}
	if m.size, err = io.Copy(io.MultiWriter(sum, zip), from); err == nil {
		err = zip.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("read console's file %s: %w", f.path, err)
	}
	m.tag = hex.EncodeToString(sum.Sum(nil)[:12])
	if int64(small.Len()) < m.size*9/10 { // pictures and fonts are compressed as they are
		m.zipped = bytes.Clone(small.Bytes())
	}
	return m, nil
}

// serve answers with the file, in the form that the browser takes.
func (f *file) serve(w http.ResponseWriter, r *http.Request) {
	m, err := f.made()
	if err != nil {
		http.Error(w, "the console's file cannot be read", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Cache-Control", f.keep)
	h.Set("Vary", "Accept-Encoding")
	zipped := m.zipped != nil && takesGzip(r.Header.Values("Accept-Encoding"))
	size, tag := m.size, `"`+m.tag+`"`
	if zipped { // another form is another representation, and has a tag of its own
		size, tag = int64(len(m.zipped)), `"`+m.tag+`-gzip"`
	}
	h.Set("ETag", tag)
	if has(r.Header.Values("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", f.kind)
	h.Set("Content-Length", strconv.FormatInt(size, 10))
	if zipped {
		h.Set("Content-Encoding", "gzip")
	}
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return
	}
	if zipped {
		w.Write(m.zipped) //nolint:errcheck // whoever asked is gone
		return
	}
	f.copy(w)
}

// copy sends the file as it is.
func (f *file) copy(w io.Writer) {
	from, err := f.in.Open(f.path)
	if err != nil {
		panic(http.ErrAbortHandler) // it was there before: half an answer must not look like a whole one
	}
	defer from.Close()
	io.Copy(w, from) //nolint:errcheck // whoever asked is gone
}

// takesGzip says whether Accept-Encoding has gzip, or anything, with a weight that is not nothing (RFC 9110, 12.5.3).
func takesGzip(headers []string) bool {
	named, others := -1.0, 0.0
	for part := range strings.SplitSeq(strings.Join(headers, ","), ",") {
		name, weight, _ := strings.Cut(part, ";")
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "gzip", "x-gzip":
			named = max(named, weightOf(weight))
		case "*":
			others = weightOf(weight)
		}
	}
	if named >= 0 {
		return named > 0
	}
	return others > 0
}

// weightOf reads q=0.5; without one it is 1, and what makes no sense is nothing.
func weightOf(text string) float64 {
	value, given := strings.CutPrefix(strings.ToLower(strings.TrimSpace(text)), "q=")
	if !given {
		return 1
	}
	q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if err != nil || q < 0 || q > 1 {
		return 0
	}
	return q
}

// has says whether If-None-Match names the tag.
func has(headers []string, tag string) bool {
	for given := range strings.SplitSeq(strings.Join(headers, ","), ",") {
		given = strings.TrimPrefix(strings.TrimSpace(given), "W/")
		if given == tag || given == "*" {
			return true
		}
	}
	return false
}
