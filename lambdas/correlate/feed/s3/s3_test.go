package s3

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/mirrorwatch/mirrorwatch/lambdas/correlate/feed"
)

// far is S3, as far as GetObject goes, written after its API reference: it holds our client to that reading.
type far struct {
	*httptest.Server
	region  string // of every bucket
	objects map[string]stored
	say     func(w http.ResponseWriter, r *http.Request) bool // instead of an object; false: the object after all

	mu    sync.Mutex
	calls []string // method, path and query, region of the signature, range
}

type stored struct {
	body     []byte
	encoding string // Content-Encoding
	etag     string
	marker   bool // deleted: the version is a mark of that
}

func newFar(t *testing.T) *far {
	t.Helper()
	f := &far{region: "eu-central-1", objects: map[string]stored{}}
	f.Server = httptest.NewServer(http.HandlerFunc(f.handle))
	t.Cleanup(f.Close)
	return f
}

func client(url string, more ...func(*s3.Options)) *s3.Client {
	return s3.New(s3.Options{
		Region: "eu-central-1", BaseEndpoint: aws.String(url), UsePathStyle: true, Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""),
		RetryMaxAttempts: 1,
	}, more...)
}

func (f *far) opener(t *testing.T, most int64) *Opener {
	t.Helper()
	o, err := New(Options{Client: client(f.URL), Most: most})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// asked is what was asked so far.
func (f *far) asked() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.calls)
}

