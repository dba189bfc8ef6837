package firehose

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"
)

// send puts what waits, oldest first, until nothing more comes or ctx ends. After a failure it waits, longer each time.
func (s *Shipper) send(ctx context.Context) {
	failures := 0
	for {
		batch, done := s.out.take()
		switch {
		case done:
			return
		case len(batch) == 0:
			select {
			case <-ctx.Done():
				return
			case <-s.out.wake:
			}
			continue
		}
		sent, left, err := s.put(ctx, batch)
		s.account(sent, err)
		s.out.settle(sent, left)
		if len(sent) > 0 {
			failures = 0 // some of it goes through: it is only throttled
		}
		if err != nil {
			failures++
		}
		if ctx.Err() != nil || err != nil && !s.rest(ctx, failures) {
			return
		}
	}
}

// put makes one request. Firehose may take some of it: err then says why not the rest.
func (s *Shipper) put(ctx context.Context, batch []parcel) (sent, left []parcel, err error) {
	in := &firehose.PutRecordBatchInput{DeliveryStreamName: &s.o.Stream}
	for _, p := range batch {
		in.Records = append(in.Records, types.Record{Data: p.data})
	}
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	out, err := s.o.Client.PutRecordBatch(ctx, in, func(o *firehose.Options) { o.RetryMaxAttempts = 1 }) // what failed waits where it outlives us
	if err != nil {
		return nil, batch, fmt.Errorf("put to %s: %w", s.o.Stream, err)
	}
	if aws.ToInt32(out.FailedPutCount) == 0 {
		return batch, nil, nil
	}
	if len(out.RequestResponses) != len(batch) {
		return nil, batch, fmt.Errorf("put to %s: answers for %d of %d frames", s.o.Stream, len(out.RequestResponses), len(batch))
	}
	for i, r := range out.RequestResponses {
		if r.ErrorCode == nil {
			sent = append(sent, batch[i])
			continue
		}
		left = append(left, batch[i])
		err = fmt.Errorf("put to %s: %d of %d frames were refused: %s: %s", s.o.Stream, len(left), len(batch), *r.ErrorCode, aws.ToString(r.ErrorMessage))
	}
	return sent, left, err
}

// account counts, and tells when trouble begins and ends. As long as some of a batch goes through Firehose is only slow.
func (s *Shipper) account(sent []parcel, err error) {
	c := &s.counts
	for _, p := range sent {
		c.sent.Add(uint64(p.records))
		c.sentBytes.Add(uint64(len(p.data)))
		c.frames.Add(1)
	}
	if err != nil {
		c.retries.Add(1)
	}
	if len(sent) > 0 {
		if c.trouble.Swap(nil) != nil {
			s.o.Failed(nil)
		}
		return
	}
	text := err.Error()
	if c.trouble.Swap(&text) == nil {
		s.o.Failed(err)
	}
}

// rest waits before the next attempt, and says whether there is to be one. Sensors that failed together do not come back together.
func (s *Shipper) rest(ctx context.Context, failures int) bool {
	d := min(s.o.Retry<<min(failures-1, 16), latestRetry)
	ending := s.ending
	select {
	case <-ending: // little time is left
		d, ending = min(d, firstRetry), nil
	default:
	}
	t := time.NewTimer(d/2 + rand.N(d/2+1))
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-ending: // nil, and so never, where it was known
		return true
	case <-t.C:
		return true
	}
}
