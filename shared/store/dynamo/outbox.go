package dynamo

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	streams "github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// StreamClient is what is called of DynamoDB Streams; *dynamodbstreams.Client has it.
type StreamClient interface {
	DescribeStream(context.Context, *dynamodbstreams.DescribeStreamInput, ...func(*dynamodbstreams.Options)) (*dynamodbstreams.DescribeStreamOutput, error)
	GetShardIterator(context.Context, *dynamodbstreams.GetShardIteratorInput, ...func(*dynamodbstreams.Options)) (*dynamodbstreams.GetShardIteratorOutput, error)
	GetRecords(context.Context, *dynamodbstreams.GetRecordsInput, ...func(*dynamodbstreams.Options)) (*dynamodbstreams.GetRecordsOutput, error)
}

// StreamOptions set up a StreamOutbox. All but Poll must be there.
type StreamOptions struct {
	Store  Options // the table, in which the position is kept too
	Client StreamClient
	ARN    string        // of the table's stream
	Reader string        // name of whoever reads: each has a position of its own
	Poll   time.Duration // how often Wake says that there may be something; 0: a second
}

// StreamOutbox reads the table's stream as an outbox: for programs that publish without the function lambdas/publish, and for tests.
// The stream remembers 24 hours; what nobody read by then is gone. Events of one subject are in order; those of different subjects may
// not be, as the stream has several shards. One reader at a time.
type StreamOutbox struct {
	table  *table
	client StreamClient
	arn    string
	reader string
	poll   time.Duration

	mu     sync.Mutex
	loaded bool
	next   int64             // sequence of the last event taken in
	done   map[string]string // by shard: the last of its records whose events are all published
	shards []*streamShard
	queue  []streamed
	wake   chan struct{}
	closed chan struct{}
	once   sync.Once
}

type streamed struct {
	store.Outgoing
	shard, at string
}

// streamShard is a shard as it is read. A child is read when its parent was read to the end: that keeps the order of an item.
type streamShard struct {
	id, parent string
	iterator   *string
	read       string // last record taken in
	ended      bool
}

// position is what is kept from run to run.
type position struct {
	Next int64             `json:"next"`
	Done map[string]string `json:"done"`
}

// OpenStream gives the outbox. It asks nothing of AWS yet.
func OpenStream(o StreamOptions) (*StreamOutbox, error) {
	t, err := open(o.Store)
	if err != nil {
		return nil, err
	}
	if o.Client == nil || o.ARN == "" || o.Reader == "" {
		return nil, errors.New("open stream: client, ARN and reader must be given")
	}
	return &StreamOutbox{
		table: t, client: o.Client, arn: o.ARN, reader: o.Reader, poll: cmp.Or(o.Poll, time.Second), done: map[string]string{},
		wake: make(chan struct{}, 1), closed: make(chan struct{}),
	}, nil
}

var _ store.Outbox = (*StreamOutbox)(nil)

func (s *StreamOutbox) key() key { return key{"Q#" + s.reader, "Q"} }

// Pending gives the oldest events that are not done.
func (s *StreamOutbox) Pending(ctx context.Context, limit int) ([]store.Outgoing, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.load(ctx); err != nil {
		return nil, err
	}
	if len(s.queue) < limit {
		if err := s.fetch(ctx, limit); err != nil {
			return nil, err
		}
	}
	out := []store.Outgoing{}
	for _, q := range s.queue[:min(limit, len(s.queue))] {
		out = append(out, q.Outgoing)
	}
	return out, nil
}

func (s *StreamOutbox) load(ctx context.Context) error {
	if s.loaded {
		return nil
	}
	it, err := s.table.get(ctx, StreamPosition, s.key())
	if err != nil {
		return err
	}
	p := position{Done: map[string]string{}}
	if it != nil {
		if err := unpack(it, attrBody, &p); err != nil {
			return err
		}
	}
	s.next, s.done, s.loaded = p.Next, p.Done, true
	return s.describe(ctx)
}

// describe looks for shards: those that are read already stay as they are.
func (s *StreamOutbox) describe(ctx context.Context) error {
	known := map[string]*streamShard{}
	for _, sh := range s.shards {
		known[sh.id] = sh
	}
	var list []*streamShard
	for from := (*string)(nil); ; {
		out, err := s.client.DescribeStream(ctx, &dynamodbstreams.DescribeStreamInput{StreamArn: &s.arn, ExclusiveStartShardId: from})
		if err != nil {
			return answer(StreamRead, err)
		}
		for _, sh := range out.StreamDescription.Shards {
			id := aws.ToString(sh.ShardId)
			if known[id] == nil {
				known[id] = &streamShard{id: id, parent: aws.ToString(sh.ParentShardId), read: s.done[id]}
			}
			list = append(list, known[id])
		}
		if from = out.StreamDescription.LastEvaluatedShardId; from == nil {
			s.shards = list
			return nil
		}
	}
}

