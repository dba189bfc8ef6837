package region

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/mirrorwatch/mirrorwatch/test/lambdahost"
)

// FunctionOptions say how a function is deployed.
type FunctionOptions struct {
	Name        string
	Bootstrap   string            // path of the binary
	Env         map[string]string // as infrastructure writes it
	Role        aws.Credentials   // of its role, as Lambda hands them over
	Concurrency int               // how many run at once; 0: one
	Timeout     time.Duration
	Memory      int // MB
}

// Function is a function of Lambda that runs on this machine.
type Function struct {
	r     *Region
	o     FunctionOptions
	hosts []*lambdahost.Host
	turns chan struct{}

	mu   sync.Mutex
	free []*lambdahost.Host // the one that ran last is the last
}

// Function deploys one. Nothing of it runs before it is first invoked. Whoever deploys it closes it.
func (r *Region) Function(o FunctionOptions) (*Function, error) {
	env := r.Environment(o.Role)
	for name, value := range o.Env {
		env = append(env, name+"="+value)
	}
	f := &Function{r: r, o: o, turns: make(chan struct{}, max(1, o.Concurrency))}
	for range cap(f.turns) {
		h, err := lambdahost.New(lambdahost.Options{Bootstrap: o.Bootstrap, Name: o.Name, Env: env, Memory: o.Memory, Timeout: o.Timeout, InitTimeout: 30 * time.Second})
		if err != nil {
			f.Close()
			return nil, err
		}
		f.hosts = append(f.hosts, h)
	}
	f.free = slices.Clone(f.hosts)
	r.mu.Lock()
	r.functions[o.Name] = f
	r.mu.Unlock()
	return f, nil
}

// Name is the function's.
func (f *Function) Name() string { return f.o.Name }

// Invoke waits for a place to run in, and for the answer. A place that is warm is taken before one that is not.
func (f *Function) Invoke(ctx context.Context, event []byte) ([]byte, error) {
	select {
	case f.turns <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	h := f.take()
	defer func() {
		f.mu.Lock()
		f.free = append(f.free, h)
		f.mu.Unlock()
		<-f.turns
	}()
	out, err := h.Invoke(ctx, event)
	if err != nil {
		return nil, fmt.Errorf("function %s: %w", f.o.Name, err)
	}
	return out, nil
}

func (f *Function) take() *lambdahost.Host {
	f.mu.Lock()
	defer f.mu.Unlock()
	last := len(f.free) - 1
	h := f.free[last]
	f.free = f.free[:last]
	return h
}

// asyncAttempts is how often Lambda tries an event that nobody waits for; asyncPause is how long it waits in between, which is a minute
// and then two in AWS.
const (
	asyncAttempts = 3
	asyncPause    = 500 * time.Millisecond
)

// Async is the target of a rule: an event that fails is tried again.
func (f *Function) Async(event []byte) {
	for i := range asyncAttempts {
		_, err := f.Invoke(f.r.ctx, event)
		if err == nil || errors.Is(err, context.Canceled) {
			return
		}
		f.r.fault("%s, attempt %d of %d: %v", f.o.Name, i+1, asyncAttempts, err)
		if !f.r.pause(asyncPause) {
			return
		}
	}
}

// invokeByName is Lambda's call Invoke, for events that nobody waits for.
func (r *Region) invokeByName(w http.ResponseWriter, in *http.Request) {
	event, ok := body(w, in)
	if !ok {
		return
	}
	name, _ := strings.CutSuffix(strings.TrimPrefix(in.URL.Path, "/2015-03-31/functions/"), "/invocations")
	r.mu.Lock()
	f := r.functions[name]
	r.mu.Unlock()
	if f == nil || in.Method != http.MethodPost || in.Header.Get("X-Amz-Invocation-Type") != "Event" {
		r.fault("Lambda does not understand %s %s", in.Method, in.URL.Path)
		reply(w, http.StatusNotFound, map[string]string{"message": "Function not found: " + name})
		return
	}
	r.spawn(func() { f.Async(event) })
	w.WriteHeader(http.StatusAccepted)
}

// Every has a schedule invoke the function, first after the pause. A tick whose invocation would overlap the one before waits for it.
func (f *Function) Every(d time.Duration) {
	f.r.spawn(func() {
		for f.r.pause(d) {
			event, err := f.r.Event("aws.events", "Scheduled Event", time.Now(), map[string]any{})
			if err != nil {
				f.r.fault("schedule of %s: %v", f.o.Name, err)
				return
			}
			f.Async(event)
		}
	})
}

// Starts tells how many processes were started.
func (f *Function) Starts() (n int) {
	for _, h := range f.hosts {
		n += h.Starts()
	}
	return n
}

// Logs gives the last that its processes wrote.
func (f *Function) Logs() string {
	var all []string
	for _, h := range f.hosts {
		if l := h.Logs(); l != "" {
			all = append(all, l)
		}
	}
	return strings.Join(all, "\n")
}

// Close ends its processes.
func (f *Function) Close() {
	for _, h := range f.hosts {
		h.Close() //nolint:errcheck // it gives none
	}
}
