// Package firehosefake is Firehose on the loopback, as far as PutRecordBatch goes, written after its API reference. What comes in is
// requests of AWS's own client; what goes out is answers, and, to whoever tests, the records that were taken. It refuses what Firehose
// refuses, and fails when it is told to.
package firehosefake

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/klauspost/compress/zstd"
)

// Firehose's own limits.
const (
	maxRecords = 500
	maxBytes   = 4 << 20
	maxRecord  = 1000 << 10
)

// Fake is one stream.
type Fake struct {
	*httptest.Server
	stream string

	mu       sync.Mutex
	taken    [][]byte
	requests int
	faults   []string
	down     string
	refuse   func(request, entry int) bool
}

// Start runs one until the test ends.
func Start(t testing.TB, stream string) *Fake {
	t.Helper()
	f := &Fake{stream: stream}
	f.Server = httptest.NewServer(http.HandlerFunc(f.serve))
	t.Cleanup(f.Close)
	return f
}

// Client gives AWS's client, led to the fake.
func (f *Fake) Client() *firehose.Client {
	return firehose.New(firehose.Options{Region: "eu-central-1", BaseEndpoint: &f.URL, Credentials: credentials.NewStaticCredentialsProvider("local", "local", "")})
}

// Down has every request fail with this code from now on; "" has them taken again.
func (f *Fake) Down(code string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.down = code
}

// Refuse has entries refused as throttled; requests count from 1, entries from 0. Nil refuses none.
func (f *Fake) Refuse(which func(request, entry int) bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refuse = which
}

// Taken gives the records that were taken so far, in order.
func (f *Fake) Taken() [][]byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([][]byte(nil), f.taken...)
}

// Object gives what Firehose would deliver of them: one behind the other.
func (f *Fake) Object() []byte {
	var all []byte
	for _, r := range f.Taken() {
		all = append(all, r...)
	}
	return all
}

// Lines unpacks what was taken: the lines of all frames, without their ends.
func (f *Fake) Lines(t testing.TB) (list []string) {
	t.Helper()
	dec, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer dec.Close()
	for _, frame := range f.Taken() {
		text, err := dec.DecodeAll(frame, nil)
		if err != nil {
			t.Fatalf("a frame of %d bytes: %v", len(frame), err)
		}
		list = append(list, strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")...)
	}
	return list
}

// Requests says how many there were, and what Firehose would never have been asked.
func (f *Fake) Requests() (n int, faults []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.requests, append([]string(nil), f.faults...)
}

type batch struct {
	DeliveryStreamName string
	Records            []struct{ Data []byte }
}

type entry struct {
	RecordID     *string `json:"RecordId,omitempty"`
	ErrorCode    *string `json:",omitempty"`
	ErrorMessage *string `json:",omitempty"`
}

func (f *Fake) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.requests++
	var in batch
	if err == nil {
		err = json.Unmarshal(body, &in)
	}
	code, why := f.wrong(r, &in, err)
	if code != "" {
		fail(w, code, why)
		return
	}
	out := struct {
		FailedPutCount   int
		Encrypted        bool
		RequestResponses []entry
	}{}
	for i, one := range in.Records {
		if f.refuse != nil && f.refuse(f.requests, i) {
			out.FailedPutCount++
			out.RequestResponses = append(out.RequestResponses, entry{ErrorCode: aws.String("ServiceUnavailableException"), ErrorMessage: aws.String("Slow down.")})
			continue
		}
		f.taken = append(f.taken, one.Data)
		out.RequestResponses = append(out.RequestResponses, entry{RecordID: aws.String(fmt.Sprint("r", len(f.taken)))})
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	json.NewEncoder(w).Encode(out) //nolint:errcheck // the client would see it
}

// wrong says why a request is refused whole. What a client of ours must never send is a fault.
func (f *Fake) wrong(r *http.Request, in *batch, err error) (code, why string) {
	all := 0
	for _, one := range in.Records {
		all += len(one.Data)
		if len(one.Data) > maxRecord || len(one.Data) == 0 {
			err = fmt.Errorf("a record of %d bytes", len(one.Data))
		}
	}
	switch {
	case r.Header.Get("X-Amz-Target") != "Firehose_20150804.PutRecordBatch":
		err = fmt.Errorf("target %q", r.Header.Get("X-Amz-Target"))
	case len(in.Records) == 0 || len(in.Records) > maxRecords || all > maxBytes:
		err = fmt.Errorf("%d records of %d bytes", len(in.Records), all)
	}
	switch {
	case err != nil:
		f.faults = append(f.faults, err.Error())
		return "InvalidArgumentException", err.Error()
	case in.DeliveryStreamName != f.stream:
		return "ResourceNotFoundException", "Firehose " + in.DeliveryStreamName + " under account 123456789012 not found."
	}
	return f.down, "Slow down."
}

func fail(w http.ResponseWriter, code, why string) {
	status := http.StatusBadRequest
	if code == "ServiceUnavailableException" {
		status = http.StatusServiceUnavailable
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.Header().Set("X-Amzn-Errortype", code)
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]string{"__type": code, "message": why}) //nolint:errcheck // the client would see it
}
