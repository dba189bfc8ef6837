// Package counters holds what CloudWatch counted of the machines in a detection beside what is usual of each. What comes in is a
// detection with who took part, and the hours that CloudWatch gave; what goes out is one query for all of them, and sentences. It never
// asks anybody itself, never reads a clock, and never takes a metric that is not there for a zero.
package counters

import (
	"context"
	"time"
)

// Metric is one of the numbers that EC2 reports of a machine.
type Metric struct {
	Name string // as CloudWatch has it, in namespace AWS/EC2
	Stat string // by which the reports of an hour become one number: Sum or Average
	Unit string // Bytes, Count or Percent
}

// Namespace is where EC2 reports, and Dimension is by what it tells machines apart.
const (
	Namespace = "AWS/EC2"
	Dimension = "InstanceId"
)

// Names that are asked for by themselves.
const (
	netIn, netOut         = "NetworkIn", "NetworkOut"
	packetsIn, packetsOut = "NetworkPacketsIn", "NetworkPacketsOut"
	cpu                   = "CPUUtilization"
	mirrorIn, mirrorOut   = "NetworkMirrorIn", "NetworkMirrorOut"
	skipIn, skipOut       = "NetworkSkipMirrorIn", "NetworkSkipMirrorOut"
)

// essential is how many of Metrics are asked for in any case. Those behind say in packets what the ones before say in bytes.
const essential = 9

// Metrics lists every metric that is asked for, in the order in which they are told.
func Metrics() []Metric {
	return []Metric{
		{netOut, "Sum", "Bytes"}, {netIn, "Sum", "Bytes"}, {packetsOut, "Sum", "Count"}, {packetsIn, "Sum", "Count"}, {cpu, "Average", "Percent"},
		{mirrorOut, "Sum", "Bytes"}, {mirrorIn, "Sum", "Bytes"}, {skipOut, "Sum", "Bytes"}, {skipIn, "Sum", "Bytes"},
		{"NetworkPacketsMirrorOut", "Sum", "Count"}, {"NetworkPacketsMirrorIn", "Sum", "Count"},
		{"NetworkPacketsSkipMirrorOut", "Sum", "Count"}, {"NetworkPacketsSkipMirrorIn", "Sum", "Count"},
	}
}

// Machine is an instance that took part in a detection.
type Machine struct {
	ID       string // i-...
	Name     string // its Name tag; may be empty
	Account  string // whose it is; empty where that is the one that asks, or not known
	Role     string // offender or victim
	Mirrored bool   // a mirror session is known to be on it
}

// Query is what is asked of CloudWatch, in one call: the metrics of the machines, hour by hour, from From until To.
type Query struct {
	Machines []Machine
	Metrics  []Metric
	Hour     time.Time // the one in which the detection began: its first moment, UTC
	Asked    time.Time // when it is asked: an hour that was not over then holds only what there was until then
	Weeks    int       // of history before Hour
	Category string    // of the detection: exfil, c2, ...
	Left     []string  // what is not asked though it belongs to the detection, and why; sentences
}

// From is the first hour that is asked for.
func (q *Query) From() time.Time { return q.Hour.AddDate(0, 0, -7*q.Weeks) }

// To is the end of the last one.
func (q *Query) To() time.Time { return q.Hour.Add(time.Hour) }

// Points is how many numbers the answer may hold at the most.
func (q *Query) Points() int { return len(q.Machines) * len(q.Metrics) * (q.Weeks*7*24 + 1) }

// running says whether the hour was not over when it was asked for.
func (q *Query) running() bool { return q.Asked.Before(q.To()) }

// Series is one metric of one machine, hour by hour, in any order. Hours in which nothing was reported are not among them.
type Series struct {
	Machine string // its id
	Metric  string // its name
	Times   []time.Time
	Values  []float64 // of the hours that begin at Times
}

// Answer is what CloudWatch gave.
type Answer struct {
	Series  []Series
	Partial string // why it is not all; empty: it is
}

// Source answers a Query with one call of AWS. An error is an *Error where it is known what it means.
type Source interface {
	Ask(ctx context.Context, q Query) (Answer, error)
}
