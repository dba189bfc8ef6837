package console

import (
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strings"
)

// How long a browser may keep what it was given. What is below assets/ has a name made of its contents, so another content has another
// name; everything else is asked for anew each time, and answered with 304 while it is the same.
const (
	keepForever = "public, max-age=31536000, immutable"
	keepNothing = "no-cache"
)

// assets is the folder of the files that have names of their contents.
const assets = "assets/"

// notBuilt is what a program says that was built without the console.
const notBuilt = "Mirrorwatch is running, and this program was built without its console. 'make console build' builds both; it needs Node " +
	"and npm.\nThe API is under /v1, described by /v1/openapi.yaml.\n"

// handler has all files by their paths. There are no others: a path is looked up and never opened.
type handler map[string]*file

// New makes a handler of the files that Vite wrote. Those whose names begin with a dot are not the console's.
func New(in fs.FS) (http.Handler, error) {
	if !builtIn(in) {
		return only(http.HandlerFunc(sayNotBuilt)), nil
	}
	h := handler{}
	err := fs.WalkDir(in, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == "." {
			return err
		}
		if strings.HasPrefix(d.Name(), ".") {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if d.Type().IsRegular() {
			h[path] = newFile(in, path)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list console's files: %w", err)
	}
	return only(h), nil
}

// only lets through what asks for something.
func only(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "the console's files can be read, and nothing else", http.StatusMethodNotAllowed)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (h handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f := h.find(strings.TrimPrefix(r.URL.Path, "/"))
	if f == nil {
		w.Header().Set("Cache-Control", keepNothing) // it may be there tomorrow
		http.Error(w, "the console has no such file", http.StatusNotFound)
		return
	}
	f.serve(w, r)
}

// find gives what a path means. A file that is not there is nil and never the page: a browser would run the page as a script, or keep it as
// a picture. Files lie below assets/ or, with a dot in their names, at the root, as infra's pagesFunction has it; all else are places within
// the page, a device's address among them.
func (h handler) find(path string) *file {
	if f := h[path]; f != nil {
		return f
	}
	if strings.HasPrefix(path, assets) || strings.Contains(path, ".") && !strings.Contains(path, "/") {
		return nil
	}
	return h[page]
}

func sayNotBuilt(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusServiceUnavailable)
	io.WriteString(w, notBuilt) //nolint:errcheck // whoever asked is gone
}
