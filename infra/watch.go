package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"
)

// watched is everything that has metrics.
type watched struct {
	place  *place
	pipe   *pipeline
	fleet  *fleet
	mirror *mirror
	api    *api
	queues map[string]string // names of queues that functions read
	dead   map[string]string // and of those with dead letters
}

// newWatch makes the dashboard and the alarms. Each alarm tells the topic, when it rings and when it is over, and names its section of
// docs/operations.md.
func newWatch(s awscdk.Stack, p *place, pipe *pipeline, f *fleet, m *mirror, a *api) {
	w := &watched{place: p, pipe: pipe, fleet: f, mirror: m, api: a, queues: map[string]string{}, dead: map[string]string{}}
	name := func(to map[string]string, from map[string]awssqs.Queue) {
		for k, q := range from {
			to[k] = *q.QueueName()
		}
	}
	name(w.queues, pipe.Queues)
	name(w.queues, map[string]awssqs.Queue{"mirror": m.Queue})
	name(w.dead, pipe.DeadLetters)
	name(w.dead, a.DeadLetters)
	name(w.dead, map[string]awssqs.Queue{"mirror": m.DeadLetters})
	for _, one := range w.alarms() {
		one.make(s, p, []*string{pipe.Topic.TopicArn()})
	}
	awscloudwatch.NewCfnDashboard(s, key("Dashboard"), &awscloudwatch.CfnDashboardProps{DashboardName: key(p.Name()), DashboardBody: key(w.dashboard())})
}

// functions gives those of all stacks, by their short names.
func (w *watched) functions() map[string]*function {
	all := map[string]*function{"mirror": w.mirror.Function, "teardown": w.mirror.Teardown}
	maps.Copy(all, w.pipe.Functions)
	maps.Copy(all, w.api.Functions)
	return all
}

// section is where docs/operations.md says what to do: one for all alarms of a kind, whichever function, queue or account it is about.
func (a *alarm) section() string {
	kind, _, _ := strings.Cut(a.id, "-")
	return strings.ToLower(kind)
}

func (a *alarm) make(s awscdk.Stack, p *place, topic []*string) {
	props := &awscloudwatch.CfnAlarmProps{
		AlarmName: key(p.Name() + "-" + a.id), AlarmDescription: key(fmt.Sprintf("%s. What to do: docs/operations.md#%s", a.says, a.section())),
		Namespace: &a.metric.space, MetricName: &a.metric.name, Dimensions: a.metric.dimensions(),
		ComparisonOperator: key("GreaterThanThreshold"), Threshold: &a.bound, Period: jsii.Number(float64(60 * a.minutes)),
		EvaluationPeriods: jsii.Number(float64(a.of)), DatapointsToAlarm: jsii.Number(float64(a.out)), TreatMissingData: key("notBreaching"),
		AlarmActions: &topic, OkActions: &topic,
	}
	if strings.HasPrefix(a.metric.stat, "p") {
		props.ExtendedStatistic = &a.metric.stat
	} else {
		props.Statistic = &a.metric.stat
	}
	if a.below {
		props.ComparisonOperator = key("LessThanThreshold")
	}
	if a.silence {
		props.TreatMissingData = key("breaching")
	}
	awscloudwatch.NewCfnAlarm(s, key("Alarm"+strings.NewReplacer("-", "", "_", "").Replace(a.id)), props)
}

func (m *metric) dimensions() []any {
	var list []any
	for _, name := range slices.Sorted(maps.Keys(m.dims)) {
		list = append(list, map[string]any{"name": name, "value": m.dims[name]})
	}
	return list
}

// graph is one widget of the dashboard.
type graph struct {
	title   string
	metrics []metric
}

func (w *watched) graphs() []graph {
	sensor := func(name, stat string) metric {
		return metric{spaceSensor, name, map[string]string{"Deployment": w.place.Deployment}, stat}
	}
	mirror := func(name, stat string) metric {
		return metric{spaceMirror, name, map[string]string{"Deployment": w.place.Deployment}, stat}
	}
	place := func(name, stat string) metric {
		return metric{spaceMirror, name, map[string]string{"Account": w.place.Account, "Deployment": w.place.Deployment, "Region": w.place.region}, stat}
	}
	list := []graph{
		{"Packets a second, a sensor", []metric{sensor("PacketsPerSecond", "Average"), sensor("PacketsPerSecond", "Maximum")}},
		{"Lost packets, and what was not stored", []metric{sensor("Drops", "Sum"), sensor("NotStored", "Sum")}},
		{"Queue to the detectors, percent", []metric{sensor("QueuePercent", "Maximum")}},
		{"Interfaces heard, and silent ones", []metric{sensor("Points", "Maximum"), sensor("PointsSilent", "Maximum")}},
		{"Mirrored, percent", []metric{place("CoveragePercent", "Minimum")}},
		{"Mirror sessions, and their cost a month", []metric{place("Sessions", "Maximum"), mirror("MonthlyUSD", "Maximum")}},
		{"Passes: seconds, and events' wait", []metric{mirror("PassSeconds", "Maximum"), mirror("EventLagSeconds", "p90")}},
		{"Mirroring: failed, held, drift, throttled", []metric{mirror("StepsFailed", "Sum"), mirror("Held", "Maximum"), mirror("Drift", "Sum"), mirror("Throttled", "Sum")}},
	}
	errors, dead := graph{title: "Errors of functions"}, graph{title: "Dead letters"}
	all := w.functions()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		errors.metrics = append(errors.metrics, metric{"AWS/Lambda", "Errors", map[string]string{"FunctionName": all[name].Name}, "Sum"})
	}
	for _, name := range slices.Sorted(maps.Keys(w.dead)) {
		dead.metrics = append(dead.metrics, metric{"AWS/SQS", "ApproximateNumberOfMessagesVisible", map[string]string{"QueueName": w.dead[name]}, "Maximum"})
	}
	ask := func(name, stat string) metric {
		return metric{"AWS/ApiGateway", name, map[string]string{"ApiId": w.api.API}, stat}
	}
	return append(list, errors, dead, graph{"API: requests, errors", []metric{ask("Count", "Sum"), ask("4xx", "Sum"), ask("5xx", "Sum")}},
		graph{"API: milliseconds", []metric{ask("Latency", "p50"), ask("Latency", "p99")}})
}

// dashboard gives the body, as CloudWatch reads it: three graphs a row.
func (w *watched) dashboard() string {
	var widgets []any
	for i, g := range w.graphs() {
		var metrics []any
		for _, m := range g.metrics {
			line := []any{m.space, m.name}
			for _, name := range slices.Sorted(maps.Keys(m.dims)) {
				line = append(line, name, m.dims[name])
			}
			metrics = append(metrics, append(line, map[string]any{"stat": m.stat}))
		}
		widgets = append(widgets, map[string]any{"type": "metric", "x": i % 3 * 8, "y": i / 3 * 6, "width": 8, "height": 6, "properties": map[string]any{
			"title": g.title, "region": w.place.region, "metrics": metrics, "period": 60, "view": "timeSeries",
		}})
	}
	body, err := json.Marshal(map[string]any{"widgets": widgets})
	if err != nil {
		panic(err) // texts and numbers alone
	}
	return string(body)
}
