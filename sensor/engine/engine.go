// Package engine is the path that packets take, top to bottom: frame, envelope, packet, conversation, bytes in order, analyzer,
// record, judgement. What comes in is a capture source, an ordered list of analyzers and a judge; what goes out is records and
// whatever the judge makes of them. Each worker owns its conversations outright, so the packet path has no lock. It never knows
// which protocols or detectors there are, and it reads no clock: time is the packets'.
package engine

import (
	"errors"
	"io"
	"sync/atomic"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/capture"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/packet"
)

// Outlet takes what the workers found, one record at a time, in order, from one goroutine.
type Outlet interface {
	// Record takes one record and, where Config.Encode is set, its JSON, which is borrowed.
	Record(r events.Record, line []byte)
	// Tick says how far packet time has come.
	Tick(now events.Time)
}

// Config says what an engine is made of.
type Config struct {
	Workers   int                    // how many share the conversations; at least 1
	Analyzers []analyzer.Spec        // in the order in which they are asked
	Flow      flow.Config            // limits and time-outs of each worker's table; MaxFlows is divided among them
	Local     func(packet.Addr) bool // whether an address is in a local network
	Sensor    string                 // name put on every record; may be empty
	Encode    bool                   // make each record's JSON
	Interim   bool                   // pass on interim records of long conversations
}

// Engine runs captures through the path.
type Engine struct {
	cfg      Config
	outlet   Outlet
	listener Listener // the outlet, where it is one; else nil
	workers  []*worker
	figures  figures
	ledger   ledger
	joins    junction
	counted  []pointCount // of the round that is passed on, by worker
	heard    []events.Heard
	now      int64        // how far packet time has come
	waiting  atomic.Int32 // live rounds that wait for judgement
}

// New makes an engine whose records go to outlet.
func New(cfg Config, outlet Outlet) *Engine {
	cfg.Workers = min(max(cfg.Workers, 1), maxWorkers)
	e := &Engine{cfg: cfg, outlet: outlet, ledger: ledger{sensor: cfg.Sensor, encode: cfg.Encode}, joins: newJunction(cfg, outlet)}
	e.listener, _ = outlet.(Listener)
	e.figures.workers = make([]Counts, cfg.Workers)
	for i := range cfg.Workers {
		e.workers = append(e.workers, newWorker(cfg, i, &e.figures))
	}
	return e
}

// Read runs one source to its end. Conversations stay open, since the next source may go on where this one ended; one that begins
// before that ends them first. An error of the source comes back when what was read before it has been dealt with.
func (e *Engine) Read(src capture.Source) error {
	r := e.newRound()
	err := src.Next(r.batch)
	if err == nil && len(r.batch.Frames) > 0 && r.batch.Frames[0].Time < e.now {
		e.Finish()
		e.now = 0
	}
	if len(e.workers) == 1 {
		err = e.readAlone(src, r, err)
	} else {
		err = e.readTogether(src, r, err)
	}
	e.figures.source(0, src.Stats()) // also what it passed over behind its last frame
	e.figures.close()
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// Finish ends every conversation: no more packets come.
func (e *Engine) Finish() {
	r := e.newRound()
	r.now, r.last = e.now, true
	for _, w := range e.workers {
		w.run(r)
	}
	e.deliver(r)
}

// readAlone does everything on the calling goroutine: with one worker, handing over would cost more than it gives.
func (e *Engine) readAlone(src capture.Source, r *round, err error) error {
	for ; err == nil; err = src.Next(r.batch) {
		e.stamp(r, src)
		e.workers[0].run(r)
		e.deliver(r)
	}
	return err
}

// roundsInFlight lets the reader, the workers and the judge each have work at hand.
const roundsInFlight = 8

// readTogether keeps one goroutine a worker and one for judgement busy with rounds; the caller's reads.
func (e *Engine) readTogether(src capture.Source, first *round, err error) error {
	free := make(chan *round, roundsInFlight)
	judged := make(chan *round, roundsInFlight)
	queues := make([]chan *round, len(e.workers))
	for i, w := range e.workers {
		queues[i] = make(chan *round, roundsInFlight)
		go w.follow(queues[i])
	}
	for range roundsInFlight - 1 {
		free <- e.newRound()
	}
	finished := make(chan struct{})
	go e.judge(judged, free, finished)
	for r := first; err == nil; err = src.Next(r.batch) {
		e.stamp(r, src)
		r.done.Add(len(queues))
		for _, q := range queues {
			q <- r
		}
		judged <- r
		r = <-free
	}
	for _, q := range queues {
		close(q)
	}
	close(judged)
	<-finished
	return err
}

// judge passes on the records of each round once every worker is done with it.
func (e *Engine) judge(judged <-chan *round, free chan<- *round, finished chan<- struct{}) {
	defer close(finished)
	for r := range judged {
		r.done.Wait()
		e.deliver(r)
		free <- r
	}
}

func (w *worker) follow(queue <-chan *round) {
	for r := range queue {
		w.run(r)
		r.done.Done()
	}
}

func (e *Engine) newRound() *round {
	return &round{batch: capture.NewBatch(), boxes: make([]outbox, len(e.workers))}
}

// stamp sets the round's time, which only goes forward, and, where several workers share the frames, whose each one is.
func (e *Engine) stamp(r *round, src capture.Source) {
	r.owner = r.owner[:0]
	for i := range r.batch.Frames {
		e.now = max(e.now, r.batch.Frames[i].Time)
		if len(e.workers) > 1 {
			r.owner = append(r.owner, skim(&r.batch.Frames[i], uint32(len(e.workers))))
		}
	}
	r.now = e.now
	e.figures.source(0, src.Stats())
}

// deliver passes on the records of a round that every worker is done with.
func (e *Engine) deliver(r *round) {
	e.ledger.enter(r)
	r.inOrder(&e.ledger.out, e.joins.record)
	e.joins.turn(r.now, r.last)
	e.ledger.out.reset()
	e.figures.account(Counts{Records: e.joins.records, Tunnels: e.ledger.overflow, Unjoined: e.joins.overflow()})
	e.hear(r)
	e.outlet.Tick(events.Time(r.now))
	for i := range r.boxes {
		r.boxes[i].reset()
	}
}
