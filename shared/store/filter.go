package store

import (
	"net/netip"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// DetectionFilter says which detections are meant. It is the same in a search, in a tuning rule, in a notification rule and in a saved
// view. Members that are empty say nothing; of those that are not all must hold; of a list's values any may.
type DetectionFilter struct {
	From         *time.Time `json:"from,omitempty"` // started at or after
	To           *time.Time `json:"to,omitempty"`   // started before
	UpdatedFrom  *time.Time `json:"updated_from,omitempty"`
	UpdatedTo    *time.Time `json:"updated_to,omitempty"`
	ModifiedFrom *time.Time `json:"modified_from,omitempty"` // stored or triaged at or after: what to poll on
	Ongoing      *bool      `json:"ongoing,omitempty"`       // has no end yet

	IDs         []string            `json:"ids,omitempty"`
	Types       []string            `json:"types,omitempty"`
	Categories  []string            `json:"categories,omitempty"`
	Tactics     []string            `json:"tactics,omitempty"`
	Techniques  []string            `json:"techniques,omitempty"` // "T1110" means its sub-techniques too
	Bands       []events.Band       `json:"bands,omitempty"`
	MinScore    int                 `json:"min_score,omitempty"`
	MaxScore    int                 `json:"max_score,omitempty"`
	Statuses    []events.Status     `json:"statuses,omitempty"`
	Resolutions []events.Resolution `json:"resolutions,omitempty"`
	Assignees   []string            `json:"assignees,omitempty"` // "" is nobody
	Sensors     []string            `json:"sensors,omitempty"`
	VNIs        []uint32            `json:"vnis,omitempty"`
	Text        string              `json:"text,omitempty"` // in Text(d), whatever the case; at least MinText bytes

	Participant *ParticipantFilter `json:"participant,omitempty"` // one participant, whatever its role, meets all of it
	Offender    *ParticipantFilter `json:"offender,omitempty"`    // one offender meets all of it
	Victim      *ParticipantFilter `json:"victim,omitempty"`      // one victim meets all of it

	Hidden Hidden            `json:"hidden,omitempty"`
	Not    []DetectionFilter `json:"not,omitempty"` // none of these holds; their Hidden and Not are ignored
}

// MinText is the shortest text that can be searched for.
const MinText = 3

// Hidden says what to do about detections that a tuning rule hides.
type Hidden string

// The choices; the zero value leaves them out.
const (
	HiddenExclude Hidden = ""
	HiddenInclude Hidden = "include"
	HiddenOnly    Hidden = "only"
)

// ParticipantFilter says which participant is meant; it works as DetectionFilter does.
type ParticipantFilter struct {
	Devices    []string          `json:"devices,omitempty"`
	Addresses  []netip.Prefix    `json:"addresses,omitempty"` // a single address is a /32 or /128
	Hostnames  []string          `json:"hostnames,omitempty"` // "example.com" means names below it too; whatever the case
	VPCs       []string          `json:"vpcs,omitempty"`
	Accounts   []string          `json:"accounts,omitempty"`
	Interfaces []string          `json:"interfaces,omitempty"`
	Instances  []string          `json:"instances,omitempty"`
	Users      []string          `json:"users,omitempty"`
	Tags       map[string]string `json:"tags,omitempty"` // all of them; "*" is any value
	Ports      []uint16          `json:"ports,omitempty"`
	External   *bool             `json:"external,omitempty"`
}

// DetectionQuery asks for a page of detections.
type DetectionQuery struct {
	Filter DetectionFilter
	Sort   Sort
	Limit  int    // 1 to MaxPage; 0: DefaultPage
	Cursor string // Page.Next of the page before; the rest of the query must be as it was
	Count  bool   // also count all that match
}

// Sort is an order of detections. Equal ones follow in the order of their ids.
type Sort string

// The orders; the zero value is ByStart.
const (
	ByStart   Sort = "-start"  // newest first
	ByUpdate  Sort = "-update" // last active first
	ByScore   Sort = "-score"  // worst first, newest among equals
	ByOldest  Sort = "start"
	ByCreated Sort = "created" // in the order of storing: what an export follows
)

// Sorts lists every order there is.
func Sorts() []Sort { return []Sort{ByStart, ByUpdate, ByScore, ByOldest, ByCreated} }

// Limits of a page.
const (
	DefaultPage = 50
	MaxPage     = 1000
)

// Page is what every list says beside its items.
type Page struct {
	Next     string // cursor of the next page; empty at the end
	Complete bool   // nothing that matches is missing from this page: false where the store gave up early and says so
	Why      string // where not Complete: one sentence
	Total    int    // all that match, where it was asked for and Complete; else -1
}

// DetectionPage is a page of detections.
type DetectionPage struct {
	Page
	Items []events.Detection
}

// HistogramQuery says how to count by time.
type HistogramQuery struct {
	From, To time.Time
	Buckets  int // 1 to MaxBuckets, of equal length; the last may end after To
}

// MaxBuckets is the most bars that a histogram has.
const MaxBuckets = 1000

// Histogram counts detections by their start.
type Histogram struct {
	Complete bool
	Why      string
	Step     time.Duration
	Buckets  []Bucket // all of them, empty ones too
}

// Bucket is one bar.
type Bucket struct {
	Start time.Time           `json:"start"`
	Count int                 `json:"count"`
	Bands map[events.Band]int `json:"bands,omitempty"` // by band; none with zero
}

// GroupBy is a field to group by.
type GroupBy string

// The fields. A detection with several values (offenders, techniques) counts in each of their groups.
const (
	GroupType      GroupBy = "type"
	GroupCategory  GroupBy = "category"
	GroupStatus    GroupBy = "status"
	GroupBand      GroupBy = "band"
	GroupTactic    GroupBy = "tactic"
	GroupTechnique GroupBy = "technique"
	GroupOffender  GroupBy = "offender" // by device
	GroupVictim    GroupBy = "victim"
	GroupVPC       GroupBy = "vpc"
	GroupAccount   GroupBy = "account"
	GroupAssignee  GroupBy = "assignee"
	GroupSensor    GroupBy = "sensor"
	GroupVNI       GroupBy = "vni"
)

// GroupBys lists every field there is to group by.
func GroupBys() []GroupBy {
	return []GroupBy{
		GroupType, GroupCategory, GroupStatus, GroupBand, GroupTactic, GroupTechnique, GroupOffender, GroupVictim, GroupVPC,
		GroupAccount, GroupAssignee, GroupSensor, GroupVNI,
	}
}

// GroupQuery says how to group.
type GroupQuery struct {
	By      GroupBy
	Limit   int // 1 to MaxGroups; 0: MaxGroups
	Buckets int // bars of each group's small histogram over the filter's From and To; 0: none
}

// MaxGroups is the most groups that an answer has.
const MaxGroups = 1000

// Groups is what was counted.
type Groups struct {
	Complete bool // false where the store gave up early, or where there were more than Limit groups
	Why      string
	Total    int // groups there are, those beyond Limit included
	Items    []Group
}

// Group is one value of the field.
type Group struct {
	Key       string    `json:"key"`   // the value; "" is none
	Label     string    `json:"label"` // for a person: the type's title, the device's hostname; else the key
	Count     int       `json:"count"`
	Open      int       `json:"open"` // of status open
	MaxScore  int       `json:"max_score"`
	Latest    time.Time `json:"latest"`    // the last Update
	Offenders int       `json:"offenders"` // different devices
	Victims   int       `json:"victims"`
	Bars      []int     `json:"bars,omitempty"`
}

// TriageChange is what somebody says of a detection. What is nil stays.
type TriageChange struct {
	IfRevision *int64
	Status     *events.Status
	Resolution *events.Resolution
	Assignee   *string
	Note       *string // added
	HiddenBy   *string // "" shows it again
}
