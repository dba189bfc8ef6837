package state

import "sync"

// job is a block to write, or the end of a minute.
type job struct {
	block  block
	commit bool
	at     int64
}

// queue is what waits for the writer. Its bound is kept by whoever asks Room.
type queue struct {
	once    sync.Once
	wake    chan struct{}
	closing chan struct{}

	mu     sync.Mutex
	jobs   []job
	size   int64
	busy   bool // the writer has one
	taken  block
	spare  [][]byte
	closed bool
}

func (q *queue) ready() {
	q.once.Do(func() { q.wake, q.closing = make(chan struct{}, 1), make(chan struct{}) })
}

// buffer gives room for a block, used before where there is some.
func (q *queue) buffer() []byte {
	q.mu.Lock()
	defer q.mu.Unlock()
	if n := len(q.spare); n > 0 {
		b := q.spare[n-1]
		q.spare = q.spare[:n-1]
		return b
	}
	return make([]byte, 0, blockBytes+blockBytes/4)
}

// maxSpare is how many buffers are kept for later.
const maxSpare = 64

// back gives a block's room back.
func (q *queue) back(b []byte) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.spare) < maxSpare && cap(b) > 0 && cap(b) <= 4*blockBytes {
		q.spare = append(q.spare, b[:0])
	}
}

func (q *queue) push(j job) {
	q.ready()
	q.mu.Lock()
	q.jobs = append(q.jobs, j)
	q.size += int64(len(j.block.data))
	q.mu.Unlock()
	q.nudge()
}

func (q *queue) nudge() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// pop takes the next job. It is the writer's until done.
func (q *queue) pop() (j job, ok, closed bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.jobs) == 0 {
		q.jobs = nil
		return job{}, false, q.closed
	}
	j = q.jobs[0]
	q.jobs[0] = job{}
	q.jobs = q.jobs[1:]
	q.busy, q.taken = true, j.block
	return j, true, q.closed
}

func (q *queue) done(j *job) {
	q.mu.Lock()
	q.busy, q.taken = false, block{}
	q.size -= int64(len(j.block.data))
	q.mu.Unlock()
	q.back(j.block.data)
}

// newest shows the blocks that wait, from the newest on, until f has seen enough.
func (q *queue) newest(f func(*block) bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i := len(q.jobs) - 1; i >= 0; i-- {
		if !f(&q.jobs[i].block) {
			return
		}
	}
	if q.busy {
		f(&q.taken)
	}
}

func (q *queue) bytes() int64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.size
}

func (q *queue) idle() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.jobs) == 0 && !q.busy
}

func (q *queue) close() {
	q.ready()
	q.mu.Lock()
	if !q.closed {
		q.closed = true
		close(q.closing)
	}
	q.mu.Unlock()
	q.nudge()
}
