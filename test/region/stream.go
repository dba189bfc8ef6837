package region

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	lambda "github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"

	"github.com/mirrorwatch/mirrorwatch/shared/store/dynamo"
	"github.com/mirrorwatch/mirrorwatch/test/eventpattern"
)

// streamPause is how often Lambda looks at a shard: four times a second.
const streamPause = 250 * time.Millisecond

// readAttempts is how often a shard may fail to be read, one time after the other: whoever reads streams has to bear some.
const readAttempts = 5

// StreamOptions say how a table's stream wakes a function: with ReportBatchItemFailures and BisectBatchOnFunctionError.
type StreamOptions struct {
	Client   *dynamodbstreams.Client
	ARN      string
	Filter   eventpattern.Pattern // of records; the zero value takes all
	Batch    int
	Attempts int // of a batch; then its records are dead letters
}

// poller is one reader of a stream, which is one event source mapping.
type poller struct {
	r *Region
	f Invoked
	o StreamOptions
}

// Stream has a table's stream invoke a function, from its oldest record on. Each shard is read in order; a child when its parent has
// been read to the end.
func (r *Region) Stream(f Invoked, o StreamOptions) {
	p := &poller{r, f, o}
	r.spawn(func() {
		begun, ended := map[string]bool{}, make(chan string, 1)
		over := map[string]bool{}
		for {
			shards, err := p.shards(r.ctx)
			if err != nil {
				r.fault("stream to %s: %v", f.Name(), err)
				return
			}
			for _, s := range shards {
				id, parent := aws.ToString(s.ShardId), aws.ToString(s.ParentShardId)
				known := slices.ContainsFunc(shards, func(s types.Shard) bool { return aws.ToString(s.ShardId) == parent })
				if begun[id] || known && !over[parent] {
					continue
				}
				begun[id] = true
				r.spawn(func() {
					p.shard(id)
					select {
					case ended <- id:
					case <-r.ctx.Done():
					}
				})
			}
			select {
			case <-r.ctx.Done():
				return
			case id := <-ended:
				over[id] = true
			}
		}
	})
}

func (p *poller) shards(ctx context.Context) (list []types.Shard, err error) {
	for from := (*string)(nil); ; {
		out, err := p.o.Client.DescribeStream(ctx, &dynamodbstreams.DescribeStreamInput{StreamArn: &p.o.ARN, ExclusiveStartShardId: from})
		if err != nil {
			return nil, fmt.Errorf("describe stream: %w", err)
		}
		list = append(list, out.StreamDescription.Shards...)
		if from = out.StreamDescription.LastEvaluatedShardId; from == nil {
			return list, nil
		}
	}
}

// shard reads one to its end, or until the region closes.
func (p *poller) shard(id string) {
	first, err := p.o.Client.GetShardIterator(p.r.ctx, &dynamodbstreams.GetShardIteratorInput{
		StreamArn: &p.o.ARN, ShardId: &id, ShardIteratorType: types.ShardIteratorTypeTrimHorizon,
	})
	if err != nil {
		p.r.fault("stream to %s: %v", p.f.Name(), err)
		return
	}
	failed := 0
	for at := first.ShardIterator; at != nil; {
		out, err := p.o.Client.GetRecords(p.r.ctx, &dynamodbstreams.GetRecordsInput{ShardIterator: at})
		if err == nil {
			at, failed = out.NextShardIterator, 0
			for batch := range slices.Chunk(p.taken(out.Records), p.o.Batch) {
				p.batch(batch, p.o.Attempts)
			}
		} else if failed++; failed == readAttempts {
			p.r.fault("stream to %s: %v", p.f.Name(), err)
			return
		}
		if !p.r.pause(streamPause) {
			return
		}
	}
}

// taken gives the records that the filter takes, as Lambda is given them.
func (p *poller) taken(records []types.Record) (list []lambda.DynamoDBEventRecord) {
	for _, one := range records {
		r := dynamo.RecordOf(one)
		r.EventSource, r.EventVersion, r.EventSourceArn = "aws:dynamodb", "1.1", p.o.ARN
		r.Change.StreamViewType = "NEW_AND_OLD_IMAGES"
		text, err := json.Marshal(r)
		if err != nil {
			p.r.fault("stream to %s: %v", p.f.Name(), err)
			continue
		}
		if p.o.Filter.Takes(text) {
			list = append(list, r)
		}
	}
	return list
}

// batch hands records over until all are done, or their attempts are. A function that fails gets them in halves; one that reports a
// record gets them again from that one on.
func (p *poller) batch(list []lambda.DynamoDBEventRecord, attempts int) {
	for len(list) > 0 && p.r.ctx.Err() == nil {
		event, err := json.Marshal(lambda.DynamoDBEvent{Records: list})
		if err != nil {
			p.r.fault("stream to %s: %v", p.f.Name(), err)
			return
		}
		out, err := p.f.Invoke(p.r.ctx, event)
		var again []string
		if err == nil {
			again, err = failuresIn(out)
		}
		if err == nil && len(again) == 0 {
			return
		}
		if attempts--; attempts <= 0 {
			p.r.fault("stream to %s: %d records are dead letters: %v", p.f.Name(), len(list), err)
			return
		}
		if err != nil {
			p.r.fault("stream to %s: %v", p.f.Name(), err)
			if half := len(list) / 2; half > 0 {
				p.batch(list[:half], attempts)
				list = list[half:]
			}
			continue
		}
		p.r.fault("stream to %s: records come again from %s on", p.f.Name(), again[0])
		list = from(list, again)
	}
}

// from gives the records from the first that is wanted again.
func from(list []lambda.DynamoDBEventRecord, again []string) []lambda.DynamoDBEventRecord {
	i := slices.IndexFunc(list, func(r lambda.DynamoDBEventRecord) bool { return slices.Contains(again, r.Change.SequenceNumber) })
	return list[max(i, 0):]
}
