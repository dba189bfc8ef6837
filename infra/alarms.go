package main

import (
	"maps"
	"slices"

	"github.com/mirrorwatch/mirrorwatch/shared/store/dynamo"
)

// metric is one of CloudWatch.
type metric struct {
	space, name string
	dims        map[string]string
	stat        string // Sum, Maximum, Minimum, Average, SampleCount or p90
}

// alarm is a metric and when somebody is to be woken. Its id is the heading of its section in docs/operations.md.
type alarm struct {
	id, says string
	metric   metric
	below    bool // it rings below the bound, else above
	bound    float64
	minutes  int // length of a period
	of, out  int // it rings when so many of so many periods are beyond the bound
	silence  bool
}

// The spaces of metrics.
const (
	spaceSensor = "Mirrorwatch/Sensor"
	spaceMirror = "Mirrorwatch/Mirror"
	spaceOurs   = "Mirrorwatch"
)

// alarms gives all of them, in the order of docs/operations.md.
func (w *watched) alarms() []alarm {
	return slices.Concat(w.ofSensors(), w.ofMirroring(), w.ofAccounts(), w.ofFunctions(), w.ofQueues(), w.ofPipeline(), w.ofAPI())
}

// above rings when a metric was above a bound in n periods of some minutes, one after the other.
func above(id, says string, m metric, bound float64, minutes, n int) alarm {
	return alarm{id: id, says: says, metric: m, bound: bound, minutes: minutes, of: n, out: n}
}

// quiet rings when nothing came for n periods of some minutes.
func quiet(id, says string, m metric, minutes, n int) alarm {
	m.stat = "SampleCount"
	return alarm{id: id, says: says, metric: m, below: true, bound: 1, minutes: minutes, of: n, out: n, silence: true}
}

func (w *watched) ofSensors() []alarm {
	of := func(name, stat string) metric {
		return metric{spaceSensor, name, map[string]string{"Deployment": w.place.Deployment}, stat}
	}
	host := func(name, stat string) metric {
		return metric{"AWS/NetworkELB", name, map[string]string{"LoadBalancer": w.fleet.BalancerName, "TargetGroup": w.fleet.TargetGroupName}, stat}
	}
	return []alarm{
		{id: "SensorDrops", says: "Sensors lose packets", metric: of("Drops", "Sum"), minutes: 1, of: 5, out: 3},
		quiet("SensorsQuiet", "No sensor tells of itself", of("PacketsPerSecond", ""), 1, 5),
		above("SensorQueue", "Detectors do not keep up with records", of("QueuePercent", "Maximum"), 80, 1, 5),
		above("SensorNotStored", "Something that a sensor found was lost", of("NotStored", "Sum"), 0, 5, 1),
		above("SensorSpool", "Records wait on a sensor's disk, since Firehose takes none", of("SpoolBytes", "Maximum"), 100<<20, 5, 2),
		{id: "SensorUnhealthy", says: "A sensor says that it is ill", metric: of("Healthy", "Minimum"), below: true, bound: 1, minutes: 1, of: 5, out: 5},
		above("SensorDetectors", "A detector failed and was switched off", of("DetectorsFailed", "Maximum"), 0, 5, 1),
		above("FeedSilent", "Interfaces are mirrored and nothing is heard of them", of("PointsSilent", "Maximum"), 0, 5, 6),
		above("HostsUnhealthy", "The load balancer sends a sensor no packets", host("UnHealthyHostCount", "Maximum"), 0, 1, 5),
		{id: "HostsTooFew", says: "Fewer sensors than there should be at least", metric: host("HealthyHostCount", "Minimum"), below: true, bound: float64(w.place.Min), minutes: 1, of: 10, out: 10},
	}
}

func (w *watched) ofMirroring() []alarm {
	of := func(name, stat string) metric {
		return metric{spaceMirror, name, map[string]string{"Deployment": w.place.Deployment}, stat}
	}
	list := []alarm{
		quiet("MirrorStopped", "Nothing keeps mirror sessions", of("PassSeconds", ""), 5, 3),
		above("MirrorSlow", "A pass takes nearly as long as there is until the next", of("PassSeconds", "Maximum"), 240, 5, 1),
		above("MirrorLag", "Events about instances wait before they are looked at", of("EventLagSeconds", "p90"), 120, 5, 3),
		above("MirrorThrottled", "EC2 asks to go slower", of("Throttled", "Sum"), 50, 5, 1),
		above("MirrorLeft", "Passes do not get through what is to be done", of("StepsLeft", "Maximum"), 0, 5, 6),
		above("MirrorFailed", "AWS refuses changes of mirroring", of("StepsFailed", "Sum"), 0, 5, 3),
		above("MirrorDrift", "Somebody changes what Mirrorwatch keeps", of("Drift", "Sum"), 0, 5, 6),
		above("MirrorHeld", "A bound holds changes back", of("Held", "Maximum"), 0, 5, 6),
		above("MirrorLeftOut", "Budget or quota leaves interfaces out", of("LeftOut", "Maximum"), 0, 5, 1),
		above("MirrorSkipped", "An account is held by another pass each time", of("PlacesSkipped", "Sum"), 0, 5, 6),
		above("MirrorFailures", "An account cannot be seen whole", of("Failures", "Sum"), 0, 5, 3),
		above("MirrorRogues", "Somebody mirrors packets to an account that nobody named", of("Rogues", "Maximum"), 0, 5, 1),
	}
	if w.place.MonthlyUSD > 0 {
		list = append(list, above("MirrorCost", "Mirror sessions cost more than was agreed", of("MonthlyUSD", "Maximum"), float64(w.place.MonthlyUSD), 5, 1))
	}
	return list
}

