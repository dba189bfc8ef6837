// Program trail measures what it costs to read a log of CloudTrail. It makes one of 50 MB, unpacked, the same every time, packs it with gzip,
// reads it as correlation does, and prints how many records there were, how many are worth keeping, the CPU seconds and the most memory that
// the process ever had. What comes in is a size and a seed; it never reads anything that is somebody's.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/trail"
)

// What is asked for.
const (
	mostSeconds = 2.0
	mostMiB     = 200
)

func main() {
	size := flag.Int("size", 50_000_000, "bytes of the log, unpacked")
	seed := flag.Uint64("seed", 1, "of what is in it")
	out := flag.String("write", "", "write the log here, packed, and read nothing")
	in := flag.String("read", "", "read this file instead of making one")
	flag.Parse()
	if err := run(*size, *seed, *out, *in); err != nil {
		fmt.Fprintln(os.Stderr, "trail: "+err.Error())
		os.Exit(1)
	}
}

func run(size int, seed uint64, out, in string) error {
	if out != "" {
		_, err := write(out, size, seed)
		return err
	}
	if in == "" {
		dir, err := os.MkdirTemp("", "trail")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		in = filepath.Join(dir, "log.json.gz")
		if _, err := write(in, size, seed); err != nil {
			return err
		}
	}
	return measure(in)
}

func write(path string, size int, seed uint64) (records int, err error) {
	f, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	records, err = generate(f, size, seed, true)
	return records, errors.Join(err, f.Close())
}

func measure(path string) error {
	before, err := usage()
	if err != nil {
		return err
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	r, err := trail.NewReader(f)
	if err != nil {
		return err
	}
	calls, worth := 0, 0
	for c := (events.CloudTrail{}); err == nil; {
		if err = r.Next(&c); err == nil {
			calls++
			if trail.Worth(&c) {
				worth++
			}
		}
	}
	if !errors.Is(err, io.EOF) {
		return err
	}
	after, err := usage()
	if err != nil {
		return err
	}
	seconds, mib := (after.cpu - before.cpu).Seconds(), after.peakKiB/1024
	fmt.Printf("records %d, worth keeping %d, not understood %d\n", calls, worth, r.Skipped())
	fmt.Printf("CPU %.2f s (asked: under %.0f), peak %d MiB (asked: %d; with the making of the file)\n", seconds, mostSeconds, mib, mostMiB)
	if seconds >= mostSeconds || mib >= mostMiB {
		return errors.New("that is more than was asked for")
	}
	return nil
}

type use struct {
	cpu     time.Duration
	peakKiB int64
}

func usage() (use, error) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return use{}, fmt.Errorf("ask for what was used: %w", err)
	}
	return use{cpu: time.Duration(u.Utime.Nano() + u.Stime.Nano()), peakKiB: u.Maxrss}, nil
}
