package sdk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/smithy-go/encoding/cbor"

	"github.com/mirrorwatch/mirrorwatch/sensor/fleet"
)

var (
	_ fleet.Sink     = (*Metrics)(nil)
	_ fleet.Group    = (*Group)(nil)
	_ fleet.Metadata = (*Metadata)(nil)
)

// heard is one request as it came.
type heard struct {
	method, path string
	header       http.Header
	body         []byte
}

// far is whoever is asked: it keeps what came and answers as a test says.
type far struct {
	*httptest.Server
	mu   sync.Mutex
	came []heard
}

func newFar(t *testing.T, answer func(w http.ResponseWriter, r *http.Request, body []byte)) *far {
	t.Helper()
	f := &far{}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		f.mu.Lock()
		f.came = append(f.came, heard{r.Method, r.URL.Path, r.Header.Clone(), body})
		f.mu.Unlock()
		answer(w, r, body)
	}))
	t.Cleanup(f.Close)
	return f
}

func (f *far) config() aws.Config {
	return aws.Config{
		Region: "eu-central-1", BaseEndpoint: aws.String(f.URL), Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""),
		Retryer: func() aws.Retryer { return aws.NopRetryer{} }, RequestMinCompressSizeBytes: 10 << 10, // as config has it where nobody says
	}
}

func reply(w http.ResponseWriter, status int, m cbor.Map) {
	w.Header().Set("Smithy-Protocol", "rpc-v2-cbor")
	w.Header().Set("Content-Type", "application/cbor")
	w.WriteHeader(status)
	w.Write(cbor.Encode(m)) //nolint:errcheck // the client would see it
}

// TestMetrics: all metrics are one call on the wire, with CloudWatch's names.
func TestMetrics(t *testing.T) {
	f := newFar(t, func(w http.ResponseWriter, _ *http.Request, _ []byte) { reply(w, http.StatusOK, cbor.Map{}) })
	m := NewMetrics(cloudwatch.NewFromConfig(f.config()), "blue")
	at := time.Date(2026, 11, 26, 12, 0, 30, 0, time.UTC)
	err := m.Put(t.Context(), at, []fleet.Metric{{Name: "PacketsPerSecond", Unit: fleet.CountPerSecond, Value: 150.5}, {Name: "Drops", Unit: fleet.Count, Value: 0}})
	if err != nil || len(f.came) != 1 {
		t.Fatalf("%v, %d calls", err, len(f.came))
	}
	c := f.came[0]
	if c.path != "/service/GraniteServiceVersion20100801/operation/PutMetricData" || !strings.Contains(c.header.Get("Authorization"), "/eu-central-1/monitoring/") {
		t.Errorf("%s %s", c.path, c.header.Get("Authorization"))
	}
	v, err := cbor.Decode(c.body)
	in, _ := v.(cbor.Map)
	list, _ := in["MetricData"].(cbor.List)
	if err != nil || len(list) != 2 || in["Namespace"] != cbor.String("Mirrorwatch/Sensor") {
		t.Fatalf("%v: %v", err, v)
	}
	for i, want := range []struct {
		name, unit string
		value      float64
	}{{"PacketsPerSecond", "Count/Second", 150.5}, {"Drops", "Count", 0}} {
		one := list[i].(cbor.Map)
		value, err := cbor.AsFloat64(one["Value"])
		when, terr := cbor.AsTime(one["Timestamp"])
		if one["MetricName"] != cbor.String(want.name) || one["Unit"] != cbor.String(want.unit) || err != nil || value != want.value || terr != nil || !when.Equal(at) {
			t.Errorf("%v", one)
		}
		dimensions, _ := one["Dimensions"].(cbor.List)
		if d, _ := dimensions[0].(cbor.Map); len(dimensions) != 1 || d["Name"] != cbor.String("Deployment") || d["Value"] != cbor.String("blue") {
			t.Errorf("dimensions %v", dimensions)
		}
	}
}

// TestMetricsRefused: what AWS says is one line.
func TestMetricsRefused(t *testing.T) {
	f := newFar(t, func(w http.ResponseWriter, _ *http.Request, _ []byte) {
		reply(w, http.StatusForbidden, cbor.Map{"__type": cbor.String("com.amazonaws.cloudwatch#AccessDenied"), "message": cbor.String("not\nallowed")})
	})
	err := NewMetrics(cloudwatch.NewFromConfig(f.config()), "blue").Put(t.Context(), time.Unix(1e9, 0), []fleet.Metric{{Name: "Drops", Unit: fleet.Count}})
	if err == nil || err.Error() != "put metric data: AccessDenied: not allowed" {
		t.Errorf("%v", err)
	}
}

// query answers as Auto Scaling's protocol does: a form in, XML out.
func query(w http.ResponseWriter, action string, code, message string) {
	w.Header().Set("Content-Type", "text/xml")
	if code != "" {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `<ErrorResponse xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/"><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>r</RequestId></ErrorResponse>`, code, message)
		return
	}
	fmt.Fprintf(w, `<%[1]sResponse xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/"><%[1]sResult/><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></%[1]sResponse>`, action)
}

