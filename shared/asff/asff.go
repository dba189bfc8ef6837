// Package asff writes detections in the AWS Security Finding Format, which Security Hub's BatchImportFindings takes. What comes in is
// a detection and the account that reports it; what goes out is a value for encoding/json within the format's documented limits: what
// is longer is cut. It never calls AWS.
package asff

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// The limits of the format, as its reference in the Security Hub user guide gives them. Text is measured in characters.
const (
	SchemaVersion    = "2018-10-08"
	MaxID            = 512
	MaxTitle         = 256
	MaxDescription   = 1024
	MaxResources     = 32
	MaxTypes         = 50
	MaxProductFields = 50
	MaxFieldKey      = 128
	MaxFieldValue    = 2048
	MaxNote          = 512
	MaxTags          = 50
	MaxTagKey        = 128
	MaxTagValue      = 256
	MaxRegion        = 16
	MaxDomain        = 128
	MaxOtherKey      = 128
	MaxOtherValue    = 1024
	MaxFinding       = 240 << 10 // bytes of one finding as JSON
)

// About is what a finding says beyond the detection.
type About struct {
	Time       time.Time // of the event
	Account    string    // of the sensor, 12 digits; empty: UnknownAccount
	Region     string    // empty: UnknownRegion
	Partition  string    // empty: aws, aws-cn, aws-us-gov as the region has it
	ProductARN string    // empty: the account's own product
	Version    string    // of the product
	URL        string    // page of the detection, for people; may be empty
}

// What stands for an account and a region where there is no AWS: Security Hub refuses them, and other readers of the format do not.
const (
	UnknownAccount = "000000000000"
	UnknownRegion  = "us-east-1"
)

// Finding is an AwsSecurityFinding.
type Finding struct {
	SchemaVersion         string
	ID                    string `json:"Id"`
	ProductARN            string `json:"ProductArn"`
	ProductName           string `json:",omitempty"`
	CompanyName           string `json:",omitempty"`
	Region                string `json:",omitempty"`
	GeneratorID           string `json:"GeneratorId"`
	AwsAccountID          string `json:"AwsAccountId"`
	Types                 []string
	FirstObservedAt       string
	LastObservedAt        string
	CreatedAt             string
	UpdatedAt             string
	Severity              Severity
	Confidence            int
	Criticality           int
	Title                 string
	Description           string
	ProductFields         map[string]string `json:",omitempty"`
	Network               *Network          `json:",omitempty"`
	Resources             []Resource
	Workflow              Workflow
	SourceURL             string `json:"SourceUrl,omitempty"`
	RecordState           string
	Note                  *Note `json:",omitempty"`
	FindingProviderFields ProviderFields
}

// Severity is how bad it is, in a word and from 0 to 100.
type Severity struct {
	Label      string
	Normalized int `json:",omitempty"`
	Original   string
}

// ProviderFields is what the product itself said, kept apart from what people change.
type ProviderFields struct {
	Confidence  int
	Criticality int
	Severity    struct{ Label, Original string }
	Types       []string
}

// Network is the conversation, where there is one.
type Network struct {
	Direction       string `json:",omitempty"`
	SourceIPV4      string `json:"SourceIpV4,omitempty"`
	SourceIPV6      string `json:"SourceIpV6,omitempty"`
	SourcePort      int    `json:",omitempty"`
	SourceDomain    string `json:",omitempty"`
	DestinationIPV4 string `json:"DestinationIpV4,omitempty"`
	DestinationIPV6 string `json:"DestinationIpV6,omitempty"`
	DestinationPort int    `json:",omitempty"`
	DestDomain      string `json:"DestinationDomain,omitempty"`
}

// Resource is what the finding is about.
type Resource struct {
	Type      string
	ID        string            `json:"Id"`
	Partition string            `json:",omitempty"`
	Region    string            `json:",omitempty"`
	Tags      map[string]string `json:",omitempty"`
	Details   *Details          `json:",omitempty"`
}

// Details is what more is known of a resource.
type Details struct {
	AwsEc2Instance         *Instance         `json:",omitempty"`
	AwsEc2NetworkInterface *Interface        `json:",omitempty"`
	Other                  map[string]string `json:",omitempty"`
}

// Instance is an EC2 instance.
type Instance struct {
	Type                  string      `json:",omitempty"`
	IPV4Addresses         []string    `json:"IpV4Addresses,omitempty"`
	IPV6Addresses         []string    `json:"IpV6Addresses,omitempty"`
	IamInstanceProfileArn string      `json:",omitempty"`
	VPCID                 string      `json:"VpcId,omitempty"`
	SubnetID              string      `json:"SubnetId,omitempty"`
	NetworkInterfaces     []Interface `json:",omitempty"` // of these the id alone
}

