package events

import (
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Context is what the rest of AWS knows of a detection: who its participants were then, what was called just before, what was blocked
// elsewhere, and what the machines' own counters say. Only correlation writes it; an update by a detector never touches it.
type Context struct {
	Of          time.Time      `json:"of"`                    // the Update of the detection that was looked at
	Made        time.Time      `json:"made"`                  // when
	Complete    bool           `json:"complete"`              // no source is waited for any more
	Sources     []SourceState  `json:"sources"`               // every source, in the order of Sources: what is missing is said
	Who         []Identity     `json:"who,omitempty"`         // of the participants, in their order, at most MaxIdentities
	Calls       []ContextCall  `json:"calls,omitempty"`       // the most relevant first, at most MaxContextCalls
	Flows       *FlowSummary   `json:"flows,omitempty"`       // what VPC Flow Logs say of the same participants
	Counters    []CounterNews  `json:"counters,omitempty"`    // CloudWatch metrics beside their usual, the farthest off first
	Adjustments []Term         `json:"adjustments,omitempty"` // what of it changes the risk; they are among the terms of the risk, too
	Incident    string         `json:"incident,omitempty"`    // id of the incident that the detection is part of
	Feed        *FeedIntegrity `json:"feed,omitempty"`        // whether the mirror showed all that was there
}

// WhoIs gives who a participant was then; nil where nobody knows, or there is no context. One address may be held in two networks.
func (c *Context) WhoIs(p *Participant) *Identity {
	if c == nil || !p.Address.IsValid() {
		return nil
	}
	for i := range c.Who {
		w := &c.Who[i]
		apart := func(a, b string) bool { return a != "" && b != "" && a != b }
		if w.Address.Unmap() == p.Address.Unmap() && !apart(w.VPC, p.VPC) && !apart(w.Interface, p.Interface) {
			return w
		}
	}
	return nil
}

// Limits of a context.
const (
	MaxIdentities   = 16 // participants that are looked up, offenders first
	MaxContextCalls = 20
	MaxCounterNews  = 64 // metrics, the farthest off first
	MaxAdjustments  = 16
)

// ContextSource is where context comes from.
type ContextSource string

// The sources.
const (
	SourceInventory  ContextSource = "inventory"  // who had an address when
	SourcePlaces     ContextSource = "places"     // AWS address ranges, ASN and country
	SourceFlowLogs   ContextSource = "flow_logs"  // VPC Flow Logs
	SourceCloudTrail ContextSource = "cloudtrail" //
	SourceCloudWatch ContextSource = "cloudwatch" //
)

// ContextSources lists every source, in the order in which a context names them.
func ContextSources() []ContextSource {
	return []ContextSource{SourceInventory, SourcePlaces, SourceFlowLogs, SourceCloudTrail, SourceCloudWatch}
}

// SourceStatus says what came of asking a source.
type SourceStatus string

// What may come of it.
const (
	SourceComplete SourceStatus = "complete" // it was asked, and has said what it will say
	SourcePartial  SourceStatus = "partial"  // it said something, and more was cut off or unreadable
	SourceWaiting  SourceStatus = "waiting"  // what it will say has not arrived yet: the context is made again
	SourceEmpty    SourceStatus = "empty"    // it was asked, and knows nothing of the participants
	SourceMissing  SourceStatus = "missing"  // it is not set up
	SourceDenied   SourceStatus = "denied"   // AWS refused
	SourceFailed   SourceStatus = "failed"   // it did not answer, or what it said makes no sense
)

// SourceStatuses lists every status there is.
func SourceStatuses() []SourceStatus {
	return []SourceStatus{SourceComplete, SourcePartial, SourceWaiting, SourceEmpty, SourceMissing, SourceDenied, SourceFailed}
}

// SourceState is what one source gave.
type SourceState struct {
	Source  ContextSource `json:"source"`
	Status  SourceStatus  `json:"status"`
	Why     string        `json:"why,omitempty"`     // one sentence, where the status is not complete
	Through *time.Time    `json:"through,omitempty"` // until when it has said all that it will say
}

// Identity is who a participant was at the time of the detection.
type Identity struct {
	Address netip.Addr `json:"address"`
	Holding            // absent members are not known
	Service string     `json:"service,omitempty"` // AWS service whose published range holds the address: "S3", "EC2", ...
	Network string     `json:"network,omitempty"` // region of that range
	ASN     uint32     `json:"asn,omitempty"`     // autonomous system
	ASName  string     `json:"as_name,omitempty"`
	Country string     `json:"country,omitempty"` // ISO 3166-1, two letters
}

// Holding says what held an address, and for how long. Addresses are used again, so that it is true only from From until To.
type Holding struct {
	Interface       string            `json:"interface,omitempty"` // eni-...
	Account         string            `json:"account,omitempty"`
	Region          string            `json:"region,omitempty"`
	VPC             string            `json:"vpc,omitempty"`
	Subnet          string            `json:"subnet,omitempty"`
	Instance        string            `json:"instance,omitempty"`         // i-...
	InstanceType    string            `json:"instance_type,omitempty"`    //
	Name            string            `json:"name,omitempty"`             // its Name tag
	Tags            map[string]string `json:"tags,omitempty"`             //
	Groups          []string          `json:"groups,omitempty"`           // security groups, sg-...
	Profile         string            `json:"profile,omitempty"`          // ARN of the instance profile
	Role            string            `json:"role,omitempty"`             // name of the role in it, where known
	AutoScaling     string            `json:"auto_scaling,omitempty"`     // name of the Auto Scaling group
	Task            string            `json:"task,omitempty"`             // ARN of the ECS task, or of its attachment, where EC2 tells no more
	Requester       string            `json:"requester,omitempty"`        // the service that made the interface: amazon-elb, ...
	Description     string            `json:"description,omitempty"`      // of the interface
	PublicAddresses []netip.Addr      `json:"public_addresses,omitempty"` // under which it is seen outside
	Addresses       []netip.Addr      `json:"addresses,omitempty"`        // its private ones
	From            *time.Time        `json:"from,omitempty"`             // since when this is known to be so
	To              *time.Time        `json:"to,omitempty"`               // absent while it lasts
}

// ContextCall is a call of an AWS API that has to do with a detection.
type ContextCall struct {
	Time       time.Time `json:"time"`
	Event      string    `json:"event"`                // its CloudTrail eventID
	Name       string    `json:"name"`                 // AuthorizeSecurityGroupIngress, ...
	Service    string    `json:"service"`              // ec2.amazonaws.com, ...
	Principal  string    `json:"principal"`            // who called: an ARN, shortened to what tells
	Address    string    `json:"address,omitempty"`    // from where: an address, or the name of an AWS service
	Error      string    `json:"error,omitempty"`      // errorCode, where it failed
	Resources  []string  `json:"resources,omitempty"`  // that it touched
	Summary    string    `json:"summary"`              // what it did, one clause: "opened tcp 22 of sg-1 to 0.0.0.0/0"
	Relevance  int       `json:"relevance"`            // 1 to 100; the list is in its order
	Reason     string    `json:"reason"`               // why it has to do with the detection, one clause
	Technique  string    `json:"technique,omitempty"`  // MITRE ATT&CK, T....
	Adjustment string    `json:"adjustment,omitempty"` // name of the term that it makes
}

// FlowSummary is what VPC Flow Logs say of the participants of a detection, in its window.
type FlowSummary struct {
	From       time.Time  `json:"from"`
	To         time.Time  `json:"to"`
	Accepted   FlowCount  `json:"accepted"` // between the participants
	Rejected   FlowCount  `json:"rejected"` // by a security group or network ACL: no sensor saw these
	Ports      []FlowPort `json:"ports,omitempty"`
	Before     FlowCount  `json:"before"`                // rejected in the hour before the window: who tried and came in later
	BytesSeen  uint64     `json:"bytes_seen,omitempty"`  // that the sensors counted of the same conversations
	BytesFlows uint64     `json:"bytes_flows,omitempty"` // that the flow logs did
	Loss       float64    `json:"loss,omitempty"`        // share that the sensors did not see, 0 to 1; absent where it cannot be said
	Sentence   string     `json:"sentence,omitempty"`    // in plain words
}

// FlowCount counts flow-log records, and what they hold.
type FlowCount struct {
	Records uint64 `json:"records"`
	Packets uint64 `json:"packets"`
	Bytes   uint64 `json:"bytes"`
}

// FlowPort counts tries of one port.
type FlowPort struct {
	Proto    string `json:"proto"`
	Port     uint16 `json:"port"`
	Accepted uint64 `json:"accepted"` // records
	Rejected uint64 `json:"rejected"`
}

// CounterNews is a CloudWatch metric in the hour of a detection, beside what it usually is.
type CounterNews struct {
	Instance string  `json:"instance"`
	Metric   string  `json:"metric"`          // NetworkOut, CPUUtilization, ...
	Value    float64 `json:"value"`           // of the hour, in Unit
	Usual    float64 `json:"usual"`           // median of hours like this one
	High     float64 `json:"high"`            // the highest of those
	Basis    string  `json:"basis,omitempty"` // which hours those are: "this hour of 27 days before"
	Times    float64 `json:"times,omitempty"`
	Unit     string  `json:"unit"` // Bytes, Count, Percent
	Unusual  bool    `json:"unusual"`
	Sentence string  `json:"sentence"` // "NetworkOut of i-1 was 14 times its usual for this hour"
}

// FeedIntegrity says whether the mirror showed all that was there.
type FeedIntegrity struct {
	Complete bool    `json:"complete"`
	Skipped  float64 `json:"skipped,omitempty"` // share of mirrored bytes that AWS left out for the sake of the production traffic, 0 to 1
	Sentence string  `json:"sentence"`
}

// AdjustmentPrefix begins the name of every term that correlation adds to a risk, so that it is told from a detector's own.
const AdjustmentPrefix = "context_"

// Adjusted gives a risk with the adjustments of a context, and without those of an earlier one; without both it is left as it is. The
// score is the sum of the terms, held between 1 and 99.
func (r Risk) Adjusted(adjustments []Term) Risk {
	adjustment := func(t Term) bool { return strings.HasPrefix(t.Name, AdjustmentPrefix) }
	if len(adjustments) == 0 && !slices.ContainsFunc(r.Terms, adjustment) {
		return r
	}
	r.Terms = slices.DeleteFunc(slices.Clone(r.Terms), adjustment)
	r.Terms = append(r.Terms, adjustments...)
	score := 0
	for _, t := range r.Terms {
		score += t.Points
	}
	r.Score = min(max(score, 1), 99)
	r.Band = BandOf(r.Score)
	return r
}
