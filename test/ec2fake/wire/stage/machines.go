package stage

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
	"github.com/mirrorwatch/mirrorwatch/test/ec2fake"
	"github.com/mirrorwatch/mirrorwatch/test/ec2fake/wire"
)

// machines are the calls of wire.Machines on a Cloud, for one account and region. A Cloud makes the world whoever asks, so each call
// first reads, as that account, what it is about: of another account's things AWS says that they are not there.
type machines struct {
	cloud   *ec2fake.Cloud
	account ec2api.Account
}

// Machines gives the calls that make and move machines on a Cloud.
func Machines(cloud *ec2fake.Cloud) func(account, region string) wire.Machines {
	return func(account, region string) wire.Machines { return machines{cloud, cloud.Account(account, region)} }
}

func (m machines) RunInstances(ctx context.Context, in wire.RunInstances) ([]ec2api.Instance, error) {
	if err := m.seesSubnet(ctx, in.Subnet); err != nil {
		return nil, err
	}
	var out []ec2api.Instance
	for range in.Count {
		made, err := m.cloud.RunInstance(ec2fake.InstanceSpec{
			Account: m.account.ID, Subnet: in.Subnet, Type: in.Type, Tags: in.Tags, InterfaceTags: in.Interface,
		})
		if err != nil {
			return nil, err
		}
		made.State = "pending" // what AWS says at first, whatever comes then
		out = append(out, made)
	}
	return out, nil
}

func (m machines) seesSubnet(ctx context.Context, id string) error {
	_, err := m.account.EC2.DescribeSubnets(ctx, ec2api.Query{IDs: []string{id}})
	return err
}

func (m machines) instance(ctx context.Context, id string) (ec2api.Instance, error) {
	page, err := m.account.EC2.DescribeInstances(ctx, ec2api.Query{IDs: []string{id}})
	if err != nil {
		return ec2api.Instance{}, err
	}
	return page.Items[0], nil
}

func (m machines) networkInterface(ctx context.Context, id string) (ec2api.NetworkInterface, error) {
	page, err := m.account.EC2.DescribeNetworkInterfaces(ctx, ec2api.Query{IDs: []string{id}})
	if err != nil {
		return ec2api.NetworkInterface{}, err
	}
	return page.Items[0], nil
}

// ChangeInstances changes all or, where one is not there, none. An instance that is in the state already stays in it, as in AWS.
func (m machines) ChangeInstances(ctx context.Context, call string, ids []string) ([]wire.StateChange, error) {
	var out []wire.StateChange
	for _, id := range ids {
		was, err := m.instance(ctx, id)
		if err != nil {
			return nil, err
		}
		out = append(out, wire.StateChange{Instance: id, Was: was.State})
	}
	do, to, says := m.cloud.StartInstance, "running", "pending"
	switch call {
	case "StopInstances":
		do, to, says = m.cloud.StopInstance, "stopped", "stopping"
	case "TerminateInstances":
		do, to, says = m.cloud.TerminateInstance, "terminated", "shutting-down"
	}
	for i := range out {
		if out[i].Is = out[i].Was; out[i].Was == to {
			continue
		}
		if err := do(out[i].Instance); err != nil {
			return nil, err
		}
		out[i].Is = says
	}
	return out, nil
}

func (m machines) ModifyInstanceType(ctx context.Context, instance, to string) error {
	if _, err := m.instance(ctx, instance); err != nil {
		return err
	}
	return m.cloud.ChangeType(instance, to)
}

func (m machines) CreateNetworkInterface(ctx context.Context, in wire.CreateNetworkInterface) (ec2api.NetworkInterface, error) {
	if in.Address.IsValid() {
		return ec2api.NetworkInterface{}, refuse("InvalidParameterValue", "an address cannot be chosen here, but %s is: the next free one is taken", in.Address)
	}
	if err := m.seesSubnet(ctx, in.Subnet); err != nil {
		return ec2api.NetworkInterface{}, err
	}
	return m.cloud.MakeInterface(ec2fake.InterfaceSpec{
		Account: m.account.ID, Subnet: in.Subnet, Description: in.Description, Groups: in.Groups, Tags: in.Tags,
	})
}

// DeleteListener removes a listener of one of the account's own load balancers.
func (m machines) DeleteListener(ctx context.Context, arn string) error {
	balancers, err := m.account.LoadBalancing.DescribeLoadBalancers(ctx, nil)
	if err != nil {
		return err
	}
	for _, b := range balancers {
		listeners, err := m.account.LoadBalancing.DescribeListeners(ctx, b.ARN)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(listeners, func(l ec2api.Listener) bool { return l.ARN == arn }) {
			return m.cloud.DeleteListener(arn)
		}
	}
	return refuse("ListenerNotFound", "One or more listeners not found")
}

// AttachNetworkInterface attaches an interface at the next place, which is the only one that a Cloud has.
func (m machines) AttachNetworkInterface(ctx context.Context, networkInterface, instance string, device int32) error {
	if _, err := m.networkInterface(ctx, networkInterface); err != nil {
		return err
	}
	to, err := m.instance(ctx, instance)
	if err != nil {
		return err
	}
	if next := int32(len(to.Interfaces)); device != next {
		return refuse("InvalidParameterValue", "Value (%d) for parameter DeviceIndex is invalid: the next free one is %d", device, next)
	}
	return m.cloud.AttachInterface(networkInterface, instance)
}

func (m machines) DetachNetworkInterface(ctx context.Context, networkInterface string) error {
	n, err := m.networkInterface(ctx, networkInterface)
	if err != nil || n.Attachment == nil {
		return refuse("InvalidAttachmentID.NotFound", "The attachment of '%s' does not exist.", networkInterface)
	}
	return m.cloud.DetachInterface(networkInterface)
}

func (m machines) DeleteNetworkInterface(ctx context.Context, networkInterface string) error {
	if _, err := m.networkInterface(ctx, networkInterface); err != nil {
		return err
	}
	return m.cloud.DeleteInterface(networkInterface)
}

func refuse(code, format string, args ...any) error {
	return &ec2api.Error{Code: code, Message: fmt.Sprintf(format, args...), Status: http.StatusBadRequest}
}
