package mirrorsim

import (
	"context"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// reaching is the store as a process reaches it: not at all when it is dead.
func (p *process) reaching(s *store.Store) *store.Store {
	c := *s
	c.Mirror, c.Documents, c.Audit, c.Detections = mortalMirror{s.Mirror, p}, mortalDocuments{s.Documents, p}, mortalAudit{s.Audit, p}, mortalDetections{s.Detections, p}
	return &c
}

func reach[T any](p *process, do func() (T, error)) (T, error) {
	var none T
	effect, answer := p.contact()
	if !effect {
		return none, errDead
	}
	out, err := do()
	if !answer {
		return none, errDead
	}
	return out, err
}

func reachErr(p *process, do func() error) error {
	_, err := reach(p, func() (struct{}, error) { return struct{}{}, do() })
	return err
}

type mortalMirror struct {
	store.Mirror
	p *process
}

func (m mortalMirror) Bind(ctx context.Context, b events.Binding) error {
	return reachErr(m.p, func() error { return m.Mirror.Bind(ctx, b) })
}

func (m mortalMirror) Release(ctx context.Context, vni uint32, to time.Time) error {
	return reachErr(m.p, func() error { return m.Mirror.Release(ctx, vni, to) })
}

func (m mortalMirror) BoundAt(ctx context.Context, vni uint32, at time.Time) (events.Binding, error) {
	return reach(m.p, func() (events.Binding, error) { return m.Mirror.BoundAt(ctx, vni, at) })
}

func (m mortalMirror) Bindings(ctx context.Context, vni uint32, iface string) ([]events.Binding, error) {
	return reach(m.p, func() ([]events.Binding, error) { return m.Mirror.Bindings(ctx, vni, iface) })
}

func (m mortalMirror) Bound(ctx context.Context, q store.ListQuery) (store.BindingPage, error) {
	return reach(m.p, func() (store.BindingPage, error) { return m.Mirror.Bound(ctx, q) })
}

func (m mortalMirror) Coverage(ctx context.Context, q store.CoverageQuery) (store.CoveragePage, error) {
	return reach(m.p, func() (store.CoveragePage, error) { return m.Mirror.Coverage(ctx, q) })
}

func (m mortalMirror) PutCoverage(ctx context.Context, list ...events.Coverage) (int, error) {
	return reach(m.p, func() (int, error) { return m.Mirror.PutCoverage(ctx, list...) })
}

func (m mortalMirror) Forget(ctx context.Context, ifaces ...string) error {
	return reachErr(m.p, func() error { return m.Mirror.Forget(ctx, ifaces...) })
}

type mortalDocuments struct {
	store.Documents
	p *process
}

func (m mortalDocuments) Get(ctx context.Context, k store.Kind, id string) (store.Document, error) {
	return reach(m.p, func() (store.Document, error) { return m.Documents.Get(ctx, k, id) })
}

func (m mortalDocuments) List(ctx context.Context, k store.Kind, q store.ListQuery) (store.DocumentPage, error) {
	return reach(m.p, func() (store.DocumentPage, error) { return m.Documents.List(ctx, k, q) })
}

func (m mortalDocuments) Write(ctx context.Context, w []store.Write, e *store.AuditEntry) ([]store.Document, error) {
	return reach(m.p, func() ([]store.Document, error) { return m.Documents.Write(ctx, w, e) })
}

type mortalAudit struct {
	store.Audit
	p *process
}

func (m mortalAudit) Log(ctx context.Context, e store.AuditEntry) error {
	return reachErr(m.p, func() error { return m.Audit.Log(ctx, e) })
}

type mortalDetections struct {
	store.Detections
	p *process
}

func (m mortalDetections) Put(ctx context.Context, list ...events.Detection) (int, error) {
	return reach(m.p, func() (int, error) { return m.Detections.Put(ctx, list...) })
}
