package sdk

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
	"github.com/mirrorwatch/mirrorwatch/shared/steady"
)

// early answers before it has read the request, as a quick server may.
type early struct{ request *http.Request }

func (e *early) Do(r *http.Request) (*http.Response, error) {
	e.request = r
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(ec2XML("DescribeVpcs", "<vpcSet/>")))}, nil
}

// TestARequestIsWholeAfterItsAnswer: what is sent must not end because the answer has begun.
func TestARequestIsWholeAfterItsAnswer(t *testing.T) {
	var client early
	c, err := Open(Options{Region: region, Endpoint: "http://127.0.0.1", Config: aws.Config{
		HTTPClient: &client, Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""),
	}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Account().EC2.DescribeVpcs(t.Context(), ec2api.Query{MaxResults: 7}); err != nil {
		t.Fatal(err)
	}
	again, err := client.request.GetBody()
	if err != nil {
		t.Fatal(err)
	}
	for _, from := range []io.Reader{client.request.Body, again} {
		var sent bytes.Buffer
		n, err := io.Copy(&sent, from)
		if err != nil || n != client.request.ContentLength || sent.String() != "Action=DescribeVpcs&MaxResults=7&Version=2016-11-15" {
			t.Errorf("%d of %d bytes, %v: %s", n, client.request.ContentLength, err, &sent)
		}
		if n, err := io.Copy(io.Discard, from); n != 0 || err != nil { // as net/http looks whether there is more
			t.Errorf("after its end it gives %d bytes, %v", n, err)
		}
	}
}

func TestRequestsAreBounded(t *testing.T) {
	var client early
	for _, c := range []struct {
		body io.Reader
		says string
	}{
		{bytes.NewReader(make([]byte, steady.MostRequest)), ""},
		{nil, ""},
		{http.NoBody, ""},
		{bytes.NewReader(make([]byte, steady.MostRequest+1)), "request of more than 4194304 bytes"},
		{iotest.ErrReader(errors.New("torn")), "read request: torn"},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1/", c.body)
		if err != nil {
			t.Fatal(err)
		}
		_, err = steady.Client(&client).Do(r)
		if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%v, want %q", err, c.says)
		}
	}
}
