package function

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/flowjudge"
	"github.com/mirrorwatch/mirrorwatch/shared/places"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// judgeName is what the snapshot of the detectors over AWS's logs is called.
const judgeName = "flow-judge"

// Limits of what is known of the site.
const (
	coverageFor = 5 * time.Minute // how long it holds which interfaces are mirrored
	maxCovered  = 200_000         // interfaces and addresses that are known
)

// judges keeps the detectors over AWS's logs, and what is needed of the site. It belongs to the one goroutine of the handler.
type judges struct {
	store  *store.Store
	places *places.Book // may be nil
	now    func() time.Time
	log    *slog.Logger

	judge   *flowjudge.Judge
	found   []events.Detection
	covered map[string]coverage
	at      time.Time // when covered was read
	ctx     context.Context
}

// coverage is what is known of an interface, or of an address that one interface alone has.
type coverage struct {
	mirrored bool
	gateway  bool // AWS's own, which stands for others: NAT, load balancer, endpoint
	vpc      string
}

// ready gives the detectors as they were saved last. What fails keeps logs from being read for now: they come again.
func (j *judges) ready(ctx context.Context) (*flowjudge.Judge, error) {
	j.ctx = ctx
	if err := j.cover(ctx); err != nil {
		return nil, err
	}
	if j.judge != nil {
		return j.judge, nil
	}
	known, err := flowjudge.Raised(j.store.Detections, nil)
	if err != nil {
		return nil, err
	}
	judge, err := flowjudge.New(flowjudge.Options{
		Emit: func(d *events.Detection) { j.found = append(j.found, *d) }, Known: known, Recall: j.recall, Mirrored: j.mirrored, VPC: j.vpc,
		Gateway: func(iface string) bool { return j.covered[iface].gateway }, Service: func(a netip.Addr) string { return j.places.Of(a).Service },
	})
	if err != nil {
		return nil, err
	}
	l, err := judge.Load(ctx, j.store.Snapshots, judgeName)
	switch {
	case err != nil && (errors.Is(err, store.ErrUnavailable) || ctx.Err() != nil):
		return nil, err
	case err != nil: // it will not be better next time, and nothing of it was taken
		j.log.ErrorContext(ctx, "what was learned of AWS's logs cannot be read, and is learned anew", "error", err)
	}
	if l.LeftOut > 0 {
		j.log.WarnContext(ctx, "some of what was learned of AWS's logs cannot be read", "left_out", l.LeftOut, "why", l.Why)
	}
	j.judge, j.found = judge, nil
	return judge, nil
}

// forget gives up detectors that saw half of an object: the next use begins with what was saved.
func (j *judges) forget() { j.judge, j.found = nil, nil }

// settle stores what was found, and then what was learned, in this order: what the snapshot takes for told must have been told.
func (j *judges) settle(ctx context.Context) (found int, err error) {
	if j.judge == nil {
		return 0, nil
	}
	j.judge.Tick(ctx)
	for len(j.found) > 0 {
		some := j.found[:min(len(j.found), putAtOnce)]
		if _, err := j.store.Detections.Put(ctx, some...); err != nil {
			return found, fmt.Errorf("store what AWS's logs show: %w", err)
		}
		found += len(some)
		j.found = j.found[len(some):]
	}
	return found, j.judge.Save(ctx, j.store.Snapshots, judgeName, j.now())
}

// putAtOnce is how many detections are stored together: one transaction.
const putAtOnce = 25

func (j *judges) recall(id string) (events.Detection, bool) {
	d, err := j.store.Detections.Get(j.ctx, id)
	return d, err == nil
}

// mirrored says whether sensors see an interface, or an address: the control plane knows.
func (j *judges) mirrored(iface string, a netip.Addr, _ time.Time) bool {
	if c, known := j.covered[iface]; known && iface != "" {
		return c.mirrored
	}
	return j.covered[a.String()].mirrored
}

func (j *judges) vpc(iface string) string { return j.covered[iface].vpc }

// cover reads which interfaces are mirrored, now and then.
func (j *judges) cover(ctx context.Context) error {
	now := j.now()
	if j.covered != nil && now.Sub(j.at) < coverageFor {
		return nil
	}
	covered := map[string]coverage{}
	q := store.CoverageQuery{Limit: store.MaxPage}
	for {
		page, err := j.store.Mirror.Coverage(ctx, q)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return fmt.Errorf("read which interfaces are mirrored: %w", err)
		}
		for i := range page.Items {
			note(covered, &page.Items[i])
		}
		if q.Cursor = page.Next; q.Cursor == "" || len(covered) >= maxCovered {
			j.covered, j.at = covered, now
			return nil
		}
	}
}

// note enters an interface and its addresses. An address that two interfaces have is mirrored where both are.
func note(covered map[string]coverage, c *events.Coverage) {
	// A function's interface stands for nobody else: what it sends is its own.
	gateway := c.State == events.CoverageUnsupportedENI && !strings.Contains(c.Reason, "lambda")
	is := coverage{c.State == events.CoverageMirrored, gateway, c.VPC}
	covered[c.Interface] = is
	for _, a := range c.Addresses {
		have, double := covered[a.String()]
		if double {
			is.mirrored = is.mirrored && have.mirrored
		}
		covered[a.String()] = is
	}
}
