package function

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/correlate"
	"github.com/mirrorwatch/mirrorwatch/lambdas/correlate/feed"
	"github.com/mirrorwatch/mirrorwatch/lambdas/correlate/ingest"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/dynamo"
	"github.com/mirrorwatch/mirrorwatch/shared/trail"
)

// Handler is the function in Lambda. The detectors over AWS's logs have one owner, so that whoever is given logs must run once at a time:
// infrastructure reserves a concurrency of one for it, and gives the stream to another of the same program.
type Handler struct {
	o      Options
	reader *feed.Reader
	opener feed.Opener
	joiner *correlate.Correlator
	store  *store.Store
	emf    emf

	mu     sync.Mutex // Lambda gives one document at a time; a test may not
	judges judges
}

// Handle takes what Lambda gives, and answers which parts of it must come again.
func (h *Handler) Handle(ctx context.Context, raw json.RawMessage) (any, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	began := h.o.Now()
	in, err := h.reader.Decode(raw)
	if err != nil {
		return nil, fmt.Errorf("handle event: %w", err)
	}
	failed, did := h.parts(ctx, &in)
	did.Failed, did.Seconds = len(failed), h.o.Now().Sub(began).Seconds()
	if err := h.emf.tell(h.o.Now(), did); err != nil {
		h.o.Log.ErrorContext(ctx, "cannot tell metrics", "error", err)
	}
	for id, err := range failed {
		h.o.Log.ErrorContext(ctx, "part comes again", "kind", in.Kind, "part", id, "error", err)
	}
	return in.Answer(failed)
}

// parts deals with each part. Of a stream nothing overtakes what failed; everywhere else the others go on.
func (h *Handler) parts(ctx context.Context, in *feed.Input) (failed map[string]error, did counts) {
	failed = map[string]error{}
	for i := range in.Parts {
		p := &in.Parts[i]
		err := p.Err
		if err == nil {
			err = h.part(ctx, in, p, &did)
		}
		did.Parts++
		for _, why := range p.Ignored {
			h.o.Log.DebugContext(ctx, "nothing to read", "part", p.ID, "why", why)
		}
		if err == nil {
			continue
		}
		failed[p.ID] = err
		if in.Kind == feed.Stream {
			break
		}
	}
	return failed, did
}

func (h *Handler) part(ctx context.Context, in *feed.Input, p *feed.Part, did *counts) error {
	switch {
	case in.Kind == feed.Tick:
		n, err := h.joiner.Due(ctx)
		did.Again += n
		return err
	case p.Stream != nil:
		list, err := dynamo.Events(*p.Stream)
		if err != nil {
			return err
		}
		for i := range list {
			if err := h.joiner.Event(ctx, list[i]); err != nil {
				return err
			}
			did.Detections++
		}
		return nil
	case len(p.Objects)+len(p.Logs)+len(p.Calls) == 0:
		return nil
	}
	return h.logs(ctx, in, p, did)
}

// logs reads what AWS logged, and stores what the detectors found in it and have learned of it before anything else is read. Detectors that saw
// half of a part are given up: the part comes again, and begins with what was saved.
func (h *Handler) logs(ctx context.Context, in *feed.Input, p *feed.Part, did *counts) (err error) {
	judge, err := h.judges.ready(ctx)
	if err != nil {
		return fmt.Errorf("make detectors ready: %w", err)
	}
	defer func() {
		if err != nil {
			h.judges.forget()
		}
	}()
	reader, err := ingest.New(ingest.Options{
		Documents: h.store.Documents, Judge: judge, Format: h.o.Env.FlowFormat, Now: h.o.Now, Log: h.o.Log,
		Settle: func(ctx context.Context) error {
			found, err := h.judges.settle(ctx)
			did.Found += found
			return err
		},
	})
	if err != nil {
		return err
	}
	for _, o := range p.Objects {
		r, err := h.object(ctx, reader, o)
		did.add(&r)
		if err != nil {
			return err
		}
	}
	for i, l := range p.Logs {
		name := fmt.Sprintf("%s:%s/%s/%s#%d", in.Kind, l.Group, l.Stream, p.ID, i)
		r, err := reader.Lines(ctx, named(name, l), texts(l))
		did.add(&r)
		if err != nil {
			return err
		}
	}
	return h.calls(ctx, reader, p, did)
}

// object opens and reads one. What is not there any more, or too large, will not be read however often it comes: it is told and left.
func (h *Handler) object(ctx context.Context, reader *ingest.Ingest, o feed.Object) (ingest.Report, error) {
	body, _, err := h.opener.Open(ctx, o)
	var obstacle *feed.OpenError
	if errors.As(err, &obstacle) && (obstacle.Obstacle == feed.Missing || obstacle.Obstacle == feed.Large) {
		h.o.Log.WarnContext(ctx, "object is left", "object", o.ID(), "why", err)
		return ingest.Report{Object: o.ID(), Skipped: 1}, nil
	}
	if err != nil {
		return ingest.Report{Object: o.ID()}, err
	}
	defer body.Close()
	read := reader.Flows
	if o.Content == feed.Trail {
		read = reader.Trail
	}
	r, err := read(ctx, o.ID(), "", body)
	for _, problem := range r.Problems {
		h.o.Log.WarnContext(ctx, "part of an object makes no sense", "object", o.ID(), "problem", problem)
	}
	return r, err
}

// calls takes calls as EventBridge tells them. One that makes no sense is told, and the others are taken.
func (h *Handler) calls(ctx context.Context, reader *ingest.Ingest, p *feed.Part, did *counts) error {
	var list []events.CloudTrail
	for _, raw := range p.Calls {
		var c events.CloudTrail
		if err := trail.FromEvent(raw, &c); err != nil {
			h.o.Log.WarnContext(ctx, "call makes no sense", "part", p.ID, "error", err)
			did.Skipped++
			continue
		}
		list = append(list, c)
	}
	if len(list) == 0 {
		return nil
	}
	r, err := reader.Calls(ctx, list...)
	did.add(&r)
	return err
}

// named tells one delivery of lines from all others: by the id of its first line, where CloudWatch gave one.
func named(name string, l feed.Logs) string {
	if len(l.Lines) > 0 && l.Lines[0].ID != "" {
		return fmt.Sprintf("lines:%s/%s/%s+%d", l.Group, l.Stream, l.Lines[0].ID, len(l.Lines))
	}
	return name
}

func texts(l feed.Logs) []string {
	out := make([]string, len(l.Lines))
	for i := range l.Lines {
		out[i] = l.Lines[i].Text
	}
	return out
}
