package feed

import (
	"encoding/json"
	"fmt"
	"strings"

	lambda "github.com/aws/aws-lambda-go/events"
)

// testEvent is what S3 sends when a notification is set up.
const (
	testEvent = "s3:TestEvent"
	whyTest   = "a test of S3's, sent when notifications were set up"
)

// mostNested is how deep messages stand in messages: an event in one of SNS in one of SQS.
const mostNested = 2

// body is what tells messages apart.
type body struct {
	Type       string            `json:"Type"` // of SNS: Notification, SubscriptionConfirmation
	TopicARN   string            `json:"TopicArn"`
	Message    string            `json:"Message"`
	Records    []json.RawMessage `json:"Records"`
	Event      string            `json:"Event"`
	Bucket     string            `json:"s3Bucket"` // of CloudTrail's own notices
	Keys       []string          `json:"s3ObjectKey"`
	DetailType *string           `json:"detail-type"`
}

// trailGreeting is what CloudTrail sends when a topic is set up; it is no JSON.
const trailGreeting = "CloudTrail validation message"

// message reads what stands in a message of SNS or SQS: a notification of S3 or of CloudTrail, an event of EventBridge, or a message of
// SNS with one of those in it.
func (r *Reader) message(p *Part, text string, depth int) error {
	if strings.HasPrefix(text, trailGreeting) {
		p.ignore("a test of CloudTrail's, sent when its notices were set up")
		return nil
	}
	var b body
	if err := json.Unmarshal([]byte(text), &b); err != nil {
		return fmt.Errorf("read message: %w", clipped(err))
	}
	switch {
	case b.TopicARN != "" && b.Type == "Notification" && depth < mostNested:
		return r.message(p, b.Message, depth+1)
	case b.TopicARN != "" && strings.HasSuffix(b.Type, "Confirmation"):
		p.ignore(clip(b.Type) + " of " + clip(b.TopicARN) + ": whoever set it up has to confirm it")
		return nil
	case b.Event == testEvent:
		p.ignore(whyTest)
		return nil
	case b.DetailType != nil:
		var e lambda.CloudWatchEvent
		if err := json.Unmarshal([]byte(text), &e); err != nil {
			return fmt.Errorf("read event of EventBridge: %w", clipped(err))
		}
		return r.event(p, e)
	case len(b.Records) > 0:
		return r.notifiedAll(p, b.Records)
	case b.Bucket != "" && len(b.Keys) > 0:
		return r.trailNotice(p, &b)
	}
	return &Unknown{"a message with " + keys([]byte(text))}
}

func (r *Reader) notifiedAll(p *Part, list []json.RawMessage) error {
	for _, raw := range list {
		var l label
		if err := json.Unmarshal(raw, &l); err != nil || l.Source != "aws:s3" {
			return &Unknown{fmt.Sprintf("a message with records of %q", clip(l.Source))}
		}
		if err := r.notified(p, raw); err != nil {
			return err
		}
	}
	return nil
}

// notified reads one record of a notification of S3. Its keys are URL-encoded, with + for a space.
func (r *Reader) notified(p *Part, raw json.RawMessage) error {
	var rec lambda.S3EventRecord
	if err := json.Unmarshal(raw, &rec); err != nil {
		return fmt.Errorf("read notification of S3: %w", clipped(err))
	}
	if !strings.HasPrefix(strings.TrimPrefix(rec.EventName, "s3:"), "ObjectCreated:") {
		p.ignore(clip(rec.EventName) + " makes nothing to read")
		return nil
	}
	return r.object(p, Object{
		Bucket: rec.S3.Bucket.Name, Key: rec.S3.Object.URLDecodedKey, Version: rec.S3.Object.VersionID, ETag: rec.S3.Object.ETag,
		Region: rec.AWSRegion, Size: rec.S3.Object.Size, Time: rec.EventTime,
	})
}

// trailNotice reads a notice of CloudTrail's, which names objects alone. Their keys are as they are.
func (r *Reader) trailNotice(p *Part, b *body) error {
	for _, key := range b.Keys {
		if err := r.object(p, Object{Bucket: b.Bucket, Key: key, Size: UnknownSize}); err != nil {
			return err
		}
	}
	return nil
}

// created is the detail of S3's event "Object Created". Its keys are as they are, and not encoded.
type created struct {
	Bucket struct {
		Name string `json:"name"`
	} `json:"bucket"`
	Object struct {
		Key     string `json:"key"`
		Size    *int64 `json:"size"`
		ETag    string `json:"etag"`
		Version string `json:"version-id"`
	} `json:"object"`
}

// viaTrail ends the detail type of everything that CloudTrail puts on the bus: API calls, sign-ins ("AWS Console Sign In", which the
// manual also spells "Signin"), actions in the console, and events of services.
const viaTrail = " via CloudTrail"

// event reads an event of EventBridge.
func (r *Reader) event(p *Part, e lambda.CloudWatchEvent) error {
	switch {
	case e.Source == "aws.s3" && e.DetailType == "Object Created":
		var d created
		if err := json.Unmarshal(e.Detail, &d); err != nil {
			return fmt.Errorf("read event of S3: %w", clipped(err))
		}
		o := Object{Bucket: d.Bucket.Name, Key: d.Object.Key, Version: d.Object.Version, ETag: d.Object.ETag, Region: e.Region, Size: UnknownSize, Time: e.Time}
		if d.Object.Size != nil {
			o.Size = *d.Object.Size
		}
		return r.object(p, o)
	case e.Source == "aws.s3":
		p.ignore(clip(e.DetailType) + " makes nothing to read")
		return nil
	case e.DetailType == "AWS Insight"+viaTrail:
		p.ignore("an insight of CloudTrail is no call")
		return nil
	case strings.HasSuffix(e.DetailType, viaTrail):
		return p.call(e.Detail)
	}
	return &Unknown{fmt.Sprintf("event %q of %q", clip(e.DetailType), clip(e.Source))}
}

// call adds a record of CloudTrail: an object that says which call it was.
func (p *Part) call(detail json.RawMessage) error {
	var d struct {
		Name   string `json:"eventName"`
		Source string `json:"eventSource"`
	}
	if err := json.Unmarshal(detail, &d); err != nil {
		return fmt.Errorf("read record of CloudTrail: %w", clipped(err))
	}
	if d.Name == "" || d.Source == "" {
		return fmt.Errorf("read record of CloudTrail: it has no eventName or no eventSource")
	}
	p.Calls = append(p.Calls, detail)
	return nil
}
