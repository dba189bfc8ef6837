// Package trigger says what an event of AWS gives reason to look at. What comes in is the bytes of one EventBridge event; what goes out
// is a Trigger with keys: an instance, an interface, or an account and region whole. Events are hints: they come late, twice, out of
// order or never, so a key says where to look and never what is there. It never asks AWS anything and never fails on an event that it
// does not know: that one has no keys, and says why.
package trigger

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/mirrorwatch/mirrorwatch/events"
)

const (
	mostBytes = 256 << 10 // EventBridge's own bound of an event
	mostKeys  = 1000      // of one event: beyond it the account is swept
	mostAlone = 50        // keys of one account and region that are looked at one by one: a sweep of all costs fewer calls than more
	mostText  = 200       // letters of whatever an event says that are repeated
	mostID    = 512       // bytes of an event's id and of a resource's ARN
)

// Kind is what a key names.
type Kind string

// The kinds of keys.
const (
	Instance  Kind = "instance"
	Interface Kind = "interface"
	Sweep     Kind = "account" // an account and region whole; without account, everything
)

// Key is what to look at.
type Key struct {
	Account string `json:"account,omitempty"`
	Region  string `json:"region,omitempty"`
	Kind    Kind   `json:"kind"`
	ID      string `json:"id,omitempty"` // i-... or eni-...; of a sweep empty
}

// everything is the key of the schedule: every account and region there is.
var everything = Key{Kind: Sweep}

// Trigger is one event.
type Trigger struct {
	ID       string    `json:"id"`
	Account  string    `json:"account,omitempty"`
	Region   string    `json:"region,omitempty"`
	Time     time.Time `json:"time"`
	Kind     string    `json:"kind"` // AWS's detail-type
	Keys     []Key     `json:"keys,omitempty"`
	Cause    string    `json:"cause"`              // one phrase, for the audit: "instance i-0abc is running"
	Ignored  string    `json:"ignored,omitempty"`  // why there are no keys
	Resource string    `json:"resource,omitempty"` // that Version counts: an ARN; empty where an event has no version
	Version  int64     `json:"version,omitempty"`
	Actor    string    `json:"actor,omitempty"` // ARN of who called, or the service that did
	Look     bool      `json:"look,omitempty"`  // somebody wants to see what a pass would do: it has no keys, for nothing is to be changed
	By       string    `json:"by,omitempty"`    // who wants to
}

// envelope is what every EventBridge event has.
type envelope struct {
	Version    string          `json:"version"`
	ID         string          `json:"id"`
	DetailType string          `json:"detail-type"`
	Source     string          `json:"source"`
	Account    string          `json:"account"`
	Time       string          `json:"time"`
	Region     string          `json:"region"`
	Resources  []string        `json:"resources"`
	Detail     json.RawMessage `json:"detail"`
}

// known are the events that give reason to look. read may count on a valid account and region.
var known = []struct {
	source, detailType string
	read               func(t *Trigger, e envelope) error
}{
	{"aws.ec2", "EC2 Instance State-change Notification", (*Trigger).stateChange},
	{"aws.tag", "Tag Change on Resource", (*Trigger).tagChange},
	{"", "AWS API Call via CloudTrail", (*Trigger).call}, // the source is the service that was called
	{"aws.autoscaling", "EC2 Instance-launch Lifecycle Action", (*Trigger).scaling},
	{"aws.autoscaling", "EC2 Instance-terminate Lifecycle Action", (*Trigger).scaling},
	{"aws.autoscaling", "EC2 Instance Launch Successful", (*Trigger).scaling},
	{"aws.autoscaling", "EC2 Instance Terminate Successful", (*Trigger).scaling},
	{"aws.ecs", "ECS Task State Change", (*Trigger).task},
}

var (
	accountID  = regexp.MustCompile(`^[0-9]{12}$`)
	regionName = regexp.MustCompile(`^[a-z]{2,4}(-[a-z]{2,12}){1,2}-[1-9][0-9]?$`)
	instanceID = regexp.MustCompile(`^i-[0-9a-f]{1,32}$`)
	eniID      = regexp.MustCompile(`^eni-[0-9a-f]{1,32}$`)
)

