// Package store says what Mirrorwatch remembers and what every memory of it must promise. What comes in is detections, records,
// devices, and the small things that people make (rules, users, keys); what goes out is the same values, by id or by a filter, a
// page at a time. It holds the ports, the filter and the nouns of administration; sqlite, dynamo, athena and memory implement the
// ports, and storetest is the contract as tests. It never opens a file or a connection itself, and no implementation knows another.
//
// What holds for every port:
//
//   - Every call may be made from any goroutine.
//   - A call that returns nil has made its change durable; one that returns an error has changed nothing, unless it says how much.
//   - Errors are those of errors.go, wrapped: ErrNotFound, ErrConflict, ErrInvalid, ErrFull, ErrUnavailable. Others are broken stores.
//   - Times are UTC with nanoseconds; a time read is equal to the time written.
//   - What is handed in is never kept by reference, and what is handed out belongs to the caller.
package store

import (
	"context"
	"io"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// Store is everything that is remembered. A field is nil where the implementation does not keep it: records are Athena's in AWS.
type Store struct {
	Detections Detections
	Records    Records
	Devices    Devices
	Documents  Documents
	Audit      Audit
	Mirror     Mirror
	Snapshots  Snapshots
	Outbox     Outbox // nil where the events leave by another way: the stream of DynamoDB

	io.Closer
}

// Detections keeps detections and what people say of them. Each stored change is also an event in the Outbox (or the stream), in
// the same transaction: neither is ever there without the other.
type Detections interface {
	// Put stores what detectors say. A detection that is new begins with revision 1. One that is known keeps its triage and its context (d's own are
	// ignored) but for HiddenBy, which is set where d has one and the stored one has none. Put is idempotent: what is equal to the
	// stored one, or has an earlier Update than it, changes nothing and makes no event. All of list is stored or nothing.
	Put(ctx context.Context, list ...events.Detection) (changed int, err error)
	// Get gives one, or ErrNotFound.
	Get(ctx context.Context, id string) (events.Detection, error)
	// GetWith gives one and documents beside it, as GetMany does: what correlation looks at a second time.
	GetWith(ctx context.Context, id string, keys ...DocumentKey) (events.Detection, map[DocumentKey]Document, error)
	// Search gives a page. A walk from page to page gives each detection that was there at the first page, and whose place in the
	// order did not change meanwhile, exactly once; those that came later are left out.
	Search(ctx context.Context, q DetectionQuery) (DetectionPage, error)
	// Histogram counts those that match by when they started, and by band.
	Histogram(ctx context.Context, f DetectionFilter, h HistogramQuery) (Histogram, error)
	// Groups counts those that match by a field, largest group first.
	Groups(ctx context.Context, f DetectionFilter, g GroupQuery) (Groups, error)
	// Update changes the triage of one and writes the audit entry, in one transaction. ErrConflict where t.IfRevision is set and is not
	// the stored revision; ErrInvalid where the result would make no sense. A change that changes nothing succeeds, raises no
	// revision and makes no event.
	Update(ctx context.Context, id string, t TriageChange, by Actor) (events.Detection, error)
	// Enrich writes what correlation knows of one, and changes documents, all in one transaction or nothing of it: ErrConflict where the
	// detection has not the revision that was looked at, or a document not what its change expects. Its risk is the detector's with the
	// adjustments of the context. A context that says nothing new raises no revision and makes no event, and the documents are written
	// all the same. The actor of its event is ActorCorrelate.
	Enrich(ctx context.Context, id string, e Enrichment, changes ...Write) (events.Detection, error)
	// Purge deletes those last updated before a time, at most limit of them, without events.
	Purge(ctx context.Context, before time.Time, limit int) (deleted int, err error)
}

// Devices keeps what is known of each device, and what it did by the minute.
type Devices interface {
	// Put stores what the device model knows. Overrides and Revision of those known are kept as they are stored.
	Put(ctx context.Context, list ...events.Device) error
	Get(ctx context.Context, id string) (events.Device, error)
	// Search gives a page, by id. A page holds whole devices that match.
	Search(ctx context.Context, q DeviceQuery) (DevicePage, error)
	// Override sets what people say of a device, conditionally as Detections.Update, and writes the audit entry.
	Override(ctx context.Context, id string, o events.DeviceOverrides, ifRevision *int64, by Actor) (events.Device, error)
	// Observe stores samples. A sample of a device and minute that is there already is replaced.
	Observe(ctx context.Context, list ...events.Sample) error
	// Series gives the points of one metric in [from, to), oldest first.
	Series(ctx context.Context, device, metric string, from, to time.Time) ([]events.Point, error)
	// Metrics names the metrics that a device has any point of in [from, to), sorted.
	Metrics(ctx context.Context, device string, from, to time.Time) ([]string, error)
	// PutExpectations stores what devices are expected to do in an hour. That of a device and hour which is there already is replaced.
	PutExpectations(ctx context.Context, list ...events.Expectation) error
	// Expectations gives what was expected of one metric in the hours that begin in [from, to), oldest first.
	Expectations(ctx context.Context, device, metric string, from, to time.Time) ([]events.ExpectedHour, error)
	// Purge deletes samples before one time, what was expected in hours before that of the same time, and devices last seen before another that have no overrides.
	Purge(ctx context.Context, samples, devices time.Time) (deleted int, err error)
}

// Mirror keeps which interface is watched, and who filled which VNI when.
type Mirror interface {
	// Bind says that a VNI is b's from b.From on. Where another interface holds it still, ErrConflict, unless b.From is at or after
	// that one's To. Binding again what is bound already changes nothing but name, tags,
	// addresses and instance.
	Bind(ctx context.Context, b events.Binding) error
	// Release ends the binding of a VNI that lasts. Without one, ErrNotFound.
	Release(ctx context.Context, vni uint32, to time.Time) error
	// BoundAt gives who held a VNI at a moment, or ErrNotFound.
	BoundAt(ctx context.Context, vni uint32, at time.Time) (events.Binding, error)
	// Bindings gives the history of a VNI, or of an interface where vni is 0, newest first.
	Bindings(ctx context.Context, vni uint32, iface string) ([]events.Binding, error)
	// Bound gives a page of the bindings that last, by VNI. A binding that is released meanwhile is on no page after that; one that
	// is made meanwhile may be on one. q has no prefix.
	Bound(ctx context.Context, q ListQuery) (BindingPage, error)
	// Hear stores what sensors have heard of observation points: of one VNI and sensor the newest LastSeen stays, and of two with the
	// same the first. An error may come when a part of list is stored; storing it again does no harm.
	Hear(ctx context.Context, list ...events.Heard) error
	// Heard gives a page of what was heard, by VNI and then sensor (bytes), but for what was last seen HeardFor ago or earlier. q has
	// no prefix.
	Heard(ctx context.Context, q ListQuery) (HeardPage, error)
	// PutCoverage stores the state of interfaces. Where the state of one differs from the stored one, Was and Changed are set and an
	// event is made, as with detections; where it does not, neither.
	PutCoverage(ctx context.Context, list ...events.Coverage) (changed int, err error)
	// Coverage gives a page, by interface.
	Coverage(ctx context.Context, q CoverageQuery) (CoveragePage, error)
	// Forget deletes the coverage of interfaces that are no more.
	Forget(ctx context.Context, ifaces ...string) error
}

// Snapshots keeps the state of programs (device models, baselines) whole, each version of a name until a newer one is complete.
type Snapshots interface {
	// Save stores a version. A crash in the middle leaves the version before it. At most keep versions of a name stay.
	Save(ctx context.Context, name string, at time.Time, body io.Reader, keep int) error
	// Load opens the newest complete version, or gives ErrNotFound.
	Load(ctx context.Context, name string) (body io.ReadCloser, at time.Time, err error)
	// Names lists what there is, sorted.
	Names(ctx context.Context) ([]string, error)
}

// Outbox hands on the events of what was stored, in the order in which it was stored.
type Outbox interface {
	// Pending gives the oldest events that are not done, at most limit.
	Pending(ctx context.Context, limit int) ([]Outgoing, error)
	// Done forgets events up to and with a sequence: they were published.
	Done(ctx context.Context, through int64) error
	// Wake gives a channel that receives when there may be something new. One reader at a time.
	Wake() <-chan struct{}
	// Publish stores an event that belongs to no stored thing, such as the health of a sensor.
	Publish(ctx context.Context, e events.Event) error
}

// Outgoing is an event with its place in the outbox.
type Outgoing struct {
	Sequence int64
	Event    events.Event
}
