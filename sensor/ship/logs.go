package ship

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// logBuffer is how much of a log is gathered before it is written.
const logBuffer = 64 << 10

// Logs writes records as JSON lines, one file a kind, named as Zeek names them: conn.log, dns.log, ... A file is made when
// its first record comes. It belongs to one goroutine.
type Logs struct {
	dir   string
	files map[events.Kind]*logFile
	err   error
}

type logFile struct {
	f *os.File
	w *bufio.Writer
}

// OpenLogs makes dir where it is missing.
func OpenLogs(dir string) (*Logs, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("make log folder: %w", err)
	}
	return &Logs{dir: dir, files: map[events.Kind]*logFile{}}, nil
}

// Write appends one record, already encoded, to the log of its kind. The first error stays and is given by Close.
func (l *Logs) Write(k events.Kind, line []byte) {
	if l.err != nil {
		return
	}
	file := l.files[k]
	if file == nil {
		if file, l.err = l.open(k); l.err != nil {
			return
		}
	}
	file.w.Write(line) //nolint:errcheck // bufio keeps the error for WriteByte and Flush
	if err := file.w.WriteByte('\n'); err != nil {
		l.err = fmt.Errorf("write %s: %w", file.f.Name(), err)
	}
}

func (l *Logs) open(k events.Kind) (*logFile, error) {
	f, err := os.Create(filepath.Join(l.dir, string(k)+".log"))
	if err != nil {
		return nil, fmt.Errorf("make log: %w", err)
	}
	file := &logFile{f: f, w: bufio.NewWriterSize(f, logBuffer)}
	l.files[k] = file
	return file, nil
}

// Err is the first error that a write met: a full disk, say.
func (l *Logs) Err() error { return l.err }

// Flush writes out what is gathered, so that someone who follows the files sees it.
func (l *Logs) Flush() error {
	for _, file := range l.files {
		if err := file.w.Flush(); err != nil && l.err == nil {
			l.err = fmt.Errorf("write %s: %w", file.f.Name(), err)
		}
	}
	return l.err
}

// Close writes out and closes every log and gives the first error met.
func (l *Logs) Close() error {
	err := l.Flush()
	for _, file := range l.files {
		if cerr := file.f.Close(); cerr != nil && err == nil {
			err = fmt.Errorf("close log: %w", cerr)
		}
	}
	return err
}
