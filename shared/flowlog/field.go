package flowlog

import "strings"

// Field is one of the 42 fields that a flow log may have.
type Field uint8

// The fields that are numbers, addresses and words of a fixed set. The text fields come after them.
const (
	Version Field = iota
	SrcAddr
	DstAddr
	SrcPort
	DstPort
	Protocol
	Packets
	Bytes
	Start
	End
	ActionTaken
	LogStatus
	TCPFlags
	PktSrcAddr
	PktDstAddr
	FlowDirection
	TrafficPath
	Account
	Interface
	VPC
	Subnet
	Instance
	Type
	Region
	Zone
	SublocationType
	SublocationID
	PktSrcService
	PktDstService
	ECSClusterARN
	ECSClusterName
	ECSContainerInstanceARN
	ECSContainerInstanceID
	ECSContainerID
	ECSSecondContainerID
	ECSServiceName
	ECSTaskDefinitionARN
	ECSTaskARN
	ECSTaskID
	RejectReason
	ResourceID
	EncryptionStatus

	fieldCount = int(EncryptionStatus) + 1
	firstText  = Account
	textCount  = fieldCount - int(firstText)
	unknown    = Field(fieldCount) // a column whose name we do not know
)

// sort is what a field's values look like.
type sort uint8

const (
	plain sort = iota
	number
	address
	word
)

// A spec says what a field is called, since which version of the format it is there, and what its values may be.
type spec struct {
	name    string
	version uint8
	sort    sort
	most    uint64 // of a number
	allowed string // for a person
}

// mostSeconds is the last second that fits into nanoseconds: in the year 2262.
const mostSeconds = 9_223_372_035

var specs = [fieldCount]spec{
	Version:                 {"version", 2, number, 255, "a number, 0 to 255"},
	SrcAddr:                 {"srcaddr", 2, address, 0, "an IPv4 or IPv6 address"},
	DstAddr:                 {"dstaddr", 2, address, 0, "an IPv4 or IPv6 address"},
	SrcPort:                 {"srcport", 2, number, 65535, "a port, 0 to 65535"},
	DstPort:                 {"dstport", 2, number, 65535, "a port, 0 to 65535"},
	Protocol:                {"protocol", 2, number, 255, "an IP protocol number, 0 to 255"},
	Packets:                 {"packets", 2, number, 1<<63 - 1, "a whole number, not negative"},
	Bytes:                   {"bytes", 2, number, 1<<63 - 1, "a whole number, not negative"},
	Start:                   {"start", 2, number, mostSeconds, "seconds since 1970, at most 9223372035"},
	End:                     {"end", 2, number, mostSeconds, "seconds since 1970, at most 9223372035"},
	ActionTaken:             {"action", 2, word, 0, "ACCEPT or REJECT"},
	LogStatus:               {"log-status", 2, word, 0, "OK, NODATA or SKIPDATA"},
	Account:                 {name: "account-id", version: 2},
	Interface:               {name: "interface-id", version: 2},
	VPC:                     {name: "vpc-id", version: 3},
	Subnet:                  {name: "subnet-id", version: 3},
	Instance:                {name: "instance-id", version: 3},
	TCPFlags:                {"tcp-flags", 3, number, 255, "the TCP flags or-ed, 0 to 255"},
	Type:                    {name: "type", version: 3},
	PktSrcAddr:              {"pkt-srcaddr", 3, address, 0, "an IPv4 or IPv6 address"},
	PktDstAddr:              {"pkt-dstaddr", 3, address, 0, "an IPv4 or IPv6 address"},
	Region:                  {name: "region", version: 4},
	Zone:                    {name: "az-id", version: 4},
	SublocationType:         {name: "sublocation-type", version: 4},
	SublocationID:           {name: "sublocation-id", version: 4},
	PktSrcService:           {name: "pkt-src-aws-service", version: 5},
	PktDstService:           {name: "pkt-dst-aws-service", version: 5},
	FlowDirection:           {"flow-direction", 5, word, 0, "ingress or egress"},
	TrafficPath:             {"traffic-path", 5, number, 255, "a number, 1 to 8"},
	ECSClusterARN:           {name: "ecs-cluster-arn", version: 7},
	ECSClusterName:          {name: "ecs-cluster-name", version: 7},
	ECSContainerInstanceARN: {name: "ecs-container-instance-arn", version: 7},
	ECSContainerInstanceID:  {name: "ecs-container-instance-id", version: 7},
	ECSContainerID:          {name: "ecs-container-id", version: 7},
	ECSSecondContainerID:    {name: "ecs-second-container-id", version: 7},
	ECSServiceName:          {name: "ecs-service-name", version: 7},
	ECSTaskDefinitionARN:    {name: "ecs-task-definition-arn", version: 7},
	ECSTaskARN:              {name: "ecs-task-arn", version: 7},
	ECSTaskID:               {name: "ecs-task-id", version: 7},
	RejectReason:            {name: "reject-reason", version: 8},
	ResourceID:              {name: "resource-id", version: 9},
	EncryptionStatus:        {name: "encryption-status", version: 10},
}

// DefaultFormat is what a flow log has where nobody asked for anything else.
const DefaultFormat = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"

// Fields lists every field there is.
func Fields() []Field {
	list := make([]Field, fieldCount)
	for i := range list {
		list[i] = Field(i)
	}
	return list
}

// String is the field's name as AWS writes it in text: "pkt-srcaddr".
func (f Field) String() string {
	if int(f) < fieldCount {
		return specs[f].name
	}
	return "unknown"
}

// Since is the version of the format that brought the field: 2 to 10.
func (f Field) Since() int {
	if int(f) < fieldCount {
		return int(specs[f].version)
	}
	return 0
}

// fieldOf finds a field by its name, as text files, formats and Parquet columns write it.
func fieldOf(name string) Field {
	name = strings.ReplaceAll(name, "_", "-")
	for f := range specs {
		if specs[f].name == name {
			return Field(f)
		}
	}
	return unknown
}

// maxColumns is how many columns a file may have. There are 42 fields; the rest is room for those to come.
const maxColumns = 128

// formatOf reads a format as CreateFlowLogs takes it ("${version} ${srcaddr}"), or as a header line has it. Names that we do not know
// are columns that are passed over; they are given, too.
func formatOf(s string) (columns []Field, strange []string) {
	for name := range strings.FieldsSeq(s) {
		name = strings.TrimSuffix(strings.TrimPrefix(name, "${"), "}")
		f := fieldOf(name)
		if f == unknown && len(strange) < maxColumns {
			strange = append(strange, shorten(name))
		}
		columns = append(columns, f)
	}
	return columns, strange
}

// isHeader says whether a line names fields: one of ours stands in it, and no number does.
func isHeader(line string) bool {
	known := false
	for name := range strings.FieldsSeq(line) {
		if name[0] >= '0' && name[0] <= '9' || name == "-" {
			return false
		}
		known = known || fieldOf(strings.TrimSuffix(strings.TrimPrefix(name, "${"), "}")) != unknown
	}
	return known
}
