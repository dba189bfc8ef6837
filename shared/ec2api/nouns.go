package ec2api

import (
	"net/netip"
	"time"
)

// Instance is an EC2 instance.
type Instance struct {
	ID, Type   string
	State      string // pending, running, stopping, stopped, shutting-down, terminated
	VPC        string
	Subnet     string
	LaunchTime time.Time
	Profile    string     // ARN of its instance profile
	Private    netip.Addr // its first private IPv4 address; not valid where it has none
	Public     netip.Addr // under which the outside sees that one; not valid where it does not
	Interfaces []string   // ids of its network interfaces
	Tags       map[string]string
}

// InstanceType is what AWS says of an instance type. It says nothing of mirroring.
type InstanceType struct {
	Name       string
	Hypervisor string // nitro, xen; empty for bare metal
	BareMetal  bool
}

// NetworkInterface is an elastic network interface.
type NetworkInterface struct {
	ID, Owner        string // Owner is the account
	VPC, Subnet      string
	AvailabilityZone string
	Type             string // interface, natGateway, lambda, ...
	Status           string // available, associated, attaching, in-use, detaching
	Description      string
	Requester        string // who made it, where a service did
	RequesterManaged bool
	MAC              string
	PrimaryAddress   netip.Addr
	Addresses        []netip.Addr // every private IPv4 and IPv6 address, the primary first
	PublicAddresses  []netip.Addr // public IPv4 addresses that are associated with private ones, in the order of those
	Groups           []string     // ids of security groups
	Attachment       *Attachment
	Tags             map[string]string
}

// Attachment says what an interface is attached to.
type Attachment struct {
	Instance      string // empty where a service holds it
	InstanceOwner string
	DeviceIndex   int32
	Status        string // attaching, attached, detaching, detached
	AttachTime    time.Time
}

// Subnet is a subnet.
type Subnet struct {
	ID, VPC, Owner   string
	AvailabilityZone string
	CIDR             string
	IPv6Native       bool // has no IPv4: mirroring is not supported there
	Tags             map[string]string
}

// Vpc is a VPC.
type Vpc struct {
	ID, Owner string
	CIDRs     []string // IPv4, then IPv6
	Tags      map[string]string
}

// AutoScalingGroup is an Auto Scaling group.
type AutoScalingGroup struct {
	Name      string
	Instances []string
	Tags      map[string]string
}

// TrafficMirrorSession says that an interface's packets go to a target. It has no state and no creation time.
type TrafficMirrorSession struct {
	ID, Owner        string
	NetworkInterface string
	Target, Filter   string
	SessionNumber    int32 // 1 to 32766, the lowest first
	VirtualNetworkID uint32
	PacketLength     int32 // bytes after the VXLAN header; 0: whole packets
	Description      string
	Tags             map[string]string
}

// CreateTrafficMirrorSession asks for a session. Tags are set in the same call. The same ClientToken gives the same session again.
type CreateTrafficMirrorSession struct {
	NetworkInterface, Target, Filter string
	SessionNumber                    int32
	VirtualNetworkID                 uint32 // 0: AWS picks one
	PacketLength                     int32  // 0: whole packets
	Description                      string
	Tags                             map[string]string
	ClientToken                      string
	DryRun                           bool
}

// ModifyTrafficMirrorSession changes what is not nil. Of PacketLength 0 and Description "" it removes the field.
type ModifyTrafficMirrorSession struct {
	ID               string
	Target, Filter   *string
	SessionNumber    *int32
	VirtualNetworkID *uint32
	PacketLength     *int32
	Description      *string
	DryRun           bool
}

// TrafficMirrorTarget is where sessions may send to: exactly one of the three.
type TrafficMirrorTarget struct {
	ID, Owner                   string
	Type                        string // network-interface, network-load-balancer, gateway-load-balancer-endpoint
	NetworkInterface            string
	NetworkLoadBalancer         string // ARN
	GatewayLoadBalancerEndpoint string
	Description                 string
	Tags                        map[string]string
}

// ARN is the target's name for AWS RAM.
func (t TrafficMirrorTarget) ARN(region string) string {
	return "arn:aws:ec2:" + region + ":" + t.Owner + ":traffic-mirror-target/" + t.ID
}

// CreateTrafficMirrorTarget asks for a target.
type CreateTrafficMirrorTarget struct {
	NetworkInterface, NetworkLoadBalancer, GatewayLoadBalancerEndpoint string // one of them
	Description                                                        string
	Tags                                                               map[string]string
	ClientToken                                                        string
	DryRun                                                             bool
}

// TrafficMirrorFilter says which packets are mirrored. Without a rule none is.
type TrafficMirrorFilter struct {
	ID              string
	Description     string
	Ingress, Egress []TrafficMirrorFilterRule // by rule number
	NetworkServices []string                  // amazon-dns is the only one there is
	Tags            map[string]string
}

// CreateTrafficMirrorFilter asks for a filter, which has no rules yet.
type CreateTrafficMirrorFilter struct {
	Description string
	Tags        map[string]string
	ClientToken string
	DryRun      bool
}

// ModifyNetworkServices changes which services' packets a filter lets through.
type ModifyNetworkServices struct {
	Filter      string
	Add, Remove []string
	DryRun      bool
}

// TrafficMirrorFilterRule is one rule: the first by number that fits a packet holds.
type TrafficMirrorFilterRule struct {
	ID, Filter string
	RuleSpec
	Tags map[string]string
}

// RuleSpec is what a rule says. It can be compared.
type RuleSpec struct {
	Direction        string // ingress, egress
	Number           int32
	Action           string // accept, reject
	Protocol         int32  // IANA number; 0: every protocol
	SourcePorts      PortRange
	DestinationPorts PortRange
	SourceCIDR       string
	DestinationCIDR  string
	Description      string
}

// PortRange is a range of ports with both ends; zero is every port.
type PortRange struct{ From, To int32 }

// CreateTrafficMirrorFilterRule asks for a rule.
type CreateTrafficMirrorFilterRule struct {
	Filter string
	RuleSpec
	ClientToken string
	DryRun      bool
}

// ModifyTrafficMirrorFilterRule makes a rule say To: Was is what it says, so that what must be removed is known.
type ModifyTrafficMirrorFilterRule struct {
	ID      string
	Was, To RuleSpec
	DryRun  bool
}

// LoadBalancer is a Network Load Balancer.
type LoadBalancer struct {
	ARN, Name, DNSName string
	VPC                string
	Type, State        string // network; active, provisioning, active_impaired, failed
	AvailabilityZones  []string
}

// Listener is a listener of a load balancer.
type Listener struct {
	ARN, LoadBalancer string
	Protocol          string // UDP
	Port              int32
	TargetGroup       string // where its default action forwards to
}

// TargetGroup is a target group.
type TargetGroup struct {
	ARN, Name, Protocol string
	Port                int32
	VPC                 string
	LoadBalancers       []string
	TargetType          string // instance, ip
}

// ResourceShare is a share of AWS RAM.
type ResourceShare struct {
	ARN, Name, Owner, Status string // Status: ACTIVE, PENDING, FAILED, DELETING, DELETED
	Resources, Principals    []string
	External                 bool // principals outside the organization are allowed
	Tags                     map[string]string
}

// CreateResourceShare asks for a share.
type CreateResourceShare struct {
	Name                  string
	Resources, Principals []string
	External              bool
	Tags                  map[string]string
	ClientToken           string
}

// Invitation is the offer of a share by another account.
type Invitation struct {
	ARN, Share, ShareName, Sender string
}
