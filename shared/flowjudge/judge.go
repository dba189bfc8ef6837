// Package flowjudge runs the detectors over what no sensor saw: conversations that VPC Flow Logs tell of, and calls of AWS APIs. What comes in
// is records of both kinds, object by object, late and in whatever order they arrive; what goes out is detections that say that they rest on
// flow logs alone, at a lower confidence and risk, and none that a sensor has raised already. What the judge knows is kept as one snapshot.
// It never reads a log, never looks at a clock, never asks a store while records pass, and never holds more than its stated limits.
package flowjudge

import (
	"context"
	"net/netip"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
	"github.com/mirrorwatch/mirrorwatch/shared/settings"
)

// Options set up a Judge; the zero value judges everything and knows nobody. The functions are called for records and must be quick: none of
// them may wait for anything but its own memory, except Known.
type Options struct {
	Specs    []detect.Spec     // what detectors there are; none: all of them. Types says which of them are run
	Settings settings.Settings // what people set
	Local    []netip.Prefix    // the local networks; none: device.DefaultLocal
	Devices  int               // local devices that are remembered, and twice as many outside; 0: DefaultDevices

	Emit func(*events.Detection) // called in Tick and Close with each detection that is new or was updated; may be nil
	// Known says whether a sensor has raised what a new detection tells: see Raised. It is asked in Tick and Close only; nil: nobody has.
	Known func(ctx context.Context, d *events.Detection) (bool, error)
	// Recall gives a detection as it is stored, so that one goes on which the snapshot does not know; nil where nothing is stored.
	Recall func(id string) (events.Detection, bool)
	// Terms gives what lists say of a finding; nil where there are none.
	Terms func(f *detect.Finding, v device.View) []events.Term

	// Mirrored says whether sensors see what an interface, or whoever has an address, sends and receives at a moment. Iface is "" where it is
	// not known. nil: nobody is mirrored.
	Mirrored func(iface string, a netip.Addr, at time.Time) bool
	VPC      func(iface string) string                                   // "" where it is not known; nil: nobody knows, and an address is one device everywhere
	Owner    func(vpc string, a netip.Addr, at events.Time) device.Owner // whose an address is; nil: nobody knows
	Learned  func() uint64                                               // differs from before where Owner may answer otherwise; may be nil
	Gateway  func(iface string) bool                                     // an interface of AWS's own that stands for others: NAT, load balancer, endpoint; may be nil
	Service  func(a netip.Addr) string                                   // the AWS service whose range holds an address, "" for none; may be nil
}

// Limits, and how time passes: with the records.
const (
	DefaultDevices = 5_000
	// Stale is from when on a record is too old to be judged beside those of now.
	Stale = 24 * time.Hour
	// ahead is how far a record may be ahead of now.
	ahead = time.Hour
	// tickEvery is how much time passes at once.
	tickEvery = events.Time(time.Minute)
)

// Stats counts what a Judge did.
type Stats struct {
	Records  uint64 // of flow logs that were shown
	Calls    uint64 // of AWS APIs
	Judged   uint64 // records of either kind that detectors saw
	Mirrored uint64 // left to the sensors
	Gateways uint64 // left to those who stand behind a gateway
	Copies   uint64 // told by another interface, or another log, too
	Empty    uint64 // with nothing to judge: no packets, or late answers that were rejected
	Stale    uint64 // older than Stale
	Future   uint64 // more than an hour ahead
	Again    uint64 // calls that came twice
	Noise    uint64 // findings that are the background noise of the internet
	Cloud    uint64 // findings about services of AWS

	Emitted uint64 // new detections and updates
	Kept    uint64 // the same that were kept back, because a sensor has raised the thing
	Asked   uint64 // questions to Known
	Failed  uint64 // of them that got no answer
	Unasked uint64 // new detections that went out unasked, because too many wait
	Waiting int    // new detections that wait to be asked about

	Detect detect.Stats
}

// Judge belongs to one goroutine.
type Judge struct {
	o       Options
	set     map[string]map[string]string
	inner   *detect.Judge
	model   *device.Model
	flows   windows
	tries   tries
	places  places
	calls   marks // ids of calls
	objects marks // objects that were fed
	out     outgoing
	shelf   *shelf
	conn    events.Conn // the record as detectors see it
	newest  events.Time // end of the newest record
	now     events.Time // as the caller said when the object began; 0: it is not known
	ticked  events.Time
	stats   Stats
}

