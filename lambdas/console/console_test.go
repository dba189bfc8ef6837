package console

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
)

var (
	script  = strings.Repeat("console.log('a detection');\n", 2000)
	picture = string([]byte{0x89, 'P', 'N', 'G', 1, 2, 3})
)

// built is what Vite leaves, and what lies beside it.
func built() fstest.MapFS {
	return fstest.MapFS{
		".gitkeep": {}, ".gitignore": {Data: []byte("*\n")}, ".vite/manifest.json": {Data: []byte("{}")},
		"index.html":           {Data: []byte("<!doctype html><title>Mirrorwatch</title>" + strings.Repeat(" ", 2000))},
		"favicon.svg":          {Data: []byte("<svg/>")},
		"assets/index-4f0a.js": {Data: []byte(script)}, "assets/index-77aa.css": {Data: []byte("a{}")}, "assets/logo-1a.png": {Data: []byte(picture)},
		"assets/odd-1.bin": {Data: []byte("?")},
	}
}

func serve(t *testing.T, in fs.FS) func(method, path string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	h, err := New(in)
	if err != nil {
		t.Fatal(err)
	}
	return func(method, path string, headers ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, path, nil)
		for i := 0; i < len(headers); i += 2 {
			r.Header.Add(headers[i], headers[i+1])
		}
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, r)
		return rec
	}
}

// TestWhatPathsGive: files by their names, one page for every place, and never the page for a file that is not there.
func TestWhatPathsGive(t *testing.T) {
	ask, in := serve(t, built()), built()
	for _, c := range []struct {
		path, is, kind, keep string // is: the file, or "" for 404
	}{
		{"/", "index.html", "text/html; charset=utf-8", "no-cache"},
		{"/index.html", "index.html", "text/html; charset=utf-8", "no-cache"},
		{"/detections", "index.html", "text/html; charset=utf-8", "no-cache"},
		{"/detections/4f0a1ac1?zone=local", "index.html", "text/html; charset=utf-8", "no-cache"},
		{"/devices/10.20.1.15", "index.html", "text/html; charset=utf-8", "no-cache"},
		{"/devices/vpc-1%2F10.20.1.15", "index.html", "text/html; charset=utf-8", "no-cache"},
		{"/assets", "index.html", "text/html; charset=utf-8", "no-cache"},
		{"/favicon.svg", "favicon.svg", "image/svg+xml", "no-cache"},
		{"/assets/index-4f0a.js", "assets/index-4f0a.js", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"},
		{"/assets/index-77aa.css", "assets/index-77aa.css", "text/css; charset=utf-8", "public, max-age=31536000, immutable"},
		{"/assets/logo-1a.png", "assets/logo-1a.png", "image/png", "public, max-age=31536000, immutable"},
		{"/assets/odd-1.bin", "assets/odd-1.bin", "application/octet-stream", "public, max-age=31536000, immutable"},
		{"/assets/index-gone.js", "", "", "no-cache"},
		{"/assets/gone", "", "", "no-cache"},
		{"/assets/", "", "", "no-cache"},
		{"/assets/../index.html", "", "", "no-cache"},
		{"/robots.txt", "", "", "no-cache"},
		{"/.gitkeep", "", "", "no-cache"},
		{"/.gitignore", "", "", "no-cache"},
	} {
		g := ask("GET", c.path)
		if got := g.Header().Get("Cache-Control"); got != c.keep {
			t.Errorf("%s: Cache-Control %q, want %q", c.path, got, c.keep)
		}
		if c.is == "" {
			if g.Code != http.StatusNotFound || strings.Contains(g.Body.String(), "<") {
				t.Errorf("%s: %d %q", c.path, g.Code, g.Body)
			}
			continue
		}
		if g.Code != http.StatusOK || g.Body.String() != string(in[c.is].Data) || g.Header().Get("Content-Type") != c.kind {
			t.Errorf("%s: %d %s, %d bytes", c.path, g.Code, g.Header().Get("Content-Type"), g.Body.Len())
		}
	}
	if g := ask("GET", "/.vite/manifest.json"); strings.Contains(g.Body.String(), "{") {
		t.Errorf("a file that is not the console's: %s", g.Body)
	}
}

// TestOnlyReading: files are read and nothing else.
func TestOnlyReading(t *testing.T) {
	for name, in := range map[string]fs.FS{"built": built(), "not built": fstest.MapFS{}} {
		ask := serve(t, in)
		for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"} {
			if g := ask(method, "/"); g.Code != http.StatusMethodNotAllowed || g.Header().Get("Allow") != "GET, HEAD" {
				t.Errorf("%s, %s: %d %v", name, method, g.Code, g.Header())
			}
		}
	}
	ask := serve(t, built())
	for _, path := range []string{"/", "/assets/index-4f0a.js", "/assets/gone.js"} {
		for _, coding := range []string{"", "gzip"} {
			get, head := ask("GET", path, "Accept-Encoding", coding), ask("HEAD", path, "Accept-Encoding", coding)
			if head.Code != get.Code || get.Code == 200 && head.Body.Len() > 0 || head.Header().Get("ETag") != get.Header().Get("ETag") {
				t.Errorf("HEAD %s: %d %v %q", path, head.Code, head.Header(), head.Body)
			}
			if get.Code == 200 && (head.Header().Get("Content-Length") != strconv.Itoa(get.Body.Len()) || get.Header().Get("Content-Length") != strconv.Itoa(get.Body.Len())) {
				t.Errorf("%s in %q: %s bytes told, %d sent", path, coding, head.Header().Get("Content-Length"), get.Body.Len())
			}
		}
	}
}

