package feed

import (
	"encoding/json"
	"os"
	"reflect"
	"testing"

	lambda "github.com/aws/aws-lambda-go/events"

	"github.com/mirrorwatch/mirrorwatch/shared/store/dynamo"
)

// TestRecordedStream reads what DynamoDB Local recorded of the store's own table: each part tells the same events as the record by itself.
func TestRecordedStream(t *testing.T) {
	raw, err := os.ReadFile("../../publish/testdata/stream.json")
	if err != nil {
		t.Fatal(err)
	}
	var whole lambda.DynamoDBEvent
	if err := json.Unmarshal(raw, &whole); err != nil {
		t.Fatal(err)
	}
	in, err := reader(t).Decode(raw)
	if err != nil || in.Kind != Stream || len(in.Parts) != len(whole.Records) {
		t.Fatalf("%s of %d parts, %v", in.Kind, len(in.Parts), err)
	}
	told := 0
	for i, p := range in.Parts {
		want, err := dynamo.Events(whole.Records[i])
		if err != nil || p.Err != nil {
			t.Fatalf("record %d: %v, %v", i, err, p.Err)
		}
		got, err := dynamo.Events(*p.Stream)
		if err != nil || !reflect.DeepEqual(got, want) || p.ID != whole.Records[i].Change.SequenceNumber {
			t.Errorf("record %d, %s: %+v, %v", i, p.ID, got, err)
		}
		told += len(got)
	}
	if told < 3 {
		t.Errorf("%d events in %d records", told, len(in.Parts))
	}
}
