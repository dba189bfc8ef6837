// Command store measures the embedded store: it fills a database with made-up detections over 90 days and asks it everything that a
// filter can ask, over single days and over all of them, alone and while detections are written. What comes in is how many; what goes
// out is a table of times beside the bars that they must stay under, or JSON. It touches nothing but its own folder, and fails where a
// bar is broken or a walk from page to page missed or doubled a detection.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/archive"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/sqlite"
)

// options are what the command line says.
type options struct {
	detections int
	records    int
	folder     string
	json       bool
	rate       int
	writing    time.Duration
	dayRuns    int
	rangeRuns  int
	profile    string
}

func main() {
	var o options
	flag.IntVar(&o.detections, "detections", 1_000_000, "detections to fill the database with; 0 leaves this half out")
	flag.IntVar(&o.records, "records", 10_000_000, "records to fill the database with; 0 leaves this half out")
	flag.StringVar(&o.folder, "folder", "", "where the database is; one that holds as many detections already is not filled again (default: a folder that is removed)")
	flag.BoolVar(&o.json, "json", false, "print JSON instead of a table")
	flag.IntVar(&o.rate, "rate", 500, "detections written a second while measuring again")
	flag.DurationVar(&o.writing, "writing", time.Minute, "how long to walk from page to page while detections are written")
	flag.IntVar(&o.dayRuns, "day-runs", 100, "times that each question is asked of a random day")
	flag.IntVar(&o.rangeRuns, "range-runs", 20, "times that each question is asked of all days")
	flag.StringVar(&o.profile, "profile", "", "file for a profile of where processor time goes while asking for records")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "store:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) (err error) {
	if o.folder == "" {
		if o.folder, err = os.MkdirTemp("", "mirrorwatch-bench"); err != nil {
			return fmt.Errorf("make folder: %w", err)
		}
		defer os.RemoveAll(o.folder)
	}
	r := &report{Pass: true}
	if o.detections > 0 {
		if err := measureDetections(ctx, o, r); err != nil {
			return err
		}
	}
	if o.records > 0 {
		if err := measureRecords(ctx, o, r); err != nil {
			return err
		}
	}
	if o.json {
		enc := json.NewEncoder(os.Stdout)
		enc.SetIndent("", "  ")
		err = enc.Encode(r)
	} else {
		err = r.print(os.Stdout)
	}
	if err == nil && !r.Pass {
		err = errors.New("a bar is broken")
	}
	return err
}

// open opens the store and says how long that took and what it takes in memory.
func open(ctx context.Context, folder string) (*store.Store, opening, error) {
	before := memory()
	began := time.Now()
	s, err := sqlite.Open(ctx, sqlite.Options{Folder: folder, Now: time.Now, Schema: archive.Schema()})
	if err != nil {
		return nil, opening{}, err
	}
	took := time.Since(began)
	info, err := os.Stat(filepath.Join(folder, sqlite.MainFile))
	if err != nil {
		return nil, opening{}, errors.Join(err, s.Close())
	}
	return s, opening{Seconds: took.Seconds(), HeapBytes: memory() - before, FileBytes: info.Size()}, nil
}
