// Package ingest reads what AWS logged, and keeps what correlation will ask for. What comes in is objects: flow logs, CloudTrail files and
// inventories, as AWS and its command line write them, and calls as EventBridge tells them; what goes out is documents in the store, and
// records to the detectors. It never reads an object twice, never keeps a secret, and never gives up an object for the part that makes no sense.
package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/flowjudge"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// Options set up an Ingest.
type Options struct {
	Documents store.Documents
	Records   store.Records    // where records are kept for search; nil: nowhere
	Judge     *flowjudge.Judge // nil: nothing is detected in flow logs and calls
	Format    string           // of flow logs without a header line, as in CreateFlowLogs; empty: AWS's default
	Now       func() time.Time
	Log       *slog.Logger // nil: silent
	// Settle stores what the judge found and has learned. It is called when an object was judged whole, before it is remembered as read: who
	// dies between the two reads it again. nil: nobody minds.
	Settle func(ctx context.Context) error
}

// Ingest belongs to one goroutine: the detectors see records in the order in which objects are given.
type Ingest struct{ o Options }

// New makes one.
func New(o Options) (*Ingest, error) {
	if o.Documents == nil || o.Now == nil {
		return nil, errors.New("make ingest: documents and a clock are needed")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Ingest{o}, nil
}

// Report is what came of an object.
type Report struct {
	Object   string    `json:"object"`
	Records  int64     `json:"records"`            // that it holds
	Kept     int64     `json:"kept"`               // of them those that correlation may ask for
	Skipped  int64     `json:"skipped,omitempty"`  // that made no sense, or that AWS says are missing
	Problems []string  `json:"problems,omitempty"` // the first of those
	Known    bool      `json:"known,omitempty"`    // it was read before: nothing was done
	Through  time.Time `json:"through,omitzero"`   // of its newest record
}

// maxProblems is how many problems of an object are told; all are counted.
const maxProblems = 5

// keepObject is how long an object that was read is remembered: AWS repeats a notification for hours, never for weeks.
const keepObject = 30 * 24 * time.Hour

// keepLogs is how long what is read stays at the least, however long ago it was logged: who reads old logs wants to ask them.
const keepLogs = 3 * 24 * time.Hour

// objectKey names what is remembered of an object. Version tells one that was written anew: an ETag, or a size and time.
func objectKey(s events.ContextSource, name, version string) store.DocumentKey {
	sum := sha256.Sum256([]byte(string(s) + "\x00" + name + "\x00" + version))
	return store.DocumentKey{Kind: store.KindObject, ID: "read/" + hex.EncodeToString(sum[:16])}
}

// known says whether an object was read to its end before, as what a source logs.
func (i *Ingest) known(ctx context.Context, s events.ContextSource, name, version string) (bool, error) {
	k := objectKey(s, name, version)
	_, err := i.o.Documents.Get(ctx, k.Kind, k.ID)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look up object %s: %w", name, err)
	}
	return true, nil
}

// done remembers that an object was read, and how far its source has come by it. It comes last: what was read before it is kept again
// without harm.
func (i *Ingest) done(ctx context.Context, s events.ContextSource, version string, r *Report) error {
	body, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encode report: %w", err)
	}
	k := objectKey(s, r.Object, version)
	if err := i.advance(ctx, s, r, store.Write{Kind: k.Kind, ID: k.ID, Body: body, Expires: i.o.Now().Add(keepObject)}); err != nil {
		return fmt.Errorf("remember object %s: %w", r.Object, err)
	}
	return nil
}

// attempts is how often progress is written when others write it at the same time.
const attempts = 8

// advance writes how far a source has come, and changes with it.
func (i *Ingest) advance(ctx context.Context, s events.ContextSource, r *Report, with ...store.Write) error {
	key := SourceKey(s)
	for try := 1; ; try++ {
		p, revision := Progress{}, store.New
		doc, err := i.o.Documents.Get(ctx, key.Kind, key.ID)
		switch {
		case err == nil:
			revision = store.Condition(doc.Revision)
			_ = json.Unmarshal(doc.Body, &p) // what makes no sense begins anew
		case !errors.Is(err, store.ErrNotFound):
			return err
		}
		if r.Through.After(p.Through) {
			p.Through = r.Through.UTC()
		}
		p.Read, p.Objects, p.Skipped = i.o.Now().UTC(), p.Objects+1, p.Skipped+r.Skipped
		body, err := json.Marshal(p)
		if err != nil {
			return err
		}
		_, err = i.o.Documents.Write(ctx, append([]store.Write{{Kind: key.Kind, ID: key.ID, Body: body, If: revision}}, with...), nil)
		if !errors.Is(err, store.ErrConflict) && !errors.Is(err, store.ErrNotFound) || try == attempts {
			return err
		}
	}
}

// SourceKey names the document that says how far a source has been read: a Progress.
func SourceKey(s events.ContextSource) store.DocumentKey {
	return store.DocumentKey{Kind: store.KindObject, ID: "source/" + string(s)}
}

// Progress is how far a source has been read.
type Progress struct {
	Through time.Time `json:"through"` // of the newest record
	Read    time.Time `json:"read"`    // when that was
	Objects int64     `json:"objects"`
	Skipped int64     `json:"skipped,omitempty"`
}

// begin says whether the detectors are to see an object: there are some, and they have not.
func (i *Ingest) begin(name, version string) bool {
	return i.o.Judge != nil && i.o.Judge.Begin(name+"\x00"+version, events.TimeOf(i.o.Now()))
}

// end says that the detectors have seen an object whole.
func (i *Ingest) end(ctx context.Context, judged bool, name, version string) error {
	if !judged {
		return nil
	}
	i.o.Judge.End(name + "\x00" + version)
	return i.settle(ctx)
}

func (i *Ingest) settle(ctx context.Context) error {
	if i.o.Settle == nil {
		return nil
	}
	return i.o.Settle(ctx)
}

// problem adds one to a report.
func (r *Report) problem(format string, args ...any) {
	if len(r.Problems) < maxProblems {
		r.Problems = append(r.Problems, fmt.Sprintf(format, args...))
	}
}

// keep stores records for search.
func (i *Ingest) keep(ctx context.Context, rows []store.Row) error {
	if i.o.Records == nil || len(rows) == 0 {
		return nil
	}
	if err := i.o.Records.Append(ctx, rows...); err != nil {
		return fmt.Errorf("keep records: %w", err)
	}
	return nil
}

// row makes a record's row; the line is its own.
func row(r events.Record) store.Row {
	head := r.Common()
	return store.Row{Kind: r.Kind(), Time: head.TS.Time(), UID: head.UID, Line: r.AppendJSON(nil)}
}
