package wire

import (
	"context"
	"net/netip"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// Machines are the calls that make and move what is mirrored, or take away what mirroring stands on. The contract of shared/ec2api does
// not have them, because the control plane never does either; people and tests do.
type Machines interface {
	RunInstances(ctx context.Context, in RunInstances) ([]ec2api.Instance, error)
	// ChangeInstances takes one of the three names of AWS's calls: StartInstances, StopInstances, TerminateInstances.
	ChangeInstances(ctx context.Context, call string, ids []string) ([]StateChange, error)
	ModifyInstanceType(ctx context.Context, instance, to string) error
	CreateNetworkInterface(ctx context.Context, in CreateNetworkInterface) (ec2api.NetworkInterface, error)
	AttachNetworkInterface(ctx context.Context, networkInterface, instance string, device int32) error
	DetachNetworkInterface(ctx context.Context, networkInterface string) error
	DeleteNetworkInterface(ctx context.Context, networkInterface string) error
	DeleteListener(ctx context.Context, arn string) error
}

// RunInstances asks for instances.
type RunInstances struct {
	Type, Subnet string
	Count        int
	Tags         map[string]string // of the instances
	Interface    map[string]string // tags of their interfaces
}

// CreateNetworkInterface asks for an interface.
type CreateNetworkInterface struct {
	Subnet, Description string
	Address             netip.Addr // not valid: the next free one
	Groups              []string
	Tags                map[string]string
}

// StateChange says what an instance was and is.
type StateChange struct{ Instance, Was, Is string }

// maxRun is how many instances one call may make.
const maxRun = 100

func machineActions() map[string]action {
	return map[string]action{
		"RunInstances":            machines(readRun, runInstances),
		"StartInstances":          machines(readInstances, changeInstances),
		"StopInstances":           machines(readInstances, changeInstances),
		"TerminateInstances":      machines(readInstances, changeInstances),
		"ModifyInstanceAttribute": machines(readType, modifyType),
		"CreateNetworkInterface":  machines(readNewInterface, createInterface),
		"AttachNetworkInterface":  machines(readAttach, attachInterface),
		"DetachNetworkInterface":  machines(readDetach, detachInterface),
		"DeleteNetworkInterface":  machines(readInterface, deleteInterface),
	}
}

// planned is what was read, and whether it is to be done.
type planned[T any] struct {
	in     T
	dryRun bool
}

// machines makes an action of one that needs the calls of Machines.
func machines[T any](read func(*params) T, do func(*call, Machines, T) ([]element, error)) action {
	return asks(
		func(p *params) planned[T] { return planned[T]{in: read(p), dryRun: p.flag("DryRun")} },
		func(c *call, in planned[T]) ([]element, error) {
			m, err := c.machines()
			if err == nil && in.dryRun {
				err = dryRun()
			}
			if err != nil {
				return nil, err
			}
			return do(c, m, in.in)
		})
}

// machines are those of who asks, if there are any.
func (c *call) machines() (Machines, error) {
	if c.server.o.Machines == nil {
		return nil, fault(ec2api.CodeInvalidAction, "The action %s is not offered here.", c.action)
	}
	return c.server.o.Machines(c.who.Account, c.region), nil
}

func readRun(p *params) RunInstances {
	in := RunInstances{Type: p.text("InstanceType"), Subnet: p.need("SubnetId")}
	if in.Type == "" {
		in.Type = "m1.small" // what EC2 takes
	}
	p.text("ImageId")
	p.text("ClientToken") // each call makes new ones, since AWS's clients make a new token for each call too
	least, most := p.positive("MinCount", maxRun), p.positive("MaxCount", maxRun)
	p.need("MinCount")
	p.need("MaxCount")
	if least > most {
		p.fail(fault(ec2api.CodeInvalidParameterConflict, "MinCount %d is above MaxCount %d", least, most))
	}
	in.Count = int(most)
	for _, spec := range p.list("TagSpecification") {
		tags := map[string]string{}
		for _, tag := range spec.list("Tag") {
			tags[tag.need("Key")] = tag.text("Value")
		}
		switch kind := spec.need("ResourceType"); kind {
		case "instance":
			in.Tags = tags
		case "network-interface":
			in.Interface = tags
		default:
			p.fail(invalid(kind, spec.name+".ResourceType", "it must be instance or network-interface"))
		}
	}
	return in
}

func runInstances(c *call, m Machines, in RunInstances) ([]element, error) {
	made, err := m.RunInstances(c.ctx, in)
	if err != nil {
		return nil, err
	}
	reservation := ""
	if len(made) > 0 {
		reservation = reservationOf(made[0].ID)
	}
	return []element{text("reservationId", reservation), text("ownerId", c.who.Account), group("groupSet"), set("instancesSet", made, showInstance)}, nil
}

func readInstances(p *params) []string {
	p.flag("Force")
	ids := p.texts("InstanceId")
	if len(ids) == 0 {
		p.fail(missing("InstanceId"))
	}
	return ids
}

func changeInstances(c *call, m Machines, ids []string) ([]element, error) {
	changes, err := m.ChangeInstances(c.ctx, c.action, ids)
	if err != nil {
		return nil, err
	}
	state := func(name, state string) element {
		return group(name, number("code", stateCode(state)), text("name", state))
	}
	return []element{set("instancesSet", changes, func(s StateChange) []element {
		return []element{text("instanceId", s.Instance), state("currentState", s.Is), state("previousState", s.Was)}
	})}, nil
}

// newType is an instance and the type that it is to have.
type newType struct{ instance, to string }

func readType(p *params) newType {
	in := newType{instance: p.need("InstanceId"), to: p.text("InstanceType.Value")}
	if p.text("Attribute") == "instanceType" && in.to == "" {
		in.to = p.text("Value")
	}
	if in.to == "" {
		p.fail(fault(ec2api.CodeInvalidParameterConflict, "Only the attribute instanceType can be changed here"))
	}
	return in
}

func modifyType(c *call, m Machines, in newType) ([]element, error) {
	return done(m.ModifyInstanceType(c.ctx, in.instance, in.to))
}

// done is the answer of calls that have nothing to say.
func done(err error) ([]element, error) {
	if err != nil {
		return nil, err
	}
	return []element{flag("return", true)}, nil
}

func readNewInterface(p *params) CreateNetworkInterface {
	in := CreateNetworkInterface{
		Subnet: p.need("SubnetId"), Description: p.text("Description"), Groups: p.texts("SecurityGroupId"), Tags: readTags(p, "network-interface"),
	}
	p.text("ClientToken") // as for RunInstances
	if text := p.text("PrivateIpAddress"); text != "" {
		var err error
		if in.Address, err = netip.ParseAddr(text); err != nil || !in.Address.Is4() {
			p.fail(invalid(text, "PrivateIpAddress", "it must be an IPv4 address"))
		}
	}
	return in
}

func createInterface(c *call, m Machines, in CreateNetworkInterface) ([]element, error) {
	made, err := m.CreateNetworkInterface(c.ctx, in)
	if err != nil {
		return nil, err
	}
	return []element{group("networkInterface", showInterface(made)...)}, nil
}

// attachment is which interface goes to which instance, at which place.
type attachment struct {
	networkInterface, instance string
	device                     int32
}

func readAttach(p *params) attachment {
	in := attachment{networkInterface: p.need("NetworkInterfaceId"), instance: p.need("InstanceId")}
	p.need("DeviceIndex")
	if n := p.number("DeviceIndex"); n != nil {
		in.device = int32(*n)
	}
	return in
}

func attachInterface(c *call, m Machines, in attachment) ([]element, error) {
	if err := m.AttachNetworkInterface(c.ctx, in.networkInterface, in.instance, in.device); err != nil {
		return nil, err
	}
	return []element{text("attachmentId", attachmentOf(in.networkInterface)), number("networkCardIndex", 0)}, nil
}

func readDetach(p *params) string {
	p.flag("Force")
	return p.need("AttachmentId")
}

func detachInterface(c *call, m Machines, id string) ([]element, error) {
	networkInterface, ok := interfaceOf(id)
	if !ok {
		return nil, fault("InvalidAttachmentID.NotFound", "The attachment '%.80s' does not exist.", id)
	}
	return done(m.DetachNetworkInterface(c.ctx, networkInterface))
}

func readInterface(p *params) string { return p.need("NetworkInterfaceId") }

func deleteInterface(c *call, m Machines, id string) ([]element, error) {
	return done(m.DeleteNetworkInterface(c.ctx, id))
}
