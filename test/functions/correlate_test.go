package functions

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	lambda "github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	aws_dynamodb "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/deploy"
	"github.com/mirrorwatch/mirrorwatch/shared/inventory"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// region is AWS as correlation sees it: DynamoDB Local behind a counter, objects in S3, and a CloudWatch that refuses.
type region struct {
	*httptest.Server
	mu      sync.Mutex
	calls   map[string]int
	objects map[string][]byte
}

func newRegion(t *testing.T, database string) *region {
	to, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(to)
	r := &region{calls: map[string]int{}, objects: map[string][]byte{}}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		target := req.Header.Get("X-Amz-Target")
		r.mu.Lock()
		defer r.mu.Unlock()
		switch {
		case strings.HasPrefix(target, "DynamoDB"):
			r.calls[strings.TrimPrefix(target, "DynamoDB_20120810.")]++
			proxy.ServeHTTP(w, req)
		case req.Method == http.MethodGet:
			r.calls["GetObject"]++
			body, there := r.objects[req.URL.Path]
			if !there {
				w.WriteHeader(http.StatusNotFound)
				fmt.Fprint(w, `<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>`)
				return
			}
			w.Write(body) //nolint:errcheck // the function would see it
		default:
			r.calls["GetMetricData"]++
			w.WriteHeader(http.StatusForbidden)
		}
	}))
	t.Cleanup(r.Close)
	return r
}

// counted gives how often AWS was asked since the last time.
func (r *region) counted() (all int, by map[string]int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	by = maps.Clone(r.calls)
	for _, n := range r.calls {
		all += n
	}
	clear(r.calls)
	return all, by
}

func (r *region) put(key, text string) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write([]byte(text)) //nolint:errcheck // memory
	z.Close()             //nolint:errcheck // memory
	r.mu.Lock()
	defer r.mu.Unlock()
	r.objects["/logs/"+key] = b.Bytes()
}

// announced is a batch of SQS with notifications of S3, one a message.
func announced(keys ...string) []byte {
	var batch lambda.SQSEvent
	for i, key := range keys {
		body := fmt.Sprintf(`{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","awsRegion":"eu-central-1","eventTime":"2026-11-23T12:30:00.000Z","eventName":"ObjectCreated:Put",`+
			`"s3":{"bucket":{"name":"logs"},"object":{"key":%q,"size":100,"eTag":"%032x"}}}]}`, url.QueryEscape(key), i+len(key))
		batch.Records = append(batch.Records, lambda.SQSMessage{MessageId: fmt.Sprint("m", i), EventSource: "aws:sqs", Body: body})
	}
	b, _ := json.Marshal(batch)
	return b
}

const (
	flowKey  = "AWSLogs/123456789012/vpcflowlogs/eu-central-1/2026/11/23/123456789012_vpcflowlogs_eu-central-1_fl-0a1b2c3d_20261123T1215Z_0a1b2c3d.log.gz"
	trailKey = "AWSLogs/123456789012/CloudTrail/eu-central-1/2026/11/23/123456789012_CloudTrail_eu-central-1_20261123T1215Z_Mu0KsOhtH1ar15ZZ.json.gz"
	tick     = `{"version":"0","id":"t1","detail-type":"Scheduled Event","source":"aws.events","account":"123456789012","time":"2026-11-23T12:00:00Z","region":"eu-central-1","resources":[],"detail":{}}`
)

