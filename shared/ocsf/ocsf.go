// Package ocsf writes detections in the form of the Open Cybersecurity Schema Framework: a Detection Finding (class 2004) of schema
// 1.1.0, which is what Amazon Security Lake takes and what every later 1.x reads. What comes in is a detection and what is known of its
// event; what goes out is a value for encoding/json. It never leaves out a member that the schema requires.
package ocsf

import (
	"math"
	"strconv"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// The class, in the words of the schema.
const (
	Version     = "1.1.0"
	CategoryUID = 2
	ClassUID    = 2004
)

// About is what a finding says beyond the detection.
type About struct {
	Event    string // id of the event that it tells of
	Type     events.DetailType
	Time     time.Time
	Sequence int64
	Version  string // of the product
	Account  string // AWS account and region of the sensor; empty outside AWS
	Region   string
	URL      string // page of the detection, for people; may be empty
}

// Finding is a Detection Finding. Times are milliseconds since 1970, as the schema has them.
type Finding struct {
	ActivityID      int          `json:"activity_id"`
	ActivityName    string       `json:"activity_name"`
	CategoryUID     int          `json:"category_uid"`
	CategoryName    string       `json:"category_name"`
	ClassUID        int          `json:"class_uid"`
	ClassName       string       `json:"class_name"`
	TypeUID         int          `json:"type_uid"`
	TypeName        string       `json:"type_name"`
	Time            int64        `json:"time"`
	StartTime       int64        `json:"start_time"`
	EndTime         int64        `json:"end_time"`
	TimezoneOffset  int          `json:"timezone_offset"` // all is in UTC
	Count           int          `json:"count,omitempty"`
	Message         string       `json:"message"`
	SeverityID      int          `json:"severity_id"`
	Severity        string       `json:"severity"`
	StatusID        int          `json:"status_id"`
	Status          string       `json:"status"`
	StatusDetail    string       `json:"status_detail,omitempty"`
	Comment         string       `json:"comment,omitempty"`
	ConfidenceID    int          `json:"confidence_id"`
	Confidence      string       `json:"confidence"`
	ConfidenceScore int          `json:"confidence_score"`
	ImpactID        int          `json:"impact_id"`
	Impact          string       `json:"impact"`
	RiskLevelID     int          `json:"risk_level_id"`
	RiskLevel       string       `json:"risk_level"`
	RiskScore       int          `json:"risk_score"`
	Metadata        Metadata     `json:"metadata"`
	Cloud           *Cloud       `json:"cloud,omitempty"`
	FindingInfo     Info         `json:"finding_info"`
	Evidences       []Evidence   `json:"evidences"`
	Resources       []Resource   `json:"resources,omitempty"`
	Observables     []Observable `json:"observables,omitempty"`
	Enrichments     []Enrichment `json:"enrichments,omitempty"`
	Unmapped        *Unmapped    `json:"unmapped,omitempty"`
}

// Metadata says who wrote the event, and in which schema.
type Metadata struct {
	Version        string   `json:"version"`
	Product        Product  `json:"product"`
	UID            string   `json:"uid,omitempty"`
	EventCode      string   `json:"event_code,omitempty"`
	CorrelationUID string   `json:"correlation_uid,omitempty"` // the incident
	Sequence       int64    `json:"sequence,omitempty"`
	Profiles       []string `json:"profiles,omitempty"`
}

// Cloud is where the sensor stands: the schema's profile "cloud", which metadata.profiles names.
type Cloud struct {
	Provider string   `json:"provider"`
	Account  *Account `json:"account,omitempty"`
	Region   string   `json:"region,omitempty"`
}

// Account is an AWS account.
type Account struct {
	UID    string `json:"uid"`
	TypeID int    `json:"type_id"`
	Type   string `json:"type"`
}

// Product is Mirrorwatch.
type Product struct {
	Name       string `json:"name"`
	VendorName string `json:"vendor_name"`
	UID        string `json:"uid"`
	Version    string `json:"version,omitempty"`
}

// Info is what the finding is.
type Info struct {
	UID           string   `json:"uid"`
	Title         string   `json:"title"`
	Desc          string   `json:"desc,omitempty"`
	Types         []string `json:"types,omitempty"`
	CreatedTime   int64    `json:"created_time,omitempty"`
	ModifiedTime  int64    `json:"modified_time,omitempty"`
	FirstSeenTime int64    `json:"first_seen_time"`
	LastSeenTime  int64    `json:"last_seen_time"`
	DataSources   []string `json:"data_sources,omitempty"`
	ProductUID    string   `json:"product_uid,omitempty"`
	SrcURL        string   `json:"src_url,omitempty"`
	Analytic      Analytic `json:"analytic"`
	Attacks       []Attack `json:"attacks,omitempty"`
}

// Analytic is the detector.
type Analytic struct {
	UID      string `json:"uid"`
	Name     string `json:"name"`
	Category string `json:"category,omitempty"`
	TypeID   int    `json:"type_id"`
	Type     string `json:"type"`
	Version  string `json:"version,omitempty"`
}

// Evidence is one participant, and what the detector measured.
type Evidence struct {
	SrcEndpoint *Endpoint `json:"src_endpoint,omitempty"`
	DstEndpoint *Endpoint `json:"dst_endpoint,omitempty"`
	Data        any       `json:"data,omitempty"`
}

// Endpoint is one side of a conversation.
type Endpoint struct {
	IP           string `json:"ip,omitempty"`
	Port         int    `json:"port,omitempty"`
	Hostname     string `json:"hostname,omitempty"`
	Name         string `json:"name,omitempty"` // a name that no host may bear, as the network gave it
	UID          string `json:"uid,omitempty"`
	InstanceUID  string `json:"instance_uid,omitempty"`
	InterfaceUID string `json:"interface_uid,omitempty"`
	VPCUID       string `json:"vpc_uid,omitempty"`
	SubnetUID    string `json:"subnet_uid,omitempty"`
}

// Resource is an affected machine of one's own.
type Resource struct {
	UID    string   `json:"uid"`
	Name   string   `json:"name,omitempty"`
	Type   string   `json:"type"`
	Labels []string `json:"labels,omitempty"`
}

// Observable is a value to search by, and where in the finding it is.
type Observable struct {
	Name   string `json:"name"`
	TypeID int    `json:"type_id"`
	Type   string `json:"type"`
	Value  string `json:"value"`
}

// Unmapped is what the schema has no place for.
type Unmapped struct {
	Category            string        `json:"category,omitempty"`
	Assignee            string        `json:"assignee,omitempty"`
	Resolution          string        `json:"resolution,omitempty"`
	Sensor              string        `json:"sensor,omitempty"`
	VNI                 uint32        `json:"vni,omitempty"`
	UIDs                []string      `json:"uids,omitempty"`
	RiskTerms           []events.Term `json:"risk_terms,omitempty"`
	GuardDutyEquivalent string        `json:"guardduty_equivalent,omitempty"`
}

// New writes a detection as a finding.
func New(d *events.Detection, a About) Finding {
	f := Finding{
		CategoryUID: CategoryUID, CategoryName: "Findings", ClassUID: ClassUID, ClassName: "Detection Finding",
		Time: millis(a.Time), StartTime: millis(d.Start), EndTime: millis(lastSeen(d)), Count: len(d.Activity), Message: clip(d.Description),
		StatusDetail: clip(string(d.Resolution)), ConfidenceScore: percent(d.Confidence), RiskScore: d.Risk.Score,
		Metadata: Metadata{
			Version: Version, UID: clip(a.Event), EventCode: clip(d.Type), Sequence: a.Sequence,
			Product: Product{Name: "Mirrorwatch", VendorName: "Mirrorwatch", UID: "mirrorwatch", Version: clip(a.Version)},
		},
		Cloud: cloud(a), FindingInfo: info(d), Evidences: evidences(d), Resources: resources(d), Observables: observables(d), Unmapped: unmapped(d),
		Enrichments: enrichments(d),
	}
	f.FindingInfo.SrcURL = a.URL
	if d.Context != nil {
		f.Metadata.CorrelationUID = clip(d.Context.Incident)
	}
	if f.Cloud != nil {
		f.Metadata.Profiles = []string{"cloud"}
	}
	f.ActivityID, f.ActivityName = activity(a.Type)
	f.TypeUID, f.TypeName = ClassUID*100+f.ActivityID, "Detection Finding: "+f.ActivityName
	f.SeverityID, f.Severity = severity(d.Risk.Band)
	f.RiskLevelID, f.RiskLevel = riskLevel(d.Risk.Band)
	f.StatusID, f.Status = status(d)
	f.ConfidenceID, f.Confidence = confidence(d.Confidence)
	f.ImpactID, f.Impact = level(d.Risk.Impact)
	if n := len(d.Notes); n > 0 {
		f.Comment = clip(d.Notes[n-1].Text)
	}
	return f
}

func info(d *events.Detection) Info {
	title, kind := clip(d.Title), clip(d.Type)
	if title == "" {
		title = kind
	}
	i := Info{
		UID: clip(d.ID), Title: title, Desc: clip(d.Description), Types: []string{kind}, FirstSeenTime: millis(d.Start), LastSeenTime: millis(lastSeen(d)),
		ProductUID: "mirrorwatch", DataSources: dataSources(d), Attacks: attacks(d),
		Analytic: Analytic{UID: kind, Name: title, Category: clip(d.Category), TypeID: 2, Type: "Behavioral", Version: strconv.Itoa(d.DetectorVersion)},
	}
	if d.Created != nil {
		i.CreatedTime = millis(*d.Created)
	}
	if d.Modified != nil {
		i.ModifiedTime = millis(*d.Modified)
	}
	return i
}

// millis is the schema's timestamp_t.
func millis(t time.Time) int64 {
	return max(t.UnixMilli(), 0) // no time, and any before 1970, is none
}

func lastSeen(d *events.Detection) time.Time {
	if d.End != nil {
		return *d.End
	}
	return d.Update
}

func percent(confidence float64) int {
	if math.IsNaN(confidence) {
		return 0
	}
	return int(math.Round(100 * min(max(confidence, 0), 1)))
}

func unmapped(d *events.Detection) *Unmapped {
	return &Unmapped{
		Category: d.Category, Assignee: d.Assignee, Resolution: string(d.Resolution), Sensor: d.Sensor, VNI: d.VNI,
		UIDs: d.Evidence.UIDs, RiskTerms: d.Risk.Terms, GuardDutyEquivalent: d.GuardDutyEquivalent,
	}
}
