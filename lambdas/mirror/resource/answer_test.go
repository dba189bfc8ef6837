package resource

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/cfn"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror"
)

// TestAnswerIsCut to what CloudFormation reads, in whole characters.
func TestAnswerIsCut(t *testing.T) {
	for _, letter := range []string{"a", "<", "\"", "\n", "€", "a\xff"} {
		w := build(t)
		w.wrong = nil
		w.pass = func(context.Context, int) (mirror.Report, error) { panic(strings.Repeat(letter, 20_000)) }
		a := w.whole(w.event(cfn.RequestDelete))
		if !utf8.ValidString(a.Reason) || len(a.Reason) < 1500 || !strings.HasSuffix(a.Reason, ellipsis) {
			t.Errorf("%q: %d bytes, ends in %q", letter, len(a.Reason), a.Reason[len(a.Reason)-10:])
		}
	}
	long := &answer{h: build(t).h, event: &event{Event: cfn.Event{StackID: strings.Repeat("s", 5000), RequestID: "r"}}}
	if b := long.body(verdict{cfn.StatusFailed, "why"}); !json.Valid(b) {
		t.Errorf("%s", b)
	}
}

// TestAnswerComesAgain where the network or S3 fails, and not where it was refused.
func TestAnswerComesAgain(t *testing.T) {
	for _, c := range []struct {
		status []int
		puts   int
		err    string
	}{
		{[]int{500, 503, 429, 200}, 4, ""},
		{[]int{403}, 1, "answer CloudFormation with SUCCESS: the answer was refused: 403 Forbidden"},
		{[]int{500, 500, 500, 500, 500, 500, 500}, tries, "500 Internal Server Error"},
		{[]int{307}, 1, "307"}, // the address is nobody's but S3's
	} {
		w := build(t)
		w.status = c.status
		err := w.handle(w.event(cfn.RequestCreate))
		if w.puts != c.puts || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%v: %d tries, %v", c.status, w.puts, err)
		}
	}
}

// broken is a network that fails, and repeats the address as net/http does.
type broken struct{ t *testing.T }

func (b broken) RoundTrip(r *http.Request) (*http.Response, error) {
	return nil, errors.New("dial " + r.URL.String() + ": no route")
}

// TestNetworkFails is an error for Lambda, which brings the event again; the address is in no word of it.
func TestNetworkFails(t *testing.T) {
	w := build(t)
	w.h.o.Client = &http.Client{Transport: broken{t}}
	if err := w.handle(w.event(cfn.RequestUpdate)); err == nil || !strings.Contains(err.Error(), "no route") {
		t.Error(err)
	}
	if n := strings.Count(w.log.String(), "cannot be answered"); n != tries {
		t.Errorf("%d tries", n)
	}
}

// TestAddress is one of https, or of this machine in tests.
func TestAddress(t *testing.T) {
	w := build(t)
	for address, fine := range map[string]bool{
		"https://cloudformation-custom-resource-response-euc1.s3.eu-central-1.amazonaws.com/a?X-Amz-Signature=b": true,
		"http://127.0.0.1:8080/a": true, "http://[::1]/a": true, "http://localhost/": true,
		"http://169.254.169.254/latest": false, "http://example.com/deadbeef": false, "file:///deadbeef": false, "https:///deadbeef": false,
		"ftp://127.0.0.1/deadbeef": false, "http://127.0.0.1.example.com/deadbeef": false, "://deadbeef": false, "https://a b/deadbeef": false,
	} {
		if err := checkAddress(address); (err == nil) != fine {
			t.Errorf("%s: %v", address, err)
		}
		if fine {
			continue
		}
		e := w.event(cfn.RequestDelete)
		e.ResponseURL = address
		if err := w.handle(e); err == nil || !strings.Contains(err.Error(), "ResponseURL") {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// TestIs tells a custom resource's events from all else that wakes the function.
func TestIs(t *testing.T) {
	for raw, want := range map[string]bool{
		`{"RequestType":"Delete","ResponseURL":"https://a/"}`: true, `{"RequestType":"Delete"}`: false, `{"ResponseURL":"https://a/"}`: false,
		`{"Records":[{"eventSource":"aws:sqs","body":"{\"RequestType\":\"Delete\",\"ResponseURL\":\"https://a/\"}"}]}`: false,
		`{"source":"aws.events","detail-type":"Scheduled Event"}`:                                                      false, `[]`: false, `{`: false, `{"RequestType":1,"ResponseURL":2}`: false,
	} {
		if Is(json.RawMessage(raw)) != want {
			t.Errorf("%s: want %v", raw, want)
		}
	}
	if err := build(t).h.Handle(context.Background(), json.RawMessage(`{"RequestType":"Delete","ResponseURL":"https://a/deadbeef","RequestId":7}`)); err == nil || strings.Contains(err.Error(), "deadbeef") {
		t.Error(err)
	}
}
