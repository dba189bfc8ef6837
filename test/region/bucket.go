package region

import (
	"crypto/md5" //nolint:gosec // S3's own sum of an object, which nobody relies on
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Bucket is one of S3, in memory, as far as GetObject and PutObject go.
type Bucket struct {
	r      *Region
	name   string
	prefix string // of keys that are told to a queue
	to     *Queue

	mu      sync.Mutex
	objects map[string][]byte
}

// Bucket makes a bucket that tells a queue of each object which is put below a prefix (s3:ObjectCreated:*).
func (r *Region) Bucket(name, prefix string, to *Queue) *Bucket {
	b := &Bucket{r: r, name: name, prefix: prefix, to: to, objects: map[string][]byte{}}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.buckets[name] = b
	return b
}

// Put puts an object, and tells of it.
func (b *Bucket) Put(key string, object []byte) error {
	b.mu.Lock()
	b.objects[key] = object
	b.mu.Unlock()
	if !strings.HasPrefix(key, b.prefix) {
		return nil
	}
	note, err := json.Marshal(map[string]any{"Records": []any{map[string]any{
		"eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": b.r.o.Name, "eventTime": time.Now().UTC().Format("2006-01-02T15:04:05.000Z"),
		"eventName": "ObjectCreated:Put", "s3": map[string]any{
			"s3SchemaVersion": "1.0", "configurationId": "incoming", "bucket": map[string]any{"name": b.name, "arn": "arn:aws:s3:::" + b.name},
			"object": map[string]any{"key": url.QueryEscape(key), "size": len(object), "eTag": tagOf(object), "sequencer": "0A1B2C3D4E5F678901"},
		},
	}}})
	if err != nil {
		return fmt.Errorf("tell of object %s: %w", key, err)
	}
	b.to.Send(note)
	return nil
}

// Objects gives all of them by key.
func (b *Bucket) Objects() map[string][]byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	return maps.Clone(b.objects)
}

func tagOf(object []byte) string { return fmt.Sprintf("%x", md5.Sum(object)) } //nolint:gosec // as above

// object is S3, with the name of the bucket as the path's first part.
func (r *Region) object(w http.ResponseWriter, in *http.Request) {
	name, key, _ := strings.Cut(strings.TrimPrefix(in.URL.Path, "/"), "/")
	r.mu.Lock()
	b := r.buckets[name]
	r.mu.Unlock()
	switch {
	case b == nil || key == "" || in.URL.RawQuery != "" && !strings.HasPrefix(in.URL.RawQuery, "x-id="):
		r.fault("S3 does not understand %s %s", in.Method, in.URL)
		w.WriteHeader(http.StatusNotImplemented)
	case in.Method == http.MethodPut:
		object, ok := body(w, in)
		if !ok {
			return
		}
		if strings.Contains(in.Header.Get("Content-Encoding"), "aws-chunked") {
			r.fault("S3 is not told to take pieces: %s", in.URL)
		}
		if err := b.Put(key, object); err != nil {
			r.fault("S3: %v", err)
		}
		w.Header().Set("ETag", `"`+tagOf(object)+`"`)
	default:
		object, there := b.Objects()[key]
		if !there {
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, `<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>`) //nolint:errcheck // the client sees it
			return
		}
		w.Header().Set("ETag", `"`+tagOf(object)+`"`)
		w.Header().Set("Last-Modified", time.Now().UTC().Format(http.TimeFormat))
		w.Write(object) //nolint:errcheck // as above
	}
}
