// Package detect is the frame that every detector fits, and the judge that runs them. What comes in is records and the view of
// the device model; what goes out is detections: one for each thing that goes on, updated while it grows. A detector lives in a
// package named for its tactic, one file a detector. It never sees a packet, never reads a clock, never stores anything outside
// itself, and never holds more than its stated limits.
package detect

import (
	"net/netip"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// Spec declares a detector. It is a value that nobody changes.
type Spec struct {
	Type       string   // "recon.port_scan": the path of its file below shared/detect
	Title      string   // for a person, the same for every detection of the type
	Text       string   // what it looks for, why it matters, and what innocent thing looks the same
	Category   string   // the tactic's folder
	Tactics    []string // MITRE ATT&CK, TA....
	Techniques []string // MITRE ATT&CK, T....
	Risk       Base
	Novelty    bool          // it judges by what was never seen before: on the first day of learning it weighs less
	Wants      []events.Kind // the records it is shown
	GuardDuty  string        // the finding type of Amazon GuardDuty that comes nearest, or ""
	Version    int           // raised when its judgement changes

	Background string   // how the attack works and what its aim is: for who meets it the first time
	Mitigation []string // what to do about it, the most urgent first
	Yields     []string // the types that say the same more exactly: where one of them tells of the same offender, this one keeps quiet

	New    func() Detector // makes one with its default tunables
	Tuning Tuning          // what of it may be set
}

// Detector watches records of the kinds it wants. Its order of calls is the order of the records.
type Detector interface {
	// Observe looks at one record. Most records find nothing, and then nothing is allocated.
	Observe(r events.Record, v device.View) []Finding
	// Tick is called about once a second of packet time, for what only time can tell.
	Tick(now events.Time, v device.View) []Finding
}

// Closer is a detector that still has something to say when no more records come.
type Closer interface {
	Close(v device.View) []Finding
}

// Limited is a detector that says how often it had to forget something for want of room.
type Limited interface {
	Overflow() uint64
}

// Watcher is a detector of how devices behave, rather than of what they say: it is shown each minute of each device that was active in
// it, and each hour that is over, before the model learns them.
type Watcher interface {
	Watch(t *device.Turned, v device.View) []Finding
}

// Keeper is whoever remembers for longer than a restart may take away. Both calls come from the goroutine of the records.
type Keeper interface {
	// Save hands over what changed since it was called last, by key; a nil value says that the key is gone. Both are borrowed.
	Save(put func(key, value []byte))
	// Load takes back a value before the first record comes. An error is about this one value, which is then left out.
	Load(key, value []byte) error
}

// Sliced is a Keeper that may have so much to save that doing it at one go would hold the packets up.
type Sliced interface {
	Keeper
	// SaveSome is Save entry by entry, until put says that it is enough for now; the entry that it said so of is taken. The next call goes
	// on with what is left. It says whether nothing is left.
	SaveSome(put func(key, value []byte) (more bool)) (done bool)
}

// Finding is what a detector has to say, once at its threshold and again at the next order of magnitude.
type Finding struct {
	Key         string  // what goes on, within the type: findings of equal keys are one detection
	Description string  // one plain sentence with numbers
	Confidence  float64 // 0 to 1
	Offenders   []Party
	Victims     []Party
	Techniques  []string       // where they differ from the Spec's
	Terms       []events.Term  // what this instance adds to the risk, or takes from it
	Properties  map[string]any // typed evidence
	UIDs        []string       // conversations it rests on
	Start, End  events.Time    // of the evidence
	VNI         uint32
	Sensor      string
	Final       bool // the last word on what was told before: it brings the numbers up to date and is no alert
}

// Party is one end of what goes on. Of packets it is an address. Who calls an AWS API, and what the call is about, may have none: then it
// is what AWS calls it.
type Party struct {
	Addr     netip.Addr
	Port     uint16 // 0 where no single port matters
	Endpoint string // Client or Server
	AWS      *Named // nil where nothing but the address is known
}

// Named is what AWS calls a party. What is not known is empty.
type Named struct {
	User      string // who called, an ARN shortened to what tells
	Thing     string // that is no host, as ARNs write it: "trail/main"
	Interface string // eni-...
	Instance  string // i-...
	VPC       string // vpc-...
	Account   string // a party that is nothing but its account is nobody
}

// The endpoints of a Party: which way the connection went, not who is to blame.
const (
	Client = "client"
	Server = "server"
)

// The roles of a participant.
const (
	Offender = "offender"
	Victim   = "victim"
)
