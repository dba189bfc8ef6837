package feed

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestOpeners holds the openers that need no AWS against the same.
func TestOpeners(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"a/b/c.log.gz": "flows", "outside.txt": "secret"} {
		path := filepath.Join(dir, "in", name)
		if name == "outside.txt" {
			path = filepath.Join(dir, name)
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(dir, "outside.txt"), filepath.Join(dir, "in", "link")); err != nil {
		t.Fatal(err)
	}
	folder, err := OpenFolder(filepath.Join(dir, "in"))
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	memory := Memory{"bucket/a/b/c.log.gz": []byte("flows"), "bucket/v?versionId=2": []byte("second"), "bucket/v": []byte("any")}
	for _, c := range []struct {
		name string
		from Opener
		o    Object
		want string
		why  Obstacle
	}{
		{"memory", memory, Object{Bucket: "bucket", Key: "a/b/c.log.gz"}, "flows", ""},
		{"memory, a version", memory, Object{Bucket: "bucket", Key: "v", Version: "2"}, "second", ""},
		{"memory, any version", memory, Object{Bucket: "bucket", Key: "v", Version: "3"}, "any", ""},
		{"memory, nothing", memory, Object{Bucket: "other", Key: "a/b/c.log.gz"}, "", Missing},
		{"folder", folder, Object{Bucket: "any", Key: "a/b/c.log.gz"}, "flows", ""},
		{"folder, nothing", folder, Object{Key: "a/b/d.log.gz"}, "", Missing},
		{"folder, a folder", folder, Object{Key: "a"}, "", Refused},
		{"folder, above it", folder, Object{Key: "../outside.txt"}, "", Refused},
		{"folder, from the root", folder, Object{Key: filepath.Join(dir, "outside.txt")}, "", Refused},
		{"folder, a link out of it", folder, Object{Key: "link"}, "", Refused},
	} {
		body, size, err := c.from.Open(t.Context(), c.o)
		var open *OpenError
		if errors.As(err, &open) != (c.why != "") || open != nil && open.Obstacle != c.why {
			t.Errorf("%s: %v, want %q", c.name, err, c.why)
		}
		if err != nil {
			continue
		}
		got, err := io.ReadAll(body)
		if err != nil || string(got) != c.want || size != int64(len(got)) || body.Close() != nil {
			t.Errorf("%s: %q of %d, %v", c.name, got, size, err)
		}
	}
	if _, err := OpenFolder(filepath.Join(dir, "nowhere")); err == nil {
		t.Error("a folder that is not there")
	}
}

func TestOpenError(t *testing.T) {
	e := &OpenError{Object: "s3://b/k", Obstacle: Denied, Code: "AccessDenied", Message: "not\n" + strings.Repeat("x", 500), Cause: io.EOF}
	if text := e.Error(); text != `open s3://b/k: denied: AccessDenied: not\n`+strings.Repeat("x", 116)+"..." || !errors.Is(e, io.EOF) {
		t.Error(text)
	}
	for why, again := range map[Obstacle]bool{
		Missing: false, Denied: false, Sealed: false, Archived: false, Large: false, Throttled: true, Unreachable: true, Broken: true, Refused: false,
	} {
		if (&OpenError{Obstacle: why}).Again() != again {
			t.Errorf("%s", why)
		}
	}
}
