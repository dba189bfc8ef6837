package cloudwatch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/smithy-go/encoding/cbor"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/counters"
)

var hour = time.Date(2026, 11, 24, 14, 0, 0, 0, time.UTC)

// query is of so many machines.
func query(n int) counters.Query {
	d := &events.Detection{Category: "exfil", Start: hour.Add(20 * time.Minute)}
	for i := range n {
		d.Participants = append(d.Participants, events.Participant{Role: "offender", Address: netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}), Instance: fmt.Sprintf("i-%08x", i)})
	}
	return counters.New(counters.Options{Detection: d, Now: hour.Add(2 * time.Hour)})
}

// fill gives a metric the same number in every hour of four weeks, and another in the hour itself.
func (f *far) fill(machine, metric string, usual, now float64) {
	hours := map[int64]float64{}
	for h := range int64(28 * 24) {
		hours[hour.Unix()/3600-1-h] = usual
	}
	hours[hour.Unix()/3600] = now
	hours[hour.Unix()/3600+1] = 1e15 // after the hour: not asked for
	hours[hour.Unix()/3600-28*24-1] = 1e15
	f.numbers[machine+" "+metric] = hours
}

// TestOneCall holds the whole way from a detection to the sentence against one call on the wire.
func TestOneCall(t *testing.T) {
	f := newFar(t)
	f.fill("i-00000000", "NetworkOut", 150e6, 2.1e9)
	f.fill("i-00000000", "NetworkSkipMirrorOut", 0, 1e6)
	f.fill("i-00000000", "NetworkMirrorOut", 150e6, 9e6)
	q := query(1)
	a, err := f.source(t, 0).Ask(t.Context(), q)
	if err != nil || a.Partial != "" || len(a.Series) != 3 || len(a.Series[0].Values) != 28*24+1 {
		t.Fatalf("%+v, %v", a, err)
	}
	news, feed, adjustments := counters.Compare(q, a)
	const want = "NetworkOut of i-00000000 was 14 times its usual for this hour: 2.1 GB, usually 150 MB (this hour of 28 days before)"
	if len(news) != 3 || news[0].Sentence != want || !news[0].Unusual || len(adjustments) != 1 || feed == nil || feed.Complete || feed.Skipped != 0.1 {
		t.Errorf("%+v\n%+v\n%+v", news, feed, adjustments)
	}
	if len(f.asked()) != 1 {
		t.Fatalf("%d calls", len(f.asked()))
	}
	c := f.asked()[0]
	if c.path != "/service/GraniteServiceVersion20100801/operation/GetMetricData" || c.protocol != "rpc-v2-cbor" || c.contentType != "application/cbor" || !strings.Contains(c.auth, "/eu-central-1/monitoring/") {
		t.Errorf("%s %s %s %s", c.path, c.protocol, c.contentType, c.auth)
	}
	if from, to := moment(c.input, "StartTime"), moment(c.input, "EndTime"); !from.Equal(hour.AddDate(0, 0, -28)) || !to.Equal(hour.Add(time.Hour)) || number(c.input, "MaxDatapoints") != 100_800 {
		t.Errorf("from %s to %s, at most %d", from, to, number(c.input, "MaxDatapoints"))
	}
	ids := map[string]bool{}
	for _, m := range c.input["MetricDataQueries"].(cbor.List) {
		q := m.(cbor.Map)
		ids[text(q, "Id")] = true
		if _, has := q["AccountId"]; has || text(q["MetricStat"].(cbor.Map), "Unit") != "" {
			t.Errorf("%v", q)
		}
	}
	if len(ids) != 13 {
		t.Errorf("%d ids: %v", len(ids), ids)
	}
}

// TestTheLargestAnswerIsOnePage fills every hour of every metric of as many machines as are looked at.
func TestTheLargestAnswerIsOnePage(t *testing.T) {
	for _, n := range []int{11, 12, 16} {
		f := newFar(t)
		q := query(n)
		for _, m := range q.Machines {
			for _, metric := range counters.Metrics() {
				f.fill(m.ID, metric.Name, 100, 100)
			}
		}
		began := time.Now()
		a, err := f.source(t, time.Minute).Ask(t.Context(), q)
		if err != nil || a.Partial != "" || len(a.Series) != n*len(q.Metrics) || len(f.asked()) != 1 {
			t.Fatalf("%d machines: %d series, %q, %v, %d calls", n, len(a.Series), a.Partial, err, len(f.asked()))
		}
		asked := time.Since(began)
		points := 0
		for _, s := range a.Series {
			points += len(s.Values)
		}
		news, _, _ := counters.Compare(q, a)
		t.Logf("%d machines: %d numbers of at most %d; asked in %s with the imitation's own work, compared in %s", n, points, q.Points(), asked.Round(time.Millisecond),
			(time.Since(began) - asked).Round(time.Millisecond))
		if points != q.Points() || len(news) != counters.MostNews {
			t.Errorf("%d machines: %d of %d numbers, %d news", n, points, q.Points(), len(news))
		}
	}
}

