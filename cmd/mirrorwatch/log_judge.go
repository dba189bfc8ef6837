package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/flowjudge"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// judgeName is what the snapshot of the detectors over AWS's logs is called.
const judgeName = "flow-judge"

// logJudge is the detectors over AWS's logs. What they find goes to the store.
type logJudge struct {
	*flowjudge.Judge
	store *store.Store
	keep  bool // what was learned, in a snapshot
	found []events.Detection
	seen  map[netip.Addr]bool // local addresses that the sensors see
	log   *slog.Logger
	ctx   context.Context // of what is being judged

	saved time.Time     // when what was learned was saved last
	took  time.Duration // and how long that took
}

// newLogJudge makes the detectors, with what was learned before where that is kept.
func newLogJudge(ctx context.Context, s *store.Store, o *options, keep bool, log *slog.Logger) (*logJudge, error) {
	local, err := parseNetworks(o.local, "--local")
	if err != nil {
		return nil, err
	}
	set, err := readSettings(o.tuning, o.complains())
	if err != nil {
		return nil, err
	}
	known, err := flowjudge.Raised(s.Detections, nil)
	if err != nil {
		return nil, err
	}
	j := &logJudge{store: s, keep: keep, log: log, ctx: ctx}
	set.Add(o.stored)
	j.Judge, err = flowjudge.New(flowjudge.Options{
		Settings: set, Local: local, Emit: j.take, Known: known, Recall: j.recall, Mirrored: j.mirrored,
	})
	if err != nil || !j.keep {
		return j, err
	}
	if _, err := j.Load(ctx, s.Snapshots, judgeName); err != nil && !errors.Is(err, store.ErrNotFound) {
		log.Warn("what was learned of AWS's logs cannot be read, and is learned anew", "error", err)
	}
	return j, nil
}

func (j *logJudge) take(d *events.Detection) { j.found = append(j.found, *d) }

func (j *logJudge) recall(id string) (events.Detection, bool) {
	d, err := j.store.Detections.Get(j.ctx, id)
	return d, err == nil
}

// mirrored says whether the sensors see an address: they have seen it lately, and see all of it but what was rejected.
func (j *logJudge) mirrored(_ string, a netip.Addr, _ time.Time) bool { return j.seen[a] }

// maxSeen bounds how many addresses that the sensors see are known here; those beyond are judged by flow logs, too. Seen is what lately means.
const (
	maxSeen  = 100_000
	seenLast = 24 * time.Hour
)

// refresh reads which local addresses the sensors see.
func (j *logJudge) refresh(ctx context.Context, now time.Time) error {
	inside := false
	q := store.DeviceQuery{External: &inside, SeenFrom: now.Add(-seenLast), Limit: store.MaxPage}
	seen := map[netip.Addr]bool{}
	for {
		page, err := j.store.Devices.Search(ctx, q)
		if err != nil {
			return fmt.Errorf("read which devices are mirrored: %w", err)
		}
		for i := range page.Items {
			seen[page.Items[i].Address] = true
		}
		if q.Cursor = page.Next; q.Cursor == "" || len(seen) >= maxSeen {
			j.seen = seen
			return nil
		}
	}
}

// settle stores what was found in an object before it is remembered as read. What was learned is saved with it, but for at most half of the
// time: of a large site a snapshot takes seconds, and files come by the thousand. Who is killed loses what was learned of the objects since
// the last save, which took no longer than that save did; what was found is stored.
func (j *logJudge) settle(ctx context.Context) error {
	j.Tick(ctx)
	if err := j.putFound(ctx); err != nil {
		return err
	}
	if time.Since(j.saved) < j.took {
		return nil
	}
	return j.save(ctx)
}

// turn stores what was found since, and what was learned. It is called when a round of reading is over.
func (j *logJudge) turn(ctx context.Context) error {
	j.Tick(ctx)
	return errors.Join(j.putFound(ctx), j.save(ctx))
}

// close says that no more comes.
func (j *logJudge) close(ctx context.Context) error {
	j.Close(ctx)
	return errors.Join(j.putFound(ctx), j.save(ctx))
}

func (j *logJudge) putFound(ctx context.Context) error {
	for len(j.found) > 0 {
		some := j.found[:min(len(j.found), store.MaxPage)]
		if _, err := j.store.Detections.Put(ctx, some...); err != nil {
			return fmt.Errorf("store what AWS's logs show: %w", err)
		}
		j.found = j.found[len(some):]
	}
	return nil
}

// save keeps what was learned. What was not stored is not saved as told.
func (j *logJudge) save(ctx context.Context) error {
	if !j.keep || len(j.found) > 0 {
		return nil
	}
	begin := time.Now()
	err := j.Save(ctx, j.store.Snapshots, judgeName, begin)
	j.saved, j.took = time.Now(), time.Since(begin)
	return err
}
