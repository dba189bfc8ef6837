package region

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// mostBody is how much a request may hold that is answered here.
const mostBody = 8 << 20

// serve leads a request to whoever answers for its service, which stands in the credential scope of its signature.
func (r *Region) serve(w http.ResponseWriter, in *http.Request) {
	service, target := serviceOf(in), in.Header.Get("X-Amz-Target")
	switch _, call, _ := strings.Cut(target, "."); {
	case strings.HasPrefix(in.URL.Path, answerPath):
		r.takeAnswer(w, in)
	case service == "events" && call == "PutEvents":
		r.putEvents(w, in)
	case service == "sns":
		r.publish(w, in)
	case service == "s3":
		r.object(w, in)
	case service == "lambda":
		r.invokeByName(w, in)
	case service == "monitoring":
		r.monitoring(w, in)
	case service == "firehose" && r.o.Firehose != nil:
		r.o.Firehose.ServeHTTP(w, in)
	case service == "ec2", service == "elasticloadbalancing", service == "autoscaling", service == "sts", service == "ram", service == "ssm":
		r.o.Compute.ServeHTTP(w, in)
	default:
		r.fault("nobody answers for service %q, target %q, %s %s", service, target, in.Method, in.URL.Path)
		http.Error(w, "there is no such service here", http.StatusNotFound)
	}
}

// serviceOf reads ".../us-east-1/sns/aws4_request" out of the signature, which is not verified.
func serviceOf(in *http.Request) string {
	_, rest, _ := strings.Cut(in.Header.Get("Authorization"), "Credential=")
	scope, _, _ := strings.Cut(rest, ",")
	if parts := strings.Split(scope, "/"); len(parts) >= 5 {
		return parts[len(parts)-2]
	}
	return ""
}

func body(w http.ResponseWriter, in *http.Request) ([]byte, bool) {
	b, err := io.ReadAll(http.MaxBytesReader(w, in.Body, mostBody))
	if err != nil {
		http.Error(w, "the request is too large, or cut", http.StatusBadRequest)
	}
	return b, err == nil
}

func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v) //nolint:errcheck // the client sees it
}

// Notification is what was published to a topic.
type Notification struct {
	Subject, Message string
	Attributes       map[string]string
}

// publish is SNS: the Query protocol, one call.
func (r *Region) publish(w http.ResponseWriter, in *http.Request) {
	b, ok := body(w, in)
	if !ok {
		return
	}
	form, err := url.ParseQuery(string(b))
	if err != nil || form.Get("Action") != "Publish" || form.Get("TopicArn") == "" {
		r.fault("SNS does not understand %.200q", b)
		http.Error(w, "not understood", http.StatusBadRequest)
		return
	}
	n := Notification{Subject: form.Get("Subject"), Message: form.Get("Message"), Attributes: map[string]string{}}
	for i := 1; form.Has(fmt.Sprintf("MessageAttributes.entry.%d.Name", i)); i++ {
		at := fmt.Sprintf("MessageAttributes.entry.%d.", i)
		n.Attributes[form.Get(at+"Name")] = form.Get(at + "Value.StringValue")
	}
	r.mu.Lock()
	r.topics[form.Get("TopicArn")] = append(r.topics[form.Get("TopicArn")], n)
	r.mu.Unlock()
	w.Header().Set("Content-Type", "text/xml")
	fmt.Fprintf(w, `<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>%s</MessageId></PublishResult>`+ //nolint:errcheck // as above
		`<ResponseMetadata><RequestId>%s</RequestId></ResponseMetadata></PublishResponse>`, newID(), newID())
}

// Published gives what was published to a topic so far.
func (r *Region) Published(topic string) []Notification {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Notification(nil), r.topics[topic]...)
}