// TestCorrelate drives the function cold and warm: a detection of the table's stream, logs that S3 announces, what is due, records that
// nobody understands, objects that are gone. No detection costs more than five calls of AWS.
func TestCorrelate(t *testing.T) {
	ctx := context.Background()
	endpoint, s := table(t, "mirrorwatch")
	far := newRegion(t, endpoint)
	h := host(t, "correlate", far.URL, deploy.Correlate{Table: "mirrorwatch", Account: "123456789012", Metrics: true}.Env())
	d := guessed()
	record, victim := recorded(t, endpoint, s, d), d.Participants[1].Address
	since := d.Start.Add(-time.Hour)
	if _, err := inventory.Keep(ctx, s.Documents, inventory.Observation{At: since, Seen: []events.Holding{{
		Interface: "eni-0a000000000000004", Account: "123456789012", Region: "eu-central-1", VPC: "vpc-1", Instance: "i-0a1b2c3d4e5f60004", Name: "bastion",
		Addresses: []netip.Addr{victim}, From: &since,
	}}}); err != nil {
		t.Fatal(err)
	}
	invoke := func(payload []byte) []byte {
		t.Helper()
		far.counted()
		began := time.Now()
		out, err := h.Invoke(ctx, payload)
		if err != nil {
			t.Fatalf("%v\n%s", err, h.Logs())
		}
		t.Logf("%d bytes in, %s, process %d", len(payload), time.Since(began).Round(100*time.Microsecond), h.Starts())
		return out
	}
	batch, err := json.Marshal(lambda.DynamoDBEvent{Records: []lambda.DynamoDBEventRecord{record}})
	if err != nil {
		t.Fatal(err)
	}
	if out := invoke(batch); !strings.Contains(string(out), `"batchItemFailures":[]`) {
		t.Errorf("answer %s\n%s", out, h.Logs())
	}
	if n, by := far.counted(); n > 5 {
		t.Errorf("%d calls for one detection: %v", n, by)
	}
	after := get(t, s, d.ID)
	if after.Context == nil || after.Context.Incident == "" || sourceOf(after, events.SourceCloudWatch).Status != events.SourceDenied {
		t.Fatalf("context %+v\n%s", after.Context, h.Logs())
	}
	invoke(batch)
	if again := get(t, s, d.ID); again.Revision != after.Revision {
		t.Errorf("a redelivery made revision %d of %d", again.Revision, after.Revision)
	}
	hour := d.Start.UTC()
	far.put(flowKey, fmt.Sprintf("version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status\n"+
		"2 123456789012 eni-0a000000000000004 %s %s 40000 22 6 4 240 %d %d REJECT OK\n", d.Participants[0].Address, victim, hour.Unix(), hour.Unix()+30))
	far.put(trailKey, fmt.Sprintf(`{"Records":[{"eventVersion":"1.11","userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::123456789012:user/mallory","accountId":"123456789012","userName":"mallory"},`+
		`"eventTime":%q,"eventSource":"ec2.amazonaws.com","eventName":"DeleteFlowLogs","awsRegion":"eu-central-1","sourceIPAddress":"203.0.113.50","requestParameters":{"DeleteFlowLogsRequest":{"FlowLogId":{"tag":1,"content":"fl-0a1b2c3d"}}},`+
		`"eventID":"e-1","readOnly":false,"eventType":"AwsApiCall","recipientAccountId":"123456789012"}]}`, hour.Add(-time.Minute).Format(time.RFC3339)))
	out := invoke(announced(flowKey, trailKey, strings.Replace(flowKey, "0a1b2c3d.log", "gone.log", 1)))
	if !strings.Contains(string(out), `"batchItemFailures":[]`) {
		t.Errorf("answer %s\n%s", out, h.Logs())
	}
	blinded := find(t, s, "evasion.monitoring_stopped")
	if blinded.ID == "" {
		t.Errorf("nobody told of the flow logs that were deleted\n%s", h.Logs())
	}
	if out := invoke(announced(flowKey, trailKey)); !strings.Contains(string(out), `"batchItemFailures":[]`) || get(t, s, blinded.ID).Revision != blinded.Revision {
		t.Errorf("the same objects again: %s", out)
	}
	invoke([]byte(tick))
	poisonous := record
	poisonous.Change.NewImage = maps.Clone(record.Change.NewImage)
	for name := range poisonous.Change.NewImage {
		if poisonous.Change.NewImage[name].DataType() == lambda.DataTypeBinary {
			poisonous.Change.NewImage[name] = lambda.NewBinaryAttribute([]byte("nonsense"))
		}
	}
	batch, _ = json.Marshal(lambda.DynamoDBEvent{Records: []lambda.DynamoDBEventRecord{poisonous}})
	if out := invoke(batch); !strings.Contains(string(out), poisonous.Change.SequenceNumber) {
		t.Errorf("a record that nobody understands: %s", out)
	}
}

