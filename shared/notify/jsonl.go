package notify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
	"sync"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// Limits of a JSON lines file: its size before it is put aside as name.1, and how many of those are kept.
const (
	DefaultFileSize = 64 << 20
	keptFiles       = 5
)

// jsonl appends events to a file below one folder, a line each. No path leads out of the folder, and no symbolic link is followed.
type jsonl struct {
	folder string
	size   int64
	form   former
	mu     sync.Mutex // a line is written whole
}

func newJSONL(folder string, size int64, f former) *jsonl {
	if size <= 0 {
		size = DefaultFileSize
	}
	return &jsonl{folder: folder, size: size, form: f}
}

// Send appends the events of the message, and has them on the disk when it returns nil.
func (j *jsonl) Send(_ context.Context, to store.Channel, m Message) error {
	lines, err := j.form.each(to.Format, m)
	if err != nil {
		return permanent(err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	root, err := os.OpenRoot(j.folder)
	if err != nil {
		return fmt.Errorf("open folder: %w", err)
	}
	defer root.Close()
	if err := plain(root, to.Path); err != nil {
		return permanent(err)
	}
	if dir := path.Dir(to.Path); dir != "." {
		if err := root.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("make folder: %w", err)
		}
	}
	body := append(bytes.Join(lines, []byte{'\n'}), '\n')
	if err := j.rotate(root, to.Path, int64(len(body))); err != nil {
		return err
	}
	return appendTo(root, to.Path, body)
}

func appendTo(root *os.Root, name string, body []byte) error {
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("open file: %w", err)
	}
	defer f.Close()
	before, err := f.Stat()
	if err != nil {
		return fmt.Errorf("open file: %w", err)
	}
	if _, err = f.Write(body); err == nil {
		err = f.Sync()
	}
	if err != nil { // half a line must not stay: what comes next would be joined to it
		return errors.Join(fmt.Errorf("append to file: %w", err), f.Truncate(before.Size()))
	}
	return nil
}

// plain refuses a path that is not below the folder, or that goes over anything but folders to anything but a file.
func plain(root *os.Root, name string) error {
	if err := checkPath(name); err != nil {
		return err
	}
	parts := strings.Split(name, "/")
	for i := range parts {
		at := strings.Join(parts[:i+1], "/")
		info, err := root.Lstat(at)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("look at %s: %w", at, err)
		}
		if last := i == len(parts)-1; last && !info.Mode().IsRegular() || !last && !info.IsDir() { // a symbolic link is neither
			return fmt.Errorf("%s is neither a plain file nor a folder", at)
		}
	}
	return nil
}

// rotate puts a file aside that would grow beyond the size, and drops the oldest of those put aside.
func (j *jsonl) rotate(root *os.Root, name string, more int64) error {
	info, err := root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) || err == nil && (info.Size() == 0 || info.Size()+more <= j.size) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look at file: %w", err)
	}
	for n := keptFiles - 1; n >= 0; n-- {
		from := name
		if n > 0 {
			from += "." + strconv.Itoa(n)
		}
		if err := root.Rename(from, name+"."+strconv.Itoa(n+1)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("put file aside: %w", err)
		}
	}
	return nil
}
