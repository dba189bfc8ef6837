package functions

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	lambda "github.com/aws/aws-lambda-go/events"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/deploy"
)

// bus is EventBridge, as far as a publisher sees it.
type bus struct {
	*httptest.Server
	events []json.RawMessage
}

func newBus(t *testing.T) *bus {
	b := &bus{}
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Entries []struct{ EventBusName, Source, DetailType, Detail string }
		}
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil || r.Header.Get("X-Amz-Target") != "AWSEvents.PutEvents" {
			t.Errorf("%s: %v", r.Header.Get("X-Amz-Target"), err)
		}
		results := make([]map[string]string, len(in.Entries))
		for i, e := range in.Entries {
			if e.EventBusName != "mirrorwatch" || e.Source != events.Source || e.DetailType == "" {
				t.Errorf("entry %+v", e)
			}
			b.events = append(b.events, json.RawMessage(e.Detail))
			results[i] = map[string]string{"EventId": fmt.Sprint(len(b.events))}
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		json.NewEncoder(w).Encode(map[string]any{"FailedEntryCount": 0, "Entries": results}) //nolint:errcheck // the function would see it
	}))
	t.Cleanup(b.Close)
	return b
}

// TestPublish drives the function behind the table's stream with what DynamoDB Local recorded: all goes to the bus in order; a record
// that nobody understands comes again, with all behind it, and what is before it is published all the same.
func TestPublish(t *testing.T) {
	far := newBus(t)
	h := host(t, "publish", far.URL, deploy.Publish{Bus: "mirrorwatch"}.Env())
	recorded := event(t, "../../lambdas/publish/testdata/stream.json")
	hand := func(payload []byte) (failures []lambda.DynamoDBBatchItemFailure) {
		t.Helper()
		far.events = nil
		began := time.Now()
		out, err := h.Invoke(context.Background(), payload)
		if err != nil {
			t.Fatalf("%v\n%s", err, h.Logs())
		}
		t.Logf("%d bytes: %d events, process %d, %s", len(payload), len(far.events), h.Starts(), time.Since(began).Round(100*time.Microsecond))
		var got lambda.DynamoDBEventResponse
		if err := json.Unmarshal(out, &got); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return got.BatchItemFailures
	}
	if failed := hand(recorded); len(failed) != 0 || len(far.events) < 3 {
		t.Fatalf("%d events, failed: %+v", len(far.events), failed)
	}
	whole := len(far.events)
	failed := hand(poisoned(t, recorded))
	if len(failed) != 1 || failed[0].ItemIdentifier != poison {
		t.Errorf("failed: %+v, want from %s on", failed, poison)
	}
	if n := len(far.events); n == 0 || n >= whole {
		t.Errorf("%d of %d events were published before the record that nobody understands", n, whole)
	}
	if h.Starts() != 1 {
		t.Errorf("%d processes: it was warm", h.Starts())
	}
}

// poison is the sequence number of a record that nobody understands.
const poison = "000000000000000000666"

// poisoned puts such a record in the middle of a batch.
func poisoned(t *testing.T, recorded []byte) []byte {
	t.Helper()
	var batch struct{ Records []json.RawMessage }
	if err := json.Unmarshal(recorded, &batch); err != nil {
		t.Fatal(err)
	}
	bad := json.RawMessage(`{"eventID":"bad","eventName":"INSERT","eventSource":"aws:dynamodb","dynamodb":{"SequenceNumber":"` + poison +
		`","Keys":{"pk":{"S":"D#x"}},"NewImage":{"body":{"B":"bm90IGd6aXA="}}}}`)
	batch.Records = slices.Insert(batch.Records, len(batch.Records)/2, bad)
	out, err := json.Marshal(batch)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
