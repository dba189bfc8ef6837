package feed

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Opener opens objects, so that they are read as they come. The size is UnknownSize where nobody knows it. An error is an *OpenError where
// it is known what it means. Whoever opens closes.
type Opener interface {
	Open(ctx context.Context, o Object) (body io.ReadCloser, size int64, err error)
}

// Obstacle says why an object could not be opened.
type Obstacle string

// What may be in the way.
const (
	Missing     Obstacle = "missing"     // it is not there, or not any more, or not as it was
	Denied      Obstacle = "denied"      // AWS refused; of a bucket that may not be listed, what is missing looks like this, too
	Sealed      Obstacle = "sealed"      // it is encrypted, and the key may not be used
	Archived    Obstacle = "archived"    // it would have to be restored first
	Large       Obstacle = "large"       // it is larger than is read
	Throttled   Obstacle = "throttled"   // AWS has no capacity just now
	Unreachable Obstacle = "unreachable" // nobody answered, or not in time
	Broken      Obstacle = "broken"      // AWS failed, or what it said makes no sense
	Refused     Obstacle = "refused"     // AWS does not understand what was asked
)

// OpenError is why an object could not be opened.
type OpenError struct {
	Object   string // its ID
	Obstacle Obstacle
	Code     string // AWS's own, where it gave one
	Message  string
	Cause    error
}

// Error says it in one line.
func (e *OpenError) Error() string {
	text := fmt.Sprintf("open %s: %s", clip(e.Object), e.Obstacle)
	for _, more := range []string{e.Code, e.Message} {
		if more != "" {
			text += ": " + clip(more)
		}
	}
	return text
}

// Unwrap gives what was said first.
func (e *OpenError) Unwrap() error { return e.Cause }

// Again says whether the same may be tried again with hope. What is denied or sealed may be allowed later, but not by itself.
func (e *OpenError) Again() bool {
	return e.Obstacle == Throttled || e.Obstacle == Unreachable || e.Obstacle == Broken
}

// Memory is an Opener over what is in it, by "bucket/key", or "bucket/key?versionId=..." where versions are told apart.
type Memory map[string][]byte

// Open gives the bytes of an object.
func (m Memory) Open(_ context.Context, o Object) (io.ReadCloser, int64, error) {
	data, ok := m[o.Bucket+"/"+o.Key+"?versionId="+o.Version]
	if !ok {
		data, ok = m[o.Bucket+"/"+o.Key]
	}
	if !ok {
		return nil, 0, &OpenError{Object: o.ID(), Obstacle: Missing}
	}
	return io.NopCloser(bytes.NewReader(data)), int64(len(data)), nil
}

// Folder is an Opener over files: the key is a path below the folder, and the bucket does not matter. Nothing outside of it is opened,
// whatever keys and symbolic links say.
type Folder struct{ root *os.Root }

// OpenFolder makes one. It is closed with Close.
func OpenFolder(path string) (*Folder, error) {
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, fmt.Errorf("open folder: %w", err)
	}
	return &Folder{root}, nil
}

// Close gives the folder back.
func (f *Folder) Close() error { return f.root.Close() }

// Open opens a file.
func (f *Folder) Open(_ context.Context, o Object) (io.ReadCloser, int64, error) {
	file, err := f.root.Open(filepath.FromSlash(o.Key))
	if err != nil {
		return nil, 0, obstacle(o, err)
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is no file")
	}
	if err != nil {
		file.Close()
		return nil, 0, obstacle(o, err)
	}
	return file, info.Size(), nil
}

func obstacle(o Object, err error) error {
	e := &OpenError{Object: o.ID(), Obstacle: Refused, Message: err.Error(), Cause: err}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		e.Obstacle, e.Message = Missing, ""
	case errors.Is(err, fs.ErrPermission):
		e.Obstacle, e.Message = Denied, ""
	}
	return e
}