// TestGroup holds both calls against the form that goes over the wire.
func TestGroup(t *testing.T) {
	f := newFar(t, func(w http.ResponseWriter, _ *http.Request, body []byte) {
		form, _ := url.ParseQuery(string(body))
		query(w, form.Get("Action"), "", "")
	})
	g := NewGroup(autoscaling.NewFromConfig(f.config()), "mirrorwatch-blue-sensors", "mirrorwatch-blue-end")
	if err := errors.Join(g.Heartbeat(t.Context(), "i-0123"), g.Complete(t.Context(), "i-0123")); err != nil || len(f.came) != 2 {
		t.Fatalf("%v, %d calls", err, len(f.came))
	}
	for i, want := range []url.Values{
		{"Action": {"RecordLifecycleActionHeartbeat"}},
		{"Action": {"CompleteLifecycleAction"}, "LifecycleActionResult": {"CONTINUE"}},
	} {
		want.Set("AutoScalingGroupName", "mirrorwatch-blue-sensors")
		want.Set("LifecycleHookName", "mirrorwatch-blue-end")
		want.Set("InstanceId", "i-0123")
		want.Set("Version", "2011-01-01")
		form, err := url.ParseQuery(string(f.came[i].body))
		if err != nil || form.Encode() != want.Encode() || !strings.Contains(f.came[i].header.Get("Authorization"), "/autoscaling/") {
			t.Errorf("%v: %s\nwant %s", err, form.Encode(), want.Encode())
		}
	}
}

// TestGroupDoesNotWait: AWS tells that by a code it has for many things.
func TestGroupDoesNotWait(t *testing.T) {
	for _, c := range []struct {
		code, message string
		early         bool
	}{
		{"ValidationError", "No active Lifecycle Action found with instance ID i-0123", true},
		{"ValidationError", "AutoScalingGroup name not found", false},
		{"AccessDenied", "no active lifecycle action", false},
	} {
		f := newFar(t, func(w http.ResponseWriter, _ *http.Request, _ []byte) { query(w, "", c.code, c.message) })
		g := NewGroup(autoscaling.NewFromConfig(f.config()), "g", "h")
		for _, call := range []func(context.Context, string) error{g.Heartbeat, g.Complete} {
			err := call(t.Context(), "i-0123")
			if err == nil || errors.Is(err, fleet.ErrNoAction) != c.early || !c.early && !strings.HasSuffix(err.Error(), ": "+c.code+": "+c.message) {
				t.Errorf("%s: %v", c.message, err)
			}
		}
	}
}

// instance imitates the metadata service, version 2: without a token it says nothing.
func instance(paths map[string]string) func(http.ResponseWriter, *http.Request, []byte) {
	return func(w http.ResponseWriter, r *http.Request, _ []byte) {
		if r.Method == http.MethodPut && r.URL.Path == "/latest/api/token" && r.Header.Get("X-Aws-Ec2-Metadata-Token-Ttl-Seconds") != "" {
			w.Header().Set("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", "21600")
			fmt.Fprint(w, "token")
			return
		}
		if r.Header.Get("X-Aws-Ec2-Metadata-Token") != "token" {
			http.Error(w, "unauthorized", http.StatusUnauthorized)
			return
		}
		answer, there := paths[strings.TrimPrefix(r.URL.Path, "/latest/meta-data/")]
		if !there {
			http.NotFound(w, r)
			return
		}
		fmt.Fprint(w, answer)
	}
}

func metadata(url string) *Metadata {
	return NewMetadata(imds.New(imds.Options{Endpoint: url, Retryer: aws.NopRetryer{}}))
}

// TestMetadata asks by version 2, and takes one token for all questions.
func TestMetadata(t *testing.T) {
	f := newFar(t, instance(map[string]string{"autoscaling/target-lifecycle-state": "Terminated\n", "instance-id": "i-0123"}))
	m := metadata(f.URL)
	state, err := m.Target(t.Context())
	id, err2 := m.Instance(t.Context())
	if err != nil || err2 != nil || state != "Terminated" || id != "i-0123" || len(f.came) != 3 {
		t.Errorf("%q, %v; %q, %v; %d requests", state, err, id, err2, len(f.came))
	}
}

// TestMetadataMissing: an instance of no group, a machine that is none, and answers that make no sense are errors of one line.
func TestMetadataMissing(t *testing.T) {
	for want, answer := range map[string]string{"is not one word": "<html>\n<body>", `"" is not`: "", `"xxx`: strings.Repeat("x", 300), `"\x1b[31m`: "\x1b[31m"} {
		f := newFar(t, instance(map[string]string{"instance-id": answer}))
		if id, err := metadata(f.URL).Instance(t.Context()); err == nil || id != "" || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %q, %v", answer, id, err)
		}
	}
	f := newFar(t, instance(nil))
	if _, err := metadata(f.URL).Target(t.Context()); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("no group: %v", err)
	}
	f.Close()
	if _, err := metadata(f.URL).Target(t.Context()); err == nil || strings.Contains(err.Error(), "\n") {
		t.Errorf("no machine: %v", err)
	}
	slow := newFar(t, func(_ http.ResponseWriter, r *http.Request, _ []byte) { <-r.Context().Done() })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := metadata(slow.URL).Target(ctx); err == nil {
		t.Error("an answer out of nowhere")
	}
}
