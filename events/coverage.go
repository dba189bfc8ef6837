package events

import (
	"net/netip"
	"time"
)

// CoverageState says whether the traffic of a network interface is watched. Every interface is in exactly one.
type CoverageState string

// The states of coverage.
const (
	CoverageMirrored        CoverageState = "mirrored"
	CoveragePending         CoverageState = "pending"          // wanted, and the session is being made
	CoverageSilent          CoverageState = "silent"           // there is a session, and no packet of it arrives
	CoverageShadowed        CoverageState = "shadowed"         // another's session takes the packets first
	CoverageExcluded        CoverageState = "excluded"         // policy does not want it
	CoverageUnsupportedType CoverageState = "unsupported_type" // the instance type cannot be mirrored
	CoverageUnsupportedENI  CoverageState = "unsupported_interface"
	CoverageSlotsFull       CoverageState = "slots_full" // three sessions of others
	CoverageQuota           CoverageState = "quota"
	CoverageBudget          CoverageState = "budget"  // the policy's budget does not suffice
	CoverageStopped         CoverageState = "stopped" // instance stopped, or interface not attached
	CoverageError           CoverageState = "error"
)

// CoverageStates lists every state there is.
func CoverageStates() []CoverageState {
	return []CoverageState{
		CoverageMirrored, CoveragePending, CoverageSilent, CoverageShadowed, CoverageExcluded, CoverageUnsupportedType,
		CoverageUnsupportedENI, CoverageSlotsFull, CoverageQuota, CoverageBudget, CoverageStopped, CoverageError,
	}
}

// Coverage is one network interface and whether it is watched. Without AWS there is one for each observation point that a sensor
// has heard, named by its VNI.
type Coverage struct {
	Interface string            `json:"interface"` // eni-..., or "vni-1001" where no inventory names it
	Account   string            `json:"account,omitempty"`
	Region    string            `json:"region,omitempty"`
	VPC       string            `json:"vpc,omitempty"`
	Subnet    string            `json:"subnet,omitempty"`
	Instance  string            `json:"instance,omitempty"`
	Name      string            `json:"name,omitempty"` // the Name tag of the instance
	Tags      map[string]string `json:"tags,omitempty"`
	State     CoverageState     `json:"state"`
	Reason    string            `json:"reason,omitempty"` // why it is in this state, one sentence
	Fix       string            `json:"fix,omitempty"`    // what would change it, one sentence; empty where nothing is wrong
	Session   string            `json:"session,omitempty"`
	VNI       uint32            `json:"vni,omitempty"`
	Sensor    string            `json:"sensor,omitempty"`    // who hears it
	LastSeen  *time.Time        `json:"last_seen,omitempty"` // its last packet
	Packets   uint64            `json:"packets,omitempty"`   // heard since the sensor began
	Changed   time.Time         `json:"changed"`             // when it came into this state
	Was       CoverageState     `json:"was,omitempty"`       // the state before
	Revision  int64             `json:"revision,omitempty"`  // the store's own
	Addresses []netip.Addr      `json:"addresses,omitempty"` // of the interface
}

// Binding says who filled a VNI when. Addresses and VNIs are used again, so that a detection of last week is told apart from one of
// today only by this.
type Binding struct {
	VNI       uint32            `json:"vni"`
	Account   string            `json:"account,omitempty"`
	Region    string            `json:"region,omitempty"`
	VPC       string            `json:"vpc,omitempty"`
	Subnet    string            `json:"subnet,omitempty"`
	Interface string            `json:"interface"`
	Instance  string            `json:"instance,omitempty"`
	Name      string            `json:"name,omitempty"`
	Tags      map[string]string `json:"tags,omitempty"`
	Addresses []netip.Addr      `json:"addresses,omitempty"`
	From      time.Time         `json:"from"`
	To        *time.Time        `json:"to,omitempty"` // absent while it lasts
}
