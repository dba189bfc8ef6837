package ec2fake

import (
	"context"
	"net/netip"
	"slices"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// TestAddressesComeBack: an address is free again when its interface is gone, and not before.
func TestAddressesComeBack(t *testing.T) {
	st := newStage(t, Settings{})
	first := st.instance(InstanceSpec{Profile: "arn:aws:iam::111111111111:instance-profile/web"})
	held := first.Private
	if !held.Is4() || first.Profile == "" || first.Public.IsValid() {
		t.Fatalf("ran %+v", first)
	}
	_, err := st.c.RunInstance(InstanceSpec{Subnet: st.subnet.ID, Address: held})
	st.refused(err, "InvalidIPAddress.InUse")
	_, err = st.c.RunInstance(InstanceSpec{Subnet: st.subnet.ID, Address: netip.MustParseAddr("10.9.0.4")})
	st.refused(err, ec2api.CodeInvalidParameterValue)
	_, err = st.c.RunInstance(InstanceSpec{Subnet: st.subnet.ID, Address: netip.MustParseAddr("10.0.9.9")})
	st.refused(err, ec2api.CodeInvalidParameterValue)
	st.ok(st.c.TerminateInstance(first.ID))
	second := st.instance(InstanceSpec{Address: held, Interfaces: 2})
	if second.Private != held || second.ID == first.ID {
		t.Errorf("the address of %s is %s, and not %s", second.ID, second.Private, held)
	}
	if third := st.instance(InstanceSpec{}); third.Private == held {
		t.Errorf("%s has the address of %s", third.ID, second.ID)
	}
	if gone := st.c.State(region1).Instances[first.ID]; gone.Private.IsValid() {
		t.Errorf("a terminated instance has %s still", gone.Private)
	}
}

// TestPublicAddressesMove: one has one holder, who loses it when another gets it, and who goes with its interface.
func TestPublicAddressesMove(t *testing.T) {
	st := newStage(t, Settings{})
	a, b := st.instance(InstanceSpec{}), st.instance(InstanceSpec{})
	public := netip.MustParseAddr("203.0.113.20")
	holder := func() (ids []string) {
		page, err := st.ec2.DescribeNetworkInterfaces(context.Background(), ec2api.Query{Filters: map[string][]string{"association.public-ip": {public.String()}}})
		st.ok(err)
		for _, v := range page.Items {
			ids = append(ids, v.Attachment.Instance)
		}
		return ids
	}
	for _, to := range []ec2api.Instance{a, b, b, a} {
		st.ok(st.c.AssociateAddress(public, to.Interfaces[0]))
		if got := holder(); !slices.Equal(got, []string{to.ID}) || st.c.State(region1).Instances[to.ID].Public != public {
			t.Errorf("%s is held by %v, not %s", public, got, to.ID)
		}
	}
	if st.c.State(region1).Instances[b.ID].Public.IsValid() {
		t.Errorf("%s is seen under an address that it lost", b.ID)
	}
	st.refused(st.c.AssociateAddress(netip.MustParseAddr("203.0.113.21"), a.Interfaces[0]), "Resource.AlreadyAssociated")
	st.ok(st.c.AddAddress(a.Interfaces[0]))
	st.ok(st.c.AssociateAddress(netip.MustParseAddr("203.0.113.21"), a.Interfaces[0]))
	st.ok(st.c.DisassociateAddress(public))
	st.refused(st.c.DisassociateAddress(public), "InvalidAddress.NotFound")
	if got := st.c.State(region1).Instances[a.ID].Public.String(); len(holder()) != 0 || got != "203.0.113.21" {
		t.Errorf("without its first public address %s is seen under %s", a.ID, got)
	}
}
