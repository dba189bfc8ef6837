// Package region is what AWS does between the parts of an installation, in one process on the loopback: a bus with rules, queues with
// visibility and dead letters, the pollers by which Lambda is woken by queues and by a table's stream, a schedule, topics, buckets, custom
// resources, and the one endpoint that every client of AWS's is led to. What comes in is calls and events; what goes out is invocations of real functions, in
// the documents and with the retries that AWS uses. It never does anything that a part of the installation should do, never listens
// beyond the loopback, and never forgets a failure: Faults has all of them.
package region

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/cfn"
	"github.com/aws/aws-sdk-go-v2/aws"
)

// Options say where a region is and who answers for what it has no imitation of itself.
type Options struct {
	Account  string       // twelve digits
	Name     string       // "us-east-1"
	Database string       // URL of DynamoDB Local, to which programs are led for DynamoDB
	Compute  http.Handler // answers for EC2 and its neighbours: load balancing, Auto Scaling, STS, RAM, Systems Manager
	Firehose http.Handler // nil: there is no stream
}

// Region is one that runs. Close ends it.
type Region struct {
	o       Options
	server  *http.Server
	url     string
	ctx     context.Context
	cancel  context.CancelFunc
	running sync.WaitGroup

	mu        sync.Mutex
	closed    bool
	rules     []rule
	topics    map[string][]Notification
	functions map[string]*Function
	buckets   map[string]*Bucket
	answers   map[string]chan cfn.Response // of custom resources, by request
	metrics   map[string]float64
	faults    []string
}

// mostFaults is how many are kept: who has so many needs no more.
const mostFaults = 100

// New starts a region.
func New(o Options) (*Region, error) {
	if o.Account == "" || o.Name == "" || o.Database == "" || o.Compute == nil {
		return nil, errors.New("make region: Account, Name, Database and Compute are needed")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("make region: %w", err)
	}
	r := &Region{
		o: o, url: "http://" + l.Addr().String(), topics: map[string][]Notification{}, functions: map[string]*Function{}, buckets: map[string]*Bucket{},
		answers: map[string]chan cfn.Response{}, metrics: map[string]float64{},
	}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	r.server = &http.Server{Handler: http.HandlerFunc(r.serve), ReadHeaderTimeout: 10 * time.Second}
	go r.server.Serve(l) //nolint:errcheck // ends with Close
	return r, nil
}

// URL is the endpoint of every service but DynamoDB.
func (r *Region) URL() string { return r.url }

// Environment is what a program needs in its environment to find this region and nothing else, with the credentials of its role.
func (r *Region) Environment(role aws.Credentials) []string {
	return []string{
		"AWS_ENDPOINT_URL=" + r.url, "AWS_ENDPOINT_URL_DYNAMODB=" + r.o.Database, "AWS_REGION=" + r.o.Name, "AWS_EC2_METADATA_DISABLED=true",
		"AWS_ACCESS_KEY_ID=" + role.AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + role.SecretAccessKey, "AWS_SESSION_TOKEN=" + role.SessionToken,
	}
}

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

// ARN names something of this region and account.
func (r *Region) ARN(service, resource string) string {
	return "arn:aws:" + service + ":" + r.o.Name + ":" + r.o.Account + ":" + resource
}
