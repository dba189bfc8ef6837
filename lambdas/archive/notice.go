package archive

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	lambda "github.com/aws/aws-lambda-go/events"
)

// notice is an object that S3 says was made.
type notice struct {
	key, version string // version is empty where the bucket keeps none
}

// Limits of what is read of a notification.
const (
	mostNotices = 1000
	mostKey     = 1024 // S3's own
)

// notices reads a message of the queue: a notification of S3 as it comes straight, or EventBridge's event. Keys are URL-encoded in the
// first, and as they are in the second.
func (f *Function) notices(body string) (list []notice, ignored []string, err error) {
	var m struct {
		Event   string                 `json:"Event"`
		Records []lambda.S3EventRecord `json:"Records"`
		Source  string                 `json:"source"`
		Type    string                 `json:"detail-type"`
		Detail  json.RawMessage        `json:"detail"`
	}
	if err := json.Unmarshal([]byte(body), &m); err != nil {
		return nil, nil, fmt.Errorf("read message: %w", err)
	}
	take := func(bucket, key, version string) {
		switch why := f.strange(bucket, key); {
		case err != nil:
		case why != "":
			ignored = append(ignored, why)
		case len(list) == mostNotices:
			err = fmt.Errorf("read message: more than %d objects", mostNotices)
		default:
			list = append(list, notice{key, version})
		}
	}
	switch {
	case m.Event == "s3:TestEvent":
		return nil, []string{"a test of S3's, sent when notifications were set up"}, nil
	case m.Source == "aws.s3" && m.Type == "Object Created":
		var d created
		if err := json.Unmarshal(m.Detail, &d); err != nil {
			return nil, nil, fmt.Errorf("read event of S3: %w", err)
		}
		take(d.Bucket.Name, d.Object.Key, d.Object.Version)
	case m.Source == "aws.s3":
		return nil, []string{clip(m.Type) + " makes nothing to read"}, nil
	case len(m.Records) > 0:
		for _, r := range m.Records {
			if r.EventSource != "aws:s3" || !strings.HasPrefix(strings.TrimPrefix(r.EventName, "s3:"), "ObjectCreated:") {
				ignored = append(ignored, clip(r.EventName)+" of "+clip(r.EventSource)+" makes nothing to read")
				continue
			}
			take(r.S3.Bucket.Name, r.S3.Object.URLDecodedKey, r.S3.Object.VersionID)
		}
	default:
		return nil, nil, fmt.Errorf("read message: neither a notification of S3 nor its event")
	}
	return list, ignored, err
}

// created is the detail of S3's event "Object Created".
type created struct {
	Bucket struct {
		Name string `json:"name"`
	} `json:"bucket"`
	Object struct {
		Key     string `json:"key"`
		Version string `json:"version-id"`
	} `json:"object"`
}

// strange says why an object is none of ours. What we write ourselves must not wake us.
func (f *Function) strange(bucket, key string) string {
	switch {
	case bucket != f.o.Name:
		return "an object of bucket " + clip(bucket) + ", which is not the archive's"
	case !strings.HasPrefix(key, Incoming) || strings.HasSuffix(key, "/"):
		return clip(key) + " is nothing that Firehose wrote below " + Incoming
	case len(key) > mostKey || !utf8.ValidString(key):
		return clip(key) + " cannot be in S3"
	}
	return ""
}

// clip bounds what was read for a line of the log.
func clip(s string) string {
	if len(s) > 200 {
		s = s[:200] + "..."
	}
	return strings.ToValidUTF8(s, "?")
}
