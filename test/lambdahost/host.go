// Package lambdahost runs the bootstrap binary of a function as Lambda would: it is a small host of the Runtime API on the loopback.
// What comes in is a binary, its environment and events as bytes; what goes out is what the function answered, or how it failed. It
// never leaves the machine, never gives a function the environment of whoever tests, and never runs two events at once in one host.
package lambdahost

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// MaxPayload is how much an event or an answer may hold: Lambda's own limit for a synchronous call.
const MaxPayload = 6<<20 + 100

// Options say what runs, and as what.
type Options struct {
	Bootstrap   string        // path of the binary
	Name        string        // of the function; "function" where empty
	Env         []string      // "NAME=value": all that the function sees beyond what Lambda itself sets
	Memory      int           // MB, only told to the function; 512 where 0
	Timeout     time.Duration // of one event; 30 s where 0
	InitTimeout time.Duration // from start to the first call for an event; 10 s where 0, as Lambda has it
}

// Host is one place in which a function runs. The first event starts the process (cold), those after it find it there (warm), and
// after a crash or a time-out the next one starts another.
type Host struct {
	o      Options
	mu     sync.Mutex // one event at a time
	box    *sandbox
	starts int
	logs   journal
	closed bool
}

// What may happen to an event beside an answer or a FunctionError.
var (
	ErrTimeout = errors.New("task timed out")
	ErrClosed  = errors.New("host is closed")

	errNotTaken = errors.New("the function ended before it took the event")
)

// FunctionError is what the function said of its own failure.
type FunctionError struct {
	Type    string   `json:"errorType"`
	Message string   `json:"errorMessage"`
	Stack   []string `json:"-"` // as "path:line label"
	Init    bool     `json:"-"` // it failed before it asked for an event
}

// Error gives type and message.
func (e *FunctionError) Error() string { return e.Type + ": " + e.Message }

// Crash says that the process ended without an answer.
type Crash struct {
	State string // "exit status 3", "signal: killed"
	Logs  string // the last that it wrote
}

// Error gives the state and the last of the log.
func (c *Crash) Error() string { return "function ended: " + c.State + "\n" + c.Logs }

// New makes a host. Nothing runs before the first event.
func New(o Options) (*Host, error) {
	if o.Bootstrap == "" {
		return nil, errors.New("make lambda host: Bootstrap is empty; it is the path of a binary")
	}
	if o.Name == "" {
		o.Name = "function"
	}
	if o.Memory == 0 {
		o.Memory = 512
	}
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	if o.InitTimeout == 0 {
		o.InitTimeout = 10 * time.Second
	}
	logs, err := openJournal()
	if err != nil {
		return nil, err
	}
	return &Host{o: o, logs: logs}, nil
}

// Invoke gives the function one event and waits for its answer. The error is a *FunctionError where the function gave one, a *Crash
// where it ended, ErrTimeout where it was too slow, or that of ctx; after the last three the process is gone.
func (h *Host) Invoke(ctx context.Context, event []byte) (response []byte, fnErr error) {
	if len(event) > MaxPayload {
		return nil, fmt.Errorf("invoke function: event has %d bytes, at most %d are allowed", len(event), MaxPayload)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	i := newInvocation(event, h.o)
	if response, fnErr = h.try(ctx, i); errors.Is(fnErr, errNotTaken) {
		response, fnErr = h.try(ctx, i) // the process ended of what went before, as after a panic: this event never reached it
	}
	return response, fnErr
}

func (h *Host) try(ctx context.Context, i *invocation) ([]byte, error) {
	box, err := h.ready(ctx)
	if err != nil {
		return nil, err
	}
	response, err := box.run(ctx, i, h.o.Timeout)
	if box.gone() || errors.Is(err, ErrTimeout) || ctx.Err() != nil {
		box.stop(0)
		h.box = nil
	}
	return response, err
}

// ready gives the process that waits for an event, and starts one where there is none.
func (h *Host) ready(ctx context.Context) (*sandbox, error) {
	if h.closed {
		return nil, ErrClosed
	}
	if h.box != nil && !h.box.gone() {
		return h.box, nil
	}
	if h.box != nil { // it ended between two events
		h.box.stop(0)
		h.box = nil
	}
	box, err := start(h.o, h.logs)
	if err != nil {
		return nil, err
	}
	h.starts++
	if err := box.initialised(ctx, h.o.InitTimeout); err != nil {
		box.stop(0)
		return nil, err
	}
	h.box = box
	return box, nil
}

// Starts tells how many processes were started: 1 after the first event, and no more while the function is warm.
func (h *Host) Starts() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.starts
}

// Logs gives the last that the function wrote, at most 64 KiB.
func (h *Host) Logs() string { return h.logs.String() }

// Close ends the process: politely, and after two seconds not.
func (h *Host) Close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	if h.box != nil {
		h.box.stop(2 * time.Second)
		h.box = nil
	}
	return nil
}