// fetch reads every shard that may be read once, and those that follow from a shard that ended.
func (s *StreamOutbox) fetch(ctx context.Context, limit int) error {
	for range 3 {
		ended := false
		for _, sh := range s.shards {
			for !sh.ended && s.mayRead(sh) && len(s.queue) < limit {
				n, err := s.read(ctx, sh)
				if err != nil {
					return err
				}
				ended = ended || sh.ended
				if n == 0 {
					break
				}
			}
		}
		if !ended {
			return nil
		}
		if err := s.describe(ctx); err != nil {
			return err
		}
	}
	return nil
}

// mayRead says whether the parent of a shard was read to its end, or is forgotten.
func (s *StreamOutbox) mayRead(sh *streamShard) bool {
	i := slices.IndexFunc(s.shards, func(p *streamShard) bool { return p.id == sh.parent })
	return i < 0 || s.shards[i].ended
}

// read takes in one batch of a shard.
func (s *StreamOutbox) read(ctx context.Context, sh *streamShard) (int, error) {
	if sh.iterator == nil {
		if err := s.iterate(ctx, sh); err != nil {
			return 0, err
		}
	}
	out, err := s.client.GetRecords(ctx, &dynamodbstreams.GetRecordsInput{ShardIterator: sh.iterator})
	var expired *streams.ExpiredIteratorException
	if errors.As(err, &expired) {
		sh.iterator = nil
		return 1, nil // ask again from the last record taken in
	}
	if err != nil {
		return 0, answer(StreamRead, err)
	}
	for _, r := range out.Records {
		list, err := Events(RecordOf(r))
		if err != nil {
			return 0, err
		}
		sh.read = aws.ToString(r.Dynamodb.SequenceNumber)
		for _, e := range list {
			s.next++
			s.queue = append(s.queue, streamed{store.Outgoing{Sequence: s.next, Event: e}, sh.id, sh.read})
		}
	}
	sh.iterator, sh.ended = out.NextShardIterator, out.NextShardIterator == nil
	return len(out.Records), nil
}

func (s *StreamOutbox) iterate(ctx context.Context, sh *streamShard) error {
	in := &dynamodbstreams.GetShardIteratorInput{StreamArn: &s.arn, ShardId: &sh.id, ShardIteratorType: streams.ShardIteratorTypeTrimHorizon}
	if sh.read != "" {
		in.ShardIteratorType, in.SequenceNumber = streams.ShardIteratorTypeAfterSequenceNumber, &sh.read
	}
	out, err := s.client.GetShardIterator(ctx, in)
	var trimmed *streams.TrimmedDataAccessException
	if errors.As(err, &trimmed) {
		// It waited more than a day: go on with the oldest that is left.
		in.ShardIteratorType, in.SequenceNumber = streams.ShardIteratorTypeTrimHorizon, nil
		out, err = s.client.GetShardIterator(ctx, in)
	}
	if err != nil {
		return answer(StreamRead, err)
	}
	sh.iterator = out.ShardIterator
	return nil
}

// Done forgets events up to and with a sequence, and keeps how far that is.
func (s *StreamOutbox) Done(ctx context.Context, through int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.load(ctx); err != nil {
		return err
	}
	n := 0
	done := map[string]string{}
	for _, sh := range s.shards {
		done[sh.id] = s.done[sh.id] // of shards that the stream forgot nothing needs to be known
	}
	for n < len(s.queue) && s.queue[n].Sequence <= through {
		done[s.queue[n].shard] = s.queue[n].at
		n++
	}
	if n == 0 {
		return nil
	}
	// A record that tells no event is done with the one before it.
	for _, sh := range s.shards {
		if !slices.ContainsFunc(s.queue[n:], func(q streamed) bool { return q.shard == sh.id }) {
			done[sh.id] = sh.read
		}
	}
	body, err := pack(position{Next: s.queue[n-1].Sequence, Done: done})
	if err != nil {
		return err
	}
	if err := s.table.transact(ctx, StreamPosition, []types.TransactWriteItem{s.table.putting(at(s.key(), body), condition{})}); err != nil {
		return err
	}
	s.queue, s.done = s.queue[n:], done
	return nil
}

// Wake gives a channel that receives every so often: a stream calls nobody.
func (s *StreamOutbox) Wake() <-chan struct{} {
	s.once.Do(func() { go s.tick() })
	return s.wake
}

func (s *StreamOutbox) tick() {
	t := time.NewTicker(s.poll)
	defer t.Stop()
	for {
		select {
		case <-s.closed:
			return
		case <-t.C:
			s.nudge()
		}
	}
}

func (s *StreamOutbox) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Publish stores an event that belongs to no stored thing; it comes back through the stream.
func (s *StreamOutbox) Publish(ctx context.Context, e events.Event) error {
	err := s.table.publish(ctx, e)
	if err == nil {
		s.nudge()
	}
	return err
}

// Close ends the ticking of Wake.
func (s *StreamOutbox) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.closed:
	default:
		close(s.closed)
	}
	return nil
}
