package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/mirrorwatch/mirrorwatch/lambdas/correlate/ingest"
)

// logFile is one file of AWS's logs.
type logFile struct {
	path    string
	size    int64
	written time.Time
	trail   bool // it is CloudTrail's; else it is a flow log
}

// stamp is the moment that AWS writes into the names of logs: 20261123T0900Z.
var stamp = regexp.MustCompile(`_(\d{8}T\d{4}Z)_`)

// at is the moment that a log begins at, as its name says, or else when it was written.
func (l *logFile) at() time.Time {
	if m := stamp.FindStringSubmatch(filepath.Base(l.path)); m != nil {
		if t, err := time.Parse("20060102T1504Z", m[1]); err == nil {
			return t
		}
	}
	return l.written
}

// state tells a file that was written to from what it was, without opening it.
func (l *logFile) state() string { return fmt.Sprintf("%d-%d", l.size, l.written.UnixNano()) }

// endSize is how much of a file's beginning and of its end tells it from others, in bytes. The end of a gzip file holds a checksum and the
// length of all of it, and that of a Parquet file says where everything lies.
const endSize = 4096

// version tells what a file holds from what others of its name hold: a copy of a log is the same log, wherever it lies and whenever it was
// copied.
func (l *logFile) version(f io.ReaderAt) (string, error) {
	sum := sha256.New()
	fmt.Fprintf(sum, "%d\n", l.size)
	for _, at := range []int64{0, max(0, l.size-endSize)} {
		if _, err := io.Copy(sum, io.NewSectionReader(f, at, endSize)); err != nil {
			return "", fmt.Errorf("read %s: %w", l.path, err)
		}
	}
	return hex.EncodeToString(sum.Sum(nil)[:16]), nil
}

// whole says whether a file looks as if all of it was written: packed text to its checksum, Parquet to its mark, other text to the end of a
// line or of its JSON.
func (l *logFile) whole(f io.ReaderAt) bool {
	edge := make([]byte, min(endSize, l.size))
	if _, err := f.ReadAt(edge, 0); err != nil || len(edge) == 0 {
		return false
	}
	if bytes.HasPrefix(edge, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(io.NewSectionReader(f, 0, l.size))
		if err == nil {
			_, err = io.Copy(io.Discard, z) //nolint:gosec // nothing is kept
		}
		return err == nil
	}
	parquet := bytes.HasPrefix(edge, []byte("PAR1"))
	if _, err := f.ReadAt(edge, l.size-int64(len(edge))); err != nil {
		return false
	}
	if parquet {
		return l.size > 8 && bytes.HasSuffix(edge, []byte("PAR1"))
	}
	text := bytes.TrimRight(edge, " \t\r\n")
	return edge[len(edge)-1] == '\n' || bytes.HasSuffix(text, []byte("}")) || bytes.HasSuffix(text, []byte("]"))
}

type reader func(ctx context.Context, name, version string, r io.Reader) (ingest.Report, error)

// readLog reads an opened log under the name that AWS gave it, which is its own in all of AWS, and reports it under the path that it has here.
func readLog(ctx context.Context, l *logFile, f *os.File, read reader) (ingest.Report, error) {
	version, err := l.version(f)
	if err != nil {
		return ingest.Report{Object: l.path}, err
	}
	r, err := read(ctx, filepath.Base(l.path), version, f)
	r.Object = l.path
	if err != nil {
		err = fmt.Errorf("below %s: %w", filepath.Dir(l.path), err)
	}
	return r, err
}
