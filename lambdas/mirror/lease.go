package mirror

import (
	"context"
	"crypto/rand"
	"encoding/json"
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
	Token  string    `json:"token"` // of this one pass
	Since  time.Time `json:"since"`
	Until  time.Time `json:"until"`
}

// lease is one that is held. Its context ends with it.
type lease struct {
	docs   store.Documents
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
func (l *Loop) acquire(ctx context.Context, place string) (*lease, context.Context, error) {
	now := l.o.Now()
	held := &lease{
		docs: l.o.Store.Documents, now: l.o.Now, place: place, done: make(chan struct{}),
		value: Lease{Holder: l.o.Holder, Token: rand.Text(), Since: now, Until: now.Add(leaseTTL)},
	}
	err := held.write(ctx, store.New)
	if errors.Is(err, store.ErrConflict) {
		return nil, nil, fmt.Errorf("%w: %s", errTaken, l.holderOf(ctx, place))
	}
	if err != nil {
		return nil, nil, fmt.Errorf("take lease of %s: %w", place, err)
	}
	under, cancel := context.WithCancelCause(ctx)
	held.cancel = cancel
	go held.keep(under)
	return held, under, nil
}

// holderOf says who has a lease, as well as it can.
func (l *Loop) holderOf(ctx context.Context, place string) string {
	c := store.Collection[Lease]{Kind: store.KindMirrorLease, Documents: l.o.Store.Documents}
	have, err := c.Get(ctx, place)
	if err != nil {
		return "it is being given back"
	}
	return fmt.Sprintf("%s, until %s", have.Value.Holder, have.Value.Until.UTC().Format(time.RFC3339))
}

// write stores the lease. The caller holds mu, or nobody else knows the lease yet.
func (h *lease) write(ctx context.Context, cond store.Condition) error {
	body, err := json.Marshal(h.value)
	if err != nil {
		return fmt.Errorf("encode lease of %s: %w", h.place, err)
	}
	docs, err := h.docs.Write(ctx, []store.Write{{Kind: store.KindMirrorLease, ID: h.place, Body: body, Expires: h.value.Until, If: cond}}, nil)
	if err == nil {
		h.revision = docs[0].Revision
	}
	return err
}

// keep renews in the background, for calls that take long. The time that counts is the loop's own; the wall clock only wakes it.
func (h *lease) keep(ctx context.Context) {
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
	_, err := h.docs.Write(ctx, []store.Write{{Kind: store.KindMirrorLease, ID: h.place, If: store.Condition(h.revision)}}, nil)
	if err != nil && !errors.Is(err, store.ErrNotFound) && !errors.Is(err, store.ErrConflict) {
		return fmt.Errorf("release lease of %s: %w", h.place, err)
	}
	return nil
}
