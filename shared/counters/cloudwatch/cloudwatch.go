// Package cloudwatch asks Amazon CloudWatch for the counters of machines. What comes in is a query of shared/counters; what goes out is
// one GetMetricData call, and its numbers by machine, metric and hour. It never asks twice: neither for a second page, nor again where a
// call failed, for whoever asks has a number of calls to keep to, and comes again anyway.
package cloudwatch

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/mirrorwatch/mirrorwatch/shared/counters"
	"github.com/mirrorwatch/mirrorwatch/shared/steady"
)

// DefaultWithin is how long a call may take where the options say nothing. The largest, 100,000 numbers, is some megabytes.
const DefaultWithin = 5 * time.Second

// period is what the numbers are by, in seconds: an hour. CloudWatch keeps hours for fifteen months.
const period = 3600

// Client is what is needed of the CloudWatch client.
type Client interface {
	GetMetricData(ctx context.Context, in *cloudwatch.GetMetricDataInput, opts ...func(*cloudwatch.Options)) (*cloudwatch.GetMetricDataOutput, error)
}

// Options say whom to ask.
type Options struct {
	Client Client
	Within time.Duration // that a call may take; 0: DefaultWithin
}

// Source is a counters.Source over GetMetricData.
type Source struct{ o Options }

// New makes a source.
func New(o Options) (*Source, error) {
	if o.Client == nil {
		return nil, errors.New("make source of metrics: no client")
	}
	if o.Within == 0 {
		o.Within = DefaultWithin
	}
	return &Source{o}, nil
}

// Ask makes one call. A query without machines is answered without any. Errors are *counters.Error, or that of a context that ended.
func (s *Source) Ask(ctx context.Context, q counters.Query) (counters.Answer, error) {
	if len(q.Machines) == 0 || len(q.Metrics) == 0 {
		return counters.Answer{}, nil
	}
	if n := len(q.Machines) * len(q.Metrics); n > counters.MostMetrics || q.Points() > counters.MostPoints {
		return counters.Answer{}, &counters.Error{Why: counters.Refused, Message: fmt.Sprintf("%d metrics and %d data points; one call takes %d and %d",
			n, q.Points(), counters.MostMetrics, counters.MostPoints)}
	}
	timed, cancel := context.WithTimeout(ctx, s.o.Within)
	defer cancel()
	out, err := s.o.Client.GetMetricData(timed, input(q), once)
	if err != nil {
		return counters.Answer{}, failure(ctx, err)
	}
	return answer(q, out)
}

// once keeps the client from calling again by itself. A call that is not made again must not be cut off by the client either.
func once(o *cloudwatch.Options) {
	o.Retryer = aws.NopRetryer{}
	o.HTTPClient = steady.Client(o.HTTPClient)
}

// input writes the call. The id of a query is the numbers of its machine and metric, so that the answer needs no table.
func input(q counters.Query) *cloudwatch.GetMetricDataInput {
	in := &cloudwatch.GetMetricDataInput{
		StartTime: aws.Time(q.From()), EndTime: aws.Time(q.To()), MaxDatapoints: aws.Int32(counters.MostPoints), ScanBy: types.ScanByTimestampDescending,
	}
	for i, m := range q.Machines {
		for j, metric := range q.Metrics {
			in.MetricDataQueries = append(in.MetricDataQueries, one(i, j, m, metric))
		}
	}
	return in
}

// one asks for one metric. No unit is asked for: that would leave out what was reported with another.
func one(i, j int, m counters.Machine, metric counters.Metric) types.MetricDataQuery {
	q := types.MetricDataQuery{
		Id: aws.String(fmt.Sprintf("m%d_%d", i, j)),
		MetricStat: &types.MetricStat{
			Metric: &types.Metric{
				Namespace: aws.String(counters.Namespace), MetricName: aws.String(metric.Name),
				Dimensions: []types.Dimension{{Name: aws.String(counters.Dimension), Value: aws.String(m.ID)}},
			},
			Period: aws.Int32(period), Stat: aws.String(metric.Stat),
		},
	}
	if m.Account != "" {
		q.AccountId = aws.String(m.Account)
	}
	return q
}

// mostPartial is how many reasons are named for which an answer is not whole.
const mostPartial = 3

// answer reads the numbers. Results that belong to no question, or whose times and values do not go together, are left out and said.
func answer(q counters.Query, out *cloudwatch.GetMetricDataOutput) (counters.Answer, error) {
	var a counters.Answer
	var why reasons
	if aws.ToString(out.NextToken) != "" {
		why.add("CloudWatch has more than one page: older hours are missing")
	}
	for _, m := range out.Messages {
		why.add(said(m))
	}
	for _, r := range out.MetricDataResults {
		i, j, ok := place(aws.ToString(r.Id), q)
		if !ok || len(r.Timestamps) != len(r.Values) {
			why.add("CloudWatch answered what was not asked")
			continue
		}
		s := counters.Series{Machine: q.Machines[i].ID, Metric: q.Metrics[j].Name, Times: r.Timestamps, Values: r.Values}
		if r.StatusCode != types.StatusCodeComplete && r.StatusCode != "" {
			why.add(fmt.Sprintf("%s of %s: %s", s.Metric, s.Machine, strings.Join(append([]string{string(r.StatusCode)}, messages(r.Messages)...), ", ")))
		}
		if len(s.Times) > 0 {
			a.Series = append(a.Series, s)
		}
	}
	a.Partial = why.String()
	if len(a.Series) == 0 && denied(out) {
		return counters.Answer{}, &counters.Error{Why: counters.Denied, Code: string(types.StatusCodeForbidden), Message: a.Partial}
	}
	return a, nil
}

// denied says whether CloudWatch refused every metric, as it does of an account that is not linked.
func denied(out *cloudwatch.GetMetricDataOutput) bool {
	for _, r := range out.MetricDataResults {
		if r.StatusCode != types.StatusCodeForbidden {
			return false
		}
	}
	return len(out.MetricDataResults) > 0
}

// place reads the id of a query.
func place(id string, q counters.Query) (machine, metric int, ok bool) {
	rest, is := strings.CutPrefix(id, "m")
	a, b, both := strings.Cut(rest, "_")
	machine, err := strconv.Atoi(a)
	metric, bad := strconv.Atoi(b)
	ok = is && both && err == nil && bad == nil && machine >= 0 && machine < len(q.Machines) && metric >= 0 && metric < len(q.Metrics)
	return machine, metric, ok
}

func messages(list []types.MessageData) []string {
	var all []string
	for _, m := range list {
		all = append(all, said(m))
	}
	return all[:min(len(all), mostPartial)]
}

func said(m types.MessageData) string {
	return clip(strings.Trim(aws.ToString(m.Code)+": "+aws.ToString(m.Value), ": "))
}

// reasons collects why an answer is not whole, each once.
type reasons struct {
	list []string
	more int
}

func (r *reasons) add(why string) {
	for _, known := range r.list {
		if known == why {
			return
		}
	}
	if len(r.list) == mostPartial {
		r.more++
		return
	}
	r.list = append(r.list, why)
}

// String says them in one line.
func (r *reasons) String() string {
	all := strings.Join(r.list, "; ")
	if r.more > 0 {
		all += fmt.Sprintf("; and %d more", r.more)
	}
	return all
}
