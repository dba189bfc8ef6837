package mirror

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// leaseTTL is how long a place stays closed behind a loop that died; a third of it is how often one that lives says so.
const (
	leaseTTL   = time.Minute
	renewAfter = leaseTTL / 3
	beat       = 5 * time.Second // of the wall clock: how often the background looks whether it is time
)

// Errors of leases.
var (
	errTaken = errors.New("another pass holds it")
	errLost  = errors.New("the lease was lost: another pass may be acting here")
)

// Lease is the document that says who acts on an account and region.
type Lease struct {
	Holder string    `json:"holder"`
	Since  time.Time `json:"since"`
	Until  time.Time `json:"until"`
}

// lease is one that is held. Its context ends with it.
type lease struct {
	leases store.Collection[Lease]
	now    func() time.Time
	place  string
	cancel context.CancelCauseFunc
	done   chan struct{}

	mu       sync.Mutex
	value    Lease
	revision int64
	lost     bool
	released bool
}

// acquire takes the lease of a place, or gives errTaken with who has it. The context that it gives ends when the lease is lost.
//
// The document of a place is never deleted and does not expire: a revision never comes twice, so that who was away for long cannot take
// the lease of somebody else for its own.
func (l *Loop) acquire(ctx context.Context, place string) (*lease, context.Context, error) {
	now := l.o.Now()
	held := &lease{
		leases: store.Collection[Lease]{Kind: store.KindMirrorLease, Documents: l.o.Store.Documents}, now: l.o.Now, place: place,
		done: make(chan struct{}), value: Lease{Holder: l.o.Holder, Since: now, Until: now.Add(leaseTTL)},
	}
	have, err := held.leases.Get(ctx, place)
	cond := store.Condition(have.Revision)
	switch {
	case errors.Is(err, store.ErrNotFound):
		cond = store.New
	case err != nil:
		return nil, nil, fmt.Errorf("read lease of %s: %w", place, err)
	case now.Before(have.Value.Until):
		return nil, nil, fmt.Errorf("%w: %s, until %s", errTaken, have.Value.Holder, have.Value.Until.UTC().Format(time.RFC3339))
	}
	err = held.write(ctx, cond)
	if errors.Is(err, store.ErrConflict) {
		return nil, nil, fmt.Errorf("%w: it was faster", errTaken)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("take lease of %s: %w", place, err)
	}
	under, cancel := context.WithCancelCause(ctx)
	held.cancel = cancel
	go held.keep(under, l.beat)
	return held, under, nil
}

// write stores the lease. The caller holds mu, or nobody else knows the lease yet.
func (h *lease) write(ctx context.Context, cond store.Condition) error {
	item, err := h.leases.Put(ctx, store.Item[Lease]{ID: h.place, Value: h.value}, cond, nil)
	if err == nil {
		h.revision = item.Revision
	}
	return err
}

// keep renews in the background, for calls that take long. The time that counts is the loop's own; the wall clock only wakes it.
func (h *lease) keep(ctx context.Context, beat time.Duration) {
	tick := time.NewTicker(beat)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-h.done:
			return
		case <-tick.C:
			_ = h.check(ctx)
		}
	}
}

// check is asked before every call: it renews the lease when it is time, and says when it is lost. A store that is out of reach does no
// harm until the time is up.
func (h *lease) check(ctx context.Context) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.now()
	left := h.value.Until.Sub(now)
	switch {
	case h.lost:
		return errLost
	case left > leaseTTL-renewAfter:
		return nil
	case left <= 0:
		return h.lose(errLost)
	}
	before := h.value.Until
	h.value.Until = now.Add(leaseTTL)
	err := h.write(ctx, store.Condition(h.revision))
	if err == nil {
		return nil
	}
	h.value.Until = before
	if errors.Is(err, store.ErrConflict) || errors.Is(err, store.ErrNotFound) {
		return h.lose(errLost)
	}
	return nil
}

func (h *lease) lose(why error) error {
	h.lost = true
	h.cancel(why)
	return why
}

// release gives the place free, also where the pass was told to stop.
func (h *lease) release(ctx context.Context) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.released {
		return nil
	}
	h.released = true
	close(h.done)
	defer h.cancel(context.Canceled)
	if h.lost {
		return nil
	}
	h.lost = true
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), beat)
	defer cancel()
	h.value.Until = h.now()
	err := h.write(ctx, store.Condition(h.revision))
	if err != nil && !errors.Is(err, store.ErrNotFound) && !errors.Is(err, store.ErrConflict) {
		return fmt.Errorf("release lease of %s: %w", h.place, err)
	}
	return nil
}
