// Package console gives browsers the console, whose files `make console` builds into dist before a program is built around them. What comes
// in is requests for pages and their files; what goes out is those files, compressed where the browser takes that, with how long each may be
// kept. It never answers with a page where a file was asked for, never lists a folder, and knows nothing of what the pages show.
package console

import (
	"embed"
	"io/fs"
	"net/http"
)

// dist is what Vite wrote. Without all: the pattern would match nothing where nothing was built, and the program would not compile.
//
//go:embed all:dist
var dist embed.FS

// page is the console's one page.
const page = "index.html"

// Built says whether the console was built before this program was.
func Built() bool { return builtIn(files()) }

// Handler serves what was built, or says how to build it.
func Handler() (http.Handler, error) { return New(files()) }

func files() fs.FS {
	in, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // the name above is no path: the package itself is wrong
	}
	return in
}

func builtIn(in fs.FS) bool {
	f, err := fs.Stat(in, page)
	return err == nil && f.Mode().IsRegular() && f.Size() > 0
}
