package sqlite

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

func openIn(t *testing.T, folder string) *store.Store {
	t.Helper()
	s, err := Open(t.Context(), Options{Folder: folder, Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// TestRelativeFolder: `--data here` is a folder of where the program was started.
func TestRelativeFolder(t *testing.T) {
	t.Chdir(t.TempDir())
	openIn(t, "here")
	if _, err := os.Stat(filepath.Join("here", MainFile)); err != nil {
		t.Error(err)
	}
}

// filled gives a folder with a store that was closed, with enough in it that damage has something to hit.
func filled(t *testing.T) (folder, path string) {
	t.Helper()
	folder = filepath.Join(t.TempDir(), "data")
	s := openIn(t, folder)
	for i := range 300 {
		v := events.Device{ID: fmt.Sprintf("device-%04d", i), Hostname: strings.Repeat("x", 400), FirstSeen: clock(), LastSeen: clock()}
		if err := s.Devices.Put(t.Context(), v); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return folder, filepath.Join(folder, MainFile)
}

// contents is a picture of a folder: every file but the lock, to the byte.
func contents(t *testing.T, folder string) string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, e := range entries {
		if e.Name() == LockFile {
			continue
		}
		body, err := os.ReadFile(filepath.Join(folder, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s %d %x\n", e.Name(), len(body), sha256.Sum256(body))
	}
	return b.String()
}

func TestRefusedFilesStayUntouched(t *testing.T) {
	alter := func(change func(b []byte) []byte) func(*testing.T, string) {
		return func(t *testing.T, path string) {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, change(b), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, c := range []struct {
		name  string
		spoil func(*testing.T, string)
		want  error
	}{
		{"newer", pragma("user_version = 99"), store.ErrTooNew},
		{"another program's", pragma("application_id = 7"), store.ErrCorrupt},
		{"no database", alter(func([]byte) []byte { return []byte(strings.Repeat("no database\n", 1000)) }), store.ErrCorrupt},
		{"cut short", alter(func(b []byte) []byte { return b[:len(b)-8192] }), store.ErrCorrupt},
		{"cut within a page", alter(func(b []byte) []byte { return b[:len(b)-100] }), store.ErrCorrupt},
		{"cut to its header", alter(func(b []byte) []byte { return b[:60] }), store.ErrCorrupt},
		{"pages of zeros", alter(func(b []byte) []byte { clear(b[8192*3 : 8192*6]); return b }), store.ErrCorrupt},
		{"noise in a page", alter(func(b []byte) []byte { copy(b[len(b)-8192:], bytes.Repeat([]byte{0xa5}, 64)); return b }), store.ErrCorrupt},
		{"newer, in the log of a killed process", newerInLog, store.ErrTooNew},
	} {
		t.Run(c.name, func(t *testing.T) {
			folder, path := filled(t)
			c.spoil(t, path)
			before := contents(t, folder)
			s, err := Open(t.Context(), Options{Folder: folder, Now: clock})
			if !errors.Is(err, c.want) {
				t.Fatalf("gave %v, want %v", err, c.want)
			}
			if s != nil || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), path) {
				t.Errorf("not one clear line that names the file: %q", err)
			}
			if after := contents(t, folder); after != before {
				t.Errorf("the folder was\n%sand is\n%s", before, after)
			}
			if _, err := Open(t.Context(), Options{Folder: folder, Now: clock, ReadOnly: true}); !errors.Is(err, c.want) {
				t.Errorf("for reading only: %v, want %v", err, c.want)
			}
		})
	}
}

func pragma(p string) func(*testing.T, string) {
	return func(t *testing.T, path string) {
		db, err := sql.Open("sqlite", path)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, err := db.Exec("PRAGMA " + p); err != nil {
			t.Fatal(err)
		}
	}
}

// newerInLog leaves a newer schema where a process that was killed leaves it: in the log, and not in the file.
func newerInLog(t *testing.T, path string) {
	copied := filepath.Join(t.TempDir(), "copy.db")
	db, err := sql.Open("sqlite", path+"?_pragma=journal_mode(wal)&_pragma=wal_autocheckpoint(0)")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("PRAGMA user_version = 99"); err != nil {
		t.Fatal(err)
	}
	for _, end := range []string{"", "-wal"} {
		b, err := os.ReadFile(path + end)
		if err == nil {
			err = os.WriteFile(copied+end, b, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for _, end := range []string{"", "-wal"} {
		if err := os.Rename(copied+end, path+end); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFolderIsForOneProcessAndItsOwner(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "a", "data")
	s := openIn(t, folder)
	if err := s.Devices.Put(t.Context(), events.Device{ID: "a", LastSeen: clock()}); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), Options{Folder: folder, Now: clock}); !errors.Is(err, store.ErrInUse) {
		t.Errorf("opened twice: %v", err)
	}
	child := exec.Command(os.Args[0], "-test.run=^TestOpenInChild$", "-test.v")
	child.Env = append(os.Environ(), "MIRRORWATCH_TEST_OPEN="+folder)
	if out, err := child.CombinedOutput(); err != nil || !strings.Contains(string(out), store.ErrInUse.Error()) {
		t.Errorf("another process: %v\n%s", err, out)
	}
	err := filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	reader, err := Open(t.Context(), Options{Folder: folder, Now: clock, ReadOnly: true})
	if err != nil {
		t.Fatalf("read beside the process that writes: %v", err)
	}
	defer reader.Close()
	if _, err := reader.Devices.Get(t.Context(), "a"); err != nil {
		t.Error(err)
	}
	if err := reader.Devices.Put(t.Context(), events.Device{ID: "b", LastSeen: clock()}); !errors.Is(err, ErrReadOnly) {
		t.Errorf("wrote: %v", err)
	}
}

// TestOpenInChild is the other process of the test above; by itself it does nothing.
func TestOpenInChild(t *testing.T) {
	folder := os.Getenv("MIRRORWATCH_TEST_OPEN")
	if folder == "" {
		t.Skip("runs as a child of TestFolderIsForOneProcessAndItsOwner")
	}
	s, err := Open(context.Background(), Options{Folder: folder, Now: clock})
	if err == nil {
		s.Close()
	}
	t.Log(err)
}

func TestReadingOnlyLeavesAFolderAsItIs(t *testing.T) {
	folder, _ := filled(t)
	before := contents(t, folder)
	s, err := Open(t.Context(), Options{Folder: folder, Now: clock, ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Devices.Get(t.Context(), "device-0007"); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if after := contents(t, folder); after != before {
		t.Errorf("the folder was\n%sand is\n%s", before, after)
	}
}

func TestNothingToReadIsNotMade(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "data")
	if _, err := Open(t.Context(), Options{Folder: folder, Now: clock, ReadOnly: true}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
	if exists(folder) {
		t.Error("the folder was made")
	}
}

// TestPagesAsLargeAsStated: the size of pages can be set only before anything else makes the first of them.
func TestPagesAsLargeAsStated(t *testing.T) {
	for _, want := range []int{4096, 16384} {
		f := file{
			path: filepath.Join(t.TempDir(), "test.db"), application: 1, pageSize: want, migrations: []string{"CREATE TABLE a (b)"},
			sync: "NORMAL", readers: 1, alone: true, now: clock,
		}
		d, err := f.open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var size, vacuum int
		var mode string
		err = errors.Join(d.read.QueryRow("PRAGMA page_size").Scan(&size), d.read.QueryRow("PRAGMA auto_vacuum").Scan(&vacuum),
			d.read.QueryRow("PRAGMA journal_mode").Scan(&mode), d.close())
		if err != nil || size != want || vacuum != 2 || mode != "wal" {
			t.Errorf("pages of %d bytes, not %d, auto_vacuum %d, journal %s: %v", size, want, vacuum, mode, err)
		}
	}
}
