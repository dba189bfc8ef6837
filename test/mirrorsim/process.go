package mirrorsim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	aws "github.com/aws/aws-lambda-go/events"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

var errDead = errors.New("the process is dead")

// process is a loop in a function that may die at any contact with AWS or the store. What it asks carries it in the context.
type process struct {
	s       *sim
	name    string
	loop    *mirror.Loop
	handler *mirror.Handler
	dead    bool
	left    int  // contacts until it dies; 0: it does not
	after   bool // the last one takes effect, and its answer is lost
	wish    wish // of the policy that it read last
	began   time.Time
	deletes map[string]int // of this pass, by account
	had     map[string]int // sessions of ours at its beginning, by account
	before  *picture
}

type processKey struct{}

// hire makes a process that knows nothing yet.
func (s *sim) hire(n int) (*process, error) {
	p := &process{s: s, name: fmt.Sprintf("loop %c", 'A'+n)}
	luck := rand.New(rand.NewPCG(s.o.Seed, uint64(100+n)+uint64(s.res.Killed)<<8))
	var err error
	p.loop, err = mirror.New(mirror.Options{
		Policy: p.current, Store: p.reaching(s.store), Now: s.clock.Now, Sleep: p.sleep, Holder: p.name, Workers: 1,
		Observe: func(mirror.Metrics) { p.passes() },
		Open: func(_ context.Context, a policy.Account, r string) (ec2api.Account, error) {
			to := s.cloud.AccountAs(a.ID, r, "arn:aws:sts::"+a.ID+":assumed-role/mirrorwatch/"+p.name)
			return ec2api.Pace(to, ec2api.PaceOptions{
				Reads: ec2api.Rate{PerSecond: a.Calls.Read}, Writes: ec2api.Rate{PerSecond: a.Calls.Write}, Now: s.clock.Now, Sleep: p.sleep, Random: luck.Float64,
				Observe: func(_ string, _ time.Duration, err error, _ int) {
					s.res.Calls++
					if ec2api.IsThrottle(err) {
						s.res.Throttled++
					}
				},
			}), nil
		},
	})
	if err != nil {
		return nil, err
	}
	p.handler, err = mirror.NewHandler(mirror.HandlerOptions{Loop: p.loop})
	return p, err
}

func (p *process) sleep(ctx context.Context, d time.Duration) error {
	if p.dead {
		return errDead
	}
	p.s.advance(d)
	return ctx.Err()
}

// passes is told of the end of a pass; what is counted by pass begins anew.
func (p *process) passes() {
	p.began, p.deletes, p.had = p.s.clock.Now(), map[string]int{}, p.s.oursByAccount()
}

// contact says whether a contact with the world takes effect, and whether its answer comes.
func (p *process) contact() (effect, answer bool) {
	switch {
	case p.dead:
		return false, false
	case p.left == 0:
		return true, true
	}
	if p.left--; p.left > 0 {
		return true, true
	}
	p.dead = true
	p.s.res.Killed++
	p.s.say("%s dies, and its last contact takes effect: %v", p.name, p.after)
	return p.after, false
}

// run gives an event to a process, which may die of it. Where it did, nobody answers.
func (s *sim) run(n int, raw json.RawMessage) (out any, answered bool) {
	p := s.crew[n]
	if p.dead {
		var err error
		if p, err = s.hire(n); err != nil {
			s.fail("hire: %v", err)
			return nil, false
		}
		s.crew[n] = p
	}
	if !s.o.Calm && !s.quiet && s.chance(0.03) {
		p.left, p.after = 1+s.rng.IntN(80), s.chance(0.5)
	}
	p.passes()
	out, err := p.handler.Handle(context.WithValue(context.Background(), processKey{}, p), raw)
	p.left = 0
	if p.dead {
		return nil, false
	}
	if err != nil {
		s.say("%s: %v", p.name, err)
	}
	return out, err == nil
}

// sweep is what the schedule asks for.
func (s *sim) sweep(n int) bool {
	began := s.clock.Now()
	s.res.Sweeps++
	s.say("loop %c sweeps", 'A'+n)
	raw := json.RawMessage(fmt.Sprintf(`{"version":"0","id":"sweep-%d","detail-type":"Scheduled Event","source":"aws.events","account":%q,"time":%q,"region":%q,"resources":[],"detail":{}}`,
		s.res.Sweeps, fleet, began.Format(time.RFC3339), region))
	_, ok := s.run(n, raw)
	took := s.clock.Now().Sub(began)
	s.say("loop %c swept in %s", 'A'+n, took.Round(time.Second))
	s.res.LongestSweep = max(s.res.LongestSweep, took)
	return ok
}

// deliver gives a process the next messages of the queue. What it does not answer for comes again.
func (s *sim) deliver(n int) {
	var batch aws.SQSEvent
	letters := map[string]letter{}
	for len(batch.Records) < 10 {
		_, l, ok := s.mail.pop(s.clock.Now())
		if !ok {
			break
		}
		id := fmt.Sprintf("m-%d-%d", s.res.Batches, len(batch.Records))
		letters[id] = l
		batch.Records = append(batch.Records, aws.SQSMessage{MessageId: id, Body: l.body, EventSource: "aws:sqs"})
	}
	if len(batch.Records) == 0 {
		return
	}
	s.res.Batches++
	raw, err := json.Marshal(batch)
	if err != nil {
		s.fail("write batch: %v", err)
		return
	}
	out, answered := s.run(n, raw)
	for _, m := range batch.Records {
		if !answered || refused(out, m.MessageId) {
			s.again(letters[m.MessageId])
		}
	}
}

func refused(out any, id string) bool {
	r, _ := out.(aws.SQSEventResponse)
	for _, f := range r.BatchItemFailures {
		if f.ItemIdentifier == id {
			return true
		}
	}
	return false
}

// again puts a message back, until it was received too often.
func (s *sim) again(l letter) {
	if l.received++; l.received >= 5 {
		s.res.Dead++
		return
	}
	s.res.Redelivered++
	s.mail.add(s.clock.Now().Add(s.between(30*time.Second, 2*time.Minute)), l)
}

// post is how an event of AWS comes to the queue: late, twice, or not at all.
func (s *sim) post(_, _ string, event json.RawMessage) {
	s.res.Events++
	times := 1
	switch {
	case s.o.Calm:
	case s.chance(0.1):
		s.res.Lost++
		return
	case s.chance(0.1):
		s.res.Doubled++
		times = 2
	}
	for range times {
		s.mail.add(s.clock.Now().Add(s.between(0, 2*time.Minute)), letter{body: string(event)})
	}
}