// Interface is a network interface.
type Interface struct {
	NetworkInterfaceID string           `json:"NetworkInterfaceId,omitempty"`
	PrivateIPAddresses []PrivateAddress `json:"PrivateIpAddresses,omitempty"`
	PublicIP           string           `json:"PublicIp,omitempty"`
	SecurityGroups     []SecurityGroup  `json:",omitempty"`
}

// PrivateAddress is one of an interface's.
type PrivateAddress struct {
	PrivateIPAddress string `json:"PrivateIpAddress"`
}

// SecurityGroup is one that holds for an interface.
type SecurityGroup struct {
	GroupID string `json:"GroupId"`
}

// Workflow is where the work on a finding stands.
type Workflow struct{ Status string }

// Note is the last note.
type Note struct{ Text, UpdatedBy, UpdatedAt string }

// New writes a detection as a finding.
func New(d *events.Detection, a About) Finding {
	a = a.filled()
	label, normalized := severity(d.Risk)
	f := Finding{
		SchemaVersion: SchemaVersion, ID: clip("mirrorwatch/"+a.Region+"/"+a.Account+"/"+d.ID, MaxID), ProductARN: a.ProductARN,
		ProductName: "Mirrorwatch", CompanyName: "Mirrorwatch", Region: a.Region, GeneratorID: clip("mirrorwatch/"+d.Type, MaxID), AwsAccountID: a.Account,
		Types: taxonomy(d), FirstObservedAt: stamp(d.Start), LastObservedAt: stamp(lastSeen(d)), CreatedAt: stamp(created(d)), UpdatedAt: stamp(a.Time),
		Severity:   Severity{Label: label, Normalized: normalized, Original: strconv.Itoa(d.Risk.Score)},
		Confidence: percent(d.Confidence), Criticality: criticality(d.Risk.Impact), Title: title(d), Description: description(d),
		ProductFields: productFields(d, a), Network: network(d), Resources: resources(d, a), Workflow: Workflow{workflow(d)}, SourceURL: a.URL, RecordState: "ACTIVE", Note: note(d),
	}
	if a.Time.Before(created(d)) {
		f.UpdatedAt = f.CreatedAt
	}
	p := &f.FindingProviderFields
	p.Confidence, p.Criticality, p.Types = f.Confidence, f.Criticality, f.Types
	p.Severity.Label, p.Severity.Original = label, f.Severity.Original
	return f.fitted()
}

// fitted drops what is least missed where a finding is larger than the format allows: tags, and then the product's fields.
func (f Finding) fitted() Finding {
	tooLarge := func() bool {
		b, err := json.Marshal(f)
		return err != nil || len(b) > MaxFinding
	}
	for i := len(f.Resources) - 1; i >= 0 && tooLarge(); i-- {
		f.Resources[i].Tags = nil
	}
	if tooLarge() {
		f.ProductFields = nil
	}
	return f
}

func (a About) filled() About {
	if a.Account == "" {
		a.Account = UnknownAccount
	}
	if a.Region == "" || len(a.Region) > MaxRegion {
		a.Region = UnknownRegion
	}
	if a.Partition == "" {
		a.Partition = "aws"
		for prefix, p := range map[string]string{"cn-": "aws-cn", "us-gov-": "aws-us-gov"} {
			if strings.HasPrefix(a.Region, prefix) {
				a.Partition = p
			}
		}
	}
	if a.ProductARN == "" {
		a.ProductARN = fmt.Sprintf("arn:%s:securityhub:%s:%s:product/%s/default", a.Partition, a.Region, a.Account, a.Account)
	}
	return a
}

// stamp is the format's time: RFC 3339 in UTC with milliseconds.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func lastSeen(d *events.Detection) time.Time {
	if d.End != nil {
		return *d.End
	}
	return d.Update
}

func created(d *events.Detection) time.Time {
	if d.Created != nil {
		return *d.Created
	}
	return d.Start
}

func percent(confidence float64) int {
	if math.IsNaN(confidence) {
		return 0
	}
	return int(math.Round(100 * min(max(confidence, 0), 1)))
}

// clip gives at most limit characters.
func clip(s string, limit int) string {
	s = strings.ToValidUTF8(s, "?")
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	return string([]rune(s)[:limit-1]) + "…"
}

func title(d *events.Detection) string {
	s := d.Title
	if s == "" {
		s = d.Type
	}
	for _, p := range d.Participants {
		if p.Role == "offender" && p.Address.IsValid() {
			s += " by " + p.Address.Unmap().String()
			break
		}
	}
	return clip(s, MaxTitle)
}

func description(d *events.Detection) string {
	if d.Description == "" {
		return title(d)
	}
	return clip(d.Description, MaxDescription)
}

func note(d *events.Detection) *Note {
	if len(d.Notes) == 0 {
		return nil
	}
	n := d.Notes[len(d.Notes)-1]
	if n.Text == "" || n.Author == "" {
		return nil
	}
	return &Note{Text: clip(n.Text, MaxNote), UpdatedBy: clip(n.Author, MaxNote), UpdatedAt: stamp(n.Time)}
}
