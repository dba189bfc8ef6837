package ship

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// TestLogs: a file a kind, made when its first record comes, and seen by a follower after a flush.
func TestLogs(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "deep", "er")
	l, err := OpenLogs(dir)
	if err != nil {
		t.Fatal(err)
	}
	l.Write(events.KindConn, []byte(`{"uid":"C1"}`))
	l.Write(events.KindDNS, []byte(`{"uid":"C2"}`))
	l.Write(events.KindConn, []byte(`{"uid":"C3"}`))
	if err := l.Flush(); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"conn.log": "{\"uid\":\"C1\"}\n{\"uid\":\"C3\"}\n", "dns.log": "{\"uid\":\"C2\"}\n"} {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if files, _ := os.ReadDir(dir); len(files) != 2 {
		t.Errorf("%d files", len(files))
	}
}

// TestFullDisk: what could not be written is said, with the file's name, and not swallowed by later writes.
func TestFullDisk(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("SKIPPED: this system has no /dev/full to stand for a full disk")
	}
	dir := t.TempDir()
	if err := os.Symlink("/dev/full", filepath.Join(dir, "conn.log")); err != nil {
		t.Fatal(err)
	}
	l, err := OpenLogs(dir)
	if err != nil {
		t.Fatal(err)
	}
	line := []byte(strings.Repeat("x", logBuffer))
	for range 3 {
		l.Write(events.KindConn, line)
	}
	l.Write(events.KindDNS, line)
	if err := l.Err(); err == nil {
		t.Error("a full disk goes unnoticed")
	}
	if err := l.Close(); err == nil || !strings.Contains(err.Error(), "conn.log") {
		t.Errorf("Close gives %v", err)
	}
}

func TestNoFolder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenLogs(filepath.Join(file, "logs")); err == nil {
		t.Error("a folder inside a file can be made")
	}
}
