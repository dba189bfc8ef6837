package cloudwatch

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/smithy-go/encoding/cbor"
)

// far is CloudWatch, as far as GetMetricData goes: Smithy's RPC v2 over CBOR, which is what this version of the client speaks. It knows
// numbers by instance, metric and hour. What it does was written after the API reference, so that it holds our client to that reading.
type far struct {
	*httptest.Server
	numbers map[string]map[int64]float64 // "i-0abc NetworkOut": by hour
	linked  map[string]bool              // accounts that may be looked into
	say     func(w http.ResponseWriter)  // instead of an answer
	most    int                          // data points of a page; 0: as asked for
	twist   func(cbor.Map)               // of the answer

	mu    sync.Mutex
	calls []call
}

type call struct {
	path, protocol, contentType, auth string
	input                             cbor.Map
}

func newFar(t *testing.T) *far {
	t.Helper()
	f := &far{numbers: map[string]map[int64]float64{}, linked: map[string]bool{}}
	f.Server = httptest.NewServer(http.HandlerFunc(f.handle))
	t.Cleanup(f.Close)
	return f
}

// source is our source, asking the fake.
func (f *far) source(t *testing.T, within time.Duration) *Source {
	t.Helper()
	s, err := New(Options{Client: client(f.URL), Within: within})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func client(url string, more ...func(*cloudwatch.Options)) *cloudwatch.Client {
	return cloudwatch.New(cloudwatch.Options{
		Region: "eu-central-1", BaseEndpoint: aws.String(url), Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""),
	}, more...)
}

// asked is what was asked so far.
func (f *far) asked() []call {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.calls)
}

func (f *far) handle(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 8<<20))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	v, err := cbor.Decode(body)
	in, ok := v.(cbor.Map)
	if err != nil || !ok {
		refuse(w, http.StatusBadRequest, "SerializationException", fmt.Sprint(err))
		return
	}
	f.mu.Lock()
	f.calls = append(f.calls, call{r.URL.Path, r.Header.Get("Smithy-Protocol"), r.Header.Get("Content-Type"), r.Header.Get("Authorization"), in})
	f.mu.Unlock()
	if f.say != nil {
		f.say(w)
		return
	}
	reply(w, http.StatusOK, f.answer(in))
}

func reply(w http.ResponseWriter, status int, m cbor.Map) {
	w.Header().Set("Smithy-Protocol", "rpc-v2-cbor")
	w.Header().Set("Content-Type", "application/cbor")
	w.WriteHeader(status)
	w.Write(cbor.Encode(m)) //nolint:errcheck // the client would see it
}

// refuse is how AWS says no: the code is the shape's name, and in the header as the older protocol had it.
func refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("X-Amzn-Query-Error", code+";Sender")
	reply(w, status, cbor.Map{"__type": cbor.String("com.amazonaws.cloudwatch#" + code), "message": cbor.String(message)})
}

func text(m cbor.Map, key string) string { s, _ := m[key].(cbor.String); return string(s) }

func number(m cbor.Map, key string) int { n, _ := cbor.AsInt64(m[key]); return int(n) }

func moment(m cbor.Map, key string) time.Time { t, _ := cbor.AsTime(m[key]); return t }

// answer gives the newest hours first until the page is full, as ScanBy asks.
func (f *far) answer(in cbor.Map) cbor.Map {
	left := number(in, "MaxDatapoints")
	if f.most != 0 {
		left = f.most
	}
	out, results := cbor.Map{}, cbor.List{}
	queries, _ := in["MetricDataQueries"].(cbor.List)
	for _, q := range queries {
		m, _ := q.(cbor.Map)
		r, cut := f.result(m, moment(in, "StartTime"), moment(in, "EndTime"), &left)
		if cut {
			out["NextToken"] = cbor.String("more")
		}
		results = append(results, r)
	}
	out["MetricDataResults"] = results
	if f.twist != nil {
		f.twist(out)
	}
	return out
}

func (f *far) result(q cbor.Map, from, to time.Time, left *int) (r cbor.Map, cut bool) {
	r = cbor.Map{"Id": q["Id"], "Label": cbor.String("x"), "StatusCode": cbor.String("Complete"), "Timestamps": cbor.List{}, "Values": cbor.List{}}
	if account := text(q, "AccountId"); account != "" && !f.linked[account] {
		r["StatusCode"] = cbor.String("Forbidden")
		r["Messages"] = cbor.List{cbor.Map{"Code": cbor.String("Forbidden"), "Value": cbor.String("account " + account + " is not linked")}}
		return r, false
	}
	stat, _ := q["MetricStat"].(cbor.Map)
	metric, _ := stat["Metric"].(cbor.Map)
	dimensions, _ := metric["Dimensions"].(cbor.List)
	if len(dimensions) != 1 || number(stat, "Period") != 3600 || text(metric, "Namespace") != "AWS/EC2" {
		return r, false
	}
	dimension, _ := dimensions[0].(cbor.Map)
	if text(dimension, "Name") != "InstanceId" {
		return r, false
	}
	hours := f.numbers[text(dimension, "Value")+" "+text(metric, "MetricName")]
	var times, values cbor.List
	for at := to.Add(-time.Hour); !at.Before(from); at = at.Add(-time.Hour) {
		v, there := hours[at.Unix()/3600]
		if !there {
			continue
		}
		if *left == 0 {
			r["StatusCode"], cut = cbor.String("PartialData"), true
			break
		}
		*left--
		times = append(times, &cbor.Tag{ID: 1, Value: cbor.Float64(float64(at.Unix()))})
		values = append(values, cbor.Float64(v))
	}
	r["Timestamps"], r["Values"] = times, values
	return r, cut
}