// New makes a judge that has seen nothing.
func New(o Options) (*Judge, error) {
	if o.Emit == nil {
		o.Emit = func(*events.Detection) {}
	}
	if o.Devices <= 0 {
		o.Devices = DefaultDevices
	}
	run, set, err := specs(o.Specs, o.Settings.Detectors)
	if err != nil {
		return nil, err
	}
	j := &Judge{
		o: o, set: set, flows: newWindows(), tries: newTries(), places: newPlaces(&o),
		calls: newMarks(maxCalls), objects: newMarks(maxObjects), shelf: newShelf(o.Devices),
	}
	j.out = newOutgoing(&j.o, &j.stats)
	j.model = device.New(device.Options{
		Local: o.Local, MaxLocal: o.Devices, MaxExternal: 2 * o.Devices, Who: j.places.who, Learned: o.Learned, Reload: j.shelf.device,
	})
	j.model.SetKnown(o.Settings.Known)
	j.inner = detect.NewJudge(j.lower(run), j.model, detect.Options{
		Emit: j.out.take, Max: maxLive, Recall: o.Recall, Terms: o.Terms, Settings: o.Settings.Detectors,
	})
	return j, nil
}

// Bounds of what is remembered beside the detectors' tables.
const (
	maxLive    = 2_000  // detections that may go on
	maxCalls   = 16_384 // calls that are known by their ids
	maxObjects = 4_096  // objects that were fed
)

// Conn shows one record of flow logs. It is borrowed, and left as it is.
func (j *Judge) Conn(c *events.Conn) {
	j.stats.Records++
	if !j.timely(c.TS.Add(c.Duration.Duration())) {
		return
	}
	place := j.places.of(c.Interface)
	if c.Action != reject {
		if place.gateway {
			j.stats.Gateways++
			return
		}
		if j.mirrored(c) {
			j.stats.Mirrored++
			return
		}
	}
	one := &j.conn
	*one = *c
	opened := c.TCPFlags&flagSYN != 0
	if !shape(one) {
		j.stats.Empty++
		return
	}
	one.VNI = place.vni
	is, f := j.flows.follow(one, opened)
	if is == begins {
		j.tries.note(one, f)
	} else if one.Action == reject {
		j.tries.stopped(one, f)
	}
	if is == copied {
		j.stats.Copies++
		return
	}
	j.stats.Judged++
	j.inner.Observe(one)
}

// Call shows one call of an AWS API.
func (j *Judge) Call(c *events.CloudTrail) {
	j.stats.Calls++
	if !j.timely(c.TS) {
		return
	}
	if c.UID != "" && !j.calls.note(c.UID) {
		j.stats.Again++
		return
	}
	j.stats.Judged++
	j.inner.Observe(c)
}

// timely lets time pass up to a record, and says whether that is one of now.
func (j *Judge) timely(end events.Time) bool {
	if j.now != 0 && end.Sub(j.now) > ahead {
		j.stats.Future++
		return false
	}
	if j.newest.Sub(end) > Stale {
		j.stats.Stale++
		return false
	}
	if end > j.newest {
		j.newest = end
		j.pass(end)
	}
	return true
}

// pass lets time pass for the detectors, as the newest record has it. Records that come after it are taken at their own time: objects come up
// to ten minutes late and in any order, and every detector takes the earliest and the latest of what it puts together.
func (j *Judge) pass(to events.Time) {
	if to -= to % tickEvery; to > j.ticked {
		j.ticked = to
		j.inner.Tick(to)
	}
}

// mirrored says whether a sensor sees a conversation: at the interface that told of it, or at the other end.
func (j *Judge) mirrored(c *events.Conn) bool {
	if j.o.Mirrored == nil {
		return false
	}
	here, there, at := c.OrigH, c.RespH, c.TS.Time()
	if c.Direction == ingress {
		here, there = there, here
	}
	return j.o.Mirrored(c.Interface, here, at) || j.o.Mirrored("", there, at)
}

// Begin says that what follows is of an object, by whatever name is its own (bucket, key and version), and what time it is: a record from later
// than an hour after it is none. It says false where the object was fed already, and then nothing of it may be shown again. An object that ends
// early, because it could not be read, must not be ended: half of it was judged, and is in no snapshot yet. Whoever tries it again begins with
// a judge that was loaded anew.
func (j *Judge) Begin(object string, now events.Time) (fresh bool) {
	j.now = now
	return !j.objects.has(object)
}

// End says that an object is over.
func (j *Judge) End(object string) {
	j.now = 0
	j.objects.note(object)
}

// Tick is called when an object, or a batch, is over. What was found since is asked about and given to Emit; what could not be asked about
// waits for the next Tick.
func (j *Judge) Tick(ctx context.Context) { j.out.settle(ctx, false) }

// Close says that no more records come: what waits for more is told.
func (j *Judge) Close(ctx context.Context) {
	j.inner.Close(j.newest)
	j.out.settle(ctx, true)
}

// Stats gives the counts so far.
func (j *Judge) Stats() Stats {
	s := j.stats
	s.Detect, s.Waiting = j.inner.Stats(), j.out.waiting.Len()
	return s
}
