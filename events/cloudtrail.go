package events

import "unsafe"

// KindCloudTrail is the log of calls of AWS APIs.
const KindCloudTrail Kind = "cloudtrail"

// CloudTrail is one call of an AWS API, as AWS CloudTrail tells it. The originator is the address that it came from, where it is one; there
// is no responder. The uid is CloudTrail's eventID. No secret of its parameters is kept. Source: CloudTrail record contents, event
// versions 1.05 to 1.11.
type CloudTrail struct {
	Head
	Name          string   `json:"event_name"`               // RunInstances, ...
	Service       string   `json:"event_source"`             // ec2.amazonaws.com, ...
	Region        string   `json:"aws_region,omitempty"`     //
	Account       string   `json:"account,omitempty"`        // whose trail it is in: recipientAccountId
	From          string   `json:"source_ip,omitempty"`      // sourceIPAddress as it stands: an address, or the name of a service
	Agent         string   `json:"user_agent,omitempty"`     // at most 256 bytes
	PrincipalType string   `json:"principal_type,omitempty"` // IAMUser, AssumedRole, Root, AWSService, ...
	Principal     string   `json:"principal,omitempty"`      // its ARN, or the name of the service
	PrincipalID   string   `json:"principal_id,omitempty"`   // AROA...:session
	PrincipalOf   string   `json:"principal_account,omitempty"`
	User          string   `json:"user,omitempty"`           // userName, or the role's
	Role          string   `json:"role,omitempty"`           // ARN of the role that issued the session
	Session       string   `json:"session,omitempty"`        // role session name; for an instance's own role its id
	Instance      string   `json:"instance,omitempty"`       // i-..., where the session is that of an instance's role
	AccessKey     string   `json:"access_key,omitempty"`     // its id, all but the last four characters of it starred
	KeyHash       string   `json:"key_hash,omitempty"`       // tells keys apart: 16 hexadecimal digits
	InvokedBy     string   `json:"invoked_by,omitempty"`     // the service that called in somebody's name
	MFA           bool     `json:"mfa,omitempty"`            //
	ErrorCode     string   `json:"error_code,omitempty"`     //
	ErrorMessage  string   `json:"error_message,omitempty"`  // at most 256 bytes, redacted
	ReadOnly      bool     `json:"read_only,omitempty"`      //
	EventType     string   `json:"event_type,omitempty"`     // AwsApiCall, AwsConsoleSignIn, ...
	VPCEndpoint   string   `json:"vpc_endpoint,omitempty"`   // through which it came
	Resources     []string `json:"resources,omitempty"`      // ids and ARNs that its parameters and answer name, at most 32
	Parameters    string   `json:"parameters,omitempty"`     // requestParameters as JSON, redacted, at most 4 KiB
	Made          string   `json:"made,omitempty"`           // id of what it made, from responseElements
	InstanceKnown bool     `json:"instance_known,omitempty"` // the inventory knows the instance of the session
	InstanceAddrs []string `json:"instance_addrs,omitempty"` // under which that instance may be seen: its own, and those of the gateways before it
}

var cloudTrailEncoder = encoderFor[CloudTrail]()

// Kind is KindCloudTrail.
func (*CloudTrail) Kind() Kind { return KindCloudTrail }

// AppendJSON appends the record as one JSON object.
func (c *CloudTrail) AppendJSON(dst []byte) []byte {
	return cloudTrailEncoder.appendTo(dst, unsafe.Pointer(c))
}
