package main

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	analyzers "github.com/mirrorwatch/mirrorwatch/sensor/analyzer/all"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/engine"
	"github.com/mirrorwatch/mirrorwatch/sensor/feed"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/packet"
	"github.com/mirrorwatch/mirrorwatch/sensor/ship"
	"github.com/mirrorwatch/mirrorwatch/sensor/ship/firehose"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
	"github.com/mirrorwatch/mirrorwatch/shared/settings"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// options are what read, sensor and serve have in common.
type options struct {
	logs     string   // folder for the logs; "" keeps none
	local    []string // local networks; none: the default ones
	workers  int
	maxFlows int
	sensor   string       // name of this sensor
	tuning   string       // file of settings; "" has none
	complain func(string) // told what of the settings made no sense; nil: nobody
	state    string       // folder that keeps what was learned; "" has none

	intel           []string // files and folders of indicators
	intelPrivate    bool     // private addresses are taken, too
	intelSubdomains bool     // each domain is taken with all names below it
	live            bool     // packets come as they happen, so that lists may come late

	stored settings.Settings // what people set by way of the API

	memory *memory                               // a store that everything goes to; nil keeps none
	recall func(string) (events.Detection, bool) // what is stored of a detection; nil where nothing is
	// whose an observation point is at a moment; nil where nobody knows
	name func(vni uint32, at time.Time) (b events.Binding, known bool)
	// whose an address is; nil where nobody knows
	who interface {
		Holder(vni uint32, a netip.Addr, at time.Time) (b events.Binding, known bool)
		Learned() uint64
	}

	records *firehose.Shipper // takes every record to the archive in AWS; nil: none goes there
}

// pipeline is everything behind the packets: the engine, the device model and the judge, and where their results go.
type pipeline struct {
	engine *engine.Engine
	model  *device.Model
	judge  *detect.Judge
	known  knownSite
	lists  *lists // of indicators; nil where there are none
	said   saidDevices
	room   limiter
	points *feed.Points
	logs   *ship.Logs
	memory *memory
	learn  *learning // nil where nothing is kept of what was learned
	latest events.Time
	live   bool        // somebody may follow the logs while they are written
	flush  events.Time // when they are written out next

	records *firehose.Shipper // nil where none are sent
}

// newPipeline wires one. Emit, which may be nil, is given every new or updated detection.
func newPipeline(o options, emit func(*events.Detection)) (*pipeline, error) {
	local, err := parseNetworks(o.local, "--local")
	if err != nil {
		return nil, err
	}
	p := &pipeline{memory: o.memory, records: o.records, points: feed.NewPoints(feed.PointOptions{Sensor: o.sensor, Name: o.name})}
	if o.logs != "" {
		if p.logs, err = ship.OpenLogs(o.logs); err != nil {
			return nil, err
		}
	}
	if p.known.fixed, err = readSettings(o.tuning, o.complains()); err != nil {
		return nil, err
	}
	set := p.known.fixed
	set.Add(o.stored)
	who := o.identity(local)
	who.Reload = p.reload
	p.model = device.New(who)
	p.model.SetKnown(set.Known)
	p.room = newLimiter()
	p.model.SetTagGroups(store.DefaultCoverageTags())
	specs, terms, err := p.readLists(&o)
	if err != nil {
		return nil, err
	}
	p.judge = detect.NewJudge(specs, p.model, detect.Options{Emit: emit, Recall: o.recall, Terms: terms, Settings: set.Detectors, Turned: p.turned})
	if o.state = keptIn(o.state); o.state != "" {
		var stored *ship.Store
		if o.memory != nil {
			stored = o.memory.store
		}
		if p.learn, err = openLearning(o.state, p.judge, stored, o.complains()); err != nil {
			return nil, err
		}
	}
	limits := flow.Defaults()
	if o.maxFlows > 0 {
		limits.MaxFlows = o.maxFlows
	}
	p.engine = engine.New(engine.Config{
		Workers:   o.workers,
		Analyzers: analyzers.Specs(),
		Flow:      limits,
		Local:     func(a packet.Addr) bool { return p.model.Classify(a.Netip()) == device.Local },
		Sensor:    o.sensor,
		Encode:    p.logs != nil || p.records != nil || p.memory != nil && p.memory.store.KeepsRecords(),
		Interim:   true,
	}, p)
	return p, nil
}

