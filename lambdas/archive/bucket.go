package archive

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// MaxObject bounds what is read of one object, in bytes. Firehose makes none above 128 MiB.
const MaxObject = 256 << 20

// ErrMissing says that an object is not there.
var ErrMissing = errors.New("object is not there")

// Bucket is what the function needs of the archive's bucket.
type Bucket interface {
	// Get opens an object, of this version where one is given.
	Get(ctx context.Context, key, version string) (Object, error)
	// Put writes one, in the place of another of this key.
	Put(ctx context.Context, key string, body []byte) error
}

// Object is one that is being read.
type Object struct {
	Body     io.ReadCloser
	ETag     string
	Modified time.Time
}

// Client is what is needed of the S3 client.
type Client interface {
	GetObject(ctx context.Context, in *s3.GetObjectInput, opts ...func(*s3.Options)) (*s3.GetObjectOutput, error)
	PutObject(ctx context.Context, in *s3.PutObjectInput, opts ...func(*s3.Options)) (*s3.PutObjectOutput, error)
}

// S3 is a Bucket in Amazon S3.
type S3 struct {
	Client Client
	Name   string
}

// Get opens an object.
func (b S3) Get(ctx context.Context, key, version string) (Object, error) {
	in := &s3.GetObjectInput{Bucket: &b.Name, Key: &key}
	if version != "" && version != "null" {
		in.VersionId = &version
	}
	out, err := b.Client.GetObject(ctx, in)
	var answer interface{ HTTPStatusCode() int }
	if errors.As(err, &answer) && answer.HTTPStatusCode() == http.StatusNotFound {
		return Object{}, fmt.Errorf("get %s: %w", key, ErrMissing)
	}
	if err != nil {
		return Object{}, fmt.Errorf("get %s: %w", key, err)
	}
	return Object{Body: out.Body, ETag: aws.ToString(out.ETag), Modified: aws.ToTime(out.LastModified)}, nil
}

// Put writes an object whole.
func (b S3) Put(ctx context.Context, key string, body []byte) error {
	_, err := b.Client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: &b.Name, Key: &key, Body: bytes.NewReader(body), ContentLength: aws.Int64(int64(len(body))), ContentType: aws.String("application/octet-stream"),
	})
	if err != nil {
		return fmt.Errorf("put %s: %w", key, err)
	}
	return nil
}

// nameOf names the files of an object: by itself for people, and by a digest of its key and content, so that the same object read again
// gives the same files, and another one never does.
func nameOf(key, etag string) string {
	sum := sha256.Sum256([]byte(key + "\x00" + etag))
	last := key[strings.LastIndexByte(key, '/')+1:]
	clean := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '.' {
			return r
		}
		return '_'
	}, last)
	return fmt.Sprintf("%s-%x", clean[:min(len(clean), 150)], sum[:8])
}
