package s3

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/mirrorwatch/mirrorwatch/lambdas/correlate/feed"

	"github.com/mirrorwatch/mirrorwatch/test/moto"
)

// TestMoto opens objects of somebody else's S3, moto, that were put there by the same client: two versions, a mark of deletion, a range.
func TestMoto(t *testing.T) {
	c := client(moto.Start(t, "the opener against somebody else's S3"))
	o, err := New(Options{Client: c})
	if err != nil {
		t.Fatal(err)
	}
	versions := fill(t, c)
	packed := zipped("second")
	for _, want := range []struct {
		o    feed.Object
		body []byte
		why  feed.Obstacle
	}{
		{feed.Object{Bucket: "logs", Key: key, Version: versions[0]}, zipped("first"), ""},
		{feed.Object{Bucket: "logs", Key: key, Version: versions[1]}, packed, ""},
		{feed.Object{Bucket: "logs", Key: key}, nil, feed.Missing}, // deleted meanwhile
		{feed.Object{Bucket: "logs", Key: key, Version: versions[2]}, nil, feed.Missing},
		{feed.Object{Bucket: "logs", Key: "none"}, nil, feed.Missing},
		{feed.Object{Bucket: "nowhere", Key: "k"}, nil, feed.Missing},
	} {
		body, size, err := o.Open(t.Context(), want.o)
		var open *feed.OpenError
		if errors.As(err, &open) != (want.why != "") || open != nil && open.Obstacle != want.why {
			t.Errorf("%s: %v, want %q", want.o.ID(), err, want.why)
		}
		if err != nil {
			continue
		}
		got, err := io.ReadAll(body)
		if err != nil || !bytes.Equal(got, want.body) || size != int64(len(got)) {
			t.Errorf("%s: %d bytes of %d, %v", want.o.ID(), len(got), size, err)
		}
		body.Close()
	}
	got, err := o.Range(t.Context(), feed.Object{Bucket: "logs", Key: key, Version: versions[1]}, 3, 7)
	if err != nil || !bytes.Equal(got, packed[3:10]) {
		t.Errorf("%q, %v", got, err)
	}
}

// fill puts two versions of an object, deletes it, and gives the three versions.
func fill(t *testing.T, c *s3.Client) (versions []string) {
	t.Helper()
	if _, err := c.CreateBucket(t.Context(), &s3.CreateBucketInput{
		Bucket: aws.String("logs"), CreateBucketConfiguration: &types.CreateBucketConfiguration{LocationConstraint: "eu-central-1"},
	}); err != nil {
		t.Fatalf("create bucket: %v", err)
	}
	if _, err := c.PutBucketVersioning(t.Context(), &s3.PutBucketVersioningInput{
		Bucket: aws.String("logs"), VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled},
	}); err != nil {
		t.Fatalf("keep versions: %v", err)
	}
	for _, text := range []string{"first", "second"} {
		out, err := c.PutObject(t.Context(), &s3.PutObjectInput{
			Bucket: aws.String("logs"), Key: aws.String(key), Body: bytes.NewReader(zipped(text)), ContentEncoding: aws.String("gzip"),
		})
		if err != nil {
			t.Fatalf("put object: %v", err)
		}
		versions = append(versions, aws.ToString(out.VersionId))
	}
	out, err := c.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String("logs"), Key: aws.String(key)})
	if err != nil {
		t.Fatalf("delete object: %v", err)
	}
	return append(versions, aws.ToString(out.VersionId))
}