// Read reads one event. An error is for what is no event at all, and belongs into the dead-letter queue.
func Read(raw []byte) (Trigger, error) {
	if len(raw) > mostBytes {
		return Trigger{}, fmt.Errorf("read event: %d bytes are more than the %d of an event", len(raw), mostBytes)
	}
	var e envelope
	if err := json.Unmarshal(raw, &e); err != nil {
		return Trigger{}, fmt.Errorf("read event: %w", err)
	}
	if e.ID == "" || len(e.ID) > mostID || e.Source == "" || e.DetailType == "" {
		return Trigger{}, errors.New("read event: id, source and detail-type are missing or too long: it is not from EventBridge")
	}
	t := Trigger{ID: e.ID, Account: e.Account, Region: e.Region, Kind: plain(e.DetailType), Cause: plain(e.DetailType)}
	t.Time, _ = time.Parse(time.RFC3339, e.Time) // without a time it is as good a hint
	t.read(e)
	return t, nil
}

func (t *Trigger) read(e envelope) {
	if e.Version != "0" {
		t.ignore("version %s of events is not known", e.Version)
		return
	}
	if e.Source == "aws.events" && e.DetailType == "Scheduled Event" {
		t.Cause, t.Keys = "the schedule", []Key{everything}
		return
	}
	if e.Source == events.Source && e.DetailType == events.LookWanted {
		t.wanted(e)
		return
	}
	if !accountID.MatchString(e.Account) || !regionName.MatchString(e.Region) {
		t.Account, t.Region = "", ""
		t.ignore("account %q and region %q are none", e.Account, e.Region)
		return
	}
	for _, k := range known {
		if k.detailType == e.DetailType && (k.source == e.Source || k.source == "" && strings.HasPrefix(e.Source, "aws.")) {
			if err := k.read(t, e); err != nil {
				t.ignore("its detail is of a shape that is not known")
			}
			return
		}
	}
	t.ignore("%s of %s is nothing to look at", e.DetailType, e.Source)
}

// wanted reads that somebody wants to see a plan.
func (t *Trigger) wanted(e envelope) {
	var d struct{ By string }
	if err := json.Unmarshal(e.Detail, &d); err != nil {
		t.ignore("its detail is of a shape that is not known")
		return
	}
	t.Look, t.By, t.Cause = true, plain(d.By), "a look that "+plain(d.By)+" asked for"
	t.ignore("a look changes nothing: it is made where its event comes directly")
}

// ignore drops the keys and says why.
func (t *Trigger) ignore(format string, values ...string) {
	args := make([]any, len(values))
	for i, v := range values {
		args[i] = plain(v)
	}
	t.Keys, t.Ignored = nil, fmt.Sprintf(format, args...)
}

// sweep looks at the whole account and region.
func (t *Trigger) sweep() { t.Keys = []Key{{Account: t.Account, Region: t.Region, Kind: Sweep}} }

// look adds an instance or an interface; what is neither is passed over.
func (t *Trigger) look(id string) {
	key := Key{Account: t.Account, Region: t.Region, ID: id}
	switch {
	case instanceID.MatchString(id):
		key.Kind = Instance
	case eniID.MatchString(id):
		key.Kind = Interface
	default:
		return
	}
	if len(t.Keys) < mostKeys+1 && !slices.Contains(t.Keys, key) {
		t.Keys = append(t.Keys, key)
	}
}

// lookAll looks at every id or, where there are too many, or none although the event is about some, at the whole account and region.
func (t *Trigger) lookAll(ids []string, most int) {
	for _, id := range ids {
		t.look(id)
	}
	if len(t.Keys) == 0 || len(t.Keys) > most {
		t.sweep()
	}
}

// plain is text of an event as it may stand in logs and on terminals: printable, and not long.
func plain(s string) string {
	short := []rune(strings.ToValidUTF8(s[:min(len(s), 4*mostText)], "?"))
	for i, c := range short {
		if !unicode.IsPrint(c) {
			short[i] = '?'
		}
	}
	return string(short[:min(len(short), mostText)])
}