// TestUnchanged: who has the very thing is told so, in each of its forms.
func TestUnchanged(t *testing.T) {
	ask := serve(t, built())
	for _, path := range []string{"/", "/assets/index-4f0a.js", "/assets/logo-1a.png"} {
		plain, zipped := ask("GET", path).Header().Get("ETag"), ask("GET", path, "Accept-Encoding", "gzip").Header().Get("ETag")
		if plain == "" || strings.HasSuffix(path, ".png") != (plain == zipped) {
			t.Errorf("%s: tags %s and %s", path, plain, zipped)
		}
		for _, given := range []string{plain, "W/" + plain, `"x", ` + plain, "*"} {
			g := ask("GET", path, "If-None-Match", given)
			if g.Code != http.StatusNotModified || g.Body.Len() > 0 || g.Header().Get("ETag") != plain || g.Header().Get("Cache-Control") == "" || g.Header().Get("Content-Length") != "" {
				t.Errorf("%s with %s: %d %v", path, given, g.Code, g.Header())
			}
		}
		if g := ask("GET", path, "If-None-Match", zipped, "Accept-Encoding", "gzip"); g.Code != http.StatusNotModified {
			t.Errorf("%s in gzip: %d", path, g.Code)
		}
		if g := ask("GET", path, "If-None-Match", `"other"`); g.Code != http.StatusOK {
			t.Errorf("%s with another tag: %d", path, g.Code)
		}
	}
	other := built()
	other["index.html"] = &fstest.MapFile{Data: []byte("<!doctype html>new")}
	if a, b := ask("GET", "/").Header().Get("ETag"), serve(t, other)("GET", "/").Header().Get("ETag"); a == b {
		t.Error("another page has the same tag")
	}
}

// TestCompressed where the browser takes it and it pays.
func TestCompressed(t *testing.T) {
	ask := serve(t, built())
	for header, want := range map[string]bool{
		"gzip": true, "gzip, deflate, br, zstd": true, "GZIP": true, "br, gzip;q=0.1": true, "*": true, "x-gzip": true,
		"": false, "br": false, "gzip;q=0": false, "gzip; q=0.0": false, "*, gzip;q=0": false, "identity": false, "gzip;q=two": false, "*;q=0": false,
	} {
		g := ask("GET", "/assets/index-4f0a.js", "Accept-Encoding", header)
		if got := g.Header().Get("Content-Encoding") == "gzip"; got != want || g.Header().Get("Vary") != "Accept-Encoding" {
			t.Errorf("Accept-Encoding %q: %v", header, g.Header())
			continue
		}
		if want {
			if g.Body.Len() > len(script)/20 {
				t.Errorf("%d bytes of %d", g.Body.Len(), len(script))
			}
			zip, err := gzip.NewReader(bytes.NewReader(g.Body.Bytes()))
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(zip); err != nil || string(got) != script {
				t.Errorf("%d bytes, %v", len(got), err)
			}
		}
	}
	if g := ask("GET", "/assets/logo-1a.png", "Accept-Encoding", "gzip"); g.Header().Get("Content-Encoding") != "" || g.Body.String() != picture {
		t.Errorf("a picture: %v", g.Header())
	}
}

