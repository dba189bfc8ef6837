// Package s3 opens the objects that notifications name in Amazon S3. What comes in is an object; what goes out is its body as it is read,
// or a range of it. It never reads more of an object than its limit, never writes, and never lists a bucket.
package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/mirrorwatch/mirrorwatch/lambdas/correlate/feed"
)

// DefaultMost is how large an object may be where the options say nothing. AWS cuts flow logs at about 75 MB and trails at about 50 MB,
// compressed.
const DefaultMost = 512 << 20

// mostBuckets is of how many buckets the region is remembered.
const mostBuckets = 1000

// Client is what is needed of the S3 client.
type Client interface {
	GetObject(ctx context.Context, in *s3.GetObjectInput, opts ...func(*s3.Options)) (*s3.GetObjectOutput, error)
}

// Options set up an Opener.
type Options struct {
	Client Client
	Most   int64 // bytes of an object; 0: DefaultMost
}

// Opener is a feed.Opener over GetObject. It may be used by several goroutines.
type Opener struct {
	o       Options
	mu      sync.Mutex
	regions map[string]string // of buckets that are in another region than was thought
}

// New makes an opener.
func New(o Options) (*Opener, error) {
	if o.Client == nil {
		return nil, errors.New("make opener of objects: no client")
	}
	if o.Most == 0 {
		o.Most = DefaultMost
	}
	return &Opener{o: o, regions: map[string]string{}}, nil
}

// Open opens an object, the version that was notified. Its body fails where it turns out to be larger than the limit.
func (p *Opener) Open(ctx context.Context, o feed.Object) (io.ReadCloser, int64, error) {
	if o.Size > p.o.Most {
		return nil, 0, p.large(o, o.Size)
	}
	out, err := p.get(ctx, o, nil)
	if err != nil {
		return nil, 0, err
	}
	size := int64(feed.UnknownSize)
	if out.ContentLength != nil {
		size = *out.ContentLength
	}
	if size > p.o.Most {
		out.Body.Close()
		return nil, 0, p.large(o, size)
	}
	return &limited{ReadCloser: out.Body, left: p.o.Most, too: p.large(o, feed.UnknownSize)}, size, nil
}

// Range reads n bytes of an object from an offset on, and fewer where it ends before. The object must be as it was notified: two ranges of
// different objects would make a third that never was.
func (p *Opener) Range(ctx context.Context, o feed.Object, offset, n int64) ([]byte, error) {
	if offset < 0 || n <= 0 || n > p.o.Most {
		return nil, &feed.OpenError{Object: o.ID(), Obstacle: feed.Refused, Message: fmt.Sprintf("%d bytes from %d on: at most %d", n, offset, p.o.Most)}
	}
	out, err := p.get(ctx, o, aws.String(fmt.Sprintf("bytes=%d-%d", offset, offset+n-1)))
	if err != nil {
		return nil, err
	}
	defer out.Body.Close()
	data, err := io.ReadAll(io.LimitReader(out.Body, n+1))
	switch {
	case err != nil:
		return nil, failure(ctx, o, err)
	case int64(len(data)) > n:
		return nil, &feed.OpenError{Object: o.ID(), Obstacle: feed.Broken, Message: fmt.Sprintf("more than the %d bytes that were asked for", n)}
	}
	return data, nil
}

// get asks where the bucket is thought to be, and once more where S3 says it is.
func (p *Opener) get(ctx context.Context, o feed.Object, span *string) (*s3.GetObjectOutput, error) {
	in := &s3.GetObjectInput{Bucket: aws.String(o.Bucket), Key: aws.String(o.Key), Range: span}
	switch {
	case o.Version != "" && o.Version != "null":
		in.VersionId = aws.String(o.Version)
	case o.ETag != "" && span != nil:
		in.IfMatch = aws.String(o.ETag)
	}
	region := p.region(o)
	out, err := p.o.Client.GetObject(ctx, in, at(region))
	if there := elsewhere(err); there != "" && there != region {
		p.remember(o.Bucket, there)
		out, err = p.o.Client.GetObject(ctx, in, at(there))
	}
	if err != nil {
		return nil, failure(ctx, o, err)
	}
	return out, nil
}

// at has a call made in a region; empty is the client's own.
func at(region string) func(*s3.Options) {
	return func(o *s3.Options) {
		if region != "" {
			o.Region = region
		}
	}
}

// elsewhere gives the region that S3 says a bucket is in, where it says so because it was asked in another.
func elsewhere(err error) string {
	var answer *smithyhttp.ResponseError
	if !errors.As(err, &answer) || answer.Response == nil {
		return ""
	}
	switch answer.HTTPStatusCode() {
	case http.StatusMovedPermanently, http.StatusTemporaryRedirect, http.StatusBadRequest:
		return answer.Response.Header.Get("X-Amz-Bucket-Region")
	}
	return ""
}

// region is where a bucket is thought to be: where S3 said, where the notification said, or where the client is.
func (p *Opener) region(o feed.Object) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if known := p.regions[o.Bucket]; known != "" {
		return known
	}
	return o.Region
}

// remember keeps the region of a bucket. A full memory begins anew: it costs a call more for each bucket.
func (p *Opener) remember(bucket, region string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.regions) >= mostBuckets {
		clear(p.regions)
	}
	p.regions[bucket] = region
}

func (p *Opener) large(o feed.Object, size int64) error {
	e := &feed.OpenError{Object: o.ID(), Obstacle: feed.Large, Message: fmt.Sprintf("more than %d bytes", p.o.Most)}
	if size != feed.UnknownSize {
		e.Message = fmt.Sprintf("%d bytes, at most %d are read", size, p.o.Most)
	}
	return e
}

// limited is a body that fails behind its limit.
type limited struct {
	io.ReadCloser
	left int64
	too  error
}

// Read reads up to the limit.
func (l *limited) Read(b []byte) (int, error) {
	if l.left < 0 {
		return 0, l.too
	}
	if int64(len(b)) > l.left+1 {
		b = b[:l.left+1]
	}
	n, err := l.ReadCloser.Read(b)
	l.left -= int64(n)
	if l.left < 0 {
		return n - 1, l.too
	}
	return n, err
}