// TestNotAllOfIt holds what is said where CloudWatch gives less than was asked.
func TestNotAllOfIt(t *testing.T) {
	set := func(i int, m cbor.Map) func(cbor.Map) {
		return func(out cbor.Map) {
			r := out["MetricDataResults"].(cbor.List)[i].(cbor.Map)
			for k, v := range m {
				r[k] = v
			}
		}
	}
	for _, c := range []struct {
		name   string
		most   int
		twist  func(cbor.Map)
		want   string
		series int
	}{
		{"a second page", 500, nil, "CloudWatch has more than one page: older hours are missing; NetworkOut of i-00000000: PartialData; NetworkIn of i-00000000: PartialData", 1},
		{"one metric failed", 0, set(1, cbor.Map{"StatusCode": cbor.String("InternalError"), "Timestamps": cbor.List{}, "Values": cbor.List{}}),
			"NetworkIn of i-00000000: InternalError", 1},
		{"a word for all", 0, func(out cbor.Map) {
			out["Messages"] = cbor.List{cbor.Map{"Code": cbor.String("ArithmeticError"), "Value": cbor.String("some\nthing")}}
		}, "ArithmeticError: some thing", 2},
		{"an answer to nothing", 0, set(1, cbor.Map{"Id": cbor.String("m7_1")}), "CloudWatch answered what was not asked", 1},
		{"an odd id", 0, set(1, cbor.Map{"Id": cbor.String("m0_-1")}), "CloudWatch answered what was not asked", 1},
		{"times without values", 0, set(1, cbor.Map{"Values": cbor.List{}}), "CloudWatch answered what was not asked", 1},
		{"many reasons", 0, func(out cbor.Map) {
			for i, r := range out["MetricDataResults"].(cbor.List) {
				r.(cbor.Map)["StatusCode"] = cbor.String(fmt.Sprintf("Odd%d", i))
			}
		}, "NetworkOut of i-00000000: Odd0; NetworkIn of i-00000000: Odd1; NetworkPacketsOut of i-00000000: Odd2; and 10 more", 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFar(t)
			f.fill("i-00000000", "NetworkOut", 150e6, 2.1e9)
			f.fill("i-00000000", "NetworkIn", 150e6, 2.1e9)
			f.most, f.twist = c.most, c.twist
			a, err := f.source(t, 0).Ask(t.Context(), query(1))
			if err != nil || a.Partial != c.want || len(a.Series) != c.series {
				t.Errorf("%d series, %q, %v\nwant %d, %q", len(a.Series), a.Partial, err, c.series, c.want)
			}
			if s := counters.State(query(1), a, err); s.Status != events.SourcePartial || len(f.asked()) != 1 {
				t.Errorf("%+v after %d calls", s, len(f.asked()))
			}
		})
	}
}

// TestOtherAccounts asks in the name of a monitoring account.
func TestOtherAccounts(t *testing.T) {
	f := newFar(t)
	f.fill("i-00000000", "NetworkOut", 150e6, 2.1e9)
	q := query(2)
	q.Machines[0].Account = "222222222222"
	f.linked["222222222222"] = true
	if a, err := f.source(t, 0).Ask(t.Context(), q); err != nil || len(a.Series) != 1 || a.Partial != "" {
		t.Errorf("%+v, %v", a, err)
	}
	f.linked = nil
	if a, err := f.source(t, 0).Ask(t.Context(), q); err != nil || len(a.Series) != 0 || !strings.HasPrefix(a.Partial, "NetworkOut of i-00000000: Forbidden, Forbidden: account 222222222222 is not linked; ") {
		t.Errorf("%+v, %v", a, err)
	}
	q.Machines = q.Machines[:1]
	_, err := f.source(t, 0).Ask(t.Context(), q)
	if s := counters.State(q, counters.Answer{}, err); s.Status != events.SourceDenied || !strings.Contains(s.Why, "not linked") {
		t.Errorf("%+v", s)
	}
}