// identity sets up who is who.
func (o *options) identity(local []netip.Prefix) device.Options {
	if o.who == nil {
		return device.Options{Local: local}
	}
	return device.Options{Local: local, Learned: o.who.Learned, Who: func(vni uint32, a netip.Addr, at events.Time) device.Owner {
		b, known := o.who.Holder(vni, a, at.Time())
		owner := device.Owner{
			Interface: b.Interface, Instance: b.Instance, VPC: b.VPC, Account: b.Account, Subnet: b.Subnet, Name: b.Name, Tags: b.Tags, Pending: !known,
		}
		if !b.From.IsZero() {
			owner.From = events.TimeOf(b.From)
		}
		return owner
	}}
}

// complains gives whoever is to be told what of the settings made no sense.
func (o *options) complains() func(string) {
	if o.complain == nil {
		return func(string) {}
	}
	return o.complain
}

func parseNetworks(list []string, flag string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, s := range list {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return nil, usageError{fmt.Errorf("%s %q is not a network such as 10.0.0.0/8", flag, s)}
		}
		out = append(out, p.Masked())
	}
	return out, nil
}

// Record keeps a record and shows it to the judge (engine.Outlet).
func (p *pipeline) Record(r events.Record, line []byte) {
	if p.logs != nil && !interim(r) {
		p.logs.Write(r.Kind(), line)
	}
	if p.records != nil && !interim(r) {
		p.records.Record(r.Kind(), r.Common().TS, line)
	}
	p.judge.Observe(r)
	if p.memory != nil {
		p.memory.record(r, line)
	}
}

// turned takes what a device did in a minute or an hour that is over.
func (p *pipeline) turned(t *device.Turned) {
	if p.memory != nil {
		p.memory.turned(t, p.model.View())
	}
}

// Heard takes what came of each observation point (engine.Listener).
func (p *pipeline) Heard(list []events.Heard) { p.points.Add(list) }

// interim says whether a record only tells how things stand. The logs hold each conversation once, as whoever reads Zeek's logs
// expects: its last record has all the counts.
func interim(r events.Record) bool {
	switch r := r.(type) {
	case *events.Conn:
		return r.Interim
	case *events.ICMP:
		return r.Interim
	}
	return false
}

// Tick lets packet time pass for the detectors (engine.Outlet). A file that begins before another ended sets time back; theirs
// stands still until it is reached again.
func (p *pipeline) Tick(now events.Time) {
	if now > p.latest {
		p.latest = now
		p.known.turn(p.model)
		p.room.fit(p.model)
		p.said.turn(p.model)
		p.judge.Tick(now)
		news := p.points.Turn(now)
		if p.memory != nil {
			p.memory.tell(&news)
			p.memory.tick(now, p.model)
		}
		if p.records != nil {
			p.records.Tick(now)
		}
		if p.learn != nil {
			p.learn.tick(now)
		}
	}
	if p.live && p.logs != nil && now >= p.flush {
		p.flush = now.Add(time.Second)
		p.logs.Flush() //nolint:errcheck // the first error stays, and close gives it
	}
}

// close ends the judgement and writes out the logs. What a memory holds back is handed on, and written when that is closed.
func (p *pipeline) close() error {
	p.judge.Close(p.latest)
	if p.memory != nil {
		news := p.points.Last(p.latest)
		p.memory.tell(&news)
		p.memory.last(p.model)
	}
	var err error
	if p.learn != nil {
		err = p.learn.last(p.latest)
	}
	if p.logs == nil {
		return err
	}
	return errors.Join(err, p.logs.Close())
}

// reload reads what was kept of a device that had to leave the memory.
func (p *pipeline) reload(key []byte) (value []byte, ok bool) {
	if p.learn == nil {
		return nil, false
	}
	return p.learn.log.Get(key)
}

// settle ends the keeping of what was learned, once that which was found is stored: told says whether it is.
func (p *pipeline) settle(told bool) error {
	if p.learn == nil {
		return nil
	}
	return p.learn.settle(told)
}
