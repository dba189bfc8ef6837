// Package steady keeps requests of AWS's client whole. What comes in is an HTTP client; what goes out is one that sends the same requests, each
// with a body of its own. It never looks into a request, and never sends one twice.
package steady

import (
	"bytes"
	"fmt"
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// MostRequest bounds a request's body, in bytes. The largest there are, tags of many resources, have some hundred KiB.
const MostRequest = 4 << 20

// steady gives each request a body of its own. The SDK closes its body as soon as the head of an answer is there. Where net/http is then
// still at its last look for more of the request, it takes that for a failure to send, and cuts the connection within the answer
// (smithy-go 1.28.9: a closed body's WriteTo gives io.EOF). A quick server and a busy processor are enough; a page of a thousand sessions
// over loopback failed every few calls.
type steady struct{ to aws.HTTPClient }

// Client gives one that does so; nil stands for the SDK's own client.
func Client(client aws.HTTPClient) aws.HTTPClient {
	if client == nil {
		client = awshttp.NewBuildableClient()
	}
	return steady{client}
}

// Do sends the request.
func (s steady) Do(r *http.Request) (*http.Response, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return s.to.Do(r)
	}
	raw, err := io.ReadAll(io.LimitReader(r.Body, MostRequest+1))
	if err != nil {
		return nil, fmt.Errorf("read request: %w", err)
	}
	if len(raw) > MostRequest {
		return nil, fmt.Errorf("request of more than %d bytes: split it", MostRequest)
	}
	own := r.WithContext(r.Context())
	own.ContentLength = int64(len(raw))
	own.Body = io.NopCloser(bytes.NewReader(raw))
	own.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(raw)), nil }
	return s.to.Do(own)
}