// ofAccounts are those of each account: averages over accounts would hide one that is dark.
func (w *watched) ofAccounts() (list []alarm) {
	accounts := []string{w.place.Account}
	for _, a := range w.place.neighbours() {
		accounts = append(accounts, a.ID)
	}
	for _, a := range accounts {
		of := func(name, stat string) metric {
			return metric{spaceMirror, name, map[string]string{"Account": a, "Deployment": w.place.Deployment, "Region": w.place.region}, stat}
		}
		low := alarm{id: "CoverageLow", says: "Interfaces that should be mirrored are not", metric: of("CoveragePercent", "Minimum"), below: true, bound: 99, minutes: 5, of: 6, out: 6}
		for _, one := range []alarm{
			low,
			above("CoverageSilent", "Sessions are there, and no packet of them comes", of("CoverageSilent", "Maximum"), 0, 5, 6),
			above("CoverageError", "AWS refuses sessions, or the policy makes no sense there", of("CoverageError", "Maximum"), 0, 5, 3),
			above("CoverageShadowed", "Somebody else's session takes packets", of("CoverageShadowed", "Maximum"), 0, 5, 3),
			above("MirrorQuota", "Mirror sessions are near AWS's quota", of("QuotaPercent", "Maximum"), 80, 5, 1),
			above("MirrorLook", "Looking at an account takes long", of("LookSeconds", "Maximum"), 120, 5, 3),
		} {
			one.id += "-" + a
			list = append(list, one)
		}
	}
	return list
}

func (w *watched) ofFunctions() (list []alarm) {
	all := w.functions()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		of := func(metricName, stat string) metric {
			return metric{"AWS/Lambda", metricName, map[string]string{"FunctionName": all[name].Name}, stat}
		}
		list = append(list, above("FunctionErrors-"+name, "Function "+name+" fails", of("Errors", "Sum"), 0, 5, 3))
		if name != "logs" { // one at a time by intent: what is turned away comes again
			list = append(list, above("FunctionThrottled-"+name, "Function "+name+" is called more often than it may run", of("Throttles", "Sum"), 0, 5, 3))
		}
		if name == "correlate" || name == "publish" {
			list = append(list, above("StreamBehind-"+name, "Function "+name+" is behind what is stored", of("IteratorAge", "Maximum"), 5*60*1000, 5, 1))
		}
	}
	return list
}

func (w *watched) ofQueues() (list []alarm) {
	of := func(queue, name, stat string) metric {
		return metric{"AWS/SQS", name, map[string]string{"QueueName": queue}, stat}
	}
	waits := map[string]float64{"mirror": 6 * 3600, "logs": 1800, "archive": 1800} // seconds
	for _, name := range slices.Sorted(maps.Keys(w.queues)) {
		list = append(list, above("QueueOld-"+name, "Messages wait long in the queue "+name, of(w.queues[name], "ApproximateAgeOfOldestMessage", "Maximum"), waits[name], 5, 1))
	}
	for _, name := range slices.Sorted(maps.Keys(w.dead)) {
		list = append(list, above("DeadLetters-"+name, "Something was given up, and lies in the dead letters of "+name, of(w.dead[name], "ApproximateNumberOfMessagesVisible", "Maximum"), 0, 5, 1))
	}
	return list
}

func (w *watched) ofPipeline() []alarm {
	correlate := func(name, stat string) metric {
		return metric{spaceOurs, name, map[string]string{"Function": "correlate"}, stat}
	}
	return append([]alarm{
		quiet("CorrelateStopped", "Nothing correlates", correlate("Parts", ""), 5, 2),
		above("CorrelateFailed", "What correlation is given comes again and again", correlate("Failed", "Sum"), 0, 5, 3),
		above("RecordsLate", "Firehose is late with records", metric{"AWS/Firehose", "DeliveryToS3.DataFreshness", map[string]string{"DeliveryStreamName": w.pipe.Records}, "Maximum"}, 900, 5, 3),
	}, w.ofTable()...)
}

// ofTable are those of the table and of each of its indexes, of which DynamoDB tells apart.
func (w *watched) ofTable() (list []alarm) {
	for _, index := range []string{"", dynamo.IndexStart, dynamo.IndexUpdate, dynamo.IndexCreated, dynamo.IndexType} {
		of, behind := map[string]string{"TableName": w.pipe.Table}, ""
		if index != "" {
			of["GlobalSecondaryIndexName"], behind = index, "-"+index
		}
		list = append(list,
			above("TableReadsThrottled"+behind, "DynamoDB refuses reads", metric{"AWS/DynamoDB", "ReadThrottleEvents", of, "Sum"}, 0, 5, 3),
			above("TableWritesThrottled"+behind, "DynamoDB refuses writes", metric{"AWS/DynamoDB", "WriteThrottleEvents", of, "Sum"}, 0, 5, 3))
	}
	return list
}

func (w *watched) ofAPI() []alarm {
	of := func(name, stat string) metric {
		return metric{"AWS/ApiGateway", name, map[string]string{"ApiId": w.api.API}, stat}
	}
	return []alarm{
		above("APIFails", "The API answers with errors of its own", of("5xx", "Sum"), 5, 5, 2),
		above("APISlow", "The API is slow", of("Latency", "p99"), 5000, 5, 3),
	}
}
