package names

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// Run asks the store whatever there is to ask, until ctx is done.
func (b *Book) Run(ctx context.Context) {
	refresh := time.NewTicker(refreshEvery)
	defer refresh.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-b.wake:
			b.answer(ctx)
		case <-refresh.C:
			b.refresh(ctx)
		}
	}
}

// answer asks all that waits.
func (b *Book) answer(ctx context.Context) {
	for ctx.Err() == nil {
		b.mu.Lock()
		if len(b.waiting) == 0 {
			b.mu.Unlock()
			return
		}
		list := b.waiting
		b.waiting = nil
		b.mu.Unlock()
		b.findAll(ctx, list)
	}
}

// findAll asks about a list, by the page where it is long.
func (b *Book) findAll(ctx context.Context, list []question) {
	if len(list) > oneByOne {
		list = b.findLasting(ctx, list)
	}
	for _, q := range list {
		if ctx.Err() != nil {
			return
		}
		b.find(ctx, q)
	}
}

// find asks who held a VNI at a moment.
func (b *Book) find(ctx context.Context, q question) {
	bound, err := b.boundAt(ctx, q.vni, q.at)
	if errors.Is(err, store.ErrNotFound) {
		b.miss(ctx, q)
		return
	}
	if err == nil {
		b.settle(ctx, q.vni, bound)
	}
	b.learn(q, err, func(e *entry) bool { return e.add(bound) })
}

// miss takes note that nobody held a VNI at a moment. What was taken to last until then has ended.
func (b *Book) miss(ctx context.Context, q question) {
	b.close(ctx, q.vni, func(have *events.Binding) bool { return store.Holds(have, q.at) }, q.at)
	b.learn(q, nil, func(e *entry) bool { e.missed = q.at; return false })
}

// settle ends what was taken to last when another came after it.
func (b *Book) settle(ctx context.Context, vni uint32, bound events.Binding) {
	b.close(ctx, vni, func(have *events.Binding) bool {
		return have.To == nil && have.From.Before(bound.From)
	}, bound.From)
}

// close finds out when bindings ended that are taken to last. Where the store does not say, they ended at a moment by which they had.
func (b *Book) close(ctx context.Context, vni uint32, over func(*events.Binding) bool, by time.Time) {
	for _, have := range b.known(vni) {
		if !over(&have) {
			continue
		}
		ended, err := b.boundAt(ctx, vni, have.From)
		if err != nil || ended.Interface != have.Interface || ended.To == nil {
			ended = have
			ended.To = &by
		}
		b.learn(question{vni: vni}, nil, func(e *entry) bool { return e.add(ended) })
	}
}

func (b *Book) boundAt(ctx context.Context, vni uint32, at time.Time) (events.Binding, error) {
	b.mu.Lock()
	b.stats.Asked++
	b.mu.Unlock()
	return b.o.Mirror.BoundAt(ctx, vni, at)
}

func (b *Book) known(vni uint32) []events.Binding {
	b.mu.Lock()
	defer b.mu.Unlock()
	if e := b.vnis.Peek(vni); e != nil {
		return slices.Clone(e.bindings)
	}
	return nil
}

// learn writes an answer down, and wakes who waits for one. What says whether anything is known of a binding that was not.
func (b *Book) learn(q question, err error, what func(*entry) bool) {
	b.mu.Lock()
	changed := b.ill != (err != nil)
	b.ill = err != nil
	if err != nil {
		b.stats.Failed++
	}
	if e := b.vnis.Peek(q.vni); e != nil { // it may have had to leave meanwhile
		e.tried, e.failed = b.o.Now(), err != nil
		if !q.at.IsZero() {
			e.asks = false
		}
		if err == nil {
			fresh := what(e)
			b.index(q.vni, e)
			if fresh {
				b.news.Add(1)
			}
		}
	}
	close(b.answers)
	b.answers = make(chan struct{})
	b.mu.Unlock()
	if changed {
		b.o.Failed(err)
	}
}

// refresh reads the bindings in use anew. Who is asked about for the first time does not wait for that.
func (b *Book) refresh(ctx context.Context) {
	list := b.used()
	if len(list) > oneByOne {
		list = b.findLasting(ctx, list)
	}
	for some := range slices.Chunk(list, 100) {
		b.answer(ctx)
		b.findAll(ctx, some)
	}
}

// used gives the VNIs in use that somebody holds, each with the latest moment that was asked about. Those that nobody holds are asked
// about again when they are heard again.
func (b *Book) used() (list []question) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.o.Now()
	for vni, e := range b.vnis.All {
		if now.Sub(e.used) < inUse && len(e.bindings) > 0 {
			list = append(list, question{vni, e.latest})
		}
	}
	return list
}

// findLasting reads all bindings that last, and gives those of list that must be asked about one by one all the same: nobody holds them, or
// somebody else than before.
func (b *Book) findLasting(ctx context.Context, list []question) []question {
	wanted := map[uint32]bool{}
	for _, q := range list {
		wanted[q.vni] = true
	}
	lasting, err := b.lasting(ctx, wanted)
	if err != nil {
		return list
	}
	return slices.DeleteFunc(list, func(q question) bool {
		bound, lasts := lasting[q.vni]
		if !lasts || !store.Holds(&bound, q.at) {
			return false
		}
		if have := b.known(q.vni); len(have) > 0 && (have[0].Interface != bound.Interface || !have[0].From.Equal(bound.From)) {
			return false
		}
		b.learn(q, nil, func(e *entry) bool { return e.add(bound) })
		return true
	})
}

func (b *Book) lasting(ctx context.Context, wanted map[uint32]bool) (map[uint32]events.Binding, error) {
	lasting := map[uint32]events.Binding{}
	for q := (store.ListQuery{}); ; {
		page, err := b.o.Mirror.Bound(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, bound := range page.Items {
			if wanted[bound.VNI] {
				lasting[bound.VNI] = bound
			}
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			return lasting, nil
		}
	}
}
