package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/inventory"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/trail"
)

// callsAtOnce is how many calls are kept at a time.
const callsAtOnce = 500

// Trail reads a file of CloudTrail's. Name says where it lies, version which state of it.
func (i *Ingest) Trail(ctx context.Context, name, version string, r io.Reader) (Report, error) {
	out := Report{Object: name}
	known, err := i.known(ctx, events.SourceCloudTrail, name, version)
	if known || err != nil {
		out.Known = known
		return out, err
	}
	in, err := trail.NewReader(r)
	if err != nil {
		return out, fmt.Errorf("read %s: %w", name, err)
	}
	judged := i.begin(name, version)
	var calls []events.CloudTrail
	for {
		var c events.CloudTrail
		if err = in.Next(&c); err != nil {
			break
		}
		out.Records++
		if calls = append(calls, c); len(calls) == callsAtOnce {
			if err := i.takeCalls(ctx, calls, judged, &out); err != nil {
				return out, err
			}
			calls = calls[:0]
		}
	}
	if !errors.Is(err, io.EOF) {
		out.problem("%v", err)
		out.Skipped++
	}
	for _, p := range in.Problems() {
		out.problem("%v", p)
	}
	out.Skipped += int64(in.Skipped())
	if err := i.takeCalls(ctx, calls, judged, &out); err != nil {
		return out, err
	}
	if err := i.end(ctx, judged, name, version); err != nil {
		return out, err
	}
	return out, i.done(ctx, events.SourceCloudTrail, version, &out)
}

// Calls takes calls as EventBridge tells them. One that was taken before changes nothing.
func (i *Ingest) Calls(ctx context.Context, calls ...events.CloudTrail) (Report, error) {
	out := Report{Object: "events", Records: int64(len(calls))}
	if len(calls) == 0 {
		return out, nil
	}
	if err := i.takeCalls(ctx, calls, true, &out); err != nil {
		return out, err
	}
	if err := i.settle(ctx); err != nil {
		return out, err
	}
	return out, i.advance(ctx, events.SourceCloudTrail, &out)
}

// takeCalls keeps calls in the index and for search, and shows them to the detectors.
func (i *Ingest) takeCalls(ctx context.Context, calls []events.CloudTrail, judged bool, out *Report) error {
	if len(calls) == 0 {
		return nil
	}
	slices.SortStableFunc(calls, func(a, b events.CloudTrail) int { return int(min(max(a.TS-b.TS, -1), 1)) })
	var worth []events.CloudTrail
	var rows []store.Row
	for k := range calls {
		if at := calls[k].TS.Time(); at.After(out.Through) {
			out.Through = at
		}
		if trail.Worth(&calls[k]) {
			worth = append(worth, calls[k])
			rows = append(rows, row(&calls[k]))
		}
	}
	if err := i.keep(ctx, rows); err != nil {
		return err
	}
	kept, err := trail.KeepUntil(ctx, i.o.Documents, worth, i.o.Now().Add(keepLogs))
	if err != nil {
		return fmt.Errorf("keep calls: %w", err)
	}
	out.Kept += int64(kept)
	if !judged {
		return nil
	}
	return i.judge(ctx, calls)
}

// judge shows calls to the detectors, with what the inventory knows of the instances whose credentials made them.
func (i *Ingest) judge(ctx context.Context, calls []events.CloudTrail) error {
	if i.o.Judge == nil {
		return nil
	}
	home, err := i.homes(ctx, calls)
	if err != nil {
		return err
	}
	for k := range calls {
		c := &calls[k]
		if h, known := home[c.Instance]; known {
			c.InstanceKnown, c.InstanceAddrs = true, h
		}
		i.o.Judge.Call(c)
	}
	return nil
}

// homes gives, for each instance whose credentials were used, the addresses that it may be seen under.
func (i *Ingest) homes(ctx context.Context, calls []events.CloudTrail) (map[string][]string, error) {
	when := map[string]time.Time{}
	for k := range calls {
		if id := calls[k].Instance; id != "" {
			when[id] = calls[k].TS.Time()
		}
	}
	ids := slices.Sorted(maps.Keys(when))
	home := map[string][]string{}
	for some := range slices.Chunk(ids, store.MaxGet/2) {
		if err := i.homesOf(ctx, some, when, home); err != nil {
			return nil, fmt.Errorf("look up instances: %w", err)
		}
	}
	return home, nil
}

// homesOf looks up some instances, and the gateways of their VPCs, in two calls.
func (i *Ingest) homesOf(ctx context.Context, ids []string, when map[string]time.Time, home map[string][]string) error {
	var keys []store.DocumentKey
	for _, id := range ids {
		keys = append(keys, store.DocumentKey{Kind: store.KindHolding, ID: "i/" + id})
	}
	docs, err := i.o.Documents.GetMany(ctx, keys...)
	if err != nil || len(docs) == 0 {
		return err
	}
	history, err := inventory.Read(docs)
	if err != nil {
		i.o.Log.WarnContext(ctx, "some of the inventory cannot be read", "error", err)
	}
	keys = keys[:0]
	for _, id := range ids {
		if held, known := history.Instance(id, when[id]); known && held.VPC != "" {
			keys = append(keys, store.DocumentKey{Kind: store.KindHolding, ID: "nat/" + held.VPC})
		}
	}
	gates, err := i.o.Documents.GetMany(ctx, keys...)
	if err != nil {
		return err
	}
	if err := history.Add(gates); err != nil {
		i.o.Log.WarnContext(ctx, "some of the inventory cannot be read", "error", err)
	}
	for _, id := range ids {
		held, known := history.Instance(id, when[id])
		if !known {
			continue
		}
		for _, a := range append(slices.Clone(held.Addresses), history.Outside(held)...) {
			home[id] = append(home[id], a.String())
		}
	}
	return nil
}
