package engine

import (
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/mirrorwatch/mirrorwatch/sensor/capture"
)

// queuedRounds is how many finished rounds may wait for judgement. When they all do, the workers wait too: then the kernel's
// buffers fill, and what they throw away is counted there. Nothing is lost without a count.
const queuedRounds = 64

// Live runs one source a worker until all of them end. When one fails the others are closed: the kernel would go on giving it its
// share, which nobody reads. Each source holds whole conversations: the kernel has divided them.
// Clock gives the present in nanoseconds since the epoch, so that time-outs run also while no packet comes.
func (e *Engine) Live(sources []capture.Source, clock func() int64) error {
	if len(sources) != len(e.workers) {
		return fmt.Errorf("start sensor: %d sources for %d workers", len(sources), len(e.workers))
	}
	free := make(chan *round, queuedRounds)
	judged := make(chan *round, queuedRounds)
	for range queuedRounds {
		free <- &round{boxes: make([]outbox, len(e.workers))}
	}
	errs := make([]error, len(sources))
	var running sync.WaitGroup
	for i, src := range sources {
		e.workers[i].share = 0
		running.Go(func() {
			if errs[i] = e.listen(e.workers[i], src, clock, free, judged); errs[i] != nil {
				stop(sources)
			}
		})
	}
	finished := make(chan struct{})
	go e.judgeLive(judged, free, finished)
	running.Wait()
	close(judged)
	<-finished
	e.figures.close()
	return errors.Join(errs...)
}

func stop(sources []capture.Source) {
	for _, s := range sources {
		s.Close() //nolint:errcheck // the error that counts is the one that brought us here
	}
}

// Waiting says how many rounds of records wait for judgement, and how many may.
func (e *Engine) Waiting() (rounds, limit int) { return int(e.waiting.Load()), queuedRounds }

// listen is one worker's life: take what came, follow it, hand on what was found.
func (e *Engine) listen(w *worker, src capture.Source, clock func() int64, free <-chan *round, judged chan<- *round) error {
	batch := capture.NewBatch()
	for {
		err := src.Next(batch)
		if err != nil {
			batch.Frames = batch.Frames[:0]
		}
		r := <-free
		r.batch, r.now = batch, clock()
		w.run(r)
		e.figures.source(int(w.index), src.Stats())
		e.waiting.Add(1)
		judged <- r
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (e *Engine) judgeLive(judged <-chan *round, free chan<- *round, finished chan<- struct{}) {
	defer close(finished)
	for r := range judged {
		e.now = max(e.now, r.now)
		r.now = e.now
		e.deliver(r)
		e.waiting.Add(-1)
		free <- r
	}
}