// counting counts what is opened.
type counting struct {
	fstest.MapFS
	mu     sync.Mutex
	opened map[string]int
}

func (c *counting) Open(name string) (fs.File, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.opened[name]++
	return c.MapFS.Open(name)
}

// TestCompressedOnce, and only what is asked for.
func TestCompressedOnce(t *testing.T) {
	in := &counting{MapFS: built(), opened: map[string]int{}}
	ask := serve(t, in)
	if in.opened["assets/index-4f0a.js"] != 0 {
		t.Error("read before anybody asked")
	}
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() { ask("GET", "/assets/index-4f0a.js", "Accept-Encoding", "gzip") })
	}
	all.Wait()
	if n := in.opened["assets/index-4f0a.js"]; n != 1 {
		t.Errorf("read %d times", n)
	}
}

// unreadable gives a folder in which one file cannot be read.
type unreadable struct{ fstest.MapFS }

func (u unreadable) Open(name string) (fs.File, error) {
	if name == "assets/index-4f0a.js" {
		return nil, errors.New("the disk is broken")
	}
	return u.MapFS.Open(name)
}

func TestUnreadable(t *testing.T) {
	if g := serve(t, unreadable{built()})("GET", "/assets/index-4f0a.js"); g.Code != http.StatusInternalServerError || strings.Contains(g.Body.String(), "disk") {
		t.Errorf("%d %s", g.Code, g.Body)
	}
}

// TestNotBuilt: every path says how to build it, and none is kept.
func TestNotBuilt(t *testing.T) {
	for name, in := range map[string]fs.FS{
		"bare": fstest.MapFS{".gitkeep": {}}, "empty page": fstest.MapFS{"index.html": {}}, "assets alone": fstest.MapFS{"assets/index-1.js": {Data: []byte("1")}},
	} {
		ask := serve(t, in)
		for _, path := range []string{"/", "/detections", "/assets/index-1.js"} {
			g := ask("GET", path)
			if g.Code != http.StatusServiceUnavailable || !strings.Contains(g.Body.String(), "make console build") || !strings.Contains(g.Body.String(), "/v1") ||
				g.Header().Get("Cache-Control") != "no-store" || g.Header().Get("Content-Type") != "text/plain; charset=utf-8" {
				t.Errorf("%s, %s: %d %v %s", name, path, g.Code, g.Header(), g.Body)
			}
		}
	}
}

// TestPageKeepsToItsPolicy: what is built needs nothing that the Content-Security-Policy forbids: no script and no style in the page itself,
// no handler in an attribute, and nothing from elsewhere. The browser tests hold what it does when it runs.
func TestPageKeepsToItsPolicy(t *testing.T) {
	if !Built() {
		t.Skip("the console was not built: make console")
	}
	b, err := fs.ReadFile(files(), page)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ToLower(string(b))
	for _, bad := range []string{`<script>`, `<style`, ` style=`, ` on[a-z]+=`, `javascript:`, `(src|href)="(https?:)?//`, `<base`, `<iframe`, `<meta http-equiv`} {
		if found := regexp.MustCompile(bad).FindString(text); found != "" {
			t.Errorf("the page has %q", found)
		}
	}
	scripts := regexp.MustCompile(`<script[^>]*>([^<]*)</script>`).FindAllStringSubmatch(text, -1)
	for _, s := range scripts {
		if !strings.Contains(s[0], ` src="/`) || strings.TrimSpace(s[1]) != "" { // that it is no other host's is looked for above
			t.Errorf("a script in the page: %.100s", s[0])
		}
	}
	if len(scripts) == 0 {
		t.Error("the page has no script at all: the test looks in the wrong place")
	}
}

// TestThisProgram serves what it was built with. Where nothing may be missing, the console may not.
func TestThisProgram(t *testing.T) {
	h, err := Handler()
	if err != nil {
		t.Fatal(err)
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequest("GET", "/detections", nil))
	switch {
	case Built():
		if rec.Code != http.StatusOK || !strings.Contains(strings.ToLower(rec.Body.String()), "<!doctype html>") {
			t.Errorf("%d %.200s", rec.Code, rec.Body)
		}
	case os.Getenv("MIRRORWATCH_REQUIRE_ALL") != "":
		t.Error("the console was not built: make console")
	case rec.Code != http.StatusServiceUnavailable:
		t.Errorf("%d %.200s", rec.Code, rec.Body)
	}
}