func (f *far) handle(w http.ResponseWriter, r *http.Request) {
	signed := "unsigned"
	if parts := strings.Split(r.Header.Get("Authorization"), "/"); len(parts) > 2 {
		signed = parts[2]
	}
	f.mu.Lock()
	f.calls = append(f.calls, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", r.Method, r.URL.RequestURI(), signed, r.Header.Get("Range"))))
	f.mu.Unlock()
	if f.say != nil && f.say(w, r) {
		return
	}
	if signed != f.region {
		w.Header().Set("X-Amz-Bucket-Region", f.region)
		no(w, http.StatusBadRequest, "AuthorizationHeaderMalformed", "The authorization header is malformed; the region '"+signed+"' is wrong; expecting '"+f.region+"'")
		return
	}
	key := r.URL.Path
	if v := r.URL.Query().Get("versionId"); v != "" {
		key += "?" + v
	}
	o, there := f.objects[key]
	switch {
	case o.marker:
		w.Header().Set("X-Amz-Delete-Marker", "true")
		no(w, http.StatusMethodNotAllowed, "MethodNotAllowed", "The specified method is not allowed against this resource.")
	case !there && strings.Contains(key, "?"):
		no(w, http.StatusNotFound, "NoSuchVersion", "The specified version does not exist.")
	case !there:
		no(w, http.StatusNotFound, "NoSuchKey", "The specified key does not exist.")
	case r.Header.Get("If-Match") != "" && r.Header.Get("If-Match") != o.etag:
		no(w, http.StatusPreconditionFailed, "PreconditionFailed", "At least one of the preconditions you specified did not hold.")
	default:
		f.give(w, r, o)
	}
}

func (f *far) give(w http.ResponseWriter, r *http.Request, o stored) {
	body, status := o.body, http.StatusOK
	if span := r.Header.Get("Range"); span != "" {
		from, to, _ := strings.Cut(strings.TrimPrefix(span, "bytes="), "-")
		a, _ := strconv.Atoi(from)
		b, _ := strconv.Atoi(to)
		if a >= len(body) {
			no(w, http.StatusRequestedRangeNotSatisfiable, "InvalidRange", "The requested range is not satisfiable")
			return
		}
		body, status = body[a:min(b+1, len(body))], http.StatusPartialContent
	}
	if o.encoding != "" {
		w.Header().Set("Content-Encoding", o.encoding)
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	w.Write(body) //nolint:errcheck // the client would see it
}

// no is how S3 says so.
func no(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?>`+"\n<Error><Code>%s</Code><Message>%s</Message><RequestId>4442587FB7D0A2F9</RequestId></Error>", code, message)
}

func zipped(plain string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write([]byte(plain)) //nolint:errcheck // to memory
	z.Close()
	return b.Bytes()
}

// key is one that has everything in it that could be encoded wrongly.
const key = "logs/our vpc+more/100%/AWSLogs/aws-account-id=111122223333/aws-service=vpcflowlogs/ü/111122223333_vpcflowlogs_x_fl-1.log.gz"

// TestOpen reads objects as CloudTrail and flow logs are stored: byte for byte, for whoever reads unpacks.
func TestOpen(t *testing.T) {
	f := newFar(t)
	packed := zipped("a flow")
	f.objects["/bucket/"+key] = stored{body: packed, encoding: "gzip"}
	f.objects["/bucket/"+key+"?v2"] = stored{body: []byte("second")}
	f.objects["/bucket/empty"] = stored{}
	o := f.opener(t, 0)
	for _, c := range []struct {
		o    feed.Object
		want []byte
	}{
		{feed.Object{Bucket: "bucket", Key: key, Size: int64(len(packed))}, packed},
		{feed.Object{Bucket: "bucket", Key: key, Version: "null", Size: feed.UnknownSize}, packed},
		{feed.Object{Bucket: "bucket", Key: key, Version: "v2", ETag: "of the first"}, []byte("second")},
		{feed.Object{Bucket: "bucket", Key: "empty", Size: feed.UnknownSize}, []byte{}},
	} {
		body, size, err := o.Open(t.Context(), c.o)
		if err != nil {
			t.Fatalf("%s: %v", c.o.ID(), err)
		}
		got, err := io.ReadAll(body)
		if err != nil || !bytes.Equal(got, c.want) || size != int64(len(got)) || body.Close() != nil {
			t.Errorf("%s: %q of %d, %v", c.o.ID(), got, size, err)
		}
	}
	if len(f.asked()) != 4 {
		t.Errorf("%d calls: %q", len(f.asked()), f.asked())
	}
	if _, err := New(Options{}); err == nil {
		t.Error("an opener without a client")
	}
}

// TestRange reads parts, of the object that was notified only.
func TestRange(t *testing.T) {
	f := newFar(t)
	f.objects["/bucket/p"] = stored{body: []byte("0123456789"), etag: `"e1"`}
	o := f.opener(t, 100)
	object := feed.Object{Bucket: "bucket", Key: "p", ETag: `"e1"`}
	for _, c := range []struct {
		from, n int64
		want    string
		why     feed.Obstacle
	}{{0, 4, "0123", ""}, {8, 8, "89", ""}, {9, 1, "9", ""}, {10, 1, "", feed.Refused}, {-1, 1, "", feed.Refused}, {0, 0, "", feed.Refused}, {0, 101, "", feed.Refused}} {
		got, err := o.Range(t.Context(), object, c.from, c.n)
		var open *feed.OpenError
		if string(got) != c.want || errors.As(err, &open) != (c.why != "") || open != nil && open.Obstacle != c.why {
			t.Errorf("%d from %d: %q, %v", c.n, c.from, got, err)
		}
	}
	if first := f.asked()[0]; first != "GET /bucket/p?x-id=GetObject eu-central-1 bytes=0-3" {
		t.Error(first)
	}
	object.ETag = `"of another"`
	var open *feed.OpenError
	if _, err := o.Range(t.Context(), object, 0, 4); !errors.As(err, &open) || open.Obstacle != feed.Missing {
		t.Errorf("another object: %v", err)
	}
	f.say = func(w http.ResponseWriter, r *http.Request) bool { r.Header.Del("Range"); return false }
	if _, err := o.Range(t.Context(), feed.Object{Bucket: "bucket", Key: "p"}, 0, 4); !errors.As(err, &open) || open.Obstacle != feed.Broken {
		t.Errorf("all of it instead: %v", err)
	}
}

// TestLimit reaches the limit in each way in which a size is told.
func TestLimit(t *testing.T) {
	f := newFar(t)
	f.objects["/bucket/ten"] = stored{body: []byte("0123456789")}
	for _, c := range []struct {
		name       string
		most, told int64
		chunked    bool
		calls      int
		open, read string
	}{
		{"as large as may be", 10, 10, false, 1, "", ""},
		{"the notification says so", 9, 10, false, 0, "open s3://bucket/ten: large: 10 bytes, at most 9 are read", ""},
		{"S3 says so", 9, feed.UnknownSize, false, 1, "open s3://bucket/ten: large: 10 bytes, at most 9 are read", ""},
		{"nobody says so", 9, feed.UnknownSize, true, 1, "", "open s3://bucket/ten: large: more than 9 bytes"},
		{"nobody says so, and it fits", 10, feed.UnknownSize, true, 1, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			f.calls, f.say = nil, nil
			if c.chunked {
				f.say = func(w http.ResponseWriter, _ *http.Request) bool {
					w.(http.Flusher).Flush()
					w.Write([]byte("0123456789")) //nolint:errcheck // the client would see it
					return true
				}
			}
			body, size, err := f.opener(t, c.most).Open(t.Context(), feed.Object{Bucket: "bucket", Key: "ten", Size: c.told})
			if fmt.Sprint(err) != or(c.open) || len(f.asked()) != c.calls {
				t.Fatalf("%v after %d calls", err, len(f.asked()))
			}
			if err != nil {
				return
			}
			defer body.Close()
			if (size == feed.UnknownSize) != c.chunked {
				t.Errorf("size %d", size)
			}
			got, err := io.ReadAll(body)
			if fmt.Sprint(err) != or(c.read) || int64(len(got)) > c.most || err == nil && string(got) != "0123456789" {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}

func or(text string) string {
	if text == "" {
		return "<nil>"
	}
	return text
}

// TestRegions finds a bucket wherever it is: at once where the notification says so, and with one call more where it does not, once.
func TestRegions(t *testing.T) {
	f := newFar(t)
	f.region = "ap-southeast-2"
	f.objects["/bucket/k"] = stored{body: []byte("x")}
	for _, c := range []struct {
		name  string
		told  string
		calls []string
	}{
		{"it is told", "ap-southeast-2", []string{"ap-southeast-2"}},
		{"nobody knows", "", []string{"eu-central-1", "ap-southeast-2", "ap-southeast-2"}},
		{"it is told wrongly", "us-east-1", []string{"us-east-1", "ap-southeast-2", "ap-southeast-2"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f.calls = nil
			o := f.opener(t, 0)
			for range min(len(c.calls), 2) {
				body, _, err := o.Open(t.Context(), feed.Object{Bucket: "bucket", Key: "k", Region: c.told})
				if err != nil {
					t.Fatal(err)
				}
				body.Close()
			}
			var signed []string
			for _, call := range f.asked() {
				signed = append(signed, strings.Fields(call)[2])
			}
			if strings.Join(signed, " ") != strings.Join(c.calls, " ") {
				t.Errorf("asked in %q, want %q", signed, c.calls)
			}
		})
	}
	o := f.opener(t, 0)
	for i := range mostBuckets + 1 {
		o.remember(fmt.Sprint(i), "x")
	}
	if len(o.regions) > mostBuckets {
		t.Errorf("%d regions remembered", len(o.regions))
	}
	f.say = func(w http.ResponseWriter, _ *http.Request) bool { // a bucket that is nowhere
		w.Header().Set("X-Amz-Bucket-Region", "eu-west-1")
		no(w, http.StatusMovedPermanently, "PermanentRedirect", "The bucket you are attempting to access must be addressed using the specified endpoint.")
		return true
	}
	f.calls = nil
	if _, _, err := o.Open(t.Context(), feed.Object{Bucket: "lost", Key: "k"}); err == nil || len(f.asked()) != 2 {
		t.Errorf("%v after %d calls", err, len(f.asked()))
	}
}

// TestObstacles tells apart what may be in the way.
func TestObstacles(t *testing.T) {
	const unkeyed = "User: arn:aws:sts::111122223333:assumed-role/x/y is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:eu-central-1:111122223333:key/k because no identity-based policy allows the kms:Decrypt action"
	says := func(status int, code, message string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, _ *http.Request) bool { no(w, status, code, message); return true }
	}
	for _, c := range []struct {
		name   string
		object feed.Object
		say    func(http.ResponseWriter, *http.Request) bool
		why    feed.Obstacle
		code   string
	}{
		{"no such key", feed.Object{Key: "none"}, nil, feed.Missing, "NoSuchKey"},
		{"no such version", feed.Object{Key: "k", Version: "v9"}, nil, feed.Missing, "NoSuchVersion"},
		{"it was deleted", feed.Object{Key: "k", Version: "gone"}, nil, feed.Missing, "MethodNotAllowed"},
		{"no such bucket", feed.Object{Key: "k"}, says(404, "NoSuchBucket", "The specified bucket does not exist"), feed.Missing, "NoSuchBucket"},
		{"denied", feed.Object{Key: "k"}, says(403, "AccessDenied", "Access Denied"), feed.Denied, "AccessDenied"},
		{"credentials ran out", feed.Object{Key: "k"}, says(400, "ExpiredToken", "The provided token has expired."), feed.Denied, "ExpiredToken"},
		{"the key may not be used", feed.Object{Key: "k"}, says(403, "AccessDenied", unkeyed), feed.Sealed, "AccessDenied"},
		{"the key is off", feed.Object{Key: "k"}, says(400, "KMS.DisabledException", "arn:aws:kms:... is disabled."), feed.Sealed, "KMS.DisabledException"},
		{"the customer's own key", feed.Object{Key: "k"}, says(400, "InvalidRequest", "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object."), feed.Sealed, "InvalidRequest"},
		{"archived", feed.Object{Key: "k"}, says(403, "InvalidObjectState", "The operation is not valid for the object's storage class"), feed.Archived, "InvalidObjectState"},
		{"slow down", feed.Object{Key: "k"}, says(503, "SlowDown", "Please reduce your request rate."), feed.Throttled, "SlowDown"},
		{"unavailable", feed.Object{Key: "k"}, says(503, "ServiceUnavailable", ""), feed.Throttled, "ServiceUnavailable"},
		{"S3 fails", feed.Object{Key: "k"}, says(500, "InternalError", "We encountered an internal error."), feed.Broken, "InternalError"},
		{"an odd question", feed.Object{Key: "k"}, says(400, "InvalidArgument", "Invalid version id specified"), feed.Refused, "InvalidArgument"},
		{"the connection breaks", feed.Object{Key: "k"}, func(w http.ResponseWriter, _ *http.Request) bool {
			if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
				conn.Close()
			}
			return true
		}, feed.Unreachable, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFar(t)
			f.objects["/bucket/k"] = stored{body: []byte("x")}
			f.objects["/bucket/k?gone"] = stored{marker: true}
			f.say, c.object.Bucket = c.say, "bucket"
			_, _, err := f.opener(t, 0).Open(t.Context(), c.object)
			var open *feed.OpenError
			if !errors.As(err, &open) || open.Obstacle != c.why || open.Code != c.code || open.Object != c.object.ID() || strings.Contains(err.Error(), "\n") {
				t.Errorf("%v, want %s by %q", err, c.why, c.code)
			}
			if len(f.asked()) != 1 {
				t.Errorf("%d calls", len(f.asked()))
			}
		})
	}
}

// TestNobodyToAsk is about what fails before S3 says a word.
func TestNobodyToAsk(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	f := newFar(t)
	none := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{}, errors.New("no role is attached")
	})
	for why, c := range map[feed.Obstacle]*s3.Client{
		feed.Unreachable: client("http://" + l.Addr().String()),
		feed.Denied:      client(f.URL, func(o *s3.Options) { o.Credentials = none }),
	} {
		o, err := New(Options{Client: c})
		if err != nil {
			t.Fatal(err)
		}
		var open *feed.OpenError
		if _, _, err := o.Open(t.Context(), feed.Object{Bucket: "bucket", Key: "k"}); !errors.As(err, &open) || open.Obstacle != why {
			t.Errorf("%s: %v", why, err)
		}
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	var open *feed.OpenError
	if _, _, err := f.opener(t, 0).Open(stopped, feed.Object{Bucket: "bucket", Key: "k"}); !errors.Is(err, context.Canceled) || errors.As(err, &open) {
		t.Errorf("stopped: %v", err)
	}
}

// TestCutOff loses the connection within a body: what was read so far must not be taken for the whole.
func TestCutOff(t *testing.T) {
	f := newFar(t)
	f.say = func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Content-Length", "1000000")
		w.Write(make([]byte, 1000)) //nolint:errcheck // it is cut off
		return true
	}
	body, size, err := f.opener(t, 0).Open(t.Context(), feed.Object{Bucket: "bucket", Key: "k", Size: feed.UnknownSize})
	if err != nil || size != 1000000 {
		t.Fatal(size, err)
	}
	defer body.Close()
	if n, err := io.Copy(io.Discard, body); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%d bytes, %v", n, err)
	}
}

// TestLargeObjectIsRead as it comes, and whole.
func TestLargeObjectIsRead(t *testing.T) {
	f := newFar(t)
	large := bytes.Repeat([]byte("0123456789abcdef"), 4<<16)
	f.objects["/bucket/large"] = stored{body: large}
	began := time.Now()
	body, _, err := f.opener(t, 0).Open(t.Context(), feed.Object{Bucket: "bucket", Key: "large"})
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	h := sha256.New()
	n, err := io.Copy(h, body)
	if want := sha256.Sum256(large); err != nil || n != int64(len(large)) || !bytes.Equal(h.Sum(nil), want[:]) {
		t.Errorf("%d bytes, %v", n, err)
	}
	t.Logf("%d bytes in %s", n, time.Since(began).Round(time.Millisecond))
}