// recorded stores a detection, and gives the record of the table's stream that tells of it.
func recorded(t *testing.T, endpoint string, s *store.Store, d events.Detection) lambda.DynamoDBEventRecord {
	t.Helper()
	if _, err := s.Detections.Put(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	client := aws_dynamodb.NewFromConfig(aws.Config{
		Region: "eu-central-1", BaseEndpoint: &endpoint, Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
	})
	key := map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: "D#" + d.ID}, "sk": &types.AttributeValueMemberS{Value: "D"}}
	out, err := client.GetItem(t.Context(), &aws_dynamodb.GetItemInput{TableName: aws.String("mirrorwatch"), Key: key})
	if err != nil || len(out.Item) == 0 {
		t.Fatalf("item of %s: %v", d.ID, err)
	}
	image := func(item map[string]types.AttributeValue) map[string]lambda.DynamoDBAttributeValue {
		to := map[string]lambda.DynamoDBAttributeValue{}
		for name, v := range item {
			switch v := v.(type) {
			case *types.AttributeValueMemberS:
				to[name] = lambda.NewStringAttribute(v.Value)
			case *types.AttributeValueMemberN:
				to[name] = lambda.NewNumberAttribute(v.Value)
			case *types.AttributeValueMemberB:
				to[name] = lambda.NewBinaryAttribute(v.Value)
			}
		}
		return to
	}
	return lambda.DynamoDBEventRecord{
		EventID: "1", EventName: "INSERT", EventSource: "aws:dynamodb", AWSRegion: "eu-central-1", EventVersion: "1.1",
		Change: lambda.DynamoDBStreamRecord{Keys: image(key), NewImage: image(out.Item), SequenceNumber: "000000000000000000006", StreamViewType: "NEW_AND_OLD_IMAGES"},
	}
}

// guessed is a detection of guessing, of an hour ago.
func guessed() events.Detection {
	at := time.Now().UTC().Add(-time.Hour).Truncate(time.Second)
	return events.Detection{
		ID: "0123456789abcdef0123456789abcdef", Type: "access.ssh_brute_force", Title: "SSH brute force", Category: "access", Description: "42 tries",
		Risk: events.Risk{Score: 60, Band: "high", Terms: []events.Term{{Name: "likelihood", Points: 60}}}, Start: at, Update: at.Add(time.Minute),
		Participants: []events.Participant{
			{Role: "offender", Device: "203.0.113.99", Address: netip.MustParseAddr("203.0.113.99"), External: true},
			{Role: "victim", Device: "eni-0a000000000000004", Address: netip.MustParseAddr("10.20.2.22"), Port: 22, Interface: "eni-0a000000000000004", VPC: "vpc-1"},
		},
		Evidence: events.Evidence{UIDs: []string{"C1"}, Start: at, End: at.Add(time.Minute)}, DetectorVersion: 1,
	}
}

func get(t *testing.T, s *store.Store, id string) events.Detection {
	t.Helper()
	d, err := s.Detections.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func find(t *testing.T, s *store.Store, kind string) events.Detection {
	t.Helper()
	page, err := s.Detections.Search(t.Context(), store.DetectionQuery{Filter: store.DetectionFilter{Types: []string{kind}}})
	if err != nil || len(page.Items) == 0 {
		return events.Detection{}
	}
	return page.Items[0]
}

func sourceOf(d events.Detection, s events.ContextSource) events.SourceState {
	for _, one := range d.Context.Sources {
		if one.Source == s {
			return one
		}
	}
	return events.SourceState{}
}
