package ec2fake

import (
	"context"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// neighbour is another account with an instance and a filter of its own.
func (st *stage) neighbour(account string) (ec2api.Account, ec2api.CreateTrafficMirrorSession) {
	st.t.Helper()
	vpc := must(st.c.MakeVpc(account, region1, []string{"10.0.0.0/16"}, nil))(st.t)
	subnet := must(st.c.MakeSubnet(SubnetSpec{VPC: vpc.ID, CIDR: "10.0.0.0/24"}))(st.t)
	i := must(st.c.RunInstance(InstanceSpec{Subnet: subnet.ID}))(st.t)
	a := st.c.Account(account, region1)
	f := must(a.EC2.CreateTrafficMirrorFilter(context.Background(), ec2api.CreateTrafficMirrorFilter{}))(st.t)
	return a, ec2api.CreateTrafficMirrorSession{NetworkInterface: i.Interfaces[0], Target: st.target.ID, Filter: f.ID, SessionNumber: 1,
		Tags: map[string]string{"whose": account}}
}

func TestSharedTarget(t *testing.T) {
	st := newStage(t, Settings{})
	ctx := context.Background()
	b, ask := st.neighbour(there)
	_, err := b.EC2.CreateTrafficMirrorSession(ctx, ask)
	st.refused(err, ec2api.CodeTargetNotFound)
	in := ec2api.CreateResourceShare{Name: "fleet", Resources: []string{st.target.ARN(region1)}, Principals: []string{there}}
	_, err = st.acc.Sharing.CreateResourceShare(ctx, in)
	st.refused(err, codeShareNotAllowed) // outside the organization, and external ones are not allowed
	in.External = true
	share := must(st.acc.Sharing.CreateResourceShare(ctx, in))(t)
	_, err = b.EC2.CreateTrafficMirrorSession(ctx, ask)
	st.refused(err, ec2api.CodeTargetNotFound) // not accepted yet
	invited := must(b.Sharing.GetResourceShareInvitations(ctx))(t)
	if len(invited) != 1 || invited[0].Share != share.ARN || invited[0].Sender != here {
		t.Fatalf("invitations are %+v", invited)
	}
	st.refused(st.acc.Sharing.AcceptResourceShareInvitation(ctx, invited[0].ARN), ec2api.CodeShareInvitationNotFound)
	st.now = st.now.Add(7 * 24 * time.Hour)
	st.refused(b.Sharing.AcceptResourceShareInvitation(ctx, invited[0].ARN), codeInviteExpired)
	if got := must(b.Sharing.GetResourceShareInvitations(ctx))(t); len(got) != 0 {
		t.Errorf("an invitation of last week is %+v", got)
	}
	st.now = st.now.Add(-time.Second)
	st.ok(b.Sharing.AcceptResourceShareInvitation(ctx, invited[0].ARN))
	st.refused(b.Sharing.AcceptResourceShareInvitation(ctx, invited[0].ARN), codeInviteAccepted)
	s := must(b.EC2.CreateTrafficMirrorSession(ctx, ask))(t)

	seen := must(b.EC2.DescribeTrafficMirrorTargets(ctx, ec2api.Query{}))(t).Items
	if len(seen) != 1 || seen[0].Owner != here {
		t.Errorf("the other account sees %+v", seen)
	}
	mine := st.sessions(ec2api.Query{})
	if len(mine) != 1 || mine[0].ID != s.ID || mine[0].Owner != there || mine[0].Tags != nil {
		t.Errorf("the target's owner sees %+v", mine)
	}
	n := int32(5)
	_, err = st.ec2.ModifyTrafficMirrorSession(ctx, ec2api.ModifyTrafficMirrorSession{ID: s.ID, SessionNumber: &n})
	st.refused(err, ec2api.CodeOperationNotPermitted)
	st.refused(st.ec2.DeleteTrafficMirrorSession(ctx, ec2api.Delete{ID: s.ID}), ec2api.CodeOperationNotPermitted)
	st.refused(b.EC2.DeleteTrafficMirrorTarget(ctx, ec2api.Delete{ID: st.target.ID}), ec2api.CodeOperationNotPermitted)
	st.refused(st.ec2.DeleteTrafficMirrorTarget(ctx, ec2api.Delete{ID: st.target.ID}), ec2api.CodeTargetInUse)
	c, theirs := st.neighbour(other)
	if got := must(c.EC2.DescribeTrafficMirrorSessions(ctx, ec2api.Query{}))(t).Items; len(got) != 0 {
		t.Errorf("a third account sees %+v", got)
	}
	theirs.NetworkInterface = ask.NetworkInterface
	_, err = c.EC2.CreateTrafficMirrorSession(ctx, theirs)
	st.refused(err, ec2api.CodeInterfaceNotFound)

	st.ok(st.acc.Sharing.DisassociateResourceShare(ctx, share.ARN, nil, []string{there}))
	if st.c.Active(s.ID) || len(must(b.EC2.DescribeTrafficMirrorSessions(ctx, ec2api.Query{}))(t).Items) != 1 {
		t.Error("after unsharing the session is to stay, and to do nothing")
	}
	must(b.EC2.ModifyTrafficMirrorSession(ctx, ec2api.ModifyTrafficMirrorSession{ID: s.ID, SessionNumber: &n}))(t)
}

func TestSharesInAnOrganization(t *testing.T) {
	st := newStage(t, Settings{})
	ctx := context.Background()
	organization := st.c.Organize(here, there)
	b, ask := st.neighbour(there)
	share := must(st.acc.Sharing.CreateResourceShare(ctx, ec2api.CreateResourceShare{Name: "fleet", ClientToken: "x", Principals: []string{there}}))(t)
	again := must(st.acc.Sharing.CreateResourceShare(ctx, ec2api.CreateResourceShare{Name: "fleet", ClientToken: "x", Principals: []string{there}}))(t)
	if again.ARN != share.ARN {
		t.Error("a replay made another share")
	}
	st.ok(st.acc.Sharing.AssociateResourceShare(ctx, share.ARN, []string{st.target.ARN(region1)}, nil))
	must(b.EC2.CreateTrafficMirrorSession(ctx, ask))(t)
	if got := must(b.Sharing.GetResourceShares(ctx, "OTHER-ACCOUNTS", "fleet"))(t); len(got) != 1 || got[0].Owner != here {
		t.Errorf("the other account sees shares %+v", got)
	}
	c, _ := st.neighbour(other)
	if got := must(c.EC2.DescribeTrafficMirrorTargets(ctx, ec2api.Query{}))(t).Items; len(got) != 0 {
		t.Errorf("an account outside sees %+v", got)
	}
	st.c.Organize(other)
	st.ok(st.acc.Sharing.AssociateResourceShare(ctx, share.ARN, nil, []string{organization}))
	if got := must(c.EC2.DescribeTrafficMirrorTargets(ctx, ec2api.Query{}))(t).Items; len(got) != 1 {
		t.Errorf("an account of the organization sees %+v", got)
	}
	for _, bad := range []struct {
		resources, principals []string
		code                  string
	}{
		{[]string{"arn:aws:ec2:eu-central-1:111111111111:subnet/subnet-1"}, nil, codeShareMalformed},
		{[]string{"arn:aws:ec2:eu-central-1:111111111111:traffic-mirror-target/tmt-0123456789abcdef0"}, nil, codeShareUnknown},
		{nil, []string{"everybody"}, codeShareMalformed},
		{nil, []string{"444444444444"}, codeShareNotAllowed},
	} {
		st.refused(st.acc.Sharing.AssociateResourceShare(ctx, share.ARN, bad.resources, bad.principals), bad.code)
	}
	st.refused(b.Sharing.DeleteResourceShare(ctx, share.ARN), codeShareUnknown)
	st.ok(st.acc.Sharing.DeleteResourceShare(ctx, share.ARN))
	st.refused(st.acc.Sharing.DeleteResourceShare(ctx, share.ARN), codeShareUnknown)
	if got := must(c.EC2.DescribeTrafficMirrorTargets(ctx, ec2api.Query{}))(t).Items; len(got) != 0 {
		t.Errorf("after the end of the share an account sees %+v", got)
	}
	if got := must(st.acc.Sharing.GetResourceShares(ctx, "SELF", ""))(t); len(got) != 1 || got[0].Status != "DELETED" {
		t.Errorf("a deleted share is listed as %+v", got)
	}
	st.now = st.now.Add(time.Hour)
	if got := must(st.acc.Sharing.GetResourceShares(ctx, "SELF", ""))(t); len(got) != 0 {
		t.Errorf("an hour later it is listed as %+v", got)
	}
}

// TestSharedSubnet holds that the owner of a subnet may mirror what others run in it, and that neither sees the other's sessions.
func TestSharedSubnet(t *testing.T) {
	st := newStage(t, Settings{})
	ctx := context.Background()
	_, err := st.c.RunInstance(InstanceSpec{Account: there, Subnet: st.subnet.ID})
	st.refused(err, "InvalidSubnetID.NotFound")
	st.ok(st.c.ShareSubnet(st.subnet.ID, there))
	i := st.instance(InstanceSpec{Account: there})
	st.session(i.Interfaces[0], 1)
	must(st.c.ForeignSession(i.Interfaces[0], ForeignSpec{Number: 2}))(t)
	_, err = st.c.ForeignSession(i.Interfaces[0], ForeignSpec{Number: 1})
	st.refused(err, ec2api.CodeInvalidParameterValue)
	b := st.c.Account(there, region1).EC2
	for who, ec2 := range map[string]ec2api.EC2{here: st.ec2, there: b} {
		got := must(ec2.DescribeTrafficMirrorSessions(ctx, ec2api.Query{}))(t).Items
		if len(got) != 1 || got[0].Owner != who {
			t.Errorf("%s sees %+v", who, got)
		}
		if got := must(ec2.DescribeSubnets(ctx, ec2api.Query{}))(t).Items; len(got) != 1 {
			t.Errorf("%s sees subnets %+v", who, got)
		}
		if got := must(ec2.DescribeVpcs(ctx, ec2api.Query{}))(t).Items; len(got) != 1 || got[0].Owner != here {
			t.Errorf("%s sees VPCs %+v", who, got)
		}
	}
	if got := must(st.ec2.DescribeNetworkInterfaces(ctx, ec2api.Query{IDs: i.Interfaces}))(t).Items; got[0].Owner != there {
		t.Errorf("the subnet's owner sees %+v", got)
	}
}
