// Package region is what AWS does between the parts of an installation, in one process on the loopback: a bus with rules, queues with
// visibility and dead letters, the pollers by which Lambda is woken by queues and by a table's stream, a schedule, topics, and the one
// endpoint that every client of AWS's is led to. What comes in is calls and events; what goes out is invocations of real functions, in
// the documents and with the retries that AWS uses. It never does anything that a part of the installation should do, never listens
// beyond the loopback, and never forgets a failure: Faults has all of them.
package region

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync"
	"time"
)

// Options say where a region is and who answers for what it has no imitation of itself.
type Options struct {
	Account  string       // twelve digits
	Name     string       // "us-east-1"
	Database string       // URL of DynamoDB Local, which answers for DynamoDB and its streams
	Compute  http.Handler // answers for EC2 and its neighbours: load balancing, Auto Scaling, STS, RAM, Systems Manager
}

// Region is one that runs. Close ends it.
type Region struct {
	o        Options
	server   *http.Server
	url      string
	database *httputil.ReverseProxy
	ctx      context.Context
	cancel   context.CancelFunc
	running  sync.WaitGroup

	mu     sync.Mutex
	closed bool
	rules  []rule
	topics map[string][]Notification
	faults []string
	calls  map[string]int
}

// mostFaults is how many are kept: who has so many needs no more.
const mostFaults = 100

// New starts a region.
func New(o Options) (*Region, error) {
	if o.Account == "" || o.Name == "" || o.Database == "" || o.Compute == nil {
		return nil, errors.New("make region: Account, Name, Database and Compute are needed")
	}
	database, err := url.Parse(o.Database)
	if err != nil {
		return nil, fmt.Errorf("make region: %w", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("make region: %w", err)
	}
	r := &Region{
		o: o, url: "http://" + l.Addr().String(), database: httputil.NewSingleHostReverseProxy(database),
		topics: map[string][]Notification{}, calls: map[string]int{},
	}
	r.database.Transport = &http.Transport{MaxIdleConnsPerHost: 32} // functions ask side by side
	r.ctx, r.cancel = context.WithCancel(context.Background())
	r.server = &http.Server{Handler: http.HandlerFunc(r.serve), ReadHeaderTimeout: 10 * time.Second}
	go r.server.Serve(l) //nolint:errcheck // ends with Close
	return r, nil
}

// URL is the endpoint of every service.
func (r *Region) URL() string { return r.url }

// Close ends schedules, pollers and the endpoint, and waits for invocations that are under way; the functions are their owners' to close.
func (r *Region) Close() {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.cancel()
	r.running.Wait()
	r.server.Close() //nolint:errcheck // nobody is left who asks
}

// spawn runs something that ends when the region does; after that it runs nothing.
func (r *Region) spawn(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.closed {
		r.running.Go(f)
	}
}

// pause waits, and says whether the region is still open.
func (r *Region) pause(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-r.ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// fault notes what should not happen in an installation that works. What fails since the region closes is none.
func (r *Region) fault(format string, args ...any) {
	if r.ctx.Err() != nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.faults) < mostFaults {
		r.faults = append(r.faults, fmt.Sprintf(format, args...))
	}
}

// Faults gives what went wrong so far: invocations that failed, what had to come again, dead letters, calls that nobody answers.
func (r *Region) Faults() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.faults...)
}

// Calls tells how often each call of AWS was made, as "PutEvents" or "dynamodb" for services that are not counted by call.
func (r *Region) Calls() map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := map[string]int{}
	for call, n := range r.calls {
		out[call] = n
	}
	return out
}

func (r *Region) count(call string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls[call]++
}

// ARN names something of this region and account.
func (r *Region) ARN(service, resource string) string {
	return "arn:aws:" + service + ":" + r.o.Name + ":" + r.o.Account + ":" + resource
}
