package publish

import (
	"context"
	"encoding/json"
	"flag"
	"os"
	"testing"
	"time"

	lambda "github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	streams "github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/dynamo"
	local "github.com/mirrorwatch/mirrorwatch/test/dynamodb"
)

var update = flag.Bool("update", false, "record testdata/stream.json again")

// TestRecord plays a story on DynamoDB Local. What its stream says is published like the recording, and with -update it becomes the
// recording, in the shape that AWS documents for a function's input.
func TestRecord(t *testing.T) {
	l, err := local.Start()
	local.Need(t, err)
	defer l.Close()
	conf := aws.Config{Region: "eu-central-1", BaseEndpoint: &l.Endpoint, Credentials: credentials.NewStaticCredentialsProvider("local", "local", "")}
	client := dynamodb.NewFromConfig(conf)
	made, err := client.CreateTable(context.Background(), dynamo.Schema("mirrorwatch"))
	if err != nil {
		t.Fatal(err)
	}
	arn := aws.ToString(made.TableDescription.LatestStreamArn)
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	o := dynamo.Options{Client: client, Table: "mirrorwatch", Now: func() time.Time { return now }}
	play(t, o, dynamodbstreams.NewFromConfig(conf), arn)
	batch := lambda.DynamoDBEvent{}
	for _, r := range recordsOf(t, dynamodbstreams.NewFromConfig(conf), arn) {
		one := dynamo.RecordOf(r)
		one.EventSource, one.EventVersion, one.EventSourceArn = "aws:dynamodb", "1.1", arn
		one.Change.StreamViewType, one.Change.SizeBytes = "NEW_AND_OLD_IMAGES", aws.ToInt64(r.Dynamodb.SizeBytes)
		one.Change.ApproximateCreationDateTime = lambda.SecondsEpochTime{Time: now}
		batch.Records = append(batch.Records, one)
	}
	if *update {
		b, err := json.MarshalIndent(batch, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile("testdata/stream.json", append(b, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	live, before := &taken{}, &taken{}
	for p, e := range map[*taken]lambda.DynamoDBEvent{live: batch, before: recorded(t)} {
		if got, err := handle(t, p, e); err != nil || len(got.BatchItemFailures) > 0 {
			t.Fatalf("%+v, %v", got, err)
		}
	}
	have, _ := json.Marshal(live.list)
	want, _ := json.Marshal(before.list)
	if string(have) != string(want) {
		t.Errorf("the stream now says\n%s\nand the recording\n%s\nrun with -update if that is meant", have, want)
	}
}

// play makes one of each event, and rows that are none.
func play(t *testing.T, o dynamo.Options, client dynamo.StreamClient, arn string) {
	t.Helper()
	ctx := context.Background()
	s, err := dynamo.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	out, err := dynamo.OpenStream(dynamo.StreamOptions{Store: o, Client: client, ARN: arn, Reader: "test"})
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	start := time.Date(2026, 11, 25, 11, 30, 0, 0, time.UTC)
	d := events.Detection{
		ID: "0123456789abcdef0123456789abcdef", Type: "recon.port_scan", Title: "Port scan", Category: "recon", Description: "10.0.0.1 scanned 20 ports",
		Risk: events.Risk{Score: 40, Band: "medium"}, Start: start, Update: start,
		Participants: []events.Participant{{Role: "offender", Device: "eni-1"}},
	}
	_, err = s.Detections.Put(ctx, d)
	check(t, err)
	d.Update, d.Description, d.Risk = start.Add(time.Minute), "10.0.0.1 scanned 200 ports", events.Risk{Score: 60, Band: "high"}
	_, err = s.Detections.Put(ctx, d)
	check(t, err)
	by, note, closed, benign := store.Actor{Name: "ann"}, "our own scanner", events.StatusClosed, events.ResolutionBenign
	_, err = s.Detections.Update(ctx, d.ID, store.TriageChange{Note: &note}, by)
	check(t, err)
	_, err = s.Detections.Update(ctx, d.ID, store.TriageChange{Status: &closed, Resolution: &benign}, by)
	check(t, err)
	_, err = s.Mirror.PutCoverage(ctx, events.Coverage{Interface: "eni-1", State: events.CoverageMirrored})
	check(t, err)
	_, err = s.Documents.Write(ctx, []store.Write{{Kind: store.KindView, ID: "mine", Body: json.RawMessage(`{}`)}}, nil)
	check(t, err)
	check(t, out.Publish(ctx, events.Event{
		ID: "sensor-a-1", DetailType: events.SensorUnhealthy, Source: events.Source, Time: start,
		Detail: events.Detail{Version: 1, Subject: "sensor-a", Sequence: 1, Health: &events.Health{Sensor: "sensor-a", Since: start}},
	}))
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// recordsOf reads the stream to its present end.
func recordsOf(t *testing.T, c *dynamodbstreams.Client, arn string) (list []streams.Record) {
	t.Helper()
	ctx := context.Background()
	described, err := c.DescribeStream(ctx, &dynamodbstreams.DescribeStreamInput{StreamArn: &arn})
	check(t, err)
	for _, sh := range described.StreamDescription.Shards {
		it, err := c.GetShardIterator(ctx, &dynamodbstreams.GetShardIteratorInput{StreamArn: &arn, ShardId: sh.ShardId, ShardIteratorType: streams.ShardIteratorTypeTrimHorizon})
		check(t, err)
		for next := it.ShardIterator; next != nil; {
			out, err := c.GetRecords(ctx, &dynamodbstreams.GetRecordsInput{ShardIterator: next})
			check(t, err)
			if next = out.NextShardIterator; len(out.Records) == 0 {
				break
			}
			list = append(list, out.Records...)
		}
	}
	return list
}