// TestErrors tells apart what may be wrong. In each case the client asks once.
func TestErrors(t *testing.T) {
	no := func(status int, code, message string) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) { refuse(w, status, code, message) }
	}
	raw := func(status int, body string) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) { w.WriteHeader(status); w.Write([]byte(body)) } //nolint:errcheck // the client would see it
	}
	const message = "User: arn:aws:sts::111111111111:assumed-role/x/y is not authorized to perform: cloudwatch:GetMetricData"
	for _, c := range []struct {
		name string
		say  func(http.ResponseWriter)
		why  counters.Why
		line string
	}{
		{"no permission", no(403, "AccessDenied", message), counters.Denied, "get metric data: denied: AccessDenied: " + message},
		{"no permission, by its other name", no(400, "AccessDeniedException", ""), counters.Denied, "get metric data: denied: AccessDeniedException"},
		{"credentials ran out", no(403, "ExpiredToken", "The security token included in the request is expired"), counters.Denied,
			"get metric data: denied: ExpiredToken: The security token included in the request is expired"},
		{"throttled", no(400, "Throttling", "Rate exceeded"), counters.Throttled, "get metric data: throttled: Throttling: Rate exceeded"},
		{"throttled, newer", no(429, "ThrottlingException", "Rate exceeded"), counters.Throttled, "get metric data: throttled: ThrottlingException: Rate exceeded"},
		{"an odd question", no(400, "InvalidParameterValue", "The value m0 is wrong"), counters.Refused, "get metric data: refused: InvalidParameterValue: The value m0 is wrong"},
		{"AWS fails", no(500, "InternalServiceError", "oops"), counters.Broken, "get metric data: broken: InternalServiceError: oops"},
		{"a gateway's page", raw(502, "<html>Bad Gateway"), counters.Broken, ""},
		{"success that is none", raw(200, "<html>Please sign in"), counters.Broken, ""},
		{"the connection breaks", func(w http.ResponseWriter) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				conn.Close()
			}
		}, counters.Unreachable, ""},
		{"nobody answers in time", func(http.ResponseWriter) { time.Sleep(700 * time.Millisecond) }, counters.Unreachable, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := newFar(t)
			f.say = c.say
			_, err := f.source(t, 500*time.Millisecond).Ask(t.Context(), query(1))
			var got *counters.Error
			if !errors.As(err, &got) || got.Why != c.why || c.line != "" && err.Error() != c.line || strings.Contains(err.Error(), "\n") {
				t.Errorf("%v\nwant %s: %s", err, c.why, c.line)
			}
			if len(f.asked()) != 1 {
				t.Errorf("%d calls", len(f.asked()))
			}
		})
	}
}

// TestNobodyToAsk is about what fails before a call.
func TestNobodyToAsk(t *testing.T) {
	if _, err := New(Options{}); err == nil {
		t.Error("a source without a client")
	}
	f := newFar(t)
	s := f.source(t, 0)
	if a, err := s.Ask(t.Context(), query(0)); err != nil || a.Series != nil || len(f.asked()) != 0 {
		t.Errorf("no machines: %+v, %v, %d calls", a, err, len(f.asked()))
	}
	large := query(16)
	large.Metrics = counters.Metrics()
	var got *counters.Error
	if _, err := s.Ask(t.Context(), large); !errors.As(err, &got) || got.Why != counters.Refused || len(f.asked()) != 0 {
		t.Errorf("too much: %v", err)
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Ask(stopped, query(1)); !errors.Is(err, context.Canceled) || errors.As(err, &got) && got.Why == counters.Unreachable {
		t.Errorf("stopped: %v", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	for name, c := range map[counters.Why]*cloudwatch.Client{
		counters.Unreachable: client("http://" + l.Addr().String()),
		counters.Denied:      client(f.URL, func(o *cloudwatch.Options) { o.Credentials = aws.CredentialsProviderFunc(noCredentials) }),
	} {
		s, err := New(Options{Client: c, Within: 2 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Ask(t.Context(), query(1)); !errors.As(err, &got) || got.Why != name {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func noCredentials(context.Context) (aws.Credentials, error) {
	return aws.Credentials{}, errors.New("no role is attached")
}
